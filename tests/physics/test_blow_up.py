"""A simulation that blows up is stopped soon, wherever it begins, and on all processes."""

from __future__ import annotations

import re

import numpy as np
import pytest

from denise_py.acquisition.inject import PlacedSource, source_injection
from denise_py.errors import StabilityError
from denise_py.medium.model import Medium
from denise_py.medium.stability import resolution
from denise_py.physics.registry import physics_keys
from denise_py.propagate import CHECK_EVERY, LARGEST_VALUE, Propagator
from tests.physics.problems import LOSSLESS, Setup, homogeneous, ricker

SETUP = Setup(nx=40, ny=34, nt=3000, surface=True, dtype=np.float32)

# 1-based node of the outlier: interior, surface, the four corners, the middle of each layer
PLACES = {
    "interior": (20, 17),
    "surface": (20, 1),
    "upper left": (1, 1),
    "upper right": (40, 1),
    "lower left": (1, 34),
    "lower right": (40, 34),
    "left layer": (3, 17),
    "lower layer": (20, 32),
}


def with_outlier(setup: Setup, node: tuple[int, int]) -> Medium:
    """vp 2500 m/s, within the limit, but for a spot of 3 by 3 nodes with 15000 m/s."""
    medium = homogeneous(setup.grid, 2500.0, 1300.0, 2000.0)
    vp, vs = medium.vp, medium.vs
    i, j = node[0] - 1, node[1] - 1
    vp[max(j - 1, 0) : j + 2, max(i - 1, 0) : i + 2] = 15000.0
    return Medium.from_velocities(vp, vs, medium.rho)


def shot(setup: Setup) -> list[PlacedSource]:
    return [PlacedSource(25, 12, 1, 0.0, ricker(setup.times, 15.0, 0.1))]


def stopped_at(setup: Setup, medium: Medium, looks: range | None = None) -> int:
    """Step that the error names; looks: steps after which the fields are inspected in addition."""
    run = setup.propagator()
    run.set_medium(medium)
    snapshots = (lambda n: None, frozenset(looks)) if looks else None
    with pytest.raises(StabilityError) as caught:
        setup.simulate(run, shot(setup), np.array([[5, 5]]), (), snapshots=snapshots)
    return int(re.search(r"before step (\d+)", str(caught.value)).group(1))


@pytest.mark.parametrize("place", PLACES)
def test_detected_within_a_hundred_steps(place):
    """A run whose fields are inspected at every step stops at the very step of the blow-up; the usual run
    must stop at most CHECK_EVERY = 100 steps later."""
    assert CHECK_EVERY == 100
    medium = with_outlier(SETUP, PLACES[place])
    at_once = stopped_at(SETUP, medium, looks=range(1, SETUP.nt))
    usual = stopped_at(SETUP, medium)
    assert at_once <= usual < at_once + 100


@pytest.mark.parametrize("key", LOSSLESS)
@pytest.mark.parametrize("order", [4, 8])
def test_the_limit_is_sharp(key, order):
    """Just below the limit of the time step 3000 steps stay bounded, 1 per cent above it they blow up."""
    base = Setup(nt=3000, order=order, dtype=np.float64, width=0, periodic=True, physics=key)
    medium = homogeneous(base.grid, 2500.0, 0.0 if key == "acoustic" else 1300.0, 2000.0)
    component = base.waves.components[0]
    found = resolution(base.waves.speeds(medium), base.grid, base.scheme.stencil.gamma, 8.0, 40.0)
    runs = {f: Setup(**{**vars(base), "dt": f * found.largest_dt}) for f in (0.999, 1.01)}
    assert not found.unstable(runs[0.999].dt)
    assert found.unstable(runs[1.01].dt)
    run = runs[0.999].propagator()
    run.set_medium(medium)
    traces = runs[0.999].simulate(run, shot(runs[0.999]), np.array([[5, 5]]), (component,))
    assert np.max(np.abs(traces[component])) < 1.0
    stopped_at(runs[1.01], medium)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e35])
@pytest.mark.parametrize("key", physics_keys())
def test_any_bad_value_in_any_velocity_is_seen(key, bad):
    """One bad value in the corner of one field, all others being fine."""
    for name in Setup(physics=key).waves.velocity_fields:
        run = Setup(nt=1, physics=key).propagator()
        field = getattr(run.fields, name)
        field[run.half, -run.half - 1] = bad
        with pytest.raises(StabilityError):
            run._check(1)


def test_the_adjoint_run_is_watched_too():
    """The same check ends a transposed run that meets bad data."""
    setup = Setup(nt=150)
    run: Propagator = setup.propagator()
    run.set_medium(homogeneous(setup.grid, 2500.0, 1300.0, 2000.0))
    sources = [PlacedSource(20, 17, 2, 0.0, np.full(setup.nt, 1e20 * LARGEST_VALUE))]
    injection = source_injection(
        run.physics, sources, run.coefficients, run.block, run.half, setup.dh, setup.nt, run.dtype
    )
    with pytest.raises(StabilityError, match="unstable"):
        run.transposed(injection)


@pytest.mark.mpi(2)
def test_all_processes_stop(comm):
    """The outlier lies in the block of the second process; both raise, at the same step."""
    run = SETUP.propagator(comm, 2, 1)
    run.set_medium(with_outlier(SETUP, (33, 17)))
    with pytest.raises(StabilityError) as caught:
        SETUP.simulate(run, shot(SETUP), np.array([[5, 5]]), ("vx",))
    messages = comm.allgather(str(caught.value))
    assert messages[0] == messages[1]
