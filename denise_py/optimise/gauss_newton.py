"""Truncated Gauss-Newton directions: H d = -g by conjugate gradients, as far as it pays.

H is known by its products with vectors only. The inner iteration ends when the residual has fallen below
eta |g|; eta is chosen after Eisenstat & Walker (1996, SIAM J. Sci. Comput. 17, 16; choice 2 with gamma = 0.9,
alpha = 2): loose far from the solution, tight near it. Also Nocedal & Wright, Numerical Optimization (2006),
algorithm 7.1. With a mask of free components the system is solved on these alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

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

FIRST_FORCING = 0.5
LARGEST_FORCING = 0.9
GAMMA, ALPHA = 0.9, 2.0


@dataclass(frozen=True)
class InnerSolution:
    """Result of the inner iteration: direction (n,), products used, residual relative to |g|, why it
    ended."""

    direction: Vector
    products: int
    residual: float
    reason: str


def solve_truncated(
    gradient: Vector,
    product: Callable[[Vector], Vector],
    precondition: Precondition,
    free: Mask | None,
    forcing: float,
    max_products: int,
    dot: Dot = np.vdot,
) -> InnerSolution:
    """Conjugate gradients for H d = -g from d = 0, preconditioned by a symmetric positive definite P.

    Ends when |H d + g| <= forcing |g|, after max_products products, or at curvature that is not positive.
    """
    g = restrict(gradient, free)
    size = math.sqrt(dot(g, g))
    d, r = np.zeros_like(g), -g
    z = restrict(precondition(r), free)
    search, rz, residual = z.copy(), dot(r, z), 1.0
    for count in range(1, max_products + 1):
        h = restrict(product(search), free)
        curvature = dot(search, h)
        if not curvature > 0.0:
            return InnerSolution(d, count, residual, "the curvature is not positive")
        step = rz / curvature
        d += step * search
        r -= step * h
        residual = math.sqrt(dot(r, r)) / size
        if residual <= forcing:
            return InnerSolution(d, count, residual, "the residual is small enough")
        z = restrict(precondition(r), free)
        rz, last = dot(r, z), rz
        search = z + rz / last * search
    return InnerSolution(d, max_products, residual, "the number of products is used up")


class GaussNewton:
    """Directions from products with the Gauss-Newton matrix at the current point; 1 is their natural step.

    restart_reason says in words why the last direction was steepest descent, "" if it was not; inner tells
    about the last inner iteration.
    """

    natural_step = True

    def __init__(self, product: Callable[[Vector], Vector], max_products: int = 10, dot: Dot = np.vdot):
        if max_products < 1:
            raise ValueError(f"the number of products per iteration is {max_products}, at least 1 is needed")
        self._product, self._max_products, self._dot = product, max_products, dot
        self._last_norm, self._last_forcing = math.nan, math.nan
        self._pending_reason = ""
        self.restart_reason = ""
        self.inner: InnerSolution | None = None

    def reset(self, reason: str = "restart requested") -> None:
        """The next direction is steepest descent, for this reason, and the forcing terms begin anew."""
        self._last_norm = self._last_forcing = math.nan
        self._pending_reason = reason

    def direction(self, gradient: Vector, precondition: Precondition, free: Mask | None = None) -> Vector:
        """The descent direction (n,) for the gradient (n,)."""
        g = restrict(gradient, free)
        if self._pending_reason:
            reason, self._pending_reason = self._pending_reason, ""
            return self._steepest(g, precondition, free, reason)
        forcing = self._forcing(math.sqrt(self._dot(g, g)))
        self.inner = solve_truncated(
            g, self._product, precondition, free, forcing, self._max_products, self._dot
        )
        if is_descent(g, self.inner.direction, self._dot):
            self.restart_reason = ""
            return self.inner.direction
        return self._steepest(g, precondition, free, f"no Gauss-Newton direction: {self.inner.reason}")

    def _forcing(self, norm: float) -> float:
        """Relative residual to reach, from the norm of the gradient now and before."""
        forcing = FIRST_FORCING
        if not math.isnan(self._last_norm):
            forcing = GAMMA * (norm / self._last_norm) ** ALPHA
            before = GAMMA * self._last_forcing**ALPHA
            if before > 0.1:  # not tighter at once than the last one allows
                forcing = max(forcing, before)
        self._last_norm = norm
        self._last_forcing = min(forcing, LARGEST_FORCING)
        return self._last_forcing

    def _steepest(self, g: Vector, precondition: Precondition, free: Mask | None, reason: str) -> Vector:
        d, note = steepest_descent(g, restrict(precondition(g), free), self._dot)
        self.restart_reason = f"{reason}; {note}" if note else reason
        return d

    def state(self) -> State:
        """Everything the next direction depends on besides the product."""
        return {
            "last": np.array([self._last_norm, self._last_forcing]),
            "reason": pack_text(self._pending_reason),
        }

    def restore(self, state: State) -> None:
        """Continues from what state() gave."""
        self._last_norm, self._last_forcing = (float(value) for value in state["last"])
        self._pending_reason = unpack_text(state["reason"])
