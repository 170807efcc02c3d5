"""A symmetric medium with a symmetric source gives symmetric fields."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from denise_py.acquisition.inject import PlacedSource
from denise_py.physics.registry import physics_keys
from tests.physics.problems import Setup, homogeneous, own, ricker

MIDDLE = 21
PSV = [key for key in physics_keys() if key.endswith("psv")]
#: viscous ones with other orders are slow to compile
PSV_AND_ORDER = [
    pytest.param(key, order, marks=pytest.mark.slow if key != "elastic-psv" and order != 4 else ())
    for key in PSV
    for order in (2, 4, 8)
]
# one rounding per operation, in different order on the two sides: steps times eps, and a margin of ten
TOLERANCE = 10 * 60 * np.finfo(np.float64).eps


def fields_after(setup: Setup, source: PlacedSource):
    run = setup.propagator()
    run.set_medium(homogeneous(setup.grid, 2500.0, 1300.0, 2100.0))
    setup.simulate(run, [source], np.array([[1, 1]]), ())
    names = (*run.physics.velocity_fields, *run.physics.stress_fields)
    return SimpleNamespace(**{name: own(run, getattr(run.fields, name)) for name in names})


def small(order: int, **changes) -> Setup:
    """41 x 41 points, no layers; 60 steps, in which waves cross half the grid and are reflected."""
    return Setup(nx=41, ny=41, nt=60, order=order, width=0, **changes)


def assert_same(a: np.ndarray, b: np.ndarray) -> None:
    assert np.max(np.abs(a)) > 0
    np.testing.assert_allclose(a, b, rtol=0, atol=TOLERANCE * np.max(np.abs(a)))


@pytest.mark.parametrize(("key", "order"), PSV_AND_ORDER)
def test_exchange_of_axes(key, order):
    """An explosion on the diagonal; then a force along x against a force along y."""
    setup = small(order, physics=key)
    wavelet = ricker(setup.times, 20.0, 0.03)
    f = fields_after(setup, PlacedSource(MIDDLE, MIDDLE, 1, 0.0, wavelet))
    assert_same(f.vx, f.vy.T)
    assert_same(f.sxx, f.syy.T)
    assert_same(f.sxy, f.sxy.T)
    along_x = fields_after(setup, PlacedSource(15, 25, 2, 0.0, wavelet))
    along_y = fields_after(setup, PlacedSource(25, 15, 3, 0.0, wavelet))
    assert_same(along_x.vx, along_y.vy.T)
    assert_same(along_x.sxy, along_y.sxy.T)


@pytest.mark.parametrize(("key", "order"), PSV_AND_ORDER)
@pytest.mark.parametrize("surface", [False, True])
def test_mirror(key, order, surface):
    """Left and right of an explosion, before anything comes back from the sides (the half points make the
    grid itself asymmetric there): vx is odd about the source, vy and the normal stresses are even.

    The stencil spreads the first signal by M points in each half step, so the fields are compared after 20
    steps and to an accuracy that the sides cannot reach: 20 points at 2500 m/s take 67 steps.
    """
    setup = Setup(nx=41, ny=41, nt=20, order=order, width=0, surface=surface, physics=key)
    f = fields_after(setup, PlacedSource(MIDDLE, MIDDLE, 1, 0.0, ricker(setup.times, 60.0, 0.012)))
    middle = MIDDLE - 1
    reach = 10
    left, right = slice(middle - reach, middle), slice(middle + reach, middle, -1)
    for even in (f.vy, f.sxx, f.syy):
        assert_same(even[:, left], even[:, right])
    for odd in (f.vx, f.sxy):
        assert_same(odd[:, middle - reach : middle], -odd[:, middle + reach - 1 : middle - 1 : -1])


@pytest.mark.parametrize("key", physics_keys())
@pytest.mark.parametrize("surface", [False, True])
def test_translation_along_periodic_sides(key, surface):
    """With joined sides no column is special: a source five columns further gives shifted fields."""
    setup = Setup(nx=30, ny=25, nt=80, periodic=True, surface=surface, physics=key)
    wavelet = ricker(setup.times, 20.0, 0.03)
    here = fields_after(setup, PlacedSource(14, 9, 4, 30.0, wavelet))
    there = fields_after(setup, PlacedSource(19, 9, 4, 30.0, wavelet))
    for name, field in vars(here).items():
        assert_same(np.roll(field, 5, axis=1), getattr(there, name))


@pytest.mark.parametrize("key", [key for key in physics_keys() if not key.endswith("sh")])
def test_superposition_and_rotated_force(key):
    """Fields add; a force at azimuth phi (from +y towards +x) is sin phi of one along x plus cos phi of one
    along y."""
    setup = Setup(nx=30, ny=25, nt=60, physics=key)
    wavelet = ricker(setup.times, 20.0, 0.03)
    x, y, rotated = (fields_after(setup, PlacedSource(14, 12, kind, 30.0, wavelet)) for kind in (2, 3, 4))
    for name, both in vars(rotated).items():
        assert_same(both, np.sin(np.pi / 6) * getattr(x, name) + np.cos(np.pi / 6) * getattr(y, name))
