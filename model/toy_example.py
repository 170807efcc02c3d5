"""Models of the shallow-seismics toy example: a filled trench in layered ground, and a gradient start model.

    python model/toy_example.py FOLDER     writes true.vp, .vs, .rho and start.vp, .vs, .rho

The ground: vs grows from 110 m/s at the surface to 330 m/s at the bottom, with a stiffer layer from 4.5 m
to 6 m depth and firm ground below 9 m; a V-shaped trench, 9 m wide and 3.4 m deep, is filled with loose
material that is a quarter slower. The start model knows the gradient only.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from denise_py.grid import Grid
from denise_py.medium.model_io import write_grid_file

GRID = Grid(nx=252, ny=75, dh=0.2)
#: columns (from 0) and rows that sources and receivers light up, for the model error
ILLUMINATED = (slice(0, 40), slice(40, 212))


def coordinates() -> tuple[np.ndarray, np.ndarray]:
    """x and depth below the surface in m, each (ny, nx)."""
    j, i = np.mgrid[0 : GRID.ny, 0 : GRID.nx]
    return (i + 1) * GRID.dh, j * GRID.dh


def gradient_model() -> dict[str, np.ndarray]:
    """The start model: vp, vs (m/s) and rho (kg/m3) that depend on depth alone, linearly."""
    _, depth = coordinates()
    part = depth / depth.max()
    return {"vp": 280 + 470 * part, "vs": 110 + 220 * part, "rho": 1700 + 300 * part}


def true_model() -> dict[str, np.ndarray]:
    """The gradient model with a stiff layer, firm ground and the trench."""
    x, depth = coordinates()
    model = gradient_model()
    layer = (depth >= 4.5) & (depth < 6.0)
    firm = depth >= 9.0 + 0.8 * np.sin(2 * np.pi * x / 40.0)
    trench = np.abs(x - 25.2) < 4.5 * (1 - depth / 3.4)
    change = {"vp": (1.12, 1.08, 0.85), "vs": (1.18, 1.12, 0.75), "rho": (1.04, 1.03, 0.95)}
    for name, (in_layer, in_firm, in_trench) in change.items():
        model[name] = np.where(layer, model[name] * in_layer, model[name])
        model[name] = np.where(firm, model[name] * in_firm, model[name])
        model[name] = np.where(trench, model[name] * in_trench, model[name])
    return model


def write(folder: Path) -> None:
    """Write both models as DENISE model files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, model in (("true", true_model()), ("start", gradient_model())):
        for parameter, values in model.items():
            write_grid_file(folder / f"{name}.{parameter}", values)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python model/toy_example.py FOLDER")
    write(Path(sys.argv[1]))
