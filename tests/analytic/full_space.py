"""Line sources in a homogeneous full space, two dimensions (Eason, Fulton & Sneddon 1956).

With g_c(r) = (i/4) H0(w r / c) and unit force density the displacement is

    G_ij = [kb^2 delta_ij g_b + d_i d_j (g_b - g_a)] / (rho w^2),   ka = w / vp, kb = w / vs

The time factor is exp(-i w t). With velocities that depend on frequency (relaxation.Attenuating.at) the same
formulas hold for viscous media. Sources as in the program: a force of s(t) N/m; an explosion that adds s(t)/2
N/m to each normal stress in one point of a solid, s(t) to the stress of a fluid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import hankel1


@dataclass(frozen=True)
class Solid:
    """vp, vs in m/s, rho in kg/m3; vp, vs may be arrays of complex values, one per frequency."""

    vp: float | np.ndarray
    vs: float | np.ndarray
    rho: float

    @property
    def mu(self) -> float:
        return self.rho * self.vs**2

    @property
    def lam(self) -> float:
        return self.rho * self.vp**2 - 2 * self.mu

    def at(self, w: complex) -> Solid:
        """Itself at any frequency, like relaxation.Attenuating.at."""
        return self


def potential(k: np.ndarray, r: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(i/4) H0(k r) and its first and second derivative with respect to r."""
    h0, h1 = hankel1(0, k * r), hankel1(1, k * r)
    return 0.25j * h0, -0.25j * k * h1, -0.25j * k**2 * (h0 - h1 / (k * r))


def force_response(solid: Solid, x: float, y: float, component: int, direction: int, w: np.ndarray):
    """Displacement (0 = x, 1 = y) at distance (x, y) m from a line force of 1 N/m along `direction`."""
    r = np.hypot(x, y)
    n = (x / r, y / r)
    b, b1, b2 = potential(w / solid.vs, r)
    _, a1, a2 = potential(w / solid.vp, r)
    same = component == direction
    curvature = n[component] * n[direction] * (b2 - a2) + (same - n[component] * n[direction]) * (b1 - a1) / r
    return (same * (w / solid.vs) ** 2 * b + curvature) / (solid.rho * w**2)


def explosion_response(solid: Solid, x: float, y: float, component: str, w: np.ndarray) -> np.ndarray:
    """Displacement 'x' or 'y', or -(sxx + syy) / (-i w) as 'p', at distance (x, y) m from an explosion that
    adds 1/2 N/m to both normal stresses in one point. Dividing p by -i w lets it be treated as a
    displacement: the synthesis multiplies it with that factor again."""
    r = np.hypot(x, y)
    k = w / solid.vp
    phi, slope, _ = (0.5 / (solid.rho * solid.vp**2) * f for f in potential(k, r))
    if component == "p":
        return 2 * (solid.lam + solid.mu) * k**2 * phi / (-1j * w)
    return slope * {"x": x, "y": y}[component] / r


def fluid_response(solid: Solid, x: float, y: float, component: str, w: np.ndarray) -> np.ndarray:
    """Displacement 'x' or 'y', or pressure / (-i w) as 'p', at distance (x, y) m from a line source that adds
    1 N/m to the stress (minus the pressure) of a fluid in one point; vs is not used."""
    r = np.hypot(x, y)
    k = w / solid.vp
    g, slope, _ = potential(k, r)
    if component == "p":
        return k**2 * g / (-1j * w)
    return slope * {"x": x, "y": y}[component] / r / (solid.rho * solid.vp**2)


def sh_response(solid: Solid, x: float, y: float, w: np.ndarray) -> np.ndarray:
    """Displacement along z at distance (x, y) m from a line force of 1 N/m along z; vp is not used."""
    return potential(w / solid.vs, np.hypot(x, y))[0] / (solid.rho * solid.vs**2)
