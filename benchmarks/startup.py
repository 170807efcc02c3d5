"""Time until the first time step, cold and warm, on 1 and 8 processes; work of Python in a step.

    python -m benchmarks startup [--repeat N] [--ranks 1 8] [--warm]

The case is one of 252 x 75 points with 10 time steps, whose end counts as its first step. Cold: the
kernels are not compiled yet. Wall time from calling Python or mpirun, and processor time of all processes
until the end; the smallest of N warm runs, one cold run. --warm leaves out the cold runs. Work of Python:
what calling a compiled function costs that has nothing to do, directly as the time loop does it and through
numba's look at the types of its arguments. Last, what reading, checking and writing take of a small run.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.case import Case
from benchmarks.kernels import make_propagator, make_shot

ROOT = Path(__file__).parents[1]
MPIRUN = Path(sys.executable).with_name("mpirun")
SMALL = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def launch(ranks: int, program: Sequence[str], cache: Path, **variables: str) -> subprocess.CompletedProcess:
    """Run a program of this Python on some processes, with a cache of compiled kernels in a folder."""
    command = [sys.executable, *program]
    if ranks > 1:
        command = [str(MPIRUN), "-n", str(ranks), *command]
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, **SMALL, "PYTHONPATH": path, "DENISE_CACHE_DIR": str(cache), **variables}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def moments(ranks: int, file: Path, cache: Path) -> dict[str, float]:
    """Seconds until a run has reached what, see benchmarks._moments."""
    options = [] if ranks > 1 else ["--jobs", "1"]
    before = processor_seconds()
    done = launch(ranks, ["-m", "benchmarks._moments", str(file), *options], cache, BEGUN=repr(time.time()))
    line = next((line for line in done.stdout.splitlines() if line.startswith("moments ")), None)
    if line is None:
        raise RuntimeError(f"{file} on {ranks} processes: exit code {done.returncode}\n{done.stderr}")
    return json.loads(line.removeprefix("moments ")) | {"processor": processor_seconds() - before}


def processor_seconds() -> float:
    """Of all processes that this one has started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def first_steps(
    folder: Path, ranks: int, repeat: int, cold: bool
) -> dict[tuple[str, str], tuple[float, float]]:
    """Seconds until the first step of forward runs, the first one of inversions and their first transposed
    one."""
    shots = max(ranks, 1)
    forward = Case(steps=10, shots=shots).write(folder)
    inversion = Case(steps=10, shots=shots, iterations=1, changes=(("QUELLART", 6),)).write(folder)
    moments(1, forward, folder / "cache-data")  # observed data; another wavelet, so that no misfit is zero
    found = {}
    for run, file, moments_of in (
        ("forward", forward, {"forward": "forward"}),
        ("inversion", inversion, {"inversion": "forward", "its adjoint": "transposed"}),
    ):
        cache = folder / f"cache-{run}-{ranks}"
        if cold:
            cold_run = moments(ranks, file, cache)
            for name, moment in moments_of.items():
                found[name, "cold"] = cold_run[moment], cold_run["processor"]
        else:
            cache = folder / "cache-data"
            moments(1, file, cache)
        runs = [moments(ranks, file, cache) for _ in range(repeat)]
        used = min(one["processor"] for one in runs)
        for name, moment in moments_of.items():
            found[name, "warm"] = min(one[moment] for one in runs), used
    return found


def microseconds(action: Callable[[], object], calls: int = 200, repeat: int = 20) -> float:
    """Smallest mean time of one call."""
    best = float("inf")
    for _ in range(repeat):
        start = time.perf_counter()
        for _ in range(calls):
            action()
        best = min(best, time.perf_counter() - start)
    return 1e6 * best / calls


def calls(key: str, mechanisms: int = 0) -> tuple[float, float]:
    """Microseconds of a call for no steps, directly and through numba's dispatcher."""
    p = make_propagator(60, 60, 4, 10, key, mechanisms)
    injection, recording = make_shot(p, 5)
    steps, *fixed = p._arguments(p._strips)
    arguments = 0, 0, *fixed, True, injection, recording, p._nothing, p._parts
    direct = p._code.find(steps.forward_steps, *arguments)
    return microseconds(lambda: direct(*arguments)), microseconds(lambda: steps.forward_steps(*arguments))


def shares(folder: Path) -> dict[str, float]:
    """Seconds of a process of its own: a run of 20 shots with 300 steps, and what is not time loop."""
    file = Case(steps=300, shots=20).write(folder)
    _, found = (moments(1, file, folder / "cache-data") for _ in range(2))  # the first one may compile
    text = (folder / "log" / "run.0.timings").read_text().splitlines()
    rows = [line.split() for line in text if not line.startswith("#")]
    loops, output = (sum(float(row[column]) for row in rows) for column in (5, 10))
    return {"whole": found["end"], "loops": loops, "writing": output}


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks startup", description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=5, help="warm runs, of which the fastest counts (5)")
    parser.add_argument("--ranks", type=int, nargs="+", default=[1, 8], help="numbers of processes (1 8)")
    parser.add_argument("--warm", action="store_true", help="no cold runs")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        print(f"seconds until the first time step, {os.cpu_count()} cores\n")
        print(f"{'processes':>10} {'run':>11} {'state':>6} {'seconds':>8} {'processor':>10}")
        for ranks in options.ranks:
            found = first_steps(Path(scratch, str(ranks)), ranks, options.repeat, not options.warm)
            for (run, state), (seconds, used) in found.items():
                print(f"{ranks:>10} {run:>11} {state:>6} {seconds:>8.2f} {used:>10.2f}", flush=True)
        first = Path(scratch, str(options.ranks[0]))
        parts = shares(first)
        whole, loops, writing = parts["whole"], parts["loops"], parts["writing"]
        rest = whole - loops - writing
        print(
            f"\nforward run of 20 shots, 252 x 75 points, 300 steps: {whole:.2f} s, of these time loops "
            f"{100 * loops / whole:.0f} %, writing {100 * writing / whole:.0f} %, start, reading and "
            f"checking {100 * rest / whole:.0f} %"
        )
    print("\nmicroseconds of calling a compiled function, all waves in one process\n")
    print(f"{'waves':>18} {'direct':>8} {'numba':>8}")
    for key, mechanisms in (("elastic-psv", 0), ("acoustic", 0), ("elastic-sh", 0), ("viscous-psv", 1)):
        direct, dispatched = calls(key, mechanisms)
        print(f"{key:>18} {direct:>8.1f} {dispatched:>8.1f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
