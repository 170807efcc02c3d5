"""The generalised standard linear solid, independent of denise_py.medium.attenuation.

With the time factor exp(-i w t) of this package a modulus with level tau and relaxation times T_l = 1 / (2 pi
f_l) is

    M(w) = M_R (1 + tau sum_l [(w T_l)^2 - i w T_l] / [1 + (w T_l)^2]) = M_R (1 + tau sum_l -i w T_l / (1 - i
    w T_l))

the conjugate of what the factor exp(+i w t) gives. The second form holds for complex w as well. M_R follows
from Re M = rho v^2 at the reference frequency, as in the program: v is the phase velocity there up to terms
of 1/Q^2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.analytic.full_space import Solid


@dataclass(frozen=True)
class Attenuating:
    """A solid whose velocities hold at a reference frequency.

    frequencies  of relaxation, Hz
    reference    Hz
    taup, taus   levels of attenuation of P and S waves
    """

    solid: Solid
    frequencies: tuple[float, ...]
    reference: float
    taup: float
    taus: float

    def at(self, w: np.ndarray) -> Solid:
        """The solid with its complex velocities (m/s) at angular frequencies w (rad/s), Im w >= 0."""
        vp = self.solid.vp * np.sqrt(self.modulus_ratio(self.taup, w))
        vs = self.solid.vs * np.sqrt(self.modulus_ratio(self.taus, w))
        return Solid(vp, vs, self.solid.rho)

    def modulus_ratio(self, tau: float, w: np.ndarray) -> np.ndarray:
        """M(w) / (rho v^2)."""
        x = (self.reference / np.asarray(self.frequencies)) ** 2
        return relaxation_factor(self.frequencies, tau, w) / (1 + tau * np.sum(x / (1 + x)))

    def quality(self, tau: float, frequency: np.ndarray) -> np.ndarray:
        """Q = Re M / |Im M| at frequencies in Hz."""
        modulus = self.modulus_ratio(tau, 2 * np.pi * np.asarray(frequency))
        return modulus.real / -modulus.imag

    def fastest(self) -> float:
        """P velocity (m/s) of infinite frequency."""
        return self.solid.vp * np.sqrt(self.modulus_ratio(self.taup, 1e12 + 0j).real)


def relaxation_factor(frequencies: tuple[float, ...], tau: float, w: np.ndarray) -> np.ndarray:
    """M(w) / M_R."""
    x = -1j * np.asarray(w)[..., None] / (2 * np.pi * np.asarray(frequencies))
    return 1 + tau * np.sum(x / (1 + x), axis=-1)
