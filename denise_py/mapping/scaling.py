"""The plain mapping: p holds the inverted parameters node by node, each divided by a reference value.

With m = ref p every component of p is of order one and a change of p is a relative change of the model;
the gradient follows as dE/dp = ref dE/dm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Scaling:
    """slots: names of the inverted parameters in the order of p; references: one positive number each."""

    slots: tuple[str, ...]
    references: Mapping[str, float]
    shape: tuple[int, int]

    @classmethod
    def of_model(cls, model: Mapping[str, np.ndarray], slots: Sequence[str]) -> Scaling:
        """References are the largest values, or 1 where these are zero."""
        largest = {slot: float(np.max(model[slot])) or 1.0 for slot in slots}
        return cls(tuple(slots), largest, next(iter(model.values())).shape)

    def vector(self, model: Mapping[str, np.ndarray]) -> np.ndarray:
        """p of a model {slot: (ny, nx)}."""
        return np.concatenate(
            [np.asarray(model[s], np.float64).ravel() / self.references[s] for s in self.slots]
        )

    def model(self, p: np.ndarray, base: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The model of p; slots that are not inverted come from base. Arrays keep base's dtype."""
        result = dict(base)
        for slot, part in self.parts(p).items():
            result[slot] = (part * self.references[slot]).astype(base[slot].dtype)
        return result

    def gradient(self, g: Mapping[str, np.ndarray]) -> np.ndarray:
        """Transpose of `model`: dE/dp from dE/dm {slot: (ny, nx)}."""
        return np.concatenate([(g[s] * self.references[s]).ravel() for s in self.slots])

    def join(self, parts: Mapping[str, np.ndarray]) -> np.ndarray:
        """The inverse of `parts`."""
        return np.concatenate([np.asarray(parts[s], np.float64).ravel() for s in self.slots])

    def repeat(self, weight: np.ndarray) -> np.ndarray:
        """A weight per node (ny, nx) as a weight per component of p."""
        return np.tile(weight.ravel(), len(self.slots))

    def parts(self, p: np.ndarray) -> dict[str, np.ndarray]:
        """The components of p by slot, each (ny, nx)."""
        pieces = np.split(p, len(self.slots))
        return {slot: piece.reshape(self.shape) for slot, piece in zip(self.slots, pieces, strict=True)}
