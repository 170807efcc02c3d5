"""Two cores: two shots at a time in threads or processes, and one shot in two blocks, against one core.

    python -m benchmarks.shots [--repeat N] [--iterations N]

Whole inversions of few time steps: the toy example (252 x 75 points, 36 receivers, two components) with its
five shots and with six, and a case of the size of Marmousi-II (500 x 174 points, order 8, 400 receivers, two
components, eight shots). Every variant is a program of its own; variants take turns, and the fastest of N
runs counts. "run" is everything from the start of the program to its end, "iterations" what the misfit log
says of all iterations but the first, which also loads compiled code and begins the stage, "at most" what the
number of shots allows. "two runs" are two programs on one core each that have nothing to do with each other,
with half of their time: what the machine itself has to give. All variants must end with the same misfit,
groups and threads bit by bit.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from denise_py.grid import Grid
from denise_py.medium.model_io import write_grid_file

PROGRAM = [sys.executable, "-c", "from denise_py.cli.main import main; main()"]
MPIRUN = Path(sys.executable).parent / "mpirun"

#: name, processes, shots at a time of each, blocks along y
VARIANTS = (
    ("one core", 1, 1, 1),
    ("2 threads", 1, 2, 1),
    ("2 groups", 2, 1, 1),
    ("1 x 2 blocks", 2, 1, 2),
)


@dataclass(frozen=True)
class Case:
    """An inversion: grid, largest velocities at the top and bottom, shots, receivers, and keys of its own."""

    name: str
    grid: Grid
    top: float
    bottom: float
    shots: int
    receivers: int
    keys: Mapping[str, object]

    @property
    def bound(self) -> float:
        """The largest gain that two shots at a time allow."""
        return self.shots / -(-self.shots // 2)

    def write(self, folder: Path) -> None:
        """Models and geometry."""
        grid = self.grid
        y, x = np.mgrid[0 : grid.ny, 0 : grid.nx]
        depth, along = y / grid.ny, x / grid.nx
        start = self.top + (self.bottom - self.top) * depth
        true = start * (
            1 + 0.1 * np.sin(25 * (depth + 0.2 * np.sin(6 * along))) * np.sin(9 * along + 3 * depth)
        )
        for name, vp in (("start", start), ("true", np.clip(true, self.top, self.bottom))):
            for slot, values in (("vp", vp), ("vs", vp / 1.9), ("rho", 1500 + 0.2 * vp)):
                write_grid_file(folder / f"{name}.{slot}", values)
        width = grid.nx * grid.dh
        lines = [f"{x:.2f} 0 {2 * grid.dh:g} 0 {self.frequency:g} 1e6" for x in self._spread(self.shots)]
        (folder / "sources.dat").write_text("\n".join([str(self.shots), *lines, ""]))
        places = [(x, 3 * grid.dh) for x in self._spread(self.receivers)]
        assert max(x for x, _ in places) < width
        np.savetxt(folder / "receivers.dat", places, fmt="%.2f")

    @property
    def frequency(self) -> float:
        """Of the sources in Hz: ten points per wavelength of the slowest waves at twice of it."""
        return self.top / 1.9 / (20 * self.grid.dh)

    def _spread(self, number: int) -> np.ndarray:
        margin = 30 * self.grid.dh
        return np.linspace(margin, self.grid.nx * self.grid.dh - margin, number)

    def file(self, folder: Path, name: str, **changes: object) -> str:
        """Write a parameter file."""
        grid = self.grid
        dt = 0.45 * grid.dh / (1.1 * self.bottom)
        keys = {
            "NPROCX": 1, "NPROCY": 1, "NX": grid.nx, "NY": grid.ny, "DH": grid.dh, "DT": dt,
            "SOURCE_FILE": str(folder / "sources.dat"), "RUN_MULTIPLE_SHOTS": 1, "QUELLTYP": 3, "QUELLART": 1,
            "READMOD": 1, "INVMAT1": 1, "FREE_SURF": 1, "BOUNDARY": 0, "FW": 20, "DAMPING": self.bottom,
            "FPML": self.frequency, "npower": 4, "k_max_PML": 1, "SEISMO": 1, "READREC": 1,
            "REC_FILE": str(folder / "receivers.dat"), "REFRECX": 0, "REFRECY": 0, "SEIS_FORMAT": 1,
            "SEIS_FILE": str(folder / "obs"), "LOG": 0,
        }  # fmt: skip
        keys |= self.keys
        keys["TIME"] = keys.pop("steps") * dt
        path = folder / f"{name}.json"
        path.write_text(json.dumps(keys | changes))
        return path.name

    def inversion(self, folder: Path, name: str, iterations: int, blocks: int) -> str:
        """Write a parameter file of an inversion."""
        return self.file(
            folder, name, NPROCY=blocks, INVMAT=0, ITERMAX=iterations, DATA_DIR=str(folder / "obs"),
            QUELLTYPB=1, LNORM=2, VELOCITY=0, DTINV=8, GRAD_METHOD=2, N_LBFGS=5, WOLFE_CONDITION=1,
            EPS_SCALE=0.005, STEPMAX=4, SCALEFAC=2, PRO=0, EPRECOND=3, EPSILON_WE=0.005, TIME_FILT=1,
            ORDER=6, FC_INCR=0,
            FC_START=self.frequency, FC_END=self.frequency, INV_RHO_ITER=1000, MFILE=str(folder / "start"),
            SEIS_FILE=str(folder / name), MISFIT_LOG_FILE=str(folder / f"{name}_misfit.dat"),
            INV_MODELFILE=str(folder / name), JACOBIAN=str(folder / f"{name}_jac"), nfstart=1, nf=1,
            nfstart_jac=1, nf_jac=1,
        )  # fmt: skip


TOY = Grid(252, 75, 0.2), 280, 750
TOY_KEYS = {"FDORDER": 4, "MAXRELERROR": 0, "steps": 1500}
CASES = (
    Case("toy example", *TOY, 5, 36, TOY_KEYS),
    Case("toy, six shots", *TOY, 6, 36, TOY_KEYS),
    Case("Marmousi", Grid(500, 174, 20), 1500, 4700, 8, 400, {"FDORDER": 8, "MAXRELERROR": 1, "steps": 1000}),
)


@dataclass(frozen=True)
class Measured:
    """Seconds of a run and of its iterations but the first, and its last misfit."""

    run: float
    iterations: float
    misfit: float


def start(processes: int, arguments: list[str], folder: Path) -> float:
    """Run the program; returns its seconds."""
    command = [*PROGRAM, *arguments]
    if processes > 1:
        command = [str(MPIRUN), "-n", str(processes), *command]
    package = str(Path(__file__).parents[1])
    began = time.perf_counter()
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": package}
    subprocess.run(command, cwd=folder, check=True, env=environment)
    return time.perf_counter() - began


def measure(case: Case, folder: Path, variant: tuple[str, int, int, int], iterations: int) -> Measured:
    """One inversion."""
    name, processes, jobs, blocks = variant
    label = name.replace(" ", "")
    file = case.inversion(folder, label, iterations, blocks)
    threads = [] if blocks > 1 else ["--jobs", str(jobs)]
    seconds = start(processes, [file, *threads], folder)
    rows = [json.loads(line) for line in (folder / f"{label}_misfit.jsonl").read_text().splitlines()]
    return Measured(seconds, sum(row["seconds"] for row in rows[1:]), rows[-1]["misfit_after"])


def side_by_side(case: Case, folder: Path, iterations: int) -> Measured:
    """Two runs on one core each at the same time; half of the seconds of the slower one."""
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda name: measure(case, folder, (name, 1, 1, 1), iterations), ("a", "b")))
    return Measured(max(o.run for o in both) / 2, max(o.iterations for o in both) / 2, both[0].misfit)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=2, help="runs of every variant (default 2)")
    parser.add_argument("--iterations", type=int, default=5, help="iterations of every run (default 5)")
    options = parser.parse_args()
    if options.iterations < 2:
        parser.error("--iterations must be 2 or more: the first one is not counted")
    variants = [one for one in VARIANTS if one[1] == 1 or MPIRUN.exists()]
    print(f"{'case':>14} {'':>14} {'run s':>8} {'ratio':>6} {'iterations s':>13} {'ratio':>6} {'at most':>8}")
    for case in CASES:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            case.write(folder)
            start(1, [case.file(folder, "forward", INVMAT=10, MFILE=str(folder / "true"))], folder)
            measure(case, folder, variants[0], 1)  # compiles
            runs = [
                [
                    *(measure(case, folder, variant, options.iterations) for variant in variants),
                    side_by_side(case, folder, options.iterations),
                ]
                for _ in range(options.repeat)
            ]
            _print(case, [*variants, ("two runs", 2, 1, 1)], runs)


def _print(case: Case, variants: list[tuple[str, int, int, int]], runs: list[list[Measured]]) -> None:
    best = [(min(one.run for one in of), min(one.iterations for one in of)) for of in zip(*runs, strict=True)]
    for (name, _, _, blocks), (run, iterations) in zip(variants, best, strict=True):
        ratios = best[0][0] / run, best[0][1] / iterations
        most = "" if name == "one core" else f"{case.bound if blocks == 1 and name != 'two runs' else 2:.2f}"
        print(
            f"{case.name:>14} {name:>14} {run:>8.2f} {ratios[0]:>6.2f} {iterations:>13.2f} {ratios[1]:>6.2f} "
            f"{most:>8}"
        )
    whole = {one.misfit for of in runs for one, (*_, blocks) in zip(of, variants, strict=True) if blocks == 1}
    cut = {one.misfit for of in runs for one in of} - whole
    if len(whole) > 1 or any(abs(one - min(whole)) > 1e-4 * one for one in cut):
        raise SystemExit(f"{case.name}: the variants end with different misfits: {whole | cut}")


if __name__ == "__main__":
    main()
