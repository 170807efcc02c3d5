"""The parameter file as text -> its entries, in the order of the file.

Three notations are tried in turn: JSON; JSON with `#` lines and trailing commas; and the line-oriented
dialect of DENISE, in which everything that is not `"NAME" : "value"` is a remark:

    # General
    "Grid" : "comment",
    "NX" = "500", "NY" : 100
    "REFRECX , REFRECY" : "0.0 , 0.2",

Entries with several names are split here, and objects inside a JSON object only group their members;
names, types and limits are looked at elsewhere.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from denise_py.errors import ParameterError
from denise_py.parameters.table import ALIASES, KEYS
from denise_py.parameters.values import shorten

LARGEST_FILE: Final = 4 * 2**20

_ENTRY: Final = re.compile(
    r"""  "(?P<name>[^"\n]*)" \s* [:=] (?:
          \s* "(?P<text>[^"\n]*)" (?! \s* [:=] )
        | \s* \[ (?P<list>[^\]]*) \]
        | [^\S\n]* (?P<bare> [^\s",{}\[\]] [^",{}\[\]\n]* )
    )""",
    re.VERBOSE,
)
_BARE_NAME: Final = re.compile(
    r"""^ [\s{,]* '? (?P<name>[A-Za-z_]\w*) '? [^\S\n]* [:=] [^\S\n]*
        (?: "(?P<text>[^"\n]*)" | '(?P<single>[^'\n]*)' | (?P<bare>[^\s",']+) ) [\s,}]* $""",
    re.VERBOSE,
)
_ASSIGNED: Final = re.compile(r"""(?<!\w)(\w{2,})["']?\s*[:=]""")
_QUOTED: Final = re.compile(r'"(\w+)"')
_JSON_NAME: Final = re.compile(r'"((?:[^"\\\n]|\\.)*)"\s*:')
_STRING_OR_LAST_COMMA: Final = re.compile(r'("(?:[^"\\\n]|\\.)*")|,(\s*[}\]])')
_COMMENT_NAME: Final = re.compile(r"[_\s]*comments?[_\s\d]*|//.*|#.*|\$schema|", re.IGNORECASE)
_REMARK: Final = re.compile(r'^(?P<kept>(?:"[^"\n]*"|[^"#\n])*)#.*$')


@dataclass(frozen=True)
class Entry:
    """One name with its raw value (text, number, bool, None or list) and the line it stands on, if known."""

    name: str
    value: object
    line: int | None = None


@dataclass(frozen=True)
class Entries:
    """What a file holds: entries, remarks that do not stop a run, and problems that do."""

    entries: tuple[Entry, ...]
    warnings: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def read_entries(path: str | Path) -> Entries:
    """Entries of a parameter file. Raises ParameterError if the file cannot be read or holds no entry."""
    return parse(read_text(path, "parameter file"), str(path))


def read_text(path: str | Path, what: str) -> str:
    """Content of a small text file. Raises ParameterError naming `what` and path if there is none."""
    name = str(path)
    try:
        status = os.stat(name)
        if stat.S_ISDIR(status.st_mode):
            raise ParameterError(f"{what} {name} is a directory; give the name of a file")
        if not stat.S_ISREG(status.st_mode):
            raise ParameterError(f"{what} {name} is not a regular file")
        if status.st_size > LARGEST_FILE:
            size = f"{status.st_size / 2**20:.0f} MiB"
            raise ParameterError(f"{what} {name} has {size}; a file that large is something else")
        content = Path(name).read_bytes()
    except FileNotFoundError:
        raise ParameterError(f"{what} {name} does not exist{nearby(name)}") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ParameterError(f"{what} {shorten(name, 200)} cannot be read: {reason}") from None
    return _decode(content, f"{what} {name}")


def nearby(path: str) -> str:
    """A phrase that names the files nearest to a missing one, or the first directory that is missing."""
    parent = os.path.dirname(path) or "."
    if not os.path.isdir(parent):
        return f" (there is no directory {parent})"
    try:
        with os.scandir(parent) as found:
            names = [item.name for item in islice(found, 5000)]
    except OSError:
        return ""
    near = difflib.get_close_matches(os.path.basename(path), sorted(names), n=3, cutoff=0.75)
    return f" (near names in {parent}: {', '.join(near)})" if near else ""


def parse(text: str, source: str) -> Entries:
    """Entries of the text of a parameter file; `source` is its name in messages."""
    if not text.strip():
        raise ParameterError(f"parameter file {source} is empty")
    for candidate in (text, _without_remarks(text)):
        pairs = _json_pairs(candidate, source)
        if pairs is not None:
            found = _split(pairs, source)
            break
    else:
        found = _dialect(text, source)
    if not found.entries and not found.problems:
        raise ParameterError(
            f'parameter file {source} holds no parameter; expected are lines such as "NAME" : "value",'
        )
    return found


# -------------------------------------------------------------------------------------- decoding


def _decode(content: bytes, what: str) -> str:
    encodings = ("utf-16",) if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "latin-1")
    for encoding in encodings:
        try:
            text = _unix_lines(content.decode(encoding))
        except UnicodeDecodeError:
            continue
        if not any(ord(char) < 32 and char not in "\t\n\f\v" for char in text):
            return text
    raise ParameterError(f"{what} is not a text file")


def _unix_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


# ------------------------------------------------------------------------------------------ JSON


class _Pairs(list[tuple[str, object]]):
    """The members of a JSON object, duplicates included."""


def _json_pairs(text: str, source: str) -> list[Entry] | None:
    """Members of a JSON object with their lines; None if the text is not JSON."""
    try:
        top = json.loads(text, object_pairs_hook=_Pairs)
        members = list(_members(top)) if isinstance(top, _Pairs) else None
    except (ValueError, RecursionError):
        return None
    if members is None:
        raise ParameterError(f'parameter file {source} must hold an object: {{"NAME": value, ...}}')
    lines = _lines_of_names(text)
    return [Entry(name, value, next(lines.get(name, iter(())), None)) for name, value in members]


def _members(pairs: _Pairs) -> Iterator[tuple[str, object]]:
    """Names and values, those of objects inside included: they only group parameters."""
    for name, value in pairs:
        if isinstance(value, _Pairs):
            yield from _members(value)
        else:
            yield name, value


def _lines_of_names(text: str) -> dict[str, Iterator[int]]:
    lines: dict[str, list[int]] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        for match in _JSON_NAME.finditer(line):
            lines.setdefault(match.group(1), []).append(number)
    return {name: iter(numbers) for name, numbers in lines.items()}


def _without_remarks(text: str) -> str:
    """The text without lines that begin with #, and without commas before a closing bracket."""
    lines = ("" if line.lstrip().startswith(("#", "//")) else line for line in text.split("\n"))
    return _STRING_OR_LAST_COMMA.sub(lambda match: match.group(1) or match.group(2), "\n".join(lines))


# --------------------------------------------------------------------------------------- dialect


def _dialect(text: str, source: str) -> Entries:
    text = "\n".join(_strip_remark(line) for line in text.split("\n"))
    pairs, rest = _quoted_entries(text)
    warnings, problems = [], []
    for number, line in enumerate(rest.split("\n"), start=1):
        match = _BARE_NAME.match(line)
        if match and _known(match.group("name")):
            pairs.append(Entry(match.group("name"), _value_of(match), number))
            continue
        remark, serious = _suspicious(line)
        if remark:
            (problems if serious else warnings).append(f"{source}, line {number}: {remark}")
    pairs.sort(key=lambda pair: pair.line or 0)
    found = _split(pairs, source)
    return Entries(found.entries, (*warnings, *found.warnings), (*problems, *found.problems))


def _strip_remark(line: str) -> str:
    if line.lstrip().startswith(("#", "//")):
        return ""
    match = _REMARK.match(line)
    return match.group("kept") if match else line


def _quoted_entries(text: str) -> tuple[list[Entry], str]:
    """Entries whose name stands in quotes, and the text with these entries blanked out."""
    pairs, rest, end, line = [], [], 0, 1
    for match in _ENTRY.finditer(text):
        before, own = text[end : match.start()], match.group()
        line += before.count("\n")
        pairs.append(Entry(match.group("name"), _value_of(match), line))
        rest += [before, " ", "\n" * own.count("\n")]
        line += own.count("\n")
        end = match.end()
    return pairs, "".join((*rest, text[end:]))


def _value_of(match: re.Match[str]) -> object:
    groups = match.groupdict()
    if groups.get("list") is not None:
        return [_unquoted(part) for part in groups["list"].split(",") if part.strip()]
    for name in ("text", "single"):
        if groups.get(name) is not None:
            return groups[name]
    return None if groups["bare"].strip() == "null" else _unquoted(groups["bare"])


def _unquoted(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _known(name: str) -> bool:
    return name in KEYS or name in ALIASES


def _suspicious(line: str) -> tuple[str, bool]:
    """Why a line without an entry looks like one, and whether that is serious."""
    if "comment" in line.lower():  # perhaps the second half of a remark on two lines
        return "", False
    for match in _ASSIGNED.finditer(line):
        if _known(match.group(1)):
            hint = f'write "{match.group(1)}" : "value",'
            return f"'{shorten(line.strip())}' cannot be read; {hint}", '"' in line
    for match in _QUOTED.finditer(line):
        if _known(match.group(1)):
            return f'{match.group(1)} has no value here; write "{match.group(1)}" : "value",', False
    return "", False


# --------------------------------------------------------------------------- comments and combined keys


def _split(pairs: list[Entry], source: str) -> Entries:
    """Drops comments and splits entries with several names."""
    entries: list[Entry] = []
    problems: list[str] = []
    for pair in pairs:
        if _is_comment(pair):
            continue
        names = [name.strip() for name in pair.name.split(",") if name.strip()]
        values = _values(pair.value, len(names))
        if values is None:
            problems.append(_mismatch(pair, len(names), source))
            continue
        entries += [Entry(name, value, pair.line) for name, value in zip(names, values, strict=True)]
    return Entries(tuple(entries), problems=tuple(problems))


def _is_comment(pair: Entry) -> bool:
    if isinstance(pair.value, str) and pair.value.strip().lower() == "comment":
        return True
    return _COMMENT_NAME.fullmatch(pair.name.strip()) is not None


def _values(value: object, count: int) -> list[object] | None:
    """The values of `count` names, None if their number differs."""
    if count == 1:
        return [value]
    if isinstance(value, list):
        return list(value) if len(value) == count else None
    parts = [part.strip() for part in value.split(",")] if isinstance(value, str) else [value]
    while parts and parts[-1] == "":
        parts.pop()
    return parts if len(parts) == count else None


def _mismatch(pair: Entry, count: int, source: str) -> str:
    place = source if pair.line is None else f"{source}, line {pair.line}"
    names, value = shorten(pair.name), shorten(pair.value)
    return f"{place}: '{names}' are {count} names, but '{value}' is another number of values"
