"""From correlations of wavefields to derivatives with respect to lam, mu and rho at the nodes.

The scheme computes s += C e with C = dt/dh [[l2m, lam], [lam, l2m]] (normal stresses) and dt/dh mu_xy
(shear), v += B h with B = dt/dh (bx, by). With the adjoint stresses s' = C^-1 s^ and velocities
v' = -B^-1 v^ the derivative of the misfit E is (Plessix 2006, Geophys. J. Int. 167, 495, eq. 12, for the
discrete scheme; kappa = dt/dh)

    dE = sum_n s'_n . dC e_n + v'_n . dB h_n,        e_n = C^-1 ds_n,   h_n = B^-1 dv_n

with ds_n, dv_n the increments of step n. In sums and differences of the normal stresses that is

    dE/dlam   = T / (4 kappa (lam + mu)^2)                     T = sum (sxx^ + syy^)(dsxx + dsyy)
    dE/dmu    = dE/dlam + D / (4 kappa mu^2) + sum_cells S / (4 kappa mu^2)
    dE/drho   = sum over the two neighbours of F / (2 kappa)   F = sum v^ dv

where D belongs to the differences, S to the shear stress, and the harmonic mean of mu_xy and the
arithmetic mean of rho have been differentiated: mu_xy^2 and b^2 cancel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from denise_py.medium.model import Medium
from denise_py.medium.staggering import (
    plate_modulus,
    plate_modulus_slopes,
    transpose_mean_x,
    transpose_mean_y,
)


@dataclass(frozen=True)
class LameGradient:
    """dE/dlam, dE/dmu (1/Pa) and dE/drho at fixed lam, mu (m3/kg), each (ny, nx) float64."""

    lam: np.ndarray
    mu: np.ndarray
    rho: np.ndarray


def psv_gradient(
    correlation: Mapping[str, np.ndarray], medium: Medium, courant: float, surface: bool
) -> LameGradient:
    """Gradient of P-SV from the correlations of fd.steps_psv.Correlation on the whole grid, (ny, nx) by name.

    courant: dt/dh. Where mu = 0 (fluid) dE/dmu is defined as zero: a fluid stays a fluid.
    """
    lam, mu = np.asarray(medium.lam, np.float64), np.asarray(medium.mu, np.float64)
    names = ("total", "difference", "shear", "force_x", "force_y")
    t, d, s, fx, fy = (np.asarray(correlation[name], np.float64) for name in names)
    g_lam = t / (4 * courant * (lam + mu) ** 2)
    inverse_mu2 = np.divide(1.0, mu**2, out=np.zeros_like(mu), where=mu > 0)
    g_mu = g_lam + d * inverse_mu2 / (4 * courant)
    if surface:
        g_lam[0], g_mu[0] = _surface_row(t[0], d[0], lam[0], mu[0], courant)
    # beside a fluid node mu_xy = 0, so that the shear stresses and their products are zero there
    cells = transpose_mean_y(transpose_mean_x(s))
    g_mu = np.where(mu > 0, g_mu + cells * inverse_mu2 / (4 * courant), 0.0)
    g_rho = (transpose_mean_x(fx) + transpose_mean_y(fy)) / (2 * courant)
    return LameGradient(g_lam, g_mu, g_rho)


def _surface_row(t: np.ndarray, d: np.ndarray, lam: np.ndarray, mu: np.ndarray, courant: float):
    """At the free surface only sxx = plate modulus * exx is left; syy^ = 0 makes its product (t + d)/2."""
    modulus = plate_modulus(lam, mu)
    product = (t + d) / 2
    g = np.divide(product, courant * modulus**2, out=np.zeros_like(product), where=modulus > 0)
    by_lam, by_mu = plate_modulus_slopes(lam, mu)
    return by_lam * g, by_mu * g


ChainRule = Callable[[Mapping[str, np.ndarray], Medium, float, bool], LameGradient]

#: chain rule by the name of the physics
CHAIN_RULES: Mapping[str, ChainRule] = {"elastic P-SV": psv_gradient}
