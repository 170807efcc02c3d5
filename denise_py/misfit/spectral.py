"""Misfits that need the spectrum of traces: of envelopes, and of phases at single frequencies."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import scipy

from denise_py.misfit.norms import Options, Residual

#: below this part of what the receivers have at a frequency, a spectrum has no phase to speak of
WEAK = 1e-3


def envelope(synthetic: np.ndarray, observed: np.ndarray, options: Options = Options()) -> Residual:  # noqa: B008
    """F = sum (e_s - e_d)^2 with the envelopes e = sqrt(x^2 + H{x}^2 + w^2), H the Hilbert transform
    (Bozdag et al. 2011, Geophys. J. Int. 185, 845-870). energy = sum d^2.

    w = water_level times the largest observed envelope keeps the derivative smooth where e is nearly zero;
    it stands in both envelopes. H^T = -H, so dF/ds = y s / e_s - H{y h / e_s} with y = 2 (e_s - e_d).
    """
    s, d = np.asarray(synthetic, np.float64), np.asarray(observed, np.float64)
    h, h_d = hilbert(s), hilbert(d)
    plain = np.hypot(d, h_d)
    water = options.water_level * float(np.max(plain, initial=0.0))
    e_s, e_d = np.hypot(np.hypot(s, h), water), np.hypot(plain, water)
    y = np.divide(2.0 * (e_s - e_d), e_s, out=np.zeros_like(s), where=e_s > 0)
    return Residual(float(np.sum((e_s - e_d) ** 2)), float(np.sum(d**2)), y * s - hilbert(y * h))


def hilbert(traces: np.ndarray) -> np.ndarray:
    """Hilbert transform along the last axis by FFT, zero-padded to 2^(ceil(log2 ns) + 2) samples as DENISE
    does. Its transpose is its negative."""
    ns = traces.shape[-1]
    size = 2 ** (math.ceil(math.log2(ns)) + 2)
    spectrum = -1j * scipy.fft.rfft(traces, size)
    spectrum[..., [0, -1]] = 0.0
    return scipy.fft.irfft(spectrum, size)[..., :ns]


def phase(synthetic: np.ndarray, observed: np.ndarray, options: Options = Options()) -> Residual:  # noqa: B008
    """F = sum over traces and frequencies of a b (1 - cos(arg U - arg D)), energy = sum a.

    U, D: Fourier transforms of synthetic and observed traces at the frequencies of options.lines.
    a = |D|^2 / (|D|^2 + e^2), e = WEAK times the largest |D| of the gather at the frequency, b the same of U
    with the mean square in place of the largest: where there is no signal there is no phase. F does not
    change when all traces of a gather are multiplied by a number. Raises ValueError without a frequency.
    """
    s, d = np.asarray(synthetic, np.float64), np.asarray(observed, np.float64)
    kernel = _fourier(s.shape[-1], options)
    u, v = s @ kernel, d @ kernel
    power, power_d = np.abs(u) ** 2, np.abs(v) ** 2
    weak_d = WEAK**2 * power_d.max(axis=0, initial=0.0)
    a = _ratio(power_d, power_d + weak_d)
    total = power + WEAK**2 * power.mean(axis=0) if len(s) else power
    turned = u * np.conj(v)
    cosine, sine = (_ratio(part, np.abs(turned)) for part in (turned.real, turned.imag))
    b, apart = _ratio(power, total), a * (1.0 - cosine)
    # dF/d|U|^2: of b at the same trace, and through the mean square at all traces
    through_mean = WEAK**2 / max(len(s), 1) * np.sum(apart * _ratio(b, total), axis=0)
    by_power = apart * _ratio(1.0 - b, total) - through_mean
    by_phase = a * b * sine
    # d|U|^2 = 2 Re(conj(U) dU), d arg U = Im(conj(U) dU) / |U|^2
    factor = np.conj(u) * (2.0 * by_power - 1j * _ratio(by_phase, power))
    return Residual(float(np.sum(a * b * (1.0 - cosine))), float(np.sum(a)), (factor @ kernel.T).real)


def frequencies(ns: int, dt: float, low: float, high: float, number: int) -> tuple[float, ...]:
    """`number` frequencies from low to high (Hz), or with 0 all k / (ns dt) from low to high that are below
    Nyquist; high = 0 stands for Nyquist."""
    top = min(high or math.inf, 0.5 / dt)
    if number:
        return tuple(float(f) for f in np.linspace(low, top, number))
    lines = np.arange(1, (ns + 1) // 2) / (ns * dt)
    slack = 1e-9 * top
    return tuple(float(f) for f in lines[(lines >= low - slack) & (lines <= top + slack)])


@lru_cache(maxsize=1)  # the same for all shots and iterations
def _fourier(ns: int, options: Options) -> np.ndarray:
    """exp(-2 pi i f t) dt, (ns, number of lines), t = dt, 2 dt, ..."""
    lines = options.lines or frequencies(ns, options.dt, 0.0, 0.0, 0)
    if not lines:
        raise ValueError("the phase misfit needs at least one frequency")
    t = options.dt * np.arange(1, ns + 1)
    return options.dt * np.exp(-2j * np.pi * np.outer(t, lines))


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """above / below, 0 where below is 0."""
    return np.divide(
        above, below, out=np.zeros(np.broadcast_shapes(above.shape, below.shape)), where=below > 0
    )
