"""How much energy absorbing layers leave in a grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from denise_py.acquisition.inject import PlacedSource
from denise_py.fd.weights import stencil
from tests.physics.problems import Setup, homogeneous, ricker, total_energy

VP, VS, RHO = 3000.0, 1730.0, 2200.0
POINTS_PER_WAVELENGTH = 10
FREQUENCY = 10.0


@dataclass(frozen=True)
class RunAndEnergy:
    """A force of 10 Hz in the middle of a homogeneous grid of `points` by `points` inside the layers."""

    width: int
    points: int = 80
    order: int = 4
    courant: float = 0.8
    crossings: float = 4.0
    k_max: float = 1.0
    surface: bool = False
    dtype: Any = np.float64

    @property
    def setup(self) -> Setup:
        dh = VS / FREQUENCY / POINTS_PER_WAVELENGTH
        dt = self.courant * dh / (np.sqrt(2) * stencil(self.order, 0).gamma * VP)
        side = self.points + 2 * self.width
        start = 3 / FREQUENCY
        steps = int((start + self.crossings * self.points * dh / VP) / dt)
        return Setup(
            nx=side,
            ny=side,
            nt=steps,
            dh=dh,
            dt=dt,
            order=self.order,
            width=self.width,
            surface=self.surface,
            dtype=self.dtype,
            layer_velocity=VP,
            layer_frequency=FREQUENCY,
            k_max=self.k_max,
        )


@dataclass(frozen=True)
class Absorbed:
    """Energy (arbitrary unit) at times (s), every tenth step, and what is left of its largest value."""

    times: np.ndarray
    energies: np.ndarray

    @property
    def left(self) -> float:
        return float(self.energies[-1] / self.energies.max())


def absorbed(case: RunAndEnergy) -> Absorbed:
    """Run a case."""
    setup = case.setup
    run = setup.propagator()
    run.set_medium(homogeneous(setup.grid, VP, VS, RHO))
    middle = setup.nx // 2
    source = PlacedSource(middle, middle, 4, 30.0, ricker(setup.times, FREQUENCY, 1.5 / FREQUENCY))
    steps, energies = [], []

    def look(n: int) -> None:
        steps.append(n)
        energies.append(total_energy(run))

    every = frozenset([*range(10, setup.nt, 10), setup.nt])
    setup.simulate(run, [source], np.array([[1, 1]]), ("vx",), snapshots=(look, every))
    return Absorbed(setup.dt * np.array(steps), np.array(energies))
