"""Whole inversions: the misfit falls, the model comes closer, the files are there, nothing stays unsaid."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest

from denise_py.cli.main import dispatch
from denise_py.errors import DataError, NoProgressError, ParameterError
from denise_py.traces.su import read_su
from tests.workflow.oracle import misfit_by_hand, read_shot
from tests.workflow.project import FRAME, NAMES, start_model, true_model

METHODS = {"pcg": {"GRAD_METHOD": 1}, "lbfgs": {"GRAD_METHOD": 2}}


@pytest.mark.parametrize("fixture", ["plain", "plain_lbfgs"])
def test_misfit_falls_in_every_iteration(request, fixture):
    outcome = request.getfixturevalue(fixture)
    misfits = np.array(outcome.misfits)
    assert np.all(np.diff(misfits) < 0)
    assert misfits[-1] < 0.1 * misfits[0]
    assert all(record["accepted"] for record in outcome.records)


@pytest.mark.parametrize("fixture", ["plain", "plain_lbfgs"])
def test_model_comes_closer_to_the_true_one(request, fixture):
    outcome = request.getfixturevalue(fixture)
    inside = (slice(4, -FRAME), slice(FRAME, -FRAME))
    for name in ("vp", "vs"):
        error, before = (
            np.linalg.norm((model[name] - true_model()[name])[inside])
            for model in (outcome.model, start_model())
        )
        assert error < 0.95 * before


def test_reported_misfits_are_those_of_the_models(project, plain, tmp_path):
    for name in NAMES:
        for k, suffix in ((1, "_it1"), (3, "")):
            data = (plain.folder / f"inv_{name}{suffix}.bin").read_bytes()
            (tmp_path / f"after{k}.{name}").write_bytes(data)
    # models are written in single precision, which shifts traces by 1e-7 of their size
    assert plain.misfits[0] == pytest.approx(misfit_by_hand(project, tmp_path), rel=1e-4)
    for k in (1, 3):
        by_hand = misfit_by_hand(project, tmp_path, model=tmp_path / f"after{k}")
        assert plain.misfits[k] == pytest.approx(by_hand, rel=1e-3)


@pytest.mark.parametrize("fixture", ["plain", "plain_lbfgs"])
def test_final_model_is_in_the_files(request, fixture):
    outcome = request.getfixturevalue(fixture)
    for name in NAMES:
        assert np.array_equal(outcome.grid_file(f"inv_{name}.bin"), outcome.model[name].astype(np.float32))
        assert not np.array_equal(outcome.model[name], start_model()[name])


def test_files_of_conjugate_gradients(plain):
    found = {path.name for path in plain.folder.iterdir()}
    expected = {f"inv_{n}{it}.bin" for n in NAMES for it in ("", "_it1", "_it2", "_it3")}
    expected |= {f"jac_{letter}{e}.old" for letter in "gc" for e in ("", "_u", "_rho")}
    expected |= {f"jac_p{e}_it{k}.old" for e in ("", "_u", "_rho") for k in (1, 2, 3)}
    assert found == expected | {"misfit.dat", "misfit.jsonl"}


def test_files_of_lbfgs(plain_lbfgs):
    found = {path.name for path in plain_lbfgs.folder.iterdir()}
    expected = {f"inv_{n}{it}.bin" for n in NAMES for it in ("", *(f"_it{k}" for k in range(1, 7)))}
    expected |= {f"jac_grad{q}_{n}_it{k}.bin" for q in (1, 2) for n in NAMES for k in range(1, 7)}
    assert found == expected | {"misfit.dat", "misfit.jsonl"}


def test_gradient_files_hold_the_derivative_and_the_direction(project, tmp_path, plain_lbfgs):
    """Per unit of the parameter, of the reported misfit; the first direction is steepest descent in the
    scaled space."""
    objective, scaling, _ = project.objective(tmp_path, dtype=np.float32, DTINV=2)
    _, g = objective.misfit_and_gradient(scaling.vector(start_model_as_read(project)))
    for name, part in scaling.parts(g).items():
        reference = scaling.references[name]
        gradient, direction = (plain_lbfgs.grid_file(f"jac_grad{q}_{name}_it1.bin") for q in (1, 2))
        np.testing.assert_allclose(gradient, part / reference, rtol=1e-6, atol=1e-6 * np.abs(gradient).max())
        np.testing.assert_allclose(
            direction, -part * reference, rtol=1e-6, atol=1e-6 * np.abs(direction).max()
        )


def start_model_as_read(project) -> dict[str, np.ndarray]:
    return {
        n: np.fromfile(project.folder / f"start.{n}", "<f4").reshape(60, 40).T.astype(float) for n in NAMES
    }


# --- misfit log -------------------------------------------------------------------------------------------


def test_columns_of_the_parabolic_search(plain):
    lines = (plain.folder / "misfit.dat").read_text().splitlines()
    assert lines[0].split("\t")[0] == "opteps_vp"
    assert len(lines) == 4
    for row, record in zip(plain.rows, plain.records, strict=True):
        step, e1, e2, e3, f1, f2, f3, f_all = row
        assert step == pytest.approx(record["largest_change"], rel=1e-5)
        assert f1 == f_all == pytest.approx(record["misfit_before"], rel=1e-6)
        assert e1 == 0.0 < e2 < e3
        assert f2 < f1
        for trial in ((e2, f2), (e3, f3)):
            assert any(trial == pytest.approx(tuple(tried), rel=1e-5) for tried in record["trials"])


def test_columns_of_the_wolfe_search(plain_lbfgs):
    rows, records = plain_lbfgs.rows, plain_lbfgs.records
    assert [len(row) for row in rows] == [8] * 6
    gradients = 0
    for k, (row, record) in enumerate(zip(rows, records, strict=True), start=1):
        gradients += record["gradients"]
        step, number, so_far, change, zero, trials, before, after = row
        assert (number, so_far, zero, trials) == (k, gradients, 0.0, len(record["trials"]))
        assert step == pytest.approx(record["step"], rel=1e-6)
        assert (before, after) == pytest.approx((record["misfit_before"], record["misfit_after"]), rel=1e-6)
        assert change == pytest.approx((before - after) / before, rel=1e-4)


def test_verbose_alone_decides_on_header_and_reasons(project, tmp_path, plain):
    outcome = project.invert(tmp_path, VERBOSE=0, ITERMAX=1)
    lines = (tmp_path / "misfit.dat").read_text().splitlines()
    assert lines == (plain.folder / "misfit.dat").read_text().splitlines()[1:2]
    assert plain.said("steepest descent: first direction")
    assert not outcome.said("steepest descent: first direction")


def test_no_header_for_lbfgs(plain_lbfgs):
    assert "opteps" not in (plain_lbfgs.folder / "misfit.dat").read_text()


@pytest.mark.parametrize("fixture", ["plain", "plain_lbfgs"])
def test_records_explain_the_run(request, fixture):
    outcome = request.getfixturevalue(fixture)
    records = outcome.records
    assert [record["iteration"] for record in records] == list(range(1, len(records) + 1))
    for record in records:
        assert record["stage"] == 1
        assert record["parameters"] == list(NAMES)
        assert record["slope"] < 0 < record["gradient_norm"]
        assert record["trials"]
    for record, following in pairwise(records):
        assert record["misfit_after"] == following["misfit_before"]
    wolfe = fixture == "plain_lbfgs"
    assert {record["search"] for record in records} == {"wolfe" if wolfe else "parabolic"}
    assert {record["optimiser"] for record in records} == {"lbfgs" if wolfe else "pcg"}


def test_log_has_a_line_per_iteration(plain):
    lines = plain.said("iteration ")
    assert [line.split(",")[0] for line in lines] == [f"iteration {k} of 3" for k in (1, 2, 3)]
    assert plain.said("ITERMAX = 3 iterations are done")


# --- seismograms ------------------------------------------------------------------------------------------


def test_seismograms_of_an_inversion(project, tmp_path):
    project.invert(tmp_path, SEISMO=5, ITERMAX=1)
    for shot in (1, 2, 3):
        for component in ("vx", "vy", "p"):
            assert (tmp_path / f"syn_{component}.su.shot{shot}.it1").exists()
    project.forward(tmp_path, SEISMO=5, SEIS_FILE=tmp_path / "fw")
    found = read_su(tmp_path / "syn_vy.su.shot2.it1").data
    assert np.array_equal(found, read_shot(tmp_path, "fw", "y", 2).astype(np.float32))


def test_adjoint_sources_are_written_backward_in_time(project, tmp_path):
    project.invert(tmp_path, SEISMO=1, ITERMAX=1)
    found = read_su(tmp_path / "syn_vx.su.shot3_adjoint_src").data
    synthetic = read_su(tmp_path / "syn_vx.su.shot3.it1").data.astype(float)
    residual = 2 * (synthetic - read_shot(project.folder, "obs", "x", 3))
    np.testing.assert_allclose(found[:, ::-1], residual, rtol=1e-5, atol=1e-6 * np.abs(residual).max())


def test_no_adjoint_sources_without_verbose(project, tmp_path):
    project.invert(tmp_path, SEISMO=1, ITERMAX=1, VERBOSE=0)
    assert not list(tmp_path.glob("*adjoint_src"))


def test_recording_nothing_changes_nothing(project, tmp_path, plain):
    outcome = project.invert(tmp_path, SEISMO=4, ITERMAX=3)
    assert all(np.array_equal(outcome.model[name], plain.model[name]) for name in NAMES)


# --- what cannot work -------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", list(METHODS))
def test_data_equal_to_the_synthetics_leave_nothing_to_do(project, tmp_path, method):
    project.forward(tmp_path, SEIS_FILE=tmp_path / "same")
    with pytest.raises(NoProgressError, match="gradient is exactly zero"):
        project.invert(tmp_path, DATA_DIR=tmp_path / "same", **METHODS[method])


def test_no_progress_is_exit_code_5(project, tmp_path, capsys):
    project.forward(tmp_path, SEIS_FILE=tmp_path / "same")
    file = project.file(tmp_path, INVMAT=0, DATA_DIR=tmp_path / "same")
    assert dispatch([str(file)]) == 5
    assert "gradient is exactly zero" in capsys.readouterr().err


def test_a_search_that_never_succeeds_is_no_progress(project, tmp_path):
    """Every parameter is held at its start value."""
    frozen = {"S": 1, "S_VP": 1e-13, "S_VS": 1e-13, "S_RHO": 1e-13}
    with pytest.raises(NoProgressError, match="not a single step"):
        project.invert(tmp_path, **frozen)
    record = json.loads((tmp_path / "misfit.jsonl").read_text())
    assert not record["accepted"]
    assert record["step"] == 0.0


def test_missing_and_misfit_data_are_listed_together(project, tmp_path):
    for path in project.folder.glob("obs_*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "obs_x.su.shot2").unlink()
    project.forward(tmp_path, TIME=0.1, SEIS_FILE=tmp_path / "short")
    (tmp_path / "obs_y.su.shot3").write_bytes((tmp_path / "short_y.su.shot3").read_bytes())
    with pytest.raises(DataError) as caught:
        project.invert(tmp_path, DATA_DIR=tmp_path / "obs")
    lines = str(caught.value).splitlines()
    assert len(lines) == 2
    assert "obs_x.su.shot2" in lines[0]
    assert "obs_y.su.shot3" in lines[1]


def test_problems_of_all_kinds_are_found_before_the_run(project, tmp_path):
    (tmp_path / "r.dat").write_text("20 54\n2000 54\n")
    wrong = {"REC_FILE": "r.dat", "TESTSHOT_START": 1, "TESTSHOT_END": 9}
    with pytest.raises((ParameterError, DataError)) as caught:
        project.invert(tmp_path, **wrong)
    text = str(caught.value)
    assert "r.dat" in text
    assert "TESTSHOT_END = 9" in text


def test_inversion_with_one_sided_surface(project, tmp_path):
    """Data of the images, model of the one-sided operators: the misfit still falls at every step."""
    outcome = project.invert(tmp_path, SURFACE_SCHEME=1, GRAD_METHOD=2, ITERMAX=3)
    assert all(after < before for before, after in zip(outcome.misfits, outcome.misfits[1:], strict=False))
