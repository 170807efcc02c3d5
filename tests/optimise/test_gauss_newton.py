"""Truncated Gauss-Newton: the inner iteration against dense algebra, the outer one on known functions."""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.optimise.constraints import BoxConstraints
from denise_py.optimise.descent import Minimiser, Options, Problem, minimise
from denise_py.optimise.gauss_newton import GaussNewton, solve_truncated

N = 8


def identity(v):
    return v


@pytest.fixture
def system(spd_matrix):
    """Matrix with eigenvalues 1 to 100 and a right-hand side."""
    return spd_matrix(N, 100.0), np.linspace(-1.0, 2.0, N)


def test_solved_exactly_in_n_products(system):
    matrix, g = system
    found = solve_truncated(g, lambda v: matrix @ v, identity, None, 0.0, N)
    np.testing.assert_allclose(found.direction, -np.linalg.solve(matrix, g), rtol=1e-8)
    assert found.products == N


def test_perfect_preconditioner_needs_one_product(system):
    matrix, g = system
    found = solve_truncated(g, lambda v: matrix @ v, lambda v: np.linalg.solve(matrix, v), None, 1e-10, N)
    assert found.products == 1
    np.testing.assert_allclose(found.direction, -np.linalg.solve(matrix, g), rtol=1e-10)


@pytest.mark.parametrize("forcing", [0.5, 0.1, 1e-3])
def test_ends_as_soon_as_the_residual_is_small_enough(system, forcing):
    matrix, g = system
    found = solve_truncated(g, lambda v: matrix @ v, identity, None, forcing, N)
    residual = np.linalg.norm(matrix @ found.direction + g) / np.linalg.norm(g)
    assert residual == pytest.approx(found.residual, rel=1e-8)
    assert residual <= forcing
    if found.products > 1:
        before = solve_truncated(g, lambda v: matrix @ v, identity, None, forcing, found.products - 1)
        assert before.residual > forcing
        assert "used up" in before.reason


def test_held_components_stay_out(system):
    matrix, g = system
    free = np.arange(N) % 3 != 0
    found = solve_truncated(g, lambda v: matrix @ v, identity, free, 0.0, N)
    inside = np.linalg.solve(matrix[np.ix_(free, free)], -g[free])
    np.testing.assert_allclose(found.direction[free], inside, rtol=1e-8)
    assert np.all(found.direction[~free] == 0)


def test_curvature_that_is_not_positive_ends_the_inner_iteration():
    matrix, g = np.diag([1.0, 2.0, -1.0]), np.array([1.0, 1.0, 0.1])
    found = solve_truncated(g, lambda v: matrix @ v, identity, None, 0.0, 3)
    assert "not positive" in found.reason
    assert g @ found.direction < 0


def test_first_direction_uphill_curvature_falls_back_to_steepest_descent():
    method = GaussNewton(lambda v: -v)
    g = np.array([1.0, -2.0])
    np.testing.assert_array_equal(method.direction(g, identity), -g)
    assert "curvature is not positive" in method.restart_reason


class Exponential:
    """f = 1/2 |exp(t a) b - d|^2 over (a, b): residuals with a small second-order term near the solution."""

    t = np.linspace(0.0, 1.0, 20)
    data = 2.0 * np.exp(-1.5 * t)

    def residual(self, p):
        return p[1] * np.exp(p[0] * self.t) - self.data

    def jacobian(self, p):
        e = np.exp(p[0] * self.t)
        return np.stack([p[1] * self.t * e, e], axis=1)

    def misfit(self, p):
        return 0.5 * float(np.sum(self.residual(p) ** 2))

    def misfit_and_gradient(self, p):
        return self.misfit(p), self.jacobian(p).T @ self.residual(p)

    def product(self, p, v):
        return self.jacobian(p).T @ (self.jacobian(p) @ v)


def test_nonlinear_least_squares():
    """Zero residual at the solution: Gauss-Newton converges faster than linearly, L-BFGS takes longer."""
    f = Exponential()
    counts = {}
    for method in ("gauss-newton", "lbfgs"):
        options = Options(method=method, first_step=0.1)
        minimiser = Minimiser(np.array([0.5, 0.5]), Problem(f, product=f.product), options)
        counts[method] = len(minimise(minimiser, 60, 1e-9))
        np.testing.assert_allclose(minimiser.p, [-1.5, 2.0], rtol=1e-7)
    assert counts["gauss-newton"] <= 10
    assert counts["gauss-newton"] < counts["lbfgs"]


def test_products_are_counted_and_told():
    f = Exponential()
    minimiser = Minimiser(np.array([0.5, 0.5]), Problem(f, product=f.product), Options(method="gauss-newton"))
    report = minimiser.step()
    assert report.n_products >= 1
    assert any(note.startswith(f"Gauss-Newton: {report.n_products} products") for note in report.reasons)


def test_within_limits():
    f = Exponential()
    box = BoxConstraints(np.array([-1.0, 0.0]), np.array([3.0, 5.0]))
    problem = Problem(f, constraint=box, product=f.product)
    minimiser = Minimiser(np.array([0.5, 0.5]), problem, Options(method="gauss-newton"))
    minimise(minimiser, 40, 1e-10)
    assert minimiser.p[0] == pytest.approx(-1.0)
    e = np.exp(-f.t)
    assert minimiser.p[1] == pytest.approx(float(e @ f.data / (e @ e)), rel=1e-6)


def test_state_and_restore():
    f = Exponential()
    problem, options = Problem(f, product=f.product), Options(method="gauss-newton")
    one = Minimiser(np.array([0.5, 0.5]), problem, options)
    one.step()
    two = Minimiser(np.array([9.0, 9.0]), problem, options)
    two.restore(one.state())
    for _ in range(3):
        one.step(), two.step()
    np.testing.assert_array_equal(one.p, two.p)


def test_product_is_asked_for():
    with pytest.raises(ValueError, match="needs a problem with a product"):
        Minimiser(np.zeros(2), Problem(Exponential()), Options(method="gauss-newton"))
