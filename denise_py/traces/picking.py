"""First arrivals by the ratio of a short-term to a long-term average of energy (STA/LTA; Allen 1978, Bull.
Seism. Soc. Am. 68, 1521-1532)."""

from __future__ import annotations

import numpy as np

#: part of a trace's mean energy that is added to both averages, so that noise-free traces have no 0/0
FLOOR = 1e-6


def first_arrivals(traces: np.ndarray, dt: float, short: float, long: float, threshold: float) -> np.ndarray:
    """Times (ntr,) in s of the first arrivals, nan where the ratio never exceeds the threshold.

    The short average looks `short` seconds ahead of a sample, the long one `long` seconds back (less at the
    beginning of a trace), so that the ratio is largest at an onset. The pick is the largest ratio within one
    short window after the threshold is first exceeded. dt in s; sample n, from 1, is at n dt. Raises
    ValueError for lengths of less than a sample.
    """
    n_short, n_long = round(short / dt), round(long / dt)
    if min(n_short, n_long) < 1:
        raise ValueError("the averages must be at least one sample long")
    ratio = _ratio(np.square(np.asarray(traces, dtype=np.float64)), n_short, n_long)
    picks = np.full(len(ratio), np.nan)
    for trace, values in enumerate(ratio):
        above = np.flatnonzero(values > threshold)
        if above.size:
            place = above[0] + np.argmax(values[above[0] : above[0] + n_short])
            picks[trace] = dt * (place + 1)
    return picks


def smoothed(picks: np.ndarray, reach: int, most: float) -> np.ndarray:
    """Picks (ntr,) without those that differ from the median of their neighbours, up to `reach` traces to
    either side, by more than `most` seconds; these become nan."""
    result = picks.copy()
    for trace, time in enumerate(picks):
        near = picks[max(trace - reach, 0) : trace + reach + 1]
        near = near[np.isfinite(near)]
        if np.isfinite(time) and abs(time - np.median(near)) > most:
            result[trace] = np.nan
    return result


def _ratio(energy: np.ndarray, n_short: int, n_long: int) -> np.ndarray:
    """Mean energy (ntr, ns) of the samples n .. n + n_short - 1 over that of n - n_long .. n - 1; 0 near the
    beginning, and on traces of zeros."""
    floor = FLOOR * np.mean(energy, axis=-1, keepdims=True)
    sums = np.concatenate([np.zeros((len(energy), 1)), np.cumsum(energy, axis=-1)], axis=-1)
    ns = energy.shape[-1]
    here = np.arange(ns)
    ahead, back = np.minimum(here + n_short, ns), np.maximum(here - n_long, 0)
    after = (sums[:, ahead] - sums[:, here]) / n_short
    before = (sums[:, here] - sums[:, back]) / np.maximum(here - back, 1)
    below = np.maximum(before, 0.0) + floor
    return np.divide(after, below, out=np.zeros_like(after), where=(below > 0) & (here >= n_short))
