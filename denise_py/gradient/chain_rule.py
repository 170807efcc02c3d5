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
arithmetic mean of rho have been differentiated: mu_xy^2 and b^2 cancel. Acoustic and SH waves have the same
formulas with fewer terms.

In viscous media (fd.relaxation) stress follows from strain by two factors per modulus, C and N. Their
products come as sums of the strain rate with the summed adjoint strain, dE/dC, and with the memories of the
transposed run, dE/dN; medium.attenuation knows how C and N depend on the moduli at the reference frequency
and on tau.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from denise_py.medium.attenuation import Relaxation
from denise_py.medium.model import Medium
from denise_py.medium.staggering import (
    mean_xy,
    plate_modulus,
    plate_modulus_slopes,
    shear_modulus_xy,
    transpose_mean_above,
    transpose_mean_x,
    transpose_mean_y,
)
from denise_py.physics.acoustic import ViscousAcoustic
from denise_py.physics.base import Physics
from denise_py.physics.psv import ViscousPSV
from denise_py.physics.sh import ElasticSH, ViscousSH


@dataclass(frozen=True)
class LameGradient:
    """dE/dlam, dE/dmu (1/Pa) and dE/drho at fixed lam, mu (m3/kg), each (ny, nx) float64; in viscous media
    also the derivatives with respect to taup and taus, None where a physics does not know them."""

    lam: np.ndarray
    mu: np.ndarray
    rho: np.ndarray
    taup: np.ndarray | None = None
    taus: np.ndarray | None = None


Correlations = Mapping[str, np.ndarray]


def material_gradient(
    physics: Physics, correlation: Correlations, medium: Medium, courant: float, surface: bool
) -> LameGradient:
    """Gradient of a physics from its correlations on the whole grid, {name: (ny, nx)}; courant: dt/dh.

    Transpose of the derivative of physics.coefficients. Where there is no modulus (fluid, void) the
    derivative with respect to it is defined as zero: a fluid stays a fluid. The density of a void has no
    effect.
    """
    double = {name: np.asarray(array, np.float64) for name, array in correlation.items()}
    return _RULES[physics.name](physics, double, medium, courant, surface)


# --- P-SV -------------------------------------------------------------------------------------------------


def psv_gradient(correlation: Correlations, medium: Medium, courant: float, surface: bool) -> LameGradient:
    """Elastic P-SV, from fd.steps_psv.Correlation."""
    lam, mu = np.asarray(medium.lam, np.float64), np.asarray(medium.mu, np.float64)
    t, d, s = (correlation[name] for name in ("total", "difference", "shear"))
    g_lam = _divide(t, 4 * courant * (lam + mu) ** 2)
    g_mu = g_lam + _divide(d, 4 * courant * mu**2)
    if surface:
        g_lam[0], g_mu[0] = _surface_row(t[0], d[0], lam[0], mu[0], courant)
    # beside a fluid node mu_xy = 0, so that the shear stresses and their products are zero there
    g_mu += _divide(transpose_mean_y(transpose_mean_x(s)), 4 * courant * mu**2)
    return LameGradient(g_lam, np.where(mu > 0, g_mu, 0.0), _plane_density(correlation, medium, courant))


def _plane_density(correlation: Correlations, medium: Medium, courant: float) -> np.ndarray:
    """dE/drho from the forces of vx and vy."""
    forces = transpose_mean_x(correlation["force_x"]) + transpose_mean_y(correlation["force_y"])
    return np.where(medium.void, 0.0, forces / (2 * courant))


def _surface_row(t: np.ndarray, d: np.ndarray, lam: np.ndarray, mu: np.ndarray, courant: float):
    """At the free surface only sxx = plate modulus * exx is left; syy^ = 0 makes its product (t + d)/2."""
    g = _divide((t + d) / 2, courant * plate_modulus(lam, mu) ** 2)
    by_lam, by_mu = plate_modulus_slopes(lam, mu)
    return by_lam * g, by_mu * g


def viscous_psv_gradient(
    physics: ViscousPSV, correlation: Correlations, medium: Medium, courant: float, surface: bool
) -> LameGradient:
    """Viscoelastic P-SV, from fd.steps_psv_viscous.Correlation."""
    relaxation = physics.relaxation
    lam, mu, taup, taus = _double(medium, "lam", "mu", "taup", "taus")
    # normal stresses: C = [[c, c - 2 m], [c - 2 m, c]], so dE = total dc - (total - difference) dm
    t, d = correlation["total"], correlation["difference"]
    tn, dn = correlation["total_memory"], correlation["difference_memory"]
    g_l2m, g_taup = _through(relaxation, lam + 2 * mu, taup, t, tn)
    g_mu, g_taus = _through(relaxation, mu, taus, d - t, dn - tn)
    if surface:
        row = _viscous_surface_row(relaxation, medium, (t[0] + d[0]) / 2, (tn[0] + dn[0]) / 2)
        g_l2m[0], g_mu[0], g_taup[0], g_taus[0] = row
    mu_xy, tau_xy = shear_modulus_xy(mu), mean_xy(taus)
    by_mu_xy, by_tau_xy = _through(
        relaxation, mu_xy, tau_xy, correlation["shear"], correlation["shear_memory"]
    )
    cells = transpose_mean_y(transpose_mean_x(by_mu_xy * mu_xy**2))
    g_mu += 2 * g_l2m + _divide(cells, 4 * mu**2)
    g_taus += transpose_mean_y(transpose_mean_x(by_tau_xy)) / 4
    return LameGradient(
        courant * g_l2m,
        courant * np.where(mu > 0, g_mu, 0.0),
        _plane_density(correlation, medium, courant),
        courant * g_taup,
        courant * g_taus,
    )


def _through(
    relaxation: Relaxation, modulus: np.ndarray, tau: np.ndarray, by_c: np.ndarray, by_n: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """dE/dmodulus and dE/dtau from dE/dC and dE/dN of fd.relaxation."""
    c, n = relaxation.modulus_slopes(modulus, tau)
    return by_c * c[0] + by_n * n[0], by_c * c[1] + by_n * n[1]


def _viscous_surface_row(
    relaxation: Relaxation, medium: Medium, by_c: np.ndarray, by_n: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Derivatives with respect to lam + 2 mu, mu, taup, taus in the surface row, (nx,) each, from those with
    respect to the plate's C and N, see physics.psv: r = F/G, N = D (1 - r) + E r, C = F (2 - r) - share N."""
    lam, mu, taup, taus = (a[0] for a in _double(medium, "lam", "mu", "taup", "taus"))
    l2m = lam + 2 * mu
    (f_mu, f_taus), (g_l2m, g_taup) = (
        relaxation.fastest_slopes(mu, taus),
        relaxation.fastest_slopes(l2m, taup),
    )
    (_, (d_mu, d_taus)), (_, (e_l2m, e_taup)) = (
        relaxation.modulus_slopes(mu, taus),
        relaxation.modulus_slopes(l2m, taup),
    )
    g, d, e = (
        relaxation.fastest(l2m, taup),
        2 * relaxation.moduli(mu, taus)[1],
        relaxation.moduli(l2m, taup)[1],
    )
    r = _divide(2 * relaxation.fastest(mu, taus), g)
    share = len(relaxation.frequencies) - relaxation.step_factors()[2]
    by_memory = by_n - share * by_c
    by_r = by_memory * (e - d)
    by_f = by_c * (2 - 2 * r) + _divide(by_r, g)
    by_g = by_c * r**2 - _divide(by_r * r, g)
    by_d, by_e = by_memory * (1 - r), by_memory * r
    return (
        by_g * g_l2m + by_e * e_l2m,
        2 * (by_f * f_mu + by_d * d_mu),
        by_g * g_taup + by_e * e_taup,
        2 * (by_f * f_taus + by_d * d_taus),
    )


# --- acoustic ---------------------------------------------------------------------------------------------


def acoustic_gradient(correlation: Correlations, medium: Medium, courant: float) -> LameGradient:
    """Acoustic waves, from fd.steps_acoustic.Correlation: dE/dK = sum p^ dp / (kappa K^2)."""
    bulk = np.asarray(medium.lam, np.float64)
    g_bulk = _divide(correlation["pressure"], courant * bulk**2)
    return LameGradient(g_bulk, np.zeros_like(bulk), _plane_density(correlation, medium, courant))


def viscous_acoustic_gradient(
    physics: ViscousAcoustic, correlation: Correlations, medium: Medium, courant: float
) -> LameGradient:
    """Visco-acoustic waves, from fd.steps_acoustic_viscous.Correlation."""
    bulk, tau = _double(medium, "lam", "taup")
    g_bulk, g_tau = _through(physics.relaxation, bulk, tau, correlation["modulus"], correlation["memory"])
    density = _plane_density(correlation, medium, courant)
    return LameGradient(
        courant * np.where(medium.void, 0.0, g_bulk), np.zeros_like(bulk), density, courant * g_tau
    )


# --- SH ---------------------------------------------------------------------------------------------------


def sh_gradient(
    physics: ElasticSH, correlation: Correlations, medium: Medium, courant: float
) -> LameGradient:
    """SH waves, from fd.steps_sh.Correlation."""
    mu = np.asarray(medium.mu, np.float64)
    x, y = correlation["shear_x"], correlation["shear_y"]
    # at_x^2 dE/dat_x is the product itself, see the harmonic means
    return _sh_result(
        physics, medium, courant, x / courant, y / courant, correlation, np.zeros_like(mu), None
    )


def viscous_sh_gradient(
    physics: ViscousSH, correlation: Correlations, medium: Medium, courant: float
) -> LameGradient:
    """Viscous SH waves, from fd.steps_sh_viscous.Correlation."""
    mu, tau = _double(medium, "mu", "taus")
    (at_x, at_y), (tau_x, tau_y) = physics.moduli(mu), physics.levels(tau)
    by_x, tau_by_x = _through(
        physics.relaxation, at_x, tau_x, correlation["shear_x"], correlation["memory_x"]
    )
    by_y, tau_by_y = _through(
        physics.relaxation, at_y, tau_y, correlation["shear_y"], correlation["memory_y"]
    )
    if physics.on_nodes:
        g_tau = (transpose_mean_x(tau_by_x) + transpose_mean_above(tau_by_y)) / 2
    else:
        g_tau = transpose_mean_y(transpose_mean_x(tau_by_x)) / 4 + tau_by_y
    scaled = (courant * by_x * at_x**2, courant * by_y * at_y**2)
    return _sh_result(physics, medium, courant, *scaled, correlation, np.zeros_like(mu), courant * g_tau)


def _sh_result(
    physics: ElasticSH,
    medium: Medium,
    courant: float,
    x: np.ndarray,
    y: np.ndarray,
    correlation: Correlations,
    zero: np.ndarray,
    g_taus: np.ndarray | None,
) -> LameGradient:
    """x, y: modulus^2 times the derivative with respect to the modulus of sxz and of syz. With a harmonic
    mean over n nodes, d modulus / d mu = modulus^2 / (n mu^2)."""
    mu, force = np.asarray(medium.mu, np.float64), correlation["force"]
    if physics.on_nodes:
        sums, density = (transpose_mean_x(x) + transpose_mean_above(y)) / 2, force / courant
    else:
        sums = transpose_mean_y(transpose_mean_x(x)) / 4 + y
        density = transpose_mean_y(force) / (2 * courant)
    return LameGradient(zero, _divide(sums, mu**2), np.where(mu > 0, density, 0.0), None, g_taus)


# --- helpers ----------------------------------------------------------------------------------------------


def _double(medium: Medium, *names: str) -> tuple[np.ndarray, ...]:
    return tuple(np.asarray(getattr(medium, name), np.float64) for name in names)


def _divide(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a / b, 0 where b = 0."""
    return np.divide(a, b, out=np.zeros(np.shape(b)), where=b != 0)


Rule = Callable[[Any, Correlations, Medium, float, bool], LameGradient]

#: by the name of the physics
_RULES: Mapping[str, Rule] = {
    "elastic P-SV": lambda _, *given: psv_gradient(*given),
    "viscoelastic P-SV": viscous_psv_gradient,
    "acoustic": lambda _, c, medium, courant, surface: acoustic_gradient(c, medium, courant),
    "visco-acoustic": lambda p, c, medium, courant, surface: viscous_acoustic_gradient(p, c, medium, courant),
    "elastic SH": lambda p, c, medium, courant, surface: sh_gradient(p, c, medium, courant),
    "viscous SH": lambda p, c, medium, courant, surface: viscous_sh_gradient(p, c, medium, courant),
}
