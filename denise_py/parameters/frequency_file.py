"""The file with low-pass corners: how many, then one per line.

    3
    % low frequencies first
    15.0
    25.0
    40.0

Only the first word of a line counts. Lines whose first word is no number, or zero, are skipped, as in DENISE.
"""

from __future__ import annotations

from pathlib import Path

from denise_py.errors import ParameterError
from denise_py.parameters.reader import read_text
from denise_py.parameters.values import parse_number


def read_frequencies(path: str | Path) -> tuple[float, ...]:
    """Corners in Hz in the order of the file.

    Raises ParameterError for a first line that is no number of frequencies, for too few of them and for
    negative ones, naming the file and the line.
    """
    where = f"frequency file {path}"
    rows = [
        (number, _number(line.split()[0]))
        for number, line in enumerate(read_text(path, "frequency file").split("\n"), start=1)
        if line.split()
    ]
    rows = [(number, value) for number, value in rows if value]
    if not rows or not rows[0][1].is_integer() or rows[0][1] < 1:
        found = f", found {rows[0][1]:g}" if rows else ""
        raise ParameterError(f"{where}: the first number must be the number of frequencies, 1 or more{found}")
    count, rows = int(rows[0][1]), rows[1:]
    if len(rows) < count:
        raise ParameterError(f"{where} announces {count} frequencies but holds {len(rows)}, one per line")
    for number, value in rows[:count]:
        if value < 0:
            raise ParameterError(f"{where}, line {number}: {value:g} Hz must be > 0")
    return tuple(value for _, value in rows[:count])


def _number(word: str) -> float | None:
    try:
        return float(parse_number(word))
    except ValueError:
        return None
