"""Source wavelets w(t) at t = n dt, n = 1..nt, without the amplitude of the source.

With T = 1/fc, delay td:

    1 Ricker              (1 - 2 a^2) exp(-a^2), a = pi (t - 1.5 T - td) / T
    2 Fuchs-Mueller       sin(2 pi (t - td) fc) - sin(4 pi (t - td) fc) / 2 within td <= t <= td + T, else 0
    3 ASCII file          samples as read
    4 sin^3               sin^3(pi (t - td) / T) within td <= t <= td + T, else 0
    5 Gaussian derivative -2 a u exp(-a u^2), a = (pi fc)^2, u = t - 1.2 T - td
    6 spike               1 at n = 1 + round(td / dt), else 0
    7 SU file per shot    samples as read
    8 integrated sin^3    T / (0.75 pi) (1/2 - 3/4 cos q + 1/4 cos^3 q), q = pi (t - td) / T clipped to 0..pi
    9 Klauder             autocorrelation of a linear sweep from f1 to f2 of length L (Klauder et al. 1960):
                          (1 - |u|/L) sinc(k u (1 - |u|/L) L) cos(pi (f1 + f2) u), k = (f2 - f1) / L,
                          u = t - td - L, within |u| < L, else 0; sinc x = sin(pi x) / (pi x)
    10 filtered spike     the spike after a Butterworth low-pass of order 4 with corner fc

The numbers up to 8 are DENISE's QUELLART. Two kinds deviate from it on purpose when td is not zero: DENISE
takes t + td in kind 4, which makes the wavelet jump, and ignores td in kind 5.

t, fc, td and the ends of the window are single precision, as in DENISE, because the last digits of a
wavelet depend on the rounding of its times. Everything else is float64.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

import numpy as np
import scipy

from denise_py.acquisition.tables import data_lines
from denise_py.errors import DataError, ParameterError
from denise_py.grid import TimeAxis, rounded_ratio
from denise_py.parameters.data_files import chosen, wavelet_names
from denise_py.traces.reading import read_wavelet
from denise_py.traces.records import dt_matches

ASCII_FILE = 3
SU_FILE = 7
KLAUDER = 9
SPIKE_FILTER_ORDER = 4
#: sampling intervals are resampled by the nearest ratio of whole numbers up to this one
LARGEST_FACTOR = 5000

# (time axis, fc in Hz, td in s) -> (nt,) float64
WaveletFunction = Callable[[TimeAxis, np.float32, np.float32], np.ndarray]


def _times(axis: TimeAxis) -> np.ndarray:
    return axis.times().astype(np.float64)


def _period(fc: np.float32) -> np.float32:
    return np.float32(1) / fc


def _window(axis: TimeAxis, fc: np.float32, td: np.float32) -> np.ndarray:
    """Whether td <= t <= td + T, (nt,) bool."""
    times = axis.times()
    return (times >= td) & (times <= td + _period(fc))


def ricker(axis: TimeAxis, fc: np.float32, td: np.float32) -> np.ndarray:
    """Second derivative of a Gaussian (sign reversed), peak 1 at 1.5 T + td."""
    a = np.pi * (_times(axis) - 1.5 / float(fc) - float(td)) * float(fc)
    return (1 - 2 * a**2) * np.exp(-(a**2))


def fuchs_mueller(axis: TimeAxis, fc: np.float32, td: np.float32) -> np.ndarray:
    """Fuchs and Mueller (1971) wavelet with two extrema, duration T."""
    phase = 2 * np.pi * (_times(axis) - float(td)) * float(fc)
    return np.where(_window(axis, fc, td), np.sin(phase) - 0.5 * np.sin(2 * phase), 0.0)


def sine_cubed(axis: TimeAxis, fc: np.float32, td: np.float32) -> np.ndarray:
    """sin^3 half cycle of duration T, peak 1."""
    phase = np.pi * (_times(axis) - float(td)) / float(_period(fc))
    return np.where(_window(axis, fc, td), np.sin(phase) ** 3, 0.0)


def gaussian_derivative(axis: TimeAxis, fc: np.float32, td: np.float32) -> np.ndarray:
    """First derivative of a Gaussian, zero crossing at 1.2 T + td; dimension 1/s."""
    a = (np.pi * float(fc)) ** 2
    u = _times(axis) - 1.2 / float(fc) - float(td)
    return -2 * a * u * np.exp(-a * u**2)


def spike(axis: TimeAxis, fc: np.float32, td: np.float32) -> np.ndarray:
    """1 at one sample. All zero when td lies outside the run."""
    samples = np.zeros(axis.nt)
    index = rounded_ratio(td, axis.dt)
    if 0 <= index < axis.nt:
        samples[index] = 1.0
    return samples


def integrated_sine_cubed(axis: TimeAxis, fc: np.float32, td: np.float32) -> np.ndarray:
    """Smooth step of duration T (the integral of sin^3 but for a factor), ending at T / (0.75 pi)."""
    period = float(_period(fc))
    cosine = np.cos(np.clip(np.pi * (_times(axis) - float(td)) / period, 0.0, np.pi))
    return period / (0.75 * np.pi) * (0.5 - 0.75 * cosine + 0.25 * cosine**3)


def filtered_spike(axis: TimeAxis, fc: np.float32, td: np.float32) -> np.ndarray:
    """The spike after a causal Butterworth low-pass of order 4 whose corner, 3 dB down, is at fc.

    Raises ParameterError for a corner at or above the Nyquist frequency.
    """
    nyquist = 0.5 / axis.dt
    if not fc < nyquist:
        raise ParameterError(
            f"QUELLART = 10: the corner of the filter is the centre frequency of the source, {fc:g} Hz, and "
            f"must be below the Nyquist frequency {nyquist:g} Hz"
        )
    sections = scipy.signal.butter(SPIKE_FILTER_ORDER, float(fc), fs=1 / axis.dt, output="sos")
    return scipy.signal.sosfilt(sections, spike(axis, fc, td))


@dataclass(frozen=True)
class Sweep:
    """A linear sweep: first and last frequency in Hz (0: half and one and a half times the centre frequency
    of the source), length in s."""

    first: float
    last: float
    length: float


def klauder(axis: TimeAxis, fc: np.float32, td: np.float32, sweep: Sweep) -> np.ndarray:
    """Klauder wavelet, peak 1 at td + sweep.length, zero before td and after td + 2 sweep.length.

    Raises ParameterError unless 0 <= first < last < Nyquist frequency.
    """
    low, high = sweep.first or 0.5 * float(fc), sweep.last or 1.5 * float(fc)
    if not low < high < 0.5 / axis.dt:
        raise ParameterError(
            f"SWEEP_F1 = {low:g} Hz must be less than SWEEP_F2 = {high:g} Hz, and that less than the Nyquist "
            f"frequency {0.5 / axis.dt:g} Hz (0 stands for 0.5 and 1.5 times the source's centre frequency)"
        )
    lag = np.abs(_times(axis) - float(td) - sweep.length)
    overlap = np.maximum(1 - lag / sweep.length, 0.0)
    return overlap * np.sinc((high - low) * lag * overlap) * np.cos(np.pi * (low + high) * lag)


FORMULAS: Mapping[int, WaveletFunction] = MappingProxyType(
    {
        1: ricker,
        2: fuchs_mueller,
        4: sine_cubed,
        5: gaussian_derivative,
        6: spike,
        8: integrated_sine_cubed,
        10: filtered_spike,
    }
)


def wavelet(
    kind: int,
    fc: float,
    td: float,
    axis: TimeAxis,
    samples: np.ndarray | None = None,
    sweep: Sweep | None = None,
) -> np.ndarray:
    """Wavelet of a kind on a time axis, (nt,) float64 without the source's amplitude.

    fc: centre frequency in Hz; td: delay in s; samples: what was read from the file, for kinds 3 and 7
    (fc and td play no part there), extended with zeros or cut to nt; sweep: for kind 9.
    Raises ParameterError for an unknown kind, for a file kind without samples, for kind 9 without a sweep,
    and for frequencies that the sampling cannot hold (kinds 9, 10).
    """
    if kind == KLAUDER and sweep is not None:
        return klauder(axis, np.float32(fc), np.float32(td), sweep)
    if kind in FORMULAS:
        return FORMULAS[kind](axis, np.float32(fc), np.float32(td))
    if kind not in (ASCII_FILE, SU_FILE):
        raise ParameterError(f"QUELLART = {kind} is unknown: allowed are 1 to 10, 9 with a sweep")
    if samples is None:
        raise ParameterError(f"QUELLART = {kind} takes its wavelet from SIGNAL_FILE, but none was read")
    return fit_length(samples, axis.nt)


def fit_length(samples: np.ndarray, nt: int) -> np.ndarray:
    """samples cut or extended with zeros to (nt,) float64."""
    result = np.zeros(nt)
    kept = min(nt, len(samples))
    result[:kept] = samples[:kept]
    return result


def read_wavelet_ascii(path: str | os.PathLike[str]) -> np.ndarray:
    """Samples of a text file with one number per line, float64.

    Raises DataError naming file and line when a line is not one finite number, or when there is none.
    """
    lines = data_lines(path)
    for line in lines:
        if len(line.words) > 1:
            raise DataError(f"{line.where}: one number per line expected, found {line.text!r}")
    return np.array([line.real(0, "the sample") for line in lines])


def shot_file(signal_file: str, shot: int) -> str:
    """Name of the wavelet of a shot, numbered from 1: <signal_file>.shot1, or with .su, .sgy or .segy."""
    return chosen(wavelet_names(signal_file, shot))


def read_wavelet_shot(signal_file: str, shot: int, axis: TimeAxis) -> tuple[np.ndarray, tuple[str, ...]]:
    """Wavelet of a shot from the first trace of its SU or SEG-Y file: (nt,) float64, and warnings.

    A trace with another sampling interval is resampled, one that is too short extended with zeros, both with
    a warning. Raises DataError as traces.reading.read_traces.
    """
    path = shot_file(signal_file, shot)
    samples, dt = read_wavelet(path)
    warnings = []
    if not dt_matches(dt, axis.dt):
        warnings.append(f"{path}: sampled at {dt:g} s, the wavelet is resampled to DT = {axis.dt:g} s")
        samples = resampled(samples, dt, axis.dt)
    if len(samples) < axis.nt:
        warnings.append(f"{path}: {len(samples)} samples for {axis.nt} time steps, zeros are appended")
    return fit_length(samples, axis.nt), tuple(warnings)


def resampled(samples: np.ndarray, old_dt: float, new_dt: float) -> np.ndarray:
    """Samples at t = old_dt, 2 old_dt, ... as samples at t = new_dt, 2 new_dt, ..., float64, zero before.

    Polyphase filter with a linear-phase low-pass below both Nyquist frequencies: what the longer interval
    cannot hold is taken out, not aliased. Ripple and leakage are 80 dB down up to 0.9 times the lower one.
    """
    ratio = Fraction(old_dt / new_dt).limit_denominator(LARGEST_FACTOR)
    up, down = max(ratio.numerator, 1), ratio.denominator
    most = max(up, down)
    # a Kaiser window of beta 8 has 80 dB; its transition is 5 / 50 of the lower Nyquist frequency
    low_pass = scipy.signal.firwin(2 * 50 * most + 1, 0.95 / most, window=("kaiser", 8.0))
    from_zero = np.concatenate([[0.0], samples])
    return scipy.signal.resample_poly(from_zero, up, down, window=low_pass)[1:]


def delayed(samples: np.ndarray, steps: float) -> np.ndarray:
    """samples (nt,) later by `steps` >= 0 sampling intervals, not necessarily a whole number; what leaves the
    end is lost.

    Band-limited: a phase shift of the spectrum of the padded series. Whole steps are exact.
    """
    nt = len(samples)
    whole = math.floor(steps)
    moved = np.zeros(nt)
    moved[whole:] = samples[: max(nt - whole, 0)]
    part = steps - whole
    if part == 0:
        return moved
    size = scipy.fft.next_fast_len(2 * nt, real=True)
    phase = np.exp(-2j * np.pi * scipy.fft.rfftfreq(size) * part)
    return scipy.fft.irfft(scipy.fft.rfft(moved, size) * phase, size)[:nt]
