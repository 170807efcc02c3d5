"""Model and gradient files: their names, when they are written, decimation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from denise_py.output.gradients import GradientFiles
from denise_py.output.models import ModelFiles, is_due

SHAPE = (5, 7)
MODEL = {name: k + np.arange(35.0).reshape(SHAPE) for k, name in enumerate(("vp", "vs", "rho"))}


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("first", "every", "due"),
    [(1, 1, [1, 2, 3, 4, 5, 6]), (1, 2, [1, 3, 5]), (3, 2, [3, 5]), (2, 10, [2]), (9, 1, []), (4, 0, [4])],
)
def test_which_iterations_are_kept(first, every, due):
    assert [k for k in range(1, 7) if is_due(k, first, every)] == due


def test_current_model_in_every_iteration_and_a_copy_when_due(tmp_path):
    files = ModelFiles(str(tmp_path / "inv"), 2, 5)
    assert {Path(p).name for p in files.write(MODEL, 1)} == {"inv_vp.bin", "inv_vs.bin", "inv_rho.bin"}
    assert names(tmp_path) == {"inv_vp.bin", "inv_vs.bin", "inv_rho.bin"}
    files.write({name: 10 * array for name, array in MODEL.items()}, 2)
    assert names(tmp_path) == {f"inv_{n}{it}.bin" for n in MODEL for it in ("", "_it2")}
    for name, array in MODEL.items():
        for suffix in ("", "_it2"):
            found = np.fromfile(tmp_path / f"inv_{name}{suffix}.bin", "<f4").reshape(7, 5).T
            assert np.array_equal(found, 10 * array)


def test_decimated_models_hold_every_nth_node_beginning_with_the_first(tmp_path):
    ModelFiles(str(tmp_path / "inv"), 1, 1, every_x=3, every_y=2).write(MODEL, 1)
    found = np.fromfile(tmp_path / "inv_vs.bin", "<f4")
    assert np.array_equal(found.reshape(3, 3).T, MODEL["vs"][::2, ::3])


GRADIENT, WEIGHTED, DIRECTION = ({n: factor * a for n, a in MODEL.items()} for factor in (1, 2, 3))


def not_made() -> dict[str, np.ndarray]:
    raise AssertionError("is made where it is not written")


def test_gradient_files_of_conjugate_gradients(tmp_path):
    files = GradientFiles(str(tmp_path / "g"), 2, 2)
    files.write("pcg", 1, GRADIENT, not_made, DIRECTION)
    always = {f"g_{letter}{e}.old" for letter in "gc" for e in ("", "_u", "_rho")}
    assert names(tmp_path) == always
    files.write("pcg", 2, GRADIENT, lambda: WEIGHTED, DIRECTION)
    assert names(tmp_path) == always | {f"g_p{e}_it2.old" for e in ("", "_u", "_rho")}
    for name, factor in (("g_g_u.old", 1), ("g_p_u_it2.old", 2), ("g_c_u.old", 3)):
        assert np.array_equal(np.fromfile(tmp_path / name, "<f4").reshape(7, 5).T, factor * MODEL["vs"])


def test_gradient_files_of_lbfgs(tmp_path):
    files = GradientFiles(str(tmp_path / "g"), 2, 2)
    files.write("lbfgs", 1, GRADIENT, not_made, DIRECTION)
    assert names(tmp_path) == set()
    files.write("lbfgs", 2, GRADIENT, not_made, DIRECTION)
    assert names(tmp_path) == {f"g_grad{q}_{n}_it2.bin" for q in (1, 2) for n in MODEL}
    for name, factor in (("g_grad1_rho_it2.bin", 1), ("g_grad2_rho_it2.bin", 3)):
        assert np.array_equal(np.fromfile(tmp_path / name, "<f4").reshape(7, 5).T, factor * MODEL["rho"])


def test_parameters_that_do_not_move_leave_no_gradient_file(tmp_path):
    gradient, weighted, direction = ({"vs": part["vs"]} for part in (GRADIENT, WEIGHTED, DIRECTION))
    GradientFiles(str(tmp_path / "g"), 1, 1).write("pcg", 1, gradient, lambda: weighted, direction)
    assert names(tmp_path) == {"g_g_u.old", "g_c_u.old", "g_p_u_it1.old"}


def test_weight_file(tmp_path):
    GradientFiles(str(tmp_path / "g"), 1, 1, 2, 1).write_weight(MODEL["vp"], 4)
    found = np.fromfile(tmp_path / "g_approx_hessian_it4.bin", "<f4").reshape(4, 5).T
    assert np.array_equal(found, MODEL["vp"][:, ::2])
