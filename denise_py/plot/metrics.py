"""Numbers that say how good an inverted model is."""

from __future__ import annotations

import numpy as np


def model_error(model: np.ndarray, true: np.ndarray, mask: np.ndarray | None = None) -> float:
    """Relative distance of a model from the true one, sqrt(sum (m - true)^2 / sum true^2).

    model, true: arrays of the same shape and unit; mask: boolean array of that shape, the nodes that count
    (all without a mask). Sums are float64. Dimensionless; 0 for a perfect model.

    Raises ValueError when shapes differ, the mask selects nothing, or the true model is zero there.
    """
    model, true = np.asarray(model, np.float64), np.asarray(true, np.float64)
    chosen = np.ones(true.shape, bool) if mask is None else np.asarray(mask, bool)
    if not model.shape == true.shape == chosen.shape:
        raise ValueError(f"shapes differ: model {model.shape}, true {true.shape}, mask {chosen.shape}")
    size = np.sum(true[chosen] ** 2)
    if not size > 0:
        raise ValueError("the mask selects no node with a value other than zero in the true model")
    return float(np.sqrt(np.sum((model - true)[chosen] ** 2) / size))
