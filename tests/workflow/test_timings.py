"""The summary of the wall time: what is added up, what the file says, and when there is one."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from denise_py.cli.main import dispatch
from denise_py.errors import DataError
from denise_py.propagate import StepTimes
from denise_py.workflow import timings as module
from denise_py.workflow.timings import Timings
from tests.conftest import find_mpirun
from tests.workflow.project import NT, NX, NY

PARTS = ("velocity", "velocity_exchange", "stress", "stress_exchange")


class Clock:
    """Every look at it is a second later."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def table(path: Path) -> dict[tuple[int, str], dict[str, float]]:
    """Rows by shot and kind of run."""
    lines = path.read_text().splitlines()
    (head,) = (
        line[1:].split() for line in lines if line.startswith("#") and "velocity_exchange stress" in line
    )
    rows = (dict(zip(head, line.split(), strict=True)) for line in lines if not line.startswith("#"))
    return {
        (int(row["shot"]), row["run"]): {name: float(row[name]) for name in head if name != "run"}
        for row in rows
    }


# ------------------------------------------------------------------------------------------ stopwatches


def test_laps_of_a_simulation():
    times = StepTimes(Clock())
    times.lap()
    for _ in range(3):
        times.lap("velocity")
        times.lap("velocity_exchange")
    times.lap("stress")
    times.end(3)
    assert (times.steps, times.total) == (3, 9.0)
    assert times.parts == {
        "velocity": 3.0,
        "velocity_exchange": 3.0,
        "stress": 1.0,
        "stress_exchange": 0.0,
        "snapshots": 0.0,
    }
    times.lap()
    times.lap("snapshots")
    times.undivided()
    assert times.parts.pop("snapshots") == 1.0
    assert all(map(math.isnan, times.parts.values()))


def test_simulations_of_a_shot_are_added_up():
    timings = Timings(Clock())
    for _ in range(2):
        loop = StepTimes(Clock())
        loop.lap("stress")
        loop.end(10)
        timings.add(4, "forward", loop)
    for part in (timings.writing, timings.filtering, timings.comparing):
        with part(4):
            pass
    for _ in range(2):
        with timings.during("reading"):
            pass
    row = timings.shots[4, "forward"]
    assert (row.runs, row.loops.steps, row.loops.total, row.output) == (2, 20, 4.0, 1.0)
    assert (row.filtering, row.comparing) == (1.0, 1.0)
    assert row.loops.parts["stress"] == 2.0
    assert timings.others == {"reading": 2.0}
    assert timings.elapsed == 11.0


# ------------------------------------------------------------------------------------------------- runs


@pytest.mark.parametrize("log", [0, 1, 2])
def test_forward_run(project, tmp_path, capfd, log):
    assert dispatch([str(project.file(tmp_path, LOG=log))]) == 0
    out, err = capfd.readouterr()
    names = {path.name for path in tmp_path.glob("log*")}
    assert names == {0: set(), 1: {"log.0.timings"}, 2: {"log.0", "log.0.timings"}}[log]
    assert err == ""
    assert bool(out) == (log > 0)
    if log == 0:
        return
    rows = table(tmp_path / "log.0.timings")
    assert list(rows) == [(1, "forward"), (2, "forward"), (3, "forward")]
    for row in rows.values():
        assert (row["runs"], row["steps"], row["group"]) == (1, NT, 0)
        assert all(math.isnan(row[part]) for part in PARTS)
        assert row["output"] >= 0
        # rounded to milliseconds in one column, to four digits in the other
        assert row["seconds_per_step"] * NT == pytest.approx(row["total"], abs=1e-3, rel=1e-3)
        assert row["points_per_second"] * row["seconds_per_step"] == pytest.approx(NX * NY, rel=2e-3)
    text = (tmp_path / "log.0.timings").read_text()
    assert "forward run" in text
    assert f"grid {NX} x {NY} points, {NT} time steps; 1 processes, 1 groups of 1 x 1 blocks" in text
    assert "# adjoint" not in text
    # the rows are numbers for other programs, too
    assert np.genfromtxt(text.splitlines(), usecols=(0, 4, 5)).shape == (3, 3)


def test_inversion_counts_all_simulations(project, tmp_path):
    file = project.file(tmp_path, INVMAT=0, GRAD_METHOD=2, ITERMAX=2, SEISMO=1)
    assert dispatch([str(file)]) == 0
    rows = table(tmp_path / "log.0.timings")
    assert list(rows) == [(shot, run) for shot in (1, 2, 3) for run in ("forward", "adjoint")]
    records = [json.loads(line) for line in (tmp_path / "misfit.jsonl").read_text().splitlines()]
    gradients, misfits = (sum(r[name] for r in records) for name in ("gradients", "misfits"))
    for shot in (1, 2, 3):
        assert rows[shot, "adjoint"]["runs"] == gradients
        assert rows[shot, "forward"]["runs"] == gradients + misfits
        assert rows[shot, "forward"]["steps"] == NT * (gradients + misfits)
    text = (tmp_path / "log.0.timings").read_text()
    for words in ("inversion", "# adjoint steps", "# reading of the observed data: ", "# writing of models"):
        assert words in text
    (shares,) = (line for line in text.splitlines() if line.startswith("# shares: time steps "))
    parts = [float(number) for number in re.findall(r"([0-9.]+) %", shares)]
    assert len(parts) == 5
    assert min(parts) > 0
    assert sum(parts) == pytest.approx(100, abs=0.03)  # rounded to 0.01


def test_blocks_tell_updates_from_exchange(project, tmp_path, environment):
    """Two groups of two blocks: the parts are measured and make up nearly all of the loop at most."""
    file = project.file(tmp_path, INVMAT=0, ITERMAX=1, NPROCX=2)
    code = "from denise_py.cli.main import main; main()"
    command = [find_mpirun(), "-n", "4", sys.executable, "-c", code, file.name]
    done = subprocess.run(command, cwd=tmp_path, env=environment, text=True, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    rows = table(tmp_path / "log.0.timings")
    assert {shot: row["group"] for (shot, _), row in rows.items()} == {1: 0, 2: 0, 3: 1}
    for row in rows.values():
        assert row["velocity"] > 0
        assert row["stress"] > 0
        # every number is rounded to a millisecond
        assert sum(row[part] for part in PARTS) <= row["total"] + 5e-3
    assert "4 processes, 2 groups of 2 x 1 blocks" in (tmp_path / "log.0.timings").read_text()


def test_a_summary_that_cannot_be_written_is_a_warning(project, tmp_path, capfd, monkeypatch):
    def fail(path):
        raise DataError(f"{path}: cannot be written (nobody may)")

    monkeypatch.setattr(module, "atomic_file", fail)
    assert dispatch([str(project.file(tmp_path))]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert f"warning: {tmp_path / 'log'}.0.timings: cannot be written (nobody may)" in out
    assert out.endswith("finished\n")
