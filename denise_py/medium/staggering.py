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
    """1 / mean density at (i + 1/2, j); 0 between two nodes without mass.

    Beside a void the mean is half the density of the material: a point on the surface has half a cell of
    mass. In the void nothing moves (Zeng et al. 2012, Geophysics 77, T1).
    """
    return _inverse(rho + _right(rho), 2.0)


def buoyancy_y(rho: np.ndarray) -> np.ndarray:
    """1 / mean density at (i, j + 1/2); 0 between two nodes without mass."""
    return _inverse(rho + _below(rho), 2.0)


def buoyancy(rho: np.ndarray) -> np.ndarray:
    """1 / density at the nodes; 0 where there is no mass."""
    return _inverse(rho, 1.0)


def shear_modulus_x(mu: np.ndarray) -> np.ndarray:
    """Harmonic mean of mu at (i, j) and (i + 1, j); 0 if any of them is fluid."""
    return _inverse(_compliance(mu) + _right(_compliance(mu)), 2.0, (mu > 0) & _right(mu > 0))


def shear_modulus_above(mu: np.ndarray) -> np.ndarray:
    """Harmonic mean of mu at (i, j) and (i, j - 1); 0 if any of them is fluid."""
    return _inverse(_compliance(mu) + _above(_compliance(mu)), 2.0, (mu > 0) & _above(mu > 0))


def mean_xy(a: np.ndarray) -> np.ndarray:
    """Arithmetic mean over the four nodes around (i + 1/2, j + 1/2)."""
    total = a + _right(a)
    return (total + _below(total)) / 4


def mean_x(a: np.ndarray) -> np.ndarray:
    """Arithmetic mean over (i, j) and (i + 1, j)."""
    return (a + _right(a)) / 2


def mean_y(a: np.ndarray) -> np.ndarray:
    """Arithmetic mean over (i, j) and (i, j + 1)."""
    return (a + _below(a)) / 2


def mean_above(a: np.ndarray) -> np.ndarray:
    """Arithmetic mean over (i, j) and (i, j - 1)."""
    return (a + _above(a)) / 2


def _compliance(mu: np.ndarray) -> np.ndarray:
    return _inverse(mu, 1.0)


def _inverse(a: np.ndarray, numerator: float, where: np.ndarray | None = None) -> np.ndarray:
    """numerator / a, 0 where a is not positive (and outside `where`)."""
    good = a > 0 if where is None else (a > 0) & where
    return np.divide(numerator, a, out=np.zeros_like(a), where=good)


def shear_modulus_xy(mu: np.ndarray) -> np.ndarray:
    """Harmonic mean of mu over the four nodes around (i + 1/2, j + 1/2); 0 if any of them is fluid."""
    total = _compliance(mu) + _right(_compliance(mu))
    total = total + _below(total)
    all_solid = (mu > 0) & _right(mu > 0)
    all_solid &= _below(all_solid)
    return _inverse(total, 4.0, all_solid)


def transpose_mean_x(g: np.ndarray) -> np.ndarray:
    """Transpose of a(i) + a(i + 1) along x."""
    return g + _left(g)


def transpose_mean_y(g: np.ndarray) -> np.ndarray:
    """Transpose of a(j) + a(j + 1) along y."""
    return g + _above(g)


def transpose_mean_above(g: np.ndarray) -> np.ndarray:
    """Transpose of a(j) + a(j - 1) along y."""
    return g + _below(g)


def plate_modulus(lam: np.ndarray, mu: np.ndarray) -> np.ndarray:
    """Modulus 4 mu (lam + mu) / (lam + 2 mu) that relates sxx to exx where syy = 0."""
    return _ratio(4 * mu * (lam + mu), lam + 2 * mu)


def plate_modulus_slopes(lam: np.ndarray, mu: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Derivatives of the plate modulus with respect to lam and mu."""
    m = lam + 2 * mu
    return 4 * _ratio(mu, m) ** 2, 4 * _ratio(m**2 - 2 * mu * (lam + mu), m**2)


def _ratio(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a / b, 0 where b = 0 (void)."""
    return np.divide(a, b, out=np.zeros_like(a), where=b != 0)
