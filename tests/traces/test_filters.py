"""Butterworth filters against the written-out recursion, their transposes, and the original's data."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from denise_py.traces.filters import BandFilter, butterworth_sections
from denise_py.traces.integrate import integrate, integrate_transpose
from denise_py.traces.su import read_su

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference"
DT = 2.5e-4


def recursion(x: np.ndarray, corner: float, order: int, kind: str) -> np.ndarray:
    """The digital filter as a cascade of difference equations, sample by sample (1-D)."""
    e = 2 * math.pi * corner * DT
    low = kind == "lowpass"
    if order % 2:
        gain = (e if low else 2.0) / (2 + e)
        sign = 1.0 if low else -1.0
        x = _first_order(x, gain, sign, (2 - e) / (2 + e))
    for j in range(1, order // 2 + 1):
        h = math.sin(math.pi * (2 * j - 1) / (2 * order))
        a, b, c = 1 - e * h + e * e / 4, -2 + e * e / 2, 1 + e * h + e * e / 4
        forward = np.array([1.0, 2.0, 1.0]) * e * e / 4 if low else np.array([1.0, -2.0, 1.0])
        x = _second_order(x, forward / c, b / c, a / c)
    return x


def _first_order(x: np.ndarray, gain: float, sign: float, g: float) -> np.ndarray:
    y = np.zeros_like(x)
    for n in range(len(x)):
        y[n] = gain * (x[n] + sign * (x[n - 1] if n else 0.0)) + g * (y[n - 1] if n else 0.0)
    return y


def _second_order(x: np.ndarray, forward: np.ndarray, b: float, a: float) -> np.ndarray:
    x = np.concatenate([[0.0, 0.0], x])
    y = np.zeros_like(x)
    for n in range(2, len(x)):
        y[n] = forward @ x[n - 2 : n + 1][::-1] - b * y[n - 1] - a * y[n - 2]
    return y[2:]


@pytest.mark.parametrize("kind", ["lowpass", "highpass"])
@pytest.mark.parametrize("order", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("corner", [8.0, 25.0, 400.0])
def test_equals_the_recursion(kind: str, order: int, corner: float):
    """Rounding grows as eps / e^2 per section, here below 1e-10 (e = 2 pi 8 Hz dt = 0.013)."""
    x = np.random.default_rng(1).standard_normal(300)
    corners = {"low": corner} if kind == "lowpass" else {"high": corner}
    ours = BandFilter(order=order, **corners).apply(x, DT)
    expected = recursion(x, corner, order, kind)
    assert np.abs(ours - expected).max() <= 1e-10 * np.abs(expected).max()


def test_zero_phase_is_forwards_and_backwards():
    x = np.random.default_rng(2).standard_normal(200)
    expected = recursion(recursion(x, 25.0, 4, "lowpass")[::-1], 25.0, 4, "lowpass")[::-1]
    expected = recursion(recursion(expected, 8.0, 4, "highpass")[::-1], 8.0, 4, "highpass")[::-1]
    ours = BandFilter(25.0, 8.0, 4, zero_phase=True).apply(x, DT)
    assert np.abs(ours - expected).max() <= 1e-10 * np.abs(expected).max()


@pytest.mark.parametrize("order", [1, 2, 5, 8])
def test_gain_at_zero_and_at_the_corner(order: int):
    """Half power at the moved corner, 1 at frequency 0; the magnitude of a Butterworth filter."""
    corner = 30.0
    sections = butterworth_sections("lowpass", corner, DT, order)
    z = np.exp(-1j * np.array([0.0, 2 * math.atan(math.pi * corner * DT)]))
    powers = np.stack([np.ones_like(z), z, z**2])
    response = np.prod([(s[:3] @ powers) / (s[3:] @ powers) for s in sections], axis=0)
    np.testing.assert_allclose(np.abs(response), [1.0, math.sqrt(0.5)], rtol=1e-9)


def test_high_pass_removes_no_baseline():
    """The first output sample is the first input sample times the leading coefficient."""
    sections = butterworth_sections("highpass", 8.0, DT, 4)
    leading = np.prod(sections[:, 0])
    assert BandFilter(high=8.0).apply(np.full(20, 3.0), DT)[0] == pytest.approx(3.0 * leading, rel=1e-12)


def test_zero_corners_leave_traces_alone():
    traces = np.random.default_rng(3).standard_normal((2, 30)).astype(np.float32)
    assert BandFilter().is_identity
    assert not BandFilter(low=1.0).is_identity
    for result in (BandFilter().apply(traces, DT), BandFilter().transpose(traces, DT)):
        assert result.dtype == np.float64
        np.testing.assert_array_equal(result, traces)
        assert not np.shares_memory(result, traces)


@pytest.mark.parametrize("zero_phase", [False, True])
@pytest.mark.parametrize(("low", "high"), [(25.0, 0.0), (0.0, 8.0), (25.0, 8.0)])
@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_transpose_is_exact(zero_phase: bool, low: float, high: float, order: int):
    rng = np.random.default_rng(4)
    u, w = rng.standard_normal((2, 3, 250))
    band = BandFilter(low, high, order, zero_phase)
    forward, backward = band.apply(u, DT), band.transpose(w, DT)
    scale = np.linalg.norm(forward) * np.linalg.norm(w) + np.linalg.norm(u) * np.linalg.norm(backward)
    assert abs(np.vdot(forward, w) - np.vdot(u, backward)) <= 1e-12 * scale


def test_transpose_of_both_filters_is_not_the_filter_itself():
    """Zero-phase low- and high-pass do not commute on finite traces: the order of factors matters."""
    u = np.random.default_rng(5).standard_normal(100)
    band = BandFilter(25.0, 8.0, 2, zero_phase=True)
    assert np.abs(band.apply(u, DT) - band.transpose(u, DT)).max() > 1e-3


@pytest.mark.parametrize("arguments", [{"low": -1.0}, {"high": -1.0}, {"order": 0}, {"low": math.nan}])
def test_impossible_filters(arguments: dict):
    with pytest.raises(ValueError, match="must not be negative"):
        BandFilter(**arguments)


def test_traces_are_filtered_one_by_one():
    traces = np.random.default_rng(6).standard_normal((3, 80))
    band = BandFilter(25.0, 8.0, 3)
    together = band.apply(traces, DT)
    for row, trace in zip(together, traces, strict=True):
        np.testing.assert_array_equal(row, band.apply(trace, DT))


def test_integration_of_a_constant():
    np.testing.assert_allclose(integrate(np.full((2, 4), 3.0, np.float32), 0.5), [[1.5, 3.0, 4.5, 6.0]] * 2)


def test_integration_transpose_is_exact():
    u, w = np.random.default_rng(8).standard_normal((2, 3, 100))
    forward, backward = np.vdot(integrate(u, DT), w), np.vdot(u, integrate_transpose(w, DT))
    assert abs(forward - backward) <= 1e-12 * np.linalg.norm(integrate(u, DT)) * np.linalg.norm(w)


def test_integration_sums_in_double_precision():
    """A float32 running sum of 1e5 values of 0.1 is wrong by about 1e-4."""
    total = integrate(np.full(100_000, 0.1, np.float32), 1.0)[-1]
    assert total == pytest.approx(100_000 * float(np.float32(0.1)), rel=1e-10)


@pytest.mark.skipif(not REFERENCE.exists(), reason="the reference cases are not beside the checkout")
@pytest.mark.parametrize("component", ["x", "y"])
def test_equals_the_filtered_data_of_the_original(component: str):
    """Its output is float32 (6e-8 of each value); 1e-6 of the largest leaves room for its float32 input
    conversions and nothing else."""
    case = REFERENCE / "inv_timefilt1_zp"
    observed = read_su(case / f"data/obs_{component}.su.shot2")
    expected = read_su(case / f"expected/su/s_v{component}.su.measured.shot2.it1").data
    ours = BandFilter(25.0, 8.0, 2, zero_phase=True).apply(observed.data, observed.dt)
    assert np.abs(ours - expected).max() <= 1e-6 * np.abs(expected).max()
