"""STORAGE, DTINV and MEMORY_LIMIT: how the forward wavefields of a stage are kept for its gradients."""

from __future__ import annotations

import platform
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from denise_py.errors import ResourceError
from denise_py.gradient.ending import tail_for
from denise_py.gradient.parameterization import LEVELS
from denise_py.gradient.planning import (
    COMPRESSION_ERROR,
    MARGIN,
    Choice,
    NoRoom,
    choose,
    coarsest,
    cost,
    every_for,
)
from denise_py.gradient.storage import EVERYTHING, Layout, Needs, Region, fields_kept
from denise_py.medium.model import Medium
from denise_py.parallel.comm import SerialComm
from denise_py.parallel.domain import Groups, decompose
from denise_py.propagate import numbers_in_run
from denise_py.traces.filters import BandFilter
from denise_py.traces.spectrum import highest_frequency
from denise_py.workflow.memory import SHARE, free_memory
from denise_py.workflow.observed import bytes_of_traces
from denise_py.workflow.samples import Samples
from denise_py.workflow.setup import Processes, Setup, Shot
from denise_py.workflow.stages import StagePlan, active_slots, plan_stages

#: bytes that a process has without any data: interpreter, libraries, compiled kernels
PROGRAM = 300 * 10**6
#: numbers in double precision per node of the grid that an inversion holds besides its optimiser's memory:
#: models, media, coefficients before they are cut, gradients and weights of shots and of their sum
PER_NODE = 60
GB = 10**9
GAUSS_NEWTON = 5  # value of GRAD_METHOD
SHARE_IN_WORDS = f"{100 * SHARE:.0f} % of the free memory"


@dataclass(frozen=True)
class MemoryLimit:
    """Bytes that a process may use, the same on all, and where the number comes from."""

    size: int
    origin: str


@dataclass(frozen=True)
class Keeping:
    """How a stage keeps its forward wavefields, and what the log says about it."""

    layout: Layout
    line: str
    warnings: tuple[str, ...] = ()
    #: highest frequency of the sources in Hz
    highest: float = 0.0


def memory_limit(setup: Setup, world: Any) -> MemoryLimit:
    """MEMORY_LIMIT, or a share of what is free on the machine with the least per process. Collective."""
    if setup.settings.inversion.memory_limit:
        return _limit_of(setup)
    nodes = world.allgather(platform.node())
    own = _share(nodes.count(nodes[world.rank]))
    return MemoryLimit(min(world.allgather(own)), SHARE_IN_WORDS)


def _share(processes: int) -> int:
    """Bytes of one of so many processes of a machine; the program itself is not in the free memory."""
    return PROGRAM + int(SHARE * free_memory() / processes)


def _limit_of(setup: Setup) -> MemoryLimit:
    chosen = setup.settings
    return MemoryLimit(int(chosen.inversion.memory_limit * GB), chosen.show("inversion.memory_limit"))


def check_jobs(setup: Setup, processes: int, jobs: int) -> None:
    """Raise ResourceError if so many processes, taken for those of one machine, cannot keep the wavefields of
    `jobs` shots each, in any stage. For grids that are not cut into blocks."""
    if not setup.settings.run.inversion:
        return
    given = setup.settings.inversion.memory_limit
    limit = _limit_of(setup) if given else MemoryLimit(_share(processes), SHARE_IN_WORDS)
    comm, blocks = SerialComm(), decompose(setup.grid, 1, 1, periodic=setup.scheme.periodic)
    alone = Processes(comm, comm, comm, Groups(1, 1), blocks, jobs)
    everywhere, last = np.ones(setup.grid.shape, bool), setup.settings.inversion.max_iterations
    for plan in plan_stages(setup.settings, setup.workflow, setup.corners):
        keep(setup, alone, limit, plan, active_slots(plan, last), everywhere)


def keep(
    setup: Setup,
    processes: Processes,
    limit: MemoryLimit,
    plan: StagePlan,
    slots: Sequence[str],
    movable: np.ndarray,
    estimated: Mapping[int, Shot] = MappingProxyType({}),
) -> Keeping:
    """How to keep the forward wavefields of a stage for gradients with respect to some parameters.

    movable: nodes (ny, nx) at which one of them may change; estimated: shots that have other wavelets, by the
    numbers of those that this process knows. Collective. Raises ResourceError when that does not fit into the
    memory.
    """
    highest = highest_source_frequency(setup, plan.band(), estimated, processes.world)
    chosen, dt, nt = setup.settings.inversion, setup.time.dt, setup.time.nt
    every = chosen.sampling or every_for(highest, dt, nt)
    every = 1 if chosen.storage == "full" else every
    tail = tail_for(highest, dt, every) if _may_go_on(setup) else 0
    layout = Layout(every, 0, False, _derivatives(setup, slots), _region(setup, movable), tail)
    numerics = nt + tail, setup.scheme.stencil.half, setup.scheme.layer.width
    itemsize = np.dtype(setup.scheme.dtype).itemsize
    needs = Needs.of_blocks(setup.physics, layout, processes.blocks, *numerics, itemsize)
    rest = _rest(setup, processes)
    try:
        found = choose(chosen.storage, layout, needs, (limit.size - rest) / processes.jobs)
    except NoRoom as reason:
        raise ResourceError(_no_room(setup, processes, limit, rest, reason.best)) from reason
    line = _line(setup, processes, found, highest)
    return Keeping(found.layout, line, _warnings(setup, every, highest), highest)


def line_of(setup: Setup, processes: Processes, layout: Layout, highest: float) -> str:
    """What the log says of a layout on a grid that stands for that of the run."""
    numerics = setup.time.nt + layout.tail, setup.scheme.stencil.half, setup.scheme.layer.width
    itemsize = np.dtype(setup.scheme.dtype).itemsize
    needs = Needs.of_blocks(setup.physics, layout, processes.blocks, *numerics, itemsize)
    return _line(setup, processes, cost(layout, needs), highest)


def _may_go_on(setup: Setup) -> bool:
    """Whether forward runs may go beyond the end of the records: where the program chooses the kept steps and
    no linearised run has to be the exact transpose."""
    return setup.settings.inversion.sampling == 0 and setup.settings.optimiser.method != GAUSS_NEWTON


def highest_source_frequency(
    setup: Setup, band: BandFilter | None, estimated: Mapping[int, Shot], world: Any
) -> float:
    """The highest frequency in Hz that sources inject in a stage with a filter of given wavelets; estimated
    ones, by the numbers of the shots that a process knows, are in the band already. Collective."""
    series = (
        one
        for shot in setup.shots
        for one in _injected(setup, estimated.get(shot.number, shot), shot.number in estimated, band)
    )
    return max(world.allgather(highest_frequency(series, setup.time.dt)))


def _injected(setup: Setup, shot: Shot, filtered: bool, band: BandFilter | None) -> Iterator[np.ndarray]:
    seen: set[tuple[int, int]] = set()
    for physics in setup.physics:
        wavelets = shot.wavelets_sh if physics.wave == "sh" else shot.wavelets
        for source, wavelet in zip(shot.sources, wavelets, strict=True):
            if (id(wavelet), source.type) in seen:
                continue
            seen.add((id(wavelet), source.type))
            found = wavelet if filtered or band is None else band.apply(wavelet, setup.time.dt)
            yield physics.source_series(source.type, np.asarray(found, np.float64))


def movable_nodes(
    medium: Medium, slots: Collection[str], taper: np.ndarray, own_tapers: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Nodes (ny, nx) at which some parameter may change: those where neither the tapers of all nor its own
    one is zero, and which carry the waves that depend on it."""
    found = np.zeros(taper.shape, bool)
    for slot in slots:
        carries = medium.mu > 0 if slot in ("vs", "taus") else ~medium.void
        found |= carries & (own_tapers.get(slot, taper) > 0)
    return found & (taper > 0)


def _derivatives(setup: Setup, slots: Sequence[str]) -> frozenset[str]:
    needs = setup.parameterization.needs
    return frozenset().union(*({slot} if slot in LEVELS else needs[slot] for slot in slots)) & EVERYTHING


def _region(setup: Setup, movable: np.ndarray) -> Region | None:
    rows = tuple(max(one.gradient_rows[side] for one in setup.physics) for side in (0, 1))
    region = Region.around(movable, rows)
    return None if region.shape == movable.shape else region


def _rest(setup: Setup, processes: Processes) -> int:
    """Bytes a process needs beside what it keeps of forward wavefields, about."""
    grid, o = setup.grid, setup.settings.optimiser
    nodes, block, jobs = grid.nx * grid.ny, processes.blocks[0], processes.jobs
    size = setup.scheme.layer.width, setup.scheme.stencil.half
    runs = [numbers_in_run(one, block, *size) for one in setup.physics]
    fields = jobs * sum(own for own, _ in runs) + sum(shared for _, shared in runs)
    traces = sum(bytes_of_traces(setup, *_simulations(setup, processes)))
    pairs = 2 * o.history if o.method == 2 else 4
    vectors = (pairs + 6) * len(setup.model) * nodes
    itemsize = np.dtype(setup.scheme.dtype).itemsize
    return PROGRAM + 8 * (PER_NODE * nodes + vectors) + itemsize * fields + traces


def _simulations(setup: Setup, processes: Processes) -> tuple[int, int, int, int]:
    """Number of shots whose observed data a process has, how many it simulates at a time, of how many it
    corrects traces, and how many are sums of shots."""
    samples, fd = Samples.of(setup.shots, setup.settings.batches), setup.settings.fd
    own, all_of_sample = (
        -(-count // processes.groups.count)
        for count in (len(setup.shots), len(setup.shots) if samples is None else samples.simulations)
    )
    corrected = all_of_sample if fd.adapt and fd.adapt_correct else 0
    joined = all_of_sample if setup.settings.batches.joined else 0
    return own if samples is None else len(setup.shots), processes.jobs, corrected, joined


# ------------------------------------------------------------------------------------------------- words


def _line(setup: Setup, processes: Processes, found: Choice, highest: float) -> str:
    layout = found.layout
    nt = setup.time.nt + layout.tail
    automatic = setup.settings.inversion.sampling == 0 and layout.every > 1
    source = f" (DTINV from the highest frequency {highest:.3g} Hz)" if automatic else ""
    ending = {2: "nd", 3: "rd"}.get(layout.every, "th")
    steps = "every step" if layout.every == 1 else f"every {layout.every}{ending} step{source}"
    if layout.tail:
        steps += f", {layout.tail} steps beyond the end"
    kept = sum(len(fields_kept(one, layout.wanted)) for one in setup.physics)
    everything = sum(len(fields_kept(one, EVERYTHING)) for one in setup.physics)
    parts = [steps, f"{kept} of {everything} fields"]
    if layout.region is not None:
        r = layout.region
        parts.append(f"columns {r.x0 + 1} to {r.x1}, rows {r.y0 + 1} to {r.y1}")
    if layout.compressed:
        parts.append(f"in 16 bits (relative error of the gradient below {COMPRESSION_ERROR:g})")
    count = len(layout.segments(nt))
    if count > 1:
        parts.append(f"{count} segments from checkpoints (same gradient)")
    size = f"{_size(found.size)} per {'shot' if processes.jobs > 1 else 'process'}"
    slower = f", a gradient takes about {100 * found.slower:.0f} % longer" if found.slower >= 0.005 else ""
    return f"forward wavefield kept: {', '.join(parts)}; {size}{slower}"


def _warnings(setup: Setup, every: int, highest: float) -> tuple[str, ...]:
    most = coarsest(highest, setup.time.dt)
    if every <= most:
        return ()
    return (
        f"DTINV = {every} is too coarse for sources with frequencies up to {highest:.3g} Hz: gradients are "
        f"wrong above {max(1, int(most))}; take {max(1, int(most / MARGIN))}, or 0 for the program to choose",
    )


def _size(size: int) -> str:
    return f"{size / GB:.3g} GB" if size >= GB else f"{size / 10**6:.3g} MB"


def _no_room(setup: Setup, processes: Processes, limit: MemoryLimit, rest: int, best: Choice) -> str:
    mode = setup.settings.inversion.storage
    how = "even in 16 bits and with checkpoints" if mode == "auto" else f"with STORAGE = {mode}"
    total = rest + processes.jobs * best.size
    first = "" if mode in ("auto", "checkpoint") else "STORAGE = auto, "
    jobs = ", fewer shots at a time (--jobs)" if processes.jobs > 1 else ""
    return (
        f"a process needs about {_size(total)} for gradients {how}, {_size(rest)} of it for other "
        f"things, but may use {_size(limit.size)} ({limit.origin}): take {first}a larger MEMORY_LIMIT "
        f"or DTINV, more processes per shot (NPROCX, NPROCY){jobs}"
    )
