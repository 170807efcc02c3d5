"""The objective of an inversion: its gradient is the derivative of the misfit that is reported.

Double precision throughout (the scheme as well), a forward field kept at every step.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from denise_py.errors import StabilityError
from denise_py.workflow.objective import Objective, Weighting
from tests.workflow.project import NAMES, NX, NY, Project

FILTERED = {"TIME_FILT": 1, "FC_START": 25.0, "FC_END": 25.0, "FC_INCR": 1.0, "ORDER": 4, "F_HP": 5.0}
CASES = [
    pytest.param(
        {"INVMAT1": number, "VELOCITY": velocity, **band}, id=f"INVMAT1={number} VELOCITY={velocity} {name}"
    )
    for name, band, kinds in (("filtered", FILTERED, (1, 2, 3)), ("unfiltered", {}, (1,)))
    for number in kinds
    for velocity in (0, 1)
]


CASES += [
    pytest.param({"QUELLTYPB": number, "VELOCITY": velocity}, id=f"QUELLTYPB={number} VELOCITY={velocity}")
    for number, velocity in ((2, 1), (3, 0), (4, 0), (4, 1))
]


def with_moduli(project: Project, folder, keys: dict) -> dict:
    """INVMAT1 = 3 reads lambda, mu and rho."""
    if keys.get("INVMAT1") != 3:
        return keys
    vp, vs, rho = (np.fromfile(project.folder / f"start.{name}", "<f4").astype(float) for name in NAMES)
    for name, values in (("lam", rho * (vp**2 - 2 * vs**2)), ("mu", rho * vs**2), ("rho", rho)):
        values.astype("<f4").tofile(folder / f"moduli.{name}")
    return keys | {"MFILE": folder / "moduli"}


def perturbation(size: int, seed: int = 3) -> np.ndarray:
    """A random direction of unit norm per component, with all parameters in it."""
    return np.random.default_rng(seed).standard_normal(size)


@pytest.mark.parametrize("keys", CASES)
def test_taylor_remainder_is_of_second_order(project, tmp_path, keys):
    """|E(p + h d) - E(p) - h g.d| falls with h^2."""
    objective, scaling, setup = project.objective(tmp_path, **with_moduli(project, tmp_path, keys))
    p = scaling.vector(setup.model)
    misfit, g = objective.misfit_and_gradient(p)
    d = perturbation(p.size)
    steps = 2e-3 * 0.5 ** np.arange(5)
    remainders = [abs(objective.misfit(p + h * d) - misfit - h * (g @ d)) for h in steps]
    slopes = np.diff(np.log(remainders)) / np.diff(np.log(steps))
    np.testing.assert_allclose(slopes[1:], 2.0, atol=0.05)
    # without the gradient it falls with h only
    assert abs(objective.misfit(p + steps[-1] * d) - misfit) > 10 * remainders[-1]


@pytest.mark.parametrize("keys", CASES)
def test_gradient_equals_central_differences_component_by_component(project, tmp_path, keys):
    """At nodes near a source, a receiver, the surface, in the layer and between, for every parameter."""
    objective, scaling, setup = project.objective(tmp_path, **with_moduli(project, tmp_path, keys))
    p = scaling.vector(setup.model)
    _, g = objective.misfit_and_gradient(p)
    nodes = [(15, 3), (28, 26), (40, 1), (3, 20), (30, 14)]
    h = 1e-4
    for slot in range(3):
        largest = np.abs(scaling.parts(g)[NAMES[slot]]).max()
        for i, j in nodes:
            at = slot * NX * NY + (j - 1) * NX + i - 1
            e = np.zeros(p.size)
            e[at] = h
            difference = (objective.misfit(p + e) - objective.misfit(p - e)) / (2 * h)
            # third derivatives times h^2/6 on one side, rounding of the misfit over h on the other
            assert difference == pytest.approx(g[at], rel=1e-5, abs=1e-7 * largest)


@pytest.mark.parametrize("slots", [("vp",), ("vs", "rho")])
def test_fewer_parameters_give_parts_of_the_same_gradient(project, tmp_path, slots):
    every, scaling, setup = project.objective(tmp_path)
    _, g = every.misfit_and_gradient(scaling.vector(setup.model))
    some, fewer, _ = project.objective(tmp_path, slots=slots)
    _, part = some.misfit_and_gradient(fewer.vector(setup.model))
    for name, found in fewer.parts(part).items():
        whole = scaling.parts(g)[name]
        # the other parameters have not been divided by their largest values and multiplied with them
        np.testing.assert_allclose(found, whole, atol=1e-11 * np.abs(whole).max())


def test_misfit_alone_equals_misfit_with_gradient(project, tmp_path):
    one, scaling, setup = project.objective(tmp_path, dtype=np.float32)
    other, _, _ = project.objective(tmp_path, dtype=np.float32)
    p = 1.01 * scaling.vector(setup.model)
    assert one.misfit(p) == other.misfit_and_gradient(p)[0]


def test_single_precision_is_close_to_double(project, tmp_path):
    single, scaling, setup = project.objective(tmp_path, dtype=np.float32)
    double, _, _ = project.objective(tmp_path)
    p = scaling.vector(setup.model)
    (f1, g1), (f2, g2) = single.misfit_and_gradient(p), double.misfit_and_gradient(p)
    assert f1 == pytest.approx(f2, rel=1e-5)
    assert np.linalg.norm(g1 - g2) <= 1e-4 * np.linalg.norm(g2)


def test_misfit_of_some_shots_is_also_known_where_the_gradient_is(project, tmp_path):
    """After a gradient no simulation is needed; both ways give the same."""
    one, scaling, setup = project.objective(tmp_path, dtype=np.float32)
    other, _, _ = project.objective(tmp_path, dtype=np.float32)
    p = scaling.vector(setup.model)
    one.misfit_and_gradient(p)
    runs = count_runs(one)
    for shots in ((1,), (1, 3), (2, 3), (1, 2, 3)):
        assert one.misfit(p, shots) == other.misfit(p, shots)
    assert runs == []
    one.misfit(1.001 * p, (2,))
    assert runs == [2]


def count_runs(objective: Objective) -> list[int]:
    """Shot numbers of all forward runs from now on."""
    runs: list[int] = []
    (simulator,) = objective._crew.simulators
    forward = simulator.forward

    def counted(shot, *arguments, **options):
        runs.append(shot.number)
        return forward(shot, *arguments, **options)

    simulator.forward = counted
    return runs


def test_weights_of_other_points_are_forgotten(project, tmp_path):
    """A search leaves a weight for every trial; only that of the accepted one is kept."""
    weighting = Weighting(kind=1, epsilon=0.01)
    objective, scaling, setup = project.objective(tmp_path, dtype=np.float32, weighting=weighting)
    points = [factor * scaling.vector(setup.model) for factor in (1.0, 1.001, 1.002)]
    for p in points:
        objective.misfit_and_gradient(p)
    weight = objective.weight_at(points[1])
    assert weight.shape == setup.grid.shape
    assert weight.min() < 1.0
    assert np.array_equal(objective.weight_at(points[1]), weight)
    assert all(np.all(objective.weight_at(p) == 1.0) for p in (points[0], points[2]))


def test_weights_leave_the_gradient_alone(project, tmp_path):
    weighting = Weighting(kind=3, epsilon=0.01, per_shot=True)
    weighted, scaling, setup = project.objective(tmp_path, dtype=np.float32, weighting=weighting)
    plain, _, _ = project.objective(tmp_path, dtype=np.float32)
    p = scaling.vector(setup.model)
    assert np.array_equal(weighted.misfit_and_gradient(p)[1], plain.misfit_and_gradient(p)[1])
    assert np.all(plain.weight_at(p) == 1.0)


# --- points that cannot be simulated ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("vp", 1.5), "highest velocity"),
        (("rho", -1.0), "not positive"),
        (("vs", 2.0), "not positive"),
        (("vp", math.nan), "not finite"),
    ],
)
def test_inadmissible_models_have_an_infinite_misfit(project, tmp_path, change, reason):
    objective, scaling, setup = project.objective(tmp_path, dtype=np.float32)
    model = dict(setup.model)
    model[change[0]] = setup.model[change[0]].copy()
    model[change[0]][20, 30] *= change[1]
    p = scaling.vector(model)
    assert objective.misfit(p) == math.inf
    misfit, g = objective.misfit_and_gradient(p)
    assert misfit == math.inf
    assert g.shape == p.shape
    assert len(objective.rejected) == 2
    assert all(reason in text for text in objective.rejected)
    assert math.isfinite(objective.misfit(scaling.vector(setup.model)))


def test_a_blow_up_is_an_infinite_misfit(project, tmp_path, monkeypatch):
    """Should a model blow up that looked harmless; here one is let through that does not."""
    objective, scaling, setup = project.objective(tmp_path, dtype=np.float32)
    monkeypatch.setattr(objective._crew.first, "inadmissible", lambda medium: "")
    p = scaling.vector(setup.model | {"vp": 1.3 * setup.model["vp"]})
    assert objective.misfit(p) == math.inf
    assert objective.misfit_and_gradient(p)[0] == math.inf
    assert len(objective.rejected) == 2
    assert all("unstable" in text for text in objective.rejected)
    assert math.isfinite(objective.misfit(scaling.vector(setup.model)))


@pytest.mark.mpi(2)
def test_a_blow_up_in_one_group_reaches_the_other(comm, project, tmp_path):
    """Otherwise the second group would wait for the first one for ever."""
    objective, scaling, setup = project.objective(tmp_path, comm, dtype=np.float32)
    (simulator,) = objective._crew.simulators
    forward = simulator.forward

    def failing(shot, *arguments, **options):
        if shot.number == 2:
            raise StabilityError("blown up")
        return forward(shot, *arguments, **options)

    simulator.forward = failing
    p = scaling.vector(setup.model)
    assert objective.misfit(p) == math.inf
    assert objective.misfit_and_gradient(p)[0] == math.inf
    assert objective.rejected == ["shot 2: blown up"] * 2
