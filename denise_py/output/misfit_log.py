"""The misfit log: DENISE's columns for old scripts, and JSON lines that explain themselves.

Columns of a parabolic search (tab separated, %e):
    step  e1 e2 e3  f1 f2 f3  misfit of all shots before the update  [corner frequency]
and of a Wolfe search:
    step  iteration  gradients so far  relative change  0  trials  misfit before  after  [corner frequency]
The JSON lines stand in a file of the same name with the ending .jsonl; numbers that are not finite (the
misfit of a trial that failed) are null there.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from denise_py.traces.files import writing


@dataclass(frozen=True)
class IterationRecord:
    """One iteration of an inversion, as written to the JSON lines. low_pass, high_pass: corners in Hz, None
    without one; norm: LNORM; gradients, misfits, products: evaluations in this iteration, the last with the
    Gauss-Newton matrix; shots: numbers of those the misfits are of, None for all;
    simulations: how many an evaluation of these takes, None for one per shot; full_misfit: of all shots after
    the iteration, None if it was not computed."""

    iteration: int
    stage: int
    accepted: bool
    misfit_before: float
    misfit_after: float | None
    step: float
    largest_change: float
    parameters: tuple[str, ...]
    low_pass: float | None
    optimiser: str
    search: str
    trials: tuple[tuple[float, float], ...]
    gradients: int
    misfits: int
    slope: float
    gradient_norm: float
    seconds: float
    wolfe: dict[str, float] | None
    reasons: tuple[str, ...]
    norm: int = 2
    high_pass: float | None = None
    products: int = 0
    shots: tuple[int, ...] | None = None
    simulations: int | None = None
    full_misfit: float | None = None


class MisfitLog:
    """Both logs of a run. Existing files are overwritten by the first record."""

    def __init__(self, path: str, with_corner: bool, with_header: bool) -> None:
        self.path = Path(path)
        self.json_path = self.path.with_name(self.path.stem + ".jsonl")
        self._with_corner, self._with_header = with_corner, with_header
        self._started = False

    def write(self, columns: Sequence[float], record: IterationRecord) -> None:
        """Append the numbers of one iteration, without the corner frequency, and its record."""
        mode = "a" if self._started else "w"
        text = "\t".join(f"{value:e}" for value in columns)
        if self._with_corner:
            text += f"\t{record.low_pass or 0.0:f}"
        with writing(self.path), self.path.open(mode) as stream:
            if self._with_header and not self._started:
                stream.write(self._header())
            stream.write(text + "\n")
        with writing(self.json_path), self.json_path.open(mode) as stream:
            stream.write(json.dumps(_plain(asdict(record)), allow_nan=False) + "\n")
        self._started = True

    def _header(self) -> str:
        names = ["opteps_vp", *(f"epst1[{i}]" for i in (1, 2, 3)), *(f"L2t[{i}]" for i in (1, 2, 3, 4))]
        return "\t".join([*names, "FC"] if self._with_corner else names) + "\n"


def _plain(value: Any) -> Any:
    """The value with None for numbers that JSON does not know."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
