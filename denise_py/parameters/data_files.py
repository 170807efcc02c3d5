"""Names of the trace files that a run reads, one per shot; each may be SU or SEG-Y."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

#: endings of SEG-Y files
SEGY_ENDINGS: Final = (".sgy", ".segy")


def observed_names(prefix: str, component: str, shot: int) -> tuple[str, ...]:
    """Possible names of observed data, the preferred one first; component: x, y, z or p."""
    return f"{prefix}_{component}.su.shot{shot}", *_segy_names(f"{prefix}_{component}.shot{shot}")


def wavelet_names(base: str, shot: int) -> tuple[str, ...]:
    """Possible names of the wavelet of a shot, the preferred one first."""
    name = f"{base}.shot{shot}"
    return name, f"{name}.su", *_segy_names(name)  # IFOS2D appends .su


def _segy_names(name: str) -> tuple[str, ...]:
    return tuple(name + ending for ending in SEGY_ENDINGS)


def existing(names: Sequence[str]) -> tuple[str, ...]:
    """Those of some possible names under which there is something, in their order."""
    return tuple(name for name in names if os.path.lexists(name))


def chosen(names: Sequence[str]) -> str:
    """The name that is read: the first that exists, or the preferred one if none does."""
    return (*existing(names), names[0])[0]
