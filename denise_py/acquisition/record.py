"""From receivers to recording points of one block of the grid."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy

from denise_py.acquisition.band_limited import BandLimited
from denise_py.acquisition.inject import receiver_points
from denise_py.acquisition.subgrid import SubGrid, joined
from denise_py.fd.containers import as_points
from denise_py.parallel.domain import Subdomain
from denise_py.physics.base import Physics


@dataclass(frozen=True)
class LocalRecording:
    """The receivers that have points in a block: their numbers, and the physics' recording arrays. sums: by
    component and by what is read for it the matrix (len(indices), n) from points to receivers, where these
    are spread."""

    indices: np.ndarray
    arrays: NamedTuple
    sums: Mapping[str, Mapping[str, scipy.sparse.csr_matrix]]

    def traces(self, component: str, recorded: Mapping[str, np.ndarray]) -> np.ndarray:
        """The traces (len(indices), nt) of a component from everything recorded, {name: (nt, n)}; those that
        it has no points for are zero."""
        series = recorded[component]
        if component in self.sums:
            parts = (matrix @ recorded[name].T for name, matrix in self.sums[component].items())
            return sum(parts).astype(series.dtype)
        rows = np.zeros((self.indices.size, series.shape[0]), series.dtype)
        rows[: series.shape[1]] = series.T
        return rows


def local_recording(
    physics: Physics,
    components: Collection[str],
    nodes: np.ndarray,
    block: Subdomain,
    half: int,
    nt: int,
    dtype: np.dtype,
    scales: dict[str, np.ndarray] | None = None,
    subgrid: SubGrid | BandLimited | None = None,
) -> LocalRecording:
    """Recording of the wanted components at receiver nodes (n, 2) [i, j] from 1.

    scales: {component: (ny, nx) factor on the whole grid}; components without one are taken as they are;
    subgrid: nodes have fractions, and every receiver is spread over the points around it. Blocks then have a
    share of a trace each, to be added up.
    """
    scales = scales or {}
    spreads = {name: receiver_points(physics, name, nodes, block, subgrid) for name in components}
    traces = (part.trace for parts in spreads.values() for part in parts.values())
    mine = np.unique(np.concatenate([np.zeros(0, np.int64), *traces]))
    points, sums = {}, {}
    shared = [name for name in components if subgrid is not None and name not in scales]
    for name in (name for name in components if name not in shared):
        trace, row, column, weight = spreads[name][name]
        if name in scales:
            weight = weight * scales[name][row, column]
        j, i = row - block.y0 + half, column - block.x0 + half
        points[name] = as_points(j, i, np.searchsorted(mine, trace), weight, dtype)
    for read in dict.fromkeys(read for name in shared for read in spreads[name]):
        # neighbouring receivers share points, which are recorded once
        users = [name for name in shared if read in spreads[name]]
        rows, columns, place = joined([spreads[name][read] for name in users]).distinct()
        j, i = rows - block.y0 + half, columns - block.x0 + half
        points[read] = as_points(j, i, np.arange(rows.size), np.ones(rows.size), dtype)
        ends = np.cumsum([spreads[name][read].weight.size for name in users])
        for name, own in zip(users, np.split(place, ends[:-1]), strict=True):
            part = spreads[name][read]
            where = np.searchsorted(mine, part.trace), own
            matrix = scipy.sparse.coo_matrix((part.weight, where), (mine.size, rows.size))
            sums.setdefault(name, {})[read] = matrix.tocsr()
    return LocalRecording(mine, physics.recording(points, nt, dtype), sums)
