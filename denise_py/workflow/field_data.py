"""Observed data of one component and shot: read, judged, brought to the sampling and dimension of the run."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from denise_py.acquisition.wavelets import resampled
from denise_py.errors import DataError
from denise_py.grid import TimeAxis
from denise_py.output.seismograms import observed_path
from denise_py.traces.line_source import PHASE, to_line_source
from denise_py.traces.reading import read_traces
from denise_py.traces.records import TraceFile, dt_matches
from denise_py.workflow.selection import offsets
from denise_py.workflow.setup import Setup, Shot

#: no amplitude of a seismogram (m, m/s or Pa) comes near it, and its square is finite in single precision
ABSURD = 1e18
#: half length of the filter that resamples, in samples of the longer interval
REACH = 50


@dataclass(frozen=True, eq=False)
class FieldData:
    """Traces (ntr, nt) of a file, sampled with the time step of the run, and what is odd about them."""

    path: str
    traces: np.ndarray
    warnings: tuple[str, ...]


def read_field_data(setup: Setup, component: str, shot: Shot) -> FieldData:
    """Observed data of a component (vx, vy, vz or p).

    Raises DataError when the file is missing, damaged, or does not fit the receivers or length of the run.
    """
    path = observed_path(setup.settings.inversion.data, component, shot.number)
    receivers = shot.receivers
    found = _read(path, receivers.ntr, setup.time)
    traces, warnings = _sampled_alike(path, found, setup)
    _judge(path, traces)
    dead = np.flatnonzero(~np.any(traces, axis=1))
    if dead.size:
        text = f"{dead.size} of {receivers.ntr} traces are zero and do not count (first: trace {dead[0] + 1})"
        warnings.append(f"{path}: {text}")
    warnings += _elsewhere(path, found.receivers, receivers.positions, setup.grid.dh)
    chosen = setup.settings.misfit
    if chosen.line_source:
        r = offsets(shot)
        traces = to_line_source(traces, setup.time.dt, r, chosen.line_source, chosen.line_source_velocity)
        at_source = np.flatnonzero(r == 0)
        if at_source.size and chosen.line_source != PHASE:
            text = f"trace {at_source[0] + 1} is recorded at the source, where TRAFO_3D2D is not defined"
            warnings.append(f"{path}: {text}: it does not count")
    return FieldData(path, traces, tuple(warnings))


def _read(path: str, ntr: int, time: TimeAxis) -> TraceFile:
    """A file with as many traces as there are receivers and, unless it will be resampled, as many samples as
    there are time steps."""
    found = read_traces(path)
    same = dt_matches(found.dt, time.dt)
    if len(found.data) != ntr or (same and found.data.shape[1] != time.nt):
        return read_traces(path, expect_ns=time.nt if same else None, expect_traces=ntr)  # says what is wrong
    return found


def _sampled_alike(path: str, found: TraceFile, setup: Setup) -> tuple[np.ndarray, list[str]]:
    """Traces (ntr, nt) with the sampling of the run, and what had to be done."""
    time = setup.time
    if dt_matches(found.dt, time.dt):
        return found.data, []
    ns = found.data.shape[1]
    length = found.dt * ns
    if length + found.dt < time.nt * time.dt * (1 - 1e-6):  # not even within the last interval
        raise DataError(
            f"{path}: {ns} samples of {found.dt:g} s cover {length:g} s, but TIME = {time.nt * time.dt:g} s: "
            "shorten TIME, or give longer data"
        )
    longer = _continued(found.data, min(math.ceil(REACH * max(1.0, time.dt / found.dt)), ns - 1))
    traces = np.array([resampled(trace, found.dt, time.dt) for trace in longer])
    if traces.shape[1] < time.nt:  # a few samples of a very short record
        traces = np.pad(traces, ((0, 0), (0, time.nt - traces.shape[1])), mode="edge")
    return traces[:, : time.nt], [
        f"{path}: sampled at {found.dt:g} s, the data are resampled to DT = {time.dt:g} s"
    ]


def _continued(traces: np.ndarray, more: int) -> np.ndarray:
    """Traces (ntr, ns) with `more` samples at the end, their reflection in the last one: a record that ends
    while waves arrive must not look like one with a jump to zero."""
    reflected = 2.0 * traces[:, -1:] - traces[:, -1 - np.arange(1, more + 1)]
    return np.concatenate([traces, reflected], axis=1)


def _judge(path: str, traces: np.ndarray) -> None:
    absurd = np.argwhere(np.abs(traces) > ABSURD)
    if absurd.size:
        trace, sample = absurd[0]
        raise DataError(
            f"{path}: trace {trace + 1}: sample {sample + 1} is {traces[trace, sample]:g}, far "
            "beyond any seismogram in SI units: the file is damaged"
        )
    if not np.any(traces):
        raise DataError(f"{path}: all traces are zero")


def _elsewhere(path: str, positions: np.ndarray, expected: np.ndarray, dh: float) -> list[str]:
    """Headers without coordinates say nothing; others should agree to a grid spacing."""
    if not np.any(positions):
        return []
    away = np.abs(positions - expected).max(axis=1)
    wrong = np.flatnonzero(away > dh)
    if not wrong.size:
        return []
    return [
        f"{path}: {wrong.size} receivers are elsewhere in the headers than in this run "
        f"(first: trace {wrong[0] + 1}, {away[wrong[0]]:.3g} m away)"
    ]
