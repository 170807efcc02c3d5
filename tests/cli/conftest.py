"""Projects for the tests of the command: valid ones, and running them."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from endings import HANGING, Ending
from malformed import Project, make_observed_data, make_project

from denise_py.cli.main import dispatch

COMMAND = (sys.executable, "-c", "from denise_py.cli.main import main; main()")


@pytest.fixture(scope="session")
def observed(tmp_path_factory) -> Path:
    """Folder of observed data for inversions."""
    return make_observed_data(tmp_path_factory.mktemp("observed") / "project")


@pytest.fixture
def forward(tmp_path) -> Project:
    """A valid forward run."""
    return make_project(tmp_path / "forward", inversion=False)


@pytest.fixture
def inversion(tmp_path, observed) -> Project:
    """A valid inversion of one iteration."""
    return make_project(tmp_path / "inversion", inversion=True, data=observed)


@pytest.fixture
def denise(monkeypatch) -> Callable[..., Ending]:
    """The command inside this process: denise(folder, *arguments)."""

    def run(folder: Path, *arguments: str) -> Ending:
        monkeypatch.chdir(folder)
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = dispatch(list(arguments))
        return Ending(code, out.getvalue(), err.getvalue())

    return run


@pytest.fixture
def process(environment) -> Callable[..., Ending]:
    """The command as a process of its own: process(folder, *arguments, launcher=..., **options of Popen)."""

    def run(folder: Path, *arguments: str, launcher: tuple[str, ...] = (), **options) -> Ending:
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": environment} | options
        text = {"encoding": "utf-8", "errors": "replace"}
        command = [os.fspath(word) for word in (*launcher, *COMMAND, *arguments)]
        done = subprocess.run(command, cwd=folder, timeout=HANGING, check=False, **text, **options)
        return Ending(done.returncode, done.stdout or "", done.stderr or "")

    return run


@pytest.fixture(scope="session")
def mpich() -> tuple[str, ...]:
    """The mpirun that belongs to this Python."""
    return (str(Path(sys.executable).with_name("mpirun")),)


@pytest.fixture(scope="session")
def session_environment(request) -> dict[str, str]:
    """Environment variables for programs that a fixture of the session starts."""
    return {**os.environ, "PYTHONPATH": str(request.config.rootpath)}
