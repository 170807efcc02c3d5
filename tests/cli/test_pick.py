"""denise pick: files of picks that a time window can use, and one line for whatever is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from denise_py.cli.main import dispatch
from tests.workflow.project import RECEIVERS, SOURCES, Project


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    return Project.make(tmp_path_factory.mktemp("pick"))


def parameters(project: Project, folder: Path, **changes) -> str:
    return str(project.file(folder, **({"INVMAT": 0} | changes)))


def test_picks_of_direct_waves(project, tmp_path, capsys):
    """Not before a P wave may arrive, and not after its peak, which is 1.5 periods later."""
    windowed = {"TIMEWIN": 1, "PICKS_FILE": tmp_path / "first", "TWLENGTH_PLUS": 0.04, "TWLENGTH_MINUS": 0.01}
    file = parameters(project, tmp_path, GAMMA=1e4, **windowed)
    assert dispatch(["pick", file, "--sta", "0.015", "--lta", "0.06"]) == 0
    assert "first_3.dat: 10 picks of 10 traces, 0." in capsys.readouterr().out
    for number, source in enumerate(SOURCES, start=1):
        picks = np.loadtxt(tmp_path / f"first_{number}.dat")
        travel = np.hypot(*(RECEIVERS - np.array(source)).T) / 1130.0
        assert np.all(picks > travel)
        assert np.all(picks < travel + 1.5 / 30.0)
    # what has been written is what a run reads
    outcome = project.invert(tmp_path, ITERMAX=1, GAMMA=1e4, **windowed)
    assert 0 < outcome.misfits[0] != project.invert(tmp_path, ITERMAX=1).misfits[0]


def test_lengths_and_names(project, tmp_path):
    file = parameters(project, tmp_path)
    where = str(tmp_path / "p")
    assert dispatch(["pick", file, "-o", where, "--window", "0.05", "0.01", "--component", "x"]) == 0
    table = np.loadtxt(tmp_path / "p_1.dat")
    assert table.shape == (10, 3)
    np.testing.assert_array_equal(table[:, 1:], [[0.05, 0.01]] * 10)


def test_traces_without_a_pick_are_marked(project, tmp_path):
    where = str(tmp_path / "p")
    assert dispatch(["pick", parameters(project, tmp_path), "-o", where, "--threshold", "1e9"]) == 0
    assert np.all(np.loadtxt(tmp_path / "p_1.dat") == -1)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--sta", "1e-9"], "--sta 1e-09: must lie between DT = 0.001 s and TIME"),
        (["--lta", "nan"], "--lta nan: must lie between"),
        (["--threshold", "0.5"], "--threshold 0.5: must be greater than 1"),
        (["--low-pass", "600"], "--low-pass 600: must lie between 0 and the Nyquist frequency 500 Hz"),
        (["--component", "p"], "--component p: with QUELLTYPB = 1 the data are x, y"),
        (["--neighbours", "0"], "--neighbours 0: must be at least 1"),
        (["--window", "-1", "0"], "must not be negative"),
        (["-o", "nowhere/p"], "folder nowhere does not exist"),
        (["--sta"], "expected one argument"),
    ],
)
def test_wrong_options_are_one_line(project, tmp_path, capsys, arguments, text, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert dispatch(["pick", parameters(project, tmp_path), *arguments]) == 2
    assert text in capsys.readouterr().err
    assert not list(tmp_path.glob("*.dat"))


def test_forward_runs_have_no_data(project, tmp_path, capsys):
    assert dispatch(["pick", parameters(project, tmp_path, INVMAT=10)]) == 2
    assert "INVMAT = 10: there are no observed data" in capsys.readouterr().err


def test_help_comes_first(capsys):
    assert dispatch(["pick", "--help"]) == 0
    assert "first arrivals" in capsys.readouterr().out
