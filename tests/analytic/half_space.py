"""Vertical line force in a homogeneous elastic half-space: wavenumber integration, and Lamb's closed form.

`buried_response` adds to the field of the force in a full space the P and S waves that make the surface
y = 0 free of traction, for every horizontal wavenumber k, and sums over k (Bouchon & Aki 1977). It holds for
any depth of force and receiver. `surface_velocity` is the exact solution for both at the surface by the
method of Cagniard and de Hoop; the two have nothing in common but the equations of motion.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq

from tests.analytic.full_space import Solid


def rayleigh_speed(solid: Solid) -> float:
    """Speed of Rayleigh waves in m/s."""

    def function(c: float) -> float:
        a, b = (c / solid.vp) ** 2, (c / solid.vs) ** 2
        return (2 - b) ** 2 - 4 * np.sqrt(1 - a) * np.sqrt(1 - b)

    return brentq(function, 0.5 * solid.vs, (1 - 1e-9) * solid.vs, xtol=1e-12)


def vertical_response(solid: Solid, depth: float, level: float, k: np.ndarray, w: complex) -> np.ndarray:
    """Vertical displacement at depth `level` per wavenumber k (rad/m), force at `depth` (m), at frequency w.

    Displacements are grad phi + curl psi with phi = A exp(-na y), psi = B exp(-nb y) for the waves from the
    surface; A and B solve the two conditions of zero traction.
    """
    na, nb = np.sqrt(k**2 - (w / solid.vp) ** 2), np.sqrt(k**2 - (w / solid.vs) ** 2)
    ea, eb = np.exp(-na * depth) / (2 * na), np.exp(-nb * depth) / (2 * nb)
    # the force's own field at the surface and its derivatives along y, times rho w^2
    ux, ux_y = 1j * k * (nb * eb - na * ea), 1j * k * (nb**2 * eb - na**2 * ea)
    uy, uy_y = k**2 * eb - na**2 * ea, k**2 * nb * eb - na**3 * ea
    normal = solid.lam * (1j * k * ux + uy_y) + 2 * solid.mu * uy_y
    shear = solid.mu * (ux_y + 1j * k * uy)
    # traction of unit phi and psi
    n_phi = solid.lam * (na**2 - k**2) + 2 * solid.mu * na**2
    n_psi = -2j * solid.mu * k * nb
    s_phi, s_psi = -2j * solid.mu * k * na, -solid.mu * (nb**2 + k**2)
    determinant = n_phi * s_psi - n_psi * s_phi
    phi = (n_psi * shear - s_psi * normal) / determinant
    psi = (s_phi * normal - n_phi * shear) / determinant
    distance = abs(level - depth)
    direct = k**2 * np.exp(-nb * distance) / (2 * nb) - na**2 * np.exp(-na * distance) / (2 * na)
    returned = -na * phi * np.exp(-na * level) + 1j * k * psi * np.exp(-nb * level)
    return (direct + returned) / (solid.rho * w**2)


def buried_response(solid: Solid, x: float, depth: float, level: float, duration: float) -> Callable:
    """Vertical displacement at (x, level) for a vertical line force of 1 N/m at (0, depth), as a function of
    the angular frequencies.

    duration (s) is the time within which the periodic images of the source, which the discrete sum over k
    brings in, must not arrive.
    """
    period = 1.3 * (solid.vp * duration + 2 * x)
    step = 2 * np.pi / period

    def response(w: np.ndarray) -> np.ndarray:
        slowest = np.max(np.abs(w)) / solid.vs
        # far beyond its poles the integrand is smooth and falls with exp(-k (depth + level)) / k: its end
        # is faded out, which a receiver at some distance does not notice
        k = step * (np.arange(int(20 * slowest / step)) + 0.5)
        fade = np.cos(np.pi / 2 * np.clip(2 * k / k[-1] - 1, 0, 1)) ** 2
        wave = fade * np.cos(k * x) * step / np.pi
        return np.array([np.sum(wave * vertical_response(solid, depth, level, k, one)) for one in w])

    return response


def surface_velocity(solid: Solid, x: float, t: float, slope: Callable[[float], float]) -> float:
    """Vertical velocity in m/s at time t (s) of a surface point at distance x (m) from a vertical line force
    s(t) on the surface; slope is ds/dt, with s = 0 for t < 0.

    In terms of the slowness p along the surface, Y(q) = na / (vs^2 R), R the Rayleigh function, q = i p + 0,
    a unit impulse gives u(t) = -Im Y(i t / x) / (pi mu x), in the sense of a principal value at the arrival
    of the Rayleigh wave.
    """
    arrival = x / rayleigh_speed(solid)

    def green(tau: float) -> float:
        p2 = (tau / x) ** 2
        na, nb = np.sqrt(complex(1 / solid.vp**2 - p2)), np.sqrt(complex(1 / solid.vs**2 - p2))
        rayleigh = (1 / solid.vs**2 - 2 * p2) ** 2 + 4 * p2 * na * nb
        return -(na / solid.vs**2 / rayleigh).imag / (np.pi * solid.mu * x)

    def integrand(tau: float) -> float:
        return slope(t - tau) * green(tau)

    def without_pole(tau: float) -> float:
        tau = tau if abs(tau - arrival) > 1e-9 * arrival else arrival * (1 + 1e-9)
        return integrand(tau) * (tau - arrival)

    first, second = x / solid.vp, x / solid.vs
    before, after = (second + arrival) / 2, (3 * arrival - second) / 2
    settings = {"limit": 800, "epsrel": 1e-8}
    total = 0.0
    for low, high in ((first, second), (second, before), (after, np.inf)):
        if t > low:
            total += quad(integrand, low, min(high, t), **settings)[0]
    if t > before:
        total += quad(without_pole, before, after, weight="cauchy", wvar=arrival, limit=800)[0]
    return total
