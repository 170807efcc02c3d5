"""Weights that compensate for illumination: the diagonal of an approximate inverse Hessian.

EPRECOND 1 (Shin et al. 2001): W = sqrt(Ws Wr), 3 (Plessix & Mulder 2004, Geophys. J. Int. 157, 975, eq. 20):
W = sqrt(Ws) [asinh((xmax - x)/y) - asinh((xmin - x)/y)], with Ws and Wr the sums over time of vx^2 + vy^2 of
the forward and of the adjoint field, xmin and xmax the first and last column, and y the depth coordinate.
A water level of EPSILON_WE times the largest W is added.

Weights are a preconditioner: they never enter the gradient that line searches and quasi-Newton updates see.
"""

from __future__ import annotations

import numpy as np

from denise_py.grid import Grid


def illumination(kind: int, source_energy: np.ndarray, receiver_energy: np.ndarray, grid: Grid) -> np.ndarray:
    """W of one shot, (ny, nx) float64, without water level; ones for kind 0."""
    if kind == 0:
        return np.ones(grid.shape)
    if kind == 1:
        return np.sqrt(source_energy * receiver_energy)
    return np.sqrt(source_energy) * receiver_geometry(grid)


def receiver_geometry(grid: Grid) -> np.ndarray:
    """asinh((xmax - x)/y) - asinh((xmin - x)/y) with x = i dh, y = j dh; (ny, nx)."""
    x = grid.dh * np.arange(1, grid.nx + 1)[None, :]
    y = grid.dh * np.arange(1, grid.ny + 1)[:, None]
    return np.arcsinh((grid.nx * grid.dh - x) / y) - np.arcsinh((grid.dh - x) / y)


def inverse_with_water_level(w: np.ndarray, epsilon: float) -> np.ndarray:
    """1 / (w + epsilon max w), scaled to a largest value of 1; ones if w is zero everywhere."""
    largest = float(np.max(w))
    if not largest > 0:
        return np.ones_like(w)
    # without a water level an unlit point must not divide by zero
    level = w + max(epsilon, np.finfo(np.float32).eps) * largest
    return float(np.min(level)) / level


class WeightSum:
    """Joins the weights of all shots into one positive weight per node.

    Summed (per_shot = False): 1 / (sum of W + water level). Per shot: the shots' own weights w_s, and
    tapers, averaged with the size of the shots' gradients, sum_s w_s |g_s| / sum_s |g_s|; times the gradient
    this is close to sum_s w_s g_s, and being positive it can never point uphill.
    """

    def __init__(self, per_shot: bool, epsilon: float) -> None:
        self.per_shot, self.epsilon = per_shot, epsilon

    def share(self, w: np.ndarray, taper: np.ndarray | None, size: np.ndarray) -> np.ndarray:
        """What one shot adds, (3, ny, nx): illumination, weighted size, size of its gradient."""
        weight = inverse_with_water_level(w, self.epsilon) if self.per_shot else np.ones_like(w)
        if taper is not None:
            weight = weight * taper
        return np.stack([w, weight * size, size])

    def weight(self, total: np.ndarray) -> np.ndarray:
        """The joint weight (ny, nx), largest value 1, from the sum of all shares."""
        w, weighted, size = total
        tapered = np.divide(weighted, size, out=np.ones_like(size), where=size > 0)
        if not self.per_shot:
            tapered = tapered * inverse_with_water_level(w, self.epsilon)
        largest = float(np.max(tapered))
        return tapered / largest if largest > 0 else np.ones_like(tapered)


def gradient_size(parts: dict[str, np.ndarray], references: dict[str, float]) -> np.ndarray:
    """Size of a shot's gradient per node over all inverted parameters, sum of |ref dE/dm|; (ny, nx)."""
    return sum(np.abs(references[slot] * parts[slot]) for slot in references)
