"""Options of the optimiser, of the output of an inversion, and of the log."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest

from denise_py.cli.run import run
from denise_py.parallel.comm import SerialComm
from tests.workflow.project import NAMES, NX, NY, Outcome, Project

WOLFE = {"GRAD_METHOD": 2, "ITERMAX": 5}


def same_models(a: Outcome, b: Outcome, file: str = "") -> bool:
    """Whether final models, or those of an ending, are equal bit by bit."""
    return all(
        np.array_equal(a.grid_file(f"inv_{n}{file}.bin"), b.grid_file(f"inv_{n}{file}.bin")) for n in NAMES
    )


# --- parabola ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [0.003, 0.02])
def test_eps_scale_is_the_largest_change_tried_first(project, tmp_path, first):
    outcome = project.invert(tmp_path, EPS_SCALE=first, ITERMAX=2)
    assert all(record["trials"][0][0] == first for record in outcome.records)


def test_eps_scale_is_the_first_step_of_lbfgs(project, tmp_path):
    outcome = project.invert(tmp_path, GRAD_METHOD=2, EPS_SCALE=0.004, ITERMAX=1)
    assert outcome.records[0]["largest_change"] == pytest.approx(0.004, rel=1e-10)


@pytest.mark.parametrize("factor", [1.5, 2.0, 5.0])
def test_scalefac_divides_and_lengthens_trials(project, tmp_path, factor):
    outcome = project.invert(tmp_path, SCALEFAC=factor, ITERMAX=1)
    (e1, _), (e2, _) = outcome.records[0]["trials"][:2]
    assert e2 == pytest.approx(e1 * (1 + 1 / factor), rel=1e-12)
    outcome = project.invert(tmp_path, SCALEFAC=factor, EPS_SCALE=0.15, ITERMAX=1)
    (e1, f1), (e2, _) = outcome.records[0]["trials"][:2]
    assert f1 > outcome.misfits[0]
    assert e2 == pytest.approx(e1 / factor, rel=1e-12)


@pytest.mark.parametrize("most", [1, 3])
def test_stepmax_ends_the_search(project, tmp_path, most):
    """Steps that are far too long: one trial more than STEPMAX, as in the original."""
    with pytest.raises(Exception, match="not a single step"):
        project.invert(tmp_path, STEPMAX=most, EPS_SCALE=0.19, SCALEFAC=1.01)
    record = json.loads((tmp_path / "misfit.jsonl").read_text())
    assert len(record["trials"]) == most + 1
    assert not record["accepted"]


def test_lbfgs_without_wolfe_tries_fixed_steps(project, tmp_path):
    outcome = project.invert(tmp_path, WOLFE_CONDITION=0, **WOLFE)
    assert {record["search"] for record in outcome.records} == {"parabolic"}
    assert {record["optimiser"] for record in outcome.records} == {"lbfgs"}
    assert [step for step, _ in outcome.records[1]["trials"][:3]] == [0.1, 0.5, 1.0]
    assert outcome.rows[1][1:4] == [0.1, 0.5, 1.0]
    assert np.all(np.diff(outcome.misfits) < 0)


# --- Wolfe ------------------------------------------------------------------------------------------------


def test_wolfe_num_test_bounds_the_trials(project, tmp_path, tmp_path_factory):
    hard = {"WOLFE_C2_SL": 0.01, "WOLFE_C1_SL": 1e-4}
    free = project.invert(tmp_path, **hard, **WOLFE)
    assert max(len(record["trials"]) for record in free.records) > 1
    bounded = project.invert(tmp_path_factory.mktemp("bounded"), WOLFE_NUM_TEST=1, **hard, **WOLFE)
    assert {len(record["trials"]) for record in bounded.records} == {1}
    assert np.all(np.diff(bounded.misfits) <= 0)


@pytest.mark.parametrize("c2", [0.9, 0.1])
def test_wolfe_c2_flattens_the_slope(project, tmp_path, c2):
    outcome = project.invert(tmp_path, WOLFE_C2_SL=c2, **WOLFE)
    for record in outcome.records:
        sides = record["wolfe"]
        assert sides["slope_limit"] == pytest.approx(-c2 * record["slope"], rel=1e-9)
        assert sides["slope"] <= sides["slope_limit"]
        assert sides["misfit"] == record["misfit_after"]


@pytest.mark.parametrize("c1", [1e-4, 0.3])
def test_wolfe_c1_asks_for_a_decrease(project, tmp_path, c1):
    outcome = project.invert(tmp_path, WOLFE_C1_SL=c1, **WOLFE)
    for record in outcome.records:
        sides = record["wolfe"]
        expected = record["misfit_before"] + c1 * record["step"] * record["slope"]
        assert sides["misfit_limit"] == pytest.approx(expected, rel=1e-9)
        assert sides["misfit"] <= sides["misfit_limit"]


@pytest.mark.parametrize("old", [0, 1])
def test_wolfe_begins_with_the_old_step(project, tmp_path, old):
    outcome = project.invert(tmp_path, WOLFE_TRY_OLD_STEPLENGTH=old, WOLFE_C2_SL=0.1, **WOLFE)
    records = outcome.records
    assert any(record["step"] != 1.0 for record in records[1:-1]), "otherwise there is nothing to see"
    assert records[1]["trials"][0][0] == 1.0  # the first step had no natural length
    for before, record in pairwise(records[1:]):
        assert record["trials"][0][0] == (before["step"] if old else 1.0)


def test_memory_of_lbfgs(project, tmp_path, plain_lbfgs):
    short = project.invert(tmp_path, N_LBFGS=1, GRAD_METHOD=2, ITERMAX=6)
    # one pair is all there is in iteration 2
    assert same_models(short, plain_lbfgs, "_it2")
    assert not same_models(short, plain_lbfgs, "_it3")
    assert short.misfits[-1] < short.misfits[0]


def test_method(plain, plain_lbfgs):
    assert {record["optimiser"] for record in plain.records} == {"pcg"}
    assert {record["optimiser"] for record in plain_lbfgs.records} == {"lbfgs"}
    assert not same_models(plain, plain_lbfgs)


def test_pcg_is_more_than_steepest_descent(plain):
    """The second direction is no multiple of the gradient."""
    gradient, direction = (
        plain.grid_file("jac_g_u.old").astype(float),
        plain.grid_file("jac_c_u.old").astype(float),
    )
    cosine = -np.sum(gradient * direction) / np.linalg.norm(gradient) / np.linalg.norm(direction)
    assert 0 < cosine < 0.999


# --- unstable trials --------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [1, 2])
def test_unstable_trials_are_rejected_and_shortened(project, tmp_path, method):
    """A change of 40 % is above the Courant limit."""
    outcome = project.invert(tmp_path, GRAD_METHOD=method, EPS_SCALE=0.4, STEPMAX=8)
    assert any("the highest velocity" in line for line in outcome.said("a trial was rejected"))
    first = outcome.records[0]
    assert first["trials"][0][1] is None
    assert first["accepted"]
    assert first["largest_change"] < 0.2
    assert np.all(np.diff(outcome.misfits) < 0)
    assert len(outcome.said("a trial was rejected")) == sum(
        misfit is None for record in outcome.records for _, misfit in record["trials"]
    )


# --- output -----------------------------------------------------------------------------------------------


def numbers(folder, pattern: str) -> list[int]:
    return sorted(int(path.stem.rsplit("_it", 1)[1]) for path in folder.glob(pattern))


@pytest.mark.parametrize("method", [1, 2])
def test_which_models_and_gradients_are_kept(project, tmp_path, method):
    keys = {"nfstart": 2, "nf": 3, "nfstart_jac": 3, "nf_jac": 1}
    project.invert(tmp_path, GRAD_METHOD=method, ITERMAX=5, **keys)
    for name in NAMES:
        assert numbers(tmp_path, f"inv_{name}_it*.bin") == [2, 5]
    pattern = "jac_p_it*.old" if method == 1 else "jac_grad1_vp_it*.bin"
    assert numbers(tmp_path, pattern) == [3, 4, 5]


def test_decimation(project, tmp_path, plain):
    outcome = project.invert(tmp_path, IDX=3, IDY=2, EPRECOND=0)
    for name in ("inv_vs.bin", "inv_rho_it2.bin", "jac_g.old", "jac_p_u_it1.old", "jac_c_rho.old"):
        found = np.fromfile(tmp_path / name, "<f4").reshape(NX // 3, NY // 2).T
        assert np.array_equal(found, plain.grid_file(name)[::2, ::3])
    assert outcome.misfits == plain.misfits


def test_log_0_is_silent(project: Project, tmp_path, capsys):
    assert run(str(project.file(tmp_path, INVMAT=0, ITERMAX=1, LOG=0)), SerialComm()) == 0
    assert capsys.readouterr().out == ""
    assert not list(tmp_path.glob("log*"))


def test_log_1_goes_to_the_screen(project: Project, tmp_path, capsys):
    assert run(str(project.file(tmp_path, INVMAT=0, ITERMAX=1, LOG=1)), SerialComm()) == 0
    out = capsys.readouterr().out
    assert "iteration 1 of 1" in out
    assert out.endswith("finished\n")
    assert [path.name for path in tmp_path.glob("log*")] == ["log.0.timings"]


def test_log_2_goes_to_a_file_as_well(project: Project, tmp_path, capsys):
    assert run(str(project.file(tmp_path, INVMAT=0, ITERMAX=1, LOG=2)), SerialComm()) == 0
    assert (tmp_path / "log.0").read_text() == capsys.readouterr().out


def test_head_of_the_log_says_what_will_be_done(project: Project, tmp_path, capsys):
    run(str(project.file(tmp_path, INVMAT=0, ITERMAX=1, DTINV=4)), SerialComm())
    out = capsys.readouterr().out
    for text in ("inversion", "60 x 40 points", "160 steps", "3 with 10 receivers", "every 4th step"):
        assert text in out


def test_step_length_0_is_the_search_with_fixed_trials(project: Project, tmp_path):
    """As the manual means it: the Wolfe conditions are off, whatever WOLFE_CONDITION says."""
    folders = [tmp_path / name for name in ("fixed", "off")]
    for folder in folders:
        folder.mkdir()
    options = {"GRAD_METHOD": 2, "ITERMAX": 4}
    fixed = project.invert(folders[0], LBFGS_STEP_LENGTH=0, WOLFE_CONDITION=1, **options)
    off = project.invert(folders[1], WOLFE_CONDITION=0, **options)
    assert fixed.misfits == off.misfits
    trials = [[step for step, _ in record["trials"]] for record in fixed.records[1:]]
    assert all({0.1, 0.5, 1.0} <= set(steps) for steps in trials)
    assert all(record["search"] == "parabolic" for record in fixed.records)


@pytest.mark.parametrize("number", [1, 3, 4])
def test_formula_of_the_conjugate_gradient(project: Project, plain, tmp_path, number):
    """The first step is steepest descent whatever the formula, the third iteration depends on it."""
    outcome = project.invert(tmp_path, PCG_BETA=number)
    assert outcome.misfits[:2] == plain.misfits[:2]
    assert outcome.misfits[2:] != plain.misfits[2:]
    assert np.all(np.diff(outcome.misfits) < 0)
