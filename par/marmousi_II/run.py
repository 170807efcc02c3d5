"""Marmousi-II from beginning to end: files in place, observed data, inversion, model errors.

    python par/marmousi_II/run.py --data FOLDER [--encoded | --reduced] [--work FOLDER] [--processes N]

--data names the folder with the model and acquisition files (see README.md). --encoded joins all shots to
four simulations per iteration (encoded.json), which takes an hour instead of a day. --reduced takes every
tenth shot and the first stage only (low-pass 2.5 Hz, 30 iterations); it serves as a benchmark. Results go
to --work, by default the folder of this case.
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

from denise_py.grid import Grid
from denise_py.medium.model_io import read_grid_file

CASE = Path(__file__).resolve().parent
GRID = Grid(nx=500, ny=174, dh=20.0)
MODELS = ("marmousi_II_marine", "marmousi_II_start_1D")
PARAMETERS = ("vp", "vs", "rho")
FOLDERS = ("model", "source", "receiver", "data", "su", "log", "jacobian")
#: rows and columns (from 0) away from the edges, where the model error is taken
CENTRE = (slice(30, 150), slice(60, 440))


def main() -> int:
    """Run all steps; returns the exit code of the first one that fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with the model and acquisition files"
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--encoded", action="store_true", help="all shots in four simulations per iteration")
    kind.add_argument("--reduced", action="store_true", help="every tenth shot, first stage, 30 iterations")
    parser.add_argument("--work", type=Path, default=CASE, help="folder for the run (default: this case)")
    parser.add_argument(
        "--processes", type=int, default=2, help="processes of both runs, threads with --encoded (default 2)"
    )
    options = parser.parse_args()
    if options.reduced and options.work.resolve() == CASE:
        parser.error("--reduced needs --work, so that the parameter files of the case stay as they are")
    missing = put_in_place(options.data, options.work, options.reduced)
    if missing:
        print(f"missing in {options.data}: {', '.join(missing)} (see {CASE / 'README.md'})", file=sys.stderr)
        return 3
    for file in ("forward.json", "encoded.json" if options.encoded else "inversion.json"):
        started = time.perf_counter()
        code = denise(file, options.work, options.processes, threads=options.encoded)
        if code:
            return code
        print(f"{file}: {time.perf_counter() - started:.0f} s", flush=True)
    report(options.work)
    return 0


def put_in_place(data: Path, work: Path, reduced: bool) -> list[str]:
    """Copy what the case needs to its folders; returns the names of the files that are not there."""
    models = [f"{model}.{parameter}" for model in MODELS for parameter in PARAMETERS]
    wanted = [*models, "receiver_OBC.dat", "source_OBC_VSP.dat"]
    missing = [name for name in wanted if not (data / name).exists()]
    if missing:
        return missing
    for folder in FOLDERS:
        (work / folder).mkdir(parents=True, exist_ok=True)
    for name in models:
        shutil.copyfile(data / name, work / "model" / name)
    shutil.copyfile(data / "receiver_OBC.dat", work / "receiver" / "receiver_OBC.dat")
    write_sources(data / "source_OBC_VSP.dat", work / "source" / "source_OBC_VSP.dat", 10 if reduced else 1)
    for name in ("forward.json", "inversion.json", "encoded.json", "workflow.txt", "workflow_encoded.txt"):
        if work != CASE:
            shutil.copyfile(CASE / name, work / name)
    if reduced:
        reduce(work)
    return []


def write_sources(origin: Path, target: Path, every: int) -> None:
    """Every n-th shot, delayed so that the spike has a sample before it (see README.md)."""
    rows = [line.split() for line in origin.read_text().splitlines()[1:] if line.strip()]
    rows = rows[every // 2 :: every]
    lines = [" ".join([*row[:3], "0.2", *row[4:]]) for row in rows]
    target.write_text("\n".join([str(len(rows)), *lines]) + "\n")


def reduce(work: Path) -> None:
    """First stage only, 30 iterations."""
    settings = json.loads((work / "inversion.json").read_text())
    settings |= {"ITERMAX": 30, "PRO": 1e-4}
    (work / "inversion.json").write_text(json.dumps(settings, indent=2))
    header, first = (work / "workflow.txt").read_text().splitlines()[:2]
    columns = first.split()
    columns[4] = "0.0001"
    (work / "workflow.txt").write_text(header + "\n" + "\t".join(columns) + "\n")


def denise(file: str, work: Path, processes: int, threads: bool) -> int:
    """Run the program on a parameter file, with several processes or several threads of one, which then share
    the observed data."""
    program = Path(sys.executable).parent / "denise"
    command = [str(program), file]
    mpirun = program.with_name("mpirun")
    if processes > 1 and mpirun.exists() and not threads:
        command = [str(mpirun), "-n", str(processes), *command]
    else:
        command += ["--jobs", str(processes)]
    return subprocess.run(command, cwd=work, env={**os.environ, "OMP_NUM_THREADS": "1"}).returncode


def report(work: Path) -> None:
    """Misfit per stage and relative model errors."""
    records = [json.loads(line) for line in (work / "log" / "misfit.jsonl").read_text().splitlines()]
    for stage in sorted({record["stage"] for record in records}):
        own = [record for record in records if record["stage"] == stage]
        first = own[0]["misfit_before"]
        last = own[-1].get("full_misfit") or own[-1]["misfit_after"] or own[-1]["misfit_before"]
        seconds = sum(record["seconds"] for record in own)
        print(
            f"stage {stage}: {len(own)} iterations, misfit {first:.4g} -> {last:.4g} "
            f"(down by {100 * (1 - last / first):.1f} %), {seconds:.0f} s"
        )
    print("relative model error in the centre, start -> inverted:")
    for parameter in PARAMETERS:
        true, start = (read_grid_file(work / "model" / f"{name}.{parameter}", GRID) for name in MODELS)
        final = read_grid_file(work / "model" / f"inverted_{parameter}.bin", GRID)
        print(f"  {parameter:<4} {error(start, true):.4f} -> {error(final, true):.4f}")


def error(model: np.ndarray, true: np.ndarray) -> float:
    """sqrt(sum (m - true)^2 / sum true^2) in the centre."""
    a, b = model[CENTRE].astype(float), true[CENTRE].astype(float)
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


if __name__ == "__main__":
    sys.exit(main())
