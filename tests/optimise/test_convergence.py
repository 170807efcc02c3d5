"""Minimiser on functions whose behaviour is known: quadratics, Rosenbrock, limits at the solution."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize

from denise_py.optimise.constraints import BoxConstraints, FunctionConstraint
from denise_py.optimise.descent import Minimiser, Options, Problem, minimise
from denise_py.optimise.pcg import BETAS

N = 6


def rosenbrock_start(n):
    return np.tile([-1.2, 1.0], n // 2)


@pytest.fixture
def quadratic(function_objective, spd_matrix):
    """f = 1/2 (p - t).A(p - t) + 3 with its A (n, n) and t (n,)."""

    def make(n=N, condition=10.0):
        matrix, target = spd_matrix(n, condition), np.linspace(1.0, 2.0, n)

        def value(p):
            return 0.5 * (p - target) @ matrix @ (p - target) + 3.0

        return function_objective(value, lambda p: matrix @ (p - target)), matrix, target

    return make


# ------------------------------------------------------------------------------------- textbook counts


@pytest.mark.parametrize(
    "options",
    [Options(method="pcg", formula=formula, c1=1e-5, c2=1e-4, wolfe_trials=30) for formula in BETAS]
    + [Options(method="lbfgs", history=N, c1=1e-5, c2=1e-4, wolfe_trials=30)],
    ids=[*BETAS, "lbfgs"],
)
def test_quadratic_is_solved_in_n_iterations(quadratic, options):
    """With c2 = 1e-4 a step is exact to 1e-4, so the distance is cut to about 1e-4 of what it was before."""
    objective, _, target = quadratic()
    minimiser = Minimiser(np.zeros(N), Problem(objective), options)
    distances = []
    for _ in range(N):
        report = minimiser.step()
        assert report.accepted
        distances.append(np.abs(minimiser.p - target).max())
    assert distances[N - 2] > 1e-3
    assert distances[N - 1] < 1e-4 * distances[0]


def test_conjugate_gradients_with_the_parabola_solve_a_quadratic_in_n_iterations(quadratic):
    """The parabola is exact on a quadratic, whatever the trial steps are."""
    objective, _, target = quadratic()
    options = Options(method="pcg", search="parabolic", first_step=0.1, max_trials=12)
    minimiser = Minimiser(np.zeros(N), Problem(objective), options)
    for _ in range(N - 1):
        minimiser.step()
    assert np.abs(minimiser.p - target).max() > 1e-3
    report = minimiser.step()
    assert report.restart_reason == ""
    assert np.abs(minimiser.p - target).max() < 1e-5  # values near 3 resolve a parabola to sqrt(rounding)


# method -> iterations and gradients needed to |g| <= 1e-6 in 2 and 10 dimensions, and of scipy 1.17:
#   lbfgs, 10 pairs    37 /  50      79 /  99     L-BFGS-B   37 / 45      75 /  93
#   pcg PR, c2 = 0.1   29 /  65     136 / 304     CG         37 / 80     393 / 647
COMPARISONS = {
    "lbfgs": (Options(history=10), "L-BFGS-B", {"ftol": 0.0, "gtol": 1e-6, "maxcor": 10}),
    "pcg": (Options(method="pcg", c2=0.1), "CG", {"gtol": 1e-6}),
}


@pytest.mark.parametrize("n", [2, 10])
@pytest.mark.parametrize("method", COMPARISONS)
def test_rosenbrock_needs_about_as_many_iterations_as_scipy(rosenbrock, method, n):
    options, scipy_method, scipy_options = COMPARISONS[method]
    minimiser = Minimiser(rosenbrock_start(n), Problem(rosenbrock), options)
    reports = minimise(minimiser, 1000, 1e-6)
    assert minimiser.gradient_norm() <= 1e-6
    assert np.abs(minimiser.p - 1.0).max() < 1e-5
    theirs = scipy.optimize.minimize(
        scipy.optimize.rosen,
        rosenbrock_start(n),
        jac=scipy.optimize.rosen_der,
        method=scipy_method,
        options=scipy_options,
    )
    assert len(reports) <= 1.2 * theirs.nit
    assert sum(report.n_gradients for report in reports) <= 1.2 * theirs.nfev
    assert len(rosenbrock.gradient_points) == sum(report.n_gradients for report in reports)


@pytest.mark.parametrize("formula", BETAS)
def test_all_formulas_reach_the_minimum_of_rosenbrock(rosenbrock, formula):
    minimiser = Minimiser(
        rosenbrock_start(10), Problem(rosenbrock), Options(method="pcg", formula=formula, c2=0.1)
    )
    minimise(minimiser, 400, 1e-6)
    assert minimiser.gradient_norm() <= 1e-6


def test_lbfgs_with_fixed_trial_steps_reaches_the_minimum_of_rosenbrock(rosenbrock):
    minimiser = Minimiser(rosenbrock_start(2), Problem(rosenbrock), Options(search="parabolic"))
    reports = minimise(minimiser, 100, 1e-6)
    assert minimiser.gradient_norm() <= 1e-6
    assert [trial[0] for trial in reports[-1].search.trials[:3]] == [0.1, 0.5, 1.0]
    assert all(report.misfit_after < report.misfit_before for report in reports)


# ------------------------------------------------------------------------------------------ invariants


@pytest.mark.parametrize("n", [2, 10])
@pytest.mark.parametrize("method", COMPARISONS)
def test_wolfe_conditions_hold_at_every_step(rosenbrock, method, n):
    """From the points alone: with s = p_new - p_old, alpha f'(0) = g_old.s and alpha f'(alpha) = g_new.s."""
    options = COMPARISONS[method][0]
    minimiser = Minimiser(rosenbrock_start(n), Problem(rosenbrock), options)
    checked = 0
    while minimiser.gradient_norm() > 1e-5:
        old = minimiser.p.copy()
        report = minimiser.step()
        assert report.search.satisfied
        step, g_old = minimiser.p - old, scipy.optimize.rosen_der(old)
        slope_old, slope_new = g_old @ step, scipy.optimize.rosen_der(minimiser.p) @ step
        f_old, f_new = scipy.optimize.rosen(old), scipy.optimize.rosen(minimiser.p)
        # p_new - p_old carries the rounding of p: 1e-16 |g| in g.s
        rounding = 4e-16 * (np.abs(g_old).sum() + f_old)
        assert f_new <= f_old + options.c1 * slope_old + rounding
        assert abs(slope_new) <= options.c2 * abs(slope_old) + rounding
        assert (report.misfit_before, report.misfit_after) == (f_old, f_new)
        checked += 1
    assert checked > 20


POWERS = 2.0 ** np.array([0, 3, -2, 5, 1, -4, 2, 0, -1, 6])


@pytest.mark.parametrize("search", ["wolfe", "parabolic"])
@pytest.mark.parametrize("method", ["lbfgs", "pcg"])
def test_preconditioning_is_a_change_of_variables(rosenbrock, function_objective, method, search):
    """p = D q and P = D^2. With powers of two in D all roundings agree, so the paths do to the last bit."""
    options = Options(method=method, search=search, c2=0.5)
    with_p = Minimiser(
        rosenbrock_start(10), Problem(rosenbrock, precondition=lambda v: POWERS**2 * v), options
    )
    changed = function_objective(
        lambda q: scipy.optimize.rosen(POWERS * q),
        lambda q: POWERS * scipy.optimize.rosen_der(POWERS * q),
    )
    with_d = Minimiser(
        rosenbrock_start(10) / POWERS,
        Problem(changed),
        options,
        largest=lambda v: float(np.abs(POWERS * v).max()),
    )
    for _ in range(15):
        assert with_p.step().accepted
        with_d.step()
        np.testing.assert_array_equal(with_p.p, POWERS * with_d.p)


def test_a_good_preconditioner_helps(quadratic):
    objective, matrix, _ = quadratic(n=40, condition=1e4)
    inverse = np.linalg.inv(matrix)
    counts = {}
    for name, precondition in {"none": lambda v: v, "inverse": lambda v: inverse @ v}.items():
        problem = Problem(objective, precondition=precondition)
        counts[name] = len(minimise(Minimiser(np.zeros(40), problem, Options()), 500, 1e-6))
    assert counts["inverse"] <= 3 < 20 < counts["none"]


# ---------------------------------------------------------------------------------------------- limits


@pytest.mark.parametrize(
    "make", [BoxConstraints, lambda lo, up: FunctionConstraint(lambda p: np.clip(p, lo, up))]
)
@pytest.mark.parametrize(
    "options",
    [
        Options(history=10),
        Options(method="pcg", c2=0.1),
        Options(method="pcg", search="parabolic", max_trials=20),
    ],
    ids=["lbfgs", "pcg", "parabola"],
)
def test_bounds_active_at_the_solution(quadratic, options, make):
    n = 30
    objective, matrix, target = quadratic(n, 100.0)
    lower = np.where(np.arange(n) % 3 == 0, target + 0.1, 0.0)
    upper = np.where(np.arange(n) % 3 == 1, target - 0.1, 3.0)
    minimiser = Minimiser(np.full(n, 1.05), Problem(objective, make(lower, upper)), options)
    reports = minimise(minimiser, 300, 1e-6)
    p = minimiser.p
    assert np.all((p >= lower) & (p <= upper))
    assert all(np.all((q >= lower) & (q <= upper)) for q in objective.points + objective.gradient_points)
    root = np.linalg.cholesky(matrix).T
    exact = scipy.optimize.lsq_linear(root, root @ target, (lower, upper), tol=1e-14)
    assert np.count_nonzero(exact.active_mask) > 5
    tolerance = 1e-3 if options.search == "parabolic" else 1e-5  # smallest trial of the parabola; |g| / 1
    np.testing.assert_allclose(p, exact.x, atol=tolerance)
    assert reports[-1].n_active == np.count_nonzero((p == lower) | (p == upper))


def test_bounds_cost_hardly_more_iterations(quadratic):
    """Once the active set is found, the pairs restricted to the free components see a smaller quadratic."""
    n = 30
    objective, _, target = quadratic(n, 100.0)
    box = BoxConstraints(0.0, np.where(np.arange(n) % 2 == 0, target - 0.3, np.inf))
    free = Minimiser(np.full(n, 0.5), Problem(objective), Options(history=10))
    bounded = Minimiser(np.full(n, 0.5), Problem(objective, box), Options(history=10))
    assert len(minimise(bounded, 300, 1e-6)) <= 1.5 * len(minimise(free, 300, 1e-6))
    assert bounded.gradient_norm() <= 1e-6


@pytest.mark.parametrize("method", ["lbfgs", "pcg"])
def test_full_preconditioner_keeps_descending_at_the_bounds(quadratic, spd_matrix, method):
    """A preconditioner that mixes components must not push held ones (Bertsekas 1982)."""
    n = 20
    objective, _, target = quadratic(n, 100.0)
    box = BoxConstraints(0.0, np.where(np.arange(n) % 2 == 0, target - 0.3, np.inf))
    p_matrix = spd_matrix(n, 30.0, seed=4)
    problem = Problem(objective, box, precondition=lambda v: p_matrix @ v)
    minimiser = Minimiser(np.full(n, 0.5), problem, Options(method=method, c2=0.5))
    reports = minimise(minimiser, 300, 1e-6)
    assert minimiser.gradient_norm() <= 1e-6
    assert all(report.misfit_after < report.misfit_before for report in reports)


@pytest.mark.parametrize("method", ["lbfgs", "pcg"])
@pytest.mark.parametrize("start", [(4.0, 0.2), (4.0, 2.0), (1.9, 0.95), (0.2, 0.1)])
def test_coupled_limits_kept_by_the_nearest_point(function_objective, method, start):
    objective = function_objective(
        lambda p: (p[0] - 1.0) ** 2 + 4 * (p[1] - 1.0) ** 2,
        lambda p: np.array([2 * (p[0] - 1.0), 8 * (p[1] - 1.0)]),
    )
    excess = np.array([1.0, -2.0]) / 5.0
    rule = FunctionConstraint(lambda p: p + max(2.0 * p[1] - p[0], 0.0) * excess)
    minimiser = Minimiser(np.array(start), Problem(objective, rule), Options(method=method, c2=0.5))
    reports = minimise(minimiser, 100)
    assert all(report.misfit_after < report.misfit_before for report in reports if report.accepted)
    # along p0 = 2 p1: 2 (2 p1 - 1) 2 + 8 (p1 - 1) = 0 -> p1 = 3/4
    np.testing.assert_allclose(minimiser.p, [1.5, 0.75], atol=1e-4)


def test_one_sided_rule_ends_in_words_and_never_goes_uphill(function_objective):
    """p0 >= 2 p1 kept by raising p0: at (1.95, 0.975) both directions of the gradient lead uphill."""
    objective = function_objective(
        lambda p: (p[0] - 1.0) ** 2 + 4 * (p[1] - 1.0) ** 2,
        lambda p: np.array([2 * (p[0] - 1.0), 8 * (p[1] - 1.0)]),
    )
    rule = FunctionConstraint(lambda p: np.array([max(p[0], 2.0 * p[1]), p[1]]))
    minimiser = Minimiser(np.array([1.95, 0.975]), Problem(objective, rule), Options())
    report = minimiser.step()
    assert not report.accepted
    np.testing.assert_array_equal(minimiser.p, [1.95, 0.975])
    assert "does not fall along the direction" in report.reasons[-1]
