"""The processes of a run: connecting to them, talking to them, and ending them all together.

This module alone touches mpi4py, and only inside functions: a run without a launcher neither needs nor
starts MPI. `Comm` is the interface; `SerialComm` and `MpiComm` are its two forms. Collective methods must be
called by all ranks of the communicator in the same order.
"""

from __future__ import annotations

import contextlib
import math
import os
import sys
import time
import warnings
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, Protocol

import numpy as np

from denise_py.errors import LaunchError
from denise_py.log import describe_failure
from denise_py.parallel.launch import OPEN_MPI, Launch, find_launch

# A failing rank waits this long for the others to fail too before it kills them. Ranks that read the same
# wrong parameter file do so well within it; a lone failure costs the user this much patience.
AGREEMENT_SECONDS = 2.0
# Failing ranks that give up waiting at about the same time let the lowest of them speak.
ELECTION_SECONDS = 0.3
_ELECTION_TAG = 1


class Message(NamedTuple):
    """One message of an exchange: a C-contiguous array, the rank on the other end, and a tag."""

    buffer: np.ndarray
    rank: int
    tag: int


class Exchange(Protocol):
    """A set of messages that is sent again and again from and into the same arrays."""

    def run(self) -> None:
        """Send and receive all messages once; returns when every array may be used again."""


class Comm(Protocol):
    """A group of processes as seen by one of them, number `rank` of `size`."""

    rank: int
    size: int

    @property
    def is_root(self) -> bool:
        """Whether this is rank 0."""

    def bcast(self, value: Any, root: int = 0) -> Any:
        """The value that `root` passed, on every rank (any picklable object)."""

    def gather(self, value: Any) -> list[Any] | None:
        """The values of all ranks in rank order on rank 0, None elsewhere."""

    def allgather(self, value: Any) -> list[Any]:
        """The values of all ranks in rank order, everywhere."""

    def barrier(self) -> None:
        """Wait for all ranks; burns processor time while waiting."""

    def sleep_barrier(self, timeout: float = math.inf) -> bool:
        """Wait for all ranks, sleeping in between. False if they did not all come within `timeout` seconds;
        the communicator then serves for elect and abort only.
        """

    def sum(self, value: float) -> float:
        """Sum over all ranks, in an order that is MPI's choice."""

    def max(self, value: float) -> float:
        """Largest value of all ranks."""

    def any(self, value: bool) -> bool:
        """Whether the value is true on at least one rank."""

    def send_array(self, array: np.ndarray, dest: int, tag: int = 0) -> None:
        """Send a C-contiguous array; the receiver must know shape and dtype."""

    def recv_array(self, array: np.ndarray, source: int, tag: int = 0) -> None:
        """Receive into a C-contiguous array, in place."""

    def split(self, colour: int, key: int) -> Comm:
        """The ranks that pass the same colour, as a communicator of their own, ordered by key."""

    def node(self) -> Comm:
        """The ranks on the same machine, as a communicator of their own."""

    def persistent(self, sends: Sequence[Message], recvs: Sequence[Message]) -> Exchange:
        """Prepare an exchange that can be run many times with little overhead."""

    def elect(self, seconds: float) -> bool:
        """True for the lowest of the ranks calling this within `seconds` of each other; only before abort."""

    def abort(self, code: int) -> NoReturn:
        """End all processes of the run, also those outside this communicator, with an exit code."""


class SerialComm:
    """One process alone. No MPI."""

    rank = 0
    size = 1
    is_root = True

    def bcast(self, value: Any, root: int = 0) -> Any:
        return value

    def gather(self, value: Any) -> list[Any] | None:
        return [value]

    def allgather(self, value: Any) -> list[Any]:
        return [value]

    def barrier(self) -> None:
        return

    def sleep_barrier(self, timeout: float = math.inf) -> bool:
        return True

    def sum(self, value: float) -> float:
        return value

    def max(self, value: float) -> float:
        return value

    def any(self, value: bool) -> bool:
        return bool(value)

    def send_array(self, array: np.ndarray, dest: int, tag: int = 0) -> None:
        raise ValueError("a single process has nobody to send to")

    def recv_array(self, array: np.ndarray, source: int, tag: int = 0) -> None:
        raise ValueError("a single process has nobody to receive from")

    def split(self, colour: int, key: int) -> Comm:
        return self

    def node(self) -> Comm:
        return self

    def persistent(self, sends: Sequence[Message], recvs: Sequence[Message]) -> Exchange:
        """Messages from this process to itself, paired by tag."""
        sent = {message.tag: message.buffer for message in sends}
        return _SelfExchange(tuple((message.buffer, sent[message.tag]) for message in recvs))

    def elect(self, seconds: float) -> bool:
        return True

    def abort(self, code: int) -> NoReturn:
        sys.exit(code)


@dataclass(frozen=True)
class _SelfExchange:
    """Copies standing in for messages to oneself: (to, from) pairs."""

    copies: tuple[tuple[np.ndarray, np.ndarray], ...]

    def run(self) -> None:
        for target, source in self.copies:
            target[...] = source


class MpiComm:
    """Several processes joined by MPI. mpi is the module mpi4py.MPI, handle one of its communicators."""

    def __init__(self, mpi: Any, handle: Any):
        self._mpi = mpi
        self._handle = handle
        self.rank: int = handle.Get_rank()
        self.size: int = handle.Get_size()

    @property
    def is_root(self) -> bool:
        return self.rank == 0

    def bcast(self, value: Any, root: int = 0) -> Any:
        return self._handle.bcast(value, root=root)

    def gather(self, value: Any) -> list[Any] | None:
        return self._handle.gather(value, root=0)

    def allgather(self, value: Any) -> list[Any]:
        return self._handle.allgather(value)

    def barrier(self) -> None:
        self._handle.Barrier()

    def sleep_barrier(self, timeout: float = math.inf) -> bool:
        request = self._handle.Ibarrier()
        return _poll(request.Test, timeout)

    def sum(self, value: float) -> float:
        return self._handle.allreduce(value, op=self._mpi.SUM)

    def max(self, value: float) -> float:
        return self._handle.allreduce(value, op=self._mpi.MAX)

    def any(self, value: bool) -> bool:
        return self._handle.allreduce(bool(value), op=self._mpi.LOR)

    def send_array(self, array: np.ndarray, dest: int, tag: int = 0) -> None:
        self._handle.Send(array, dest=dest, tag=tag)

    def recv_array(self, array: np.ndarray, source: int, tag: int = 0) -> None:
        self._handle.Recv(array, source=source, tag=tag)

    def split(self, colour: int, key: int) -> Comm:
        return MpiComm(self._mpi, self._handle.Split(colour, key))

    def node(self) -> Comm:
        return MpiComm(self._mpi, self._handle.Split_type(self._mpi.COMM_TYPE_SHARED, self.rank))

    def persistent(self, sends: Sequence[Message], recvs: Sequence[Message]) -> Exchange:
        requests = [self._handle.Recv_init(m.buffer, source=m.rank, tag=m.tag) for m in recvs]
        requests += [self._handle.Send_init(m.buffer, dest=m.rank, tag=m.tag) for m in sends]
        return _PersistentExchange(self._mpi, requests)

    def elect(self, seconds: float) -> bool:
        # Nobody need ever receive these notes: they are too short to wait for the other side.
        note = np.zeros(1, np.uint8)
        for higher in range(self.rank + 1, self.size):
            self._handle.Isend(note, higher, _ELECTION_TAG)
        heard = _poll(lambda: self._handle.Iprobe(tag=_ELECTION_TAG), seconds)
        return not heard

    def abort(self, code: int) -> NoReturn:
        sys.stdout.flush()
        sys.stderr.flush()
        self._mpi.COMM_WORLD.Abort(code)
        raise SystemExit(code)


class _PersistentExchange:
    """Persistent requests, started and completed together, freed with this object or when Python ends."""

    def __init__(self, mpi: Any, requests: list[Any]):
        self._requests = requests
        weakref.finalize(self, _free, requests)
        self._start = mpi.Prequest.Startall
        self._wait = mpi.Request.Waitall

    def run(self) -> None:
        self._start(self._requests)
        self._wait(self._requests)


def _free(requests: list[Any]) -> None:
    for request in requests:
        request.Free()


def _poll(ready: Callable[[], bool], timeout: float) -> bool:
    """Ask `ready` with growing pauses until it says yes (True) or `timeout` seconds are over (False)."""
    deadline = time.monotonic() + timeout
    pause = 1e-4
    while not ready():
        if time.monotonic() >= deadline:
            return False
        time.sleep(pause)
        pause = min(2 * pause, 0.01)
    return True


def connect() -> Comm:
    """The communicator of all processes of this run.

    A process without a launcher, or alone under one, gets a SerialComm and MPI stays unloaded. Raises
    LaunchError when a launcher started several processes that cannot find each other.
    """
    launch = find_launch(os.environ)
    if launch is None or launch.alone:
        return SerialComm()
    if launch.launcher == OPEN_MPI and not Path(sys.prefix, "lib", "libmpi.so.40").exists():
        # mpi4py's wheels serve both families. Unless Open MPI is installed beside them they would look for
        # MPICH first, which aborts under this launcher.
        os.environ.setdefault("MPI4PY_MPIABI", "openmpi")
    try:
        mpi = _load_mpi(launch)
    except (ImportError, RuntimeError) as error:
        if launch.several:
            raise LaunchError(launch.explain_no_mpi(error)) from error
        return SerialComm()
    if mpi.COMM_WORLD.Get_size() > 1:
        return MpiComm(mpi, mpi.COMM_WORLD)
    if launch.several:
        raise LaunchError(launch.explain_all_alone(_library(mpi)))
    return SerialComm()


def _load_mpi(launch: Launch) -> Any:
    """mpi4py.MPI, initialised for calls from the main thread; finalised by mpi4py when Python ends.

    Starting MPICH below Open MPI's launcher kills the process before Python can say why, hence the check
    between loading and starting.
    """
    import mpi4py

    mpi4py.rc.initialize = False
    mpi4py.rc.finalize = True
    with warnings.catch_warnings():
        # "suspicious MPI execution environment": our own message is clearer.
        warnings.simplefilter("ignore", RuntimeWarning)
        from mpi4py import MPI

        if not MPI.Is_initialized():
            if launch.launcher == OPEN_MPI and MPI.get_vendor()[0] != "Open MPI":
                raise LaunchError(launch.explain_all_alone(_library(MPI)))
            MPI.Init_thread(MPI.THREAD_FUNNELED)
    return MPI


def _library(mpi: Any) -> str:
    name, version = mpi.get_vendor()
    return f"{name} {'.'.join(map(str, version))}"


@dataclass(frozen=True)
class _Outcome:
    """How the main function of one rank ended: its exit code and what is to be said about it."""

    code: int
    text: str = ""


def run_guarded(main: Callable[[Comm], int]) -> int:
    """Connect, run main(comm) and return the exit code for sys.exit, the same on all ranks.

    A failure on any rank ends the whole run with one message on stderr and its exit code. If all ranks fail
    they leave in order; if only some do, the others are killed, since they may be waiting for a message that
    will never come.
    """
    try:
        comm = connect()
    except LaunchError as error:
        return _end_unconnected(error)
    if comm.size == 1:
        outcome = _run(main, comm)
        _say(outcome.text)
        return outcome.code
    guard = comm.split(0, comm.rank)
    return _end_together(guard, _run(main, comm))


def _run(main: Callable[[Comm], int], comm: Comm) -> _Outcome:
    try:
        return _Outcome(main(comm))
    except BaseException as error:
        return _Outcome(*describe_failure(error))


def _end_together(guard: Comm, outcome: _Outcome) -> int:
    """The exit code that all ranks agree on. Does not return where a failing rank remains without answer."""
    if guard.sleep_barrier(AGREEMENT_SECONDS if outcome.code else math.inf):
        outcomes = guard.allgather(outcome)
        speaker = next((rank for rank, other in enumerate(outcomes) if other.code), 0)
        if guard.rank == speaker:
            _say(outcome.text)
        return outcomes[speaker].code
    if guard.elect(ELECTION_SECONDS):
        _say(outcome.text)
    else:
        time.sleep(AGREEMENT_SECONDS)
    guard.abort(outcome.code)


def _end_unconnected(error: LaunchError) -> int:
    """Let the launcher's rank 0 speak; the others wait, as launchers kill all when the first one leaves."""
    launch = find_launch(os.environ)
    if launch is None or launch.rank == 0:
        _say(describe_failure(error)[1])
    else:
        time.sleep(1.0)
    return error.exit_code


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # the exit code must get through even if no text can
        sys.stdout.flush()
    with contextlib.suppress(OSError):
        if text:
            print(text, file=sys.stderr, flush=True)
