"""`denise plot snap`: which snapshots are drawn, with which colours, and how it fails."""

from __future__ import annotations

import json

import numpy as np
import pytest

from denise_py.cli.plot import run
from denise_py.errors import DataError, UsageError

NX, NY, NUMBER = 40, 30, 8
PARAMETERS = {
    **{"NX": NX, "NY": NY, "DH": 1.0, "TIME": 0.1, "DT": 1e-3, "FDORDER": 2, "FREE_SURF": 0, "FW": 10},
    **{"DAMPING": 400.0, "FPML": 20.0, "READMOD": 1, "MFILE": "model/start", "INVMAT": 10, "INVMAT1": 1},
    **{"SOURCE_FILE": "source.dat", "RUN_MULTIPLE_SHOTS": 1, "QUELLTYP": 1, "QUELLART": 1, "SEISMO": 0},
    **{"SNAP": 4, "SNAP_FORMAT": 3, "SNAP_FILE": "w", "TSNAP1": 0.01, "TSNAP2": 0.08, "TSNAPINC": 0.01},
    **{"SNAPSHOT_START": 2, "SNAPSHOT_END": 4, "SNAPSHOT_INCR": 2},
}


def wave(number: int) -> np.ndarray:
    """Snapshot of a number (from 1), (ny, nx): grows with the number, and names its rows and columns."""
    y, x = np.mgrid[0:NY, 0:NX]
    return (number * (x - 19.5 + 0.01 * y)).astype(np.float32)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A finished run with merged snapshots of two components and shots."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "source.dat").write_text("4\n" + "10 0 5 0 10 1\n" * 4)
    parameters()
    for name, factor in (("shot2.bin.x", 1), ("shot2.bin.p", -1), ("shot4.bin.x", 2)):
        numbers = [factor * wave(k + 1).T.ravel() for k in range(NUMBER)]
        np.concatenate(numbers).tofile(f"w.{name}")
    return tmp_path


def parameters(**changes) -> None:
    with open("run.json", "w", encoding="utf-8") as stream:
        json.dump(PARAMETERS | changes, stream)


def shown(drawn) -> dict[str, np.ndarray]:
    """Arrays of the panels of the latest figure by title."""
    panels = [ax for ax in drawn.axes() if ax.images and ax.get_label() != "<colorbar>"]
    return {ax.get_title("left"): np.asarray(ax.images[0].get_array()) for ax in panels}


def test_six_snapshots_of_the_first_component_and_shot(folder, drawn, capsys):
    assert run(["snap", "run.json", "--title", "T"]) == 0
    panels = shown(drawn)
    assert list(panels) == [f"t = {t} s" for t in (0.01, 0.02, 0.04, 0.05, 0.07, 0.08)]
    for number, array in zip((1, 2, 4, 5, 7, 8), panels.values(), strict=True):
        np.testing.assert_array_equal(array, wave(number))
    assert {"T", "particle velocity $v_x$ (m/s)"} <= set(drawn.words())
    assert len(drawn.panel("t = 0.01 s").lines) == 1  # the source; without SEISMO there are no receivers
    low, high = drawn.panel("t = 0.01 s").images[0].get_clim()
    # the same symmetric scale for all, that of the strongest
    assert low == -high
    assert high == pytest.approx(np.percentile(np.abs(wave(8)), 99.8))
    assert drawn.panel("t = 0.08 s").images[0].get_clim() == (low, high)
    assert capsys.readouterr().out == "written: w.shot2.bin.x.png\n"


def test_component_shot_and_times(folder, drawn):
    run(
        [
            "snap",
            "run.json",
            "--component",
            "p",
            "--times",
            "0.031,0,0.0299,9",
            "--no-geometry",
            "-o",
            "a.svg",
        ]
    )
    panels = shown(drawn)
    assert list(panels) == ["t = 0.01 s", "t = 0.03 s", "t = 0.08 s"]
    np.testing.assert_array_equal(panels["t = 0.03 s"], -wave(3))
    assert not drawn.panel("t = 0.01 s").lines
    assert "pressure (Pa)" in drawn.words()
    assert (folder / "a.svg").exists()
    run(["snap", "run.json", "--shot", "4", "--times", "0.05", "--clip", "100"])
    np.testing.assert_array_equal(shown(drawn)["t = 0.05 s"], 2 * wave(5))
    bound = 2 * 5 * float(np.abs(wave(1)).max())
    assert drawn.panel("t = 0.05 s").images[0].get_clim() == pytest.approx((-bound, bound))


def test_a_figure_for_each_snapshot(folder, drawn, capsys):
    run(["snap", "run.json", "--each", "--times", "0.01,0.08", "-o", "film/x.png"])
    assert capsys.readouterr().out == "written: film/x_001.png, film/x_008.png\n"
    assert sorted(path.name for path in (folder / "film").iterdir()) == ["x_001.png", "x_008.png"]
    first, last = (figure.axes[0].images[0].get_clim() for figure in drawn.figures)
    assert first == last


def test_thinned_text_stands_for_the_nodes_around(folder, drawn):
    parameters(IDX=4, IDY=7, SNAP_FORMAT=2, TSNAP2=0.01)
    np.savetxt("w.shot2.asc.x", wave(1)[::7, ::4].T.ravel(), fmt="%e")
    run(["snap", "run.json"])
    (array,) = shown(drawn).values()
    assert array.shape == (NY, NX)
    np.testing.assert_allclose(array[::7, ::4], wave(1)[::7, ::4], rtol=1e-6)
    np.testing.assert_allclose(array[6, 3], wave(1)[7, 4], rtol=1e-6)


def test_silence_can_be_drawn(folder, drawn, look_at):
    np.zeros(NUMBER * NX * NY, "<f4").tofile("w.shot2.bin.rot")
    run(["snap", "run.json", "--component", "rot"])
    assert drawn.panel("t = 0.01 s").images[0].get_clim() == (-1, 1)


def test_a_picture_comes_out(folder, look_at):
    run(["snap", "run.json", "--times", "0.01,0.04,0.08"])
    look_at(folder / "w.shot2.bin.x.png")


@pytest.mark.parametrize(
    ("changes", "args", "error", "message"),
    [
        ({}, ["--component", "vx"], UsageError, "choose from 'x', 'y', 'z', 'p', 'div', 'rot'"),
        ({}, ["--component", "z"], UsageError, "component z, but SNAP = 4: choose from x, y, p, div, rot"),
        ({"SNAP": 0}, [], UsageError, r"run\.json: SNAP = 0, this run writes no snapshots"),
        ({}, ["--shot", "3"], UsageError, "shot 3 has no snapshots: SNAPSHOT_START"),
        ({}, ["--times", "0.1,x"], UsageError, r"'0\.1,x' is no list of times"),
        ({}, ["--times", "nan"], UsageError, "'nan' is no list of times"),
        ({}, ["--component", "y"], DataError, r"w\.shot2\.bin\.y: file not found; snapmerge makes it"),
        ({"TSNAPINC": 0.005}, [], DataError, r"w\.shot2\.bin\.x: holds 9600 numbers, but 18000 are needed"),
        ({}, ["-o", "a.gif"], UsageError, r"must end in \.png, \.pdf or \.svg"),
    ],
)
def test_errors_are_one_line(folder, changes, args, error, message):
    parameters(**changes)
    with pytest.raises(error, match=message) as caught:
        run(["snap", "run.json", *args])
    assert "\n" not in str(caught.value)
