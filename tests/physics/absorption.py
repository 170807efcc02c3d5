"""How much energy absorbing layers leave in a grid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from denise_py.acquisition.inject import PlacedSource
from denise_py.fd.weights import stencil
from denise_py.medium.model import Medium
from denise_py.propagate import Propagator
from tests.physics.problems import (
    LOSSLESS,
    Setup,
    homogeneous,
    kinetic_energy,
    ricker,
    total_energy,
    velocities,
)

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
    physics: str = "elastic-psv"

    @property
    def fastest(self) -> float:
        """m/s."""
        return VS if self.physics.endswith("sh") else VP

    @property
    def setup(self) -> Setup:
        slowest = VP if self.physics.endswith("acoustic") else VS
        dh = slowest / FREQUENCY / POINTS_PER_WAVELENGTH
        dt = self.courant * dh / (np.sqrt(2) * stencil(self.order, 0).gamma * self.fastest)
        side = self.points + 2 * self.width
        start = 3 / FREQUENCY
        steps = int((start + self.crossings * self.points * dh / self.fastest) / dt)
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
            layer_velocity=self.fastest,
            layer_frequency=FREQUENCY,
            k_max=self.k_max,
            physics=self.physics,
        )

    def medium(self) -> Medium:
        """Homogeneous; tau = 0.02 in viscous physics, Q = 100, which hardly helps the layers."""
        plain = homogeneous(self.setup.grid, VP, 0.0 if self.physics.endswith("acoustic") else VS, RHO)
        tau = np.full(plain.shape, 0.02)
        return replace(plain, taup=tau, taus=tau)


@dataclass(frozen=True)
class Absorbed:
    """Energy (arbitrary unit) at times (s), every tenth step, and what is left of its largest value."""

    times: np.ndarray
    energies: np.ndarray

    @property
    def left(self) -> float:
        return float(self.energies[-1] / self.energies.max())


def absorbed(case: RunAndEnergy) -> Absorbed:
    """Run a case: total energy, or in viscous media kinetic energy."""
    setup = case.setup
    run = setup.propagator()
    run.set_medium(case.medium())
    energy = total_energy if case.physics in LOSSLESS else moving
    component = run.physics.velocity_fields[0]
    middle = setup.nx // 2
    source = PlacedSource(middle, middle, 4, 30.0, ricker(setup.times, FREQUENCY, 1.5 / FREQUENCY))
    steps, energies = [], []

    def look(n: int) -> None:
        steps.append(n)
        energies.append(energy(run))

    every = frozenset([*range(10, setup.nt, 10), setup.nt])
    setup.simulate(run, [source], np.array([[1, 1]]), (component,), snapshots=(look, every))
    return Absorbed(setup.dt * np.array(steps), np.array(energies))


def moving(run: Propagator) -> float:
    """Kinetic energy of the fields as they are."""
    return kinetic_energy(run, velocities(run))
