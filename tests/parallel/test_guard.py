"""Ending: any failure ends all processes with one message and its exit code, with every launcher."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("guarded_program.py")

ENDINGS = {
    "all_fail": (2, "denise: error: 2 problems with the parameters:\n  DT is bad\n  DH is bad\n"),
    "one_fails": (3, "denise: error: model.bin is too short\n"),
    "all_but_the_first_fail": (4, "denise: error: blow-up on rank 1\n"),
    "one_fails_last": (6, "denise: error: out of memory. Unable to allocate 5 GiB\n"),
    "bug": (1, "KeyError: 'what'\ndenise: error: this is a bug in denise-py"),
    "interrupted": (130, "denise: error: interrupted\n"),
}
SERIAL_ENDINGS = ENDINGS | {
    "disk_full": (
        6,
        "denise: error: no disk space left. [Errno 28] No space left on device: 'snap/test.bin'\n",
    ),
    "exits": (5, ""),
}
NOT_SERIAL = {"all_but_the_first_fail"}


def run(what, environment, launcher=()):
    command = [*launcher, sys.executable, str(PROGRAM), what]
    return subprocess.run(command, env=environment, text=True, capture_output=True, timeout=60)


@pytest.mark.parametrize("what", sorted(SERIAL_ENDINGS.keys() - NOT_SERIAL))
def test_a_single_process_ends_with_message_and_code(environment, what):
    code, text = SERIAL_ENDINGS[what]
    done = run(what, environment)
    assert done.returncode == code
    assert text in done.stderr
    assert done.stderr.count("denise: error:") == (1 if text else 0)


@pytest.mark.parametrize("what", sorted(ENDINGS))
def test_several_processes_end_with_one_message_and_code(environment, mpirun, what):
    """Launchers may add lines of their own; of ours there must be one message."""
    code, text = ENDINGS[what]
    done = run(what, environment, [*mpirun, "-n", "3"])
    assert done.returncode == code
    assert text in done.stderr
    assert done.stderr.count("denise: error:") == 1
    assert done.stderr.count("Traceback") == (1 if what == "bug" else 0)


@pytest.mark.parametrize("what", ["all_fail", "exchange", "exits"])
def test_an_orderly_end_leaves_no_noise_of_mpi(environment, what):
    """MPICH reports persistent requests and the like that are alive when it is shut down."""
    done = run(what, environment, [str(Path(sys.executable).with_name("mpirun")), "-n", "2"])
    assert done.returncode == {"all_fail": 2, "exchange": 0, "exits": 5}[what]
    assert done.stderr == (ENDINGS["all_fail"][1] if what == "all_fail" else "")
