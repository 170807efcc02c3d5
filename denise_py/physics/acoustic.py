"""Acoustic waves: vx, vy, p with the bulk modulus rho vp^2 and rho, lossless or visco-acoustic."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import numpy as np

from denise_py.fd import steps_acoustic, steps_acoustic_viscous
from denise_py.fd.steps_acoustic import Coefficients
from denise_py.medium.attenuation import Relaxation
from denise_py.medium.model import Medium
from denise_py.medium.stability import speed_range
from denise_py.medium.staggering import buoyancy_x, buoyancy_y
from denise_py.physics.base import Number, Place, Waves, force_terms, range_problem
from denise_py.physics.psv import viscous_speeds


class Acoustic(Waves):
    """See physics.base.Physics."""

    name = "acoustic"
    wave = "psv"
    slots = ("vp", "rho")
    components = ("vx", "vy", "p", "div", "curl")
    adjoint_components = ("vx", "vy", "p")
    velocity_fields = ("vx", "vy")
    stress_fields = ("p",)
    kept_for: ClassVar = {"lam": ("p",), "rho": ("vx", "vy")}
    steps = steps_acoustic

    def coefficients(self, medium: Medium, courant: float, surface: bool) -> NamedTuple:
        """Buoyancies and bulk modulus times courant = dt/dh, (ny, nx) float64."""
        mass, bulk = (np.asarray(a, np.float64) for a in (medium.mass, medium.lam))
        return Coefficients(*(courant * a for a in (buoyancy_x(mass), buoyancy_y(mass), bulk)))

    def speeds(self, medium: Medium) -> tuple[float, float]:
        """(slowest, fastest) wave in m/s."""
        return speed_range(medium.vp)

    def problem(self, medium: Medium) -> str:
        """Why a medium is impossible."""
        return range_problem(medium)

    def source_terms(
        self, kind: int, azimuth: float, coefficients: NamedTuple, j: Place, i: Place, dh: float
    ) -> dict[str, Number]:
        """Factors of a source at (j, i). An explosion adds twice as much as to each normal stress of P-SV, as
        in DENISE: equal amplitudes give equal pressures, since P-SV records the sum of two stresses."""
        if kind == 1:
            return {"p": 1 / (2 * dh**2)}
        return force_terms(kind, azimuth, coefficients.bx, coefficients.by, j, i, dh)

    def adjoint_weights(
        self, component: str, coefficients: NamedTuple, j: np.ndarray, i: np.ndarray
    ) -> np.ndarray:
        """-b for velocities, -k for p, which is recorded with the opposite sign; see physics.psv."""
        array = {"vx": "bx", "vy": "by", "p": "bulk"}[component]
        return -getattr(coefficients, array)[j, i]


class ViscousAcoustic(Acoustic):
    """Visco-acoustic waves; the medium has taup."""

    name = "visco-acoustic"
    kept_for: ClassVar = {"lam": ("e",), "taup": ("e",), "rho": ("vx", "vy")}
    steps = steps_acoustic_viscous
    memories = 1

    def __init__(self, relaxation: Relaxation) -> None:
        self.relaxation = relaxation

    def coefficients(self, medium: Medium, courant: float, surface: bool) -> NamedTuple:
        """As without loss, with the moduli of fd.relaxation."""
        mass, bulk, tau = (np.asarray(a, np.float64) for a in (medium.mass, medium.lam, medium.taup))
        arrays = (buoyancy_x(mass), buoyancy_y(mass), *self.relaxation.moduli(bulk, tau))
        a, g, _ = self.relaxation.step_factors()
        one = np.ones(mass.shape)
        return steps_acoustic_viscous.Coefficients(*(courant * array for array in arrays), one, a, g)

    def speeds(self, medium: Medium) -> tuple[float, float]:
        """From the slowest wave at zero to the fastest at infinite frequency."""
        return viscous_speeds(self.relaxation, (medium.lam, medium.taup), medium.rho)

    def adjoint_weights(
        self, component: str, coefficients: NamedTuple, j: np.ndarray, i: np.ndarray
    ) -> np.ndarray:
        """As without loss, but adjoint sources of p enter as divergence, before the modulus."""
        if component == "p":
            return np.full(np.shape(j), -1.0)
        return super().adjoint_weights(component, coefficients, j, i)
