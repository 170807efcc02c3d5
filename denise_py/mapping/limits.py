"""What models are allowed: bounds, largest deviation from the start model, smallest vp/vs.

Each parameter is kept in the intersection of its absolute bounds and its allowed deviation from the start
model. Where vp/vs is too small then, vp is raised and vs lowered to the nearest point that satisfies the
ratio and the bounds. (Moving vp alone, as DENISE does, would not be a projection: every direction could turn
uphill where it acts.) Where ratio and bounds contradict each other the bounds win. Fluid nodes of the start
model (vs = 0) stay fluid, void ones (vp = vs = 0) void, with their density. Bounds and ratio concern vp, vs
and rho whatever the parameterisation of the inversion is.
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
        void = (np.asarray(start["vp"]) == 0) & (np.asarray(start["vs"]) == 0)
        for name, (lowest, highest) in bounds.items():
            model = np.asarray(start[name], np.float64)
            low, high = np.full(model.shape, float(lowest)), np.full(model.shape, float(highest))
            if percent is not None and name in percent:
                inside = np.clip(model, low, high)
                low = np.maximum(low, inside * (1 - percent[name] / 100))
                high = np.minimum(high, inside * (1 + percent[name] / 100))
            frozen = void if name == "rho" else model == 0
            lower[name], upper[name] = np.where(frozen, model, low), np.where(frozen, model, high)
        return cls(lower, upper, ratio if ratio > 1 and np.any(start["vp"]) else 0.0)

    def apply(
        self, model: Mapping[str, np.ndarray], mobility: Mapping[str, float] | None = None
    ) -> dict[str, np.ndarray]:
        """The nearest allowed model {vp, vs, rho: (ny, nx)}; allowed values come back unchanged.

        mobility: units in which changes of vp and vs are measured, 0 for one that cannot move; the
        references of the scaling. Both move alike by default.
        """
        result = {name: np.clip(model[name], self.lower[name], self.upper[name]) for name in self.lower}
        if self.ratio:
            mobility = mobility or {"vp": 1.0, "vs": 1.0}
            broken = self.ratio * result["vs"] - result["vp"] > 1e-12 * result["vp"]
            a, b = mobility.get("vp", 0.0) ** 2, mobility.get("vs", 0.0) ** 2
            if broken.any() and a + b > 0.0:
                vp, vs = self._on_the_line(model["vp"], model["vs"], a, b)
                result["vp"] = np.where(broken, vp, result["vp"]) if a else result["vp"]
                result["vs"] = np.where(broken, vs, result["vs"]) if b else result["vs"]
        return result

    def _on_the_line(
        self, vp: np.ndarray, vs: np.ndarray, a: float, b: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """The point of vp = ratio vs within the bounds with the least (change of vp)^2 / a + (of vs)^2 / b.

        Where the bounds leave no such point, the highest vp and the lowest vs.
        """
        r = self.ratio
        nearest = (r * b * vp + a * vs) / (r**2 * b + a)
        lowest = np.maximum(self.lower["vs"], self.lower["vp"] / r)
        highest = np.minimum(self.upper["vs"], self.upper["vp"] / r)
        on_line = np.minimum(np.maximum(nearest, lowest), highest)
        raised = np.clip(r * on_line, self.lower["vp"], self.upper["vp"])
        return raised, np.clip(on_line, self.lower["vs"], self.upper["vs"])
