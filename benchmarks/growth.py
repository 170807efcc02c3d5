"""How time and memory grow with the grid, the shots, the processes and the iterations.

    python -m benchmarks growth [--quick]

Elastic P-SV waves, order 4, everything relative to the smallest case of its table in the same run; 1 is
growth in proportion. Times are the smallest of several: of the processor for grids and shots, of the
clock for the others. --quick leaves out what is large; all takes about five minutes.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.case import Case
from benchmarks.kernels import make_propagator, make_shot, steps_for
from benchmarks.startup import launch
from denise_py.parallel.comm import SerialComm
from denise_py.parameters.settings import read_settings
from denise_py.workflow.forward import run_forward
from denise_py.workflow.setup import divide_processes, prepare

SILENT = logging.Logger("silent")


def seconds(action: Callable[[], object], repeat: int) -> float:
    """Smallest processor time of an action."""
    best = float("inf")
    for _ in range(repeat):
        start = time.process_time()
        action()
        best = min(best, time.process_time() - start)
    return best


def grids(sizes: tuple[int, ...]) -> None:
    """Time of a point step, of the set-up of a medium per point, for square grids."""
    print("grids: time per point and step, and of a new medium per point, relative to the first\n")
    print(f"{'grid':>12} {'Mpts/s':>8} {'step':>6} {'medium':>7}")
    first: tuple[float, float] | None = None
    for n in sizes:
        steps = steps_for(n, n)
        p = make_propagator(n, n, 4, steps)
        shot, medium = make_shot(p), _medium(n)
        p.forward(*shot)  # touches the memory
        step = seconds(lambda: p.forward(*shot), 5) / steps / n**2  # noqa: B023
        setting = seconds(lambda: p.set_medium(medium), 3) / n**2  # noqa: B023
        first = first or (step, setting)
        print(
            f"{f'{n} x {n}':>12} {1e-6 / step:>8.0f} {step / first[0]:>6.2f} {setting / first[1]:>7.2f}",
            flush=True,
        )


def _medium(n: int):
    import numpy as np

    from denise_py.medium.model import Medium

    one = np.ones((n, n))
    return Medium.from_velocities(3000 * one, 1700 * one, 2000 * one)


def shots(numbers: tuple[int, ...], folder: Path) -> None:
    """Time of a forward run and of reading and checking its files, by the number of shots."""
    print("\nshots: 252 x 75 points, 200 steps, one at a time; time per shot relative to the first\n")
    print(f"{'shots':>6} {'forward':>8} {'reading':>8}")
    first: tuple[float, float] | None = None
    for number in numbers:
        file = Case(steps=200, shots=number).write(folder / f"shots{number}")
        setup = prepare(read_settings(str(file)))
        processes = divide_processes(setup.settings, SerialComm(), setup.grid)
        run = seconds(lambda: run_forward(setup, processes, SILENT), 4) / number  # noqa: B023
        reading = seconds(lambda: prepare(read_settings(str(file))), 3)  # noqa: B023
        first = first or (run, reading)
        print(f"{number:>6} {run / first[0]:>8.2f} {reading / first[1]:>7.2f}x", flush=True)


def ranks(numbers: tuple[int, ...], folder: Path) -> None:
    """Wall time of a forward run of four shots by processes: one shot each, or one block each."""
    cores = os.cpu_count()
    print(
        f"\nprocesses on {cores} cores: 500 x 500 points, 4 shots, 800 steps; time relative to one process\n"
    )
    print(f"{'processes':>10} {'shots':>7} {'blocks':>7} {'expected':>9}")
    first: float | None = None
    for number in numbers:
        by_shots = _run_seconds(Case(500, 500, 800, 4), number, folder / f"groups{number}")
        first = first or by_shots
        by_blocks = _run_seconds(
            Case(500, 500, 800, 4, blocks=(1, number)), number, folder / f"blocks{number}"
        )
        expected = 1 / min(number, cores)
        print(f"{number:>10} {by_shots / first:>7.2f} {by_blocks / first:>7.2f} {expected:>9.2f}", flush=True)


def _run_seconds(case: Case, ranks: int, folder: Path, repeat: int = 3) -> float:
    """Smallest wall time of a run without starting Python, reading and checking."""
    file, found = case.write(folder), []
    options = [] if ranks > 1 else ["--jobs", "1"]
    program = "import sys; from denise_py.cli.main import main; main(sys.argv[1:])"
    for _ in range(repeat + 1):  # the first one compiles
        done = launch(ranks, ["-c", program, str(file), *options], folder.parent / "cache")
        if done.returncode:
            raise RuntimeError(done.stderr)
        text = (folder / "log" / "run.0.timings").read_text().splitlines()
        found.append(next(float(line.split()[-2]) for line in text if "wall time without" in line))
    return min(found[1:])


def iterations(numbers: tuple[int, ...], folder: Path) -> None:
    """Time and memory of an inversion by its iterations."""
    print("\niterations: 252 x 75 points, 2 shots, 400 steps, L-BFGS; relative to the first\n")
    print(f"{'iterations':>10} {'simulations':>12} {'time of one':>12} {'memory':>7}")
    forward = Case(steps=400, shots=2).write(folder)
    _check(launch(1, ["-c", PROGRAM, str(forward)], folder / "cache"))
    _inversion(numbers[0], folder)  # compiles
    first: tuple[float, float] | None = None
    for number in numbers:
        runs, wall, memory = _inversion(number, folder)
        first = first or (wall / runs, memory)
        print(
            f"{number:>10} {runs:>12} {wall / runs / first[0]:>12.2f} {memory / first[1]:>7.2f}", flush=True
        )


def _inversion(number: int, folder: Path) -> tuple[int, float, float]:
    """Number of simulations, seconds and memory of so many iterations."""
    file = Case(steps=400, shots=2, iterations=number, changes=(("QUELLART", 1),)).write(folder)
    done = _check(launch(1, ["-c", PROGRAM, str(file), "--jobs", "1"], folder / "cache"))
    text = (folder / "log" / "run.0.timings").read_text().splitlines()
    runs = sum(int(line.split()[3]) for line in text if not line.startswith("#"))
    wall = next(float(line.split()[-2]) for line in text if "wall time without" in line)
    return runs, wall, float(done.stdout.splitlines()[-1])


#: runs denise and prints the largest memory that the process has had
PROGRAM = """
import atexit, resource, sys
from denise_py.cli.main import main
atexit.register(lambda: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
main(sys.argv[1:])
"""


def _check(done):
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks growth", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="leave out what is large")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        grids((250, 500, 1000) if quick else (250, 500, 1000, 2000, 4000))
        shots((1, 4, 16) if quick else (1, 2, 4, 8, 16, 32), folder)
        ranks((1, 2) if quick else (1, 2, 4), folder)
        iterations((1, 4) if quick else (1, 2, 4, 8), folder / "inversion")
    return 0


if __name__ == "__main__":
    sys.exit(main())
