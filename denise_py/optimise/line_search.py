"""One-dimensional searches for the step alpha along a descent direction.

parabolic_search and fixed_step_search need values only; strong_wolfe needs values and slopes and finds a step
with sufficient decrease and a flattened slope,

    f(a) <= f(0) + c1 a f'(0),    |f'(a)| <= c2 |f'(0)|,    0 < c1 < c2 < 1

(Nocedal & Wright, Numerical Optimization (2006), eq. 3.7, algorithms 3.5 and 3.6). A value that is not finite
stands for a trial that failed and counts as too high. No search returns a step whose tested value is not
below f(0).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

Misfit = Callable[[float], float]
Point = tuple[float, float]


def _too_high_if_not_finite(value: float) -> float:
    value = float(value)
    return value if math.isfinite(value) else math.inf


# ------------------------------------------------------------------------------------------ values only


@dataclass(frozen=True)
class ParabolicResult:
    """Outcome of a search with values only; step is 0 and success False if no trial lowered the misfit."""

    step: float
    misfit: float  # at step: tested, or the value of the parabola if not tested
    tested: bool  # False: step is the minimum of the parabola and nobody has looked there yet
    steps: tuple[
        float, float, float
    ]  # e1, e2, e3 for the log (e1 = 0, or the three fixed steps), nan if not tried
    misfits: tuple[float, float, float]  # f1, f2, f3 that belong to them
    trials: tuple[Point, ...]  # all (step, misfit) in the order of testing
    success: bool
    reason: str

    @property
    def best_trial(self) -> Point:
        """The tested (step, misfit) with the lowest misfit."""
        return min(self.trials, key=lambda trial: trial[1])


class _Trials:
    """Evaluates and remembers."""

    def __init__(self, misfit: Misfit):
        self._misfit = misfit
        self.done: list[Point] = []

    def run(self, step: float) -> Point:
        point = (step, _too_high_if_not_finite(self._misfit(step)))
        self.done.append(point)
        return point

    def best(self) -> Point:
        return min(self.done, key=lambda trial: trial[1])


def parabola_minimum(start: Point, middle: Point, end: Point) -> Point | None:
    """(step, value) at the minimum of the parabola through three (step, value) with increasing steps.

    None if the parabola does not open upwards or a value is not finite.
    """
    (e1, f1), (e2, f2), (e3, f3) = start, middle, end
    if not (e1 < e2 < e3 and math.isfinite(f1) and math.isfinite(f2) and math.isfinite(f3)):
        return None
    slope12 = (f2 - f1) / (e2 - e1)
    slope13 = (f3 - f1) / (e3 - e1)
    curvature = (slope13 - slope12) / (e3 - e2)
    if not curvature > 0.0:
        return None
    slope = slope12 - curvature * (e2 - e1)
    offset = -slope / (2.0 * curvature)
    return e1 + offset, f1 + (slope + curvature * offset) * offset


def parabolic_search(
    misfit: Misfit, f0: float, first_step: float, step_divisor: float, max_trials: int
) -> ParabolicResult:
    """Brackets a minimum from (0, f0), fits a parabola and returns its minimum or a better tested point.

    Shortens first_step by step_divisor until the misfit is below f0 (e2, f2), then lengthens that step by its
    step_divisor-th part until the misfit is above f2 again (e3, f3); each of the two parts makes at most
    max_trials + 1 trials, as DENISE does. A step beyond e3 is cut to e3. Check result.tested: the minimum of
    the parabola has not been tried (see verified).
    """
    if not (first_step > 0.0 and step_divisor > 1.0 and max_trials >= 0):
        raise ValueError(
            f"first_step = {first_step} > 0, step_divisor = {step_divisor} > 1 "
            f"and max_trials = {max_trials} >= 0 must hold"
        )
    trials, start = _Trials(misfit), (0.0, float(f0))
    lower = _shorten(trials, start, first_step, step_divisor, max_trials)
    if lower is None:
        n_trials, shortest = len(trials.done), trials.done[-1]
        reason = (
            f"none of {n_trials} trial steps from {first_step:.3e} to {shortest[0]:.3e} lowers the misfit"
        )
        return _no_step(trials, start, (start, shortest, (math.nan, math.nan)), reason)
    longer = _lengthen(trials, lower, step_divisor, max_trials)
    return _choose(trials, (start, lower, longer), (start, lower, longer))


def fixed_step_search(misfit: Misfit, f0: float, steps: Sequence[float] = (0.1, 0.5, 1.0)) -> ParabolicResult:
    """Tries three increasing steps; the minimum of the parabola around the best of them, or that one."""
    if len(steps) != 3 or not 0.0 < steps[0] < steps[1] < steps[2]:
        raise ValueError(f"three positive, increasing steps are needed, not {tuple(steps)}")
    trials, start = _Trials(misfit), (0.0, float(f0))
    for step in steps:
        trials.run(step)
    best = trials.best()
    if not best[1] < start[1]:
        reason = f"none of the steps {', '.join(f'{step:g}' for step in steps)} lowers the misfit"
        return _no_step(trials, start, trials.done, reason)
    points = [start, *trials.done]
    middle = min(points.index(best), 2)
    return _choose(trials, points[middle - 1 : middle + 2], trials.done)


def verified(result: ParabolicResult, misfit: Misfit) -> ParabolicResult:
    """Tries a step that was not tested yet; if the best trial turns out to be better, takes that one."""
    if not result.success or result.tested:
        return result
    value = _too_high_if_not_finite(misfit(result.step))
    best_step, best_value = result.best_trial
    trials = (*result.trials, (result.step, value))
    if value < best_value:
        return replace(result, misfit=value, tested=True, trials=trials)
    reason = f"misfit {value:.6e} at the minimum of the parabola is not below the best trial, which is taken"
    return replace(result, step=best_step, misfit=best_value, tested=True, trials=trials, reason=reason)


def _shorten(trials: _Trials, start: Point, step: float, divisor: float, max_trials: int) -> Point | None:
    for _ in range(max_trials + 1):
        point = trials.run(step)
        if point[1] < start[1]:
            return point
        step /= divisor
    return None


def _lengthen(trials: _Trials, lower: Point, divisor: float, max_trials: int) -> Point:
    """The first longer trial above lower, or the one before if that failed; otherwise the longest."""
    longest = lower
    for _ in range(max_trials + 1):
        step = longest[0]
        point = trials.run(step + step / divisor)
        if longest is lower or math.isfinite(point[1]):
            longest = point
        if point[1] > lower[1]:
            break
    return longest


def _choose(trials: _Trials, triple: Sequence[Point], logged: Sequence[Point]) -> ParabolicResult:
    """The parabola's minimum unless it is missing, out of range or beaten by a tested point."""
    best, longest = trials.best(), triple[2]
    vertex = parabola_minimum(*triple)
    if vertex is not None and vertex[0] < longest[0] and vertex[1] < best[1]:
        return _result(trials, vertex, False, logged, "minimum of the parabola")
    if not math.isfinite(longest[1]):
        reason = "the longest trial failed, best tested step taken"
    elif best == longest:
        reason = "the misfit still falls at the longest trial, which is taken"
    else:
        reason = "a tested step is better than the minimum of the parabola"
    return _result(trials, best, True, logged, reason)


def _result(
    trials: _Trials, point: Point, tested: bool, logged: Sequence[Point], reason: str
) -> ParabolicResult:
    steps, misfits = zip(*logged, strict=True)
    return ParabolicResult(*point, tested, steps, misfits, tuple(trials.done), True, reason)


def _no_step(trials: _Trials, start: Point, logged: Sequence[Point], reason: str) -> ParabolicResult:
    return replace(_result(trials, start, True, logged, reason), success=False)


# --------------------------------------------------------------------------------------- no search


@dataclass(frozen=True)
class Stride:
    """Outcome of `stride`; step is 0 and success False if not even the shortest step was possible."""

    step: float
    tried: tuple[float, ...]
    reason: str

    @property
    def success(self) -> bool:
        """Whether there is a step to take."""
        return self.step > 0.0


def stride(possible: Callable[[float], bool], step: float, max_trials: int = 10) -> Stride:
    """The step as it is, without looking at any misfit; halved until it is possible."""
    tried = tuple(step * 0.5**n for n in range(max_trials))
    for count, length in enumerate(tried, start=1):
        if possible(length):
            reason = f"shortened from {step:.3e} to {length:.3e}" if count > 1 else "taken without a search"
            return Stride(length, tried[:count], reason)
    return Stride(0.0, tried, f"none of {max_trials} steps from {step:.3e} to {tried[-1]:.3e} is possible")


# ---------------------------------------------------------------------------------- values and slopes


@dataclass(frozen=True)
class WolfeTrial:
    """One trial, with the left and right sides of both conditions."""

    step: float
    misfit: float  # inf if the trial failed
    slope: float  # nan if the trial failed
    misfit_limit: float  # f(0) + c1 step f'(0)
    slope_limit: float  # c2 |f'(0)|

    @property
    def decreases(self) -> bool:
        """Sufficient decrease."""
        return self.misfit <= self.misfit_limit

    @property
    def flat(self) -> bool:
        """The slope has flattened enough."""
        return abs(self.slope) <= self.slope_limit


@dataclass(frozen=True)
class WolfeResult:
    """Outcome of strong_wolfe; step 0, payload None and success False if no trial decreases it enough.

    satisfied: both conditions hold at step. Otherwise a step > 0 is the best trial that fulfils the first.
    """

    step: float
    misfit: float
    slope: float
    payload: Any
    trials: tuple[WolfeTrial, ...]
    satisfied: bool
    reason: str

    @property
    def success(self) -> bool:
        """Whether there is a step to take."""
        return self.step > 0.0


Evaluate = Callable[[float], tuple[float, float, Any]]

SHRINK_AFTER_FAILED_TRIAL = 0.2
"""Part of the interval that is kept when its far end has no finite value to interpolate with."""


class _OutOfTrials(Exception):
    """The allowed number of evaluations is used up."""


class _WolfeSearch:
    """Evaluates trials and keeps the payload of the best one that decreases enough, of no other."""

    def __init__(self, evaluate: Evaluate, f0: float, slope0: float, c1: float, c2: float, max_trials: int):
        self._evaluate = evaluate
        self._c1, self._max_trials = c1, max_trials
        self.start = WolfeTrial(0.0, float(f0), float(slope0), float(f0), c2 * abs(slope0))
        self.trials: list[WolfeTrial] = []
        self._best, self._payload = self.start, None

    def run(self, step: float) -> WolfeTrial:
        if len(self.trials) == self._max_trials:
            raise _OutOfTrials
        misfit, slope, payload = self._evaluate(step)
        if not (math.isfinite(misfit) and math.isfinite(slope)):
            misfit, slope = math.inf, math.nan
        limit = self.start.misfit + self._c1 * step * self.start.slope
        trial = replace(self.start, step=step, misfit=float(misfit), slope=float(slope), misfit_limit=limit)
        self.trials.append(trial)
        if trial.decreases and trial.misfit < self._best.misfit:
            self._best, self._payload = trial, payload
        return trial

    def bracket(self, step: float, max_step: float) -> str:
        """Lengthens the step until it is accepted or an interval holds an acceptable one; algorithm 3.5."""
        previous = self.start
        while True:
            trial = self.run(min(step, max_step))
            if not trial.decreases or trial.misfit >= previous.misfit:
                return self.zoom(previous, trial)
            if trial.flat:
                return ""
            if trial.slope >= 0.0:
                return self.zoom(trial, previous)
            if trial.step >= max_step:
                return f"the misfit still falls at the longest step allowed, {max_step:.3e}"
            previous, step = trial, _extrapolate(previous, trial)

    def zoom(self, low: WolfeTrial, high: WolfeTrial) -> str:
        """Narrows the interval down; low is the best trial so far and slopes towards high; algorithm 3.6."""
        widths = [math.inf, math.inf, abs(high.step - low.step)]
        while widths[-1] > 1e-10 * max(low.step, high.step):
            slow = widths[-1] > 0.66 * widths[-3]
            trial = self.run(_interpolate(low, high, bisect=slow))
            if not trial.decreases or trial.misfit >= low.misfit:
                high = trial
            elif trial.flat:
                return ""
            else:
                if trial.slope * (high.step - low.step) >= 0.0:
                    high = low
                low = trial
            widths.append(abs(high.step - low.step))
        return f"no step near {low.step:.3e} flattens the slope enough (kink or noise of the misfit)"

    def result(self, reason: str) -> WolfeResult:
        best, satisfied = self._best, not reason
        if not best.step > 0.0:
            reason = f"no trial decreases the misfit enough: {reason}"
        return WolfeResult(
            best.step, best.misfit, best.slope, self._payload, tuple(self.trials), satisfied, reason
        )


def strong_wolfe(
    evaluate: Evaluate,
    f0: float,
    slope0: float,
    first_step: float,
    c1: float = 1e-4,
    c2: float = 0.9,
    max_trials: int = 10,
    max_step: float = math.inf,
) -> WolfeResult:
    """A step that fulfils both Wolfe conditions, or the best one that decreases the misfit enough.

    evaluate(step) -> (misfit, slope, payload); a misfit that is not finite shortens the step. Only the
    payload of the trial that is returned survives. f0, slope0: value and slope at 0. Interpolation is
    cubic (eq. 3.59), kept away from the ends of the interval; an interval that two trials have not brought
    below 0.66 of its width is halved (More & Thuente, ACM Trans. Math. Software 20 (1994)).
    """
    if not (0.0 < c1 < c2 < 1.0 and first_step > 0.0 and max_step > 0.0 and max_trials >= 1):
        raise ValueError(
            f"0 < c1 = {c1} < c2 = {c2} < 1, first_step = {first_step} > 0, max_step = {max_step} > 0 "
            f"and max_trials = {max_trials} >= 1 must hold"
        )
    search = _WolfeSearch(evaluate, f0, slope0, c1, c2, max_trials)
    if not (slope0 < 0.0 and math.isfinite(slope0) and math.isfinite(f0)):
        return search.result(f"the misfit does not fall at the start (value {f0:.3e}, slope {slope0:.3e})")
    try:
        return search.result(search.bracket(first_step, max_step))
    except _OutOfTrials:
        return search.result(f"{max_trials} trials were not enough")


def _cubic_minimum(a: WolfeTrial, b: WolfeTrial) -> float:
    """Minimum of the cubic with the values and slopes of two trials (eq. 3.59), nan if it has none."""
    width = b.step - a.step
    d1 = a.slope + b.slope - 3.0 * (b.misfit - a.misfit) / width
    radicand = d1 * d1 - a.slope * b.slope
    if not radicand >= 0.0:
        return math.nan
    d2 = math.copysign(math.sqrt(radicand), width)
    denominator = b.slope - a.slope + 2.0 * d2
    return b.step - width * (b.slope + d2 - d1) / denominator if denominator != 0.0 else math.nan


def _interpolate(low: WolfeTrial, high: WolfeTrial, bisect: bool) -> float:
    """The next trial between low and high, at least a tenth of the interval away from both."""
    width = high.step - low.step
    if not math.isfinite(high.misfit):
        return low.step + SHRINK_AFTER_FAILED_TRIAL * width
    fraction = 0.5 if bisect else (_cubic_minimum(low, high) - low.step) / width
    return (
        low.step + min(max(fraction, 0.1), 0.9) * width if math.isfinite(fraction) else low.step + 0.5 * width
    )


def _extrapolate(previous: WolfeTrial, trial: WolfeTrial) -> float:
    """The next trial beyond the last one: 1.1 to 10 times the last increment from the previous one."""
    increment = trial.step - previous.step
    guess = _cubic_minimum(previous, trial)
    if not (math.isfinite(guess) and guess > trial.step):
        return previous.step + 10.0 * increment
    return previous.step + min(max(guess - previous.step, 1.1 * increment), 10.0 * increment)
