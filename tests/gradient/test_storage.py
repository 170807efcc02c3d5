"""The store of the forward field: which steps, points and fields it holds, and how much memory it takes."""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.fd.pointwise import SHARED, compress, compression, expand
from denise_py.gradient.storage import Arena, ForwardStore, Layout, Needs, Region
from denise_py.parallel.domain import decompose
from tests.physics.problems import Setup

SMALL = Setup(nx=9, ny=8, nt=23, width=2, surface=True, dtype=np.float32)


@pytest.mark.parametrize(
    ("nt", "every", "slots"), [(10, 1, 10), (10, 2, 5), (11, 2, 6), (10, 9, 2), (10, 30, 1)]
)
def test_slots_for_the_first_and_every_nth_step_after_it(nt, every, slots):
    run = Setup(nx=9, ny=8, nt=nt, width=2).propagator()
    store = ForwardStore(run, Layout(every))
    assert store.arrays.every == every
    assert store.arrays.vx.shape == (slots, 8, 9)
    assert slots == len(range(0, nt, every)) == Layout(every).slots(nt)


@pytest.mark.parametrize("every", [1, 3])
@pytest.mark.parametrize("segment", [1, 2, 3, 7, 100])
def test_segments_cover_the_run_and_begin_with_a_kept_step(every, segment):
    layout = Layout(every, segment)
    segments = layout.segments(23)
    assert [n for first, last in segments for n in range(first, last)] == list(range(23))
    assert all(first % every == 0 for first, _ in segments)
    assert max(len(range(first, last, every)) for first, last in segments) == layout.at_once(23)


@pytest.mark.parametrize("key", ["elastic-psv", "viscous-psv", "acoustic", "viscous-sh"])
@pytest.mark.parametrize(
    "layout",
    [
        Layout(),
        Layout(3),
        Layout(2, 4),
        Layout(2, compressed=True),
        Layout(3, 3, compressed=True),
        Layout(1, 5, wanted=frozenset({"mu"}), region=Region(2, 7, 1, 4)),
    ],
)
def test_memory_needed_is_memory_taken(layout, key):
    """Up to the gaps between arrays, at most 64 bytes each."""
    setup = Setup(nx=90, ny=30, nt=23, width=2, physics=key, dtype=np.float32)
    run, arena = setup.propagator(), Arena()
    ForwardStore(run, layout, arena)
    blocks = decompose(setup.grid, 1, 1)
    needs = Needs.of_blocks([run.physics], layout, blocks, setup.nt, run.half, setup.width)
    taken, needed = arena._memory.size, layout.bytes_needed(needs)
    assert needed <= taken < needed + 64 * 200


def test_memory_is_used_again():
    run, arena = SMALL.propagator(), Arena()
    first = ForwardStore(run, Layout(1), arena).arrays.sxx
    second = ForwardStore(run, Layout(2), arena).arrays.sxx
    assert np.shares_memory(first, second)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("columns", [1, 63, 64, 65, 200])
def test_compression_error(dtype, columns):
    """At most half a unit, 2^-15 of the largest of 64 neighbours, and one unit for the largest itself."""
    rng = np.random.default_rng(columns)
    values = rng.standard_normal((2, 3, columns)) * 10.0 ** rng.integers(-25, 15, (2, 3, columns))
    values = values.astype(dtype)
    values[0, 0] = 0
    values[1, 1, :] = -np.nextafter(dtype(2.0), dtype(0.0))  # would round up to 2^15 units
    packed = np.empty(values.shape, np.int16)
    unit = np.empty((2, 3, -(-columns // SHARED)), dtype)
    found = np.empty_like(values)
    bits = np.dtype(f"i{values.itemsize}")
    compress(packed, unit, values, values.view(bits), compression(np.dtype(dtype)))
    expand(found, packed, unit)
    for first in range(0, columns, SHARED):
        group = np.s_[..., first : first + SHARED]
        largest = np.abs(values[group]).max(axis=-1, keepdims=True)
        assert np.all(np.abs(found[group] - values[group]) <= 2.0**-14 * largest)
        small = np.abs(values[group]) < 0.99 * largest
        error = np.abs(found[group] - values[group]) * small
        assert np.all(error <= 2.0**-15 * largest)
    assert np.all(found[0, 0] == 0)


def test_region_around_nodes():
    wanted = np.zeros((10, 12), bool)
    wanted[3:6, 4:7] = True
    assert Region.around(wanted) == Region(2, 6, 3, 7)
    assert Region.around(wanted, rows=(1, 1)) == Region(2, 7, 3, 7)
    wanted[9, 5] = True
    assert Region.around(wanted) == Region(2, 10, 3, 7)
    assert Region.around(wanted, rows=(1, 1)) == Region(0, 10, 3, 7)
    wanted[0, 0] = True
    assert Region.around(wanted) == Region(0, 10, 0, 12)
    assert Region.around(np.zeros((10, 12), bool)).shape == (0, 0)


def test_region_of_blocks_is_the_region():
    region, grid = Region(2, 7, 3, 5), Setup(nx=12, ny=10).grid
    found = np.zeros((10, 12), bool)
    for block in decompose(grid, 3, 2):
        part = region.of_block(block)
        found[block.slices][part.y0 : part.y1, part.x0 : part.x1] = True
    expected = np.zeros((10, 12), bool)
    expected[2:7, 3:5] = True
    assert np.array_equal(found, expected)
