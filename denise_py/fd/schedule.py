"""The order in which a block without neighbours works on its rows.

A half step may begin on the first rows while the half step before it is still at work further down: the
stress of a row needs velocities up to M = order / 2 rows below, and the other way round. So a band of rows
sweeps down the block in which every half step follows the one before at a distance of M rows, and rows are
used again while they are in the cache, by both halves of a step and by several steps (wavefront blocking in
time; Wellein et al. 2009, COMPSAC). Every point is computed exactly as one half step after the other would.
"""

from __future__ import annotations

import numpy as np

from denise_py.fd.compile import kernel
from denise_py.fd.containers import Band
from denise_py.fd.surface import ROWS

#: a block of so many bytes, of fields and materials, stays in the cache between steps
IN_CACHE = 2**23
#: steps that are made in one sweep over larger ones, and points in the rows of a band
STEPS, POINTS = 8, 2**14


def schedule(whole: Band, half: int, height: int, steps: int) -> np.ndarray:
    """Parts of half steps in their order, (n, 4) int64: step, 0 for its velocity and 1 for its stress half,
    first and end row. height: of the band; steps: that are made in one sweep.

    The first part of every half step has the rows that the free surface needs at once.
    """
    first = whole.top + max(half + 1, ROWS)
    reached = np.full(2 * steps, whole.top)
    parts = []
    front = whole.top
    while reached[-1] < whole.bottom:
        front += height
        for k, begin in enumerate(reached):
            end = front - k * half
            end = whole.bottom if end >= whole.bottom else end if end >= first else whole.top
            if end > begin:
                parts.append((k // 2, k % 2, begin, end))
                reached[k] = end
    return np.array(parts, np.int64)


def plan(whole: Band, half: int, row_bytes: int) -> np.ndarray:
    """The schedule for a block whose rows have so many bytes, of all arrays together."""
    rows = whole.bottom - whole.top
    if rows * row_bytes <= IN_CACHE:
        return schedule(whole, half, rows + half, 1)
    return schedule(whole, half, max(4, POINTS // (whole.x1 - whole.x0)), STEPS)


@kernel
def steps_of(parts):
    """Number of steps that are made in one sweep."""
    return parts[parts.shape[0] - 1, 0] + 1


@kernel
def band_of(parts, k, whole):
    """Rows of part k."""
    return Band(parts[k, 2], parts[k, 3], whole.x0, whole.x1, whole.top, whole.bottom)
