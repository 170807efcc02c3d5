"""From nodes to the points where the scheme needs its materials, and the transposes of these averages.

Neighbours beyond the right and lower model edge are taken from the opposite edge, as in DENISE; the
points concerned lie in the outermost layer of the grid.
"""

from __future__ import annotations

import numpy as np


def _right(a: np.ndarray) -> np.ndarray:
    return np.roll(a, -1, axis=1)


def _below(a: np.ndarray) -> np.ndarray:
    return np.roll(a, -1, axis=0)


def _left(a: np.ndarray) -> np.ndarray:
    return np.roll(a, 1, axis=1)


def _above(a: np.ndarray) -> np.ndarray:
    return np.roll(a, 1, axis=0)


def buoyancy_x(rho: np.ndarray) -> np.ndarray:
    """1 / mean density at (i + 1/2, j)."""
    return 2 / (rho + _right(rho))


def buoyancy_y(rho: np.ndarray) -> np.ndarray:
    """1 / mean density at (i, j + 1/2)."""
    return 2 / (rho + _below(rho))


def shear_modulus_xy(mu: np.ndarray) -> np.ndarray:
    """Harmonic mean of mu over the four nodes around (i + 1/2, j + 1/2); 0 if any of them is fluid."""
    solid = mu > 0
    inverse = np.divide(1.0, mu, out=np.zeros_like(mu), where=solid)
    total = inverse + _right(inverse)
    total = total + _below(total)
    all_solid = solid & _right(solid)
    all_solid &= _below(all_solid)
    return np.divide(4.0, total, out=np.zeros_like(mu), where=all_solid)


def transpose_mean_x(g: np.ndarray) -> np.ndarray:
    """Transpose of a(i) + a(i + 1) along x."""
    return g + _left(g)


def transpose_mean_y(g: np.ndarray) -> np.ndarray:
    """Transpose of a(j) + a(j + 1) along y."""
    return g + _above(g)


def plate_modulus(lam: np.ndarray, mu: np.ndarray) -> np.ndarray:
    """Modulus 4 mu (lam + mu) / (lam + 2 mu) that relates sxx to exx where syy = 0."""
    return 4 * mu * (lam + mu) / (lam + 2 * mu)


def plate_modulus_slopes(lam: np.ndarray, mu: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Derivatives of the plate modulus with respect to lam and mu."""
    m = lam + 2 * mu
    return 4 * (mu / m) ** 2, 4 * (m**2 - 2 * mu * (lam + mu)) / m**2
