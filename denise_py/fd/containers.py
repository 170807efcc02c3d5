"""Bundles of arrays that the kernels share, as named tuples the compiler understands.

Everything here is independent of the physics. Field arrays of one simulation have the common shape
(ny + 2 M, nx + 2 M) with M halo points per side; index M is the first own point.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Box(NamedTuple):
    """Own points of a block in array positions: rows y0..y1-1, columns x0..x1-1."""

    y0: int
    y1: int
    x0: int
    x1: int


class Points(NamedTuple):
    """Weighted grid points of sources or receivers.

    j, i (n,) uint64 array positions; trace (n,) uint64 number of the time series the point belongs to;
    weight (n,) float. Several points may belong to one series.
    """

    j: np.ndarray
    i: np.ndarray
    trace: np.ndarray
    weight: np.ndarray


class Strip(NamedTuple):
    """One absorbing layer of a block, along one axis.

    start, stop   its range of array positions along the axis it damps
    profile       (6, stop - start): 1/K - 1, a, b at half points, then the same three at full points
    psi           memory of the convolution, four arrays; the two of the velocity update first
    delta         (2, ...) work space of the transposed recursion, wider than the layer by 2 M on each side
                  (empty for a forward run)
    """

    start: int
    stop: int
    profile: np.ndarray
    psi: np.ndarray
    delta: np.ndarray


class Edge(NamedTuple):
    """Corrections of the y derivatives in the top rows (see fd.surface), (2, n, n) each, n = 0 for none:
    force of the velocity update (to vx, to vy), strain of the stress update (eyy, exy)."""

    force: np.ndarray
    strain: np.ndarray


class Strips(NamedTuple):
    """The four absorbing layers of a block, a side without layer has start == stop, and its top edge."""

    left: Strip
    right: Strip
    top: Strip
    bottom: Strip
    edge: Edge


def no_points(dtype: np.dtype | type) -> Points:
    """An empty set of points."""
    none = np.zeros(0, np.uint64)
    return Points(none, none, none, np.zeros(0, dtype))


def as_points(j, i, trace, weight, dtype: np.dtype | type) -> Points:
    """Points from array-likes of equal length."""
    return Points(
        np.asarray(j, np.uint64),
        np.asarray(i, np.uint64),
        np.asarray(trace, np.uint64),
        np.asarray(weight, dtype),
    )
