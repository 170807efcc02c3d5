"""SH waves in a smooth medium: both ways to put it on the grid converge with second order, to the same
waves."""

from __future__ import annotations

import numpy as np
import pytest

from tests.analytic.sh_convergence import converging


@pytest.mark.parametrize("order", [2, 8])
def test_both_ways_agree_in_the_limit(order):
    """Extrapolated from grids with 180 and 540 points per side, whose own errors are below 6 and 0.6 per
    cent."""
    denise, on_nodes = (converging(order, way) for way in (False, True))
    assert np.linalg.norm(denise.limit - on_nodes.limit) <= 1e-3 * np.linalg.norm(denise.limit)
    for series in (denise, on_nodes):
        assert series.order == pytest.approx(2.0, abs=0.2)
