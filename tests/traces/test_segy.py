"""SEG-Y files: what segyio makes of ours, what we make of others', and every kind of damage."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import segyio
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from denise_py.errors import DataError
from denise_py.traces.gather import Gather
from denise_py.traces.reading import read_traces, read_wavelet
from denise_py.traces.records import dt_in_microseconds, from_ibm, trace_dtype
from denise_py.traces.segy import FILE_HEADER_BYTES, looks_like_segy, read_segy, write_segy
from denise_py.traces.su import read_su, write_su

NS, NTR = 50, 4
TRACE = 240 + 4 * NS


def make_gather(ntr: int = NTR, ns: int = NS, dt: float = 2e-4) -> Gather:
    rng = np.random.default_rng(7)
    receivers = np.stack([10.0 + 2.0 * np.arange(ntr), np.full(ntr, 4.0)], axis=1)
    return Gather(
        rng.standard_normal((ntr, ns)), dt, receivers, np.array([20.25, 0.5]), title="p, pressure, Pa"
    )


@pytest.fixture
def good(tmp_path: Path) -> bytearray:
    """The bytes of a good file, to be damaged."""
    write_segy(tmp_path / "good.sgy", make_gather())
    return bytearray((tmp_path / "good.sgy").read_bytes())


def put(raw: bytearray, first: int, value: int, order: str = ">", kind: str = "i2") -> None:
    """Overwrite a word; first: its first byte, from 1."""
    word = np.array(value).astype(order + kind).tobytes()
    raw[first - 1 : first - 1 + len(word)] = word


def other_encoding(raw: bytes, code: int, samples: np.ndarray, order: str = ">") -> bytes:
    """The good file with other samples (ntr, ns), in another byte order."""
    traces = np.frombuffer(raw, trace_dtype(NS, ">"), offset=FILE_HEADER_BYTES)
    new = np.zeros(len(samples), trace_dtype(samples.shape[1], order, samples.dtype.str[1:]))
    new["header"], new["samples"] = traces["header"], samples
    new["header"]["ns"] = samples.shape[1]
    words = np.frombuffer(raw[3200:3600], ">i2").astype(order + "i2")
    words[(3225 - 3201) // 2], words[(3221 - 3201) // 2] = code, samples.shape[1]
    return raw[:3200] + words.tobytes() + new.tobytes()


def refusal(tmp_path: Path, raw: bytes, name: str = "bad.sgy", **expectations: int) -> str:
    """The message with which a file of that content is refused."""
    path = tmp_path / name
    path.write_bytes(raw)
    with pytest.raises(DataError) as caught:
        read_traces(path, **expectations)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


# ------------------------------------------------------------------------------------------- writing


def test_segyio_reads_our_files(tmp_path: Path):
    gather = make_gather(ntr=12, ns=200)
    write_segy(tmp_path / "a.sgy", gather, from_line=True)
    with segyio.open(tmp_path / "a.sgy", ignore_geometry=True) as file:
        assert file.trace.raw[:].tobytes() == gather.data.tobytes()
        assert segyio.tools.dt(file) == 200
        binary, trace = segyio.BinField, segyio.TraceField
        for word, value in (
            (binary.Traces, 12),
            (binary.Interval, 200),
            (binary.Samples, 200),
            (binary.Format, 5),
            (binary.MeasurementSystem, 1),
            (binary.SEGYRevision, 1),
            (binary.SEGYRevisionMinor, 0),
            (binary.TraceFlag, 1),
            (binary.ExtendedHeaders, 0),
        ):
            assert file.bin[word] == value, word
        for word in (trace.TRACE_SEQUENCE_LINE, trace.TRACE_SEQUENCE_FILE, trace.TraceNumber):
            np.testing.assert_array_equal(file.attributes(word)[:], np.arange(1, 13))
        np.testing.assert_array_equal(file.attributes(trace.GroupX)[:], 10000 + 2000 * np.arange(12))
        np.testing.assert_allclose(
            file.attributes(trace.offset)[:], 1e3 * np.hypot(gather.receivers[:, 0] - 20.25, 3.5), atol=0.5
        )
        for word, value in (
            (trace.CDP, 1),
            (trace.TraceIdentificationCode, 1),
            (trace.ReceiverGroupElevation, -4000),
            (trace.SourceDepth, 500),
            (trace.ElevationScalar, -1000),
            (trace.SourceGroupScalar, -1000),
            (trace.SourceX, 20250),
            (trace.SourceY, 500),
            (trace.GroupY, 4000),
            (trace.CoordinateUnits, 1),
            (trace.DelayRecordingTime, 0),
            (trace.TRACE_SAMPLE_COUNT, 200),
            (trace.TRACE_SAMPLE_INTERVAL, 200),
            (trace.CDP_X, 0),
        ):
            assert set(file.attributes(word)[:]) == {value}, word


def test_text_header_explains_the_file(tmp_path: Path):
    write_segy(tmp_path / "räka.sgy", make_gather())
    raw = (tmp_path / "räka.sgy").read_bytes()
    text = raw[:3200].decode("cp037")
    lines = [text[k : k + 80] for k in range(0, 3200, 80)]
    assert [line[:3] for line in lines] == [f"C{number:2d}" for number in range(1, 41)]
    for words in (
        "denise-py",
        "r?ka.sgy",
        "p, pressure, Pa",
        "200 microseconds",
        "y down",
        "mm, scalar -1000",
    ):
        assert words in text
    assert "END TEXTUAL HEADER" in lines[-1]
    assert "SEG Y REV1" in lines[-2]


def test_the_same_words_as_in_su_files(tmp_path: Path):
    """But elevations point upwards, traces are numbered three times, and there are no words of SU."""
    gather = make_gather()
    write_su(tmp_path / "a.su", gather)
    write_segy(tmp_path / "a.sgy", gather)
    su, segy = read_su(tmp_path / "a.su").headers, read_segy(tmp_path / "a.sgy").headers
    different = {name for name in su.dtype.names if not np.array_equal(su[name], segy[name])}
    assert different == {"tracr", "tracf", "gelev", "swdep", "counit", "d1"}


@pytest.mark.parametrize(
    ("ns", "dt", "words"),
    [
        (65536, 1e-3, "65536 samples per trace do not fit into a SEG-Y"),
        (10, 4e-7, "4e-07 s"),
        (10, 0.07, "0.07 s"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, ns: int, dt: float, words: str):
    with pytest.raises(DataError, match=words):
        write_segy(tmp_path / "a.sgy", make_gather(1, ns, dt))
    with pytest.raises(DataError, match="2147 km"):
        write_segy(tmp_path / "a.sgy", Gather(np.zeros((1, 3)), 1e-3, np.array([[3e6, 0.0]]), np.zeros(2)))
    assert not list(tmp_path.iterdir())


def test_old_file_survives_a_failed_write(tmp_path: Path, monkeypatch):
    path = tmp_path / "a.sgy"
    path.write_bytes(b"old")

    def fail(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(segyio.tools, "create_text_header", fail)
    with pytest.raises(KeyboardInterrupt):
        write_segy(path, make_gather())
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.sgy"]


def test_segyio_is_imported_when_it_is_needed():
    code = "import sys, denise_py.traces.formats, denise_py.traces.reading; print('segyio' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


# --------------------------------------------------------------------------------------- round trips

COORDINATES = st.floats(-1e5, 1e5).map(lambda metres: round(metres, 3))
SAMPLES = st.floats(width=32, allow_nan=False, allow_infinity=False)


@settings(max_examples=50, deadline=None)
@given(
    data=st.tuples(st.integers(1, 5), st.integers(1, 40)).flatmap(
        lambda shape: hnp.arrays(np.float32, shape, elements=SAMPLES)
    ),
    microseconds=st.integers(1, 65535),
    coordinates=st.lists(COORDINATES, min_size=12, max_size=12),
    order=st.sampled_from("<>"),
)
def test_round_trip(tmp_path_factory, data, microseconds, coordinates, order):
    ntr = len(data)
    gather = Gather(
        data, microseconds * 1e-6, np.reshape(coordinates[: 2 * ntr], (ntr, 2)), np.array(coordinates[-2:])
    )
    path = tmp_path_factory.mktemp("segy") / "a.sgy"
    write_segy(path, gather)
    if order == "<":
        swap(path, gather.ns)
    back = read_traces(path)
    assert back.byte_order == order
    assert back.data.tobytes() == data.tobytes()
    assert dt_in_microseconds(back.dt) == microseconds
    geometry = back.gather()
    np.testing.assert_allclose(geometry.receivers, gather.receivers, rtol=0, atol=5e-4)
    np.testing.assert_allclose(geometry.source, gather.source, rtol=0, atol=5e-4)


def swap(path: Path, ns: int) -> None:
    """Turn a file into the little-endian variant that some programs write."""
    raw = path.read_bytes()
    binary = np.frombuffer(raw[3200:3600], ">i2").astype("<i2").tobytes()
    traces = np.frombuffer(raw, trace_dtype(ns, ">"), offset=FILE_HEADER_BYTES).astype(trace_dtype(ns))
    path.write_bytes(raw[:3200] + binary + traces.tobytes())


@pytest.mark.parametrize("ns", [1, 257, 32768, 65535])
def test_number_of_samples_is_unsigned(tmp_path: Path, ns: int):
    gather = make_gather(ntr=2, ns=ns, dt=0.065)
    write_segy(tmp_path / "a.sgy", gather)
    back = read_segy(tmp_path / "a.sgy")
    assert back.data.tobytes() == gather.data.tobytes()
    assert back.dt == pytest.approx(0.065)


# -------------------------------------------------------------------------------------- other programs


def test_ibm_floats_of_segyio(tmp_path: Path):
    """segyio converts, so its file tells whether our formula is right. An IBM number has 21 to 24 bits."""
    data = np.float32([[1.0, -118.625, 0.0, 3.0e-12], [1e-20, -0.15625, 65536.5, 7e30]])
    spec = segyio.spec()
    spec.format, spec.samples, spec.tracecount = 1, np.arange(4) * 0.5, 2
    with segyio.create(tmp_path / "a.sgy", spec) as file:
        file.trace.raw[:] = data
        for k in (0, 1):
            file.header[k] = {115: 4, 117: 500}
        expected = np.array([file.trace[0], file.trace[1]])
    back = read_traces(tmp_path / "a.sgy")
    np.testing.assert_allclose(back.data, data, rtol=2.0**-20)
    with segyio.open(tmp_path / "a.sgy", ignore_geometry=True) as file:
        np.testing.assert_allclose(back.data, file.trace.raw[:], rtol=2.0**-20)
    assert expected.shape == back.data.shape
    assert back.dt == pytest.approx(5e-4)


def test_a_known_ibm_float():
    """-118.625 in the usual textbook example; zero; the smallest and the largest number."""
    words = np.array([0xC276A000, 0, 0x00100000, 0x7FFFFFFF], np.uint32)
    np.testing.assert_array_equal(from_ibm(words), [-118.625, 0.0, 16.0**-65, 16.0**63 * (1 - 2.0**-24)])


@pytest.mark.parametrize(("code", "kind"), [(2, "i4"), (3, "i2"), (8, "i1")])
@pytest.mark.parametrize("order", ["<", ">"])
def test_whole_numbers(tmp_path: Path, good: bytearray, code: int, kind: str, order: str):
    samples = np.arange(-100, 100).reshape(NTR, NS).astype(kind)
    (tmp_path / "a.sgy").write_bytes(other_encoding(bytes(good), code, samples, order))
    back = read_traces(tmp_path / "a.sgy", expect_ns=NS, expect_traces=NTR)
    np.testing.assert_array_equal(back.data, samples)
    assert back.data.dtype == np.float32


def test_extended_text_headers_are_skipped(tmp_path: Path, good: bytearray):
    put(good, 3505, 2)
    (tmp_path / "a.sgy").write_bytes(good[:3600] + b" " * 6400 + good[3600:])
    np.testing.assert_array_equal(read_traces(tmp_path / "a.sgy").data, make_gather().data)
    put(good, 3505, -1)
    assert "extended text headers is left open" in refusal(tmp_path, good)


def test_binary_header_helps_out(tmp_path: Path, good: bytearray):
    """Traces without ns and dt have those of the binary header."""
    for k in range(NTR):
        put(good, 3600 + k * TRACE + 115, 0)
        put(good, 3600 + k * TRACE + 117, 0)
    (tmp_path / "a.sgy").write_bytes(good)
    back = read_traces(tmp_path / "a.sgy")
    assert back.data.shape == (NTR, NS)
    assert back.dt == pytest.approx(2e-4)


@pytest.mark.parametrize("words", [[3221], [3600 + k * TRACE + 115 for k in range(NTR)]])
def test_size_decides_between_two_numbers_of_samples(tmp_path: Path, good: bytearray, words: list[int]):
    for first in words:
        put(good, first, 49)
    (tmp_path / "a.sgy").write_bytes(good)
    assert read_traces(tmp_path / "a.sgy").data.shape == (NTR, NS)


# ------------------------------------------------------------------------------------------ recognising


def test_content_tells_the_kind(tmp_path: Path, good: bytearray):
    """By a name that says nothing: EBCDIC, ASCII and empty text headers; SU files are none of it."""
    headers = (bytes(good[:3200]), good[:3200].decode("cp037").encode(), bytes(3200))
    for header in headers:
        (tmp_path / "obs_x.su.shot1").write_bytes(header + good[3200:])
        np.testing.assert_array_equal(read_traces(tmp_path / "obs_x.su.shot1").data, make_gather().data)
    for ns in (50, 1000):
        write_su(tmp_path / "a", make_gather(ntr=3, ns=ns))
        assert read_traces(tmp_path / "a").data.shape == (3, ns)
    quiet = Gather(np.zeros((3, 2000)), 1e-3, np.zeros((3, 2)), np.zeros(2))
    write_su(tmp_path / "a", quiet)
    assert not looks_like_segy((tmp_path / "a").read_bytes())


def test_wavelet_is_the_first_trace(tmp_path: Path):
    write_segy(tmp_path / "w.shot1.sgy", make_gather())
    samples, dt = read_wavelet(tmp_path / "w.shot1.sgy")
    np.testing.assert_array_equal(samples, make_gather().data[0])
    assert dt == pytest.approx(2e-4)


# ---------------------------------------------------------------------------------------------- damage


def test_empty_and_headers_only(tmp_path: Path, good: bytearray):
    assert refusal(tmp_path, b"") == "the file is empty"
    assert refusal(tmp_path, good[:3600]) == "holds no traces, only the file header"
    assert refusal(tmp_path, good[:1000]).startswith("the file ends after 1000 bytes, within the file header")


def test_truncated_anywhere(tmp_path: Path, good: bytearray):
    """Whole traces remain valid, any other cut names the incomplete trace, as for SU."""
    for end in range(3601, len(good), 53):
        if (end - 3600) % TRACE == 0:
            continue
        message = refusal(tmp_path, good[:end])
        assert message.startswith(f"trace {(end - 3600) // TRACE + 1}"), (end, message)
        assert "truncated" in message


def test_text_instead(tmp_path: Path):
    assert "not a SEG-Y file that can be read: its sample format" in refusal(
        tmp_path, b"no traces here\n" * 400
    )


def test_sample_formats_that_are_not_read(tmp_path: Path, good: bytearray):
    put(good, 3225, 4)
    assert "(bytes 3225-3226) is 4, possible are 1 (IBM float)" in refusal(tmp_path, good)


def test_no_samples(tmp_path: Path, good: bytearray):
    put(good, 3221, 0)
    put(good, 3715, 0)
    assert refusal(tmp_path, good).startswith("trace 1: the header says 0 samples")


def test_huge_number_of_samples(tmp_path: Path, good: bytearray):
    for first in (3221, 3715):
        put(good, first, -1)
    assert refusal(tmp_path, good).startswith("trace 1 is truncated")


def test_traces_that_differ(tmp_path: Path, good: bytearray):
    put(good, 3600 + TRACE + 115, 49)
    assert refusal(tmp_path, good).startswith("trace 2 has 49 samples, trace 1 has 50")
    put(good, 3600 + TRACE + 115, NS)
    put(good, 3600 + 2 * TRACE + 117, 400)
    assert refusal(tmp_path, good).startswith("trace 3 has 400 microseconds")


@pytest.mark.parametrize("value", [np.nan, -np.inf])
def test_samples_that_are_not_finite(tmp_path: Path, good: bytearray, value: float):
    put(good, 3600 + 2 * TRACE + 240 + 4 * 17 + 1, value, kind="f4")
    assert refusal(tmp_path, good) == f"trace 3: sample 18 is {value}"


def test_ibm_numbers_beyond_single_precision(tmp_path: Path, good: bytearray):
    samples = np.zeros((NTR, NS), np.uint32)
    samples[1, 2] = 0x7FFFFFFF
    assert refusal(tmp_path, other_encoding(bytes(good), 1, samples)) == "trace 2: sample 3 is inf"


def test_unexpected_sizes(tmp_path: Path, good: bytearray):
    assert "50 samples, but 51 are needed" in refusal(tmp_path, good, expect_ns=51)
    assert "4 traces, but there are 5 receivers" in refusal(tmp_path, good, expect_traces=5)


def outcome(path: Path) -> str:
    """What becomes of a file; another error than DataError is not caught, and a test fails."""
    try:
        content = read_traces(path)
    except DataError as error:
        return "refused" if str(error).startswith(f"{path}: ") else f"bad message: {error}"
    sound = content.data.size > 0 and np.isfinite(content.data).all()
    return "read" if sound and content.receivers.shape == (len(content.data), 2) else "bad content"


def damaged(raw: bytes):
    """A file cut somewhere, with some bytes changed; most of them in headers, where it hurts."""
    place = st.one_of(st.integers(3200, 3980), st.integers(0, len(raw) - 1))
    changes = st.lists(st.tuples(place, st.integers(0, 255)), max_size=8)
    return st.tuples(st.integers(0, len(raw)), st.booleans(), changes).map(lambda how: _damage(raw, *how))


def _damage(raw: bytes, end: int, whole: bool, changes: list[tuple[int, int]]) -> bytes:
    result = bytearray(raw)
    for position, value in changes:
        result[position] = value
    return bytes(result if whole else result[:end])


@pytest.mark.parametrize("kind", ["su", "sgy"])
def test_damaged_files_are_read_or_refused(tmp_path: Path, kind: str):
    path = tmp_path / f"fuzz.{kind}"
    (write_su if kind == "su" else write_segy)(path, make_gather(ns=300))

    @settings(max_examples=50, deadline=None)
    @given(raw=damaged(path.read_bytes()), name=st.sampled_from(["a.su", "a.sgy"]))
    def read(raw: bytes, name: str) -> None:
        (tmp_path / name).write_bytes(raw)
        assert outcome(tmp_path / name) in ("read", "refused")

    read()


@settings(max_examples=50, deadline=None)
@given(raw=st.binary(max_size=400), code=st.sampled_from([1, 2, 3, 5, 8]), ns=st.integers(0, 65535))
def test_any_traces_are_read_or_refused(tmp_path_factory, raw: bytes, code: int, ns: int):
    header = bytearray(FILE_HEADER_BYTES)
    put(header, 3225, code)
    put(header, 3221, ns, kind="u2")
    path = tmp_path_factory.getbasetemp() / "fuzz.sgy"
    path.write_bytes(bytes(header) + raw)
    assert outcome(path) in ("read", "refused")
