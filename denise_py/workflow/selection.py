"""Which traces count and which part of them: trace-kill tables, offsets, picked times. All files are text."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from denise_py.acquisition.tables import data_lines
from denise_py.errors import DataError
from denise_py.parameters.models import MisfitSettings, SourceWaveletSettings
from denise_py.traces.processing import TimeWindow
from denise_py.workflow.setup import Setup, Shot

TABLE_TOO = 2  # value of TRKILL_OFFSET


def kill_table_names(base: str, stage: int) -> tuple[str, ...]:
    """Possible names of a trace-kill table, the preferred one first."""
    return f"{base}_{stage}.dat", f"{base}.dat", base


def pick_file_names(base: str, shot: int, stage: int) -> tuple[str, ...]:
    """Possible names of the picked times of a shot, the preferred one first."""
    return f"{base}_{shot}_{stage}.dat", f"{base}_{shot}.dat"


def offsets(shot: Shot) -> np.ndarray:
    """Distance (ntr,) in m of the receivers from the (first) source."""
    return np.hypot(*(shot.receivers.positions - np.asarray(shot.position)).T)


def killed(
    setup: Setup, chosen: MisfitSettings | SourceWaveletSettings, shot: Shot, stage: int
) -> np.ndarray:
    """Whether traces (ntr,) of a shot are left out by a table or by their offset, of the misfit or of the
    wavelet.

    Offsets between the two bounds are left out, the bounds themselves are not, but for an offset of 0 when
    that is the lower bound. Raises DataError when the table is missing or wrong.
    """
    out = np.zeros(shot.receivers.ntr, dtype=bool)
    if chosen.trace_kill and chosen.trace_kill_offset in (0, TABLE_TOO):
        name = _existing(kill_table_names(chosen.trace_kill_file, stage), "trace-kill table")
        rows = max(one.receivers.ntr for one in setup.shots)
        out |= read_kill_table(name, rows, len(setup.shots))[: out.size, shot.number - 1]
    if chosen.trace_kill_offset:
        r, lower = offsets(shot), chosen.trace_kill_offset_lower
        out |= ((r > lower) | (lower == 0)) & (r < chosen.trace_kill_offset_upper)
    return out


def read_kill_table(path: str, receivers: int, shots: int) -> np.ndarray:
    """Table (receivers, shots) of 1 (kill) and 0 (use) as bool. Raises DataError naming line and column."""
    lines = data_lines(path)
    if len(lines) != receivers:
        raise DataError(f"{path}: {len(lines)} rows, but there are {receivers} receivers (one row each)")
    table = np.zeros((receivers, shots), dtype=bool)
    for row, line in enumerate(lines):
        if len(line.words) != shots:
            raise DataError(
                f"{line.where}: {len(line.words)} columns, but there are {shots} shots (one column each)"
            )
        for column in range(shots):
            value = line.integer(column, f"the value of shot {column + 1}")
            if value not in (0, 1):
                raise DataError(
                    f"{line.where}: the value of shot {column + 1} is {value}: 1 kills the trace, 0 uses it"
                )
            table[row, column] = value
    return table


def window(
    setup: Setup, chosen: MisfitSettings, shot: Shot, stage: int
) -> tuple[TimeWindow | None, np.ndarray]:
    """The time window or None, and which traces (ntr,) have no pick.

    Raises DataError when the picks are missing or wrong.
    """
    ntr = shot.receivers.ntr
    if not chosen.time_window:
        return None, np.zeros(ntr, dtype=bool)
    name = _existing(pick_file_names(chosen.picks_file, shot.number, stage), "file of picks")
    table = read_picks(name, ntr, chosen.time_window_individual)
    plus, minus = (chosen.time_window_plus, chosen.time_window_minus)
    if chosen.time_window_individual:
        plus, minus = table[:, 1], table[:, 2]
    time = setup.time
    plus, minus = (np.broadcast_to(one, ntr) for one in (plus, minus))
    found = TimeWindow(table[:, 0], plus, minus, chosen.time_window_damping, time.nt, time.dt)
    return found, table[:, 0] < 0


def read_picks(path: str, receivers: int, with_lengths: bool) -> np.ndarray:
    """Picked times in s, negative where there is no pick, (receivers, 1), or with the lengths of the window
    after and before them (receivers, 3). Raises DataError naming line and column."""
    lines = data_lines(path)
    if len(lines) != receivers:
        raise DataError(f"{path}: {len(lines)} picks, but there are {receivers} receivers (one line each)")
    names = ("the picked time", "the length after the pick", "the length before the pick")
    columns = names if with_lengths else names[:1]
    table = np.array([[line.real(k, name) for k, name in enumerate(columns)] for line in lines])
    wrong = np.argwhere(table[:, 1:] < 0)
    if wrong.size:
        row, column = wrong[0]
        value = table[row, column + 1]
        raise DataError(f"{lines[row].where}: {names[column + 1]} is {value:g} s: must not be negative")
    return table


def _existing(names: Sequence[str], what: str) -> str:
    """The first name that exists. Raises DataError when there is none."""
    for name in names:
        if os.path.exists(name):
            return name
    raise DataError(f"{names[-1]}: no {what}: tried {', '.join(names)}")
