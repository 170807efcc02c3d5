"""Seismogram files by SEIS_FORMAT number. All are written atomically, traces in receiver order."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from denise_py.errors import ParameterError
from denise_py.traces.files import atomic_file
from denise_py.traces.gather import Gather
from denise_py.traces.segy import write_segy
from denise_py.traces.su import write_su

Writer = Callable[[str | os.PathLike[str], Gather, bool], None]


def _write_su(path: str | os.PathLike[str], gather: Gather, from_line: bool) -> None:
    write_su(path, gather, from_line=from_line)


def _write_segy(path: str | os.PathLike[str], gather: Gather, from_line: bool) -> None:
    write_segy(path, gather, from_line=from_line)


def _write_ascii(path: str | os.PathLike[str], gather: Gather, from_line: bool) -> None:
    with atomic_file(path) as stream:
        np.savetxt(stream, gather.data.reshape(-1), fmt="%e")


def _write_binary(path: str | os.PathLike[str], gather: Gather, from_line: bool) -> None:
    with atomic_file(path) as stream:
        stream.write(gather.data.astype("<f4").tobytes())


#: number of SEG-Y, whose files have names of their own
SEGY: Final = 4

# SEIS_FORMAT -> writer(path, gather, from_line)
FORMATS: Mapping[int, Writer] = MappingProxyType(
    {
        1: _write_su,
        2: _write_ascii,  # one value per line, %e, traces one after the other
        3: _write_binary,  # float32 little-endian, traces one after the other
        SEGY: _write_segy,
    }
)


def write_gather(path: str | os.PathLike[str], gather: Gather, format: int, from_line: bool) -> None:
    """Write a gather in the format of that number (1 SU, 2 ASCII, 3 binary float32, 4 SEG-Y).

    from_line: see su.write_su. Raises ParameterError for an unknown number, DataError as the
    writer of the format.
    """
    if format not in FORMATS:
        raise ParameterError(f"SEIS_FORMAT = {format} is unknown: allowed are {sorted(FORMATS)}")
    FORMATS[format](path, gather, from_line)
