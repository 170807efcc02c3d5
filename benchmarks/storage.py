"""What the ways of keeping the forward wavefield cost: memory, time, and error of the gradient.

    python -m benchmarks.storage [--steps N]
    python -m benchmarks.storage --large [--limit GB] [--scale S] [--steps N]

The tables are for one shot on grids of the size of the toy example and of Marmousi-II; the reference is the
gradient with every step in single precision. --large runs the program itself, one iteration on 4000 x 1000
points with 8000 steps, and prints its largest resident memory; it takes a quarter of an hour on one core.
--scale makes grid, steps and limit smaller (in each direction).
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from denise_py.acquisition.inject import PlacedSource, adjoint_injection, source_injection
from denise_py.acquisition.record import local_recording
from denise_py.fd.cpml import LayerParameters
from denise_py.fd.weights import stencil
from denise_py.gradient.chain_rule import material_gradient
from denise_py.gradient.ending import smoothed, tail_for
from denise_py.gradient.parameterization import SLOTS, parameterization
from denise_py.gradient.planning import choose, every_for
from denise_py.gradient.storage import ForwardStore, Layout, Needs, Region
from denise_py.grid import Grid, TimeAxis
from denise_py.medium.model import Medium
from denise_py.medium.model_io import write_grid_file
from denise_py.parallel.comm import SerialComm
from denise_py.parallel.domain import decompose
from denise_py.physics.registry import physics
from denise_py.propagate import Propagator, Scheme
from denise_py.traces.spectrum import highest_frequency

REPEATS = 3
PROGRAM = "from denise_py.cli.main import main; main()"
MB = 10**6


@dataclass(frozen=True)
class Case:
    """A grid, its waves and what the example's parameter file has as DTINV."""

    name: str
    nx: int
    ny: int
    dh: float
    dt: float
    nt: int
    order: int
    vp: float
    vs: float
    rho: float
    frequency: float
    every: int
    width: int
    frozen: int  # rows that the taper of the example keeps from moving

    def propagator(self) -> Propagator:
        grid = Grid(self.nx, self.ny, self.dh)
        layer = LayerParameters(self.width, self.vp, self.frequency, 4.0, 1.0)
        scheme = Scheme(stencil(self.order, 0), layer, True, False)
        axis, block = TimeAxis(self.nt, self.dt), decompose(grid, 1, 1)[0]
        return Propagator(physics(), grid, axis, scheme, block, SerialComm())

    def medium(self) -> Medium:
        """Faster with depth, with a smooth anomaly."""
        y, x = np.mgrid[0 : self.ny, 0 : self.nx]
        depth = y / self.ny
        size = self.ny / 6
        bump = np.exp(-((x - 0.4 * self.nx) ** 2 + (y - 0.5 * self.ny) ** 2) / (2 * size**2))
        factor = 0.6 + 0.4 * depth + 0.05 * bump
        return Medium.from_velocities(self.vp * factor, self.vs * factor, self.rho * np.ones(x.shape))

    def wavelet(self) -> np.ndarray:
        t = np.arange(1, self.nt + 1) * self.dt - 1.5 / self.frequency
        x = (np.pi * self.frequency * t) ** 2
        return (1 - 2 * x) * np.exp(-x)


CASES = (
    Case("toy example", 252, 75, 0.2, 1.2e-4, 3750, 4, 900.0, 450.0, 2000.0, 30.0, 10, 20, 0),
    Case("Marmousi-II", 500, 174, 20.0, 2e-3, 3000, 8, 4700.0, 2700.0, 2400.0, 4.0, 8, 10, 20),
)


def needs_of(run: Propagator, layout: Layout, case: Case) -> Needs:
    """What a layout has to keep."""
    return Needs.of_blocks([run.physics], layout, [run.block], case.nt + layout.tail, run.half, case.width)


class Shot:
    """One shot of a case: its gradient, with the forward field kept in one way or another."""

    def __init__(self, case: Case) -> None:
        self.case, self.run = case, case.propagator()
        self.run.set_medium(case.medium())
        self.source = PlacedSource(case.nx // 2, 2, 3, 0.0, case.wavelet())
        self.nodes = np.stack([np.linspace(25, case.nx - 25, 50).astype(int), np.full(50, 3)], axis=1)

    def forward(self, store: ForwardStore | None = None):
        """Traces of velocities by component."""
        r, case = self.run, self.case
        nt = case.nt + (store.layout.tail if store else 0)
        place = r.block, r.half
        injection = source_injection(r.physics, [self.source], r.coefficients, *place, case.dh, nt, r.dtype)
        recording = local_recording(r.physics, ("vx", "vy"), self.nodes, *place, nt, r.dtype)
        r.forward(injection, recording.arrays, store)
        series = {name: one[: case.nt] for name, one in r.physics.recorded(recording.arrays).items()}
        return {name: recording.traces(name, series) for name in ("vx", "vy")}

    def gradient(self, store: ForwardStore) -> dict[str, np.ndarray]:
        """Derivatives {slot: (ny, nx)} of half the sum of the squares of the traces."""
        r = self.run
        traces = self.forward(store)
        largest = max(np.max(np.abs(t)) for t in traces.values())
        sources = {name: np.asarray(t, float) / largest for name, t in traces.items()}
        if store.layout.tail:
            every, tail = store.layout.every, store.layout.tail
            sources = {name: smoothed(traces, every, tail) for name, traces in sources.items()}
        place = r.coefficients, r.block, r.half, r.dtype
        found = r.transposed(adjoint_injection(r.physics, sources, self.nodes, *place), store)
        whole = {name: store.every * np.asarray(a, float) for name, a in found._asdict().items()}
        medium, kind = self.case.medium(), parameterization(1)
        lame = material_gradient(r.physics, whole, medium, self.case.dt / self.case.dh, True)
        return kind.gradient(lame, kind.model(medium))


def least(action: Callable[[], object], repeats: int = REPEATS) -> float:
    """Least processor time of an action in seconds after one run that is not counted. Other programs on the
    machine disturb it less than wall time."""
    action()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        action()
        times.append(time.process_time() - start)
    return min(times)


def ways(shot: Shot) -> list[tuple[str, Layout]]:
    """What is compared, with names."""
    case = shot.case
    highest = highest_frequency([case.wavelet()], case.dt)
    every, region = every_for(highest, case.dt, case.nt), Region(case.frozen, case.ny, 0, case.nx)
    given, found = Layout(case.every), Layout(every, tail=tail_for(highest, case.dt, every))
    small = choose("checkpoint", found, needs_of(shot.run, found, case), np.inf).layout
    return [
        ("full", Layout()),
        ("decimated", given),
        ("half", replace(given, compressed=True)),
        ("checkpoint", choose("checkpoint", given, needs_of(shot.run, given, case), np.inf).layout),
        ("DTINV 0, decimated", found),
        ("DTINV 0, half", replace(found, compressed=True)),
        ("DTINV 0, half, below the taper", replace(found, compressed=True, region=region)),
        ("DTINV 0, checkpoint", small),
        ("DTINV 0, half, checkpoint", replace(small, compressed=True)),
    ]


def relative(found: np.ndarray, reference: np.ndarray) -> float:
    """Relative distance (L2)."""
    return float(np.linalg.norm(found - reference) / np.linalg.norm(reference))


def table(case: Case) -> None:
    """Print the rows of a case."""
    shot = Shot(case)
    original = 5 * 4 * case.nx * case.ny * case.nt / case.every
    print(f"\n{case.name}: {case.nx} x {case.ny} points, {case.nt} steps, order {case.order}")
    print(f"five floats every {case.every} steps: {original / MB:.0f} MB\n")
    print("| way | DTINV | segments | MB | of the original | time | error |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    reference = None
    for name, layout in ways(shot):
        store = ForwardStore(shot.run, layout)
        plain, seconds = least(shot.forward), least(lambda store=store: shot.gradient(store))
        found = shot.gradient(store)
        reference = reference or found
        box = layout.box(shot.run.block)
        rows = slice(box.y0 + (1 if box.y0 else 0), box.y1)  # averages reach one row up
        error = max(relative(found[s][rows], reference[s][rows]) for s in SLOTS)
        size = layout.bytes_needed(needs_of(shot.run, layout, case))
        count = len(layout.segments(case.nt + layout.tail))
        print(
            f"| {name} | {layout.every} | {count} | {size / MB:.1f} | {size / original:.2f} "
            f"| {seconds / plain:.2f} | {error:.1e} |"
        )
        del store


# ------------------------------------------------------------------------------------------- large


def large(limit: float, scale: float, steps: int | None) -> int:
    """One iteration of the program on a large grid; prints times and the largest resident memory."""
    nx, ny, nt = (int(n * scale) for n in (4000, 1000, 8000))
    nt = min(nt, steps or nt)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        _write_models(work, nx, ny)
        keys = _keys(nx, ny, nt)
        observed = keys | {"INVMAT": 10, "SEISMO": 1, "MFILE": "true", "SEIS_FILE": "observed"}
        inversion = keys | {
            **{"INVMAT": 0, "SEISMO": 0, "ITERMAX": 1, "MFILE": "start", "DATA_DIR": "observed"},
            **{"QUELLTYPB": 1, "LNORM": 2, "VELOCITY": 1, "INV_MODELFILE": "inv", "JACOBIAN": "jac"},
            **{"GRAD_METHOD": 2, "N_LBFGS": 5, "EPRECOND": 3, "MEMORY_LIMIT": limit, "DTINV": 0},
        }
        for name, values in (("observed", observed), ("inversion", inversion)):
            path = work / f"{name}.json"
            path.write_text(json.dumps(values))
            begin = time.perf_counter()
            command = [sys.executable, "-c", PROGRAM, path.name]
            code = subprocess.run(command, cwd=work).returncode
            memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
            print(f"{name}: {time.perf_counter() - begin:.0f} s, at most {memory / 1e9:.2f} GB resident")
            if code:
                return code
    print(f"limit {limit:g} GB: {'kept' if memory <= limit * 1e9 else 'exceeded'}")
    return int(memory > limit * 1e9)


def _write_models(work: Path, nx: int, ny: int) -> None:
    depth = np.linspace(0, 1, ny)[:, None] * np.ones((1, nx))
    y, x = np.mgrid[0:ny, 0:nx]
    bump = np.exp(-((x - nx / 2) ** 2 + (y - ny / 2) ** 2) / (2 * (ny / 5) ** 2))
    for base, size in (("start", 0.0), ("true", 0.05)):
        for name, value in (("vp", 2500.0), ("vs", 1400.0), ("rho", 2000.0)):
            write_grid_file(work / f"{base}.{name}", value * (1 + 0.5 * depth) * (1 + size * bump))
    (work / "source.dat").write_text(f"1\n{10.0 * nx / 2:g} 0 40 0 6 1e6\n")
    nodes = 10.0 * np.linspace(40, nx - 40, 100).astype(int)
    np.savetxt(work / "receivers.dat", np.stack([nodes, np.full(100, 60.0)], axis=1), fmt="%g")


def _keys(nx: int, ny: int, nt: int) -> dict[str, object]:
    dt = 1.2e-3
    return {
        **{"NPROCX": 1, "NPROCY": 1, "FDORDER": 4, "MAXRELERROR": 0, "NX": nx, "NY": ny, "DH": 10.0},
        **{"TIME": nt * dt, "DT": dt, "RUN_MULTIPLE_SHOTS": 1, "QUELLTYP": 3, "QUELLART": 1},
        **{"SOURCE_FILE": "source.dat", "READREC": 1, "REC_FILE": "receivers.dat", "SEIS_FORMAT": 1},
        **{"REFRECX": 0, "REFRECY": 0, "READMOD": 1, "INVMAT1": 1, "FREE_SURF": 1, "BOUNDARY": 0},
        **{"FW": 20, "DAMPING": 3000.0, "FPML": 6.0, "npower": 4, "k_max_PML": 1},
    }


def main() -> int:
    """Print the tables, or run the large case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, help="fewer time steps")
    parser.add_argument("--large", action="store_true", help="run the program on 4000 x 1000 points")
    parser.add_argument("--limit", type=float, default=8.0, help="MEMORY_LIMIT of the large case in GB")
    parser.add_argument("--scale", type=float, default=1.0, help="size of the large case")
    options = parser.parse_args()
    if options.large:
        return large(options.limit, options.scale, options.steps)
    for case in CASES:
        table(replace(case, nt=min(case.nt, options.steps or case.nt)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
