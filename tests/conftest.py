"""What all tests share: MPI tests, the optional folder of reference cases.

`@pytest.mark.mpi(n)` marks a test that n processes run together. The pytest that meets it starts
`mpirun -n N python -m pytest --mpi-inner NODEID` and reports the output if that fails; the processes inside
run the test function itself, in which the fixture `comm` is the communicator of all of them.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from denise_py.parallel.comm import Comm, SerialComm, connect

MPI_TIMEOUT = 600.0  # s; a cold start compiles the kernels of all waves
"""Seconds after which an MPI test counts as hanging."""


def pytest_addoption(parser):
    parser.addoption(
        "--mpi-inner", action="store_true", help="this pytest is one of the processes of an MPI test"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Replace the call of an MPI test by its launch, unless this is one of the launched processes."""
    marker = pyfuncitem.get_closest_marker("mpi")
    if marker is None or pyfuncitem.config.getoption("--mpi-inner"):
        return None
    failure = launch_mpi_test(marker.args[0], pyfuncitem.nodeid, pyfuncitem.config.rootpath)
    if failure:
        pytest.fail(failure, pytrace=False)
    return True


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Inside mpirun: a process whose test fails must not leave the others waiting for its messages."""
    outcome = yield
    report = outcome.get_result()
    if report.failed and item.config.getoption("--mpi-inner"):
        comm = connect()
        print(f"--- rank {comm.rank} of {comm.size} ---\n{report.longreprtext}", file=sys.stderr, flush=True)
        time.sleep(0.5)  # the others may have something to say, too
        comm.abort(1)


def launch_mpi_test(processes: int, nodeid: str, folder: Path) -> str:
    """Run one test under mpirun; the output if it failed, an empty string otherwise."""
    command = [find_mpirun(), "-n", str(processes), sys.executable, "-m", "pytest", "--mpi-inner"]
    command += ["-o", "addopts=", "-q", "-p", "no:cacheprovider", "--capture=no", nodeid]
    no_plugins = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # halves the time a launch takes
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=clean_environment() | {"PYTHONPATH": os.pathsep.join(sys.path), **no_plugins},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=MPI_TIMEOUT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        return f"no end after {MPI_TIMEOUT} s\n{output}"
    if process.returncode == 0 and output.count("1 passed") == processes:
        return ""
    return f"exit code {process.returncode} of {processes} processes\n{output}"


def find_mpirun() -> str:
    """The mpirun installed beside this Python, else the one on the PATH."""
    beside = Path(sys.executable).parent / "mpirun"
    found = str(beside) if beside.exists() else shutil.which("mpirun")
    if found is None:
        pytest.fail("MPI tests need mpirun: pip install 'denise-py[mpi]'", pytrace=False)
    return found


def find_open_mpi() -> list[str]:
    """Open MPI's mpirun, if it is installed on this machine, ready for more processes than cores."""
    for name in ("mpirun.openmpi", "mpirun"):
        path = shutil.which(name)
        if path and "Open MPI" in subprocess.run([path, "--version"], text=True, capture_output=True).stdout:
            return [path, "--oversubscribe"]
    pytest.skip("Open MPI is not installed on this machine")


def clean_environment() -> dict[str, str]:
    """The environment without what launchers leave in it."""
    launcher = ("PMI", "OMPI_", "SLURM_", "MPI_LOCAL", "HYD", "MPI4PY_")
    return {name: value for name, value in os.environ.items() if not name.startswith(launcher)}


@pytest.fixture
def comm(request) -> Comm:
    """The processes of an MPI test; a single process for all other tests."""
    return connect() if request.config.getoption("--mpi-inner") else SerialComm()


@pytest.fixture
def environment(request) -> dict[str, str]:
    """Environment variables for a program that is to find the package and no trace of a launcher."""
    # Open MPI asks for these in containers, where everything belongs to root.
    as_root = dict.fromkeys(["OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"], "1")
    package = {"PYTHONPATH": str(request.config.rootpath)}
    return clean_environment() | package | (as_root if os.geteuid() == 0 else {})


@pytest.fixture
def openmpi() -> list[str]:
    """The command line of Open MPI's mpirun; skips the test where it is not installed."""
    return find_open_mpi()


@pytest.fixture(params=["mpich", "openmpi"])
def mpirun(request) -> list[str]:
    """The command lines of the mpirun programs a user may meet, one after the other."""
    return [find_mpirun()] if request.param == "mpich" else find_open_mpi()


@pytest.fixture(scope="session")
def reference_dir(request) -> Path:
    """The folder of cases computed with the original program, an optional neighbour of the checkout."""
    folder = request.config.rootpath.parent / "shared" / "reference"
    if not folder.is_dir():
        pytest.skip(f"reference cases of the original program not found in {folder}")
    return folder
