"""Gauss-Newton against L-BFGS at equal numbers of wave simulations, on a small inversion for vp and vs.

    python -m benchmarks.gauss_newton

Transmission through 48 x 36 nodes: explosions and forces on the left, receivers of both components on the
right. vp and vs have different anomalies that overlap, so that each is seen through the other. Counted are
simulations per shot: a gradient takes two, a product with the Gauss-Newton matrix three.
"""

from __future__ import annotations

import json
import logging
import tempfile
from pathlib import Path

import numpy as np

from denise_py.grid import Grid
from denise_py.medium.model_io import write_grid_file
from denise_py.parallel.comm import SerialComm
from denise_py.parameters.settings import Settings
from denise_py.workflow.forward import run_forward
from denise_py.workflow.inversion import run_inversion
from denise_py.workflow.setup import divide_processes, prepare

GRID = Grid(68, 56, 2.0)
FRAME = 10
BUDGET = 240  # simulations per shot
SIMULATIONS = {"gradients": 2, "misfits": 1, "products": 3}


def models() -> dict[str, dict[str, np.ndarray]]:
    """True and start model of vp, vs (m/s) and rho (kg/m3), (ny, nx) each."""
    y, x = GRID.dh * np.mgrid[1 : GRID.ny + 1, 1 : GRID.nx + 1]
    one = np.ones(GRID.shape)

    def bump(x0: float, y0: float, size: float) -> np.ndarray:
        return size * np.exp(-((x - x0) ** 2 + (y - y0) ** 2) / (2 * 7.0**2))

    start = {"vp": 1200.0 * one, "vs": 650.0 * one, "rho": 1800.0 * one}
    true = dict(start)
    true["vp"] = start["vp"] * (1 + bump(58, 48, 0.08) + bump(78, 66, -0.08))
    true["vs"] = start["vs"] * (1 + bump(64, 58, -0.08) + bump(74, 46, 0.08))
    return {"true": true, "start": start}


def write_case(folder: Path) -> None:
    """Models and geometry."""
    for name, model in models().items():
        for parameter, values in model.items():
            write_grid_file(folder / f"{name}.{parameter}", values)
    depths = np.linspace(24.0, 88.0, 6)
    lines = [f"26 0 {depth:g} 0 25 1e6 0 {1 + 2 * (k % 2)}" for k, depth in enumerate(depths)]
    (folder / "sources.dat").write_text("\n".join([str(len(lines)), *lines, ""]))
    receivers = [(112.0, depth) for depth in np.arange(24.0, 90.0, 4.0)]
    np.savetxt(folder / "receivers.dat", receivers, fmt="%g")


def settings_of(folder: Path, **changes: object) -> Settings:
    """Settings of a run in the folder."""
    keys: dict[str, object] = {
        "NPROCX": 1, "NPROCY": 1, "FDORDER": 4, "MAXRELERROR": 0, "NX": GRID.nx, "NY": GRID.ny, "DH": GRID.dh,
        "TIME": 0.2, "DT": 8e-4, "SOURCE_FILE": str(folder / "sources.dat"), "RUN_MULTIPLE_SHOTS": 1,
        "QUELLTYP": 1, "QUELLART": 1, "READMOD": 1, "MFILE": str(folder / "start"), "INVMAT1": 1,
        "FREE_SURF": 0, "BOUNDARY": 0, "FW": FRAME, "DAMPING": 1200, "FPML": 25, "npower": 4, "k_max_PML": 1,
        "SEISMO": 1, "READREC": 1, "REC_FILE": str(folder / "receivers.dat"), "REFRECX": 0, "REFRECY": 0,
        "SEIS_FORMAT": 1, "SEIS_FILE": str(folder / "syn"), "LOG": 0, "INVMAT": 10,
    }  # fmt: skip
    return Settings.from_mapping(keys | changes)


def invert(folder: Path, method: int, **changes: object) -> list[dict[str, float]]:
    """Simulations, misfit and model errors after every iteration until the budget is used up."""
    out = folder / f"method{method}"
    out.mkdir()
    settings = settings_of(
        folder,
        **{
            "INVMAT": 0, "SEISMO": 0, "ITERMAX": 200, "DATA_DIR": str(folder / "obs"), "QUELLTYPB": 1,
            "LNORM": 2, "VELOCITY": 1, "DTINV": 2, "MISFIT_LOG_FILE": str(out / "misfit.dat"),
            "INV_MODELFILE": str(out / "inv"), "nfstart": 1, "nf": 1, "JACOBIAN": str(out / "jac"),
            "nfstart_jac": 500, "nf_jac": 500, "INV_RHO_ITER": 1000, "GRAD_METHOD": method, "EPS_SCALE": 0.02,
            "STEPMAX": 6, "SCALEFAC": 2, "PRO": 0, "N_LBFGS": 20, "WOLFE_CONDITION": 1,
        }
        | changes,
    )  # fmt: skip
    setup = prepare(settings)
    log = logging.Logger("silent")
    run_inversion(setup, divide_processes(settings, SerialComm(), setup.grid), log)
    true, rows, used = models()["true"], [], 0
    inside = (slice(FRAME, -FRAME), slice(FRAME, -FRAME))
    for line in (out / "misfit.jsonl").read_text().splitlines():
        record = json.loads(line)
        used += sum(count * record.get(name, 0) for name, count in SIMULATIONS.items())
        errors = {}
        for name in ("vp", "vs"):
            file = out / f"inv_{name}_it{record['iteration']}.bin"
            model = np.fromfile(file, "<f4").reshape(GRID.nx, GRID.ny).T
            errors[name] = float(
                np.linalg.norm((model - true[name])[inside]) / np.linalg.norm(true[name][inside])
            )
        rows.append({"simulations": used, "misfit": record["misfit_after"] or np.nan, **errors})
        if used >= BUDGET:
            break
    return rows


def main() -> None:
    """Print misfit and model errors at equal numbers of simulations."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_case(folder)
        settings = settings_of(folder, MFILE=str(folder / "true"), SEIS_FILE=str(folder / "obs"))
        setup = prepare(settings)
        run_forward(setup, divide_processes(settings, SerialComm(), setup.grid), logging.Logger("silent"))
        start, true = models()["start"], models()["true"]
        inside = (slice(FRAME, -FRAME), slice(FRAME, -FRAME))
        first = [
            np.linalg.norm((start[n] - true[n])[inside]) / np.linalg.norm(true[n][inside])
            for n in ("vp", "vs")
        ]
        print(f"start: error of vp {100 * first[0]:.3f} %, of vs {100 * first[1]:.3f} %\n")
        results = {
            "L-BFGS": invert(folder, 2, ITERMAX=BUDGET // 2),
            "Gauss-Newton": invert(folder, 5, ITERMAX=BUDGET // 8, GN_PRODUCTS=12),
        }
        print(f"{'simulations':>12} " + " ".join(f"{name:>34}" for name in results))
        print(f"{'per shot':>12} " + " ".join(f"{'misfit':>12} {'vp':>10} {'vs':>10}" for _ in results))
        for budget in (20, 40, 80, 120, 160, 200, 240):
            print(f"{budget:>12} " + " ".join(_cell(rows, budget) for rows in results.values()))


def _cell(rows: list[dict[str, float]], budget: int) -> str:
    """The last iteration within a number of simulations."""
    done = [row for row in rows if row["simulations"] <= budget]
    if not done:
        return f"{'-':>12} {'-':>10} {'-':>10}"
    last = done[-1]
    return f"{last['misfit']:>12.3e} {100 * last['vp']:>8.3f} % {100 * last['vs']:>8.3f} %"


if __name__ == "__main__":
    main()
