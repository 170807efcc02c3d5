"""Convolutional perfectly matched layers (Komatitsch & Martin 2007, Geophysics 72, SM155).

In the layer a spatial derivative g is replaced by g/K + psi with psi <- b psi + a g (their eqs. 25-27).
Profiles along one axis, s = normalised depth into the layer, N = power, R = 0.001:

    d = d0 s^N,  d0 = (N + 1) v ln(1/R) / (2 L),   K = 1 + (Kmax - 1) s^N,   alpha = pi f (1 - s)
    b = exp(-(d/K + alpha) dt),   a = d (b - 1) / (K (d + K alpha))

Two properties of DENISE are kept by default, because seismograms change by up to 2e-3 without them:
a = 0 where d < 1/s, and the negative alpha of the outermost half point of the y axis is not clipped.
`strict` switches both off.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

REFLECTION = 1e-3


@dataclass(frozen=True)
class LayerParameters:
    """width in points; velocity v in m/s; frequency f in Hz; power N and k_max dimensionless."""

    width: int
    velocity: float
    frequency: float
    power: float
    k_max: float


@dataclass(frozen=True)
class Profile:
    """1/K - 1, a, b at half and full points of one axis; arrays (n,) over the whole axis, float64."""

    half: np.ndarray  # (3, n)
    full: np.ndarray  # (3, n)


def axis_profile(
    n: int,
    dh: float,
    dt: float,
    layer: LayerParameters,
    low: bool,
    high: bool,
    clip: bool,
    strict: bool = False,
) -> Profile:
    """Profile of an axis of n points with layers at its low and/or high end.

    Points outside the layers have 1/K - 1 = a = 0 and b = 0. clip: cut a negative alpha to zero
    (DENISE does so on the x axis only).
    """
    half, full = np.zeros((3, n)), np.zeros((3, n))
    width = layer.width
    if width > 0:
        h = np.arange(1, width + 1)
        if low:
            full[:, :width] = _coefficients((width - h + 1) / width, dh, dt, layer, clip, strict)
            half[:, :width] = _coefficients((width - h + 0.5) / width, dh, dt, layer, clip, strict)
        if high:
            full[:, n - width :] = _coefficients(h / width, dh, dt, layer, clip, strict)
            half[:, n - width :] = _coefficients((h + 0.5) / width, dh, dt, layer, clip, strict)
    return Profile(half, full)


def _coefficients(
    s: np.ndarray, dh: float, dt: float, layer: LayerParameters, clip: bool, strict: bool
) -> np.ndarray:
    d0 = (layer.power + 1) * layer.velocity * np.log(1 / REFLECTION) / (2 * layer.width * dh)
    d = d0 * s**layer.power
    k = 1 + (layer.k_max - 1) * s**layer.power
    alpha = np.pi * layer.frequency * (1 - s)
    if clip or strict:
        alpha = np.maximum(alpha, 0.0)
    b = np.exp(-(d / k + alpha) * dt)
    smallest = 1e-6 if strict else 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        a = np.where(d >= smallest, d * (b - 1) / (k * (d + k * alpha)), 0.0)
    return np.stack([1 / k - 1, a, b])
