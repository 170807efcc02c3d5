"""SU files: round trips, headers, both byte orders, and every kind of damage."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import segyio
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from denise_py.errors import DataError
from denise_py.traces.gather import Gather
from denise_py.traces.reading import read_wavelet
from denise_py.traces.records import dt_in_microseconds, dt_is_exact, dt_matches
from denise_py.traces.su import (
    HEADER_BYTES,
    header_dtype,
    read_su,
    trace_dtype,
    write_su,
)

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference"
NS, NTR = 50, 4


def make_gather(ntr: int = NTR, ns: int = NS, dt: float = 2e-4) -> Gather:
    rng = np.random.default_rng(7)
    receivers = np.stack([10.0 + 2.0 * np.arange(ntr), np.full(ntr, 4.0)], axis=1)
    return Gather(rng.standard_normal((ntr, ns)), dt, receivers, np.array([20.25, 0.5]))


@pytest.fixture
def content(tmp_path: Path) -> np.ndarray:
    """The traces of a good little-endian file, to be damaged."""
    write_su(tmp_path / "good.su", make_gather())
    return np.fromfile(tmp_path / "good.su", dtype=trace_dtype(NS))


def refusal(tmp_path: Path, raw: bytes, **expectations: int) -> str:
    """The message with which a file of that content is refused."""
    path = tmp_path / "bad.su"
    path.write_bytes(raw)
    with pytest.raises(DataError) as caught:
        read_su(path, **expectations)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


# ------------------------------------------------------------------------------------------- layout


def test_header_layout_is_the_standard_one():
    """First byte (from 1) of words spread over the header, as in the SU and SEG-Y tables."""
    dtype = header_dtype()
    first_bytes = {
        "tracl": 1,
        "ep": 17,
        "cdp": 21,
        "trid": 29,
        "offset": 37,
        "selev": 45,
        "sdepth": 49,
        "swdep": 61,
        "scalel": 69,
        "sx": 73,
        "gy": 85,
        "delrt": 109,
        "ns": 115,
        "dt": 117,
        "gain": 119,
        "year": 157,
        "otrav": 179,
        "d1": 181,
        "f2": 193,
        "ntr": 205,
        "mark": 209,
        "unass": 211,
    }
    assert dtype.itemsize == HEADER_BYTES
    assert {name: dtype.fields[name][1] + 1 for name in first_bytes} == first_bytes
    assert dtype["ns"] == dtype["dt"] == np.dtype("<u2")


def test_header_words_of_a_known_geometry(tmp_path: Path):
    gather = Gather(np.zeros((1, 700)), 2e-4, np.array([[60.0, 2.0]]), np.array([100.0, 60.0]))
    write_su(tmp_path / "a.su", gather)
    header = read_su(tmp_path / "a.su").headers[0]
    expected = {
        "tracl": 1,
        "cdp": 0,
        "trid": 1,
        "offset": 70456,
        "gelev": 2000,
        "sdepth": 60000,
        "swdep": -137160,
        "scalel": -1000,
        "scalco": -1000,
        "sx": 100000,
        "sy": 60000,
        "gx": 60000,
        "gy": 2000,
        "ns": 700,
        "dt": 200,
        "d1": np.float32(0.0002),
    }
    assert {word: header[word] for word in expected} == expected
    others = [name for name in header.dtype.names if name not in expected]
    assert all(np.all(header[name] == 0) for name in others)


def test_reference_shift_only_changes_the_leftover_angle(tmp_path: Path):
    plain = make_gather()
    shifted = Gather(plain.data, plain.dt, plain.receivers, plain.source, np.array([5.0, -3.0]))
    write_su(tmp_path / "a.su", plain)
    write_su(tmp_path / "b.su", shifted)
    a, b = (read_su(tmp_path / name).headers for name in ("a.su", "b.su"))
    assert [name for name in a.dtype.names if not np.array_equal(a[name], b[name])] == ["swdep"]


def test_cdp_marks_a_receiver_line(tmp_path: Path):
    write_su(tmp_path / "line.su", make_gather(), from_line=True)
    assert np.all(read_su(tmp_path / "line.su").headers["cdp"] == 1)


# --------------------------------------------------------------------------------------- round trips

COORDINATES = st.floats(-1e5, 1e5).map(lambda metres: round(metres, 3))
SAMPLES = st.floats(width=32, allow_nan=False, allow_infinity=False)


@settings(max_examples=60, deadline=None)
@given(
    data=st.tuples(st.integers(1, 5), st.integers(1, 40)).flatmap(
        lambda shape: hnp.arrays(np.float32, shape, elements=SAMPLES)
    ),
    microseconds=st.integers(1, 65535),
    coordinates=st.lists(COORDINATES, min_size=12, max_size=12),
)
def test_round_trip(tmp_path_factory, data, microseconds, coordinates):
    ntr = len(data)
    gather = Gather(
        data, microseconds * 1e-6, np.reshape(coordinates[: 2 * ntr], (ntr, 2)), np.array(coordinates[-2:])
    )
    path = tmp_path_factory.mktemp("su") / "a.su"
    write_su(path, gather)
    back = read_su(path)
    assert back.byte_order == "<"
    assert back.data.tobytes() == data.tobytes()
    assert dt_in_microseconds(back.dt) == microseconds
    geometry = back.gather()
    np.testing.assert_allclose(geometry.receivers, gather.receivers, rtol=0, atol=5e-4)
    np.testing.assert_allclose(geometry.source, gather.source, rtol=0, atol=5e-4)


@pytest.mark.parametrize("ns", [1, NS, 257, 65535])
def test_both_byte_orders_read_alike(tmp_path: Path, ns: int):
    """257 samples read as 257 in both orders, so the size does not tell them apart."""
    gather = make_gather(ntr=2, ns=ns)
    write_su(tmp_path / "little.su", gather)
    little = np.fromfile(tmp_path / "little.su", dtype=trace_dtype(ns))
    little.astype(trace_dtype(ns, ">")).tofile(tmp_path / "big.su")
    back = read_su(tmp_path / "big.su")
    assert back.byte_order == ">"
    assert read_su(tmp_path / "little.su").byte_order == "<"
    assert back.data.tobytes() == gather.data.tobytes()
    assert back.data.dtype == np.float32
    assert np.array_equal(back.headers, little["header"])


@pytest.mark.parametrize("order", ["<", ">"])
def test_bare_headers_are_told_apart_by_the_size(tmp_path: Path, order: str):
    """Only ns is set and all samples are zero, so nothing else distinguishes the byte orders."""
    traces = np.zeros(3, dtype=trace_dtype(NS, order))
    traces["header"]["ns"] = NS
    traces.tofile(tmp_path / "a.su")
    content = read_su(tmp_path / "a.su")
    assert content.byte_order == order
    assert content.data.shape == (3, NS)


def test_coordinate_scalar_of_other_programs(tmp_path: Path, content: np.ndarray):
    """A positive scalar multiplies, 0 means 1."""
    content["header"]["scalco"] = [10, 0, -10, 1]
    content["header"]["gx"] = 7
    content.tofile(tmp_path / "a.su")
    np.testing.assert_allclose(read_su(tmp_path / "a.su").gather().receivers[:, 0], [70.0, 7.0, 0.7, 7.0])


def test_segyio_reads_our_files(tmp_path: Path):
    gather = make_gather(ntr=12, ns=200)
    write_su(tmp_path / "a.su", gather)
    with segyio.su.open(str(tmp_path / "a.su"), endian="little", ignore_geometry=True) as file:
        assert file.trace.raw[:].tobytes() == gather.data.tobytes()
        words = segyio.su
        np.testing.assert_array_equal(file.attributes(words.tracl)[:], np.arange(1, 13))
        np.testing.assert_array_equal(file.attributes(words.gx)[:], 10000 + 2000 * np.arange(12))
        for word, value in (
            (words.trid, 1),
            (words.gelev, 4000),
            (words.sdepth, 500),
            (words.scalel, -1000),
            (words.scalco, -1000),
            (words.sx, 20250),
            (words.sy, 500),
            (words.gy, 4000),
            (words.ns, 200),
            (words.dt, 200),
            (words.delrt, 0),
        ):
            assert set(file.attributes(word)[:]) == {value}


def test_wavelet_is_the_first_trace(tmp_path: Path):
    gather = make_gather()
    write_su(tmp_path / "w.su", gather)
    samples, dt = read_wavelet(tmp_path / "w.su")
    assert samples.dtype == np.float64
    np.testing.assert_array_equal(samples, gather.data[0])
    assert dt == pytest.approx(2e-4, rel=1e-12)


def test_dt_falls_back_to_d1(tmp_path: Path, content: np.ndarray):
    content["header"]["dt"] = 0
    content.tofile(tmp_path / "a.su")
    assert read_su(tmp_path / "a.su").dt == pytest.approx(2e-4, rel=1e-6)
    content["header"]["d1"] = 0
    content.tofile(tmp_path / "a.su")
    assert read_su(tmp_path / "a.su").dt == 0.0


# ------------------------------------------------------------------------------- limits of the header


@pytest.mark.parametrize(
    ("dt", "microseconds", "exact"),
    [(2e-4, 200, True), (2.5e-4, 250, True), (1.5e-6, 2, False), (4e-7, 0, False)],
)
def test_dt_in_whole_microseconds(dt: float, microseconds: int, exact: bool):
    assert dt_in_microseconds(dt) == microseconds
    assert dt_is_exact(dt) is exact
    assert dt_is_exact(float(np.float32(dt))) is exact


def test_dt_matches():
    assert dt_matches(2e-4, 2e-4)
    assert dt_matches(2e-6, 1.5e-6)  # rounded in the file
    assert dt_matches(0.0, 2e-4)  # unknown
    assert not dt_matches(2.01e-4, 2e-4)


@pytest.mark.parametrize(
    ("ns", "dt", "words"),
    [(65536, 1e-3, "65536 samples"), (10, 4e-7, "4e-07 s"), (10, 0.07, "0.07 s")],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, ns: int, dt: float, words: str):
    path = tmp_path / "a.su"
    with pytest.raises(DataError, match=words):
        write_su(path, make_gather(1, ns, dt))
    assert not path.exists()


def test_far_away_coordinates_are_refused(tmp_path: Path):
    gather = Gather(np.zeros((1, 3)), 1e-3, np.array([[3e6, 0.0]]), np.zeros(2))
    with pytest.raises(DataError, match="2147 km"):
        write_su(tmp_path / "a.su", gather)


# ---------------------------------------------------------------------------------------- bad files


def test_missing_file_names_similar_ones(tmp_path: Path):
    write_su(tmp_path / "obs_x.su.shot1", make_gather())
    with pytest.raises(DataError, match=r"obs_x\.su\.shot2: file not found .*obs_x\.su\.shot1"):
        read_su(tmp_path / "obs_x.su.shot2")


def test_folder_instead_of_file(tmp_path: Path):
    with pytest.raises(DataError, match="cannot be read"):
        read_su(tmp_path)


def test_empty(tmp_path: Path):
    assert refusal(tmp_path, b"") == "the file is empty"


def test_truncated_anywhere(tmp_path: Path, content: np.ndarray):
    """Cut at every 60 bytes: whole traces remain valid, any other cut names the incomplete trace."""
    raw = content.tobytes()
    size = trace_dtype(NS).itemsize
    for end in range(60, len(raw), 60):
        if end % size == 0:
            continue
        message = refusal(tmp_path, raw[:end])
        assert message.startswith(f"trace {end // size + 1}"), (end, message)
        assert "truncated" in message


def test_truncated_big_endian(tmp_path: Path, content: np.ndarray):
    raw = content.astype(trace_dtype(NS, ">")).tobytes()
    assert refusal(tmp_path, raw[:-4]).startswith("trace 4 is truncated")


def test_no_samples(tmp_path: Path, content: np.ndarray):
    content["header"]["ns"] = 0
    assert refusal(tmp_path, content.tobytes()).startswith("trace 1: the header says 0 samples")


def test_mixed_lengths_with_and_without_a_fitting_size(tmp_path: Path, content: np.ndarray):
    short = np.zeros(1, dtype=trace_dtype(10))
    short["header"] = content["header"][:1]
    short["header"]["ns"] = 10
    message = refusal(tmp_path, content[:2].tobytes() + short.tobytes())
    assert message.startswith("trace 3 has 10 samples, trace 1 has 50")
    content["header"]["ns"][1] = 49
    assert refusal(tmp_path, content.tobytes()).startswith("trace 2 has 49 samples, trace 1 has 50")


def test_mixed_sampling(tmp_path: Path, content: np.ndarray):
    content["header"]["dt"][2] = 400
    assert refusal(tmp_path, content.tobytes()).startswith("trace 3 has 400 microseconds")


def test_wrong_size(tmp_path: Path, content: np.ndarray):
    """Bytes in front of the second trace, as a record marker of another program would leave."""
    raw = content.tobytes()
    size = trace_dtype(NS).itemsize
    assert refusal(tmp_path, raw[:size] + b"\1\2\3\4" + raw[size:]).startswith("wrong size")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("order", ["<", ">"])
def test_samples_that_are_not_finite(tmp_path: Path, content: np.ndarray, value: float, order: str):
    content["samples"][2, 17] = value
    message = refusal(tmp_path, content.astype(trace_dtype(NS, order)).tobytes())
    assert message == f"trace 3: sample 18 is {value}"


def test_unexpected_sizes(tmp_path: Path, content: np.ndarray):
    raw = content.tobytes()
    assert "50 samples, but 51 are needed" in refusal(tmp_path, raw, expect_ns=51)
    assert "4 traces, but there are 5 receivers" in refusal(tmp_path, raw, expect_traces=5)
    (tmp_path / "good.su").write_bytes(raw)
    assert read_su(tmp_path / "good.su", expect_ns=50, expect_traces=4).data.shape == (4, 50)


@settings(max_examples=150, deadline=None)
@given(raw=st.binary(max_size=2000))
def test_any_bytes_are_read_or_refused(tmp_path_factory, raw: bytes):
    path = tmp_path_factory.getbasetemp() / "fuzz.su"
    path.write_bytes(raw)
    try:
        read_su(path)
        outcome = f"{path}: read"
    except DataError as error:
        outcome = str(error)
    assert outcome.startswith(f"{path}: ")


# ------------------------------------------------------------------------------- the original's files


def original_files() -> list[Path]:
    """One file per forward case, and one of an inversion."""
    cases = [*sorted(REFERENCE.glob("fwd_*")), REFERENCE / "inv_pcg"]
    firsts = [next(iter(sorted(case.glob("expected/su/*.su.*"))), None) for case in cases]
    return [path for path in firsts if path and "seisformat" not in str(path)]


@pytest.mark.skipif(not REFERENCE.exists(), reason="the reference cases are not beside the checkout")
def test_headers_and_samples_equal_the_originals(tmp_path: Path):
    """Rewriting the gathers of the original gives the same bytes; its bytes 211-240 were never set."""
    files = original_files()
    assert len(files) > 50
    for path in files:
        parameters = _parameters(path.parents[2] / "case.json")
        shift = (float(parameters["REFRECX"]), float(parameters["REFRECY"]))
        from_line = parameters["READREC"] == "0" and parameters.get("REC_ARRAY", "0") == "0"
        original = read_su(path)
        assert original.dt == pytest.approx(float(parameters["DT"]) * int(parameters.get("NDT", 1)), rel=1e-6)
        write_su(tmp_path / "ours.su", original.gather(shift), from_line=from_line)
        traces = trace_dtype(original.data.shape[1])
        ours, theirs = np.fromfile(tmp_path / "ours.su", traces), np.fromfile(path, traces)
        assert ours["samples"].tobytes() == theirs["samples"].tobytes(), path
        for word in set(header_dtype().names) - {"unass"}:
            np.testing.assert_array_equal(ours["header"][word], theirs["header"][word], f"{path}: {word}")
        assert not ours["header"]["unass"].any()


def _parameters(path: Path) -> dict[str, str]:
    pairs = re.findall(r'"([^"]+)"\s*:\s*"([^"]*)"', path.read_text())
    flat = {}
    for names, values in pairs:
        flat.update(
            zip((n.strip() for n in names.split(",")), (v.strip() for v in values.split(",")), strict=False)
        )
    return flat
