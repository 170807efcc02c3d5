"""Measures the tables of docs/validation.md: `python -m benchmarks.validate` (a few minutes on one core).

    python -m benchmarks.validate                 print all tables as Markdown
    python -m benchmarks.validate lamb layers     only these
    python -m benchmarks.validate --write         put them into docs/validation.md, between their markers

The experiments are those of the tests, over more cases.
"""

from __future__ import annotations

import argparse
import itertools
import re
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from denise_py.gradient.parameterization import SLOTS
from tests.adjoint.inverse_problem import InverseProblem
from tests.adjoint.test_dot_product import dot_products
from tests.adjoint.test_precision_and_sampling import FREQUENCY, HIGHEST, SURFACE, relative_difference
from tests.adjoint.test_taylor import SETUPS, STEPS, remainders
from tests.analytic.experiments import Resolution, full_space_explosion, full_space_force, lamb
from tests.analytic.surface_modes import discrete_rayleigh_wave
from tests.analytic.test_full_space import NO_EDGES
from tests.physics.absorption import RunAndEnergy, absorbed
from tests.physics.problems import Setup
from tests.physics.test_golden_numbers import CASES, TOLERANCE, golden_differences, golden_traces
from tests.physics.test_reciprocity import exchange_error

DOCUMENT = Path(__file__).parents[1] / "docs" / "validation.md"

Row = Sequence[object]


def full_space() -> Iterable[Row]:
    """Error after five S wavelengths at a quarter of the stability limit, by order and resolution."""
    points = (8, 12, 16, 24)
    yield ("order", *(f"{n} points" for n in points))
    for order in (2, 4, 6, 8, 12):
        errors = (full_space_force(Resolution(points=n, order=order)).error for n in points)
        yield (order, *map(percent, errors))


def one_sided_surface() -> Iterable[Row]:
    """Lamb's problem with SURFACE_SCHEME = 1, order 4."""
    yield ("points", "error")
    for points in (15, 20, 30, 40):
        case = Resolution(points=points, order=4, courant=0.5, distance=10, one_sided=True)
        yield (points, percent(lamb(case).error))


def explosion() -> Iterable[Row]:
    """The same for an explosion, order 8 and 16 points, by component."""
    found = full_space_explosion(Resolution())
    yield tuple(found)
    yield tuple(percent(comparison.error) for comparison in found.values())


def time_step() -> Iterable[Row]:
    """Order 8, 16 points: error against the exact solution, its order in DT, and error against the solution
    with the leapfrog's own error."""
    yield "time step / limit", "error", "measured order", "with the error of the leapfrog"
    before = None
    for courant in (0.9, 0.45, 0.225, 0.1125):
        case = Resolution(courant=courant)
        error = full_space_force(case).error
        order = f"{np.log2(before / error):.2f}" if before else ""
        yield courant, percent(error), order, percent(full_space_force(case, time_exact=True).error)
        before = error


def spacing() -> Iterable[Row]:
    """Error of the operator alone after 2.5 S wavelengths, and its order in DH."""
    yield "order", "points", "errors", "measured orders"
    resolutions = {2: (24, 32, 48), 4: (12, 16, 24), 6: (8, 10, 12), 8: (6, 8, 10), 10: (6, 8), 12: (6, 8)}
    for order, points in resolutions.items():
        cases = [Resolution(points=n, order=order, **NO_EDGES) for n in points]
        errors = [full_space_force(case, time_exact=True).error for case in cases]
        slopes = (
            np.log(a / b) / np.log(n / m)
            for (m, a), (n, b) in itertools.pairwise(zip(points, errors, strict=True))
        )
        shown = (", ".join(map(str, points)), ", ".join(map(percent, errors)))
        yield order, *shown, ", ".join(f"{s:.1f}" for s in slopes)


def surface_wave() -> Iterable[Row]:
    """Lamb's problem after ten S wavelengths."""
    yield "order", "points", "error", "amplitude", "predicted", "early by (rad)", "predicted"
    for order in (2, 4, 8):
        for points in (15, 30, 60, 90):
            case = Resolution(points=points, order=order, courant=0.5, distance=10)
            found, wave = lamb(case), discrete_rayleigh_wave(case.solid, order, points)
            ratio = lamb(case, time_exact=True).ratio(10.0)
            turns = 2 * np.pi * 10 / RAYLEIGH_OVER_S
            early = turns * (1 - 1 / (1 + wave.speed_error))
            measured = (f"{abs(ratio):.3f}", f"{wave.amplitude:.3f}", f"{np.angle(ratio):+.3f}")
            yield order, points, percent(found.error), *measured, f"{early:+.3f}"


RAYLEIGH_OVER_S = float(np.sqrt(2 - 2 / np.sqrt(3)))  # of a Poisson solid


def layers() -> Iterable[Row]:
    """Energy left after four crossings of the grid by the P wave, relative to its largest value."""
    widths = (5, 10, 20, 30)
    yield ("k_max", *(f"{n} points" for n in widths))
    for k_max in (1.0, 2.0, 4.0):
        left = (absorbed(RunAndEnergy(width=n, k_max=k_max)).left for n in widths)
        yield (f"{k_max:g}", *(f"{value:.1e}" for value in left))


def golden() -> Iterable[Row]:
    """Largest difference to the original's printed samples, relative to the largest sample of the trace."""
    yield ("case", *TOLERANCE)
    for name, case in CASES.items():
        found = golden_differences(case, golden_traces(case))
        yield (name, *(f"{found[c]:.0e}" if c in found else "" for c in TOLERANCE))


def reciprocity() -> Iterable[Row]:
    """Difference of a trace when source and receiver are exchanged, relative to its norm."""
    yield "case", "difference"
    cases = {
        "order 8, layers, no surface": (Setup(order=8), (11, 9)),
        "order 2, free surface, force in the surface row": (Setup(order=2, surface=True), (11, 1)),
        "order 4, free surface, force in the surface row": (Setup(order=4, surface=True), (11, 1)),
        "order 8, free surface, force in the surface row": (Setup(order=8, surface=True), (11, 1)),
    }
    for name, (setup, node) in cases.items():
        yield name, f"{exchange_error(setup, node):.0e}"


def transpose() -> Iterable[Row]:
    """|<F s, r> - <s, F^T r>| / |<F s, r>|, largest of all surfaces and sides."""
    yield "order", "with layers", "without layers"
    for order in (2, 4, 6, 8, 10, 12):
        columns = []
        for width in (6, 0):
            setups = (
                Setup(order=order, width=width, surface=surface, periodic=periodic)
                for surface in (False, True)
                for periodic in (False, True)
            )
            sides = [dot_products(setup) for setup in setups]
            columns.append(max(abs(left - right) / abs(left) for left, right in sides))
        yield order, *(f"{value:.0e}" for value in columns)


def taylor() -> Iterable[Row]:
    """Slopes of the remainder over three decades of the step."""
    yield ("set-up", "parameters", *SLOTS)
    names = {1: "vp, vs, rho", 2: "Zp, Zs, rho", 3: "lambda, mu, rho"}
    for (name, setup), number in itertools.product(SETUPS.items(), names):
        shown = []
        for slot in SLOTS:
            rest, _ = remainders(InverseProblem(setup, number), slot)
            slopes = np.diff(np.log10(rest)) / np.diff(np.log10(STEPS))
            shown.append(f"{slopes.min():.3f}–{slopes.max():.3f}")
        yield name, names[number], *shown


def precision() -> Iterable[Row]:
    """What single precision and decimation cost: relative L2 difference of the gradient."""
    yield ("gradient", *SLOTS)
    double = InverseProblem(SURFACE)
    single = replace(double, setup=replace(SURFACE, dtype=np.float32))
    expected, found = double.gradient(double.start)[1], single.gradient(double.start)[1]
    yield ("single precision", *(f"{relative_difference(found[s], expected[s]):.0e}" for s in SLOTS))
    long = InverseProblem(replace(SURFACE, nt=1200), frequency=FREQUENCY)
    expected = long.gradient(long.start)[1]
    for oversampling in (3.0, 1.5, 1.0, 0.5):
        every = int(1 / (oversampling * 2 * HIGHEST * SURFACE.dt))
        found = replace(long, every=every).gradient(long.start)[1]
        differences = (f"{relative_difference(found[s], expected[s]):.0e}" for s in SLOTS)
        yield (f"every {every}th step, {oversampling:g} x Nyquist", *differences)


def percent(error: float) -> str:
    """Three digits, in per cent."""
    return f"{100 * error:.3g} %"


TABLES: dict[str, Callable[[], Iterable[Row]]] = {
    "full-space": full_space,
    "explosion": explosion,
    "time-step": time_step,
    "spacing": spacing,
    "lamb": surface_wave,
    "one-sided": one_sided_surface,
    "layers": layers,
    "golden": golden,
    "reciprocity": reciprocity,
    "transpose": transpose,
    "taylor": taylor,
    "precision": precision,
}


def markdown(rows: Iterable[Row]) -> str:
    """A table whose first row is its head."""
    head, *body = [[str(cell) for cell in row] for row in rows]
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def replaced(text: str, name: str, table: str) -> str:
    """The document with a table between its markers <!-- name --> and <!-- /name -->."""
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if not pattern.search(text):
        raise SystemExit(f"{DOCUMENT}: markers of table {name!r} not found")
    return pattern.sub(lambda match: f"{match[1]}\n{table}\n\n{match[2]}", text)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="measure the tables of docs/validation.md")
    parser.add_argument(
        "tables", nargs="*", metavar="TABLE", help=f"any of {', '.join(TABLES)} (default: all)"
    )
    parser.add_argument("--write", action="store_true", help=f"put the tables into {DOCUMENT.name}")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.tables) - set(TABLES)
    if unknown:
        parser.error(f"unknown tables: {', '.join(sorted(unknown))}; there are {', '.join(TABLES)}")
    for name in chosen.tables or TABLES:
        begin = time.perf_counter()
        table = markdown(TABLES[name]())
        print(f"\n{name} ({time.perf_counter() - begin:.0f} s)\n\n{table}", flush=True)
        if chosen.write:
            DOCUMENT.write_text(replaced(DOCUMENT.read_text(), name, table))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
