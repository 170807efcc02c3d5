"""`denise plot KIND ...`: figures of models, gradients, misfit, gathers and snapshots, written to files."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import NoReturn

from denise_py.errors import DataError, UsageError
from denise_py.parameters.settings import Settings, read_settings
from denise_py.plot.gathers import plot_gather
from denise_py.plot.inputs import (
    Geometry,
    grid_of,
    grid_values,
    has_inverted_model,
    inverted_model,
    model_label,
    read_geometry,
    start_model,
)
from denise_py.plot.metrics import model_error
from denise_py.plot.misfit import plot_misfit
from denise_py.plot.models import Panel, compare_models, plot_gradient
from denise_py.plot.snapshots import COMPONENTS, choose, plot_each, plot_film
from denise_py.traces.gather import Gather
from denise_py.traces.reading import read_traces

_EPILOG = """\
examples:
  denise plot models FWI.json --true model/true -o vs.png
  denise plot models FWI.json --parameter vp --iteration 10 --limits 1500 4000
  denise plot misfit log/misfit.jsonl
  denise plot gather data/obs_y.su.shot1 su/syn_vy.su.shot1.it10 --traces 1,20,40
  denise plot gather su/seis_y.su.shot1
  denise plot gather su/seis_y.shot1.sgy
  denise plot gradient FWI.json jacobian/gradient_grad1_vs_it1.bin --clip 98
  denise plot snap FORWARD.json --component p --shot 2 --times 0.1,0.2,0.3

Figures are PNG, PDF or SVG files, depending on the ending given with -o. They need matplotlib:
pip install "denise-py[plot]"
"""


class _Parser(argparse.ArgumentParser):
    """Reports a wrong command line as one line, like all other errors."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


def run(args: list[str]) -> int:
    """Draw the figure that the arguments ask for and return the exit code.

    Raises UsageError for a wrong command line or without matplotlib, ParameterError and DataError for
    files that cannot be used.
    """
    try:
        options = _parser().parse_args(args)
    except SystemExit as done:  # after --help
        return int(done.code or 0)
    print(f"written: {options.draw(options)}")
    return 0


# --------------------------------------------------------------------------------------------- the kinds


def _models(options: argparse.Namespace) -> str:
    settings = read_settings(options.file)
    slot = options.parameter or ("vp" if settings.physics.acoustic else "vs")
    panels = _model_panels(options, settings, slot)
    base = settings.inversion.model_file if settings.run.inversion else settings.model.file
    output = options.output or f"{base}_{slot}.png"
    geometry = _geometry(options, settings)
    compare_models(
        panels,
        grid_of(settings),
        model_label(settings, slot),
        output,
        geometry.sources,
        geometry.receivers,
        options.limits and _limits(options.limits),
        colours="cividis" if slot == "rho" else "viridis",
        title=options.title,
    )
    if options.true:
        (_, true), *others = panels
        for name, array in others:
            print(f"relative error of the {name} model: {model_error(array, true):.4g}")
    return output


def _model_panels(options: argparse.Namespace, settings: Settings, slot: str) -> list[Panel]:
    panels: list[Panel] = []
    if options.true:
        panels.append(("true", start_model(options.true, slot, settings)))
    start = options.start or (settings.model.file if settings.model.read else None)
    if start:
        panels.append(("start" if settings.run.inversion else "model", start_model(start, slot, settings)))
    found = options.inverted
    if not found and settings.run.inversion:
        found = settings.inversion.model_file
        if options.iteration is None and not has_inverted_model(found, slot):
            _note(f"no inverted model yet: {found}_{slot}.bin does not exist")
            found = None
    if found:
        name = "inverted" if options.iteration is None else f"iteration {options.iteration}"
        panels.append((name, inverted_model(found, slot, settings, options.iteration)))
    if not panels:
        raise UsageError(f"{options.file} names no model file: give --true, --start or --inverted")
    return panels


def _misfit(options: argparse.Namespace) -> str:
    output = options.output or str(Path(options.log).with_suffix(".png"))
    plot_misfit(options.log, output, title=options.title)
    return output


def _gather(options: argparse.Namespace) -> str:
    observed = _read_gather(options.observed)
    synthetic = options.synthetic and _read_gather(options.synthetic)
    output = options.output or f"{options.synthetic or options.observed}.png"
    title = options.title or Path(options.observed).name
    plot_gather(
        observed, synthetic, None, None, output, title, traces=options.traces, clip=options.clip or 99.0
    )
    return output


def _read_gather(path: str) -> Gather:
    content = read_traces(path)
    if not content.dt:
        raise DataError(f"{path}: the headers hold no sampling interval (word dt, bytes 117-118 of a trace)")
    return content.gather()


def _gradient(options: argparse.Namespace) -> str:
    settings = read_settings(options.file)
    output = options.output or f"{options.gradient}.png"
    geometry = _geometry(options, settings)
    plot_gradient(
        grid_values(options.gradient, settings),
        grid_of(settings),
        output,
        title=options.title or Path(options.gradient).name,
        clip=options.clip or 99.5,
        sources=geometry.sources,
        receivers=geometry.receivers,
    )
    return output


def _snap(options: argparse.Namespace) -> str:
    settings = read_settings(options.file)
    film = choose(settings, options.component, options.shot, options.times)
    output = options.output or f"{film.path}.png"
    geometry = _geometry(options, settings)
    drawing = (film, output, geometry, options.clip or 99.8, options.title)
    if options.each:
        return ", ".join(plot_each(*drawing))
    plot_film(*drawing)
    return output


def _geometry(options: argparse.Namespace, settings: Settings) -> Geometry:
    geometry = Geometry() if options.no_geometry else read_geometry(settings)
    for note in geometry.notes:
        _note(note)
    return geometry


def _note(text: str) -> None:
    print(f"note: {text}", file=sys.stderr)


# --------------------------------------------------------------------------------------- the command line


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="denise plot",
        description="Draw what a run has read or written.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    kinds = parser.add_subparsers(title="kinds of figures", metavar="KIND", required=True)
    _add_models(kinds)
    _add_misfit(kinds)
    _add_gather(kinds)
    _add_gradient(kinds)
    _add_snap(kinds)
    return parser


def _add_models(kinds) -> None:
    models = _add(kinds, "models", _models, "true, start and inverted model side by side")
    models.add_argument("file", metavar="FILE.json", help="parameter file of the run")
    models.add_argument("--true", metavar="BASE", help="true model, BASE.vs etc. or a single file")
    models.add_argument(
        "--start", metavar="BASE", help="start model; that of the parameter file if not given"
    )
    models.add_argument(
        "--inverted", metavar="BASE", help="result, BASE_vs.bin etc.; that of the parameter file if not given"
    )
    models.add_argument("--iteration", type=_positive, metavar="K", help="result of iteration K")
    models.add_argument(
        "--parameter",
        choices=("vp", "vs", "rho"),
        help="what to draw (default: vs, in acoustic runs vp); impedances or Lame parameters under the same "
        "names where the run uses these",
    )
    models.add_argument(
        "--limits", nargs=2, type=float, metavar=("LOW", "HIGH"), help="ends of the colour scale"
    )
    _add_no_geometry(models)


def _add_misfit(kinds) -> None:
    misfit = _add(kinds, "misfit", _misfit, "misfit and step length against iteration")
    misfit.add_argument("log", metavar="LOG.jsonl", help="misfit log in JSON lines (or the log beside it)")


def _add_gather(kinds) -> None:
    gather = _add(kinds, "gather", _gather, "observed and synthetic seismograms and their difference")
    gather.add_argument(
        "observed", metavar="OBS", help="observed data, or any gather on its own; SU or SEG-Y"
    )
    gather.add_argument("synthetic", metavar="SYN", nargs="?", help="synthetic data of the same receivers")
    gather.add_argument(
        "--traces", type=_numbers, metavar="N,N,...", help="traces to overlay, counted from 1 (default: five)"
    )
    _add_clip(gather, "observed amplitudes (default: 99)")


def _add_gradient(kinds) -> None:
    gradient = _add(kinds, "gradient", _gradient, "gradient or search direction, zero in white")
    gradient.add_argument("file", metavar="FILE.json", help="parameter file of the run")
    gradient.add_argument("gradient", metavar="GRADIENT_FILE", help="file the inversion has written")
    _add_clip(gradient, "absolute values (default: 99.5)")
    _add_no_geometry(gradient)


def _add_snap(kinds) -> None:
    snap = _add(kinds, "snap", _snap, "snapshots of the wavefield, after snapmerge has joined them")
    snap.add_argument("file", metavar="FILE.json", help="parameter file of the run")
    snap.add_argument("--component", choices=tuple(COMPONENTS), help="what to draw (default: the first)")
    snap.add_argument("--shot", type=_positive, metavar="K", help="shot (default: the first with snapshots)")
    snap.add_argument(
        "--times", type=_times, metavar="T,T,...", help="snapshots nearest to these times (s; default: six)"
    )
    snap.add_argument(
        "--each", action="store_true", help="a figure for every snapshot, numbered as in the file"
    )
    _add_clip(snap, "absolute values of the strongest snapshot (default: 99.8)")
    _add_no_geometry(snap)


def _add(kinds, name: str, draw, text: str) -> argparse.ArgumentParser:
    kind = kinds.add_parser(name, help=text, description=f"Draw {text}.")
    kind.set_defaults(draw=draw)
    kind.add_argument(
        "-o", "--output", metavar="FILE", help="figure (.png, .pdf, .svg); beside the data if not given"
    )
    kind.add_argument("--title", default="", help="title of the figure")
    return kind


def _add_no_geometry(kind: argparse.ArgumentParser) -> None:
    kind.add_argument("--no-geometry", action="store_true", help="leave out sources and receivers")


def _add_clip(kind: argparse.ArgumentParser, of: str) -> None:
    kind.add_argument(
        "--clip", type=_percentile, metavar="PERCENT", help=f"the colours end at this percentile of the {of}"
    )


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number above 0")
    return int(text)


def _numbers(text: str) -> list[int]:
    return [_positive(part.strip()) for part in text.split(",")]


def _times(text: str) -> list[float]:
    try:
        times = [float(part) for part in text.split(",")]
    except ValueError:
        times = [math.nan]
    if not all(map(math.isfinite, times)):
        raise argparse.ArgumentTypeError(f"'{text}' is no list of times such as 0.1,0.2")
    return times


def _percentile(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value <= 100:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number above 0 and up to 100")
    return value


def _limits(values: list[float]) -> tuple[float, float]:
    low, high = values
    if not low < high:
        raise UsageError(f"--limits {low:g} {high:g}: the first number must be below the second")
    return low, high
