"""The command `denise plot`: which files it reads, what it draws, and how it fails."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from denise_py.cli.main import dispatch
from denise_py.cli.plot import run
from denise_py.errors import DataError, ParameterError, UsageError
from denise_py.grid import Grid
from denise_py.medium.model_io import read_grid_file, write_grid_file
from denise_py.parameters.settings import read_settings
from denise_py.plot.inputs import grid_values, inverted_model, read_geometry, start_model
from denise_py.traces.gather import Gather
from denise_py.traces.segy import write_segy
from denise_py.traces.su import read_su, trace_dtype, write_su

GRID = Grid(40, 30, 1.0)
PARAMETERS = {
    **{"NX": 40, "NY": 30, "DH": 1.0, "TIME": 0.1, "DT": 1e-3, "FDORDER": 2, "FREE_SURF": 0, "FW": 10},
    **{"DAMPING": 400.0, "FPML": 20.0, "READMOD": 1, "MFILE": "model/start", "INVMAT": 0, "INVMAT1": 1},
    **{"SOURCE_FILE": "source.dat", "RUN_MULTIPLE_SHOTS": 1, "QUELLTYP": 1, "QUELLART": 1},
    **{"SEISMO": 1, "READREC": 1, "REC_FILE": "receiver.dat", "SEIS_FILE": "su/s", "ITERMAX": 3},
    **{"DATA_DIR": "data/obs", "QUELLTYPB": 1, "INV_MODELFILE": "model/inverted", "JACOBIAN": "jacobian/g"},
    **{"MISFIT_LOG_FILE": "misfit.dat"},
}
VALUES = {"vp": 600.0, "vs": 300.0, "rho": 2000.0}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A finished inversion: parameter file, geometry, models."""
    monkeypatch.chdir(tmp_path)
    parameters()
    (tmp_path / "source.dat").write_text("2\n10 0 5 0 10 1\n30 0 5 0 10 1\n")
    (tmp_path / "receiver.dat").write_text("12 3\n20 3\n28 3\n")
    for name, value in VALUES.items():
        write_grid_file(f"model/start.{name}", model(value))
        write_grid_file(f"model/true.{name}", model(1.1 * value))
        write_grid_file(f"model/inverted_{name}.bin", model(1.05 * value))
    return tmp_path


def parameters(**changes):
    with open("fwi.json", "w", encoding="utf-8") as stream:
        json.dump(PARAMETERS | changes, stream)


def model(value):
    """Values that grow with depth, so that files written the wrong way round are found."""
    return (value * (1 + 0.01 * np.arange(30)[:, None]) * np.ones((1, 40))).astype(np.float32)


def shot(path, factor=1.0, dt=1e-3):
    time = np.arange(1, 101) * 1e-3
    data = factor * np.sin(2 * np.pi * 20 * (time - 0.002 * np.arange(5)[:, None]))
    receivers = np.stack([10.0 * np.arange(1, 6), np.full(5, 3.0)], axis=1)
    write_su(path, Gather(data, dt, receivers, np.array([10.0, 5.0])))


# --------------------------------------------------------------------------------------------- models


def test_models(folder, drawn, capsys):
    assert run(["models", "fwi.json", "--true", "model/true", "-o", "vs.pdf"]) == 0
    for title, value in (("true", 330.0), ("start", 300.0), ("inverted", 315.0)):
        np.testing.assert_allclose(drawn.panel(title).images[0].get_array(), model(value), rtol=1e-6)
        assert len(drawn.panel(title).lines) == 2  # sources and receivers
    assert "S-wave velocity (m/s)" in drawn.words()
    assert (folder / "vs.pdf").read_text() == "pdf"
    out, err = capsys.readouterr()
    # (1.1 - 1) / 1.1 and (1.1 - 1.05) / 1.1
    assert out.splitlines() == [
        "relative error of the start model: 0.09091",
        "relative error of the inverted model: 0.04545",
        "written: vs.pdf",
    ]
    assert err == ""


def test_models_by_default_go_beside_the_result(folder, look_at, capsys):
    assert run(["models", "fwi.json"]) == 0
    look_at(folder / "model" / "inverted_vs.png")
    assert capsys.readouterr().out == "written: model/inverted_vs.png\n"


def test_options_of_models(folder, drawn):
    run(
        [
            "models",
            "fwi.json",
            "--parameter",
            "rho",
            "--limits",
            "1500",
            "2500",
            "--no-geometry",
            "--title",
            "T",
        ]
    )
    image = drawn.panel("start").images[0]
    assert image.get_clim() == (1500, 2500)
    assert not drawn.panel("start").lines
    assert {"density (kg/m$^3$)", "T"} <= set(drawn.words())
    run(["models", "fwi.json", "--start", "model/true", "--inverted", "model/start.vs", "--parameter", "vs"])
    np.testing.assert_allclose(drawn.panel("start").images[0].get_array(), model(330.0), rtol=1e-6)
    np.testing.assert_array_equal(drawn.panel("inverted").images[0].get_array(), model(300.0))


def test_the_result_of_an_iteration(folder, drawn):
    write_grid_file("model/inverted_vs_it7.bin", model(310.0))
    (folder / "model" / "inverted_vs.bin").unlink()  # not needed for that
    run(["models", "fwi.json", "--iteration", "7"])
    np.testing.assert_array_equal(drawn.panel("iteration 7").images[0].get_array(), model(310.0))
    with pytest.raises(DataError, match=r"looked for model/inverted_vs_it8\.bin"):
        run(["models", "fwi.json", "--iteration", "8"])


def test_before_the_inversion_there_is_only_the_start_model(folder, drawn, capsys):
    (folder / "model" / "inverted_vs.bin").unlink()
    assert run(["models", "fwi.json"]) == 0
    assert "start" in drawn.words()
    assert "inverted" not in drawn.words()
    assert "note: no inverted model yet: model/inverted_vs.bin" in capsys.readouterr().err
    with pytest.raises(DataError, match=r"model/inverted: no such model"):
        run(["models", "fwi.json", "--inverted", "model/inverted"])


def test_a_forward_run_has_one_model(folder, drawn):
    parameters(INVMAT=10)
    assert run(["models", "fwi.json"]) == 0
    assert len(drawn.axes()) == 2
    assert drawn.panel("model")
    assert (folder / "model" / "start_vs.png").exists()


def test_unreadable_geometry_is_left_out_with_a_note(folder, drawn, capsys):
    (folder / "receiver.dat").unlink()
    assert run(["models", "fwi.json"]) == 0
    assert "sources" in drawn.words()
    assert "receivers" not in drawn.words()
    assert "note: receivers are not drawn: receiver.dat" in capsys.readouterr().err


def test_nothing_to_draw(folder):
    parameters(READMOD=0, INVMAT=10)
    with pytest.raises(UsageError, match=r"fwi\.json names no model file: give --true"):
        run(["models", "fwi.json"])


def test_models_by_name_or_file(folder):
    settings = read_settings("fwi.json")
    for base in ("model/start", "model/start.vs"):
        np.testing.assert_array_equal(start_model(base, "vs", settings), model(300.0))
    for base in ("model/inverted", "model/inverted_vs.bin"):
        np.testing.assert_array_equal(inverted_model(base, "vs", settings), model(315.0))
    np.testing.assert_array_equal(start_model("model/inverted", "vs", settings), model(315.0))
    write_grid_file("model/alone.vs", model(250.0))
    np.testing.assert_array_equal(start_model("model/alone", "vs", settings), model(250.0))
    with pytest.raises(DataError, match=r"looked for model/x\.vs, model/x_vs\.bin, model/x"):
        start_model("model/x", "vs", settings)


def test_models_in_the_parameters_of_the_run(folder):
    parameters(INVMAT1=2)
    impedance = start_model("model/start", "vp", read_settings("fwi.json"))
    np.testing.assert_allclose(impedance, model(600.0) * model(2000.0).astype(float), rtol=1e-6)
    parameters(INVMAT1=3)
    settings = read_settings("fwi.json")
    # lam = rho (vp^2 - 2 vs^2) from velocities, the file itself where there is one; three float32 factors
    lam = model(2000.0) * (model(600.0).astype(float) ** 2 - 2 * model(300.0).astype(float) ** 2)
    np.testing.assert_allclose(start_model("model/start", "vp", settings), lam, rtol=1e-6)
    for name, value in {"lam": 1e9, "mu": 4e8, "rho": 2000.0}.items():
        write_grid_file(f"model/lame.{name}", model(value))
    np.testing.assert_array_equal(start_model("model/lame", "vs", settings), model(4e8))


def test_thinned_files_fill_the_grid(folder):
    parameters(IDX=3, IDY=2)
    full = np.arange(30.0)[:, None] * 100 + np.arange(40.0)
    write_grid_file("thin.bin", full, every_x=3, every_y=2)
    values = grid_values("thin.bin", read_settings("fwi.json"))
    assert values.shape == GRID.shape
    np.testing.assert_array_equal(values[::2, ::3], full[::2, ::3])
    # every node takes the value of the nearest one that was kept: at most 1 row and 1 column away
    assert np.abs(values - full).max() <= 101
    np.testing.assert_array_equal(grid_values("model/start.vs", read_settings("fwi.json")), model(300.0))


def test_geometry(folder):
    geometry = read_geometry(read_settings("fwi.json"))
    np.testing.assert_array_equal(geometry.sources, [[10, 5], [30, 5]])
    np.testing.assert_array_equal(geometry.receivers, [[12, 3], [20, 3], [28, 3]])
    assert geometry.notes == ()
    parameters(READREC=0, XREC1=10.0, XREC2=30.0, YREC1=4.0, YREC2=4.0, NGEOPH=10, REFRECX=0.0, REFRECY=0.0)
    np.testing.assert_array_equal(
        read_geometry(read_settings("fwi.json")).receivers, [[10, 4], [20, 4], [30, 4]]
    )


# ----------------------------------------------------------------------------------- gradient, gather, misfit


def test_gradient(folder, drawn):
    gradient = (model(1.0) - np.float32(1.1)) * np.float32(1e-8)
    write_grid_file("jacobian/g_g_u.old", gradient)
    assert run(["gradient", "fwi.json", "jacobian/g_g_u.old", "--clip", "95"]) == 0
    image = drawn.panel("g_g_u.old").images[0]
    np.testing.assert_array_equal(image.get_array(), gradient)
    assert image.get_clim()[1] == pytest.approx(np.percentile(np.abs(gradient), 95))
    assert (folder / "jacobian" / "g_g_u.old.png").exists()
    run(["gradient", "fwi.json", "jacobian/g_g_u.old", "--title", "First", "--no-geometry"])
    assert not drawn.panel("First").lines


def test_gather(folder, drawn, capsys):
    shot("obs_y.su.shot1")
    shot("syn_y.su.shot1", 0.8)
    assert run(["gather", "obs_y.su.shot1", "syn_y.su.shot1", "--traces", "1,5"]) == 0
    assert (folder / "syn_y.su.shot1.png").exists()
    assert capsys.readouterr().out == "written: syn_y.su.shot1.png\n"
    observed, synthetic = (drawn.panel(name).images[0].get_array() for name in ("observed", "synthetic"))
    np.testing.assert_allclose(synthetic, 0.8 * observed, rtol=1e-6)
    assert len(drawn.panel("traces, normalised").lines) == 4
    assert drawn.panel("observed").get_xlabel() == "receiver $x$ (m)"
    assert run(["gather", "obs_y.su.shot1", "--clip", "50"]) == 0
    assert drawn.panel("seismograms").images[0].get_clim()[1] == np.percentile(np.abs(observed.data), 50)
    assert "obs_y.su.shot1" in drawn.words()


def test_gathers_in_segy(folder, drawn):
    shot("obs_y.su.shot1")
    gather = read_su("obs_y.su.shot1").gather()
    write_segy("obs_y.shot1.sgy", gather)
    assert run(["gather", "obs_y.shot1.sgy", "obs_y.su.shot1"]) == 0
    np.testing.assert_array_equal(drawn.panel("observed").images[0].get_array(), gather.data.T)
    assert drawn.panel("observed").get_xlabel() == "receiver $x$ (m)"


def test_a_gather_without_sampling_interval(folder):
    shot("obs_y.su.shot1")
    content = read_su("obs_y.su.shot1")
    traces = np.empty(5, dtype=trace_dtype(100))
    traces["header"], traces["samples"] = content.headers, content.data
    traces["header"]["dt"] = traces["header"]["d1"] = 0
    traces.tofile("no_dt.su")
    with pytest.raises(DataError, match=r"no_dt\.su: the headers hold no sampling interval"):
        run(["gather", "no_dt.su"])


def test_misfit(folder, drawn):
    one = {"iteration": 1, "stage": 1, "accepted": True, "misfit_before": 1.0, "misfit_after": 0.5}
    (folder / "misfit.jsonl").write_text(json.dumps(one | {"step": 0.02, "low_pass": 8.0}) + "\n")
    assert run(["misfit", "misfit.jsonl", "--title", "Toy"]) == 0
    assert (folder / "misfit.png").exists()
    assert {"Toy", "≤ 8 Hz"} <= set(drawn.words())


# ----------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("args", "error", "message"),
    [
        ([], UsageError, r"KIND \(see denise plot --help\)"),
        (["snapshots"], UsageError, "choose from 'models', 'misfit', 'gather', 'gradient', 'snap'"),
        (["models"], UsageError, r"FILE\.json \(see denise plot models --help\)"),
        (["models", "nothing.json"], ParameterError, r"nothing\.json"),
        (["models", "fwi.json", "--true", "model/x"], DataError, r"model/x: no such model"),
        (["models", "fwi.json", "--limits", "3", "1"], UsageError, "--limits 3 1: the first number"),
        (["models", "fwi.json", "--limits", "3"], UsageError, "--limits: expected 2 arguments"),
        (["models", "fwi.json", "--parameter", "qp"], UsageError, "'vp', 'vs', 'rho'"),
        (["models", "fwi.json", "--iteration", "0"], UsageError, "'0' is not a whole number above 0"),
        (["models", "fwi.json", "-o", "a.jpeg"], UsageError, r"must end in \.png, \.pdf or \.svg"),
        (["misfit", "nothing.jsonl"], DataError, r"nothing\.jsonl: file not found"),
        (["gather", "nothing.su"], DataError, r"nothing\.su: file not found"),
        (["gather", "source.dat"], DataError, r"source\.dat: trace 1"),
        (["gather", "x.su", "--traces", "1,a"], UsageError, "'a' is not a whole number"),
        (["gather", "x.su", "--clip", "101"], UsageError, "'101' is not a number above 0 and up to 100"),
        (["gradient", "fwi.json", "nothing.bin"], DataError, r"nothing\.bin: file not found"),
        (["gradient", "fwi.json", "source.dat"], DataError, "4800 needed"),
    ],
)
def test_errors_are_one_line(folder, args, error, message):
    with pytest.raises(error, match=message) as caught:
        run(args)
    assert "\n" not in str(caught.value)


def test_missing_matplotlib_is_exit_code_2(folder, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert dispatch(["plot", "models", "fwi.json"]) == 2
    message = capsys.readouterr().err
    assert 'pip install "denise-py[plot]"' in message
    assert message.count("\n") == 1


def test_exit_codes_and_help(folder, capsys):
    assert dispatch(["plot", "gather", "nothing.su"]) == 3
    assert dispatch(["plot", "nothing"]) == 2
    capsys.readouterr()
    assert dispatch(["plot", "--help"]) == 0
    text = capsys.readouterr().out
    for expected in (
        "models",
        "misfit",
        "gather",
        "gradient",
        "snap",
        "examples:",
        "denise plot models FWI.json",
    ):
        assert expected in text
    for kind in ("models", "misfit", "gather", "gradient", "snap"):
        assert dispatch(["plot", kind, "--help"]) == 0
        assert f"denise plot {kind}" in capsys.readouterr().out


def test_models_of_a_reference_case(reference_dir, tmp_path, monkeypatch, drawn):
    """Files that the original program has written: what is drawn is what the file holds."""
    monkeypatch.chdir(reference_dir / "inv_workflow_lbfgs")
    settings = read_settings("case.json")
    written = inverted_model("expected/model/inv", "vs", settings, 2)
    np.testing.assert_array_equal(written, read_grid_file("expected/model/inv_vs_it2.bin", Grid(80, 60, 0.5)))
    args = ["models", "case.json", "--true", "model/true", "--inverted", "expected/model/inv"]
    assert run([*args, "--iteration", "2", "-o", str(tmp_path / "vs.png")]) == 0
    np.testing.assert_array_equal(drawn.panel("iteration 2").images[0].get_array(), written)
