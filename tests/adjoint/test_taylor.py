"""|J(m + h dm) - J(m) - h g . dm| falls with the square of h if and only if g is the gradient.

The misfit is that of vx, vy and p at receivers at the surface, in the layers and beside a fluid inclusion,
excited by an explosion, a force along x, one along y and a rotated one at once.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from denise_py.gradient.parameterization import SLOTS
from tests.adjoint.inverse_problem import InverseProblem
from tests.physics.problems import Setup

# three decades of step lengths, in units of 2 per cent of the mean of the parameter
STEPS = 10.0 ** -np.arange(0, 3.1, 0.5)

SETUPS = {
    "order 4, surface": Setup(nt=200, order=4, surface=True),
    "order 8": Setup(nt=200, order=8),
    "one-sided surface": Setup(nt=200, order=4, surface=True, one_sided=True),
    "order 2, surface, periodic": Setup(nt=200, order=2, surface=True, periodic=True),
}


def remainders(problem: InverseProblem, slot: str) -> tuple[np.ndarray, float]:
    """Remainders for STEPS, and the misfit at the start."""
    start = problem.start
    value, gradient = problem.gradient(start)
    direction = problem.direction(slot, seed=3)
    slope = np.sum(gradient[slot] * direction)
    values = [problem.misfit(problem.simulate(start | {slot: start[slot] + h * direction})) for h in STEPS]
    return np.abs(np.array(values) - value - STEPS * slope), value


def assert_second_order(problem: InverseProblem, slot: str, first: int = 0) -> None:
    """Between any two neighbouring steps from the `first` on the slope is 2 within 0.05, and the remainder
    stays above the rounding of the misfit, so that the slope means something."""
    rest, value = remainders(problem, slot)
    assert rest[-1] > 1e3 * np.finfo(float).eps * value
    slopes = np.diff(np.log10(rest[first:])) / np.diff(np.log10(STEPS[first:]))
    np.testing.assert_allclose(slopes, 2.0, atol=0.05, err_msg=slot)


@pytest.mark.parametrize("slot", SLOTS)
@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("name", SETUPS)
def test_velocities(name, number, slot):
    assert_second_order(InverseProblem(SETUPS[name], number), slot)


@pytest.mark.parametrize("slot", SLOTS)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_displacements(number, slot):
    problem = InverseProblem(SETUPS["order 4, surface"], number, displacement=True)
    assert_second_order(problem, slot)


#: what each physics depends on
PARAMETERS = {
    "viscous-psv": ("vp", "vs", "rho", "taup", "taus"),
    "acoustic": ("vp", "rho"),
    "viscous-acoustic": ("vp", "rho", "taup"),
    "elastic-sh": ("vs", "rho"),
    "viscous-sh": ("vs", "rho", "taus"),
}
CASES = [(key, slot) for key, slots in PARAMETERS.items() for slot in slots]


@pytest.mark.parametrize("surface", [True, False])
@pytest.mark.parametrize(("key", "slot"), CASES)
def test_every_physics(key, slot, surface):
    """With periodic sides where there is a surface, with layers all around where there is none."""
    setup = Setup(nt=200, order=4, surface=surface, periodic=surface, physics=key)
    assert_second_order(InverseProblem(setup), slot, first=1)  # two per cent are not small for all of them


@pytest.mark.parametrize(
    ("key", "slot"),
    [
        ("elastic-psv", "rho"),
        ("viscous-psv", "vs"),
        ("acoustic", "rho"),
        ("viscous-acoustic", "vp"),
        ("elastic-sh", "rho"),
        ("viscous-sh", "vs"),
    ],
)
@pytest.mark.parametrize("surface", [True, False])
def test_sources_and_receivers_between_nodes(key, slot, surface):
    setup = Setup(nt=200, order=4, surface=surface, periodic=surface, physics=key)
    assert_second_order(InverseProblem(setup, between=True), slot, first=1)


@pytest.mark.parametrize("number", [2, 3])
@pytest.mark.parametrize("slot", SLOTS)
def test_parameterisations_of_a_viscous_medium(slot, number):
    setup = Setup(nt=200, order=4, surface=True, physics="viscous-psv")
    assert_second_order(InverseProblem(setup, number), slot, first=1)


@pytest.mark.parametrize("slot", ["vs", "rho"])
@pytest.mark.parametrize("key", ["elastic-sh", "viscous-sh"])
def test_sh_waves_on_nodes(key, slot):
    setup = Setup(nt=200, order=4, surface=True, physics=key, on_nodes=True)
    assert_second_order(InverseProblem(setup), slot, first=1)


@pytest.mark.parametrize("name", SETUPS)
def test_all_parameters_at_once(name):
    """The three derivatives belong to the same point: along a joint direction they add up."""
    problem = InverseProblem(SETUPS[name])
    start = problem.start
    value, gradient = problem.gradient(start)
    direction = {slot: problem.direction(slot, seed=5) for slot in SLOTS}
    slope = sum(np.sum(gradient[slot] * direction[slot]) for slot in SLOTS)
    steps = STEPS[2:]
    values = [
        problem.misfit(problem.simulate(start | {s: start[s] + h * direction[s] for s in SLOTS}))
        for h in steps
    ]
    rest = np.abs(np.array(values) - value - steps * slope)
    slopes = np.diff(np.log10(rest)) / np.diff(np.log10(steps))
    np.testing.assert_allclose(slopes, 2.0, atol=0.05)


def test_every_single_node():
    """Central differences at single nodes that are special: surface, corner, layer, last row and column
    (whose averages use the opposite edge), beside and inside the fluid."""
    problem = InverseProblem(replace(SETUPS["order 4, surface"], nt=120))
    start = problem.start
    _, gradient = problem.gradient(start)
    for j, i in ((0, 19), (0, 0), (1, 7), (16, 39), (33, 20), (33, 39), (16, 10), (18, 12), (20, 3)):
        for slot in SLOTS:
            if slot == "vs" and start["vs"][j, i] == 0:
                assert gradient["vs"][j, i] == 0
                continue
            # the cubic term is 1e-8 of the slope, rounding 1e-16 / 1e-4 of the misfit
            h = 1e-4 * start[slot][j, i]
            ends = []
            for sign in (1, -1):
                moved = start[slot].copy()
                moved[j, i] += sign * h
                ends.append(problem.misfit(problem.simulate(start | {slot: moved})))
            difference = (ends[0] - ends[1]) / (2 * h)
            noise = 1e-6 * abs(difference) + 1e-15 / h
            assert abs(gradient[slot][j, i] - difference) <= noise, (slot, j, i)
