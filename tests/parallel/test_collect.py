"""Gathered fields and traces are complete and in place; sums over shots do not depend on the grouping."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from denise_py.grid import Grid
from denise_py.parallel.collect import TreeSum, gather_field, gather_traces, total_of_all
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


def tree_of(places: tuple[int, ...]) -> np.ndarray:
    """The sum as it is defined: halves of the smallest range 0 ... 2^n - 1, each summed by itself."""

    def of_range(low: int, high: int) -> np.ndarray | None:
        if high - low == 1:
            return shot_array(low).astype(np.float64) if low in places else None
        middle = (low + high) // 2
        parts = [part for part in (of_range(low, middle), of_range(middle, high)) if part is not None]
        return functools.reduce(np.add, parts) if parts else None

    return of_range(0, 2 ** max(places).bit_length())


SETS = (tuple(range(11)), (2, 3, 5, 10), (7,), (0, 8))


def check_sum(comm):
    """All shots or some, held by groups of neighbours; also where some ranks have none."""
    groups = plan_groups(comm.size, 1, 1)
    for places in SETS:
        tree = TreeSum(places)
        for place in groups.shots_of_group(comm.rank, places)[::-1]:
            tree.add(place, shot_array(place).astype(np.float64))
        total = total_of_all(comm, tree, (4, 3))
        assert total.dtype == np.float64
        assert total.tobytes() == tree_of(places).tobytes()


def test_the_order_of_summation_matters_for_the_test_arrays():
    arrays = [shot_array(shot).astype(np.float64) for shot in range(11)]
    in_order = functools.reduce(np.add, arrays)
    assert in_order.tobytes() != functools.reduce(np.add, arrays[::-1]).tobytes()
    assert in_order.tobytes() != tree_of(tuple(range(11))).tobytes()


@pytest.mark.parametrize("places", SETS)
def test_the_sum_does_not_depend_on_the_order_of_arrival(places):
    random = np.random.default_rng(0)
    for order in (random.permutation(places) for _ in range(20)):
        tree = TreeSum(places)
        for place in order:
            tree.add(int(place), shot_array(place).astype(np.float64))
        assert tree.total.tobytes() == tree_of(places).tobytes()


def test_a_tree_holds_few_arrays_of_neighbours():
    tree = TreeSum(range(100))
    most = 0
    for place in range(13, 87):
        tree.add(place, np.zeros(1))
        most = max(most, len(tree.waiting))
    assert most <= 2 * 7


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


def test_missing_and_superfluous_arrays_are_errors():
    tree = TreeSum((1, 4))
    tree.add(1, np.zeros(3))
    with pytest.raises(ValueError, match="not everything"):
        _ = tree.total
    with pytest.raises(ValueError, match="nothing to add at place 2"):
        tree.add(2, np.zeros(3))


def test_a_block_of_the_wrong_shape_is_refused(comm):
    with pytest.raises(ValueError, match="block of rank 0"):
        gather_field(comm, decompose(Grid(4, 3, 1.0), 1, 1), np.zeros((4, 3)))
