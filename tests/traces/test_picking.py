"""First arrivals: of pulses with and without noise, and picks that stand apart."""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.traces.picking import first_arrivals, smoothed

DT, NS = 1e-3, 400


def onsets(times: np.ndarray, noise: float = 0.0) -> np.ndarray:
    """A decaying oscillation of 40 Hz that begins at given times, in noise."""
    t = DT * np.arange(1, NS + 1) - times[:, None]
    signal = np.where(t >= 0, np.cos(80 * np.pi * t) * np.exp(-t / 0.05), 0.0)
    return signal + noise * np.random.default_rng(1).standard_normal(signal.shape)


@pytest.mark.parametrize("noise", [0.0, 1e-3, 0.02])
def test_onsets_are_found(noise):
    """The onset is a jump, so the ratio is largest where the short window begins with it, give or take the
    3 ms in which the energy of the oscillation, at the end of the window, is low."""
    times = np.array([0.1, 0.1504, 0.25])
    found = first_arrivals(onsets(times, noise), DT, 0.02, 0.1, 5.0)
    np.testing.assert_allclose(found, times, atol=3 * DT)


def test_amplitudes_do_not_matter():
    traces = onsets(np.array([0.1, 0.2]), 0.01)
    weak = first_arrivals(1e-20 * traces, DT, 0.02, 0.1, 5.0)
    np.testing.assert_array_equal(first_arrivals(traces, DT, 0.02, 0.1, 5.0), weak)


def test_traces_without_an_arrival():
    noise = np.random.default_rng(2).standard_normal((2, NS))
    noise[1] = 0.0
    assert np.all(np.isnan(first_arrivals(noise, DT, 0.02, 0.1, 8.0)))


def test_picks_apart_from_their_neighbours_are_rejected():
    picks = np.array([0.10, 0.11, 0.12, 0.30, 0.14, np.nan, 0.16])
    found = smoothed(picks, 2, 0.03)
    np.testing.assert_array_equal(np.isnan(found), [0, 0, 0, 1, 0, 1, 0])
    np.testing.assert_array_equal(found[:3], picks[:3])


def test_averages_need_a_sample():
    with pytest.raises(ValueError, match="at least one sample"):
        first_arrivals(np.ones((1, 10)), DT, 1e-5, 0.1, 5.0)
