"""The inversion: stages of iterations, each a gradient, a direction, a line search and an update."""

from __future__ import annotations

import logging
import math
import time as clock
from dataclasses import dataclass
from typing import Any

import numpy as np

from denise_py.errors import NoProgressError
from denise_py.gradient.tapers import circles, clear_nodes, window_along_depth, window_along_x
from denise_py.log import duration
from denise_py.mapping.constraint import projection
from denise_py.mapping.limits import Limits
from denise_py.mapping.scaling import Scaling
from denise_py.medium.model import Medium
from denise_py.medium.model_io import write_grid_file
from denise_py.misfit.registry import find_misfit
from denise_py.optimise.constraints import FunctionConstraint
from denise_py.optimise.descent import IterationReport, Minimiser, Options, Problem
from denise_py.optimise.line_search import ParabolicResult, WolfeResult
from denise_py.output.gradients import GradientFiles
from denise_py.output.misfit_log import IterationRecord, MisfitLog
from denise_py.output.models import ModelFiles
from denise_py.output.seismograms import WANTED
from denise_py.workflow.forward import seismogram_files, write_seismograms
from denise_py.workflow.objective import Objective, Weighting
from denise_py.workflow.observed import ObservedData
from denise_py.workflow.setup import Processes, Setup, Shot
from denise_py.workflow.simulator import Simulator
from denise_py.workflow.stages import StageClock, StagePlan, active_slots, first_iteration, plan_stages
from denise_py.workflow.together import on_all


def run_inversion(setup: Setup, processes: Processes, log: logging.Logger) -> dict[str, np.ndarray]:
    """Invert the observed data from the start model; returns the final model {slot: (ny, nx)}.

    Raises NoProgressError when not a single step lowered the misfit.
    """
    return Inversion(setup, processes, log).run()


@dataclass
class _Running:
    """What changes while an inversion runs."""

    iteration: int
    model: dict[str, np.ndarray]
    slots: tuple[str, ...]
    scaling: Scaling
    objective: Objective
    minimiser: Minimiser
    weight: np.ndarray


class Inversion:
    """An inversion run. Collective over all processes; files are written by rank 0 and the group heads."""

    def __init__(self, setup: Setup, processes: Processes, log: logging.Logger) -> None:
        self.setup, self.processes, self.log = setup, processes, log
        settings = setup.settings
        self.stages = plan_stages(settings, setup.workflow)
        self.simulator = Simulator(setup, processes)
        mine = processes.groups.shots_of_group(processes.group_number, [shot.number for shot in setup.shots])
        own = mine if processes.group.is_root else ()
        self.observed = on_all(processes.world, lambda: ObservedData(setup, own))
        for warning in self.observed.warnings:
            log.warning(warning)
        self.misfit = find_misfit(settings.misfit.norm)
        self.taper = self._total_taper()
        self.limits = self._limits()
        run, chosen = settings.run, settings.inversion
        decimation = (run.output_every_x, run.output_every_y)
        self.model_files = ModelFiles(chosen.model_file, chosen.model_first, chosen.model_every, *decimation)
        self.gradient_files = GradientFiles(
            chosen.gradient_file, chosen.gradient_first, chosen.gradient_every, *decimation
        )
        self.misfit_log = MisfitLog(
            chosen.misfit_log, settings.filter.kind != 0, self._method() == "pcg" and run.verbose
        )
        self.n_gradients = 0
        self._iteration = 1

    def run(self) -> dict[str, np.ndarray]:
        """All stages; returns the final model."""
        settings = self.setup.settings
        model, any_step = self.setup.model, False
        iteration = first_iteration(self.stages[0], settings)
        if iteration > 1:
            self.log.info(f"no parameter moves before iteration {iteration}, which is therefore the first")
        for plan in self.stages:
            self.log.info(plan.describe())
            self.observed.use_band(plan.band(settings))
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

    # --- one stage, one iteration -------------------------------------------------------------------------

    def _run_stage(
        self, plan: StagePlan, model: dict[str, np.ndarray], iteration: int
    ) -> tuple[dict[str, np.ndarray], int, bool]:
        settings = self.setup.settings
        watch = StageClock(settings.inversion.min_iterations)
        state = self._begin(plan, model, iteration, active_slots(plan, settings, iteration))
        stepped = False
        while state.iteration <= settings.inversion.max_iterations:
            slots = active_slots(plan, settings, state.iteration)
            if slots != state.slots:
                self.log.info(f"iteration {state.iteration}: now inverting {', '.join(slots)}")
                state = self._begin(plan, state.model, state.iteration, slots)
            report = self._iterate(plan, state)
            stepped |= report.accepted
            misfit = report.misfit_before if report.misfit_after is None else report.misfit_after
            reason = watch.reason_to_end(misfit, report.accepted, plan, "; ".join(report.reasons[-1:]))
            state.iteration += 1
            if reason:
                self._say_end(plan, reason)
                break
        return state.model, state.iteration, stepped

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
        chosen = WANTED[settings.seismograms.kind]
        objective = Objective(
            self.simulator,
            self.observed,
            self.misfit,
            scaling,
            model,
            plan.band(settings),
            settings.inversion.sampling,
            self._weighting(plan),
            chosen,
            self._write_traces if chosen else None,
        )
        state = _Running(iteration, model, slots, scaling, objective, None, np.ones(self.setup.grid.shape))
        problem = Problem(
            objective,
            FunctionConstraint(projection(self.limits, scaling, model, self._to_velocities, self._to_slots)),
            lambda g: scaling.repeat(state.weight) * g,
            self._trial_misfit(objective),
        )
        state.minimiser = Minimiser(scaling.vector(model), problem, self._options(), dot=self._dot)
        return state

    def _iterate(self, plan: StagePlan, state: _Running) -> IterationReport:
        started = clock.perf_counter()
        objective, minimiser = state.objective, state.minimiser
        self._iteration = state.iteration
        slopes = state.scaling.parts(np.array(minimiser.misfit_and_gradient()[1]))
        state.weight = self.taper * objective.weight_at(minimiser.p)
        gradient = {slot: part / state.scaling.references[slot] for slot, part in slopes.items()}
        report = minimiser.step()
        self.n_gradients += report.n_gradients
        state.model = state.scaling.model(minimiser.p, state.model)
        if self.processes.world.is_root:
            self._write(plan, state, report, gradient, clock.perf_counter() - started)
        self._tell(plan, state, report, clock.perf_counter() - started)
        return report

    # --- choices ------------------------------------------------------------------------------------------

    def _method(self) -> str:
        return "pcg" if self.setup.settings.optimiser.method == 1 else "lbfgs"

    def _options(self) -> Options:
        o = self.setup.settings.optimiser
        lbfgs = self._method() == "lbfgs"
        return Options(
            method=self._method(),
            search="wolfe" if lbfgs and o.wolfe else "parabolic",
            history=o.history,
            first_step=o.first_step,
            step_divisor=o.step_divisor,
            max_trials=o.max_trials,
            c1=o.c1,
            c2=o.c2,
            wolfe_trials=o.wolfe_trials,
            reuse_step=o.try_old_step,
        )

    def _weighting(self, plan: StagePlan) -> Weighting:
        settings = self.setup.settings
        taper = self._shot_taper if settings.tapers.per_shot else None
        return Weighting(plan.precondition, plan.epsilon, settings.precondition.per_shot, taper)

    def _trial_misfit(self, objective: Objective):
        """The parabolic search needs the test shots only; without a choice all shots are test shots."""
        chosen, numbers = self.setup.settings.inversion, [shot.number for shot in self.setup.shots]
        first, last, step = chosen.test_shot_start, chosen.test_shot_end, chosen.test_shot_increment
        tests = tuple(range(first, last + 1, step)) if first else tuple(numbers)
        if tests == tuple(numbers):
            return None
        return lambda p: objective.misfit(p, tests)

    def _total_taper(self) -> np.ndarray:
        """SWS_TAPER_GRAD_VERT, _HOR and _SOURCES together, (ny, nx); each goes to a file as in DENISE."""
        t, grid = self.setup.settings.tapers, self.setup.grid
        sources = [node for shot in self.setup.shots for node in shot.nodes]
        receivers = [(int(i), int(j)) for i, j in self.setup.receivers.nodes]
        parts = {}
        if t.vertical:
            parts["vert"] = clear_nodes(window_along_x(grid, t.edges), [*sources, *receivers])
        if t.horizontal:
            parts["hor"] = window_along_depth(grid, t.edges)
        if t.sources:
            parts["sources"] = circles(grid, sources, t.shape, t.radius, t.core)
        if self.processes.world.is_root:
            for name, part in parts.items():
                write_grid_file(f"taper_coeff_{name}.bin", part)
        return math.prod(parts.values(), start=np.ones(grid.shape))

    def _shot_taper(self, shot: Shot) -> np.ndarray:
        t = self.setup.settings.tapers
        return circles(self.setup.grid, shot.nodes, t.shape, t.radius, t.core)

    def _limits(self) -> Limits:
        b = self.setup.settings.limits
        bounds = {
            "vp": (b.vp_lower, b.vp_upper),
            "vs": (b.vs_lower, b.vs_upper),
            "rho": (b.rho_lower, b.rho_upper),
        }
        percent = {"vp": b.vp_percent, "vs": b.vs_percent, "rho": b.rho_percent} if b.relative else None
        return Limits.around(self._to_velocities(self.setup.model), bounds, percent, b.vp_vs_ratio)

    def _to_velocities(self, model: dict[str, Any]) -> dict[str, np.ndarray]:
        if self.setup.settings.model.parameterization == 1:
            return model
        medium = self.setup.parameterization.medium(model)
        return {"vp": medium.vp, "vs": medium.vs, "rho": medium.rho}

    def _to_slots(self, model: dict[str, Any]) -> dict[str, np.ndarray]:
        if self.setup.settings.model.parameterization == 1:
            return model
        medium = Medium.from_velocities(model["vp"], model["vs"], model["rho"])
        return self.setup.parameterization.model(medium)

    def _dot(self, a: np.ndarray, b: np.ndarray) -> float:
        """Inner product, as rank 0 computes it, so that all processes decide alike."""
        world = self.processes.world
        return world.bcast(float(np.vdot(a, b)) if world.is_root else None)

    # --- output -------------------------------------------------------------------------------------------

    def _write_traces(self, shot: int, traces, adjoint_sources) -> None:
        """Synthetic seismograms that SEISMO asks for, and with VERBOSE the adjoint sources as they are
        injected, backward in time. Later trials of an iteration overwrite earlier ones."""
        settings, files = self.setup.settings, seismogram_files(self.setup)
        chosen = {c: traces[c] for c in WANTED[settings.seismograms.kind]}
        write_seismograms(self.setup, shot, chosen, lambda c, s: files.inversion_path(c, s, self._iteration))
        if settings.run.verbose:
            injected = {c: series[:, ::-1] for c, series in adjoint_sources.items() if c in chosen}
            write_seismograms(self.setup, shot, injected, files.adjoint_path)

    def _write(
        self, plan: StagePlan, state: _Running, report: IterationReport, gradient: dict, seconds: float
    ) -> None:
        self.model_files.write(state.model, state.iteration)
        weighted = {slot: state.weight * gradient[slot] for slot in state.slots}
        parts = state.scaling.parts(np.array(state.minimiser.direction)) if report.search else {}
        direction = {slot: part * state.scaling.references[slot] for slot, part in parts.items()}
        self.gradient_files.write(self._method(), state.iteration, gradient, weighted, direction)
        if plan.precondition:
            self.gradient_files.write_weight(state.weight, state.iteration)
        self.misfit_log.write(self._columns(state, report), self._record(plan, state, report, seconds))

    def _columns(self, state: _Running, report: IterationReport) -> list[float]:
        search = report.search
        before = report.misfit_before
        if isinstance(search, WolfeResult) or search is None:
            after = before if report.misfit_after is None else report.misfit_after
            change = abs(before - after) / abs(before) if before else 0.0
            trials = len(search.trials) if search else 0
            return [report.step, state.iteration, self.n_gradients, change, 0, trials, before, after]
        return [search.step if report.accepted else 0.0, *search.steps, *search.misfits, before]

    def _record(
        self, plan: StagePlan, state: _Running, report: IterationReport, seconds: float
    ) -> IterationRecord:
        search = report.search
        wolfe = None
        if isinstance(search, WolfeResult) and report.accepted:
            wolfe = _wolfe_numbers(search)
        return IterationRecord(
            iteration=state.iteration,
            stage=plan.number,
            accepted=report.accepted,
            misfit_before=report.misfit_before,
            misfit_after=report.misfit_after,
            step=report.step,
            largest_change=report.max_change,
            parameters=state.slots,
            low_pass=plan.low_pass,
            optimiser=self._method(),
            search="wolfe" if isinstance(search, WolfeResult) else "parabolic",
            trials=_trial_points(search),
            gradients=report.n_gradients,
            misfits=report.n_misfits,
            slope=report.slope,
            gradient_norm=report.gradient_norm,
            seconds=round(seconds, 3),
            wolfe=wolfe,
            reasons=report.reasons,
        )

    def _tell(self, plan: StagePlan, state: _Running, report: IterationReport, seconds: float) -> None:
        after = "" if report.misfit_after is None else f" -> {report.misfit_after:.6e}"
        self.log.info(
            f"iteration {state.iteration} of {self.setup.settings.inversion.max_iterations}, "
            f"stage {plan.number}: misfit {report.misfit_before:.6e}{after}, "
            f"largest change {100 * report.max_change:.3g} %, {report.n_gradients} gradients, "
            f"{report.n_misfits} misfits, {duration(seconds)}"
        )
        for reason in report.reasons if self.setup.settings.run.verbose else ():
            self.log.info(f"  {reason}")
        for reason in state.objective.rejected:
            self.log.info(f"  a trial was rejected: {reason}")
        state.objective.rejected.clear()


def _trial_points(search: ParabolicResult | WolfeResult | None) -> tuple[tuple[float, float], ...]:
    """(step, misfit) of all trials."""
    if search is None:
        return ()
    if isinstance(search, WolfeResult):
        return tuple((trial.step, trial.misfit) for trial in search.trials)
    return tuple((float(step), float(misfit)) for step, misfit in search.trials)


def _wolfe_numbers(search: WolfeResult) -> dict[str, float]:
    """Left and right sides of both Wolfe conditions at the accepted step."""
    trial = next(t for t in search.trials if t.step == search.step)
    return {
        "misfit": trial.misfit,
        "misfit_limit": trial.misfit_limit,
        "slope": abs(trial.slope),
        "slope_limit": trial.slope_limit,
    }
