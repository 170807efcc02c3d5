"""Bundles of arrays that the kernels share, as named tuples the compiler understands.

Everything here is independent of the physics. Field arrays of one simulation have a common shape: ny + 2 M
rows with M halo points per side, index M is the first own point, and nx + 2 M columns or more. Kernels sweep
whole vectors of LANES columns: rows are padded such that they fit, the first own column lies on a boundary
of ALIGNMENT bytes in memory, and materials are zero in halo and padding, so that nothing changes there.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

#: columns of a vector of the widest registers in single precision
LANES = 16
ALIGNMENT = 64


class Box(NamedTuple):
    """Own points of a block in array positions: rows y0..y1-1, columns x0..x1-1."""

    y0: int
    y1: int
    x0: int
    x1: int


class Band(NamedTuple):
    """Rows y0..y1-1 of a block, on which one half of a step works; the first and end of the block's own rows
    are top and bottom, of its columns x0 and x1. Whatever takes a Box takes a Band as well."""

    y0: int
    y1: int
    x0: int
    x1: int
    top: int
    bottom: int


class Points(NamedTuple):
    """Weighted grid points of sources or receivers, ordered by rows.

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
    profile       (6, stop - start): 1/K - 1, a, b at half points, then the same three at full points; zeros
                  where the range is wider than the layer, to hold whole vectors
    psi           memory of the convolution, four arrays; the two of the velocity update first
    delta         (4, ...) work space of the transposed recursion, wider than the range by 2 M or more on each
                  side, where it stays zero (empty for a forward run)
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
    order = np.argsort(np.asarray(j), kind="stable")
    return Points(
        np.asarray(j, np.uint64)[order],
        np.asarray(i, np.uint64)[order],
        np.asarray(trace, np.uint64)[order],
        np.asarray(weight, dtype)[order],
    )


def whole_band(rows: int, columns: int, half: int) -> Band:
    """All own points of a block with a halo of `half` points."""
    return Band(half, half + rows, half, half + columns, half, half + rows)


def padded_columns(nx: int, half: int) -> int:
    """Length of a row that holds nx own columns, rounded up to whole vectors, and both halos."""
    return whole_vectors(whole_vectors(nx) + 2 * half)


def whole_vectors(n: int) -> int:
    """n rounded up to a multiple of LANES."""
    return -(-n // LANES) * LANES


def aligned_zeros(
    shape: tuple[int, ...], dtype: np.dtype | type, lead: int = 0, number: int = 0
) -> np.ndarray:
    """Zeros whose column `lead` lies on a boundary of ALIGNMENT bytes, if rows hold whole vectors.

    number: of the array among those that are used together; each begins elsewhere in a page of memory, since
    a processor at first takes accesses at the same place of two pages for accesses to the same place.
    """
    line = ALIGNMENT // np.dtype(dtype).itemsize
    size = int(np.prod(shape))
    room = np.zeros(size + (5 * number + 1) * line, dtype)
    first = -(room.ctypes.data // room.itemsize + lead) % line + 5 * number * line
    return room[first : first + size].reshape(shape)
