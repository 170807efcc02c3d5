"""Limits of the model and parameters that wait: what may not change does not, what binds is reached."""

from __future__ import annotations

import numpy as np
import pytest

from tests.workflow.project import NAMES, Outcome, Project, read_grid, start_model

ROUNDING = 1e-14
LBFGS = {"GRAD_METHOD": 2, "ITERMAX": 6}


@pytest.fixture(scope="module")
def start(project: Project) -> dict[str, np.ndarray]:
    return {name: read_grid(project.folder / f"start.{name}").astype(float) for name in NAMES}


@pytest.mark.parametrize("method", [1, 2])
@pytest.mark.parametrize("side", ["UPPERLIM", "LOWERLIM"])
@pytest.mark.parametrize("name", NAMES)
def test_bounds(project, tmp_path, plain_lbfgs, start, name, side, method):
    extreme = np.max if side == "UPPERLIM" else np.min
    free, before = extreme(plain_lbfgs.model[name]), extreme(start[name])
    bound = 0.9 * before + 0.1 * free
    assert bound != before
    outcome = project.invert(tmp_path, GRAD_METHOD=method, ITERMAX=6, **{f"{name.upper()}{side}": bound})
    found = outcome.model[name]
    sign = 1 if side == "UPPERLIM" else -1
    assert np.all(sign * (found - bound) <= ROUNDING * bound)
    assert np.any(np.abs(found - bound) <= ROUNDING * bound), "the bound has been reached"
    assert np.all(np.diff(outcome.misfits) < 0)
    for other in set(NAMES) - {name}:
        assert not np.array_equal(outcome.model[other], start[other])


def test_bounds_hold_for_trial_models_too(project, tmp_path, start):
    """A first trial of 40 % would be unstable without the bounds."""
    bounds = {"VPUPPERLIM": 1200, "VSUPPERLIM": 660, "RHOLOWERLIM": 1700}
    outcome = project.invert(tmp_path, EPS_SCALE=0.4, **bounds)
    assert not outcome.said("rejected")
    assert outcome.misfits[-1] < outcome.misfits[0]


@pytest.mark.parametrize("name", NAMES)
def test_deviation_from_the_start_model(project, tmp_path, start, name):
    percent = {f"S_{n.upper()}": 0.5 if n == name else 20.0 for n in NAMES}
    outcome = project.invert(tmp_path, S=1, **percent, **LBFGS)
    change = {n: np.abs(outcome.model[n] / start[n] - 1) for n in NAMES}
    assert np.all(change[name] <= 0.005 * (1 + 1e-10))
    assert np.any(change[name] >= 0.005 * (1 - 1e-10)), "the limit has been reached"
    others = [change[n].max() for n in ("vp", "vs") if n != name]
    assert max(others) > 0.01


@pytest.mark.parametrize("name", NAMES)
def test_zero_per_cent_freezes_a_parameter(project, tmp_path, start, name):
    percent = {f"S_{n.upper()}": 0.0 if n == name else 20.0 for n in NAMES}
    outcome = project.invert(tmp_path, S=1, **percent)
    np.testing.assert_allclose(outcome.model[name], start[name], rtol=ROUNDING)
    assert np.array_equal(outcome.grid_file(f"inv_{name}.bin"), start[name].astype(np.float32))
    assert outcome.misfits[-1] < outcome.misfits[0]


def test_percentages_without_s_do_nothing(project, tmp_path, plain):
    outcome = project.invert(tmp_path, S=0, S_VP=0.1, S_VS=0.1, S_RHO=0.1)
    assert all(np.array_equal(outcome.model[name], plain.model[name]) for name in NAMES)


@pytest.mark.parametrize("method", [1, 2])
def test_ratio(project, tmp_path, plain_lbfgs, start, method):
    def smallest(model: dict[str, np.ndarray]) -> float:
        return np.min(model["vp"] / model["vs"])

    ratio = 0.8 * smallest(start) + 0.2 * smallest(plain_lbfgs.model)
    assert smallest(plain_lbfgs.model) < ratio * 0.99
    outcome = project.invert(tmp_path, VP_VS_RATIO=ratio, GRAD_METHOD=method, ITERMAX=6)
    found = outcome.model["vp"] / outcome.model["vs"]
    assert np.all(found >= ratio * (1 - 1e-11))
    assert np.any(found <= ratio * (1 + 1e-11)), "the ratio has been reached"
    misfits = np.array(outcome.misfits)
    assert np.all(np.diff(misfits) < 0)
    assert misfits[-1] < 0.5 * misfits[0]


def test_fluid_stays_fluid(project, tmp_path, start):
    """A fluid layer above the receivers, in data and start model; vs changes below it only."""
    for base in ("true", "start"):
        for name in NAMES:
            model = np.fromfile(project.folder / f"{base}.{name}", "<f4").reshape(60, 40)
            if name == "vs":
                model[:, :5] = 0.0
            model.tofile(tmp_path / f"{base}.{name}")
    sources = [f"{x} 0 6 0 30 1e6 0 1" for x in (30, 60, 90)]
    (tmp_path / "sources.dat").write_text("\n".join(["3", *sources, ""]))
    files = {"SOURCE_FILE": tmp_path / "sources.dat"}
    project.forward(tmp_path, MFILE=tmp_path / "true", SEIS_FILE=tmp_path / "obs", **files)
    keys = {"MFILE": tmp_path / "start", "DATA_DIR": tmp_path / "obs", "VSLOWERLIM": 100, "VP_VS_RATIO": 1.5}
    outcome = project.invert(tmp_path, S=1, S_VP=10, S_VS=10, S_RHO=10, **keys, **files)
    assert np.all(outcome.model["vs"][:5] == 0.0)
    assert np.all(outcome.model["vs"][5:] >= 100.0)
    assert np.any(outcome.model["vs"][5:] != start["vs"][5:])
    assert np.any(outcome.model["vp"][:5] != start["vp"][:5])
    assert np.all(np.diff(outcome.misfits) < 0)


# --- parameters that wait ---------------------------------------------------------------------------------


def copies(outcome: Outcome, name: str) -> list[np.ndarray]:
    """The model after every iteration."""
    return [outcome.grid_file(f"inv_{name}_it{r['iteration']}.bin") for r in outcome.records]


@pytest.mark.parametrize("method", [1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_a_parameter_waits_for_its_iteration(project, tmp_path, start, name, method):
    outcome = project.invert(tmp_path, GRAD_METHOD=method, ITERMAX=4, **{f"INV_{name.upper()}_ITER": 3})
    before = start[name].astype(np.float32)
    assert [np.array_equal(model, before) for model in copies(outcome, name)] == [True, True, False, False]
    for other in set(NAMES) - {name}:
        assert not np.array_equal(copies(outcome, other)[0], start[other].astype(np.float32))
    assert [name in record["parameters"] for record in outcome.records] == [False, False, True, True]
    assert outcome.said("iteration 3: now inverting vp, vs, rho")
    assert np.all(np.diff(outcome.misfits) < 0)


def test_a_parameter_may_wait_for_ever(project, tmp_path, start):
    outcome = project.invert(tmp_path, INV_RHO_ITER=10)
    assert np.array_equal(outcome.model["rho"], start["rho"])
    assert not (tmp_path / "jac_g_rho.old").exists()


def test_zero_and_one_are_alike(project, tmp_path, plain):
    outcome = project.invert(tmp_path, INV_VP_ITER=1, INV_VS_ITER=1, INV_RHO_ITER=1)
    assert all(np.array_equal(outcome.model[name], plain.model[name]) for name in NAMES)


def test_where_all_wait_the_run_begins_with_the_first_to_move(project, tmp_path, start):
    outcome = project.invert(tmp_path, INV_VP_ITER=3, INV_VS_ITER=2, INV_RHO_ITER=4, ITERMAX=4)
    assert [record["iteration"] for record in outcome.records] == [2, 3, 4]
    assert [record["parameters"] for record in outcome.records] == [["vs"], ["vp", "vs"], list(NAMES)]
    assert outcome.said("no parameter moves before iteration 2")


def test_a_parameter_that_moves_alone(project, tmp_path, start):
    outcome = project.invert(tmp_path, INV_VP_ITER=9, INV_RHO_ITER=9)
    assert np.array_equal(outcome.model["vp"], start["vp"])
    assert np.array_equal(outcome.model["rho"], start["rho"])
    assert not np.array_equal(outcome.model["vs"], start["vs"])
    assert start_model().keys() == outcome.model.keys()
