"""Parameter files of DENISE Black Edition and IFOS2D -> names and values of this program.

Black Edition writes one parameter per line, `any words (NAME) = value`; IFOS2D writes JSON. Names that are
not known here are listed with what to do about them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from denise_py.errors import ParameterError
from denise_py.parameters.key import Value
from denise_py.parameters.reader import Entry, parse, read_text
from denise_py.parameters.resolve import find_key
from denise_py.parameters.table import FOREIGN
from denise_py.parameters.values import convert, is_empty, parse_number, shorten
from denise_py.parameters.workflow_file import Stage, read_workflow

Values = dict[str, Value]

_LINE: Final = re.compile(r"^[^#\"]*\((?P<names>[\w+\-, ]+)\)\s*=\s*(?P<value>.*)$")
_KLAUDER: Final = {7: 9}


@dataclass(frozen=True)
class Conversion:
    """Names and values for a parameter file of this program, in the order of the original, and one line about
    everything that was changed, decided or left out."""

    values: Mapping[str, Value]
    remarks: tuple[str, ...]


def convert_file(path: str | Path, workflow: str = "") -> Conversion:
    """The parameters of a file, with a workflow file of Black Edition or IFOS2D if one is given.

    Raises ParameterError with every value that cannot be read or has no counterpart, and for bad workflow
    files.
    """
    text = read_text(path, "parameter file")
    problems: list[str] = []
    entries = _black_edition(text, str(path), problems)
    remarks: list[str] = []
    values: Values = {}
    if entries or problems:
        values |= _translated(str(path), entries, problems, remarks)
        rest = [entry for entry in entries if entry.name not in _TRANSLATIONS]
    else:
        found = parse(text, str(path))
        rest, problems = list(found.entries), [*found.problems]
    for entry in rest:
        _take(str(path), entry, values, problems, remarks)
    if problems:
        raise ParameterError(problems)
    if entries and "QUELLTYP" not in values:
        values["QUELLTYP"] = 1
        remarks.append("QUELLTYP = 1 is for lines of SOURCE_FILE without a type in their eighth column")
    if workflow:
        values |= _for_workflow(workflow, read_workflow(workflow), remarks)
    return Conversion(MappingProxyType(values), tuple(remarks))


def _black_edition(text: str, source: str, problems: list[str]) -> list[Entry]:
    """Entries of a file of Black Edition, none if it is no such file."""
    entries = []
    for number, line in enumerate(text.split("\n"), start=1):
        match = _LINE.match(line)
        if not match:
            continue
        names = [name.strip() for name in match.group("names").split(",")]
        words = match.group("value").split("#")[0].strip()
        parts = [part.strip() for part in words.split(",")] if len(names) > 1 else [words]
        if len(parts) != len(names):
            text = f"{len(names)} names in brackets, but {len(parts)} values"
            problems.append(f"{source}, line {number}: {text}; separate values by commas")
            continue
        entries += [Entry(name, part, number) for name, part in zip(names, parts, strict=True)]
    return entries


def _take(source: str, entry: Entry, values: Values, problems: list[str], remarks: list[str]) -> None:
    """A name that is also known here."""
    where = f"{source}, line {entry.line}" if entry.line else source
    found = find_key(entry.name)
    if found is None or not found[0].field:
        known = found[0].dead or found[0].forbidden if found else FOREIGN.get(entry.name, "")
        why = known or "it is not known here"
        remarks.append(f"{where}: {shorten(entry.name)} = {shorten(entry.value)} is left out: {why}")
        return
    key, alias = found
    if is_empty(entry.value):
        remarks.append(f"{where}: {shorten(entry.name)} is empty and left out")
        return
    try:
        value = convert(key, entry.value)[0]
    except ValueError as error:
        problems.append(f"{where}: {shorten(entry.name)} = {shorten(entry.value)} {error}")
        return
    if alias:
        value = alias.translate(value) if alias.translate else value
        remarks.append(f"{where}: {alias.name} = {shorten(entry.value)} is {key.name} = {value}")
    if key.name in values and values[key.name] != value:
        remarks.append(f"{where}: a second value of {key.name}, {value}, is left out")
    values.setdefault(key.name, value)


# ------------------------------------------------------------------- names with another meaning


def _choice(**choices: Values) -> Callable[[int], Values | None]:
    """Values by the number of the original, given as _1={...}; None for numbers without a counterpart."""
    return lambda number: choices.get(f"_{number}")


def _shape(name: str) -> Callable[[int], Values | None]:
    return lambda number: {name: _KLAUDER.get(number, number)}


_TRANSLATIONS: Final[Mapping[str, Callable[[int], Values | None]]] = MappingProxyType(
    {
        "MODE": _choice(_0={"INVMAT": 10}, _1={"INVMAT": 0}),
        "PHYSICS": _choice(
            _1={"WAVETYPE": 1, "ACOUSTIC": 0},
            _2={"WAVETYPE": 1, "ACOUSTIC": 1},
            _5={"WAVETYPE": 2, "ACOUSTIC": 0},
        ),
        "GRAD_FORM": _choice(_1={"VELOCITY": 0}, _2={"VELOCITY": 1}),
        "NLBFGS": lambda number: {"N_LBFGS": number},
        "QUELLART": _shape("QUELLART"),
        "QUELLART_SH": _shape("QUELLART_SH"),
    }
)
_ABSENT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "MODE": "only forward modelling (0) and inversion (1) are available",
        "PHYSICS": "only P-SV (1), acoustic (2) and SH waves (5) are available",
        "GRAD_FORM": "must be 1 (displacement) or 2 (velocity)",
    }
)


def _translated(source: str, entries: Sequence[Entry], problems: list[str], remarks: list[str]) -> Values:
    """Parameters of Black Edition that have another name or other numbers here."""
    values: Values = {}
    for entry in entries:
        if entry.name not in _TRANSLATIONS:
            continue
        where, shown = f"{source}, line {entry.line}", f"{entry.name} = {shorten(entry.value)}"
        try:
            number = parse_number(str(entry.value))
        except ValueError:
            number = 0.5
        if number != int(number):
            problems.append(f"{where}: {shown} must be a whole number")
            continue
        found = _TRANSLATIONS[entry.name](int(number))
        if found is None:
            problems.append(f"{where}: {shown}: {_ABSENT[entry.name]}")
            continue
        values |= found
        if found != {entry.name: int(number)}:
            listed = ", ".join(f"{name} = {value}" for name, value in found.items())
            remarks.append(f"{where}: {shown} is {listed}")
    return values


def _for_workflow(path: str, stages: Sequence[Stage], remarks: list[str]) -> Values:
    """What the parameter file needs beside a workflow: everything that a stage uses must be on there."""
    values: Values = {"USE_WORKFLOW": 1, "FILE_WORKFLOW": path}
    orders = [stage.order for stage in stages if stage.filter_kind and stage.order is not None]
    for used, name in (("filter_kind", "TIME_FILT"), ("time_window", "TIMEWIN"), ("estimate", "INV_STF")):
        if any(getattr(stage, used) for stage in stages):
            values[name] = 1
            remarks.append(f"{name} = 1 because stages of {path} use it")
    if "TIME_FILT" in values and orders:
        values["ORDER"] = orders[0]
    return values
