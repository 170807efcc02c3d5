"""Entries of a file -> the value of every key of the table, with everything that is wrong or worth knowing.

A key that is not in use (see Key.used) takes its idle value whatever the file says, so that nobody has to
ask again whether a value matters.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from denise_py.parameters.key import Alias, Key, Need, Value, listed
from denise_py.parameters.reader import Entry
from denise_py.parameters.table import ALIASES, FOREIGN, KEYS, TABLE
from denise_py.parameters.values import convert, is_empty, out_of_range, shorten, show

LAST_LINE: Final = 2**62


@dataclass(frozen=True)
class Resolved:
    """The value of every key, and what there is to say about it.

    failed: names whose value is a stand-in because of a problem; unused: names that are given without
    having any influence in this run.
    """

    values: Mapping[str, Value]
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    failed: frozenset[str]
    unused: tuple[str, ...]


@dataclass(frozen=True)
class _Given:
    """An entry together with the name it was found under."""

    entry: Entry
    alias: Alias | None


def resolve(entries: Sequence[Entry], source: str) -> Resolved:
    """Looks up, converts and completes; problems are collected, never raised."""
    run = _Resolution(source)
    run.sort(entries)
    values = {key.name: run.value(key.name) for key in TABLE}
    unused = tuple(key.name for key in TABLE if key.name in run.unused)
    problems, warnings, notes = (_in_order(list_) for list_ in (run.problems, run.warnings, run.notes))
    return Resolved(values, problems, warnings, notes, frozenset(run.failed), unused)


def find_key(name: str) -> tuple[Key, Alias | None] | None:
    """The key of a name or alias, exactly or else regardless of upper and lower case; None if unknown."""
    if name in KEYS:
        return KEYS[name], None
    if name in ALIASES:
        return ALIASES[name]
    for known in (*KEYS, *ALIASES):
        if known.lower() == name.lower():
            return find_key(known)
    return None


def near_names(name: str, count: int = 3) -> list[str]:
    """The known names (aliases included) that resemble a name most."""
    by_upper = {known.upper(): known for known in (*KEYS, *ALIASES)}
    near = difflib.get_close_matches(name.upper(), by_upper, n=count, cutoff=0.7)
    return [by_upper[match] for match in near]


@dataclass(frozen=True)
class _Said:
    """A message and the line of the file it belongs to."""

    text: str
    line: int | None = None


def _in_order(messages: list[_Said]) -> tuple[str, ...]:
    """Texts in the order of the file; those without a line come last."""
    return tuple(one.text for one in sorted(messages, key=lambda one: one.line or LAST_LINE))


class _Resolution(Mapping[str, Value]):
    """Values by name, worked out when they are asked for, because conditions ask for other values."""

    def __init__(self, source: str):
        self.source = source
        self.given: dict[str, list[_Given]] = {}
        self.done: dict[str, Value] = {}
        self.problems: list[_Said] = []
        self.warnings: list[_Said] = []
        self.notes: list[_Said] = []
        self.failed: set[str] = set()
        self.unused: set[str] = set()

    def __getitem__(self, name: str) -> Value:
        return self.value(name)

    def __iter__(self) -> Iterator[str]:
        return iter(KEYS)

    def __len__(self) -> int:
        return len(KEYS)

    # ---------------------------------------------------------------------------------- names

    def sort(self, entries: Sequence[Entry]) -> None:
        """Assigns entries to keys; unknown and empty ones end here."""
        for entry in entries:
            found = find_key(entry.name)
            if found is None:
                self._say(self.warnings, entry, _unknown(entry.name))
                continue
            key, alias = found
            expected = alias.name if alias else key.name
            if alias:
                self._say(self.notes, entry, f"{entry.name} is read as {key.name}{_remark(alias)}")
            elif entry.name != expected:
                self._say(self.notes, entry, f"{entry.name} is read as {key.name}")
            if is_empty(entry.value):
                self._say(self.warnings, entry, f"{entry.name} is empty and counts as not given")
                continue
            self.given.setdefault(key.name, []).append(_Given(entry, alias))

    # --------------------------------------------------------------------------------- values

    def value(self, name: str) -> Value:
        if name not in self.done:
            self.done[name] = self._work_out(KEYS[name])
        return self.done[name]

    def _work_out(self, key: Key) -> Value:
        given = self.given.get(key.name, [])
        if key.used is not None and not key.used.test(self):
            return self._idle(key, given)
        if not given:
            return self._absent(key)
        value = self._first(key, given)
        if value is None:
            return self._fail(key)
        self._compare(key, value, given[1:])
        entry = given[0].entry
        if key.forbidden:
            self._say(self.problems, entry, f"{key.name}: {key.forbidden}")
        if key.dead and value != key.default_value(self):
            self._say(self.warnings, entry, f"{key.name} = {show(value)} has no effect: {key.dead}")
        limit = out_of_range(key, value)
        reason = f" {limit}" if limit else _refusal(key, value)
        if reason:
            self._say(self.problems, entry, f"{_label(given[0], key)} = {show(value)}{reason}")
            return self._fail(key)
        return value

    def _idle(self, key: Key, given: list[_Given]) -> Value:
        idle = key.idle_value(self)
        if given:
            try:
                value = _converted(key, given[0])[0]
            except ValueError as error:
                entry = given[0].entry
                text = f"{_label(given[0], key)} = {shorten(entry.value)} {error}; it is not used in this run"
                self._say(self.warnings, entry, text)
                return idle
            if value != idle:
                self.unused.add(key.name)
        return idle

    def _absent(self, key: Key) -> Value:
        if key.always_required or (key.required is not None and key.required.test(self)):
            condition = key.used if key.always_required else key.required
            when = f" (needed because {condition.text})" if condition else ""
            unit = f" in {key.unit}" if key.unit else ""
            text = f"{self.source}: {key.name} is missing: {key.title}{unit}{when}"
            self.problems.append(_Said(text))
            return self._fail(key)
        return key.default_value(self)

    def _fail(self, key: Key) -> Value:
        """The value that stands in for a wrong one, so that the remaining keys can be examined."""
        self.failed.add(key.name)
        return key.default_value(self)

    def _first(self, key: Key, given: list[_Given]) -> Value | None:
        """The first of the values given, None (with a problem) if it is no value of the right type."""
        entry = given[0].entry
        shown = f"{_label(given[0], key)} = {shorten(entry.value)}"
        try:
            value, remark = _converted(key, given[0])
        except ValueError as error:
            self._say(self.problems, entry, f"{shown} {error}")
            return None
        if remark:
            self._say(self.warnings, entry, f"{shown}: {remark}")
        return value

    def _compare(self, key: Key, value: Value, others: list[_Given]) -> None:
        for other in others:
            try:
                same = _converted(key, other)[0] == value
            except ValueError:
                same = False
            if not same:
                text = f"{_label(other, key)} = {shorten(other.entry.value)} is ignored"
                self._say(self.warnings, other.entry, f"{text}; {key.name} = {show(value)} came first")

    def _say(self, messages: list[_Said], entry: Entry, text: str) -> None:
        where = self.source if entry.line is None else f"{self.source}, line {entry.line}"
        messages.append(_Said(f"{where}: {text}", entry.line))


def _converted(key: Key, given: _Given) -> tuple[Value, str]:
    value, remark = convert(key, given.entry.value)
    translate: Callable[[Value], Value] | None = given.alias.translate if given.alias else None
    return (translate(value) if translate else value), remark


def _label(given: _Given, key: Key) -> str:
    return f"{given.alias.name} (that is {key.name})" if given.alias else key.name


def _remark(alias: Alias) -> str:
    return f": {alias.note}" if alias.note else ""


def _refusal(key: Key, value: Value) -> str:
    missing = [need for need in key.needs if need.refuses(value)]
    if not missing:
        return ""
    feature = missing[0].feature.title
    return f": {feature} is not available in this version; set {key.name} to {_works(key, missing)}"


def _works(key: Key, missing: list[Need]) -> str:
    """The values of a key that this version can serve."""
    if key.choices:
        return listed([choice for choice in key.choices if key.works(choice)])
    return listed(missing[0].unless or ())


def _unknown(name: str) -> str:
    shown = shorten(name)
    if name in FOREIGN:
        return f"{shown} belongs to DENISE Black Edition and is not read; {FOREIGN[name]}"
    near = near_names(name, 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"{shown} is no known parameter and is not read{hint}"
