"""Text tables of numbers (source, receiver and wavelet files): one record per line, blank-separated.

Blank lines are skipped, and so is everything from `#` or `%` to the end of a line. A last line without a
newline counts. Byte order marks and Windows line ends do no harm.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from denise_py.errors import DataError
from denise_py.traces.files import read_bytes

LARGEST = 3.4028234663852886e38  # of single precision, which the simulation uses

_COMMENT = re.compile("[#%]")


@dataclass(frozen=True)
class Line:
    """The words of one line of a file; number counts all lines of the file from 1."""

    path: str
    number: int
    words: tuple[str, ...]

    @property
    def where(self) -> str:
        """'file: line n', the start of every message about it."""
        return f"{self.path}: line {self.number}"

    def real(self, column: int, name: str) -> float:
        """The number in a column (from 0), finite also in single precision. Raises DataError naming the
        missing or bad item."""
        if column >= len(self.words):
            raise DataError(f"{self.where}: {name} is missing (column {column + 1}): {self.text!r}")
        word = self.words[column]
        try:
            value = float(word)
        except ValueError:
            raise DataError(f"{self.where}: {name} must be a number, found {word!r}") from None
        if not abs(value) <= LARGEST:
            raise DataError(
                f"{self.where}: {name} must be a finite number, found {word!r} (the limit is 3.4e38)"
            )
        return value

    def integer(self, column: int, name: str) -> int:
        """The whole number in a column (3 or 3.0). Raises DataError as real does."""
        value = self.real(column, name)
        if not value.is_integer():
            raise DataError(f"{self.where}: {name} must be a whole number, found {self.words[column]!r}")
        return int(value)

    @property
    def text(self) -> str:
        """The line with single blanks and without its comment."""
        return " ".join(self.words)


def data_lines(path: str | os.PathLike[str]) -> list[Line]:
    """All lines of a file that hold data. Raises DataError if the file is missing or has none."""
    text = read_bytes(path).decode("utf-8-sig", errors="replace")
    lines = [
        Line(str(path), number, tuple(_COMMENT.split(line)[0].split()))
        for number, line in enumerate(text.splitlines(), start=1)
    ]
    lines = [line for line in lines if line.words]
    if not lines:
        raise DataError(f"{path}: the file holds no numbers")
    return lines
