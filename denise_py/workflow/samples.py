"""What an iteration simulates instead of all shots: batches of shots that take turns.

A draw depends on the seed, the stage and its own number alone, not on processes. In a cycle of draws every
shot occurs once. Batches of a cycle differ in size by one shot at most, and drawn at random, each of them is
a random subset of all shots: with N shots in all, N / n times the sum over a batch of n has the sum over all
shots as its expectation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from denise_py.parameters.models import BatchSettings
from denise_py.workflow.geometry import Shot

SPREAD = 2  # way to choose the shots of a batch
SHOWN = 12  # shots that are listed in a line of the log


@dataclass(frozen=True)
class Sample:
    """shots: numbers of those that take part, ascending; scale: what a sum over them is multiplied by to
    stand for all shots."""

    shots: tuple[int, ...]
    scale: float

    @property
    def numbers(self) -> tuple[int, ...]:
        """Numbers of the simulations."""
        return self.shots

    def describe(self) -> str:
        """A few words for the log."""
        listed = ", ".join(str(number) for number in self.shots[:SHOWN])
        return f"shots {listed}" + (", ..." if len(self.shots) > SHOWN else "")


class Samples:
    """The samples of a run, one for each iteration."""

    def __init__(self, shots: Sequence[Shot], chosen: BatchSettings) -> None:
        """shots: all of the run, numbered from 1."""
        self._chosen, self._size = chosen, len(shots)
        self._in_line = in_line(shots)
        #: number of draws in which every shot occurs once
        self.cycle = -(-len(shots) // chosen.shots)

    @classmethod
    def of(cls, shots: Sequence[Shot], chosen: BatchSettings) -> Samples | None:
        """What the settings ask for, None if every iteration sees all shots."""
        return cls(shots, chosen) if 0 < chosen.shots < len(shots) else None

    def draw(self, stage: int, number: int) -> Sample:
        """A sample of a stage (from 1), numbered from 0 in it."""
        cycle, place = divmod(number, self.cycle)
        # a number of the purpose at the end: other random numbers of a cycle must not repeat these
        random = np.random.default_rng((self._chosen.seed, stage, cycle, 0))
        if self._chosen.choice == SPREAD:
            offset = random.permutation(self.cycle)[place]
            mine = self._in_line[offset :: self.cycle]
        else:
            mine = np.array_split(random.permutation(np.arange(1, self._size + 1)), self.cycle)[place]
        return Sample(tuple(sorted(int(n) for n in mine)), self._size / len(mine))


def in_line(shots: Sequence[Shot]) -> tuple[int, ...]:
    """Numbers of the shots from one end to the other: along the axis along which they extend farther."""
    places = np.array([shot.position for shot in shots])
    extent = places.max(axis=0) - places.min(axis=0)
    axes = (0, 1) if extent[0] >= extent[1] else (1, 0)
    ordered = sorted(shots, key=lambda shot: (*(shot.position[axis] for axis in axes), shot.number))
    return tuple(shot.number for shot in ordered)
