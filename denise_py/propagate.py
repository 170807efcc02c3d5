"""The one time loop: step, inject, exchange, record; forward and transposed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from denise_py.errors import StabilityError
from denise_py.fd.compile import EntryPoints
from denise_py.fd.containers import (
    LANES,
    Box,
    Strip,
    Strips,
    aligned_zeros,
    padded_columns,
    whole_band,
    whole_vectors,
)
from denise_py.fd.cpml import LayerParameters, Profile, axis_profile
from denise_py.fd.schedule import plan
from denise_py.fd.surface import edge, no_edge
from denise_py.fd.weights import Stencil
from denise_py.grid import Grid, TimeAxis
from denise_py.medium.model import Medium
from denise_py.parallel.domain import Subdomain
from denise_py.parallel.halo import HaloExchange
from denise_py.parallel.threads import Abandoned
from denise_py.physics.base import Physics

#: (take, steps): take(n) is called after each of these steps, counted from 1
Snapshots = tuple[Callable[[int], None], frozenset[int]]

#: steps between two looks at the fields for a blow-up, on all blocks at once
CHECK_EVERY = 100
#: a field value that no simulation with finite sources reaches before it overflows
LARGEST_VALUE = 1e30


@dataclass(frozen=True)
class Scheme:
    """Numerics of a simulation: operator, absorbing layer, free surface on top, periodic sides, float."""

    stencil: Stencil
    layer: LayerParameters
    surface: bool
    periodic: bool
    dtype: Any = np.float32
    #: one-sided operators at the free surface instead of images (order 4 only)
    one_sided: bool = False

    def profiles(self, grid: Grid, dt: float) -> tuple[Profile, Profile]:
        """Profiles of the x and the y axis."""
        sides = not self.periodic
        return (
            axis_profile(grid.nx, grid.dh, dt, self.layer, sides, sides, clip=True),
            axis_profile(grid.ny, grid.dh, dt, self.layer, not self.surface, True, clip=False),
        )


class StepTimes:
    """Wall time of a simulation in seconds. steps: their number; total: all of the time loop; parts: updates
    and exchange of both halves of the steps, and writing of snapshots. The parts of the steps are nan when
    the block has no neighbours: then many steps run in one call."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self.steps = 0
        self.total = 0.0
        self.parts = dict.fromkeys(("velocity", "velocity_exchange", "stress", "stress_exchange"), 0.0)
        self.parts["snapshots"] = 0.0
        self._begun = self._last = clock()

    def lap(self, part: str = "") -> None:
        """Since the last lap the part has been at work; without a part only the next lap begins."""
        now = self._clock()
        if part:
            self.parts[part] += now - self._last
        self._last = now

    def undivided(self) -> None:
        """Nobody can tell the halves of the steps apart."""
        self.parts = {"snapshots": self.parts["snapshots"]} | {
            part: math.nan for part in self.parts if part != "snapshots"
        }

    def end(self, steps: int) -> None:
        """That many steps are done."""
        self.steps, self.total = steps, self._clock() - self._begun

    def add(self, other: StepTimes) -> None:
        """Count another simulation in."""
        self.steps, self.total = self.steps + other.steps, self.total + other.total
        for part, seconds in other.parts.items():
            self.parts[part] += seconds


def total_times(parts: Iterable[StepTimes]) -> StepTimes:
    """Those of several simulations together."""
    total = StepTimes()
    for one in parts:
        total.add(one)
    return total


class Keeper(Protocol):
    """What keeps a forward run, see gradient.storage.

    every: distance of kept steps; segments: first step of each segment and the one behind its last;
    resident: number of the segment that is in memory; longest: most steps between two calls of writing or
    reading; energy: sum of squares of the velocities over the kept steps, (ny, nx).
    """

    every: int
    segments: Sequence[tuple[int, int]]
    resident: int
    longest: int
    energy: np.ndarray

    def counting(self) -> NamedTuple:
        """The physics' Store for steps that are not kept, or not yet."""

    def writing(self, first: int, last: int, again: bool = False) -> NamedTuple:
        """The physics' Store for forward steps first..last-1 of the resident segment; again: they have been
        done before."""

    def written(self, first: int, last: int) -> None:
        """These steps are done."""

    def reading(self, first: int, last: int) -> NamedTuple:
        """The physics' Store for transposed or linearised steps first..last-1 of the resident segment."""

    def save(self, number: int, state: Sequence[np.ndarray]) -> None:
        """Note the state at the begin of a segment, from 1, or with 0 that of another run."""

    def load(self, number: int, state: Sequence[np.ndarray]) -> None:
        """Bring it back into these arrays."""


class _Nothing:
    """Keeps nothing; see Keeper."""

    every, resident = 0, 0

    def __init__(self, arrays: NamedTuple, nt: int) -> None:
        self._arrays, self.energy = arrays, arrays.energy
        self.segments, self.longest = [(0, nt)], nt

    def writing(self, first: int, last: int, again: bool = False) -> NamedTuple:
        return self._arrays

    def reading(self, first: int, last: int) -> NamedTuple:
        return self._arrays

    def written(self, first: int, last: int) -> None:
        pass


class Propagator:
    """Simulates shots on one block of the grid, together with the other blocks of its group.

    Wavefields and layer memories are allocated once and reused for all shots. `fields` and `coefficients` are
    (ny + 2M, nx + 2M) each, views of longer rows that the kernels work on (see fd.containers).
    """

    def __init__(
        self, physics: Physics, grid: Grid, time: TimeAxis, scheme: Scheme, block: Subdomain, comm: Any
    ) -> None:
        self.physics, self.grid, self.time, self.scheme = physics, grid, time, scheme
        self.block, self.comm = block, comm
        self.half = half = scheme.stencil.half
        self.dtype = np.dtype(scheme.dtype)
        self._shape = (block.ny + 2 * half, padded_columns(block.nx, half))
        self._box = whole_band(block.ny, block.nx, half)
        self._weights = scheme.stencil.cast(self.dtype)
        self._surface = scheme.surface and block.at_top
        self._fields = physics.new_fields(self._shape, self.dtype, half)
        self.fields = self._without_padding(self._fields)
        profiles = scheme.profiles(grid, time.dt)
        self._strips = make_strips(block, profiles, scheme, False, self.dtype)
        self._transposed_strips: Strips | None = None
        self._make_transposed_strips = lambda: make_strips(block, profiles, scheme, True, self.dtype)
        self._exchange_velocity = self._exchange(physics.velocity_fields)
        self._exchange_stress = self._exchange(physics.stress_fields)
        #: whether each half of a step is a call of its own, as blocks with neighbours need it
        self.in_halves = self._exchange_velocity.needed or self._exchange_stress.needed
        self._code = EntryPoints()
        self._nothing = physics.store(0, 0, Box(*self._box[:4]), {}, np.zeros((0, 0), self.dtype))
        self._silence = physics.injection({}, np.zeros((time.nt, 0), self.dtype))
        #: what the forward run that filled a store injected
        self._injected = self._silence
        self.coefficients: NamedTuple | None = None
        #: of the last run
        self.times = StepTimes()
        #: asked from time to time whether to give up, which raises Abandoned
        self.give_up: Callable[[], bool] = lambda: False

    def _exchange(self, names: tuple[str, ...]) -> HaloExchange:
        return HaloExchange(self.comm, self.block, self.half, [getattr(self._fields, n) for n in names])

    def _without_padding(self, arrays: NamedTuple) -> NamedTuple:
        """Views of arrays without the padding of their rows; arrays of one dimension as they are."""
        end = self._box.x1 + self.half
        return type(arrays)(*(a if a.ndim == 1 else a[..., :end] for a in arrays))

    def set_medium(self, medium: Medium) -> None:
        """Use a medium, given on the whole grid, for the runs that follow."""
        courant = self.time.dt / self.grid.dh
        whole = self.physics.coefficients(medium, courant, self.scheme.surface)
        rows, columns = slice(self.block.y0, self.block.y1), slice(self.block.x0, self.block.x1)
        own = (slice(self._box.y0, self._box.y1), slice(self._box.x0, self._box.x1))
        local = []
        for array in whole:
            if array.ndim == 1:  # the same everywhere
                local.append(array.astype(self.dtype))
                continue
            padded = aligned_zeros(self._shape, self.dtype, self.half, len(self._fields) + len(local))
            padded[own] = array[rows, columns]
            local.append(padded)
        self._coefficients = type(whole)(*local)
        self.coefficients = self._without_padding(self._coefficients)
        size = sum(a.nbytes for a in (*self._fields, *self._coefficients))
        self._parts = plan(self._box, self.half, size // self._shape[0])

    def share_medium(self, other: Propagator) -> None:
        """Use the medium of another propagator of the same block, with its arrays, which nobody changes."""
        self._coefficients, self.coefficients = other._coefficients, other.coefficients
        self._parts = other._parts

    def state(self) -> list[np.ndarray]:
        """Everything that forward and linearised runs carry from step to step; fields and memories."""
        return [*self.fields, *(strip.psi for strip in self._strips[:4])]

    def forward(
        self,
        injection: NamedTuple,
        recording: NamedTuple,
        store: Keeper | None = None,
        snapshots: Snapshots | None = None,
    ) -> None:
        """Run all steps from rest; fills the recording and, if given, the store of increments.

        snapshots: (take, steps): take(n) is called after each of these steps (counted from 1) with the
        fields of that time in `fields`. A store may want steps beyond the end of the run; series of injection
        and recording must then be as long. Raises StabilityError within 100 steps of a blow-up, on all ranks.
        """
        self._rest(self._strips)
        times = self.times = StepTimes()
        store = store or _Nothing(self._nothing, self.time.nt)
        store.energy[:] = 0
        store.resident = len(store.segments) - 1
        self._injected, total = injection, store.segments[-1][1]
        due = snapshots[1] if snapshots else frozenset()
        for number, segment in enumerate(store.segments):
            kept = number == store.resident
            if number:
                store.save(number, self.state())
            for first, last in _pieces(*segment, store.longest, due):
                arrays = store.writing(first, last) if kept else store.counting()
                self._advance(first, last, injection, recording, arrays)
                if kept:
                    store.written(first, last)
                if last in due or _due_check(last, total):
                    self._check(last)
                if last in due:
                    times.lap()
                    snapshots[0](last)
                    times.lap("snapshots")
        times.end(total)

    def linearised(self, change: NamedTuple, recording: NamedTuple, store: Keeper) -> None:
        """Run all steps of the linearisation about the forward run that filled the store; fills the recording
        with the change of its traces, to first order.

        change: relative changes of the materials on the whole grid, see gradient.tangent. Where only every
        n-th step is kept it stands for n steps, so that `transposed`, weighted alike, stays its transpose.
        """
        self._rest(self._strips)
        times = self.times = StepTimes()
        own = (slice(self.block.y0, self.block.y1), slice(self.block.x0, self.block.x1))
        weighted = (np.ascontiguousarray(store.every * array[own], self.dtype) for array in change)
        local = self.physics.steps.Change(*weighted)
        for number, segment in enumerate(store.segments):
            self._make_again(store, number)
            for first, last in _pieces(*segment, store.longest):
                arrays = store.reading(first, last)
                self._advance_linearised(first, last, self._silence, recording, arrays, local)
                if _due_check(last, self.time.nt):
                    self._check(last)
        times.end(self.time.nt)

    def _advance_linearised(self, first: int, last: int, sources, recording, store, change) -> None:
        steps, *fixed = self._arguments(self._strips)
        surface, nothing = self._surface, self._nothing
        if not self.in_halves:
            run = first, last, *fixed, surface, sources, recording, store, nothing, change
            self._code.run(steps.linearised_steps, *run)
            return
        moving = *fixed, sources, store, nothing, change
        straining = *fixed, surface, sources, recording, store, nothing, change
        velocity = self._code.find(steps.linearised_velocity, first, *moving)
        stress = self._code.find(steps.linearised_stress, first, *straining)
        for n in range(first, last):
            velocity(n, *moving)
            self._exchange_velocity.run()
            stress(n, *straining)
            self._exchange_stress.run()

    def transposed(self, injection: NamedTuple, store: Keeper | None = None) -> NamedTuple:
        """Run all steps backward with adjoint sources; returns the correlations with the store (ny, nx),
        zeros without one."""
        if self._transposed_strips is None:
            self._transposed_strips = self._make_transposed_strips()
        strips = self._transposed_strips
        self._rest(strips)
        times = self.times = StepTimes()
        out = self.physics.new_correlation((self.block.ny, self.block.nx), self.dtype)
        steps = self.physics.steps
        store = store or _Nothing(self._nothing, self.time.nt)
        nt = store.segments[-1][1]
        begin = nt - 1, self._fields, self._coefficients, self._box, self._surface, injection
        self._code.run(steps.inject_stress, *begin)
        for number in reversed(range(len(store.segments))):
            self._make_again(store, number)
            for first, last in reversed(_pieces(*store.segments[number], store.longest)):
                self._retreat(last, first, injection, store.reading(first, last), out, strips)
                if _due_check(first, nt):
                    self._check(last)
        times.end(nt)
        return out

    def _make_again(self, store: Keeper, number: int) -> None:
        """Have a segment of the forward run in the store, in the middle of another run."""
        if store.resident == number:
            return
        state = self.state()
        store.save(0, state)
        if number:
            store.load(number, state)
        else:
            self._rest(self._strips)
        store.resident = number
        unheard = self.physics.recording({}, store.segments[-1][1], self.dtype)
        for first, last in _pieces(*store.segments[number], store.longest):
            arrays = store.writing(first, last, again=True)
            self._advance(first, last, self._injected, unheard, arrays)
            store.written(first, last)
        store.load(0, state)

    def _advance(self, first: int, last: int, injection, recording, store) -> None:
        steps, *fixed = self._arguments(self._strips)
        if not self.in_halves:
            run = first, last, *fixed, self._surface, injection, recording, store, self._parts
            self._code.run(steps.forward_steps, *run)
            self.times.undivided()
            return
        moving = *fixed, injection, store
        straining = *fixed, self._surface, injection, recording, store
        velocity = self._code.find(steps.forward_velocity, first, *moving)
        stress = self._code.find(steps.forward_stress, first, *straining)
        lap = self.times.lap
        lap()
        for n in range(first, last):
            velocity(n, *moving)
            lap("velocity")
            self._exchange_velocity.run()
            lap("velocity_exchange")
            stress(n, *straining)
            lap("stress")
            self._exchange_stress.run()
            lap("stress_exchange")

    def _retreat(self, last: int, first: int, injection, store, out, strips: Strips) -> None:
        steps, *fixed = self._arguments(strips)
        if not self.in_halves:
            run = last, first, *fixed, self._surface, injection, store, out, self._parts
            self._code.run(steps.transposed_steps, *run)
            self.times.undivided()
            return
        moving = *fixed, injection, store, out
        straining = *fixed, self._surface, injection
        velocity = self._code.find(steps.transposed_velocity, first, *moving)
        stress = self._code.find(steps.transposed_stress, first, *straining)
        lap = self.times.lap
        lap()
        for n in range(last - 1, first - 1, -1):
            self._exchange_stress.run()
            lap("stress_exchange")
            velocity(n, *moving)
            lap("velocity")
            self._exchange_velocity.run()
            lap("velocity_exchange")
            stress(n, *straining)
            lap("stress")

    def _arguments(self, strips: Strips):
        return self.physics.steps, self._fields, self._coefficients, self._box, strips, self._weights

    def _rest(self, strips: Strips) -> None:
        for field in self._fields:
            field[:] = 0
        for strip in strips[:4]:
            strip.psi[:] = 0
            strip.delta[:] = 0

    def _check(self, step: int) -> None:
        """Raise StabilityError on every rank of the group if any field of any block is not bounded."""
        if self.give_up():
            raise Abandoned
        largest = np.max([np.max(np.abs(getattr(self.fields, n))) for n in self.physics.velocity_fields])
        if self.comm.any(not largest < LARGEST_VALUE):
            raise StabilityError(
                f"the simulation became unstable before step {step} (t = {step * self.time.dt:.4g} s): "
                "check DT against the highest velocity, the model for outliers, and the amplitudes of the "
                "sources"
            )


def _due_check(steps: int, total: int) -> bool:
    """Whether to look for a blow-up when so many steps of all are done, or left of a transposed run."""
    return steps % CHECK_EVERY == 0 or steps == total


def _pieces(begin: int, end: int, longest: int, due: Collection[int] = ()) -> list[tuple[int, int]]:
    """Steps begin..end-1 cut into runs of at most `longest` steps that end at every CHECK_EVERY-th step and
    at those that are due, counted from 1."""
    ends = {end, *range(begin - begin % CHECK_EVERY + CHECK_EVERY, end, CHECK_EVERY)}
    pieces, first = [], begin
    for last in sorted(ends.union(step for step in due if begin < step < end)):
        pieces += [(low, min(low + longest, last)) for low in range(first, last, longest)]
        first = last
    return pieces


def make_strips(
    block: Subdomain, profiles: tuple[Profile, Profile], scheme: Scheme, transposed: bool, dtype: np.dtype
) -> Strips:
    """The absorbing layers of a block, with their memory.

    A transposed run takes derivatives of what the layer has scaled; its strips therefore also cover the
    halo, where every block repeats its neighbour's recursion instead of exchanging it.
    """
    width, half = scheme.layer.width, scheme.stencil.half
    reach = half if transposed else 0
    x, y = profiles
    nx, ny = block.grid_nx, block.grid_ny
    rows, columns = block.ny + 2 * half, padded_columns(block.nx, half)
    sides = 0 if scheme.periodic else width
    top = 0 if scheme.surface else width

    def along_x(low: int, high: int) -> Strip:
        start, stop = _own_part(low, high, block.x0, block.x1, reach)
        first, last = _in_vectors(start, stop, block.nx)
        values = _values(x, start + block.x0, stop + block.x0, start - first, last - stop, dtype)
        psi = aligned_zeros((4, rows, last - first), dtype)
        wide = (4, rows, last - first + 2 * whole_vectors(2 * half + LANES))
        delta = aligned_zeros(wide if transposed else (4, 0, 0), dtype)
        return Strip(first + half, last + half, values, psi, delta)

    def along_y(low: int, high: int) -> Strip:
        start, stop = _own_part(low, high, block.y0, block.y1, reach)
        values = _values(y, start + block.y0, stop + block.y0, 0, 0, dtype)
        psi = aligned_zeros((4, stop - start, columns), dtype, half)
        wide = (4, stop - start + 4 * half, columns)
        delta = aligned_zeros(wide if transposed else (4, 0, 0), dtype, half)
        return Strip(start + half, stop + half, values, psi, delta)

    return Strips(
        left=along_x(0, sides),
        right=along_x(nx - sides, nx),
        top=along_y(0, top),
        bottom=along_y(ny - width, ny),
        edge=edge(transposed, dtype) if scheme.one_sided and block.at_top else no_edge(dtype),
    )


def numbers_in_run(physics: Physics, block: Subdomain, width: int, half: int) -> tuple[int, int]:
    """How many numbers a propagator of a block has that runs forward and backward, with layers on all four
    sides: of its own, and those of the medium, which several propagators may share."""
    padded = (block.ny + 2 * half) * padded_columns(block.nx, half)
    layers = sum(numbers_in_layers(block, width, half, backward) for backward in (False, True))
    fields, materials = physics.arrays_of_state(), len(physics.steps.Coefficients._fields)
    return fields * padded + layers, materials * padded


def numbers_in_layers(block: Subdomain, width: int, half: int, transposed: bool = False) -> int:
    """How many numbers the absorbing layers of a block have that change in a run, with layers on all four
    sides, see make_strips."""
    columns = rows = 0
    reach = half if transposed else 0
    for low, high in ((0, width), (block.grid_nx - width, block.grid_nx)):
        first, last = _in_vectors(*_own_part(low, high, block.x0, block.x1, reach), block.nx)
        wide = last - first + 2 * whole_vectors(2 * half + LANES)
        columns += last - first + (wide if transposed else 0)
    for low, high in ((0, width), (block.grid_ny - width, block.grid_ny)):
        start, stop = _own_part(low, high, block.y0, block.y1, reach)
        rows += stop - start + (stop - start + 4 * half if transposed else 0)
    return 4 * (columns * (block.ny + 2 * half) + rows * padded_columns(block.nx, half))


def _own_part(low: int, high: int, own_low: int, own_high: int, reach: int) -> tuple[int, int]:
    """The part of low..high-1 that a block has, counted from its first own point."""
    start = max(low, own_low - reach)
    return start - own_low, max(start, min(high, own_high + reach)) - own_low


def _in_vectors(start: int, stop: int, columns: int) -> tuple[int, int]:
    """A range of a block's columns rounded to whole vectors, as far as these are swept."""
    if start == stop:
        return start, stop
    first = start // LANES * LANES if start >= 0 else start
    return first, max(stop, min(whole_vectors(stop), whole_vectors(columns)))


def _values(profile: Profile, start: int, stop: int, before: int, after: int, dtype: np.dtype) -> np.ndarray:
    """The six rows of a strip's profile, with zeros before and after."""
    values = np.concatenate([profile.half[:, start:stop], profile.full[:, start:stop]])
    whole = aligned_zeros((6, before + stop - start + after), dtype)
    whole[:, before : before + stop - start] = values
    return whole
