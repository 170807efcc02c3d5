"""Limits of time step and grid spacing, and what users are told about them."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from denise_py.fd.weights import ORDERS, stencil
from denise_py.grid import Grid, TimeAxis
from denise_py.medium.model import Medium
from denise_py.medium.stability import dispersion_warning, resolution, stability_problem
from denise_py.physics.psv import ElasticPSV

GRID = Grid(20, 10, 5.0)


def layered(vp: float = 3000.0, vs: float = 1000.0) -> Medium:
    """vp, vs in the lower half, 2000 and 800 m/s in the upper one."""
    lower = np.arange(10)[:, None] >= 5
    shape = np.ones((1, 20))
    return Medium.from_velocities(
        np.where(lower, vp, 2000.0) * shape, np.where(lower, vs, 800.0) * shape, 2000.0 * np.ones(GRID.shape)
    )


speeds = ElasticPSV().speeds


@pytest.mark.parametrize("order", ORDERS)
def test_courant_limit(order):
    gamma = stencil(order, 0).gamma
    found = resolution(speeds(layered()), GRID, gamma, 8.0, 20.0)
    assert found.largest_dt == pytest.approx(5.0 / (math.sqrt(2) * gamma * 3000.0), rel=1e-12)
    assert not found.unstable(found.largest_dt)
    assert found.unstable(found.largest_dt * 1.0001)


def test_courant_limit_is_that_of_von_neumann():
    """The largest frequency of the operator: sin(w dt / 2) = dt c sqrt(2) gamma / h, reached where both
    wave numbers are pi / h and all terms of the sum have the same sign."""
    weights = stencil(8, 0).weights
    phase = np.linspace(0, np.pi, 2001)
    symbol = np.abs(sum(c * np.sin((m - 0.5) * phase) for m, c in enumerate(weights, 1)))
    assert symbol.max() == pytest.approx(symbol[-1])
    assert symbol[-1] == pytest.approx(stencil(8, 0).gamma, rel=1e-12)


def test_shortest_wavelength_is_that_of_the_slowest_wave():
    found = resolution(speeds(layered()), GRID, 1.0, 8.0, 20.0)
    assert found.shortest_wavelength == pytest.approx(800.0 / 20.0)
    assert found.largest_dh == pytest.approx(5.0)
    assert not found.dispersive(5.0)
    assert found.dispersive(5.001)


def test_water_counts_with_its_p_velocity():
    """vs = 0 in part of the model takes no part; in an all-fluid model vp is the slowest."""
    found = resolution(speeds(layered(1500.0, 0.0)), GRID, 1.0, 8.0, 20.0)
    assert found.vmin == pytest.approx(800.0)
    fluid = Medium.from_velocities(1500.0 * np.ones(GRID.shape), np.zeros(GRID.shape), np.ones(GRID.shape))
    assert resolution(speeds(fluid), GRID, 1.0, 8.0, 20.0).vmin == pytest.approx(1500.0)


def test_a_long_time_step_is_explained():
    found = resolution(speeds(layered()), GRID, stencil(4, 0).gamma, 8.0, 20.0)
    assert stability_problem(found, GRID, TimeAxis(10, 0.99 * found.largest_dt), 4) is None
    message = stability_problem(found, GRID, TimeAxis(10, 2e-3), 4)
    for part in ("DT = 0.002", "DH = 5", "3000 m/s", "FDORDER = 4"):
        assert part in message
    advised = float(re.search(r"DT <= (\S+) s", message).group(1))
    assert 0.9 * found.largest_dt < advised <= found.largest_dt


def test_a_coarse_grid_is_explained():
    fine = resolution(speeds(layered()), GRID, 1.0, 8.0, 20.0)
    assert dispersion_warning(fine, GRID) is None
    coarse = resolution(speeds(layered()), GRID, 1.0, 8.0, 40.0)
    message = dispersion_warning(coarse, GRID)
    assert "DH = 5" in message
    assert "800 m/s" in message
    assert float(re.search(r"DH <= (\S+) m", message).group(1)) <= coarse.largest_dh
