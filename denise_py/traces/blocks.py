"""Many traces a few at a time: what is done to them then happens in a cache, not in fresh memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

#: bytes of the traces that are worked on together; steps on them need a few arrays of this size
BLOCK = 2**20


def blocks(traces: np.ndarray) -> Iterator[np.ndarray]:
    """Views (n, ns) of a few traces each, together all of a contiguous array (..., ns); a single one (ns,)
    is a block of its own."""
    if traces.ndim == 1:
        yield traces
        return
    together = traces.reshape(-1, traces.shape[-1])
    for rows in rows_of(together):
        yield together[rows]


def rows_of(traces: np.ndarray) -> Iterator[slice]:
    """The same as rows of an array (ntr, ns)."""
    count = max(1, BLOCK // max(1, traces.itemsize * traces.shape[1]))
    for first in range(0, len(traces), count):
        yield slice(first, min(first + count, len(traces)))
