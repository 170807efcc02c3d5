"""Names of the trace files that a run reads, one per shot; each may be SU or SEG-Y."""

from __future__ import annotations

import os
from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

#: endings of SEG-Y files
SEGY_ENDINGS: Final = (".sgy", ".segy")
#: settings of the taper files by parameter
TAPER_PATHS: Final = MappingProxyType(
    {"vp": "tapers.file_name", "vs": "tapers.file_name_u", "rho": "tapers.file_name_rho"}
)


def observed_names(prefix: str, component: str, shot: int) -> tuple[str, ...]:
    """Possible names of observed data, the preferred one first; component: x, y, z or p."""
    return f"{prefix}_{component}.su.shot{shot}", *_segy_names(f"{prefix}_{component}.shot{shot}")


def wavelet_names(base: str, shot: int) -> tuple[str, ...]:
    """Possible names of the wavelet of a shot, the preferred one first."""
    name = f"{base}.shot{shot}"
    return name, f"{name}.su", *_segy_names(name)  # IFOS2D appends .su


def taper_names(
    base: str, own: str, slot: str, shot: int | None = None, stage: int | None = None
) -> tuple[str, ...]:
    """Possible names of a taper file of vp, vs or rho, the preferred one first.

    base: TAPER_FILE_NAME, after which IFOS2D puts the name of the parameter; own: the name DENISE has for
    this parameter, or "". Files of a stage come before those of all stages, names of DENISE before IFOS2D's.
    """
    of_shot = "" if shot is None else f".shot{shot}"
    number = f"_{stage}"
    middles = [] if stage is None else [f"{number}{of_shot}", *([f"{of_shot}{number}"] if of_shot else [])]
    names = []
    for middle in (*middles, of_shot):
        names += [own + middle] if own else []
        names += [f"{base}{middle}.{slot}"] if base else []
    return tuple(names)


def _segy_names(name: str) -> tuple[str, ...]:
    return tuple(name + ending for ending in SEGY_ENDINGS)


def existing(names: Sequence[str]) -> tuple[str, ...]:
    """Those of some possible names under which there is something, in their order."""
    return tuple(name for name in names if os.path.lexists(name))


def chosen(names: Sequence[str]) -> str:
    """The name that is read: the first that exists, or the preferred one if none does."""
    return (*existing(names), names[0])[0]
