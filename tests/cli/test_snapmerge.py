"""The command snapmerge: what it makes of the pieces of a run, and how it fails."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from endings import HANGING, Ending, tree
from malformed import DATA, MEMORY_OR_DISK, NX, NY, PARAMETERS, SNAPSHOTS, Project, put, text

from denise_py.cli import snapmerge as command
from denise_py.cli.main import report_failure

PIECES = tuple(f"w.bin.{c}.shot{k}.0.0" for c in "xy" for k in (1, 2))
MERGED = tuple(f"w.shot{k}.bin.{c}" for k in (1, 2) for c in "xy")


@pytest.fixture
def snapmerge(monkeypatch) -> Callable[..., Ending]:
    """The command inside this process: snapmerge(folder, *arguments)."""

    def run(folder: Path, *arguments: str) -> Ending:
        monkeypatch.chdir(folder)
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = report_failure(lambda: command.run(list(arguments)))
        return Ending(code, out.getvalue(), err.getvalue())

    return run


@pytest.fixture
def finished(forward, denise) -> Project:
    """A run of two shots that has written its pieces."""
    put(**SNAPSHOTS)(forward)
    forward.save()
    ending = denise(forward.folder, "case.json")
    assert (ending.code, ending.err) == (0, "")
    assert names(forward) == set(PIECES)
    return forward


def names(project: Project) -> set[str]:
    """Files of snapshots."""
    return {path.name for path in project.path("su").glob("w.*")}


def test_pieces_become_files(finished, snapmerge):
    pieces = {name: finished.path(f"su/{name}").read_bytes() for name in PIECES}
    ending = snapmerge(finished.folder, "case.json")
    assert (ending.code, ending.err) == (0, "")
    assert ending.out.splitlines() == [
        *(f"su/{name}: 3 snapshots of {NX} x {NY} values out of 1 piece" for name in MERGED),
        "to look at them: denise plot snap case.json",
    ]
    assert names(finished) == set(MERGED)
    # a single block is the whole grid
    assert finished.path("su/w.shot2.bin.y").read_bytes() == pieces["w.bin.y.shot2.0.0"]
    assert np.any(np.fromfile(finished.path("su/w.shot1.bin.x"), "<f4"))


def test_again_after_success(finished, snapmerge):
    assert snapmerge(finished.folder, "case.json").code == 0
    before = tree(finished.folder)
    ending = snapmerge(finished.folder, "case.json")
    assert (ending.code, ending.err) == (0, "")
    assert ending.out.splitlines()[:4] == [f"su/{name}: merged already" for name in MERGED]
    assert tree(finished.folder) == before


def test_the_rest_after_an_interruption(finished, snapmerge):
    """Some files are made, the pieces of others are there: as after a power failure."""
    finished.path("su/w.bin.x.shot1.0.0").rename(finished.path("su/w.shot1.bin.x"))
    ending = snapmerge(finished.folder, "case.json")
    assert ending.code == 0
    assert [line.rsplit(": ", 1)[1][:6] for line in ending.out.splitlines()[:4]] == [
        "merged",
        *3 * ["3 snap"],
    ]
    assert names(finished) == set(MERGED)


def test_a_new_run_is_merged_anew(finished, snapmerge, denise):
    assert snapmerge(finished.folder, "case.json").code == 0
    finished.path("su/w.shot1.bin.x").write_text("old")
    assert denise(finished.folder, "case.json").code == 0
    assert snapmerge(finished.folder, "case.json").code == 0
    assert finished.path("su/w.shot1.bin.x").stat().st_size == 3 * 4 * NX * NY
    assert names(finished) == set(MERGED)


def test_no_snapshots(forward, snapmerge):
    ending = snapmerge(forward.folder, "case.json")
    assert (ending.code, ending.err) == (0, "")
    assert ending.out == "case.json: SNAP = 0, the run writes no snapshots; nothing to merge\n"


def spoil_missing(project: Project) -> None:
    project.path("su/w.bin.y.shot2.0.0").unlink()


def spoil_short(project: Project) -> None:
    os.truncate(project.path("su/w.bin.y.shot2.0.0"), 2 * 4 * NX * NY)


def spoil_folder(project: Project) -> None:
    spoil_missing(project)
    project.path("su/w.bin.y.shot2.0.0").mkdir()


def spoil_merged(project: Project) -> None:
    project.path("su/w.bin.y.shot2.0.0").rename(project.path("su/w.shot2.bin.y"))
    os.truncate(project.path("su/w.shot2.bin.y"), 10)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (spoil_missing, "su/w.bin.y.shot2.0.0: piece of snapshots is missing, and so is su/w.shot2.bin.y"),
        (
            spoil_short,
            "su/w.bin.y.shot2.0.0: holds 4800 numbers, but 7200 are needed for 3 snapshots",
        ),
        (spoil_folder, "su/w.bin.y.shot2.0.0: cannot be read (not a regular file)"),
        (spoil_merged, "su/w.shot2.bin.y: holds 2.5 numbers, but 7200 are needed"),
        (put(TSNAPINC=0.005), "su/w.bin.x.shot1.0.0: holds 7200 numbers, but 12000 are needed for 5"),
        (put(IDX=2), "su/w.bin.x.shot1.0.0: holds 7200 numbers, but 3600 are needed"),
        (put(NPROCX=2), "su/w.bin.x.shot1.1.0: piece of snapshots is missing, its other pieces are there"),
        (put(SNAP_FORMAT=2), "su/w.asc.x.shot1.0.0: piece of snapshots is missing"),
        (text("source.dat", "3\n20 0 2 0 100 1e6\n"), "source.dat: line 1"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_incomplete_pieces_change_nothing(finished, snapmerge, spoil, words):
    spoil(finished)
    finished.save()
    before = tree(finished.folder)
    ending = snapmerge(finished.folder, "case.json")
    assert (ending.code, ending.out) == (DATA, "")
    assert ending.err.startswith("denise: error:")
    assert words in ending.err
    assert "Traceback" not in ending.err
    assert tree(finished.folder) == before


def test_full_disk_keeps_the_pieces(finished, snapmerge, monkeypatch):
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    ending = snapmerge(finished.folder, "case.json")
    assert ending.code == MEMORY_OR_DISK
    assert "su/w.shot1.bin.x: cannot be written (No space left on device)" in ending.err
    assert names(finished) == set(PIECES)


def test_pieces_that_cannot_be_removed(finished, snapmerge, monkeypatch):
    def refuse(path: str) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "unlink", refuse)
    ending = snapmerge(finished.folder, "case.json")
    assert ending.code == DATA
    assert (
        "su/w.bin.x.shot1.0.0: su/w.shot1.bin.x is complete, but its pieces cannot be removed" in ending.err
    )
    assert finished.path("su/w.shot1.bin.x").stat().st_size == 3 * 4 * NX * NY


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "usage: snapmerge FILE.json"),
        (["case.json", "case.json"], "usage: snapmerge FILE.json"),
        (["nothing.json"], "nothing.json does not exist"),
        (["."], ". is a directory"),
    ],
)
def test_wrong_arguments(forward, snapmerge, arguments, words):
    ending = snapmerge(forward.folder, *arguments)
    assert (ending.code, ending.out) == (PARAMETERS, "")
    assert words in ending.err
    assert ending.err.count("denise: error:") == 1


def test_no_such_shots(finished, snapmerge):
    put(SNAPSHOT_START=3)(finished)
    finished.save()
    ending = snapmerge(finished.folder, "case.json")
    assert (ending.code, ending.out) == (PARAMETERS, "")
    assert "case.json: there are no shots from SNAPSHOT_START to SNAPSHOT_END" in ending.err


def test_several_processes_do_the_work_once(finished, mpich, environment):
    """Started by mpirun by mistake."""
    program = "from denise_py.cli.snapmerge import main; main()"
    done = subprocess.run(
        [*mpich, "-n", "3", sys.executable, "-c", program, "case.json"],
        cwd=finished.folder,
        env=environment,
        text=True,
        capture_output=True,
        timeout=HANGING,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 5
    assert names(finished) == set(MERGED)


def test_script(finished, monkeypatch, capsys):
    """As it is installed."""
    monkeypatch.chdir(finished.folder)
    with pytest.raises(SystemExit) as end:
        command.main(["--help"])
    assert end.value.code == 0
    assert "usage: snapmerge FILE.json" in capsys.readouterr().out
    with pytest.raises(SystemExit) as end:
        command.main(["case.json"])
    assert end.value.code == 0
    assert names(finished) == set(MERGED)
