"""Every P-SV kernel against its plain numpy version on random arrays, for all orders and both float types."""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.fd import kernels_psv, points
from denise_py.fd.compile import entry
from denise_py.fd.containers import Strip, as_points, whole_band
from denise_py.fd.steps_psv import Coefficients, Fields
from denise_py.fd.weights import ORDERS, stencil
from tests.fd import oracles

OWN = (17, 19)  # rows, columns: no multiples of a vector length
WIDTH = 5

SINGLE = [pytest.param(o, np.float32, marks=() if o in (4, 8) else pytest.mark.slow) for o in ORDERS]
PARTS = ("velocity_x", "velocity_y", "stress_x", "stress_y")
CASES = [*((order, np.float64) for order in ORDERS), *SINGLE]

LAYERS = [f"{mode}_{part}" for mode in ("absorb", "transpose") for part in PARTS]


class Arrays:
    """Random fields, coefficients and one layer along x or y; every number differs from zero."""

    def __init__(self, order: int, dtype) -> None:
        self.dtype, self.half = dtype, order // 2
        self.weights = stencil(order, 0).cast(dtype)
        self.shape = (OWN[0] + 2 * self.half, OWN[1] + 2 * self.half)
        self.box = whole_band(*OWN, self.half)
        self.rng = np.random.default_rng(order)
        self.fields = Fields(*(self.random(self.shape) for _ in Fields._fields))
        self.coefficients = Coefficients(*(1 + self.random(self.shape) for _ in Coefficients._fields))

    def random(self, shape: tuple[int, ...]) -> np.ndarray:
        return (0.1 + self.rng.random(shape)).astype(self.dtype)

    def strip(self, axis: str, low: bool) -> Strip:
        """A layer at the low or high end of an axis."""
        start = self.half if low else self.half + OWN["yx".index(axis)] - WIDTH
        rows, columns = self.shape
        across = (lambda n: (rows, n)) if axis == "x" else (lambda n: (n, columns))
        psi = self.random((4, *across(WIDTH)))
        delta = np.zeros((4, *across(WIDTH + 4 * self.half)), self.dtype)
        return Strip(start, start + WIDTH, self.random((6, WIDTH)), psi, delta)

    def clear_halo(self) -> None:
        """Zero halos, as at the outer edges of a grid, where a transposed layer has nothing to read."""
        own = np.zeros(self.shape, bool)
        own[self.box.y0 : self.box.y1, self.box.x0 : self.box.x1] = True
        for field in self.fields:
            field[~own] = 0

    @property
    def tolerance(self) -> float:
        """The error of a sum of up to 4 M + 4 terms, none larger than 3: number times size times eps."""
        return 3 * (4 * self.half + 4) * np.finfo(self.dtype).eps

    def assert_fields(self, expected: Fields) -> None:
        """The own points are as expected."""
        own = slice(self.box.y0, self.box.y1), slice(self.box.x0, self.box.x1)
        for name, found, wanted in zip(Fields._fields, self.fields, expected, strict=True):
            np.testing.assert_allclose(found[own], wanted[own], rtol=0, atol=self.tolerance, err_msg=name)

    def assert_halo_untouched(self, before: Fields) -> None:
        for found, wanted in zip(self.fields, before, strict=True):
            changed = found != wanted
            changed[self.box.y0 : self.box.y1, self.box.x0 : self.box.x1] = False
            assert not changed.any()


def copies(fields: Fields, dtype=np.float64) -> Fields:
    return Fields(*(f.astype(dtype, copy=True) for f in fields))


@pytest.mark.parametrize(("order", "dtype"), CASES)
@pytest.mark.parametrize("name", ["update_velocity", "update_stress"])
def test_interior(name, order, dtype):
    a = Arrays(order, dtype)
    before = copies(a.fields)
    expected = getattr(oracles, name)(before, a.coefficients, a.weights)
    entry(getattr(kernels_psv, name))(a.fields, a.coefficients, a.box, a.weights)
    a.assert_fields(expected)
    a.assert_halo_untouched(before)


@pytest.mark.parametrize(("order", "dtype"), CASES)
@pytest.mark.parametrize("low", [True, False])
@pytest.mark.parametrize("name", LAYERS)
def test_absorbing_layer(name, low, order, dtype):
    a = Arrays(order, dtype)
    if name.startswith("transpose"):
        a.clear_halo()
    strip = a.strip(name[-1], low)
    before = copies(a.fields)
    doubles = strip._replace(profile=strip.profile.astype(np.float64), psi=strip.psi.astype(np.float64))
    expected, psi = getattr(oracles, name)(before, a.coefficients, doubles, a.box, a.weights)
    entry(getattr(kernels_psv, name))(a.fields, a.coefficients, strip, a.box, a.weights)
    a.assert_fields(expected)
    a.assert_halo_untouched(before)
    np.testing.assert_allclose(strip.psi, psi, rtol=0, atol=a.tolerance)


@pytest.mark.parametrize("name", LAYERS)
def test_a_side_without_layer_changes_nothing(name):
    a = Arrays(4, np.float64)
    before = copies(a.fields)
    strip = a.strip(name[-1], True)
    empty = Strip(strip.start, strip.start, strip.profile[:, :0].copy(), strip.psi[:, :0, :0], strip.delta)
    entry(getattr(kernels_psv, name))(a.fields, a.coefficients, empty, a.box, a.weights)
    for found, wanted in zip(a.fields, before, strict=True):
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize(("order", "dtype"), CASES)
def test_free_surface_images(order, dtype):
    a = Arrays(order, dtype)
    expected = oracles.image_stress(a.fields, a.box, a.half)
    entry(kernels_psv.image_stress)(a.fields, a.box, a.weights)
    for found, wanted in zip(a.fields, expected, strict=True):
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize(("order", "dtype"), CASES)
def test_transposed_free_surface(order, dtype):
    a = Arrays(order, dtype)
    before = copies(a.fields)
    coefficients = Coefficients(*(c.astype(np.float64) for c in a.coefficients))
    expected = oracles.transpose_image_stress(before, coefficients, a.box, stencil(order, 0).weights)
    entry(kernels_psv.transpose_image_stress)(a.fields, a.coefficients, a.box, a.weights)
    a.assert_fields(expected)


def test_adding_and_reading_at_points_are_transposes():
    """<add(s), f> = <s, read(f)>, with points that share a node and points that share a series."""
    rng = np.random.default_rng(1)
    field, series = rng.random((6, 7)), rng.random(3)
    at = as_points([1, 1, 4, 2], [2, 2, 5, 0], [0, 1, 2, 2], rng.random(4), np.float64)
    added, read = np.zeros((6, 7)), np.zeros(3)
    points.add_at(added, at, series)
    points.read_at(field, at, read)
    assert np.sum(added * field) == pytest.approx(np.sum(series * read), rel=1e-14)
    assert np.count_nonzero(added) == 3
