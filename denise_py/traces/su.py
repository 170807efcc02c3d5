"""Seismic Unix (SU) files: traces of 240 header bytes and ns float32 samples, without a file header.

Files are written little-endian, as DENISE leaves them on today's machines; both byte orders are read.
Header words: the standard SU list (bytes 1-180 as in SEG-Y rev 1, 181-210 as in CWP/SU). Coordinates are
stored in mm (scalel = scalco = -1000), depths are positive downwards, dt is in whole microseconds and
ns and dt are unsigned.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from denise_py.errors import DataError
from denise_py.traces.files import atomic_file, read_bytes
from denise_py.traces.gather import Gather

HEADER_BYTES = 240
MAX_SAMPLES = 65535
MAX_DT_MICROSECONDS = 65535

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
_SCALARS = (0, 1, 10, 100, 1000, 10000, -1, -10, -100, -1000, -10000)

# Swdep holds an angle about this point (m), a habit of the original that keeps headers comparable.
_ANGLE_CENTRE = 800.0


def header_dtype(byte_order: str = "<") -> np.dtype:
    """Structured dtype (240 bytes) of one trace header; byte_order is '<' or '>'."""
    words = [(name, byte_order + kind) for kind, names in _WORDS for name in names.split()]
    name, kind, shape = _UNASSIGNED
    return np.dtype([*words, (name, byte_order + kind, shape)])


def trace_dtype(ns: int, byte_order: str = "<") -> np.dtype:
    """Structured dtype of one trace: 'header' and 'samples' (ns float32)."""
    return np.dtype([("header", header_dtype(byte_order)), ("samples", byte_order + "f4", (ns,))])


@dataclass(frozen=True, eq=False)
class SuFile:
    """Content of an SU file.

    data: (ntr, ns) float32 in native byte order.
    headers: (ntr,) structured array of all header words in native byte order.
    dt: sampling interval in s; 0 when the file does not tell.
    byte_order: '<' or '>', as found in the file.
    """

    data: np.ndarray
    headers: np.ndarray
    dt: float
    byte_order: str

    def gather(self, reference_shift: tuple[float, float] = (0.0, 0.0)) -> Gather:
        """The traces with the geometry of their headers (source of trace 1)."""
        receivers = np.stack([self._coordinate("gx"), self._coordinate("gy")], axis=1)
        source = np.array([self._coordinate("sx")[0], self._coordinate("sy")[0]])
        return Gather(self.data, self.dt, receivers, source, np.asarray(reference_shift))

    def _coordinate(self, word: str) -> np.ndarray:
        scalar = self.headers["scalco"].astype(np.float64)
        value = self.headers[word].astype(np.float64)
        divisor = np.where(scalar < 0, -scalar, 1.0)
        factor = np.where(scalar > 0, scalar, 1.0)
        return value / divisor * factor


# ---------------------------------------------------------------------------------------------- writing


def dt_in_microseconds(dt: float) -> int:
    """dt (s) as stored in the header: whole microseconds, halves upwards."""
    return int(_rounded(1e6 * dt))


def dt_is_exact(dt: float) -> bool:
    """Whether the header can hold dt (s) without loss, up to float32 accuracy of dt."""
    return abs(1e6 * dt - dt_in_microseconds(dt)) <= 1e6 * dt * 2.0**-23


def dt_matches(dt_of_file: float, dt: float) -> bool:
    """Whether a dt read from a file (whole microseconds; 0 = unknown) can stand for dt (both in s)."""
    return dt_of_file == 0 or abs(dt_of_file - dt) <= max(0.5e-6, 2.0**-23 * dt) * (1 + 1e-6)


def check_su_axis(ns: int, dt: float, path: str | os.PathLike[str] = "SU output") -> None:
    """Raise DataError when ns samples at dt (s) do not fit into the unsigned 16-bit header words."""
    if not 1 <= ns <= MAX_SAMPLES:
        raise DataError(
            f"{path}: {ns} samples per trace do not fit into an SU header (1 to {MAX_SAMPLES}): "
            "raise NDT or use SEIS_FORMAT 3"
        )
    if not 1 <= dt_in_microseconds(dt) <= MAX_DT_MICROSECONDS:
        raise DataError(
            f"{path}: sampling interval {dt:g} s cannot be stored in an SU header "
            f"(1 to {MAX_DT_MICROSECONDS} whole microseconds): change NDT or use SEIS_FORMAT 3"
        )


def write_su(path: str | os.PathLike[str], gather: Gather, *, from_line: bool = False) -> None:
    """Write a gather as SU file (atomically).

    from_line: the receivers come from a line in the parameter file; only sets header word cdp to 1.
    Raises DataError when ns, dt or a coordinate does not fit into its header word.
    """
    check_su_axis(gather.ns, gather.dt, path)
    traces = np.empty(gather.ntr, dtype=trace_dtype(gather.ns))
    traces["header"] = _headers(path, gather, from_line)
    traces["samples"] = gather.data
    with atomic_file(path) as stream:
        stream.write(traces.tobytes())


def _headers(path: str | os.PathLike[str], gather: Gather, from_line: bool) -> np.ndarray:
    x, y = gather.receivers.T
    source_x, source_y = gather.source
    microseconds = dt_in_microseconds(gather.dt)
    header = np.zeros(gather.ntr, dtype=header_dtype())
    header["tracl"] = np.arange(1, gather.ntr + 1)
    header["cdp"] = 1 if from_line else 0
    header["trid"] = 1
    header["offset"] = _millimetres(path, np.hypot(x - source_x, y - source_y))
    header["gelev"] = header["gy"] = _millimetres(path, y)
    header["gx"] = _millimetres(path, x)
    header["sdepth"] = header["sy"] = _millimetres(path, source_y)
    header["sx"] = _millimetres(path, source_x)
    header["swdep"] = _rounded(1000.0 * _leftover_angle(gather))
    header["scalel"] = header["scalco"] = -1000
    header["ns"] = gather.ns
    header["dt"] = microseconds
    header["d1"] = microseconds * 1e-6
    return header


def _leftover_angle(gather: Gather) -> np.ndarray:
    x, y = (gather.receivers - gather.reference_shift - _ANGLE_CENTRE).T
    return np.degrees(np.arctan2(x, y))


def _millimetres(path: str | os.PathLike[str], metres: np.ndarray | float) -> np.ndarray:
    value = _rounded(1000.0 * np.asarray(metres, dtype=np.float64))
    if not np.all(np.abs(value) < 2.0**31):
        raise DataError(f"{path}: a coordinate exceeds the 2147 km that an SU header can hold in mm")
    return value


def _rounded(value: np.ndarray | float) -> np.ndarray:
    return np.floor(np.asarray(value) + 0.5)


# ---------------------------------------------------------------------------------------------- reading


def read_su(
    path: str | os.PathLike[str], *, expect_ns: int | None = None, expect_traces: int | None = None
) -> SuFile:
    """Read an SU file of either byte order.

    The byte order is the one in which file size and header words make sense. expect_ns and
    expect_traces make other sizes an error.

    Raises DataError, naming file and trace (counted from 1), for: missing, empty or truncated files,
    ns = 0, traces of different length or sampling, NaN or infinite samples, unexpected sizes.
    """
    raw = read_bytes(path)
    _check_not_too_short(path, raw)
    order = _byte_order(raw)
    ns = int(_first_header(raw, order)["ns"])
    if ns == 0:
        raise DataError(f"{path}: trace 1: the header says 0 samples (word ns, bytes 115-116)")
    if len(raw) % trace_dtype(ns).itemsize:
        raise DataError(f"{path}: {_diagnosis_of_size(raw, order)}")
    traces = np.frombuffer(raw, dtype=trace_dtype(ns, order))
    headers = traces["header"].astype(header_dtype("="))
    data = traces["samples"].astype(np.float32, order="C")
    _check_same(path, headers, "ns", "samples")
    _check_same(path, headers, "dt", "microseconds sampling interval")
    _check_finite(path, data)
    _check_expected(path, data.shape, expect_traces, expect_ns)
    return SuFile(data, headers, _dt_of(headers[0]), order)


def read_wavelet_su(path: str | os.PathLike[str]) -> tuple[np.ndarray, float]:
    """First trace of an SU file as (ns,) float64 and its dt in s (0 when unknown). Raises as read_su."""
    content = read_su(path)
    return content.data[0].astype(np.float64), content.dt


def _check_not_too_short(path: str | os.PathLike[str], raw: bytes) -> None:
    if not raw:
        raise DataError(f"{path}: the file is empty")
    if len(raw) < HEADER_BYTES:
        raise DataError(
            f"{path}: trace 1: the file ends after {len(raw)} bytes, within the first trace header "
            f"({HEADER_BYTES} bytes); it is truncated or not an SU file"
        )


def _first_header(raw: bytes, order: str) -> np.void:
    return np.frombuffer(raw, dtype=header_dtype(order), count=1)[0]


def _byte_order(raw: bytes) -> str:
    """'<' or '>', whichever reads more sensibly; '<' when both do."""
    return max("<>", key=lambda order: _plausibility(raw, order))


def _plausibility(raw: bytes, order: str) -> int:
    """How many signs speak for a byte order. The file size counts most, but cannot decide alone: a
    truncated file may by chance fit the number of samples read in the wrong order."""
    header = _first_header(raw, order)
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
    fits = ns > 0 and len(raw) % trace_dtype(ns).itemsize == 0
    return sum(map(int, signs)) + (3 if fits else 0)


def _diagnosis_of_size(raw: bytes, order: str) -> str:
    """Why a file is not a whole number of traces as long as the first; follows the trace headers."""
    ns = int(_first_header(raw, order)["ns"])
    lengths = _lengths_along(raw, order)
    end = sum(HEADER_BYTES + 4 * length for length in lengths)
    odd = next((k for k, length in enumerate(lengths) if length != ns), None)
    if odd is not None and end == len(raw):
        return (
            f"trace {odd + 1} has {lengths[odd]} samples, trace 1 has {ns}; all traces must be equally long"
        )
    if odd is None:
        whole, rest = divmod(len(raw), HEADER_BYTES + 4 * ns)
        return (
            f"trace {whole + 1} is truncated: the file ends after {rest} of its {HEADER_BYTES + 4 * ns} "
            f"bytes (a header and {ns} samples)"
        )
    return (
        f"wrong size: {len(raw)} bytes are not a whole number of traces of {ns} samples, and the header of "
        f"trace {odd + 1} says {lengths[odd]} samples; not an SU file, damaged, or cut in the middle"
    )


def _lengths_along(raw: bytes, order: str) -> list[int]:
    """Samples per trace when every header is believed; the last trace may reach beyond the file."""
    offset_of_ns = header_dtype().fields["ns"][1]
    lengths, position = [], 0
    while position + HEADER_BYTES <= len(raw):
        ns = int(np.frombuffer(raw, order + "u2", 1, position + offset_of_ns)[0])
        lengths.append(ns)
        position += HEADER_BYTES + 4 * ns
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


def _dt_of(header: np.void) -> float:
    if header["dt"]:
        return int(header["dt"]) * 1e-6
    d1 = float(header["d1"])
    return d1 if np.isfinite(d1) and d1 > 0 else 0.0
