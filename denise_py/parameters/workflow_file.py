"""The workflow file: a header line, then one line of numbers per stage of an inversion.

    #  VS  VP  RHO  PRO   FIL  FC   WT  J  J  EPRE  EPSI
    1  1   0   0    0.01  1    10   1   0  0  3     0.005
    2  1   1   0    0.01  1    20   1   0  0  3     0.005

This is the layout of DENISE; those of IFOS2D and DENISE Black Edition are recognised by the words of their
headers or by the number of columns. Columns count by position in the first two; the header of the third names
its columns, because its versions have between 26 and 30 of them. A header may end with a column of this
program, MAX_ITER. Blank lines and lines that begin with # are skipped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from denise_py.errors import ParameterError
from denise_py.parameters.reader import read_text
from denise_py.parameters.values import parse_number, shorten
from denise_py.parameters.workflow_columns import (
    BLACK_EDITION,
    LAYOUTS,
    OWN,
    Column,
    header_of,
    layouts_by_count,
)


@dataclass(frozen=True)
class Stage:
    """One stage of an inversion; None stands for 'as in the parameter file'.

    number counts from 1; vs, vp, rho: 1 invert, 0 do not, -1 leave as in the stage before, or vp_from,
    vs_from, rho_from, qs_from: first iteration of the stage in which the parameter moves; min_improvement:
    relative misfit change that ends the stage; filter_kind 0 off, 1 filter with the corners low_pass and
    high_pass (Hz, 0 no high-pass) of that order; wave_type; joint_vs, joint_rho: share of SH data;
    precondition and epsilon: energy preconditioning and its water level; time_window (0, 1), window_damping
    (1/s^2), window_minus, window_plus (s); norm: LNORM; normalize, estimate (the source wavelet): 0, 1;
    wavelet_offset: largest offset (m) for the wavelet, 0 and below all; wavelet_level: its water level;
    mute: 0 no trace, 1 far and 2 near traces are left out, seen from the offset mute_offset (m); smoothing,
    smoothing_x, smoothing_y: kind and widths of the gradient's smoothing; rho_factor: damping of density;
    max_iterations: largest number of them, 0 without limit; layout: that of the file.
    """

    number: int
    vs: int | None = None
    vp: int | None = None
    rho: int | None = None
    min_improvement: float | None = None
    filter_kind: int | None = None
    low_pass: float | None = None
    wave_type: int | None = None
    joint_vs: float | None = None
    joint_rho: float | None = None
    precondition: int | None = None
    epsilon: float | None = None
    high_pass: float | None = None
    order: int | None = None
    time_window: int | None = None
    window_damping: float | None = None
    window_minus: float | None = None
    window_plus: float | None = None
    norm: int | None = None
    normalize: int | None = None
    estimate: int | None = None
    wavelet_offset: float | None = None
    wavelet_level: float | None = None
    mute: int | None = None
    mute_offset: float | None = None
    smoothing: int | None = None
    smoothing_x: float | None = None
    smoothing_y: float | None = None
    rho_factor: float | None = None
    vp_from: int | None = None
    vs_from: int | None = None
    rho_from: int | None = None
    qs_from: int | None = None
    max_iterations: int | None = None
    layout: str = "DENISE"


def read_workflow(path: str | Path) -> tuple[Stage, ...]:
    """Stages of a workflow file in their order.

    Raises ParameterError with every problem: file, line, column, value and what is allowed.
    """
    name = str(path)
    lines = _filled_lines(read_text(path, "workflow file"))
    if not lines:
        raise ParameterError(f"workflow file {name} is empty")
    (header_line, header), rows = lines[0], lines[1:]
    rows = [(number, words) for number, words in rows if not words[0].startswith("#")]
    where = f"workflow file {name}, line {header_line}"
    problems = _header_problems(where, header)
    if not rows and not problems:
        problems.append(f"workflow file {name} has a header but no stage")
    if problems:
        raise ParameterError(problems)
    layout, columns = _layout(f"workflow file {name}", header_line, header, rows[0])
    stages = []
    for count, (number, words) in enumerate(rows, start=1):
        values, found = _row(f"workflow file {name}, line {number}", layout, columns, words)
        problems += found
        if not found:
            stages.append(Stage(count, **values, layout=layout))
    if problems:
        raise ParameterError(problems)
    return tuple(stages)


def _filled_lines(text: str) -> list[tuple[int, list[str]]]:
    """Number and words of all lines that are not blank."""
    return [(number, line.split()) for number, line in enumerate(text.split("\n"), start=1) if line.split()]


def _header_problems(where: str, words: Sequence[str]) -> list[str]:
    if all(_number(word) is not None for word in words):
        return [f"{where} holds numbers, but the first line must be a header (# VS VP RHO ...)"]
    titles = _titles(words)
    if "VS" in titles and "VP" in titles and titles.index("VP") < titles.index("VS"):
        return [f"{where}: the header has VP before VS, but columns count by position: # VS VP RHO ..."]
    return []


# ----------------------------------------------------------------------------------------- layouts


def _titles(words: Sequence[str]) -> list[str]:
    """The words of a header in capitals, without the # in front."""
    titles = [word.strip("#,;:|").upper() for word in words]
    return titles[1:] if titles and not titles[0] else titles


def _layout(
    file: str, header_line: int, header: Sequence[str], first: tuple[int, Sequence[str]]
) -> tuple[str, tuple[Column, ...]]:
    """Name and columns of a file, from the words of its header or else the length of its first line."""
    titles = set(_titles(header))
    known = _names((*BLACK_EDITION, OWN))
    if titles & {"TIME_FILT", "INV_VP_ITER", "LNORM"}:
        return "DENISE Black Edition", _named_columns(f"{file}, line {header_line}", header, known)
    if titles & {"F_FILT", "F_HIGH", "F_LOW"}:
        return "IFOS2D", _by_position("IFOS2D", f"{file}, line {header_line}", header)
    if {"VS", "VP"} <= titles:
        return "DENISE", _by_position("DENISE", f"{file}, line {header_line}", header)
    number, words = first
    for name, columns in LAYOUTS.items():
        if len(words) == len(columns):
            return name, columns
    raise ParameterError(
        f"{file}, line {number} has {len(words)} columns, but expected are {layouts_by_count()}, "
        "or a header that names the columns of DENISE Black Edition"
    )


def _by_position(layout: str, where: str, header: Sequence[str]) -> tuple[Column, ...]:
    """The columns of a layout, and ours if the header ends with it."""
    titles = _titles(header)
    if OWN.title not in titles:
        return LAYOUTS[layout]
    if titles.index(OWN.title) != len(titles) - 1:
        raise ParameterError(f"{where}: the column {OWN.title} must be the last one")
    return *LAYOUTS[layout], OWN


def _names(columns: Sequence[Column]) -> Mapping[str, Column]:
    """Columns by all their names in capitals."""
    return {name.upper(): column for column in columns for name in (column.title, *column.names)}


def _named_columns(where: str, words: Sequence[str], known: Mapping[str, Column]) -> tuple[Column, ...]:
    titles = _titles(words)
    problems = []
    for title in titles:
        if title not in known:
            names = header_of((*BLACK_EDITION, OWN))
            problems.append(f"{where}: there is no column {shorten(title, 30)}; known are {names}")
    found = [known[title] for title in titles if title in known]
    problems += [
        f"{where}: the column {column.title} is there twice"
        for position, column in enumerate(found)
        if column in found[:position]
    ]
    if problems:
        raise ParameterError(problems)
    return tuple(found)


# ------------------------------------------------------------------------------------------- lines


def _row(
    where: str, layout: str, columns: Sequence[Column], words: Sequence[str]
) -> tuple[dict[str, float], list[str]]:
    """Fields of a stage, and what is wrong with the line."""
    if len(words) != len(columns):
        text = f"{where} has {len(words)} columns, but {len(columns)} are expected"
        return {}, [text + _hint(layout, columns, words)]
    values, problems = {}, []
    for column, word in zip(columns, words, strict=True):
        if column.title == "#":
            continue
        value = _number(word)
        reason = "must be a number" if value is None else column.problem(value)
        if reason:
            problems.append(f"{where}, column {column.title} = {shorten(word, 30)}: {reason}")
        elif column.stage:
            values[column.stage] = column.value(value)
    if not problems:
        words_of = {column.stage: word for column, word in zip(columns, words, strict=True)}
        titles = {column.stage: column.title for column in columns}
        problems += [
            f"{where}, column {titles[stage]} = {shorten(words_of[stage], 30)}: {reason}"
            for stage, reason in _relations(titles, values)
        ]
    values.pop("envelope", None)
    values.pop("gravity", None)
    return values, problems


def _hint(layout: str, wanted: Sequence[Column], words: Sequence[str]) -> str:
    """The header that a line of another layout wants, or the one of this layout."""
    for name, columns in LAYOUTS.items():
        if name != layout and len(words) == len(columns):
            return f" by the header; this is the layout of {name}: {header_of(columns)}"
    return "" if layout == "DENISE Black Edition" else f": {header_of(wanted)}"


def _relations(titles: Mapping[str, str], values: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    """Field and reason of numbers that do not go with others of the line."""
    if values.get("filter_kind") and "low_pass" not in titles:
        yield "filter_kind", "needs the corner of the low-pass, a column FC_high"
    elif values.get("filter_kind") and not values["low_pass"]:
        yield "low_pass", f"must be > 0 Hz because {titles['filter_kind']} = 1"
    if values.get("mute") and "mute_offset" not in titles:
        yield "mute", "needs an offset, a column OFFSETC"
    elif values.get("mute") and not values["mute_offset"]:
        yield "mute_offset", f"must be > 0 m because {titles['mute']} = {values['mute']}"
    if values.get("estimate") and not values.get("wavelet_level", 1.0):
        yield "wavelet_level", f"must be > 0 because {titles['estimate']} = 1"
    if values.get("norm") == 8 and values.get("envelope", 1) != 1:
        yield "envelope", "only the L2 norm of envelopes (1) is available"
    if values.get("gravity"):
        yield "gravity", "gravity data are not available; set it to 0"


def _number(word: str) -> float | None:
    try:
        return parse_number(word)
    except ValueError:
        return None
