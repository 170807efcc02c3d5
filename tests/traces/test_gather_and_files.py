"""The gather, the seismogram formats and atomic files."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import numpy as np
import pytest

from denise_py.errors import DataError, ParameterError, ResourceError
from denise_py.traces.files import atomic_file, read_bytes
from denise_py.traces.formats import FORMATS, write_gather
from denise_py.traces.gather import Gather
from denise_py.traces.su import read_su

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference"


def make_gather(data: np.ndarray) -> Gather:
    return Gather(data, 2e-4, np.ones((len(data), 2)), np.zeros(2))


def test_gather_checks_its_shapes():
    with pytest.raises(ValueError, match="do not fit"):
        Gather(np.zeros((3, 5)), 1e-3, np.zeros((2, 2)), np.zeros(2))
    with pytest.raises(ValueError, match="two numbers"):
        Gather(np.zeros((3, 5)), 1e-3, np.zeros((3, 2)), np.zeros(3))
    with pytest.raises(ValueError, match="not positive"):
        Gather(np.zeros((3, 5)), 0.0, np.zeros((3, 2)), np.zeros(2))


def test_gather_is_float32():
    gather = make_gather(np.ones((2, 3)))
    assert gather.data.dtype == np.float32
    assert (gather.ntr, gather.ns) == (2, 3)


def test_decimation_keeps_samples_7_14_and_so_on():
    gather = make_gather(np.arange(1, 41, dtype=float)[None, :])
    reduced = gather.decimated(7)
    np.testing.assert_array_equal(reduced.data, [[7, 14, 21, 28, 35]])
    assert reduced.dt == pytest.approx(1.4e-3)
    with pytest.raises(ValueError, match="below 1"):
        gather.decimated(0)


DATA = np.array([[1.0, -2.5e-9, 0.0], [3.4028235e38, 1e-45, 123456.789]], dtype=np.float32)


def test_ascii_has_one_value_per_line(tmp_path: Path):
    write_gather(tmp_path / "a", make_gather(DATA), 2, False)
    expected = [
        "1.000000e+00",
        "-2.500000e-09",
        "0.000000e+00",
        "3.402823e+38",
        "1.401298e-45",
        "1.234568e+05",
    ]
    assert (tmp_path / "a").read_text() == "".join(f"{line}\n" for line in expected)


def test_binary_is_the_bare_samples(tmp_path: Path):
    write_gather(tmp_path / "a", make_gather(DATA), 3, False)
    assert (tmp_path / "a").read_bytes() == DATA.astype("<f4").tobytes()


def test_su_hands_the_line_flag_on(tmp_path: Path):
    write_gather(tmp_path / "a", make_gather(DATA), 1, True)
    content = read_su(tmp_path / "a")
    assert content.data.tobytes() == DATA.tobytes()
    assert np.all(content.headers["cdp"] == 1)


def test_unknown_format(tmp_path: Path):
    assert sorted(FORMATS) == [1, 2, 3, 4]
    with pytest.raises(ParameterError, match="SEIS_FORMAT = 5"):
        write_gather(tmp_path / "a", make_gather(DATA), 5, False)


@pytest.mark.skipif(not REFERENCE.exists(), reason="the reference cases are not beside the checkout")
def test_files_of_the_original_have_the_same_layout(tmp_path: Path):
    binary = (REFERENCE / "fwd_seisformat3/expected/su/s_y.su.shot1").read_bytes()
    gather = make_gather(np.frombuffer(binary, "<f4").reshape(4, 600))
    write_gather(tmp_path / "b", gather, 3, False)
    assert (tmp_path / "b").read_bytes() == binary
    write_gather(tmp_path / "a", gather, 2, False)
    # The two cases differ in nothing but the format.
    assert (tmp_path / "a").read_bytes() == (
        REFERENCE / "fwd_seisformat2/expected/su/s_y.su.shot1"
    ).read_bytes()


# ----------------------------------------------------------------------------------------- atomic files


def test_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path):
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def write_half() -> None:
        with atomic_file(path) as stream:
            stream.write(b"half of the new con")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


def test_reader_sees_the_old_file_until_the_end(tmp_path: Path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with atomic_file(path) as stream:
        stream.write(b"new")
        stream.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


def test_reader_in_the_middle_of_the_old_file_is_not_disturbed(tmp_path: Path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with open(path, "rb") as reader:
        with atomic_file(path) as stream:
            stream.write(b"new")
        assert reader.read() == b"old"


def test_folders_are_made_and_links_followed(tmp_path: Path):
    with atomic_file(tmp_path / "su" / "deep" / "a") as stream:
        stream.write(b"1")
    (tmp_path / "link").symlink_to(tmp_path / "su" / "deep" / "a")
    with atomic_file(tmp_path / "link") as stream:
        stream.write(b"2")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "su" / "deep" / "a").read_bytes() == b"2"


@pytest.mark.parametrize(("code", "kind"), [(errno.ENOSPC, ResourceError), (errno.EACCES, DataError)])
def test_operating_system_errors_name_the_file(tmp_path: Path, code: int, kind: type[Exception]):
    def write() -> None:
        with atomic_file(tmp_path / "a"):
            raise OSError(code, os.strerror(code))

    with pytest.raises(kind, match=re.escape(f"{tmp_path / 'a'}: cannot be written ({os.strerror(code)})")):
        write()
    assert not list(tmp_path.iterdir())


def test_parent_that_is_a_file(tmp_path: Path):
    (tmp_path / "su").write_bytes(b"")

    def write() -> None:
        with atomic_file(tmp_path / "su" / "a"):
            pass

    with pytest.raises(DataError, match="cannot be written"):
        write()


def test_missing_folder_is_named(tmp_path: Path):
    with pytest.raises(DataError, match=re.escape(f"there is no folder {tmp_path / 'none'}")):
        read_bytes(tmp_path / "none" / "a")
