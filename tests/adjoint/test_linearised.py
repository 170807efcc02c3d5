"""The linearised run: the derivative of the forward run, and the transpose of the gradient."""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.acquisition.record import local_recording
from denise_py.errors import ParameterError
from denise_py.gradient.parameterization import SLOTS, parameterization
from denise_py.gradient.storage import ForwardStore, Layout
from denise_py.gradient.tangent import LameChange, material_change
from denise_py.parallel.collect import gather_traces
from tests.adjoint.inverse_problem import InverseProblem, Model, Traces
from tests.physics.problems import Setup, medium_of

KINDS = {
    "P-SV, surface": Setup(nt=160, surface=True),
    "P-SV, one-sided surface, periodic": Setup(nt=160, surface=True, one_sided=True, periodic=True),
    "acoustic, surface": Setup(nt=160, surface=True, physics="acoustic"),
    "SH, surface": Setup(nt=160, surface=True, physics="elastic-sh"),
    "SH on nodes": Setup(nt=160, physics="elastic-sh", on_nodes=True),
}


def linearised_traces(problem: InverseProblem, model: Model, change: Model, every: int = 1) -> Traces:
    """J change: the change of the traces of a model, to first order."""
    run, setup = problem.propagator, problem.setup
    store = ForwardStore(run, problem.layout or Layout(every))
    problem.simulate(model, store)
    lame = parameterization(problem.number).tangent(change, model)
    relative = material_change(run.physics, lame, problem.medium(model), setup.surface)
    recording = local_recording(
        run.physics, problem.components, problem.nodes, run.block, run.half, setup.nt, run.dtype
    )
    run.linearised(relative, recording.arrays, store)
    recorded = run.physics.recorded(recording.arrays)
    return {
        c: gather_traces(run.comm, recorded[c].T.astype(float), recording.indices, len(problem.nodes))
        for c in problem.components
    }


def changes(problem: InverseProblem, seed: int = 3) -> Model:
    return {slot: problem.direction(slot, seed) for slot in SLOTS}


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("name", KINDS)
def test_transpose_of_the_gradient(name, number):
    """<J dm, r> = <dm, J^T r>, where J^T r is the gradient for the adjoint source r, to rounding."""
    problem = InverseProblem(KINDS[name], number)
    model, change = problem.start, changes(problem)
    forward = linearised_traces(problem, model, change)
    traces = problem.simulate(model)
    residuals = problem.adjoint_sources(traces)
    _, gradient = problem.gradient(model)
    left = sum(np.sum(forward[c] * residuals[c]) for c in problem.components)
    right = sum(np.sum(change[slot] * gradient[slot]) for slot in SLOTS)
    assert abs(left) > 0
    assert abs(left - right) <= 1e-11 * abs(left)


@pytest.mark.parametrize("name", KINDS)
def test_derivative_of_the_traces(name):
    """d(m + h dm) - d(m) - h J dm falls with h^2."""
    problem = InverseProblem(KINDS[name])
    model, change = problem.start, changes(problem)
    linear = linearised_traces(problem, model, change)
    base = problem.simulate(model)
    steps, rests = (1e-2, 1e-3), []
    for h in steps:
        moved = problem.simulate(model | {slot: model[slot] + h * change[slot] for slot in SLOTS})
        rests.append(sum(np.sum((moved[c] - base[c] - h * linear[c]) ** 2) for c in linear) ** 0.5)
    assert np.log10(rests[0] / rests[1]) == pytest.approx(2.0, abs=0.05)


def test_kept_steps_stand_for_all():
    """With every third step kept the pair stays a pair of transposes."""
    problem = InverseProblem(KINDS["P-SV, surface"], every=3)
    model, change = problem.start, changes(problem)
    forward = linearised_traces(problem, model, change, every=3)
    residuals = problem.adjoint_sources(problem.simulate(model))
    _, gradient = problem.gradient(model)
    left = sum(np.sum(forward[c] * residuals[c]) for c in problem.components)
    right = sum(np.sum(change[slot] * gradient[slot]) for slot in SLOTS)
    assert abs(left - right) <= 1e-11 * abs(left)


def test_viscous_media_are_refused():
    setup = Setup(physics="viscous-psv")
    zero = np.zeros(setup.grid.shape)
    with pytest.raises(ParameterError, match="no linearised simulation of viscoelastic P-SV"):
        material_change(setup.waves, LameChange(zero, zero, zero), medium_of(setup.grid, 1), False)
