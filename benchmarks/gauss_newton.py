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

from benchmarks.transmission import Transmission
from denise_py.grid import Grid
from denise_py.parallel.comm import SerialComm
from denise_py.workflow.forward import run_forward
from denise_py.workflow.inversion import run_inversion
from denise_py.workflow.setup import divide_processes, prepare

GRID = Grid(68, 56, 2.0)
FRAME = 10
CASE = Transmission(
    GRID,
    FRAME,
    duration=0.2,
    dt=8e-4,
    background={"vp": 1200.0, "vs": 650.0, "rho": 1800.0},
    width=7.0,
    bumps={"vp": ((58, 48, 0.08), (78, 66, -0.08)), "vs": ((64, 58, -0.08), (74, 46, 0.08))},
    sources=[(depth, 1 + 2 * (k % 2)) for k, depth in enumerate(np.linspace(24.0, 88.0, 6))],
    receivers=(112.0, np.arange(24.0, 90.0, 4.0)),
)
BUDGET = 240  # simulations per shot
SIMULATIONS = {"gradients": 2, "misfits": 1, "products": 3}


def invert(folder: Path, method: int, **changes: object) -> list[dict[str, float]]:
    """Simulations, misfit and model errors after every iteration until the budget is used up."""
    out = folder / f"method{method}"
    out.mkdir()
    settings = CASE.settings(
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
    true, rows, used = CASE.models()["true"], [], 0
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
        CASE.write(folder)
        settings = CASE.settings(folder, MFILE=str(folder / "true"), SEIS_FILE=str(folder / "obs"))
        setup = prepare(settings)
        run_forward(setup, divide_processes(settings, SerialComm(), setup.grid), logging.Logger("silent"))
        start, true = CASE.models()["start"], CASE.models()["true"]
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
