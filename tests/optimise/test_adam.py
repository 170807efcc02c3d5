"""Adam against its formula written down a second time, its steps at limits and impossible points."""

from __future__ import annotations

import math

import numpy as np
import pytest

from denise_py.optimise.adam import Adam
from denise_py.optimise.constraints import BoxConstraints
from denise_py.optimise.descent import Minimiser, Options, Problem
from denise_py.optimise.line_search import stride

A, B = np.array([1.0, 100.0]), np.array([3.0, -2.0])


class Quadratic:
    """f = 1/2 p.A p with A = diag(1, 100)."""

    def misfit(self, p):
        return 0.5 * float(p @ (A * p))

    def misfit_and_gradient(self, p):
        return self.misfit(p), A * p


def by_the_book(gradient, p, steps, rate, b1, b2, eps):
    """Algorithm 1 of Kingma & Ba (2015), component by component, for the gradient divided by the largest
    component of the first one."""
    unit = max(abs(g) for g in gradient(p))
    m, v, course = [0.0] * len(p), [0.0] * len(p), []
    p = [float(x) for x in p]
    for t in range(1, steps + 1):
        for i, g in enumerate(gradient(np.array(p))):
            g = float(g) / unit
            m[i] = b1 * m[i] + (1 - b1) * g
            v[i] = b2 * v[i] + (1 - b2) * g * g
            p[i] -= rate * (m[i] / (1 - b1**t)) / (math.sqrt(v[i] / (1 - b2**t)) + eps)
        course.append(list(p))
    return np.array(course)


def run(objective, p, steps, **options):
    minimiser = Minimiser(p, Problem(objective), Options(method="adam", **options))
    course, reports = [], []
    for _ in range(steps):
        reports.append(minimiser.step())
        course.append(np.array(minimiser.p))
    return np.array(course), reports


@pytest.mark.parametrize(("b1", "b2", "eps"), [(0.9, 0.999, 1e-8), (0.5, 0.9, 1e-2), (0.0, 0.0, 1e-3)])
def test_fifty_steps_on_a_quadratic(b1, b2, eps):
    options = {"rate": 0.1, "moments": (b1, b2), "smallest": eps}
    course, reports = run(Quadratic(), B, 50, **options)
    expected = by_the_book(lambda p: A * p, B, 50, 0.1, b1, b2, eps)
    np.testing.assert_allclose(course, expected, rtol=1e-12, atol=1e-12)
    assert all(report.accepted and report.n_gradients == 1 and report.n_misfits == 0 for report in reports)


def test_rosenbrock(rosenbrock):
    start = np.full(4, -0.5)
    course, _ = run(rosenbrock, start, 3000, rate=0.02, smallest=1e-8)
    expected = by_the_book(rosenbrock.gradient, start, 3000, 0.02, 0.9, 0.999, 1e-8)
    # rounding grows where the valley bends, hence not 1e-12
    np.testing.assert_allclose(course, expected, atol=1e-8)
    assert rosenbrock.value(course[-1]) < 1e-4 * rosenbrock.value(start)


def test_nothing_changes_when_the_function_is_multiplied():
    """Powers of two: not even rounding."""

    class Louder(Quadratic):
        def misfit_and_gradient(self, p):
            misfit, g = super().misfit_and_gradient(p)
            return 2.0**40 * misfit, 2.0**40 * g

    np.testing.assert_array_equal(run(Louder(), B, 20)[0], run(Quadratic(), B, 20)[0])


def test_rate_is_halved_again_and_again():
    """A constant gradient makes steps of the size of the rate, up to eps."""
    memory, g = Adam(0.5, eps=1e-12, halve=2), np.array([1.0, -2.0])
    rates = []
    for _ in range(6):
        d = memory.direction(g, lambda v: v)
        np.testing.assert_allclose(d, [-1.0, 1.0], rtol=1e-9)
        rates.append(memory.rate)
    assert rates == [0.5, 0.5, 0.25, 0.25, 0.125, 0.125]
    memory.reset()
    memory.direction(g, lambda v: v)
    assert memory.rate == 0.5


def test_limits_hold_and_do_not_stop_the_rest():
    problem = Problem(Quadratic(), BoxConstraints(np.array([1.5, -10.0]), 10.0))
    minimiser = Minimiser(B, problem, Options(method="adam", rate=0.1))
    for _ in range(200):
        minimiser.step()
        assert minimiser.p[0] >= 1.5
    assert minimiser.p[0] == 1.5
    assert abs(minimiser.p[1]) < 0.2


def test_impossible_points_shorten_the_step():
    problem = Problem(Quadratic(), possible=lambda p: p[0] > 2.97)
    minimiser = Minimiser(B, problem, Options(method="adam", rate=0.1))
    report = minimiser.step()
    assert report.accepted
    assert report.step == 0.025
    assert "shortened" in report.search.reason
    np.testing.assert_allclose(minimiser.p, B + 0.025 * np.array([-1.0, 1.0]), rtol=1e-6)
    for _ in range(5):
        report = minimiser.step()
    assert not report.accepted or minimiser.p[0] > 2.97


def test_no_possible_point_is_reported():
    minimiser = Minimiser(B, Problem(Quadratic(), possible=lambda p: False), Options(method="adam"))
    report = minimiser.step()
    assert not report.accepted
    assert np.array_equal(minimiser.p, B)
    assert any("none of 10 steps" in reason for reason in report.reasons)


def test_ends_that_turn_out_to_be_impossible_are_left():
    """Nobody saw it coming (a simulation blows up); the next gradient does."""

    class Cliff(Quadratic):
        def misfit_and_gradient(self, p):
            return (math.inf, p) if p[0] < 2.97 else super().misfit_and_gradient(p)

    minimiser = Minimiser(B, Problem(Cliff()), Options(method="adam", rate=0.1))
    assert minimiser.step().accepted
    assert minimiser.p[0] == pytest.approx(2.9)
    misfit, _ = minimiser.misfit_and_gradient()
    assert math.isfinite(misfit)
    assert minimiser.p[0] == pytest.approx(2.975)
    assert any("halved 2 times" in reason for reason in minimiser.step().reasons)


def test_state_and_restore_go_on_alike():
    options = Options(method="adam", rate=0.05, halve=3)
    straight, first, second = (Minimiser(B, Problem(Quadratic()), options) for _ in range(3))
    for _ in range(10):
        straight.step()
    for _ in range(4):
        first.step()
    second.restore(first.state())
    for _ in range(6):
        second.step()
    np.testing.assert_array_equal(second.p, straight.p)


def test_numbers_out_of_range():
    for wrong in ({"rate": 0.0}, {"b1": 1.0}, {"b2": -0.1}, {"eps": 0.0}, {"halve": -1}):
        with pytest.raises(ValueError, match="must hold"):
            Adam(**wrong)


def test_stride_halves():
    asked = []

    def possible(step):
        asked.append(step)
        return step < 0.2

    found = stride(possible, 1.0)
    assert asked == [1.0, 0.5, 0.25, 0.125]
    assert found.step == 0.125
    assert found.success
