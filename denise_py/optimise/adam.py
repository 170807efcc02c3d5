"""Steps of the Adam method: means of gradients, each component divided by the root of its mean square.

    m_t = b1 m_(t-1) + (1 - b1) z_t,    v_t = b2 v_(t-1) + (1 - b2) z_t^2,    z_t = P g_t / unit
    d_t = -(m_t / (1 - b1^t)) / (sqrt(v_t / (1 - b2^t)) + eps)

Kingma & Ba, Adam: a method for stochastic optimization (2015), algorithm 1. There is no line search: p +
rate d is the next point. unit is the largest |P g| of the first gradient, so that eps is relative to it. g
need not be the gradient of the same function every time (batches of the data); d need not point downhill.
"""

from __future__ import annotations

import numpy as np

from denise_py.optimise.vectors import Precondition, State, Vector, largest_magnitude


class Adam:
    """Remembers both moments; `rate` is the step that belongs to the last direction."""

    #: the rate is the step
    natural_step = True
    #: there is no steepest descent to fall back to
    restart_reason = ""

    def __init__(
        self, rate: float = 0.01, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8, halve: int = 0
    ):
        """halve: number of steps after which the rate is halved, again and again; 0 for never. ValueError
        for numbers outside 0 < rate, 0 <= b1, b2 < 1, 0 < eps, 0 <= halve."""
        if not (rate > 0.0 and 0.0 <= b1 < 1.0 and 0.0 <= b2 < 1.0 and eps > 0.0 and halve >= 0):
            raise ValueError(
                f"rate = {rate} > 0, b1 = {b1} and b2 = {b2} from 0 to below 1, eps = {eps} > 0 and "
                f"halve = {halve} >= 0 must hold"
            )
        self._rate, self._b1, self._b2, self._eps, self._halve = rate, b1, b2, eps, halve
        self._mean: Vector | None = None
        self._square: Vector | None = None
        self._unit, self._count = 1.0, 0

    def reset(self, reason: str = "restart requested") -> None:
        """Forgets both moments and begins with the full rate."""
        self._mean = self._square = None
        self._unit, self._count = 1.0, 0

    def slow_down(self) -> None:
        """Halves the rate for good."""
        self._rate *= 0.5

    @property
    def rate(self) -> float:
        """Step of the last direction."""
        halvings = (self._count - 1) // self._halve if self._halve and self._count else 0
        return self._rate * 0.5**halvings

    def direction(self, gradient: Vector, precondition: Precondition) -> Vector:
        """The change (n,) of the point for a gradient (n,), to be multiplied by `rate`; its components are
        about one at most. precondition applies P."""
        z = precondition(gradient)
        if self._mean is None:
            self._unit = largest_magnitude(z) or 1.0
            self._mean, self._square = np.zeros_like(z), np.zeros_like(z)
        z = z / self._unit
        self._count += 1
        self._mean = self._b1 * self._mean + (1.0 - self._b1) * z
        self._square = self._b2 * self._square + (1.0 - self._b2) * z**2
        mean = self._mean / (1.0 - self._b1**self._count)
        square = self._square / (1.0 - self._b2**self._count)
        return -mean / (np.sqrt(square) + self._eps)

    def state(self) -> State:
        """Everything the next direction depends on, as arrays."""
        state: State = {"numbers": np.array([self._count, self._unit, self._rate])}
        if self._mean is not None:
            state |= {"mean": self._mean.copy(), "square": self._square.copy()}
        return state

    def restore(self, state: State) -> None:
        """Continues from what state() gave."""
        count, self._unit, self._rate = (float(value) for value in state["numbers"])
        self._count = int(count)
        known = "mean" in state
        self._mean = np.array(state["mean"]) if known else None
        self._square = np.array(state["square"]) if known else None
