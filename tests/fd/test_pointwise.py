"""What is kept and correlated, against plain numpy, in a band of rows and a box within the block."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from denise_py.fd import pointwise
from denise_py.fd.compile import entry
from denise_py.fd.containers import Band, Box

HALF, ROWS, COLUMNS = 2, 9, 37
BAND = Band(HALF + 1, HALF + 7, HALF, HALF + COLUMNS, HALF, HALF + ROWS)
KEPT = Box(HALF + 2, HALF + ROWS, HALF + 3, HALF + 3 + 21)
#: rows and columns of the band that are kept: in fields, in what is kept, and among the own points
IN_FIELD = slice(4, 9), slice(5, 26)
IN_KEPT = slice(0, 5), slice(0, 21)
IN_OWN = slice(2, 7), slice(3, 24)
STEP, SLOT = 14, 2


class Kept(NamedTuple):
    every: int
    first: int
    box: Box


STORE = Kept(2, 5, KEPT)


@pytest.fixture(params=[np.float32, np.float64])
def arrays(request):
    """Makes random arrays of a shape."""
    rng = np.random.default_rng(0)
    return lambda *shape: rng.standard_normal(shape).astype(request.param)


def field(arrays):
    return arrays(ROWS + 2 * HALF, COLUMNS + 2 * HALF + 3)


def run(name: str, *arguments) -> None:
    entry(getattr(pointwise, name))(*arguments)


def assert_equal(found, before, place, values) -> None:
    """found is before with values at a place, to two roundings, and the same elsewhere to the last bit."""
    expected = before.copy()
    expected[place] = values
    np.testing.assert_allclose(found, expected, rtol=0, atol=40 * np.finfo(found.dtype).eps)
    untouched = np.ones(found.shape, bool)
    untouched[place] = False
    np.testing.assert_array_equal(found[untouched], before[untouched])


def test_keeping(arrays):
    f, kept = field(arrays), arrays(4, 7, 21)
    before = kept.copy()
    run("keep_field", kept, STEP, f, BAND, STORE)
    assert_equal(kept, before, (SLOT, *IN_KEPT), f[IN_FIELD])
    run("keep_increment", kept, STEP, 3 * f, BAND, STORE)
    assert_equal(kept, before, (SLOT, *IN_KEPT), 2 * f[IN_FIELD])


def test_products(arrays):
    fx, fy, kx, ky = field(arrays), field(arrays), arrays(4, 7, 21), arrays(4, 7, 21)
    a, b = arrays(ROWS, COLUMNS), arrays(ROWS, COLUMNS)
    a0, b0, dx, dy = a.copy(), b.copy(), kx[SLOT][IN_KEPT], ky[SLOT][IN_KEPT]
    run("add_product", a, fx, kx, STEP, BAND, STORE)
    assert_equal(a, a0, IN_OWN, a0[IN_OWN] + fx[IN_FIELD] * dx)
    a[:] = a0
    run("add_pair_products", a, b, fx, fy, kx, ky, STEP, BAND, STORE)
    assert_equal(a, a0, IN_OWN, a0[IN_OWN] + (fx + fy)[IN_FIELD] * (dx + dy))
    assert_equal(b, b0, IN_OWN, b0[IN_OWN] + (fx - fy)[IN_FIELD] * (dx - dy))


def test_squares(arrays):
    fx, a = field(arrays), arrays(ROWS, COLUMNS)
    a0, own = a.copy(), (slice(3, 9), slice(HALF, HALF + COLUMNS))
    run("add_square", a, fx, BAND)
    assert_equal(a, a0, (slice(1, 7), slice(None)), a0[1:7] + fx[own] ** 2)


def test_nothing_is_kept_where_there_is_no_room(arrays):
    f, none, a = field(arrays), arrays(0, 0, 0), arrays(ROWS, COLUMNS)
    before = a.copy()
    for name in ("keep_field", "keep_increment"):
        run(name, none, STEP, f, BAND, STORE)
    run("add_product", a, f, none, STEP, BAND, STORE)
    run("add_pair_products", a, a, f, f, none, none, STEP, BAND, STORE)
    np.testing.assert_array_equal(a, before)
