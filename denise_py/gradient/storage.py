"""How the forward field is kept for the gradient.

One strategy for now: the increments of every n-th step, in memory that is allocated once and used again
for every shot (touching fresh memory costs more than a forward run).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from denise_py.physics.base import Physics


class DecimatedStorage:
    """Keeps every `every`-th of nt steps on (ny, nx) points."""

    def __init__(
        self, physics: Physics, every: int, nt: int, shape: tuple[int, int], dtype: np.dtype
    ) -> None:
        self.every = every
        self.slots = (nt + every - 1) // every
        self._arrays = physics.new_store(every, self.slots, shape, dtype)

    @property
    def arrays(self) -> NamedTuple:
        """The store that a forward run fills and a transposed run reads."""
        return self._arrays

    @staticmethod
    def bytes_needed(fields: int, every: int, nt: int, shape: tuple[int, int], itemsize: int) -> int:
        """Memory of the store in bytes."""
        return fields * ((nt + every - 1) // every) * shape[0] * shape[1] * itemsize
