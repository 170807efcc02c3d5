"""Sources and receivers between grid points: each is spread over the 8 x 8 points around it.

Along each axis the weights are those of band-limited interpolation, a sinc under a Kaiser window (Hicks 2002,
Geophysics 67, 156-165):

    w(d) = sinc(d) I0(b sqrt(1 - (d / r)^2)) / I0(b),   |d| < r = 4 spacings,   b = 6.31,

the b that Hicks gives for wavenumbers up to half the Nyquist wavenumber, four points per wavelength. At grid
points the weights are exactly 1 and 0. Recording takes the weighted sum, a source acts on each point with its
weight times the factor of that point, so both are transposes of each other.

At a free surface (row 0, counted from 0 here) there are no rows above. In a fluid and for SH waves, weights
that fall there come back from the mirror image of their row, -r for what sits on full rows and -1 - r on half
rows: vy and vz are even, pressure, divergence and vx are odd. In a solid P-SV waves are neither even nor odd;
the weights along y are then those of the polynomial through the eight uppermost rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from denise_py.grid import Grid
from denise_py.parallel.domain import Subdomain
from denise_py.physics.base import Physics

RADIUS = 4
KAISER = 6.31
#: coordinates this close to a grid point (in spacings) lie on it
ON_GRID = 1e-6
#: distance of the place of a component from the node it is stored with, right and down, in spacings
OFFSETS = {"vx": (0.5, 0.0), "vy": (0.0, 0.5), "vz": (0.0, 0.5), "curl": (0.5, 0.5)}
_ON_HALF_ROWS = ("vy", "vz", "curl")


class Spread(NamedTuple):
    """Weighted points: trace (n,) number of the source or receiver, row and column (n,) from 0 on the whole
    grid, weight (n,) float64. No weight is zero."""

    trace: np.ndarray
    row: np.ndarray
    column: np.ndarray
    weight: np.ndarray

    def distinct(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Every grid point once: rows, columns, and for each weight the number of its point."""
        width = int(self.column.max(initial=0)) + 1
        points, number = np.unique(self.row * width + self.column, return_inverse=True)
        return points // width, points % width, number.reshape(-1)

    def inside(self, block: Subdomain) -> Spread:
        """The points that a block owns."""
        mine = (block.x0 <= self.column) & (self.column < block.x1)
        mine &= (block.y0 <= self.row) & (self.row < block.y1)
        return Spread(*(array[mine] for array in self))


def joined(parts: Sequence[Spread]) -> Spread:
    """All points of several spreads."""
    return Spread(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


@dataclass(frozen=True)
class SubGrid:
    """Placement between grid points on a grid with or without a free surface and periodic sides.

    centred False: places are relative to the grid point that a component is stored with, so whole numbers
    give what rounding gives; True: every component is taken at the place itself.
    """

    grid: Grid
    surface: bool
    periodic: bool
    centred: bool

    def spread(self, physics: Physics, name: str, places: np.ndarray) -> Spread:
        """The points of a component or of a source term ('vx', 'p', 'normal', ...) for places (n, 2).

        places: x / dh and y / dh, so that node (i, j) counted from 1 lies at (i, j).
        """
        right, down = self._offset(physics, name)
        parts: list[list[np.ndarray]] = [[], [], [], []]
        for trace, (x, y) in enumerate(np.asarray(places, np.float64).reshape(-1, 2)):
            columns = self._columns(_snapped(x - 1) - right)
            rows = self._rows(physics, name, _snapped(y - 1) - down)
            weights = np.outer(list(rows.values()), list(columns.values()))
            row, column = np.meshgrid(list(rows), list(columns), indexing="ij")
            for part, values in zip(parts[1:], (row, column, weights), strict=True):
                part.append(values.ravel())
            parts[0].append(np.full(weights.size, trace))
        kinds = (np.int64, np.int64, np.int64, np.float64)
        whole = [np.concatenate([[], *part]).astype(kind) for part, kind in zip(parts, kinds, strict=True)]
        kept = whole[3] != 0
        return Spread(*(array[kept] for array in whole))

    def observed(self, physics: Physics, component: str, places: np.ndarray) -> dict[str, Spread]:
        """The points of receivers, by what is read there: the component alone."""
        return {component: self.spread(physics, component, places)}

    def _offset(self, physics: Physics, name: str) -> tuple[float, float]:
        if not self.centred or (name == "vz" and getattr(physics, "on_nodes", False)):
            return 0.0, 0.0
        return OFFSETS.get(name, (0.0, 0.0))

    def _columns(self, q: float) -> dict[int, float]:
        nx, found = self.grid.nx, {}
        for column, weight in sinc_weights(q):
            if self.periodic:
                column %= nx
            if 0 <= column < nx:
                found[column] = found.get(column, 0.0) + weight
        return found

    def _rows(self, physics: Physics, name: str, q: float) -> dict[int, float]:
        taps = list(sinc_weights(q))
        if self.surface and taps[0][0] < 0:
            if "sxx" in physics.stress_fields:
                taps = list(polynomial_weights(q))
            else:
                taps = [_mirrored(row, weight, name) for row, weight in taps]
        found: dict[int, float] = {}
        for row, weight in taps:
            if 0 <= row < self.grid.ny:
                found[row] = found.get(row, 0.0) + weight
        return found


def _mirrored(row: int, weight: float, name: str) -> tuple[int, float]:
    if row >= 0:
        return row, weight
    if name in _ON_HALF_ROWS:
        return -1 - row, weight
    return -row, -weight


def _snapped(q: float) -> float:
    nearest = round(q)
    return float(nearest) if abs(q - nearest) <= ON_GRID else q


def sinc_weights(q: float) -> Iterator[tuple[int, float]]:
    """(grid point, weight) around a coordinate in spacings; one point of weight 1 for whole numbers."""
    first = int(np.floor(q))
    if q == first:
        yield first, 1.0
        return
    points = np.arange(first - RADIUS + 1, first + RADIUS + 1)
    d = points - q
    weights = np.sinc(d) * np.i0(KAISER * np.sqrt(1 - (d / RADIUS) ** 2)) / np.i0(KAISER)
    yield from zip(points.tolist(), weights.tolist(), strict=True)


def polynomial_weights(q: float) -> Iterator[tuple[int, float]]:
    """(row, weight) of the polynomial through rows 0 to 7 at coordinate q (Lagrange)."""
    rows = np.arange(2 * RADIUS)
    for row in rows:
        others = rows[rows != row]
        yield int(row), float(np.prod((q - others) / (row - others)))
