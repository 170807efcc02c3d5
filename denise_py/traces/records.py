"""Traces one after the other, each a header of 240 bytes and its samples: what SU and SEG-Y have in common.

Header words: the standard list (bytes 1-180 as in SEG-Y rev 1, 181-210 as in CWP/SU). Both kinds of files are
judged here, with the same messages.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from denise_py.errors import DataError
from denise_py.traces.gather import Gather

HEADER_BYTES: Final = 240
MAX_SAMPLES: Final = 65535
MAX_DT_MICROSECONDS: Final = 65535

_WORDS: tuple[tuple[str, str], ...] = (
    ("i4", "tracl tracr fldr tracf ep cdp cdpt"),
    ("i2", "trid nvs nhs duse"),
    ("i4", "offset gelev selev sdepth gdel sdel swdep gwdep"),
    ("i2", "scalel scalco"),
    ("i4", "sx sy gx gy"),
    ("i2", "counit wevel swevel sut gut sstat gstat tstat laga lagb delrt muts mute"),
    ("u2", "ns dt"),
    ("i2", "gain igc igi corr sfs sfe slen styp stas stae tatyp afilf afils nofilf nofils"),
    ("i2", "lcf hcf lcs hcs year day hour minute sec timbas trwf grnors grnofr grnlof gaps otrav"),
    ("f4", "d1 f1 d2 f2 ungpow unscale"),
    ("i4", "ntr"),
    ("i2", "mark"),
)
_UNASSIGNED = ("unass", "i2", (15,))  # bytes 211-240


def header_dtype(byte_order: str = "<") -> np.dtype:
    """Structured dtype (240 bytes) of one trace header; byte_order is '<' or '>'."""
    words = [(name, byte_order + kind) for kind, names in _WORDS for name in names.split()]
    name, kind, shape = _UNASSIGNED
    return np.dtype([*words, (name, byte_order + kind, shape)])


def trace_dtype(ns: int, byte_order: str = "<", kind: str = "f4") -> np.dtype:
    """Structured dtype of one trace: 'header' and 'samples' (ns numbers of a kind, float32 by default)."""
    return np.dtype([("header", header_dtype(byte_order)), ("samples", byte_order + kind, (ns,))])


# --------------------------------------------------------------------------------------------- samples


def from_ibm(words: np.ndarray) -> np.ndarray:
    """Values of IBM System/360 single precision numbers, given as uint32: float64.

    A number is sign, exponent e of 7 bits, fraction f of 24 bits, worth (-1)^sign (f / 2^24) 16^(e - 64).
    """
    fraction = (words & 0x00FFFFFF).astype(np.float64)
    exponent = ((words >> 24) & 0x7F).astype(np.int32)
    value = np.ldexp(fraction, 4 * (exponent - 64) - 24)
    return np.where(words >> 31, -value, value)


@dataclass(frozen=True)
class SampleKind:
    """How samples are stored: numpy's name of the stored kind, and the values of what is stored."""

    stored: str
    values: Callable[[np.ndarray], np.ndarray] = np.asarray

    @property
    def width(self) -> int:
        """Bytes per sample."""
        return np.dtype(self.stored).itemsize


IEEE_FLOAT: Final = SampleKind("f4")

#: sample kinds by the format code of SEG-Y rev 1; code 4 (fixed point with gain) is obsolete
SAMPLE_KINDS: Final[Mapping[int, SampleKind]] = MappingProxyType(
    {
        1: SampleKind("u4", from_ibm),
        2: SampleKind("i4"),
        3: SampleKind("i2"),
        5: IEEE_FLOAT,
        8: SampleKind("i1"),
    }
)


# ---------------------------------------------------------------------------------------------- content


@dataclass(frozen=True, eq=False)
class TraceFile:
    """Content of an SU or SEG-Y file.

    data: (ntr, ns) float32 in native byte order.
    headers: (ntr,) structured array of all header words in native byte order; the words from byte 181 on mean
        something else in SEG-Y.
    dt: sampling interval in s; 0 when the file does not tell.
    byte_order: '<' or '>', as found in the file.
    """

    data: np.ndarray
    headers: np.ndarray
    dt: float
    byte_order: str

    @property
    def receivers(self) -> np.ndarray:
        """Positions (ntr, 2) [x, y] in m of the receivers by the headers; zeros where these do not tell."""
        return np.stack([self._coordinate("gx"), self._coordinate("gy")], axis=1)

    def gather(self, reference_shift: tuple[float, float] = (0.0, 0.0)) -> Gather:
        """The traces with the geometry of their headers (source of trace 1). The interval must be known."""
        source = np.array([self._coordinate("sx")[0], self._coordinate("sy")[0]])
        return Gather(self.data, self.dt, self.receivers, source, np.asarray(reference_shift))

    def _coordinate(self, word: str) -> np.ndarray:
        scalar = self.headers["scalco"].astype(np.float64)
        value = self.headers[word].astype(np.float64)
        divisor = np.where(scalar < 0, -scalar, 1.0)
        factor = np.where(scalar > 0, scalar, 1.0)
        return value / divisor * factor


# ---------------------------------------------------------------------------------------------- writing


def dt_in_microseconds(dt: float) -> int:
    """dt (s) as stored in the header: whole microseconds, halves upwards."""
    return int(rounded(1e6 * dt))


def dt_is_exact(dt: float) -> bool:
    """Whether the header can hold dt (s) without loss, up to float32 accuracy of dt."""
    return abs(1e6 * dt - dt_in_microseconds(dt)) <= 1e6 * dt * 2.0**-23


def dt_matches(dt_of_file: float, dt: float) -> bool:
    """Whether a dt read from a file (whole microseconds; 0 = unknown) can stand for dt (both in s)."""
    return dt_of_file == 0 or abs(dt_of_file - dt) <= max(0.5e-6, 2.0**-23 * dt) * (1 + 1e-6)


def check_axis(ns: int, dt: float, path: str | os.PathLike[str], kind: str) -> None:
    """Raise DataError when ns samples at dt (s) do not fit into the unsigned 16-bit header words.

    kind: 'an SU' or 'a SEG-Y', for the message.
    """
    if not 1 <= ns <= MAX_SAMPLES:
        raise DataError(
            f"{path}: {ns} samples per trace do not fit into {kind} header (1 to {MAX_SAMPLES}): "
            "raise NDT or use SEIS_FORMAT 3"
        )
    if not 1 <= dt_in_microseconds(dt) <= MAX_DT_MICROSECONDS:
        raise DataError(
            f"{path}: sampling interval {dt:g} s cannot be stored in {kind} header "
            f"(1 to {MAX_DT_MICROSECONDS} whole microseconds): change NDT or use SEIS_FORMAT 3"
        )


def millimetres(path: str | os.PathLike[str], metres: np.ndarray | float) -> np.ndarray:
    """Coordinates as the headers hold them. Raises DataError beyond their range."""
    value = rounded(1000.0 * np.asarray(metres, dtype=np.float64))
    if not np.all(np.abs(value) < 2.0**31):
        raise DataError(f"{path}: a coordinate exceeds the 2147 km that a trace header can hold in mm")
    return value


def rounded(value: np.ndarray | float) -> np.ndarray:
    """Nearest whole numbers, halves upwards."""
    return np.floor(np.asarray(value) + 0.5)


# ---------------------------------------------------------------------------------------------- reading


@dataclass(frozen=True)
class Layout:
    """Where the traces of a file are and how they are stored.

    start: byte at which the first trace header begins; ns: samples per trace; byte_order: '<' or '>'.
    assumed: whether a trace whose header says 0 samples has ns.
    """

    start: int
    ns: int
    byte_order: str
    samples: SampleKind = IEEE_FLOAT
    assumed: bool = False

    @property
    def trace_bytes(self) -> int:
        """Bytes of one trace, header and samples."""
        return HEADER_BYTES + self.samples.width * self.ns

    def fits(self, size: int) -> bool:
        """Whether a file of that many bytes holds a whole number of traces."""
        return self.ns > 0 and size > self.start and (size - self.start) % self.trace_bytes == 0


def first_header(raw: bytes, byte_order: str, start: int = 0) -> np.void:
    """The trace header at a byte of the file."""
    return np.frombuffer(raw, dtype=header_dtype(byte_order), count=1, offset=start)[0]


def check_header_complete(path: str | os.PathLike[str], raw: bytes, start: int, kind: str) -> None:
    """Raise DataError for a file that ends within its first trace header. kind: 'an SU', 'a SEG-Y'."""
    if not raw:
        raise DataError(f"{path}: the file is empty")
    if len(raw) < start + HEADER_BYTES:
        raise DataError(
            f"{path}: trace 1: the file ends after {len(raw)} bytes, within the first trace header "
            f"({HEADER_BYTES} bytes{f' from byte {start + 1} on' if start else ''}); it is truncated or not "
            f"{kind} file"
        )


def read_records(
    path: str | os.PathLike[str],
    raw: bytes,
    layout: Layout,
    dt_of: Callable[[np.void], float],
    expect_ns: int | None,
    expect_traces: int | None,
) -> TraceFile:
    """The traces of a file of which at least one header is there.

    dt_of: sampling interval in s by the header of trace 1, 0 for unknown.

    Raises DataError, naming file and trace (counted from 1), for: truncated files, 0 samples, traces of
    different length or sampling, NaN or infinite samples, unexpected sizes.
    """
    if layout.ns == 0:
        raise DataError(f"{path}: trace 1: the header says 0 samples (word ns, bytes 115-116)")
    if not layout.fits(len(raw)):
        raise DataError(f"{path}: {_diagnosis_of_size(raw, layout)}")
    dtype = trace_dtype(layout.ns, layout.byte_order, layout.samples.stored)
    traces = np.frombuffer(raw, dtype=dtype, offset=layout.start)
    headers = traces["header"].astype(header_dtype("="))
    with np.errstate(over="ignore"):  # beyond float32 becomes infinite and is refused as such
        data = layout.samples.values(traces["samples"]).astype(np.float32, order="C")
    _check_same(path, headers, "ns", "samples")
    _check_same(path, headers, "dt", "microseconds sampling interval")
    _check_finite(path, data)
    _check_expected(path, data.shape, expect_traces, expect_ns)
    return TraceFile(data, headers, dt_of(headers[0]), layout.byte_order)


def _diagnosis_of_size(raw: bytes, layout: Layout) -> str:
    """Why a file is not a whole number of traces as long as the first; follows the trace headers."""
    ns, width, trace_bytes = layout.ns, layout.samples.width, layout.trace_bytes
    lengths = _lengths_along(raw, layout)
    end = layout.start + sum(HEADER_BYTES + width * length for length in lengths)
    odd = next((k for k, length in enumerate(lengths) if length != ns), None)
    if odd is not None and end == len(raw):
        return (
            f"trace {odd + 1} has {lengths[odd]} samples, trace 1 has {ns}; all traces must be equally long"
        )
    if odd is None:
        whole, rest = divmod(len(raw) - layout.start, trace_bytes)
        return (
            f"trace {whole + 1} is truncated: the file ends after {rest} of its {trace_bytes} "
            f"bytes (a header and {ns} samples)"
        )
    return (
        f"wrong size: {len(raw)} bytes are not a whole number of traces of {ns} samples, and the header of "
        f"trace {odd + 1} says {lengths[odd]} samples; another kind of file, damaged, or cut in the middle"
    )


def _lengths_along(raw: bytes, layout: Layout) -> list[int]:
    """Samples per trace when every header is believed; the last trace may reach beyond the file."""
    offset_of_ns = header_dtype().fields["ns"][1]
    lengths, position = [], layout.start
    while position + HEADER_BYTES <= len(raw):
        ns = int(np.frombuffer(raw, layout.byte_order + "u2", 1, position + offset_of_ns)[0])
        lengths.append(layout.ns if ns == 0 and layout.assumed else ns)
        position += HEADER_BYTES + layout.samples.width * lengths[-1]
    return lengths


def _check_same(path: str | os.PathLike[str], headers: np.ndarray, word: str, meaning: str) -> None:
    values = headers[word]
    different = np.flatnonzero(values != values[0])
    if different.size:
        k = different[0]
        raise DataError(
            f"{path}: trace {k + 1} has {values[k]} {meaning}, trace 1 has {values[0]}; "
            "all traces must be alike"
        )


def _check_finite(path: str | os.PathLike[str], data: np.ndarray) -> None:
    if np.isfinite(data).all():
        return
    trace, sample = np.argwhere(~np.isfinite(data))[0]
    raise DataError(f"{path}: trace {trace + 1}: sample {sample + 1} is {data[trace, sample]}")


def _check_expected(
    path: str | os.PathLike[str], shape: tuple[int, int], traces: int | None, ns: int | None
) -> None:
    if ns is not None and shape[1] != ns:
        raise DataError(f"{path}: trace 1 has {shape[1]} samples, but {ns} are needed")
    if traces is not None and shape[0] != traces:
        raise DataError(f"{path}: holds {shape[0]} traces, but there are {traces} receivers")
