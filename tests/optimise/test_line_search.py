"""Parabolic, fixed-step and strong Wolfe searches."""

from __future__ import annotations

import gc
import math
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from denise_py.optimise.line_search import (
    fixed_step_search,
    parabola_minimum,
    parabolic_search,
    strong_wolfe,
    verified,
)

# ------------------------------------------------------------------------------------------- parabola


def table(values: dict[float, float]):
    """A misfit known at a few steps only; any other step is an error of the search."""

    def misfit(step: float) -> float:
        return next(f for e, f in values.items() if math.isclose(e, step, rel_tol=1e-12))

    return misfit


def reference_search(misfit, f1, first, divisor, most):
    """The step the original takes, from its description; None where it finds none."""
    e, n, which, e2, f2, e3, f3 = first, 0, 2, 0.0, 0.0, 0.0, 0.0
    first_bracket = second_bracket = False
    while not (first_bracket and second_bracket):
        value = misfit(e)
        if which == 2:
            f2 = value
        else:
            f3 = value
        if not first_bracket and f1 <= f2:
            e, n = e / divisor, n + 1
        elif not first_bracket:
            e2, first_bracket, which, n = e, True, 3, 0
            e += e / divisor
        else:
            e3 = e
            if f2 < f3:
                second_bracket = True
            else:
                e, n = e + e / divisor, n + 1
        if not first_bracket and n > most:
            return None
        if first_bracket and n > most:
            second_bracket = True
    a, b, _ = np.linalg.solve([[0, 0, 1], [e2**2, e2, 1], [e3**2, e3, 1]], [f1, f2, f3])
    if a < 0 and f2 > f3:
        return e3
    return min(max(-b / (2 * a), 0.0), e3)


def test_the_published_triple():
    # slope12 = -10, slope13 = -4, a = 6 / 0.0025, b = -10 - 24, minimum at 34 / 4800
    result = parabolic_search(table({0.01: 0.9, 0.0125: 0.95}), 1.0, 0.01, 4.0, 6)
    assert result.success
    assert result.step == pytest.approx(34 / 4800, rel=1e-12)
    assert result.misfit == pytest.approx(1 - 34**2 / 9600, rel=1e-12)
    assert not result.tested
    assert result.steps == (0.0, 0.01, 0.0125)
    assert result.misfits == (1.0, 0.9, 0.95)
    assert result.trials == ((0.01, 0.9), (0.0125, 0.95))


@settings(deadline=None, max_examples=200)
@given(
    slope=st.floats(0.1, 10),
    curvature=st.floats(0.01, 1e4),
    wiggle=st.floats(0, 0.5),
    first=st.floats(1e-3, 10),
    divisor=st.sampled_from([1.5, 2.0, 4.0]),
    most=st.integers(0, 6),
)
def test_same_step_as_the_original_unless_a_tested_point_is_better(
    slope, curvature, wiggle, first, divisor, most
):
    def misfit(e):
        return 1.0 - slope * e + curvature * e * e + wiggle * (1 - math.cos(3 * e))

    expected = reference_search(misfit, 1.0, first, divisor, most)
    result = parabolic_search(misfit, 1.0, first, divisor, most)
    assert result.success == (expected is not None)
    if not result.success:
        assert result.step == 0.0
        assert len(result.trials) == most + 1
    elif result.tested:
        # the exception: no better value was known, and the original's step was not tested to be better
        assert result.misfit == min(f for _, f in result.trials) == misfit(result.step)
    else:
        assert result.step == pytest.approx(expected, rel=1e-6)


def test_step_is_shortened_until_the_misfit_falls():
    result = parabolic_search(lambda e: 1 - e + 100 * e * e, 1.0, 0.04, 2.0, 6)
    assert [e for e, _ in result.trials] == [0.04, 0.02, 0.01, 0.005, 0.0075]
    assert result.step == pytest.approx(0.005, rel=1e-9)  # a parabola is met exactly: slope / (2 curvature)


def test_too_high_after_the_last_shortening_is_a_failure_in_words():
    result = parabolic_search(lambda e: 1 + e, 1.0, 0.08, 2.0, 3)
    assert not result.success
    assert (result.step, result.misfit) == (0.0, 1.0)
    assert [e for e, _ in result.trials] == [0.08, 0.04, 0.02, 0.01]
    assert "none of 4 trial steps from 8.000e-02 to 1.000e-02 lowers the misfit" in result.reason
    assert result.steps[:2] == (0.0, 0.01)
    assert math.isnan(result.steps[2])


def test_equal_misfits_are_no_success():
    assert not parabolic_search(lambda e: 1.0, 1.0, 0.08, 2.0, 3).success


@pytest.mark.parametrize("bad", [math.inf, math.nan, -math.inf])
def test_failed_trials_count_as_too_high(bad):
    def misfit(e):
        return bad if e > 0.035 else 1 - e + 22 * e * e

    result = parabolic_search(misfit, 1.0, 0.08, 2.0, 6)
    assert [e for e, _ in result.trials] == pytest.approx([0.08, 0.04, 0.02, 0.03])
    assert result.trials[0][1] == math.inf
    assert result.step == pytest.approx(1 / 44, rel=1e-9)


@pytest.mark.parametrize("bad", [math.inf, math.nan])
def test_failed_longest_trial_leaves_the_best_tested_one(bad):
    result = parabolic_search(table({0.01: 0.9, 0.015: bad}), 1.0, 0.01, 2.0, 6)
    assert (result.step, result.misfit, result.tested) == (0.01, 0.9, True)
    assert "failed" in result.reason


def test_parabola_is_laid_through_the_last_trial_before_the_failed_one():
    def misfit(e):
        return math.inf if e > 0.2 else (e - 0.18) ** 2

    result = parabolic_search(misfit, 0.18**2, 0.1, 2.0, 6)
    assert [e for e, _ in result.trials] == pytest.approx([0.1, 0.15, 0.225])
    assert result.steps == pytest.approx((0.0, 0.1, 0.15))
    assert (result.step, result.tested) == (pytest.approx(0.15), True)  # not beyond what was tested


def test_misfit_that_keeps_falling_takes_the_longest_trial():
    result = parabolic_search(lambda e: 1 - e, 1.0, 0.1, 2.0, 2)
    assert [e for e, _ in result.trials] == pytest.approx([0.1, 0.15, 0.225, 0.3375])
    assert result.step == pytest.approx(0.3375)
    assert result.tested
    assert "still falls" in result.reason


def test_degenerate_triple_on_a_straight_line():
    # f2 = f3 within the parabola through (0, 1): opens upwards; a straight line has no minimum
    assert parabola_minimum((0.0, 1.0), (0.5, 0.5), (1.0, 0.0)) is None
    assert parabola_minimum((0.0, 1.0), (0.5, 0.5), (0.5, 0.5)) is None
    assert parabola_minimum((0.0, 1.0), (0.5, math.inf), (1.0, 0.0)) is None


def test_tested_point_between_the_three_wins_if_it_is_better():
    values = {0.1: 0.9, 0.15: 0.2, 0.225: 0.91}
    result = parabolic_search(table(values), 1.0, 0.1, 2.0, 0)
    assert result.step == pytest.approx(0.15)  # max_trials = 0: the second longer step is not tried
    result = parabolic_search(table(values), 1.0, 0.1, 2.0, 6)
    # parabola through (0, 1), (0.1, 0.9), (0.225, 0.91) predicts about 0.89
    assert result.steps == pytest.approx((0.0, 0.1, 0.225))
    assert result.step == pytest.approx(0.15)
    assert result.misfit == 0.2
    assert "tested step is better" in result.reason


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_never_uphill_whatever_the_misfit_does(data):
    values: dict[float, float] = {}
    value = st.one_of(st.floats(0, 2), st.sampled_from([math.inf, math.nan, 1.0]))

    def misfit(step):
        return values.setdefault(step, data.draw(value))

    search = data.draw(st.sampled_from(["parabolic", "fixed"]))
    result = (
        parabolic_search(misfit, 1.0, 0.1, 2.0, 3)
        if search == "parabolic"
        else fixed_step_search(misfit, 1.0)
    )
    assert result.success == any(f < 1.0 for f in values.values())
    checked = verified(result, misfit)
    assert checked.tested
    assert checked.misfit == min([1.0, *(f for f in values.values() if f < 1.0)])
    assert checked.misfit == (values[checked.step] if checked.success else 1.0)


def test_verified_tests_only_what_was_not_tested():
    calls = []

    def misfit(e):
        calls.append(e)
        return 2.0

    tested = parabolic_search(lambda e: 1 - e, 1.0, 0.1, 2.0, 2)
    assert verified(tested, misfit) is tested
    assert not calls
    untested = parabolic_search(table({0.01: 0.9, 0.0125: 0.95}), 1.0, 0.01, 4.0, 6)
    checked = verified(untested, misfit)
    assert calls == [untested.step]
    assert (checked.step, checked.misfit) == (0.01, 0.9)
    assert "not below the best trial" in checked.reason
    confirmed = verified(untested, lambda e: 0.88)
    assert (confirmed.step, confirmed.misfit, confirmed.tested) == (untested.step, 0.88, True)


def test_fixed_steps_use_the_parabola_around_the_best():
    result = fixed_step_search(lambda e: (e - 0.4) ** 2, 0.16)
    assert [e for e, _ in result.trials] == [0.1, 0.5, 1.0]
    assert result.step == pytest.approx(0.4)
    assert result.steps == (0.1, 0.5, 1.0)
    result = fixed_step_search(lambda e: (e - 0.2) ** 2, 0.04)  # best trial is the first one
    assert result.step == pytest.approx(0.2)
    result = fixed_step_search(lambda e: (e - 2.0) ** 2, 4.0)  # minimum beyond the last one
    assert (result.step, result.tested) == (1.0, True)


def test_fixed_steps_fail_in_words_and_survive_infinite_trials():
    result = fixed_step_search(lambda e: 1 + e, 1.0)
    assert (result.success, result.step) == (False, 0.0)
    assert "0.1, 0.5, 1" in result.reason
    result = fixed_step_search(table({0.1: 0.5, 0.5: math.inf, 1.0: math.nan}), 1.0)
    assert (result.step, result.misfit) == (0.1, 0.5)


@pytest.mark.parametrize(("first", "divisor", "most"), [(0.0, 2.0, 3), (0.1, 1.0, 3), (0.1, 2.0, -1)])
def test_parabolic_search_rejects_nonsense(first, divisor, most):
    with pytest.raises(ValueError, match="must hold"):
        parabolic_search(lambda e: e, 1.0, first, divisor, most)


def test_fixed_steps_reject_nonsense():
    with pytest.raises(ValueError, match="increasing"):
        fixed_step_search(lambda e: e, 1.0, (0.1, 0.1, 1.0))


# ---------------------------------------------------------------------------------------- strong Wolfe


def from_functions(f, slope):
    return lambda a: (f(a), slope(a), a)


def assert_wolfe(f, slope, step, c1, c2):
    """Both conditions, evaluated from the function itself."""
    assert f(step) <= f(0.0) + c1 * step * slope(0.0)
    assert abs(slope(step)) <= c2 * abs(slope(0.0))


def more_thuente_1(a):
    return -a / (a * a + 2)


def more_thuente_1_slope(a):
    return (a * a - 2) / (a * a + 2) ** 2


def more_thuente_2(a):
    return (a + 0.04) ** 5 - 2 * (a + 0.04) ** 4


def more_thuente_2_slope(a):
    return 5 * (a + 0.04) ** 4 - 8 * (a + 0.04) ** 3


def yanai(b1, b2):
    """More & Thuente (1994), eq. 5.4: convex, flat in the middle, steep at one end or at both."""
    g1, g2 = math.sqrt(1 + b1**2) - b1, math.sqrt(1 + b2**2) - b2

    def f(a):
        return g1 * math.hypot(1 - a, b2) + g2 * math.hypot(a, b1)

    def slope(a):
        return -g1 * (1 - a) / math.hypot(1 - a, b2) + g2 * a / math.hypot(a, b1)

    return f, slope


CASES = {
    "1": ((more_thuente_1, more_thuente_1_slope), 1e-3, 0.1),
    "2": ((more_thuente_2, more_thuente_2_slope), 0.05, 0.1),
    "4": (yanai(0.001, 0.001), 1e-3, 2e-3),
    "5": (yanai(0.01, 0.001), 1e-3, 2e-3),
    "6": (yanai(0.001, 0.01), 1e-3, 2e-3),
}


@pytest.mark.parametrize("first", [1e-3, 1e-1, 1e1, 1e3])
@pytest.mark.parametrize("case", CASES)
def test_functions_of_more_and_thuente(case, first):
    """Trials needed: 1 to 6 for function 1, 8 to 14 for function 2, 1 to 8 for the others.

    The shift in function 2 is ten times theirs, whose slope limit lies below the rounding of its values.
    """
    (f, slope), c1, c2 = CASES[case]
    result = strong_wolfe(from_functions(f, slope), f(0.0), slope(0.0), first, c1, c2, 15)
    assert result.satisfied
    assert result.reason == ""
    assert_wolfe(f, slope, result.step, c1, c2)
    assert result.payload == result.step
    assert result.misfit == f(result.step)


@settings(deadline=None, max_examples=300)
@given(
    slope0=st.floats(-10, -0.1),
    curvature=st.floats(-1, 10),
    amplitude=st.floats(0, 2),
    frequency=st.floats(0.1, 5),
    first=st.floats(1e-3, 1e2),
    wall=st.floats(0.05, 50),
    c2=st.sampled_from([0.1, 0.5, 0.9]),
    most=st.integers(1, 12),
)
def test_result_is_what_it_says(slope0, curvature, amplitude, frequency, first, wall, c2, most):
    def f(a):
        if a > wall:
            return math.nan
        return slope0 * a + curvature * a * a + amplitude * (math.cos(frequency * a) - 1)

    def slope(a):
        return slope0 + 2 * curvature * a - amplitude * frequency * math.sin(frequency * a)

    result = strong_wolfe(from_functions(f, slope), 0.0, slope0, first, 1e-4, c2, most)
    assert len(result.trials) <= most
    assert result.satisfied == (result.reason == "")
    decreasing = [t for t in result.trials if f(t.step) <= 1e-4 * t.step * slope0]
    if result.satisfied:
        assert_wolfe(f, slope, result.step, 1e-4, c2)
    if decreasing:
        assert result.misfit == f(result.step) == min(t.misfit for t in decreasing) < 0.0
        assert result.payload == result.step
    else:
        assert (result.step, result.success, result.payload) == (0.0, False, None)


@pytest.mark.parametrize("first", [0.11, 0.3, 1.0, 3.0, 9.0])
def test_quadratic_is_met_with_the_second_trial(first):
    # cubic interpolation of a parabola is exact; minimum at 1 within the safeguards (1.1 to 10, 0.1 to 0.9)
    result = strong_wolfe(lambda a: (a * a - 2 * a, 2 * a - 2, None), 0.0, -2.0, first, 1e-6, 1e-5)
    assert result.step == pytest.approx(1.0, abs=1e-5)
    assert len(result.trials) == (1 if first == 1.0 else 2)


def test_infinite_trials_shorten_the_step():
    def evaluate(a):
        return (math.inf, math.nan, None) if a >= 1e-2 else (-a + 25 * a * a, -1.0 + 50 * a, a)

    result = strong_wolfe(evaluate, 0.0, -1.0, 1.0, 1e-4, 0.9, 10)
    assert [t.step for t in result.trials] == pytest.approx([1.0, 0.2, 0.04, 0.008])
    assert result.success
    assert result.step < 1e-2


def test_nan_slope_counts_as_failed_trial():
    def evaluate(a):
        return (-a, math.nan, None) if a > 0.5 else (-a + a * a, -1 + 2 * a, a)

    result = strong_wolfe(evaluate, 0.0, -1.0, 1.0)
    assert result.trials[0].misfit == math.inf
    assert result.satisfied
    assert result.step <= 0.5


def test_only_infinite_trials_is_a_failure_in_words():
    result = strong_wolfe(lambda a: (math.inf, math.nan, None), 1.0, -1.0, 1.0, max_trials=4)
    assert (result.step, result.misfit, result.success, result.satisfied) == (0.0, 1.0, False, False)
    assert result.reason == "no trial decreases the misfit enough: 4 trials were not enough"


def test_best_decreasing_trial_is_returned_when_trials_run_out():
    f, slope = yanai(0.001, 0.001)
    result = strong_wolfe(from_functions(f, slope), f(0.0), slope(0.0), 1e-3, 1e-3, 2e-3, 2)
    assert len(result.trials) == 2
    assert not result.satisfied
    assert result.success
    assert result.misfit == min(t.misfit for t in result.trials) < f(0.0)
    assert result.reason == "2 trials were not enough"


def test_misfit_that_falls_less_than_the_slope_promises_is_no_step():
    """A gradient that is ten times too steep: f = -0.1 a, but f'(0) is said to be -1."""
    result = strong_wolfe(lambda a: (-0.1 * a, -0.1, a), 0.0, -1.0, 1.0, 0.5, 0.9, 5)
    assert (result.step, result.success, result.payload) == (0.0, False, None)
    assert len(result.trials) == 5


def test_kink_ends_the_search_with_the_best_trial():
    result = strong_wolfe(
        lambda a: (abs(a - 1.0), math.copysign(1.0, a - 1.0), a), 1.0, -1.0, 0.7, max_trials=200
    )
    assert not result.satisfied
    assert result.step == pytest.approx(1.0, abs=1e-9)
    assert "kink" in result.reason
    assert (
        len(result.trials) < 80
    )  # each pair of trials narrows the interval to 0.66: 2 log(1e-10)/log(0.66) = 111


def test_longest_step_is_respected():
    seen = []

    def evaluate(a):
        seen.append(a)
        return -a, -1.0, a

    result = strong_wolfe(evaluate, 0.0, -1.0, 0.1, max_step=0.35)
    assert max(seen) == 0.35
    assert (result.step, result.satisfied) == (0.35, False)
    assert "longest step allowed, 3.500e-01" in result.reason


@pytest.mark.parametrize(("f0", "slope0"), [(1.0, 0.0), (1.0, 0.5), (1.0, math.nan), (math.inf, -1.0)])
def test_no_evaluation_without_descent(f0, slope0):
    result = strong_wolfe(lambda a: pytest.fail("evaluated"), f0, slope0, 1.0)
    assert (result.step, result.success) == (0.0, False)
    assert "does not fall at the start" in result.reason


def test_only_the_best_payload_is_alive():
    class Payload:
        pass

    f, slope = more_thuente_2, more_thuente_2_slope
    alive: list[weakref.ref] = []
    most_alive = 0

    def evaluate(a):
        nonlocal most_alive
        gc.collect()
        most_alive = max(most_alive, sum(ref() is not None for ref in alive))
        payload = Payload()
        alive.append(weakref.ref(payload))
        return f(a), slope(a), payload

    result = strong_wolfe(evaluate, f(0.0), slope(0.0), 1e-3, 0.05, 0.1, 20)
    gc.collect()
    assert len(alive) > 10
    assert most_alive == 1
    assert [ref() for ref in alive if ref() is not None] == [result.payload]


def test_both_sides_of_both_conditions_are_reported():
    result = strong_wolfe(lambda a: (a * a - 2 * a, 2 * a - 2, None), 0.0, -2.0, 3.0, 1e-4, 0.1)
    first = result.trials[0]
    assert (first.misfit, first.misfit_limit) == (3.0, pytest.approx(-6e-4))
    assert (first.slope, first.slope_limit) == (4.0, pytest.approx(0.2))
    assert (first.decreases, first.flat) == (False, False)
    assert (result.trials[-1].decreases, result.trials[-1].flat) == (True, True)


@pytest.mark.parametrize(
    "wrong",
    [{"c1": 0.0}, {"c1": 0.95}, {"c2": 1.0}, {"max_trials": 0}, {"first_step": 0.0}, {"max_step": 0.0}],
)
def test_strong_wolfe_rejects_nonsense(wrong):
    with pytest.raises(ValueError, match="must hold"):
        strong_wolfe(
            **({"evaluate": lambda a: (0, 0, 0), "f0": 0.0, "slope0": -1.0, "first_step": 1.0} | wrong)
        )
