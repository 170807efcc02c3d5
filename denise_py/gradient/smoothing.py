"""Smoothing of gradients and models: a symmetric positive Gaussian of local width, and the median.

The Gaussian is a diffusion over the time that gives the standard deviation sigma, in STEPS implicit steps,

    S = X^(n/2) Y^n X^(n/2),   X = (1 - d/dx (sigma_x^2 / 2n) d/dx)^-1,   n = STEPS,   Y likewise along y,

without flow through the edges of the grid and between regions. S is symmetric and positive definite whatever
sigma(x, y) is, keeps constants as they are, and has positive weights, since X and Y are inverses of symmetric
M-matrices. Where sigma is constant the weights approach the Gaussian of that standard deviation with n; their
variance is exactly sigma^2 (per factor 2 sigma^2/2n).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy

STEPS = 8
"""Implicit steps of a diffusion, even. The kurtosis along an axis is 3 + 3/STEPS + 1/sigma^2."""


class Factor(NamedTuple):
    """L D L^T of a tridiagonal matrix: D (n,), and what L has below its ones (n - 1,)."""

    diagonal: np.ndarray
    below: np.ndarray


class Smoothing:
    """The operator S on arrays (ny, nx).

    sigma_x, sigma_y: standard deviations in grid points, numbers or (ny, nx), 0 for none; regions: (ny, nx)
    integers, values are not mixed between points with different ones.
    """

    def __init__(self, sigma_x: np.ndarray | float, sigma_y: np.ndarray | float, regions: np.ndarray) -> None:
        self._shape = regions.shape
        self._x = _factor(np.broadcast_to(sigma_x, self._shape), regions)
        self._y = _factor(np.broadcast_to(sigma_y, self._shape).T, regions.T)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """S values, (ny, nx) float64. Raises ValueError for values that are not finite."""
        values = self._along_x(np.asarray_chkfinite(values), STEPS // 2)
        if self._y is not None:
            values = _solve(self._y, values.T, STEPS).T
        return self._along_x(values, STEPS // 2)

    def _along_x(self, values: np.ndarray, steps: int) -> np.ndarray:
        return values if self._x is None else _solve(self._x, values, steps)


def _factor(sigma: np.ndarray, regions: np.ndarray) -> Factor | None:
    """Factors of 1 - d/dx (sigma^2 / 2n) d/dx along the last axis, all rows as one tridiagonal matrix; None
    for the identity."""
    variance = np.asarray(sigma, np.float64) ** 2
    flow = np.where(regions[:, 1:] == regions[:, :-1], variance[:, 1:] + variance[:, :-1], 0.0) / (4 * STEPS)
    if not flow.any():
        return None
    flow = np.pad(flow, ((0, 0), (0, 1)))  # none from a row to the next
    diagonal = 1.0 + flow
    diagonal[:, 1:] += flow[:, :-1]
    d, e, _ = scipy.linalg.lapack.dpttrf(np.asarray_chkfinite(diagonal).ravel(), -flow.ravel()[:-1])
    return Factor(d, e)


def _solve(factor: Factor, values: np.ndarray, times: int) -> np.ndarray:
    flat = np.array(values, np.float64).reshape(-1, 1)
    for _ in range(times):
        flat, _ = scipy.linalg.lapack.dpttrs(factor.diagonal, factor.below, flat, overwrite_b=True)
    return flat.reshape(values.shape)


def boxcar_deviation(half_width: int) -> float:
    """Standard deviation, in points, of the moving average over 2 half_width + 1 points."""
    return float(np.sqrt(half_width * (half_width + 1) / 3))


def odd_size(size: float) -> int:
    """Side of the square of a median filter: the next odd number, even ones are raised; at least 1."""
    return max(int(size), 0) // 2 * 2 + 1


def median(values: np.ndarray, size: int, regions: np.ndarray | None = None) -> np.ndarray:
    """Median over squares of size x size points (odd), (ny, nx).

    Beyond the edges of the grid, and inside other regions (ny, nx), counts the value of the nearest point of
    the own region.
    """
    if regions is None:
        return scipy.ndimage.median_filter(values, size=size, mode="nearest")
    result = values.copy()
    for number in np.unique(regions):
        own = regions == number
        nearest = scipy.ndimage.distance_transform_edt(~own, return_distances=False, return_indices=True)
        result[own] = scipy.ndimage.median_filter(values[tuple(nearest)], size=size, mode="nearest")[own]
    return result
