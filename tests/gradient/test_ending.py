"""Sums over every n-th step where the adjoint field begins with a jump."""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.gradient.ending import ATTENUATION, low_pass, smoothed, tail_for

DT, HIGHEST = 2e-3, 11.0
LEAK = 10 ** (-ATTENUATION / 20)


@pytest.mark.parametrize("every", [3, 12, 18])
def test_low_pass(every):
    """In the band of the waves and where products would be too fast; twice of what the window promises, as
    Kaiser's estimate of the length is good for a few per cent and the curves are steep there."""
    tail = tail_for(HIGHEST, DT, every)
    frequencies = np.fft.rfftfreq(2**14, DT)
    gain = np.abs(np.fft.rfft(low_pass(every, tail), 2**14))
    assert np.all(np.abs(gain[frequencies <= HIGHEST] - 1) < 2 * LEAK)
    assert np.all(gain[frequencies >= 1 / (every * DT) - HIGHEST] < 2 * LEAK)


def test_no_tail():
    assert tail_for(HIGHEST, DT, 1) == 0
    assert tail_for(HIGHEST, DT, 23) == 0  # beyond 1 / (2 f dt)
    assert tail_for(0.0, DT, 7) > 0


@pytest.mark.parametrize("ns", [50, 501])
def test_smoothed_is_a_convolution(ns):
    """With samples beyond the end and without those before the first one."""
    traces, tail = np.random.default_rng(ns).standard_normal((3, ns)), 40
    expected = [np.convolve(one, low_pass(9, tail))[tail:] for one in traces]
    np.testing.assert_allclose(smoothed(traces, 9, tail), expected, atol=1e-13)


@pytest.mark.parametrize("every", [12, 15, 18])
def test_few_products_with_a_field_that_begins_at_the_end(every):
    """A band-limited forward field and an adjoint one that is cut off where the record ends, anywhere between
    two kept steps. Without the filter the sum is off by a part of the last product times `every`."""
    rng, tail, ns = np.random.default_rng(every), tail_for(HIGHEST, DT, every), 1000
    errors = []
    for end in range(ns, ns + every):
        t = DT * np.arange(end + tail)
        lines = rng.uniform(1.0, HIGHEST, (2, 12))
        phases = rng.uniform(0, 2 * np.pi, (2, 12, 1))
        forward, adjoint = np.sum(np.sin(2 * np.pi * lines[..., None] * t + phases), axis=1)
        forward *= 0.5 - 0.5 * np.cos(np.pi * np.minimum(t / 0.5, 1))  # from rest
        adjoint = adjoint[None, :end]
        exact = np.sum(forward[:end] * adjoint)
        size = np.linalg.norm(forward[:end]) * np.linalg.norm(adjoint)
        few = every * np.sum((forward * smoothed(adjoint, every, tail))[0, ::every])
        plain = every * np.sum((forward[:end] * adjoint)[0, ::every])
        errors.append((abs(few - exact) / size, abs(plain - exact) / size))
    few, plain = np.sqrt(np.mean(np.square(errors), axis=0))
    assert few < 1e-3
    assert plain > 3 * few
