"""Lamb's problem: a vertical force on the surface, vy at the surface ten S wavelengths away.

The seismogram is nearly all Rayleigh wave, and so is its error. The Rayleigh wave of the difference scheme
is known from an eigenvalue problem (surface_modes), which says what the simulations must show:

* Order 2 treats the surface symmetrically. Speed and amplitude converge with the square of DH, but the waves
  are late: after ten wavelengths 0.065 radian at 30 points per wavelength and 10 Hz, which is 0.21 of the
  seismogram, whose spectrum reaches three times as high. For 0.05 it takes 60 points.
* Orders 4 and higher read velocities above the surface, which are zero as in DENISE. The waves are early by
  an error of first order, and between a force and a receiver in the surface row too little of them gets
  through: 0.96 of the amplitude for order 4, 0.94 for order 8, however fine the grid.
* One-sided operators in the top rows (SURFACE_SCHEME, order 4) have neither flaw: 0.042 at 30 points.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.analytic.experiments import FREQUENCY, POISSON_SOLID, Resolution, lamb
from tests.analytic.half_space import rayleigh_speed
from tests.analytic.surface_modes import discrete_rayleigh_wave


def case(order: int, points: int, distance: float = 10) -> Resolution:
    return Resolution(points=points, order=order, courant=0.5, distance=distance)


def test_error_of_order_two():
    """Falls with the square of DH, to below 5 per cent at 60 points per dominant S wavelength."""
    coarse, fine = (lamb(case(2, points)).error for points in (30, 60))
    assert np.log2(coarse / fine) == pytest.approx(2.0, abs=0.15)
    assert fine <= 0.05


def test_one_sided_operators_at_the_surface():
    """Below 5 per cent at 30 points per dominant S wavelength, and falling with DH."""
    errors = [lamb(replace(case(4, points), one_sided=True)).error for points in (15, 30)]
    assert errors[1] <= 0.05
    assert errors[0] > 3 * errors[1]


@pytest.mark.parametrize("order", [2, 4, 8])
def test_error_is_that_of_the_rayleigh_wave_of_the_scheme(order):
    """Amplitude and delay of the seismogram at 10 Hz, relative to the exact one, are those predicted. The
    body waves, a per cent of the amplitude, are not in the prediction; the error of the time step is taken
    out of the comparison."""
    points, distance = 30, 5
    measured = lamb(case(order, points, distance), time_exact=True).ratio(FREQUENCY)
    predicted = discrete_rayleigh_wave(POISSON_SOLID, order, points)
    turns = distance * POISSON_SOLID.vs / rayleigh_speed(POISSON_SOLID)
    late = 2 * np.pi * turns * (1 / (1 + predicted.speed_error) - 1)
    assert -np.angle(measured) == pytest.approx(late, rel=0.05)
    assert abs(measured) == pytest.approx(predicted.amplitude, abs=0.01)


def test_convergence_of_the_surface_wave():
    """Order 2 converges to the exact Rayleigh wave, higher orders to its speed but not to its amplitude at
    the surface."""
    coarse, fine = (discrete_rayleigh_wave(POISSON_SOLID, 2, n) for n in (20, 40))
    assert np.log2(coarse.speed_error / fine.speed_error) == pytest.approx(2.0, abs=0.1)
    assert np.log2((1 - coarse.amplitude) / (1 - fine.amplitude)) == pytest.approx(2.0, abs=0.2)
    for order, limit in ((4, 0.96), (8, 0.94)):
        coarse, fine = (discrete_rayleigh_wave(POISSON_SOLID, order, n) for n in (20, 40))
        assert 1.0 < np.log2(coarse.speed_error / fine.speed_error) < 1.6
        assert fine.amplitude == pytest.approx(limit, abs=0.005)


@pytest.mark.slow
@pytest.mark.parametrize(("order", "floor"), [(2, 0.0), (4, 0.04), (8, 0.06)])
def test_error_falls_with_the_grid_spacing(order, floor):
    """From 15 to 60 points; what remains for higher orders is the lost amplitude."""
    errors = [lamb(case(order, points)).error for points in (15, 30, 60)]
    assert errors[0] > 1.5 * errors[1] > 2.25 * errors[2]
    assert errors[2] > floor


@pytest.mark.slow
def test_shorter_ways_need_fewer_points():
    """The delay, and with it the error, grows with the distance."""
    errors = [lamb(case(2, 30, distance)).error for distance in (2.5, 5, 10)]
    assert errors[0] <= 0.06
    assert errors[1] / errors[0] == pytest.approx(2.0, abs=0.4)
    assert errors[2] / errors[1] == pytest.approx(2.0, abs=0.4)
