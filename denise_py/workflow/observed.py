"""Observed data: read once, selected for each stage; kept by the head of the group. Synthetic traces are
compared with them here, so that both are processed alike.

What is kept are the traces of the files in single precision. They are filtered and processed whenever they
are compared, which takes a hundredth of the simulation and a fifth of the memory that double precision
would need. Only where simulations are cheaper than that, on coarser grids or for many shots at once, filtered
traces are kept as well, in single precision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from denise_py.errors import DataError
from denise_py.misfit.registry import Misfit
from denise_py.parameters.finding import data_components
from denise_py.traces.filters import BandFilter
from denise_py.traces.processing import Processing, TimeWindow
from denise_py.workflow.encoding import Code, joined_traces
from denise_py.workflow.field_data import FieldData, read_field_data
from denise_py.workflow.selection import killed, window
from denise_py.workflow.setup import Setup, Shot
from denise_py.workflow.stages import StagePlan, plan_stages
from denise_py.workflow.timings import Timings


class _Selection(NamedTuple):
    """Of a shot in a stage: the time window or None, and which traces (ntr,) are out."""

    window: TimeWindow | None
    out: np.ndarray


class _Gather(NamedTuple):
    """Of a component and shot in a stage: traces (ntr, nt) as they are kept, the filter they still have to
    pass or None, the sampling interval, what they go through then, and which (ntr,) count."""

    kept: np.ndarray
    band: BandFilter | None
    dt: float
    processing: Processing
    used: np.ndarray

    def filtered(self) -> np.ndarray:
        """All traces (ntr, nt)."""
        return self.kept if self.band is None else self.band.apply(self.kept, self.dt)

    def processed(self) -> np.ndarray:
        """All traces (ntr, nt) float64."""
        before = None if self.band is None else partial(self.band.apply, dt=self.dt)
        return self.processing.apply(self.kept, before)

    def traces(self) -> np.ndarray:
        """Processed traces (n, nt) float64 of the n that count."""
        return _some(self.processed(), self.used)

    def compare(self, recorded: np.ndarray, misfit: Misfit, observed: np.ndarray) -> Compared:
        """Misfit of recorded synthetic traces (ntr, nt), see ObservedData.compare; observed: `traces`."""
        found = misfit.evaluate(_some(self.processing.apply(recorded), self.used), observed)
        adjoint = found.adjoint
        if len(adjoint) < len(self.used):
            adjoint = np.zeros(recorded.shape)
            adjoint[self.used] = found.adjoint
        slope = self.processing.transpose(adjoint, recorded)
        return Compared(found.value, found.energy, len(observed), slope)


class Compared(NamedTuple):
    """Raw misfit, what it is divided by, the number of traces that count, and the derivative of the raw
    misfit with respect to the recorded synthetic traces (ntr, nt) float64."""

    value: float
    energy: float
    traces: int
    adjoint: np.ndarray


class JoinedData:
    """Observed data of simulations of several shots at once; processed ones are kept, since iterations in
    succession compare with the same."""

    def __init__(self, gathers: Mapping[tuple[int, str], tuple[_Gather, np.ndarray]]) -> None:
        """gathers: how synthetic traces are treated, and the processed observed ones that count."""
        self._gathers = gathers

    def compare(self, number: int, component: str, recorded: np.ndarray, misfit: Misfit) -> Compared:
        """Misfit of recorded synthetic traces (ntr, nt) of a simulation, see ObservedData.compare."""
        gather, observed = self._gathers[number, component]
        return gather.compare(recorded, misfit, observed)


class ObservedData:
    """Observed traces of the given shots, and their processed versions for one stage.

    shots: those that this process accounts for; there may be the data of others besides.
    """

    def __init__(
        self,
        setup: Setup,
        shots: Sequence[int],
        plans: Iterable[StagePlan] | None = None,
        others: Sequence[int] = (),
        timings: Timings | None = None,
    ) -> None:
        """Read all files, also picks and trace-kill tables of all stages (plans; by default those of the
        settings). others: further shots whose data are to be here as well; timings:
        told how long comparisons take.
        Raises DataError with one line per file that is missing or does not fit."""
        self._setup, self._timings = setup, timings or Timings()
        self.shots = tuple(shots)
        there = [*shots, *(number for number in others if number not in shots)]
        self.components = tuple(
            name if name == "p" else f"v{name}" for name in data_components(setup.settings)
        )
        beside_velocities = "p" in self.components and len(self.components) > 1
        self.pressure_factor = pressure_factor(setup) if beside_velocities else 1.0
        self._raw: dict[tuple[int, str], FieldData] = {}
        self._keeps_filtered = keeps_filtered(setup)
        self._gathers: dict[tuple[int, str], _Gather] = {}
        self._selections: dict[tuple[int, int], _Selection] = {}
        problems: list[str] = []
        for shot in (setup.shots[number - 1] for number in there):
            for component in self.components:
                try:
                    self._raw[shot.number, component] = read_field_data(setup, component, shot)
                except DataError as error:
                    problems.append(str(error))
            for plan in plan_stages_of(setup) if plans is None else plans:
                try:
                    self._selections[shot.number, plan.number] = self._select(plan, shot)
                except DataError as error:
                    problems.append(str(error))
        if problems:
            raise DataError("\n".join(dict.fromkeys(problems)))
        self.warnings = [
            text for (shot, _), data in self._raw.items() if shot in self.shots for text in data.warnings
        ]

    def use_stage(self, plan: StagePlan) -> list[str]:
        """Treat all traces as a stage wants them from now on. Returns what is odd."""
        settings, dt = plan.settings or self._setup.settings, self._setup.time.dt
        band, notes = plan.band(), []
        for (shot, component), data in self._raw.items():
            selected = self._selections[shot, plan.number]
            kept, ahead = data.traces, band
            processing = Processing(
                dt,
                self.pressure_factor if component == "p" else 1.0,
                not settings.inversion.velocity,
                selected.window,
                settings.misfit.normalize,
            )
            if band is not None and self._keeps_filtered:
                kept, ahead = band.apply(kept, dt).astype(np.float32), None
            gather = _Gather(kept, ahead, dt, processing, ~selected.out)
            alive = np.any(gather.processed(), axis=1)
            self._gathers[shot, component] = gather._replace(used=alive & ~selected.out)
            faded = np.flatnonzero(np.any(data.traces, axis=1) & ~alive & ~selected.out)
            if faded.size and shot in self.shots:
                text = f"{faded.size} traces are zero inside their time window and do not count (first: trace"
                notes.append(f"{data.path}: {text} {faded[0] + 1})")
        return notes

    def compare(self, shot: int, component: str, recorded: np.ndarray, misfit: Misfit) -> Compared:
        """Misfit of recorded synthetic traces (ntr, nt) of a shot; traces that do not count have a zero
        derivative."""
        gather = self._gathers[shot, component]
        with self._timings.filtering(shot):
            observed = gather.traces()
        with self._timings.comparing(shot):
            return gather.compare(recorded, misfit, observed)

    def curvature(self, shot: int, component: str, change: np.ndarray) -> np.ndarray:
        """Second derivative of the raw L2 misfit times a change of the recorded traces (ntr, nt), for
        processing without normalisation; (ntr, nt) float64."""
        gather = self._gathers[shot, component]
        processed = 2.0 * gather.processing.apply(change)
        processed[~gather.used] = 0.0
        return gather.processing.transpose(processed, change)

    def traces(self, shot: int, component: str) -> np.ndarray:
        """Processed traces (n, nt) float64 of the n that count."""
        return self._gathers[shot, component].traces()

    def filtered(self, shot: int) -> dict[str, np.ndarray]:
        """All traces (ntr, nt) of a shot by component, filtered but not processed otherwise."""
        return self.filtered_later(shot)()

    def filtered_later(self, shot: int) -> Callable[[], dict[str, np.ndarray]]:
        """What makes those of this stage when it is called, in another stage, too."""
        gathers = {component: self._gathers[shot, component] for component in self.components}
        return lambda: {component: gather.filtered() for component, gather in gathers.items()}

    def counts(self) -> tuple[int, int]:
        """How many of the traces of the own shots count in this stage, and how many there are."""
        used = [gather.used for (shot, _), gather in self._gathers.items() if shot in self.shots]
        return sum(int(np.count_nonzero(one)) for one in used), sum(one.size for one in used)

    def totals(self, misfit: Misfit, joined: bool = False) -> dict[str, tuple[float, int]]:
        """What the misfits of all shots are divided by: energy and number of traces, by component. They
        depend on the observed traces alone. joined: of those receivers alone that are in common."""
        sums = {}
        for component in self.components:
            common, found = self.common(component), []
            for gather in self._all_gathers(component):
                traces = _some(gather.traces(), common[gather.used]) if joined else gather.traces()
                found.append((misfit.evaluate(traces, traces).energy, len(traces)))
            sums[component] = sum(energy for energy, _ in found), sum(count for _, count in found)
        return sums

    def common(self, component: str) -> np.ndarray:
        """Which receivers (ntr,) have a trace that counts of every shot here; all shots need the same
        receivers."""
        used = [gather.used for gather in self._all_gathers(component)]
        return np.logical_and.reduce(used) if used else np.ones(0, dtype=bool)

    def join(self, simulations: Mapping[int, Sequence[Code]]) -> JoinedData:
        """The data of simulations of several shots, by their numbers."""
        gathers = {}
        for component in self.components if simulations else ():
            used = self.common(component)
            for number, codes in simulations.items():
                parts = [self._gathers[code.shot, component] for code in codes]
                filtered = joined_traces([part.filtered() for part in parts], codes)
                gather = parts[0]._replace(used=used)
                observed = gather._replace(kept=filtered, band=None).traces()
                gathers[number, component] = gather, observed
        return JoinedData(gathers)

    def _all_gathers(self, component: str) -> list[_Gather]:
        """Those of a component, in the order of the shots whatever the order of reading."""
        return [self._gathers[key] for key in sorted(self._gathers) if key[1] == component]

    def _select(self, plan: StagePlan, shot: Shot) -> _Selection:
        chosen = (plan.settings or self._setup.settings).misfit
        factors, without_pick = window(self._setup, chosen, shot, plan.number)
        return _Selection(factors, without_pick | killed(self._setup, chosen, shot, plan.number))


def keeps_filtered(setup: Setup) -> bool:
    """Whether filtered traces are kept, beside those of the files."""
    return bool(setup.settings.fd.adapt or setup.settings.batches.joined)


def bytes_of_traces(
    setup: Setup, shots: int, simulated: int, corrected: int = 0, joined: int = 0
) -> tuple[int, int]:
    """Memory of the observed data of so many shots, and of what comparing needs where so many are simulated
    at a time, with the receivers of the shot that has most; corrected: number of simulations for which
    GRID_CORRECT holds coarse and fine traces and two differences; joined: of those that are sums of shots.

    Comparing has up to eight arrays in double precision of the traces of one component; recorded and adjoint
    traces of all components come to three numbers in double precision per sample.
    """
    receivers = max((shot.receivers.ntr for shot in setup.shots), default=0)
    samples, components = setup.time.nt * receivers, len(data_components(setup.settings))
    filtered = any(plan.band() is not None for plan in plan_stages_of(setup)) and keeps_filtered(setup)
    held = 4 * components * samples * ((2 if filtered else 1) * shots + 4 * corrected + 2 * joined)
    return held, 8 * (8 + 3 * components) * simulated * samples


def _some(traces: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The chosen (ntr,) of some traces (ntr, nt), which are not copied if these are all."""
    return traces if np.all(chosen) else traces[chosen]


def plan_stages_of(setup: Setup) -> tuple[StagePlan, ...]:
    """The stages of a set-up."""
    return plan_stages(setup.settings, setup.workflow, setup.corners)


def pressure_factor(setup: Setup) -> float:
    """What pressure is multiplied by to be compared beside velocities: PRESSURE_WEIGHT divided by the mean
    impedance of the start model, mean vp times mean density of all nodes that are not void."""
    medium = setup.medium
    solid = ~medium.void
    return setup.settings.inversion.pressure_weight / float(
        np.mean(medium.vp[solid]) * np.mean(medium.rho[solid])
    )
