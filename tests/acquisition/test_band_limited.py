"""Weights between grid points: exact on points, small errors for waves, nothing from the other phase."""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.acquisition.band_limited import BandLimited
from denise_py.acquisition.image_surface import effective_depth, velocity_gains
from denise_py.fd.weights import stencil
from denise_py.grid import Grid
from denise_py.physics.registry import physics

GRID = Grid(40, 30, 10.0)
PSV = physics("elastic-psv", None)


def placing(wet: int = 0, **changes) -> BandLimited:
    """On a grid with so many rows of fluid on top."""
    fluid = np.arange(30)[:, None] + np.zeros(40) < wet
    given = {"follow": 0.0} | changes
    return BandLimited(GRID, False, False, ~fluid, fluid, lambda q: q[:, 1] > wet + 0.5, **given)


def beside_floor(wet: int) -> BandLimited:
    """The same, with the slopes of vx at the floor and without deviations beside it."""
    return placing(wet, floor=(wet, wet), gains=np.ones(40), rows=lambda q: q[:, 1] - 1)


def test_points_of_the_grid_are_themselves():
    found = placing().spread(PSV, "p", np.array([[7.0, 5.0], [20.0, 30.0]]))
    np.testing.assert_array_equal(found.row, [4, 29])
    np.testing.assert_array_equal(found.column, [6, 19])
    np.testing.assert_array_equal(found.weight, [1.0, 1.0])


@pytest.mark.parametrize(("name", "right", "down"), [("p", 0, 0), ("vx", 0.5, 0), ("vy", 0, 0.5)])
def test_plane_waves_are_read_where_the_places_are(name, right, down):
    """Five points per wavelength, all directions; components lie half a spacing away from their nodes."""
    places = np.array([[12.3, 14.8], [20.5, 9.1], [25.01, 17.77]])
    found = placing().spread(PSV, name, places)
    for angle in np.linspace(0, np.pi, 7):
        k = 2 * np.pi / 5 * np.array([np.cos(angle), np.sin(angle)])
        values = np.exp(1j * (k[0] * (found.column + 1 + right) + k[1] * (found.row + 1 + down)))
        read = np.bincount(found.trace, (found.weight * values).real)
        read = read + 1j * np.bincount(found.trace, (found.weight * values).imag)
        assert np.abs(read - np.exp(1j * places @ k)).max() < 2e-3


def test_nothing_is_read_across_the_sea_floor():
    floor = 10
    for depth, wanted in ((10.9, "solid"), (9.8, "fluid")):
        found = placing(floor).spread(PSV, "p", np.array([[15.2, depth]]))
        assert np.all((found.row >= floor) == (wanted == "solid"))
        # extrapolation by a tenth of a spacing
        assert found.weight.sum() == pytest.approx(1.0, abs=3e-3)


@pytest.mark.parametrize("phase", [1, -1])
@pytest.mark.parametrize("depth", [0.1, 0.25, 0.5])
def test_vx_beside_the_sea_floor_follows_its_slope_there(phase, depth):
    """A wave along the floor, vx = cos(k x) exp(-a z) at a height z, 8 points per wavelength, with the vy on
    the floor that belongs to it: no shear stress below the floor, no rotation above."""
    floor, k = 10, 2 * np.pi / 8
    a = 0.8 * k
    near = beside_floor(floor)
    columns = np.array([12.3, 20.5, 25.01])
    place = np.stack([columns, np.full(3, floor + 0.5 + phase * depth)], axis=-1)
    values = {
        "vx": lambda i, j: np.cos(k * (i + 0.5)) * np.exp(-a * np.abs(j - floor - 0.5)),
        "vy": lambda i, j: a / k * np.sin(k * i),
    }
    expected = np.cos(k * columns) * np.exp(-a * depth)
    error = []
    for points in (near.observed(PSV, "vx", place), {"vx": near.spread(PSV, "vx", place)}):
        read = np.zeros(3)
        for name, (trace, row, column, weight) in points.items():
            assert name == "vx" or np.all(row == floor - 1)
            read += np.bincount(trace, weight * values[name](column + 1, row + 1), minlength=3)
        error.append(np.abs(read - expected).max())
    assert error[0] < 5e-3
    assert error[0] < 0.25 * error[1] or depth == 0.5  # half a spacing away lies a row


def test_the_slope_at_the_sea_floor_does_not_matter_far_away_or_on_a_row():
    floor = 10
    near = beside_floor(floor)
    place = np.array([[12.5, 17.3], [20.5, 11.0]])
    assert near.observed(PSV, "vx", place)["vy"].weight.size == 0
    assert list(near.observed(PSV, "vy", place)) == ["vy"]


def test_order_2_has_no_deviation_at_the_surface_and_order_8_a_small_one():
    assert effective_depth(stencil(2, 0).weights) == pytest.approx(0.0, abs=1e-12)
    np.testing.assert_allclose(velocity_gains(stencil(2, 0).weights), 1.0, rtol=1e-12)
    weights = stencil(8, 0).weights
    gains = velocity_gains(weights)
    # the rows balance: the operator sees the deviations and zeros above
    padded = np.concatenate([np.zeros(4), gains])
    for row in range(10):
        terms = (c * (padded[row + 4 + m] - padded[row + 5 - m]) for m, c in enumerate(weights, start=1))
        assert sum(terms) == pytest.approx(0.0, abs=1e-12)
    assert 0.05 < effective_depth(weights) < 0.055
