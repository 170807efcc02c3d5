"""Directions of the preconditioned nonlinear conjugate gradient method.

    d_k = -z_k + max(0, beta_k) d_(k-1),    z_k = P g_k,    y_k = g_k - g_(k-1)

beta after Fletcher-Reeves, Polak-Ribiere (PR+ because of the max), Hestenes-Stiefel or Dai-Yuan, see Hager &
Zhang, A survey of nonlinear conjugate gradient methods, Pacific J. Optim. 2 (2006), table 1.1. In all of them
the preconditioner acts on the new gradient only (y.z instead of g.(z - z_old)): the same number for a fixed
symmetric P, and still conjugate (d_k.y_k = 0) if P changes from one iteration to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from denise_py.optimise.vectors import (
    Dot,
    Mask,
    Precondition,
    State,
    Vector,
    is_descent,
    pack_text,
    restrict,
    steepest_descent,
    unpack_text,
)

POWELL_LIMIT = 0.2
"""Powell, Math. Programming 12 (1977): restart when successive gradients are this far from orthogonal."""


@dataclass(frozen=True)
class Products:
    """The inner products a formula for beta may use."""

    gz: float  # g . z
    yz: float  # (g - g_old) . z
    gz_old: float  # g_old . z_old
    dy: float  # d_old . (g - g_old)


BETAS: Mapping[str, Callable[[Products], float]] = MappingProxyType(
    {
        "FR": lambda q: q.gz / q.gz_old,
        "PR": lambda q: q.yz / q.gz_old,
        "HS": lambda q: q.yz / q.dy,
        "DY": lambda q: q.gz / q.dy,
    }
)


@dataclass(frozen=True)
class _Previous:
    gradient: Vector
    preconditioned: Vector
    direction: Vector


class ConjugateGradient:
    """Remembers the last gradient and direction and makes the next direction from them.

    restart_reason says in words why the last direction was steepest descent, "" if it was conjugate;
    beta is the factor that was used.
    """

    #: whether 1 is the step to try first
    natural_step = False

    def __init__(self, dot: Dot = np.vdot, formula: str = "PR"):
        if formula not in BETAS:
            raise ValueError(
                f"unknown conjugate gradient formula '{formula}', choose one of {', '.join(BETAS)}"
            )
        self._dot = dot
        self._formula = BETAS[formula]
        self._previous: _Previous | None = None
        self._pending_reason = "first direction"
        self.restart_reason = ""
        self.beta = 0.0

    def reset(self, reason: str = "restart requested") -> None:
        """Forgets the past: the next direction is steepest descent, for this reason."""
        self._previous = None
        self._pending_reason = reason

    def direction(self, gradient: Vector, precondition: Precondition, free: Mask | None = None) -> Vector:
        """The next descent direction (n,) for the gradient (n,).

        precondition applies a symmetric positive definite P. Components outside the boolean mask free are
        kept out of everything and are zero in the result.
        """
        g = restrict(gradient, free)
        z = restrict(precondition(g), free)
        self.beta, self.restart_reason = self._beta(gradient, g, z, free)
        d = -z
        if not self.restart_reason:
            d += self.beta * restrict(self._previous.direction, free)
            if not is_descent(g, d, self._dot):
                self.beta, self.restart_reason = 0.0, "the conjugate direction is no descent direction"
        if self.restart_reason:
            d, note = steepest_descent(g, z, self._dot)
            self.restart_reason += f"; {note}" if note else ""
        self._previous = _Previous(gradient.copy(), z.copy(), d.copy())
        return d

    def searched(self, direction: Vector) -> None:
        """Tells that the search went along this direction (n,) instead of the last one."""
        if self._previous is not None:
            self._previous = replace(self._previous, direction=direction.copy())

    def _beta(self, gradient: Vector, g: Vector, z: Vector, free: Mask | None) -> tuple[float, str]:
        """beta and an empty text, or 0 and the reason for a restart."""
        old = self._previous
        if old is None:
            return 0.0, self._pending_reason
        dot = self._dot
        y = restrict(gradient - old.gradient, free)
        products = Products(
            gz=dot(g, z),
            yz=dot(y, z),
            gz_old=dot(old.gradient, old.preconditioned),
            dy=dot(restrict(old.direction, free), y),
        )
        overlap = abs(dot(g, old.preconditioned))
        if overlap > POWELL_LIMIT * products.gz:
            return 0.0, f"successive gradients are not orthogonal ({overlap:.3g} of {products.gz:.3g})"
        if products.gz_old == 0.0 or products.dy == 0.0:
            return 0.0, "the gradient did not change along the last direction"
        beta = self._formula(products)
        if not beta > 0.0:
            return 0.0, f"beta = {beta:.3g} is not positive"
        return float(beta), ""

    def state(self) -> State:
        """Everything the next direction depends on, as arrays."""
        state: State = {"reason": pack_text(self._pending_reason)}
        if self._previous is not None:
            state["gradient"] = self._previous.gradient.copy()
            state["preconditioned"] = self._previous.preconditioned.copy()
            state["direction"] = self._previous.direction.copy()
        return state

    def restore(self, state: State) -> None:
        """Continues from what state() gave."""
        self._pending_reason = unpack_text(state["reason"])
        names = ("gradient", "preconditioned", "direction")
        known = all(name in state for name in names)
        self._previous = _Previous(*(np.array(state[name]) for name in names)) if known else None
