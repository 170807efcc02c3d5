"""The marker for MPI tests itself: a test that fails on any process, or hangs, must fail."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = """
import pytest

@pytest.mark.mpi(2)
def test_passes(comm):
    assert comm.sum(1.0) == 2.0

@pytest.mark.mpi(2)
def test_fails_on_one(comm):
    assert comm.rank == 0, "rank 1 is not content"
    comm.bcast(None, root=1)

@pytest.mark.mpi(2)
@pytest.mark.parametrize("number", ["a b[c]"])
def test_fails_on_all(comm, number):
    assert number == ""

@pytest.mark.mpi(2)
@pytest.mark.slow
def test_slow_passes(comm):
    assert comm.size == 2
"""


@pytest.fixture
def folder(tmp_path):
    """A project of its own with the conftest of this one."""
    shutil.copy(Path(__file__).parents[1] / "conftest.py", tmp_path)
    (tmp_path / "test_examples.py").write_text(EXAMPLES)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("test_passes", ["1 passed"]),
        ("test_fails_on_one", ["1 failed", "rank 1 of 2", "rank 1 is not content"]),
        ("test_fails_on_all", ["1 failed", "exit code 1 of 2 processes"]),
        ("test_slow_passes", ["1 passed"]),
    ],
)
def test_outcome(folder, environment, name, words):
    command = [sys.executable, "-m", "pytest", "-q", "-k", name, "test_examples.py"]
    done = subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True, timeout=60)
    assert all(word in done.stdout for word in words), done.stdout
