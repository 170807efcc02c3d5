"""The communicator's methods do the same with one process and with several."""

from __future__ import annotations

import ast
import inspect
import time

import numpy as np
import pytest

from denise_py.parallel import comm as comm_module
from denise_py.parallel.comm import Comm, Message, MpiComm, SerialComm


def check_interface(comm):
    ranks = list(range(comm.size))
    assert comm.is_root == (comm.rank == 0)
    last = comm.size - 1
    assert comm.bcast({"from": comm.rank}) == {"from": 0}
    assert comm.bcast(comm.rank, root=last) == last
    assert comm.gather(comm.rank) == (ranks if comm.is_root else None)
    assert comm.allgather(comm.rank) == ranks
    assert comm.sum(comm.rank + 0.5) == sum(ranks) + 0.5 * comm.size
    assert comm.max(float(comm.rank)) == last
    assert comm.any(comm.rank == last) is True
    assert comm.any(False) is False
    comm.barrier()
    assert comm.sleep_barrier() is True

    odd = comm.split(comm.rank % 2, -comm.rank)
    assert odd.size == len(ranks[comm.rank % 2 :: 2])
    assert odd.allgather(comm.rank) == ranks[comm.rank % 2 :: 2][::-1]

    after, before = (comm.rank + 1) % comm.size, (comm.rank - 1) % comm.size
    sent, received = np.zeros(3), np.zeros(3)
    exchange = comm.persistent([Message(sent, after, 7)], [Message(received, before, 7)])
    for round_ in range(3):
        sent[...] = 10 * comm.rank + round_
        exchange.run()
        assert np.all(received == 10 * before + round_)


def test_one_process(comm):
    assert isinstance(comm, SerialComm)
    check_interface(comm)


@pytest.mark.mpi(3)
def test_three_processes(comm):
    assert isinstance(comm, MpiComm)
    check_interface(comm)


@pytest.mark.mpi(2)
def test_arrays_travel_in_place(comm):
    array = np.arange(4, dtype=np.float32) if comm.rank == 0 else np.zeros(4, np.float32)
    if comm.rank == 0:
        comm.send_array(array, 1, tag=3)
    else:
        comm.recv_array(array, 0, tag=3)
    assert array.tolist() == [0, 1, 2, 3]


@pytest.mark.mpi(2)
def test_waiting_at_the_sleep_barrier_leaves_the_processor_to_others(comm):
    comm.barrier()
    if comm.rank == 1:
        time.sleep(0.5)
    start, used = time.monotonic(), time.process_time()
    comm.sleep_barrier()
    if comm.rank == 0:
        waited = time.monotonic() - start
        assert waited > 0.3
        assert time.process_time() - used < 0.3 * waited


def test_a_single_process_cannot_talk_to_others(comm):
    with pytest.raises(ValueError, match="nobody"):
        comm.send_array(np.zeros(1), 0)
    with pytest.raises(ValueError, match="nobody"):
        comm.recv_array(np.zeros(1), 0)


def test_both_forms_offer_the_whole_interface():
    methods = [name for name, _ in inspect.getmembers(Comm, inspect.isfunction) if not name.startswith("_")]
    assert {"bcast", "persistent", "abort"} <= set(methods)
    for form in (SerialComm, MpiComm):
        for name in methods:
            assert inspect.signature(getattr(form, name)) == inspect.signature(getattr(Comm, name)), (
                form,
                name,
            )


def test_mpi4py_is_imported_inside_functions_only():
    tree = ast.parse(inspect.getsource(comm_module))
    top_level = {id(node) for node in tree.body}
    imports = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    mpi = [node for node in imports if "mpi4py" in ast.unparse(node)]
    assert mpi
    assert not any(id(node) in top_level for node in mpi)
