"""Model files: <INV_MODELFILE>_vp.bin after every iteration, <INV_MODELFILE>_vp_it<k>.bin when asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from denise_py.medium.model_io import write_grid_file


@dataclass(frozen=True)
class ModelFiles:
    """Where and how often models are written. prefix: path without endings; first, every: iterations of the
    numbered copies (every = 0: only the first); every_x, every_y: decimation in nodes."""

    prefix: str
    first: int
    every: int
    every_x: int = 1
    every_y: int = 1

    def is_due(self, iteration: int) -> bool:
        """Whether the numbered copy of an iteration is written."""
        return is_due(iteration, self.first, self.every)

    def write(self, model: Mapping[str, np.ndarray], iteration: int) -> list[str]:
        """Write model {slot: (ny, nx)} after an iteration; returns the paths written."""
        suffixes = [""] + ([f"_it{iteration}"] if self.is_due(iteration) else [])
        written = []
        for name, array in model.items():
            for suffix in suffixes:
                path = f"{self.prefix}_{name}{suffix}.bin"
                write_grid_file(path, array, self.every_x, self.every_y)
                written.append(path)
        return written


def is_due(iteration: int, first: int, every: int) -> bool:
    """Whether an iteration is one of first, first + every, ... (every <= 0: only the first)."""
    if every <= 0:
        return iteration == first
    return iteration >= first and (iteration - first) % every == 0
