"""The medium on the full nodes of the grid.

Nodes with lam + 2 mu = 0 are void (air above a topography): no stress, and no mass for the averages. Nodes
with mu = 0 alone are fluid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Medium:
    """Lame parameters lam, mu (Pa) and density rho (kg/m3), each (ny, nx), float32 or float64.

    taup, taus: levels of attenuation of P and S waves, (ny, nx), or None in a lossless medium.
    Acoustic runs have mu = 0; SH runs have no use for lam.
    """

    lam: np.ndarray
    mu: np.ndarray
    rho: np.ndarray
    taup: np.ndarray | None = None
    taus: np.ndarray | None = None

    @classmethod
    def from_velocities(
        cls,
        vp: np.ndarray,
        vs: np.ndarray,
        rho: np.ndarray,
        taup: np.ndarray | None = None,
        taus: np.ndarray | None = None,
    ) -> Medium:
        """mu = rho vs^2, lam = rho (vp^2 - 2 vs^2); vp, vs in m/s."""
        mu = rho * vs**2
        return cls(rho * vp**2 - 2 * mu, mu, rho, taup, taus)

    @property
    def vp(self) -> np.ndarray:
        """P velocity in m/s, 0 in void."""
        return np.sqrt(_quotient(self.lam + 2 * self.mu, self.rho))

    @property
    def vs(self) -> np.ndarray:
        """S velocity in m/s."""
        return np.sqrt(_quotient(self.mu, self.rho))

    @property
    def void(self) -> np.ndarray:
        """Where there is no material at all, (ny, nx) bool."""
        return self.lam + 2 * self.mu == 0

    @property
    def mass(self) -> np.ndarray:
        """Density that counts in averages: 0 in void, (ny, nx)."""
        return np.where(self.void, 0.0, self.rho)

    @property
    def shape(self) -> tuple[int, int]:
        """(ny, nx)."""
        return self.rho.shape


def _quotient(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.divide(a, b, out=np.zeros_like(a), where=b != 0)
