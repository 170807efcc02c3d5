"""Leaving out steps where records end while waves still arrive.

A gradient is a sum over all steps of products F A of the forward and the adjoint field. If both are
band-limited every n-th product is enough. F is, but A is not: its sources begin with a jump, the last sample
of the records, and the front of this jump runs through the whole model. Yet only the part of A in the band
of F contributes to the sum over an infinite time (Parseval), so that a low-pass h may be applied to A, which
means to its sources:

    sum_n F_n A_n = sum_n F_n (h * A)_n,

where h is 1 up to the highest frequency f of F and next to nothing above 1/T - f, T being the distance of
the kept steps: then no product reaches 1/T. h is symmetric in time, so that h * A begins half of its length
after the end of the records: the forward run goes on for as long. h is a sinc with a Kaiser window (Oppenheim
& Schafer 2010, Discrete-Time Signal Processing, section 7.6).
"""

from __future__ import annotations

from math import ceil, pi

import numpy as np

from denise_py.traces.blocks import rows_of

#: attenuation in dB above 1/T - f, and largest deviation from 1 up to f
ATTENUATION = 60.0


def tail_for(highest: float, dt: float, every: int) -> int:
    """Half of the length of h in steps, for fields with frequencies up to `highest` Hz; 0 if every step is
    kept, or too few for any filter. Kaiser's estimate of the length."""
    width = 2 * pi * (1 / every - 2 * highest * dt)  # of the transition, in radians per step
    if every == 1 or width <= 0:
        return 0
    return ceil((ATTENUATION - 7.95) / (2.285 * width) / 2)


def low_pass(every: int, tail: int) -> np.ndarray:
    """h, (2 tail + 1,): the middle of its transition is at 1 / 2T."""
    n = np.arange(-tail, tail + 1)
    h = np.sinc(n / every) * np.kaiser(n.size, 0.1102 * (ATTENUATION - 8.7))  # above 50 dB
    return h / h.sum()


def smoothed(traces: np.ndarray, every: int, tail: int) -> np.ndarray:
    """h * traces (ntr, ns) with the `tail` samples behind their end, (ntr, ns + tail) float64. What lies
    before the first sample, where nothing has been kept, is cut off."""
    ns = traces.shape[1]
    length = _good_length(ns + 2 * tail)
    # with the middle of h at sample 0 and a real spectrum
    h = np.zeros(length)
    h[np.arange(-tail, tail + 1)] = low_pass(every, tail)
    spectrum = np.fft.rfft(h).real
    result = np.empty((len(traces), ns + tail))
    for rows in rows_of(result):
        result[rows] = np.fft.irfft(np.fft.rfft(traces[rows], length) * spectrum, length)[:, : ns + tail]
    return result


def _good_length(least: int) -> int:
    """The smallest 2^a 3^b 5^c that is not below `least`."""
    best = 2 ** (least - 1).bit_length()
    for five in (5**c for c in range(16)):
        for three in (five * 3**b for b in range(24)):
            if three < best:
                best = min(best, three * 2 ** max(0, (-(-least // three) - 1).bit_length()))
    return best
