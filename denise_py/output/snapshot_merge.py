"""Joining the pieces of snapshots that the blocks of the grid have written; see output.snapshots.

All pieces are looked at before anything is written. A file is put together snapshot by snapshot, so that
memory for one of them is enough, and its pieces are removed only when it is complete and on disk.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from denise_py.errors import DataError
from denise_py.output.snapshots import TEXT_WIDTH, NumberFile, SnapshotFiles, check_count
from denise_py.traces.files import atomic_file

SHOWN = 5  # problems of one kind that are named


@dataclass(frozen=True)
class Join:
    """One file to be made and what it is made of; no pieces if it has been made already."""

    path: str
    pieces: tuple[str, ...]

    @property
    def done(self) -> bool:
        """Whether there is nothing to do."""
        return not self.pieces


def plan_merge(files: SnapshotFiles) -> list[Join]:
    """What there is to do, by shot and component.

    Raises DataError that names the pieces (or finished files) that are missing or do not have the right size;
    one line each, some left out if there are many.
    """
    joins, problems = [], []
    for shot in files.shots:
        for component in files.components:
            try:
                joins.append(_planned(files, component, shot))
            except DataError as error:
                problems.append(str(error))
    if problems:
        more = len(problems) - SHOWN
        rest = [f"... and {more} more files like these"] if more > 0 else []
        raise DataError("\n".join([*islice(problems, SHOWN), *rest]))
    return joins


def _planned(files: SnapshotFiles, component: str, shot: int) -> Join:
    path = files.merged(component, shot)
    pieces = tuple(files.piece(component, shot, rank) for rank in range(len(files.blocks)))
    missing = [piece for piece in pieces if not os.path.lexists(piece)]
    if len(missing) == len(pieces) and os.path.lexists(path):
        _check(path, math.prod(files.shape), files)
        return Join(path, ())
    if missing:
        where = "its other pieces are there" if len(missing) < len(pieces) else f"and so is {path}"
        advice = "repeat the run, with NPROCX and NPROCY as in this parameter file"
        raise DataError(f"{missing[0]}: piece of snapshots is missing, {where}; {advice}")
    for rank, piece in enumerate(pieces):
        _check(piece, math.prod(files.piece_shape(rank)), files)
    return Join(path, pieces)


def _check(path: str, per_snapshot: int, files: SnapshotFiles) -> None:
    if not os.path.isfile(path):
        raise DataError(f"{path}: cannot be read (not a regular file)")
    try:
        count = NumberFile(path, files.binary).count()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
    check_count(path, count, per_snapshot, files)


def merge(join: Join, files: SnapshotFiles) -> None:
    """Make the file of a join, then remove its pieces.

    Raises DataError when a piece cannot be read or removed, ResourceError when the disk is full; the pieces
    are then all there, unless removing them was the problem.
    """
    with atomic_file(join.path) as stream:
        for snapshot in _snapshots(join, files):
            stream.write(snapshot if files.binary else b"".join(snapshot.ravel().tolist()))
    for piece in join.pieces:
        try:
            os.unlink(piece)
        except OSError as error:
            text = f"{join.path} is complete, but its pieces cannot be removed; do so yourself"
            raise DataError(f"{piece}: {text} ({error.strerror})") from None


def _snapshots(join: Join, files: SnapshotFiles) -> Iterator[np.ndarray]:
    """Whole snapshots (columns, rows), numbers as they stand in the pieces."""
    parts = [NumberFile(piece, files.binary) for piece in join.pieces]
    whole = np.empty(files.shape[::-1], "<f4" if files.binary else f"S{TEXT_WIDTH}")
    for _ in files.steps:
        for rank, part in enumerate(parts):
            rows, columns = files.place(rank)
            shape = files.piece_shape(rank)[::-1]
            whole[columns, rows] = _next(part, math.prod(shape)).reshape(shape)
        yield whole


def _next(part: NumberFile, count: int) -> np.ndarray:
    try:
        return part.next(count)
    except OSError as error:
        raise DataError(f"{part.path}: cannot be read ({error.strerror})") from None
