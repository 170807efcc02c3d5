"""Wavelets: formulas, files, and the original's seismograms."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import cumulative_trapezoid

from denise_py.acquisition.sources import read_source_file
from denise_py.acquisition.wavelets import (
    FORMULAS,
    Sweep,
    read_wavelet_ascii,
    read_wavelet_shot,
    resampled,
    shot_file,
    wavelet,
)
from denise_py.errors import DataError, ParameterError
from denise_py.grid import TimeAxis
from denise_py.traces.gather import Gather
from denise_py.traces.segy import write_segy
from denise_py.traces.su import read_su, write_su

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference"
needs_reference = pytest.mark.skipif(
    not REFERENCE.exists(), reason="the reference cases are not beside the checkout"
)
AXIS = TimeAxis(600, 2e-4)
TIMES = np.arange(1, 601) * 2e-4
FC = 30.0
PERIOD = 1 / FC


def test_ricker_has_the_known_samples():
    """Samples of the original at fc = 30 Hz, printed with seven digits (half a unit allowed)."""
    series = wavelet(1, FC, 0.0, AXIS)
    samples = series[[99, 199, 249, 299]]
    np.testing.assert_allclose(samples, [-0.0050565, -0.3194400, 1.0, -0.3194398], rtol=0, atol=6e-8)
    assert series.dtype == np.float64
    assert series.shape == (600,)


@pytest.mark.parametrize("kind", sorted(FORMULAS))
def test_a_delay_of_whole_samples_is_a_shift(kind: int):
    """t and td are rounded to float32, 4e-9 s each at t < 0.12 s; the steepest wavelet, kind 2, has a slope
    of about 4 pi fc = 380 1/s of its maximum, which makes 3e-6."""
    shift = 40
    early, late = wavelet(kind, FC, 0.0, AXIS), wavelet(kind, FC, shift * AXIS.dt, AXIS)
    tolerance = 1e-5 * np.abs(early).max()
    np.testing.assert_allclose(late[shift:], early[:-shift], rtol=0, atol=tolerance)
    if kind in (2, 4, 6, 8):  # causal ones are silent before
        assert not late[: shift - 1].any()


def test_ricker_peak():
    series = wavelet(1, FC, 0.01, AXIS)
    assert TIMES[series.argmax()] == pytest.approx(1.5 * PERIOD + 0.01, abs=AXIS.dt)
    assert series.max() == pytest.approx(1.0, abs=1e-6)


def test_fuchs_mueller():
    series = wavelet(2, FC, 0.0, AXIS)
    n = 50
    phase = 2 * math.pi * FC * TIMES[n]
    assert series[n] == pytest.approx(math.sin(phase) - 0.5 * math.sin(2 * phase), rel=1e-5)
    assert not series[TIMES > PERIOD + 1e-6].any()
    assert abs(series.sum()) < 1e-4 * np.abs(series).sum()  # no static part


def test_sine_cubed_is_a_single_bump_without_jump():
    series = wavelet(4, FC, 0.013, AXIS)
    assert series.max() == pytest.approx(1.0, abs=1e-4)
    assert TIMES[series.argmax()] == pytest.approx(0.013 + 0.5 * PERIOD, abs=AXIS.dt)
    assert np.abs(np.diff(series)).max() < 1.2 * math.pi * FC * AXIS.dt  # steepest slope 2/sqrt(3) pi fc
    assert np.all(series >= -1e-12)


def test_gaussian_derivative_is_the_derivative():
    """Integrated numerically it is the Gaussian exp(-(pi fc u)^2), trapezoidal error (pi fc dt)^2."""
    delay = 0.01
    series = wavelet(5, FC, delay, AXIS)
    gaussian = np.exp(-((math.pi * FC * (TIMES - 1.2 * PERIOD - delay)) ** 2))
    integral = cumulative_trapezoid(series, dx=AXIS.dt, initial=0.0) + gaussian[0]
    np.testing.assert_allclose(integral, gaussian, rtol=0, atol=(math.pi * FC * AXIS.dt) ** 2)


def test_spike_position():
    """n = 1 + round(td / dt), half upwards, counted from 1."""
    for delay, index in ((0.0, 0), (0.01, 50), (0.01009, 50), (0.0101, 51), (0.1198, 599)):
        series = wavelet(6, FC, delay, AXIS)
        assert np.flatnonzero(series).tolist() == [index], delay
        assert series[index] == 1.0
    assert not wavelet(6, FC, 0.12, AXIS).any()
    assert not wavelet(6, FC, -0.01, AXIS).any()


def test_integrated_sine_cubed_is_the_integral():
    """The derivative of T / (0.75 pi) (1/2 - 3/4 cos q + 1/4 cos^3 q) is sin^3 q."""
    fine = TimeAxis(4000, 2e-5)
    bump, step = wavelet(4, FC, 0.01, fine), wavelet(8, FC, 0.01, fine)
    integral = cumulative_trapezoid(bump, dx=fine.dt, initial=0.0)
    np.testing.assert_allclose(step, integral, rtol=0, atol=1e-5 * step.max())
    assert step[-1] == pytest.approx(PERIOD / (0.75 * math.pi), rel=1e-6)


def test_unknown_kinds():
    with pytest.raises(ParameterError, match="QUELLART = 11"):
        wavelet(11, FC, 0.0, AXIS)
    with pytest.raises(ParameterError, match="9 with a sweep"):
        wavelet(9, FC, 0.0, AXIS)
    with pytest.raises(ParameterError, match="SIGNAL_FILE"):
        wavelet(3, FC, 0.0, AXIS)


@pytest.mark.parametrize("kind", [3, 7])
def test_samples_are_cut_and_extended(kind: int):
    long, short = np.arange(700.0), np.arange(1.0, 4.0)
    np.testing.assert_array_equal(wavelet(kind, 0.0, 0.0, AXIS, long), long[:600])
    series = wavelet(kind, 0.0, 0.0, AXIS, short)
    np.testing.assert_array_equal(series[:3], short)
    assert series.shape == (600,)
    assert not series[3:].any()


# ----------------------------------------------------------------------------------------- text files


def test_ascii_file(tmp_path: Path):
    path = tmp_path / "signal.dat"
    path.write_bytes(b"# my wavelet\r\n0.5\r\n\r\n -1e-3 % peak\r\n2")  # no newline at the end
    np.testing.assert_array_equal(read_wavelet_ascii(path), [0.5, -1e-3, 2.0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1\nabc\n", "line 2: the sample must be a number, found 'abc'"),
        ("1\n\n2 3\n", "line 3: one number per line expected, found '2 3'"),
        ("nan\n", "line 1: the sample must be a finite number, found 'nan'"),
        ("1e400\n", "line 1: the sample must be a finite number"),
        ("# nothing\n\n", "the file holds no numbers"),
        ("", "the file holds no numbers"),
    ],
)
def test_bad_ascii_files(tmp_path: Path, text: str, message: str):
    path = tmp_path / "signal.dat"
    path.write_text(text)
    with pytest.raises(DataError) as caught:
        read_wavelet_ascii(path)
    assert f"{path}: {message}" in str(caught.value)


# ------------------------------------------------------------------------------- sweep, filtered spike

SWEEP = Sweep(20.0, 80.0, 0.25)
LONG = TimeAxis(3000, AXIS.dt)


def test_klauder_is_the_autocorrelation_of_a_sweep():
    """The real part of the autocorrelation of exp(2 pi i (f1 s + B s^2 / (2 L))) over its length, by the
    midpoint rule, whose error for a phase of B L = 15 cycles in 20000 steps is about 1e-5."""
    steps = 20000
    ds = SWEEP.length / steps
    s = (np.arange(steps) + 0.5) * ds
    sweep = np.exp(2j * np.pi * (SWEEP.first * s + (SWEEP.last - SWEEP.first) * s**2 / (2 * SWEEP.length)))
    found = wavelet(9, 50.0, 0.01, LONG, sweep=SWEEP)
    for lag in (0, 1, 7, 40, 250, 1200):
        shift = round(lag * LONG.dt / ds)
        expected = np.sum(sweep[shift:] * np.conj(sweep[: steps - shift])).real / steps
        for sign in (1, -1):
            index = round((0.01 + SWEEP.length) / LONG.dt) - 1 + sign * lag
            assert found[index] == pytest.approx(expected, abs=2e-4)


def test_klauder_has_the_band_of_the_sweep():
    """Its spectrum is the power spectrum of the sweep: a fourth of the plateau at both ends, and ripples of
    up to a tenth ten hertz beyond them for a product of band and length of 15 (Fresnel integrals)."""
    amplitude = np.abs(np.fft.rfft(wavelet(9, 50.0, 0.0, LONG, sweep=SWEEP)))
    f = np.fft.rfftfreq(LONG.nt, LONG.dt)
    level = np.median(amplitude[(f > 30) & (f < 70)])
    assert amplitude[(f < 10) | (f > 90)].max() <= 0.1 * level
    assert np.interp([20, 80], f, amplitude) == pytest.approx([level / 4, level / 4], rel=0.2)


def test_klauder_takes_its_band_from_the_centre_frequency():
    given = wavelet(9, 40.0, 0.0, LONG, sweep=Sweep(20.0, 60.0, 0.2))
    np.testing.assert_array_equal(wavelet(9, 40.0, 0.0, LONG, sweep=Sweep(0.0, 0.0, 0.2)), given)


@pytest.mark.parametrize("ends", [(80.0, 20.0), (20.0, 2500.0), (90.0, 0.0)])
def test_impossible_sweeps(ends):
    with pytest.raises(ParameterError, match="SWEEP_F1 = "):
        wavelet(9, 50.0, 0.0, AXIS, sweep=Sweep(*ends, 0.2))


def test_filtered_spike_has_the_spectrum_of_its_filter():
    """Bilinear transform with the corner in place: |H|^2 = 1 / (1 + (tan(pi f dt) / tan(pi fc dt))^8)."""
    fc = 60.0
    amplitude = np.abs(np.fft.rfft(wavelet(10, fc, 0.02, LONG)))
    f = np.fft.rfftfreq(LONG.nt, LONG.dt)
    ratio = np.tan(np.pi * f[:-1] * LONG.dt) / np.tan(np.pi * fc * LONG.dt)
    np.testing.assert_allclose(amplitude[:-1], 1 / np.sqrt(1 + ratio**8), atol=1e-6)


def test_filtered_spike_is_causal():
    series = wavelet(10, 60.0, 0.02, AXIS)
    assert not series[:100].any()
    assert series[100] != 0


def test_filter_of_the_spike_beyond_nyquist():
    with pytest.raises(ParameterError, match=r"QUELLART = 10: .* 2500 Hz, and must be below .* 2500 Hz"):
        wavelet(10, 2500.0, 0.0, AXIS)


# ------------------------------------------------------------------------------------------- SU files


def write_wavelet(base: Path, shot: int, ns: int, dt: float) -> np.ndarray:
    samples = np.arange(1, ns + 1, dtype=np.float32)
    write_su(shot_file(str(base), shot), Gather(samples[None, :], dt, np.zeros((1, 2)), np.zeros(2)))
    return samples


def test_su_wavelet_of_a_shot(tmp_path: Path):
    samples = write_wavelet(tmp_path / "w.su", 3, 700, AXIS.dt)
    series, warnings = read_wavelet_shot(str(tmp_path / "w.su"), 3, AXIS)
    np.testing.assert_array_equal(series, samples[:600])
    assert warnings == ()


def test_segy_wavelet_of_a_shot(tmp_path: Path):
    samples = np.arange(1, 601, dtype=np.float32)
    gather = Gather(samples[None, :], AXIS.dt, np.zeros((1, 2)), np.zeros(2))
    write_segy(tmp_path / "w.shot3.sgy", gather)
    series, warnings = read_wavelet_shot(str(tmp_path / "w"), 3, AXIS)
    np.testing.assert_array_equal(series, samples)
    assert warnings == ()


def test_short_su_wavelet_is_extended_with_a_warning(tmp_path: Path):
    samples = write_wavelet(tmp_path / "w.su", 1, 100, AXIS.dt)
    series, (warning,) = read_wavelet_shot(str(tmp_path / "w.su"), 1, AXIS)
    np.testing.assert_array_equal(series[:100], samples)
    assert not series[100:].any()
    assert warning.startswith(f"{tmp_path / 'w.su'}.shot1: 100 samples for 600")


def in_band(axis: TimeAxis) -> np.ndarray:
    """A Ricker wavelet of 60 Hz, without energy above 300 Hz."""
    return wavelet(1, 60.0, 0.01, axis)


@pytest.mark.parametrize("dt", [1e-3, 5e-4, 1e-4, 3e-4])
def test_su_wavelet_with_another_sampling(tmp_path: Path, dt: float):
    """Resampled to what the formula gives at the sampling of the run. The filter is 80 dB down, and the
    spectrum of the wavelet at its edge (450 Hz for 1 ms) is below 1e-5."""
    samples = in_band(TimeAxis(round(0.12 / dt), dt)).astype(np.float32)
    write_su(tmp_path / "w.su.shot1", Gather(samples[None, :], dt, np.zeros((1, 2)), np.zeros(2)))
    series, warnings = read_wavelet_shot(str(tmp_path / "w.su"), 1, AXIS)
    assert np.abs(series - in_band(AXIS)).max() <= 2e-4
    assert f"sampled at {dt:g} s, the wavelet is resampled to DT = 0.0002 s" in warnings[0]


def test_what_the_longer_interval_cannot_hold_is_not_aliased():
    """500 Hz sampled at 0.5 ms would come back as 125 Hz at 1.6 ms; 80 dB down remains, but at the ends."""
    t = 5e-4 * np.arange(1, 2001)
    series = resampled(np.sin(2 * np.pi * 500 * t), 5e-4, 1.6e-3)
    assert len(series) == 625
    assert np.abs(series[60:-60]).max() <= 1e-4


def test_names_of_ifos(tmp_path: Path):
    samples = write_wavelet(tmp_path / "w", 2, 600, AXIS.dt)
    (tmp_path / "w.shot2").rename(tmp_path / "w.shot2.su")
    np.testing.assert_array_equal(read_wavelet_shot(str(tmp_path / "w"), 2, AXIS)[0], samples)


def test_missing_su_wavelet_tells_the_name_tried(tmp_path: Path):
    write_wavelet(tmp_path / "w.su", 1, 600, AXIS.dt)
    with pytest.raises(DataError, match=r"w\.su\.shot2: file not found .*w\.su\.shot1"):
        read_wavelet_shot(str(tmp_path / "w.su"), 2, AXIS)


# --------------------------------------------------------------------- the original's seismograms
#
# Two runs that differ only in the wavelet have traces d1 = g * w1 and d2 = g * w2 with the same response
# g, so d1 * w2 = d2 * w1 whatever g is. Traces of the original repeat to 2e-6 between compilers; 1e-5
# leaves room for the rounding of two wavelets.

CASE_AXIS = TimeAxis(600, 2.5e-4)
TOLERANCE = 1e-5


def case_wavelet(case: str, kind: int, shot: int = 1) -> np.ndarray:
    source = read_source_file(REFERENCE / case / "source.dat", 3).sources[shot - 1]
    samples = None
    if kind == 3:
        samples = read_wavelet_ascii(REFERENCE / case / "signal.dat")
    if kind == 7:
        samples, _ = read_wavelet_shot(str(REFERENCE / case / "wavelet.su"), shot, CASE_AXIS)
    return source.amplitude * wavelet(kind, source.frequency, source.delay, CASE_AXIS, samples)


def mismatch(case_1: str, wavelet_1: np.ndarray, case_2: str, wavelet_2: np.ndarray, shot: int = 1) -> float:
    """Normalised difference of d1 * w2 and d2 * w1 over all traces of the vertical component."""
    traces = [
        read_su(REFERENCE / case / f"expected/su/s_y.su.shot{shot}").data.astype(float)
        for case in (case_1, case_2)
    ]
    first, second = (
        np.stack([np.convolve(trace, series)[: CASE_AXIS.nt] for trace in data])
        for data, series in zip(traces, (wavelet_2, wavelet_1), strict=True)
    )
    return float(np.linalg.norm(first - second) / np.linalg.norm(second))


@needs_reference
@pytest.mark.parametrize(
    ("case_1", "kind_1", "case_2", "kind_2"),
    [
        ("fwd_psv_spike", 6, "fwd_psv_wavelet_su", 7),
        ("fwd_psv_wavelet_file", 3, "fwd_combined_keys", 1),
        ("fwd_psv_delay_q1", 1, "fwd_psv_delay_q4", 4),
        ("fwd_psv_delay_q1", 1, "fwd_psv_delay_q5", 5),
    ],
)
def test_wavelets_of_the_original(case_1: str, kind_1: int, case_2: str, kind_2: int):
    series = case_wavelet(case_1, kind_1), case_wavelet(case_2, kind_2)
    assert mismatch(case_1, series[0], case_2, series[1]) < TOLERANCE


@needs_reference
@pytest.mark.parametrize("shot", [1, 2, 3])
def test_delays_of_the_original(shot: int):
    cases = "fwd_psv_delay_q1", "fwd_psv_delay_q2"
    series = [case_wavelet(case, kind, shot) for case, kind in zip(cases, (1, 2), strict=True)]
    assert mismatch(cases[0], series[0], cases[1], series[1], shot) < TOLERANCE


@needs_reference
@pytest.mark.parametrize("shot", [2, 3])
def test_known_deviations_from_the_original(shot: int):
    """With a delay the original takes t + td in kind 4 and no delay in kind 5; we do not."""
    source = read_source_file(REFERENCE / "fwd_psv_delay_q4" / "source.dat", 3).sources[shot - 1]
    ricker = case_wavelet("fwd_psv_delay_q1", 1, shot)
    times = CASE_AXIS.times().astype(float)
    delay, period = np.float32(source.delay), np.float32(1) / np.float32(source.frequency)
    window = (CASE_AXIS.times() >= delay) & (CASE_AXIS.times() <= delay + period)
    theirs = {
        4: window * np.sin(math.pi * (times + source.delay) * source.frequency) ** 3,
        5: wavelet(5, source.frequency, 0.0, CASE_AXIS),
    }
    for kind, series in theirs.items():
        case = f"fwd_psv_delay_q{kind}"
        assert mismatch("fwd_psv_delay_q1", ricker, case, source.amplitude * series, shot) < TOLERANCE
        assert mismatch("fwd_psv_delay_q1", ricker, case, case_wavelet(case, kind, shot), shot) > 0.5
