"""The built-in start model: a linear gradient from the surface down to a depth, constant below.

The numbers are those of DENISE's READMOD = 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from denise_py.grid import Grid


@dataclass(frozen=True)
class GradientModel:
    """Values at depth 0 and from `depth` (m) on: vp, vs in m/s, rho in kg/m3."""

    depth: float
    vp: tuple[float, float]
    vs: tuple[float, float]
    rho: tuple[float, float]


ELASTIC = GradientModel(15.0, vp=(500.0, 1200.0), vs=(300.0, 700.0), rho=(1800.0, 2000.0))
ATTENUATING = GradientModel(10.0, vp=(600.0, 2500.0), vs=(280.0, 800.0), rho=(1800.0, 2000.0))


def builtin_model(grid: Grid, *, attenuating: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """vp, vs, rho of the built-in model, each (ny, nx) float32; attenuating: the variant for L > 0.

    Acoustic runs use vp and rho of the same model.
    """
    table = ATTENUATING if attenuating else ELASTIC
    return tuple(_profile(grid, table.depth, *ends) for ends in (table.vp, table.vs, table.rho))


def _profile(grid: Grid, depth: float, top: float, bottom: float) -> np.ndarray:
    """top + j (bottom - top) / y_g down to row y_g = depth / dh, in single precision as the original."""
    row_of_depth = np.float32(depth) / np.float32(grid.dh)
    rows = np.arange(1, grid.ny + 1, dtype=np.float32)
    gradient = np.float32(top) + rows * (np.float32(bottom - top) / row_of_depth)
    column = np.where(rows <= row_of_depth, gradient, np.float32(bottom)).astype(np.float32)
    return np.repeat(column[:, None], grid.nx, axis=1)
