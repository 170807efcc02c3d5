"""The toy example from beginning to end: models, observed data, inversion, figures, figures of merit.

    python par/toy_example/run.py [--processes N]

Everything happens in this folder; results of an earlier run are overwritten.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from denise_py.medium.model_io import read_grid_file
from denise_py.plot.gathers import plot_gather
from denise_py.plot.misfit import plot_misfit
from denise_py.plot.models import compare_models
from denise_py.traces.su import read_su

CASE = Path(__file__).resolve().parent
sys.path.insert(0, str(CASE.parents[1] / "model"))

import toy_example as toy  # noqa: E402

FOLDERS = ("model", "data", "su", "log", "jacobian", "figures")


def main() -> int:
    """Run all steps; returns the exit code of the first one that fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, default=2, help="processes of both runs (default 2)")
    processes = parser.parse_args().processes
    started = time.perf_counter()
    for folder in FOLDERS:
        (CASE / folder).mkdir(exist_ok=True)
    print("1. models", flush=True)
    toy.write(CASE / "model")
    for number, (title, file) in enumerate(
        (("observed data", "forward"), ("inversion", "inversion")), start=2
    ):
        print(f"{number}. {title}", flush=True)
        code = denise(f"{file}.json", processes)
        if code:
            return code
    print("4. synthetic data of the start and the final model", flush=True)
    for name, model in (("start", "model/start"), ("final", "model/inverted")):
        code = synthetic(name, model, processes)
        if code:
            return code
    print("5. figures", flush=True)
    figures = draw()
    report(figures, time.perf_counter() - started)
    return 0


def denise(file: str, processes: int) -> int:
    """Run the program on a parameter file of this folder."""
    program = Path(sys.executable).parent / "denise"
    command = [str(program), file]
    mpirun = program.with_name("mpirun")
    if processes > 1 and mpirun.exists():
        command = [str(mpirun), "-n", str(processes), *command]
    else:
        command += ["--jobs", str(processes)]
    return subprocess.run(command, cwd=CASE, env={**os.environ, "OMP_NUM_THREADS": "1"}).returncode


def synthetic(name: str, model: str, processes: int) -> int:
    """Unfiltered data of a model, next to the observed ones."""
    for parameter in ("vp", "vs", "rho"):
        written_by_inversion = CASE / f"{model}_{parameter}.bin"
        if written_by_inversion.exists():
            shutil.copyfile(written_by_inversion, CASE / f"{model}.{parameter}")
    text = (CASE / "forward.json").read_text()
    text = text.replace('"model/true"', f'"{model}"').replace('"data/toy"', f'"data/{name}"')
    (CASE / "log" / f"{name}.json").write_text(text)
    return denise(f"log/{name}.json", processes)


def draw() -> list[Path]:
    """All figures; returns their paths."""
    folder = CASE / "figures"
    settings = json.loads((CASE / "inversion.json").read_text())
    sources = np.array([[7.2, 0.2], [16.2, 0.2], [25.2, 0.2], [34.2, 0.2], [43.2, 0.2]])
    receivers = np.loadtxt(CASE / settings["REC_FILE"])
    figures = []
    for parameter, label in (("vs", "vs [m/s]"), ("vp", "vp [m/s]"), ("rho", "density [kg/m³]")):
        panels = [(title, model(name, parameter)) for title, name in PANELS]
        figures.append(folder / f"model_{parameter}.png")
        compare_models(panels, toy.GRID, label, figures[-1], sources=sources, receivers=receivers)
    figures.append(folder / "misfit.png")
    plot_misfit(CASE / "log" / "misfit.jsonl", figures[-1])
    figures.append(folder / "gather_shot3.png")
    observed, final = gather("toy", "y", 3), gather("final", "y", 3)
    positions = observed.gather().receivers
    plot_gather(
        observed.data, final.data, observed.dt, positions, figures[-1], title="shot 3, vertical velocity"
    )
    return figures


PANELS = (("true model", "true"), ("start model", "start"), ("inverted model", "inverted"))


def model(name: str, parameter: str) -> np.ndarray:
    """A model of this folder, (ny, nx)."""
    return read_grid_file(CASE / "model" / f"{name}.{parameter}", toy.GRID)


def gather(name: str, component: str, shot: int):
    """A gather of this folder."""
    return read_su(CASE / "data" / f"{name}_{component}.su.shot{shot}")


def report(figures: list[Path], seconds: float) -> None:
    """Where the figures are, and what the inversion has achieved."""
    start, final = misfit("start"), misfit("final")
    print(f"\nThe toy example took {seconds:.0f} s. Figures:")
    for figure in figures:
        print(f"  {figure}")
    print(
        f"misfit of the unfiltered data: {start:.4g} -> {final:.4g} "
        f"({100 * final / start:.2g} % of the start)"
    )
    print("both Wolfe conditions hold at {} of {} accepted steps".format(*wolfe_conditions()))
    for parameter in ("vs", "vp", "rho"):
        before, after = error("start", parameter), error("inverted", parameter)
        print(
            f"relative error of {parameter} in the illuminated region: {100 * before:.2f} % -> "
            f"{100 * after:.2f} % (down by {100 * (1 - after / before):.0f} %)"
        )


def wolfe_conditions() -> tuple[int, int]:
    """At how many of the accepted steps both Wolfe conditions hold, and how many there are."""
    records = [json.loads(line) for line in (CASE / "log" / "misfit.jsonl").read_text().splitlines()]
    steps = [record["wolfe"] for record in records if record["accepted"]]
    held = [w["misfit"] <= w["misfit_limit"] and w["slope"] <= w["slope_limit"] for w in steps]
    return sum(held), len(steps)


def misfit(name: str) -> float:
    """sum (s - d)^2 / sum d^2 over all shots and both components."""
    pairs = [(gather(name, c, k).data, gather("toy", c, k).data) for c in "xy" for k in range(1, 6)]
    return sum(np.sum((s - d) ** 2.0) for s, d in pairs) / sum(np.sum(d**2.0) for _, d in pairs)


def error(name: str, parameter: str) -> float:
    """Relative model error where sources and receivers shed light."""
    region = toy.ILLUMINATED
    true = model("true", parameter)[region].astype(float)
    return float(np.linalg.norm(model(name, parameter)[region] - true) / np.linalg.norm(true))


if __name__ == "__main__":
    sys.exit(main())
