"""Band-limited random traces, and pulses whose shift is known."""

from __future__ import annotations

import numpy as np

from denise_py.misfit.norms import Options
from denise_py.misfit.spectral import frequencies

DT, NS, NTR = 2e-3, 250, 4
OPTIONS = Options(dt=DT, water_level=1e-2, scale=0.5, lines=frequencies(NS, DT, 8.0, 40.0, 0))


def band_limited(seed: int, ns: int = NS, ntr: int = NTR) -> np.ndarray:
    """Random traces (ntr, ns) with most energy around 20 Hz, amplitudes near 1, fading at both ends."""
    noise = np.random.default_rng(seed).standard_normal((ntr, ns))
    f = np.fft.rfftfreq(ns, DT)
    smooth = np.fft.irfft(np.fft.rfft(noise) * f * np.exp(-((f / 20.0) ** 2)), ns)
    smooth *= np.sin(np.pi * (np.arange(ns) + 0.5) / ns) ** 2
    return smooth / np.abs(smooth).max(axis=1, keepdims=True)


def pair() -> tuple[np.ndarray, np.ndarray]:
    """Synthetic and observed traces that are alike but not equal."""
    d = band_limited(1)
    return d + 0.4 * band_limited(2), d


def pulse(t0: float) -> np.ndarray:
    """Ricker wavelet of 20 Hz at t0 (s), (1, NS)."""
    x = (np.pi * 20.0 * (DT * np.arange(1, NS + 1) - t0)) ** 2
    return ((1 - 2 * x) * np.exp(-x))[None]
