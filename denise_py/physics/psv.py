"""Elastic P-SV waves: vx, vy, sxx, syy, sxy with lam, mu, rho."""

from __future__ import annotations

import math

import numpy as np

from denise_py.fd import steps_psv
from denise_py.fd.containers import Points, no_points
from denise_py.fd.steps_psv import Coefficients, Correlation, Fields, Injection, Recording, Store
from denise_py.medium.model import Medium
from denise_py.medium.staggering import buoyancy_x, buoyancy_y, plate_modulus, shear_modulus_xy


class ElasticPSV:
    """See physics.base.Physics."""

    name = "elastic P-SV"
    components = ("vx", "vy", "p", "div", "curl")
    adjoint_components = ("vx", "vy", "p")
    velocity_fields = ("vx", "vy")
    stress_fields = ("sxx", "syy", "sxy")
    steps = steps_psv

    def new_fields(self, shape: tuple[int, int], dtype: np.dtype) -> Fields:
        """Zero wavefields (ny + 2M, nx + 2M)."""
        return Fields(*(np.zeros(shape, dtype) for _ in Fields._fields))

    def coefficients(self, medium: Medium, courant: float, surface: bool) -> Coefficients:
        """Buoyancies and moduli times courant = dt/dh, (ny, nx) float64.

        At a free surface (first row) syy is zero, which leaves sxx = plate modulus * exx there; the
        moduli of that row say so.
        """
        lam, mu, rho = (np.asarray(a, np.float64) for a in (medium.lam, medium.mu, medium.rho))
        lam_row, l2m = lam.copy(), lam + 2 * mu
        if surface:
            l2m[0] = plate_modulus(lam[0], mu[0])
            lam_row[0] = 0.0
        arrays = (buoyancy_x(rho), buoyancy_y(rho), lam_row, l2m, shear_modulus_xy(mu))
        return Coefficients(*(courant * a for a in arrays))

    def new_store(self, every: int, slots: int, shape: tuple[int, int], dtype: np.dtype) -> Store:
        """Room for the increments of all five fields."""
        arrays = (np.empty((slots, *shape), dtype) for _ in Fields._fields)
        return Store(every, *arrays, np.zeros(shape if slots else (0, 0), dtype))

    def new_correlation(self, shape: tuple[int, int], dtype: np.dtype) -> Correlation:
        """Zero accumulators (ny, nx)."""
        return Correlation(*(np.zeros(shape, dtype) for _ in Correlation._fields))

    def source_terms(
        self, kind: int, azimuth: float, coefficients: Coefficients, j: int, i: int, dh: float
    ) -> dict[str, float]:
        """Factors with which the series of a source acts on the fields at array position (j, i).

        kind 1 explosion (its series is s(n+1) - s(n-1)), 2 force along x, 3 along y, 4 at an azimuth in
        degrees from +y towards +x. A force of s newton per metre spread over one cell gives
        dv = dt / (rho dh^2) s; the buoyancies already hold dt/dh.
        """
        if kind == 1:
            return {"normal": 1 / (4 * dh**2)}
        along_x, along_y = {2: (1.0, 0.0), 3: (0.0, 1.0)}.get(kind) or _unit_vector(azimuth)
        terms = {"vx": along_x * coefficients.bx[j, i] / dh, "vy": along_y * coefficients.by[j, i] / dh}
        return {name: weight for name, weight in terms.items() if weight != 0.0}

    def source_series(self, kind: int, wavelet: np.ndarray) -> np.ndarray:
        """What a source of this kind injects per step: the wavelet (nt,), or for an explosion its
        difference s(n+1) - s(n-1) with zeros beyond the ends."""
        if kind != 1:
            return wavelet
        padded = np.pad(wavelet, 1)
        return padded[2:] - padded[:-2]

    def injection(self, forces: dict[str, Points], series: np.ndarray) -> Injection:
        """Sources: 'vx' and 'vy' (forces), 'normal' (both normal stresses)."""
        none = no_points(series.dtype)
        return Injection(*(forces.get(name, none) for name in ("vx", "vy", "normal")), series)

    def recording(self, points: dict[str, Points], nt: int, dtype: np.dtype) -> Recording:
        """Room for the wanted components."""
        none = no_points(dtype)
        wanted = [points.get(name, none) for name in self.components]
        outputs = [np.zeros((nt, p.j.size), dtype) for p in wanted]
        return Recording(*wanted, *outputs)

    def recorded(self, recording: Recording) -> dict[str, np.ndarray]:
        """Recorded series (nt, n) of every component, with n = 0 for those not asked for."""
        return {name: getattr(recording, f"out_{name}") for name in self.components}

    def adjoint_weights(
        self, component: str, coefficients: Coefficients, j: np.ndarray, i: np.ndarray
    ) -> np.ndarray:
        """v^ = -B v' turns a unit adjoint velocity source into -b; s^ = C s' turns one of p = -(sxx + syy)
        into -(l2m + lam) for both normal stresses."""
        if component == "vx":
            return -coefficients.bx[j, i]
        if component == "vy":
            return -coefficients.by[j, i]
        return -(coefficients.l2m[j, i] + coefficients.lam[j, i])


def _unit_vector(azimuth: float) -> tuple[float, float]:
    angle = math.radians(azimuth)
    return math.sin(angle), math.cos(angle)
