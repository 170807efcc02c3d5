"""SH waves: vz, sxz, syz with mu and rho, elastic or viscous.

Two ways to put the medium on the grid:

- DENISE's (default): vz lies half a cell below the node, syz on the node, sxz half a cell right of vz. So vz
  takes the mean density of two nodes, sxz the harmonic mean of mu over four, syz mu itself.
- `on_nodes`: vz lies on the node, sxz half a cell right of it, syz half a cell above it; density is that of
  the node, both moduli are harmonic means over the two nodes beside. A free surface then lies half a cell
  above the first row of nodes.

Nodes with mu = 0 carry no SH waves and have no mass.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import numpy as np

from denise_py.fd import steps_sh, steps_sh_viscous
from denise_py.fd.steps_sh import Coefficients
from denise_py.medium.attenuation import Relaxation
from denise_py.medium.model import Medium
from denise_py.medium.stability import speed_range
from denise_py.medium.staggering import (
    buoyancy,
    buoyancy_y,
    mean_above,
    mean_x,
    mean_xy,
    shear_modulus_above,
    shear_modulus_x,
    shear_modulus_xy,
)
from denise_py.physics.base import Number, Place, Waves, range_problem
from denise_py.physics.psv import viscous_speeds


class ElasticSH(Waves):
    """See physics.base.Physics."""

    name = "elastic SH"
    wave = "sh"
    slots = ("vs", "rho")
    components = ("vz",)
    adjoint_components = ("vz",)
    velocity_fields = ("vz",)
    stress_fields = ("sxz", "syz")
    kept_for: ClassVar = {"mu": ("sxz", "syz"), "rho": ("vz",)}
    steps = steps_sh

    def __init__(self, on_nodes: bool = False) -> None:
        self.on_nodes = on_nodes
        self.gradient_rows = (0, 1) if on_nodes else (1, 0)

    def coefficients(self, medium: Medium, courant: float, surface: bool) -> NamedTuple:
        """Buoyancy and shear moduli times courant = dt/dh, (ny, nx) float64."""
        mu = np.asarray(medium.mu, np.float64)
        return Coefficients(*(courant * a for a in (self._buoyancy(medium), *self.moduli(mu))))

    def _buoyancy(self, medium: Medium) -> np.ndarray:
        mass = np.where(medium.mu > 0, medium.rho, 0.0).astype(np.float64)
        return buoyancy(mass) if self.on_nodes else buoyancy_y(mass)

    def moduli(self, mu: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Shear modulus where sxz and syz are."""
        if self.on_nodes:
            return shear_modulus_x(mu), shear_modulus_above(mu)
        return shear_modulus_xy(mu), mu

    def speeds(self, medium: Medium) -> tuple[float, float]:
        """(slowest, fastest) wave in m/s."""
        return speed_range(medium.vs)

    def problem(self, medium: Medium) -> str:
        """Why a medium is impossible."""
        return range_problem(medium, solid_only=True)

    def source_terms(
        self, kind: int, azimuth: float, coefficients: NamedTuple, j: Place, i: Place, dh: float
    ) -> dict[str, Number]:
        """Every source is a force out of the plane, whatever its kind; see base.force_terms for the
        factor."""
        return {"vz": coefficients.bz[j, i] / dh}

    def source_series(self, kind: int, wavelet: np.ndarray) -> np.ndarray:
        """The wavelet (nt,)."""
        return wavelet

    def adjoint_weights(
        self, component: str, coefficients: NamedTuple, j: np.ndarray, i: np.ndarray
    ) -> np.ndarray:
        """-b, see physics.psv."""
        return -coefficients.bz[j, i]


class ViscousSH(ElasticSH):
    """Viscous SH waves; the medium has taus."""

    name = "viscous SH"
    kept_for: ClassVar = {"mu": ("exz", "eyz"), "taus": ("exz", "eyz"), "rho": ("vz",)}
    steps = steps_sh_viscous
    memories = 2

    def __init__(self, relaxation: Relaxation, on_nodes: bool = False) -> None:
        super().__init__(on_nodes)
        self.relaxation = relaxation

    def coefficients(self, medium: Medium, courant: float, surface: bool) -> NamedTuple:
        """As without loss, with the moduli of fd.relaxation."""
        mu, tau = (np.asarray(a, np.float64) for a in (medium.mu, medium.taus))
        tau_x, tau_y = self.levels(tau)
        at_x, at_y = self.moduli(mu)
        mux, nmux = self.relaxation.moduli(at_x, tau_x)
        muy, nmuy = self.relaxation.moduli(at_y, tau_y)
        arrays = (self._buoyancy(medium), mux, muy, nmux, nmuy)
        a, g, _ = self.relaxation.step_factors()
        return steps_sh_viscous.Coefficients(*(courant * array for array in arrays), np.ones(mu.shape), a, g)

    def levels(self, tau: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Level of attenuation where sxz and syz are."""
        return (mean_x(tau), mean_above(tau)) if self.on_nodes else (mean_xy(tau), tau)

    def speeds(self, medium: Medium) -> tuple[float, float]:
        """From the slowest wave at zero to the fastest at infinite frequency."""
        return viscous_speeds(self.relaxation, (medium.mu, medium.taus), medium.rho)
