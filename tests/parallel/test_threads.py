"""Tasks on threads: order, errors, interrupts; output in the background."""

from __future__ import annotations

import threading
import time
from threading import Event

import pytest

from denise_py.parallel import threads
from denise_py.parallel.threads import (
    WAITING,
    Abandoned,
    Background,
    cores_of_process,
    usable_cores,
    work_off,
)


@pytest.mark.parametrize("tools", [1, 2, 3, 9])
def test_every_task_is_done_once_and_no_tool_is_in_two_hands(tools):
    busy, results = [threading.Lock() for _ in range(tools)], {}

    def work(tool: threading.Lock, task: int) -> int:
        assert tool.acquire(blocking=False)
        time.sleep(0.002)
        tool.release()
        return task**2

    work_off(range(7), busy, work, results.__setitem__, Event())
    assert results == {task: task**2 for task in range(7)}


def test_as_many_tasks_as_tools_run_at_a_time():
    together = threading.Barrier(3, timeout=10)
    work_off(range(3), "abc", lambda tool, task: together.wait(), lambda task, result: None, Event())


@pytest.mark.parametrize("tools", [1, 2, 4])
def test_the_error_of_the_first_failing_task_is_raised_and_later_ones_do_not_begin(tools):
    """Task 2 fails after task 3 has."""
    begun, done, later = [], [], Event()

    def work(tool: int, task: int) -> None:
        begun.append(task)
        if task == 2 and tools > 1:
            assert later.wait(10)
        if task == 3:
            later.set()
        if task in (2, 3):
            raise ValueError(f"task {task}")

    with pytest.raises(ValueError, match="task 2"):
        work_off(range(100), range(tools), work, lambda task, result: done.append(task), Event())
    assert len(begun) < 20
    assert set(done) <= set(begun) - {2, 3}


def test_an_interrupt_ends_the_work_under_way():
    stop, ended = Event(), []

    def work(tool: int, task: int) -> None:
        if task == 0:
            return
        assert stop.wait(10)
        ended.append(task)
        raise Abandoned

    def finished(task: int, result: None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work_off(range(10), range(2), work, finished, stop)
    assert len(ended) <= 2


def test_output_is_written_in_order_and_complete_at_the_end():
    written = []

    def write(number: int) -> None:
        time.sleep(0.001)
        written.append(number)

    with Background() as output:
        for number in range(3 * WAITING):
            output.do(lambda number=number: write(number))
        output.finish()
        assert written == list(range(3 * WAITING))
        output.do(lambda: write(-1))
    assert written[-1] == -1


def test_only_so_much_output_waits():
    gate, begun = Event(), []
    with Background() as output:
        for _ in range(WAITING):
            output.do(gate.wait)
        one_more = threading.Thread(target=output.do, args=(lambda: begun.append(1),))
        one_more.start()
        one_more.join(0.05)
        assert one_more.is_alive()
        gate.set()
        one_more.join(10)
    assert begun == [1]


def fail() -> None:
    raise OSError("no place")


def write_all(actions, then: Exception | None = None) -> None:
    with Background() as output:
        for action in actions:
            output.do(action)
        if then:
            raise then


def test_an_error_of_output_is_raised_at_the_end_and_nothing_more_is_written():
    written = []
    with pytest.raises(OSError, match="no place"):
        write_all([fail, lambda: written.append(1)])
    assert written == []


def test_an_error_of_output_ends_the_work_soon():
    def much():
        yield fail
        for number in range(1000):
            time.sleep(0.01)
            assert number < 500
            yield lambda: None

    with pytest.raises(OSError, match="no place"):
        write_all(much())


def test_an_error_beside_output_is_the_one_that_counts():
    with pytest.raises(ValueError, match="first"):
        write_all([fail], ValueError("first"))


@pytest.mark.parametrize(
    ("environ", "cores"),
    [
        ({}, 8),
        ({"PMI_SIZE": "1"}, 1),
        ({"PMI_SIZE": "4", "PMI_RANK": "2"}, 1),
        ({"OMP_NUM_THREADS": "1"}, 1),
        ({"OMP_NUM_THREADS": "3,2", "PMI_SIZE": "4"}, 3),
        ({"SLURM_CPUS_PER_TASK": "4", "OMP_NUM_THREADS": "1"}, 4),
        ({"SLURM_CPUS_PER_TASK": "16"}, 8),
        ({"OMP_NUM_THREADS": "many"}, 8),
        ({"OMP_NUM_THREADS": "0"}, 8),
    ],
)
def test_cores_of_a_process(monkeypatch, environ, cores):
    monkeypatch.setattr(threads, "usable_cores", lambda: 8)
    assert cores_of_process(environ) == cores


def test_this_machine_has_a_core():
    assert usable_cores() >= 1
