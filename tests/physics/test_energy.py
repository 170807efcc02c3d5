"""Energy: conserved without layers, absorbed with them, never growing."""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.acquisition.inject import PlacedSource
from denise_py.physics.registry import physics_keys
from tests.physics.absorption import RunAndEnergy, absorbed
from tests.physics.problems import (
    LOSSLESS,
    Setup,
    acoustic,
    kinetic_energy,
    medium_of,
    ricker,
    stored_energy,
    velocities,
)


@pytest.mark.parametrize("key", LOSSLESS)
@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("order", [2, 4, 8])
def test_conserved_without_layers(key, periodic, order):
    """The leapfrog conserves v(n) . B^-1 v(n + 1) + s(n) . C^-1 s(n) exactly where the operators of velocity
    and stress are negative transposes of each other: 200 steps in a closed box of rough rock."""
    setup = Setup(nx=30, ny=25, nt=300, order=order, width=0, periodic=periodic, physics=key)
    wavelet = np.where(setup.times < 0.1, ricker(setup.times, 20.0, 0.05), 0.0)
    run = setup.propagator()
    medium = medium_of(setup.grid, seed=3)
    run.set_medium(acoustic(medium) if key == "acoustic" else medium)
    energies, before = [], {}

    def look(n: int) -> None:
        if before:
            energies.append(kinetic_energy(run, before["velocities"]) + before["stored"])
        before.update(velocities=velocities(run), stored=stored_energy(run))

    source = PlacedSource(12, 11, 4, 20.0, wavelet)
    setup.simulate(run, [source], np.array([[1, 1]]), (), snapshots=(look, frozenset(range(100, 301))))
    assert len(energies) == 200
    # rounding of 200 steps with some 100 operations per point and step
    assert np.ptp(energies) <= 200 * 100 * np.finfo(float).eps * np.mean(energies)


@pytest.mark.parametrize("key", physics_keys())
@pytest.mark.parametrize("k_max", [1.0, 4.0])
def test_layers_of_the_usual_width_absorb(key, k_max):
    """Order 4, 20 points, parameters as the manual recommends (velocity of the layer = that of the wave, its
    frequency = that of the source): what is left of the largest energy after the wave could have crossed the
    grid four times. The layers are made for a reflection of 1e-3 at normal incidence, 1e-6 in energy."""
    assert absorbed(RunAndEnergy(width=20, physics=key, k_max=k_max, dtype=np.float32)).left < 1e-6


def test_wider_layers_absorb_more():
    left = [absorbed(RunAndEnergy(width=width)).left for width in (5, 10, 20)]
    assert left[0] > 10 * left[1]
    assert left[1] > left[2]


@pytest.mark.parametrize("surface", [False, True])
def test_nothing_grows_in_the_long_run(surface):
    """Seven thousand steps close to the stability limit, a hundred crossings of the grid by the P wave: after
    the waves have left, the energy only falls."""
    found = absorbed(RunAndEnergy(width=10, points=40, courant=0.95, crossings=100, surface=surface))
    late = found.energies[found.times > found.times[-1] / 10]
    assert late[-1] < 1e-9 * found.energies.max()
    assert late[-1] <= late[0]
