"""Sources: the source file, plane waves, and the node a source acts at.

A source file holds the number of sources in its first line and then one line per source,
x z y delay frequency amplitude [azimuth [type]]; y is the depth and z is ignored.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field

import numpy as np

from denise_py.acquisition.tables import Line, data_lines
from denise_py.errors import DataError, ParameterError
from denise_py.grid import Grid

EXPLOSIVE, FORCE_X, FORCE_Y, FORCE_ROTATED = 1, 2, 3, 4
TYPES = (EXPLOSIVE, FORCE_X, FORCE_Y, FORCE_ROTATED)


@dataclass(frozen=True)
class Source:
    """A point source.

    x, y: position in m, y down, as given (not rounded to the grid); delay: s; frequency: centre
    frequency in Hz; amplitude: factor of the wavelet (N/m for forces); azimuth: direction of a rotated
    force in degrees from +y (down) towards +x; type: 1 explosive, 2 force in x, 3 force in y, 4 rotated
    force; origin: where it was defined, for messages.
    """

    x: float
    y: float
    delay: float
    frequency: float
    amplitude: float
    azimuth: float
    type: int
    origin: str = field(default="source", compare=False)


@dataclass(frozen=True)
class SourceTable:
    """Sources in the order of their file, and what is odd about the file."""

    sources: tuple[Source, ...]
    warnings: tuple[str, ...] = ()


def read_source_file(path: str | os.PathLike[str], default_type: int) -> SourceTable:
    """Read a source file; default_type (1..4) serves lines without a type.

    Raises DataError naming file and line for missing or non-numeric items, frequencies that are not
    positive, unknown types, and fewer lines than announced. Lines beyond the announced number are
    ignored with a warning.
    """
    head, *lines = data_lines(path)
    count = head.integer(0, "the number of sources")
    if count < 1:
        raise DataError(f"{head.where}: the number of sources must be at least 1, found {count}")
    if len(lines) < count:
        raise DataError(f"{head.where}: announces {count} sources, but only {len(lines)} lines follow")
    used = lines[:count]
    sources = tuple(_source(line, default_type) for line in used)
    warnings = _azimuth_warnings(path, used, sources)
    if len(lines) > count:
        warnings.append(
            f"{lines[count].where}: {len(lines) - count} lines after the {count} announced sources "
            "are ignored"
        )
    return SourceTable(sources, tuple(warnings))


def _source(line: Line, default_type: int) -> Source:
    names = ("x", "z", "y", "the delay", "the centre frequency", "the amplitude")
    x, _, y, delay, frequency, amplitude = (line.real(column, name) for column, name in enumerate(names))
    azimuth = line.real(6, "the azimuth") if len(line.words) > 6 else 0.0
    kind = line.integer(7, "the source type") if len(line.words) > 7 else default_type
    if frequency <= 0:
        raise DataError(f"{line.where}: the centre frequency must be positive, found {frequency:g} Hz")
    if kind not in TYPES:
        raise DataError(
            f"{line.where}: source type {kind} is unknown: 1 explosive, 2 force in x, 3 force in y, "
            "4 rotated force"
        )
    return Source(x, y, delay, frequency, amplitude, azimuth, kind, line.where)


def _azimuth_warnings(
    path: str | os.PathLike[str], lines: list[Line], sources: tuple[Source, ...]
) -> list[str]:
    """An azimuth that has no effect, or none where one is needed: probably a wrong type or column."""
    pairs = list(zip(lines, sources, strict=True))
    useless = [line.number for line, source in pairs if source.azimuth != 0 and source.type != FORCE_ROTATED]
    lacking = [line.number for line, source in pairs if len(line.words) < 7 and source.type == FORCE_ROTATED]
    warnings = []
    if useless:
        warnings.append(
            f"{path}: the azimuth of {len(useless)} sources (first in line {useless[0]}) has no effect, "
            "only type 4 is rotated"
        )
    if lacking:
        warnings.append(
            f"{path}: {len(lacking)} rotated forces (first in line {lacking[0]}) have no azimuth, 0 is "
            "taken: they point down"
        )
    return warnings


def plane_wave(depth: float, angle: float, period: float, type: int, grid: Grid) -> tuple[Source, ...]:
    """A horizontal row of sources, one per column, that sends out a plane wave when fired with the delays of
    `plane_wave_delays`; frequency 1 / period, amplitude 1, delay 0.

    depth: m; angle: dip of the wavefront that goes down, in degrees, positive if it is deeper on the right;
    period: s. Forces of type 4 are normal to that wavefront (azimuth -angle).
    Raises ParameterError when the row lies outside the grid.
    """
    if _node(depth, grid, grid.ny) is None:
        raise ParameterError(
            f"PLANE_WAVE_DEPTH = {depth:g} m lies outside the grid ({0.5 * grid.dh:g} to "
            f"{grid.ny * grid.dh:g} m; the first node is at {grid.dh:g} m)"
        )
    azimuth = -angle if type == FORCE_ROTATED else 0.0
    return tuple(
        Source(i * grid.dh, depth, 0.0, 1.0 / period, 1.0, azimuth, type, f"plane wave, column {i}")
        for i in range(1, grid.nx + 1)
    )


def plane_wave_delays(velocity: np.ndarray, angle: float, dh: float) -> np.ndarray:
    """When the sources of a row fire so that the wavefront leaves it with a dip, (nx,) in s, the first at 0.

    velocity: of the wave along the row, (nx,) in m/s; angle: see plane_wave. The horizontal slowness of a
    front with dip a is sin(a) / v at every point of the row, and the delay is its integral (trapezoids).
    The front moves towards its upper end's side: for a positive dip the right end fires first.
    """
    slowness = math.sin(math.radians(abs(angle))) / np.asarray(velocity, np.float64)
    steps = dh * (slowness[1:] + slowness[:-1]) / 2
    if angle > 0:
        return np.concatenate([np.cumsum(steps[::-1])[::-1], [0.0]])
    return np.concatenate([[0.0], np.cumsum(steps)])


def place(source: Source, grid: Grid) -> tuple[int, int]:
    """1-based node (i, j) nearest to a source.

    Raises DataError when the source lies outside the grid. The nodes sit at dh, 2 dh, ... nx dh, so
    coordinates below dh/2 belong to no node.
    """
    nodes = []
    for axis, coordinate, count in (("x", source.x, grid.nx), ("y", source.y, grid.ny)):
        node = _node(coordinate, grid, count)
        if node is None:
            raise DataError(
                f"{source.origin}: the source at {axis} = {coordinate:g} m lies outside the grid "
                f"({0.5 * grid.dh:g} to {count * grid.dh:g} m; the first node is at {grid.dh:g} m)"
            )
        nodes.append(node)
    return nodes[0], nodes[1]


def _node(coordinate: float, grid: Grid, count: int) -> int | None:
    """Nearest node of 1..count; None for coordinates that round to node 0 or lie beyond the last node."""
    node = grid.node(coordinate)
    beyond = coordinate > count * grid.dh * (1 + 1e-6)  # rounding, 100 * 0.57 < 57, must not decide
    return None if node < 1 or node > count or beyond else node
