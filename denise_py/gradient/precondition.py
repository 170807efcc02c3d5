"""Weights that compensate for illumination: the diagonal of an approximate inverse Hessian.

EPRECOND 1 (Shin et al. 2001): W = sqrt(Ws Wr), 3 (Plessix & Mulder 2004, Geophys. J. Int. 157, 975, eq. 20):
W = sqrt(Ws) [asinh((xmax - x)/y) - asinh((xmin - x)/y)], with Ws and Wr the sums over time of vx^2 + vy^2 of
the forward and of the adjoint field, xmin and xmax the first and last column, and y the depth coordinate.
A water level of EPSILON_WE times the largest W is added.

Weights are a preconditioner: they never enter the gradient that line searches and quasi-Newton updates see.
"""

from __future__ import annotations

from collections.abc import Sequence

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
        """What one shot adds, (2 + n, ny, nx): illumination, size of its gradient, weighted sizes.

        taper: (ny, nx), or (n, ny, nx) where n parameters have tapers of their own; n = 1 otherwise.
        """
        weight = inverse_with_water_level(w, self.epsilon) if self.per_shot else np.ones_like(w)
        if taper is not None:
            weight = weight * taper
        return np.concatenate([w[None], size[None], (weight * size).reshape(-1, *w.shape)])

    def parts(self, total: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """From the sum of all shares: the joint weight of what the shots have of their own, (ny, nx), or
        (n, ny, nx) for n > 1; the illumination weight of the sum, (ny, nx), ones if shots have their own."""
        w, size, weighted = total[0], total[1], total[2:]
        sizes = np.broadcast_to(size, weighted.shape)
        own = np.divide(weighted, sizes, out=np.ones_like(weighted), where=sizes > 0)
        summed = np.ones_like(w) if self.per_shot else inverse_with_water_level(w, self.epsilon)
        return own[0] if len(own) == 1 else own, summed

    def weight(self, total: np.ndarray) -> np.ndarray:
        """The joint weight, largest value 1, the product of both parts."""
        own, summed = self.parts(total)
        return with_largest_one(own * summed)


def average(values: Sequence[np.ndarray], sizes: Sequence[np.ndarray]) -> np.ndarray:
    """Average of arrays (..., ny, nx) with weights (ny, nx) that are not negative; the plain mean where all
    of these are zero. A single array comes back as it is."""
    if len(values) == 1:
        return values[0]
    total = sum(sizes)
    shares = [np.divide(s, total, out=np.full(s.shape, 1 / len(sizes)), where=total > 0) for s in sizes]
    return sum(share * value for share, value in zip(shares, values, strict=True))


def with_largest_one(weight: np.ndarray) -> np.ndarray:
    """The weight divided by its largest value; ones if it is zero everywhere."""
    largest = float(np.max(weight))
    return weight / largest if largest > 0 else np.ones_like(weight)


def gradient_size(parts: dict[str, np.ndarray], references: dict[str, float]) -> np.ndarray:
    """Size of a shot's gradient per node over all inverted parameters, sum of |ref dE/dm|; (ny, nx)."""
    return sum(np.abs(references[slot] * parts[slot]) for slot in references)
