"""Traces and gradients do not depend on how the grid is cut into blocks.

The same operations are done at every point in the same order, whoever owns it, so even the last bit should
agree; the compiler is free, however, to contract a multiply-add in the vector part of a row and not in its
remainder, whose place depends on the width of the block. What is allowed is the growth of single roundings
over the run. The gradient is summed at each point over time, without any sum over blocks.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.adjoint.inverse_problem import InverseProblem
from tests.physics.problems import Setup

# 43 x 35 points cannot be cut evenly into 2 or 4; the layers are wider than the halos
SETUPS = (
    Setup(nx=43, ny=35, nt=150, order=4, surface=True, dtype=np.float32),
    Setup(nx=43, ny=35, nt=150, order=4, periodic=True, dtype=np.float32),
    Setup(nx=43, ny=35, nt=150, order=4, surface=True, dtype=np.float32, physics="viscous-psv"),
    Setup(nx=43, ny=35, nt=150, order=4, periodic=True, dtype=np.float32, physics="acoustic"),
    Setup(nx=43, ny=35, nt=150, order=4, surface=True, dtype=np.float32, physics="viscous-acoustic"),
    Setup(nx=43, ny=35, nt=150, order=4, surface=True, dtype=np.float32, physics="elastic-sh"),
    Setup(nx=43, ny=35, nt=150, order=4, periodic=True, dtype=np.float32, physics="viscous-sh"),
)
# 150 steps of rounding of the float type, amplified by the interference of waves
TOLERANCE = 150 * float(np.finfo(np.float32).eps)


def compare_with_one_block(comm, npx: int, npy: int) -> None:
    """Every process computes the whole problem alone and compares it with what all compute together."""
    for setup in SETUPS:
        alone = InverseProblem(setup)
        together = replace(alone, comm=comm, blocks=(npx, npy))
        model = alone.start
        if comm.is_root:
            alone.gradient(model)  # compiles; the others find the kernels in the cache
        comm.barrier()
        expected, found = alone.simulate(model), together.simulate(model)
        for c in alone.components:
            assert_close(found[c], expected[c])
        value, gradient = alone.gradient(model)
        shared_value, shared = together.gradient(model)
        assert shared_value == pytest.approx(value, rel=TOLERANCE)
        assert bool(shared) == comm.is_root
        for name, expected in gradient.items() if comm.is_root else ():
            if np.any(expected):  # fluids have no vs, SH waves no vp
                assert_close(shared[name], expected)


def assert_close(found: np.ndarray, expected: np.ndarray) -> None:
    assert np.max(np.abs(expected)) > 0
    np.testing.assert_allclose(found, expected, rtol=0, atol=TOLERANCE * np.max(np.abs(expected)))


@pytest.mark.mpi(2)
def test_two_blocks(comm):
    compare_with_one_block(comm, 2, 1)
    compare_with_one_block(comm, 1, 2)


@pytest.mark.mpi(4)
def test_four_blocks(comm):
    compare_with_one_block(comm, 2, 2)
    compare_with_one_block(comm, 4, 1)
    compare_with_one_block(comm, 1, 4)
