"""Snapshots of whole runs: they are what receivers record, in forward runs, in inversions, and in blocks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from denise_py.output.snapshot_merge import merge, plan_merge
from denise_py.output.snapshots import SnapshotFiles, read_snapshots
from denise_py.parameters.settings import Settings
from denise_py.traces.su import read_su
from tests.conftest import find_mpirun
from tests.workflow.project import DH, DT, Project

STEPS = range(30, 160, 50)
KEYS = {
    **{"SNAP": 4, "SNAP_FORMAT": 3, "TSNAP1": 30 * DT, "TSNAP2": 159 * DT, "TSNAPINC": 50 * DT},
    **{"SNAPSHOT_START": 1, "SNAPSHOT_END": 3, "SNAPSHOT_INCR": 2, "SNAP_FILE": "w"},
}
#: relative rounding of sums of a few numbers in single precision
SINGLE = 1e-6


def merged(settings: Settings) -> dict[str, np.ndarray]:
    """All snapshots of a run in this folder by component and shot, (number, ny, nx)."""
    files = SnapshotFiles.of(settings, 3)
    for join in plan_merge(files):
        merge(join, files)
    return {
        f"{name}{shot}": np.stack(read_snapshots(files, name, shot, range(len(files.steps))))
        for name in files.components
        for shot in files.shots
    }


@pytest.fixture(scope="module")
def alone(project: Project, tmp_path_factory) -> dict[str, np.ndarray]:
    """Snapshots of a run by one process, and its seismograms in the folder `alone`."""
    folder = tmp_path_factory.mktemp("alone")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        project.forward(folder, SEISMO=4, **KEYS)
        assert {path.name.split(".shot")[1] for path in folder.glob("w.bin.*")} == {"1.0.0", "3.0.0"}
        return merged(project.settings(folder, SEISMO=4, **KEYS)) | {"folder": folder}


@pytest.mark.parametrize("shot", [1, 3])
@pytest.mark.parametrize("component", ["vx", "vy", "p", "div", "rot"])
def test_snapshots_are_what_receivers_record(alone, component, shot):
    assert np.any(compare_with_receivers(alone["folder"], alone, component, shot))


def compare_with_receivers(folder: Path, snapshots: dict, component: str, shot: int) -> np.ndarray:
    """At the nodes of the receivers and the steps of the snapshots; div and curl but for the factor DT.
    Returns what was recorded."""
    recorded = {"vx": "x", "vy": "y", "vz": "z", "rot": "curl"}.get(component, component)
    gather = read_su(folder / f"syn_{recorded}.su.shot{shot}").gather()
    i, j = np.round(gather.receivers.T / DH).astype(int) - 1
    found = snapshots[f"{component}{shot}"][:, j, i]
    expected = gather.data[:, [n - 1 for n in STEPS]].T.astype(float)
    assert found.shape == (3, len(i))
    if component in ("div", "rot"):
        # differences of nearly equal numbers: relative to the whole field
        size = np.abs(snapshots[f"{component}{shot}"]).max()
        np.testing.assert_allclose(found, expected / DT, rtol=0, atol=SINGLE * size)
    else:
        np.testing.assert_array_equal(found, expected)
    return expected


def test_acoustic_waves(project, tmp_path):
    """As in the original there is a file of the curl, which is zero."""
    project.forward(tmp_path, SEISMO=4, ACOUSTIC=1, **KEYS)
    found = merged(project.settings(tmp_path, SEISMO=4, ACOUSTIC=1, **KEYS))
    assert len(found) == 10
    for component in ("vx", "vy", "p", "div"):
        assert np.any(compare_with_receivers(tmp_path, found, component, 3))
    assert not np.any(found["rot1"])


@pytest.mark.parametrize("snap", [1, 2, 4])
def test_shear_waves_have_one_component(project, tmp_path, snap):
    keys = KEYS | {"SNAP": snap, "WAVETYPE": 2, "QUELLART_SH": 1, "SEISMO": 1}
    project.forward(tmp_path, **keys)
    found = merged(project.settings(tmp_path, **keys))
    assert set(found) == {"vz1", "vz3"}
    assert np.any(compare_with_receivers(tmp_path, found, "vz", 3))


def test_all_snapshots_are_there(alone):
    assert set(alone) == {f"{c}{k}" for c in ("vx", "vy", "p", "div", "rot") for k in (1, 3)} | {"folder"}
    for name, array in alone.items():
        if name != "folder":
            assert np.all(np.any(array != 0, axis=(1, 2)))


@pytest.mark.parametrize(("npx", "npy", "groups"), [(2, 2, 1), pytest.param(2, 1, 2, marks=pytest.mark.slow)])
def test_blocks_write_the_same(project, tmp_path, environment, alone, npx, npy, groups):
    """Thinning in steps that do not divide the blocks of 30 x 20 points; two groups share the shots."""
    keys = KEYS | {"NPROCX": npx, "NPROCY": npy, "IDX": 4, "IDY": 3}
    file = project.file(tmp_path, SEISMO=0, **keys)
    command = [find_mpirun(), "-n", str(npx * npy * groups), sys.executable, "-c"]
    command += ["from denise_py.cli.main import main; main()", file.name]
    done = subprocess.run(command, cwd=tmp_path, env=environment, text=True, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "snapmerge run.json" in done.stdout
    assert len(list(tmp_path.glob("w.bin.*"))) == 2 * 5 * npx * npy
    for name, array in merged(project.settings(tmp_path, **keys)).items():
        expected = alone[name][:, ::3, ::4]
        size = np.abs(alone[name]).max()
        np.testing.assert_allclose(array, expected, rtol=0, atol=10 * SINGLE * size)


def test_one_process_that_cannot_write_ends_all(project, tmp_path, environment):
    file = project.file(tmp_path, NPROCX=2, **KEYS)
    (tmp_path / "w.bin.p.shot3.1.0").mkdir()
    command = [find_mpirun(), "-n", "2", sys.executable, "-c"]
    command += ["from denise_py.cli.main import main; main()", file.name]
    done = subprocess.run(command, cwd=tmp_path, env=environment, text=True, capture_output=True, timeout=120)
    assert done.returncode == 3
    assert done.stderr.count("w.bin.p.shot3.1.0: cannot be written (Is a directory)") == 1
    assert "Traceback" not in done.stderr


def test_text_holds_seven_digits(project, tmp_path, alone):
    keys = KEYS | {"SNAP": 2, "SNAP_FORMAT": 2, "SNAPSHOT_END": 1}
    project.forward(tmp_path, SEISMO=0, **keys)
    (found,) = merged(project.settings(tmp_path, **keys)).values()
    # half a unit of the seventh digit, and the rounding to single precision when it is read
    np.testing.assert_allclose(found, alone["p1"], rtol=5e-7 + 6e-8, atol=1e-44)
    assert [path.name for path in tmp_path.glob("w.*")] == ["w.shot1.asc.p"]


def test_time_zero_is_followed_by_the_first_increment(project, tmp_path, alone):
    """Where the original writes nothing."""
    keys = KEYS | {"SNAP": 1, "TSNAP1": 0.0, "TSNAPINC": 80 * DT}
    project.forward(tmp_path, SEISMO=0, **keys)
    found = merged(project.settings(tmp_path, **keys))["vx3"]
    assert np.array_equal(found[:1], alone["vx3"][1:2])
    assert len(found) == 1


def test_inversion_leaves_the_waves_of_the_last_gradient(project, tmp_path, alone):
    """After one iteration of PCG these are the waves in the start model: as a forward run."""
    keys = KEYS | {"SNAP": 1, "SNAPSHOT_INCR": 1}
    settings = project.settings(tmp_path, INVMAT=0, ITERMAX=1, **keys)
    assert "SNAP = 1 in an inversion" in settings.warnings[-1]
    project.invert(tmp_path, ITERMAX=1, **keys)
    found = merged(settings)
    assert set(found) == {f"{c}{k}" for c in ("vx", "vy") for k in (1, 2, 3)}
    for name in ("vx1", "vy3"):
        size = np.abs(alone[name]).max()
        np.testing.assert_allclose(found[name], alone[name], rtol=0, atol=10 * SINGLE * size)


def test_check_says_what_will_be_written(project, tmp_path, capsys, monkeypatch):
    from denise_py.cli.main import dispatch

    file = project.file(tmp_path, **KEYS)
    assert dispatch(["check", str(file)]) == 0
    (line,) = [text for text in capsys.readouterr().out.splitlines() if text.startswith("snapshots")]
    # 3 snapshots of 5 fields of 60 x 40 numbers of 4 bytes for 2 shots
    assert line.split(None, 1)[1] == "3 from 0.03 to 0.13 s of x, y, p, div, rot for 2 shots, 0.275 MiB"
    assert not Path("w.bin.x.shot1.0.0").exists()


def test_both_kinds_of_waves_in_one_run(project, tmp_path, alone):
    keys = KEYS | {"WAVETYPE": 3, "QUELLART_SH": 1, "SEISMO": 4}
    project.forward(tmp_path, **keys)
    found = merged(project.settings(tmp_path, **keys))
    assert set(found) == {f"{c}{k}" for c in ("vx", "vy", "vz", "p", "div", "rot") for k in (1, 3)}
    for name in found.keys() - {"vz1", "vz3"}:
        np.testing.assert_array_equal(found[name], alone[name])
    assert np.any(compare_with_receivers(tmp_path, found, "vz", 1))
