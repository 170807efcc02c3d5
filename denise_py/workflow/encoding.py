"""Several shots in one simulation: their sources fire together, with random signs and delays.

The data of such a simulation are the sum of the observed traces with the same signs and delays, cut at the
end of the record like the synthetic ones. Waves are linear and do not change with time, so in the true model
both agree exactly. Delays are whole samples, and filters come before them on either side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from denise_py.acquisition.wavelets import delayed
from denise_py.traces.filters import BandFilter
from denise_py.workflow.geometry import Shot


@dataclass(frozen=True)
class Code:
    """How a shot enters a simulation: its number, its sign (1 or -1), its delay in samples."""

    shot: int
    sign: int
    delay: int


def joined_shot(
    number: int, codes: Sequence[Code], shots: Sequence[Shot], band: BandFilter | None, dt: float
) -> Shot:
    """The shots of a run (numbered from 1) that have a code, as one shot with a number of its own, whose
    wavelets have passed the filter. Its receivers are those of the first one; all must have the same."""
    parts = [(shots[code.shot - 1], code) for code in codes]

    def coded(wavelet: np.ndarray, code: Code) -> np.ndarray:
        series = wavelet if band is None else band.apply(wavelet, dt)
        return code.sign * delayed(series, code.delay)

    return Shot(
        number,
        tuple(source for shot, _ in parts for source in shot.sources),
        tuple(node for shot, _ in parts for node in shot.nodes),
        tuple(coded(wavelet, code) for shot, code in parts for wavelet in shot.wavelets),
        parts[0][0].receivers,
        tuple(coded(wavelet, code) for shot, code in parts for wavelet in shot.wavelets_sh),
    )


def joined_traces(gathers: Sequence[np.ndarray], codes: Sequence[Code]) -> np.ndarray:
    """The sum (ntr, nt) float64 of the traces (ntr, nt) of several shots, each with its code."""
    total = np.zeros(gathers[0].shape)
    for traces, code in zip(gathers, codes, strict=True):
        kept = traces.shape[-1] - code.delay
        total[:, code.delay :] += code.sign * np.asarray(traces[:, :kept], np.float64)
    return total


def different_spread(shots: Sequence[Shot]) -> int | None:
    """Number of the first shot whose receivers are not those of the first shot; None for a fixed spread."""
    first = shots[0].receivers
    for shot in shots:
        other = shot.receivers
        if not (
            np.array_equal(first.nodes, other.nodes) and np.array_equal(first.positions, other.positions)
        ):
            return shot.number
    return None
