"""Receivers from files, lines and arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from denise_py.acquisition.receivers import (
    moving_line,
    read_receiver_file,
    receiver_array,
    receiver_line,
)
from denise_py.errors import DataError, ParameterError
from denise_py.grid import Grid
from denise_py.traces.su import read_su

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference"
GRID = Grid(120, 100, 0.5)


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "receiver.dat"
    path.write_text(text)
    return path


# --------------------------------------------------------------------------------------------- files


def test_file_with_everything_that_is_allowed(tmp_path: Path):
    text = (
        "# spread A\n10 9.76\r\n\n 15.3\t10.2 comment 7\n%20 10\n20.75 9.75 # last"  # no newline at the end
    )
    receivers = read_receiver_file(write(tmp_path, text), GRID)
    assert receivers.nodes.tolist() == [[20, 20], [31, 20], [42, 20]]
    np.testing.assert_allclose(receivers.positions, [[10, 10], [15.5, 10], [21, 10]])
    assert receivers.positions.dtype == np.float64
    assert receivers.ntr == 3
    assert receivers.warnings == ()
    assert not receivers.from_line


def test_shift_moves_the_receivers(tmp_path: Path):
    receivers = read_receiver_file(write(tmp_path, "10 5\n"), GRID, (1.0, -0.5))
    assert receivers.nodes.tolist() == [[22, 9]]
    assert receivers.shift.tolist() == [1.0, -0.5]


def test_first_of_several_at_a_node_is_kept(tmp_path: Path):
    receivers = read_receiver_file(write(tmp_path, "10 5\n20 5\n10.1 5\n20 5.2\n30 5\n"), GRID)
    assert receivers.nodes.tolist() == [[20, 10], [40, 10], [60, 10]]
    (warning,) = receivers.warnings
    assert "2 of 5 receivers share their node" in warning
    assert "3 remain" in warning


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file holds no numbers"),
        ("# only\n", "the file holds no numbers"),
        ("10 5\n20\n", "line 2: y is missing (column 2): '20'"),
        ("10 5\n\n20 deep\n", "line 3: y must be a number, found 'deep'"),
        ("x y\n10 5\n", "line 1: x must be a number, found 'x'"),
        ("10 nan\n", "line 1: y must be a finite number, found 'nan'"),
        ("10 5\n0.2 5\n", "line 2: receiver at x = 0.2 m, y = 5 m lies outside the grid"),
        ("10 0\n", "line 1: receiver at x = 10 m, y = 0 m lies outside the grid"),
        ("-1 5\n", "line 1: receiver at x = -1 m, y = 5 m lies outside the grid"),
        ("60.3 5\n", "line 1: receiver at x = 60.3 m"),
        ("10 50.3\n", "reach from 0.5 to 60 m in x and to 50 m in y"),
    ],
)
def test_bad_files(tmp_path: Path, text: str, message: str):
    path = write(tmp_path, text)
    with pytest.raises(DataError) as caught:
        read_receiver_file(path, GRID)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_message_tells_that_the_shift_is_included(tmp_path: Path):
    with pytest.raises(DataError, match=r"x = 70 m, y = 5 m \(shift included\)"):
        read_receiver_file(write(tmp_path, "10 5\n"), GRID, (60.0, 0.0))


# --------------------------------------------------------------------------------------------- lines


def line_nodes(start: tuple[float, float], end: tuple[float, float], spacing: int) -> list[list[int]]:
    return receiver_line(start, end, spacing, GRID).nodes.tolist()


def test_horizontal_line():
    nodes = line_nodes((10.0, 5.0), (14.0, 5.0), 3)
    assert nodes == [[20, 10], [23, 10], [26, 10]]  # the end, 28, is not met


def test_vertical_line():
    assert line_nodes((10.0, 5.0), (10.0, 7.0), 2) == [[20, 10], [20, 12], [20, 14]]


def test_dipping_line_follows_its_slope():
    """From node (20, 10) to (40, 15): slope 1/4, halves go up (towards larger y)."""
    nodes = line_nodes((10.0, 5.0), (20.0, 7.5), 2)
    assert [i for i, _ in nodes] == list(range(20, 41, 2))
    assert [j for _, j in nodes] == [10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 15]


def test_steep_line_is_stepped_in_y():
    nodes = line_nodes((10.0, 5.0), (12.0, 15.0), 10)
    assert nodes == [[20, 10], [22, 20], [24, 30]]


def test_reversed_line_starts_at_its_first_end():
    assert line_nodes((14.0, 5.0), (10.0, 5.0), 4) == [[28, 10], [24, 10], [20, 10]]
    assert line_nodes((10.0, 7.0), (10.0, 5.0), 2) == [[20, 14], [20, 12], [20, 10]]
    forwards, backwards = line_nodes((10.0, 5.0), (20.0, 7.5), 2), line_nodes((20.0, 7.5), (10.0, 5.0), 2)
    assert backwards == forwards[::-1]


def test_coinciding_ends_give_one_receiver():
    assert line_nodes((10.0, 5.0), (10.1, 5.2), 3) == [[20, 10]]


def test_line_keeps_the_shift_without_using_it():
    receivers = receiver_line((10.0, 5.0), (14.0, 5.0), 3, GRID, (2.0, 1.0))
    assert receivers.nodes[0].tolist() == [20, 10]
    assert receivers.shift.tolist() == [2.0, 1.0]
    assert receivers.from_line


def test_impossible_lines():
    with pytest.raises(ParameterError, match="NGEOPH = 0"):
        receiver_line((10.0, 5.0), (14.0, 5.0), 0, GRID)
    with pytest.raises(ParameterError, match=r"XREC1, YREC1 = 0, 5 m"):
        receiver_line((0.0, 5.0), (14.0, 5.0), 1, GRID)
    with pytest.raises(ParameterError, match=r"XREC2, YREC2 = 14, 51 m"):
        receiver_line((1.0, 5.0), (14.0, 51.0), 1, GRID)


# -------------------------------------------------------------------------------------------- arrays


def test_array():
    receivers = receiver_array(2, 5.0, 4.0, 40, 10, GRID)
    assert receivers.nodes.tolist() == [[10, 10], [50, 10], [90, 10], [10, 18], [50, 18], [90, 18]]
    assert not receivers.from_line


def test_array_without_frame_starts_at_the_first_node():
    assert receiver_array(1, 5.0, 0.0, 60, 0, GRID).nodes.tolist() == [[1, 10], [61, 10]]


def test_impossible_arrays():
    with pytest.raises(ParameterError, match="DRX = 0"):
        receiver_array(1, 5.0, 0.0, 0, 10, GRID)
    with pytest.raises(ParameterError, match="REC_ARRAY_DEPTH"):
        receiver_array(3, 5.0, 30.0, 5, 10, GRID)
    with pytest.raises(ParameterError, match="leaves no room"):
        receiver_array(1, 5.0, 0.0, 5, 61, GRID)


# --------------------------------------------------------------------------------- the original's files

needs_reference = pytest.mark.skipif(
    not REFERENCE.exists(), reason="the reference cases are not beside the checkout"
)


def original_positions(case: str) -> np.ndarray:
    return read_su(REFERENCE / case / "expected/su/s_x.su.shot1").gather().receivers


@needs_reference
@pytest.mark.parametrize(
    ("case", "shift"), [("fwd_psv_offgrid", (1.0, 0.5)), ("fwd_psv_mixed_types", (0.0, 0.0))]
)
def test_positions_of_the_original(case: str, shift: tuple[float, float]):
    receivers = read_receiver_file(REFERENCE / case / "receiver.dat", Grid(120, 80, 0.5), shift)
    np.testing.assert_allclose(receivers.positions, original_positions(case), atol=5e-4)


@needs_reference
@pytest.mark.parametrize(
    ("case", "end", "start", "spacing"),
    [
        ("fwd_readrec0_h", (50.0, 5.0), (10.0, 5.0), 7),
        ("fwd_readrec0_v", (30.0, 30.0), (30.0, 5.0), 6),
    ],
)
def test_lines_of_the_original(case: str, end: tuple, start: tuple, spacing: int):
    receivers = receiver_line(start, end, spacing, Grid(120, 80, 0.5))
    np.testing.assert_allclose(receivers.positions, original_positions(case), atol=5e-4)


@needs_reference
def test_dipping_line_deviates_from_the_original():
    """The original keeps the depth of a line that dips by less than 45 degrees."""
    receivers = receiver_line((10.0, 5.0), (50.0, 25.0), 8, Grid(120, 80, 0.5))
    theirs = original_positions("fwd_readrec0_diag")
    np.testing.assert_allclose(receivers.positions[:, 0], theirs[:, 0])
    assert set(theirs[:, 1]) == {5.0}
    np.testing.assert_allclose(receivers.positions[:, 1], 5.0 + 0.5 * (theirs[:, 0] - 10.0))


# ------------------------------------------------------------------------------------------- streamers


def streamer(sources, start=(20.0, 6.0), end=(44.0, 6.0), frame=(0, 0, 0), exact=False):
    return moving_line(start, end, 4, sources, frame, Grid(60, 20, 2.0), exact)


def test_first_receiver_of_a_streamer_is_its_near_end():
    behind, ahead = streamer([60.0])[0], streamer([10.0])[0]
    assert behind.positions[:, 0].tolist() == [44.0, 36.0, 28.0, 20.0]
    assert ahead.positions[:, 0].tolist() == [20.0, 28.0, 36.0, 44.0]


def test_streamer_keeps_its_distance_on_the_grid():
    """Nodes of the sources: 5, 6 (5.5 rounds up), 8."""
    shots = streamer([10.0, 11.0, 16.2])
    assert [shot.nodes[0, 0] for shot in shots] == [10, 11, 13]
    exact = streamer([10.0, 11.0, 16.2], exact=True)
    assert [shot.positions[0, 0] for shot in exact] == pytest.approx([20.0, 21.0, 26.2])


def test_streamer_that_dips_is_horizontal_with_a_warning():
    first, second = streamer([10.0, 12.0], end=(44.0, 30.0))
    assert set(first.positions[:, 1]) == {6.0}
    assert "the streamer is horizontal, all receivers are at y = 6 m" in first.warnings[0]
    assert second.warnings == ()


def test_streamer_outside_its_room():
    with pytest.raises(ParameterError, match=r"receiver 1 of shot 2 at x = -2 m, y = 6 m"):
        streamer([30.0, 8.0])
    with pytest.raises(ParameterError, match=r"receiver 1 of shot 1 at x = 20 m, y = 6 m"):
        streamer([10.0], frame=(10, 0, 0))


# ----------------------------------------------------------------------------------- unrounded positions


def test_exact_positions_of_a_file(tmp_path: Path):
    path = tmp_path / "r.dat"
    path.write_text("10.3 4.2\n10.4 4.2\n10.3 4.2\n")
    found = read_receiver_file(path, Grid(60, 20, 2.0), (0.5, 0.0), exact=True)
    np.testing.assert_allclose(found.positions, [[10.8, 4.2], [10.9, 4.2]])
    assert found.nodes.tolist() == [[5, 2], [5, 2]]
    assert "1 of 3 receivers share their place" in found.warnings[0]


def test_exact_line():
    found = receiver_line((3.0, 4.5), (11.0, 8.5), 1, Grid(60, 20, 2.0), exact=True)
    np.testing.assert_allclose(found.positions, [[3, 4.5], [5, 5.5], [7, 6.5], [9, 7.5], [11, 8.5]])


def test_exact_array():
    found = receiver_array(2, 5.3, 4.5, 20, 10, Grid(60, 20, 2.0), exact=True)
    expected = [[20.0, 5.3], [60.0, 5.3], [100.0, 5.3], [20.0, 9.8], [60.0, 9.8], [100.0, 9.8]]
    np.testing.assert_allclose(found.positions, expected)
    assert found.nodes[:, 1].tolist() == [3, 3, 3, 5, 5, 5]
