"""One iteration of Minimiser: counting, reuse, fallbacks, limits on steps, checkpoints, processes."""

from __future__ import annotations

import io
import math
import threading
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import scipy.optimize

from denise_py.optimise.constraints import BoxConstraints
from denise_py.optimise.descent import Minimiser, Options, Problem, minimise
from denise_py.optimise.line_search import ParabolicResult, WolfeResult

START = np.tile([-1.2, 1.0], 3)
COMBINATIONS = {
    "lbfgs wolfe": Options(),
    "lbfgs parabolic": Options(search="parabolic"),
    "pcg wolfe": Options(method="pcg", c2=0.1),
    "pcg parabolic": Options(method="pcg", search="parabolic"),
}


@pytest.fixture(params=COMBINATIONS)
def options(request):
    return COMBINATIONS[request.param]


@pytest.fixture
def bowl(function_objective):
    """f = |p|^2 / 2."""
    return function_objective(lambda p: 0.5 * float(p @ p), lambda p: p.copy())


def flaky(objective, fail_from, fail_to, value=math.inf):
    """Makes evaluations number fail_from ... fail_to - 1 (from 0) return value."""
    original, count = objective.value, iter(range(10**6))
    objective.value = lambda p: value if fail_from <= next(count) < fail_to else original(p)
    return objective


# ------------------------------------------------------------------------------------------ bookkeeping


def test_gradient_of_an_accepted_wolfe_trial_is_not_computed_again(rosenbrock):
    minimiser = Minimiser(START, Problem(rosenbrock), Options())
    first = minimiser.step()
    assert first.n_gradients == 1 + len(first.search.trials)
    for _ in range(5):
        report = minimiser.step()
        assert report.n_gradients == len(report.search.trials)
        assert report.n_misfits == 0
    points = {point.tobytes() for point in rosenbrock.gradient_points}
    assert len(points) == len(rosenbrock.gradient_points)


def test_parabola_needs_one_gradient_and_its_trials(rosenbrock):
    minimiser = Minimiser(START, Problem(rosenbrock), Options(method="pcg", search="parabolic"))
    for _ in range(5):
        before = len(rosenbrock.points)
        report = minimiser.step()
        assert report.n_gradients == 1
        assert report.n_misfits == len(report.search.trials) == len(rosenbrock.points) - before


def test_report_describes_the_step(rosenbrock, options):
    minimiser = Minimiser(START, Problem(rosenbrock), options)
    for number in range(1, 6):
        old = minimiser.p.copy()
        report = minimiser.step()
        assert (report.iteration, minimiser.iteration) == (number, number)
        assert report.accepted
        moved = minimiser.p - old
        assert report.max_change == np.abs(moved).max()
        np.testing.assert_allclose(moved, report.step * minimiser.direction, rtol=1e-9, atol=1e-14)
        assert report.misfit_before == scipy.optimize.rosen(old)
        assert report.misfit_after == scipy.optimize.rosen(minimiser.p)
        assert report.gradient_norm == pytest.approx(np.linalg.norm(scipy.optimize.rosen_der(old)))
        assert report.slope == pytest.approx(scipy.optimize.rosen_der(old) @ minimiser.direction)
        assert (report.restart_reason == "first direction") == (number == 1)
        assert report.reasons
        if isinstance(report.search, WolfeResult):
            assert report.search.payload is None


def test_point_and_gradient_are_read_only(rosenbrock):
    minimiser = Minimiser(START, Problem(rosenbrock), Options())
    minimiser.step()
    for vector in (minimiser.p, minimiser.direction, minimiser.misfit_and_gradient()[1]):
        with pytest.raises(ValueError, match="read-only"):
            vector[0] = 0.0


def test_gradient_buffer_of_the_objective_may_be_used_again(rosenbrock, function_objective):
    buffer = np.empty(6)

    def gradient(p):
        buffer[:] = scipy.optimize.rosen_der(p)
        return buffer

    reusing = function_objective(scipy.optimize.rosen, gradient)
    first, second = (Minimiser(START, Problem(objective), Options()) for objective in (rosenbrock, reusing))
    for _ in range(5):
        first.step()
        second.step()
    np.testing.assert_array_equal(first.p, second.p)


# -------------------------------------------------------------------------------------- length of trials


def test_first_trial_is_a_relative_change(rosenbrock, options):
    minimiser = Minimiser(START, Problem(rosenbrock), options)
    minimiser.step()
    evaluated = rosenbrock.points if options.search == "parabolic" else rosenbrock.gradient_points[1:]
    assert np.abs(evaluated[0] - START).max() == pytest.approx(options.first_step, rel=1e-12)


def test_relative_change_is_the_callers_measure(bowl):
    model = np.array([2000.0, 2500.0, 3000.0])
    minimiser = Minimiser(
        model, Problem(bowl), Options(first_step=0.02), largest=lambda v: float(np.abs(v / model).max())
    )
    report = minimiser.step()
    assert np.abs(bowl.gradient_points[1] / model - 1).max() == pytest.approx(0.02, rel=1e-9)
    assert report.max_change == pytest.approx(np.abs(minimiser.p / model - 1).max())


def test_lbfgs_begins_with_the_natural_step_or_the_last_one(rosenbrock):
    minimiser = Minimiser(START, Problem(rosenbrock), Options())
    minimiser.step()
    assert [minimiser.step().search.trials[0].step for _ in range(4)] == [1.0] * 4
    minimiser = Minimiser(START, Problem(rosenbrock), Options(reuse_step=True, c2=0.1))
    minimiser.step()
    reports = [minimiser.step() for _ in range(6)]
    assert reports[0].search.trials[0].step == 1.0  # a step along the gradient says nothing about it
    for last, report in pairwise(reports):
        assert report.search.trials[0].step == last.step
    assert any(report.step != 1.0 for report in reports[:-1])


def test_conjugate_gradients_begin_with_the_last_first_order_decrease(rosenbrock):
    minimiser = Minimiser(START, Problem(rosenbrock), Options(method="pcg", c2=0.1))
    last = minimiser.step()
    for _ in range(5):
        report = minimiser.step()
        assert report.search.trials[0].step * report.slope == pytest.approx(last.step * last.slope)
        last = report


@pytest.mark.parametrize("limit", [0.005, 0.03])
def test_no_point_is_evaluated_beyond_the_largest_change(rosenbrock, options, limit):
    minimiser = Minimiser(START, Problem(rosenbrock), replace(options, max_change=limit))
    for _ in range(6):
        rosenbrock.points.clear()
        rosenbrock.gradient_points.clear()
        old = minimiser.p.copy()
        assert minimiser.step().accepted
        for point in rosenbrock.points + rosenbrock.gradient_points:
            assert np.abs(point - old).max() <= limit * (1 + 1e-9)


def test_slopes_of_trials_count_only_what_the_projection_leaves_free(rosenbrock):
    upper = np.tile([-0.8, 2.0], 3)
    minimiser = Minimiser(START, Problem(rosenbrock, BoxConstraints(-2.0, upper)), Options(c2=0.5))
    held = 0
    for _ in range(8):
        old = minimiser.p.copy()
        for trial in minimiser.step().search.trials:
            line = old + trial.step * minimiser.direction
            point, free = np.minimum(line, upper), line < upper
            slope = scipy.optimize.rosen_der(point)[free] @ minimiser.direction[free]
            assert trial.slope == pytest.approx(slope, rel=1e-9)
            held += np.count_nonzero(~free & (minimiser.direction != 0.0))
    assert held > 0


# --------------------------------------------------------------------------------- failures and fallbacks


def test_failed_search_is_repeated_along_steepest_descent(function_objective, options):
    """Values go to infinity for exactly the trials of one search."""
    axes = np.array([1.0, 2.0, 3.0, 4.0])
    objective = function_objective(lambda p: float(p @ (axes * p)), lambda p: 2 * axes * p)
    options = replace(options, c2=0.01)  # steps exact enough not to restart conjugate gradients
    minimiser = Minimiser(np.full(4, 0.1), Problem(objective), options)
    assert minimiser.step().restart_reason == "first direction"
    assert minimiser.step().restart_reason == ""
    minimiser.misfit_and_gradient()
    if options.search == "wolfe":
        trials = options.wolfe_trials
    else:
        trials = 3 if options.method == "lbfgs" else options.max_trials + 1
    flaky(objective, 0, trials)
    old = minimiser.p.copy()
    report = minimiser.step()
    assert report.accepted
    assert report.restart_reason == "the search along the last direction failed"
    np.testing.assert_array_equal(minimiser.direction, -2 * axes * old)
    assert len([reason for reason in report.reasons if reason.startswith("line search:")]) == 2
    assert report.misfit_after < report.misfit_before


def test_failure_along_steepest_descent_is_reported_and_nothing_moves(rosenbrock, options):
    minimiser = Minimiser(START, Problem(rosenbrock), options)
    minimiser.step()
    misfit, _ = minimiser.misfit_and_gradient()
    old = minimiser.p.copy()
    flaky(rosenbrock, 0, 1000)
    report = minimiser.step()
    assert not report.accepted
    assert (report.step, report.max_change) == (0.0, 0.0)
    assert report.misfit_before == report.misfit_after == misfit
    np.testing.assert_array_equal(minimiser.p, old)
    assert any("steepest descent" in reason for reason in report.reasons)
    assert not report.search.success
    # the next call begins with the gradient that is known
    n_gradients = len(rosenbrock.gradient_points)
    report = minimiser.step()
    assert len(rosenbrock.gradient_points) - n_gradients == report.n_gradients
    assert report.n_gradients == (len(report.search.trials) if options.search == "wolfe" else 0)


def test_first_failure_is_not_repeated(rosenbrock, options):
    """The first direction is steepest descent already."""
    report = Minimiser(START, Problem(flaky(rosenbrock, 1, 1000)), options).step()
    assert not report.accepted
    assert len([reason for reason in report.reasons if reason.startswith("line search:")]) == 1


@pytest.mark.parametrize("bad", [math.inf, math.nan])
def test_start_that_cannot_be_evaluated(bowl, options, bad):
    report = Minimiser(np.ones(3), Problem(flaky(bowl, 0, 1, bad)), options).step()
    assert not report.accepted
    assert report.reasons == ("misfit or gradient at the current point is not finite",)


def test_gradient_with_a_nan(function_objective, options):
    objective = function_objective(lambda p: 1.0, lambda p: np.array([1.0, math.nan]))
    report = Minimiser(np.ones(2), Problem(objective), options).step()
    assert not report.accepted
    assert "not finite" in report.reasons[0]


def test_stationary_point(bowl, options):
    report = Minimiser(np.zeros(3), Problem(bowl), options).step()
    assert not report.accepted
    assert report.reasons == ("the gradient is zero wherever the limits leave freedom",)
    corner = Minimiser(np.full(3, 2.0), Problem(bowl, BoxConstraints(2.0, 3.0)), options)
    report = corner.step()
    assert (report.accepted, report.n_active, report.gradient_norm) == (False, 3, 0.0)
    assert minimise(corner, 5) == ()


def test_preconditioner_that_is_zero_ends_in_words(bowl, options):
    report = Minimiser(np.ones(3), Problem(bowl, precondition=np.zeros_like), options).step()
    assert not report.accepted
    assert "does not fall along the direction" in report.reasons[-1]
    assert (report.n_misfits, report.n_gradients) == (0, 1)


def test_misfit_with_rounding_noise_never_goes_uphill(function_objective, options):
    """Values in single precision: the iterations end with a reason, not with a rise."""
    objective = function_objective(
        lambda p: float(np.float32(10.0 + scipy.optimize.rosen(p))),
        lambda p: scipy.optimize.rosen_der(p).astype(np.float32),
    )
    minimiser = Minimiser(START, Problem(objective), options)
    reports = minimise(minimiser, 300)
    assert all(report.misfit_after < report.misfit_before for report in reports if report.accepted)
    assert not reports[-1].accepted
    assert reports[-1].reasons
    assert reports[-1].misfit_before < 10.0 + 0.1 * scipy.optimize.rosen(START)


def test_pair_with_negative_curvature_is_reported(function_objective):
    """f = cos p between 0 and pi: curvature -cos p is negative up to pi / 2."""
    objective = function_objective(lambda p: float(np.cos(p[0])), lambda p: -np.sin(p))
    options = Options(search="parabolic", first_step=0.1, max_trials=0)
    minimiser = Minimiser(np.array([0.2]), Problem(objective), options)
    first, second = minimiser.step(), minimiser.step()
    assert minimiser.p[0] < math.pi / 2
    assert first.curvature_skip == ""
    assert second.curvature_skip.startswith("curvature s.y = -")
    assert any(second.curvature_skip in reason for reason in second.reasons)
    assert second.restart_reason == "first direction"  # there is no pair yet


# ------------------------------------------------------------------------------------ trial misfit, stages


def test_stand_in_for_the_misfit_guides_the_parabola(function_objective):
    """Total misfit 3 |p - 1|^2, trial misfit only |p - 1|^2: same minimum, other values."""
    objective = function_objective(lambda p: 3 * float((p - 1) @ (p - 1)), lambda p: 6 * (p - 1))
    seen = []

    def part(p):
        seen.append(p.copy())
        return float((p - 1) @ (p - 1))

    problem = Problem(objective, trial_misfit=part)
    minimiser = Minimiser(np.zeros(2), problem, Options(method="pcg", search="parabolic", max_trials=20))
    report = minimiser.step()
    assert report.accepted
    np.testing.assert_array_equal(seen[0], np.zeros(2))  # its value at the current point comes first
    assert report.n_misfits == len(seen) == 1 + len(report.search.trials)
    assert report.search.misfits[0] == 2.0
    assert report.misfit_before == 6.0
    assert report.misfit_after is None
    assert not objective.points
    assert minimiser.misfit_and_gradient()[0] < 6.0


def test_rise_of_the_total_misfit_behind_the_stand_in_is_reported(function_objective):
    objective = function_objective(lambda p: float(abs(p[0])) + 1.0, lambda p: np.sign(p))
    problem = Problem(objective, trial_misfit=lambda p: float(p[0]))
    minimiser = Minimiser(np.array([0.1]), problem, Options(method="pcg", search="parabolic", max_trials=12))
    assert minimiser.step().accepted
    report = minimiser.step()
    assert any("misfit rose from 1.1" in reason for reason in report.reasons)


def test_parabola_is_checked_before_the_step(function_objective):
    """The parabola through (0, 1), (0.1, 0.5), (0.15, 0.8) points into a spike at 0.0841."""

    def value(p):
        change = abs(p[0] - 1.0)
        if 0.07 < change < 0.09:
            return 2.0
        return float(np.interp(change, [0.0, 0.1, 0.15], [1.0, 0.5, 0.8]))

    objective = function_objective(value, lambda p: np.array([5.0]))
    options = Options(method="pcg", search="parabolic", first_step=0.1)
    report = Minimiser(np.ones(1), Problem(objective), options).step()
    assert report.max_change == pytest.approx(0.1)
    assert report.misfit_after == pytest.approx(0.5)
    unchecked = Options(method="pcg", search="parabolic", first_step=0.1, verify=False)
    report = Minimiser(np.ones(1), Problem(objective), unchecked).step()
    assert report.max_change == pytest.approx(0.0841, abs=1e-4)
    assert not report.search.tested
    assert report.misfit_after is None


def test_restart_keeps_point_and_gradient(rosenbrock, options):
    minimiser = Minimiser(START, Problem(rosenbrock), options)
    for _ in range(3):
        minimiser.step()
    minimiser.misfit_and_gradient()
    p, n_gradients = minimiser.p.copy(), len(rosenbrock.gradient_points)
    minimiser.restart("density joins")
    np.testing.assert_array_equal(minimiser.p, p)
    minimiser.misfit_and_gradient()
    assert len(rosenbrock.gradient_points) == n_gradients
    report = minimiser.step()
    assert report.restart_reason == "density joins"
    assert "steepest descent: density joins" in report.reasons
    first_change = np.abs(
        (rosenbrock.gradient_points if options.search == "wolfe" else rosenbrock.points)[
            -len(report.search.trials)
        ]
        - p
    ).max()
    assert first_change == pytest.approx(options.first_step, rel=1e-9)


def test_reset_starts_a_new_stage(rosenbrock, bowl, options):
    minimiser = Minimiser(START, Problem(rosenbrock), options)
    for _ in range(3):
        minimiser.step()
    p = minimiser.p.copy()
    box = BoxConstraints(-1.0, 0.9)
    minimiser.reset("stage 2", problem=Problem(bowl, box))
    np.testing.assert_array_equal(minimiser.p, np.clip(p, -1.0, 0.9))
    report = minimiser.step()
    assert report.restart_reason == "stage 2"
    assert report.misfit_before == bowl.value(np.clip(p, -1.0, 0.9))
    fresh = Minimiser(np.clip(p, -1.0, 0.9), Problem(bowl, box), options)
    fresh.step()
    np.testing.assert_array_equal(minimiser.p, fresh.p)
    minimiser.reset("smoothed model", p=np.ones(4))
    np.testing.assert_array_equal(minimiser.p, np.full(4, 0.9))
    assert minimiser.step().restart_reason == "smoothed model"


def test_start_is_moved_into_the_limits_and_copied(bowl):
    start = np.array([5.0, -5.0])
    minimiser = Minimiser(start, Problem(bowl, BoxConstraints(-1.0, 2.0)), Options())
    np.testing.assert_array_equal(minimiser.p, [2.0, -1.0])
    start[:] = 9.0
    np.testing.assert_array_equal(minimiser.p, [2.0, -1.0])


def test_start_must_be_a_vector(bowl):
    with pytest.raises(ValueError, match=r"not an array of shape \(2, 2\)"):
        Minimiser(np.ones((2, 2)), Problem(bowl), Options())


@pytest.mark.parametrize(
    "wrong", [{"method": "newton"}, {"search": "golden"}, {"first_step": 0.0}, {"max_change": -1.0}]
)
def test_options_reject_nonsense(wrong):
    with pytest.raises(ValueError, match=str(next(iter(wrong.values())))):
        Options(**wrong)


# ---------------------------------------------------------------------------------- checkpoints, processes


@pytest.mark.parametrize("gradient_known", [False, True])
@pytest.mark.parametrize("iterations", [0, 1, 2, 7])
def test_restored_run_continues_bitwise(rosenbrock, options, iterations, gradient_known):
    """Through a file as a checkpoint would; reports included."""
    problem = Problem(rosenbrock, BoxConstraints(-1.5, np.array([0.9, 2, 2, 2, 2, 2])))
    minimiser = Minimiser(START, problem, options)
    for _ in range(iterations):
        minimiser.step()
    if gradient_known:
        minimiser.misfit_and_gradient()
    file = io.BytesIO()
    np.savez(file, **minimiser.state())
    file.seek(0)
    twin = Minimiser(np.zeros(6), problem, options)
    twin.step()
    twin.restore(dict(np.load(file)))
    np.testing.assert_array_equal(twin.p, minimiser.p)
    for _ in range(5):
        assert repr(twin.step()) == repr(minimiser.step())  # repr: nan equals nan
        np.testing.assert_array_equal(twin.p, minimiser.p)


def test_state_is_a_snapshot(rosenbrock, options):
    minimiser = Minimiser(START, Problem(rosenbrock), options)
    for _ in range(3):
        minimiser.step()
    state = minimiser.state()
    before = {name: value.copy() for name, value in state.items()}
    minimiser.step()
    for name, value in state.items():
        np.testing.assert_array_equal(value, before[name])
        assert value.dtype.kind in "fiu"


def test_state_of_another_method_is_refused(rosenbrock):
    state = Minimiser(START, Problem(rosenbrock), Options(method="pcg")).state()
    with pytest.raises(ValueError, match="belongs to method 'pcg', not to 'lbfgs'"):
        Minimiser(START, Problem(rosenbrock), Options()).restore(state)


class Team:
    """Two threads that play two processes with half of the vector each and sum in a fixed order."""

    def __init__(self):
        self.barrier = threading.Barrier(2, timeout=20)
        self.values = [0.0, 0.0]

    def combine(self, rank, value, how):
        self.values[rank] = value
        self.barrier.wait()
        result = how(self.values)
        self.barrier.wait()
        return result


def test_vectors_spread_over_processes_take_the_same_way(rosenbrock, options):
    n, box = 8, BoxConstraints(-2.0, np.tile([-0.8, 2.0, 2.0, 2.0], 2))
    start, team, results = np.tile([-1.2, 1.0], 4), Team(), {}

    class Half:
        def __init__(self, rank):
            self.rank = rank

        def whole(self, p):
            parts = team.combine(self.rank, p, list)
            return np.concatenate(parts)

        def misfit(self, p):
            return scipy.optimize.rosen(self.whole(p))

        def misfit_and_gradient(self, p):
            whole, half = self.whole(p), slice(self.rank * n // 2, (self.rank + 1) * n // 2)
            return scipy.optimize.rosen(whole), scipy.optimize.rosen_der(whole)[half]

    def run(rank):
        half = slice(rank * n // 2, (rank + 1) * n // 2)
        minimiser = Minimiser(
            start[half],
            Problem(Half(rank), BoxConstraints(-2.0, box.upper[half])),
            options,
            dot=lambda a, b: float(sum(team.combine(rank, float(a @ b), list))),
            largest=lambda v: max(team.combine(rank, float(np.abs(v).max()), list)),
        )
        reports = [minimiser.step() for _ in range(12)]
        results[rank] = minimiser.p, reports

    threads = [threading.Thread(target=run, args=(rank,)) for rank in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alone = Minimiser(start, Problem(rosenbrock, box), options)
    reports = [alone.step() for _ in range(12)]
    for mine, theirs in zip(results[0][1], results[1][1], strict=True):
        assert (mine.step, mine.misfit_before, mine.reasons) == (
            theirs.step,
            theirs.misfit_before,
            theirs.reasons,
        )
    for mine, serial in zip(results[0][1][:4], reports[:4], strict=True):
        # sums in another order: rounding 1e-16, magnified by a condition of some 1e3 per iteration
        assert mine.misfit_before == pytest.approx(serial.misfit_before, rel=1e-6)
        assert type(mine.search) is type(serial.search) in (ParabolicResult, WolfeResult)
    assert np.count_nonzero(alone.p == box.upper) > 0


def test_minimise_stops_for_its_three_reasons(bowl):
    minimiser = Minimiser(np.ones(3), Problem(bowl), Options())
    assert len(minimise(minimiser, 1)) == 1
    reports = minimise(minimiser, 50, 1e-8)
    assert 0 < len(reports) < 50
    assert minimiser.gradient_norm() <= 1e-8
    failing = Minimiser(np.ones(3), Problem(flaky(bowl, 1, 1000)), Options())
    assert [report.accepted for report in minimise(failing, 50)] == [False]


# ------------------------------------------------------------------------- directions in another shape


def test_reshaped_directions_are_searched_and_remembered(rosenbrock, options):
    """Here only every other component moves."""

    def every_other(direction):
        return np.where(np.arange(direction.size) % 2 == 0, direction, 0.0)

    minimiser = Minimiser(START, Problem(rosenbrock, reshape=every_other), options)
    for _ in range(4):
        report = minimiser.step()
        assert report.accepted
        assert report.misfit_after < report.misfit_before
    assert np.array_equal(minimiser.p[1::2], START[1::2])
    assert np.all(minimiser.direction[1::2] == 0.0)
    if options.method == "pcg":
        assert np.array_equal(minimiser.state()["memory_direction"], minimiser.direction)


def test_reshaping_that_turns_uphill_is_left_out(rosenbrock, options):
    plain = Minimiser(START, Problem(rosenbrock), options)
    turned = Minimiser(START, Problem(rosenbrock, reshape=lambda d: -d), options)
    for _ in range(3):
        expected, found = plain.step(), turned.step()
        assert np.array_equal(plain.p, turned.p)
        assert any("does not point downhill" in reason for reason in found.reasons)
        assert found.misfit_after == expected.misfit_after


def test_reshaping_does_not_move_what_a_limit_holds(bowl, options):
    limits = BoxConstraints(np.array([1.0, -9.0, -9.0]), 9.0)
    problem = Problem(bowl, limits, reshape=lambda d: np.full_like(d, d.mean()))
    minimiser = Minimiser(np.array([1.0, 2.0, 4.0]), problem, options)
    minimiser.step()
    assert minimiser.direction[0] == 0.0
    assert minimiser.p[0] == 1.0


def test_moving_keeps_the_memory_and_forgets_the_gradient(rosenbrock, options):
    minimiser = Minimiser(START, Problem(rosenbrock), options)
    for _ in range(3):
        minimiser.step()
    assert minimiser.move(minimiser.p) == 0.0
    target = minimiser.p + 1e-3 * np.arange(START.size)
    assert minimiser.move(target) == pytest.approx(5e-3)
    misfit, gradient = minimiser.misfit_and_gradient()
    assert misfit == scipy.optimize.rosen(target)
    np.testing.assert_allclose(gradient, scipy.optimize.rosen_der(target))
    report = minimiser.step()
    assert report.accepted
    assert report.misfit_before == misfit
    if options.method == "lbfgs":
        assert report.restart_reason == ""
        steps, changes = (minimiser.state()[f"memory_{name}"] for name in ("steps", "changes"))
        for s, y in zip(steps, changes, strict=True):
            assert s @ y > 0
