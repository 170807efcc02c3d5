"""Estimating a source wavelet from synthetic and observed traces by damped least squares.

With the spectra S_r of the synthetic and D_r of the observed traces, that W of the given wavelet, and weights
f_r of the traces, the wavelet

    X = W sum_r f_r^2 conj(S_r) D_r / (e + sum_r f_r^2 |S_r|^2)                                            (1)

minimises

    sum_r f_r^2 |S_r X - W D_r|^2 + e |X|^2                                                                (2)

at every frequency. The damping e is the water level times sum_r f_r^2 sum_n s_rn^2, the mean over all
frequencies of the other term of the denominator. Traces are linear in their wavelet, so that S_r / W is the
response of the ground, and (2) asks for the wavelet whose traces, seen through w, are the data seen through
w. Only ratios of spectra occur: the sampling interval does not enter, and the new wavelet has the size of
the data. The filter X / W may begin before time 0, as it does when the given wavelet is late; the wavelet
itself is cut there.

fdlsq is (1). Spectra know nothing of the end of the record, where traces are cut while waves still arrive.
In time, (2) is a sum over samples of s_r * x - w * d_r, and these convolutions hold sample by sample for
cut traces as well, as long as x is causal. tdlsq minimises this sum over the samples of the record, for a
causal x, by conjugate gradients; the spectra serve as preconditioner.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy

from denise_py.parameters.wavelet_engine import IDENTITY, IN_TIME, WaveletEngine

#: conjugate gradients end when the gradient of (2) has become this part of that at 0, or after so many steps
ACCURACY, MOST_STEPS = 1e-6, 200


@dataclass(frozen=True, eq=False)
class WaveletEstimate:
    """A wavelet (nt,) float64; the energy of the weighted data w * d_r and what it leaves of that."""

    wavelet: np.ndarray
    energy: float
    left: float


def spectrum_size(nt: int, engine: WaveletEngine) -> int:
    """Length of the padded traces of nt samples in (1)."""
    size = max(int(engine.padding * nt), nt)
    if engine.power_of_two:
        size = 1 << (size - 1).bit_length()
    return -(-size // engine.multiple_of) * engine.multiple_of


def estimate_wavelet(
    given: np.ndarray,
    synthetic: np.ndarray,
    observed: np.ndarray,
    weights: np.ndarray,
    engine: WaveletEngine,
    dt: float,
) -> WaveletEstimate:
    """The wavelet that explains the observed traces, where the given one (nt,) has made the synthetic traces;
    both (ntr, nt), sampled at dt (s), weighted by (ntr,).

    Traces of all components together. Observed traces of zeros are left out: they say nothing about wavelets.
    Raises ValueError when no trace is left or all synthetic ones are zero.
    """
    f = np.where(np.any(observed, axis=1), weights, 0.0)
    f = f / max(float(np.max(np.abs(f), initial=0.0)), np.finfo(float).tiny)
    used = f != 0
    if not np.any(used):
        raise ValueError("all observed traces that count are zero")
    if not np.any(synthetic[used]):
        raise ValueError("all synthetic traces that count are zero")
    s, d = (np.asarray(traces, np.float64)[used] for traces in (synthetic, observed))
    # amplitudes of seismology, squared, would leave the range of numbers
    unit_s, unit_d, unit_w = (float(np.max(np.abs(series))) for series in (s, d, given))
    s, d = f[used, None] * (s / unit_s), f[used, None] * (d / unit_d)
    problem = _Problem(given / unit_w, s, _delayed(d, engine.shift / dt), engine.water_level)
    if engine.name == IDENTITY:
        x = problem.scaled() if engine.scale_energy else given / unit_w * (unit_s / unit_d)
    elif engine.name == IN_TIME:
        x = problem.in_time()
    else:
        x = problem.in_frequency(spectrum_size(given.size, engine))
    return WaveletEstimate(x * (unit_w * unit_d / unit_s), *problem.energies(x))


class _Problem:
    """(2) for a given wavelet w (nt,) and weighted traces s, d (ntr, nt)."""

    def __init__(self, w: np.ndarray, s: np.ndarray, d: np.ndarray, water_level: float) -> None:
        self._w, self._s, self._d = w, s, d
        self._size = scipy.fft.next_fast_len(2 * w.size, real=True)
        self._spectra = scipy.fft.rfft(s, self._size)
        self._data = self._convolved(scipy.fft.rfft(w, self._size), d)
        self._damping = water_level * float(np.sum(s**2))

    def scaled(self) -> np.ndarray:
        """The given wavelet (nt,), scaled to the energy of the data."""
        return math.sqrt(np.sum(self._d**2) / np.sum(self._s**2)) * self._w

    def in_frequency(self, size: int) -> np.ndarray:
        """(1) with spectra of `size` samples, (nt,)."""
        s, d, w = (scipy.fft.rfft(series, size) for series in (self._s, self._d, self._w))
        ratio = np.sum(np.conj(s) * d, axis=0) / (self._damping + np.sum(np.abs(s) ** 2, axis=0))
        return scipy.fft.irfft(w * ratio, size)[: self._w.size]

    def in_time(self) -> np.ndarray:
        """The causal wavelet (nt,) that minimises (2) in the record."""
        inverse = 1.0 / (self._damping + np.sum(np.abs(self._spectra) ** 2, axis=0))
        return conjugate_gradients(
            lambda x: self._transpose(self._convolved(self._spectra, x)) + self._damping * x,
            self._transpose(self._data),
            lambda x: self._convolved(inverse, x),
            self.in_frequency(self._size),
        )

    def energies(self, x: np.ndarray) -> tuple[float, float]:
        """Sums of squares of w * d and of x * s - w * d."""
        left = self._convolved(self._spectra, x) - self._data
        return float(np.sum(self._data**2)), float(np.sum(left**2))

    def _convolved(self, spectra: np.ndarray, series: np.ndarray) -> np.ndarray:
        """Convolution of series (..., nt) with something of the given spectra, (..., nt)."""
        product = spectra * scipy.fft.rfft(series, self._size)
        return scipy.fft.irfft(product, self._size)[..., : self._w.size]

    def _transpose(self, traces: np.ndarray) -> np.ndarray:
        """Transpose of the convolution with s, summed over the traces, (nt,)."""
        spectrum = np.sum(np.conj(self._spectra) * scipy.fft.rfft(traces, self._size), axis=0)
        return scipy.fft.irfft(spectrum, self._size)[: self._w.size]


def conjugate_gradients(
    product: Callable[[np.ndarray], np.ndarray],
    right: np.ndarray,
    preconditioner: Callable[[np.ndarray], np.ndarray],
    start: np.ndarray,
) -> np.ndarray:
    """Solution (n,) of product(x) = right for a symmetric positive product, begun at `start`."""
    x, residual = start, right - product(start)
    along = preconditioner(residual)
    size = float(residual @ along)
    goal = ACCURACY**2 * float(right @ preconditioner(right))
    direction = along
    for _ in range(MOST_STEPS):
        if size <= goal:
            break
        image = product(direction)
        step = size / float(direction @ image)
        x, residual = x + step * direction, residual - step * image
        along = preconditioner(residual)
        before, size = size, float(residual @ along)
        direction = along + (size / before) * direction
    return x


def _delayed(series: np.ndarray, steps: float) -> np.ndarray:
    """Series (..., nt) later by so many samples, earlier if negative; what leaves the record is lost."""
    if steps == 0:
        return series
    nt = series.shape[-1]
    size = scipy.fft.next_fast_len(2 * nt, real=True)
    phase = np.exp(-2j * np.pi * scipy.fft.rfftfreq(size) * steps)
    return scipy.fft.irfft(scipy.fft.rfft(series, size) * phase, size)[..., :nt]


def late_share(traces: np.ndarray, weights: np.ndarray) -> float:
    """The part of the energy of traces (ntr, nt), weighted by (ntr,), in the last tenth of the record."""
    energy = np.sum((weights[:, None] * np.asarray(traces, np.float64)) ** 2, axis=0)
    total = float(np.sum(energy))
    return float(np.sum(energy[9 * energy.size // 10 :])) / total if total > 0 else 0.0


def end_taper(nt: int, dt: float, begin: float, end: float) -> np.ndarray:
    """Factors (nt,): 1 up to `begin` (s), a half cosine down to 0 at `end`; sample n, from 1, is at n dt."""
    t = dt * np.arange(1, nt + 1)
    fraction = np.clip((t - begin) / (end - begin), 0.0, 1.0)
    return 0.5 * (1 + np.cos(np.pi * fraction))


def offset_weights(offsets: np.ndarray, exponent: float, smallest: float) -> np.ndarray:
    """Weights (ntr,) offset^exponent in parts of the largest; offsets below `smallest` > 0 count as that."""
    r = np.maximum(offsets, smallest)
    powers = exponent * np.log(r)
    return np.exp(powers - powers.max(initial=-math.inf))
