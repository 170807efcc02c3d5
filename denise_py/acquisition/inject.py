"""From sources and adjoint sources to points of one block of the grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy

from denise_py.acquisition.band_limited import BandLimited
from denise_py.acquisition.subgrid import Spread, SubGrid
from denise_py.fd.containers import Points, as_points
from denise_py.fd.surface import row_weights
from denise_py.parallel.domain import Subdomain
from denise_py.physics.base import Physics

#: what explosions add to, in solids and in fluids
STRESS_TERMS = ("normal", "p")


@dataclass(frozen=True)
class PlacedSource:
    """A source on the grid: node (i, j) counted from 1, with a fraction between nodes (see subgrid), kind
    1-4, azimuth in degrees, wavelet (nt,) with its amplitude."""

    i: float
    j: float
    kind: int
    azimuth: float
    wavelet: np.ndarray


def local_position(block: Subdomain, half: int, i: int, j: int) -> tuple[int, int] | None:
    """Array position (row, column) of node (i, j), counted from 1; None if another block owns it."""
    if block.x0 <= i - 1 < block.x1 and block.y0 <= j - 1 < block.y1:
        return j - 1 - block.y0 + half, i - 1 - block.x0 + half
    return None


def receiver_points(
    physics: Physics,
    component: str,
    nodes: np.ndarray,
    block: Subdomain,
    subgrid: SubGrid | BandLimited | None,
) -> dict[str, Spread]:
    """The points of a block where receivers at nodes (n, 2), [i, j] from 1, record a component, by what they
    read there: with a subgrid nodes have fractions, and vx may have a share of vy (see BandLimited); without
    one every receiver has one point of the component."""
    if subgrid is not None:
        found = subgrid.observed(physics, component, nodes)
        return {name: part.inside(block) for name, part in found.items()}
    i, j = nodes[:, 0] - 1, nodes[:, 1] - 1
    return {component: Spread(np.arange(len(nodes)), j, i, np.ones(len(nodes))).inside(block)}


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
    subgrid: SubGrid | BandLimited | None = None,
) -> NamedTuple:
    """All sources of one simulation, as far as this block owns them. one_sided: see propagate.Scheme; what
    acts on a top row is then divided by the weight of its row. subgrid: place sources between nodes."""
    collected: dict[str, list[tuple[int, int, int, float]]] = {}
    series = np.zeros((nt, len(sources)), dtype)
    for k, source in enumerate(sources):
        terms = list(_terms(physics, source, coefficients, block, half, dh, subgrid))
        if terms:
            injected = physics.source_series(source.kind, source.wavelet)
            series[: len(injected), k] = injected
        for name, j, i, weight in terms:
            rows, row = row_weights(name) if one_sided else (), j - half + block.y0
            norm = rows[row] if row < len(rows) else 1.0
            collected.setdefault(name, []).append((j, i, k, weight / norm))
    forces = {name: as_points(*zip(*rows, strict=True), dtype) for name, rows in collected.items()}
    return physics.injection(forces, series)


def _terms(
    physics: Physics,
    source: PlacedSource,
    coefficients: NamedTuple,
    block: Subdomain,
    half: int,
    dh: float,
    subgrid: SubGrid | BandLimited | None,
) -> Iterator[tuple[str, int, int, float]]:
    """(what it adds to, array row, array column, factor) of a source on a block."""
    if subgrid is None:
        position = local_position(block, half, source.i, source.j)
        if position is not None:
            terms = physics.source_terms(source.kind, source.azimuth, coefficients, *position, dh)
            yield from ((name, *position, weight) for name, weight in terms.items())
        return
    for target in (*physics.velocity_fields, *STRESS_TERMS):
        points = subgrid.spread(physics, target, np.array([[source.i, source.j]])).inside(block)
        for row, column, share in zip(points.row, points.column, points.weight, strict=True):
            j, i = int(row) - block.y0 + half, int(column) - block.x0 + half
            terms = physics.source_terms(source.kind, source.azimuth, coefficients, j, i, dh)
            if target in terms:
                yield target, j, i, share * terms[target]


def adjoint_injection(
    physics: Physics,
    adjoint_sources: dict[str, np.ndarray],
    nodes: np.ndarray,
    coefficients: NamedTuple,
    block: Subdomain,
    half: int,
    dtype: np.dtype,
    subgrid: SubGrid | BandLimited | None = None,
) -> NamedTuple:
    """Adjoint sources {component: (ntr, nt)} at receiver nodes (ntr, 2), as far as this block owns them.

    The factors make the injection the exact transpose of the recording; subgrid as there.
    """
    found: dict[str, list[tuple[np.ndarray, ...]]] = {}
    columns: list[np.ndarray] = [np.zeros((next(iter(adjoint_sources.values())).shape[1], 0))]
    for component, traces in adjoint_sources.items():
        for read, spread in receiver_points(physics, component, nodes, block, subgrid).items():
            row, column = spread.row, spread.column
            if subgrid is None:
                own = traces[spread.trace]
            else:  # neighbouring receivers share points, which act once
                row, column, place = spread.distinct()
                where = (place, spread.trace)
                shape = row.size, len(traces)
                own = scipy.sparse.coo_matrix((spread.weight, where), shape).tocsr() @ traces
            first = sum(c.shape[1] for c in columns)
            j, i = row - block.y0 + half, column - block.x0 + half
            weights = physics.adjoint_weights(read, coefficients, j, i)
            series = first + np.arange(row.size)
            found.setdefault(physics.adjoint_target(read), []).append((j, i, series, weights))
            columns.append(own.T)
    forces: dict[str, Points] = {
        name: as_points(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)), dtype)
        for name, parts in found.items()
    }
    series = np.ascontiguousarray(np.hstack(columns), dtype)
    return physics.injection(forces, series)
