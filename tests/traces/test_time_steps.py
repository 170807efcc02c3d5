"""Longer steps, taken to the time axis of short ones, are as good as the short steps: a driven oscillator."""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.grid import TimeAxis
from denise_py.traces.time_steps import LongerSteps

NT, DT, BAND = 1500, 2e-3, 6.0


def oscillator(series: np.ndarray, dt: float, kind: int, frequency: float) -> tuple[np.ndarray, np.ndarray]:
    """Velocity and stress of a leapfrog oscillator, driven as by an explosion (kind 1) or a force."""
    padded = np.pad(series, 1)
    rates = padded[2:] - padded[:-2]
    v = s = 0.0
    found = np.zeros((2, series.size))
    for n in range(series.size):
        v += -dt * (2 * np.pi * frequency) ** 2 * s + (dt * series[n] if kind == 2 else 0.0)
        s += dt * v + (rates[n] if kind == 1 else 0.0)
        found[:, n] = v, s
    return found[0], found[1]


def ricker(times: np.ndarray, frequency: float = 1.6) -> np.ndarray:
    a = (np.pi * frequency * (times - 1.5 / frequency)) ** 2
    return (1 - 2 * a) * np.exp(-a)


def taken(steps: LongerSteps, wavelet: np.ndarray, kind: int) -> np.ndarray:
    """A wavelet for the longer steps."""
    return steps.wavelets(kind).apply(np.pad(wavelet, (0, steps.tail)))


@pytest.mark.parametrize("kind", [1, 2])
@pytest.mark.parametrize("longer", [3.1e-3, 8e-3, 12e-3])
def test_an_oscillator_with_longer_steps_swings_as_with_short_ones(kind, longer):
    """Without the maps the phase at the end differs by w T (w D)^2 / 24, 5 per cent for the longest."""
    steps = LongerSteps.of(TimeAxis(NT, DT), longer, BAND)
    wavelet = ricker(DT * np.arange(1, NT + 1))
    expected = oscillator(wavelet, DT, kind, 2.2)
    found = oscillator(taken(steps, wavelet, kind), longer, kind, 2.2)
    for late in (0, 1):
        error = steps.traces(late).apply(found[late]) - expected[late]
        # the ripple of the taper
        assert np.abs(error).max() < 1e-4 * np.abs(expected[late]).max()


def test_a_series_at_the_wrong_half_step_is_seen():
    """The test above can fail: velocities taken for stresses are half the difference of the steps away."""
    steps = LongerSteps.of(TimeAxis(NT, DT), 8e-3, BAND)
    wavelet = ricker(DT * np.arange(1, NT + 1))
    expected = oscillator(wavelet, DT, 2, 2.2)[0]
    found = oscillator(taken(steps, wavelet, 2), 8e-3, 2, 2.2)[0]
    error = steps.traces(1).apply(found) - expected
    assert np.abs(error).max() > 0.02 * np.abs(expected).max()


def test_steps_that_are_too_long_or_shorter_are_refused():
    for dt in (0.9 * DT, 1.01 * LongerSteps.longest(BAND)):
        with pytest.raises(ValueError, match="cannot hold 6 Hz"):
            LongerSteps.of(TimeAxis(NT, DT), dt, BAND)
