"""Seismic Unix (SU) files: traces of 240 header bytes and ns float32 samples, without a file header.

Files are written little-endian, as DENISE leaves them on today's machines; both byte orders are read.
Coordinates are stored in mm (scalel = scalco = -1000), depths are positive downwards, dt is in whole
microseconds and ns and dt are unsigned.
"""

from __future__ import annotations

import os

import numpy as np

from denise_py.traces.files import atomic_file, read_bytes
from denise_py.traces.gather import Gather
from denise_py.traces.records import (
    HEADER_BYTES,
    Layout,
    TraceFile,
    check_axis,
    check_header_complete,
    dt_in_microseconds,
    first_header,
    header_dtype,
    millimetres,
    read_records,
    rounded,
    trace_dtype,
)

_SCALARS = (0, 1, 10, 100, 1000, 10000, -1, -10, -100, -1000, -10000)

# Swdep holds an angle about this point (m), a habit of the original that keeps headers comparable.
_ANGLE_CENTRE = 800.0


# ---------------------------------------------------------------------------------------------- writing


def write_su(path: str | os.PathLike[str], gather: Gather, *, from_line: bool = False) -> None:
    """Write a gather as SU file (atomically).

    from_line: the receivers come from a line in the parameter file; only sets header word cdp to 1.
    Raises DataError when ns, dt or a coordinate does not fit into its header word.
    """
    check_axis(gather.ns, gather.dt, path, "an SU")
    traces = np.empty(gather.ntr, dtype=trace_dtype(gather.ns))
    traces["header"] = trace_headers(path, gather, from_line)
    traces["header"]["swdep"] = rounded(1000.0 * _leftover_angle(gather))
    traces["header"]["d1"] = dt_in_microseconds(gather.dt) * 1e-6
    traces["samples"] = gather.data
    with atomic_file(path) as stream:
        stream.write(traces.tobytes())


def trace_headers(path: str | os.PathLike[str], gather: Gather, from_line: bool) -> np.ndarray:
    """The header words that SU and SEG-Y files share, (ntr,) of header_dtype().

    Raises DataError, naming the file, when a coordinate does not fit.
    """
    x, y = gather.receivers.T
    source_x, source_y = gather.source
    header = np.zeros(gather.ntr, dtype=header_dtype())
    header["tracl"] = np.arange(1, gather.ntr + 1)
    header["cdp"] = 1 if from_line else 0
    header["trid"] = 1
    header["offset"] = millimetres(path, np.hypot(x - source_x, y - source_y))
    header["gelev"] = header["gy"] = millimetres(path, y)
    header["gx"] = millimetres(path, x)
    header["sdepth"] = header["sy"] = millimetres(path, source_y)
    header["sx"] = millimetres(path, source_x)
    header["scalel"] = header["scalco"] = -1000
    header["ns"] = gather.ns
    header["dt"] = dt_in_microseconds(gather.dt)
    return header


def _leftover_angle(gather: Gather) -> np.ndarray:
    x, y = (gather.receivers - gather.reference_shift - _ANGLE_CENTRE).T
    return np.degrees(np.arctan2(x, y))


# ---------------------------------------------------------------------------------------------- reading


def read_su(
    path: str | os.PathLike[str], *, expect_ns: int | None = None, expect_traces: int | None = None
) -> TraceFile:
    """Read an SU file of either byte order.

    The byte order is the one in which file size and header words make sense. expect_ns and
    expect_traces make other sizes an error.

    Raises DataError, naming file and trace (counted from 1), for: missing, empty or truncated files,
    ns = 0, traces of different length or sampling, NaN or infinite samples, unexpected sizes.
    """
    return su_content(path, read_bytes(path), expect_ns, expect_traces)


def su_content(
    path: str | os.PathLike[str], raw: bytes, expect_ns: int | None = None, expect_traces: int | None = None
) -> TraceFile:
    """Content of an SU file that has been read into memory; path is for the messages. As read_su."""
    check_header_complete(path, raw, 0, "an SU")
    order = _byte_order(raw)
    layout = Layout(0, int(first_header(raw, order)["ns"]), order)
    return read_records(path, raw, layout, _dt_of, expect_ns, expect_traces)


def _byte_order(raw: bytes) -> str:
    """'<' or '>', whichever reads more sensibly; '<' when both do."""
    return max("<>", key=lambda order: _plausibility(raw, order))


def _plausibility(raw: bytes, order: str) -> int:
    """How many signs speak for a byte order. The file size counts most, but cannot decide alone: a
    truncated file may by chance fit the number of samples read in the wrong order."""
    header = first_header(raw, order)
    ns = int(header["ns"])
    available = min(ns, (len(raw) - HEADER_BYTES) // 4)
    samples = np.frombuffer(raw, dtype=order + "f4", count=available, offset=HEADER_BYTES)
    with np.errstate(invalid="ignore"):
        moderate = bool(np.all(np.abs(samples) < 1e20))  # swapped bytes give exponents all over the range
    signs = (
        0 <= header["tracl"] <= 10_000_000,
        0 <= header["trid"] <= 255,
        header["scalel"] in _SCALARS,
        header["scalco"] in _SCALARS,
        0 < header["dt"] <= 20_000,
        moderate,
    )
    return sum(map(int, signs)) + (3 if Layout(0, ns, order).fits(len(raw)) else 0)


def _dt_of(header: np.void) -> float:
    if header["dt"]:
        return int(header["dt"]) * 1e-6
    d1 = float(header["d1"])
    return d1 if np.isfinite(d1) and d1 > 0 else 0.0
