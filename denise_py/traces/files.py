"""Reading whole files and replacing files atomically, with one-line errors instead of OSError."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from denise_py.errors import DataError, ResourceError

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """Content of a file.

    Raises DataError with the path tried and, when the file does not exist, the names next to it that
    begin alike. A pipe or a device is not read, it might never end.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode) and not os.path.isdir(path):
            raise DataError(f"{path}: cannot be read (not a regular file)")
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path}: file not found{_similar_names(Path(path))}") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None


def _similar_names(path: Path) -> str:
    if not path.parent.is_dir():
        return f" (there is no folder {path.parent})"
    stem = path.name.split(".")[0]
    names = sorted(entry.name for entry in path.parent.iterdir() if stem and entry.name.startswith(stem))
    return f" (similar names there: {', '.join(names[:4])})" if names else ""


@contextmanager
def atomic_file(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Binary file that appears under `path` only when completely written; see atomic_path."""
    with atomic_path(path) as temporary, open(temporary, "wb") as stream:
        yield stream


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Name of a file to write that appears under `path` only when completely written, for libraries that
    open files themselves.

    The content goes to a temporary file in the same folder, is flushed to disk and then renamed, so a
    reader sees either the old or the new file. Missing parent folders are made: a finished simulation
    is not thrown away because its output folder is missing.

    Raises ResourceError when the disk is full, DataError when the place is not writable or taken by
    something else than a file, such as a folder or a device.
    """
    target = Path(os.path.realpath(path))  # a link keeps pointing to the file that is replaced
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with writing(path):
            if target.exists() and not target.is_file():
                raise DataError(f"{path}: cannot be written (there is something that is not a file)")
            target.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            _to_disk(temporary)
            os.replace(temporary, target)
    finally:
        _remove_if_present(temporary)


def _to_disk(path: Path) -> None:
    with open(path, "rb") as stream:
        os.fsync(stream.fileno())


@contextmanager
def writing(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turns a failure to write `path` into ResourceError (disk full) or DataError (anything else)."""
    try:
        yield
    except OSError as error:
        kind = ResourceError if error.errno in _NO_SPACE else DataError
        raise kind(f"{path}: cannot be written ({error.strerror})") from None


def _remove_if_present(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:  # its folder is missing or read-only, which has been reported already
        return
