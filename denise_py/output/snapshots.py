"""Wavefield snapshots: their files, and the pieces of them that the blocks of the grid write.

A file holds one component of one shot: snapshot after snapshot, columns from the left, each column from top
to bottom (x slow, y fast), either float32 little-endian or text with one number per line. Every process
writes such a file for its block, a piece; output.snapshot_merge joins the pieces. Thinning keeps columns 1,
1 + IDX, ... and rows 1, 1 + IDY, ... of the whole grid: the merged file does not depend on the blocks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Any

import numpy as np

from denise_py.errors import DataError
from denise_py.grid import Grid
from denise_py.output.snapshot_fields import FIELDS, Inside, has_component
from denise_py.parallel.domain import Subdomain, decompose
from denise_py.parameters.finding import snapshot_components, snapshot_shots, snapshot_steps
from denise_py.parameters.models import SettingsData
from denise_py.traces.files import writing

BINARY = 3
#: endings of the files by component
ENDINGS: Mapping[str, str] = MappingProxyType(
    {"vx": "x", "vy": "y", "vz": "z", "p": "p", "div": "div", "rot": "rot"}
)
#: bytes that one number may take in a text file, line end included
TEXT_WIDTH = 24

# ----------------------------------------------------------------------------------------------- files


@dataclass(frozen=True)
class SnapshotFiles:
    """Where the snapshots of a run go and what is in them.

    prefix: SNAP_FILE; binary: float32 or text; blocks: the parts of the grid in rank order, npx of them side
    by side; components: a selection of vx, vy, vz, p, div, rot; steps: after which snapshots are taken,
    counted from 1; shots: their numbers; dt: of a step, s.
    """

    prefix: str
    binary: bool
    blocks: tuple[Subdomain, ...]
    npx: int
    every_x: int
    every_y: int
    components: tuple[str, ...]
    steps: range
    shots: range
    dt: float

    @classmethod
    def of(cls, settings: SettingsData, shots: int) -> SnapshotFiles:
        """The snapshots that settings ask for, in a run of the shots 1..shots."""
        domain = settings.domain
        grid = Grid(settings.grid.nx, settings.grid.ny, settings.grid.dh)
        return cls(
            settings.snapshots.file,
            settings.snapshots.format == BINARY,
            decompose(grid, domain.nprocx, domain.nprocy),
            domain.nprocx,
            settings.run.output_every_x,
            settings.run.output_every_y,
            snapshot_components(settings),
            snapshot_steps(settings),
            snapshot_shots(settings, shots),
            settings.time.dt,
        )

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns) of a merged snapshot."""
        block = self.blocks[0]
        return -(-block.grid_ny // self.every_y), -(-block.grid_nx // self.every_x)

    @property
    def times(self) -> list[float]:
        """Times of the snapshots, s."""
        return [step * self.dt for step in self.steps]

    def piece(self, component: str, shot: int, rank: int) -> str:
        """What a rank of the group that simulates the shot writes, as <SNAP_FILE>.bin.x.shot1.0.0."""
        column, row = rank % self.npx, rank // self.npx
        return f"{self.prefix}.{self._kind}.{ENDINGS[component]}.shot{shot}.{column}.{row}"

    def merged(self, component: str, shot: int) -> str:
        """All pieces together, as <SNAP_FILE>.shot1.bin.x."""
        return f"{self.prefix}.shot{shot}.{self._kind}.{ENDINGS[component]}"

    @property
    def _kind(self) -> str:
        return "bin" if self.binary else "asc"

    def kept(self, rank: int) -> tuple[slice, slice]:
        """Rows and columns of a rank's block that are written."""
        block = self.blocks[rank]
        return (
            slice(-block.y0 % self.every_y, None, self.every_y),
            slice(-block.x0 % self.every_x, None, self.every_x),
        )

    def place(self, rank: int) -> tuple[slice, slice]:
        """Where they are in a merged snapshot; either slice may be empty."""
        block = self.blocks[rank]
        return (
            slice(-(-block.y0 // self.every_y), -(-block.y1 // self.every_y)),
            slice(-(-block.x0 // self.every_x), -(-block.x1 // self.every_x)),
        )

    def piece_shape(self, rank: int) -> tuple[int, int]:
        """(rows, columns) of a snapshot in the piece of a rank."""
        rows, columns = self.place(rank)
        return rows.stop - rows.start, columns.stop - columns.start


# -------------------------------------------------------------------------------------- writing pieces


class PieceWriter:
    """Writes the snapshots of one shot on one block.

    files: of the run; rank: within the group; fields: arrays of the propagator, the same ones throughout;
    scales: factors (ny, nx) of components at the own points of the block.

    Raises DataError or ResourceError when a file cannot be written.
    """

    def __init__(
        self,
        files: SnapshotFiles,
        shot: int,
        rank: int,
        fields: Any,
        inside: Inside,
        scales: Mapping[str, np.ndarray],
    ) -> None:
        self._files, self._fields, self._inside, self._scales = files, fields, inside, scales
        self._kept = files.kept(rank)
        wanted = [name for name in files.components if has_component(fields, name)]
        self._paths = {name: files.piece(name, shot, rank) for name in wanted}
        for path in self._paths.values():  # no snapshot of an earlier run may stay
            with writing(path), open(path, "wb"):
                pass

    def take(self, step: int) -> None:
        """Append the fields of this moment to the pieces."""
        for name, path in self._paths.items():
            values = FIELDS[name](self._fields, self._inside)
            if name in self._scales:
                values = values * self._scales[name]
            with writing(path), open(path, "ab") as stream:
                stream.write(_encoded(values[self._kept], self._files.binary))


def _encoded(values: np.ndarray, binary: bool) -> bytes:
    """Values (ny, nx) as they stand in a file."""
    in_order = values.T.ravel()
    if binary:
        return in_order.astype("<f4").tobytes()
    return b"".join(b"%e\n" % value for value in in_order.tolist())


# --------------------------------------------------------------------------------------------- reading


class NumberFile:
    """The numbers of a binary or text file, read a part at a time as they stand there: '<f4' or lines."""

    def __init__(self, path: str, binary: bool) -> None:
        self.path, self._binary, self._position = path, binary, 0

    def count(self) -> float:
        """How many numbers there are; with a fraction if the last one is incomplete.

        Raises OSError.
        """
        with open(self.path, "rb") as stream:
            if self._binary:
                return stream.seek(0, 2) / 4
            count, end = 0, b"\n"
            while block := stream.read(2**20):
                count, end = count + block.count(b"\n"), block[-1:]
            return count if end == b"\n" else count + 0.5

    def next(self, count: int) -> np.ndarray:
        """The next numbers, (count,).

        Raises DataError when there are fewer, or a line is too long for a number, OSError.
        """
        with open(self.path, "rb") as stream:
            stream.seek(self._position)
            found = self._binary_part(stream, count) if self._binary else self._lines(stream, count)
        if found.size < count:
            raise DataError(f"{self.path}: ends too early, {count - found.size} numbers are missing")
        return found

    def skip(self, count: int) -> None:
        """Leave out the next numbers."""
        if self._binary:
            self._position += 4 * count
        else:
            self.next(count)

    def _binary_part(self, stream, count: int) -> np.ndarray:
        found = np.frombuffer(stream.read(4 * count), "<u1")
        self._position += 4 * count
        return found[: found.size // 4 * 4].view("<f4")

    def _lines(self, stream, count: int) -> np.ndarray:
        lines = list(islice(stream, count))
        longest = max(map(len, lines), default=0)
        if longest > TEXT_WIDTH:
            raise DataError(f"{self.path}: a line of {longest} characters, expected one number per line")
        self._position += sum(map(len, lines))
        return np.array(lines, f"S{TEXT_WIDTH}")


def read_snapshots(
    files: SnapshotFiles, component: str, shot: int, wanted: Sequence[int]
) -> list[np.ndarray]:
    """Snapshots (rows, columns) float32 of a merged file, by increasing number (counted from 0).

    Raises DataError when the file is missing, or is not as long as the settings say.
    """
    path = files.merged(component, shot)
    numbers = NumberFile(path, files.binary)
    size = math.prod(files.shape)
    try:
        check_count(path, numbers.count(), size, files)
        found, position = [], 0
        for number in wanted:
            numbers.skip((number - position) * size)
            values = _as_floats(path, numbers.next(size))
            found.append(values.reshape(files.shape[::-1]).T)
            position = number + 1
    except FileNotFoundError:
        raise DataError(f"{path}: file not found; snapmerge makes it out of the pieces of a run") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
    return found


def check_count(path: str, count: float, per_snapshot: int, files: SnapshotFiles) -> None:
    """Raise DataError unless a file holds as many numbers as the snapshots of a run."""
    needed = per_snapshot * len(files.steps)
    if count != needed:
        text = f"{path}: holds {count:g} numbers, but {needed} are needed for {len(files.steps)} snapshots"
        why = "the run was not finished" if count < needed else "it is that of another run"
        raise DataError(f"{text} of {per_snapshot}; {why}, or the parameters have changed since")


def _as_floats(path: str, numbers: np.ndarray) -> np.ndarray:
    try:
        return numbers.astype(np.float32)
    except ValueError:
        raise DataError(f"{path}: a line holds no number") from None
