"""After an exchange every block's rim equals the same region of the padded global field."""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.errors import ParameterError
from denise_py.grid import Grid
from denise_py.parallel.domain import decompose
from denise_py.parallel.halo import HaloExchange

# (nx, ny, halo): even and uneven blocks, and blocks as small as the rim (8 rows in 2 at h = 4)
CASES = [(12, 8, 1), (13, 11, 2), (9, 8, 4)]
LAYOUTS = [(2, 1), (1, 2), (3, 1), (1, 3), (2, 2), (4, 1)]


def check_exchange(comm, npx, npy, nx, ny, h, periodic, dtype=np.float32):
    """Fill three blocks from global fields, exchange twice with changed values, compare with np.pad."""
    block = decompose(Grid(nx, ny, 1.0), npx, npy, periodic)[comm.rank]
    fields = [np.zeros((block.ny + 2 * h, block.nx + 2 * h), dtype) for _ in range(3)]
    exchange = HaloExchange(comm, block, h, fields)
    assert exchange.needed == (npx * npy > 1 or periodic)
    for round_ in range(2):
        for k, field in enumerate(fields):
            whole = np.arange(1, nx * ny + 1, dtype=dtype).reshape(ny, nx) + 1000 * k + 10000 * round_
            field[...] = 0
            field[h:-h, h:-h] = whole[block.slices]
        exchange.run()
        for k, field in enumerate(fields):
            whole = np.arange(1, nx * ny + 1, dtype=dtype).reshape(ny, nx) + 1000 * k + 10000 * round_
            compare_without_corners(field, padded(whole, h, periodic), block, h)


def padded(whole, h, periodic):
    """The global field with its rim: neighbours across periodic sides, zero elsewhere."""
    wide = np.pad(whole, ((0, 0), (h, h)), mode="wrap" if periodic else "constant")
    return np.pad(wide, ((h, h), (0, 0)))


def compare_without_corners(field, whole, block, h):
    expected = whole[block.y0 : block.y1 + 2 * h, block.x0 : block.x1 + 2 * h]
    np.testing.assert_array_equal(field[h:-h, :], expected[h:-h, :])
    np.testing.assert_array_equal(field[:, h:-h], expected[:, h:-h])


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_single_block(comm, case, periodic):
    check_exchange(comm, 1, 1, *case, periodic)


def check_layouts(comm):
    layouts = [(npx, npy) for npx, npy in LAYOUTS if npx * npy == comm.size]
    assert layouts
    for npx, npy in layouts:
        for case in CASES:
            if min(case[0] // npx, case[1] // npy) >= case[2]:
                check_exchange(comm, npx, npy, *case, periodic=False)
                check_exchange(comm, npx, npy, *case, periodic=True)
    check_exchange(comm, *layouts[0], *CASES[0], periodic=True, dtype=np.float64)


@pytest.mark.mpi(2)
def test_two_blocks(comm):
    check_layouts(comm)


@pytest.mark.mpi(3)
def test_three_blocks(comm):
    check_layouts(comm)


@pytest.mark.mpi(4)
def test_four_blocks(comm):
    check_layouts(comm)


@pytest.mark.mpi(4)
def test_two_groups_exchange_independently(comm):
    group = comm.split(comm.rank // 2, comm.rank)
    assert (group.size, group.rank) == (2, comm.rank % 2)
    check_exchange(group, 1, 2, *CASES[1], periodic=True)


@pytest.mark.mpi(2)
def test_two_exchanges_do_not_mix_up_their_fields(comm):
    block = decompose(Grid(8, 6, 1.0), 1, 2)[comm.rank]
    velocities = [np.full((block.ny + 4, block.nx + 4), 10.0 * (comm.rank + 1) + k) for k in range(2)]
    stresses = [np.full((block.ny + 4, block.nx + 4), 100.0 * (comm.rank + 1) + k) for k in range(2)]
    first, second = HaloExchange(comm, block, 2, velocities), HaloExchange(comm, block, 2, stresses)
    for _ in range(50):
        first.run()
        second.run()
    rim = slice(0, 2) if comm.rank == 1 else slice(-2, None)
    for k in range(2):
        assert np.all(velocities[k][rim] == 10.0 * (2 - comm.rank) + k)
        assert np.all(stresses[k][rim] == 100.0 * (2 - comm.rank) + k)


def test_blocks_smaller_than_the_rim_are_refused(comm):
    block = decompose(Grid(8, 3, 1.0), 1, 2)[0]
    with pytest.raises(ParameterError, match="NPROCX or NPROCY"):
        HaloExchange(comm, block, 4, [np.zeros((block.ny + 8, block.nx + 8))])


@pytest.mark.parametrize(
    "fields",
    [
        [np.zeros((5, 8))],
        [np.zeros((8, 8)), np.zeros((8, 8), np.float32)],
        [np.zeros((8, 16))[:, ::2]],
    ],
)
def test_unfit_arrays_are_refused(comm, fields):
    with pytest.raises(ValueError, match="C-contiguous"):
        HaloExchange(comm, decompose(Grid(4, 4, 1.0), 1, 1)[0], 2, fields)
