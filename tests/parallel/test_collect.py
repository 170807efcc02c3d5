"""Gathered fields and traces are complete and in place; sums over shots do not depend on the grouping."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from denise_py.grid import Grid
from denise_py.parallel.collect import gather_field, gather_traces, sum_in_order
from denise_py.parallel.domain import decompose, plan_groups


def check_gather_field(comm, npx, npy):
    grid = Grid(7, 5, 1.0)
    whole = np.arange(35, dtype=np.float32).reshape(grid.shape)
    blocks = decompose(grid, npx, npy)
    gathered = gather_field(comm, blocks, whole[blocks[comm.rank].slices])
    if comm.is_root:
        np.testing.assert_array_equal(gathered, whole)
        assert gathered.dtype == whole.dtype
    else:
        assert gathered is None


def check_gather_traces(comm):
    """Receivers in a scattered order, one rank without any."""
    ntr, ns = 7, 5
    whole = np.arange(ntr * ns, dtype=np.float32).reshape(ntr, ns)
    holders = max(comm.size - 1, 1)
    order = [3, 0, 6, 1, 5, 2, 4]
    indices = order[comm.rank :: holders] if comm.rank < holders else []
    gathered = gather_traces(comm, whole[indices], indices, ntr)
    if comm.is_root:
        np.testing.assert_array_equal(gathered, whole)
    else:
        assert gathered is None


def shot_array(shot):
    """Magnitudes over many decades, so that another order of summation gives other last bits."""
    random = np.random.default_rng(shot)
    return (random.standard_normal((4, 3)) * 10.0 ** random.integers(-9, 9, (4, 3))).astype(np.float32)


SHOTS = tuple(range(1, 12))


def plain_sum(arrays):
    return functools.reduce(np.add, [array.astype(np.float64) for array in arrays])


def check_sum(comm):
    expected = plain_sum(shot_array(shot) for shot in SHOTS)
    own = plan_groups(comm.size, 1, 1).shots_of_group(comm.rank, SHOTS)
    total = sum_in_order(comm, {shot: shot_array(shot) for shot in own})
    assert total.dtype == np.float64
    assert total.tobytes() == expected.tobytes()

    in_portions = None
    for low, high in ((1, 4), (5, 5), (6, 11)):
        portion = {shot: shot_array(shot) for shot in own if low <= shot <= high}
        in_portions = sum_in_order(comm, portion, in_portions)
    assert in_portions.tobytes() == expected.tobytes()

    misfit = sum_in_order(comm, {shot: 0.1 * shot for shot in own})
    assert misfit.shape == ()
    assert float(misfit) == functools.reduce(float.__add__, [0.1 * shot for shot in SHOTS])


def test_the_order_of_summation_matters_for_the_test_arrays():
    arrays = [shot_array(shot) for shot in SHOTS]
    assert plain_sum(arrays).tobytes() != plain_sum(arrays[::-1]).tobytes()


def test_one_process(comm):
    check_gather_field(comm, 1, 1)
    check_gather_traces(comm)
    check_sum(comm)


@pytest.mark.mpi(3)
def test_three_processes(comm):
    check_gather_field(comm, 3, 1)
    check_gather_field(comm, 1, 3)
    check_gather_traces(comm)
    check_sum(comm)


@pytest.mark.mpi(4)
def test_four_processes(comm):
    check_gather_field(comm, 2, 2)
    check_gather_traces(comm)
    check_sum(comm)


@pytest.mark.mpi(2)
def test_mistakes_are_noticed_on_all_ranks(comm):
    with pytest.raises(ValueError, match="one rank each"):
        gather_traces(comm, np.zeros((1, 3)), [0], 2)
    with pytest.raises(ValueError, match="one rank each"):
        sum_in_order(comm, {5: np.zeros(3)})


def test_nothing_to_sum_is_an_error(comm):
    with pytest.raises(ValueError, match="no rank has a shot"):
        sum_in_order(comm, {})
    assert sum_in_order(comm, {}, np.array([1.5])) == 1.5


def test_a_block_of_the_wrong_shape_is_refused(comm):
    with pytest.raises(ValueError, match="block of rank 0"):
        gather_field(comm, decompose(Grid(4, 3, 1.0), 1, 1), np.zeros((4, 3)))
