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


def placing(floor: int = 0, **changes) -> BandLimited:
    """On a grid with so many rows of fluid on top."""
    fluid = np.arange(30)[:, None] + np.zeros(40) < floor
    given = {"follow": 0.0} | changes
    return BandLimited(GRID, False, False, ~fluid, fluid, lambda q: q[:, 1] > floor + 0.5, **given)


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
