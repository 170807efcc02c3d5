"""Windows on the gradient: along x, along depth, around sources and receivers.

All return (ny, nx) float64 with values 0..1. Nodes and the edges GRADT1..4 count from 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import scipy

from denise_py.grid import Grid


def _flank(distance: np.ndarray, length: int) -> np.ndarray:
    """Gaussian flank: exp(-(3 d / (length/2))^2 / 2), d = distance in points from its upper end."""
    return np.exp(-0.5 * (3 * distance / (length / 2)) ** 2)


def window_along_x(grid: Grid, edges: Sequence[int]) -> np.ndarray:
    """SWS_TAPER_GRAD_VERT: 0 up to column edges[0], rising to 1 at edges[1], falling from edges[2] to
    edges[3], 0 beyond."""
    g1, g2, g3, g4 = edges
    i = np.arange(1, grid.nx + 1)
    w = np.ones(grid.nx)
    w = np.where(i <= g2, _flank(i - g2, g2 - g1), w)
    w = np.where(i >= g3, _flank(i - g3, g4 - g3), w)
    w = np.where((i > g1) & (i < g4), w, 0.0)
    return np.broadcast_to(w, grid.shape).copy()


def window_along_depth(grid: Grid, edges: Sequence[int]) -> np.ndarray:
    """SWS_TAPER_GRAD_HOR: 0 above row edges[0], rising to 1 in the row above edges[1], 1 below."""
    g1, g2 = edges[:2]
    j = np.arange(1, grid.ny + 1)
    w = np.where(j < g2, _flank(j - (g2 - 1), g2 - g1), 1.0)
    w = np.where(j < g1, 0.0, w)
    return np.broadcast_to(w[:, None], grid.shape).copy()


def growth_with_depth(grid: Grid, exponent: float) -> np.ndarray:
    """EXP_TAPER_GRAD_HOR: (depth / largest depth)^exponent, depth = row times dh."""
    w = (np.arange(1, grid.ny + 1) / grid.ny) ** exponent
    return np.broadcast_to(w[:, None], grid.shape).copy()


def clear_nodes(taper: np.ndarray, nodes: Iterable[tuple[int, int]]) -> np.ndarray:
    """The taper with zeros at nodes (i, j)."""
    result = taper.copy()
    for i, j in nodes:
        result[j - 1, i - 1] = 0.0
    return result


def circles(grid: Grid, nodes: Iterable[tuple[int, int]], shape: int, radius: float, core: int) -> np.ndarray:
    """SWS_TAPER_GRAD_SOURCES, SWS_TAPER_CIRCULAR_PER_SHOT: discs around nodes, the smallest value where
    they overlap.

    shape 1: erf(r / (sqrt(2) R)), 2: log(1 + r/dh), both divided by their value at R and 1 outside;
    radius R in m; core: half width in points of a square that is set to zero.
    """
    y, x = np.mgrid[1 : grid.ny + 1, 1 : grid.nx + 1]
    result = np.ones(grid.shape)
    for i, j in nodes:
        r = grid.dh * np.hypot(x - i, y - j)
        disc = np.minimum(
            _rise(r, shape, radius, grid.dh) / _rise(np.array(radius), shape, radius, grid.dh), 1.0
        )
        disc[(np.abs(x - i) <= core) & (np.abs(y - j) <= core)] = 0.0
        np.minimum(result, disc, out=result)
    return result


def dips(grid: Grid, nodes: Iterable[tuple[int, int]], radius: float, floor: float) -> np.ndarray:
    """SOURCE_DAMPING: 1 - (1 - floor) exp(-r^2 / (2 R^2)) around nodes, the product where they overlap.

    The gradient of a shot has a peak of the size of a cell at its source, whose height grows as the grid
    gets finer; the floor leaves it positive, so that no node is frozen. radius: R in grid points, r likewise.
    """
    reach = math.ceil(4 * radius)  # where exp(-8) is left
    result = np.ones(grid.shape)
    for i, j in nodes:
        y = np.arange(max(j - reach, 1), min(j + reach, grid.ny) + 1)
        x = np.arange(max(i - reach, 1), min(i + reach, grid.nx) + 1)
        square = (y[:, None] - j) ** 2 + (x[None, :] - i) ** 2
        result[y[0] - 1 : y[-1], x[0] - 1 : x[-1]] *= 1 - (1 - floor) * np.exp(-0.5 * square / radius**2)
    return result


def _rise(r: np.ndarray, shape: int, radius: float, dh: float) -> np.ndarray:
    if shape == 1:
        return scipy.special.erf(r / (np.sqrt(2) * radius))
    return np.log1p(r / dh)
