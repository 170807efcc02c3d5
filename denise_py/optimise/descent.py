"""One iteration at a time: direction, line search along the projected path, bookkeeping.

Minimiser joins a direction method (conjugate gradients, L-BFGS or Gauss-Newton) with a search (parabola or
strong Wolfe), or takes the steps of Adam without one, and keeps what one iteration hands to the next: the
point, the gradient there if it is known, the memory of the direction method. The caller runs step() as often
as it likes, may change the problem in between and can store everything with state().

All decisions rest on the values of the objective, on dot and on largest; with versions of these that agree on
all processes, vectors may be spread over processes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

import numpy as np

from denise_py.optimise.adam import Adam
from denise_py.optimise.constraints import Constraint, ProjectedPath, Unconstrained
from denise_py.optimise.gauss_newton import GaussNewton
from denise_py.optimise.lbfgs import LimitedMemory
from denise_py.optimise.line_search import (
    ParabolicResult,
    Stride,
    WolfeResult,
    fixed_step_search,
    parabolic_search,
    stride,
    strong_wolfe,
    verified,
)
from denise_py.optimise.pcg import ConjugateGradient
from denise_py.optimise.vectors import (
    Dot,
    Largest,
    Mask,
    Precondition,
    State,
    Vector,
    identity,
    is_descent,
    largest_magnitude,
    pack_text,
    restrict,
    unpack_text,
)

TANGENT_CHANGE = 1e-7
"""Relative change of the point with which tangents of the projected path are taken."""

MOST_RETREATS = 10
"""How often a step without a search is halved when the misfit at its end turns out not to be finite."""

Search = ParabolicResult | WolfeResult | Stride
Method = ConjugateGradient | LimitedMemory | GaussNewton | Adam


class Objective(Protocol):
    """The function to minimise. A point that cannot be evaluated has an infinite misfit.

    Points must not be modified.
    """

    def misfit(self, p: Vector) -> float:
        """f(p)."""
        ...

    def misfit_and_gradient(self, p: Vector) -> tuple[float, Vector]:
        """f(p) and df/dp (n,); the gradient is not looked at where f is not finite."""
        ...


@dataclass(frozen=True)
class Problem:
    """What is minimised, within which limits, and how the gradient is preconditioned.

    trial_misfit: a cheaper stand-in for the misfit in the parabolic search (a part of the data, say). It is
    also asked for its value at the current point, straight after the gradient there.
    reshape: changes a direction before it is searched, not necessarily in a linear way (a median, say); what
    does not point downhill any more is not used.
    product: (p, v) -> product of the Gauss-Newton matrix at p with v, for the method "gauss-newton"; asked
    for at the current point only.
    possible: whether a point can be evaluated at all; asked by "adam", which does not look at misfits.
    """

    objective: Objective
    constraint: Constraint = field(default_factory=Unconstrained)
    precondition: Precondition = identity
    trial_misfit: Callable[[Vector], float] | None = None
    reshape: Callable[[Vector], Vector] | None = None
    product: Callable[[Vector, Vector], Vector] | None = None
    possible: Callable[[Vector], bool] | None = None


@dataclass(frozen=True)
class Options:
    """How to minimise. "Change" is the largest relative change of the model, largest(alpha d)."""

    method: Literal["pcg", "lbfgs", "gauss-newton", "adam"] = "lbfgs"
    search: Literal["parabolic", "wolfe"] = "wolfe"  # of no meaning for adam
    history: int = 5  # pairs of L-BFGS
    max_products: int = 10  # with the Gauss-Newton matrix per iteration
    formula: str = "PR"  # beta of conjugate gradients: PR, FR, HS, DY
    first_step: float = 0.01  # change tried first where the direction has no length of its own
    max_change: float = math.inf  # change that no trial may exceed
    step_divisor: float = 2.0  # parabolic_search
    max_trials: int = 6  # parabolic_search
    verify: bool = True  # try the minimum of the parabola before the step is taken
    fixed_steps: tuple[float, float, float] = (0.1, 0.5, 1.0)  # parabolic search along an L-BFGS direction
    c1: float = 1e-4
    c2: float = 0.9
    wolfe_trials: int = 10
    reuse_step: bool = False  # L-BFGS with Wolfe: begin with the last accepted step instead of 1
    rate: float = 0.01  # of adam: largest change in one step
    moments: tuple[float, float] = (0.9, 0.999)  # b1, b2 of adam
    smallest: float = 1e-8  # eps of adam
    halve: int = 0  # steps after which the rate of adam is halved

    def __post_init__(self) -> None:
        if self.method not in ("pcg", "lbfgs", "gauss-newton", "adam") or self.search not in (
            "parabolic",
            "wolfe",
        ):
            raise ValueError(f"unknown method '{self.method}' or search '{self.search}'")
        if not (self.first_step > 0.0 and self.max_change > 0.0):
            raise ValueError(f"first_step = {self.first_step} and max_change = {self.max_change} must be > 0")


@dataclass(frozen=True)
class IterationReport:
    """What one call of step() did."""

    iteration: int  # counted from 1
    accepted: bool
    step: float  # alpha; 0 if not accepted
    misfit_before: float
    misfit_after: float | None  # None: not known before the next gradient (trial_misfit was used)
    gradient_norm: float  # of the components the limits leave free, before the step
    slope: float  # along the projected path at alpha = 0
    max_change: float  # largest relative change of the point
    n_misfits: int  # evaluations of a misfit alone since the last report
    n_gradients: int  # evaluations of misfit and gradient since the last report
    n_active: int  # components held by a limit, of this process
    search: Search | None  # without payload; steps of parabolic_search are changes
    restart_reason: str  # why the direction is steepest descent, "" if it is not
    curvature_skip: str  # why the newest L-BFGS pair was not taken, "" if it was
    reasons: tuple[str, ...]  # everything worth a line in the log, in order
    n_products: int = 0  # with the Gauss-Newton matrix since the last report


@dataclass(frozen=True)
class _Outcome:
    """A direction and the search along it; no result if the direction leads nowhere."""

    path: ProjectedPath
    slope: float
    restart_reason: str
    result: Search | None = None
    alpha: float = 0.0

    @property
    def success(self) -> bool:
        return self.result is not None and self.result.success


class Minimiser:
    """Minimises problem.objective from the point p (n,), see the module.

    dot is the inner product, largest(v) the size of a change v of the point (homogeneous in v, in units in
    which first_step is given; by default max |v_i|).
    """

    def __init__(
        self,
        p: Vector,
        problem: Problem,
        options: Options,
        *,
        dot: Dot = np.vdot,
        largest: Largest = largest_magnitude,
    ):
        self._dot, self._largest = dot, largest
        self._problem, self._options = problem, options
        self._p = self._feasible(p)
        self._memory = self._direction_method()
        self._misfit: float | None = None
        self._gradient: Vector | None = None
        self._direction: Vector | None = None
        self._left: tuple[Vector, Vector, float] | None = None  # point, gradient, misfit before the last step
        self._retreat: Vector | None = None  # the point before a step that was not searched
        self._last_alpha = self._last_slope = math.nan
        self._n_misfits = self._n_gradients = self._n_products = self._iteration = 0
        self._notes: list[str] = []
        self._curvature_skip = ""

    @property
    def p(self) -> Vector:
        """The current point (n,), read-only."""
        return _read_only(self._p)

    @property
    def direction(self) -> Vector | None:
        """The direction (n,) of the last search, read-only; None before the first one."""
        return None if self._direction is None else _read_only(self._direction)

    @property
    def iteration(self) -> int:
        """Number of calls of step() so far."""
        return self._iteration

    def restart(self, reason: str) -> None:
        """Forgets the memory of the direction method; point, misfit and gradient stay."""
        self._memory.reset(reason)
        self._left = self._retreat = None
        self._last_alpha = self._last_slope = math.nan

    def reset(self, reason: str, *, problem: Problem | None = None, p: Vector | None = None) -> None:
        """Another problem or point (of any size): restarts and evaluates misfit and gradient anew."""
        self.restart(reason)
        self._problem = problem or self._problem
        self._p = self._feasible(self._p if p is None else p)
        self._misfit = self._gradient = self._direction = None

    def move(self, p: Vector) -> float:
        """Goes on from another point of the same problem, near the current one (the model was filtered, say);
        returns the largest relative change.

        Misfit and gradient are evaluated anew. The memory stays: its pairs are differences of true gradients,
        and directions are tested for descent anyway.
        """
        before, self._p = self._p, self._feasible(p)
        if np.array_equal(before, self._p):
            return 0.0
        self._misfit = self._gradient = self._retreat = None
        return self._largest(self._p - before)

    def go_back_to(self, p: Vector, reason: str) -> None:
        """Goes on from an earlier point with an empty memory; Adam with half its rate."""
        self.move(p)
        self.restart(reason)
        if isinstance(self._memory, Adam):
            self._memory.slow_down()

    def change_objective(self, switch: Callable[[], None], why: str = "another sample of the data") -> None:
        """Goes on with another sample of one objective (a batch of the data, say) after calling switch.

        The pairs of L-BFGS stay: each is a difference of gradients of one and the same sample, for which the
        last one is evaluated at the current point too if that has not been done yet. Conjugate gradients
        begin anew, whose conjugacy is that of one function; Adam keeps its moments.
        """
        if self._left is not None and isinstance(self._memory, LimitedMemory):
            self.misfit_and_gradient()
        if isinstance(self._memory, ConjugateGradient):
            self._memory.reset(why)
        self._left = None
        self._misfit = self._gradient = None
        switch()

    def misfit_and_gradient(self) -> tuple[float, Vector]:
        """Misfit and gradient (n,), read-only, at the current point, evaluated if they are not known yet."""
        if self._gradient is None:
            self._misfit, self._gradient = self._evaluate(self._p)
            if self._retreat is not None and not math.isfinite(self._misfit):
                self._go_back()
            self._retreat = None
            self._learn()
        return self._misfit, _read_only(self._gradient)

    def gradient_norm(self) -> float:
        """Euclidean norm of the gradient without the components that a limit holds."""
        _, gradient = self.misfit_and_gradient()
        free_gradient = np.where(self._free(), gradient, 0.0)
        return math.sqrt(self._dot(free_gradient, free_gradient))

    def step(self) -> IterationReport:
        """One iteration. The point moves only to a lower misfit; if it does not, the report says why. Adam
        moves without asking.

        A search that fails along any direction but steepest descent is repeated along steepest descent.
        """
        self._iteration += 1
        before, norm = self.misfit_and_gradient()[0], self.gradient_norm()
        outcome = None
        if not (math.isfinite(before) and math.isfinite(norm)):
            self._notes.append("misfit or gradient at the current point is not finite")
        elif norm == 0.0:
            self._notes.append("the gradient is zero wherever the limits leave freedom")
        else:
            outcome = self._attempt()
            if not outcome.success and not outcome.restart_reason:
                self.restart("the search along the last direction failed")
                outcome = self._attempt()
        n_active = int(np.count_nonzero(~self._free()))
        change = self._accept(outcome) if outcome and outcome.success else 0.0
        return self._report(before, norm, n_active, outcome, change)

    # ------------------------------------------------------------------ parts of an iteration

    def _direction_method(self) -> Method:
        options = self._options
        if options.method == "adam":
            return Adam(options.rate, *options.moments, options.smallest, options.halve)
        if options.method == "pcg":
            return ConjugateGradient(self._dot, options.formula)
        if options.method == "lbfgs":
            return LimitedMemory(options.history, self._dot)
        if self._problem.product is None:
            raise ValueError("the method 'gauss-newton' needs a problem with a product")
        return GaussNewton(self._product, options.max_products, self._dot)

    def _product(self, v: Vector) -> Vector:
        self._n_products += 1
        return np.array(self._problem.product(self._p, v), dtype=np.float64)

    def _attempt(self) -> _Outcome:
        if isinstance(self._memory, Adam):
            return self._stride(self._memory)
        direction = self._memory.direction(self._gradient, self._problem.precondition, self._free())
        reason = self._memory.restart_reason
        if reason:
            self._notes.append(f"steepest descent: {reason}")
        elif isinstance(self._memory, GaussNewton):
            inner = self._memory.inner
            self._notes.append(
                f"Gauss-Newton: {inner.products} products, residual {inner.residual:.2g}: {inner.reason}"
            )
        self._direction = direction = self._reshaped(direction)
        size = self._largest(direction)
        path = ProjectedPath(self._p, direction, self._problem.constraint, TANGENT_CHANGE / (size or 1.0))
        slope = self._dot(self._gradient, path.tangent(0.0))
        if not (size > 0.0 and slope < 0.0):
            self._notes.append(
                f"the misfit does not fall along the direction (slope {slope:.3e} within limits)"
            )
            return _Outcome(path, slope, reason)
        search = self._wolfe if self._options.search == "wolfe" else self._parabola
        result, alpha = search(path, slope, size)
        self._notes.append(f"line search: {result.reason or 'both Wolfe conditions hold'}")
        return _Outcome(path, slope, reason, result, alpha)

    def _stride(self, memory: Adam) -> _Outcome:
        """A step of Adam: limits project it, whether it points downhill is not asked."""
        direction = memory.direction(self._gradient, self._problem.precondition)
        if self._problem.reshape is not None:
            direction = self._problem.reshape(direction)
        self._direction, size = direction, self._largest(direction)
        path = ProjectedPath(self._p, direction, self._problem.constraint, TANGENT_CHANGE / (size or 1.0))
        slope = self._dot(self._gradient, path.tangent(0.0))
        if not (size > 0.0 and math.isfinite(size)):
            self._notes.append(f"Adam: a direction of size {size:.3g} leads nowhere")
            return _Outcome(path, slope, "")
        possible = self._problem.possible or (lambda p: True)
        rate = min(memory.rate, self._options.max_change / size)
        result = stride(lambda alpha: possible(path.point(alpha)), rate)
        self._notes.append(f"Adam: rate {memory.rate:.3e}, step {result.reason}")
        return _Outcome(path, slope, "", result, result.step)

    def _go_back(self) -> None:
        """Halves the last step, which led to where nothing can be evaluated, until that is possible."""
        back = self._retreat
        for count in range(1, MOST_RETREATS + 1):
            self._p = self._feasible(0.5 * (self._p + back))
            self._misfit, self._gradient = self._evaluate(self._p)
            if math.isfinite(self._misfit):
                self._notes.append(f"the last step was halved {count} times: its end cannot be simulated")
                return

    def _reshaped(self, direction: Vector) -> Vector:
        """The direction that is searched: problem.reshape of it, if that still points downhill."""
        if self._problem.reshape is None:
            return direction
        free = self._free()
        reshaped = restrict(self._problem.reshape(direction), free)
        if not is_descent(restrict(self._gradient, free), reshaped, self._dot):
            self._notes.append("the filtered direction does not point downhill, it is used without filter")
            return direction
        if isinstance(self._memory, ConjugateGradient):
            self._memory.searched(reshaped)
        return reshaped

    def _wolfe(self, path: ProjectedPath, slope: float, size: float) -> tuple[WolfeResult, float]:
        def evaluate(alpha: float) -> tuple[float, float, tuple[Vector, Vector] | None]:
            point = path.point(alpha)
            misfit, gradient = self._evaluate(point)
            if not math.isfinite(misfit):
                return math.inf, math.nan, None
            return misfit, self._dot(gradient, path.tangent(alpha)), (point, gradient)

        options, longest = self._options, self._options.max_change / size
        first = min(self._first_alpha(slope, size), longest)
        result = strong_wolfe(
            evaluate, self._misfit, slope, first, options.c1, options.c2, options.wolfe_trials, longest
        )
        return result, result.step

    def _first_alpha(self, slope: float, size: float) -> float:
        """The natural step, or that of the same first-order decrease as before (Nocedal & Wright, section
        3.5), or first_step."""
        options = self._options
        if self._memory.natural_step:
            if self._memory.restart_reason:
                return options.first_step / size
            return self._last_alpha if options.reuse_step and not math.isnan(self._last_alpha) else 1.0
        alpha = self._last_alpha * self._last_slope / slope
        return alpha if 0.0 < alpha < math.inf else options.first_step / size

    def _parabola(self, path: ProjectedPath, slope: float, size: float) -> tuple[ParabolicResult, float]:
        """Steps are relative changes, except along an L-BFGS direction, which has a length of its own."""
        options, trial_misfit = self._options, self._trial_misfit()
        natural = self._memory.natural_step and not self._memory.restart_reason
        unit = 1.0 if natural else 1.0 / size

        def misfit(step: float) -> float:
            if step * unit * size > options.max_change * (1.0 + 1e-12):
                return math.inf
            return trial_misfit(path.point(step * unit))

        f0 = self._misfit if self._problem.trial_misfit is None else trial_misfit(self._p)
        longest = options.max_change / (unit * size)
        if natural:
            shortening = min(1.0, longest / options.fixed_steps[-1])
            result = fixed_step_search(misfit, f0, [step * shortening for step in options.fixed_steps])
        else:
            first = min(options.first_step, longest)
            result = parabolic_search(misfit, f0, first, options.step_divisor, options.max_trials)
        if options.verify:
            result = verified(result, misfit)
        return result, result.step * unit

    def _trial_misfit(self) -> Callable[[Vector], float]:
        function = self._problem.trial_misfit or self._problem.objective.misfit

        def counted(p: Vector) -> float:
            self._n_misfits += 1
            return float(function(p))

        return counted

    def _accept(self, outcome: _Outcome) -> float:
        """Moves to the accepted trial; returns the largest relative change."""
        result, old_point = outcome.result, self._p
        if isinstance(result, Stride):
            self._retreat = old_point
        else:
            self._left = (old_point, self._gradient, self._misfit)
        if isinstance(result, WolfeResult):
            self._p, self._gradient = result.payload
            self._misfit = result.misfit
            self._learn()
        else:
            self._p = outcome.path.point(outcome.alpha)
            self._misfit = self._gradient = None
        has_no_scale = self._memory.natural_step and outcome.restart_reason
        self._last_alpha = math.nan if has_no_scale else outcome.alpha
        self._last_slope = outcome.slope
        return self._largest(self._p - old_point)

    def _learn(self) -> None:
        """Uses the gradient that has become known at the current point."""
        if self._left is None:
            return
        point, gradient, misfit = self._left
        self._left = None
        if self._misfit > misfit:
            self._notes.append(
                f"the misfit rose from {misfit:.6e} to {self._misfit:.6e} in the last step, "
                "although the trial misfit fell"
            )
        if isinstance(self._memory, LimitedMemory) and not self._memory.update(
            self._p - point, self._gradient - gradient
        ):
            self._curvature_skip = self._memory.last_skip
            self._notes.append(f"L-BFGS: {self._curvature_skip}")

    def _evaluate(self, p: Vector) -> tuple[float, Vector]:
        self._n_gradients += 1
        misfit, gradient = self._problem.objective.misfit_and_gradient(p)
        if not math.isfinite(misfit):
            return math.inf, np.full(p.shape, math.nan)
        return float(misfit), np.array(gradient, dtype=np.float64)

    def _free(self) -> Mask:
        return ~self._problem.constraint.active_mask(self._p, self._gradient)

    def _feasible(self, p: Vector) -> Vector:
        p = np.array(p, dtype=np.float64)
        if p.ndim != 1:
            raise ValueError(f"the point must be a vector, not an array of shape {p.shape}")
        return self._problem.constraint.project(p)

    def _report(
        self, before: float, norm: float, n_active: int, outcome: _Outcome | None, change: float
    ) -> IterationReport:
        accepted = outcome is not None and outcome.success
        report = IterationReport(
            iteration=self._iteration,
            accepted=accepted,
            step=outcome.alpha if accepted else 0.0,
            misfit_before=before,
            misfit_after=self._misfit_after(outcome) if accepted else before,
            gradient_norm=norm,
            slope=outcome.slope if outcome else 0.0,
            max_change=change,
            n_misfits=self._n_misfits,
            n_gradients=self._n_gradients,
            n_active=n_active,
            search=_without_payload(outcome.result) if outcome else None,
            restart_reason=outcome.restart_reason if outcome else "",
            curvature_skip=self._curvature_skip,
            reasons=tuple(self._notes),
            n_products=self._n_products,
        )
        self._n_misfits = self._n_gradients = self._n_products = 0
        self._notes, self._curvature_skip = [], ""
        return report

    def _misfit_after(self, outcome: _Outcome) -> float | None:
        result = outcome.result
        if isinstance(result, Stride):
            return None
        known = isinstance(result, WolfeResult) or (result.tested and self._problem.trial_misfit is None)
        return result.misfit if known else None

    # ------------------------------------------------------------------ checkpoints

    def state(self) -> State:
        """Everything the next iterations depend on besides problem and options, as named numeric arrays.

        A preconditioner that changes from iteration to iteration is the caller's to store.
        """
        state: State = {
            "method": pack_text(self._options.method),
            "p": self._p.copy(),
            "last": np.array([self._last_alpha, self._last_slope]),
            "counts": np.array([self._iteration, self._n_misfits, self._n_gradients, self._n_products]),
            "notes": pack_text("\n".join(self._notes)),
            "curvature_skip": pack_text(self._curvature_skip),
        }
        if self._gradient is not None:
            state |= {"misfit": np.array(self._misfit), "gradient": self._gradient.copy()}
        if self._retreat is not None:
            state["retreat"] = self._retreat.copy()
        if self._left is not None:
            names = ("left_p", "left_gradient", "left_misfit")
            state |= {name: np.array(value) for name, value in zip(names, self._left, strict=True)}
        return state | {f"memory_{name}": value for name, value in self._memory.state().items()}

    def restore(self, state: State) -> None:
        """Continues from what state() gave; ValueError if that was for another method."""
        method = unpack_text(state["method"])
        if method != self._options.method:
            raise ValueError(
                f"the stored state belongs to method '{method}', not to '{self._options.method}'"
            )
        self._p = np.array(state["p"])
        self._last_alpha, self._last_slope = (float(value) for value in state["last"])
        counts = (int(value) for value in state["counts"])
        self._iteration, self._n_misfits, self._n_gradients, self._n_products = counts
        self._notes = unpack_text(state["notes"]).splitlines()
        self._curvature_skip = unpack_text(state["curvature_skip"])
        known = "gradient" in state
        self._misfit = float(state["misfit"]) if known else None
        self._gradient = np.array(state["gradient"]) if known else None
        self._left = self._direction = None
        self._retreat = np.array(state["retreat"]) if "retreat" in state else None
        if "left_p" in state:
            point, gradient = np.array(state["left_p"]), np.array(state["left_gradient"])
            self._left = point, gradient, float(state["left_misfit"])
        prefix = "memory_"
        self._memory.restore({k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)})


def _read_only(vector: Vector) -> Vector:
    view = vector.view()
    view.flags.writeable = False
    return view


def _without_payload(result: Search | None) -> Search | None:
    return replace(result, payload=None) if isinstance(result, WolfeResult) else result


def minimise(
    minimiser: Minimiser, max_iterations: int, gradient_tolerance: float = 0.0
) -> tuple[IterationReport, ...]:
    """Calls step() until gradient_norm() <= gradient_tolerance, a step is not accepted, or max_iterations."""
    reports: list[IterationReport] = []
    while len(reports) < max_iterations and not minimiser.gradient_norm() <= gradient_tolerance:
        reports.append(minimiser.step())
        if not reports[-1].accepted:
            break
    return tuple(reports)
