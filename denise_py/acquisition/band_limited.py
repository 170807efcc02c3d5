"""Sources and receivers anywhere on a coarse grid: weights on the points around them, within one phase.

Weights are those of the best linear estimate of a field whose wavenumbers fill a disc |k| <= K evenly, from
its values at the points around a place (kriging, or least squares over all plane waves of the disc): with
G(r) = 2 J1(K r) / (K r), the transform of the disc,

    sum_m (G(|x_n - x_m|) + e delta_nm) w_m = G(|x_n - x|).

At a grid point this returns the point. Unlike an interpolation it needs no regular set of points: those
beyond the free surface or beyond a boundary of fluid and solid, where fields jump or have kinks, are left
out. In a fluid below the free surface the mirror images of the points serve as well, with the sign of the
field there: pressure and vx are odd, vy is even. They are mirrored at the effective surface (image_surface),
and velocities of the top rows count with their gains there, on this grid and on the one that is imitated.

Beside a flat sea floor the points of one side alone would be extrapolated to receivers between the floor and
the first row, and vx changes quickly there. But its slope at the floor is known: rock has no shear stress
there, d vx/dy = -d vy/dx, and water no rotation, d vx/dy = d vy/dx. vy is continuous and lies on the floor.
Slopes join the estimate of vx as further data, with the derivatives of G for their covariances.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import scipy

from denise_py.acquisition.subgrid import OFFSETS, Spread, joined
from denise_py.grid import Grid
from denise_py.physics.base import Physics

#: points on each side of a place along x, and along y: near a boundary only those of one side are left
RADIUS, ROWS = 4, 6
#: points per wavelength at the rims of discs, and their shares in G: a plain one and some for shorter waves
DISCS = ((5.0, 0.999), (3.5, 0.001))
#: e of the module's text
NOISE = 1e-6
#: the same for slopes, relative
SLOPE_NOISE = 1e-4
#: operator for d vy/dx on the floor: from so many points on each side, of the highest order (Fornberg 1988)
HALF = 4
DERIVATIVE = np.array([1225 / 1024, -245 / 3072, 49 / 5120, -5 / 7168])
#: places this close to a point of the grid (in spacings) lie on it
ON_GRID = 1e-6
#: places solved at once
CHUNK = 256
#: weights below this are left out
SMALL = 1e-9
_ON_HALF_ROWS, _VELOCITIES = ("vy", "vz", "curl"), ("vx", "vy", "vz")

Phase = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class BandLimited:
    """Placement on a grid, with or without a free surface (row 0 from 0) and periodic sides.

    solid, fluid: phases (ny, nx) of its nodes; in_solid: whether places (n, 2) are in a solid; follow: where
    components are taken: so many of their own offsets from the node away from the place (0: at the place).
    """

    grid: Grid
    surface: bool
    periodic: bool
    solid: np.ndarray
    fluid: np.ndarray
    in_solid: Phase
    follow: float = 0.0
    #: depth of the effective surface below row 0, and gains of velocities in the top rows of this grid and of
    #: the one that is imitated, whose rows (from 0, with fractions) `rows` tells
    depth: float = 0.0
    gains: np.ndarray | None = None
    rows: Phase | None = None
    #: first rows of the solid below a flat sea floor on both grids, from 0
    floor: tuple[int, int] | None = None
    _known: dict[tuple[str, str, bool, bytes], dict[str, Spread]] = field(default_factory=dict, repr=False)

    def spread(self, physics: Physics, name: str, places: np.ndarray) -> Spread:
        """The points of a component or of a source term ('vx', 'p', 'normal', ...) for places (n, 2).

        places: in spacings, so that node (i, j) counted from 1 lies at (i, j).
        """
        return self._spreads(physics, name, places, False)[name]

    def observed(self, physics: Physics, component: str, places: np.ndarray) -> dict[str, Spread]:
        """The points of receivers, by what is read there: the component, and vy for vx beside a sea floor."""
        return self._spreads(physics, component, places, component == "vx" and self.floor is not None)

    def _spreads(self, physics: Physics, name: str, places: np.ndarray, slopes: bool) -> dict[str, Spread]:
        places = np.ascontiguousarray(places, np.float64).reshape(-1, 2)
        key = physics.name, name, slopes, places.tobytes()
        if key not in self._known:
            parts: dict[str, list[Spread]] = {}
            for first in range(0, len(places), CHUNK):
                some = places[first : first + CHUNK]
                numbers, inside = first + np.arange(len(some)), self.in_solid(some)
                own = self._part(physics, name, some, numbers, inside, slopes)
                every = [own]
                if name == "vx" and self.floor is not None:
                    every.append(self._slip(physics, some, numbers, inside, own, slopes))
                for found in every:
                    for read, part in found.items():
                        parts.setdefault(read, []).append(part)
            self._known[key] = {read: joined(some) for read, some in parts.items()}
        return self._known[key]

    def _slip(
        self,
        physics: Physics,
        places: np.ndarray,
        numbers: np.ndarray,
        inside: np.ndarray,
        parts: dict[str, Spread],
        slopes: bool,
    ) -> dict[str, Spread]:
        """What vx in the rows beside a sea floor has of the motion of the water above it; scales the weights
        of the solid in place to those of the solid motion.

        The difference across the floor makes row r of the solid move as g_r v_solid + (1 - g_r) v_fluid, with
        the gains of a free surface.
        """
        last, solid = self.gains.size - 1, parts["vx"]
        own, imitated = self.floor
        below = np.where(inside, self.rows(places) - imitated, last)
        mine = np.interp(below, np.arange(last + 1), self.gains)
        near = inside & (np.abs(mine - 1) > SMALL)
        deep = np.clip(solid.row - own, 0, last)
        at = solid.trace - numbers[0]
        g = np.where(inside[at], self.gains[deep], 1.0)
        rest = np.bincount(at, solid.weight * (1 - g) / g, minlength=len(places))
        solid.weight[:] = solid.weight / g * mine[at]
        if "vy" in parts:
            parts["vy"].weight[:] *= mine[parts["vy"].trace - numbers[0]]
        share = (1 - mine) - mine * rest
        used = np.flatnonzero(inside & (near | (np.abs(rest) > SMALL)))
        lifted = places[used].copy()
        lifted[:, 1] = own + 0.5  # the floor is half a row above the first solid one, counted from 1
        water = self._part(physics, "vx", lifted, numbers[used], np.zeros(used.size, bool), slopes)
        factor = np.zeros(len(places))
        factor[used] = share[used]
        return {
            read: part._replace(weight=part.weight * factor[part.trace - numbers[0]])
            for read, part in water.items()
        }

    def _part(
        self,
        physics: Physics,
        name: str,
        places: np.ndarray,
        numbers: np.ndarray,
        inside: np.ndarray,
        slopes: bool,
    ) -> dict[str, Spread]:
        """Spread of places in the solid or not (inside) without the other phase, by what is read; slopes:
        read vy on the sea floor as well."""
        offset = np.array(self._offset(physics, name))
        q = places - 1 + (self.follow - 1) * offset  # in array positions of this component
        q = np.where(np.abs(q - np.round(q)) <= ON_GRID, np.round(q), q)
        along_x, along_y = (np.arange(-radius + 1, radius + 1) for radius in (RADIUS, ROWS))
        corner = np.floor(q).astype(np.int64)
        size = len(q), along_x.size * along_y.size
        column = np.tile(corner[:, :1] + along_x, along_y.size).reshape(size)
        row = np.repeat(corner[:, 1:] + along_y, along_x.size, axis=1).reshape(size)
        mirror = self.surface & (~inside if "sxx" in physics.stress_fields else np.ones_like(inside))
        folded, sign = _fold(row, name)
        folded = np.where(mirror[:, None], folded, row)
        sign = np.where(mirror[:, None] & (row < 0), sign, 1.0)
        on_grid = column % self.grid.nx if self.periodic else column
        allowed = self._allowed(offset, folded, on_grid, inside)
        # images lie behind the effective surface, and zeros on it
        lower = np.where(folded != row, 2.0, (row == 0) & mirror[:, None] & (name not in _ON_HALF_ROWS))
        slope = None
        if slopes:
            slope = Slopes(corner[:, :1] + along_x, self.floor[0] - 0.5)
        weights, by_slope = _weights(q, row + lower * self.depth, column, allowed, slope)
        weights = weights * sign
        if self.depth and name in _VELOCITIES:
            # in a fluid vx has no part in the balance
            count = np.ones_like(inside) if name != "vx" else inside
            weights = np.where(count[:, None], self._with_gains(weights, folded, places), weights)
        if name not in _ON_HALF_ROWS:
            weights = np.where(mirror[:, None] & (folded == 0), 0.0, weights)  # the field is zero there
        trace = np.broadcast_to(numbers[:, None], row.shape)
        kept = np.abs(weights) > SMALL
        found = {name: Spread(trace[kept], folded[kept], on_grid[kept], weights[kept])}
        if slope is not None:
            by_vy = np.where(inside[:, None], -by_slope, by_slope)
            found["vy"] = self._floor_points(slope.column, by_vy, numbers)
        return found

    def _floor_points(self, column: np.ndarray, weights: np.ndarray, numbers: np.ndarray) -> Spread:
        """Points of vy on the sea floor for the derivative d vy/dx, per spacing, at columns (n, m) of vx."""
        right = column[:, :, None] + np.concatenate([1 + np.arange(HALF), -np.arange(HALF)])
        if self.periodic:
            right = right % self.grid.nx
        else:  # beyond the sides the field goes on as it is there
            right = np.clip(right, 0, self.grid.nx - 1)
        values = weights[:, :, None] * np.concatenate([DERIVATIVE, -DERIVATIVE])
        row = np.full(right.shape, self.floor[0] - 1)
        trace = np.broadcast_to(numbers[:, None, None], right.shape)
        kept = np.abs(values) > SMALL
        return Spread(trace[kept], row[kept], right[kept], values[kept])

    def _with_gains(self, weights: np.ndarray, row: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Weights for velocities as they are recorded in the rows beside the free surface."""
        last = self.gains.size - 1
        own = self.gains[np.clip(row, 0, last)]
        imitated = np.interp(self.rows(places), np.arange(last + 1), self.gains)
        return weights / own * imitated[:, None]

    def _offset(self, physics: Physics, name: str) -> tuple[float, float]:
        if name == "vz" and getattr(physics, "on_nodes", False):
            return 0.0, 0.0
        return OFFSETS.get(name, (0.0, 0.0))

    def _allowed(
        self, offset: np.ndarray, row: np.ndarray, column: np.ndarray, in_solid: np.ndarray
    ) -> np.ndarray:
        """Whether points belong to the phase of their place. Velocities between two phases are normal to the
        boundary and belong to both; a point in the middle of four nodes needs all of them."""
        ny, nx = self.grid.ny, self.grid.nx
        inside = (row >= 0) & (row < ny) & (column >= 0) & (column < nx)
        result = np.zeros(row.shape, bool)
        for phase, mine in ((self.solid, in_solid), (self.fluid, ~in_solid)):
            right = np.roll(phase, -1, 1) if offset[0] else phase
            below = np.roll(phase, -1, 0) if offset[1] else phase
            here = phase | right | below
            if offset.all():
                here = phase & right & below & np.roll(np.roll(phase, -1, 0), -1, 1)
            found = here[np.clip(row, 0, ny - 1), np.clip(column, 0, nx - 1)]
            result |= found & mine[:, None]
        return result & inside


def _fold(row: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the points whose mirror images have negative rows, and the signs of these images."""
    half = name in _ON_HALF_ROWS
    return np.where(row >= 0, row, -1 - row if half else -row), np.full(row.shape, 1.0 if half else -1.0)


@dataclass(frozen=True)
class Slopes:
    """Places where the derivative along y is known: columns (n, m), all in one row (which has a fraction)."""

    column: np.ndarray
    row: float


def _weights(
    q: np.ndarray, row: np.ndarray, column: np.ndarray, allowed: np.ndarray, slopes: Slopes | None = None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Weights (n, m) of points at (row, column) (n, m) for places q (n, 2), zero where not allowed, and those
    of slopes."""
    distance = np.hypot(row - q[:, 1, None], column - q[:, 0, None])
    nearest = np.argmin(np.where(allowed, distance, np.inf), axis=1)
    exact = np.take_along_axis(np.where(allowed, distance, np.inf), nearest[:, None], 1)[:, 0] <= ON_GRID
    apart = np.hypot(row[:, :, None] - row[:, None, :], column[:, :, None] - column[:, None, :])
    both, one = allowed[:, :, None] & allowed[:, None, :], np.eye(row.shape[1])
    matrices = np.where(both, _disc(apart) + NOISE * one, one)
    right = np.where(allowed, _disc(distance), 0.0)
    count = row.shape[1]
    if slopes is not None:
        matrices, right = _with_slopes(matrices, right, q, row, column, allowed, slopes)
    weights = np.linalg.solve(matrices, right[..., None])[..., 0]
    weights[exact] = 0.0
    weights[exact, nearest[exact]] = 1.0
    values = np.where(allowed, weights[:, :count], 0.0)
    return values, None if slopes is None else weights[:, count:]


def _with_slopes(
    matrices: np.ndarray,
    right: np.ndarray,
    q: np.ndarray,
    row: np.ndarray,
    column: np.ndarray,
    allowed: np.ndarray,
    slopes: Slopes,
) -> tuple[np.ndarray, np.ndarray]:
    """The system with slopes as further data: the covariance of a value at a and a slope at b is minus the
    derivative of G(a - b) along y, that of two slopes minus the second derivative."""
    height = q[:, 1, None] - slopes.row
    near = np.abs(height) < ROWS
    down, along = row[:, :, None] - slopes.row, column[:, :, None] - slopes.column[:, None, :]
    used = allowed[:, :, None] & near[:, None]
    mixed = np.where(used, -down * _slope(np.hypot(down, along)), 0.0)
    apart = slopes.column[:, :, None] - slopes.column[:, None, :]
    own = -_slope(np.abs(apart)) * (1 + SLOPE_NOISE * np.eye(slopes.column.shape[1]))
    aim = np.where(near, -height * _slope(np.hypot(height, q[:, 0, None] - slopes.column)), 0.0)
    whole = np.block([[matrices, mixed], [mixed.transpose(0, 2, 1), own]])
    return whole, np.concatenate([right, aim], axis=1)


def _disc(r: np.ndarray) -> np.ndarray:
    """G of the module's text at distances in spacings."""
    found = np.zeros(r.shape)
    for points, share in DISCS:
        x = 2 * np.pi / points * np.maximum(r, 1e-12)
        found += share * 2 * scipy.special.j1(x) / x
    return found


def _slope(r: np.ndarray) -> np.ndarray:
    """G'(r) / r, so that the derivative of G along y is y times this: with x = K r, -2 K^2 J2(x) / x^2."""
    found = np.zeros(r.shape)
    for points, share in DISCS:
        k = 2 * np.pi / points
        x = k * np.maximum(r, 1e-3)
        found -= share * 2 * k**2 * scipy.special.jv(2, x) / x**2
    return found
