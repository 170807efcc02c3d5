"""docs/parameters.md from the table.

Run `python -m denise_py.parameters.reference_doc --write` after every change of the table.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from denise_py.parameters.key import Key
from denise_py.parameters.table import FOREIGN, GROUPS, TABLE

TARGET: Final = Path(__file__).parents[2] / "docs" / "parameters.md"

INTRODUCTION: Final = """\
# Parameters

This page is generated from the table of parameters; `denise explain KEY` shows the same on the terminal.

A parameter file is JSON or the notation of DENISE: lines of the form `"NX" : "500",`, everything else is a
remark. Lines that begin with `#` and entries whose value is `comment` are remarks too. Several parameters can
share an entry: `"XREC1, YREC1" : "6.0 , 0.2"`. Relative paths start from the directory the program runs in.

A parameter has to be given only under the condition that stands with it. One that has no influence in a run
may stay in the file. A value that needs a feature this version lacks is refused.
"""


def render() -> str:
    """The whole page in Markdown."""
    parts = [INTRODUCTION, _missing(), *(_group(name) for name in GROUPS), _aliases(), _foreign()]
    return "\n".join(parts)


def _missing() -> str:
    lines = ["## Not available in this version", ""]
    for key in TABLE:
        if any(need.unless is not None for need in key.needs):
            lines += [f"- {_link(key)}: {phrase}" for phrase in key.unavailable()]
    return "\n".join([*lines, ""])


def _group(group: str) -> str:
    keys = [key for key in TABLE if key.group == group]
    lines = [f"## {GROUPS[group]}", "", "| key | meaning | default |", "|---|---|---|"]
    lines += [f"| {_link(key)} | {key.title} | {_default(key)} |" for key in keys]
    return "\n".join([*lines, "", *(_entry(key) for key in keys)])


def _entry(key: Key) -> str:
    facts = [key.type_text()]
    facts += [f"default {key.default_text()}"] if key.default_text() else []
    facts += [f"required {key.requirement()}"] if key.requirement() else []
    lines = [f"### {key.name}", "", f"{key.title[0].upper()}{key.title[1:]}: {'; '.join(facts)}.", ""]
    if key.choices:
        lines += [*(f"- `{value}` {meaning}" for value, meaning in key.choices.items()), ""]
    lines += [key.help.replace("<", "&lt;"), ""]
    if key.used is not None and not key.always_required:
        lines += [f"Used when {key.used.text}.", ""]
    for alias in key.aliases:
        note = f" ({alias.note})" if alias.note else ""
        lines += [f"Also read as `{alias.name}` of {alias.origin}{note}.", ""]
    if key.unavailable():
        lines += [f"**Not available yet:** {'; '.join(key.unavailable())}.", ""]
    return "\n".join(lines)


def _aliases() -> str:
    lines = ["## Other names", "", "| name | program | read as |", "|---|---|---|"]
    for key in TABLE:
        lines += [f"| `{alias.name}` | {alias.origin} | {_link(key)} |" for alias in key.aliases]
    return "\n".join([*lines, ""])


def _foreign() -> str:
    lines = [
        "## Names of DENISE Black Edition that are not read",
        "",
        "Their values mean something else; a warning points to the counterpart.",
        "",
        "| name | instead |",
        "|---|---|",
    ]
    return "\n".join([*lines, *(f"| `{name}` | {hint} |" for name, hint in FOREIGN.items()), ""])


def _default(key: Key) -> str:
    return key.default_text() or ("required" if key.requirement() else "none")


def _link(key: Key) -> str:
    return f"[`{key.name}`](#{key.name.lower()})"


def main(arguments: list[str]) -> None:
    """Writes the page to docs/ with --write, else to the standard output."""
    if arguments == ["--write"]:
        TARGET.write_text(render(), encoding="utf-8")
    else:
        sys.stdout.write(render())


if __name__ == "__main__":
    main(sys.argv[1:])
