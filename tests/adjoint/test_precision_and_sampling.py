"""Single against double precision, and what keeping only every n-th step costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from denise_py.gradient.parameterization import SLOTS
from tests.adjoint.inverse_problem import InverseProblem
from tests.physics.problems import Setup

SURFACE = Setup(nt=200, order=4, surface=True)


def relative_difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


@pytest.mark.parametrize("displacement", [False, True])
def test_single_precision_gradient(displacement):
    """Rounding of one part in 10^7 per operation, growing with the square root of the 200 steps."""
    double = InverseProblem(SURFACE, displacement=displacement)
    single = replace(double, setup=replace(SURFACE, dtype=np.float32))
    expected, found = double.gradient(double.start)[1], single.gradient(double.start)[1]
    for slot in SLOTS:
        assert relative_difference(found[slot], expected[slot]) < 1e-5, slot


# A Ricker wavelet of centre frequency f has 3e-3 of its largest amplitude at 3 f, which is taken for its
# highest frequency; products of two wavefields reach twice that.
FREQUENCY = 8.0
HIGHEST = 3 * FREQUENCY * 1.25


@pytest.fixture(scope="module")
def long_problem() -> InverseProblem:
    """Long enough for the waves to leave: where a record ends in the middle of them, the sum over every n-th
    step misses the end of the integral by up to n steps (1e-2 of the gradient at half this length)."""
    return InverseProblem(replace(SURFACE, nt=1200), frequency=FREQUENCY)


@pytest.fixture(scope="module")
def full_gradient(long_problem) -> dict[str, np.ndarray]:
    return long_problem.gradient(long_problem.start)[1]


def test_decimated_gradient(long_problem, full_gradient):
    """Kept 1.5 times as often as the Nyquist rate of the correlated products asks for."""
    every = int(1 / (1.5 * 2 * HIGHEST * long_problem.setup.dt))
    assert every > 5
    found = replace(long_problem, every=every).gradient(long_problem.start)[1]
    for slot in SLOTS:
        assert relative_difference(found[slot], full_gradient[slot]) < 1e-3, slot


def test_decimation_below_the_nyquist_rate_is_visible(long_problem, full_gradient):
    """The counter-check: far below that rate the gradient is wrong by more than half."""
    every = int(1 / (0.3 * 2 * HIGHEST * long_problem.setup.dt))
    found = replace(long_problem, every=every).gradient(long_problem.start)[1]
    assert max(relative_difference(found[s], full_gradient[s]) for s in SLOTS) > 0.5
