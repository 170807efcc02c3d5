"""The metric in which an optimiser looks for a direction: P = D^(1/2) S D^(1/2) per parameter.

D is a weight per node (illumination, tapers), S a smoothing. P is symmetric and positive semidefinite, zero
wherever D is, and simply D without smoothing. Read as a covariance of the model, D holds the variances and S
the correlations (Tarantola, Inverse Problem Theory (2005), section 6.22).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Metric:
    """weights: {slot: (ny, nx)}, not negative; smooth: symmetric positive operator on (ny, nx), or None."""

    weights: Mapping[str, np.ndarray]
    smooth: Callable[[np.ndarray], np.ndarray] | None = None

    def apply(self, parts: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """P of a gradient {slot: (ny, nx)}."""
        if self.smooth is None:
            return {slot: self.weights[slot] * part for slot, part in parts.items()}
        return {slot: self._smoothed(self.weights[slot], part) for slot, part in parts.items()}

    def balancing(self, parts: Mapping[str, np.ndarray]) -> dict[str, float]:
        """Factors of the parameters with which P of a gradient {slot: (ny, nx)} has the same largest value
        for all of them; the parameter that has the largest anyway, and any without a gradient, get 1."""
        largest = {slot: float(np.max(np.abs(part))) for slot, part in self.apply(parts).items()}
        top = max(largest.values())
        return {slot: top / value if value > 0 else 1.0 for slot, value in largest.items()}

    def scaled(self, factors: Mapping[str, float]) -> Metric:
        """The metric with D times a positive factor per parameter."""
        return replace(self, weights={slot: factors[slot] * w for slot, w in self.weights.items()})

    def _smoothed(self, weight: np.ndarray, part: np.ndarray) -> np.ndarray:
        root = np.sqrt(weight)
        return root * self.smooth(root * part)
