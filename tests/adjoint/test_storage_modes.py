"""However the forward field is kept, the gradient is the same: bit by bit with checkpoints, in a part of the
grid and with the fields of some parameters only, to 1e-3 with compression."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from denise_py.gradient.parameterization import parameterization
from denise_py.gradient.storage import ForwardStore, Layout, Region
from tests.adjoint.inverse_problem import InverseProblem, Model
from tests.adjoint.test_linearised import changes, linearised_traces
from tests.physics.problems import Setup

# 43 x 35 points cannot be cut evenly; 150 steps are not a whole number of segments
BASE = Setup(nx=43, ny=35, nt=150, surface=True, dtype=np.float32)
SETUPS = {
    "P-SV": BASE,
    "P-SV, one-sided surface": replace(BASE, one_sided=True),
    "P-SV, periodic": replace(BASE, surface=False, periodic=True),
    "viscous P-SV": replace(BASE, physics="viscous-psv"),
    "acoustic": replace(BASE, physics="acoustic"),
    "visco-acoustic": replace(BASE, physics="viscous-acoustic"),
    "SH": replace(BASE, physics="elastic-sh"),
    "SH on nodes": replace(BASE, physics="elastic-sh", on_nodes=True),
    "viscous SH": replace(BASE, physics="viscous-sh"),
}
NODES = np.s_[4:30, 7:20]


def gradient(problem: InverseProblem, layout: Layout) -> Model:
    """Derivatives {slot: (ny, nx)} with the forward field kept in some way."""
    return replace(problem, layout=layout).gradient(problem.start)[1]


def region_of(setup: Setup) -> Region:
    wanted = np.zeros(setup.grid.shape, bool)
    wanted[NODES] = True
    return Region.around(wanted, setup.waves.gradient_rows)


def assert_same(found: Model, expected: Model, part=np.s_[:]) -> None:
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name][part], array[part], err_msg=name)
    assert any(np.any(array[part]) for array in expected.values())


@pytest.mark.parametrize("name", SETUPS)
def test_checkpoints_change_nothing(name):
    problem = InverseProblem(SETUPS[name])
    for every, segment in ((1, 40), (4, 7), (4, 1)):
        assert_same(gradient(problem, Layout(every, segment)), gradient(problem, Layout(every)))


@pytest.mark.parametrize("name", SETUPS)
def test_a_part_of_the_grid(name):
    """Inside of it the gradient is the same."""
    problem, region = InverseProblem(SETUPS[name]), region_of(SETUPS[name])
    found = gradient(problem, Layout(3, region=region))
    assert_same(found, gradient(problem, Layout(3)), NODES)
    # the region is not larger than need be: one row or column less is seen
    above, below = SETUPS[name].waves.gradient_rows
    for small in (
        replace(region, y0=region.y0 + above, y1=region.y1 - below),
        replace(region, x0=region.x0 + 1),
    ):
        less = gradient(problem, Layout(3, region=small))
        assert any(np.any(less[slot][NODES] != found[slot][NODES]) for slot in found)


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("name", SETUPS)
def test_fields_of_single_parameters(name, number):
    """Only what a parameter needs is kept, and its derivative is the same."""
    problem = InverseProblem(SETUPS[name], number)
    expected = gradient(problem, Layout(3))
    kind = parameterization(number)
    for slots in (("vp",), ("vs",), ("rho",), ("vp", "vs")):
        wanted = frozenset().union(*(kind.needs[slot] for slot in slots))
        found = gradient(problem, Layout(3, wanted=wanted))
        for slot in slots:
            np.testing.assert_array_equal(found[slot], expected[slot], err_msg=f"{slots}: {slot}")


@pytest.mark.parametrize("name", ["viscous P-SV", "visco-acoustic", "viscous SH"])
@pytest.mark.parametrize("level", ["taup", "taus"])
def test_fields_of_attenuation(name, level):
    problem = InverseProblem(SETUPS[name])
    expected, found = (gradient(problem, Layout(3, wanted=w)) for w in (frozenset({"taup", "taus"}), {level}))
    if level in expected:
        np.testing.assert_array_equal(found[level], expected[level])
        np.testing.assert_array_equal(found[level], gradient(problem, Layout(3))[level])


@pytest.mark.parametrize("name", SETUPS)
def test_compression(name):
    """2^-15 of the largest of 64 neighbours is lost at most, here less than 1e-4 of the gradient; the same
    with checkpoints, whatever the number of kept steps between which numbers are exchanged."""
    problem = InverseProblem(SETUPS[name])
    expected, found = gradient(problem, Layout(2)), gradient(problem, Layout(2, compressed=True))
    for slot, array in expected.items():
        assert np.linalg.norm(found[slot] - array) <= 1e-4 * np.linalg.norm(array), slot
    assert any(np.any(found[slot] != expected[slot]) for slot in expected)
    assert_same(gradient(problem, Layout(2, 9, compressed=True)), found)


@pytest.mark.parametrize("name", ["P-SV", "P-SV, one-sided surface", "acoustic", "SH", "SH on nodes"])
def test_linearised_run(name):
    problem = InverseProblem(SETUPS[name])
    change = changes(problem)
    expected = linearised_traces(problem, problem.start, change, 4)
    with_checkpoints = replace(problem, layout=Layout(4, 7))
    assert_same(linearised_traces(with_checkpoints, problem.start, change), expected)


def test_linearised_run_of_one_parameter():
    """A change of vp alone needs nothing but the normal stresses."""
    problem = InverseProblem(SETUPS["P-SV"])
    change = changes(problem) | {slot: np.zeros(BASE.grid.shape) for slot in ("vs", "rho")}
    expected = linearised_traces(problem, problem.start, change)
    alone = replace(problem, layout=Layout(wanted=parameterization(1).needs["vp"]))
    assert_same(linearised_traces(alone, problem.start, change), expected)


@pytest.mark.parametrize("compressed", [False, True])
def test_a_store_is_used_again(compressed):
    """Several transposed runs after a forward run, and another forward run, of another medium in between."""
    problem = InverseProblem(SETUPS["P-SV"], layout=Layout(4, 7, compressed))
    run, model = problem.propagator, problem.start
    store = ForwardStore(run, problem.layout)
    injection = problem.injection(problem.adjoint_sources(problem.simulate(model, store)))
    first = run.transposed(injection, store)
    for again in (False, True, False):
        if again:
            problem.simulate(model | {"vp": 1.1 * model["vp"]}, store)
            run.transposed(injection, store)
            problem.simulate(model, store)
        for one, other in zip(run.transposed(injection, store), first, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.mpi(2)
def test_two_blocks(comm):
    """A block may have no point of the region."""
    for name in ("P-SV", "viscous P-SV", "SH on nodes"):
        for blocks in ((2, 1), (1, 2)):
            problem = InverseProblem(SETUPS[name], comm=comm, blocks=blocks)
            expected = gradient(problem, Layout(3))
            for layout in (Layout(3, 8), Layout(3, 8, region=region_of(SETUPS[name]))):
                found = gradient(problem, layout)
                if comm.is_root:
                    assert_same(found, expected, np.s_[:] if layout.region is None else NODES)
