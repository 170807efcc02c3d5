"""Values of wavefield snapshots: from the fields of a block to what is written of them, (ny, nx).

    p = -(sxx + syy) or -p,  div = dx- vx + dy- vy,  rot = dy+ vx - dx+ vy

with the plain staggered operators, times dh; the files want div and rot times a scale, see Simulator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Inside:
    """The own points of a block in its field arrays: `half` points of halo on every side.

    weights: of the staggered operator, M = half of them at most.
    """

    half: int
    weights: tuple[float, ...]

    def own(self, field: np.ndarray, down: int = 0, right: int = 0) -> np.ndarray:
        """The own points (ny, nx), or what lies `down` rows and `right` columns from them."""
        rows, columns = (
            slice(self.half + shift, size - self.half + shift)
            for size, shift in zip(field.shape, (down, right), strict=True)
        )
        return field[rows, columns]

    def dx(self, field: np.ndarray, forward: bool) -> np.ndarray:
        """Derivative along x at the own points times dh, half a cell right of (or left of) the field."""
        pairs = (
            self.own(field, right=ahead) - self.own(field, right=behind)
            for ahead, behind in _distances(len(self.weights), forward)
        )
        return sum(weight * pair for weight, pair in zip(self.weights, pairs, strict=True))

    def dy(self, field: np.ndarray, forward: bool) -> np.ndarray:
        """The same along y, half a cell below (or above)."""
        pairs = (
            self.own(field, down=ahead) - self.own(field, down=behind)
            for ahead, behind in _distances(len(self.weights), forward)
        )
        return sum(weight * pair for weight, pair in zip(self.weights, pairs, strict=True))


def _distances(count: int, forward: bool) -> list[tuple[int, int]]:
    return [(m + 1, -m) if forward else (m, -m - 1) for m in range(count)]


def _pressure(fields: Any, inside: Inside) -> np.ndarray:
    if hasattr(fields, "sxx"):
        return -(inside.own(fields.sxx) + inside.own(fields.syy))
    return -inside.own(fields.p)


def _divergence(fields: Any, inside: Inside) -> np.ndarray:
    return inside.dx(fields.vx, forward=False) + inside.dy(fields.vy, forward=False)


def _rotation(fields: Any, inside: Inside) -> np.ndarray:
    return inside.dy(fields.vx, forward=True) - inside.dx(fields.vy, forward=True)


#: component -> its values (ny, nx) at the own points of a block, from the fields of a time step
FIELDS: Mapping[str, Callable[[Any, Inside], np.ndarray]] = MappingProxyType(
    {
        "vx": lambda fields, inside: inside.own(fields.vx),
        "vy": lambda fields, inside: inside.own(fields.vy),
        "vz": lambda fields, inside: inside.own(fields.vz),
        "p": _pressure,
        "div": _divergence,
        "rot": _rotation,
    }
)


def has_component(fields: Any, component: str) -> bool:
    """Whether fields can supply a component: vz is that of SH waves, all others need vx."""
    return hasattr(fields, "vz" if component == "vz" else "vx")
