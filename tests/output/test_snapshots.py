"""Snapshots: which fields, when, and how pieces of blocks become one file. Whole runs: tests/workflow."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from denise_py.errors import DataError
from denise_py.fd.weights import stencil
from denise_py.grid import Grid
from denise_py.output.snapshot_fields import FIELDS, Inside, has_component
from denise_py.output.snapshot_merge import merge, plan_merge
from denise_py.output.snapshots import PieceWriter, SnapshotFiles, read_snapshots
from denise_py.parallel.domain import decompose

NX, NY = 11, 7


class Waves(NamedTuple):
    """Fields with a halo as of P-SV (sxx, syy), here also of a fluid and SH by leaving some out."""

    vx: np.ndarray
    vy: np.ndarray
    sxx: np.ndarray
    syy: np.ndarray


class Fluid(NamedTuple):
    vx: np.ndarray
    vy: np.ndarray
    p: np.ndarray


class Shear(NamedTuple):
    vz: np.ndarray


# ---------------------------------------------------------------------------------------------- fields


@pytest.mark.parametrize("order", [2, 4, 6, 8])
def test_div_and_rot_of_linear_velocities(order):
    """Any consistent operator is exact: div = a + d, rot = b - c for vx = a x + b y, vy = c x + d y."""
    operator = stencil(order, 0)
    inside = Inside(operator.half, operator.weights)
    y, x = np.mgrid[0 : NY + order, 0 : NX + order].astype(float)
    fields = Fluid(2 * x + 3 * y, 5 * x - 7 * y, x)
    for component, expected in (("div", 2 - 7), ("rot", 3 - 5)):
        found = FIELDS[component](fields, inside)
        assert found.shape == (NY, NX)
        np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_div_and_rot_sit_where_the_stress_update_takes_its_strains():
    """A spike of vx at (j, i): dx- is + there and - right of it, dy+ is - there and + above it."""
    inside = Inside(1, (1.0,))
    vx = np.zeros((NY + 2, NX + 2))
    vx[4, 6] = 1.0  # own point (3, 5)
    div, rot = (FIELDS[name](Fluid(vx, 0 * vx, vx), inside) for name in ("div", "rot"))
    assert {(j, i): div[j, i] for j, i in np.argwhere(div)} == {(3, 5): 1.0, (3, 6): -1.0}
    assert {(j, i): rot[j, i] for j, i in np.argwhere(rot)} == {(3, 5): -1.0, (2, 5): 1.0}
    vy = vx
    div, rot = (FIELDS[name](Fluid(0 * vx, vy, vx), inside) for name in ("div", "rot"))
    assert {(j, i): div[j, i] for j, i in np.argwhere(div)} == {(3, 5): 1.0, (4, 5): -1.0}
    assert {(j, i): rot[j, i] for j, i in np.argwhere(rot)} == {(3, 5): 1.0, (3, 4): -1.0}


def test_pressure_of_solids_and_fluids():
    one = np.ones((NY + 2, NX + 2))
    inside = Inside(1, (1.0,))
    assert np.all(FIELDS["p"](Waves(one, one, 2 * one, 3 * one), inside) == -5)
    assert np.all(FIELDS["p"](Fluid(one, one, 4 * one), inside) == -4)


def test_components_belong_to_waves():
    one = np.ones((3, 3))
    for fields, there in ((Fluid(one, one, one), "vx vy p div rot"), (Shear(one), "vz")):
        assert [name for name in FIELDS if has_component(fields, name)] == there.split()


# ------------------------------------------------------------------------------- pieces and merged files


def snapshots_of(folder: Path, binary: bool, npx: int, npy: int, every: tuple[int, int], **changes):
    """Files of two components, three snapshots, shots 2 and 4."""
    options = {"components": ("vx", "vy"), "steps": range(2, 7, 2), "shots": range(2, 5, 2), "dt": 0.5}
    blocks = decompose(Grid(NX, NY, 1.0), npx, npy)
    return SnapshotFiles(str(folder / "w"), binary, blocks, npx, *every, **(options | changes))


def wave(shot: int, step: int) -> np.ndarray:
    """A field (ny, nx) that names its place, its shot and its step; exact in single precision."""
    return (np.arange(NX * NY).reshape(NY, NX) + 1000.0 * step + 1e5 * shot).astype(np.float32)


def write_pieces(files: SnapshotFiles) -> None:
    """What the processes of a run would write; vy is minus vx."""
    for shot in files.shots:
        for rank, block in enumerate(files.blocks):
            padded = Fluid(*(np.full((block.ny + 2, block.nx + 2), np.nan, np.float32) for _ in range(3)))
            writer = PieceWriter(files, shot, rank, padded, Inside(1, (1.0,)), {})
            for step in files.steps:
                padded.vx[1:-1, 1:-1] = wave(shot, step)[block.slices]
                padded.vy[1:-1, 1:-1] = -padded.vx[1:-1, 1:-1]
                writer.take(step)


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("blocks", [(1, 1), (2, 1), (3, 2), (5, 3)])
@pytest.mark.parametrize("every", [(1, 1), (2, 3), (4, 5)])
def test_merged_files_do_not_depend_on_blocks(tmp_path, binary, blocks, every):
    """Uneven blocks, steps of thinning that divide none of them, blocks of which nothing is kept."""
    files = snapshots_of(tmp_path, binary, *blocks, every)
    write_pieces(files)
    assert len(list(tmp_path.iterdir())) == 4 * blocks[0] * blocks[1]
    for join in plan_merge(files):
        merge(join, files)
    kind = "bin" if binary else "asc"
    expected = {f"w.shot{shot}.{kind}.{c}" for shot in (2, 4) for c in "xy"}
    assert {path.name for path in tmp_path.iterdir()} == expected
    for shot in (2, 4):
        for component, sign in (("vx", 1), ("vy", -1)):
            found = read_snapshots(files, component, shot, range(3))
            for step, array in zip((2, 4, 6), found, strict=True):
                assert np.array_equal(array, sign * wave(shot, step)[:: every[1], :: every[0]])
    assert all(join.done for join in plan_merge(files))


def test_bytes_of_a_file(tmp_path):
    """Snapshot after snapshot, x slow, y fast, single precision or seven digits."""
    for binary in (True, False):
        files = snapshots_of(tmp_path, binary, 2, 2, (1, 1))
        write_pieces(files)
        for join in plan_merge(files):
            merge(join, files)
    numbers = np.concatenate([wave(4, step).T.ravel() for step in (2, 4, 6)])
    assert (tmp_path / "w.shot4.bin.x").read_bytes() == numbers.astype("<f4").tobytes()
    text = "".join(f"{number:e}\n" for number in numbers)
    assert (tmp_path / "w.shot4.asc.x").read_text() == text


def test_single_snapshots_are_read(tmp_path):
    for binary in (True, False):
        files = snapshots_of(tmp_path, binary, 1, 1, (2, 2))
        write_pieces(files)
        for join in plan_merge(files):
            merge(join, files)
        first, last = read_snapshots(files, "vx", 2, [0, 2])
        assert np.array_equal(first, wave(2, 2)[::2, ::2])
        assert np.array_equal(last, wave(2, 6)[::2, ::2])
    assert files.times == [1.0, 2.0, 3.0]


def test_nothing_of_an_earlier_run_stays(tmp_path):
    files = snapshots_of(tmp_path, True, 1, 1, (1, 1))
    write_pieces(files)
    fields = Fluid(*(np.zeros((NY + 2, NX + 2), np.float32) for _ in range(3)))
    writer = PieceWriter(files, 2, 0, fields, Inside(1, (1.0,)), {})
    assert (tmp_path / "w.bin.x.shot2.0.0").stat().st_size == 0
    writer.take(2)
    assert (tmp_path / "w.bin.x.shot2.0.0").stat().st_size == 4 * NX * NY
    with pytest.raises(DataError, match=r"w\.bin\.x\.shot2\.0\.0: holds 77 numbers, but 231 are needed"):
        plan_merge(files)


def test_scales_multiply(tmp_path):
    files = snapshots_of(tmp_path, True, 1, 1, (1, 1), components=("div",), shots=range(2, 3))
    ramp = np.arange(NX + 2, dtype=np.float32) * np.ones((NY + 2, 1), np.float32)
    scale = wave(0, 0)
    writer = PieceWriter(files, 2, 0, Fluid(ramp, 0 * ramp, ramp), Inside(1, (1.0,)), {"div": scale})
    for step in files.steps:
        writer.take(step)
    for join in plan_merge(files):
        merge(join, files)
    for array in read_snapshots(files, "div", 2, range(3)):
        assert np.array_equal(array, scale)


# ---------------------------------------------------------------------------------------------- failures


def test_missing_and_short_pieces_are_named_and_nothing_changes(tmp_path):
    files = snapshots_of(tmp_path, True, 3, 2, (1, 1))
    write_pieces(files)
    (tmp_path / "w.bin.x.shot2.1.0").unlink()
    with open(tmp_path / "w.bin.y.shot4.2.1", "ab") as stream:
        stream.truncate(50)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(DataError) as caught:
        plan_merge(files)
    missing, short = str(caught.value).splitlines()
    assert missing.startswith(
        f"{tmp_path}/w.bin.x.shot2.1.0: piece of snapshots is missing, its other pieces"
    )
    # block (2, 1) has 3 x 3 points; 50 bytes are 12 numbers and a half
    assert f"{tmp_path}/w.bin.y.shot4.2.1: holds 12.5 numbers, but 27 are needed for 3 snapshots" in short
    assert "not finished" in short
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_many_problems_are_cut_short(tmp_path):
    files = snapshots_of(tmp_path, True, 1, 1, (1, 1), shots=range(1, 100))
    with pytest.raises(DataError) as caught:
        plan_merge(files)
    lines = str(caught.value).splitlines()
    assert len(lines) == 6
    assert lines[-1] == "... and 193 more files like these"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"1\n" * 230, "holds 230 numbers, but 231"),
        (b"1\n" * 232, "holds 232 numbers.* that of another run"),
        (b"1\n" * 230 + b"1", "holds 230.5 numbers"),
    ],
)
def test_wrong_number_of_lines(tmp_path, content, message):
    files = snapshots_of(tmp_path, False, 1, 1, (1, 1), components=("vx",), shots=range(2, 3))
    (tmp_path / "w.asc.x.shot2.0.0").write_bytes(content)
    with pytest.raises(DataError, match=message):
        plan_merge(files)


def test_lines_that_are_no_numbers(tmp_path):
    files = snapshots_of(tmp_path, False, 1, 1, (1, 1), components=("vx",), shots=range(2, 3))
    piece = tmp_path / "w.asc.x.shot2.0.0"
    piece.write_bytes(b"1\n" * 230 + b"x" * 100 + b"\n")
    (join,) = plan_merge(files)
    with pytest.raises(DataError, match="a line of 101 characters"):
        merge(join, files)
    assert [path.name for path in tmp_path.iterdir()] == [piece.name]
    (tmp_path / "w.shot2.asc.x").write_bytes(b"1\n" * 230 + b"x\n")
    with pytest.raises(DataError, match=r"w\.shot2\.asc\.x: a line holds no number"):
        read_snapshots(files, "vx", 2, [2])


def test_a_piece_that_shrinks_meanwhile_costs_nothing(tmp_path):
    """Another run begins between the look at the pieces and their reading."""
    files = snapshots_of(tmp_path, True, 2, 1, (1, 1), components=("vx",), shots=range(2, 3))
    write_pieces(files)
    (join,) = plan_merge(files)
    (tmp_path / "w.bin.x.shot2.1.0").write_bytes(b"")
    with pytest.raises(DataError, match=r"w\.bin\.x\.shot2\.1\.0: ends too early, 35 numbers are missing"):
        merge(join, files)
    assert {path.name for path in tmp_path.iterdir()} == {"w.bin.x.shot2.0.0", "w.bin.x.shot2.1.0"}


def test_pieces_that_cannot_be_written(tmp_path):
    files = snapshots_of(tmp_path, True, 1, 1, (1, 1))
    (tmp_path / "w.bin.y.shot2.0.0").mkdir()
    with pytest.raises(DataError, match=r"w\.bin\.y\.shot2\.0\.0: cannot be written \(Is a directory\)"):
        write_pieces(files)


def test_unmerged_snapshots_cannot_be_read(tmp_path):
    files = snapshots_of(tmp_path, True, 1, 1, (1, 1))
    with pytest.raises(DataError, match=r"w\.shot2\.bin\.x: file not found; snapmerge makes it"):
        read_snapshots(files, "vx", 2, [0])
