"""From receivers to recording points of one block of the grid."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy

from denise_py.acquisition.band_limited import BandLimited
from denise_py.acquisition.inject import receiver_points
from denise_py.acquisition.subgrid import SubGrid
from denise_py.fd.containers import as_points
from denise_py.parallel.domain import Subdomain
from denise_py.physics.base import Physics


@dataclass(frozen=True)
class LocalRecording:
    """The receivers that have points in a block: their numbers, and the physics' recording arrays. sums: by
    component the matrix (len(indices), n) from points to receivers, where these are spread."""

    indices: np.ndarray
    arrays: NamedTuple
    sums: Mapping[str, scipy.sparse.csr_matrix]

    def traces(self, component: str, series: np.ndarray) -> np.ndarray:
        """The traces (len(indices), nt) of a recorded component (nt, n); those that it has no points for are
        zero."""
        if component in self.sums:
            return (self.sums[component] @ series.T).astype(series.dtype)
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
    spreads = {name: receiver_points(physics, name, nodes, block, subgrid) for name in components}
    mine = np.unique(np.concatenate([np.zeros(0, np.int64), *(s.trace for s in spreads.values())]))
    points, sums = {}, {}
    for name, (trace, row, column, weight) in spreads.items():
        scaled = bool(scales) and name in scales
        if scaled:
            weight = weight * scales[name][row, column]
        number = np.searchsorted(mine, trace)
        if subgrid is not None and not scaled:
            # neighbouring receivers share points, which are recorded once
            rows, columns, place = spreads[name].distinct()
            j, i = rows - block.y0 + half, columns - block.x0 + half
            points[name] = as_points(j, i, np.arange(rows.size), np.ones(rows.size), dtype)
            sums[name] = scipy.sparse.coo_matrix((weight, (number, place)), (mine.size, rows.size)).tocsr()
            continue
        j, i = row - block.y0 + half, column - block.x0 + half
        points[name] = as_points(j, i, number, weight, dtype)
    return LocalRecording(mine, physics.recording(points, nt, dtype), sums)
