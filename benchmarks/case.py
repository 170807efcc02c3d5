"""Cases of any size for measurements: explosions near the surface of a layered ground, and receivers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from denise_py.grid import Grid
from denise_py.medium.model_io import write_grid_file


@dataclass(frozen=True)
class Case:
    """A run on nx x ny points of 1 m with `steps` time steps of 0.1 ms. order: FDORDER; iterations: of an
    inversion, 0 for a forward run; keep: DTINV."""

    nx: int = 252
    ny: int = 75
    steps: int = 100
    shots: int = 1
    receivers: int = 36
    order: int = 4
    iterations: int = 0
    keep: int = 4
    blocks: tuple[int, int] = (1, 1)
    changes: tuple[tuple[str, object], ...] = ()

    def write(self, folder: Path) -> Path:
        """Write all files but observed data (`su/obs`); returns the parameter file. Paths are absolute."""
        for name in ("model", "su", "log", "jacobian"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self._write_models(folder)
        self._write_geometry(folder)
        file = folder / f"{'inversion' if self.iterations else 'forward'}.json"
        file.write_text(json.dumps(self.keys(folder), indent=1))
        return file

    def keys(self, folder: Path) -> dict[str, object]:
        """The parameter file."""
        keys: dict[str, object] = {
            "NPROCX": self.blocks[0], "NPROCY": self.blocks[1], "FDORDER": self.order, "MAXRELERROR": 0,
            "NX": self.nx, "NY": self.ny, "DH": 1.0, "TIME": self.steps * 1e-4, "DT": 1e-4,
            "SOURCE_FILE": str(folder / "sources.dat"), "RUN_MULTIPLE_SHOTS": 1, "QUELLTYP": 1, "QUELLART": 1,
            "READMOD": 1, "MFILE": str(folder / "model" / ("start" if self.iterations else "true")),
            "INVMAT1": 1, "FREE_SURF": 1, "BOUNDARY": 0, "FW": 20, "DAMPING": 2000, "FPML": 50, "npower": 4,
            "k_max_PML": 1, "SEISMO": 1, "READREC": 1, "REC_FILE": str(folder / "receivers.dat"),
            "REFRECX, REFRECY": "0.0 , 0.0", "SEIS_FORMAT": 1, "LOG": 1, "LOG_FILE": str(folder / "log/run"),
            "SEIS_FILE": str(folder / "su" / ("syn" if self.iterations else "obs")), "INVMAT": 10,
        }  # fmt: skip
        if self.iterations:
            keys |= {
                "INVMAT": 0, "ITERMAX": self.iterations, "DATA_DIR": str(folder / "su/obs"), "QUELLTYPB": 1,
                "LNORM": 2, "VELOCITY": 1, "DTINV": self.keep, "MISFIT_LOG_FILE": str(folder / "log/misfit"),
                "INV_MODELFILE": str(folder / "model/inverted"), "nfstart": 1000, "nf": 1000,
                "JACOBIAN": str(folder / "jacobian/g"), "nfstart_jac": 1000, "nf_jac": 1000,
                "GRAD_METHOD": 2, "N_LBFGS": 5, "WOLFE_CONDITION": 1, "EPS_SCALE": 0.01, "PRO": 0,
                "INV_RHO_ITER": 1000,
            }  # fmt: skip
        return keys | dict(self.changes)

    def _write_models(self, folder: Path) -> None:
        depth = np.linspace(0.0, 1.0, self.ny)[:, None] * np.ones(self.nx)
        start = {"vp": 2000 + 1000 * depth, "vs": 1100 + 600 * depth, "rho": 1900 + 200 * depth}
        layer = (depth > 0.4) & (depth < 0.6)
        true = {name: np.where(layer, 1.05 * values, values) for name, values in start.items()}
        for kind, model in (("start", start), ("true", true)):
            for name, values in model.items():
                write_grid_file(folder / "model" / f"{kind}.{name}", values)

    def _write_geometry(self, folder: Path) -> None:
        grid = Grid(self.nx, self.ny, 1.0)
        places = np.linspace(25.0, grid.nx - 25.0, self.shots + 2)[1:-1]
        lines = [f"{round(x)} 0 3 0 50 1e6 0 1" for x in places]
        (folder / "sources.dat").write_text("\n".join([str(len(lines)), *lines, ""]))
        receivers = [(round(x), 4.0) for x in np.linspace(25.0, grid.nx - 25.0, self.receivers)]
        np.savetxt(folder / "receivers.dat", receivers, fmt="%g")
