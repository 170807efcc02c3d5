"""Observed data of a stage: read once, checked, filtered, integrated, kept by the head of the group."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from denise_py.errors import DataError
from denise_py.output.seismograms import observed_path
from denise_py.parameters.finding import data_components
from denise_py.traces.integrate import integrate
from denise_py.traces.reading import read_traces
from denise_py.traces.records import dt_matches
from denise_py.workflow.setup import Setup
from denise_py.workflow.stages import StagePlan

#: no amplitude of a seismogram (m, m/s or Pa) comes near it, and its square is finite in single precision
ABSURD = 1e18


class ObservedData:
    """Raw traces of the given shots, and their processed versions for one band."""

    def __init__(self, setup: Setup, shots: Sequence[int]) -> None:
        """Read all files. Raises DataError with one line per file that is missing or does not fit."""
        self._setup = setup
        self.components = tuple(
            name if name == "p" else f"v{name}" for name in data_components(setup.settings)
        )
        self._raw: dict[tuple[int, str], np.ndarray] = {}
        self._processed: dict[tuple[int, str], np.ndarray] = {}
        self.warnings: list[str] = []
        problems: list[str] = []
        for shot in shots:
            for component in self.components:
                path = observed_path(setup.settings.inversion.data, component, shot)
                try:
                    self._raw[shot, component] = self._read(path, shot)
                except DataError as error:
                    problems.append(str(error))
        if problems:
            raise DataError("\n".join(problems))

    def use_stage(self, plan: StagePlan) -> None:
        """Process all traces as a stage wants them; to be called at its start."""
        band, dt = plan.band(plan.settings), self._setup.time.dt
        for key, raw in self._raw.items():
            traces = raw if band is None else band.apply(raw, dt)
            self._processed[key] = self.process(traces)

    def process(self, traces: np.ndarray) -> np.ndarray:
        """What synthetic and (filtered) observed traces go through alike: integration with VELOCITY = 0."""
        if self._setup.settings.inversion.velocity:
            return np.asarray(traces, np.float64)
        return integrate(traces, self._setup.time.dt)

    def traces(self, shot: int, component: str) -> np.ndarray:
        """Processed traces (ntr, nt) float64."""
        return self._processed[shot, component]

    def _read(self, path: str, shot: int) -> np.ndarray:
        time, receivers = self._setup.time, self._setup.shots[shot - 1].receivers
        ntr = receivers.ntr
        found = read_traces(path, expect_ns=time.nt, expect_traces=ntr)
        if not dt_matches(found.dt, time.dt):
            raise DataError(
                f"{path}: sampled at {found.dt:g} s, but DT = {time.dt:g} s: the data must be sampled at DT"
            )
        absurd = np.argwhere(np.abs(found.data) > ABSURD)
        if absurd.size:
            trace, sample = absurd[0]
            raise DataError(
                f"{path}: trace {trace + 1}: sample {sample + 1} is {found.data[trace, sample]:g}, far "
                "beyond any seismogram in SI units: the file is damaged"
            )
        if not np.any(found.data):
            raise DataError(f"{path}: all traces are zero")
        dead = np.flatnonzero(~np.any(found.data, axis=1))
        if dead.size:
            self.warnings.append(f"{path}: {dead.size} of {ntr} traces are zero (first: trace {dead[0] + 1})")
        self._check_positions(path, found.receivers, receivers.positions)
        return found.data

    def _check_positions(self, path: str, positions: np.ndarray, expected: np.ndarray) -> None:
        """Headers without coordinates say nothing; others should agree to a grid spacing."""
        if not np.any(positions):
            return
        away = np.abs(positions - expected).max(axis=1)
        wrong = np.flatnonzero(away > self._setup.grid.dh)
        if wrong.size:
            self.warnings.append(
                f"{path}: {wrong.size} receivers are elsewhere in the headers than in this run "
                f"(first: trace {wrong[0] + 1}, {away[wrong[0]]:.3g} m away)"
            )
