"""Inversions with Adam: the steps it takes, its tapers and limits, what the logs say."""

from __future__ import annotations

import numpy as np
import pytest

from tests.workflow.project import NAMES, NX, NY, start_model

ADAM = {"GRAD_METHOD": 3, "ADAM_LR": 0.005}


@pytest.fixture(scope="module")
def adam(project, tmp_path_factory):
    return project.invert(tmp_path_factory.mktemp("adam"), ITERMAX=12, **ADAM)


def test_misfit_falls(adam):
    assert adam.misfits[-1] < 0.4 * adam.misfits[0]


def test_first_step_is_the_rate_where_the_gradient_is_largest(adam):
    """m / (sqrt(v) + eps) is +-1 / (1 + eps) there: the change is the rate within 1 %, eps being 0.01."""
    first = adam.records[0]
    assert first["largest_change"] == pytest.approx(0.005 / 1.01, rel=1e-6)
    assert first["step"] == 0.005
    for record in adam.records:
        assert record["accepted"]
        assert record["largest_change"] <= 0.005 * 0.1 / np.sqrt(0.001)  # |d| <= (1 - b1) / sqrt(1 - b2)
        assert (record["gradients"], record["misfits"], record["trials"]) == (1, 0, [])
        assert (record["optimiser"], record["search"]) == ("adam", "none")
        assert record["misfit_after"] is None


def test_one_line_per_iteration_in_the_misfit_log(adam):
    rows = adam.rows
    assert [row[1] for row in rows] == list(range(1, 13))
    assert [row[6] for row in rows] == pytest.approx([r["misfit_before"] for r in adam.records], rel=1e-6)


def test_direction_is_written_and_is_the_change(adam):
    """Direction times rate is what the first iteration has changed, but for single precision of the files."""
    start = start_model()
    for name in NAMES:
        change = adam.grid_file(f"inv_{name}_it1.bin") - start[name]
        direction = adam.grid_file(f"jac_grad2_{name}_it1.bin").astype(float)
        np.testing.assert_allclose(change, 0.005 * direction, atol=2e-7 * start[name].max())


def test_tapers_multiply_the_change(project, tmp_path):
    """Adam takes out what multiplies the gradient, but 0.5 stays 0.5, and 0 stays 0."""
    taper = np.ones((NX, NY), "<f4")
    taper[:20], taper[20:40] = 0.0, 0.5
    taper.tofile(tmp_path / "taper.bin")
    keys = {"SWS_TAPER_FILE": 1, "TAPER_FILE_NAME": tmp_path / "taper.bin", "ADAM_EPS": 1e-6}
    keys |= {"TAPER_FILE_NAME_U": tmp_path / "taper.bin", "TAPER_FILE_NAME_RHO": tmp_path / "taper.bin"}
    outcome = project.invert(tmp_path, ITERMAX=1, **(ADAM | keys))
    start = start_model()
    for name in NAMES:
        change = np.abs(outcome.model[name] / start[name] - 1)
        assert np.all(change[:, :20] < 2e-7)  # the start model is read from single precision
        assert change[:, 40:].max() == pytest.approx(2 * change[:, 20:40].max(), rel=0.06)


def test_limits_hold(project, tmp_path):
    outcome = project.invert(tmp_path, ITERMAX=6, VSUPPERLIM=610.0, ADAM_LR=0.02, GRAD_METHOD=3)
    assert outcome.model["vs"].max() == 610.0


def test_impossible_steps_are_shortened(project, tmp_path):
    """A change of 40 % is above the Courant limit."""
    outcome = project.invert(tmp_path, ITERMAX=2, ADAM_LR=0.4, GRAD_METHOD=3)
    assert outcome.said("a trial was rejected")
    assert outcome.records[0]["step"] in (0.2, 0.1, 0.05)
    assert any("shortened" in reason for reason in outcome.records[0]["reasons"])


def test_rate_is_halved(project, tmp_path):
    outcome = project.invert(tmp_path, ITERMAX=5, ADAM_HALVE=2, **ADAM)
    assert [record["step"] for record in outcome.records] == [0.005, 0.005, 0.0025, 0.0025, 0.00125]


def test_preconditioner_is_told_to_be_idle(project, tmp_path):
    settings = project.settings(tmp_path, INVMAT=0, EPRECOND=1, **ADAM)
    assert any("takes the weight out again" in warning for warning in settings.warnings)
