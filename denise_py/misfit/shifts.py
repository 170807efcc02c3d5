"""Misfits that measure how far in time signals have moved: transport of one signal into the other, and the
travel time difference at the largest cross-correlation."""

from __future__ import annotations

import numpy as np
import scipy

from denise_py.misfit.norms import Options, Residual

#: exponent of the softplus function at the largest observed amplitude
SHARPNESS = 5.0
NEWTON_STEPS = 12


def transport(synthetic: np.ndarray, observed: np.ndarray, options: Options = Options()) -> Residual:  # noqa: B008
    """F = sum over traces of the squared Wasserstein distance W2^2 (s^2) between the signals as densities.

    A trace becomes a density f = p / sum p with the softplus function p = ln(1 + exp(SHARPNESS x / m)), m the
    largest observed amplitude of the trace (Qiu et al. 2017, SEG Expanded Abstracts, 1276-1281): positive,
    smooth, invertible, and without the loss of polarity of squares. With the cumulative functions F and G of
    synthetic and observed densities (constant within a sample),

        W2^2 = sum_n f_n (t_n - T_n)^2,   T_n = G^-1(F(t_n)),

    which is zero for equal signals (Engquist & Froese 2014, Commun. Math. Sci. 12, 979-988). The derivative
    is that of this sum. energy = number of traces.
    """
    s, d = np.asarray(synthetic, np.float64), np.asarray(observed, np.float64)
    adjoint, value = np.zeros_like(s), 0.0
    for trace in np.flatnonzero(np.any(d, axis=-1)):
        steepness = SHARPNESS / np.max(np.abs(d[trace]))
        distance, by_density = _distance(
            *(np.logaddexp(0.0, steepness * x[trace]) for x in (s, d)), unit=options.dt
        )
        value += distance
        adjoint[trace] = by_density * steepness * scipy.special.expit(steepness * s[trace])
    return Residual(value, float(len(d)), adjoint)


def _distance(p: np.ndarray, q: np.ndarray, unit: float) -> tuple[float, np.ndarray]:
    """W2^2 between p and q (ns,) divided by their integrals, and its derivative with respect to p; times in
    `unit`. Integrals by the trapezoidal rule."""
    weights = np.ones(len(p))
    weights[[0, -1]] = 0.5
    total = weights @ p
    f, g = p / total, q / (weights @ q)
    target, density = _inverse(g, np.cumsum(f) - 0.5 * (f + f[0]))
    away = unit * (np.arange(len(f)) - target)
    # of f_n itself, and of F at its own sample (half) and at all later ones
    moved = -2.0 * unit * weights * f * away / density
    later = np.cumsum(moved[::-1])[::-1] - 0.5 * moved
    later[0] -= 0.5 * np.sum(moved)
    by_f = weights * away**2 + later
    return float(np.sum(weights * f * away**2)), (by_f - weights * np.sum(f * by_f)) / total


def _inverse(g: np.ndarray, level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the integral of g reaches given levels, in samples, and g there; g is linear between samples,
    so that both are continuous functions of the level."""
    integral = np.concatenate([[0.0], np.cumsum(0.5 * (g[1:] + g[:-1]))])
    cell = np.clip(np.searchsorted(integral, level, side="right") - 1, 0, len(g) - 2)
    rest, rise = level - integral[cell], g[cell + 1] - g[cell]
    density = np.sqrt(np.maximum(g[cell] ** 2 + 2.0 * rise * rest, (1e-3 * g[cell]) ** 2))
    return cell + 2.0 * rest / (g[cell] + density), density


def travel_time(synthetic: np.ndarray, observed: np.ndarray, options: Options = Options()) -> Residual:  # noqa: B008
    """F = sum over traces of tau^2 (s^2), tau the lag of the largest cross-correlation, positive when the
    synthetic is late (Luo & Schuster 1991, Geophysics 56, 645-653). energy = number of traces.

    The correlation C(tau) is a trigonometric polynomial, so that tau lies between samples as exactly as
    C'(tau) = 0 can be solved, and d tau / d s = -(dC'/ds) / C''. tau jumps where the largest of two maxima
    changes. A synthetic trace that is zero, without any lag, contributes nothing.
    """
    s, d = np.asarray(synthetic, np.float64), np.asarray(observed, np.float64)
    ns = s.shape[-1]
    size = _odd_length(2 * ns)  # there is no Nyquist frequency to be treated apart
    omega = 2.0 * np.pi / size * np.arange(size // 2 + 1)
    reference = np.conj(scipy.fft.rfft(d, size))
    product = scipy.fft.rfft(s, size) * reference
    lag = _largest(product, size)
    start = lag
    for _ in range(NEWTON_STEPS):
        slope, curvature = _derivatives(product, omega, lag)
        step = np.divide(-slope, curvature, out=np.zeros_like(lag), where=curvature < 0)
        lag = np.clip(lag + step, start - 1.0, start + 1.0)
    _, curvature = _derivatives(product, omega, lag)
    by_sample = 1j * omega * reference * np.exp(1j * omega * lag[:, None])
    slopes = scipy.fft.irfft(np.conj(by_sample), size)[:, :ns] * size
    used = curvature < 0
    rate = np.divide(-slopes, curvature[:, None], out=np.zeros_like(s), where=used[:, None])
    tau = np.where(used, options.dt * lag, 0.0)
    return Residual(float(np.sum(tau**2)), float(len(d)), 2.0 * options.dt * tau[:, None] * rate)


def _odd_length(least: int) -> int:
    """The next odd length that suits the FFT."""
    size = least | 1
    while scipy.fft.next_fast_len(size, real=True) != size:
        size += 2
    return size


def _largest(product: np.ndarray, size: int) -> np.ndarray:
    """Lag in whole samples of the largest correlation, (ntr,) float64."""
    place = np.argmax(scipy.fft.irfft(product, size), axis=-1).astype(np.float64)
    return np.where(place > size // 2, place - size, place)


def _derivatives(product: np.ndarray, omega: np.ndarray, lag: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and second derivative (ntr,) of size * C at lags in samples, twice the sum over omega > 0."""
    turned = 2.0 * product * np.exp(1j * omega * lag[:, None])
    return -np.sum(omega * turned.imag, axis=-1), -np.sum(omega**2 * turned.real, axis=-1)
