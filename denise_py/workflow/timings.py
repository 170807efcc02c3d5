"""Where the wall time of a run went: per shot time loops, observed data and output, as a table at the end."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Literal

from denise_py import __version__
from denise_py.errors import DeniseError
from denise_py.propagate import StepTimes, total_times
from denise_py.traces.files import atomic_file
from denise_py.workflow.setup import Processes, Setup

Run = Literal["forward", "adjoint"]

_PARTS = ("velocity", "velocity_exchange", "stress", "stress_exchange")
_COLUMNS = (
    *("shot", "group", "run", "runs", "steps", "total", *_PARTS, "output", "filtering", "comparing"),
    *("seconds_per_step", "points_per_second"),
)
#: what belongs to no shot
READING = "reading of the observed data"
CHOOSING = "filtering and choosing of the observed data for the stages"
WRITING = "writing of models, gradients and the misfit log"


@dataclass
class ShotTimes:
    """What the simulations of one kind of one shot took on a process, all of them together: number of runs,
    seconds of their time loops and their parts (nan if these were not measured), of writing, of filtering and
    processing the observed data, and of comparing synthetic data with them."""

    runs: int
    loops: StepTimes
    output: float = 0.0
    filtering: float = 0.0
    comparing: float = 0.0


class Timings:
    """Stopwatch of one process, from its making on. clock: seconds, for tests."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._started = clock()
        #: by number of the shot and kind of run
        self.shots: dict[tuple[int, Run], ShotTimes] = {}
        #: seconds of what does not belong to a shot, by its name
        self.others: dict[str, float] = {}

    def add(self, shot: int, run: Run, loop: StepTimes) -> None:
        """A simulation is finished."""
        row = self._row(shot, run)
        row.runs += 1
        row.loops.add(loop)

    def writing(self, shot: int) -> AbstractContextManager[None]:
        """What happens meanwhile is output of a shot."""
        return self._of_shot(shot, "output")

    def filtering(self, shot: int) -> AbstractContextManager[None]:
        """Observed data of a shot are made ready."""
        return self._of_shot(shot, "filtering")

    def comparing(self, shot: int) -> AbstractContextManager[None]:
        """Synthetic data of a shot are compared with them."""
        return self._of_shot(shot, "comparing")

    @contextmanager
    def _of_shot(self, shot: int, part: str) -> Iterator[None]:
        before = self._clock()
        yield
        row = self._row(shot, "forward")
        setattr(row, part, getattr(row, part) + self._clock() - before)

    @contextmanager
    def during(self, name: str) -> Iterator[None]:
        """What happens meanwhile belongs to no shot."""
        before = self._clock()
        yield
        self.others[name] = self.others.get(name, 0.0) + self._clock() - before

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._started

    def _row(self, shot: int, run: Run) -> ShotTimes:
        return self.shots.setdefault((shot, run), ShotTimes(0, StepTimes()))


def write_timings(setup: Setup, processes: Processes, timings: Timings, log: logging.Logger) -> None:
    """LOG_FILE.0.timings, unless LOG = 0. Collective over all processes; the first one writes.

    A file that cannot be written is a warning: the run has its results.
    """
    settings = setup.settings.run
    if not settings.log:
        return
    own = (processes.group_number, timings.shots) if processes.group.is_root else None
    gathered = processes.world.gather(own)
    if not processes.world.is_root:
        return
    path = f"{settings.log_file}.0.timings"
    text = summary(setup, processes, dict(one for one in gathered if one is not None), timings)
    try:
        with atomic_file(path) as stream:
            stream.write(text.encode())
    except DeniseError as error:
        log.warning(str(error))


def summary(
    setup: Setup,
    processes: Processes,
    groups: Mapping[int, Mapping[tuple[int, Run], ShotTimes]],
    own: Timings,
) -> str:
    """The table. groups: times by the number of the group, as its head has measured them; own: those of the
    first process."""
    settings, points = setup.settings, setup.grid.nx * setup.grid.ny
    kind = "inversion" if settings.run.inversion else "forward run"
    shape = f"{settings.domain.nprocx} x {settings.domain.nprocy}"
    rows = sorted((shot, run, group) for group, shots in groups.items() for shot, run in shots)
    rows.sort(key=lambda row: (row[0], row[1] != "forward"))
    table = [_cells(shot, group, run, groups[group][shot, run], points) for shot, run, group in rows]
    lines = [
        f"# denise-py {__version__}, {kind}, {settings.source}",
        f"# grid {setup.grid.nx} x {setup.grid.ny} points, {setup.time.nt} time steps; "
        f"{processes.world.size} processes, {processes.groups.count} groups of {shape} blocks",
        "# seconds of wall time, of all runs of a shot together; nan: not measured, as blocks without "
        "neighbours make many steps at once",
        *_aligned([_COLUMNS, *table]),
        *(line for run in ("forward", "adjoint") for line in _mean(run, groups, points)),
        *(f"# {name}: {seconds:.3f} s" for name, seconds in own.others.items()),
        *_shares(own),
        f"# wall time without reading and checking the input: {own.elapsed:.3f} s",
    ]
    return "\n".join(lines) + "\n"


def _cells(shot: int, group: int, run: Run, times: ShotTimes, points: int) -> tuple[str, ...]:
    loops = times.loops
    seconds = (loops.total, *(loops.parts[part] for part in _PARTS), times.output + loops.parts["snapshots"])
    seconds += times.filtering, times.comparing
    rates = (f"{_ratio(loops.total, loops.steps):.3e}", f"{_ratio(points * loops.steps, loops.total):.3e}")
    counts = (str(shot), str(group), run, str(times.runs), str(loops.steps))
    return *counts, *(f"{value:.3f}" for value in seconds), *rates


def _mean(
    run: Run, groups: Mapping[int, Mapping[tuple[int, Run], ShotTimes]], points: int
) -> tuple[str, ...]:
    """A line on all simulations of a kind; nothing if there were none."""
    rows = [(kind, times) for shots in groups.values() for (_, kind), times in shots.items()]
    loops = total_times(times.loops for kind, times in rows if kind == run)
    if not loops.steps:
        return ()
    per_step = ", ".join(f"{part} {_ratio(loops.parts[part], loops.steps):.3e}" for part in _PARTS)
    return (
        f"# {run} steps on the average: {_ratio(loops.total, loops.steps):.3e} s ({per_step}), "
        f"{_ratio(points * loops.steps, loops.total):.3e} grid points per second and group",
    )


def _shares(own: Timings) -> tuple[str, ...]:
    """A line on what the first process spent its time with; nothing if it did not simulate."""
    rows, others = own.shots.values(), own.others
    spent = {
        "time steps": sum(row.loops.total for row in rows),
        "reading": others.get(READING, 0.0),
        "filtering": others.get(CHOOSING, 0.0) + sum(row.filtering for row in rows),
        "comparing": sum(row.comparing for row in rows),
        "writing, beside the simulations,": others.get(WRITING, 0.0) + sum(row.output for row in rows),
    }
    total = sum(spent.values())
    if not total > 0:
        return ()
    return ("# shares: " + ", ".join(f"{name} {100 * one / total:.2f} %" for name, one in spent.items()),)


def _ratio(amount: float, of: float) -> float:
    return amount / of if of else float("nan")


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """Lines of a table; the first row, its head, becomes a remark."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [" ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return [("# " if k == 0 else "  ") + line for k, line in enumerate(lines)]
