"""Staggered first derivatives at one point, times dh.

f  field, [y, x], contiguous; j, i  unsigned position; w  weights c_1..c_M (a tuple: one compiled
version per order). "Forward" is the derivative half a cell right of (below) the point, "backward" the
one half a cell left of (above) it. For receivers; updates use those of fd.vectors.
"""

from __future__ import annotations

import numpy as np

from denise_py.fd.compile import kernel
from denise_py.fd.containers import LANES

ONE = np.uint64(1)


@kernel
def swept(f, box):
    """End of the columns that are updated: whole vectors, as far as the rows of f have room for them."""
    return min(box.x0 + (box.x1 - box.x0 + LANES - 1) // LANES * LANES, f.shape[1] - box.x0)


@kernel
def dx_forward(f, j, i, w):
    d = w[0] * (f[j, i + ONE] - f[j, i])
    for m in range(1, len(w)):
        k = np.uint64(m)
        d += w[m] * (f[j, i + k + ONE] - f[j, i - k])
    return d


@kernel
def dx_backward(f, j, i, w):
    d = w[0] * (f[j, i] - f[j, i - ONE])
    for m in range(1, len(w)):
        k = np.uint64(m)
        d += w[m] * (f[j, i + k] - f[j, i - k - ONE])
    return d


@kernel
def dy_forward(f, j, i, w):
    d = w[0] * (f[j + ONE, i] - f[j, i])
    for m in range(1, len(w)):
        k = np.uint64(m)
        d += w[m] * (f[j + k + ONE, i] - f[j - k, i])
    return d


@kernel
def dy_backward(f, j, i, w):
    d = w[0] * (f[j, i] - f[j - ONE, i])
    for m in range(1, len(w)):
        k = np.uint64(m)
        d += w[m] * (f[j + k, i] - f[j - k - ONE, i])
    return d
