"""Inversions for vp and vs between sources on the left and receivers on the right of a small grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from denise_py.grid import Grid
from denise_py.medium.model_io import write_grid_file
from denise_py.parameters.settings import Settings


@dataclass(frozen=True)
class Transmission:
    """A homogeneous start model, a true one with Gaussian bumps, explosions and vertical forces.

    frame: width of the absorbing layer; duration, dt in s; background: vp, vs (m/s) and rho (kg/m3); width
    of the bumps in m; bumps: by parameter (x, y, relative size); sources: (depth, kind) at x = 26 m;
    receivers: x and depths.
    """

    grid: Grid
    frame: int
    duration: float
    dt: float
    background: Mapping[str, float]
    width: float
    bumps: Mapping[str, Sequence[tuple[float, float, float]]]
    sources: Sequence[tuple[float, int]]
    receivers: tuple[float, Sequence[float]]

    def models(self) -> dict[str, dict[str, np.ndarray]]:
        """True and start model of vp, vs (m/s) and rho (kg/m3), (ny, nx) each."""
        y, x = self.grid.dh * np.mgrid[1 : self.grid.ny + 1, 1 : self.grid.nx + 1]
        start = {name: value * np.ones(self.grid.shape) for name, value in self.background.items()}
        true = dict(start)
        for name, bumps in self.bumps.items():
            factor = 1.0
            for x0, y0, size in bumps:
                factor = factor + size * np.exp(-((x - x0) ** 2 + (y - y0) ** 2) / (2 * self.width**2))
            true[name] = start[name] * factor
        return {"true": true, "start": start}

    def write(self, folder: Path) -> None:
        """Models and geometry."""
        for name, model in self.models().items():
            for parameter, values in model.items():
                write_grid_file(folder / f"{name}.{parameter}", values)
        lines = [f"26 0 {depth:g} 0 25 1e6 0 {kind}" for depth, kind in self.sources]
        (folder / "sources.dat").write_text("\n".join([str(len(lines)), *lines, ""]))
        x, depths = self.receivers
        np.savetxt(folder / "receivers.dat", [(x, depth) for depth in depths], fmt="%g")

    def settings(self, folder: Path, **changes: object) -> Settings:
        """Settings of a forward run in the folder, with changes."""
        grid = self.grid
        keys: dict[str, object] = {
            "NPROCX": 1, "NPROCY": 1, "FDORDER": 4, "MAXRELERROR": 0, "NX": grid.nx, "NY": grid.ny,
            "DH": grid.dh, "TIME": self.duration, "DT": self.dt, "SOURCE_FILE": str(folder / "sources.dat"),
            "RUN_MULTIPLE_SHOTS": 1, "QUELLTYP": 1, "QUELLART": 1, "READMOD": 1,
            "MFILE": str(folder / "start"), "INVMAT1": 1, "FREE_SURF": 0, "BOUNDARY": 0, "FW": self.frame,
            "DAMPING": self.background["vp"], "FPML": 25, "npower": 4, "k_max_PML": 1,
            "SEISMO": 1, "READREC": 1, "REC_FILE": str(folder / "receivers.dat"), "REFRECX": 0, "REFRECY": 0,
            "SEIS_FORMAT": 1, "SEIS_FILE": str(folder / "syn"), "LOG": 0, "INVMAT": 10,
        }  # fmt: skip
        return Settings.from_mapping(keys | changes)
