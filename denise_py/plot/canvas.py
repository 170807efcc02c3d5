"""A sheet to draw on: loads matplotlib when it is needed and writes figures without a display."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from denise_py.errors import UsageError
from denise_py.traces.files import atomic_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("png", "pdf", "svg")
"""Endings a figure may have."""

_DOTS_PER_INCH = 200
_STYLE = {
    "font.size": 10,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "figure.titlesize": 11.5,
    "figure.titleweight": "bold",
    "axes.linewidth": 0.7,
    "xtick.direction": "out",
    "ytick.direction": "out",
    "legend.frameon": False,
    "pdf.fonttype": 42,  # text stays editable
    "svg.fonttype": "none",
}


def figure_format(path: str | os.PathLike[str]) -> str:
    """The format that the ending of a path asks for.

    Raises UsageError for endings other than those in FORMATS.
    """
    ending = Path(path).suffix.lower().lstrip(".")
    if ending not in FORMATS:
        raise UsageError(f"{path}: the name of a figure must end in .{', .'.join(FORMATS[:-1])} or .svg")
    return ending


@contextmanager
def drawing(
    path: str | os.PathLike[str], size: tuple[float, float], *, layout: str = "constrained"
) -> Iterator[Figure]:
    """A figure to draw on, written to `path` when the block ends without an error.

    size: width and height in inches, margins without content are cut off; layout: the engine of matplotlib
    that arranges the axes. Missing folders are made.

    Raises UsageError when matplotlib is not installed or the ending of the path is unknown, DataError or
    ResourceError when the file cannot be written.
    """
    kind = figure_format(path)
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UsageError(
            f'figures need matplotlib ({error}): install it with pip install "denise-py[plot]"'
        ) from None
    with rc_context(_STYLE):
        figure = Figure(figsize=size, layout=layout)  # without pyplot, so without a window on any backend
        yield figure
        with atomic_file(path) as stream:
            figure.savefig(stream, format=kind, dpi=_DOTS_PER_INCH, bbox_inches="tight", pad_inches=0.08)
