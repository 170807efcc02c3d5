"""INV_STF: estimating the wavelets of all shots during an inversion, and where the estimates go.

Every estimate begins with the wavelets of the settings: their unfiltered synthetic traces in the present
model are compared with the filtered observed ones. So the new wavelets are in the band of the data already
and are not filtered again, and a stage with a wider band can find what a narrower one could not.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from denise_py.acquisition.sources import Source
from denise_py.acquisition.wavelets import delayed
from denise_py.errors import DataError
from denise_py.medium.model import Medium
from denise_py.output.wavelets import WaveletFiles
from denise_py.parallel.threads import Background
from denise_py.parameters.models import SourceWaveletSettings
from denise_py.parameters.wavelet_engine import LEAST_SQUARES, WaveletEngine, parse_engine
from denise_py.traces.filters import BandFilter
from denise_py.traces.source_wavelet import end_taper, estimate_wavelet, late_share, offset_weights
from denise_py.workflow.crew import Crew
from denise_py.workflow.observed import ObservedData
from denise_py.workflow.selection import killed, offsets, window
from denise_py.workflow.setup import Setup, Shot
from denise_py.workflow.simulator import Simulator
from denise_py.workflow.stages import StagePlan
from denise_py.workflow.together import on_all
from denise_py.workflow.wave import Wave

#: periods after which an estimated wavelet begins to fade, and is over, with TAPER_STF
FADES = 2.0, 4.0
#: part of the energy in the last tenth of the record from which on spectra are not those of whole traces
LATE = 0.01
BY_OFFSET, BY_TABLE = 1, 0  # values of TRKILL_STF_OFFSET

Series = tuple[np.ndarray, ...]


@dataclass(frozen=True, eq=False)
class _Estimate:
    """New wavelets of a shot, the energies of the observed traces and of what remains unexplained, and the
    part of the energy of synthetic traces that arrives late."""

    wavelets: Series
    wavelets_sh: Series
    energy: float
    left: float
    late: float


class WaveletEstimation:
    """The wavelets of an inversion. Collective over all processes; heads of groups estimate and write."""

    def __init__(
        self,
        crew: Crew,
        observed: ObservedData,
        stages: Sequence[StagePlan],
        log: logging.Logger,
        output: Background,
    ) -> None:
        """Reads the trace-kill tables of all stages. Raises DataError when one is missing or wrong, or when
        no trace of a shot is left."""
        self._crew, self._observed, self._log, self._output = crew, observed, log, output
        setup, processes = crew.setup, crew.processes
        self._files = WaveletFiles.of(setup.settings)
        self._band: BandFilter | None = None
        self._new_stage, self._told_late = True, False
        mine = crew.order if crew.everywhere else crew.own
        own = [setup.shots[number - 1] for number in mine] if processes.group.is_root else ()
        self._out = on_all(processes.world, lambda: read_selections(setup, stages, own))

    def begin_stage(self, plan: StagePlan) -> None:
        """A stage begins. One in another band that estimates none cannot go on with the present estimates."""
        self._new_stage = True
        known = bool(self._crew.estimated)
        if known and not plan.settings.source_wavelet.estimate and plan.band() != self._band:
            self._crew.estimated.clear()
            self._log.warning(
                f"stage {plan.number} has another filter and estimates no wavelets: it uses those of the "
                "parameter file"
            )

    def due(self, plan: StagePlan, iteration: int) -> bool:
        """Whether wavelets are to be estimated before an iteration: in the first one, in every so many after
        it, and in the first one of each stage."""
        chosen = plan.settings.source_wavelet
        if not chosen.estimate or iteration < chosen.first:
            return False
        return self._new_stage or (iteration - chosen.first) % chosen.every == 0

    def estimate(
        self, plan: StagePlan, iteration: int, medium: Medium, batch: Sequence[int] | None = None
    ) -> None:
        """Estimate the wavelets of all shots in a medium, write them and simulate with them from now on. With
        a batch only those of its shots (by number), once all shots of the stage have one.

        Raises DataError when a wavelet cannot be estimated, StabilityError when a simulation blows up.
        """
        crew, found = self._crew, {}
        engine = parse_engine(plan.settings.source_wavelet.engine)
        crew.set_medium(medium)
        chosen = crew.order if self._new_stage or batch is None else batch
        for number in chosen:
            crew.estimated.pop(number, None)

        def work(simulator: Simulator, shot: Shot) -> _Estimate:
            return self._estimate(simulator, plan, shot, engine)

        def finished(shot: Shot, one: _Estimate) -> None:
            found[shot.number] = one

        crew.each(chosen, work, finished)
        for number in sorted(found):
            new = self._take(number, found[number])
            if crew.processes.group.is_root:
                self._output.do(partial(self._write, new, plan))
        if crew.everywhere:  # any group may have to simulate any shot
            for number, one in crew.join(found).items():
                self._take(number, one)
        energies = crew.join({number: (one.energy, one.left, one.late) for number, one in found.items()})
        self._band, self._new_stage = plan.band(), False
        self._say(iteration, engine, energies)

    def _take(self, number: int, found: _Estimate) -> Shot:
        """Simulate a shot with its estimated wavelets from now on."""
        shot = self._crew.setup.shots[number - 1]
        new = replace(shot, wavelets=found.wavelets, wavelets_sh=found.wavelets_sh)
        self._crew.estimated[number] = new
        return new

    # ---------------------------------------------------------------------------------- windows, weights

    def _window(self, plan: StagePlan, shot: Shot) -> np.ndarray | float:
        """Factors (ntr, nt) of the time window; 1 without one or with STF_FULL."""
        if plan.settings.source_wavelet.full:
            return 1.0
        found, _ = window(self._crew.setup, plan.settings.misfit, shot, plan.number)
        return 1.0 if found is None else found[:]

    def _weights(self, plan: StagePlan, shot: Shot, component: str, data: np.ndarray) -> np.ndarray:
        """Weights (ntr,) of the traces of a component; 0 for those that are left out."""
        exponent = parse_engine(plan.settings.source_wavelet.engine).exponent
        weights = offset_weights(offsets(shot), exponent, self._crew.setup.grid.dh)
        if component == "p":
            weights = weights * self._observed.pressure_factor
        if plan.settings.misfit.normalize:
            # synthetic and observed trace by the same number: two numbers would take away the amplitude
            largest = np.max(np.abs(data), axis=1)
            weights = weights / np.where(largest > 0, largest, 1.0)
        return np.where(self._out[plan.number, shot.number], 0.0, weights)

    # ---------------------------------------------------------------------------------------- estimates

    def _estimate(
        self, simulator: Simulator, plan: StagePlan, shot: Shot, engine: WaveletEngine
    ) -> _Estimate:
        """The estimate of a shot, on all processes of its group."""
        traces = simulator.forward(shot, self._observed.components)
        outcome: _Estimate | str | None = None
        if traces is not None:
            try:
                outcome = self._fit(simulator.waves, plan, shot, traces, engine)
            except ValueError as error:
                outcome = _impossible(plan, shot, str(error))
        outcome = simulator.processes.group.bcast(outcome)
        if isinstance(outcome, str):
            raise DataError(outcome)
        return outcome

    def _fit(
        self,
        waves: Sequence[Wave],
        plan: StagePlan,
        shot: Shot,
        traces: Mapping[str, np.ndarray],
        engine: WaveletEngine,
    ) -> _Estimate:
        """On the head of the group. Raises ValueError when there is nothing to estimate a wavelet from."""
        series = {False: shot.wavelets, True: shot.wavelets_sh}
        energy = left = late = 0.0
        for wave in waves:
            shear = wave.physics.wave == "sh"
            series[shear], sums = self._fit_wave(plan, shot, wave, series[shear], traces, engine)
            energy, left, late = energy + sums[0], left + sums[1], max(late, sums[2])
        return _Estimate(series[False], series[True], energy, left, late)

    def _fit_wave(
        self,
        plan: StagePlan,
        shot: Shot,
        wave: Wave,
        given: Series,
        traces: Mapping[str, np.ndarray],
        engine: WaveletEngine,
    ) -> tuple[Series, tuple[float, float, float]]:
        """The wavelets of one kind of wave, from all its components together, and what _Estimate says."""
        time, band = self._crew.setup.time, plan.band()
        components = wave.recordable(self._observed.components)
        if not components:  # nothing was observed of these waves
            return tuple(w if band is None else band.apply(w, time.dt) for w in given), (0.0, 0.0, 0.0)
        observed, factors = self._observed.filtered(shot.number), self._window(plan, shot)
        synthetic = np.concatenate([traces[name] * factors for name in components])
        data = [observed[name] * factors for name in components]
        weights = np.concatenate(
            [self._weights(plan, shot, *one) for one in zip(components, data, strict=True)]
        )
        first = _first_source(shot)
        found = estimate_wavelet(given[first], synthetic, np.concatenate(data), weights, engine, time.dt)
        new = self._tapered(plan, shot.sources[first], found.wavelet, engine)
        # the sources of a plane wave differ in their delays alone
        late = [(source.delay - shot.sources[first].delay) / time.dt for source in shot.sources]
        sums = found.energy, found.left, late_share(synthetic, weights)
        return tuple(delayed(new, steps) for steps in late), sums

    def _tapered(self, plan: StagePlan, source: Source, new: np.ndarray, engine: WaveletEngine) -> np.ndarray:
        """A wavelet (nt,) as it is, or with TAPER_STF without its end."""
        if not plan.settings.source_wavelet.taper:
            return new
        time, period = self._crew.setup.time, 1.0 / min(source.frequency, plan.low_pass or math.inf)
        begin, end = (source.delay + engine.shift + n * period for n in FADES)
        return new * end_taper(time.nt, time.dt, begin, end)

    # ------------------------------------------------------------------------------------------ telling

    def _write(self, shot: Shot, plan: StagePlan) -> None:
        """The files of a shot; of a plane wave that of the source that fires first: reading delays it."""
        first = _first_source(shot)
        with self._crew.timings.writing(shot.number):
            for shear, series in ((False, shot.wavelets), (True, shot.wavelets_sh)):
                if series:
                    where = self._crew.setup.time.dt, shot.position, plan.low_pass
                    self._files.write(shot.number, series[first], *where, shear=shear)

    def _say(
        self, iteration: int, engine: WaveletEngine, energies: dict[int, tuple[float, float, float]]
    ) -> None:
        energy, left = (sum(energies[number][k] for number in sorted(energies)) for k in (0, 1))
        text = f"iteration {iteration}: wavelets of {len(energies)} shots estimated ({engine.name})"
        if energy > 0:
            text += f", which explain {100 * (1 - left / energy):.4g} % of the energy of the data"
        self._log.info(f"{text}; misfits change with the wavelets, the optimiser begins without memory")
        late = max((sums[2] for sums in energies.values()), default=0.0)
        if engine.name == LEAST_SQUARES and late > LATE and not self._told_late:
            self._told_late = True
            self._log.warning(
                f"up to {100 * late:.2g} % of the energy of synthetic traces arrives in the last tenth of "
                "the record: fdlsq is inexact when records end early, see tdlsq"
            )


def _first_source(shot: Shot) -> int:
    """Place of the source that fires first in a shot, counted from 0."""
    return min(range(len(shot.sources)), key=lambda number: shot.sources[number].delay)


def read_selections(
    setup: Setup, stages: Sequence[StagePlan], shots: Sequence[Shot]
) -> dict[tuple[int, int], np.ndarray]:
    """Which traces (ntr,) are left out, by stage and shot, of the stages that estimate wavelets.

    Raises DataError with everything that is wrong with the tables, or when no trace of a shot is left.
    """
    found, problems = {}, []
    for plan in (plan for plan in stages if plan.settings.source_wavelet.estimate):
        for shot in shots:
            try:
                out = left_out(setup, plan.settings.source_wavelet, shot, plan.number)
                if np.all(out):
                    raise DataError(_impossible(plan, shot, "no trace is left"))
                found[plan.number, shot.number] = out
            except DataError as error:
                problems.append(str(error))
    if problems:
        raise DataError("\n".join(dict.fromkeys(problems)))
    return found


def left_out(setup: Setup, chosen: SourceWaveletSettings, shot: Shot, stage: int) -> np.ndarray:
    """Whether traces (ntr,) of a shot are left out by a table or by their offset. With
    TRKILL_STF_OFFSET_INVERT those between the bounds are used and all others left out. Raises DataError."""
    kind = chosen.trace_kill_offset
    if not (kind and chosen.trace_kill_offset_invert):
        return killed(setup, chosen, shot, stage)
    between = killed(setup, chosen.model_copy(update={"trace_kill_offset": BY_OFFSET}), shot, stage)
    if kind == BY_OFFSET:
        return ~between
    return ~between | killed(setup, chosen.model_copy(update={"trace_kill_offset": BY_TABLE}), shot, stage)


def _impossible(plan: StagePlan, shot: Shot, why: str) -> str:
    """What to say when a wavelet cannot be estimated."""
    settings = plan.settings
    paths = ["source_wavelet.trace_kill", "source_wavelet.trace_kill_offset"]
    if not settings.source_wavelet.full:
        paths.append("misfit.time_window")
    on = " and ".join(settings.show(path) for path in paths if settings.at(path))
    return (
        f"shot {shot.number}: its wavelet cannot be estimated in stage {plan.number}: {why}: check "
        f"{on or 'the observed data and the given wavelet'}"
    )
