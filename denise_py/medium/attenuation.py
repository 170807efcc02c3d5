"""Attenuation: the generalised standard linear solid that viscous media are made of.

A modulus M with level of attenuation tau depends on frequency as (time factor exp(+i w t))

    M(w) = M_R (1 + tau sum_l i w T_l / (1 + i w T_l)),     T_l = 1 / (2 pi f_l)

(Blanch, Robertsson & Symes 1995, Geophysics 60, 176: one tau for all mechanisms). The velocities of a model
are phase velocities at the reference frequency, in the approximation Re M(w_ref) = rho v^2, which gives the
relaxed modulus M_R = rho v^2 / (1 + S tau), S = sum (w_ref T_l)^2 / (1 + (w_ref T_l)^2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Relaxation:
    """Relaxation frequencies f_l (Hz), reference frequency (Hz) and time step dt (s) of a simulation."""

    frequencies: tuple[float, ...]
    reference: float
    dt: float

    @property
    def reference_sum(self) -> float:
        """S of the module's text."""
        x = (self.reference / np.asarray(self.frequencies)) ** 2
        return float(np.sum(x / (1 + x)))

    def step_factors(self) -> tuple[np.ndarray, np.ndarray, float]:
        """a, g (L,) and L - sum b dt/2T of fd.relaxation."""
        eta = 2 * math.pi * self.dt * np.asarray(self.frequencies, np.float64)
        b, c = 1 / (1 + eta / 2), 1 - eta / 2
        a = b * c
        beta = b * eta / 2
        return a, (1 + a) * beta, float(len(self.frequencies) - np.sum(beta))

    def moduli(self, modulus: np.ndarray, tau: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Factors C and N of fd.relaxation, without dt/dh, from rho v^2 (Pa) and the level of attenuation."""
        relaxed = modulus / (1 + self.reference_sum * tau)
        return relaxed * (1 + self.step_factors()[2] * tau), relaxed * tau

    def modulus_slopes(
        self, modulus: np.ndarray, tau: np.ndarray
    ) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
        """(dC/dmodulus, dC/dtau), (dN/dmodulus, dN/dtau) of `moduli`."""
        s, zeta = self.reference_sum, self.step_factors()[2]
        d = 1 + s * tau
        return ((1 + zeta * tau) / d, modulus * (zeta - s) / d**2), (tau / d, modulus / d**2)

    def complex_modulus(self, modulus: float, tau: float, frequency: np.ndarray) -> np.ndarray:
        """M at frequencies (Hz), for rho v^2 = modulus at the reference frequency; time factor exp(+i w
        t)."""
        x = 1j * np.asarray(frequency)[..., None] / np.asarray(self.frequencies)
        return modulus / (1 + self.reference_sum * tau) * (1 + tau * np.sum(x / (1 + x), axis=-1))

    def fastest(self, modulus: np.ndarray, tau: np.ndarray) -> np.ndarray:
        """Unrelaxed modulus, that of infinite frequency, which limits the time step."""
        return modulus * (1 + len(self.frequencies) * tau) / (1 + self.reference_sum * tau)

    def fastest_slopes(self, modulus: np.ndarray, tau: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Derivatives of `fastest` with respect to modulus and tau."""
        s, count = self.reference_sum, len(self.frequencies)
        d = 1 + s * tau
        return (1 + count * tau) / d, modulus * (count - s) / d**2

    def slowest(self, modulus: np.ndarray, tau: np.ndarray) -> np.ndarray:
        """Relaxed modulus, that of zero frequency."""
        return modulus / (1 + self.reference_sum * tau)
