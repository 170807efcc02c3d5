"""What one row of the parameter table says: name, place in the settings, type, default, limits, conditions.

Values in conditions, defaults and choices are those of the parameter file (a switch is 0 or 1 there).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

Value = int | float | str
Values = Mapping[str, Value]  # JSON name -> value of the file
Kind = Literal["int", "float", "str", "bool"]

KIND_TEXT: Final[Mapping[Kind, str]] = {
    "int": "whole number",
    "float": "number",
    "str": "text",
    "bool": "switch",
}


@dataclass(frozen=True)
class Required:
    """Default of a key that has none: it must be given whenever it is in use."""


@dataclass(frozen=True)
class SameAs:
    """Default that is the value of another key."""

    name: str


REQUIRED: Final = Required()


@dataclass(frozen=True)
class When:
    """A condition on the other values; `text` completes the sentence 'when ...'."""

    test: Callable[[Values], bool]
    text: str
    compound: bool = False  # an alternative of several conditions, wants brackets inside a longer one


@dataclass(frozen=True)
class Feature:
    """A part of the program; while `available` is False every value that needs it is refused by name."""

    title: str
    available: bool


@dataclass(frozen=True)
class Need:
    """A key needs a feature, except for the values in `unless`.

    `unless` None: the key has no say of its own, another key switches the feature on.
    """

    feature: Feature
    unless: tuple[Value, ...] | None = None

    def refuses(self, value: Value) -> bool:
        """Whether a value cannot be served because the feature is missing."""
        return not self.feature.available and self.unless is not None and value not in self.unless


@dataclass(frozen=True)
class Alias:
    """Another name of a key, the program it comes from, and how its value translates."""

    name: str
    origin: str
    translate: Callable[[Value], Value] | None = None
    note: str = ""


@dataclass(frozen=True)
class Key:
    """One parameter.

    group, field: place in the settings (field "" for keys that are read but never stored);
    part: index or name inside a field that several keys share.
    default holds while the key is in use but not given, idle while it is not in use.
    used: when the key has any influence (None: always); required: when it must be given (for a default
    of REQUIRED that is whenever it is used).
    at_least/at_most are inclusive, above is not. true_at: value of the file that means True for switches.
    dead: why the key has no effect (it is accepted with a warning); forbidden: why it must be absent.
    """

    name: str
    group: str
    field: str
    kind: Kind
    title: str
    help: str
    default: Value | Required | SameAs = REQUIRED
    used: When | None = None
    required: When | None = None
    idle: Value | SameAs | None = None
    unit: str = ""
    choices: Mapping[int, str] | Mapping[str, str] = field(default_factory=dict)
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    aliases: tuple[Alias, ...] = ()
    needs: tuple[Need, ...] = ()
    part: int | str | None = None
    true_at: int = 1
    dead: str = ""
    forbidden: str = ""

    @property
    def path(self) -> str:
        """'group.field' or 'group.field.part', '' for keys that are not stored."""
        if not self.field:
            return ""
        place = f"{self.group}.{self.field}"
        return place if self.part is None else f"{place}.{self.part}"

    @property
    def always_required(self) -> bool:
        """Required whenever it is used."""
        return isinstance(self.default, Required)

    def idle_value(self, values: Values) -> Value:
        """Value while the key is not in use."""
        if self.idle is None and self.always_required:
            return self.placeholder
        return _follow(self.default if self.idle is None else self.idle, values)

    def default_value(self, values: Values) -> Value:
        """Value when the key is in use and not given."""
        if self.always_required:
            return self.placeholder
        return _follow(self.default, values)

    @property
    def placeholder(self) -> Value:
        """A harmless value that lets the examination go on after this key has failed."""
        if self.kind == "str":
            return self.default if self.choices else ""
        if self.idle is not None and not isinstance(self.idle, SameAs):
            return self.idle
        if self.choices:
            return min(self.choices)
        return 1 if self.kind == "int" else 1.0

    def works(self, value: int) -> bool:
        """Whether a value can be served by this version."""
        return not any(need.refuses(value) for need in self.needs)

    def requirement(self) -> str:
        """When the key must be given, as a phrase; '' if never."""
        condition = self.used if self.always_required else self.required
        if condition is not None:
            return f"when {condition.text}"
        return "always" if self.always_required else ""

    def default_text(self) -> str:
        """Default as it is shown to users; '' if there is none."""
        if isinstance(self.default, Required) or self.default == "":
            return ""
        if isinstance(self.default, SameAs):
            return f"that of {self.default.name}"
        return f"{self.default:g}" if isinstance(self.default, float) else str(self.default)

    def type_text(self) -> str:
        """Type, limits and unit as one phrase."""
        limits = "" if self.choices else self.limits()
        unit = f"in {self.unit}" if self.unit else ""
        return ", ".join(part for part in (KIND_TEXT[self.kind], limits, unit) if part)

    def limits(self) -> str:
        """Allowed values as a phrase; '' if everything is allowed."""
        if self.choices:
            return ", ".join(str(choice) for choice in self.choices)
        parts = [
            f"> {self.above:g}" if self.above is not None else "",
            f">= {self.at_least:g}" if self.at_least is not None else "",
            f"<= {self.at_most:g}" if self.at_most is not None else "",
        ]
        return " and ".join(part for part in parts if part)

    def allows(self, value: Value) -> bool:
        """Whether a converted value lies within choices and limits."""
        if self.choices:
            return value in self.choices
        if isinstance(value, str):
            return True
        return not (
            (self.above is not None and value <= self.above)
            or (self.at_least is not None and value < self.at_least)
            or (self.at_most is not None and value > self.at_most)
        )

    def unavailable(self) -> tuple[str, ...]:
        """What this version lacks of the key, one phrase per missing feature."""
        missing = (need for need in self.needs if not need.feature.available)
        return tuple(f"{need.feature.title}{self._except(need)}" for need in missing)

    def _except(self, need: Need) -> str:
        if need.unless is None:
            return ""
        if self.choices:
            return f" (value {listed([choice for choice in self.choices if need.refuses(choice)])})"
        return f" (any value but {listed(need.unless)})"


def _follow(value: Value | SameAs, values: Values) -> Value:
    return values[value.name] if isinstance(value, SameAs) else value


def listed(values: Sequence[Value]) -> str:
    """'1', '1 or 2', '1, 2 or 3'."""
    words = [f"{value:g}" if isinstance(value, float) else str(value) for value in values]
    return " or ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)


def equals(name: str, *wanted: int) -> When:
    """Condition: a key has one of some values."""
    return When(lambda values: values[name] in wanted, f"{name} = {listed(wanted)}", compound=len(wanted) > 1)


def positive(name: str) -> When:
    """Condition: a key is greater than zero."""
    return When(lambda values: values[name] > 0, f"{name} > 0")


def at_least(name: str, number: int) -> When:
    """Condition: a key is not smaller than a number."""
    return When(lambda values: values[name] >= number, f"{name} >= {number}")


def both(first: When, second: When) -> When:
    """Condition: two conditions at once."""
    text = f"{_bracketed(first)} and {_bracketed(second)}"
    return When(lambda values: first.test(values) and second.test(values), text)


def either(first: When, second: When) -> When:
    """Condition: at least one of two conditions."""
    text = f"{_bracketed(first)} or {_bracketed(second)}"
    return When(lambda values: first.test(values) or second.test(values), text, compound=True)


def _bracketed(condition: When) -> str:
    return f"({condition.text})" if condition.compound else condition.text
