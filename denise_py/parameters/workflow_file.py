"""The workflow file: a header line, then one line of numbers per stage of an inversion.

    #  VS  VP  RHO  PRO   FIL  FC   WT  J  J  EPRE  EPSI
    1  1   0   0    0.01  1    10   1   0  0  3     0.005
    2  1   1   0    0.01  1    20   1   0  0  3     0.005

Columns count by position, as in DENISE. Blank lines and lines that begin with # are skipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from denise_py.errors import ParameterError
from denise_py.parameters.reader import read_text
from denise_py.parameters.values import parse_number, shorten


@dataclass(frozen=True)
class Stage:
    """One stage of an inversion.

    number counts from 1; vs, vp, rho: 1 invert, 0 do not, -1 leave as in the stage before;
    min_improvement: relative misfit change that ends the stage; filter_kind 0 off, 1 low-pass with the
    corner low_pass (Hz); joint_vs, joint_rho: share of SH data; precondition and epsilon: energy
    preconditioning and its water level.
    """

    number: int
    vs: int
    vp: int
    rho: int
    min_improvement: float
    filter_kind: int
    low_pass: float
    wave_type: int
    joint_vs: float
    joint_rho: float
    precondition: int
    epsilon: float


@dataclass(frozen=True)
class _Column:
    """Header name, field of Stage ('' if not read) and allowed values."""

    title: str
    field: str
    whole: tuple[int, ...] = ()  # allowed whole numbers; empty: any number within the limits
    at_least: float = 0.0
    at_most: float = float("inf")


COLUMNS: Final = (
    _Column("#", ""),
    _Column("VS", "vs", (-1, 0, 1)),
    _Column("VP", "vp", (-1, 0, 1)),
    _Column("RHO", "rho", (-1, 0, 1)),
    _Column("PRO", "min_improvement"),
    _Column("FIL", "filter_kind", (0, 1)),
    _Column("FC", "low_pass"),
    _Column("WT", "wave_type", (1, 2, 3)),
    _Column("J (Vs)", "joint_vs", at_most=1.0),
    _Column("J (RHO)", "joint_rho", at_most=1.0),
    _Column("EPRE", "precondition", (0, 1, 3)),
    _Column("EPSI", "epsilon"),
)
FOREIGN_LAYOUTS: Final = ((14, "IFOS2D"), (30, "DENISE Black Edition"))


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
    problems = _header_problems(f"workflow file {name}, line {header_line}", header)
    if not rows and not problems:
        problems.append(f"workflow file {name} has a header but no stage")
    stages = []
    for count, (number, words) in enumerate(rows, start=1):
        values, found = _row(f"workflow file {name}, line {number}", words)
        problems += found
        if not found:
            stages.append(_stage(count, values))
    if problems:
        raise ParameterError(problems)
    return tuple(stages)


def _filled_lines(text: str) -> list[tuple[int, list[str]]]:
    """Number and words of all lines that are not blank."""
    return [(number, line.split()) for number, line in enumerate(text.split("\n"), start=1) if line.split()]


def _header_problems(where: str, words: list[str]) -> list[str]:
    if all(_number(word) is not None for word in words):
        return [f"{where} holds numbers, but the first line must be a header (# VS VP RHO ...)"]
    titles = [word.strip("#").upper() for word in words]
    if "VS" in titles and "VP" in titles and titles.index("VP") < titles.index("VS"):
        return [f"{where}: the header has VP before VS, but columns count by position: # VS VP RHO ..."]
    return []


def _row(where: str, words: list[str]) -> tuple[dict[str, float], list[str]]:
    """Values by field, and what is wrong with the line."""
    if len(words) != len(COLUMNS):
        return {}, [f"{where} has {len(words)} columns, but {len(COLUMNS)} are expected{_layout(len(words))}"]
    values, problems = {}, []
    for column, word in zip(COLUMNS, words, strict=True):
        if not column.field:
            continue
        value = _number(word)
        reason = "must be a number" if value is None else _limit(column, value)
        if reason:
            problems.append(f"{where}, column {column.title} = {shorten(word, 30)}: {reason}")
        else:
            values[column.field] = value
    if not problems and values["filter_kind"] == 1 and values["low_pass"] == 0:
        problems.append(f"{where}, column FC = 0: must be > 0 Hz because FIL = 1")
    return values, problems


def _layout(count: int) -> str:
    """Says whose layout a number of columns is, if it is a known one."""
    for columns, program in FOREIGN_LAYOUTS:
        if count == columns:
            titles = " ".join(column.title.split()[0] for column in COLUMNS)
            return f"; this is the layout of {program}, which this version cannot read. Use: {titles}"
    return ""


def _number(word: str) -> float | None:
    try:
        return parse_number(word)
    except ValueError:
        return None


def _limit(column: _Column, value: float) -> str:
    if column.whole:
        listed = ", ".join(str(number) for number in column.whole)
        return "" if value in column.whole else f"allowed are {listed}"
    if column.at_least <= value <= column.at_most:
        return ""
    upper = f" and <= {column.at_most:g}" if column.at_most < float("inf") else ""
    return f"must be >= {column.at_least:g}{upper}"


def _stage(number: int, values: dict[str, float]) -> Stage:
    whole = {column.field for column in COLUMNS if column.whole}
    typed = {field: int(value) if field in whole else value for field, value in values.items()}
    return Stage(number=number, **typed)
