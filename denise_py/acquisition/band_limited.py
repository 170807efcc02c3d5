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
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import scipy

from denise_py.acquisition.subgrid import OFFSETS, Spread
from denise_py.grid import Grid
from denise_py.physics.base import Physics

#: points on each side of a place along x, and along y: near a boundary only those of one side are left
RADIUS, ROWS = 4, 6
#: points per wavelength at the rims of discs, and their shares in G: a plain one and some for shorter waves
DISCS = ((5.0, 0.999), (3.5, 0.001))
#: e of the module's text
NOISE = 1e-6
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
    _known: dict[tuple[str, str, bytes], Spread] = field(default_factory=dict, repr=False)

    def spread(self, physics: Physics, name: str, places: np.ndarray) -> Spread:
        """The points of a component or of a source term ('vx', 'p', 'normal', ...) for places (n, 2).

        places: in spacings, so that node (i, j) counted from 1 lies at (i, j).
        """
        places = np.ascontiguousarray(places, np.float64).reshape(-1, 2)
        key = physics.name, name, places.tobytes()
        if key not in self._known:
            parts = []
            for first in range(0, len(places), CHUNK):
                some = places[first : first + CHUNK]
                numbers, inside = first + np.arange(len(some)), self.in_solid(some)
                parts.append(self._part(physics, name, some, numbers, inside))
                if name == "vx" and self.floor is not None:
                    parts.append(self._slip(physics, some, numbers, inside, parts[-1]))
            self._known[key] = Spread(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))
        return self._known[key]

    def _slip(
        self, physics: Physics, places: np.ndarray, numbers: np.ndarray, inside: np.ndarray, solid: Spread
    ) -> Spread:
        """What vx in the rows beside a sea floor has of the motion of the water above it; scales the weights
        of the solid in place to those of the solid motion.

        The difference across the floor makes row r of the solid move as g_r v_solid + (1 - g_r) v_fluid, with
        the gains of a free surface.
        """
        last = self.gains.size - 1
        own, imitated = self.floor
        below = np.where(inside, self.rows(places) - imitated, last)
        mine = np.interp(below, np.arange(last + 1), self.gains)
        near = inside & (np.abs(mine - 1) > SMALL)
        deep = np.clip(solid.row - own, 0, last)
        at = solid.trace - numbers[0]
        g = np.where(inside[at], self.gains[deep], 1.0)
        rest = np.bincount(at, solid.weight * (1 - g) / g, minlength=len(places))
        solid.weight[:] = solid.weight / g * mine[at]
        share = (1 - mine) - mine * rest
        used = np.flatnonzero(inside & (near | (np.abs(rest) > SMALL)))
        lifted = places[used].copy()
        lifted[:, 1] = own + 0.5  # the floor is half a row above the first solid one, counted from 1
        water = self._part(physics, "vx", lifted, numbers[used], np.zeros(used.size, bool))
        factor = np.zeros(len(places))
        factor[used] = share[used]
        return water._replace(weight=water.weight * factor[water.trace - numbers[0]])

    def _part(
        self, physics: Physics, name: str, places: np.ndarray, numbers: np.ndarray, inside: np.ndarray
    ) -> Spread:
        """Spread of places in the solid or not (inside) without the other phase."""
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
        weights = _weights(q, row + lower * self.depth, column, allowed) * sign
        if self.depth and name in _VELOCITIES:
            # in a fluid vx has no part in the balance
            count = np.ones_like(inside) if name != "vx" else inside
            weights = np.where(count[:, None], self._with_gains(weights, folded, places), weights)
        if name not in _ON_HALF_ROWS:
            weights = np.where(mirror[:, None] & (folded == 0), 0.0, weights)  # the field is zero there
        trace = np.broadcast_to(numbers[:, None], row.shape)
        kept = np.abs(weights) > SMALL
        return Spread(trace[kept], folded[kept], on_grid[kept], weights[kept])

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


def _weights(q: np.ndarray, row: np.ndarray, column: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """Weights (n, m) of points at (row, column) (n, m) for places q (n, 2), zero where not allowed."""
    distance = np.hypot(row - q[:, 1, None], column - q[:, 0, None])
    nearest = np.argmin(np.where(allowed, distance, np.inf), axis=1)
    exact = np.take_along_axis(np.where(allowed, distance, np.inf), nearest[:, None], 1)[:, 0] <= ON_GRID
    apart = np.hypot(row[:, :, None] - row[:, None, :], column[:, :, None] - column[:, None, :])
    both, one = allowed[:, :, None] & allowed[:, None, :], np.eye(row.shape[1])
    matrices = np.where(both, _disc(apart) + NOISE * one, one)
    right = np.where(allowed, _disc(distance), 0.0)
    weights = np.linalg.solve(matrices, right[..., None])[..., 0]
    weights[exact] = 0.0
    weights[exact, nearest[exact]] = 1.0
    return np.where(allowed, weights, 0.0)


def _disc(r: np.ndarray) -> np.ndarray:
    """G of the module's text at distances in spacings."""
    found = np.zeros(r.shape)
    for points, share in DISCS:
        x = 2 * np.pi / points * np.maximum(r, 1e-12)
        found += share * 2 * scipy.special.j1(x) / x
    return found
