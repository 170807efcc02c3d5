"""Fewer shots per iteration: misfit and model error against the number of simulations.

    python -m benchmarks fewer_shots [--figure FILE.png]

Sixteen explosions and forces on the left, receivers of both components on the right of a grid of 80 x 48
points, an inversion for vp and vs. Compared are L-BFGS and Adam with all shots, with batches of four at
random and evenly spaced, and with all shots in two simulations. Kinds of sources alternate such that an
evenly spaced batch has both. Directions are smoothed over 0.15 wavelengths. A simulation is a forward or a
transposed run of one shot or of one sum of shots; misfits of all shots that BATCH_FULL asks for are counted,
too. Misfits and errors are those of the models kept after iterations, the misfits computed for all shots
afterwards, at no cost.
"""

from __future__ import annotations

import argparse
import json
import logging
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.transmission import Transmission
from denise_py.grid import Grid
from denise_py.mapping.scaling import Scaling
from denise_py.parallel.comm import SerialComm
from denise_py.parallel.threads import usable_cores
from denise_py.parameters.settings import Settings
from denise_py.workflow.choices import joint_weights, misfit_of
from denise_py.workflow.crew import Crew
from denise_py.workflow.forward import run_forward
from denise_py.workflow.inversion import run_inversion
from denise_py.workflow.objective import Objective, Weighting
from denise_py.workflow.observed import ObservedData
from denise_py.workflow.setup import divide_processes, prepare
from denise_py.workflow.stages import plan_stages

GRID = Grid(80, 48, 2.5)
FRAME = 8
SHOTS = 16
CASE = Transmission(
    GRID,
    FRAME,
    duration=0.3,
    dt=9e-4,
    background={"vp": 1400.0, "vs": 800.0, "rho": 1900.0},
    width=8.0,
    bumps={"vp": ((80, 50, 0.08), (125, 75, -0.08)), "vs": ((105, 65, -0.08), (140, 45, 0.08))},
    sources=[(depth, 1 + 2 * ((k + k // 4) % 2)) for k, depth in enumerate(np.linspace(24.0, 96.0, SHOTS))],
    receivers=(174.0, np.arange(24.0, 98.0, 4.0)),
)
BUDGET = 40 * SHOTS  # simulations of a run: 20 gradients of all shots
EVERY = 4  # points of the curves per doubling of the simulations
INVERTED = ("vp", "vs")
LBFGS = {"GRAD_METHOD": 2, "N_LBFGS": 20}
ADAM = {"GRAD_METHOD": 3, "ADAM_LR": 0.01, "ADAM_B2": 0.99}
ADAM_BATCH = ADAM | {"ADAM_LR": 0.006, "ADAM_HALVE": 30}
BATCH = {"BATCH_SHOTS": 4, "BATCH_FULL": 20}
CASES: dict[str, dict[str, object]] = {
    "L-BFGS, all shots": LBFGS,
    "L-BFGS, 4 at random": LBFGS | BATCH | {"BATCH_CHOICE": 1},
    "L-BFGS, 4 evenly spaced": LBFGS | BATCH | {"BATCH_CHOICE": 2},
    "L-BFGS, 2 sums": LBFGS | {"ENCODE": 2, "ENCODE_SHIFT": 0.03, "BATCH_FULL": 40},
    "Adam, all shots": ADAM,
    "Adam, 4 at random": ADAM_BATCH | BATCH | {"BATCH_CHOICE": 1},
    "Adam, 4 evenly spaced": ADAM_BATCH | BATCH | {"BATCH_CHOICE": 2},
    "Adam, 2 sums": ADAM_BATCH | {"ADAM_HALVE": 60, "ENCODE": 2, "ENCODE_SHIFT": 0.03, "BATCH_FULL": 40},
}


@dataclass(frozen=True)
class Course:
    """simulations: number so far; misfit: of all shots; errors: relative, of each inverted parameter."""

    simulations: np.ndarray
    misfit: np.ndarray
    errors: dict[str, np.ndarray]
    seconds: float


def inversion_settings(folder: Path, out: Path, **changes: object) -> Settings:
    """Settings of an inversion that writes to `out`."""
    keys = {
        "INVMAT": 0, "SEISMO": 0, "DATA_DIR": str(folder / "obs"), "QUELLTYPB": 1, "LNORM": 2, "VELOCITY": 1,
        "DTINV": 4, "MISFIT_LOG_FILE": str(out / "misfit.dat"), "INV_MODELFILE": str(out / "inv"),
        "nfstart": 1, "nf": 1, "JACOBIAN": str(out / "jac"), "nfstart_jac": 5000, "nf_jac": 5000,
        "INV_RHO_ITER": 5000, "ITERMAX": 4000, "EPS_SCALE": 0.02, "PRO": 0, "SPATFILTER": 4, "WD_DAMP": 0.15,
        "WD_DAMP1": 0.15,
    }  # fmt: skip
    return CASE.settings(folder, **(keys | changes))


class _Enough(Exception):
    """The budget is used up."""


class _Budget(logging.Handler):
    """Counts the simulations of a run by its misfit log and ends it."""

    def __init__(self, log: Path) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        used = simulations(self._log) if record.getMessage().startswith("iteration") else ()
        if len(used) and used[-1] >= BUDGET:
            raise _Enough

    def handle(self, record: logging.LogRecord) -> bool:
        self.emit(record)  # exceptions are meant to get through
        return True


def simulations(log: Path) -> np.ndarray:
    """Simulations until the end of each iteration."""
    used, found = 0, []
    # a line may not be complete yet
    lines = log.read_text().split("\n")[:-1] if log.exists() else []
    for record in map(json.loads, lines):
        size = record["simulations"] or SHOTS
        if not found and record["simulations"]:
            used += SHOTS  # the misfit of all shots at the beginning
        used += size * (2 * record["gradients"] + record["misfits"])
        used += SHOTS * (record["full_misfit"] is not None)
        found.append(used)
    return np.array(found)


def invert(folder: Path, name: str, keys: dict[str, object]) -> Course:
    """Run one case until its budget is used up, then look at its models."""
    out = folder / name.replace(" ", "_").replace(",", "")
    out.mkdir()
    settings = inversion_settings(folder, out, **keys)
    setup = prepare(settings)
    log = logging.Logger(name)
    log.addHandler(_Budget(out / "misfit.jsonl"))
    started = time.perf_counter()
    with suppress(_Enough):
        run_inversion(setup, divide_processes(settings, SerialComm(), setup.grid, usable_cores()), log)
    return course(folder, out, simulations(out / "misfit.jsonl"), time.perf_counter() - started)


def course(folder: Path, out: Path, used: np.ndarray, seconds: float) -> Course:
    """Misfits of all shots and model errors of some of the models of a run, evenly spaced in the logarithm of
    the simulations."""
    wanted = 2.0 ** np.arange(np.log2(used[0]), np.log2(BUDGET) + 1e-9, 1 / EVERY)
    last = {int(np.searchsorted(used, number, "right")) - 1 for number in (*wanted, BUDGET)}
    chosen = sorted(k for k in last if k >= 0)
    judge = Judge(folder)
    rows = [judge.look(out, iteration + 1) for iteration in chosen]
    misfits, errors = zip(*rows, strict=True)
    by_name = {name: np.array([one[name] for one in errors]) for name in INVERTED}
    return Course(used[chosen], np.array(misfits), by_name, seconds)


class Judge:
    """Computes misfits of all shots and model errors."""

    def __init__(self, folder: Path) -> None:
        settings = inversion_settings(folder, folder, **LBFGS)
        self._setup = setup = prepare(settings)
        plan = plan_stages(settings, setup.workflow, setup.corners)[0]
        crew = Crew(setup, divide_processes(settings, SerialComm(), setup.grid, usable_cores()))
        observed = ObservedData(setup, crew.own)
        observed.use_stage(plan)
        self._scaling = Scaling.of_model(setup.model, INVERTED)
        self._objective = Objective(
            crew,
            observed,
            misfit_of(setup, plan),
            self._scaling,
            setup.model,
            None,
            1,
            Weighting(),
            joint=joint_weights(setup, plan),
        )

    def look(self, out: Path, iteration: int) -> tuple[float, dict[str, float]]:
        """Misfit and errors of the model of an iteration, 0 for the start model."""
        model = dict(self._setup.model)
        for name in INVERTED if iteration else ():
            file = out / f"inv_{name}_it{iteration}.bin"
            model[name] = np.fromfile(file, "<f4").reshape(GRID.nx, GRID.ny).T.astype(np.float64)
        inside, true = (slice(FRAME, -FRAME),) * 2, CASE.models()["true"]
        errors = {
            name: float(
                np.linalg.norm((model[name] - true[name])[inside])
                / np.linalg.norm((CASE.models()["start"][name] - true[name])[inside])
            )
            for name in INVERTED
        }
        return self._objective.misfit(self._scaling.vector(model)), errors


def table(courses: dict[str, Course], first: float) -> str:
    """A row for each case: misfit and errors at some numbers of simulations, in per cent of the start."""
    columns = [BUDGET // 5, BUDGET // 2, BUDGET]
    head = [f"{n / SHOTS:g} per shot: misfit, error of vp, vs (%)" for n in columns]
    rows = ["| | " + " | ".join(head) + " | time (s) |", "| --- |" + " --- |" * (len(columns) + 1)]
    for name, one in courses.items():
        cells = []
        for n in columns:
            k = int(np.searchsorted(one.simulations, n, "right")) - 1
            errors = ", ".join(f"{100 * one.errors[p][k]:.0f}" for p in INVERTED)
            cells.append(f"{100 * one.misfit[k] / first:.2g}, {errors}" if k >= 0 else "-")
        rows.append(f"| {name} | " + " | ".join(cells) + f" | {one.seconds:.0f} |")
    return "\n".join(rows)


def draw(courses: dict[str, Course], first: float, path: Path) -> None:
    """Misfit and mean error against simulations per shot."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(9.5, 4), layout="constrained")
    for number, (name, one) in enumerate(courses.items()):
        style = {"color": f"C{number % 4}", "ls": "-" if name.startswith("L") else "--", "label": name}
        x = one.simulations / SHOTS
        axes[0].loglog(x, one.misfit / first, **style)
        axes[1].semilogx(x, 100 * sum(one.errors.values()) / len(INVERTED), **style)
    for ax, label in zip(axes, ("misfit of all shots / start", "model error, % of start"), strict=True):
        ax.set_xlabel("simulations per shot")
        ax.set_ylabel(label)
        ax.set_xticks([2, 5, 10, 20, 40], ["2", "5", "10", "20", "40"])
        ax.set_xticks([], minor=True)
        ax.grid(alpha=0.3, which="both")
    axes[0].legend(fontsize=7)
    figure.savefig(path, dpi=120)


def main() -> None:
    """Run all cases, print the table, draw the figure."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--figure", type=Path, default=Path("fewer_shots.png"))
    figure = parser.parse_args().figure
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        CASE.write(folder)
        settings = CASE.settings(folder, MFILE=str(folder / "true"), SEIS_FILE=str(folder / "obs"))
        setup = prepare(settings)
        run_forward(
            setup,
            divide_processes(settings, SerialComm(), setup.grid, usable_cores()),
            logging.Logger("silent"),
        )
        first, _ = Judge(folder).look(folder, 0)
        courses = {}
        for name, keys in CASES.items():
            courses[name] = invert(folder, name, keys)
            print(table({name: courses[name]}, first).splitlines()[-1], flush=True)
    print(f"\nmisfit at the start {first:.4g}, numbers in per cent of it\n\n{table(courses, first)}")
    draw(courses, first, figure)
    print(f"\n{figure}")


if __name__ == "__main__":
    main()
