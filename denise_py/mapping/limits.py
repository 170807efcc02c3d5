"""What models are allowed: bounds, largest deviation from the start model, smallest vp/vs.

The order is fixed: 1. each parameter is clipped to the intersection of its absolute bounds and its allowed
deviation from the start model; 2. where vp/vs is too small, vp is raised as far as its bounds allow, and
then vs is lowered. Fluid nodes of the start model (vs = 0) stay fluid. Bounds and ratio concern vp, vs and
rho whatever the parameterisation of the inversion is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Limits:
    """lower, upper: {name: (ny, nx)} for vp, vs, rho; ratio: smallest vp/vs, 0 for none."""

    lower: Mapping[str, np.ndarray]
    upper: Mapping[str, np.ndarray]
    ratio: float = 0.0

    @classmethod
    def around(
        cls,
        start: Mapping[str, np.ndarray],
        bounds: Mapping[str, tuple[float, float]],
        percent: Mapping[str, float] | None = None,
        ratio: float = 0.0,
    ) -> Limits:
        """Limits around a start model of vp, vs, rho.

        bounds: (lowest, highest) per name; percent: largest deviation from the start model in per cent.
        A start value outside its bounds is moved to the nearest bound before the deviation is taken.
        """
        lower, upper = {}, {}
        for name, (lowest, highest) in bounds.items():
            model = np.asarray(start[name], np.float64)
            low, high = np.full(model.shape, float(lowest)), np.full(model.shape, float(highest))
            if percent is not None:
                inside = np.clip(model, low, high)
                low = np.maximum(low, inside * (1 - percent[name] / 100))
                high = np.minimum(high, inside * (1 + percent[name] / 100))
            if name == "vs":
                fluid = model == 0
                low, high = np.where(fluid, 0.0, low), np.where(fluid, 0.0, high)
            lower[name], upper[name] = low, high
        return cls(lower, upper, ratio if ratio > 1 else 0.0)

    def apply(self, model: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The nearest allowed model {vp, vs, rho: (ny, nx)}; allowed values come back unchanged."""
        result = {name: np.clip(model[name], self.lower[name], self.upper[name]) for name in self.lower}
        if self.ratio:
            vp, vs = result["vp"], result["vs"]
            result["vp"] = np.where(vp < self.ratio * vs, np.minimum(self.ratio * vs, self.upper["vp"]), vp)
            highest_vs = result["vp"] / self.ratio
            result["vs"] = np.where(vs > highest_vs * (1 + 1e-12), highest_vs, vs)
        return result
