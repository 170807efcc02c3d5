"""Receivers of their own for every shot: files, and a streamer that moves with the source."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from denise_py.errors import DataError, ParameterError
from denise_py.traces.su import read_su
from denise_py.workflow.setup import prepare
from tests.workflow.project import DH, SOURCES, Project

#: different numbers and places for each of the three shots
SPREADS = (
    [[30.0, 54.0], [40.0, 54.0], [50.0, 50.0]],
    [[60.0, 54.0]],
    [[70.0, 54.0], [80.0, 54.0], [90.0, 52.0], [96.0, 52.0]],
)
STREAMER = {"READREC": 2, "XREC1": 34, "YREC1": 50, "XREC2": 44, "YREC2": 50, "NGEOPH": 2}


def write_spreads(folder: Path, name: str = "r.dat.shot{}") -> dict[str, object]:
    for shot, spread in enumerate(SPREADS, start=1):
        np.savetxt(folder / name.format(shot), spread, fmt="%g")
    return {"READREC": 2, "REC_FILE": folder / "r.dat"}


def receivers_of(path: Path) -> np.ndarray:
    return read_su(path).gather().receivers


def test_every_shot_records_at_its_own_receivers(project: Project, tmp_path: Path):
    """As if each file had been the receiver file of a run of its own."""
    project.forward(tmp_path, SEISMO=4, **write_spreads(tmp_path))
    for shot, spread in enumerate(SPREADS, start=1):
        alone = tmp_path / f"alone{shot}"
        alone.mkdir()
        project.forward(alone, SEISMO=4, REC_FILE=tmp_path / f"r.dat.shot{shot}")
        for component in ("x", "y", "p", "div", "curl"):
            name = f"syn_{component}.su.shot{shot}"
            assert (tmp_path / name).read_bytes() == (alone / name).read_bytes()
        np.testing.assert_array_equal(receivers_of(tmp_path / f"syn_p.su.shot{shot}"), spread)


def test_file_names_of_black_edition(project: Project, tmp_path: Path):
    setup = prepare(project.settings(tmp_path, **write_spreads(tmp_path, "r.dat_shot_{}.dat")))
    for shot, spread in zip(setup.shots, SPREADS, strict=True):
        np.testing.assert_array_equal(shot.receivers.positions, spread)


def test_missing_file_of_a_shot_is_named(project: Project, tmp_path: Path):
    keys = write_spreads(tmp_path)
    (tmp_path / "r.dat.shot2").unlink()
    with pytest.raises(DataError) as caught:
        prepare(project.settings(tmp_path, **keys))
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{tmp_path / 'r.dat'}.shot2: file not found, and no")
    assert "r.dat_shot_2.dat" in line


def test_gradient_with_receivers_per_shot(project: Project, tmp_path: Path):
    """The slope of the misfit along a random direction, against differences of second order: the error of
    these is about 1e-6 of the slope for a relative step of 1e-4, that of the gradient is rounding."""
    keys = write_spreads(tmp_path)
    project.forward(tmp_path, SEIS_FILE=tmp_path / "obs", MFILE=project.folder / "true", **keys)
    objective, scaling, setup = project.objective(tmp_path, DATA_DIR=tmp_path / "obs", QUELLTYPB=1, **keys)
    p = scaling.vector(setup.model)
    direction = np.random.default_rng(1).standard_normal(p.shape)
    misfit, gradient = objective.misfit_and_gradient(p)
    step = 1e-4
    change = (objective.misfit(p + step * direction) - objective.misfit(p - step * direction)) / (2 * step)
    assert misfit > 0
    assert gradient @ direction == pytest.approx(change, rel=1e-4)


def test_data_must_have_the_traces_of_their_shot(project: Project, tmp_path: Path):
    keys = write_spreads(tmp_path)
    with pytest.raises(DataError, match=r"obs_x\.su\.shot2: holds 10 traces, but there are 1 receivers"):
        project.objective(tmp_path, **keys)


def test_streamer_moves_with_the_source(project: Project, tmp_path: Path):
    """The first source is at 30 m, so the end at 34 m is the first receiver."""
    project.forward(tmp_path, SEISMO=2, REC_FILE=tmp_path / "positions", **STREAMER)
    for shot, (x, _) in enumerate(SOURCES, start=1):
        expected = [[x + 4 + 2 * DH * k, 50.0] for k in range(3)]
        np.testing.assert_allclose(receivers_of(tmp_path / f"syn_p.su.shot{shot}"), expected)
        np.testing.assert_allclose(np.loadtxt(tmp_path / f"positions.shot{shot}"), expected)


def test_streamer_positions_can_be_read_back(project: Project, tmp_path: Path):
    base = {"SEISMO": 1, "REC_FILE": tmp_path / "positions"}
    project.forward(tmp_path, **base, **STREAMER)
    project.forward(tmp_path, **base, READREC=2, SEIS_FILE=tmp_path / "again")
    for shot in (1, 2, 3):
        first, second = (tmp_path / f"{name}_y.su.shot{shot}" for name in ("syn", "again"))
        assert first.read_bytes() == second.read_bytes()


def test_checking_writes_no_positions(project: Project, tmp_path: Path):
    prepare(project.settings(tmp_path, REC_FILE=tmp_path / "positions", **STREAMER))
    assert list(tmp_path.iterdir()) == []


def test_streamer_that_reaches_the_frame(project: Project, tmp_path: Path):
    """The frame of 8 nodes begins behind x = 104 m; shot 3 sits at 90 m."""
    keys = STREAMER | {"REC_FILE": tmp_path / "positions", "XREC2": 46}
    with pytest.raises(ParameterError, match=r"receiver 4 of shot 3 at x = 106 m, y = 50 m .* 18 to 104 m"):
        prepare(project.settings(tmp_path, **keys))


def test_streamer_needs_all_its_keys(project: Project, tmp_path: Path):
    keys = {k: v for k, v in STREAMER.items() if k != "NGEOPH"} | {"REC_FILE": tmp_path / "positions"}
    with pytest.raises(ParameterError, match=r"NGEOPH is missing.* XREC1 > 0"):
        project.settings(tmp_path, **keys)
