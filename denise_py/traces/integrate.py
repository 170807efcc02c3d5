"""Time integration of traces, u_n = dt * sum_{m <= n} v_m, and its transpose."""

from __future__ import annotations

import numpy as np


def integrate(traces: np.ndarray, dt: float) -> np.ndarray:
    """Running integral along the last axis, float64; dt in s."""
    return dt * np.cumsum(traces, axis=-1, dtype=np.float64)


def integrate_transpose(traces: np.ndarray, dt: float) -> np.ndarray:
    """Transpose of integrate: w_n = dt * sum_{m >= n} u_m, float64."""
    return dt * np.cumsum(traces[..., ::-1], axis=-1, dtype=np.float64)[..., ::-1]
