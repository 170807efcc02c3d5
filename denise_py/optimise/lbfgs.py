"""Directions of the limited-memory BFGS method.

    d = -H g,    H from the newest pairs s = p_new - p_old, y = g_new - g_old
    H_0 = gamma P,    gamma = s.y / (y.P y) of the newest pair

Two-loop recursion: Nocedal & Wright, Numerical Optimization (2006), algorithm 7.4; with P = 1 the scaling
is their eq. 7.20. With a mask of free components the recursion is done with the pairs restricted to them
(projected BFGS, Kelley, Iterative Methods for Optimization (1999), chapter 5), which gives the quasi-Newton
matrix of the reduced problem.
"""

from __future__ import annotations

import math
from collections import deque

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

SMALLEST_CURVATURE = 1e-10
"""A pair is used only if s.y exceeds this fraction of |s||y|."""


class LimitedMemory:
    """The newest curvature pairs, and the direction that follows from them.

    restart_reason says in words why the last direction was steepest descent, "" if the pairs were used;
    last_skip says why the last pair offered was not taken, "" if it was.
    """

    #: whether 1 is the step to try first
    natural_step = True

    def __init__(self, history: int = 5, dot: Dot = np.vdot):
        if history < 1:
            raise ValueError(f"the number of L-BFGS pairs is {history}, at least 1 is needed")
        self._dot = dot
        self._pairs: deque[tuple[Vector, Vector]] = deque(maxlen=history)
        self._pending_reason = "first direction"
        self.restart_reason = ""
        self.last_skip = ""

    def __len__(self) -> int:
        return len(self._pairs)

    def reset(self, reason: str = "restart requested") -> None:
        """Forgets all pairs: the next direction is steepest descent, for this reason."""
        self._pairs.clear()
        self._pending_reason = reason

    def update(self, step: Vector, gradient_change: Vector) -> bool:
        """Stores the pair s = step, y = gradient_change (both (n,)); False if s.y is not positive."""
        curvature, smallest = self._curvature(step, gradient_change)
        if not curvature > smallest:
            self.last_skip = f"curvature s.y = {curvature:.3e} is not above {smallest:.3e}, pair not used"
            return False
        self.last_skip = ""
        self._pairs.append((step.copy(), gradient_change.copy()))
        return True

    def direction(self, gradient: Vector, precondition: Precondition, free: Mask | None = None) -> Vector:
        """The descent direction (n,) for the gradient (n,); 1 is its natural step if restart_reason is empty.

        precondition applies a symmetric positive definite P. Components outside the boolean mask free are
        kept out of everything and are zero in the result.
        """
        g = restrict(gradient, free)
        pairs = self._usable_pairs(free)
        if not pairs:
            reason = (
                "no pair has positive curvature within the limits" if self._pairs else self._pending_reason
            )
            return self._steepest(g, precondition, free, reason)
        d = -self._two_loops(g, pairs, precondition, free)
        if is_descent(g, d, self._dot):
            self.restart_reason = ""
            return d
        reason = "the quasi-Newton direction is no descent direction"
        self.reset(reason)
        return self._steepest(g, precondition, free, reason)

    def _steepest(self, g: Vector, precondition: Precondition, free: Mask | None, reason: str) -> Vector:
        d, note = steepest_descent(g, restrict(precondition(g), free), self._dot)
        self.restart_reason = f"{reason}; {note}" if note else reason
        return d

    def _curvature(self, s: Vector, y: Vector) -> tuple[float, float]:
        """s.y and the value it has to exceed."""
        dot = self._dot
        return dot(s, y), SMALLEST_CURVATURE * math.sqrt(dot(s, s)) * math.sqrt(dot(y, y))

    def _usable_pairs(self, free: Mask | None) -> list[tuple[Vector, Vector, float]]:
        """(s, y, s.y over the free components) of the pairs with positive curvature, oldest first."""
        usable = []
        for s, y in self._pairs:
            curvature, smallest = self._curvature(restrict(s, free), restrict(y, free))
            if curvature > smallest:
                usable.append((s, y, curvature))
        return usable

    def _two_loops(
        self,
        g: Vector,
        pairs: list[tuple[Vector, Vector, float]],
        precondition: Precondition,
        free: Mask | None,
    ) -> Vector:
        """H g. Since q and r are zero where nothing is free, only the vectors added to them need the mask."""
        dot = self._dot
        q = g.copy()
        factors = []
        for s, y, sy in reversed(pairs):
            factor = dot(s, q) / sy
            q -= factor * restrict(y, free)
            factors.append(factor)
        _, y, sy = pairs[-1]
        y = restrict(y, free)
        scale = dot(y, restrict(precondition(y), free))
        if scale > 0.0:
            r = sy / scale * restrict(precondition(q), free)
        else:
            r = sy / dot(y, y) * q  # P is not positive definite: left out
        for (s, y, sy), factor in zip(pairs, reversed(factors), strict=True):
            r += (factor - dot(y, r) / sy) * restrict(s, free)
        return r

    def state(self) -> State:
        """Everything the next direction depends on, as arrays; steps, changes: (pairs, n), oldest first."""
        state: State = {"reason": pack_text(self._pending_reason)}
        if self._pairs:
            state["steps"] = np.stack([s for s, _ in self._pairs])
            state["changes"] = np.stack([y for _, y in self._pairs])
        return state

    def restore(self, state: State) -> None:
        """Continues from what state() gave; of more pairs than fit the newest are kept."""
        self._pairs.clear()
        self._pending_reason = unpack_text(state["reason"])
        if "steps" in state:
            for s, y in zip(state["steps"], state["changes"], strict=True):
                self._pairs.append((np.array(s), np.array(y)))
