"""P-SV waves: vx, vy, sxx, syy, sxy with lam, mu, rho, elastic or viscoelastic."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import numpy as np

from denise_py.fd import steps_psv, steps_psv_viscous
from denise_py.fd.steps_psv import Coefficients
from denise_py.medium.attenuation import Relaxation
from denise_py.medium.model import Medium
from denise_py.medium.stability import speed_range
from denise_py.medium.staggering import buoyancy_x, buoyancy_y, mean_xy, plate_modulus, shear_modulus_xy
from denise_py.physics.base import Number, Place, Waves, force_terms, range_problem


class ElasticPSV(Waves):
    """See physics.base.Physics."""

    name = "elastic P-SV"
    wave = "psv"
    slots = ("vp", "vs", "rho")
    components = ("vx", "vy", "p", "div", "curl")
    adjoint_components = ("vx", "vy", "p")
    velocity_fields = ("vx", "vy")
    stress_fields = ("sxx", "syy", "sxy")
    kept_for: ClassVar = {"lam": ("sxx", "syy"), "mu": ("sxx", "syy", "sxy"), "rho": ("vx", "vy")}
    steps = steps_psv

    def coefficients(self, medium: Medium, courant: float, surface: bool) -> NamedTuple:
        """Buoyancies and moduli times courant = dt/dh, (ny, nx) float64.

        At a free surface (first row) syy is zero, which leaves sxx = plate modulus * exx there; the
        moduli of that row say so.
        """
        lam, mu, mass = (np.asarray(a, np.float64) for a in (medium.lam, medium.mu, medium.mass))
        lam_row, l2m = lam.copy(), lam + 2 * mu
        if surface:
            l2m[0] = plate_modulus(lam[0], mu[0])
            lam_row[0] = 0.0
        arrays = (buoyancy_x(mass), buoyancy_y(mass), lam_row, l2m, shear_modulus_xy(mu))
        return Coefficients(*(courant * a for a in arrays))

    def speeds(self, medium: Medium) -> tuple[float, float]:
        """(slowest, fastest) wave in m/s."""
        return speed_range(medium.vp, medium.vs)

    def problem(self, medium: Medium) -> str:
        """Why a medium is impossible."""
        return range_problem(medium)

    def source_terms(
        self, kind: int, azimuth: float, coefficients: NamedTuple, j: Place, i: Place, dh: float
    ) -> dict[str, Number]:
        """Factors of a source at (j, i): kind 1 explosion (its series is s(n+1) - s(n-1)), 2 to 4 forces, see
        base.force_terms."""
        if kind == 1:
            return {"normal": 1 / (4 * dh**2)}
        return force_terms(kind, azimuth, coefficients.bx, coefficients.by, j, i, dh)

    def adjoint_target(self, component: str) -> str:
        """p = -(sxx + syy) belongs to both normal stresses."""
        return "normal" if component == "p" else component

    def adjoint_weights(
        self, component: str, coefficients: NamedTuple, j: np.ndarray, i: np.ndarray
    ) -> np.ndarray:
        """v^ = -B v' turns a unit adjoint velocity source into -b; s^ = C s' turns one of p = -(sxx + syy)
        into -(l2m + lam) for both normal stresses."""
        if component == "vx":
            return -coefficients.bx[j, i]
        if component == "vy":
            return -coefficients.by[j, i]
        return -(coefficients.l2m[j, i] + coefficients.lam[j, i])


class ViscousPSV(ElasticPSV):
    """Viscoelastic P-SV waves; the medium has taup and taus."""

    name = "viscoelastic P-SV"
    kept_for: ClassVar = {
        "lam": ("exx", "eyy"),
        "taup": ("exx", "eyy"),
        "mu": ("exx", "eyy", "exy"),
        "taus": ("exx", "eyy", "exy"),
        "rho": ("vx", "vy"),
    }
    steps = steps_psv_viscous
    memories = 3

    def __init__(self, relaxation: Relaxation) -> None:
        self.relaxation = relaxation

    def coefficients(self, medium: Medium, courant: float, surface: bool) -> NamedTuple:
        """As in the elastic medium, with the moduli of fd.relaxation.

        In the surface row the moduli are those of a plate, again: with F = 2 mu, G = lam + 2 mu for the
        instantaneous part and D, E the same for the memory, F (2 - F/G) and D (1 - F/G) + E F/G.
        """
        lam, mu, mass = (np.asarray(a, np.float64) for a in (medium.lam, medium.mu, medium.mass))
        l2m, nl2m = self.relaxation.moduli(lam + 2 * mu, np.asarray(medium.taup, np.float64))
        shear, nshear = self.relaxation.moduli(mu, np.asarray(medium.taus, np.float64))
        mu_xy, nmu_xy = self.relaxation.moduli(shear_modulus_xy(mu), mean_xy(medium.taus))
        lam, nlam = l2m - 2 * shear, nl2m - 2 * nshear
        if surface:
            unrelaxed = surface_ratio(self.relaxation, medium)
            nl2m[0] = 2 * nshear[0] * (1 - unrelaxed) + nl2m[0] * unrelaxed
            l2m[0] = self._plate(medium, unrelaxed) - nl2m[0] * self._memory_share()
            lam[0] = nlam[0] = 0.0
        arrays = (buoyancy_x(mass), buoyancy_y(mass), lam, l2m, mu_xy, nlam, nl2m, nmu_xy)
        a, g, _ = self.relaxation.step_factors()
        zero, one = np.zeros(mass.shape), np.ones(mass.shape)
        return steps_psv_viscous.Coefficients(*(courant * array for array in arrays), zero, one, a, g)

    def _plate(self, medium: Medium, ratio: np.ndarray) -> np.ndarray:
        """F (2 - F/G) of the surface row, with unrelaxed moduli, (nx,)."""
        unrelaxed = self.relaxation.fastest(np.float64(medium.mu[0]), np.float64(medium.taus[0]))
        return 2 * unrelaxed * (2 - ratio)

    def _memory_share(self) -> float:
        """sum b dt/2T: what the memory takes off the unrelaxed modulus within the step."""
        return len(self.relaxation.frequencies) - self.relaxation.step_factors()[2]

    def speeds(self, medium: Medium) -> tuple[float, float]:
        """From the slowest wave at zero to the fastest at infinite frequency."""
        return viscous_speeds(
            self.relaxation, (medium.lam + 2 * medium.mu, medium.taup), (medium.mu, medium.taus), medium.rho
        )

    def adjoint_weights(
        self, component: str, coefficients: NamedTuple, j: np.ndarray, i: np.ndarray
    ) -> np.ndarray:
        """As in the elastic medium, but adjoint sources of p enter as strain, before the moduli."""
        if component == "p":
            return np.full(np.shape(j), -1.0)
        return super().adjoint_weights(component, coefficients, j, i)


def surface_ratio(relaxation: Relaxation, medium: Medium) -> np.ndarray:
    """F/G = 2 mu / (lam + 2 mu) of the unrelaxed moduli in the surface row, (nx,); 0 in void."""
    lam, mu, taup, taus = (
        np.asarray(a[0], np.float64) for a in (medium.lam, medium.mu, medium.taup, medium.taus)
    )
    f, g = 2 * relaxation.fastest(mu, taus), relaxation.fastest(lam + 2 * mu, taup)
    return np.divide(f, g, out=np.zeros_like(f), where=g > 0)


def viscous_speeds(
    relaxation: Relaxation, *arrays: tuple[np.ndarray, np.ndarray] | np.ndarray
) -> tuple[float, float]:
    """speed_range from (modulus, tau) pairs followed by the density, over all frequencies."""
    *pairs, rho = arrays
    inverse = np.divide(1.0, rho, out=np.zeros(rho.shape), where=rho > 0)
    slow = [np.sqrt(relaxation.slowest(modulus, tau) * inverse) for modulus, tau in pairs]
    fast = [np.sqrt(relaxation.fastest(modulus, tau) * inverse) for modulus, tau in pairs]
    return speed_range(*slow)[0], speed_range(*fast)[1]
