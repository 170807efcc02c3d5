"""The course of an inversion: misfit against iteration, its stages, and the steps taken."""

from __future__ import annotations

import itertools
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from denise_py.errors import DataError
from denise_py.plot.canvas import drawing
from denise_py.traces.files import read_bytes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

_LINE, _MARK = "#1f4e79", "#c0392b"
_BANDS = ("#ffffff", "#e8edf2")


@dataclass(frozen=True)
class Iteration:
    """What the figure needs of one iteration.

    misfit_after is None where no step was accepted; low_pass: corner in Hz, None without a filter;
    full_misfit: of all shots after an iteration that saw a sample of them, None where it was not computed.
    """

    iteration: int
    stage: int
    accepted: bool
    misfit_before: float
    misfit_after: float | None
    step: float
    low_pass: float | None
    full_misfit: float | None = None


def read_misfit_log(path: str | os.PathLike[str]) -> list[Iteration]:
    """Iterations of a misfit log in JSON lines, in the order of the file.

    For the log in columns that lies beside it, the JSON lines are read instead. A last line that is not yet
    complete is left out, so that the log of a running inversion can be read.
    Raises DataError naming file and line for anything else that is not a record, and for empty files.
    """
    path = _json_lines(Path(path))
    lines = read_bytes(path).decode("utf-8", errors="replace").split("\n")
    complete = [(number, line) for number, line in enumerate(lines[:-1], start=1) if line.strip()]
    if lines[-1].strip() and _is_json(lines[-1]):
        complete.append((len(lines), lines[-1]))
    if not complete:
        raise DataError(f"{path}: the misfit log holds no iteration yet")
    return [_iteration(f"{path}: line {number}", line) for number, line in complete]


def _json_lines(path: Path) -> Path:
    beside = path.with_name(path.stem + ".jsonl")
    return beside if path.suffix != ".jsonl" and beside.is_file() else path


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _iteration(where: str, line: str) -> Iteration:
    try:
        record = json.loads(line)
    except ValueError:
        record = None
    if not isinstance(record, Mapping):
        raise DataError(
            f"{where}: no JSON record found, but '{line[:30].strip()}': give the log with the ending .jsonl"
        )
    return Iteration(
        _whole(where, record, "iteration"),
        _whole(where, record, "stage"),
        bool(_value(where, record, "accepted", (bool,))),
        _misfit_before(where, record),
        _number_or_none(where, record, "misfit_after"),
        _number(where, record, "step"),
        _number_or_none(where, record, "low_pass"),
        _number_or_none(where, record, "full_misfit"),
    )


def _misfit_before(where: str, record: Mapping[str, Any]) -> float:
    """The log writes a misfit that is not finite as null."""
    value = _number_or_none(where, record, "misfit_before")
    return math.inf if value is None else value


def _value(where: str, record: Mapping[str, Any], name: str, kinds: tuple[type, ...]) -> Any:
    value = record.get(name)
    if type(value) not in kinds:
        found = f"is {value!r}" if name in record else "is missing"
        raise DataError(
            f"{where}: '{name}' {found}, {' or '.join(kind.__name__ for kind in kinds)} is needed"
        )
    return value


def _whole(where: str, record: Mapping[str, Any], name: str) -> int:
    return _value(where, record, name, (int,))


def _number(where: str, record: Mapping[str, Any], name: str) -> float:
    return float(_value(where, record, name, (float, int)))


def _number_or_none(where: str, record: Mapping[str, Any], name: str) -> float | None:
    value = _value(where, record, name, (float, int, type(None)))
    return None if value is None else float(value)


# ---------------------------------------------------------------------------------------------- drawing


def plot_misfit(
    log_path: str | os.PathLike[str], out_path: str | os.PathLike[str], *, title: str = ""
) -> None:
    """Draw the misfit of a log (JSON lines) against the number of iterations done, and the step lengths.

    Every stage is a line of its own: filters and weights differ, so misfits of different stages do not
    compare. Writes .png, .pdf or .svg. Raises DataError for a malformed log, UsageError without matplotlib.
    """
    stages = _stages(read_misfit_log(log_path))
    with drawing(out_path, (6.6, 4.6)) as figure:
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        for number, stage in enumerate(stages):
            _band((top, bottom), stage, number)
            _misfit_line(top, stage)
        _stage_names(top, stages)
        _steps(bottom, list(itertools.chain(*stages)))
        top.margins(y=0.12)
        if any(one.misfit_before > 0 for one in itertools.chain(*stages)):
            _logarithmic(top, between=True)
        top.set_ylabel("misfit")
        bottom.set_xlabel("iteration")
        bottom.set_xlim(stages[0][0].iteration - 1, stages[-1][-1].iteration)
        bottom.xaxis.get_major_locator().set_params(integer=True)
        if title:
            figure.suptitle(title)


def _stages(iterations: Sequence[Iteration]) -> list[list[Iteration]]:
    return [list(group) for _, group in itertools.groupby(iterations, key=lambda one: one.stage)]


def _band(axes: Sequence[Axes], stage: Sequence[Iteration], number: int) -> None:
    for ax in axes:
        ax.axvspan(
            stage[0].iteration - 1, stage[-1].iteration, color=_BANDS[number % 2], linewidth=0, zorder=-2
        )


def _misfit_line(ax: Axes, stage: Sequence[Iteration]) -> None:
    """From the misfit before the first iteration of a stage to that after its last; of samples of the shots
    dots, which do not compare, and a line through the misfits of all shots."""
    done = [one.iteration - 1 for one in stage]
    misfit = [one.misfit_before for one in stage]
    full = [(one.iteration, one.full_misfit) for one in stage if one.full_misfit is not None]
    if full:
        ax.plot(done, misfit, ".", color="0.6", markersize=4, label="of the shots of an iteration")
        ax.plot(*zip(*full, strict=True), color=_LINE, linewidth=1.4, marker="o", markersize=3.5, zorder=3)
        ax.lines[-1].set_label("of all shots")
        ax.legend(*_first_of_each(ax), loc="best", fontsize=8.5)
        return
    last = stage[-1]
    if last.misfit_after is not None:
        done.append(last.iteration)
        misfit.append(last.misfit_after)
    ax.plot(done, misfit, color=_LINE, linewidth=1.4, marker="o", markersize=3.5, clip_on=False, zorder=3)


def _first_of_each(ax: Axes) -> tuple[list[Line2D], list[str]]:
    """Lines and labels of a legend, every label once."""
    first: dict[str, Line2D] = {}
    for line, label in zip(*ax.get_legend_handles_labels(), strict=True):
        first.setdefault(label, line)
    return list(first.values()), list(first)


def _logarithmic(ax: Axes, *, between: bool = False) -> None:
    """Logarithmic y axis with plain numbers; between: also between the powers of ten where these are few."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    ax.set_yscale("log", nonpositive="mask")
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    low, high = ax.get_ylim()
    digits = "123456789" if high < 3 * low else "235" if high < 50 * low else ""
    if between and digits:
        ax.yaxis.set_minor_formatter(
            FuncFormatter(lambda value, _: f"{value:g}" if f"{value:e}"[0] in digits else "")
        )
    else:
        ax.yaxis.set_minor_formatter(NullFormatter())
    ax.grid(axis="y", which="major", color="0.8", linewidth=0.6)
    ax.grid(axis="y", which="minor", color="0.92", linewidth=0.4)
    ax.set_axisbelow(True)


def _stage_names(ax: Axes, stages: Sequence[Sequence[Iteration]]) -> None:
    """Corner frequencies along the upper edge, upright where the bands are narrow."""
    if len(stages) == 1 and stages[0][0].low_pass is None:
        return
    first, last = stages[0][0].iteration - 1, stages[-1][-1].iteration
    for stage in stages:
        left, right = stage[0].iteration - 1, stage[-1].iteration
        corner = stage[0].low_pass
        band = "full band" if corner is None else f"≤ {corner:g} Hz"
        narrow = (right - left) / (last - first) < 0.11
        ax.annotate(
            band,
            (0.5 * (left + right), 1.0),
            xycoords=ax.get_xaxis_transform(),
            xytext=(0, 4),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=8.5,
            rotation=90 if narrow else 0,
        )


def _steps(ax: Axes, iterations: Sequence[Iteration]) -> None:
    taken = [one for one in iterations if one.accepted and one.step > 0]
    failed = [one.iteration for one in iterations if not one.accepted]
    number, step = [one.iteration for one in taken], np.array([one.step for one in taken])
    ax.plot(number, step, linestyle="none", marker="o", markersize=3.5, color=_LINE, clip_on=False, zorder=3)
    if step.size and step.max() > 20 * step.min():
        ax.margins(y=0.2)
        _logarithmic(ax)
    else:
        ax.set_ylim(0, 1.15 * step.max() if step.size else 1)
        ax.grid(axis="y", color="0.8", linewidth=0.6)
    if failed:
        floor = ax.get_xaxis_transform()
        ax.plot(
            failed,
            np.zeros(len(failed)),
            "x",
            color=_MARK,
            transform=floor,
            clip_on=False,
            label="no step found",
        )
        ax.legend(loc="best", fontsize=8.5)
    ax.set_ylabel("step length")
