"""An explosion below a dipping free surface of air: a half-space turned on the grid, which becomes a
staircase.

Nodes above the plane are void. With the exact solution in the coordinates of the plane (garvin) any dip can
be compared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from denise_py.acquisition.inject import PlacedSource
from tests.analytic.experiments import FREQUENCY, PEAK, Comparison, Resolution, wavelet
from tests.analytic.garvin import response
from tests.analytic.half_space import rayleigh_speed
from tests.analytic.synthesis import synthesize
from tests.physics.problems import homogeneous

Places = float | np.ndarray


@dataclass(frozen=True)
class Slope:
    """A plane through (x0, y0) in grid points, turned clockwise by `dip` degrees from the horizontal. A row
    of nodes is taken for half a cell of rock above and below it, so a flat surface passes between two
    rows."""

    dip: float
    x0: float
    y0: float

    def along(self, x: Places, y: Places) -> Places:
        """Coordinate along the plane, in grid points."""
        a = np.radians(self.dip)
        return (x - self.x0) * np.cos(a) + (y - self.y0) * np.sin(a)

    def below(self, x: Places, y: Places) -> Places:
        """Depth below the plane, in grid points."""
        a = np.radians(self.dip)
        return (y - self.y0) * np.cos(a) - (x - self.x0) * np.sin(a)


def dipping(case: Resolution, dip: float, depth: float = 1.0, level: float = 0.5) -> dict[str, Comparison]:
    """vx and vy, source and receiver at depths in dominant S wavelengths, case.distance apart along the
    plane."""
    a, points = np.radians(dip), case.points
    margin = case.margin
    start = np.array([margin, margin + 0.5]) + depth * points * np.array([np.sin(a), 0])
    plane = Slope(dip, *start)
    source = _node(plane, 0.0, depth * points)
    receiver = _node(plane, case.reach, level * points)
    setup = case.setup(
        int(max(source[0], receiver[0])) + margin,
        int(max(source[1], receiver[1])) + margin,
        2 * PEAK + case.distance / FREQUENCY * case.solid.vs / rayleigh_speed(case.solid) + 1 / FREQUENCY,
        surface=False,
    )
    medium = homogeneous(setup.grid, case.solid.vp, case.solid.vs, case.solid.rho)
    i, j = np.meshgrid(np.arange(1, setup.nx + 1), np.arange(1, setup.ny + 1))
    air = plane.below(i, j) <= 0
    medium = replace(medium, lam=np.where(air, 0, medium.lam), mu=np.where(air, 0, medium.mu))
    run = setup.propagator()
    run.set_medium(medium)
    placed = PlacedSource(*source, 1, 0.0, wavelet(setup.times))
    traces = setup.simulate(run, [placed], np.array([receiver]), ("vx", "vy"))
    every = max(1, int(1 / (20 * 4 * FREQUENCY) / setup.dt))
    times = setup.times[::every]
    turn = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])  # from (along, below) to (x, y)
    found = {}
    for axis, (name, place) in enumerate((("vx", (0.5, 0.0)), ("vy", (0.0, 0.5)))):
        x, y = receiver[0] + place[0], receiver[1] + place[1]
        way = (plane.along(x, y) - plane.along(*source)) * setup.dh
        deep = plane.below(*source) * setup.dh, plane.below(x, y) * setup.dh
        parts = (
            turn[axis, c] * synthesize(response(case.solid, way, *deep, c, 2 * times[-1]), wavelet, times)
            for c in (0, 1)
        )
        found[name] = Comparison(traces[name][:, ::every], sum(parts)[None], times)
    return found


def joint_error(found: dict[str, Comparison]) -> float:
    """Relative L2 error of all components together."""
    rest = sum(np.linalg.norm(one.found - one.exact) ** 2 for one in found.values())
    return float(np.sqrt(rest / sum(np.linalg.norm(one.exact) ** 2 for one in found.values())))


def _node(plane: Slope, along: float, below: float) -> tuple[int, int]:
    """The node next to a place in the coordinates of the plane."""
    a = np.radians(plane.dip)
    x = plane.x0 + along * np.cos(a) - below * np.sin(a)
    y = plane.y0 + along * np.sin(a) + below * np.cos(a)
    return round(x), round(y)
