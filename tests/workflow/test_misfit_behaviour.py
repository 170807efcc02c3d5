"""What misfits are good for: every one leads towards the true model, and some see it from afar."""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.misfit.registry import MISFITS
from tests.workflow.project import Project, start_model, true_model

OPTIONS = {8: {"WATERLEVEL_LNORM8": 1e-3}, 9: {"PHASE_F1": 10, "PHASE_F2": 60}}


@pytest.mark.parametrize("number", sorted(MISFITS))
def test_inversions_approach_the_true_model(project, tmp_path, number):
    """Six iterations: the misfit falls in each, the error of vs falls."""
    keys = OPTIONS.get(number, {})
    outcome = project.invert(tmp_path, LNORM=number, ITERMAX=6, GRAD_METHOD=2, **keys)
    assert np.all(np.diff(outcome.misfits) < 0)
    start, true = start_model()["vs"], true_model()["vs"]
    assert np.linalg.norm(outcome.model["vs"] - true) < 0.98 * np.linalg.norm(start - true)


@pytest.fixture(scope="module")
def vertical(project: Project, tmp_path_factory):
    """Observed vy with a time step that velocities 30 per cent higher allow."""
    folder = tmp_path_factory.mktemp("vertical")
    project.forward(folder, MFILE=project.folder / "true", SEIS_FILE=folder / "obs", DT=5e-4)
    return folder


@pytest.mark.parametrize(("number", "single"), [(2, False), (7, False), (8, True), (11, True), (12, True)])
def test_minima_along_the_scale_of_all_velocities(project, vertical, tmp_path, number, single):
    """Start models from 30 per cent too slow, where waves are late by nearly a period, to as much too fast.
    Envelopes, transport and travel times fall towards the true model from everywhere."""
    keys = {"LNORM": number, "QUELLTYPB": 2, "DT": 5e-4, "DATA_DIR": vertical / "obs"}
    objective, scaling, setup = project.objective(
        tmp_path, dtype=np.float32, **keys, **OPTIONS.get(number, {})
    )
    p = scaling.vector(setup.model)
    factors, velocities = np.arange(0.7, 1.31, 0.05), np.arange(p.size) < 2 * p.size / 3
    misfits = [objective.misfit(np.where(velocities, factor * p, p)) for factor in factors]
    falls = np.diff(misfits) < 0
    assert np.argmin(misfits) == 6
    assert np.array_equal(falls, factors[:-1] < 0.975) == single
