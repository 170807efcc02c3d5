"""Order of convergence of SH waves in a smooth medium, for both ways to put it on the grid (see physics.sh).

Grid spacing and time step go down by thirds: then every place and time of a vz of the coarse grid is one of
the fine grid, too. There is no exact solution; with three grids u1, u2, u3 the order is log3 |u1 - u2| / |u2
- u3|.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from denise_py.acquisition.inject import PlacedSource
from denise_py.fd.weights import stencil
from denise_py.medium.model import Medium
from tests.physics.problems import Setup, ricker

SIDE = 900.0  # m
FASTEST = 1200.0  # m/s
FREQUENCY = 8.0  # Hz
#: s, before anything comes back from the edges: (450 + 300) m at 1200 m/s
DURATION = 0.6
LEVELS = 3


def speed(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """vs in m/s, 800 to 1200, varying over 200 m and more."""
    return 1000 + 100 * np.sin(2 * np.pi * x / 240 + 0.7) + 100 * np.cos(2 * np.pi * y / 200 + x / 150)


def density(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """kg/m3, 1700 to 2300."""
    return 2000 + 150 * np.cos(2 * np.pi * x / 210) + 150 * np.sin(2 * np.pi * (y + 0.3 * x) / 260)


@dataclass(frozen=True)
class Series:
    """vz (nr, nt) at the same places and times on LEVELS grids, coarse to fine."""

    traces: list[np.ndarray]

    @property
    def order(self) -> float:
        """Of the finest three grids."""
        one, two, three = self.traces[-3:]
        return float(np.log(np.linalg.norm(one - two) / np.linalg.norm(two - three)) / np.log(3))

    @property
    def limit(self) -> np.ndarray:
        """Extrapolated from the last two grids with second order."""
        return self.traces[-1] + (self.traces[-1] - self.traces[-2]) / 8

    def errors(self) -> list[float]:
        """Relative L2 difference from the limit, per grid."""
        size = np.linalg.norm(self.limit)
        return [float(np.linalg.norm(trace - self.limit) / size) for trace in self.traces]


def converging(order: int, on_nodes: bool, points: int = 60, levels: int = LEVELS) -> Series:
    """points: per side of the coarsest grid, even."""
    return Series([_run(order, on_nodes, points, level) for level in range(levels)])


def _run(order: int, on_nodes: bool, points: int, level: int) -> np.ndarray:
    fine = 3**level
    dh = SIDE / points / fine
    dt = 0.5 * SIDE / points / (np.sqrt(2) * stencil(order, 0).gamma * FASTEST) / fine
    steps = int(DURATION * fine / (dt * fine))
    size = points * fine
    setup = Setup(
        nx=size,
        ny=size,
        nt=steps,
        dh=dh,
        dt=dt,
        order=order,
        width=0,
        physics="elastic-sh",
        on_nodes=on_nodes,
    )
    x, y = np.arange(1, size + 1) * dh, np.arange(1, size + 1) * dh
    # vz is always at (i, j + 1/2) dh; with the medium on the nodes of vz these are sampled there
    x, y = np.meshgrid(x, y + dh / 2 if on_nodes else y)
    vs, rho = speed(x, y), density(x, y)
    run = setup.propagator()
    run.set_medium(Medium.from_velocities(2 * vs, vs, rho))
    middle, away = points // 2, points // 6
    nodes = [(middle + a, middle + b) for a, b in ((away, 0), (0, away), (-away, away // 2), (-2, -away))]
    place = np.array([[i * fine, (j * fine) + (fine - 1) // 2] for i, j in [(middle, middle), *nodes]])
    wavelet = ricker(setup.times, FREQUENCY, 1.5 / FREQUENCY)
    source = PlacedSource(*(int(a) for a in place[0]), 3, 0.0, wavelet)
    found = setup.simulate(run, [source], place[1:], ("vz",))["vz"]
    # sample n (from 0) belongs to (n + 3/2) dt
    first = 3 * (fine - 1) // 2
    count = int(DURATION / (dt * fine)) - 2
    return found[:, first::fine][:, :count]
