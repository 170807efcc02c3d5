"""<F s, r> = <s, F^T r>: the transposed run is the transpose of the forward run, to rounding.

F takes the time series s of sources at every node of the grid, in everything that sources can act on, to the
records of every component with an adjoint. The transposed run does not return its fields, but their
correlations with a store. With the source series themselves in the store these are the inner products on the
right-hand side.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from denise_py.acquisition.band_limited import BandLimited
from denise_py.acquisition.image_surface import velocity_gains
from denise_py.acquisition.inject import adjoint_injection
from denise_py.acquisition.record import local_recording
from denise_py.acquisition.subgrid import SubGrid
from denise_py.fd.containers import as_points
from denise_py.fd.weights import stencil
from denise_py.gradient.storage import ForwardStore, Layout
from denise_py.parallel.comm import SerialComm
from denise_py.physics.registry import physics_keys
from tests.physics.problems import Setup, acoustic, medium_of, own

TOLERANCE = 1e-12

#: what sources act on, and where their series go in a store: {target: {kept array: factor}}
TARGETS = {
    "psv": {"vx": {"vx": 1.0}, "vy": {"vy": 1.0}, "normal": {"xx": 0.5, "yy": 0.5}},
    "acoustic": {"vx": {"vx": 1.0}, "vy": {"vy": 1.0}, "p": {"p": 1.0}},
    "sh": {"vz": {"vz": 1.0}},
}


def kind_of(setup: Setup) -> str:
    return setup.physics.split("-")[-1]


def dot_products(
    setup: Setup,
    comm=None,
    npx: int = 1,
    npy: int = 1,
    centred: bool | None = None,
    floor: int | None = None,
) -> tuple[float, float]:
    """Both sides of the identity for random series and traces, in a medium with fluid (SH waves have
    none). centred: receivers between nodes, see acquisition.subgrid; None: on nodes; floor: the same around a
    sea floor, see acquisition.band_limited."""
    comm = comm or SerialComm()
    run = setup.propagator(comm, npx, npy)
    medium = medium_of(setup.grid, seed=4, fluid=kind_of(setup) != "sh")
    run.set_medium(acoustic(medium) if kind_of(setup) == "acoustic" else medium)
    rng = np.random.default_rng(8)
    series = {name: rng.standard_normal((setup.nt, *setup.grid.shape)) for name in TARGETS[kind_of(setup)]}
    nodes, components = random_nodes(setup, rng), run.physics.adjoint_components
    subgrid = None
    if centred is not None:
        subgrid = SubGrid(setup.grid, setup.surface, setup.periodic, centred)
        nodes = np.clip(nodes + rng.uniform(-0.5, 0.5, nodes.shape), 1, [setup.nx, setup.ny])
    if floor is not None:
        subgrid = beside_floor(setup, floor)
        nodes = rng.uniform([1, floor - 1.5], [setup.nx, floor + 2.5], (40, 2))
    residuals = {name: rng.standard_normal((len(nodes), setup.nt)) for name in components}

    local = {name: s[:, *run.block.slices].reshape(setup.nt, -1) for name, s in series.items()}
    place = run.block, run.half
    recording = local_recording(run.physics, components, nodes, *place, setup.nt, run.dtype, subgrid=subgrid)
    run.forward(everywhere(run, local), recording.arrays)
    recorded = run.physics.recorded(recording.arrays)
    left = sum(np.sum(recording.traces(c, recorded) * residuals[c][recording.indices]) for c in components)

    injection = adjoint_injection(run.physics, residuals, nodes, run.coefficients, *place, run.dtype, subgrid)
    kernels = run.transposed(injection, store_of(setup, run, local))
    return comm.sum(float(left)), comm.sum(float(np.sum(products(setup, run, kernels))))


def beside_floor(setup: Setup, rows: int) -> BandLimited:
    """Receivers around a sea floor below so many rows."""
    fluid = np.arange(setup.ny)[:, None] + np.zeros(setup.nx) < rows
    gains = velocity_gains(stencil(setup.order, 0).weights)
    return BandLimited(
        setup.grid,
        setup.surface,
        setup.periodic,
        ~fluid,
        fluid,
        lambda q: q[:, 1] > rows + 0.5,
        gains=gains,
        rows=lambda q: q[:, 1] - 1,
        floor=(rows, rows),
    )


def products(setup: Setup, run, kernels) -> np.ndarray:
    """Adjoint fields times source series from the correlations, which hold v^ = -B v' and, in lossless media,
    s^ = C s'; in the surface row of P-SV syy^ = 0 and C has lam = 0."""
    c = {name: own(run, a) for name, a in run.coefficients._asdict().items() if a.ndim == 2}
    if kind_of(setup) == "sh":
        return -kernels.force / c["bz"]
    forces = kernels.force_x / c["bx"] + kernels.force_y / c["by"]
    stresses = {
        "elastic-psv": lambda: kernels.total / (c["l2m"] + c["lam"]),
        "viscous-psv": lambda: kernels.total,
        "acoustic": lambda: kernels.pressure / c["bulk"],
        "viscous-acoustic": lambda: kernels.modulus,
    }
    return stresses[setup.physics]() - forces


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
        for k, name in enumerate(local)
    }
    return run.physics.injection(forces, np.hstack(list(local.values())))


def store_of(setup: Setup, run, local: dict[str, np.ndarray]):
    """A store with the source series in place of increments or strain rates; a normal source goes into both
    directions, and half of it, since their sum is correlated with the sum of the adjoint stresses."""
    nt = run.time.nt
    kept = ForwardStore(run, Layout())
    store = kept.arrays
    for name in store._fields[3:-1]:
        getattr(store, name)[:] = 0
    for target, places in TARGETS[kind_of(setup)].items():
        for place, factor in places.items():
            name = next(n for n in (place, f"s{place}", f"e{place}", "e") if n in store._fields)
            getattr(store, name)[:] = factor * local[target].reshape(nt, run.block.ny, run.block.nx)
    return kept


def assert_transposed(left: float, right: float) -> None:
    assert abs(left) > 0
    assert abs(left - right) <= TOLERANCE * abs(left)


ORDERS = [2, 4, 8, *(pytest.param(order, marks=pytest.mark.slow) for order in (6, 10, 12))]


OTHERS = [key for key in physics_keys() if key != "elastic-psv"]


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("surface", [False, True])
@pytest.mark.parametrize("order", ORDERS)
def test_with_layers(order, surface, periodic):
    assert_transposed(*dot_products(Setup(order=order, surface=surface, periodic=periodic)))


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("surface", [False, True])
@pytest.mark.parametrize("order", [4, *(pytest.param(o, marks=pytest.mark.slow) for o in (2, 6, 8, 10, 12))])
@pytest.mark.parametrize("key", OTHERS)
def test_every_physics_with_layers(key, order, surface, periodic):
    setup = Setup(physics=key, order=order, surface=surface, periodic=periodic)
    assert_transposed(*dot_products(setup))


@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize(("surface", "periodic"), [(False, False), (True, False), (True, True)])
@pytest.mark.parametrize("key", physics_keys())
def test_receivers_between_nodes(key, surface, periodic, centred):
    setup = Setup(physics=key, surface=surface, periodic=periodic)
    assert_transposed(*dot_products(setup, centred=centred))


@pytest.mark.parametrize("key", ["elastic-psv", "viscous-psv"])
@pytest.mark.parametrize("periodic", [False, True])
def test_receivers_beside_a_sea_floor(key, periodic):
    """vx is read from vx and vy; the map is what counts here, not the medium."""
    setup = Setup(physics=key, surface=True, periodic=periodic)
    assert_transposed(*dot_products(setup, floor=7))


@pytest.mark.parametrize("surface", [False, True])
@pytest.mark.parametrize("order", ORDERS)
def test_without_layers(order, surface):
    assert_transposed(*dot_products(Setup(order=order, surface=surface, width=0)))


@pytest.mark.parametrize("surface", [False, True])
@pytest.mark.parametrize("key", OTHERS)
def test_every_physics_without_layers(key, surface):
    assert_transposed(*dot_products(Setup(physics=key, order=4, surface=surface, width=0)))


@pytest.mark.parametrize("key", ["elastic-psv", "viscous-psv"])
@pytest.mark.parametrize("periodic", [False, True])
def test_one_sided_surface(periodic, key):
    setup = Setup(physics=key, order=4, surface=True, one_sided=True, periodic=periodic)
    assert_transposed(*dot_products(setup))


@pytest.mark.parametrize("key", ["elastic-sh", "viscous-sh"])
def test_sh_waves_on_nodes(key):
    assert_transposed(*dot_products(Setup(physics=key, order=4, surface=True, on_nodes=True)))


@pytest.mark.parametrize("mechanisms", [1, 5])
def test_number_of_mechanisms(mechanisms):
    frequencies = tuple(2.0 * 3.0**k for k in range(mechanisms))
    assert_transposed(*dot_products(Setup(physics="viscous-psv", surface=True, frequencies=frequencies)))


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
    assert_transposed(*dot_products(setup, comm, 2, 1, centred=True))
    assert_transposed(*dot_products(setup, comm, 1, 2, centred=False))
    assert_transposed(*dot_products(replace(setup, one_sided=True), comm, 2, 1))
    assert_transposed(*dot_products(replace(setup, one_sided=True), comm, 1, 2))


@pytest.mark.mpi(4)
def test_four_blocks(comm):
    """Layers that reach into the neighbouring block: 6 points wide, blocks of 10 columns."""
    assert_transposed(*dot_products(Setup(order=4, surface=True), comm, 2, 2))
    assert_transposed(*dot_products(Setup(order=4, periodic=True), comm, 4, 1))
    assert_transposed(*dot_products(Setup(order=4, width=9, ny=33), comm, 1, 4))
