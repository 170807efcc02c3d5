"""Several pieces of work at a time in one process: tasks on threads, and output beside the work."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from queue import SimpleQueue
from threading import BoundedSemaphore, Event
from types import TracebackType
from typing import TypeVar

from threadpoolctl import threadpool_limits

from denise_py.parallel.launch import find_launch

Task, Tool, Result = TypeVar("Task"), TypeVar("Tool"), TypeVar("Result")

#: pieces of output that may wait; each may hold the traces of a shot
WAITING = 8


class Abandoned(BaseException):
    """Ends the work of a thread nobody waits for any more. No Exception, so that nobody takes it for one."""


def work_off(
    tasks: Sequence[Task],
    tools: Sequence[Tool],
    work: Callable[[Tool, Task], Result],
    finished: Callable[[Task, Result], None],
    stop: Event,
) -> None:
    """Call work(tool, task) for all tasks, as many at a time as there are tools, each tool in one hand.

    finished(task, result) is called in the calling thread, in the order in which tasks come to their end.
    Tasks begin in their order. After an exception none begins any more, those under way come to their end,
    and the exception of the first of the failed tasks is raised: the same for any number of tools. What is no
    Exception (Ctrl-C) sets `stop`, for which the work should look out, and is raised when all threads rest.
    """
    if len(tools) == 1 or len(tasks) <= 1:
        for task in tasks:
            finished(task, work(tools[0], task))
        return
    free: SimpleQueue[Tool] = SimpleQueue()
    for tool in tools:
        free.put(tool)
    failed = Event()

    def one(task: Task) -> tuple[Result] | None:
        if failed.is_set():
            return None
        tool = free.get()
        try:
            return (work(tool, task),)
        except BaseException:
            failed.set()
            raise
        finally:
            free.put(tool)

    with ThreadPoolExecutor(min(len(tools), len(tasks)), "shot") as pool:
        futures = {pool.submit(one, task): task for task in tasks}
        try:
            for future in as_completed(futures):
                outcome = None if future.exception() else future.result()
                if outcome and not failed.is_set():
                    finished(futures[future], outcome[0])
        except BaseException as error:
            failed.set()
            if not isinstance(error, Exception):
                stop.set()
            raise
    for future in futures:  # in the order of the tasks
        future.result()


class Background:
    """Does one thing after the other in a thread of its own, such as writing files.

    To be used in a `with` statement, at whose end everything is done. After a failure nothing more is done;
    the next `do` or `finish` or the end of the `with` statement raises it.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "output")
        self._room = BoundedSemaphore(WAITING)
        self._error: BaseException | None = None

    def do(self, action: Callable[[], object]) -> None:
        """Have something done, from any thread; waits when too much is waiting already."""
        self._raise()
        self._room.acquire()
        self._pool.submit(self._run, action)

    def finish(self) -> None:
        """Wait until everything so far is done."""
        self._pool.submit(lambda: None).result()
        self._raise()

    def __enter__(self) -> Background:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True)
        if error is None:
            self._raise()

    def _run(self, action: Callable[[], object]) -> None:
        try:
            if self._error is None:
                action()
        except BaseException as error:
            self._error = error
        finally:
            self._room.release()

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error


def one_thread_per_product() -> None:
    """Have matrix products of numpy and scipy use the core of their thread alone: shots and ranks have all
    cores already, and sums do not depend on how many there are."""
    threadpool_limits(1, user_api="blas")


def usable_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cores_of_process(environ: Mapping[str, str]) -> int:
    """Cores that a process should use where nobody says how many.

    What the environment says (SLURM_CPUS_PER_TASK of a task of Slurm, else OMP_NUM_THREADS), up to those it
    may use. Without that all of these for a process that was started by hand, and one under a launcher.
    """
    usable = usable_cores()
    for name in ("SLURM_CPUS_PER_TASK", "OMP_NUM_THREADS"):
        text = environ.get(name, "").split(",")[0].strip()
        if text.isdecimal() and int(text) > 0:
            return min(int(text), usable)
    return usable if find_launch(environ) is None else 1
