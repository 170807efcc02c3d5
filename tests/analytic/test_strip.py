"""Plane waves in a strip: measured attenuation, and reflection at interfaces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.analytic.full_space import Solid
from tests.analytic.strip import ATTENUATED, Oblique, Relaxations, attenuation, reflection

# A decade, 5 to 50 Hz, around the relaxation frequencies. One mechanism has Q = (2 + tau) / tau at its
# frequency and nearly twice that at the ends of the decade; several of them add up to less than 2 / tau,
# but evenly.
MECHANISMS = {
    1: Relaxations((16.0,), 0.1),
    3: Relaxations((4.0, 16.0, 64.0), 0.06),
    5: Relaxations((2.5, 6.3, 16.0, 40.0, 100.0), 0.04),
}
SOFT, HARD = Solid(2000.0, 1000.0, 1900.0), Solid(4000.0, 1800.0, 2200.0)


@pytest.mark.parametrize("name", ATTENUATED)
@pytest.mark.parametrize("count", MECHANISMS)
def test_attenuation(name, count):
    """Q and phase velocity of the whole decade are those of the moduli. Leapfrog and memory variables are
    right to second order in w dt, 0.03 at 50 Hz, and order 8 to better than that at 8 points per
    wavelength."""
    found = attenuation(name, MECHANISMS[count], points=8)
    assert found.error <= 0.005
    assert found.speed_error <= 0.002


def test_one_mechanism_has_twice_the_inverse_level():
    """Q = 2 / tau + 1 at the relaxation frequency."""
    found = attenuation("viscous-sh", MECHANISMS[1], points=8)
    at = np.interp(16.0, found.frequency, found.found)
    assert at == pytest.approx(2 / 0.1 + 1, rel=0.01)


@pytest.mark.parametrize("count", [3, 5])
def test_several_mechanisms_make_q_even(count):
    """Constant within a tenth of its mean over the decade."""
    found = attenuation("viscous-sh", MECHANISMS[count], points=8).found
    assert np.ptp(found) / 2 <= 0.1 * np.mean(found)


def width(points: int, angle: float) -> int | None:
    """Of a strip for an angle of incidence in degrees, points per wavelength given."""
    return round(points / np.sin(np.radians(angle))) if angle else None


@pytest.mark.parametrize("angle", [0, 20, 30, 45, 60])
def test_fluid_over_solid(angle):
    """Water on rock, pressure against Zoeppritz, below and beyond the critical angle of 37 degrees."""
    case = Oblique("p", width(20, angle))
    assert reflection(case).error[0] <= 0.01


def test_fluid_over_solid_in_a_band():
    """One run holds all angles from 19 to 60 degrees: the upper frequencies come in more steeply."""
    found = reflection(Oblique("p", width(20, 41.8)), (12.0, 14.0, 17.0, 20.0, 24.0, 30.0))
    assert found.angle[0] > 56 > 20 > found.angle[-1]
    assert np.max(found.error) <= 0.01


@pytest.mark.parametrize("angle", [0, 30])
@pytest.mark.parametrize("pair", [(SOFT, HARD), (HARD, SOFT)])
def test_solid_over_solid(pair, angle):
    assert reflection(Oblique("p", width(30, angle), 30, upper=pair[0], lower=pair[1])).error[0] <= 0.02


def order_at_interface(on_nodes: bool, angle: float) -> float:
    """Of convergence of the reflection coefficient of SH waves with order 2, beyond the critical angle of 34
    degrees or not."""
    cases = (Oblique("sh", width(n, angle), n, 2, on_nodes, SOFT, HARD) for n in (20, 40))
    coarse, fine = (reflection(case).error[0] for case in cases)
    return float(np.log2(coarse / fine))


def test_order_of_sh_waves_at_an_interface():
    """DENISE takes the harmonic mean of mu over four nodes for sxz, which acts along the interface that
    passes through it; the arithmetic mean would be right. That is of first order in DH. With the medium on
    the nodes of vz only moduli across the interface are averaged, which is of second order. At vertical
    incidence there is no sxz."""
    assert order_at_interface(on_nodes=False, angle=30) == pytest.approx(1.0, abs=0.15)
    assert order_at_interface(on_nodes=True, angle=30) == pytest.approx(2.0, abs=0.5)
    assert order_at_interface(on_nodes=False, angle=0) == pytest.approx(2.0, abs=0.15)
    assert order_at_interface(on_nodes=True, angle=0) == pytest.approx(2.0, abs=0.15)


def test_sh_waves_at_an_interface():
    """At 20 points and 30 degrees: 3 per cent of the incident wave against less than a half."""
    case = Oblique("sh", width(20, 30), 20, 4, False, SOFT, HARD)
    assert 0.02 < reflection(case).error[0] < 0.04
    assert reflection(replace(case, on_nodes=True)).error[0] < 0.01
