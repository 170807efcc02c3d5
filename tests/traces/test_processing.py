"""Processing of traces: what the steps do, and that their transposes are transposes."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special

from denise_py.traces.line_source import to_line_source
from denise_py.traces.processing import Processing, time_window

DT, NTR, NS = 2e-3, 3, 120


def random_traces(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((NTR, NS))


PICKS = np.array([0.05, 0.1, 0.15])
WINDOW = time_window(PICKS, 0.02, np.array([0.01, 0.0, 0.03]), 2000.0, NS, DT)
LINEAR = {
    "nothing": Processing(DT),
    "integration": Processing(DT, integrated=True),
    "window": Processing(DT, window=WINDOW),
    "all": Processing(DT, 0.3, True, WINDOW),
}


@pytest.mark.parametrize("name", LINEAR)
def test_transpose_of_the_linear_steps(name):
    """Sums of 360 products in double precision."""
    chain, a, b = LINEAR[name], random_traces(1), random_traces(2)
    assert np.sum(chain.apply(a) * b) == pytest.approx(np.sum(a * chain.transpose(b, a)), rel=1e-12)


@pytest.mark.parametrize("name", LINEAR)
def test_derivative_of_normalised_traces(name):
    """Central differences of sum g y: an error of step^2 = 1e-10, and rounding of 1e-16 / 1e-5."""
    linear = LINEAR[name]
    chain = Processing(DT, linear.factor, linear.integrated, linear.window, normalised=True)
    a, g, direction = random_traces(1), random_traces(2), random_traces(3)
    step = 1e-5
    up, down = (np.sum(g * chain.apply(a + sign * step * direction)) for sign in (1, -1))
    slope = np.sum(chain.transpose(g, a) * direction)
    assert (up - down) / (2 * step) == pytest.approx(slope, rel=1e-8)


def test_steps_in_their_order():
    a = random_traces(1)
    found = Processing(DT, 0.3, True, WINDOW, normalised=True).apply(a)
    expected = WINDOW * np.cumsum(0.3 * DT * a, axis=1)
    expected /= np.abs(expected).max(axis=1, keepdims=True)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)
    np.testing.assert_array_equal(np.abs(found).max(axis=1), 1.0)


def test_traces_of_zeros_stay():
    a, chain = random_traces(1), Processing(DT, normalised=True)
    a[1] = 0.0
    assert not chain.apply(a)[1].any()
    assert np.all(np.isfinite(chain.transpose(random_traces(2), a)))
    assert not chain.transpose(random_traces(2), a)[1].any()


def test_traces_are_not_changed_in_place():
    a, g = random_traces(1), random_traces(2)
    before = a.copy(), g.copy()
    chain = Processing(DT, 2.0, True, WINDOW, True)
    chain.apply(a)
    chain.transpose(g, a)
    np.testing.assert_array_equal(a, before[0])
    np.testing.assert_array_equal(g, before[1])
    assert Processing(DT).apply(a) is not a


def test_time_window_is_the_formula_of_denise():
    """Sample n at n DT; 1 between pick - minus and pick + plus, exp(-GAMMA distance^2) outside."""
    window = time_window(np.array([0.1]), 0.02, 0.01, 5000.0, NS, DT)[0]
    for n, value in enumerate(window, start=1):
        t = n * DT
        distance = max(t - 0.12, 0.09 - t, 0.0)
        assert value == pytest.approx(np.exp(-5000.0 * distance**2), rel=1e-9)
    assert np.count_nonzero(window == 1) in (15, 16)


# --------------------------------------------------------------------------- from point to line sources


def point_and_line(c: float, r: float, ns: int, dt: float) -> tuple[np.ndarray, np.ndarray]:
    """Pressure of a Ricker wavelet from a point source and from a line source at the distance r."""
    size = 8 * ns
    t = dt * np.arange(size)
    x = (np.pi * 15.0 * (t - 0.15)) ** 2
    spectrum = np.fft.rfft((1 - 2 * x) * np.exp(-x))
    omega = 2 * np.pi * np.fft.rfftfreq(size, dt)
    point = np.fft.irfft(spectrum * np.exp(-1j * omega * r / c) / (4 * np.pi * r), size)
    line = np.zeros_like(spectrum)
    line[1:] = -0.25j * scipy.special.hankel2(0, omega[1:] * r / c) * spectrum[1:]
    return point[None, 1 : ns + 1], np.fft.irfft(line, size)[None, 1 : ns + 1]


@pytest.mark.parametrize(("kind", "off"), [(2, 0.02), (3, 0.03)])
def test_point_source_becomes_line_source(kind, off):
    """Against the exact Green's functions; 1 / (8 k r) = 0.007 is what the far field leaves out, and the
    record holds the lowest frequencies incompletely. 3 takes r / t for the velocity, in a pulse of 0.1 s at
    0.65 s."""
    c, r, dt = 600.0, 300.0, 1e-3
    point, line = point_and_line(c, r, 1200, dt)
    found = to_line_source(point, dt, np.array([r]), kind, c)
    limit = off if kind == 2 else 0.1 / 0.65
    assert np.abs(found - line).max() < limit * np.abs(line).max()
    # phase only: the same shape
    turned = to_line_source(point, dt, np.array([r]), 1)
    assert np.abs(np.fft.rfft(turned, 4800)[0, 40:120]) == pytest.approx(
        np.abs(np.fft.rfft(point, 4800)[0, 40:120]), rel=0.05
    )
    cosine = np.sum(turned * line) / np.linalg.norm(turned) / np.linalg.norm(line)
    assert cosine > 0.97


def test_amplitude_grows_with_the_root_of_the_offset():
    traces = np.repeat(random_traces(1)[:1], 2, axis=0)
    found = to_line_source(traces, DT, np.array([100.0, 400.0]), 2, 500.0)
    np.testing.assert_allclose(found[1], 2 * found[0], rtol=1e-12)
    found = to_line_source(traces, DT, np.array([0.0, 400.0]), 3)
    assert not found[0].any()
