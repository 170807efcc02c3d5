"""What iterations simulate instead of all shots: batches of them that take turns, or sums of them.

A draw depends on the seed, the stage and its own number alone, not on processes. In a cycle of draws every
shot occurs once. Batches of a cycle differ in size by one shot at most, and drawn at random, each of them is
a random subset of all shots: with N shots in all, N / n times the sum over a batch of n has the sum over all
shots as its expectation.

Shots that are joined to one simulation (see encoding) have random signs, so that products of two different
shots have the expectation zero: that of the squared residuals of the sum is the sum of those of the shots.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from denise_py.parameters.models import BatchSettings
from denise_py.workflow.encoding import Code
from denise_py.workflow.geometry import Shot

SPREAD = 2  # way to choose the shots of a batch
SHOWN = 12  # shots that are listed in a line of the log
FAILED_CODES = 5  # searches in succession that must fail to end a stage when shots are joined
BATCHES, CODES = 0, 1  # different purposes draw different random numbers


@dataclass(frozen=True)
class Sample:
    """shots: numbers of those that take part, ascending; scale: what a sum over them is multiplied by to
    stand for all shots; joined: the codes of all simulations, if these are sums of shots."""

    shots: tuple[int, ...]
    scale: float
    joined: tuple[tuple[Code, ...], ...] = ()

    @property
    def numbers(self) -> tuple[int, ...]:
        """Numbers of the simulations: those of the shots, or from 1."""
        return tuple(range(1, len(self.joined) + 1)) if self.joined else self.shots

    def describe(self) -> str:
        """A few words for the log."""
        if self.joined:
            return f"{len(self.shots)} shots in {len(self.joined)} simulation" + "s" * (len(self.joined) > 1)
        listed = ", ".join(str(number) for number in self.shots[:SHOWN])
        return f"shots {listed}" + (", ..." if len(self.shots) > SHOWN else "")


@dataclass(frozen=True)
class Turn:
    """Which sample of a stage it is the turn of, from 0, and for how many iterations it has been; each stays
    for `keep` iterations, or until a search fails."""

    keep: int
    number: int = 0
    iterations: int = 0

    def after(self, accepted: bool) -> Turn:
        """That of the next iteration."""
        if accepted and self.iterations + 1 < self.keep:
            return replace(self, iterations=self.iterations + 1)
        return Turn(self.keep, self.number + 1)


class Samples:
    """The samples of a run, one after the other."""

    def __init__(self, shots: Sequence[Shot], chosen: BatchSettings, dt: float = 1.0) -> None:
        """shots: all of the run, numbered from 1; dt: sampling interval in s."""
        self._chosen, self._size = chosen, len(shots)
        self._in_line = in_line(shots)
        self._longest = round(chosen.shift / dt)
        #: number of draws in which every shot occurs once
        self.cycle = 1 if chosen.joined else -(-len(shots) // chosen.shots)
        #: most simulations of a sample
        self.simulations = chosen.joined or chosen.shots
        #: number of samples in succession whose searches must fail to end a stage
        self.patience = FAILED_CODES if chosen.joined else self.cycle

    @classmethod
    def of(cls, shots: Sequence[Shot], chosen: BatchSettings, dt: float = 1.0) -> Samples | None:
        """What the settings ask for, None if every iteration sees all shots."""
        return cls(shots, chosen, dt) if chosen.joined or 0 < chosen.shots < len(shots) else None

    def draw(self, stage: int, number: int) -> Sample:
        """A sample of a stage (from 1), numbered from 0 in it."""
        return self._joined(stage, number) if self._chosen.joined else self._batch(stage, number)

    def _joined(self, stage: int, number: int) -> Sample:
        """All shots, dealt at random to the simulations, with random signs and delays."""
        random = np.random.default_rng((self._chosen.seed, stage, number, CODES))
        order = random.permutation(np.arange(1, self._size + 1))
        signs = random.choice((-1, 1), self._size)
        delays = random.integers(0, self._longest + 1, self._size)
        simulations = tuple(
            tuple(Code(int(n), int(signs[n - 1]), int(delays[n - 1])) for n in sorted(part))
            for part in np.array_split(order, self._chosen.joined)
        )
        return Sample(tuple(range(1, self._size + 1)), 1.0, simulations)

    def _batch(self, stage: int, number: int) -> Sample:
        cycle, place = divmod(number, self.cycle)
        random = np.random.default_rng((self._chosen.seed, stage, cycle, BATCHES))
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
