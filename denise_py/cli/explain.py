"""`denise explain [NAME ...]`: what a parameter means; without a name, all parameters by subject."""

from __future__ import annotations

import argparse
import sys
import textwrap
from typing import Final

from denise_py.parameters.key import Key
from denise_py.parameters.resolve import find_key, near_names
from denise_py.parameters.table import FOREIGN, GROUPS, TABLE

WIDTH: Final = 88
UNKNOWN_NAME: Final = 2  # exit code


def run(args: list[str]) -> int:
    """Prints the entries of the names, or a list; 0, or 2 if a name is unknown."""
    parser = argparse.ArgumentParser(
        prog="denise explain", description="Explain parameters of a parameter file."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="a parameter or a part of its name")
    names = parser.parse_args(args).names
    if not names:
        print("\n\n".join(_group(group) for group in GROUPS))
        return 0
    return max([_explain(name) for name in names])


def _explain(name: str) -> int:
    found = find_key(name)
    if found is not None:
        key, alias = found
        if alias is not None:
            print(f"{alias.name} of {alias.origin} is read as {key.name}.\n")
        print(_entry(key))
        return 0
    matches = [] if name in FOREIGN else _search(name)
    if matches:
        print(f"Parameters with '{name}':\n")
        print("\n".join(_line(key) for key in matches))
        return 0
    print(f"denise explain: {_unknown(name)}", file=sys.stderr)
    return UNKNOWN_NAME


def _search(text: str) -> list[Key]:
    """Keys with the text in name, alias or title, else those with the text in the help."""
    wanted = text.lower()
    by_name = [key for key in TABLE if wanted in _searchable(key)]
    return by_name or [key for key in TABLE if wanted in key.help.lower()]


def _searchable(key: Key) -> str:
    names = (key.name, key.title, GROUPS[key.group], *(alias.name for alias in key.aliases))
    return "\n".join(names).lower()


def _unknown(name: str) -> str:
    if name in FOREIGN:
        return f"{name} belongs to DENISE Black Edition and is not read; {FOREIGN[name]}"
    near = near_names(name)
    hint = f"; did you mean {' or '.join(near)}?" if near else "; 'denise explain' lists all"
    return f"there is no parameter '{name}'{hint}"


def _group(group: str) -> str:
    lines = [_line(key) for key in TABLE if key.group == group]
    return "\n".join([GROUPS[group], *lines])


def _line(key: Key) -> str:
    mark = " (not available yet)" if _is_missing(key) else ""
    return f"  {key.name:<33} {key.title}{mark}"


def _is_missing(key: Key) -> bool:
    """Whether no value of the key but "off" can be of use in this version."""
    return bool(key.unavailable()) and any(need.unless in (None, (0,)) for need in key.needs)


def _entry(key: Key) -> str:
    facts = [("subject", GROUPS[key.group]), ("type", key.type_text())]
    facts += [("default", key.default_text())] if key.default_text() else []
    facts += [("required", key.requirement())] if key.requirement() else []
    facts += [("used", f"when {key.used.text}")] if key.used is not None else []
    facts += [("also", f"{alias.name} ({alias.origin})") for alias in key.aliases]
    facts += [("missing", f"{phrase}: not available in this version") for phrase in key.unavailable()]
    lines = [f"{key.name}: {key.title}", ""]
    for word, text in facts:
        lines += _wrapped(text, f"  {word:<10}", 12)
    if key.choices:
        lines += ["", *(f"  {value:>4}  {meaning}" for value, meaning in key.choices.items())]
    return "\n".join([*lines, "", *_wrapped(key.help, "  ", 2), ""])


def _wrapped(text: str, first: str, indent: int) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=" " * indent)
