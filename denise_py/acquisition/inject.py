"""From sources and adjoint sources to points of one block of the grid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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


@dataclass(frozen=True)
class PlacedSource:
    """A source on the grid: node (i, j) counted from 1, with a fraction between nodes (see subgrid), kind
    1-4, azimuth in degrees, wavelet (nt,) with its amplitude."""

    i: float
    j: float
    kind: int
    azimuth: float
    wavelet: np.ndarray


def on_nodes(nodes: np.ndarray) -> Spread:
    """One point each for nodes (n, 2), [i, j] from 1."""
    i, j = nodes[:, 0] - 1, nodes[:, 1] - 1
    return Spread(np.arange(len(nodes)), j, i, np.ones(len(nodes)))


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
    return {component: on_nodes(nodes).inside(block)}


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
    collected: dict[str, list[tuple[np.ndarray, ...]]] = {}
    series = np.zeros((nt, len(sources)), dtype)
    for k, source in enumerate(sources):
        terms = list(_terms(physics, source, coefficients, block, half, dh, subgrid))
        if terms:
            injected = physics.source_series(source.kind, source.wavelet)
            series[: len(injected), k] = injected
        for name, j, i, weight in terms:
            if one_sided:
                weight = weight / _norms(name, j - half + block.y0)
            collected.setdefault(name, []).append((j, i, np.full(j.size, k), weight))
    return physics.injection(_points_of(collected, dtype), series)


def _points_of(parts: Mapping[str, Sequence[tuple[np.ndarray, ...]]], dtype: np.dtype) -> dict[str, Points]:
    """Points from parts of (rows, columns, numbers of the series, weights), by what they add to."""
    return {
        name: as_points(*(np.concatenate(arrays) for arrays in zip(*some, strict=True)), dtype)
        for name, some in parts.items()
    }


def _norms(name: str, row: np.ndarray) -> np.ndarray:
    """Weights of rows (n,) of the whole grid, from 0, in the norm of one-sided operators; see fd.surface."""
    top = np.array(row_weights(name))
    return np.where(row < top.size, top[np.minimum(row, top.size - 1)], 1.0)


def _terms(
    physics: Physics,
    source: PlacedSource,
    coefficients: NamedTuple,
    block: Subdomain,
    half: int,
    dh: float,
    subgrid: SubGrid | BandLimited | None,
) -> Iterator[tuple[str, np.ndarray, np.ndarray, np.ndarray]]:
    """(what it adds to, array rows, array columns, factors) of the points of a source on a block."""
    kind, place = (source.kind, source.azimuth, coefficients), np.array([[source.i, source.j]])
    for target in physics.source_terms(*kind, half, half, dh):
        spread = on_nodes(place) if subgrid is None else subgrid.spread(physics, target, place)
        points = spread.inside(block)
        j, i = points.row - block.y0 + half, points.column - block.x0 + half
        if j.size:
            yield target, j, i, points.weight * physics.source_terms(*kind, j, i, dh)[target]


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
    series = np.ascontiguousarray(np.hstack(columns), dtype)
    return physics.injection(_points_of(found, dtype), series)
