"""Limited-memory BFGS directions."""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.optimise.lbfgs import LimitedMemory
from denise_py.optimise.vectors import identity

N = 10


def dense_inverse(pairs, initial):
    """H from the dense inverse BFGS formula (Nocedal & Wright, eq. 6.17), pair after pair."""
    inverse = initial
    for s, y in pairs:
        rho = 1.0 / (s @ y)
        left = np.eye(len(s)) - rho * np.outer(s, y)
        inverse = left @ inverse @ left.T + rho * np.outer(s, s)
    return inverse


def random_pairs(matrix, count, seed=1):
    steps = np.random.default_rng(seed).normal(size=(count, len(matrix)))
    return [(s, matrix @ s) for s in steps]


@pytest.mark.parametrize("preconditioned", [False, True])
@pytest.mark.parametrize(("count", "history"), [(1, 5), (4, 5), (5, 5), (9, 5), (3, 1)])
def test_direction_against_the_dense_formula(spd_matrix, count, history, preconditioned):
    pairs = random_pairs(spd_matrix(N, 20.0), count)
    p_matrix = spd_matrix(N, 5.0, seed=9) if preconditioned else np.eye(N)
    memory = LimitedMemory(history)
    for s, y in pairs:
        assert memory.update(s, y)
    assert len(memory) == min(count, history)
    s, y = pairs[-1]
    initial = (s @ y) / (y @ p_matrix @ y) * p_matrix
    g = np.random.default_rng(2).normal(size=N)
    expected = -dense_inverse(pairs[-history:], initial) @ g
    np.testing.assert_allclose(memory.direction(g, lambda v: p_matrix @ v), expected, rtol=1e-9, atol=1e-12)
    assert memory.restart_reason == ""


@pytest.mark.parametrize("preconditioned", [False, True])
def test_quadratic_is_solved_in_n_steps(spd_matrix, preconditioned):
    matrix, target = spd_matrix(N, 30.0), np.linspace(1.0, 2.0, N)
    scaling = np.linspace(0.5, 2.0, N) if preconditioned else np.ones(N)
    memory, p, far = LimitedMemory(N), np.zeros(N), []
    for _ in range(N):
        g = matrix @ (p - target)
        d = memory.direction(g, lambda v: scaling * v)
        step = -(g @ d) / (d @ matrix @ d) * d
        assert memory.update(step, matrix @ step)
        p = p + step
        far.append(np.abs(p - target).max())
    assert far[-1] < 1e-10  # 30 (condition) x 10 steps x rounding ~ 1e-13
    assert far[-2] > 1e-8
    # quasi-Newton matrix = inverse Hessian after n exact steps: the natural step is 1
    g = np.random.default_rng(3).normal(size=N)
    np.testing.assert_allclose(memory.direction(g, identity), -np.linalg.solve(matrix, g), rtol=1e-8)


def test_without_pairs_it_is_steepest_descent():
    memory, g = LimitedMemory(), np.array([1.0, -2.0])
    np.testing.assert_array_equal(memory.direction(g, lambda v: 3 * v), -3 * g)
    assert memory.restart_reason == "first direction"
    memory.update(np.array([1.0, 0.0]), np.array([2.0, 0.0]))
    memory.direction(g, identity)
    assert memory.restart_reason == ""
    memory.reset("new stage")
    np.testing.assert_array_equal(memory.direction(g, identity), -g)
    assert memory.restart_reason == "new stage"


@pytest.mark.parametrize(
    "change", [[-1.0, 0.0], [0.0, 1.0], [1e-11, 1.0], [0.0, 0.0], [np.nan, 1.0], [np.inf, 1.0]]
)
def test_pairs_without_positive_curvature_are_skipped(change):
    memory = LimitedMemory()
    with np.errstate(invalid="ignore"):
        assert not memory.update(np.array([1.0, 0.0]), np.array(change))
    assert len(memory) == 0
    assert "curvature s.y = " in memory.last_skip
    assert memory.update(np.array([1.0, 0.0]), np.array([1e-9, 1.0]))
    assert memory.last_skip == ""


def test_indefinite_preconditioner_does_not_end_the_descent():
    memory = LimitedMemory()
    memory.update(np.array([1.0, 0.0]), np.array([2.0, 0.0]))
    g = np.array([1.0, 1.0])
    # y.Py < 0 for the newest pair: P is left out of H_0
    np.testing.assert_array_equal(memory.direction(g, lambda v: v * np.array([-1.0, 3.0])), -0.5 * g)
    assert memory.restart_reason == ""
    # y.Py > 0 for the newest pair, but P is negative in the direction of the gradient
    memory.reset()
    memory.update(np.array([1.0, 0.0]), np.array([1.0, 0.0]))
    g = np.array([0.0, 1.0])
    np.testing.assert_array_equal(memory.direction(g, lambda v: v * np.array([1.0, -1.0])), -g)
    assert memory.restart_reason.startswith("the quasi-Newton direction is no descent direction")
    assert "plain gradient" in memory.restart_reason
    assert len(memory) == 0


def test_masked_components_play_no_part(spd_matrix):
    """Directions within a mask are those of the smaller problem with the pairs cut to it."""
    rng = np.random.default_rng(5)
    free = rng.uniform(size=N) < 0.6
    p_matrix = spd_matrix(N, 10.0, seed=3)
    block = p_matrix[np.ix_(free, free)]
    whole, reduced = LimitedMemory(4), LimitedMemory(4)
    for s, y in random_pairs(spd_matrix(N, 2.0), 4):
        assert s[free] @ y[free] > 0
        whole.update(s, y)
        reduced.update(s[free], y[free])
    g = rng.normal(size=N)
    d = whole.direction(g, lambda v: p_matrix @ v, free)
    assert not d[~free].any()
    np.testing.assert_allclose(d[free], reduced.direction(g[free], lambda v: block @ v), rtol=1e-10)


def test_pairs_with_negative_curvature_within_the_mask_are_left_out():
    memory = LimitedMemory()
    memory.update(np.array([1.0, 1.0]), np.array([-1.0, 3.0]))
    g, free = np.array([1.0, 1.0]), np.array([True, False])
    np.testing.assert_array_equal(memory.direction(g, identity, free), [-1.0, 0.0])
    assert memory.restart_reason == "no pair has positive curvature within the limits"
    assert len(memory) == 1  # it counts again once the limits let go
    memory.direction(g, identity)
    assert memory.restart_reason == ""


def test_arguments_are_not_kept():
    memory = LimitedMemory()
    s, y = np.array([1.0, 0.0]), np.array([2.0, 1.0])
    memory.update(s, y)
    s[:], y[:] = 7.0, 7.0
    np.testing.assert_array_equal(memory.state()["steps"], [[1.0, 0.0]])
    np.testing.assert_array_equal(memory.state()["changes"], [[2.0, 1.0]])


@pytest.mark.parametrize("count", [0, 1, 7])
def test_restored_state_continues_bitwise(spd_matrix, count):
    matrix = spd_matrix(N, 20.0)
    memory, twin = LimitedMemory(5), LimitedMemory(5)
    memory.reset("a reason")
    for s, y in random_pairs(matrix, count):
        memory.update(s, y)
    twin.update(np.ones(N), np.ones(N))  # something to be overwritten
    twin.restore(memory.state())
    g = np.random.default_rng(2).normal(size=N)
    for new in random_pairs(matrix, 3, seed=8):
        np.testing.assert_array_equal(twin.direction(g, identity), memory.direction(g, identity))
        assert twin.restart_reason == memory.restart_reason
        assert twin.update(*new) == memory.update(*new)


def test_inner_product_is_the_callers(spd_matrix):
    weights = np.linspace(1.0, 5.0, N)
    root = np.sqrt(weights)
    weighted, plain = LimitedMemory(5, lambda a, b: float(a @ (weights * b))), LimitedMemory(5)
    for s, y in random_pairs(spd_matrix(N, 2.0), 3):
        assert weighted.update(s, y) == plain.update(root * s, root * y)
    g = np.random.default_rng(2).normal(size=N)
    np.testing.assert_allclose(
        root * weighted.direction(g, identity), plain.direction(root * g, identity), rtol=1e-10
    )


def test_history_must_be_positive():
    with pytest.raises(ValueError, match="at least 1"):
        LimitedMemory(0)
