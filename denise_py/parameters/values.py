"""Text or JSON value of one entry -> checked value of its type.

Values stay those of the file: a switch becomes 0 or 1 (or whatever its choices are), not a bool.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from denise_py.parameters.key import Key, Value

LARGEST_INT: Final = 2**31 - 1
LARGEST_FLOAT: Final = 3.4028234663852886e38  # of single precision, which all arrays use
SMALLEST_FLOAT: Final = 1.1754943508222875e-38

_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_SWITCH_WORDS: Final[Mapping[str, int]] = MappingProxyType(
    {"true": 1, "yes": 1, "on": 1, "false": 0, "no": 0, "off": 0}
)
_UNIT_WORDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "s": ("s", "sec", "second", "seconds"),
        "m": ("m", "meter", "meters", "metre", "metres"),
        "Hz": ("hz", "hertz"),
        "%": ("%", "percent", "per cent"),
        "degrees": ("degrees", "degree", "deg", "°"),
        "grid points": ("grid points", "gridpoints", "points", "nodes", "cells"),
        "time steps": ("time steps", "steps", "samples"),
        "kg/m3": ("kg/m3", "kg/m^3", "kg/m**3"),
    }
)


def convert(key: Key, raw: object) -> tuple[Value, str]:
    """Value of a key and a remark ('' if there is nothing to remark).

    Raises ValueError with the rest of the sentence 'KEY = raw ...' when the text is no value of the
    right type. Limits are not looked at.
    """
    if not isinstance(raw, str | int | float):
        raise ValueError("must be a single value")
    if key.kind == "str":
        text = _text(raw)
        return (text.lower() if key.choices else text), ""
    if isinstance(raw, bool) or (isinstance(raw, str) and raw.strip().lower() in _SWITCH_WORDS):
        return _switch(key, raw), ""
    number, remark = _number(key, raw)
    if key.kind == "float":
        return _single_precision(number), remark
    return _whole(number), remark


def parse_number(word: str) -> float:
    """A finite decimal number of single precision; ValueError if the word is anything else."""
    if _NUMBER.fullmatch(word) is None:
        raise ValueError("must be a number")
    return _single_precision(float(word))


def out_of_range(key: Key, value: Value) -> str:
    """The rest of the sentence 'KEY = value ...' if the value is not allowed, else ''."""
    if key.allows(value):
        return ""
    if key.choices:
        listed = ", ".join(f"{choice} ({meaning})" for choice, meaning in key.choices.items())
        return f"is not possible; allowed are {listed}"
    return f"is out of range; it must be {key.limits()}{_unit(key)}"


def is_empty(raw: object) -> bool:
    """Whether an entry holds nothing: null or blank text."""
    return raw is None or (isinstance(raw, str) and not raw.strip())


def show(value: Value) -> str:
    """A converted value as it is shown in messages."""
    return f"{value:g}" if isinstance(value, float) else shorten(value)


def shorten(raw: object, limit: int = 60) -> str:
    """A value as it is shown in messages: on one line, printable and not too long."""
    if isinstance(raw, list | dict):
        return "[...]"
    if isinstance(raw, int) and abs(raw) > 10**limit:
        return "a very long number"
    text = "".join(char if char.isprintable() else "?" for char in str(raw))
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _text(raw: object) -> str:
    if isinstance(raw, bool):
        raise ValueError("is a switch, but a text is expected")
    text = str(raw).strip()
    if any(ord(char) < 32 or ord(char) == 127 or 0xD800 <= ord(char) <= 0xDFFF for char in text):
        raise ValueError("contains a control character (a backslash must be doubled in JSON)")
    return text


def _switch(key: Key, raw: bool | str) -> int:
    if key.kind != "bool" or set(key.choices) != {0, 1}:
        raise ValueError(f"must be a number{_unit(key)}")
    return _SWITCH_WORDS[raw.strip().lower()] if isinstance(raw, str) else int(raw)


def _number(key: Key, raw: str | int | float) -> tuple[float, str]:
    if not isinstance(raw, str):
        return _from_json(raw), ""
    text = raw.strip()
    match = _NUMBER.match(text)
    if match is None:
        raise ValueError(f"must be a number{_unit(key)}")
    rest = text[match.end() :]
    remark = shorten(rest.strip(), 30)
    if remark and not _harmless(key, rest):
        raise ValueError(f"has the text '{remark}' after the number; write the number alone{_unit(key)}")
    return float(match.group()), f"'{remark}' after the number is not read" if remark else ""


def _from_json(raw: int | float) -> float:
    try:
        return float(raw)
    except OverflowError:
        return math.inf


def _harmless(key: Key, rest: str) -> bool:
    """Text after a number may be the right unit, or any remark if the key has no unit."""
    word = rest.strip().lower()
    if not rest[0].isspace() or _NUMBER.match(word):
        return False
    return not key.unit or word in _UNIT_WORDS.get(key.unit, (key.unit.lower(),))


def _single_precision(number: float) -> float:
    if not math.isfinite(number) or abs(number) > LARGEST_FLOAT:
        raise ValueError("is not a finite number of single precision")
    if number != 0 and abs(number) < SMALLEST_FLOAT:
        raise ValueError("is too close to zero for single precision")
    return number


def _whole(number: float) -> int:
    if not math.isfinite(number) or abs(number) > LARGEST_INT:
        raise ValueError(f"is no whole number up to {LARGEST_INT}")
    if number != int(number):
        raise ValueError("must be a whole number")
    return int(number)


def _unit(key: Key) -> str:
    return f", in {key.unit}" if key.unit else ""
