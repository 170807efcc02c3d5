"""From waves of point sources, as in the field, to those of line sources, as in two-dimensional simulations.

A homogeneous medium of velocity c has the Green's functions exp(-i k r) / (4 pi r) and, far from the source,
exp(-i k r - i pi/4) / sqrt(8 pi k r). Their ratio is sqrt(2 pi r c / w) exp(-i pi/4), also that of surface
waves by stationary phase; it has the dimension of a length. In time it is the convolution with 1/sqrt(t),
whose transform is sqrt(pi / w) exp(-i pi/4). Forbriger et al. 2014, Geophys. J. Int. 198, 1422-1442.
"""

from __future__ import annotations

import numpy as np
import scipy

PHASE, ONE_VELOCITY, DIRECT_WAVE = 1, 2, 3


def to_line_source(
    traces: np.ndarray, dt: float, offsets: np.ndarray, kind: int, velocity: float = 0.0
) -> np.ndarray:
    """Transformed traces (ntr, ns) float64; dt in s, offsets (ntr,) in m.

    kind 1: phase only; 2: with sqrt(2 pi r c / w), c = velocity (m/s); 3: convolution with 1/sqrt(t), then
    the factors 1/sqrt(t) and r sqrt(2), which stand for c = r / t. The mean is taken out by 1 and 2. A trace
    at the source, r = 0, becomes zero with 2 and 3.
    """
    traces, r = np.asarray(traces, dtype=np.float64), np.asarray(offsets, dtype=np.float64)[:, None]
    ns = traces.shape[-1]
    if kind == DIRECT_WAVE:
        edges = np.sqrt(dt * np.arange(ns + 1))
        kernel = 2.0 * np.diff(edges)  # integrals of 1/sqrt(t) over the samples
        smooth = scipy.signal.fftconvolve(traces, kernel[None], axes=-1)[:, :ns]
        return np.sqrt(2.0) * r * smooth / np.sqrt(dt * np.arange(1, ns + 1))
    size = scipy.fft.next_fast_len(2 * ns, real=True)
    omega = 2.0 * np.pi * scipy.fft.rfftfreq(size, dt)
    factor = np.full(omega.shape, np.exp(-0.25j * np.pi))
    factor[0] = 0.0
    if kind == ONE_VELOCITY:
        factor[1:] /= np.sqrt(omega[1:] / (2.0 * np.pi * velocity))
        factor = np.sqrt(r) * factor
    return scipy.fft.irfft(factor * scipy.fft.rfft(traces, size), size)[:, :ns]
