"""`denise pick FILE.json`: picks first arrivals of the observed data and writes PICKS_FILE for every shot."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

import numpy as np

from denise_py.errors import ParameterError, UsageError
from denise_py.parameters.finding import data_components
from denise_py.parameters.settings import read_settings
from denise_py.traces.files import atomic_file
from denise_py.traces.filters import BandFilter
from denise_py.traces.picking import first_arrivals, smoothed
from denise_py.workflow.field_data import read_field_data
from denise_py.workflow.setup import Setup, prepare

EPILOG = """\
A file has one line per receiver with the picked time in s, -1 where nothing was found; with --window also the
lengths of the time window after and before the pick, as TW_IND = 1 wants them. Look at the picks before you
use them: denise plot gather."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:
        raise UsageError(f"{message}\n{self.format_usage().rstrip()}")


def run(args: Sequence[str]) -> int:
    """Pick and write; 0. Raises UsageError, ParameterError or DataError."""
    try:
        options = _parser().parse_args(list(args))
    except SystemExit:  # after --help
        return 0
    settings = read_settings(options.file)
    if not settings.run.inversion:
        raise ParameterError(f"{options.file}: {settings.show('run.inversion')}: there are no observed data")
    setup = prepare(settings)
    _check(options, setup)
    component = _component(options, setup)
    base = options.output or settings.misfit.picks_file or f"{settings.inversion.data}_picks"
    tables = []
    for shot in setup.shots:
        data = read_field_data(setup, component, shot)
        traces = _filtered(options, data.traces, setup.time.dt)
        picks = first_arrivals(traces, setup.time.dt, options.sta, options.lta, options.threshold)
        if options.apart is not None:
            picks = smoothed(picks, options.neighbours, options.apart)
        tables.append(np.where(np.isfinite(picks), picks, -1.0))
    for shot, picks in zip(setup.shots, tables, strict=True):
        name = f"{base}_{shot.number}.dat"
        _write(name, picks, options.window)
        missing = np.count_nonzero(picks < 0)
        print(f"{name}: {len(picks) - missing} picks of {len(picks)} traces{_span(picks)}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="denise pick", description=__doc__, epilog=EPILOG)
    parser.add_argument("file", metavar="FILE.json")
    parser.add_argument("--component", choices=("x", "y", "z", "p"), help="default: the last of QUELLTYPB")
    parser.add_argument("--sta", type=float, metavar="S", help="short average in s, default half a period")
    parser.add_argument(
        "--lta", type=float, metavar="S", help="long average in s, default 5 short ones, at most TIME / 2"
    )
    parser.add_argument("--threshold", type=float, default=5.0, help="ratio of both, default 5")
    parser.add_argument("--low-pass", type=float, default=0.0, metavar="HZ", help="filter before picking")
    parser.add_argument("--high-pass", type=float, default=0.0, metavar="HZ", help="filter before picking")
    parser.add_argument(
        "--apart", type=float, metavar="S", help="reject picks that far from the median of their neighbours"
    )
    parser.add_argument("--neighbours", type=int, default=3, help="to either side, default 3")
    parser.add_argument(
        "--window", type=float, nargs=2, metavar=("PLUS", "MINUS"), help="write lengths in s as well"
    )
    parser.add_argument("-o", "--output", metavar="BASE", help="default: PICKS_FILE, or DATA_DIR_picks")
    return parser


def _check(options: argparse.Namespace, setup: Setup) -> None:
    """Fill in what depends on the run, and judge the numbers."""
    if options.sta is None:
        options.sta = 0.5 / min(source.frequency for shot in setup.shots for source in shot.sources)
    if options.lta is None:
        options.lta = min(5.0 * options.sta, 0.5 * setup.time.nt * setup.time.dt)
    dt, nyquist = setup.time.dt, 0.5 / setup.time.dt
    for name, value in (("--sta", options.sta), ("--lta", options.lta)):
        if not dt <= value <= setup.time.nt * dt:
            raise UsageError(f"{name} {value:g}: must lie between DT = {dt:g} s and TIME")
    if not options.threshold > 1:
        raise UsageError(f"--threshold {options.threshold:g}: must be greater than 1")
    for name, value in (("--low-pass", options.low_pass), ("--high-pass", options.high_pass)):
        if not 0 <= value < nyquist:
            raise UsageError(f"{name} {value:g}: must lie between 0 and the Nyquist frequency {nyquist:g} Hz")
    if options.neighbours < 1:
        raise UsageError(f"--neighbours {options.neighbours}: must be at least 1")
    for value in (*(options.window or ()), options.apart or 0.0):
        if not 0 <= value < np.inf:
            raise UsageError(f"{value:g} s: --window and --apart must not be negative")
    folder = os.path.dirname(options.output or "")
    if folder and not os.path.isdir(folder):
        raise UsageError(f"--output {options.output}: folder {folder} does not exist; create it")


def _component(options: argparse.Namespace, setup: Setup) -> str:
    there = data_components(setup.settings)
    chosen = options.component or there[-1]
    if chosen not in there:
        found = setup.settings.show("inversion.data_components")
        raise UsageError(f"--component {chosen}: with {found} the data are {', '.join(there)}")
    return chosen if chosen == "p" else f"v{chosen}"


def _filtered(options: argparse.Namespace, traces: np.ndarray, dt: float) -> np.ndarray:
    band = BandFilter(options.low_pass, options.high_pass, zero_phase=True)
    return traces if band.is_identity else band.apply(traces, dt)


def _write(name: str, picks: np.ndarray, window: Sequence[float] | None) -> None:
    table = np.column_stack([picks, *(np.full(len(picks), length) for length in window or ())])
    with atomic_file(name) as stream:
        np.savetxt(stream, table, fmt="%.6g")


def _span(picks: np.ndarray) -> str:
    """', 0.1 to 0.3 s' if there are picks."""
    good = picks[picks >= 0]
    return f", {good.min():.4g} to {good.max():.4g} s" if good.size else ""
