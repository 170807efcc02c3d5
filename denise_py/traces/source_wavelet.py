"""Estimating a source wavelet: the filter that turns synthetic into observed traces, applied to the wavelet.

With the spectra S_r of the synthetic and D_r of the observed traces, both padded with zeros to L samples, and
weights f_r of the traces, the filter

    q = sum_r f_r^2 conj(S_r) D_r / (e + sum_r f_r^2 |S_r|^2)

minimises sum_r f_r^2 |D_r - q S_r|^2 + e |q|^2 at every frequency: damped least squares. The damping e is
the water level times sum_r f_r^2 sum_n s_rn^2, the mean over all frequencies of the other term of the
denominator. Synthetic traces are linear in their wavelet: one with the spectrum q W makes traces with the
spectra q S_r. q is a ratio of spectra, so the sampling interval does not enter and the new wavelet has the
size of the data.

q may begin before time 0, when the given wavelet is late: only the product q W has to be causal. It is cut
where it is not, and to the length of the given wavelet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy.fft

from denise_py.parameters.wavelet_engine import IDENTITY, WaveletEngine


@dataclass(frozen=True, eq=False)
class SourceFilter:
    """A filter between wavelets. spectrum: (size // 2 + 1,) complex128 of `size` samples."""

    spectrum: np.ndarray
    size: int

    def apply(self, series: np.ndarray) -> np.ndarray:
        """Filtered series (..., nt) with nt <= size, float64, from the first sample on."""
        nt = series.shape[-1]
        spectra = scipy.fft.rfft(np.asarray(series, np.float64), self.size)
        return scipy.fft.irfft(self.spectrum * spectra, self.size)[..., :nt]


def spectrum_size(nt: int, engine: WaveletEngine) -> int:
    """Length L of the padded traces of nt samples."""
    size = max(int(engine.padding * nt), nt)
    if engine.power_of_two:
        size = 1 << (size - 1).bit_length()
    return -(-size // engine.multiple_of) * engine.multiple_of


def estimate_filter(
    synthetic: np.ndarray, observed: np.ndarray, weights: np.ndarray, engine: WaveletEngine, dt: float
) -> SourceFilter:
    """The filter from synthetic to observed traces, both (ntr, nt) sampled at dt (s), weighted by (ntr,).

    Traces of all components together. Observed traces of zeros are left out: they say nothing about wavelets.
    Raises ValueError when no trace is left or all synthetic ones are zero.
    """
    f = np.where(np.any(observed, axis=1), weights, 0.0)
    f = f / max(float(np.max(np.abs(f), initial=0.0)), np.finfo(float).tiny)
    used = np.any(synthetic, axis=1) & (f != 0)
    if not np.any(used):
        raise ValueError("no trace is left from which a wavelet could be estimated")
    kept = f != 0
    s, d, f = (np.asarray(array, np.float64)[kept] for array in (synthetic, observed, f))
    # amplitudes of seismology, squared, would leave the range of numbers
    unit_s, unit_d = np.abs(s).max(), np.abs(d).max()
    s, d = f[:, None] * (s / unit_s), f[:, None] * (d / unit_d)
    size = spectrum_size(s.shape[1], engine)
    frequencies = scipy.fft.rfftfreq(size, dt)
    if engine.name == IDENTITY:
        gain = math.sqrt(np.sum(d**2) / np.sum(s**2)) * unit_d / unit_s if engine.scale_energy else 1.0
        spectrum = np.full(frequencies.size, gain, dtype=np.complex128)
    else:
        spectrum = _least_squares(s, d, size, engine.water_level) * (unit_d / unit_s)
    return SourceFilter(spectrum * np.exp(-2j * np.pi * frequencies * engine.shift), size)


def _least_squares(s: np.ndarray, d: np.ndarray, size: int, water_level: float) -> np.ndarray:
    """q of the module for traces (ntr, nt) that carry their weights."""
    spectra_s, spectra_d = scipy.fft.rfft(s, size), scipy.fft.rfft(d, size)
    crossed = np.sum(np.conj(spectra_s) * spectra_d, axis=0)
    power = np.sum(np.abs(spectra_s) ** 2, axis=0)
    return crossed / (water_level * np.sum(s**2) + power)


def misfit_of(
    synthetic: np.ndarray, observed: np.ndarray, weights: np.ndarray, found: SourceFilter
) -> tuple[float, float]:
    """Weighted energy of the observed traces (ntr, nt), and of what filtered synthetic ones leave of it."""
    f = np.where(np.any(observed, axis=1), weights, 0.0)[:, None]
    data = f * np.asarray(observed, np.float64)
    left = data - f * found.apply(synthetic)
    return float(np.sum(data**2)), float(np.sum(left**2))


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
