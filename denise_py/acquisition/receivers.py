"""Receivers: from a file, along a line, or in an array of lines. All sit on nodes."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from denise_py.acquisition.tables import Line, data_lines
from denise_py.errors import DataError, ParameterError
from denise_py.grid import Grid


@dataclass(frozen=True, eq=False)
class Receivers:
    """Receivers in the order of the traces.

    nodes: (ntr, 2) int64, 1-based [i, j]; positions: (ntr, 2) float64 [i dh, j dh] in m; shift: (2,)
    float64 in m, REFRECX and REFRECY; from_line: whether they form a line of the parameter file;
    warnings: what is odd about the receiver file.
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


def read_receiver_file(path: str | os.PathLike[str], grid: Grid, shift: Point = (0.0, 0.0)) -> Receivers:
    """Receivers of a file with x and y (m) in the first two columns; `shift` (m) is added to all.

    Of several receivers at one node the first is kept, with a warning. Raises DataError naming file and
    line for missing or non-numeric coordinates and for receivers outside the grid.
    """
    nodes = [_node_of_line(line, grid, shift) for line in data_lines(path)]
    unique = list(dict.fromkeys(nodes))
    warnings = ()
    if len(unique) < len(nodes):
        warnings = (
            f"{path}: {len(nodes) - len(unique)} of {len(nodes)} receivers share their node with an "
            f"earlier one and are left out, {len(unique)} remain",
        )
    return _receivers(np.array(unique), grid, shift, from_line=False, warnings=warnings)


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


def receiver_line(start: Point, end: Point, spacing: int, grid: Grid, shift: Point = (0.0, 0.0)) -> Receivers:
    """Receivers along a straight line from start to end (m), the ends included as far as the spacing allows.

    spacing: nodes from one receiver to the next, counted along x or y, whichever extends further; the
    other coordinate follows the line and is rounded to the nearest node. One receiver when both ends fall
    on one node. shift is not added to the positions, it is only kept for file headers.
    Raises ParameterError when the spacing is below 1 or an end lies outside the grid.
    """
    if spacing < 1:
        raise ParameterError(f"NGEOPH = {spacing}: the receiver spacing must be at least 1 node")
    first = np.array(_line_end("XREC1, YREC1", start, grid))
    extent = np.array(_line_end("XREC2, YREC2", end, grid)) - first
    length = int(np.abs(extent).max())
    steps = np.arange(0, length + 1, spacing)[:, None]
    # floor(steps * extent / length + 1/2) in whole numbers
    offsets = (2 * steps * extent + length) // max(2 * length, 1)
    return _receivers(first + offsets, grid, shift, from_line=True)


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
    return _receivers(nodes, grid, shift, from_line=False)


def _receivers(
    nodes: np.ndarray, grid: Grid, shift: Point, from_line: bool, warnings: tuple[str, ...] = ()
) -> Receivers:
    nodes = nodes.astype(np.int64)
    return Receivers(nodes, nodes * grid.dh, np.asarray(shift, dtype=np.float64), from_line, warnings)
