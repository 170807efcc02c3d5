"""The same inversion on several processes.

Shots are dealt to groups and summed in their own order: the result is the same bit by bit for any number of
groups. Blocks of the grid compute every node from the same numbers, but the compiler may round the points at
the end of a row in another way: agreement to single precision.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from denise_py.traces.su import read_su
from tests.conftest import find_mpirun
from tests.workflow.project import NAMES, Project, read_grid

KEYS = {
    "INVMAT": 0,
    "GRAD_METHOD": 2,
    "ITERMAX": 2,
    "EPRECOND": 1,
    "EPRECOND_PER_SHOT": 1,
    "SEISMO": 5,
    "TIME_FILT": 1,
    "FC_START": 30,
    "FC_END": 30,
    "FC_INCR": 0,
    "ORDER": 4,
}
PCG = {
    "GRAD_METHOD": 1,
    "TESTSHOT_START": 1,
    "TESTSHOT_END": 3,
    "TESTSHOT_INCR": 2,
    "SWS_TAPER_CIRCULAR_PER_SHOT": 1,
}
PCG |= {"SRTRADIUS": 12.0, "EPRECOND": 0}
#: relative difference of models whose simulations round differently in single precision, after two
#: iterations of changes of some per cent
SINGLE = 1e-6


def launch(processes: int, file: Path, environment: dict[str, str]) -> None:
    """Run `denise FILE` in the folder of the file."""
    command = [sys.executable, "-c", "from denise_py.cli.main import main; main()", file.name]
    if processes > 1:
        command = [find_mpirun(), "-n", str(processes), *command]
    done = subprocess.run(
        command, cwd=file.parent, env=environment, text=True, capture_output=True, timeout=120
    )
    assert done.returncode == 0, done.stderr + done.stdout


@pytest.fixture(scope="module")
def alone(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the run by one process."""
    folder = tmp_path_factory.mktemp("alone")
    project.invert(folder, **KEYS)
    return folder


@pytest.fixture(scope="module")
def alone_pcg(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("alone_pcg")
    project.invert(folder, **(KEYS | PCG))
    return folder


def files(folder: Path, pattern: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob(pattern))}


@pytest.mark.parametrize(
    "groups", [2, pytest.param(3, marks=pytest.mark.slow), pytest.param(4, marks=pytest.mark.slow)]
)
def test_groups_of_one_process_change_nothing_bitwise(project, tmp_path, environment, alone, groups):
    """Models, gradients, weights, seismograms and the misfit log; the fourth group has no shot."""
    launch(groups, project.file(tmp_path, **KEYS), environment)
    for pattern in ("inv_*", "jac_*", "syn_*", "misfit.dat"):
        expected = files(alone, pattern)
        assert expected
        assert files(tmp_path, pattern) == expected


def test_groups_with_test_shots_and_tapers(project, tmp_path, environment, alone_pcg):
    """The test shots 1 and 3 are dealt to two groups, one each."""
    launch(2, project.file(tmp_path, **(KEYS | PCG)), environment)
    for pattern in ("inv_*", "jac_*", "misfit.dat"):
        assert files(tmp_path, pattern) == files(alone_pcg, pattern)


def test_groups_with_selected_and_processed_data(project, tmp_path, environment):
    """A misfit that depends on the number of all traces, some of which are killed; filtered data as files."""
    np.savetxt(tmp_path / "kill.dat", np.eye(10, 3), fmt="%d")
    for shot in (1, 2, 3):
        np.savetxt(tmp_path / f"picks_{shot}.dat", np.full(10, 0.09))
    keys = {"LNORM": 7, "TRKILL": 1, "TRKILL_FILE": tmp_path / "kill", "NORMALIZE": 1, "ITERMAX": 1}
    keys |= {"TIMEWIN": 1, "PICKS_FILE": tmp_path / "picks", "TWLENGTH_PLUS": 0.03, "TWLENGTH_MINUS": 0.03}
    keys |= {"GAMMA": 1e4, "WRITE_FILTERED_DATA": 1, "VELOCITY": 0}
    folders = tmp_path / "one", tmp_path / "two"
    for folder in folders:
        folder.mkdir()
    project.invert(folders[0], **(KEYS | keys))
    launch(2, project.file(folders[1], **(KEYS | keys)), environment)
    for pattern in ("inv_*", "jac_*", "*measured*", "misfit.dat"):
        assert files(folders[0], pattern)
        assert files(folders[1], pattern) == files(folders[0], pattern)


@pytest.mark.parametrize(
    ("npx", "npy", "groups"),
    [
        (2, 1, 1),
        (1, 2, 1),
        pytest.param(2, 2, 1, marks=pytest.mark.slow),
        pytest.param(2, 1, 2, marks=pytest.mark.slow),
        pytest.param(3, 1, 1, marks=pytest.mark.slow),
    ],
)
def test_blocks_agree_to_single_precision(project, tmp_path, environment, alone, npx, npy, groups):
    launch(npx * npy * groups, project.file(tmp_path, NPROCX=npx, NPROCY=npy, **KEYS), environment)
    for name in NAMES:
        found, expected = (
            read_grid(folder / f"inv_{name}.bin").astype(float) for folder in (tmp_path, alone)
        )
        np.testing.assert_allclose(found, expected, rtol=SINGLE)
    misfits = [np.loadtxt(folder / "misfit.dat")[:, 6:8] for folder in (tmp_path, alone)]
    np.testing.assert_allclose(*misfits, rtol=1e-4)


def test_forward_run_of_two_groups(project, tmp_path, environment):
    launch(2, project.file(tmp_path, SEISMO=4, MFILE=project.folder / "true"), environment)
    for shot in (1, 2, 3):
        for component in "xyp":
            name = f"{component}.su.shot{shot}"
            assert (tmp_path / f"syn_{name}").read_bytes() == (project.folder / f"obs_{name}").read_bytes()
        assert np.any(read_su(tmp_path / f"syn_div.su.shot{shot}").data)


def test_missing_data_end_all_processes_with_one_message(project, tmp_path, environment):
    file = project.file(tmp_path, **(KEYS | {"DATA_DIR": "nowhere"}))
    command = [find_mpirun(), "-n", "2", sys.executable, "-c", "from denise_py.cli.main import main; main()"]
    done = subprocess.run(
        [*command, file.name], cwd=tmp_path, env=environment, text=True, capture_output=True, timeout=120
    )
    assert done.returncode != 0
    assert done.stderr.count("nowhere_x.su.shot1") == 1
