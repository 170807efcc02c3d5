"""Blocks cover the grid once, neighbours agree about each other, groups and shots are dealt completely."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from denise_py.errors import ParameterError
from denise_py.grid import Grid
from denise_py.parallel.domain import decompose, plan_groups

grids = st.builds(Grid, st.integers(1, 40), st.integers(1, 40), st.just(1.0))


@given(grids, st.integers(1, 7), st.integers(1, 7), st.booleans())
def test_blocks_cover_every_node_once(grid, npx, npy, periodic):
    npx, npy = min(npx, grid.nx), min(npy, grid.ny)
    covered = np.zeros(grid.shape, int)
    for block in decompose(grid, npx, npy, periodic):
        covered[block.slices] += 1
        assert (block.grid_nx, block.grid_ny) == (grid.nx, grid.ny)
        assert (block.ny, block.nx) == covered[block.slices].shape
    assert np.all(covered == 1)


@given(grids, st.integers(1, 7), st.integers(1, 7), st.booleans())
def test_neighbours_touch_and_agree(grid, npx, npy, periodic):
    npx, npy = min(npx, grid.nx), min(npy, grid.ny)
    blocks = decompose(grid, npx, npy, periodic)
    for rank, block in enumerate(blocks):
        if block.right is not None:
            other = blocks[block.right]
            assert other.left == rank
            assert other.x0 == block.x1 % grid.nx
            assert (other.y0, other.y1) == (block.y0, block.y1)
        if block.down is not None:
            other = blocks[block.down]
            assert other.up == rank
            assert other.y0 == block.y1
            assert (other.x0, other.x1) == (block.x0, block.x1)
        assert (block.left is None) == (block.at_left and not periodic)
        assert (block.right is None) == (block.at_right and not periodic)
        assert (block.up is None) == block.at_top
        assert (block.down is None) == block.at_bottom


def test_ranks_run_along_x_first():
    blocks = decompose(Grid(6, 4, 1.0), 3, 2)
    assert [(b.x0 // 2, b.y0 // 2) for b in blocks] == [(rank % 3, rank // 3) for rank in range(6)]


def test_larger_blocks_come_first():
    blocks = decompose(Grid(11, 7, 1.0), 4, 2)
    assert [b.nx for b in blocks[:4]] == [3, 3, 3, 2]
    assert [b.ny for b in blocks[::4]] == [4, 3]


def test_a_periodic_block_as_wide_as_the_grid_is_its_own_neighbour():
    upper, lower = decompose(Grid(5, 4, 1.0), 1, 2, periodic=True)
    assert (upper.left, upper.right, upper.up, upper.down) == (0, 0, None, 1)
    assert (lower.left, lower.right, lower.up, lower.down) == (1, 1, 0, None)


def test_every_node_belongs_to_the_block_that_contains_it():
    grid = Grid(5, 4, 1.0)
    blocks = decompose(grid, 2, 3)
    for i, j in itertools.product(range(-1, 8), repeat=2):
        holders = [block for block in blocks if block.contains(i, j)]
        assert len(holders) == grid.contains(i, j)
        for block in holders:
            assert j - 1 in range(grid.ny)[block.slices[0]]
            assert i - 1 in range(grid.nx)[block.slices[1]]


def test_more_blocks_than_nodes_are_refused_for_both_axes_at_once():
    with pytest.raises(ParameterError) as caught:
        decompose(Grid(4, 3, 1.0), 5, 0)
    assert len(caught.value.problems) == 2
    assert "NPROCX = 5" in caught.value.problems[0]
    assert "NX = 4" in caught.value.problems[0]
    assert "NPROCY = 0" in caught.value.problems[1]


@pytest.mark.parametrize(
    ("size", "npx", "npy", "count"), [(1, 1, 1, 1), (8, 2, 2, 2), (6, 3, 1, 2), (4, 1, 1, 4)]
)
def test_groups_consist_of_consecutive_ranks(size, npx, npy, count):
    groups = plan_groups(size, npx, npy)
    assert (groups.count, groups.ranks) == (count, npx * npy)
    members = [[rank for rank in range(size) if groups.group_of(rank) == g] for g in range(count)]
    assert list(itertools.chain(*members)) == list(range(size))
    for ranks in members:
        assert [groups.rank_in_group(rank) for rank in ranks] == list(range(npx * npy))


@pytest.mark.parametrize(("size", "npx", "npy"), [(1, 2, 1), (6, 2, 2), (3, 0, 1)])
def test_a_wrong_number_of_processes_is_explained(size, npx, npy):
    with pytest.raises(ParameterError) as caught:
        plan_groups(size, npx, npy)
    text = str(caught.value)
    assert f"NPROCX = {npx}" in text
    assert f"NPROCY = {npy}" in text
    assert f"{size} process" in text
    assert "mpirun -n" in text


def test_groups_get_neighbouring_shots_and_none_is_lost():
    groups = plan_groups(6, 2, 1)
    shots = (1, 4, 7, 10, 13)
    dealt = [groups.shots_of_group(g, shots) for g in range(groups.count)]
    assert dealt == [(1, 4), (7, 10), (13,)]
    assert plan_groups(4, 1, 1).shots_of_group(3, (1, 2)) == ()
