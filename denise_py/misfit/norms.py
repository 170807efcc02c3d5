"""Misfit functions of trace gathers: value and adjoint source side by side.

A norm is a function of synthetic and observed traces, both (ntr, ns), of one component and one shot. It
returns the raw sum F over traces and samples (without a time step and without a factor 1/2), the energy
of the observed traces, and dF / d synthetic. All sums are float64.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np


class Residual(NamedTuple):
    """Raw sum F, sum of squares of the observed traces, and dF/d synthetic (ntr, ns) float64."""

    value: float
    energy: float
    adjoint: np.ndarray


class Norm(Protocol):
    """What a misfit function is."""

    def __call__(self, synthetic: np.ndarray, observed: np.ndarray) -> Residual: ...


def l2(synthetic: np.ndarray, observed: np.ndarray) -> Residual:
    """Sum of squared differences, F = sum (s - d)^2, dF/ds = 2 (s - d)."""
    observed = np.asarray(observed, dtype=np.float64)
    difference = np.asarray(synthetic, dtype=np.float64) - observed
    return Residual(float(np.sum(difference**2)), float(np.sum(observed**2)), 2.0 * difference)
