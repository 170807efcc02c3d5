"""Several shots at a time in one process: the same results bit by bit, and an orderly end in any case."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from bisect import bisect_left
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from denise_py.cli.main import dispatch
from denise_py.errors import DataError, ResourceError, StabilityError
from denise_py.medium.attenuation import Relaxation
from denise_py.physics.registry import physics, physics_keys
from denise_py.workflow.crew import dealing_order
from denise_py.workflow.keeping import check_jobs
from denise_py.workflow.setup import prepare
from denise_py.workflow.simulator import Simulator
from tests.conftest import find_mpirun
from tests.workflow.project import DT, Project

LBFGS = {
    "INVMAT": 0, "GRAD_METHOD": 2, "ITERMAX": 2, "EPRECOND": 3, "EPSILON_WE": 0.01, "SEISMO": 5, "VERBOSE": 1,
    "TIME_FILT": 1, "FC_START": 30, "FC_END": 30, "FC_INCR": 0, "ORDER": 4, "NORMALIZE": 1,
}  # fmt: skip
TESTS = {"GRAD_METHOD": 1, "TESTSHOT_START": 1, "TESTSHOT_END": 3, "TESTSHOT_INCR": 2}
WAVELETS = {
    "INVMAT": 0, "GRAD_METHOD": 1, "ITERMAX": 1, **TESTS, "INV_STF": 1, "PARA": "fdlsq", "N_STF": 1,
    "N_STF_START": 1, "SNAP": 1, "TSNAP1": 0.05, "TSNAP2": 0.1, "TSNAPINC": 0.05, "SNAPSHOT_START": 1,
    "SNAPSHOT_END": 3, "SNAPSHOT_INCR": 1, "SNAP_FORMAT": 3,
}  # fmt: skip
PRODUCTS = {"INVMAT": 0, "GRAD_METHOD": 5, "ITERMAX": 1, "GN_PRODUCTS": 2}
PHASES = LBFGS | {
    "LNORM": 9, "PHASE_F1": 20, "PHASE_F2": 40, "STORAGE": "checkpoint", "ITERMAX": 1, "EPRECOND_PER_SHOT": 1,
    "SWS_TAPER_CIRCULAR_PER_SHOT": 1, "SRTRADIUS": 12.0,
}  # fmt: skip
FORWARD = {"INVMAT": 10, "SEISMO": 4}
CASES = {"lbfgs": LBFGS, "wavelets": WAVELETS, "products": PRODUCTS, "phases": PHASES, "forward": FORWARD}
#: what depends on the clock, and what only one process knows
TIMES = ("*.timings", "run.json", "misfit.jsonl")


def keys_of(case: str, folder: Path) -> dict:
    own = {"SIGNAL_FILE": folder / "stf", "SNAP_FILE": folder / "snap"} if case == "wavelets" else {}
    return CASES[case] | own


def results(folder: Path) -> dict[str, bytes]:
    """All files of a run that have no times in them, and the rows of the misfit log without theirs."""
    found = {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if not any(path.match(pattern) for pattern in TIMES)
    }
    log = folder / "misfit.jsonl"
    rows = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    return found | {f"row {k}": repr({**row, "seconds": 0}).encode() for k, row in enumerate(rows)}


@pytest.fixture(scope="module")
def alone(project: Project, tmp_path_factory: pytest.TempPathFactory):
    """Results of one process with one shot at a time, by case; every case is run once."""
    known: dict[str, dict[str, bytes]] = {}

    def of(case: str) -> dict[str, bytes]:
        if case not in known:
            folder = tmp_path_factory.mktemp(case)
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(folder)
                file = project.file(folder, **keys_of(case, folder))
                assert dispatch([str(file), "--jobs", "1"]) == 0
            known[case] = results(folder)
        return known[case]

    return of


@pytest.mark.parametrize("jobs", [2, 3, 7])
@pytest.mark.parametrize("case", CASES)
def test_threads_change_nothing_bitwise(project, tmp_path, monkeypatch, alone, case, jobs):
    """Models, gradients, seismograms, snapshots, wavelets and misfits; seven are more than the shots."""
    monkeypatch.chdir(tmp_path)
    assert dispatch([str(project.file(tmp_path, **keys_of(case, tmp_path))), f"--jobs={jobs}"]) == 0
    found, expected = results(tmp_path), alone(case)
    assert len(expected) > 5
    assert sorted(found) == sorted(expected)
    assert [name for name in found if found[name] != expected[name]] == []


@pytest.mark.parametrize(
    ("groups", "jobs", "case"),
    [
        (2, 2, "lbfgs"),
        (2, 2, "wavelets"),
        (3, 1, "forward"),
        pytest.param(4, 2, "products", marks=pytest.mark.slow),
        pytest.param(4, 1, "lbfgs", marks=pytest.mark.slow),
        pytest.param(3, 1, "wavelets", marks=pytest.mark.slow),
    ],
)
def test_groups_with_threads_change_nothing_bitwise(
    project, tmp_path, environment, alone, groups, jobs, case
):
    """Four groups are more than there are shots."""
    file = project.file(tmp_path, **keys_of(case, tmp_path))
    done = launch(groups, ["--jobs", str(jobs), file.name], environment, tmp_path)
    assert done.returncode == 0, done.stderr
    found, expected = results(tmp_path), alone(case)
    # the processes have logs of their own, and blocks of snapshots their own numbers
    found = {name: content for name, content in found.items() if not name.startswith("log.")}
    expected = {name: content for name, content in expected.items() if not name.startswith("log.")}
    assert sorted(found) == sorted(expected)
    assert [name for name in found if found[name] != expected[name]] == []


def launch(processes: int, arguments: list[str], environment: dict[str, str], folder: Path):
    program = [sys.executable, "-c", "from denise_py.cli.main import main; main()", *arguments]
    command = [find_mpirun(), "-n", str(processes), *program]
    return subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True, timeout=120)


@pytest.mark.parametrize("key", physics_keys())
def test_kernels_let_other_threads_run(key):
    steps = physics(key, Relaxation((10.0,), 10.0, 1e-3) if "visco" in key else None).steps
    for name in ("forward_steps", "transposed_steps", "linearised_steps", "inject_stress"):
        if hasattr(steps, name):
            assert getattr(steps, name).targetoptions["nogil"]


# ------------------------------------------------------------------------------------------------ numbers


def test_by_default_as_many_shots_as_cores(project, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.delenv("SLURM_CPUS_PER_TASK", raising=False)
    monkeypatch.setattr("denise_py.parallel.threads.usable_cores", lambda: 2)
    file = str(project.file(tmp_path))
    assert dispatch([file]) == 0
    assert "processes   1, 2 shots at a time" in capsys.readouterr().out
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert dispatch([file]) == 0
    assert "processes   1, one shot at a time" in capsys.readouterr().out
    assert dispatch([file, "--jobs", "64"]) == 0
    assert "processes   1, 3 shots at a time" in capsys.readouterr().out  # there are no more


def test_fewer_shots_at_a_time_where_the_memory_is_small(project, tmp_path, capsys, monkeypatch):
    """Not more than can be kept with checkpoints and in 16 bits."""
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setattr("denise_py.parallel.threads.usable_cores", lambda: 3)
    keys = {"INVMAT": 0, "DTINV": 1, "ITERMAX": 1}
    setup = prepare(project.settings(tmp_path, **keys))

    def suffices(size: int) -> bool:
        """For three shots at a time."""
        monkeypatch.setattr("denise_py.workflow.keeping.free_memory", lambda: size)
        try:
            check_jobs(setup, 1, 3)
        except ResourceError:
            return False
        return True

    least = bisect_left(range(10**10), True, key=suffices)
    file = str(project.file(tmp_path, **keys))
    suffices(least)
    assert dispatch([file]) == 0
    assert "3 shots at a time" in capsys.readouterr().out
    suffices(least - 1)
    assert dispatch([file]) == 0
    assert "2 shots at a time" in capsys.readouterr().out
    assert dispatch([file, "--jobs", "3"]) == 6
    assert "fewer shots at a time (--jobs)" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--jobs", "0"], ["--jobs"], ["--jobs=two"], ["--jobs=-1"]])
def test_a_wrong_number_is_explained(project, tmp_path, capsys, words):
    assert dispatch([str(project.file(tmp_path)), *words]) == 2
    assert "--jobs needs a number of shots at a time, 1 or more, found: " in capsys.readouterr().err


def test_blocks_refuse_threads(project, tmp_path, environment):
    file = project.file(tmp_path, NPROCX=2)
    done = launch(2, [file.name, "--jobs", "2"], environment, tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("--jobs 2 needs NPROCX = NPROCY = 1, but they are 2 and 1") == 1


def test_test_shots_are_spread_over_the_groups(project, tmp_path):
    setup = prepare(project.settings(tmp_path, **(LBFGS | TESTS)))
    assert dealing_order(setup) == (1, 2, 3)
    shots = tuple(replace(setup.shots[0], number=number) for number in range(1, 13))
    order = dealing_order(replace(setup, shots=shots))  # 1 and 3 are test shots
    assert sorted(order) == list(range(1, 13))
    assert [len({1, 3} & set(half)) for half in (order[:6], order[6:])] == [1, 1]


# ----------------------------------------------------------------------------------------------- failures


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (StabilityError("blown up"), 4, "shot 2: blown up"),
        (DataError("no such data"), 3, "no such data"),
        (MemoryError("no more"), 6, "out of memory. no more"),
        (ValueError("odd"), 1, "this is a bug"),
    ],
)
@pytest.mark.parametrize("jobs", [1, 3])
def test_an_error_in_one_shot_ends_the_run_with_one_message(
    project, tmp_path, capsys, monkeypatch, error, code, text, jobs
):
    forward = Simulator.forward

    def failing(self, shot, *arguments, **options):
        if shot.number == 2:
            raise error
        return forward(self, shot, *arguments, **options)

    monkeypatch.setattr(Simulator, "forward", failing)
    assert dispatch([str(project.file(tmp_path)), "--jobs", str(jobs)]) == code
    err = capsys.readouterr().err
    assert err.count("denise: error:") == 1
    assert text in err
    assert (tmp_path / "syn_x.su.shot1").exists()


def test_a_file_that_cannot_be_written_ends_the_run(project, tmp_path, capsys):
    (tmp_path / "syn_x.su.shot1").mkdir()
    assert dispatch([str(project.file(tmp_path)), "--jobs", "2"]) == 3
    err = capsys.readouterr().err
    assert err.count("denise: error:") == 1
    assert "syn_x.su.shot1: cannot be written" in err


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_ends_all_threads(project, tmp_path, environment, jobs):
    """A run of two million steps per shot."""
    file = project.file(tmp_path, TIME=2e6 * DT, SEISMO=2, SEIS_FORMAT=3)
    command = [sys.executable, "-c", "from denise_py.cli.main import main; main()", file.name]
    process = subprocess.Popen(
        [*command, "--jobs", str(jobs)], cwd=tmp_path, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # the shell may have it ignored
    )  # fmt: skip
    assert "denise" in process.stdout.readline()
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "denise: error: interrupted\n"
    assert not list(tmp_path.glob("syn_*"))
