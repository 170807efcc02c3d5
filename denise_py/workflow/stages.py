"""Stages of an inversion: which parameters, which frequencies, when to go on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from denise_py.errors import ParameterError
from denise_py.parameters.finding import wave_parameters
from denise_py.parameters.settings import Settings
from denise_py.parameters.workflow_file import Stage as WorkflowLine
from denise_py.traces.filters import BandFilter


@dataclass(frozen=True)
class StagePlan:
    """One stage. number from 1; low_pass in Hz or None; slots: forced parameters, or None to follow the
    INV_*_ITER keys; precondition and epsilon: EPRECOND and EPSILON_WE of the stage; settings: those of the run
    with whatever the stage changes in them (misfit, window, filter, source wavelet, smoothing and so on)."""

    number: int
    low_pass: float | None
    slots: tuple[str, ...] | None
    min_improvement: float
    precondition: int
    epsilon: float
    settings: Settings | None = field(default=None, compare=False)

    def band(self, settings: Settings) -> BandFilter | None:
        """Filter of data and wavelets in this stage."""
        f = settings.filter
        if self.low_pass is None:
            return None
        return BandFilter(self.low_pass, f.high_pass, f.order, f.zero_phase)

    def describe(self) -> str:
        """One line for the log."""
        band = "all frequencies" if self.low_pass is None else f"low-pass {self.low_pass:g} Hz"
        slots = "parameters by iteration" if self.slots is None else "inverting " + ", ".join(self.slots)
        return f"stage {self.number}: {band}, {slots}, stops below {self.min_improvement:g} relative change"


def plan_stages(settings: Settings, workflow: Sequence[WorkflowLine] = ()) -> tuple[StagePlan, ...]:
    """The stages of a run: the lines of the workflow file, or the corners of TIME_FILT = 1, or one."""
    first = StagePlan(
        1,
        None,
        None,
        settings.inversion.min_improvement,
        settings.precondition.kind,
        settings.precondition.epsilon,
        settings,
    )
    if workflow:
        return tuple(_from_workflow(settings, workflow, first))
    if settings.filter.kind == 0:
        return (first,)
    return tuple(
        replace(first, number=number, low_pass=corner)
        for number, corner in enumerate(_corners(settings), start=1)
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


def _from_workflow(
    settings: Settings, workflow: Sequence[WorkflowLine], default: StagePlan
) -> Iterator[StagePlan]:
    active = {"vp": True, "vs": True, "rho": True}
    for number, line in enumerate(workflow, start=1):
        active = _switch(active, line)
        if not any(active.values()):
            raise ParameterError(
                f"FILE_WORKFLOW = {settings.inversion.workflow_file}, stage {number}: no parameter is "
                "inverted: set VS, VP or RHO to 1 (-1 takes over what the stage before did)"
            )
        filtered = settings.filter.kind == 1 and line.filter_kind == 1
        yield replace(
            default,
            number=number,
            low_pass=line.low_pass if filtered else None,
            slots=tuple(name for name, on in active.items() if on),
            min_improvement=line.min_improvement,
            precondition=line.precondition,
            epsilon=line.epsilon,
        )


def _switch(active: dict[str, bool], line: WorkflowLine) -> dict[str, bool]:
    """Flag 1 switches a parameter on, 0 off, -1 leaves it as it is."""
    flags = {"vp": line.vp, "vs": line.vs, "rho": line.rho}
    return {name: on if flags[name] == -1 else flags[name] == 1 for name, on in active.items()}


def active_slots(plan: StagePlan, settings: Settings, iteration: int) -> tuple[str, ...]:
    """The parameters that move in an iteration: those of the stage, or those whose INV_*_ITER has come."""
    if plan.slots is not None:
        return tuple(name for name in plan.slots if name in _begins(settings))
    return tuple(name for name, begin in _begins(settings).items() if iteration >= begin)


def first_iteration(plan: StagePlan, settings: Settings) -> int:
    """Number of the first iteration in which a parameter moves, counted from 1."""
    return 1 if plan.slots is not None else max(1, min(_begins(settings).values()))


def _begins(settings: Settings) -> dict[str, int]:
    """First iteration of every parameter that the waves depend on."""
    chosen = settings.inversion
    first = {"vp": chosen.vp_from, "vs": chosen.vs_from, "rho": chosen.rho_from}
    return {name: first[name] for name in wave_parameters(settings)}


class StageClock:
    """Decides after every iteration whether a stage has come to its end, and says why."""

    def __init__(self, min_iterations: int) -> None:
        self._least = min_iterations
        self._history: list[float] = []

    def reason_to_end(self, misfit: float, accepted: bool, plan: StagePlan, why_failed: str) -> str:
        """Why the stage ends after an iteration with this misfit, or "" if it goes on.

        It ends when the misfit has fallen by less than PRO over two iterations, or when the search failed,
        but not before MIN_ITER iterations unless no step could be found.
        """
        self._history.append(misfit)
        if not accepted:
            return f"no step lowers the misfit any more ({why_failed})"
        if len(self._history) <= max(self._least, 2):
            return ""
        before = self._history[-3]
        change = abs(before - misfit) / abs(before) if before else 0.0
        if change <= plan.min_improvement:
            return (
                f"the misfit changed by {100 * change:.3g} % over two iterations, "
                f"PRO asks for more than {100 * plan.min_improvement:.3g} %"
            )
        return ""
