"""From receivers to recording points of one block of the grid."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from denise_py.acquisition.inject import owned_receivers
from denise_py.fd.containers import as_points
from denise_py.parallel.domain import Subdomain
from denise_py.physics.base import Physics


@dataclass(frozen=True)
class LocalRecording:
    """The receivers that a block owns: their numbers in the spread, and the physics' recording arrays."""

    indices: np.ndarray
    arrays: NamedTuple


def local_recording(
    physics: Physics,
    components: Collection[str],
    nodes: np.ndarray,
    block: Subdomain,
    half: int,
    nt: int,
    dtype: np.dtype,
    scales: dict[str, np.ndarray] | None = None,
) -> LocalRecording:
    """Recording of the wanted components at receiver nodes (n, 2) [i, j] from 1.

    scales: {component: (ny, nx) factor on the whole grid}; components without one are taken as they are.
    """
    mine, j, i = owned_receivers(block, half, nodes)
    points = {}
    for name in components:
        weight = np.ones(mine.size)
        if scales and name in scales:
            weight = scales[name][nodes[mine, 1] - 1, nodes[mine, 0] - 1]
        points[name] = as_points(j, i, np.arange(mine.size), weight, dtype)
    return LocalRecording(mine, physics.recording(points, nt, dtype))
