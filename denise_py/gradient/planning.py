"""Which way of keeping the forward field is the cheapest that fits into memory.

In the order of time that a gradient takes: the kept steps as they are, compressed, with checkpoints, with
checkpoints and compressed. The number of segments between checkpoints is the smallest that fits, so that as
little of the run as possible is made twice, or, where little memory is what is asked for, the one that needs
least: about sqrt(kept steps times size of a step / size of a state).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil

from denise_py.gradient.ending import tail_for
from denise_py.gradient.storage import Layout, Needs

#: time of a gradient without any of this, in forward runs, and what compressing adds per kept step, in steps;
#: measured, see docs/performance.md
GRADIENT_TIME, COMPRESSION_TIME = 2.2, 0.7
#: largest relative error (L2) that compression has shown in a gradient, see docs/performance.md
COMPRESSION_ERROR = 1e-4
#: how much oftener than necessary a field is sampled where DTINV is left to the program: the first of these
#: with which no more than this part of the run is made beyond its end
MARGINS, TAIL = (1.3, 1.4, 1.5), 0.05
MARGIN = MARGINS[-1]


@dataclass(frozen=True)
class Choice:
    """A layout for one shot of a process; size: bytes of the store; repeated: part of the forward run that is
    made twice; slower: additional time of a gradient, relative to keeping the same steps as they are."""

    layout: Layout
    size: int
    repeated: float

    @property
    def slower(self) -> float:
        """Expected."""
        packing = COMPRESSION_TIME / self.layout.every if self.layout.compressed else 0.0
        return (self.repeated + packing) / GRADIENT_TIME


class NoRoom(Exception):
    """Nothing of what is allowed fits; best: what would need least."""

    def __init__(self, best: Choice) -> None:
        super().__init__(f"needs {best.size} bytes")
        self.best = best


def choose(mode: str, layout: Layout, needs: Needs, room: float) -> Choice:
    """The fastest choice that needs at most `room` bytes. layout: with the kept steps, points and fields.

    mode: auto, full, decimated (both: as it is), half (compressed) or checkpoint (as small as possible).
    Raises NoRoom.
    """
    plain, packed = replace(layout, compressed=False), replace(layout, compressed=True)
    if mode in ("full", "decimated"):
        options = [cost(plain, needs)]
    elif mode == "half":
        options = [cost(packed, needs)]
    elif mode == "checkpoint":
        options = [_smallest(plain, needs)]
    else:
        options = [cost(plain, needs), cost(packed, needs)]
        options += [*_cut(plain, needs), *_cut(packed, needs)]
    for option in options:
        if option.size <= room:
            return option
    raise NoRoom(min(options, key=lambda one: one.size))


def every_for(highest: float, dt: float, nt: int) -> int:
    """Distance of kept steps for fields with frequencies up to `highest` Hz: the products of two of them
    reach twice that frequency, and their mean is exact if they are sampled oftener; floor(1 / (2 m f dt)), m
    from MARGINS."""
    if highest <= 0:
        return 1
    options = [max(1, min(int(1 / (margin * 2 * highest * dt)), nt - 1)) for margin in MARGINS]
    short = (every for every in options if tail_for(highest, dt, every) <= TAIL * nt)
    return next(short, options[-1])


def coarsest(highest: float, dt: float) -> float:
    """The largest distance of kept steps at which those products are sampled often enough."""
    return 1 / (2 * highest * dt) if highest > 0 else float("inf")


def cost(layout: Layout, needs: Needs) -> Choice:
    """A layout with the memory and the time that it takes."""
    segments = layout.segments(needs.nt)
    return Choice(layout, layout.bytes_needed(needs), segments[-1][0] / needs.nt)


def _cut(layout: Layout, needs: Needs) -> Iterator[Choice]:
    """With more and more segments, while that saves memory or might."""
    slots, last = layout.slots(needs.nt), 0
    for count in range(2, slots + 1):
        length = ceil(slots / count)
        if length != last:
            last = length
            yield cost(replace(layout, segment=length), needs)


def _smallest(layout: Layout, needs: Needs) -> Choice:
    return min((cost(layout, needs), *_cut(layout, needs)), key=lambda one: one.size)
