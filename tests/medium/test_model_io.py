"""Model files, their checks, and the built-in model."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from denise_py.errors import DataError, ParameterError
from denise_py.grid import Grid
from denise_py.medium.builtin import builtin_model
from denise_py.medium.model_io import (
    model_problems,
    model_warnings,
    read_grid_file,
    read_model,
    read_relaxation,
    write_grid_file,
)

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference"
GRID = Grid(6, 4, 2.0)


def uniform(value: float) -> np.ndarray:
    return np.full(GRID.shape, value, dtype=np.float32)


def write_model(base: Path, **arrays: np.ndarray) -> str:
    for name, array in arrays.items():
        write_grid_file(f"{base}.{name}", array)
    return str(base)


# --------------------------------------------------------------------------------------------- files


def test_x_is_slow_and_y_fast(tmp_path: Path):
    np.arange(24, dtype="<f4").tofile(tmp_path / "m")
    model = read_grid_file(tmp_path / "m", GRID)
    assert model.shape == (4, 6)
    assert model[1, 0] == 1  # node (1, 2)
    assert model[0, 1] == 4  # node (2, 1)
    assert model.flags.c_contiguous
    assert model.dtype == np.float32


@settings(max_examples=30, deadline=None)
@given(nx=st.integers(1, 9), ny=st.integers(1, 9), seed=st.integers(0, 2**31))
def test_round_trip(tmp_path_factory, nx: int, ny: int, seed: int):
    path = tmp_path_factory.getbasetemp() / "model.bin"
    array = np.random.default_rng(seed).standard_normal((ny, nx)).astype(np.float32)
    write_grid_file(path, array)
    np.testing.assert_array_equal(read_grid_file(path, Grid(nx, ny, 1.0)), array)


def test_decimated_output(tmp_path: Path):
    """Nodes 1, 4, 7 in x and 1, 3, 5 in y of a 7 x 5 grid."""
    array = np.arange(35.0).reshape(5, 7)
    write_grid_file(tmp_path / "m", array, every_x=3, every_y=2)
    values = np.fromfile(tmp_path / "m", "<f4").reshape(3, 3)
    np.testing.assert_array_equal(values, [[0, 14, 28], [3, 17, 31], [6, 20, 34]])


@pytest.mark.parametrize(
    ("size", "hint"),
    [
        (80, "it would fit NX = 5, NY = 4"),
        (120, "it would fit NX = 6, NY = 5"),
        (144, "it would fit NX = 9, NY = 4 or NX = 6, NY = 6"),
        (92, "it holds 23 values"),
        (192, "the size of float64 values"),
        (97, "no list of float32"),
        (0, "no list of float32"),
    ],
)
def test_wrong_size(tmp_path: Path, size: int, hint: str):
    (tmp_path / "m.vp").write_bytes(bytes(size))
    with pytest.raises(DataError) as caught:
        read_grid_file(tmp_path / "m.vp", GRID)
    text = str(caught.value)
    assert text.startswith(f"{tmp_path / 'm.vp'}: {size} bytes found, 96 needed (NX = 6 times NY = 4 ")
    assert hint in text


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_first_value_that_is_not_finite_is_located(tmp_path: Path, value: float):
    array = uniform(1.0)
    array[0, 5] = value  # node (6, 1) comes later in the file than node (3, 4)
    array[3, 2] = value
    write_grid_file(tmp_path / "m", array)
    with pytest.raises(DataError) as caught:
        read_grid_file(tmp_path / "m", GRID)
    expected = f"2 values are not finite (first {value} at node (3, 4), x = 6 m, y = 8 m)"
    assert str(caught.value) == f"{tmp_path / 'm'}: {expected}"


# -------------------------------------------------------------------------------------------- models


def test_velocities(tmp_path: Path):
    base = write_model(tmp_path / "m", vp=uniform(2000), vs=uniform(0), rho=uniform(1000))
    model = read_model(base, 1, GRID)
    assert list(model) == ["vp", "vs", "rho"]
    assert list(read_model(base, 2, GRID)) == ["vp", "vs", "rho"]
    assert model["vp"][3, 5] == 2000


def test_only_the_needed_files_are_read(tmp_path: Path):
    base = write_model(tmp_path / "ac", vp=uniform(2000), rho=uniform(1000))
    assert list(read_model(base, 1, GRID, acoustic=True)) == ["vp", "rho"]
    base = write_model(tmp_path / "sh", vs=uniform(2000), rho=uniform(1000))
    assert list(read_model(base, 1, GRID, sh_only=True)) == ["vs", "rho"]
    base = write_model(tmp_path / "lame", lam=uniform(1e9), mu=uniform(1e9), rho=uniform(1000))
    assert list(read_model(base, 3, GRID, sh_only=True)) == ["lam", "mu", "rho"]


def test_unknown_parameterization():
    with pytest.raises(ParameterError, match="INVMAT1 = 4"):
        read_model("m", 4, GRID)


def test_all_missing_files_are_listed(tmp_path: Path):
    base = write_model(tmp_path / "m", vp=uniform(2000))
    with pytest.raises(DataError) as caught:
        read_model(base, 1, GRID)
    lines = str(caught.value).splitlines()
    assert [line.split(":")[0] for line in lines] == [f"{base}.vs", f"{base}.rho"]
    assert all("m.vp" in line for line in lines)


def spoilt(name: str, value: float) -> dict[str, np.ndarray]:
    model = {"vp": uniform(2000), "vs": uniform(1000), "rho": uniform(1800)}
    model[name][2, 1] = value
    return model


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("rho", 0.0, "m.rho: 1 values not positive (first 0 at node (2, 3), x = 4 m, y = 6 m)"),
        ("rho", -5.0, "m.rho: 1 values not positive (first -5 at"),
        ("vp", 0.0, "m.vp: 1 values not positive"),
        ("vs", -1.0, "m.vs: 1 values negative (first -1 at"),
        (
            "vp",
            1150.0,
            "m.vp: 1 values of vp / vs below sqrt(4/3), negative bulk modulus (first 1.15 at node (2, 3)",
        ),
        ("vs", 2000.0, "m.vp: 1 values of vp / vs below sqrt(4/3)"),
    ],
)
def test_unphysical_velocities(tmp_path: Path, name: str, value: float, text: str):
    assert any(text in line for line in model_problems(spoilt(name, value), GRID, "m"))
    base = write_model(tmp_path / "m", **spoilt(name, value))
    with pytest.raises(DataError) as caught:
        read_model(base, 1, GRID)
    assert text in str(caught.value)


def test_sound_models_have_no_problems():
    for value in (0.0, 1000.0, 2000.0 * math.sqrt(3 / 4) - 0.01):
        assert model_problems(spoilt("vs", value), GRID) == []


def test_negative_poisson_ratio_is_only_a_warning():
    """vp / vs = 1.3 lies between sqrt(4/3) = 1.155 and sqrt(2) = 1.414."""
    model = spoilt("vp", 1300.0)
    assert model_problems(model, GRID, "m") == []
    (warning,) = model_warnings(model, GRID, "m")
    assert "1 values of vp / vs below sqrt(2)" in warning
    assert model_warnings(spoilt("vs", 0.0), GRID) == []


@pytest.mark.parametrize(
    ("lam", "mu", "problems", "warnings"),
    [
        (1e9, 1e9, 0, 0),
        (1e9, 0.0, 0, 0),
        (1e9, -1.0, 1, 0),
        (0.0, 0.0, 0, 0),  # void
        (-2e8, 1e8, 2, 1),  # no stiffness at all
        (-0.5e9, 1e9, 0, 1),
        (-0.7e9, 1e9, 1, 1),
        (-2e9, 1e9, 2, 1),
    ],
)
def test_lame_parameters(lam: float, mu: float, problems: int, warnings: int):
    model = {"lam": uniform(lam), "mu": uniform(mu), "rho": uniform(1000)}
    assert len(model_problems(model, GRID)) == problems
    assert len(model_warnings(model, GRID)) == warnings


# ------------------------------------------------------------------------------------ attenuation


def test_relaxation_from_quality_factors(tmp_path: Path):
    base = write_model(tmp_path / "m", qp=uniform(40), qs=uniform(20))
    relaxation = read_relaxation(base, GRID)
    assert list(relaxation) == ["taup", "taus"]
    np.testing.assert_array_equal(relaxation["taup"], uniform(0.05))
    np.testing.assert_array_equal(relaxation["taus"], uniform(0.1))
    assert relaxation["taus"].dtype == np.float32
    assert list(read_relaxation(base, GRID, acoustic=True)) == ["taup"]


def test_absent_quality_factors(tmp_path: Path):
    assert read_relaxation(str(tmp_path / "m"), GRID) == {}
    base = write_model(tmp_path / "m", qs=uniform(20))
    assert list(read_relaxation(base, GRID)) == ["taus"]


def test_bad_quality_factors(tmp_path: Path):
    base = write_model(tmp_path / "m", qp=uniform(0))
    with pytest.raises(DataError, match=r"m\.qp: 24 values not positive"):
        read_relaxation(base, GRID)


# ---------------------------------------------------------------------------------- built-in model


def test_elastic_gradient():
    """Gradient down to row 15 m / 0.5 m = 30, inclusive, constant below; row j has v1 + j (v2 - v1) / 30."""
    vp, vs, rho = builtin_model(Grid(3, 40, 0.5))
    assert vp.shape == vs.shape == rho.shape == (40, 3)
    assert vp.dtype == np.float32
    rows = np.minimum(np.arange(1, 41), 30)[:, None]
    for model, (top, bottom) in ((vp, (500, 1200)), (vs, (300, 700)), (rho, (1800, 2000))):
        np.testing.assert_allclose(model, np.repeat(top + rows * (bottom - top) / 30, 3, axis=1), rtol=1e-6)


def test_attenuating_gradient():
    vp, vs, rho = builtin_model(Grid(2, 30, 1.0), attenuating=True)
    np.testing.assert_allclose([vp[0, 0], vs[0, 0], rho[0, 0]], [790, 332, 1820], rtol=1e-6)
    np.testing.assert_allclose([vp[10, 1], vs[10, 1], rho[10, 1]], [2500, 800, 2000])


def test_depth_between_two_rows():
    """15 m / 4 m = 3.75: row 3 still belongs to the gradient, row 4 does not."""
    vp, _, _ = builtin_model(Grid(1, 5, 4.0))
    np.testing.assert_allclose(vp[2:4, 0], [500 + 3 * 700 / 3.75, 1200], rtol=1e-6)


def test_built_in_models_are_physical():
    for attenuating in (False, True):
        model = dict(zip(("vp", "vs", "rho"), builtin_model(GRID, attenuating=attenuating), strict=True))
        assert model_problems(model, GRID) == model_warnings(model, GRID) == []


# ------------------------------------------------------------------------------ the original's files


@pytest.mark.skipif(not REFERENCE.exists(), reason="the reference cases are not beside the checkout")
def test_models_of_the_reference_cases(tmp_path: Path):
    grid = Grid(120, 80, 0.5)
    base = REFERENCE / "fwd_visc_L2_qmodels/model/m"
    model = read_model(str(base), 1, grid) | read_relaxation(str(base), grid)
    assert list(model) == ["vp", "vs", "rho", "taup", "taus"]
    assert model_warnings(model, grid) == []
    write_grid_file(tmp_path / "m.vp", model["vp"])
    assert (tmp_path / "m.vp").read_bytes() == Path(f"{base}.vp").read_bytes()
    assert np.ptp(model["vp"][:, 0]) > np.ptp(model["vp"][0, :])  # layers, not columns
    lame = read_model(str(REFERENCE / "fwd_psv_lame/model/m"), 3, grid)
    assert model_problems(lame, grid) == []
