"""Starting: who is launched by whom, and what is said when launcher and MPI library do not go together."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from denise_py.parallel.launch import MPICH, OPEN_MPI, PMIX, SLURM, Launch, find_launch

PROGRAM = Path(__file__).with_name("guarded_program.py")
BATCH_SCRIPT = {"SLURM_JOB_ID": "7", "SLURM_NTASKS": "8", "SLURM_PROCID": "0", "SLURM_LOCALID": "0"}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        ({"OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "3"}, Launch(OPEN_MPI, 4, 3)),
        ({"PMI_SIZE": "2", "PMI_RANK": "1"}, Launch(MPICH, 2, 1)),
        ({"PMIX_RANK": "1"}, Launch(PMIX, None, 1)),
        (BATCH_SCRIPT, None),
        (BATCH_SCRIPT | {"SLURM_STEP_ID": "4294967291"}, None),
        (
            BATCH_SCRIPT | {"SLURM_STEP_ID": "4294967290", "SLURM_STEP_NUM_TASKS": "1"},
            None,
        ),
        (
            BATCH_SCRIPT | {"SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "8", "SLURM_PROCID": "5"},
            Launch(SLURM, 8, 5),
        ),
        (BATCH_SCRIPT | {"SLURM_STEP_ID": "2", "SLURM_STEP_NUM_TASKS": "1"}, Launch(SLURM, 1, 0)),
        # mpirun of MPICH inside a batch script starts its helpers by srun: a step of one task per node
        (
            BATCH_SCRIPT
            | {"SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "2", "PMI_SIZE": "16", "PMI_RANK": "9"},
            Launch(MPICH, 16, 9),
        ),
        ({"PMI_SIZE": "what", "PMI_RANK": ""}, Launch(MPICH, None, 0)),
    ],
)
def test_find_launch(environment, expected):
    assert find_launch(environment) == expected


def run(what, environment, launcher=()):
    command = [*launcher, sys.executable, str(PROGRAM), what]
    return subprocess.run(command, env=environment, text=True, capture_output=True, timeout=60)


def test_a_process_by_hand_does_not_load_mpi(environment):
    done = run("imported", environment)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "no mpi4py", "")


def test_a_batch_script_of_slurm_is_one_process(environment):
    done = run("imported", environment | BATCH_SCRIPT)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "no mpi4py", "")


def test_one_process_under_a_launcher_does_not_load_mpi(environment):
    done = run("imported", environment | {"PMI_SIZE": "1", "PMI_RANK": "0"})
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "no mpi4py", "")


@pytest.mark.parametrize(
    ("launcher", "size", "rank", "more"),
    [
        (MPICH, "PMI_SIZE", "PMI_RANK", {}),
        (SLURM, "SLURM_STEP_NUM_TASKS", "SLURM_PROCID", {"SLURM_STEP_ID": "0", "SLURM_NTASKS": "3"}),
    ],
)
def test_processes_that_are_all_alone_say_so_once(environment, launcher, size, rank, more):
    """The variables of a launcher without its connection: MPI starts each process as a world of its own."""
    first = run("hello", environment | more | {size: "3", rank: "0"})
    start = time.monotonic()
    other = run("hello", environment | more | {size: "3", rank: "2"})
    assert time.monotonic() - start > 1.0  # launchers kill the one that speaks when another one leaves first
    assert (first.returncode, other.returncode) == (2, 2)
    assert first.stderr.startswith(f"denise: error: {launcher} started 3 processes")
    assert first.stderr.count("\n") == 1
    assert other.stderr == ""
    assert first.stdout == other.stdout == ""


def blocked(tmp_path, environment):
    """An environment in which mpi4py cannot be imported."""
    (tmp_path / "mpi4py.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'mpi4py'\", name='mpi4py')\n"
    )
    return environment | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{environment['PYTHONPATH']}"}


def test_without_mpi4py_a_single_process_runs(tmp_path, environment):
    done = run("hello", blocked(tmp_path, environment))
    assert (done.returncode, done.stdout, done.stderr) == (0, "0 of 1\n", "")


def test_without_mpi4py_and_with_an_unknown_number_of_processes_one_runs(tmp_path, environment):
    done = run("hello", blocked(tmp_path, environment) | {"PMIX_RANK": "0"})
    assert (done.returncode, done.stdout, done.stderr) == (0, "0 of 1\n", "")


def test_without_mpi4py_several_processes_are_refused(tmp_path, environment):
    done = run("hello", blocked(tmp_path, environment) | {"PMI_SIZE": "2", "PMI_RANK": "0"})
    assert done.returncode == 2
    assert "pip install 'denise-py[mpi]'" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_library_that_cannot_be_loaded_is_named(environment):
    """An ABI for which mpi4py finds no library: reported, not a traceback."""
    done = run(
        "hello", environment | {"PMI_SIZE": "2", "PMI_RANK": "0", "MPI4PY_LIBMPI": "/nowhere/libmpi.so"}
    )
    assert done.returncode == 2
    assert done.stderr.startswith("denise: error: ")
    assert "/nowhere/libmpi.so" in done.stderr or "cannot load MPI library" in done.stderr


def test_mpirun_connects_the_processes(environment, mpirun):
    done = run("hello", environment, [*mpirun, "-n", "3"])
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n") == ["0 of 3", "1 of 3", "2 of 3", ""]


def test_the_wrong_launcher_is_named_once(environment, openmpi):
    """mpi4py is told to use Open MPI below MPICH's mpirun: every process would be rank 0 of 1."""
    mpich = Path(sys.executable).with_name("mpirun")
    done = run("hello", environment | {"MPI4PY_MPIABI": "openmpi"}, [str(mpich), "-n", "2"])
    assert done.returncode == 2
    assert done.stderr.count("denise: error:") == 1
    assert "suspicious" not in done.stderr
    assert done.stdout == ""


def test_mpich_below_open_mpi_is_refused_before_it_aborts(environment, openmpi):
    """Left to itself MPICH kills the process with a message about PMI versions."""
    library = str(Path(sys.prefix, "lib"))
    told = environment | {"MPI4PY_MPIABI": "mpich", "LD_LIBRARY_PATH": library}
    done = run("hello", told, [*openmpi, "-n", "2"])
    assert done.returncode == 2
    assert done.stderr.count("denise: error:") == 1
    assert "MPI4PY_MPIABI=openmpi" in done.stderr
    assert "PMI version" not in done.stderr


def test_the_package_is_imported_fast_and_starts_nothing(environment):
    code = (
        "import sys, time; start = time.perf_counter(); import denise_py; "
        "heavy = {'mpi4py', 'numba', 'scipy', 'matplotlib'}; "
        "print(time.perf_counter() - start, *heavy.intersection(sys.modules))"
    )
    answers = [
        subprocess.run(
            [sys.executable, "-c", code], env=environment, text=True, capture_output=True, check=True
        )
        for _ in range(3)
    ]
    words = [answer.stdout.split() for answer in answers]
    assert min(float(seconds) for seconds, *_ in words) < 0.2
    assert all(len(line) == 1 for line in words)
