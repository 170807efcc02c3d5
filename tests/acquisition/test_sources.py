"""Source files, plane waves, placement."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from denise_py.acquisition.placement import frame_warnings
from denise_py.acquisition.sources import Source, place, plane_wave, read_source_file
from denise_py.errors import DataError, ParameterError
from denise_py.grid import Grid
from denise_py.traces.su import read_su

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference"
GRID = Grid(120, 80, 0.5)


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "source.dat"
    path.write_text(text, encoding="utf-8")
    return path


def at(x: float, y: float) -> Source:
    return Source(x, y, 0.0, 30.0, 1.0, 0.0, 1, "source.dat: line 2")


def test_all_columns(tmp_path: Path):
    path = write(tmp_path, "2 sources\n20.5 99 6.25 0.01 30 -1e6 30 4\n25 0 6 0 25 2\n")
    first, second = read_source_file(path, 3).sources
    assert first == Source(20.5, 6.25, 0.01, 30.0, -1e6, 30.0, 4)
    assert second == Source(25.0, 6.0, 0.0, 25.0, 2.0, 0.0, 3)
    assert first.origin == f"{path}: line 2"
    assert read_source_file(path, 3).warnings == ()


def test_comments_blank_lines_and_windows_files(tmp_path: Path):
    text = "\ufeff# sources\r\n\r\n1\r\n% x z y td fc amp\r\n20 0 6 0 30 1e6 # middle\r\n\r\n"
    table = read_source_file(write(tmp_path, text), 1)
    assert table.sources == (Source(20.0, 6.0, 0.0, 30.0, 1e6, 0.0, 1),)
    assert table.warnings == ()


GOOD = "20 0 6 0 30 1e6"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file holds no numbers"),
        ("many\n" + GOOD, "line 1: the number of sources must be a number, found 'many'"),
        ("1.5\n" + GOOD, "line 1: the number of sources must be a whole number, found '1.5'"),
        ("0\n" + GOOD, "line 1: the number of sources must be at least 1, found 0"),
        ("3\n" + GOOD + "\n" + GOOD, "line 1: announces 3 sources, but only 2 lines follow"),
        ("1\n20 0 6 0 30", "line 2: the amplitude is missing (column 6): '20 0 6 0 30'"),
        ("1\n20 0 6 0", "line 2: the centre frequency is missing (column 5)"),
        ("1\n20 0", "line 2: y is missing (column 3)"),
        ("1\n\n20 0 6 O 30 1", "line 3: the delay must be a number, found 'O'"),
        ("1\n20 0 6 0 nan 1", "line 2: the centre frequency must be a finite number, found 'nan'"),
        ("1\n20 0 6 0 30 inf", "line 2: the amplitude must be a finite number, found 'inf'"),
        ("1\n20 0 6 0 0 1", "line 2: the centre frequency must be positive, found 0 Hz"),
        ("1\n20 0 6 0 -5 1", "line 2: the centre frequency must be positive, found -5 Hz"),
        ("1\n20 0 6 0 30 1 0 5", "line 2: source type 5 is unknown"),
        ("1\n20 0 6 0 30 1 0 0", "line 2: source type 0 is unknown"),
        ("1\n20 0 6 0 30 1 0 2.5", "line 2: the source type must be a whole number"),
        ("1\n20 0 6 0 30 1 east", "line 2: the azimuth must be a number, found 'east'"),
    ],
)
def test_bad_files(tmp_path: Path, text: str, message: str):
    path = write(tmp_path, text)
    with pytest.raises(DataError) as caught:
        read_source_file(path, 1)
    assert f"{path}: {message}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_binary_file(tmp_path: Path):
    path = tmp_path / "source.dat"
    path.write_bytes(bytes(range(256)) * 4)
    with pytest.raises(DataError, match="must be a number"):
        read_source_file(path, 1)


def test_missing_file(tmp_path: Path):
    with pytest.raises(DataError, match=r"none\.dat: file not found"):
        read_source_file(tmp_path / "none.dat", 1)


def test_extra_lines_are_ignored_with_a_warning(tmp_path: Path):
    table = read_source_file(write(tmp_path, f"1\n{GOOD}\n\n{GOOD}\nanything\n"), 1)
    assert len(table.sources) == 1
    assert len(table.warnings) == 1
    assert "line 4: 2 lines after the 1 announced" in table.warnings[0]


def test_doubtful_azimuths(tmp_path: Path):
    text = f"3\n{GOOD} 30 2\n{GOOD}\n{GOOD} 10 4\n"
    useless, lacking = read_source_file(write(tmp_path, text), 4).warnings
    assert "the azimuth of 1 sources (first in line 2) has no effect" in useless
    assert "1 rotated forces (first in line 3) have no azimuth" in lacking


# --------------------------------------------------------------------------------------- placement


@pytest.mark.parametrize(
    ("x", "y", "node"),
    [
        (20.0, 6.0, (40, 12)),
        (20.24, 5.76, (40, 12)),
        (20.25, 5.75, (41, 12)),  # halves go up
        (0.25, 0.25, (1, 1)),
        (60.0, 40.0, (120, 80)),
    ],
)
def test_nearest_node(x: float, y: float, node: tuple[int, int]):
    assert place(at(x, y), GRID) == node


def test_ties_are_decided_in_single_precision():
    """2.5 / 0.2 = 12.5 in single precision, which rounds up."""
    assert place(at(2.5, 1.0), Grid(20, 20, 0.2)) == (13, 5)


@pytest.mark.parametrize("count", [100, 41, 7])
@pytest.mark.parametrize("dh", [0.57, 0.1, 1.1])
def test_last_node_is_reached_with_any_spacing(count: int, dh: float):
    assert place(at(round(count * dh, 2), dh), Grid(count, 3, dh)) == (count, 1)


@pytest.mark.parametrize(
    ("x", "y", "axis", "value"),
    [
        (0.24, 6.0, "x", "0.24"),
        (0.0, 6.0, "x", "0"),
        (-3.0, 6.0, "x", "-3"),
        (60.1, 6.0, "x", "60.1"),
        (1e9, 6.0, "x", "1e+09"),
        (20.0, 0.2, "y", "0.2"),
        (20.0, 40.2, "y", "40.2"),
    ],
)
def test_outside_the_grid(x: float, y: float, axis: str, value: str):
    limit = {"x": "60", "y": "40"}[axis]
    with pytest.raises(DataError) as caught:
        place(at(x, y), GRID)
    text = str(caught.value)
    assert text.startswith(f"source.dat: line 2: the source at {axis} = {value} m lies outside the grid")
    assert f"(0.25 to {limit} m;" in text


FRAME = {"free_surface": True, "periodic": False}


@pytest.mark.parametrize(
    ("node", "changes", "inside"),
    [
        ((10, 40), {}, True),
        ((11, 40), {}, False),
        ((110, 40), {}, False),
        ((111, 40), {}, True),
        ((10, 40), {"periodic": True}, False),
        ((60, 70), {}, False),
        ((60, 71), {}, True),
        ((60, 71), {"periodic": True}, True),
        ((60, 1), {}, False),
        ((60, 10), {"free_surface": False}, True),
        ((60, 11), {"free_surface": False}, False),
    ],
)
def test_frame(node: tuple[int, int], changes: dict, inside: bool):
    warnings = frame_warnings(np.array([node]), GRID, 10, what="sources", **(FRAME | changes))
    assert len(warnings) == int(inside)


def test_frame_warning_counts_and_names_the_first():
    nodes = np.array([[60, 40], [5, 40], [6, 40]])
    (warning,) = frame_warnings(nodes, GRID, 10, what="receivers", **FRAME)
    assert "2 of 3 receivers" in warning
    assert "number 2 at x = 2.5 m, y = 20 m" in warning
    assert frame_warnings(nodes, GRID, 0, what="receivers", **FRAME) == ()


# -------------------------------------------------------------------------------------- plane waves


def test_plane_wave():
    sources = plane_wave(10.0, 10.0, 0.04, 3, GRID)
    assert len(sources) == 120
    assert [place(source, GRID)[0] for source in sources] == list(range(1, 121))
    last = sources[-1]
    assert (last.x, last.delay, last.amplitude, last.azimuth, last.type) == (60.0, 0.0, 1.0, 0.0, 3)
    assert {source.y for source in sources} == {10.0}
    assert plane_wave(10.0, 10.0, 0.04, 4, GRID)[0].azimuth == -10.0
    assert last.frequency == pytest.approx(25.0)


@pytest.mark.parametrize("depth", [0.0, 0.2, 40.5, 50.0])
def test_plane_wave_outside_the_grid(depth: float):
    with pytest.raises(ParameterError, match="PLANE_WAVE_DEPTH"):
        plane_wave(depth, 5.0, 0.04, 3, GRID)


# --------------------------------------------------------------------------------- the original's files


@pytest.mark.skipif(not REFERENCE.exists(), reason="the reference cases are not beside the checkout")
def test_source_positions_of_the_original():
    """The headers hold the coordinates of the file, unrounded."""
    for case in ("fwd_psv_mixed_types", "fwd_psv_offgrid", "fwd_psv_delay_q1"):
        sources = read_source_file(REFERENCE / case / "source.dat", 3).sources
        for shot, source in enumerate(sources, start=1):
            gather = read_su(REFERENCE / case / f"expected/su/s_y.su.shot{shot}").gather()
            np.testing.assert_allclose(gather.source, [source.x, source.y], atol=5e-4)
    types = [
        source.type for source in read_source_file(REFERENCE / "fwd_psv_mixed_types/source.dat", 3).sources
    ]
    assert types == [1, 2, 3, 4]
