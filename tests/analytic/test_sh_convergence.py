"""SH waves in a smooth medium: both ways to put it on the grid converge with second order, to the same
waves."""

from __future__ import annotations

import numpy as np
import pytest

from tests.analytic.sh_convergence import converging


def test_both_ways_agree_in_the_limit():
    """Extrapolated from grids with 180 and 540 points per side, whose own errors are 3e-3 and 3e-4."""
    denise, on_nodes = (converging(8, way) for way in (False, True))
    assert np.linalg.norm(denise.limit - on_nodes.limit) <= 1e-5 * np.linalg.norm(denise.limit)
    for series in (denise, on_nodes):
        # errors of operator, averages and time step of opposite signs: not all of it is the leading term yet
        assert series.order == pytest.approx(2.0, abs=0.3)


@pytest.mark.slow
@pytest.mark.parametrize("order", [2, 8])
def test_second_order(order):
    for way in (False, True):
        assert converging(order, way, points=90).order == pytest.approx(2.0, abs=0.15)
