"""Another sample of the data every iteration: a sum of quadratic functions, some seen at a time."""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.optimise.descent import Minimiser, Options, Problem

N, PARTS = 6, 8


class FiniteSum:
    """f = sum over the chosen parts k of 1/2 (p - c_k).A_k (p - c_k); remembers what it was asked for."""

    def __init__(self):
        rng = np.random.default_rng(5)
        self.matrices = []
        for _ in range(PARTS):
            basis, _ = np.linalg.qr(rng.normal(size=(N, N)))
            self.matrices.append((basis * np.geomspace(1.0, 20.0, N)) @ basis.T)
        self.centres = 1.0 + 0.05 * rng.normal(size=(PARTS, N))
        self.chosen = tuple(range(PARTS))
        self.gradients = []

    def curvature(self, chosen):
        return sum(self.matrices[k] for k in chosen)

    def misfit(self, p):
        away = [p - self.centres[k] for k in self.chosen]
        return sum(0.5 * float(d @ self.matrices[k] @ d) for k, d in zip(self.chosen, away, strict=True))

    def misfit_and_gradient(self, p):
        self.gradients.append((self.chosen, p.copy()))
        return self.misfit(p), sum(self.matrices[k] @ (p - self.centres[k]) for k in self.chosen)


def batches(count):
    """Pairs of parts that take turns."""
    return [tuple(sorted(((2 * n) % PARTS, (2 * n + 1) % PARTS))) for n in range(count)]


def run(method, search, count=12):
    f = FiniteSum()
    minimiser = Minimiser(np.zeros(N), Problem(f), Options(method=method, search=search, history=20))
    reports, seen = [], []
    for chosen in batches(count):
        minimiser.change_objective(lambda chosen=chosen: setattr(f, "chosen", chosen))
        before = len(f.gradients)
        reports.append(minimiser.step())
        seen.append(f.gradients[before:])
    return f, minimiser, reports, seen


@pytest.mark.parametrize("search", ["wolfe", "parabolic"])
def test_pairs_are_differences_on_one_batch(search):
    """y = A_batch s exactly, with the batch in which the step was made: no pair mixes two batches."""
    f, minimiser, reports, _ = run("lbfgs", search)
    minimiser.change_objective(lambda: None)
    pairs = list(minimiser._memory._pairs)
    assert len(pairs) == sum(report.accepted for report in reports) == 12
    for (s, y), chosen in zip(pairs, batches(12), strict=True):
        np.testing.assert_allclose(y, f.curvature(chosen) @ s, atol=1e-12 * np.abs(y).max() * 100)
        others = [other for other in set(batches(12)) if other != chosen]
        assert all(np.abs(y - f.curvature(other) @ s).max() > 1e-3 * np.abs(y).max() for other in others)


@pytest.mark.parametrize("search", ["wolfe", "parabolic"])
def test_one_more_gradient_per_iteration(search):
    """Every batch begins with its gradient at the present point; the parabola also needs that of the old
    batch there, Wolfe's trials had it already."""
    f, _, reports, seen = run("lbfgs", search)
    for report, gradients, chosen in zip(reports, seen, batches(12), strict=True):
        assert {c for c, _ in gradients} == {chosen}
        trials = len(report.search.trials) if search == "wolfe" else 0
        assert len(gradients) == 1 + trials
    of_old = len(f.gradients) - sum(len(gradients) for gradients in seen)
    assert of_old == (0 if search == "wolfe" else 11)


@pytest.mark.parametrize(
    ("method", "search"), [("lbfgs", "wolfe"), ("lbfgs", "parabolic"), ("pcg", "parabolic")]
)
def test_every_step_lowers_the_misfit_of_its_batch_and_all_together_that_of_the_sum(method, search):
    f, minimiser, reports, _ = run(method, search, 24)
    assert all(report.misfit_after < report.misfit_before for report in reports if report.accepted)
    f.chosen = tuple(range(PARTS))
    assert f.misfit(minimiser.p) < 0.01 * f.misfit(np.zeros(N))


def test_conjugate_gradients_begin_anew():
    _, _, reports, _ = run("pcg", "parabolic", 4)
    assert [report.restart_reason for report in reports[1:]] == ["another sample of the data"] * 3


def test_adam_keeps_its_moments():
    f, minimiser, _, seen = run("adam", "wolfe", 5)
    assert all(len(gradients) == 1 for gradients in seen)
    assert minimiser.state()["memory_numbers"][0] == 5
    assert len(f.gradients) == 5
