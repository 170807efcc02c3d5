"""Receivers: from files, along a line that may move with the source, or in an array of lines.

They sit on nodes, or with `exact` where their coordinates say; then the nodes are the nearest ones.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from denise_py.acquisition.tables import Line, data_lines
from denise_py.errors import DataError, ParameterError
from denise_py.grid import Grid


@dataclass(frozen=True, eq=False)
class Receivers:
    """Receivers in the order of the traces.

    nodes: (ntr, 2) int64, 1-based [i, j]; positions: (ntr, 2) float64 [x, y] in m, which are [i dh, j dh]
    unless exact; shift: (2,) float64 in m, REFRECX and REFRECY; from_line: whether they form a line of the
    parameter file; warnings: what is odd about the receivers.
    """

    nodes: np.ndarray
    positions: np.ndarray
    shift: np.ndarray
    from_line: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def ntr(self) -> int:
        """Number of receivers."""
        return len(self.nodes)


Point = tuple[float, float]


def no_receivers() -> Receivers:
    """For a run that records nothing."""
    none = np.zeros((0, 2))
    return Receivers(none.astype(np.int64), none, np.zeros(2))


def receiver_file_of(base: str, shot: int) -> str:
    """Name of the receiver file of a shot, numbered from 1."""
    return f"{base}.shot{shot}"


def find_receiver_file(base: str, shot: int) -> str:
    """The receiver file of a shot that exists: BASE.shot1, or BASE_shot_1.dat as in DENISE Black Edition.

    Raises DataError when there is neither.
    """
    names = receiver_file_of(base, shot), f"{base}_shot_{shot}.dat"
    for name in names:
        if os.path.exists(name):
            return name
    raise DataError(
        f"{names[0]}: file not found, and no {names[1]}: with READREC = 2 and no XREC1 every shot needs a "
        "receiver file of its own"
    )


def read_receiver_file(
    path: str | os.PathLike[str], grid: Grid, shift: Point = (0.0, 0.0), exact: bool = False
) -> Receivers:
    """Receivers of a file with x and y (m) in the first two columns; `shift` (m) is added to all.

    Of several receivers at one place (one node, unless exact) the first is kept, with a warning. Raises
    DataError naming file and line for missing or non-numeric coordinates and for receivers outside the grid.
    """
    lines = data_lines(path)
    nodes = [_node_of_line(line, grid, shift) for line in lines]
    places = [_exact_place(line, shift) for line in lines] if exact else nodes
    first = {}
    for number, place in enumerate(places):
        first.setdefault(place, number)
    kept = list(first.values())
    warnings = ()
    if len(kept) < len(nodes):
        warnings = (
            f"{path}: {len(nodes) - len(kept)} of {len(nodes)} receivers share their "
            f"{'place' if exact else 'node'} with an earlier one and are left out, {len(kept)} remain",
        )
    positions = np.array(places, np.float64)[kept] if exact else None
    return _receivers(np.array(nodes)[kept], grid, shift, False, warnings, positions)


def _exact_place(line: Line, shift: Point) -> Point:
    x, y = (line.real(column, name) + shift[column] for column, name in enumerate("xy"))
    return x, y


def _node_of_line(line: Line, grid: Grid, shift: Point) -> tuple[int, int]:
    # The sum is rounded to single precision before the division, which decides ties as in DENISE.
    x, y = (
        np.float32(line.real(column, name)) + np.float32(shift[column]) for column, name in enumerate("xy")
    )
    i, j = grid.node(x), grid.node(y)
    if not grid.contains(i, j):
        shifted = " (shift included)" if any(shift) else ""
        raise DataError(
            f"{line.where}: receiver at x = {x:g} m, y = {y:g} m{shifted} lies outside the grid, whose nodes "
            f"reach from {grid.dh:g} to {grid.nx * grid.dh:g} m in x and to {grid.ny * grid.dh:g} m in y"
        )
    return i, j


def receiver_line(
    start: Point, end: Point, spacing: int, grid: Grid, shift: Point = (0.0, 0.0), exact: bool = False
) -> Receivers:
    """Receivers along a straight line from start to end (m), the ends included as far as the spacing allows.

    spacing: nodes from one receiver to the next, counted along x or y, whichever extends further; the
    other coordinate follows the line and is rounded to the nearest node. One receiver when both ends fall
    on one node. shift is not added to the positions, it is only kept for file headers.
    Raises ParameterError when the spacing is below 1 or an end lies outside the grid.
    """
    _check_spacing(spacing)
    first = np.array(_line_end("XREC1, YREC1", start, grid))
    extent = np.array(_line_end("XREC2, YREC2", end, grid)) - first
    if exact:
        positions = _exact_line(np.asarray(start), np.asarray(end), spacing * grid.dh)
        return _receivers(_nodes(positions, grid), grid, shift, True, (), positions)
    length = int(np.abs(extent).max())
    steps = np.arange(0, length + 1, spacing)[:, None]
    # floor(steps * extent / length + 1/2) in whole numbers
    offsets = (2 * steps * extent + length) // max(2 * length, 1)
    return _receivers(first + offsets, grid, shift, from_line=True)


def _exact_line(start: np.ndarray, end: np.ndarray, step: float) -> np.ndarray:
    """Positions (n, 2) from start towards end (m), `step` (m) apart along the longer of both axes."""
    extent = end - start
    length = np.abs(extent).max()
    steps = np.arange(math.floor(length / step + 1e-6) + 1)[:, None] * step  # the end is not lost by rounding
    return start + steps * (extent / length if length else extent)


def _nodes(positions: np.ndarray, grid: Grid) -> np.ndarray:
    return np.array([[grid.node(x), grid.node(y)] for x, y in positions], np.int64)


def _check_spacing(spacing: int) -> None:
    if spacing < 1:
        raise ParameterError(f"NGEOPH = {spacing}: the receiver spacing must be at least 1 node")


def moving_line(
    start: Point,
    end: Point,
    spacing: int,
    sources: Sequence[float],
    frame: tuple[int, int, int],
    grid: Grid,
    exact: bool = False,
) -> tuple[Receivers, ...]:
    """A horizontal line that keeps its distance from the source: the receivers of every shot.

    start, end: ends of the line for the first shot in m. The end nearer to the first source is the first
    receiver and gives the depth; spacing: nodes between receivers; sources: x (m) of the source of every
    shot; frame: nodes on the left, on the right and at the bottom where no receiver may sit.
    The line moves by whole nodes, as the nodes of the sources do, unless exact.
    Raises ParameterError when the spacing is below 1, or a receiver lies in the frame or outside the grid.
    """
    _check_spacing(spacing)
    for keys, point in (("XREC1, YREC1", start), ("XREC2, YREC2", end)):
        _line_end(keys, point, grid)
    near, far = sorted((start, end), key=lambda point: abs(point[0] - sources[0]))
    warnings = ()
    if near[1] != far[1]:
        warnings = (
            f"YREC1 = {start[1]:g} and YREC2 = {end[1]:g} m differ: the streamer is horizontal, all "
            f"receivers are at y = {near[1]:g} m, the depth of its end near the source",
        )
    if exact:
        line = _exact_line(np.array(near), np.array([far[0], near[1]]), spacing * grid.dh)
    else:
        line = receiver_line(near, (far[0], near[1]), spacing, grid).nodes
    origin = _place_of(sources[0], grid, exact)
    shots = []
    for number, x in enumerate(sources, start=1):
        moved = line + np.array([_place_of(x, grid, exact) - origin, 0])
        nodes = _nodes(moved, grid) if exact else moved
        _check_streamer(number, nodes, frame, grid)
        positions = moved if exact else None
        shots.append(_receivers(nodes, grid, (0.0, 0.0), False, warnings if number == 1 else (), positions))
    return tuple(shots)


def _place_of(x: float, grid: Grid, exact: bool) -> float:
    return x if exact else grid.node(x)


def _check_streamer(shot: int, nodes: np.ndarray, frame: tuple[int, int, int], grid: Grid) -> None:
    left, right, bottom = frame
    i, j = nodes.T
    wrong = np.flatnonzero((i <= left) | (i > grid.nx - right) | (j < 1) | (j > grid.ny - bottom))
    if wrong.size:
        k = wrong[0]
        raise ParameterError(
            f"READREC = 2: receiver {k + 1} of shot {shot} at x = {i[k] * grid.dh:g} m, "
            f"y = {j[k] * grid.dh:g} m lies in the absorbing frame or outside the grid; the streamer may "
            f"reach from {(left + 1) * grid.dh:g} to {(grid.nx - right) * grid.dh:g} m in x and down to "
            f"{(grid.ny - bottom) * grid.dh:g} m: move XREC1, XREC2 or the sources"
        )


def _line_end(keys: str, point: Point, grid: Grid) -> tuple[int, int]:
    i, j = grid.node(point[0]), grid.node(point[1])
    if not grid.contains(i, j):
        raise ParameterError(
            f"{keys} = {point[0]:g}, {point[1]:g} m lies outside the grid, whose nodes reach "
            f"from {grid.dh:g} to {grid.nx * grid.dh:g} m in x and to {grid.ny * grid.dh:g} m in y"
        )
    return i, j


def receiver_array(
    lines: int,
    depth: float,
    distance: float,
    spacing: int,
    frame: int,
    grid: Grid,
    shift: Point = (0.0, 0.0),
    exact: bool = False,
) -> Receivers:
    """Several horizontal lines of receivers from one absorbing frame to the other.

    lines: how many; depth: of the first line in m; distance: from line to line in m; spacing: nodes
    between receivers; frame: width of the frame in nodes. Line by line, each from left to right.
    Raises ParameterError when the spacing is below 1, a line lies outside the grid, or the frame leaves no
    room.
    """
    if spacing < 1:
        raise ParameterError(f"DRX = {spacing}: the receiver spacing must be at least 1 node")
    columns = np.arange(max(frame, 1), grid.nx - frame + 1, spacing)
    rows = np.array([grid.node(depth + k * distance) for k in range(lines)], dtype=np.int64)
    if columns.size == 0:
        raise ParameterError(
            f"REC_ARRAY = {lines}: FW = {frame} leaves no room for receivers on NX = {grid.nx} nodes"
        )
    for row in rows:
        if not 1 <= row <= grid.ny:
            raise ParameterError(
                f"REC_ARRAY = {lines}: the line at y = {row * grid.dh:g} m lies outside the grid "
                f"({grid.dh:g} to {grid.ny * grid.dh:g} m): change REC_ARRAY_DEPTH or REC_ARRAY_DIST"
            )
    nodes = np.stack([np.tile(columns, lines), np.repeat(rows, columns.size)], axis=1)
    positions = None
    if exact:
        depths = np.repeat(depth + np.arange(lines) * distance, columns.size)
        positions = np.stack([nodes[:, 0] * grid.dh, depths], axis=1)
    return _receivers(nodes, grid, shift, False, (), positions)


def _receivers(
    nodes: np.ndarray,
    grid: Grid,
    shift: Point,
    from_line: bool,
    warnings: tuple[str, ...] = (),
    positions: np.ndarray | None = None,
) -> Receivers:
    nodes = nodes.astype(np.int64)
    positions = nodes * grid.dh if positions is None else positions
    return Receivers(nodes, positions, np.asarray(shift, dtype=np.float64), from_line, warnings)
