"""GRID_CORRECT: traces of coarser grids that are corrected are those of the run's grid where the correction
was made; exact gradients; refreshes in an inversion."""

from __future__ import annotations

import math

import numpy as np
import pytest

from denise_py.parameters.models import BatchSettings
from denise_py.workflow.corrections import Corrections, difference
from denise_py.workflow.samples import Samples
from tests.workflow.test_adapted_grid import adapted, on_coarse
from tests.workflow.test_parallel_runs import files, launch

BAND = {"TIME_FILT": 1, "FC_START": 30, "FC_END": 30, "FC_INCR": 1, "ORDER": 6}
#: of an inversion, whose stage can do with a coarser grid
LOW = BAND | {"FC_START": 8, "FC_END": 8}
#: a coarse grid that is chosen at once, whatever its accuracy
COARSE = LOW | {"GRID_ADAPT": 1, "GRID_ERROR": 1.0, "GRAD_METHOD": 2, "EPRECOND": 1}


@pytest.mark.parametrize("joined", [0, 2])
def test_misfit_is_that_of_the_fine_grid_where_it_was_corrected(project, tmp_path, joined):
    objective, scaling, setup = project.objective(tmp_path, everywhere=True, **BAND)
    chosen = BatchSettings(shots=2, choice=2, full_every=9, keep=1, seed=1, joined=joined, shift=2e-3)
    p = scaling.vector(setup.model)
    sample = Samples.of(setup.shots, chosen, setup.time.dt).draw(1, 0)
    objective.use(sample)
    expected, whole = objective.misfit(p), objective.full_misfit(p)

    objective, scaling, setup = project.objective(tmp_path, everywhere=True, GRID_ADAPT=1, **BAND)
    objective._crew.use(adapted(setup))
    objective.use(sample)
    uncorrected = objective.misfit(p)
    assert abs(uncorrected / expected - 1) > 1e-2
    lacking, off = objective.correct(p)
    assert lacking == off > 1e-2
    # corrections are kept in single precision
    assert objective.misfit(p) == pytest.approx(expected, rel=1e-5)
    again, off = objective.correct(p)
    assert again == lacking
    assert off < 1e-6
    # of all shots the grid of the run is simulated, with filtered data in single precision as here
    assert objective.full_misfit(p, on_run_grid=True) == pytest.approx(whole, rel=1e-6)
    assert objective.misfit(p) == pytest.approx(expected, rel=1e-5)
    # another sample has none of them
    objective.use(sample)
    assert objective.misfit(p) == uncorrected


def test_gradient_is_the_derivative_of_the_corrected_misfit(project, tmp_path):
    """Also away from the model in which traces were corrected."""
    objective, scaling, setup = project.objective(tmp_path, GRID_ADAPT=1, **BAND)
    on_coarse(objective, setup)
    rng, start = np.random.default_rng(7), scaling.vector(setup.model)
    objective.correct(start)
    p = start + 0.01 * rng.standard_normal(start.size)
    misfit, g = objective.misfit_and_gradient(p)
    d = rng.standard_normal(p.size)
    d = math.sqrt(p.size) * (d / np.linalg.norm(d) + g / np.linalg.norm(g))
    steps = 2e-3 * 0.5 ** np.arange(4)
    remainders = [abs(objective.misfit(p + h * d) - misfit - h * (g @ d)) for h in steps]
    np.testing.assert_allclose(np.diff(np.log2(remainders))[1:], -2.0, atol=0.06)


def test_error_is_the_largest_relative_difference_after_the_correction():
    one, two, three = ({"vx": np.full((2, 3), value), "vy": np.zeros((2, 3))} for value in (1.0, 1.5, 2.0))
    none, found = Corrections(), Corrections.between({1: one, 2: one}, {1: two, 2: one})
    assert none.error({1: one, 2: one}, {1: two, 2: one}) == pytest.approx(1 / 3)
    assert found.error({1: one, 2: one}, {1: two, 2: one}) == 0.0
    assert found.error({1: two, 2: one}, {1: three, 2: three}) == pytest.approx(0.5)
    np.testing.assert_array_equal(found.applied(1, {"vx": np.ones((2, 3))})["vx"], 1.5)
    np.testing.assert_array_equal(found.applied(3, {"vx": np.ones((2, 3))})["vx"], 1.0)


def test_displacements_are_compared_where_the_misfit_does():
    """Traces that differ by a fast oscillation are far apart as velocities and near as displacements."""
    t = np.arange(4000) * 1e-3
    slow, fast = np.sin(2 * np.pi * t), 0.5 * np.sin(2 * np.pi * 50 * t)
    found, expected = {"vx": (slow + fast)[None]}, {"vx": slow[None]}
    assert difference(found, expected) == pytest.approx(0.5, rel=1e-3)
    # integrals from rest: (1 - cos) / omega, of which the mean square is 3/2 of that of the oscillation
    assert difference(found, expected, 1e-3) == pytest.approx(0.01, rel=0.02)
    assert Corrections().error({1: found}, {1: expected}, 1e-3) == difference(found, expected, 1e-3)


def test_an_inversion_corrects_anew_and_comes_nearer_to_the_data(project, tmp_path):
    """The misfit on the fine grid, after so many iterations on a coarse one with and without corrections."""
    left = []
    for every in (0, 3):
        folder = tmp_path / str(every)
        folder.mkdir()
        run = project.invert(folder, ITERMAX=8, GRID_CORRECT=every, **COARSE)
        assert len(run.said("times fewer point steps")) == 1
        corrected = [line.split(":")[0] for line in run.said("traces of the coarse grid are corrected")]
        assert corrected == ([f"iteration {n}" for n in (1, 4, 7)] if every else [])
        assert len(run.said(", and were off by")) == len(corrected[1:])
        objective, scaling, setup = project.objective(tmp_path, **LOW)
        left.append(objective.misfit(scaling.vector(run.model)))
        if every:
            # where it was corrected, the misfit is that of the fine grid
            start = objective.misfit(scaling.vector(setup.model))
            assert run.misfits[0] == pytest.approx(start, rel=1e-4)
    assert left[1] < 0.5 * left[0]


@pytest.mark.parametrize("keys", [{"BATCH_SHOTS": 2, "BATCH_KEEP": 2}, {"ENCODE": 1, "ENCODE_SHIFT": 2e-3}])
def test_groups_of_processes_change_nothing_bitwise(project, tmp_path, environment, keys):
    keys = {"INVMAT": 0, "ITERMAX": 4, "GRID_CORRECT": 2, "BATCH_FULL": 2, "SEISMO": 0} | COARSE | keys
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    run = project.invert(folders[0], **keys)
    assert run.said("traces of the coarse grid are corrected")
    launch(2, project.file(folders[1], **keys), environment)
    for pattern in ("inv_*", "jac_*", "misfit.dat"):
        expected = files(folders[0], pattern)
        assert expected
        assert files(folders[1], pattern) == expected
