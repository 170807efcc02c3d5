"""From receivers to recording points of one block of the grid."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from denise_py.acquisition.inject import receiver_points
from denise_py.acquisition.subgrid import SubGrid
from denise_py.fd.containers import as_points
from denise_py.parallel.domain import Subdomain
from denise_py.physics.base import Physics


@dataclass(frozen=True)
class LocalRecording:
    """The receivers that have points in a block: their numbers, and the physics' recording arrays."""

    indices: np.ndarray
    arrays: NamedTuple

    def traces(self, series: np.ndarray) -> np.ndarray:
        """The traces (len(indices), nt) of a recorded component (nt, n); those that it has no points for are
        zero."""
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
    subgrid: SubGrid | None = None,
) -> LocalRecording:
    """Recording of the wanted components at receiver nodes (n, 2) [i, j] from 1.

    scales: {component: (ny, nx) factor on the whole grid}; components without one are taken as they are;
    subgrid: nodes have fractions, and every receiver is spread over the points around it. Blocks then have a
    share of a trace each, to be added up.
    """
    spreads = {name: receiver_points(physics, name, nodes, block, subgrid) for name in components}
    mine = np.unique(np.concatenate([np.zeros(0, np.int64), *(s.trace for s in spreads.values())]))
    points = {}
    for name, (trace, row, column, weight) in spreads.items():
        if scales and name in scales:
            weight = weight * scales[name][row, column]
        j, i = row - block.y0 + half, column - block.x0 + half
        points[name] = as_points(j, i, np.searchsorted(mine, trace), weight, dtype)
    return LocalRecording(mine, physics.recording(points, nt, dtype))
