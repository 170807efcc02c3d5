"""How far the spectrum of a time series reaches."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

#: 40 dB below the largest amplitude
NEGLIGIBLE = 0.01


def highest_frequency(series: Iterable[np.ndarray], dt: float, level: float = NEGLIGIBLE) -> float:
    """The highest frequency in Hz at which the amplitude spectrum of one of the series (n,) still has `level`
    times its largest value; 0 if all of them are zero. dt: sampling interval in s.

    The last quarter of a series fades out: that it ends is no part of it, unlike that it begins.
    """
    highest = 0.0
    for one in series:
        # zeros behind it show the spectrum between the frequencies of the series alone
        amplitudes = np.abs(np.fft.rfft(one * _fade_out(len(one)), 2 * len(one)))
        largest = np.max(amplitudes)
        if largest > 0:
            last = int(np.flatnonzero(amplitudes >= level * largest)[-1])
            highest = max(highest, last / (2 * len(one) * dt))
    return highest


def _fade_out(n: int) -> np.ndarray:
    """Factors (n,), a cosine in the last quarter."""
    left = np.arange(n, 0, -1) / max(n // 4, 1)
    return 0.5 - 0.5 * np.cos(np.pi * np.minimum(left, 1.0))
