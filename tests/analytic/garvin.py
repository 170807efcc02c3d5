"""Explosive line source below a free surface (Garvin 1956): wavenumber integration, and Cagniard-de Hoop.

The source adds 1/2 N/m to both normal stresses in one point (0, depth); the surface is y = 0. Its P wave has
the potential I = exp(-na |y - depth|) / (2 na) / (2 rho vp^2) per wavenumber k along the surface, and the
surface returns

    phi = -(g^2 + 4 k^2 na nb) / R I0 exp(-na y),   psi = 4 i k na g / R I0 exp(-nb y),
    na = sqrt(k^2 - (w/vp)^2),   nb likewise,   g = k^2 + nb^2,   R = g^2 - 4 k^2 na nb,   I0 = I(y = 0)

with the displacement (i k phi + nb psi, phi' + i k psi). `response` sums over k. `surface_velocity` is the
closed form for a receiver on the surface: there all waves travel along the same Cagniard path, which is
explicit.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.analytic.full_space import Solid
from tests.analytic.relaxation import Attenuating


def displacement(solid: Solid, depth: float, level: float, k: np.ndarray, w: complex) -> np.ndarray:
    """(ux, uy) per wavenumber at depth `level`, (2, nk)."""
    na, nb = np.sqrt(k**2 - (w / solid.vp) ** 2), np.sqrt(k**2 - (w / solid.vs) ** 2)
    strength = 0.5 / (solid.rho * solid.vp**2) / (2 * na)
    direct, incident = (strength * np.exp(-na * way) for way in (abs(level - depth), depth))
    g = k**2 + nb**2
    rayleigh = g**2 - 4 * k**2 * na * nb
    phi = -(g**2 + 4 * k**2 * na * nb) / rayleigh * incident * np.exp(-na * level)
    psi = 4j * k * na * g / rayleigh * incident * np.exp(-nb * level)
    down = np.sign(depth - level) * na * direct - na * phi + 1j * k * psi
    return np.array([1j * k * (direct + phi) + nb * psi, down])


def response(
    medium: Solid | Attenuating, x: float, depth: float, level: float, component: int, duration: float
) -> Callable:
    """Displacement 0 = x or 1 = y at (x, level), a function of the angular frequencies.

    duration (s): time within which the periodic images of the source must not arrive. Far beyond its poles
    the integrand falls as exp(-k way); the sum ends where that is 1e-9. Source and receiver must not be in
    one row, nor the source on the surface.
    """
    fastest = medium.at(np.array(1e12 + 0j)).vp
    step = 2 * np.pi / (1.3 * (float(np.real(fastest)) * duration + 2 * abs(x)))
    way = abs(depth - level)

    def one(w: complex) -> complex:
        solid = medium.at(w)
        highest = 2 * abs(w / solid.vs) + np.log(1e9) / way
        k = step * (np.arange(int(highest / step)) + 0.5)
        u = displacement(solid, depth, level, k, w)[component]
        # ux is odd in k, uy even
        return np.sum(u * (1j * np.sin(k * x) if component == 0 else np.cos(k * x))) * step / np.pi

    return lambda w: np.array([one(value) for value in w])


def surface_velocity(
    solid: Solid, x: float, depth: float, curvature: Callable, times: np.ndarray
) -> np.ndarray:
    """(vx, vy) at times (nt,) in s on the surface at distance x m, (2, nt).

    curvature: second time derivative of the wavelet, which starts at t = 0. The velocity is its convolution
    with the displacement that a ramp s(t) = t excites.
    """
    first = np.hypot(x, depth) / solid.vp
    # t = first cosh(u) removes the root at the arrival
    u, weight = np.polynomial.legendre.leggauss(400)
    found = np.zeros((2, times.size))
    for n in np.flatnonzero(times > first):
        last = np.arccosh(times[n] / first)
        t = first * np.cosh((u + 1) * last / 2)
        green = _impulse(solid, x, depth, t) * first * np.sinh((u + 1) * last / 2)
        found[:, n] = green @ (weight * last / 2 * curvature(times[n] - t))
    return found


def _impulse(solid: Solid, x: float, depth: float, t: np.ndarray) -> np.ndarray:
    """Displacement (ux, uy) for s(t) = t, (2, nt): Re[i F dp/dt] / pi on the path p x + qa depth = t, with
    q = sqrt(1/v^2 - p^2), where F is `displacement` at the surface for k = i p s, w = i s, without its
    exponential; it no longer depends on s then."""
    r2 = x**2 + depth**2
    root = np.sqrt(t**2 - r2 / solid.vp**2 + 0j)
    p = (x * t - 1j * depth * root) / r2
    slope = (x - 1j * depth * t / root) / r2
    qa, qb = np.sqrt(1 / solid.vp**2 - p**2), np.sqrt(1 / solid.vs**2 - p**2)
    g = 1 / solid.vs**2 - 2 * p**2
    rayleigh = g**2 + 4 * p**2 * qa * qb
    # incident 1 / (2 qa) / (2 rho vp^2); ux = -4 i k na nb kb^2 / R, uy = -2 na g kb^2 / R, kb^2 = -(s/vs)^2
    common = 0.25 / (solid.rho * solid.vp**2 * solid.vs**2) / rayleigh
    ux, uy = -4 * p * qb * common, 2 * g * common
    return np.array([(1j * f * slope).real for f in (ux, uy)]) / np.pi
