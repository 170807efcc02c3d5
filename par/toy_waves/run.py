"""The toy example with other waves: models, observed data, inversion, a figure, figures of merit.

    python par/toy_waves/run.py KIND [--processes N]        KIND: sh, acoustic, viscoelastic, joint

Everything happens in this folder; results of an earlier run of the same kind are overwritten. The models are
those of the toy example; the viscoelastic inversion knows vp and density and looks for vs only.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from denise_py.medium.model_io import read_grid_file, write_grid_file
from denise_py.plot.models import compare_models

CASE = Path(__file__).resolve().parent
sys.path.insert(0, str(CASE.parents[1] / "model"))

import toy_example as toy  # noqa: E402

FOLDERS = ("model", "data", "su", "log", "jacobian", "figures")
#: what is inverted for, and what the start model knows
INVERTED = {"sh": ("vs", "rho"), "acoustic": ("vp",), "viscoelastic": ("vs",), "joint": ("vs", "vp")}
KNOWN = {"sh": (), "acoustic": ("rho",), "viscoelastic": ("vp", "rho"), "joint": ("rho",)}


def main() -> int:
    """Run all steps; returns the exit code of the first one that fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=INVERTED, help="which waves")
    parser.add_argument("--processes", type=int, default=2, help="processes of both runs (default 2)")
    arguments = parser.parse_args()
    kind, started = arguments.kind, time.perf_counter()
    for folder in FOLDERS:
        (CASE / folder).mkdir(exist_ok=True)
    print("1. models", flush=True)
    write_models(kind)
    for number, (title, file) in enumerate(
        (("observed data", "forward"), ("inversion", "inversion")), start=2
    ):
        print(f"{number}. {title}", flush=True)
        code = denise(f"{file}_{kind}.json", arguments.processes)
        if code:
            return code
    print("4. figure", flush=True)
    draw(kind)
    report(kind, time.perf_counter() - started)
    return 0


def write_models(kind: str) -> None:
    """The true model, and the start model of a kind of waves."""
    true, start = toy.true_model(), toy.gradient_model()
    start |= {name: true[name] for name in KNOWN[kind]}
    for name, model in (("true", true), (f"start_{kind}", start)):
        for parameter, values in model.items():
            write_grid_file(CASE / "model" / f"{name}.{parameter}", values)


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


def files(kind: str, parameter: str) -> dict[str, Path]:
    """Model files of a parameter by the title of their panel."""
    folder = CASE / "model"
    return {
        "true model": folder / f"true.{parameter}",
        "start model": folder / f"start_{kind}.{parameter}",
        "inverted model": folder / f"inverted_{kind}_{parameter}.bin",
    }


def draw(kind: str) -> None:
    """True, start and inverted model of every inverted parameter."""
    labels = {"vp": "vp [m/s]", "vs": "vs [m/s]", "rho": "density [kg/m³]"}
    for parameter in INVERTED[kind]:
        panels = [(title, read_grid_file(file, toy.GRID)) for title, file in files(kind, parameter).items()]
        path = CASE / "figures" / f"{kind}_{parameter}.png"
        compare_models(panels, toy.GRID, labels[parameter], path)
        print(f"  {path}")


def report(kind: str, seconds: float) -> None:
    """What the inversion has achieved."""
    lines = (CASE / "log" / f"misfit_{kind}.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    last = [record for record in records if record["stage"] == records[-1]["stage"]]
    print(f"\n{kind}: {len(records)} iterations, {seconds:.0f} s")
    print(f"misfit of the last stage: {last[0]['misfit_before']:.4g} -> {last[-1]['misfit_after']:.4g}")
    for parameter in INVERTED[kind]:
        true, start, final = (
            read_grid_file(file, toy.GRID)[toy.ILLUMINATED].astype(float)
            for file in files(kind, parameter).values()
        )
        before, after = (np.linalg.norm(model - true) / np.linalg.norm(true) for model in (start, final))
        print(
            f"relative error of {parameter} in the illuminated region: {100 * before:.2f} % -> "
            f"{100 * after:.2f} % (down by {100 * (1 - after / before):.0f} %)"
        )


if __name__ == "__main__":
    sys.exit(main())
