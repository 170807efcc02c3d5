"""Objectives that the tests of the optimiser share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import scipy.optimize


class FunctionObjective:
    """An objective from two functions; counts its evaluations and keeps the points."""

    def __init__(self, value: Callable, gradient: Callable):
        self.value, self.gradient = value, gradient
        self.points: list[np.ndarray] = []
        self.gradient_points: list[np.ndarray] = []

    def misfit(self, p: np.ndarray) -> float:
        self.points.append(p.copy())
        return self.value(p)

    def misfit_and_gradient(self, p: np.ndarray) -> tuple[float, np.ndarray]:
        self.gradient_points.append(p.copy())
        return self.value(p), self.gradient(p)


@pytest.fixture
def function_objective() -> type[FunctionObjective]:
    """The class that makes an objective of two functions."""
    return FunctionObjective


@pytest.fixture
def rosenbrock() -> FunctionObjective:
    """The chained Rosenbrock function of any dimension, minimum 0 at (1, ..., 1)."""
    return FunctionObjective(scipy.optimize.rosen, scipy.optimize.rosen_der)


@pytest.fixture
def spd_matrix() -> Callable[..., np.ndarray]:
    """Makes a symmetric positive definite matrix (n, n) with eigenvalues 1 ... condition."""

    def make(n: int, condition: float, seed: int = 0) -> np.ndarray:
        basis, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(n, n)))
        return (basis * np.geomspace(1.0, condition, n)) @ basis.T

    return make
