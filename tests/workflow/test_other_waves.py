"""Inversions of acoustic, viscoelastic and SH waves, and of P-SV and SH together: exact gradients, falling
misfits, better models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from denise_py.medium.model_io import write_grid_file
from tests.workflow.project import Project, start_model, true_model

VISCOUS = {"L": 2, "FL1": 10, "FL2": 80, "TAU": 0.02, "F_REF": 80}
KINDS: dict[str, dict[str, Any]] = {
    "acoustic": {"ACOUSTIC": 1},
    "visco-acoustic": {"ACOUSTIC": 1} | VISCOUS,
    "viscoelastic": VISCOUS,
    "SH": {"WAVETYPE": 2, "QUELLART_SH": 1},
    "viscous SH": {"WAVETYPE": 2, "QUELLART_SH": 1} | VISCOUS,
    "joint": {"WAVETYPE": 3, "QUELLART_SH": 1},
}
SLOTS = {
    "acoustic": ("vp", "rho"),
    "visco-acoustic": ("vp", "rho"),
    "SH": ("vs", "rho"),
    "viscous SH": ("vs", "rho"),
}
NAMES = ("vp", "vs", "rho")


@pytest.fixture(scope="session")
def data(project: Project, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Base names of the observed data of every kind."""
    found = {}
    for kind, keys in KINDS.items():
        folder = tmp_path_factory.mktemp("data")
        project.forward(folder, MFILE=project.folder / "true", SEIS_FILE=folder / "obs", **keys)
        found[kind] = folder / "obs"
    return found


def slopes(objective, scaling, setup, names) -> np.ndarray:
    """Rates at which the remainder of a first-order expansion falls between three steps."""
    p = scaling.vector(setup.model)
    value, gradient = objective.misfit_and_gradient(p)
    rng = np.random.default_rng(1)
    direction = 1e-3 * rng.standard_normal(p.size)
    steps = np.array([1.0, 0.3, 0.1])
    rest = [abs(objective.misfit(p + h * direction) - value - h * gradient @ direction) for h in steps]
    return np.diff(np.log(rest)) / np.diff(np.log(steps))


@pytest.mark.parametrize("kind", KINDS)
def test_gradient_of_the_whole_chain(project, data, tmp_path, kind):
    names = SLOTS.get(kind, NAMES)
    objective, scaling, setup = project.objective(tmp_path, slots=names, DATA_DIR=data[kind], **KINDS[kind])
    np.testing.assert_allclose(slopes(objective, scaling, setup, names), 2.0, atol=0.05)


@pytest.mark.parametrize(
    ("type", "alpha", "equal"), [(1, 0.3, 0), (2, 0.7, 0), (2, 0.5, 1), (3, 0.5, 0), (1, 0.0, 0), (1, 1.0, 0)]
)
def test_joint_misfit(project, data, tmp_path, type, alpha, equal):
    """The misfit is the weighted sum of the misfits of single inversions, and its gradient that of the
    sum."""
    keys = KINDS["joint"] | {"DATA_DIR": data["joint"]}
    values, gradients = [], []
    for waves, names in ((1, NAMES), (2, SLOTS["SH"])):
        single, scaling, setup = project.objective(tmp_path, slots=names, **keys | {"WAVETYPE": waves})
        value, gradient = single.misfit_and_gradient(scaling.vector(setup.model))
        values.append(value)
        gradients.append(scaling.parts(gradient))
    options = {"JOINT_INVERSION_PSV_SH_TYPE": type, "JOINT_EQUAL_WEIGHTING": equal}
    shares = {"JOINT_INVERSION_PSV_SH_ALPHA_VS": alpha, "JOINT_INVERSION_PSV_SH_ALPHA_RHO": alpha}
    joint, scaling, setup = project.objective(tmp_path, **keys, **options, **shares)
    value, gradient = joint.misfit_and_gradient(scaling.vector(setup.model))
    weights = np.array([1.0, 1.0] if type == 3 else [1 - alpha, alpha])
    if type != 2 or equal:
        weights = weights / np.array(values)
    assert value == pytest.approx(weights @ values, rel=1e-12)
    for name, found in scaling.parts(gradient).items():
        parts = (w * g[name] for w, g in zip(weights, gradients, strict=True) if name in g)
        expected = sum(parts)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12 * np.abs(expected).max() + 1e-300)


@pytest.mark.parametrize("kind", KINDS)
def test_inversion(project, data, tmp_path, kind):
    """Twelve iterations of L-BFGS: the misfit never rises and ends below a tenth, the parameter with most
    effect comes closer to the truth, and what the waves do not know stays."""
    outcome = project.invert(
        tmp_path, DATA_DIR=data[kind], GRAD_METHOD=2, WOLFE_CONDITION=1, ITERMAX=12, **KINDS[kind]
    )
    misfits = outcome.misfits
    assert np.all(np.diff(misfits) <= 0)
    assert misfits[-1] < 0.1 * misfits[0]
    names = SLOTS.get(kind, NAMES)
    start, true = start_model(), true_model()
    main = "vs" if "vs" in names else "vp"
    before, after = (np.linalg.norm(model[main] - true[main]) for model in (start, outcome.model))
    assert after < 0.85 * before
    for name in set(NAMES) - set(names):
        assert np.all(outcome.model[name] == 0)  # no meaning in these waves


def test_stage_of_one_wave_type(project, data, tmp_path):
    """WT of a workflow file chooses among the waves of a joint inversion."""
    rows = ["1 1 1 0 0.0 0 10 1 0.5 0.5 0 0.005", "2 1 0 0 0.0 0 10 2 0.5 0.5 0 0.005"]
    (tmp_path / "workflow.txt").write_text(
        "#\tVS\tVP\tRHO\tPRO\tFIL\tFC\tWT\tJ\tJ\tEPRE\tEPSI\n" + "\n".join(rows)
    )
    keys = KINDS["joint"] | {
        "DATA_DIR": data["joint"],
        "USE_WORKFLOW": 1,
        "FILE_WORKFLOW": tmp_path / "workflow.txt",
    }
    joint, scaling, setup = project.objective(tmp_path, **keys)
    single, _, _ = project.objective(tmp_path, **KINDS["joint"] | {"DATA_DIR": data["joint"], "WAVETYPE": 1})
    p = scaling.vector(setup.model)
    assert joint.misfit(p) == pytest.approx(single.misfit(p), rel=1e-12)


@pytest.mark.parametrize("kind", ["P-SV", "acoustic", "SH", "joint"])
def test_gauss_newton_matrix(project, data, tmp_path, kind):
    """Symmetric, not negative, and the second derivative of the misfit but for what residuals contribute:
    half the curvature of |d(p + h v) - d(p)|^2, with traces of p itself as data."""
    names, keys = SLOTS.get(kind, NAMES), KINDS.get(kind, {})
    folder = tmp_path / "own"
    folder.mkdir()
    project.forward(folder, SEIS_FILE=folder / "obs", **keys)
    objective, scaling, setup = project.objective(tmp_path, slots=names, DATA_DIR=folder / "obs", **keys)
    p = scaling.vector(setup.model)
    rng = np.random.default_rng(2)
    u, v = (rng.standard_normal(p.size) for _ in range(2))
    objective.misfit_and_gradient(p * (1 + 1e-6))  # residuals of the size of rounding
    hu, hv = objective.product(p, u), objective.product(p, v)
    assert u @ hv == pytest.approx(v @ hu, rel=1e-9)
    assert u @ hu > 0
    h = 1e-4
    sides = [objective.misfit(p + sign * h * u) for sign in (1, -1)]
    # the data are in single precision, which leaves 1e-7 of them as residuals
    assert sum(sides) / h**2 == pytest.approx(u @ hu, rel=2e-2)


def test_gauss_newton_inversion(project, tmp_path):
    """Few iterations, each with several products; the log tells about them."""
    outcome = project.invert(
        tmp_path, DATA_DIR=project.folder / "obs", GRAD_METHOD=5, GN_PRODUCTS=4, ITERMAX=4
    )
    misfits = outcome.misfits
    assert np.all(np.diff(misfits) < 0)
    assert misfits[-1] < 0.05 * misfits[0]
    assert outcome.said("Gauss-Newton:")


LOSSY = {"INV_QP_ITER": 1, "INV_QS_ITER": 1, "INV_VP_ITER": 99, "INV_VS_ITER": 99, "INV_RHO_ITER": 99}


@pytest.fixture(scope="session")
def lossy_data(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data of the start model with three times the attenuation."""
    folder = tmp_path_factory.mktemp("lossy")
    project.forward(folder, SEIS_FILE=folder / "obs", **VISCOUS | {"TAU": 0.06})
    return folder / "obs"


@pytest.mark.parametrize("number", [1, 3])
def test_gradient_of_attenuation(project, lossy_data, tmp_path, number):
    """taup and taus beside the other parameters, in two parameterisations."""
    keys = VISCOUS | LOSSY | {"DATA_DIR": lossy_data}
    names = ("taup", "taus")
    if number == 3:
        keys |= {"INVMAT1": 3} | lame_files(tmp_path)
        names = (*NAMES, *names)
    objective, scaling, setup = project.objective(tmp_path, slots=names, **keys)
    np.testing.assert_allclose(slopes(objective, scaling, setup, names), 2.0, atol=0.05)


def lame_files(folder: Path) -> dict[str, Path]:
    """The start model as .lam, .mu, .rho."""
    m = start_model()
    mu = m["rho"] * m["vs"] ** 2
    for name, values in (("lam", m["rho"] * m["vp"] ** 2 - 2 * mu), ("mu", mu), ("rho", m["rho"])):
        write_grid_file(folder / f"lame.{name}", values)
    return {"MFILE": folder / "lame"}


def test_inversion_for_attenuation(project, lossy_data, tmp_path):
    """Attenuation that is too weak everywhere grows where waves pass; velocities, which do not take part,
    stay. The levels are written, and bounds of Q hold them."""
    keys = VISCOUS | LOSSY | {"DATA_DIR": lossy_data, "GRAD_METHOD": 2, "ITERMAX": 6, "EPS_SCALE": 0.3}
    free, bounded = (tmp_path / name for name in ("free", "bounded"))
    free.mkdir(), bounded.mkdir()
    outcome = project.invert(free, **keys)
    assert np.all(np.diff(outcome.misfits) <= 0)
    assert outcome.misfits[-1] < 0.1 * outcome.misfits[0]
    taus = outcome.grid_file("inv_taus.bin")
    assert taus[10:30, 15:45].mean() > 0.03
    np.testing.assert_array_equal(outcome.grid_file("inv_vs.bin"), start_model()["vs"].astype("f4"))
    assert (free / "inv_taup.bin").exists()
    held = project.invert(bounded, QSLOWERLIM=80, QPLOWERLIM=80, **keys)
    assert held.grid_file("inv_taus.bin").max() <= 2 / 80 * (1 + 1e-6)


def test_attenuation_stays_without_its_keys(project, data, tmp_path):
    outcome = project.invert(tmp_path, DATA_DIR=data["viscoelastic"], ITERMAX=1, **VISCOUS)
    assert set(outcome.model) == set(NAMES)
    assert not list(tmp_path.glob("inv_tau*"))
