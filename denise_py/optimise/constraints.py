"""Limits on the variables: projection onto the allowed set, active components, the projected path.

A search does not follow the straight line p + alpha d but its projection p(alpha) = project(p + alpha d)
(Bertsekas, SIAM J. Control Optim. 20 (1982)). Components that a limit holds back and whose gradient pushes
against that limit are called active; a direction leaves them alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from denise_py.optimise.vectors import Mask, Vector, largest_magnitude


class Constraint(Protocol):
    """The set of allowed points."""

    def project(self, p: Vector) -> Vector:
        """An allowed point near p; p's own values where p is allowed. Does not modify p."""
        ...

    def active_mask(self, p: Vector, gradient: Vector) -> Mask:
        """True for the components of the allowed point p that cannot move along -gradient."""
        ...


@dataclass(frozen=True)
class Unconstrained:
    """Every point is allowed."""

    def project(self, p: Vector) -> Vector:
        """p itself."""
        return p

    def active_mask(self, p: Vector, gradient: Vector) -> Mask:
        """False everywhere."""
        return np.zeros(p.shape, dtype=bool)


@dataclass(frozen=True)
class BoxConstraints:
    """lower <= p <= upper, each a number or (n,); -inf and inf mean no limit, equal limits a fixed component.

    ValueError if a limit is NaN or a lower limit lies above the upper one.
    """

    lower: Vector | float
    upper: Vector | float

    def __post_init__(self) -> None:
        wrong = ~(np.asarray(self.lower) <= np.asarray(self.upper))
        if np.any(wrong):
            raise ValueError(f"{np.count_nonzero(wrong)} lower limits are NaN or above the upper limit")

    def project(self, p: Vector) -> Vector:
        """p clipped to the limits."""
        return np.clip(p, self.lower, self.upper)

    def active_mask(self, p: Vector, gradient: Vector) -> Mask:
        """Components at a limit that -gradient would cross, and the fixed ones."""
        at_lower = (p <= self.lower) & (gradient > 0.0)
        at_upper = (p >= self.upper) & (gradient < 0.0)
        return at_lower | at_upper | (np.asarray(self.lower) == np.asarray(self.upper))


@dataclass(frozen=True)
class FunctionConstraint:
    """Limits given by a projecting function alone, for instance rules that couple components.

    function leaves an allowed point as it is, up to rounding, and should return the nearest allowed point: a
    rule that corrects one of two coupled components only (p0 >= r p1 kept by raising p0) can turn every
    direction uphill, and the search then ends early where the rule binds. Active components are found by
    trying: after a move of size probe against the gradient, those are active that the projection has kept
    from moving that way. probe should be small against p and large against its rounding error.
    """

    function: Callable[[Vector], Vector]
    probe: float = 1e-6

    def project(self, p: Vector) -> Vector:
        """function(p)."""
        return self.function(p)

    def active_mask(self, p: Vector, gradient: Vector) -> Mask:
        """Components that the projection takes back after a small move against the gradient."""
        line = p - self.probe / (largest_magnitude(gradient) or 1.0) * gradient
        moved = self.function(line)
        return (moved != line) & (gradient * (p - moved) <= 0.0) & (gradient != 0.0)


@dataclass(frozen=True)
class ProjectedPath:
    """p(alpha) = project(p + alpha d) from an allowed point p, and its tangent.

    difference is the increment of alpha with which the tangent of held components is taken.
    """

    start: Vector
    direction: Vector
    constraint: Constraint
    difference: float

    def point(self, alpha: float) -> Vector:
        """p(alpha)."""
        return self.constraint.project(self.start + alpha * self.direction)

    def tangent(self, alpha: float) -> Vector:
        """dp/dalpha, taken forward: d where the projection does nothing.

        Elsewhere the difference quotient, which is exactly 0 at a fixed limit and follows the partner where
        limits couple components.
        """
        line, ahead = (self.start + a * self.direction for a in (alpha, alpha + self.difference))
        here, there = self.constraint.project(line), self.constraint.project(ahead)
        touched = (here != line) | (there != ahead)
        return np.where(touched, (there - here) / self.difference, self.direction)
