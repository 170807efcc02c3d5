"""Garvin's problem: an explosion one S wavelength below the free surface, vx and vy in the surface row five
wavelengths away: P wave, converted S wave and a Rayleigh wave.

* One-sided operators (SURFACE_SCHEME = 1, order 4) converge to the exact seismogram: 1 per cent at 20 points.
* Order 2 converges with the square of DH.
* Higher orders with velocities of zero above the surface, as in DENISE, record too little in the surface row,
by
  a factor that does not depend on DH (surface_modes.surface_row_factor). With it they converge as well.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.analytic.experiments import Comparison, Resolution, garvin
from tests.analytic.homogeneous import LOSSY
from tests.analytic.surface_modes import discrete_rayleigh_wave, surface_row_factor

CASE = Resolution(points=20, order=4, courant=0.25, distance=5)


def test_one_sided_operators():
    for component, found in garvin(replace(CASE, one_sided=True)).items():
        assert found.error <= 0.01, component


def test_order_two_converges():
    errors = [garvin(replace(CASE, order=2, points=n)) for n in (20, 40)]
    for component in ("vx", "vy"):
        coarse, fine = (found[component].error for found in errors)
        assert np.log2(coarse / fine) == pytest.approx(2.0, abs=0.15)


@pytest.mark.parametrize("order", [4, 8])
def test_higher_orders_lose_a_known_part_of_the_surface_row(order):
    factor = surface_row_factor(order)
    coarse, fine = (garvin(replace(CASE, order=order, points=n)) for n in (15, 30))
    for component, found in fine.items():
        assert found.error == pytest.approx(1 - factor, abs=0.005)
        assert corrected(found, factor) <= 0.01
        assert corrected(coarse[component], factor) > 1.7 * corrected(found, factor)


@pytest.mark.parametrize(("order", "one_sided"), [(4, True), (4, False), (8, False)])
def test_viscous_medium(order, one_sided):
    """Q near 20 and 15: the memory variables of the surface row are right, too. The same record without loss
    would be off by more than a half."""
    case = replace(CASE, order=order, one_sided=one_sided, solid=LOSSY.solid)
    factor = 1.0 if one_sided else surface_row_factor(order)
    for component, found in garvin(case, loss=LOSSY).items():
        assert found.error == pytest.approx(1 - factor, abs=0.01)
        assert corrected(found, factor) <= 0.01
        lossless = garvin(case)[component]
        assert np.linalg.norm(lossless.exact - found.exact) > 0.5 * np.linalg.norm(found.exact)


def corrected(found: Comparison, factor: float) -> float:
    """Error after division by the factor."""
    return Comparison(found.found / factor, found.exact, found.times).error


@pytest.mark.parametrize("order", [2, 4, 8])
def test_factor_agrees_with_the_rayleigh_wave_of_the_scheme(order):
    """Which is found in another way, at a finite spacing: force and receiver in the surface row."""
    assert discrete_rayleigh_wave(CASE.solid, order, 90).amplitude == pytest.approx(
        surface_row_factor(order), abs=0.003
    )
