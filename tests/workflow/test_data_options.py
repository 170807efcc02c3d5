"""Options of data and misfit: the first misfit of an inversion against the one computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.gradient.storage import Layout
from denise_py.parallel.comm import SerialComm
from denise_py.parameters.table import KEYS
from denise_py.workflow.objective import Objective
from denise_py.workflow.setup import divide_processes, prepare
from denise_py.workflow.simulator import Simulator
from tests.workflow.oracle import band, misfit_by_hand, read_shot, shot_parts
from tests.workflow.project import NT, Project

COMPONENTS = {1: "x y", 2: "y", 3: "x", 4: "p"}
#: both ways simulate the same waves in single precision; files and wavelet are rounded to it once more
CLOSE = 1e-5


def first_misfit(project: Project, folder, **changes) -> float:
    """Misfit at the start model as the first line of the log reports it."""
    return project.invert(folder, **({"ITERMAX": 1} | changes)).misfits[0]


@pytest.mark.parametrize("velocity", [0, 1])
@pytest.mark.parametrize("number", list(COMPONENTS))
def test_components_and_quantity(project, tmp_path, number, velocity):
    found = first_misfit(project, tmp_path, QUELLTYPB=number, VELOCITY=velocity)
    by_hand = {
        (n, v): misfit_by_hand(project, tmp_path, COMPONENTS[n], bool(v)) for n in COMPONENTS for v in (0, 1)
    }
    assert found == pytest.approx(by_hand[number, velocity], rel=CLOSE)
    assert all(
        abs(found / other - 1) > 100 * CLOSE for key, other in by_hand.items() if key != (number, velocity)
    )


FILTERED = {"TIME_FILT": 1, "FC_START": 25.0, "FC_END": 25.0, "FC_INCR": 1.0, "ORDER": 4}
FILTERS = {
    "corner": ({}, band(25.0)),
    "another corner": ({"FC_START": 40.0, "FC_END": 40.0}, band(40.0)),
    "order": ({"ORDER": 8}, band(25.0, order=8)),
    "high-pass": ({"F_HP": 12.0}, band(25.0, 12.0)),
    "zero phase": ({"ZERO_PHASE": 1}, band(25.0, zero_phase=True)),
    "all": ({"F_HP": 12.0, "ZERO_PHASE": 1, "ORDER": 2}, band(25.0, 12.0, 2, True)),
}


@pytest.mark.parametrize("name", list(FILTERS))
def test_filter(project, tmp_path, name):
    """Data and wavelet are filtered alike; every key of the filter has its effect."""
    keys, filtered = FILTERS[name]
    found = first_misfit(project, tmp_path, **(FILTERED | keys))
    assert found == pytest.approx(misfit_by_hand(project, tmp_path, filtered=filtered), rel=CLOSE)
    others = [other for title, (_, other) in FILTERS.items() if title != name]
    for other in (*others, None):
        assert abs(found / misfit_by_hand(project, tmp_path, filtered=other) - 1) > 100 * CLOSE


def test_filter_and_integration_together(project, tmp_path):
    found = first_misfit(project, tmp_path, VELOCITY=0, F_HP=12.0, **FILTERED)
    assert found == pytest.approx(
        misfit_by_hand(project, tmp_path, velocity=False, filtered=band(25.0, 12.0)), rel=CLOSE
    )


# --- test shots -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "shots"),
    [((1, 3, 2), (1, 3)), ((2, 2, 1), (2,)), ((2, 3, 1), (2, 3)), ((1, 2, 5), (1,)), ((1, 3, 1), (1, 2, 3))],
)
def test_the_parabolic_search_simulates_the_test_shots(project, tmp_path, keys, shots):
    names = ("TESTSHOT_START", "TESTSHOT_END", "TESTSHOT_INCR")
    outcome = project.invert(tmp_path, ITERMAX=2, **dict(zip(names, keys, strict=True)))
    row = outcome.rows[0]
    assert row[4] == pytest.approx(misfit_by_hand(project, tmp_path, shots=shots), rel=CLOSE)
    assert row[7] == pytest.approx(misfit_by_hand(project, tmp_path), rel=CLOSE)
    # with some shots only, the misfit of all is known with the next gradient
    assert (outcome.records[0]["misfit_after"] is None) == (len(shots) < 3)
    assert outcome.misfits[1] < outcome.misfits[0]


def test_without_a_choice_all_shots_are_test_shots(plain):
    assert all(row[4] == row[7] for row in plain.rows)


# --- sampling of the forward field ------------------------------------------------------------------------


def gradient(project: Project, folder, every: int) -> tuple[float, np.ndarray]:
    objective, scaling, setup = project.objective(folder, dtype=np.float32, DTINV=every)
    return objective.misfit_and_gradient(scaling.vector(setup.model))


def test_dtinv_approximates_the_gradient_and_leaves_the_misfit(project, tmp_path):
    misfit, exact = gradient(project, tmp_path, 1)
    errors = []
    for every in (2, 3, 7):  # 7 does not divide the number of steps
        assert NT % 7
        other, g = gradient(project, tmp_path, every)
        assert other == misfit
        errors.append(np.linalg.norm(g - exact) / np.linalg.norm(exact))
    assert 1e-6 < errors[0] < errors[1] < errors[2]
    assert errors[1] < 0.02


def test_dtinv_saves_memory(project, tmp_path):
    kept = []
    for every in (1, 4):
        objective, scaling, setup = project.objective(tmp_path, DTINV=every)
        objective.misfit_and_gradient(scaling.vector(setup.model))
        kept.append(stored_steps(objective))
    assert kept == [NT, NT // 4]


def stored_steps(objective: Objective) -> int:
    return len(objective._crew.simulators[0].waves[0]._store.arrays.vx)


# --- energies for the preconditioner ----------------------------------------------------------------------


def test_source_energy_is_the_sum_of_squares_of_recorded_velocities(project, tmp_path):
    nodes = np.array([[10, 5], [30, 20], [45, 33], [21, 12]])
    np.savetxt(tmp_path / "r.dat", 2.0 * nodes, fmt="%g")
    project.forward(tmp_path, SEISMO=1, REC_FILE=tmp_path / "r.dat")
    parts = shot_parts(project, tmp_path)
    for shot, part in enumerate(parts, start=1):
        expected = sum(np.sum(read_shot(tmp_path, "syn", c, shot) ** 2, axis=1) for c in "xy")
        np.testing.assert_allclose(part["source"][nodes[:, 1] - 1, nodes[:, 0] - 1], expected, rtol=1e-4)


def test_correlations_scale_with_the_adjoint_sources(project, tmp_path):
    """Linearly, the energy of the adjoint field with the square; adjoint sources are brought to a convenient
    unit for the simulation, which must not show."""
    setup = prepare(project.settings(tmp_path, INVMAT=0))
    simulator = Simulator(setup, divide_processes(setup.settings, SerialComm(), setup.grid))
    simulator.set_medium(setup.medium)
    traces = simulator.forward(setup.shots[0], ("vx", "vy"), keep=Layout(2))
    small, large = (
        next(iter(simulator.adjoint({c: factor * a.astype(float) for c, a in traces.items()}).values()))
        for factor in (1e-9, 1e3)
    )
    powers = {name: 1 for name in small} | {"energy": 2, "source_energy": 0}
    for name, power in powers.items():
        scale = np.abs(large[name]).max()
        np.testing.assert_allclose(1e12**power * small[name], large[name], rtol=1e-4, atol=1e-6 * scale)


def test_the_gradient_is_the_sum_of_the_gradients_of_the_shots(project, tmp_path):
    objective, scaling, setup = project.objective(tmp_path, dtype=np.float32)
    _, g = objective.misfit_and_gradient(scaling.vector(setup.model))
    energy = sum(np.sum(read_shot(project.folder, "obs", c, shot) ** 2) for c in "xy" for shot in (1, 2, 3))
    parts = shot_parts(project, tmp_path)
    for name, found in scaling.parts(g).items():
        expected = scaling.references[name] * sum(part[name] for part in parts) / energy
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6 * np.abs(expected).max())


def test_the_project_uses_keys_that_exist(project, tmp_path):
    """A guard of the tests themselves: an unknown key would be ignored with a warning."""
    keys = project.keys(tmp_path, INVMAT=0)
    assert set(keys) <= set(KEYS)
    assert project.settings(tmp_path, INVMAT=0).inversion.max_iterations == 3
