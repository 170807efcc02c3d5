"""Cells of air above a topography: stable for any shape, and as accurate as a flat free surface.

Where vp = vs = 0 there is neither stress nor mass. The surface then lies half a cell above the first row of
rock: vertical velocities there have half a cell of mass, shear stresses are zero (Zeng et al. 2012).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from denise_py.acquisition.inject import PlacedSource
from denise_py.medium.model import Medium
from tests.physics.problems import (
    LOSSLESS,
    Setup,
    acoustic,
    homogeneous,
    kinetic_energy,
    medium_of,
    own,
    ricker,
    stored_energy,
    velocities,
)


def emptied(medium: Medium, air: np.ndarray) -> Medium:
    """The medium with void where `air` (ny, nx) is true."""
    lam, mu = (np.where(air, 0.0, a) for a in (medium.lam, medium.mu))
    return replace(medium, lam=lam, mu=mu)


def staircase(setup: Setup, seed: int) -> np.ndarray:
    """Columns of air of random heights, single cells of rock in it and of air in the rock."""
    rng = np.random.default_rng(seed)
    rows = np.arange(setup.ny)[:, None]
    air = rows < rng.integers(1, setup.ny // 2, setup.nx)
    return air ^ ((rng.random(setup.grid.shape) < 0.05) & (rows < setup.ny // 2))


@pytest.mark.parametrize("key", LOSSLESS)
@pytest.mark.parametrize("order", [2, 4, 8])
def test_energy_is_conserved_below_any_staircase(key, order):
    """Rough rock below a rough surface in a closed box, 2000 steps: the energy that the leapfrog conserves
    (see test_energy) stays, so nothing can grow, and nothing moves within the air."""
    setup = Setup(nx=30, ny=30, nt=2000, order=order, width=0, physics=key)
    medium = medium_of(setup.grid, seed=3)
    air = staircase(setup, seed=5)
    run = setup.propagator()
    run.set_medium(emptied(acoustic(medium) if key == "acoustic" else medium, air))
    energies, before = [], {}

    def look(n: int) -> None:
        if before:
            energies.append(kinetic_energy(run, before["velocities"]) + before["stored"])
        before.update(velocities=velocities(run), stored=stored_energy(run))

    wavelet = np.where(setup.times < 0.1, ricker(setup.times, 20.0, 0.05), 0.0)
    source = PlacedSource(12, 25, 4, 20.0, wavelet)
    steps = frozenset({*range(200, 300), *range(1901, 2001)})
    setup.simulate(run, [source], np.array([[1, 1]]), (), snapshots=(look, steps))
    del energies[99]  # across the gap between the two intervals
    assert np.ptp(energies) <= 2000 * 100 * np.finfo(float).eps * np.mean(energies)
    inside = air & np.roll(air, -1, axis=1) & np.roll(air, -1, axis=0)
    assert inside.any()
    for name in run.physics.velocity_fields:
        assert np.all(own(run, getattr(run.fields, name))[inside] == 0)


VP, VS, FREQUENCY, FINE, COARSE, AIR = 2000.0, 1155.0, 10.0, 2.5, 10.0, 10


def half_space_pressure(order: int, dh: float, void: bool, depths: tuple[float, ...]) -> np.ndarray:
    """Pressure of an explosion at depths[0] at the depths[1:], 250 m away: at the image surface or below
    void."""
    rows = AIR if void else 0
    width = round(100 / dh)
    setup = Setup(
        nx=round(700 / dh),
        ny=round(350 / dh) + rows,
        nt=600,
        dh=dh,
        dt=5e-4,
        order=order,
        width=width,
        surface=not void,
        layer_velocity=VP,
        layer_frequency=FREQUENCY,
        k_max=4.0,
    )
    medium = homogeneous(setup.grid, VP, VS, 2000.0)
    run = setup.propagator()
    run.set_medium(emptied(medium, np.arange(setup.ny)[:, None] < rows))
    # the image surface is row 1; below void the surface is half a cell above the first row of rock
    offset = rows + 0.5 if void else 1.0
    at = [round(depth / dh + offset) for depth in depths]
    wavelet = 1e6 * ricker(setup.times, FREQUENCY, 0.15)
    source = PlacedSource(round(200 / dh), at[0], 1, 0.0, wavelet)
    nodes = np.array([[round(450 / dh), row] for row in at[1:]])
    return setup.simulate(run, [source], nodes, ("p",))["p"]


def errors(order: int, void: bool, depths: tuple[float, ...]) -> np.ndarray:
    """Relative L2 errors of a coarse grid against a four times finer one with the image surface."""
    exact = half_space_pressure(4, FINE, False, depths)
    found = half_space_pressure(order, COARSE, void, depths)
    return np.linalg.norm(found - exact, axis=1) / np.linalg.norm(exact, axis=1)


@pytest.mark.parametrize("order", [2, 4, 8])
def test_flat_void_is_as_good_as_the_image_surface(order):
    """Surface and body waves at 11 points per S wavelength: the error below void is no more than half as
    large again as that of the free surface of the same order, to which depths of whole cells belong."""
    void = errors(order, True, (25.0, 45.0, 105.0))
    image = errors(order, False, (20.0, 40.0, 100.0))
    assert np.all(void < 1.5 * image)
