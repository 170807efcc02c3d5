"""Line sources in a homogeneous viscous full space once more: memory variables in time, summed over
wavenumbers.

A field of wavenumber k is an oscillator. With particle velocity v, strain rate k v, stress s, memory
variables r_l and the force f and stress rate q of the source per unit volume

    rho v' = -k s + f,   s' = M_R (1 + L tau) k v + sum r_l + q,   r_l' = -(r_l + M_R tau k v) / T_l

(Robertsson, Blanch & Symes 1994, Geophysics 59, 1444). It is solved through the eigenvectors of its matrix;
the inverse Hankel transform gives the field at a distance. Neither complex moduli nor Hankel functions are
used. Only times after the end of the wavelet are asked for: then nothing of the source is left but waves, and
the sum over wavenumbers converges.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import jv

from tests.analytic.relaxation import Attenuating


@dataclass(frozen=True)
class Mode:
    """P or S waves of an attenuating medium: density, relaxed modulus, level of attenuation, times (L,) in
    s."""

    rho: float
    relaxed: float
    tau: float
    times: np.ndarray

    @classmethod
    def of(cls, medium: Attenuating, wave: str) -> Mode:
        """wave: 'p' or 's'."""
        speed, tau = (medium.solid.vp, medium.taup) if wave == "p" else (medium.solid.vs, medium.taus)
        relaxed = medium.solid.rho * speed**2 * medium.modulus_ratio(tau, 0j).real
        return cls(medium.solid.rho, float(relaxed), tau, 1 / (2 * np.pi * np.array(medium.frequencies)))

    def matrix(self, k: float) -> np.ndarray:
        """Of the oscillator for (v, s, r_1 .. r_L)."""
        count = self.times.size
        a = np.zeros((count + 2, count + 2))
        a[0, 1] = -k / self.rho
        a[1, 0] = self.relaxed * (1 + count * self.tau) * k
        a[1, 2:] = 1
        a[2:, 0] = -self.relaxed * self.tau * k / self.times
        a[2:, 2:] = -np.diag(1 / self.times)
        return a

    def after(
        self, k: np.ndarray, series: np.ndarray, step: float, force: bool, times: np.ndarray
    ) -> np.ndarray:
        """(v, s) per wavenumber and time, (2, nk, nt), after a force (else a stress rate) with the samples
        `series` at t = 0, step, 2 step ..., zero from times[0] on."""
        source = np.zeros(self.times.size + 2)
        source[0 if force else 1] = 1 / self.rho if force else 1.0
        t = step * np.arange(series.size)
        found = np.empty((2, k.size, times.size))
        for n, one in enumerate(k):
            values, vectors = np.linalg.eig(self.matrix(one))
            weight = np.linalg.solve(vectors, source) * (np.exp(-np.outer(values, t)) @ series * step)
            states = (vectors * weight) @ np.exp(np.outer(values, times))
            found[:, n] = states[:2].real
        return found


@dataclass(frozen=True)
class Sum:
    """Sum over wavenumbers for a receiver at (x, y) m; highest wavenumber and step in rad/m."""

    x: float
    y: float
    highest: float
    step: float

    @property
    def k(self) -> np.ndarray:
        return self.step * (np.arange(int(self.highest / self.step)) + 0.5)

    @property
    def r(self) -> float:
        return float(np.hypot(self.x, self.y))

    def transform(self, order: int, spectrum: np.ndarray) -> np.ndarray:
        """integral of k J_order(k r) spectrum dk / (2 pi), spectrum (nk, nt)."""
        return (self.k * jv(order, self.k * self.r) * self.step / (2 * np.pi)) @ spectrum


def scalar_velocity(
    mode: Mode, place: Sum, force: Callable, step: float, duration: float, times: np.ndarray
) -> np.ndarray:
    """vz (nt,) of a line force of force(t) N/m, S waves with the polarisation z."""
    series = force(step * np.arange(int(duration / step)))
    return place.transform(0, mode.after(place.k, series, step, True, times)[0])


def force_velocity(
    medium: Attenuating, place: Sum, force: Callable, step: float, duration: float, times: np.ndarray
) -> np.ndarray:
    """vx, vy (2, nt) of a vertical line force. Averaged over the directions of k, k_i k_j / k^2 exp(i k.x) is
    [delta_ij J0 - (2 n_i n_j - delta_ij) J2] / 2."""
    series = force(step * np.arange(int(duration / step)))
    p, s = (Mode.of(medium, wave).after(place.k, series, step, True, times)[0] for wave in "ps")
    n = np.array([place.x, place.y]) / place.r
    same, twice = np.array([0.0, 1.0]), 2 * n * n[1] - np.array([0.0, 1.0])
    mean = place.transform(0, p + s) / 2
    return same[:, None] * mean - twice[:, None] * place.transform(2, p - s) / 2


def explosion_velocity(
    medium: Attenuating, place: Sum, rate: Callable, step: float, duration: float, times: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Radial velocity and stress (nt,) of P waves of an explosion that adds rate(t) to the stress per second
    and m2. The stress goes with cos(k.x), the velocity along k with sin(k.x), hence J1."""
    series = rate(step * np.arange(int(duration / step)))
    v, s = Mode.of(medium, "p").after(place.k, series, step, False, times)
    return place.transform(1, v), place.transform(0, s)
