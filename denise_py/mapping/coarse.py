"""A medium on a coarser grid, and the way back for gradients.

The fine grid is that of the model files and of the inversion, the coarse one that of a simulation.
Compliances and densities are averaged, which is what waves see that are long against the layers they cross
(Backus 1962, J. Geophys. Res. 67, 4427; Moczo et al. 2002, Bull. Seism. Soc. Am. 92, 3042):

    1 / mu_c = A (1 / mu),     1 / M_c = J (1 / M),     rho_c = J (rho),     M = lam + 2 mu.

A coarse node is solid, fluid or void by what fills the larger part of its cell. A is the weighted average
over nodes of the same phase around it, so that the boundary between fluid and solid stays sharp and fluids
stay without shear. J is A, but where the cell holds the other phase as well this adds its share. There lam +
mu takes the place of M. Phases never change in an inversion; everything else is linear or smooth, so the
transposed derivative is exact.

Models with a flat sea floor halfway between two rows have two rules of their own. Weights below the floor
take nothing from above and keep mass and depth of every layer there. And in the first NEAR spacings mu and M
are arithmetic means (power BESIDE_FLOOR instead of -1): stresses across the floor are small beside it, and
waves along it feel the mean of the stiffness.

The weights of A are a windowed sinc (Lanczos), separable, which takes away what the coarse grid cannot hold.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy

from denise_py.gradient.chain_rule import LameGradient
from denise_py.gradient.tangent import LameChange
from denise_py.grid import Grid
from denise_py.medium.model import Medium

Matrices = tuple["scipy.sparse.csr_matrix", "scipy.sparse.csr_matrix"]

#: half width of the weights in coarse spacings
RADIUS = 2
#: power of the means of moduli within so many spacings below a flat sea floor, see
#: docs/theory.md
BESIDE_FLOOR, NEAR = 1.0, 2.0
#: within so many spacings of a boundary layers keep their moments
REACH = 2
#: points of an interval of one fine spacing at which weights are taken
SAMPLES = 8


@dataclass(frozen=True)
class CoarseGrid:
    """A coarse grid in place of a fine one: coarse node (i, j), counted from 1, lies at x0 + i dh, y0 + j dh.

    frame: points of its absorbing layers; surface: whether row 1 of both is a free surface, above which there
    is nothing; periodic: whether the sides are joined.
    """

    fine: Grid
    grid: Grid
    x0: float
    y0: float
    frame: int
    surface: bool
    periodic: bool
    #: depth in spacings, of either grid, of the effective free surface below row 1
    depth: float = 0.0
    #: depth in m of a flat sea floor that lies halfway between two rows of either grid
    floor: float | None = None

    @property
    def factor(self) -> float:
        """Spacing in units of the fine one."""
        return self.grid.dh / self.fine.dh

    def places(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Coordinates in m in coarse spacings, so that coarse node (i, j) is at (i, j): (n, 2)."""
        return np.stack([(np.asarray(x) - self.x0), (np.asarray(y) - self.y0)], axis=-1) / self.grid.dh

    @cached_property
    def averages(self) -> tuple[scipy.sparse.csr_matrix, scipy.sparse.csr_matrix]:
        """Weights along y (coarse ny, ny) and x (coarse nx, nx); rows have the sum 1."""
        along_y, along_x = self._matrices(lanczos, RADIUS)
        if self.floor is not None:
            along_y = self._beside_floor(along_y)
        return along_y, along_x

    @cached_property
    def cells(self) -> tuple[scipy.sparse.csr_matrix, scipy.sparse.csr_matrix]:
        """The same for means over the coarse cells."""
        return self._matrices(lambda d: (np.abs(d) <= 0.5).astype(float), 1)

    def _matrices(self, kernel, radius: int) -> tuple[scipy.sparse.csr_matrix, scipy.sparse.csr_matrix]:
        f, g = self.fine, self.grid
        top = f.dh if self.surface else None
        along_y = _weights(f.ny, g.ny, f.dh, g.dh, self.y0, kernel, radius, top, False)
        return along_y, _weights(f.nx, g.nx, f.dh, g.dh, self.x0, kernel, radius, None, self.periodic)

    def _beside_floor(self, along_y: scipy.sparse.csr_matrix) -> scipy.sparse.csr_matrix:
        """Weights of rows below the floor that take nothing from above; a layer there keeps its mass and its
        depth: see `keep_moments`."""
        f, g = self.fine, self.grid
        first, row = round((self.floor - self.y0) / g.dh - 0.5), round(self.floor / f.dh - 0.5)
        weights = along_y.toarray()
        below = weights[first:, row:]
        # what lies above the floor comes from the mirror image of its row
        mirrored = weights[first:, max(0, 2 * row - f.ny) : row][:, ::-1]
        below[:, : mirrored.shape[1]] += mirrored
        weights[first:, :row] = 0.0
        centres = self.y0 + g.dh * np.arange(first + 1, g.ny + 1)
        depths = f.dh * np.arange(row + 1, f.ny + 1)
        if g.ny - first > 2 * REACH:
            places = (centres - self.floor) / g.dh, (depths - self.floor) / g.dh
            below += keep_moments(below, *places, f.dh / g.dh)
        return scipy.sparse.csr_matrix(weights)


def lanczos(d: np.ndarray) -> np.ndarray:
    """sinc(d) sinc(d / RADIUS) within |d| < RADIUS, d in coarse spacings."""
    return np.where(np.abs(d) < RADIUS, np.sinc(d) * np.sinc(d / RADIUS), 0.0)


def keep_moments(weights: np.ndarray, rows: np.ndarray, layers: np.ndarray, size: float) -> np.ndarray:
    """The smallest change of weights (m, n) on rows at depths (m,) from layers of a thickness at depths (n,),
    all in spacings of the rows and below the boundary at 0, after which each layer within RADIUS has the same
    mass and the same mean depth on the rows as it is; sums over layers stay what they are.

    A thin layer just below the boundary counts in full there. Between rows an average moves it by up to
    half a spacing, which waves along the boundary feel.
    """
    m, n = np.count_nonzero(rows < 2 * REACH), np.count_nonzero(layers < 3 * REACH)
    near = np.abs(rows[:m, None] - layers[:n]) < REACH
    free, columns = np.flatnonzero(near.ravel()), np.flatnonzero(layers < REACH)
    sums = np.repeat(np.eye(m), n, axis=1)  # of each row over its layers
    known = [sums, *(np.kron(power, np.eye(n))[columns] for power in (np.ones(m), rows[:m]))]
    missing = [size * layers[columns] ** power - rows**power @ weights[:, columns] for power in (0, 1)]
    right = np.concatenate([np.zeros(m), *missing])
    found = np.zeros(m * n)
    found[free] = np.linalg.lstsq(np.concatenate(known)[:, free], right, rcond=1e-10)[0]
    change = np.zeros(weights.shape)
    change[:m, :n] = found.reshape(m, n)
    return change


def _weights(
    fine: int,
    coarse: int,
    h: float,
    dh: float,
    origin: float,
    kernel,
    radius: int,
    top: float | None,
    joined: bool,
) -> scipy.sparse.csr_matrix:
    """(coarse, fine) weights along an axis: the integral of the kernel over each fine cell, which reaches
    half a spacing to both sides. The outermost cells go on for ever, or the axis is periodic; nothing lies
    above `top`."""
    places: list[np.ndarray] = []
    shares: list[np.ndarray] = []
    for k in range(coarse):
        centre = origin + (k + 1) * dh
        cells = np.arange(math.floor((centre - radius * dh) / h), math.ceil((centre + radius * dh) / h) + 1)
        points = (cells[:, None] + (np.arange(SAMPLES) + 0.5) / SAMPLES - 0.5) * h
        values = kernel((points - centre) / dh)
        if top is not None:
            values = np.where(points >= top, values, 0.0)
        places.append((cells - 1) % fine if joined else np.clip(cells - 1, 0, fine - 1))
        shares.append(values.sum(axis=1) / values.sum())
    rows = np.repeat(np.arange(coarse), [len(one) for one in places])
    found = scipy.sparse.coo_matrix((np.concatenate(shares), (rows, np.concatenate(places))), (coarse, fine))
    return found.tocsr()


def flat_floor(medium: Medium, dh: float) -> float | None:
    """Depth in m of a flat boundary between fluid above and solid below, None if there is none: halfway
    between the last row of fluid and the first of solid, where the shear stress ends."""
    fluid = (medium.mu <= 0) & (medium.lam > 0)
    rows = fluid.all(axis=1)
    if not rows[0] or rows.all():
        return None
    first = int(np.argmin(rows))
    if fluid[first].any() or np.any(medium.mu[first] <= 0):
        return None
    return (first + 0.5) * dh


class MediumMap:
    """Media of one distribution of solid, fluid and void, from the fine to the coarse grid."""

    def __init__(self, space: CoarseGrid, like: Medium) -> None:
        """like: a medium on the fine grid, (ny, nx), with the phases of all that follow."""
        self.space = space
        stiff = like.lam + 2 * like.mu > 0
        # in a medium for SH waves alone lam + 2 mu is zero
        self._across = not stiff.any()
        self._solid, self._fluid = like.mu > 0, stiff & ~(like.mu > 0)
        cells = [self._mean(mask, space.cells) for mask in (self._solid, self._fluid)]
        full = cells[0] + cells[1]
        #: phases of the coarse nodes, (ny, nx)
        self.solid = (full >= 0.5) & (cells[0] >= cells[1])
        self.fluid = (full >= 0.5) & ~self.solid
        self._mixed = (self.solid | self.fluid) & (np.minimum(*cells) > 1e-9)
        rows = space.y0 + space.grid.dh * np.arange(1, space.grid.ny + 1)
        near = np.zeros(len(rows), bool) if space.floor is None else rows < space.floor + NEAR * space.grid.dh
        #: powers of means of moduli, and where
        self._powers = (BESIDE_FLOOR, near[:, None]), (-1.0, ~near[:, None])
        self._own = _ratio(self.solid, self._mean(self._solid))
        of_fluid = _ratio(self.fluid, self._mean(self._fluid))
        self._weights = (
            _ratio(self._own * cells[0], full),
            _ratio(of_fluid * cells[1], full),
            _ratio(self.fluid, full),
            _ratio(self.solid, full),
        )

    def medium(self, fine: Medium) -> Medium:
        """The medium on the coarse grid, float64."""
        mu = self._mu(fine)
        lam = -2 * mu if self._across else self._stiffness(fine) - self._times(mu)
        rho = np.where(self.solid | self.fluid, self._joint(fine.rho), 1.0)
        return Medium(lam, mu, rho, *self._levels(fine.taup, fine.taus))

    def gradient(self, g: LameGradient, fine: Medium) -> LameGradient:
        """Derivatives on the fine grid from those on the coarse one: the transpose of `tangent`."""
        mu_c, mu = self._mu(fine), _double(fine.mu)
        g_mu = np.where(self.solid, g.mu, 0.0) - self._times(g.lam, where=self.solid)
        by_mu = np.zeros(mu.shape)
        for power, rows in self._powers:
            slope = np.where(rows, self._own * _to(mu_c, 1 - power) * g_mu, 0.0)
            by_mu += self._solid * _to(mu, power - 1) * self._back(slope)
        by_lam = np.zeros(mu.shape)
        if not self._across:
            stiffness = self._stiffness(fine)
            for share, power, cells in self._kinds():
                modulus = _double(fine.lam) + share * mu
                slope = np.where(cells, _to(stiffness, 1 - power) * g.lam, 0.0)
                part = _to(modulus, power - 1) * self._joint_back(slope)
                by_lam += part
                by_mu += np.where(self._solid, share * part, 0.0)
        taup = None if g.taup is None else self._joint_back(g.taup)
        taus = None if g.taus is None else self._solid * self._back(self._own * g.taus)
        return LameGradient(by_lam, by_mu, self._joint_back(g.rho), taup, taus)

    def tangent(self, change: LameChange, fine: Medium) -> LameChange:
        """Changes on the coarse grid to first order, those of lam, mu and rho alone."""
        mu_c, mu, moving = self._mu(fine), _double(fine.mu), np.where(self._solid, change.mu, 0.0)
        d_mu = np.zeros(mu_c.shape)
        for power, rows in self._powers:
            mean = self._mean(_to(mu, power - 1) * moving)
            d_mu += np.where(rows, self._own * _to(mu_c, 1 - power) * mean, 0.0)
        d_lam = -self._times(d_mu)
        if not self._across:
            stiffness = self._stiffness(fine)
            for share, power, cells in self._kinds():
                modulus = _double(fine.lam) + share * mu
                relative = _to(modulus, power - 1) * (change.lam + share * moving)
                d_lam += np.where(cells, _to(stiffness, 1 - power) * self._joint(relative), 0.0)
        return LameChange(d_lam, d_mu, self._joint(change.rho))

    def energy(self, field: np.ndarray) -> np.ndarray:
        """Energies of the coarse grid on the fine one, by linear interpolation.

        A node that stands for several cells, as those at the edges do for a frame that lies farther out, has
        so much more of the curvature of the misfit: the square of their number.
        """
        space, f, g = self.space, self.space.fine, self.space.grid
        result = np.asarray(field, np.float64)
        for axis, count, origin in ((0, f.ny, space.y0), (1, f.nx, space.x0)):
            q = np.clip((f.dh * np.arange(1, count + 1) - origin) / g.dh - 1, 0, result.shape[axis] - 1)
            below = np.minimum(q.astype(int), result.shape[axis] - 2)
            part = (q - below).reshape((-1, 1) if axis == 0 else (1, -1))
            result = (1 - part) * result.take(below, axis) + part * result.take(below + 1, axis)
        return result * self._cells_of_nodes**2

    @cached_property
    def _cells_of_nodes(self) -> np.ndarray:
        """How many times as much of the coarse grid fine nodes stand for as most of them do, at least 1."""
        along_y, along_x = (
            np.maximum(share / np.median(share), 1.0)
            for share in (np.asarray(m.sum(axis=0)).ravel() for m in self.space.averages)
        )
        return along_y[:, None] * along_x

    # ------------------------------------------------------------------------------------------ parts

    def _kinds(self) -> Iterator[tuple[float, float, np.ndarray]]:
        """The share of mu in the modulus that is averaged, the power of the mean, and where: lam + 2 mu, but
        lam + mu where the cell holds fluid and solid."""
        yield from ((2.0, power, rows & ~self._mixed) for power, rows in self._powers)
        yield 1.0, -1.0, self._mixed

    def _mu(self, fine: Medium) -> np.ndarray:
        mu = np.where(self._solid, _double(fine.mu), 0.0)
        result = np.zeros(self.solid.shape)
        for power, rows in self._powers:
            result = np.where(rows, _to(self._own * self._mean(_to(mu, power)), 1 / power), result)
        return np.where(self.solid, result, 0.0)

    def _stiffness(self, fine: Medium) -> np.ndarray:
        """The modulus of _kinds."""
        lam, mu = _double(fine.lam), _double(fine.mu)
        result = np.zeros(self.solid.shape)
        for share, power, cells in self._kinds():
            mean = self._joint(_to(np.where(self._solid | self._fluid, lam + share * mu, 0.0), power))
            result = np.where(cells, _to(mean, 1 / power), result)
        return np.where(self.solid | self.fluid, result, 0.0)

    def _times(self, mu: np.ndarray, where: np.ndarray | None = None) -> np.ndarray:
        """2 mu, or mu where the cell holds fluid and solid."""
        found = np.where(self._mixed, 1.0, 2.0) * mu
        return found if where is None else np.where(where, found, 0.0)

    def _levels(
        self, taup: np.ndarray | None, taus: np.ndarray | None
    ) -> tuple[np.ndarray | None, np.ndarray | None]:
        p = None if taup is None else self._joint(taup)
        return p, None if taus is None else self._own * self._mean(np.where(self._solid, taus, 0.0))

    def _joint(self, field: np.ndarray) -> np.ndarray:
        """J of the module's text, 0 at void nodes."""
        a, b, c, d = self._weights
        solid, fluid = (np.where(mask, field, 0.0) for mask in (self._solid, self._fluid))
        result = a * self._mean(solid)
        if self._fluid.any():
            result += b * self._mean(fluid)
        if self._mixed.any():
            result += c * self._mean(solid, self.space.cells) + d * self._mean(fluid, self.space.cells)
        return result

    def _joint_back(self, field: np.ndarray) -> np.ndarray:
        """Transpose of _joint."""
        a, b, c, d = self._weights
        result = self._solid * self._back(a * field)
        if self._fluid.any():
            result += self._fluid * self._back(b * field)
        if self._mixed.any():
            result += self._solid * self._back(c * field, self.space.cells)
            result += self._fluid * self._back(d * field, self.space.cells)
        return result

    def _mean(self, field: np.ndarray, matrices: Matrices | None = None) -> np.ndarray:
        along_y, along_x = matrices or self.space.averages
        return (along_x @ (along_y @ np.asarray(field, np.float64)).T).T

    def _back(self, field: np.ndarray, matrices: Matrices | None = None) -> np.ndarray:
        along_y, along_x = matrices or self.space.averages
        return (along_x.T @ (along_y.T @ field).T).T


def _double(a: np.ndarray) -> np.ndarray:
    return np.asarray(a, np.float64)


def _to(a: np.ndarray, power: float) -> np.ndarray:
    """A power, 0 where there is nothing."""
    if power == 0:
        return np.ones(np.shape(a))
    return np.power(a, power, out=np.zeros(np.shape(a)), where=a > 0)


def _ratio(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a / b, 0 where b = 0."""
    return np.divide(a, b, out=np.zeros(np.shape(b)), where=b != 0)
