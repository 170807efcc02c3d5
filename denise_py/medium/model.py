"""The elastic medium on the full nodes of the grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Medium:
    """Lame parameters lam, mu (Pa) and density rho (kg/m3), each (ny, nx), float32 or float64."""

    lam: np.ndarray
    mu: np.ndarray
    rho: np.ndarray

    @classmethod
    def from_velocities(cls, vp: np.ndarray, vs: np.ndarray, rho: np.ndarray) -> Medium:
        """mu = rho vs^2, lam = rho (vp^2 - 2 vs^2); vp, vs in m/s."""
        mu = rho * vs**2
        return cls(rho * vp**2 - 2 * mu, mu, rho)

    @property
    def vp(self) -> np.ndarray:
        """P velocity in m/s."""
        return np.sqrt((self.lam + 2 * self.mu) / self.rho)

    @property
    def vs(self) -> np.ndarray:
        """S velocity in m/s."""
        return np.sqrt(self.mu / self.rho)

    @property
    def shape(self) -> tuple[int, int]:
        """(ny, nx)."""
        return self.rho.shape
