"""Stages of an inversion: the settings of each, what it changes, which parameters move, when to go on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from denise_py.errors import ParameterError
from denise_py.gradient.parameterization import LEVELS
from denise_py.parameters.finding import inverted_levels, wave_parameters
from denise_py.parameters.key import Value
from denise_py.parameters.settings import Settings
from denise_py.parameters.stage_settings import stage_settings, with_corner
from denise_py.parameters.table import TABLE
from denise_py.parameters.values import show
from denise_py.parameters.workflow_file import Stage as WorkflowLine
from denise_py.traces.filters import BandFilter

ASTRAY: Final = 2.0  # times the smallest misfit is too much
MOST_RETURNS: Final = 3

_IN_WORDS: Final = ("kind", "low_pass_start", "low_pass_end", "low_pass_increment", "high_pass")
_STARTS: Final = ("vp_from", "vs_from", "rho_from")


@dataclass(frozen=True)
class StagePlan:
    """One stage.

    number from 1; settings: those of the run with everything that the stage changes in them (filter, misfit,
    window, preconditioner, source wavelet, smoothing, waves and so on); slots: the parameters that move, or
    None to follow the INV_*_ITER keys; own_iterations: whether these count from the first iteration of the
    stage rather than of the run.
    """

    number: int
    settings: Settings
    slots: tuple[str, ...] | None = None
    own_iterations: bool = False

    @property
    def low_pass(self) -> float | None:
        """Corner of the low-pass in Hz, None without a filter."""
        return self.settings.filter.low_pass_start if self.settings.filter.kind else None

    @property
    def high_pass(self) -> float | None:
        """Corner of the high-pass in Hz, None without one."""
        return (self.settings.filter.high_pass or None) if self.settings.filter.kind else None

    @property
    def precondition(self) -> int:
        """EPRECOND."""
        return self.settings.precondition.kind

    @property
    def epsilon(self) -> float:
        """EPSILON_WE."""
        return self.settings.precondition.epsilon

    @property
    def min_improvement(self) -> float:
        """PRO: the relative change of the misfit over two iterations that ends the stage."""
        return self.settings.inversion.min_improvement

    def band(self) -> BandFilter | None:
        """Filter of data and wavelets in this stage."""
        f = self.settings.filter
        return BandFilter(f.low_pass_start, f.high_pass, f.order, f.zero_phase) if f.kind else None

    def describe(self) -> str:
        """One line for the log."""
        ends = f"stops below {self.min_improvement:g} relative change"
        return f"stage {self.number}: {self._band()}, {self._moving()}, {ends}"

    def changes_from(self, before: StagePlan) -> str:
        """What differs from another stage, as one phrase: 'low-pass 5 -> 8 Hz, LNORM 2 -> 5'."""
        parts = [*self._band_change(before)]
        parts += [f"{name} {show(old)} -> {show(new)}" for name, old, new in self._other_keys(before)]
        if self._moving() != before._moving():
            parts.append(f"now {self._moving()}")
        return ", ".join(parts) or "nothing"

    # ------------------------------------------------------------------------------------------ words

    def _band(self) -> str:
        band = self.band()
        if band is None:
            return "all frequencies"
        return f"band-pass {band.high:g} to {band.low:g} Hz" if band.high else f"low-pass {band.low:g} Hz"

    def _band_change(self, before: StagePlan) -> Iterator[str]:
        old, new = before.band(), self.band()
        if before._band() == self._band():
            return
        if old and new and not old.high and not new.high:
            yield f"low-pass {old.low:g} -> {new.low:g} Hz"
        else:
            yield f"{before._band()} -> {self._band()}"

    def _other_keys(self, before: StagePlan) -> Iterator[tuple[str, Value, Value]]:
        """Keys in use that are not said in other words, with their values there and here."""
        before_values, values = (_file_values(plan.settings) for plan in (before, self))
        said = {*(("filter", name) for name in _IN_WORDS), *(("inversion", name) for name in _STARTS)}
        for key in TABLE:
            old, new = before_values.get(key.name), values.get(key.name)
            if old == new or None in (old, new) or (key.group, key.field) in said:
                continue
            if key.used is None or key.used.test(values):
                yield key.name, old, new

    def _moving(self) -> str:
        if self.slots is not None:
            return "inverting " + ", ".join(self.slots)
        if self.own_iterations:
            last = self.settings.inversion.max_iterations
            begins = _begins(self).items()
            return "inverting " + ", ".join(_since(name, first) for name, first in begins if first <= last)
        return "parameters by iteration"


def _file_values(settings: Settings) -> dict[str, Value | None]:
    """Values by the names of their keys."""
    return {key.name: settings.file_value(key) for key in TABLE if key.field}


def _since(name: str, first: int) -> str:
    return name if first <= 1 else f"{name} from its iteration {first}"


def plan_stages(
    settings: Settings, workflow: Sequence[WorkflowLine] = (), corners: Sequence[float] = ()
) -> tuple[StagePlan, ...]:
    """The stages of a run: the lines of the workflow file, or corners (Hz, those of FREQ_FILE if given, else
    those of TIME_FILT = 1), or one."""
    if workflow:
        return tuple(_from_workflow(settings, workflow))
    if settings.filter.kind == 0:
        return (StagePlan(1, settings),)
    return tuple(
        StagePlan(number, with_corner(settings, corner))
        for number, corner in enumerate(corners or _corners(settings), start=1)
    )


def _corners(settings: Settings) -> Iterator[float]:
    f = settings.filter
    corner = f.low_pass_start
    # some slack, so that rounding does not lose the last corner
    while corner <= f.low_pass_end + 1e-6 * max(f.low_pass_increment, 1.0):
        yield corner
        if f.low_pass_increment <= 0:
            return
        corner += f.low_pass_increment


def _from_workflow(settings: Settings, workflow: Sequence[WorkflowLine]) -> Iterator[StagePlan]:
    active = {"vp": True, "vs": True, "rho": True}
    for number, line in enumerate(workflow, start=1):
        inside = stage_settings(settings, line)
        by_iteration = any(getattr(line, start) is not None for start in _STARTS)
        active = _switch(active, line)
        if not by_iteration and not any(active[name] for name in wave_parameters(inside)):
            raise ParameterError(
                f"FILE_WORKFLOW = {settings.inversion.workflow_file}, stage {number}: no parameter is "
                "inverted: set VS, VP or RHO to 1 (-1 takes over what the stage before did)"
            )
        slots = None if by_iteration else tuple(name for name, on in active.items() if on)
        yield StagePlan(number, inside, slots, by_iteration)


def _switch(active: dict[str, bool], line: WorkflowLine) -> dict[str, bool]:
    """Flag 1 switches a parameter on, 0 off, -1 (or no flag) leaves it as it is."""
    flags = {"vp": line.vp, "vs": line.vs, "rho": line.rho}
    return {name: on if flags[name] in (-1, None) else flags[name] == 1 for name, on in active.items()}


def active_slots(plan: StagePlan, iteration: int) -> tuple[str, ...]:
    """The parameters that move in an iteration: those of the stage, or those whose INV_*_ITER has come. The
    iteration counts from the first one of the run, or with own_iterations of the stage."""
    begins = _begins(plan)
    chosen = begins if plan.slots is None else {name: 0 for name in plan.slots if name in begins}
    chosen = chosen | {name: begin for name, begin in begins.items() if name in LEVELS}
    return tuple(name for name, begin in chosen.items() if iteration >= begin)


def first_iteration(plan: StagePlan) -> int:
    """Number of the first iteration in which a parameter moves, counted from 1."""
    return 1 if plan.slots is not None else max(1, min(_begins(plan).values()))


def _begins(plan: StagePlan) -> dict[str, int]:
    """First iteration of every parameter that the waves depend on."""
    chosen = plan.settings.inversion
    first = {"vp": chosen.vp_from, "vs": chosen.vs_from, "rho": chosen.rho_from}
    first |= {"taup": chosen.qp_from, "taus": chosen.qs_from}
    return {name: first[name] for name in (*wave_parameters(plan.settings), *inverted_levels(plan.settings))}


class BestSoFar:
    """The best point by misfits of all shots, for a method that takes steps without looking at misfits."""

    def __init__(self, misfit: float = math.inf, p: np.ndarray | None = None) -> None:
        self.misfit, self.p = misfit, p
        #: how often the method has been brought back to it
        self.returns = 0

    def lost(self, misfit: float, p: np.ndarray) -> bool:
        """Whether a point is to be left for the best one: its misfit is more than twice the smallest, or not
        finite. Remembers it if it is the best."""
        if misfit < self.misfit:
            self.misfit, self.p = misfit, np.array(p)
        lost = self.p is not None and not misfit <= ASTRAY * self.misfit
        self.returns += lost
        return lost


class SampledClock:
    """The same for iterations that see samples of the data: misfits of all shots decide, which are not known
    after every iteration."""

    def __init__(self, min_iterations: int, patience: int) -> None:
        """patience: number of samples in succession whose searches must fail to end the stage."""
        self._least, self._patience = min_iterations, patience
        self._iterations = self._failed = 0
        self._history: list[float] = []

    def begin(self, full: float) -> None:
        """The misfit of all shots with which the stage begins."""
        self._history.append(full)

    def restart(self) -> None:
        """See StageClock.restart."""
        self._history.clear()

    def reason_to_end(self, full: float | None, accepted: bool, plan: StagePlan, why_failed: str) -> str:
        """Why the stage ends after an iteration, or "" if it goes on.

        full: the misfit of all shots after it, None if that has not been computed. The stage ends when this
        has changed by PRO at most over two computations, but not before MIN_ITER iterations, or when too
        many searches in succession have failed.
        """
        self._iterations += 1
        self._failed = 0 if accepted else self._failed + 1
        if self._failed >= self._patience:
            return f"no step lowers the misfit of any of the last {self._failed} samples ({why_failed})"
        if full is None or not math.isfinite(full):
            return ""
        self._history.append(full)
        if len(self._history) < 3 or self._iterations <= self._least:
            return ""
        return _too_little(self._history, plan, "the misfit of all shots", "its last two computations")


class StageClock:
    """Decides after every iteration whether a stage has come to its end, and says why."""

    def __init__(self, min_iterations: int) -> None:
        self._least, self._iterations = min_iterations, 0
        self._history: list[float] = []

    def restart(self) -> None:
        """Misfits from now on are not to be compared with those so far."""
        self._history.clear()

    def reason_to_end(self, misfit: float, accepted: bool, plan: StagePlan, why_failed: str) -> str:
        """Why the stage ends after an iteration with this misfit, or "" if it goes on.

        It ends when the misfit has fallen by less than PRO over two iterations, or when the search failed,
        but not before MIN_ITER iterations unless no step could be found.
        """
        self._iterations += 1
        self._history.append(misfit)
        if not accepted:
            return f"no step lowers the misfit any more ({why_failed})"
        if self._iterations <= self._least or len(self._history) < 3:
            return ""
        return _too_little(self._history, plan, "the misfit", "two iterations")


def _too_little(history: Sequence[float], plan: StagePlan, what: str, over: str) -> str:
    """Words for a relative change over the last three misfits that is not more than PRO, else ""."""
    before, last = history[-3], history[-1]
    change = abs(before - last) / abs(before) if before else 0.0
    if not change <= plan.min_improvement:  # also where a misfit is not finite
        return ""
    return (
        f"{what} changed by {100 * change:.3g} % over {over}, "
        f"PRO asks for more than {100 * plan.min_improvement:.3g} %"
    )
