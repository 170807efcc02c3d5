"""SEG-Y files (revision 1, SEG 2002): text header, binary header, then traces as in SU files.

Written through segyio, big-endian, with IEEE floats (format code 5). Read in both byte orders, with the
sample formats IBM float (1), IEEE float (5) and whole numbers of 4, 2 and 1 bytes (2, 3, 8), whatever the
revision. Positions are stored as in SU files: sx, sy, gx, gy in mm, y down.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import numpy as np

from denise_py import __version__
from denise_py.errors import DataError
from denise_py.traces.files import atomic_path, read_bytes
from denise_py.traces.gather import Gather
from denise_py.traces.records import (
    SAMPLE_KINDS,
    Layout,
    TraceFile,
    check_axis,
    check_header_complete,
    dt_in_microseconds,
    first_header,
    header_dtype,
    read_records,
)
from denise_py.traces.su import trace_headers

TEXT_BYTES: Final = 3200
FILE_HEADER_BYTES: Final = 3600
REVISION: Final = 1
IEEE: Final = 5
METRES: Final = 1

# Words of the binary header: name -> first byte, counted from 1 within the file.
_TRACES, _INTERVAL, _SAMPLES, _FORMAT, _SORTING = 3213, 3217, 3221, 3225, 3229
_UNITS, _REVISION, _FIXED_LENGTH, _EXTENDED = 3255, 3501, 3503, 3505
_UNSORTED: Final = 1  # as recorded

_FORMAT_NAMES = "1 (IBM float), 2, 3, 8 (whole numbers) and 5 (IEEE float)"


# ---------------------------------------------------------------------------------------------- writing


def write_segy(path: str | os.PathLike[str], gather: Gather, *, from_line: bool = False) -> None:
    """Write a gather as SEG-Y file of revision 1 (atomically).

    from_line: see su.write_su. Raises DataError when ns, dt or a coordinate does not fit into its
    header word.
    """
    import segyio  # not needed for anything else, and slow to import

    check_axis(gather.ns, gather.dt, path, "a SEG-Y")
    headers = trace_headers(path, gather, from_line)
    spec = segyio.spec()
    spec.format, spec.endian, spec.tracecount = IEEE, "big", gather.ntr
    spec.samples = 1e3 * gather.dt * np.arange(1, gather.ns + 1)
    with atomic_path(path) as temporary:
        with segyio.create(str(temporary), spec) as file:
            file.text[0] = segyio.tools.create_text_header(_text(path, gather))
            file.bin.update(_binary_header(gather))
            for k, header in enumerate(headers):
                file.header[k] = _words(header)
            file.trace.raw[:] = gather.data
        if temporary.stat().st_size != FILE_HEADER_BYTES + gather.ntr * (240 + 4 * gather.ns):
            raise DataError(f"{path}: cannot be written (the file came out incomplete)")


def _binary_header(gather: Gather) -> dict[int, int]:
    return {
        _TRACES: min(gather.ntr, 32767),
        _INTERVAL: dt_in_microseconds(gather.dt),
        _INTERVAL + 2: dt_in_microseconds(gather.dt),  # of the original recording
        _SAMPLES: gather.ns,
        _SAMPLES + 2: gather.ns,
        _FORMAT: IEEE,
        _SORTING: _UNSORTED,
        _UNITS: METRES,
        _REVISION: REVISION,  # a byte, the minor number in the next one
        _REVISION + 1: 0,
        _FIXED_LENGTH: 1,
        _EXTENDED: 0,
    }


def _words(header: np.void) -> dict[int, int]:
    """Words of a trace header that are not zero, by their first byte, as segyio wants them."""
    fields = header_dtype().fields
    words = {fields[name][1] + 1: int(header[name]) for name in header.dtype.names if name != "unass"}
    words[fields["tracr"][1] + 1] = words[fields["tracf"][1] + 1] = int(header["tracl"])
    words[fields["gelev"][1] + 1] = -int(header["gelev"])  # the standard wants elevations, positive upwards
    words[fields["counit"][1] + 1] = 1  # length, not angle
    return {first: value for first, value in words.items() if value}


def _text(path: str | os.PathLike[str], gather: Gather) -> dict[int, str]:
    """Lines of the text header by their numbers, at most 76 characters each."""
    name = Path(path).name.encode("ascii", "replace").decode()
    interval = dt_in_microseconds(gather.dt)
    lines = {
        1: f"denise-py {__version__}: 2-D modelling and full-waveform inversion",
        2: f"File:      {name}",
        3: f"Component: {gather.title or 'not specified'}",
        4: f"Traces:    {gather.ntr}, in the order of the receivers",
        5: f"Samples:   {gather.ns} per trace, IEEE floats, interval {interval} microseconds",
        6: f"Time:      sample n, counted from 1, belongs to n x {interval} microseconds",
        8: "Coordinates: x to the right, y down (depth), in a vertical plane",
        9: "  bytes 73-80 (sx, sy) and 81-88 (gx, gy): x and y in mm, scalar -1000",
        10: "  sources as given in the source file, receivers at their grid points",
        11: "  bytes 41-44: minus the depth of the receiver (elevation) in mm",
        12: "  bytes 49-52: depth of the source in mm;  bytes 69-70: scalar -1000",
        13: "  bytes 37-40: distance from source to receiver in mm",
        39: "SEG Y REV1",
        40: "END TEXTUAL HEADER",
    }
    return {number: line[:76] for number, line in lines.items()}


# ---------------------------------------------------------------------------------------------- reading


def looks_like_segy(raw: bytes) -> bool:
    """Whether a file is rather SEG-Y than SU: text (EBCDIC or ASCII) or nothing in its first 3200 bytes, and
    a binary header behind it that makes sense."""
    if len(raw) < FILE_HEADER_BYTES or _byte_order(raw) is None:
        return False
    text = np.frombuffer(raw, np.uint8, TEXT_BYTES)
    written = text[text != 0]
    if not written.size:
        return True
    ascii_share = np.mean((written >= 0x20) & (written < 0x7F) | (written == 0x0A) | (written == 0x0D))
    return written.size > TEXT_BYTES // 2 and max(ascii_share, _ebcdic_share(written)) > 0.95


def _ebcdic_share(text: np.ndarray) -> float:
    decoded = text.tobytes().decode("cp037")
    return sum(" " <= letter <= "~" or letter in "\n\r\x85" for letter in decoded) / len(decoded)


def read_segy(
    path: str | os.PathLike[str], *, expect_ns: int | None = None, expect_traces: int | None = None
) -> TraceFile:
    """Read a SEG-Y file of either byte order.

    Number of samples and interval are those of the trace headers, or those of the binary header where trace 1
    has 0; when both numbers of samples are there and differ, the one that goes with the size of the file.

    Raises DataError as su.read_su, and for sample formats that cannot be read.
    """
    return segy_content(path, read_bytes(path), expect_ns, expect_traces)


def segy_content(
    path: str | os.PathLike[str], raw: bytes, expect_ns: int | None = None, expect_traces: int | None = None
) -> TraceFile:
    """Content of a SEG-Y file that has been read into memory; path is for the messages. As read_segy."""
    if raw and len(raw) < FILE_HEADER_BYTES:
        raise DataError(
            f"{path}: the file ends after {len(raw)} bytes, within the file header ({FILE_HEADER_BYTES} "
            "bytes); it is truncated or not a SEG-Y file"
        )
    order = _byte_order(raw) if raw else ">"
    if order is None:
        raise DataError(
            f"{path}: not a SEG-Y file that can be read: its sample format (bytes 3225-3226) is "
            f"{_word(raw, _FORMAT, '>')}, possible are {_FORMAT_NAMES}"
        )
    start = _start_of_traces(path, raw, order) if raw else 0
    if raw and len(raw) == start:
        raise DataError(f"{path}: holds no traces, only the file header")
    check_header_complete(path, raw, start, "a SEG-Y")
    layout = _layout(raw, start, order)
    interval = _word(raw, _INTERVAL, order)
    return read_records(
        path, raw, layout, lambda header: 1e-6 * (int(header["dt"]) or interval), expect_ns, expect_traces
    )


def _word(raw: bytes, first: int, order: str) -> int:
    """Unsigned word of the binary header; first: its first byte, from 1."""
    return int(np.frombuffer(raw, order + "u2", 1, first - 1)[0])


def _byte_order(raw: bytes) -> str | None:
    """'>' or '<', whichever gives a known sample format; None if neither does."""
    return next((order for order in "><" if _word(raw, _FORMAT, order) in SAMPLE_KINDS), None)


def _start_of_traces(path: str | os.PathLike[str], raw: bytes, order: str) -> int:
    """First byte (from 0) behind the file header and its extensions of 3200 bytes each."""
    extensions = _word(raw, _EXTENDED, order) if _word(raw, _REVISION, order) else 0
    if extensions >= 2**15:
        raise DataError(
            f"{path}: the number of extended text headers is left open (bytes 3505-3506 are "
            f"{extensions - 2**16}), which cannot be read; remove the extended headers"
        )
    return FILE_HEADER_BYTES + TEXT_BYTES * extensions


def _layout(raw: bytes, start: int, order: str) -> Layout:
    samples = SAMPLE_KINDS[_word(raw, _FORMAT, order)]
    of_trace, of_file = int(first_header(raw, order, start)["ns"]), _word(raw, _SAMPLES, order)
    layouts = [Layout(start, ns, order, samples, assumed=not of_trace) for ns in (of_trace, of_file) if ns]
    fitting = [layout for layout in layouts if layout.fits(len(raw))]
    return (fitting or layouts or [Layout(start, 0, order, samples)])[0]
