"""Bringing the parts of a result together: fields from blocks, traces from ranks, sums over shots.

Sums over shots run in float64 and along a fixed tree, so that they come out the same bit by bit for any
number of groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from denise_py.parallel.comm import Comm
from denise_py.parallel.domain import Subdomain

_FIELD_TAG, _TRACE_TAG, _SUM_TAG = 1001, 1002, 1003


def gather_field(comm: Comm, subdomains: Sequence[Subdomain], local: np.ndarray) -> np.ndarray | None:
    """The global (grid_ny, grid_nx) field on rank 0, None elsewhere.

    comm        the processes of one shot, rank r holding subdomains[r]
    local       (ny, nx), the block of this rank without its rim, same dtype everywhere; may be a view

    Collective over comm.
    """
    own = subdomains[comm.rank]
    if local.shape != (own.ny, own.nx):
        raise ValueError(f"block of rank {comm.rank} must be {(own.ny, own.nx)}, got {local.shape}")
    if not comm.is_root:
        comm.send_array(np.ascontiguousarray(local), 0, _FIELD_TAG)
        return None
    whole = np.empty((own.grid_ny, own.grid_nx), local.dtype)
    whole[own.slices] = local
    for rank in range(1, comm.size):
        block = np.empty((subdomains[rank].ny, subdomains[rank].nx), local.dtype)
        comm.recv_array(block, rank, _FIELD_TAG)
        whole[subdomains[rank].slices] = block
    return whole


def gather_traces(
    comm: Comm, traces: np.ndarray, indices: Sequence[int], ntr: int, shared: bool = False
) -> np.ndarray | None:
    """All (ntr, ns) traces on rank 0, None elsewhere.

    comm     the processes of one shot
    traces   (n, ns), the traces of the n receivers in the block of this rank (n may be 0), same dtype and ns
             everywhere
    indices  the rows they have in the result, counted from 0
    shared   whether a trace may be in parts on several ranks, which are added in the order of the ranks

    Raises ValueError (on all ranks) unless every receiver is held by exactly one rank, or by at least one if
    shared. Collective over comm.
    """
    held = comm.allgather([int(index) for index in indices])
    listed = [index for rank_held in held for index in rank_held]
    if sorted(set(listed) if shared else listed) != list(range(ntr)):
        count = "at least one rank" if shared else "one rank"
        raise ValueError(f"the {ntr} receivers must be held by {count} each, but the ranks hold {held}")
    if not comm.is_root:
        if held[comm.rank]:
            comm.send_array(np.ascontiguousarray(traces), 0, _TRACE_TAG)
        return None
    whole = np.zeros((ntr, traces.shape[1]), traces.dtype)
    whole[held[0]] = traces
    known = set(held[0])
    for rank in range(1, comm.size):
        if held[rank]:
            part = np.empty((len(held[rank]), traces.shape[1]), traces.dtype)
            comm.recv_array(part, rank, _TRACE_TAG)
            for index, trace in zip(held[rank], part, strict=True):
                whole[index] = whole[index] + trace if index in known else trace
            known.update(held[rank])
    return whole


class TreeSum:
    """A sum of arrays whose result depends bit by bit neither on who holds which of them nor on the order in
    which they come.

    The arrays have places 0, 1, 2, ... The tree of additions is fixed: places 2k and 2k + 1 are added first,
    then the sums of neighbouring pairs, and so on; where one of two is missing, the other one passes as it
    is. Whatever can be added is added at once: of n arrays of neighbouring places there are never more than
    about 2 log2(n) in memory, plus those that came early.
    """

    def __init__(self, places: Iterable[int]) -> None:
        """places: of all arrays, also those that other processes hold."""
        self._levels = [frozenset(places)]
        while len(self._levels[-1]) > 1:
            self._levels.append(frozenset(place // 2 for place in self._levels[-1]))
        #: sums that wait for their neighbours: (level, place in the level) -> array
        self.waiting: dict[tuple[int, int], np.ndarray] = {}

    def add(self, place: int, array: np.ndarray, level: int = 0) -> None:
        """Add an array, or a sum that waited in another process; the array belongs to the tree from now on.

        Raises ValueError when it is none of those that are to be added, or waits here already.
        """
        if place not in self._levels[level] or (level, place) in self.waiting:
            raise ValueError(f"there is nothing to add at place {place} of level {level}")
        while level + 1 < len(self._levels):
            beside = place ^ 1
            if beside in self._levels[level]:
                if (level, beside) not in self.waiting:
                    break
                array += self.waiting.pop((level, beside))
            level, place = level + 1, place // 2
        self.waiting[level, place] = array

    @property
    def total(self) -> np.ndarray:
        """The sum of all. Raises ValueError when some are missing."""
        top = len(self._levels) - 1, min(self._levels[-1], default=0)
        if list(self.waiting) != [top]:
            raise ValueError("not everything has been added yet")
        return self.waiting[top]


def total_of_all(comm: Comm, tree: TreeSum, shape: tuple[int, ...]) -> np.ndarray:
    """The sum of the arrays of all ranks, on every rank.

    comm   the ranks that hold the same block, one of each group of processes
    tree   with the same places everywhere, and the arrays (shape, float64) of this rank
    shape  of the arrays, as a rank may have none

    Raises ValueError where arrays are missing. Collective over comm.
    """
    held = comm.allgather(sorted(tree.waiting))
    if not comm.is_root:
        for key in held[comm.rank]:
            comm.send_array(np.ascontiguousarray(tree.waiting[key]), 0, _SUM_TAG)
        return comm.bcast(None)
    for rank in range(1, comm.size):
        for level, place in held[rank]:
            part = np.empty(shape)
            comm.recv_array(part, rank, _SUM_TAG)
            tree.add(place, part, level)
    return comm.bcast(tree.total)
