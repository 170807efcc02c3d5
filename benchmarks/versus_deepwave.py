"""Forward modelling beside Deepwave (elastic P-SV, one thread each), in alternation on the same grids.

    python -m benchmarks versus_deepwave [--python PATH] [--rounds N] [--sizes 252x75 ...]

PATH: a Python that has torch and deepwave, for instance of a virtual environment of their own (`pip
install torch deepwave`); by default this one. The same number of points including layers of 20 points,
steps, order (2, 4), float type, one force and 50 receivers of both components. denise-py has a free
surface on top; Deepwave has none for elastic waves, its top side is a bare edge, which costs it nothing.
Its time is that of a long run less a short one, so that its preparation does not count. Processor times,
the smallest of N rounds.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.kernels import make_propagator, make_shot, steps_for

SIZES = ((252, 75), (500, 174), (1000, 1000), (2000, 2000))
ORDERS = (2, 4)
SHORT = 3
LEAST = 50
SMALL = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class Deepwave:
    """Deepwave in a process of its own."""

    def __init__(self, python: str) -> None:
        self._process = subprocess.Popen(
            [python, str(Path(__file__).with_name("_deepwave.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | SMALL,
        )
        self.version = self._process.stdout.readline().removeprefix("ready").strip()

    @property
    def missing(self) -> str:
        """Why it does not run, '' if it does."""
        if self.version:
            return ""
        return (self._process.stderr.read().strip().splitlines() or ["it ended without a word"])[-1]

    def seconds(self, nx: int, ny: int, order: int, steps: int) -> float:
        """Processor time of a forward run."""
        print(nx, ny, order, steps, file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(self._process.stderr.read())
        return float(answer)

    def close(self) -> None:
        """End the process."""
        self._process.stdin.close()
        self._process.wait()


def compare(other: Deepwave, nx: int, ny: int, order: int, rounds: int) -> tuple[float, float]:
    """Million point steps per second of denise-py and of Deepwave."""
    steps = SHORT + max(LEAST, steps_for(nx, ny))
    p = make_propagator(nx, ny, order, steps)
    shot = make_shot(p)
    p.forward(*shot)
    other.seconds(nx, ny, order, steps)
    ours, theirs, short = [], [], []
    for _ in range(rounds):
        start = time.process_time()
        p.forward(*shot)
        ours.append(time.process_time() - start)
        theirs.append(other.seconds(nx, ny, order, steps))
        short.append(other.seconds(nx, ny, order, SHORT))
    work = 1e-6 * nx * ny
    return work * steps / min(ours), work * (steps - SHORT) / (min(theirs) - min(short))


def main() -> int:
    """Print the table; 0, also where Deepwave is not installed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks versus_deepwave", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--python", default=sys.executable, help="a Python with torch and deepwave")
    parser.add_argument("--rounds", type=int, default=7, help="runs of each, in alternation (7)")
    parser.add_argument("--sizes", nargs="+", default=[f"{nx}x{ny}" for nx, ny in SIZES], metavar="NXxNY")
    options = parser.parse_args()
    other = Deepwave(options.python)
    if other.missing:
        print(f"no comparison with Deepwave: {options.python} cannot run it ({other.missing})")
        return 0
    print(f"Deepwave with torch {other.version}; million point steps per second, one thread each\n")
    print(f"{'grid':>12} {'order':>6} {'denise-py':>10} {'Deepwave':>9} {'ratio':>6}")
    for size in options.sizes:
        nx, ny = map(int, size.split("x"))
        for order in ORDERS:
            ours, theirs = compare(other, nx, ny, order, options.rounds)
            print(
                f"{f'{nx} x {ny}':>12} {order:>6} {ours:>10.0f} {theirs:>9.0f} {ours / theirs:>6.2f}",
                flush=True,
            )
    other.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
