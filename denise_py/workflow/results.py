"""What an inversion leaves behind: models, gradients, seismograms, the misfit log, lines of the log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from denise_py.log import duration
from denise_py.medium.model_io import write_grid_file
from denise_py.optimise.descent import IterationReport, Search
from denise_py.optimise.line_search import ParabolicResult, Stride, WolfeResult
from denise_py.output.gradients import GradientFiles
from denise_py.output.misfit_log import IterationRecord, MisfitLog
from denise_py.output.models import ModelFiles
from denise_py.parameters.finding import recorded_components
from denise_py.workflow.choices import optimiser_method
from denise_py.workflow.forward import seismogram_files, write_seismograms
from denise_py.workflow.samples import Sample
from denise_py.workflow.setup import Setup
from denise_py.workflow.stages import StagePlan


@dataclass(frozen=True)
class Finished:
    """An iteration that is over. model: after it; gradient (of the misfit, per unit of the parameters) and
    direction {slot: (ny, nx)} as they were used in it; weighted: what makes the preconditioned gradient;
    weight: (ny, nx), of all parameters; rejected: why trials failed; sample: what was simulated if not all
    shots; full: misfit of all shots after it, if it was computed."""

    number: int
    plan: StagePlan
    slots: tuple[str, ...]
    report: IterationReport
    model: Mapping[str, np.ndarray]
    gradient: Mapping[str, np.ndarray]
    weighted: Callable[[], Mapping[str, np.ndarray]]
    direction: Mapping[str, np.ndarray]
    weight: np.ndarray
    rejected: tuple[str, ...]
    seconds: float
    sample: Sample | None = None
    full: float | None = None


class Results:
    """Writes the results of one inversion. Only rank 0 calls `write`; the heads of groups write traces."""

    def __init__(self, setup: Setup, log: logging.Logger) -> None:
        settings = setup.settings
        self._setup, self._log = setup, log
        self._method = optimiser_method(settings)
        run, chosen = settings.run, settings.inversion
        decimation = (run.output_every_x, run.output_every_y)
        self._models = ModelFiles(chosen.model_file, chosen.model_first, chosen.model_every, *decimation)
        self._gradients = GradientFiles(
            chosen.gradient_file, chosen.gradient_first, chosen.gradient_every, *decimation
        )
        with_header = self._method == "pcg" and run.verbose
        self._misfits = MisfitLog(chosen.misfit_log, settings.filter.kind != 0, with_header)
        self._n_gradients = 0

    def write_tapers(self, tapers: Mapping[str, np.ndarray]) -> None:
        """taper_coeff_<name>.bin in the working directory, as DENISE does."""
        for name, taper in tapers.items():
            write_grid_file(f"taper_coeff_{name}.bin", taper)

    def write_traces(
        self,
        shot: int,
        traces: Mapping[str, np.ndarray],
        adjoint_sources: Mapping[str, np.ndarray],
        iteration: int,
    ) -> None:
        """Synthetic seismograms that SEISMO asks for, and with VERBOSE the adjoint sources as they are
        injected, backward in time. Later trials of an iteration overwrite earlier ones."""
        settings, files = self._setup.settings, seismogram_files(self._setup)
        chosen = {c: traces[c] for c in recorded_components(settings)}
        write_seismograms(self._setup, shot, chosen, lambda c, s: files.inversion_path(c, s, iteration))
        if settings.run.verbose:
            injected = {c: series[:, ::-1] for c, series in adjoint_sources.items() if c in chosen}
            write_seismograms(self._setup, shot, injected, files.adjoint_path, adjoint=True)

    def write_filtered(
        self,
        shot: int,
        observed: Callable[[], Mapping[str, np.ndarray]],
        plan: StagePlan,
        iteration: int,
    ) -> None:
        """WRITE_FILTERED_DATA: the filtered observed data {component: (ntr, nt)} of a shot, as recorded, at
        the first iteration of a stage. observed: what makes them."""
        settings = plan.settings or self._setup.settings
        if not settings.filter.write_data or plan.low_pass is None:
            return
        files, there = seismogram_files(self._setup), recorded_components(settings)
        traces = {c: t for c, t in observed().items() if files.prefix or c in there}
        write_seismograms(
            self._setup, shot, traces, lambda c, s: files.filtered_path(c, s, iteration), observed=True
        )

    def write(self, done: Finished) -> None:
        """Models, gradients and both misfit logs of an iteration."""
        self._n_gradients += done.report.n_gradients
        self._models.write(done.model, done.number)
        self._gradients.write(self._method, done.number, done.gradient, done.weighted, done.direction)
        if done.plan.precondition:
            self._gradients.write_weight(done.weight, done.number)
        self._misfits.write(self._columns(done), self._record(done))

    def tell(self, done: Finished) -> None:
        """The lines of an iteration in the log."""
        report = done.report
        after = "" if report.misfit_after is None else f" -> {report.misfit_after:.6e}"
        after += "" if done.sample is None else f" of {done.sample.describe()}"
        self._log.info(
            f"iteration {done.number} of {self._setup.settings.inversion.max_iterations}, "
            f"stage {done.plan.number}: misfit {report.misfit_before:.6e}{after}, "
            f"largest change {100 * report.max_change:.3g} %, {report.n_gradients} gradients, "
            f"{report.n_misfits} misfits, {duration(done.seconds)}"
        )
        if done.full is not None:
            self._log.info(f"misfit of all shots after iteration {done.number}: {done.full:.6e}")
        for reason in report.reasons if self._setup.settings.run.verbose else ():
            self._log.info(f"  {reason}")
        for reason in done.rejected:
            self._log.info(f"  a trial was rejected: {reason}")

    def _columns(self, done: Finished) -> list[float]:
        """The numbers of DENISE's misfit log, see output.misfit_log."""
        report, search = done.report, done.report.search
        before = report.misfit_before
        if not isinstance(search, ParabolicResult):
            after = before if report.misfit_after is None else report.misfit_after
            change = abs(before - after) / abs(before) if before else 0.0
            trials = len(search.trials) if isinstance(search, WolfeResult) else 0
            return [report.step, done.number, self._n_gradients, change, 0, trials, before, after]
        return [search.step if report.accepted else 0.0, *search.steps, *search.misfits, before]

    def _record(self, done: Finished) -> IterationRecord:
        report, search = done.report, done.report.search
        is_wolfe = isinstance(search, WolfeResult)
        return IterationRecord(
            iteration=done.number,
            stage=done.plan.number,
            accepted=report.accepted,
            misfit_before=report.misfit_before,
            misfit_after=report.misfit_after,
            step=report.step,
            largest_change=report.max_change,
            parameters=done.slots,
            low_pass=done.plan.low_pass,
            optimiser=self._method,
            search="wolfe" if is_wolfe else "none" if isinstance(search, Stride) else "parabolic",
            trials=_trial_points(search),
            gradients=report.n_gradients,
            misfits=report.n_misfits,
            products=report.n_products,
            slope=report.slope,
            gradient_norm=report.gradient_norm,
            seconds=round(done.seconds, 3),
            wolfe=_wolfe_numbers(search) if is_wolfe and report.accepted else None,
            reasons=report.reasons,
            norm=done.plan.settings.misfit.norm,
            high_pass=done.plan.high_pass,
            shots=None if done.sample is None else done.sample.shots,
            simulations=None if done.sample is None else len(done.sample.numbers),
            full_misfit=done.full,
        )


def _trial_points(search: Search | None) -> tuple[tuple[float, float], ...]:
    """(step, misfit) of all trials."""
    if search is None or isinstance(search, Stride):
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
