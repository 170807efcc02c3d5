"""Traces from a file of either kind, SU or SEG-Y, recognised by its name and content."""

from __future__ import annotations

import os

import numpy as np

from denise_py.parameters.data_files import SEGY_ENDINGS
from denise_py.traces.files import read_bytes
from denise_py.traces.records import TraceFile
from denise_py.traces.segy import looks_like_segy, segy_content
from denise_py.traces.su import su_content


def read_traces(
    path: str | os.PathLike[str], *, expect_ns: int | None = None, expect_traces: int | None = None
) -> TraceFile:
    """Read an SU or SEG-Y file: SEG-Y if its name ends in .sgy or .segy or its content looks like it, else
    SU.

    Raises DataError as su.read_su and segy.read_segy.
    """
    raw = read_bytes(path)
    is_segy = os.fspath(path).lower().endswith(SEGY_ENDINGS) or looks_like_segy(raw)
    return (segy_content if is_segy else su_content)(path, raw, expect_ns, expect_traces)


def read_wavelet(path: str | os.PathLike[str]) -> tuple[np.ndarray, float]:
    """First trace of an SU or SEG-Y file as (ns,) float64 and its dt in s (0 when unknown). Raises as
    read_traces."""
    content = read_traces(path)
    return content.data[0].astype(np.float64), content.dt
