"""A forward run: what it writes, under which names, in which format."""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.traces.su import read_su
from tests.workflow.project import DT, NT, RECEIVERS, SOURCES, Project, read_grid

COMPONENTS = {"x": "VX", "y": "VY", "p": "P", "div": "DIV", "curl": "CURL"}
OF_SEISMO = {1: "x y", 2: "p", 3: "div curl", 4: "x y p div curl", 5: "x y p"}


def observed(project: Project, component: str, shot: int) -> np.ndarray:
    return read_su(project.folder / f"obs_{component}.su.shot{shot}").data


@pytest.mark.parametrize("seismo", list(OF_SEISMO))
def test_files_under_a_prefix(project, tmp_path, seismo):
    project.forward(tmp_path, SEISMO=seismo)
    expected = {f"syn_{c}.su.shot{k}" for c in OF_SEISMO[seismo].split() for k in (1, 2, 3)}
    assert {path.name for path in tmp_path.iterdir()} == expected


def test_files_under_names_per_component(project, tmp_path):
    names = {f"SEIS_FILE_{key}": tmp_path / f"{c}.su" for c, key in COMPONENTS.items()}
    project.forward(tmp_path, SEISMO=4, SEIS_FILE=None, **names)
    expected = {f"{c}.su.shot{k}.it1" for c in COMPONENTS for k in (1, 2, 3)}
    assert {path.name for path in tmp_path.iterdir()} == expected
    project.forward(tmp_path, SEISMO=4)
    for component in COMPONENTS:
        one = (tmp_path / f"{component}.su.shot2.it1").read_bytes()
        assert one == (tmp_path / f"syn_{component}.su.shot2").read_bytes()


def test_no_recording_writes_nothing(project, tmp_path):
    project.forward(tmp_path, SEISMO=0)
    assert list(tmp_path.iterdir()) == []


def test_su_files_carry_geometry_and_waves(project):
    for shot, source in enumerate(SOURCES, start=1):
        found = read_su(project.folder / f"obs_y.su.shot{shot}")
        gather = found.gather()
        assert found.data.shape == (len(RECEIVERS), NT)
        assert found.dt == pytest.approx(DT)
        assert np.array_equal(gather.source, source)
        # positions are those of the nodes the receivers sit on
        assert np.all(np.abs(gather.receivers - RECEIVERS) <= 1.0)
        assert np.all(np.any(found.data != 0, axis=1))
    # the wave is where the source is: the nearest receiver hears the middle shot first
    peak = np.argmax(np.abs(observed(project, "y", 2)), axis=1)
    assert peak[4] == peak.min()
    assert peak[0] > peak[4] < peak[-1]


@pytest.mark.parametrize("every", [3, 7])
def test_ndt_keeps_every_nth_sample(project, tmp_path, every):
    project.forward(tmp_path, SEISMO=1, NDT=every, MFILE=project.folder / "true")
    found = read_su(tmp_path / "syn_x.su.shot1")
    assert found.dt == pytest.approx(every * DT)
    assert np.array_equal(found.data, observed(project, "x", 1)[:, every - 1 :: every])


@pytest.mark.parametrize("kind", [2, 3])
def test_formats_without_headers(project, tmp_path, kind):
    project.forward(tmp_path, SEISMO=2, SEIS_FORMAT=kind, MFILE=project.folder / "true")
    path, expected = tmp_path / "syn_p.su.shot3", observed(project, "p", 3).ravel()
    if kind == 2:
        np.testing.assert_allclose(np.loadtxt(path), expected, rtol=1e-6)
    else:
        assert np.array_equal(np.fromfile(path, "<f4"), expected)


def test_simultaneous_sources_are_one_shot_and_add_up(project, tmp_path):
    project.forward(tmp_path, SEISMO=1, RUN_MULTIPLE_SHOTS=0, MFILE=project.folder / "true")
    assert {path.name for path in tmp_path.iterdir()} == {"syn_x.su.shot1", "syn_y.su.shot1"}
    found = read_su(tmp_path / "syn_y.su.shot1").data
    expected = sum(observed(project, "y", shot) for shot in (1, 2, 3))
    # single precision: a few thousand operations on values of the largest amplitude
    assert np.max(np.abs(found - expected)) <= 1e-5 * np.abs(expected).max()


def test_idle_keys_of_an_inversion_do_not_filter_a_forward_run(project, tmp_path):
    project.forward(tmp_path, SEISMO=1, TIME_FILT=1, FC_START=10, FC_END=10, FC_INCR=0, ORDER=4)
    project.forward(tmp_path, SEISMO=1, SEIS_FILE=tmp_path / "without")
    for name in ("x.su.shot1", "y.su.shot3"):
        assert (tmp_path / f"syn_{name}").read_bytes() == (tmp_path / f"without_{name}").read_bytes()


def test_the_log_says_how_far_the_run_is(project, tmp_path):
    log = project.forward(tmp_path, SEISMO=1)
    assert [line.split(" (")[0] for line in log if line.startswith("shot")] == [
        f"shot {k} of 3 done" for k in (1, 2, 3)
    ]
    assert "forward modelling of 3 shots" in log[-1]


def test_a_receiver_line_of_the_parameter_file(project, tmp_path):
    line = {"READREC": 0, "XREC1": 20, "YREC1": 54, "XREC2": 60, "YREC2": 54, "NGEOPH": 5}
    project.forward(tmp_path, SEISMO=1, MFILE=project.folder / "true", **line)
    found = read_su(tmp_path / "syn_y.su.shot1")
    assert found.gather().receivers[:, 0].tolist() == [20.0, 30.0, 40.0, 50.0, 60.0]
    # one of them is at the place of the first receiver of the file
    assert np.array_equal(found.data[0], observed(project, "y", 1)[0])


def test_div_and_curl_follow_from_the_velocities(project, tmp_path):
    """DENISE's scaling: derivatives per metre, times dt sqrt(vp) or dt sqrt(vs)."""
    i, j = 41, 20
    cross = [(i + k, j) for k in (-2, -1, 0, 1, 2)] + [(i, j + k) for k in (-2, -1, 1, 2)]
    np.savetxt(tmp_path / "r.dat", 2.0 * np.array(cross), fmt="%g")
    project.forward(tmp_path, SEISMO=4, REC_FILE=tmp_path / "r.dat")
    traces = {c: read_su(tmp_path / f"syn_{c}.su.shot1").data.astype(float) for c in COMPONENTS}
    vx, vy = ({node: traces[c][n] for n, node in enumerate(cross)} for c in "xy")
    # weights of the fourth-order staggered operator, backward and forward
    div = 9 / 8 * (vx[i, j] - vx[i - 1, j]) - 1 / 24 * (vx[i + 1, j] - vx[i - 2, j])
    div += 9 / 8 * (vy[i, j] - vy[i, j - 1]) - 1 / 24 * (vy[i, j + 1] - vy[i, j - 2])
    curl = 9 / 8 * (vx[i, j + 1] - vx[i, j]) - 1 / 24 * (vx[i, j + 2] - vx[i, j - 1])
    curl -= 9 / 8 * (vy[i + 1, j] - vy[i, j]) - 1 / 24 * (vy[i + 2, j] - vy[i - 1, j])
    vp, vs = (read_grid(project.folder / f"start.{name}")[j - 1, i - 1] for name in ("vp", "vs"))
    for found, expected in (
        (traces["div"][2], div / 2.0 * DT * np.sqrt(vp)),
        (traces["curl"][2], curl / 2.0 * DT * np.sqrt(vs)),
    ):
        assert np.abs(found - expected).max() <= 1e-4 * np.abs(expected).max()


def test_one_sided_surface_changes_the_seismograms_a_little(project, tmp_path):
    project.forward(tmp_path, SEISMO=1, MFILE=project.folder / "true", SURFACE_SCHEME=1)
    for shot in (1, 2, 3):
        images = observed(project, "y", shot)
        one_sided = read_su(tmp_path / f"syn_y.su.shot{shot}").data
        change = np.linalg.norm(one_sided - images) / np.linalg.norm(images)
        assert 0.01 < change < 0.6
