"""Whether a medium can be simulated on a grid: time step and grid spacing."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from denise_py.grid import Grid, TimeAxis


@dataclass(frozen=True)
class Resolution:
    """Figures of merit of a simulation (m/s, s, m)."""

    vmax: float
    vmin: float
    largest_dt: float
    shortest_wavelength: float
    largest_dh: float

    def unstable(self, dt: float) -> bool:
        """Whether a time step is above the Courant limit (with a rounding margin of 1e-6)."""
        return dt > self.largest_dt * (1 + 1e-6)

    def dispersive(self, dh: float) -> bool:
        """Whether there are fewer grid points per shortest wavelength than the operator wants."""
        return dh > self.largest_dh * (1 + 1e-6)


def speed_range(*velocities: np.ndarray) -> tuple[float, float]:
    """(slowest, fastest) of some velocity fields in m/s; zeros (fluids have no S waves, void none) are left
    out. (0, 0) if there is nothing else."""
    moving = [v[v > 0] for v in velocities]
    moving = [v for v in moving if v.size]
    if not moving:
        return 0.0, 0.0
    return float(min(v.min() for v in moving)), float(max(v.max() for v in moving))


def resolution(
    speeds: tuple[float, float], grid: Grid, gamma: float, points: float, highest_frequency: float
) -> Resolution:
    """Courant limit dt <= dh / (sqrt(2) gamma vmax) and dispersion limit dh <= vmin / (points fmax).

    speeds: slowest and fastest wave in m/s (physics.base.Physics.speeds); gamma: sum of |weights| of the
    operator; points: grid points per shortest wavelength it wants.
    """
    vmin, vmax = speeds
    wavelength = vmin / highest_frequency
    longest = grid.dh / (math.sqrt(2) * gamma * vmax) if vmax > 0 else math.inf
    return Resolution(vmax, vmin, longest, wavelength, wavelength / points)


def stability_problem(found: Resolution, grid: Grid, time: TimeAxis, order: int) -> str | None:
    """One sentence saying what to do when the time step is too long, else None."""
    if not found.unstable(time.dt):
        return None
    return (
        f"DT = {time.dt:g} s is above the stability limit {found.largest_dt:.4g} s "
        f"(highest velocity {found.vmax:.4g} m/s, DH = {grid.dh:g} m, FDORDER = {order}): "
        f"choose DT <= {_round_down(found.largest_dt):g} s"
    )


def dispersion_warning(found: Resolution, grid: Grid) -> str | None:
    """One sentence when waves will be dispersed by the grid, else None."""
    if not found.dispersive(grid.dh):
        return None
    return (
        f"DH = {grid.dh:g} m is coarse for the shortest wavelength {found.shortest_wavelength:.4g} m "
        f"(lowest velocity {found.vmin:.4g} m/s): expect numerical dispersion; "
        f"DH <= {_round_down(found.largest_dh):g} m would avoid it"
    )


def _round_down(value: float) -> float:
    """Two significant digits, never more than the value."""
    if value <= 0:
        return value
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    return math.floor(value / step) * step
