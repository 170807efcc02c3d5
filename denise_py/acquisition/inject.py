"""From sources and adjoint sources to points of one block of the grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from denise_py.fd.containers import Points, as_points
from denise_py.fd.surface import row_weights
from denise_py.parallel.domain import Subdomain
from denise_py.physics.base import Physics


@dataclass(frozen=True)
class PlacedSource:
    """A source on the grid: node (i, j) counted from 1, kind 1-4, azimuth in degrees, wavelet (nt,) with its
    amplitude."""

    i: int
    j: int
    kind: int
    azimuth: float
    wavelet: np.ndarray


def local_position(block: Subdomain, half: int, i: int, j: int) -> tuple[int, int] | None:
    """Array position (row, column) of node (i, j), counted from 1; None if another block owns it."""
    if block.x0 <= i - 1 < block.x1 and block.y0 <= j - 1 < block.y1:
        return j - 1 - block.y0 + half, i - 1 - block.x0 + half
    return None


def owned_receivers(
    block: Subdomain, half: int, nodes: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which of the receivers, nodes (n, 2) as [i, j] from 1, a block owns: indices, rows, columns."""
    i, j = nodes[:, 0] - 1, nodes[:, 1] - 1
    mine = np.flatnonzero((block.x0 <= i) & (i < block.x1) & (block.y0 <= j) & (j < block.y1))
    return mine, j[mine] - block.y0 + half, i[mine] - block.x0 + half


def source_injection(
    physics: Physics,
    sources: Sequence[PlacedSource],
    coefficients: NamedTuple,
    block: Subdomain,
    half: int,
    dh: float,
    nt: int,
    dtype: np.dtype,
    one_sided: bool = False,
) -> NamedTuple:
    """All sources of one simulation, as far as this block owns them. one_sided: see propagate.Scheme; a
    source in a top row is then divided by the weight of its row."""
    collected: dict[str, list[tuple[int, int, int, float]]] = {}
    series = np.zeros((nt, len(sources)), dtype)
    for k, source in enumerate(sources):
        position = local_position(block, half, source.i, source.j)
        if position is None:
            continue
        series[:, k] = physics.source_series(source.kind, source.wavelet)
        terms = physics.source_terms(source.kind, source.azimuth, coefficients, *position, dh)
        for name, weight in terms.items():
            rows = row_weights(name) if one_sided else ()
            norm = rows[source.j - 1] if source.j <= len(rows) else 1.0
            collected.setdefault(name, []).append((*position, k, weight / norm))
    forces = {name: as_points(*zip(*rows, strict=True), dtype) for name, rows in collected.items()}
    return physics.injection(forces, series)


def adjoint_injection(
    physics: Physics,
    adjoint_sources: dict[str, np.ndarray],
    nodes: np.ndarray,
    coefficients: NamedTuple,
    block: Subdomain,
    half: int,
    dtype: np.dtype,
) -> NamedTuple:
    """Adjoint sources {component: (ntr, nt)} at receiver nodes (ntr, 2), as far as this block owns them.

    The factors make the injection the exact transpose of the recording.
    """
    mine, j, i = owned_receivers(block, half, nodes)
    forces: dict[str, Points] = {}
    columns: list[np.ndarray] = []
    nt = next(iter(adjoint_sources.values())).shape[1]
    for component, traces in adjoint_sources.items():
        first = sum(c.shape[1] for c in columns)
        weights = physics.adjoint_weights(component, coefficients, j, i)
        name = physics.adjoint_target(component)
        forces[name] = as_points(j, i, first + np.arange(mine.size), weights, dtype)
        columns.append(traces[mine].T)
    series = np.ascontiguousarray(np.hstack(columns), dtype) if mine.size else np.zeros((nt, 0), dtype)
    return physics.injection(forces, series)
