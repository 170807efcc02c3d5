"""Air above a plane surface, flat or dipping, with the exact solution of a half-space.

The plane lies half a cell above the first row of rock. Where it dips it becomes a staircase, whose corners
lack shear stiffness: Rayleigh waves are late by an error of first order, which grows with distance and dip.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.analytic.experiments import Resolution
from tests.analytic.topography import dipping, joint_error


def error(order: int, dip: float, points: int, distance: float = 5) -> float:
    return joint_error(dipping(Resolution(points=points, order=order, courant=0.3, distance=distance), dip))


def test_flat_surface():
    """Order 2 is symmetric there and converges with the square of DH; order 4 has an error of first order,
    but a small one."""
    assert np.log2(error(2, 0, 20) / error(2, 0, 40)) == pytest.approx(2.0, abs=0.15)
    assert error(4, 0, 40) <= 0.015
    assert np.log2(error(4, 0, 20) / error(4, 0, 40)) == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize("dip", [10, 45])
def test_dipping_surface_converges(dip):
    """With first order."""
    coarse, fine = (error(4, dip, points) for points in (30, 60))
    assert 0.7 < np.log2(coarse / fine) < 1.5
    assert fine < 0.3


def test_error_grows_with_distance():
    """It is a delay."""
    assert error(4, 26.565, 40, 5) > 1.7 * error(4, 26.565, 40, 2.5)
