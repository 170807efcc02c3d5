"""Conjugate gradient directions."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from denise_py.optimise.pcg import BETAS, ConjugateGradient
from denise_py.optimise.vectors import identity

N = 12


def exact_minimisation(matrix, target, method, precondition, steps):
    """Minimises 1/2 (p - target).A(p - target) with exact steps; returns the point and all directions."""
    p, directions = np.zeros(len(target)), []
    for _ in range(steps):
        g = matrix @ (p - target)
        d = method.direction(g, precondition)
        p = p - (g @ d) / (d @ matrix @ d) * d
        directions.append(d)
    return p, directions


@pytest.mark.parametrize("preconditioned", [False, True])
@pytest.mark.parametrize("formula", BETAS)
def test_quadratic_is_solved_in_n_steps(spd_matrix, formula, preconditioned):
    n = 6  # small and well conditioned, so that rounding does not destroy conjugacy
    matrix, target = spd_matrix(n, 10.0), np.linspace(1.0, 2.0, n)
    scaling = np.linspace(0.7, 1.4, n) if preconditioned else np.ones(n)
    method = ConjugateGradient(formula=formula)
    p, directions = exact_minimisation(matrix, target, method, lambda v: scaling * v, n)
    assert np.abs(p - target).max() < 1e-12
    gram = np.array(directions) @ matrix @ np.array(directions).T
    scale = np.sqrt(np.outer(np.diag(gram), np.diag(gram)))
    assert np.abs(gram / scale - np.eye(n)).max() < 1e-10
    assert method.restart_reason == ""
    one_less, _ = exact_minimisation(
        matrix, target, ConjugateGradient(formula=formula), lambda v: scaling * v, n - 1
    )
    assert np.abs(one_less - target).max() > 1e-6


@pytest.mark.parametrize("formula", BETAS)
def test_beta_against_its_textbook_form(formula):
    rng = np.random.default_rng(1)
    g0, g1 = rng.normal(size=(2, N))
    g1 -= (g1 @ g0) / (g0 @ g0) * g0  # keeps Powell's test quiet
    g1 += 0.05 * g0
    method = ConjugateGradient(formula=formula)
    d0 = method.direction(g0, identity)
    np.testing.assert_array_equal(d0, -g0)
    textbook = {
        "FR": g1 @ g1 / (g0 @ g0),
        "PR": g1 @ (g1 - g0) / (g0 @ g0),
        "HS": g1 @ (g1 - g0) / (d0 @ (g1 - g0)),
        "DY": g1 @ g1 / (d0 @ (g1 - g0)),
    }[formula]
    d1 = method.direction(g1, identity)
    assert textbook > 0
    np.testing.assert_allclose(d1, -g1 + textbook * d0, rtol=1e-12)
    assert method.beta == pytest.approx(textbook, rel=1e-12)


def test_fixed_preconditioner_gives_the_usual_preconditioned_beta():
    rng = np.random.default_rng(2)
    scaling = rng.uniform(0.5, 2.0, N)
    g0, g1 = rng.normal(size=(2, N))
    g1 -= (g1 @ (scaling * g0)) / (g0 @ (scaling * g0)) * g0
    method = ConjugateGradient()
    method.direction(g0, lambda v: scaling * v)
    method.direction(g1, lambda v: scaling * v)
    z0, z1 = scaling * g0, scaling * g1
    assert method.beta == pytest.approx(g1 @ (z1 - z0) / (g0 @ z0), rel=1e-12)


def test_directions_stay_conjugate_to_the_last_one_if_the_preconditioner_changes(spd_matrix):
    matrix, target = spd_matrix(N, 3.0), np.linspace(1.0, 2.0, N)
    scalings = iter(np.random.default_rng(3).uniform(0.8, 1.2, (5, N)))
    method = ConjugateGradient()
    _, directions = exact_minimisation(matrix, target, method, lambda v: next(scalings) * v, 5)
    for old, new in pairwise(directions):
        assert abs(old @ matrix @ new) < 1e-12 * np.linalg.norm(old) * np.linalg.norm(new) * 3.0


def test_reasons_for_a_restart():
    g = np.array([1.0, 2.0, 0.0])
    method = ConjugateGradient()
    method.direction(g, identity)
    assert method.restart_reason == "first direction"
    assert np.array_equal(method.direction(g * 0.5, identity), -g * 0.5)
    assert "not orthogonal" in method.restart_reason  # Powell
    method.reset("new frequency")
    orthogonal = np.array([-2.0, 1.0, 0.0])
    assert np.array_equal(method.direction(orthogonal, identity), -orthogonal)
    assert method.restart_reason == "new frequency"
    third = np.array([0.0, 0.0, 1.0])
    assert not np.array_equal(method.direction(third, identity), -third)
    assert method.restart_reason == ""


def test_powell_test_begins_at_one_fifth():
    g0 = np.array([1.0, 0.0])
    for overlap, restarted in [(0.19, False), (0.21, True)]:
        # |g1.z0| / g1.z1 = overlap with g1 = (a, 1): a / (a^2 + 1)
        a = (1 - np.sqrt(1 - 4 * overlap**2)) / (2 * overlap)
        method = ConjugateGradient(formula="FR")
        method.direction(g0, identity)
        method.direction(np.array([a, 1.0]), identity)
        assert ("not orthogonal" in method.restart_reason) == restarted


def test_negative_beta_is_steepest_descent():
    # y.z < 0 although g and z_old are nearly orthogonal: the preconditioner changes between the calls
    method = ConjugateGradient()
    method.direction(np.array([1.0, 1.0]), lambda v: np.array([1.0, -0.9]) * v)
    g, scaling = np.array([0.95, 1.0]), np.array([5.0, 1.0])
    d = method.direction(g, lambda v: scaling * v)
    np.testing.assert_array_equal(d, -scaling * g)
    assert "beta" in method.restart_reason
    assert "not positive" in method.restart_reason


def test_direction_that_does_not_descend_is_replaced():
    # FR after a step that went too far: g grows a hundredfold, beta = 1e4 and g.d_old > 0
    method = ConjugateGradient(formula="FR")
    method.direction(np.array([1.0, 0.0]), identity)
    g = np.array([-10.0, 100.0])
    d = method.direction(g, identity)
    np.testing.assert_array_equal(d, -g)
    assert method.restart_reason == "the conjugate direction is no descent direction"
    assert method.beta == 0.0


def test_preconditioner_that_turns_the_gradient_round_is_left_out():
    method = ConjugateGradient()
    g = np.array([1.0, 2.0])
    np.testing.assert_array_equal(method.direction(g, lambda v: -v), -g)
    assert "plain gradient" in method.restart_reason


def test_preconditioner_that_is_zero_moves_nothing():
    d = ConjugateGradient().direction(np.array([1.0, 2.0]), np.zeros_like)
    assert not d.any()


def test_masked_components_play_no_part(spd_matrix):
    """Directions within a mask are those of the smaller problem, with a full preconditioning matrix too."""
    rng = np.random.default_rng(5)
    free = rng.uniform(size=N) < 0.6
    smaller = spd_matrix(N, 10.0)
    gradients = rng.normal(size=(3, N))
    gradients[1] -= gradients[1] @ gradients[0] / (gradients[0] @ gradients[0]) * gradients[0]
    whole, reduced = ConjugateGradient(formula="FR"), ConjugateGradient(formula="FR")
    block = smaller[np.ix_(free, free)]
    for g in gradients:
        d = whole.direction(g, lambda v: smaller @ v, free)
        assert not d[~free].any()
        np.testing.assert_allclose(d[free], reduced.direction(g[free], lambda v: block @ v), rtol=1e-11)
        assert whole.restart_reason[:20] == reduced.restart_reason[:20]


def test_arguments_are_not_kept_or_changed():
    method, g = ConjugateGradient(), np.array([1.0, 2.0])
    d = method.direction(g, identity)
    assert np.array_equal(g, [1.0, 2.0])
    before = {name: value.copy() for name, value in method.state().items()}
    d[:], g[:] = 7.0, 7.0
    for name, value in method.state().items():
        np.testing.assert_array_equal(value, before[name])


@pytest.mark.parametrize("calls", [0, 1, 3])
def test_restored_state_continues_bitwise(spd_matrix, calls):
    matrix, target = spd_matrix(N, 30.0), np.linspace(1.0, 2.0, N)
    method, twin = ConjugateGradient(), ConjugateGradient()
    method.reset("a reason with ü")
    p, _ = exact_minimisation(matrix, target, method, identity, calls)
    twin.direction(np.ones(N), identity)  # something to be overwritten
    twin.restore(method.state())
    g = matrix @ (p - target)
    np.testing.assert_array_equal(twin.direction(g, identity), method.direction(g, identity))
    assert twin.restart_reason == method.restart_reason


def test_inner_product_is_the_callers():
    weights = np.linspace(1.0, 5.0, N)
    rng = np.random.default_rng(6)
    g0, g1 = rng.normal(size=(2, N))
    root = np.sqrt(weights)
    weighted, plain = ConjugateGradient(lambda a, b: float(a @ (weights * b))), ConjugateGradient()
    for g in (g0, g1):
        d = weighted.direction(g, identity)
        np.testing.assert_allclose(root * d, plain.direction(root * g, identity), rtol=1e-12)


def test_unknown_formula():
    with pytest.raises(ValueError, match="'XY', choose one of FR, PR, HS, DY"):
        ConjugateGradient(formula="XY")
