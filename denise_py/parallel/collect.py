"""Bringing the parts of a result together: fields from blocks, traces from ranks, sums over shots.

Sums over shots run in float64 and in the order of the shots, so that they come out the same bit by bit for
any number of groups.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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


def sum_in_order(comm: Comm, own: Mapping[int, np.ndarray], start: np.ndarray | None = None) -> np.ndarray:
    """start + the arrays of all shots, added one by one in the order of the shot numbers, on every rank.

    comm   the ranks that hold the same block, one of each group of processes
    own    shot number -> array of this rank's share; all arrays of one shape and dtype
    start  the sum so far, None for zero

    The result is float64, 0-d where the shots bring plain numbers.

    Adding the shots of a long list in portions of increasing shot number, with `start` the result so far,
    gives bit by bit what all at once would give, and only a portion is held in memory. Raises ValueError (on
    all ranks) when two ranks have the same shot, or when there is nothing to add up. Collective over comm.
    """
    parts = {shot: np.asarray(part) for shot, part in own.items()}
    layout = next(((part.shape, part.dtype) for part in parts.values()), None)
    answers = comm.allgather((sorted(parts), layout))
    holder = {shot: rank for rank, (shots, _) in enumerate(answers) for shot in shots}
    layout = next((layout for _, layout in answers if layout is not None), None)
    if layout is None and start is None:
        raise ValueError("no rank has a shot to add up")
    if len(holder) != sum(len(shots) for shots, _ in answers):
        raise ValueError(f"shots must be held by one rank each, but the ranks hold {[s for s, _ in answers]}")
    total = np.zeros(layout[0]) if start is None else np.array(start, np.float64)
    for shot in sorted(holder):
        part = _bring_to_root(comm, holder[shot], parts.get(shot), layout)
        if part is not None:
            total += part
    return comm.bcast(total)


def _bring_to_root(comm: Comm, holder: int, part: np.ndarray | None, layout: tuple) -> np.ndarray | None:
    """The array of one shot, on rank 0 only."""
    if comm.is_root:
        if holder != 0:
            part = np.empty(*layout)
            comm.recv_array(part, holder, _SUM_TAG)
        return part
    if holder == comm.rank:
        comm.send_array(np.ascontiguousarray(part), 0, _SUM_TAG)
    return None
