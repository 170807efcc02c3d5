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
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from denise_py.gradient.parameterization import SLOTS
from denise_py.physics.registry import physics_keys
from tests.adjoint.inverse_problem import InverseProblem
from tests.adjoint.test_dot_product import dot_products
from tests.adjoint.test_precision_and_sampling import FREQUENCY, HIGHEST, SURFACE, relative_difference
from tests.adjoint.test_taylor import CASES as DEPENDENCES
from tests.adjoint.test_taylor import SETUPS, STEPS, remainders
from tests.analytic.experiments import (
    Comparison,
    Resolution,
    full_space_explosion,
    full_space_force,
    garvin,
    lamb,
)
from tests.analytic.homogeneous import EXPLOSION, LOSSLESS, LOSSY, FullSpace, half_space
from tests.analytic.homogeneous import full_space as homogeneous_full_space
from tests.analytic.relaxation import Attenuating
from tests.analytic.sh_convergence import converging
from tests.analytic.strip import ATTENUATED, Oblique, attenuation, reflection
from tests.analytic.surface_modes import discrete_rayleigh_wave, surface_row_factor
from tests.analytic.test_full_space import NO_EDGES
from tests.analytic.test_homogeneous import CASES as SOURCES
from tests.analytic.test_strip import HARD, MECHANISMS, SOFT
from tests.analytic.test_strip import width as strip_width
from tests.analytic.topography import dipping, joint_error
from tests.physics.absorption import RunAndEnergy, absorbed
from tests.physics.problems import Setup
from tests.physics.test_golden_numbers import CASES, TOLERANCE, golden_differences, golden_traces
from tests.physics.test_reciprocity import exchange_error
from tests.workflow.misfit_slopes import NORMS, PROCESSING, MisfitSlopes

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


def media() -> Iterable[Row]:
    """Every physics and source, order 8, 0.15 of the limit: the largest error of the components recorded."""
    points = (8, 12, 16, 24)
    yield ("physics", "source", *(f"{n} points" for n in points))
    for key, kind in SOURCES:
        cases = (
            FullSpace(key, kind, medium_of_physics(key), points=n, order=8, courant=0.15) for n in points
        )
        errors = (max(c.error for c in homogeneous_full_space(case).values()) for case in cases)
        yield (key, "explosion" if kind == EXPLOSION else "force", *map(percent, errors))


def medium_of_physics(key: str) -> Attenuating:
    return LOSSY if key.startswith("viscous") else LOSSLESS


def quality() -> Iterable[Row]:
    """Q between 5 and 50 Hz: as the moduli define it, and how far the simulated one is from that."""
    yield ("FL (Hz)", "TAU", "2 / TAU", "Q of the moduli", *ATTENUATED, "phase velocity")
    for case in MECHANISMS.values():
        found = [attenuation(name, case, points=8) for name in ATTENUATED]
        exact = found[0].exact
        shown = (f"{2 / case.tau:.0f}", f"{exact.min():.1f}–{exact.max():.1f}")
        speed = percent(max(one.speed_error for one in found), 1)
        frequencies = ", ".join(f"{f:g}" for f in case.frequencies)
        yield (frequencies, case.tau, *shown, *(percent(one.error, 1) for one in found), speed)


def mirror() -> Iterable[Row]:
    """Sources one wavelength below a free surface against the mirror image, order by order."""
    points = (10, 20, 40)
    yield ("physics", "order", *(f"{n} points" for n in points), "1 - factor")
    for key, order in itertools.product(
        ("elastic-sh", "viscous-sh", "acoustic", "viscous-acoustic"), (2, 4, 8)
    ):
        medium = medium_of_physics(key)
        errors = (
            half_space(FullSpace(key, EXPLOSION, medium, points=n, order=order, courant=0.1)).error
            for n in points
        )
        lost = percent(1 - surface_row_factor(order)) if key.endswith("sh") else ""
        yield (key, order, *map(percent, errors), lost)


def buried_explosion() -> Iterable[Row]:
    """Garvin's problem: error of vx and vy, and with the loss of the surface row undone."""
    points = (10, 15, 20, 30, 60)
    yield ("surface", "component", *(f"{n} points" for n in points), "factor", "60 points, corrected")
    schemes = {"SURFACE_SCHEME 1, order 4": (4, True, None)}
    schemes |= {f"images, order {order}": (order, False, None) for order in (2, 4, 8)}
    schemes |= {"SURFACE_SCHEME 1, viscous": (4, True, LOSSY), "images, order 4, viscous": (4, False, LOSSY)}
    for name, (order, one_sided, loss) in schemes.items():
        factor = 1.0 if one_sided else surface_row_factor(order)
        case = Resolution(order=order, courant=0.25, one_sided=one_sided)
        found = [garvin(replace(case, points=n), loss=loss) for n in points]
        for component in ("vx", "vy"):
            last = found[-1][component]
            corrected = Comparison(last.found / factor, last.exact, last.times).error
            errors = (percent(one[component].error) for one in found)
            yield (name, component, *errors, f"{factor:.4f}", percent(corrected))


def air() -> Iterable[Row]:
    """An explosion below air: vx and vy together half a wavelength below a plane that dips."""
    points = (10, 20, 40, 80)
    yield ("order", "dip", "wavelengths", *(f"{n} points" for n in points))
    for order, dip, distance in itertools.product((2, 4), (0, 10, 26.565, 45), (1, 5)):
        cases = (Resolution(points=n, order=order, courant=0.3, distance=distance) for n in points)
        errors = (joint_error(dipping(case, dip)) for case in cases)
        yield (order, f"{dip:.0f}°", distance, *map(percent, errors))


ANGLES = (0, 20, 30, 45, 60)


def sea_floor() -> Iterable[Row]:
    """Difference of the reflection coefficient of a fluid over a solid from Zoeppritz, in hundredths."""
    yield ("order", "points", *(f"{angle}°" for angle in ANGLES))
    for order, points in itertools.product((2, 4, 8), (10, 20, 40)):
        errors = (reflection(Oblique("p", strip_width(points, a), points, order)).error[0] for a in ANGLES)
        yield (order, points, *(f"{100 * e:.2g}" for e in errors))


def sh_interface() -> Iterable[Row]:
    """The same for SH waves at an interface of two solids, for both ways to put the medium on the grid."""
    yield ("SH_AVERAGING", "order", "points", *(f"{angle}°" for angle in ANGLES))
    for on_nodes, order, points in itertools.product((False, True), (2, 4), (10, 20, 40)):
        cases = (Oblique("sh", strip_width(points, a), points, order, on_nodes, SOFT, HARD) for a in ANGLES)
        yield (int(on_nodes), order, points, *(f"{100 * reflection(c).error[0]:.2g}" for c in cases))


def sh_smooth() -> Iterable[Row]:
    """SH waves in a smooth medium: errors on three grids, order of convergence."""
    yield "SH_AVERAGING", "order", "errors", "measured order", "difference of the limits"
    for order in (2, 8):
        found = {on_nodes: converging(order, on_nodes, points=90) for on_nodes in (False, True)}
        limit = found[False].limit
        apart = np.linalg.norm(found[True].limit - limit) / np.linalg.norm(limit)
        for on_nodes, series in found.items():
            errors = ", ".join(map(percent, series.errors()))
            yield int(on_nodes), order, errors, f"{series.order:.2f}", f"{apart:.0e}"


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


def layers_of_all() -> Iterable[Row]:
    """The same for every physics, 20 points."""
    values = (1.0, 2.0, 4.0, 8.0)
    yield ("physics", *(f"k_max {k:g}" for k in values), "k_max 8, eight crossings")
    for key in physics_keys():
        case = RunAndEnergy(width=20, physics=key, dtype=np.float32)
        left = [absorbed(replace(case, k_max=k)).left for k in values]
        left.append(absorbed(replace(case, k_max=8.0, crossings=8.0)).left)
        yield (key, *(f"{value:.1e}" for value in left))


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
        "order 2, free surface, force in the surface row": (Setup(order=2, surface=True), (11, 1)),
        "order 4, free surface, force in the surface row": (Setup(order=4, surface=True), (11, 1)),
        "order 8, free surface, force in the surface row": (Setup(order=8, surface=True), (11, 1)),
    }
    for name, (setup, node) in cases.items():
        yield name, f"{exchange_error(setup, node):.0e}"
    for key in physics_keys():
        yield (
            f"{key}, order 8, layers, no surface",
            f"{exchange_error(Setup(order=8, physics=key), (11, 9)):.0e}",
        )


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


def transpose_of_all() -> Iterable[Row]:
    """The same for every physics at order 4."""
    yield "physics", "with layers", "without layers"
    for key in physics_keys():
        columns = []
        for points in (6, 0):
            setups = (Setup(physics=key, width=points, surface=surface) for surface in (False, True))
            sides = [dot_products(setup) for setup in setups]
            columns.append(max(abs(left - right) / abs(left) for left, right in sides))
        yield key, *(f"{value:.0e}" for value in columns)


def taylor_of_all() -> Iterable[Row]:
    """Slopes of the remainder for every parameter of every other physics, from 0.6 per cent downwards."""
    yield "physics", "parameter", "with layers", "free surface, periodic sides"
    for key, slot in DEPENDENCES:
        shown = []
        for surface in (False, True):
            setup = Setup(nt=200, order=4, surface=surface, periodic=surface, physics=key)
            rest, _ = remainders(InverseProblem(setup), slot)
            slopes = np.diff(np.log10(rest[1:])) / np.diff(np.log10(STEPS[1:]))
            shown.append(f"{slopes.min():.3f}–{slopes.max():.3f}")
        yield key, slot, *shown


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


def misfits() -> Iterable[Row]:
    """Largest deviation of Taylor slopes from 2 by misfit and processing, over kinds of waves, VELOCITY,
    INVMAT1."""
    yield ("LNORM", *PROCESSING)
    with tempfile.TemporaryDirectory() as folder:
        slopes = MisfitSlopes(Path(folder))
        for norm in NORMS:
            yield (norm, *(f"{slopes.worst(norm, processing):.1g}" for processing in PROCESSING))


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


def percent(error: float, digits: int = 3) -> str:
    """In per cent."""
    return f"{100 * error:.{digits}g} %"


TABLES: dict[str, Callable[[], Iterable[Row]]] = {
    "full-space": full_space,
    "explosion": explosion,
    "media": media,
    "quality": quality,
    "time-step": time_step,
    "spacing": spacing,
    "lamb": surface_wave,
    "one-sided": one_sided_surface,
    "garvin": buried_explosion,
    "mirror": mirror,
    "air": air,
    "sea-floor": sea_floor,
    "sh-interface": sh_interface,
    "sh-smooth": sh_smooth,
    "layers": layers,
    "layers-of-all": layers_of_all,
    "golden": golden,
    "reciprocity": reciprocity,
    "transpose": transpose,
    "transpose-of-all": transpose_of_all,
    "taylor": taylor,
    "taylor-of-all": taylor_of_all,
    "misfits": misfits,
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
