"""Compiling what a run needs before it begins, once for all processes of a node.

Compiled code depends on the waves, the order of the operator and the kind of simulation, not on sizes: a few
time steps on a tiny grid compile it and put it into the folder that all processes of a node read. What a run
does not begin with is compiled by a process of its own while it has begun.
"""

from __future__ import annotations

import logging
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Thread
from typing import Literal

import numpy as np

from denise_py.fd.compile import cache_folder, is_ready, note_ready
from denise_py.fd.cpml import LayerParameters
from denise_py.fd.weights import stencil
from denise_py.gradient.storage import ForwardStore, Layout
from denise_py.grid import Grid, TimeAxis
from denise_py.log import duration
from denise_py.medium.attenuation import Relaxation
from denise_py.medium.model import Medium
from denise_py.parallel.comm import SerialComm
from denise_py.parallel.domain import decompose
from denise_py.parameters.settings import Settings
from denise_py.physics.base import Physics
from denise_py.propagate import Propagator, Scheme
from denise_py.workflow.choices import optimiser_method
from denise_py.workflow.materials import choose_physics
from denise_py.workflow.setup import Processes, Setup, scheme_of

Kind = Literal["forward", "transposed", "linearised"]
KINDS: tuple[Kind, ...] = ("forward", "transposed", "linearised")
LESS_URGENT = 5  # how much less than a run that can go on


@dataclass(frozen=True)
class Code:
    """The compiled code of one kind of simulation. halves: of blocks with neighbours, which exchange between
    the halves of a time step."""

    physics: Physics
    scheme: Scheme
    kind: Kind
    halves: bool = False

    @property
    def name(self) -> str:
        """What distinguishes it from other code, in words."""
        name = f"{self.physics.name}, order {self.scheme.stencil.order}, {self.kind}"
        return f"{name}, blocks" if self.halves else name

    @property
    def ready(self) -> bool:
        """Whether it has been compiled here before."""
        return is_ready(self._mark)

    @property
    def _mark(self) -> str:
        return f"{self.name}, {np.dtype(self.scheme.dtype).name}"

    def compile(self) -> None:
        """Compile it, or load it if it is there; this process and others find it from now on."""
        simulate(self)
        note_ready(self._mark)


def code_of(settings: Settings) -> tuple[Code, ...]:
    """All code that a run with these settings uses."""
    mechanisms = settings.attenuation.mechanisms
    # its numbers do not matter, but there must be some
    relaxation = Relaxation((1.0,) * mechanisms, 1.0, settings.time.dt) if mechanisms else None
    kinds = KINDS[:1]
    if settings.run.inversion:
        kinds = KINDS if optimiser_method(settings) == "gauss-newton" else KINDS[:2]
    domain = settings.domain
    halves = domain.nprocx * domain.nprocy > 1 or settings.boundary.periodic
    scheme = scheme_of(settings)
    return tuple(
        Code(physics, scheme, kind, halves)
        for physics in choose_physics(settings, relaxation)
        for kind in kinds
    )


@contextmanager
def compiling(setup: Setup, processes: Processes, log: logging.Logger) -> Iterator[None]:
    """Have the code of a run compiled: what its first time steps need before the block begins, the rest
    meanwhile. Collective over all processes.

    On every node only as many processes compile as there are pieces of missing code to begin with; the others
    sleep, since waiting in MPI would take the processor from them. What is there already is not loaded yet.
    The rest is left to a program of its own; who needs it before it is there waits (see fd.compile).
    """
    node, code = processes.world.node(), code_of(setup.settings)
    missing = node.bcast([n for n, piece in enumerate(code) if not piece.ready])
    if processes.world.is_root and missing:
        log.info(f"compiling kernels, which are kept in {cache_folder()}")
    started = time.perf_counter()
    first = [n for n in missing if code[n].kind == "forward"]
    cores = set().union(*node.allgather(_cores()))
    later = _leave(setup.settings, cores) if node.is_root and len(first) < len(missing) else None
    try:
        for number in first[node.rank :: node.size]:
            code[number].compile()
        if first:
            node.sleep_barrier()
            if processes.world.is_root:
                rest = ", and goes on with those of the adjoint simulations" if later else ""
                log.info(f"compiled in {duration(time.perf_counter() - started)}{rest}")
        yield
    finally:
        if later is not None:
            later.kill()
            later.wait()


def _cores() -> set[int]:
    """Numbers of those that this process may use, where the system tells."""
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def _leave(settings: Settings, cores: set[int]) -> subprocess.Popen | None:
    """A program that compiles what a run does not begin with, less urgently, on any of some cores; None if
    none can be started."""
    program = "from denise_py.workflow import compilation; compilation.compile_later()"
    try:
        # -P: nothing is imported from the folder of the run
        later = subprocess.Popen(
            [sys.executable, "-P", "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except OSError:
        return None
    if cores:
        with suppress(OSError):
            os.sched_setaffinity(later.pid, cores)
    with suppress(OSError), later.stdin as stream:
        pickle.dump(settings, stream)
    # takes note of its end, so that it does not stay in the list of processes until the run ends
    Thread(target=later.wait, name="compilation", daemon=True).start()
    return later


def compile_later() -> None:
    """Compile all but forward simulations for the settings that come in (pickled)."""
    os.nice(LESS_URGENT)
    for piece in code_of(pickle.load(sys.stdin.buffer)):
        if piece.kind != "forward":
            piece.compile()


def simulate(code: Code) -> None:
    """Two time steps without sources and receivers on a tiny grid."""
    p = _tiny(code)
    nt = p.time.nt
    silence = p.physics.injection({}, np.zeros((nt, 0), p.dtype))
    if code.kind == "forward":
        p.forward(silence, p.physics.recording({}, nt, p.dtype))
        return
    store = ForwardStore(p, Layout(compressed=True))
    store.clear()
    store.written(0, nt)
    if code.kind == "transposed":
        p.transposed(silence, store)
        return
    change = p.physics.steps.Change(*(np.zeros(p.grid.shape) for _ in p.physics.steps.Change._fields))
    p.linearised(change, p.physics.recording({}, nt, p.dtype), store)


def _tiny(code: Code) -> Propagator:
    size = 2 * code.scheme.layer.width + 4 * code.scheme.stencil.half + 4
    grid = Grid(size, size, 1.0)
    block = decompose(grid, 1, 1, code.scheme.periodic)[0]
    p = Propagator(code.physics, grid, TimeAxis(2, 1e-4), code.scheme, block, SerialComm())
    p.in_halves = code.halves
    p.set_medium(_medium(grid.shape))
    return p


def _medium(shape: tuple[int, int]) -> Medium:
    one = np.ones(shape)
    return Medium.from_velocities(1000.0 * one, 500.0 * one, 1000.0 * one, 0.01 * one, 0.01 * one)


def compile_all(pieces: Sequence[Code]) -> None:
    """Compile pieces of code one after the other and print what is done and how long it takes."""
    for code in pieces:
        started = time.perf_counter()
        known = code.ready
        code.compile()
        verb = "was there" if known else "compiled"
        print(f"{code.name}: {verb} ({duration(time.perf_counter() - started)})", flush=True)
    print(f"kept in {cache_folder()}")


def plain_scheme(order: int) -> Scheme:
    """Any scheme of that order; the rest makes no difference to the compiler."""
    return Scheme(stencil(order, 0), LayerParameters(4, 1000.0, 10.0, 4.0, 1.0), True, False)
