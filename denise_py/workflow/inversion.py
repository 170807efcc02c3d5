"""The inversion: stages of iterations, each a gradient, a direction, a line search and an update."""

from __future__ import annotations

import logging
import math
import time as clock
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from denise_py.errors import NoProgressError
from denise_py.gradient.metric import Metric
from denise_py.gradient.precondition import with_largest_one
from denise_py.gradient.smoothing import odd_size
from denise_py.gradient.storage import Layout
from denise_py.mapping.constraint import projection
from denise_py.mapping.scaling import Scaling
from denise_py.medium.model import Medium
from denise_py.optimise.constraints import FunctionConstraint
from denise_py.optimise.descent import IterationReport, Minimiser, Problem
from denise_py.output.gradients import ENDINGS
from denise_py.parallel.threads import Background
from denise_py.parameters.finding import recorded_components
from denise_py.workflow.choices import (
    balanced,
    joint_weights,
    keep_all,
    limit_warnings,
    misfit_of,
    model_limits,
    optimiser_method,
    optimiser_options,
    settings_of,
    shot_weighting,
    slots_of,
    total_tapers,
    velocities_of,
)
from denise_py.workflow.crew import Crew, trial_shots
from denise_py.workflow.forward import write_receiver_positions
from denise_py.workflow.grid_plan import Grids, step_if_integrated
from denise_py.workflow.keeping import keep, line_of, memory_limit, movable_nodes
from denise_py.workflow.objective import Objective
from denise_py.workflow.observed import ObservedData
from denise_py.workflow.results import Finished, Results
from denise_py.workflow.samples import Sample, Samples, Turn
from denise_py.workflow.setup import Processes, Setup
from denise_py.workflow.shaping import KeptIllumination, Shaping, filtered_point
from denise_py.workflow.source_wavelet import WaveletEstimation
from denise_py.workflow.stages import (
    MOST_RETURNS,
    BestSoFar,
    SampledClock,
    StageClock,
    StagePlan,
    active_slots,
    first_iteration,
    plan_stages,
)
from denise_py.workflow.taper_files import file_tapers
from denise_py.workflow.timings import CHOOSING, READING, WRITING, Timings
from denise_py.workflow.together import on_all


def run_inversion(
    setup: Setup, processes: Processes, log: logging.Logger, timings: Timings | None = None
) -> dict[str, np.ndarray]:
    """Invert the observed data from the start model; returns the final model {slot: (ny, nx)}. timings: to
    note where the time went.

    Raises NoProgressError when not a single step lowered the misfit.
    """
    with Background() as output:
        return Inversion(setup, processes, log, output, timings).run()


@dataclass
class _Running:
    """What changes while an inversion runs."""

    iteration: int
    model: dict[str, np.ndarray]
    slots: tuple[str, ...]
    scaling: Scaling
    shaping: Shaping
    weight: np.ndarray | None = None
    metric: Metric | None = None
    #: factors of the parameters in the metric, of the first gradient
    balance: dict[str, float] | None = None
    objective: Objective | None = None
    minimiser: Minimiser | None = None
    sample: Sample | None = None
    drawn: int | None = None  # its number
    #: before which iteration the traces of what is simulated were corrected
    corrected: int | None = None
    #: by misfits of all shots
    best: BestSoFar = field(default_factory=BestSoFar)
    full: float | None = None  # misfit of all shots after the last iteration, if it was computed


class Inversion:
    """An inversion run. Collective over all processes; files are written by rank 0 and the group heads, in
    the background: those of a process in the order in which they come up, all before the run ends."""

    def __init__(
        self,
        setup: Setup,
        processes: Processes,
        log: logging.Logger,
        output: Background,
        timings: Timings | None = None,
    ) -> None:
        self.setup, self.processes, self.log, self.output = setup, processes, log, output
        settings = setup.settings
        self.stages = plan_stages(settings, setup.workflow, setup.corners)
        self.limit, self._said = memory_limit(setup, processes.world), ""
        for plan in self.stages:  # what does not fit is refused before anything is written
            keep_all(setup, processes, self.limit, plan)
        self.samples = Samples.of(setup.shots, settings.batches, setup.time.dt)
        self.crew = Crew(setup, processes, timings, everywhere=self.samples is not None)
        self.timings = self.crew.timings
        own, others = (self.crew.own, self.crew.order) if processes.group.is_root else ((), ())
        others = others if self.crew.everywhere else ()
        with self.timings.during(READING):
            self.observed = on_all(
                processes.world, lambda: ObservedData(setup, own, self.stages, others, self.timings)
            )
        self.wavelets = WaveletEstimation(self.crew, self.observed, self.stages, log, output)
        self.grids = Grids(self.crew, self.observed.components, log)
        self.limits = model_limits(setup)
        for warning in (*self.observed.warnings, *limit_warnings(setup, self.limits)):
            log.warning(warning)
        self.results = Results(setup, log)
        self.kept = KeptIllumination()
        if processes.world.is_root:
            write_receiver_positions(setup)

    def run(self) -> dict[str, np.ndarray]:
        """All stages; returns the final model."""
        settings = self.setup.settings
        model, any_step = self.setup.model, False
        iteration = first_iteration(self.stages[0])
        if iteration > 1:
            self.log.info(f"no parameter moves before iteration {iteration}, which is therefore the first")
        for plan in self.stages:
            self._say_begin(plan)
            self._use_tapers(plan)
            self._use_data(plan, iteration)
            self.wavelets.begin_stage(plan)
            self.grids.begin(plan, iteration, self._medium_of(model))
            model, iteration, stepped = self._run_stage(plan, model, iteration)
            any_step |= stepped
            if iteration > settings.inversion.max_iterations:
                self.log.info(f"ITERMAX = {settings.inversion.max_iterations} iterations are done")
                break
        if not any_step:
            raise NoProgressError(
                "not a single step lowered the misfit: check the start model, the units of the data, the "
                "source wavelet and the bounds (the log says why each search ended)"
            )
        return model

    def _use_tapers(self, plan: StagePlan) -> None:
        """Those of a stage: one weight for all parameters, and files for single ones."""
        settings = settings_of(self.setup, plan)
        tapers = total_tapers(self.setup, settings)
        self.taper = math.prod(tapers.values(), start=np.ones(self.setup.grid.shape))
        self.files = on_all(self.processes.world, lambda: file_tapers(settings, self.setup.grid, plan.number))
        if self.processes.world.is_root:
            of_files = {f"file{ENDINGS[slot]}": taper for slot, taper in self.files.items()}
            self.results.write_tapers(tapers | of_files)

    # --- one stage, one iteration -------------------------------------------------------------------------

    def _run_stage(
        self, plan: StagePlan, model: dict[str, np.ndarray], iteration: int
    ) -> tuple[dict[str, np.ndarray], int, bool]:
        settings = self.setup.settings
        watch = self._clock()
        # what INV_*_ITER count from
        before = iteration - first_iteration(plan) if plan.own_iterations else 0
        state = self._begin(plan, model, iteration, active_slots(plan, iteration - before))
        stepped, count, turn = False, 0, Turn(settings.batches.keep)
        while state.iteration <= settings.inversion.max_iterations:
            slots = active_slots(plan, state.iteration - before)
            if slots != state.slots:
                text = f"iteration {state.iteration}: now inverting {', '.join(slots)}"
                self.log.info(f"{text}; the optimiser begins without memory")
                state = self._begin(plan, state.model, state.iteration, slots)
            if self._fit_grid(plan, state) and not self.grids.corrects:
                watch.restart()
            if self.wavelets.due(plan, state.iteration):
                # another objective: what the optimiser knows does not hold for it
                state = self._begin(plan, state.model, state.iteration, slots)
                model = state.scaling.model(np.array(state.minimiser.p), state.model)
                batch = None if self.samples is None else self.samples.draw(plan.number, turn.number).shots
                self.wavelets.estimate(plan, state.iteration, self.setup.medium_of(model), batch)
                state.objective.keep_as(self._keeping(plan, model, slots))
            if self.samples is not None:
                if count == 0:
                    state.best = BestSoFar(self._say_full(plan, state), np.array(state.minimiser.p))
                    watch.begin(state.best.misfit)
                self._draw(plan, state, turn.number)
            if self.grids.correction_due(state.iteration, state.corrected):
                self._correct(plan, state)
            count += 1
            report = self._iterate(plan, state, count)
            stepped |= report.accepted
            turn = turn.after(report.accepted)
            misfit = report.misfit_before if report.misfit_after is None else report.misfit_after
            misfit = misfit if self.samples is None else state.full
            if state.best.returns >= MOST_RETURNS:
                reason = f"Adam went astray {MOST_RETURNS} times: take a smaller rate"
                self._say_end(plan, reason)
                state.iteration += 1
                break
            reason = watch.reason_to_end(misfit, report.accepted, plan, "; ".join(report.reasons[-1:]))
            if not reason and count == plan.settings.inversion.max_of_stage:
                reason = f"MAX_ITER = {count} iterations are done"
            state.iteration += 1
            if reason:
                self._say_end(plan, reason)
                break
        return state.model, state.iteration, stepped

    def _fit_grid(self, plan: StagePlan, state: _Running) -> bool:
        """Simulate on another grid if the present one no longer serves; returns whether. What the optimiser
        knows stays: all grids stand for that of the run."""
        if not self.grids.coarse:
            return False
        medium = self._medium_of(state.model)
        outgrown = self.grids.outgrown(plan, state.iteration, medium)
        if outgrown is None:
            return False

        def switch() -> None:
            self.grids.renew(plan, state.iteration, medium, outgrown)
            state.objective.use(state.sample)
            state.corrected = None

        state.minimiser.change_objective(switch, "another grid")
        state.objective.keep_as(self._keeping(plan, state.model, state.slots))
        return True

    def _medium_of(self, model: Mapping[str, np.ndarray]) -> Medium:
        """The medium from which grids are chosen, the same on all processes up to the last bit."""
        world = self.processes.world
        if self.setup.settings.fd.adapt and world.size > 1:
            model = world.bcast(model if world.is_root else None)
        return self.setup.medium_of(model)

    def _correct(self, plan: StagePlan, state: _Running) -> None:
        """Correct the traces of a coarse grid in the present model."""
        objective, minimiser = state.objective, state.minimiser
        errors: list[tuple[float, float]] = []

        def correct() -> None:
            errors.append(objective.correct(minimiser.p, step_if_integrated(plan)))

        if state.corrected is None:
            correct()  # nothing is known yet of this function
        else:
            minimiser.change_objective(correct)
        lacking, off = errors[0]
        self.grids.corrected(lacking)
        text = f"iteration {state.iteration}: traces of the coarse grid are corrected"
        text += f"; without that they differ by {100 * lacking:.2g} %"
        self.log.info(text if state.corrected is None else f"{text}, and were off by {100 * off:.2g} %")
        state.corrected = state.iteration

    def _clock(self) -> StageClock | SampledClock:
        """What decides when a stage ends."""
        least = self.setup.settings.inversion.min_iterations
        return StageClock(least) if self.samples is None else SampledClock(least, self.samples.patience)

    def _draw(self, plan: StagePlan, state: _Running, number: int) -> None:
        """Sample number `number` of a stage, from 0."""
        if number == state.drawn:
            return
        state.sample = self.samples.draw(plan.number, number)
        state.drawn, state.corrected = number, None
        state.minimiser.change_objective(partial(state.objective.use, state.sample))

    def _say_full(self, plan: StagePlan, state: _Running) -> float:
        """The misfit of all shots with which a stage begins."""
        full = self._misfit_of_all(state)
        every = self.setup.settings.batches.full_every
        text = f"stage {plan.number} begins with the misfit {full:.6e} of all shots, which is computed again"
        self.log.info(f"{text} every {every} iterations; in between misfits are those of samples of them")
        return full

    def _full(self, plan: StagePlan, state: _Running, count: int) -> float | None:
        """The misfit of all shots after iteration number `count` of a stage, if it is due, also after the
        last one."""
        limits = plan.settings.inversion
        last = state.iteration >= limits.max_iterations or count == limits.max_of_stage
        if self.samples is None or not (last or count % self.setup.settings.batches.full_every == 0):
            return None
        return self._misfit_of_all(state)

    def _misfit_of_all(self, state: _Running) -> float:
        """The misfit of all shots in the present model; that of the run's grid where traces are corrected."""
        return state.objective.full_misfit(state.minimiser.p, on_run_grid=self.grids.corrects)

    def _say_begin(self, plan: StagePlan) -> None:
        self.log.info(plan.describe())
        if plan.number > 1:
            changes = plan.changes_from(self.stages[plan.number - 2])
            text = f"stage {plan.number} changes {changes}; the optimiser begins without memory"
            self.log.info(text)

    def _use_data(self, plan: StagePlan, iteration: int) -> None:
        """Select and process the observed data for a stage, and say how many traces are left."""
        with self.timings.during(CHOOSING):
            notes = self.observed.use_stage(plan)
        for note in notes:
            self.log.warning(note)
        for shot in self.crew.own if self.processes.group.is_root else ():
            filtered = self.observed.filtered_later(shot)
            self.output.do(partial(self.results.write_filtered, shot, filtered, plan, iteration))
        if self.setup.settings.batches.joined:
            self._say_missing(plan)
        counts = self.processes.world.allgather(self.observed.counts())
        used, there = (sum(part) for part in zip(*counts, strict=True))
        name = misfit_of(self.setup, plan).name
        self.log.info(f"stage {plan.number} uses {used} of {there} traces; misfit: {name}")

    def _say_missing(self, plan: StagePlan) -> None:
        """Traces that do not count when shots are joined, since one of the shots lacks them."""
        missing = [int(np.count_nonzero(~self.observed.common(name))) for name in self.observed.components]
        if self.processes.world.is_root and any(missing):
            text = (
                f"stage {plan.number}: {sum(missing)} receivers have no trace of some shot and do not count"
            )
            self.log.warning(
                f"{text} in sums of shots; misfits of all shots include the rest of their traces"
            )

    def _say_end(self, plan: StagePlan, reason: str) -> None:
        last = plan.number == len(self.stages)
        then = "the inversion is finished" if last else f"going on with stage {plan.number + 1}"
        self.log.info(f"stage {plan.number} ends: {reason}; {then}")

    def _begin(
        self, plan: StagePlan, model: dict[str, np.ndarray], iteration: int, slots: tuple[str, ...]
    ) -> _Running:
        """Objective and minimiser for a set of parameters; the optimiser's memory starts empty."""
        settings = self.setup.settings
        scaling = Scaling.of_model(self.setup.model, slots)
        recorded = recorded_components(settings)
        shaping = Shaping.of_stage(self.setup, plan, model, self.files)
        state = _Running(iteration, model, slots, scaling, shaping)
        state.objective = Objective(
            self.crew,
            self.observed,
            misfit_of(self.setup, plan),
            scaling,
            model,
            plan.band(),
            self._keeping(plan, model, slots),
            shot_weighting(self.setup, plan, slots),
            recorded,
            (lambda *traces: self._keep_traces(*traces, state.iteration)) if recorded else None,
            joint_weights(self.setup, plan),
        )
        to_velocities, to_slots = partial(velocities_of, self.setup), partial(slots_of, self.setup)
        tests = trial_shots(self.setup)
        problem = Problem(
            state.objective,
            FunctionConstraint(projection(self.limits, scaling, model, to_velocities, to_slots)),
            lambda g: scaling.join(state.metric.apply(scaling.parts(g))),
            partial(state.objective.misfit, shots=tests) if tests else None,
            self._reshape(scaling, shaping),
            product=state.objective.product,
            possible=state.objective.possible,
        )
        options = optimiser_options(settings)
        state.minimiser = Minimiser(scaling.vector(model), problem, options, dot=self._dot)
        return state

    def _keeping(self, plan: StagePlan, model: Mapping[str, np.ndarray], slots: Sequence[str]) -> Layout:
        """How to keep forward wavefields for gradients from a model {slot: (ny, nx)} on; says so if it is not
        what was said before."""
        setup, processes, estimated = self.setup, self.processes, self.crew.estimated
        movable = movable_nodes(setup.medium_of(model), slots, self.taper, self.files)
        found = keep(setup, processes, self.limit, plan, slots, movable, estimated)
        line = found.line
        if setup.settings.fd.adapt:
            line = line_of(*self.crew.first.kept(found.layout), found.highest)
        if line != self._said:
            self.log.info(line)
            for warning in found.warnings:
                self.log.warning(warning)
        self._said = line
        return found.layout

    def _reshape(self, scaling: Scaling, shaping: Shaping) -> Callable[[np.ndarray], np.ndarray] | None:
        """What a direction goes through before it is searched. Adam, which scales every point by its own
        gradients, loses the tapers of the metric and gets them back here."""
        filtered = shaping.reshape(scaling)
        if optimiser_method(self.setup.settings) != "adam":
            return filtered
        tapers = shaping.metric(self.taper, np.ones_like(self.taper), scaling, 1).weights
        damping = scaling.join(tapers)
        return lambda d: damping * (d if filtered is None else filtered(d))

    def _iterate(self, plan: StagePlan, state: _Running, count: int) -> IterationReport:
        """One iteration, number `count` of its stage, from 1."""
        started = clock.perf_counter()
        objective, minimiser = state.objective, state.minimiser
        slopes = state.scaling.parts(np.array(minimiser.misfit_and_gradient()[1]))
        self._use_weights(plan, state, slopes)
        report = minimiser.step()
        direction = self._direction(state, report)
        if report.accepted and settings_of(self.setup, plan).smoothing.model:
            report = self._filter_model(plan, state, report)
        state.full = self._full(plan, state, count)
        if state.full is not None and optimiser_method(self.setup.settings) == "adam":
            self._bring_back(state)
        state.model = state.scaling.model(minimiser.p, state.model)
        gradient = {slot: part / state.scaling.references[slot] for slot, part in slopes.items()}
        done = Finished(
            state.iteration,
            plan,
            state.slots,
            report,
            state.model,
            gradient,
            partial(state.metric.apply, gradient),
            direction,
            state.weight,
            tuple(objective.rejected),
            clock.perf_counter() - started,
            state.sample,
            state.full,
        )
        objective.rejected.clear()
        if self.processes.world.is_root:
            self.output.do(partial(self._write, done))
        self.results.tell(done)
        return report

    def _write(self, done: Finished) -> None:
        with self.timings.during(WRITING):
            self.results.write(done)

    def _keep_traces(
        self,
        shot: int,
        traces: Mapping[str, np.ndarray],
        adjoint_sources: Mapping[str, np.ndarray],
        iteration: int,
    ) -> None:
        """Have the seismograms of a shot written."""

        def write() -> None:
            with self.timings.writing(shot):
                self.results.write_traces(shot, traces, adjoint_sources, iteration)

        self.output.do(write)

    def _use_weights(self, plan: StagePlan, state: _Running, slopes: Mapping[str, np.ndarray]) -> None:
        """The metric of the gradient at the current point, {slot: (ny, nx)} per relative change, and the
        weight that all parameters share."""
        own, summed = state.objective.weights_at(state.minimiser.p)
        summed = self.kept.use(summed, settings_of(self.setup, plan).precondition, state.iteration)
        shared = own if own.ndim == 2 else np.ones_like(summed)
        state.weight = self.taper * with_largest_one(shared * summed)
        metric = state.shaping.metric(self.taper * summed, own, state.scaling, state.iteration)
        if balanced(settings_of(self.setup, plan)):
            # once per memory of the optimiser, so that its metric does not change with the gradient
            state.balance = state.balance or metric.balancing(slopes)
            metric = metric.scaled(state.balance)
        state.metric = metric

    def _bring_back(self, state: _Running) -> None:
        """Adam may have gone astray: then on from the best point so far, with half the rate."""
        best, lost = state.best, state.full
        if not best.lost(lost, state.minimiser.p):
            return
        state.minimiser.go_back_to(best.p, "back at the best model so far")
        state.full = best.misfit
        text = f"iteration {state.iteration}: the misfit of all shots, {lost:.6e}, is more than twice its"
        self.log.warning(
            f"{text} smallest: back to the model with {best.misfit:.6e}, with half the rate of Adam"
        )

    def _filter_model(self, plan: StagePlan, state: _Running, report: IterationReport) -> IterationReport:
        """MODEL_FILTER after a step: goes on from the filtered model, with the misfit of this model.

        Returns the report with what holds for the filtered model. A model that cannot be simulated when it is
        filtered stays as it is.
        """
        minimiser, scaling = state.minimiser, state.scaling
        size = odd_size(settings_of(self.setup, plan).smoothing.model_size)
        p = np.array(minimiser.p)
        filtered = filtered_point(p, scaling, size, state.metric.weights, state.shaping.regions)
        change = minimiser.move(filtered)
        if change == 0.0:
            return report
        misfit, _ = minimiser.misfit_and_gradient()
        if not math.isfinite(misfit):
            minimiser.move(p)
            return replace(report, reasons=(*report.reasons, "the filtered model cannot be simulated: left"))
        rose = misfit > report.misfit_before
        text = f"the median filter changed the model by up to {100 * change:.3g} %, misfit {misfit:.6e}"
        text += ", which is more than before the step" if rose else ""
        if rose:
            self.log.warning(f"iteration {state.iteration}: {text}; FILT_SIZE takes back what steps gain")
        moved = scaling.vector(state.model) - minimiser.p
        return replace(
            report,
            misfit_after=misfit,
            max_change=float(np.max(np.abs(moved))),
            reasons=(*report.reasons, text),
        )

    def _direction(self, state: _Running, report: IterationReport) -> dict[str, np.ndarray]:
        """The last search direction per unit of the parameters; nothing if there was no search."""
        if not report.search:
            return {}
        parts = state.scaling.parts(np.array(state.minimiser.direction))
        return {slot: part * state.scaling.references[slot] for slot, part in parts.items()}

    def _dot(self, a: np.ndarray, b: np.ndarray) -> float:
        """Inner product, as rank 0 computes it, so that all processes decide alike."""
        world = self.processes.world
        return world.bcast(float(np.vdot(a, b)) if world.is_root else None)
