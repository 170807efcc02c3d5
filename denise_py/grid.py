"""The finite-difference grid and the time axis.

Axes: fields are [y, x], C order, y down. Full nodes sit at x = i dh, y = j dh with i, j = 1..nx, 1..ny
(DENISE's convention: coordinate 0 lies outside); arrays count from 0, so index = node - 1.
Staggering: vx at (i+1/2, j), vy at (i, j+1/2), sxy at (i+1/2, j+1/2), everything else at (i, j).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

#: what quotients too large for an index count as
FAR = 2.0**62


def round_half_up(quotient: float) -> int:
    """floor(q + 1/2), the rounding of all coordinates and times."""
    return math.floor(float(quotient) + 0.5)


def rounded_ratio(numerator: float, denominator: float) -> int:
    """iround(numerator / denominator) with the quotient taken in float32.

    The single precision decides ties such as 2.5 / 0.2 and is part of the compatibility contract.
    Quotients beyond its range count as 2**62, farther away than anything else.
    """
    with np.errstate(over="ignore"):
        quotient = np.float32(numerator) / np.float32(denominator)
    return round_half_up(min(max(quotient, -FAR), FAR))


@dataclass(frozen=True)
class Grid:
    """A regular grid of nx times ny full nodes with spacing dh (m)."""

    nx: int
    ny: int
    dh: float

    @property
    def shape(self) -> tuple[int, int]:
        """(ny, nx), the shape of model arrays."""
        return self.ny, self.nx

    def node(self, coordinate: float) -> int:
        """1-based number of the node nearest to a coordinate in m; may lie outside the grid."""
        return rounded_ratio(coordinate, self.dh)

    def contains(self, i: int, j: int) -> bool:
        """Whether the 1-based node (i, j) belongs to the grid."""
        return 1 <= i <= self.nx and 1 <= j <= self.ny


@dataclass(frozen=True)
class TimeAxis:
    """nt steps of length dt (s); sample n (counted from 1) belongs to t = n dt."""

    nt: int
    dt: float

    @classmethod
    def from_duration(cls, duration: float, dt: float) -> TimeAxis:
        """nt = iround(duration / dt)."""
        return cls(rounded_ratio(duration, dt), dt)

    def times(self) -> np.ndarray:
        """t = n dt, n = 1..nt, float32 (nt,)."""
        return np.arange(1, self.nt + 1, dtype=np.float32) * np.float32(self.dt)
