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

The numbers are DENISE's QUELLART. Two kinds deviate from it on purpose when td is not zero: DENISE takes
t + td in kind 4, which makes the wavelet jump, and ignores td in kind 5.

t, fc, td and the ends of the window are single precision, as in DENISE, because the last digits of a
wavelet depend on the rounding of its times. Everything else is float64.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import scipy.fft

from denise_py.acquisition.tables import data_lines
from denise_py.errors import DataError, ParameterError
from denise_py.grid import TimeAxis, rounded_ratio
from denise_py.parameters.data_files import chosen, wavelet_names
from denise_py.traces.reading import read_wavelet
from denise_py.traces.records import dt_matches

ASCII_FILE = 3
SU_FILE = 7

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


FORMULAS: Mapping[int, WaveletFunction] = MappingProxyType(
    {
        1: ricker,
        2: fuchs_mueller,
        4: sine_cubed,
        5: gaussian_derivative,
        6: spike,
        8: integrated_sine_cubed,
    }
)


def wavelet(kind: int, fc: float, td: float, axis: TimeAxis, samples: np.ndarray | None = None) -> np.ndarray:
    """Wavelet of a kind on a time axis, (nt,) float64 without the source's amplitude.

    fc: centre frequency in Hz; td: delay in s; samples: what was read from the file, for kinds 3 and 7
    (fc and td play no part there), extended with zeros or cut to nt.
    Raises ParameterError for an unknown kind and for a file kind without samples.
    """
    if kind in FORMULAS:
        return FORMULAS[kind](axis, np.float32(fc), np.float32(td))
    if kind not in (ASCII_FILE, SU_FILE):
        raise ParameterError(f"QUELLART = {kind} is unknown: allowed are 1 to 8")
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
    """Name of the wavelet of a shot, numbered from 1: <signal_file>.shot1 (SU), or with .sgy or .segy."""
    return chosen(wavelet_names(signal_file, shot))


def read_wavelet_shot(signal_file: str, shot: int, axis: TimeAxis) -> tuple[np.ndarray, tuple[str, ...]]:
    """Wavelet of a shot from the first trace of its SU or SEG-Y file: (nt,) float64, and warnings.

    A trace that is too short is extended with zeros, with a warning. Raises DataError when the file's
    sampling interval is another one, and as traces.reading.read_traces.
    """
    path = shot_file(signal_file, shot)
    samples, dt = read_wavelet(path)
    if not dt_matches(dt, axis.dt):
        raise DataError(
            f"{path}: sampled at {dt:g} s, but DT = {axis.dt:g} s: resample the wavelet or change DT"
        )
    warnings = ()
    if len(samples) < axis.nt:
        warnings = (f"{path}: {len(samples)} samples for {axis.nt} time steps, zeros are appended",)
    return fit_length(samples, axis.nt), warnings


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
