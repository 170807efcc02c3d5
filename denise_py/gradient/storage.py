"""How the forward field is kept for the gradient: which steps, which points, which fields, in which form.

Three ways to need less memory, which go together:

- compression: 16 bits per number with one exponent for 64 neighbouring points (fd.pointwise.compress), an
  error of at most 2^-15 of the largest of them;
- checkpoints: only one segment of the run is kept at a time. The whole state of the run is saved at the begin
  of each segment, and the transposed run makes the segments again, last one first (Griewank & Walther 2000,
  ACM Trans. Math. Softw. 26, 19, with two levels). The result is the same bit by bit;
- points and fields of which a gradient is asked for, and no others.

All memory is taken once and used again for every shot (touching fresh memory costs more than a forward run).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

import numpy as np

from denise_py.fd.compile import EntryPoints
from denise_py.fd.containers import Box
from denise_py.fd.pointwise import SHARED, compress, compression, expand
from denise_py.parallel.domain import Subdomain
from denise_py.physics.base import Physics
from denise_py.propagate import Propagator, numbers_in_layers

#: derivatives that a physics may be asked for
EVERYTHING = frozenset({"lam", "mu", "rho", "taup", "taus"})
#: bytes of numbers at full length between which compressed ones are exchanged, at most, if not one step's
STAGE = 2**23
#: where arrays begin, in bytes
ALIGNMENT = 64


@dataclass(frozen=True)
class Region:
    """Rows y0..y1-1 and columns x0..x1-1 of the grid, counted from 0."""

    y0: int
    y1: int
    x0: int
    x1: int

    @classmethod
    def around(cls, wanted: np.ndarray, rows: tuple[int, int] = (1, 0)) -> Region:
        """Where fields are needed for the gradient at nodes `wanted` (ny, nx): a rectangle around them, one
        column more on the left and so many rows more above and below, since materials are averaged (see
        Physics.gradient_rows). The first and the last row or column are neighbours (see medium.staggering);
        a rectangle that would go beyond one of them has all rows or columns."""
        return cls(*_needed(np.any(wanted, axis=1), *rows), *_needed(np.any(wanted, axis=0), 1, 0))

    def of_block(self, block: Subdomain) -> Region:
        """The part inside a block, in rows and columns of the block."""
        y0, x0 = (max(low - first, 0) for low, first in ((self.y0, block.y0), (self.x0, block.x0)))
        y1, x1 = min(self.y1, block.y1) - block.y0, min(self.x1, block.x1) - block.x0
        return Region(y0, max(y0, y1), x0, max(x0, x1))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.y1 - self.y0, self.x1 - self.x0


@dataclass(frozen=True)
class Layout:
    """How a forward field is kept: every `every`-th step; `segment` of these at a time, 0: all; compressed or
    not; for which derivatives (names of EVERYTHING); in which part of the grid, None: everywhere; tail: steps
    that are made beyond the end of the run, see gradient.ending."""

    every: int = 1
    segment: int = 0
    compressed: bool = False
    wanted: frozenset[str] = EVERYTHING
    region: Region | None = None
    tail: int = 0

    def slots(self, nt: int) -> int:
        """How many of nt steps are kept."""
        return ceil(nt / self.every)

    def at_once(self, nt: int) -> int:
        """How many of them are in memory at a time."""
        return min(self.segment or self.slots(nt), self.slots(nt))

    def segments(self, nt: int) -> list[tuple[int, int]]:
        """First step of each segment and the one behind its last, in their order."""
        length = self.at_once(nt) * self.every
        return [(first, min(first + length, nt)) for first in range(0, nt, length)]

    def box(self, block: Subdomain) -> Region:
        """The points of a block that are kept."""
        return Region(0, block.ny, 0, block.nx) if self.region is None else self.region.of_block(block)

    def bytes_needed(self, needs: Needs) -> int:
        """Memory of a store."""
        kept = self.at_once(needs.nt)
        size = needs.stage_bytes(self) + needs.packed * kept if self.compressed else needs.step * kept
        checkpoints = len(self.segments(needs.nt)) - 1
        # one more state: that of the transposed run, while a segment is made again
        return size + (checkpoints + 1 if checkpoints else 0) * needs.state


@dataclass(frozen=True)
class Needs:
    """What has to be kept, in bytes: of a step at full length and compressed, and the whole state of a run;
    nt: number of steps, those beyond the end included."""

    step: int
    packed: int
    state: int
    nt: int

    def stage_bytes(self, layout: Layout) -> int:
        """Size of the numbers at full length that a compressed store works on."""
        return self.step * stage_slots(layout, self.step, self.nt)

    @classmethod
    def of_blocks(
        cls,
        physics: Iterable[Physics],
        layout: Layout,
        blocks: Sequence[Subdomain],
        nt: int,
        half: int,
        width: int,
        itemsize: int = 4,
    ) -> Needs:
        """Of the block that needs most; half: halo points per side, width: of the absorbing layers."""
        steps, packs, states = [0], [0], [0]
        for block in blocks:
            shape, step, pack, state = layout.box(block).shape, 0, 0, 0
            padded = (block.ny + 2 * half) * (block.nx + 2 * half)
            strips = numbers_in_layers(block, width, half)
            for one in physics:
                count = len(fields_kept(one, layout.wanted))
                step += count * shape[0] * shape[1] * itemsize
                pack += count * (2 * shape[0] * shape[1] + shape[0] * ceil(shape[1] / SHARED) * itemsize)
                state += (one.arrays_of_state() * padded + strips) * itemsize
            steps.append(step)
            packs.append(pack)
            states.append(state)
        return cls(max(steps), max(packs), max(states), nt)


def _needed(wanted: np.ndarray, before: int, after: int) -> tuple[int, int]:
    """First of the points along an axis that the wanted ones need, and the one behind the last."""
    found = np.flatnonzero(wanted)
    if not found.size:
        return 0, 0
    low, high = int(found[0]) - before, int(found[-1]) + 1 + after
    return (low, high) if low >= 0 and high <= wanted.size else (0, wanted.size)


def fields_kept(physics: Physics, wanted: Iterable[str]) -> tuple[str, ...]:
    """Names of the arrays that some derivatives need, each once."""
    return tuple(dict.fromkeys(name for one in sorted(wanted) for name in physics.kept_for.get(one, ())))


def stage_slots(layout: Layout, step: int, nt: int) -> int:
    """Kept steps at full length that a compressed store holds; step: bytes of one."""
    return max(1, min(STAGE // max(step, 1), layout.at_once(nt), ceil(100 / layout.every)))


class Arena:
    """Memory that is used again; it grows when more is asked for."""

    def __init__(self) -> None:
        self._memory = np.empty(0, np.uint8)

    def lend(self, wanted: Sequence[tuple[tuple[int, ...], np.dtype]]) -> list[np.ndarray]:
        """Arrays of these shapes and types, contents arbitrary; those lent before must not be used again."""
        sizes = [int(np.prod(shape, dtype=np.int64)) * np.dtype(kind).itemsize for shape, kind in wanted]
        starts = np.cumsum([0, *(-(-size // ALIGNMENT) * ALIGNMENT for size in sizes)])
        needed = int(starts[-1]) + ALIGNMENT
        if needed > self._memory.size:
            self._memory = np.empty(0, np.uint8)  # the old one goes before the new one comes
            self._memory = np.empty(needed, np.uint8)
        aligned = self._memory[-self._memory.ctypes.data % ALIGNMENT :]
        return [
            aligned[start : start + size].view(kind).reshape(shape)
            for start, size, (shape, kind) in zip(starts, sizes, wanted, strict=False)
        ]


class ForwardStore:
    """What a forward run keeps on its block for the transposed and the linearised run; see
    propagate.Keeper, by which the time loop knows it."""

    def __init__(self, run: Propagator, layout: Layout, arena: Arena | None = None) -> None:
        """run: whose fields are kept; arena: where the memory comes from, by default new."""
        nt, dtype, block = run.time.nt + layout.tail, run.dtype, run.block
        self.layout, self.every, self._physics = layout, layout.every, run.physics
        #: first step of each segment and the one behind its last; number of the one in memory
        self.segments = layout.segments(nt)
        self.resident = len(self.segments) - 1
        region = layout.box(block)
        self._box = Box(*(run.half + edge for edge in (region.y0, region.y1, region.x0, region.x1)))
        self.energy = np.zeros((block.ny, block.nx), dtype)
        self._unsummed = np.zeros((0, 0), dtype)
        self._rule, self._bits = compression(dtype), np.dtype(f"i{dtype.itemsize}")
        self._code = EntryPoints()
        slots, names = layout.at_once(nt), fields_kept(run.physics, layout.wanted)
        full = slots
        if layout.compressed:
            step = len(names) * region.shape[0] * region.shape[1] * dtype.itemsize
            full = stage_slots(layout, step, nt)
        #: most steps between `writing` and `written`
        self.longest = full * layout.every if layout.compressed else nt
        values = [((full, *region.shape), dtype)] * len(names)
        packed: list[tuple[tuple[int, ...], np.dtype]] = []
        if layout.compressed:
            units = slots, region.shape[0], ceil(region.shape[1] / SHARED)
            packed = [((slots, *region.shape), np.dtype(np.int16)), (units, dtype)] * len(names)
        saved = len(self.segments) if len(self.segments) > 1 else 0
        state = [(array.shape, array.dtype) for array in run.state()]
        lent = (arena or Arena()).lend([*values, *packed, *state * saved])
        self._kept = dict(zip(names, lent, strict=False))
        rest = lent[len(values) :]
        pairs = zip(rest[: len(packed) : 2], rest[1 : len(packed) : 2], strict=True)
        self._packed = dict(zip(names, pairs, strict=False))
        rest = rest[len(packed) :]
        self._states = [rest[k * len(state) : (k + 1) * len(state)] for k in range(saved)]

    @property
    def arrays(self) -> NamedTuple:
        """All kept steps of the segment in memory, for stores without compression."""
        return self._tuple(self._slot(self.segments[self.resident][0]), self._kept, self.energy)

    def clear(self) -> None:
        """Forget what is kept: all zeros at full length."""
        for array in self._kept.values():
            array[:] = 0

    # ---------------------------------------------------------------------------------- for the time loop

    def counting(self) -> NamedTuple:
        """For steps of which only the energy is needed."""
        return self._tuple(0, {}, self.energy)

    def writing(self, first: int, last: int, again: bool = False) -> NamedTuple:
        """For the forward steps first..last-1 of the segment in memory; again: their energies are known."""
        energy = self._unsummed if again else self.energy
        return self._tuple(self._origin(first), self._kept, energy)

    def written(self, first: int, last: int) -> None:
        """The steps first..last-1 are done."""
        for values, packed, unit in self._stages(first, last):
            self._code.run(compress, packed, unit, values, values.view(self._bits), self._rule)

    def reading(self, first: int, last: int) -> NamedTuple:
        """For the transposed or linearised steps first..last-1 of the segment in memory."""
        for values, packed, unit in self._stages(first, last):
            self._code.run(expand, values, packed, unit)
        return self._tuple(self._origin(first), self._kept, self._unsummed)

    def save(self, number: int, state: Sequence[np.ndarray]) -> None:
        """Note the state at the begin of a segment, from 1; 0 is free for that of another run."""
        for kept, array in zip(self._states[number], state, strict=True):
            np.copyto(kept, array)

    def load(self, number: int, state: Sequence[np.ndarray]) -> None:
        """Bring it back."""
        for kept, array in zip(self._states[number], state, strict=True):
            np.copyto(array, kept)

    # --------------------------------------------------------------------------------------------- parts

    def _tuple(self, first: int, arrays: Mapping[str, np.ndarray], energy: np.ndarray) -> NamedTuple:
        return self._physics.store(self.every, first, self._box, arrays, energy)

    def _slot(self, step: int) -> int:
        """Number of the first kept step from a step on."""
        return -(-step // self.every)

    def _origin(self, first: int) -> int:
        """Number of the kept step that comes first in the arrays at full length."""
        return self._slot(first if self._packed else self.segments[self.resident][0])

    def _stages(self, first: int, last: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """The kept steps of first..last-1 at full length and compressed, field by field."""
        origin = self._slot(self.segments[self.resident][0])
        begin, end = self._slot(first), self._slot(last)
        for name, (packed, unit) in self._packed.items():
            part = slice(begin - origin, end - origin)
            yield self._kept[name][: end - begin], packed[part], unit[part]
