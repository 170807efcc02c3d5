"""Time series from frequency responses.

All responses follow exp(-i w t) with Im w > 0: the signal is damped by exp(-eta t) before the transform and
amplified afterwards, which keeps poles off the path of integration and suppresses what the periodicity of the
discrete transform brings back.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Response = Callable[[np.ndarray], np.ndarray]
Wavelet = Callable[[np.ndarray], np.ndarray]

#: by how much a signal has decayed where the transform wraps around
WRAP_AROUND = 1e-6
#: frequencies at which the wavelet has less than this part of its largest amplitude are left out
NEGLIGIBLE = 1e-7


def synthesize(response: Response, wavelet: Wavelet, times: np.ndarray, leapfrog: float = 0.0) -> np.ndarray:
    """Velocity at the given times (n,) in s, equally spaced, that a source s(t) = wavelet(t) excites.

    response  displacement for a unit source at angular frequencies w (complex), in rad/s
    leapfrog  time step in s of a leapfrog scheme to imitate: it knows frequencies as (2/dt) sin(w dt/2)
    """
    step = times[1] - times[0]
    n = 1 << int(np.ceil(np.log2(2 * len(times))))
    damping = -np.log(WRAP_AROUND) / (n * step)
    t = step * np.arange(n)
    spectrum = np.fft.rfft(wavelet(t) * np.exp(-damping * t)).conj()
    used = np.flatnonzero(np.abs(spectrum) > NEGLIGIBLE * np.abs(spectrum).max())
    w = 2 * np.pi * np.fft.rfftfreq(n, step)[used] + 1j * damping
    seen = 2 / leapfrog * np.sin(w * leapfrog / 2) if leapfrog else w
    velocity = np.zeros(len(spectrum), complex)
    velocity[used] = -1j * seen * response(seen) * spectrum[used] * np.exp(-1j * w * times[0])
    return np.fft.irfft(velocity.conj(), n)[: len(times)] * np.exp(damping * t[: len(times)])
