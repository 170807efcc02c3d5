"""How a command ended, and whether a folder was left as it was."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path

HANGING = 120.0
"""Seconds after which a process counts as hanging."""


@dataclass(frozen=True)
class Ending:
    """Exit code and output of a command."""

    code: int
    out: str
    err: str


def tree(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Everything in a folder: type, time of the last change, content of regular files."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
        found[str(path.relative_to(folder))] = (status.st_mode, status.st_mtime_ns, content)
    return found
