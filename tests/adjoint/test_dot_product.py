"""<F s, r> = <s, F^T r>: the transposed run is the transpose of the forward run, to rounding.

F takes the time series s of sources at every node of the grid, in vx, vy and both normal stresses, to the
records of vx, vy and p. The transposed run does not return its fields, but their correlations with a store.
With the source series themselves in the store these are the inner products on the right-hand side.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from denise_py.acquisition.inject import adjoint_injection
from denise_py.acquisition.record import local_recording
from denise_py.fd.containers import as_points
from denise_py.parallel.comm import SerialComm
from tests.physics.problems import Setup, medium_of, own

COMPONENTS = ("vx", "vy", "p")
TOLERANCE = 1e-12


def dot_products(setup: Setup, comm=None, npx: int = 1, npy: int = 1) -> tuple[float, float]:
    """Both sides of the identity for random series and traces, in a medium with fluid."""
    comm = comm or SerialComm()
    run = setup.propagator(comm, npx, npy)
    run.set_medium(medium_of(setup.grid, seed=4, fluid=True))
    rng = np.random.default_rng(8)
    series = {name: rng.standard_normal((setup.nt, *setup.grid.shape)) for name in ("vx", "vy", "normal")}
    nodes = random_nodes(setup, rng)
    residuals = {name: rng.standard_normal((len(nodes), setup.nt)) for name in COMPONENTS}

    local = {name: s[:, *run.block.slices].reshape(setup.nt, -1) for name, s in series.items()}
    recording = local_recording(run.physics, COMPONENTS, nodes, run.block, run.half, setup.nt, run.dtype)
    run.forward(everywhere(run, local), recording.arrays)
    recorded = run.physics.recorded(recording.arrays)
    left = sum(np.sum(recorded[c].T * residuals[c][recording.indices]) for c in COMPONENTS)

    injection = adjoint_injection(
        run.physics, residuals, nodes, run.coefficients, run.block, run.half, run.dtype
    )
    kernels = run.transposed(injection, store_of(run, local))
    c = type(run.coefficients)(*(own(run, a) for a in run.coefficients))
    # v^ = -B v' and s^ = C s'; in the surface row syy^ = 0 and C has lam = 0
    right = np.sum(kernels.total / (c.l2m + c.lam) - kernels.force_x / c.bx - kernels.force_y / c.by)
    return comm.sum(float(left)), comm.sum(float(right))


def random_nodes(setup: Setup, rng: np.random.Generator) -> np.ndarray:
    """Forty different receivers, some in the surface row and in the corners."""
    every = np.array([[i, j] for i in range(1, setup.nx + 1) for j in range(1, setup.ny + 1)])
    corners = [[1, 1], [setup.nx, 1], [1, setup.ny], [setup.nx, setup.ny], [9, 1], [20, 1]]
    return np.unique(np.concatenate([corners, rng.permutation(every)[:34]]), axis=0)


def everywhere(run, local: dict[str, np.ndarray]):
    """Injection of the series (nt, points) at all own points."""
    j, i = (a.ravel() + run.half for a in np.indices((run.block.ny, run.block.nx)))
    size = j.size
    forces = {
        name: as_points(j, i, k * size + np.arange(size), np.ones(size), run.dtype)
        for k, name in enumerate(("vx", "vy", "normal"))
    }
    return run.physics.injection(forces, np.hstack([local[name] for name in ("vx", "vy", "normal")]))


def store_of(run, local: dict[str, np.ndarray]):
    """A store with the source series in place of the increments; a normal source goes into sxx and syy, and
    half of it, since their sum is correlated with the sum of the adjoint stresses."""
    nt = run.time.nt
    store = run.physics.new_store(1, nt, (run.block.ny, run.block.nx), run.dtype)
    for name, series in (("vx", "vx"), ("vy", "vy"), ("sxx", "normal"), ("syy", "normal")):
        factor = 0.5 if series == "normal" else 1.0
        getattr(store, name)[:] = factor * local[series].reshape(nt, run.block.ny, run.block.nx)
    store.sxy[:] = 0
    return store


def assert_transposed(left: float, right: float) -> None:
    assert abs(left) > 0
    assert abs(left - right) <= TOLERANCE * abs(left)


ORDERS = [2, 4, 8, *(pytest.param(order, marks=pytest.mark.slow) for order in (6, 10, 12))]


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("surface", [False, True])
@pytest.mark.parametrize("order", ORDERS)
def test_with_layers(order, surface, periodic):
    assert_transposed(*dot_products(Setup(order=order, surface=surface, periodic=periodic)))


@pytest.mark.parametrize("surface", [False, True])
@pytest.mark.parametrize("order", ORDERS)
def test_without_layers(order, surface):
    assert_transposed(*dot_products(Setup(order=order, surface=surface, width=0)))


@pytest.mark.parametrize("periodic", [False, True])
def test_one_sided_surface(periodic):
    setup = Setup(order=4, surface=True, one_sided=True, periodic=periodic)
    assert_transposed(*dot_products(setup))


@pytest.mark.parametrize("kind", [1, 4])
def test_holberg_operators(kind):
    assert_transposed(*dot_products(Setup(order=4, kind=kind, surface=True)))


def test_layers_that_meet_in_the_middle():
    """Layers as wide as half the grid: every point of it is damped."""
    assert_transposed(*dot_products(Setup(nx=20, ny=20, width=10)))


@pytest.mark.parametrize("width", [1, 2, 3])
def test_layers_thinner_than_the_operator(width):
    assert_transposed(*dot_products(Setup(order=8, width=width, surface=True)))


@pytest.mark.mpi(2)
def test_two_blocks(comm):
    setup = Setup(order=4, surface=True)
    assert_transposed(*dot_products(setup, comm, 2, 1))
    assert_transposed(*dot_products(setup, comm, 1, 2))
    assert_transposed(*dot_products(replace(setup, one_sided=True), comm, 2, 1))
    assert_transposed(*dot_products(replace(setup, one_sided=True), comm, 1, 2))


@pytest.mark.mpi(4)
def test_four_blocks(comm):
    """Layers that reach into the neighbouring block: 6 points wide, blocks of 10 columns."""
    assert_transposed(*dot_products(Setup(order=4, surface=True), comm, 2, 2))
    assert_transposed(*dot_products(Setup(order=4, periodic=True), comm, 4, 1))
    assert_transposed(*dot_products(Setup(order=4, width=9, ny=33), comm, 1, 4))
