"""The exact solutions against each other, so that no simulation is measured with a wrong yardstick."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from tests.analytic.experiments import FREQUENCY, PEAK, POISSON_SOLID, STRENGTH, wavelet
from tests.analytic.full_space import (
    Solid,
    explosion_response,
    fluid_response,
    force_response,
    potential,
    sh_response,
)
from tests.analytic.garvin import displacement as garvin_displacement
from tests.analytic.garvin import response as garvin_response
from tests.analytic.garvin import surface_velocity as garvin_surface_velocity
from tests.analytic.half_space import buried_response, rayleigh_speed, surface_velocity, vertical_response
from tests.analytic.memory_variables import (
    Mode,
    Sum,
    explosion_velocity,
    force_velocity,
    scalar_velocity,
)
from tests.analytic.plane_waves import Interface, Wave
from tests.analytic.relaxation import Attenuating, relaxation_factor
from tests.analytic.synthesis import synthesize

ROCK = Solid(vp=2500.0, vs=1300.0, rho=2100.0)
WATER = Solid(vp=1500.0, vs=0.0, rho=1000.0)
LOSSY = Attenuating(ROCK, frequencies=(4.0, 20.0), reference=10.0, taup=0.08, taus=0.12)


def wavelet_slope(t: np.ndarray) -> np.ndarray:
    """Time derivative of the Ricker wavelet."""
    a, u = (np.pi * FREQUENCY) ** 2, t - PEAK
    return np.where(t > 0, STRENGTH * (4 * a**2 * u**3 - 6 * a * u) * np.exp(-a * u**2), 0.0)


def wavelet_curvature(t: np.ndarray) -> np.ndarray:
    """Its second derivative."""
    a, u = (np.pi * FREQUENCY) ** 2, t - PEAK
    value = (-6 * a + 24 * a**2 * u**2 - 8 * a**3 * u**4) * np.exp(-a * u**2)
    return np.where(t > 0, STRENGTH * value, 0.0)


def relative(found: np.ndarray, exact: np.ndarray) -> float:
    return float(np.linalg.norm(found - exact) / np.linalg.norm(exact))


def test_rayleigh_speed_of_a_poisson_solid():
    """vs sqrt(2 - 2 / sqrt 3), a textbook root."""
    assert rayleigh_speed(POISSON_SOLID) == pytest.approx(1000 * np.sqrt(2 - 2 / np.sqrt(3)), rel=1e-12)


@pytest.mark.parametrize("solid", [POISSON_SOLID, ROCK])
def test_lamb_two_methods(solid):
    """Wavenumber integration against the closed form, both for force and receiver at the surface."""
    x = 3 * solid.vs / FREQUENCY
    end = PEAK + x / rayleigh_speed(solid) + 1.5 / FREQUENCY
    times = np.arange(1, int(end * 1000)) / 1000
    response = buried_response(solid, x, 0.0, 0.0, 2 * end)
    found = synthesize(response, wavelet, times)
    sampled = np.arange(150, len(times), 15)
    exact = np.array([surface_velocity(solid, x, times[n], wavelet_slope) for n in sampled])
    assert np.linalg.norm(found[sampled] - exact) <= 1e-6 * np.linalg.norm(exact)


def test_deep_force_sees_no_surface():
    """Sum over wavenumbers far below the surface against the Hankel functions of the full space, for
    frequencies damped enough that the reflection has died out."""
    w = 2 * np.pi * np.array([5.0, 10.0, 20.0]) + 25j
    x, depth, level = 180.0, 5000.0, 5060.0
    found = buried_response(ROCK, x, depth, level, 6.0)(w)
    exact = force_response(ROCK, x, level - depth, 1, 1, w)
    np.testing.assert_allclose(found, exact, rtol=1e-6)


def test_force_and_receiver_can_be_exchanged():
    k, w = np.linspace(0.001, 0.5, 50), 60.0 + 2j
    there, back = (vertical_response(ROCK, *depths, k, w) for depths in ((3.0, 47.0), (47.0, 3.0)))
    np.testing.assert_allclose(there, back, rtol=1e-10)


def test_static_limit():
    """A line load deforms the surface by (1 - nu) / (mu k) per wavenumber (Boussinesq / Flamant)."""
    k = np.array([0.5, 1.0, 2.0])
    poisson = ROCK.lam / (2 * (ROCK.lam + ROCK.mu))
    found = vertical_response(ROCK, 0.0, 0.0, k, 1e-1 + 0j)
    np.testing.assert_allclose(found, (1 - poisson) / (ROCK.mu * k), rtol=1e-6)


def test_full_space_force_obeys_the_wave_equation():
    """rho w^2 u + div stress = 0 away from the source, with derivatives by central differences."""
    w, h = np.array([40.0 + 1j]), 0.05

    def u(x: float, y: float) -> np.ndarray:
        return np.array([force_response(ROCK, x, y, c, 1, w)[0] for c in (0, 1)])

    x, y = 130.0, -70.0
    xx = (u(x + h, y) - 2 * u(x, y) + u(x - h, y)) / h**2
    yy = (u(x, y + h) - 2 * u(x, y) + u(x, y - h)) / h**2
    corners = [u(x + a * h, y + b * h) * a * b for a in (1, -1) for b in (1, -1)]
    xy = sum(corners) / (4 * h**2)
    grad_div = np.array([xx[0] + xy[1], xy[0] + yy[1]])
    force = (ROCK.lam + ROCK.mu) * grad_div + ROCK.mu * (xx + yy)
    np.testing.assert_allclose(force, -ROCK.rho * w[0] ** 2 * u(x, y), rtol=1e-4)


def test_near_field_carries_the_force():
    """In the static limit the strain energy is that of Kelvin's line force: the difference of uy between two
    distances is -F (log r2 / r1) (1 / vs^2 + 1 / vp^2) / (4 pi rho) in the direction averaged over angles."""
    w = np.array([1e-2 + 1e-3j])
    angles = 2 * np.pi * (np.arange(16) + 0.5) / 16

    def mean(r: float) -> complex:
        return np.mean([force_response(ROCK, r * np.cos(a), r * np.sin(a), 1, 1, w)[0] for a in angles])

    slope = (mean(20.0) - mean(10.0)) / np.log(2)
    expected = -(1 / ROCK.vs**2 + 1 / ROCK.vp**2) / (4 * np.pi * ROCK.rho)
    assert slope.real == pytest.approx(expected, rel=1e-5)


def test_synthesis_of_a_pure_delay():
    """Response exp(i w T) / (-i w): the velocity is the wavelet T later."""
    times = 0.002 * np.arange(1, 400) + 0.0007
    delay = 0.2
    found = synthesize(partial(_delayed, delay), wavelet, times)
    expected = wavelet(times - delay)
    np.testing.assert_allclose(found, expected, atol=1e-5 * STRENGTH)


def _delayed(delay: float, w: np.ndarray) -> np.ndarray:
    return np.exp(1j * w * delay) / (-1j * w)


# --- viscous media ---------------------------------------------------------------------------------------

PLACE = Sum(x=300.0, y=-160.0, highest=0.45, step=2 * np.pi / 8000)
#: end of the wavelet, and times after it that are samples of a series of 2 ms
END, SAMPLES = 0.32, np.arange(170, 470, 10)
SERIES = 0.002 * np.arange(1, 600)


def test_complex_modulus_is_the_transform_of_the_relaxation_function():
    """M = -i w integral of G exp(i w t) with the stress G = M_R (1 + tau sum exp(-t / T_l)) after a unit step
    of strain; integrated numerically, the constant part in closed form."""
    frequencies, tau, w = (4.0, 20.0), 0.12, 50.0 + 3j
    t, step = np.linspace(0, 3, 300001, retstep=True)
    decay = sum(np.exp(-2 * np.pi * f * t) for f in frequencies) * np.exp(1j * w * t)
    integral = step * (decay.sum() - (decay[0] + decay[-1]) / 2)
    found = 1 + tau * -1j * w * integral
    assert relaxation_factor(frequencies, tau, np.array(w)) == pytest.approx(found, rel=1e-8)


def test_modulus_at_the_reference_frequency():
    ratio = LOSSY.modulus_ratio(LOSSY.taus, 2 * np.pi * np.array([LOSSY.reference]))
    assert ratio.real == pytest.approx(1.0, rel=1e-12)
    assert ratio.imag < 0  # decays with the time factor exp(-i w t)


def test_quality_of_one_mechanism():
    """At its frequency Q = (2 + tau) / tau."""
    one = Attenuating(ROCK, (10.0,), 10.0, 0.1, 0.1)
    assert one.quality(0.1, 10.0) == pytest.approx(2.1 / 0.1, rel=1e-12)


@pytest.mark.parametrize("component", [0, 1])
def test_force_in_a_viscous_full_space(component):
    """Complex moduli and Hankel functions against memory variables in time and a sum over wavenumbers."""
    found = force_velocity(LOSSY, PLACE, wavelet, 1e-3, END, SERIES[SAMPLES])[component]
    exact = synthesize(
        lambda w: force_response(LOSSY.at(w), PLACE.x, PLACE.y, component, 1, w), wavelet, SERIES
    )
    assert relative(found, exact[SAMPLES]) <= 1e-5


def test_sh_force_in_a_viscous_full_space():
    found = scalar_velocity(Mode.of(LOSSY, "s"), PLACE, wavelet, 1e-3, END, SERIES[SAMPLES])
    exact = synthesize(lambda w: sh_response(LOSSY.at(w), PLACE.x, PLACE.y, w), wavelet, SERIES)
    assert relative(found, exact[SAMPLES]) <= 1e-5


def test_sources_of_pressure_in_viscous_media():
    """In a fluid; and an explosion in a solid, which adds half as much to the stress."""
    radial, stress = explosion_velocity(LOSSY, PLACE, wavelet_slope, 1e-3, END, SERIES[SAMPLES])
    for component, found in (("x", radial * PLACE.x / PLACE.r), ("p", -stress)):
        exact = synthesize(
            lambda w, c=component: fluid_response(LOSSY.at(w), PLACE.x, PLACE.y, c, w), wavelet, SERIES
        )
        assert relative(found, exact[SAMPLES]) <= 1e-5
    solid = synthesize(lambda w: explosion_response(LOSSY.at(w), PLACE.x, PLACE.y, "y", w), wavelet, SERIES)
    assert relative(radial * PLACE.y / PLACE.r / 2, solid[SAMPLES]) <= 1e-5


def test_pressure_of_an_explosion_is_that_of_its_divergence():
    """-(sxx + syy) = -2 (lam + mu) div u with complex moduli, by central differences."""
    w, h = np.array([40.0 + 1j]), 0.02
    medium, x, y = LOSSY.at(w), 120.0, 50.0

    def u(x: float, y: float, component: str) -> np.ndarray:
        return explosion_response(medium, x, y, component, w)

    divergence = (u(x + h, y, "x") - u(x - h, y, "x") + u(x, y + h, "y") - u(x, y - h, "y")) / (2 * h)
    found = -1j * w * explosion_response(medium, x, y, "p", w)
    np.testing.assert_allclose(found, -2 * (medium.lam + medium.mu) * divergence, rtol=1e-6)


def test_line_source_in_time():
    """The potential is the transform of H(t - r / c) / (2 pi sqrt(t^2 - r^2 / c^2)), here with t = r/c cosh
    u."""
    r, c, w = 200.0, 1500.0, 60.0 + 8j
    u, step = np.linspace(0, 6, 20001, retstep=True)
    values = np.exp(1j * w * r / c * np.cosh(u)) / (2 * np.pi)
    integral = step * (values.sum() - (values[0] + values[-1]) / 2)
    assert potential(w / c, r)[0] == pytest.approx(integral, rel=1e-6)


def test_without_attenuation_the_viscous_medium_is_elastic():
    medium = Attenuating(ROCK, (10.0,), 10.0, 0.0, 0.0).at(np.array([30.0 + 1j]))
    assert (medium.vp[0], medium.vs[0]) == (ROCK.vp, ROCK.vs)


# --- explosion below a free surface ----------------------------------------------------------------------


@pytest.mark.parametrize("solid", [POISSON_SOLID, ROCK])
@pytest.mark.parametrize("component", [0, 1])
def test_garvin_two_methods(solid, component):
    """Wavenumber integration against the closed form."""
    x, depth = 4 * solid.vs / FREQUENCY, 0.6 * solid.vs / FREQUENCY
    times = 0.004 * np.arange(1, 200)
    exact = garvin_surface_velocity(solid, x, depth, wavelet_curvature, times)[component]
    found = synthesize(garvin_response(solid, x, depth, 0.0, component, 1.2), wavelet, times)
    assert relative(found, exact) <= 1e-5


def test_deep_explosion_sees_no_surface():
    w = 2 * np.pi * np.array([5.0, 10.0, 20.0]) + 25j
    x, depth, level = 180.0, 5000.0, 5060.0
    for component, name in enumerate("xy"):
        found = garvin_response(ROCK, x, depth, level, component, 6.0)(w)
        exact = explosion_response(ROCK, x, level - depth, name, w)
        np.testing.assert_allclose(found, exact, rtol=1e-6)


def test_buried_receivers_of_an_explosion():
    """Below the source the wave equation holds, with central differences in depth, and the surface is free of
    traction, with one-sided ones."""
    k, w, h = np.array([0.05, 0.15]), 60.0 + 2j, 0.05
    solid, depth = ROCK, 10.0

    def u(level: float) -> np.ndarray:
        return garvin_displacement(solid, depth, level, k, w)

    def slope(level: float) -> np.ndarray:
        return (u(level + h) - u(level - h)) / (2 * h)

    level = 30.0
    second = (u(level + h) - 2 * u(level) + u(level - h)) / h**2
    ux = u(level)[0]
    grad_div = np.array([1j * k * (1j * k * ux + slope(level)[1]), 1j * k * slope(level)[0] + second[1]])
    laplace = second - k**2 * u(level)
    force = (solid.lam + solid.mu) * grad_div + solid.mu * laplace
    # relative to the terms that cancel; the error of the differences is (k h)^2 / 6 = 1e-5 each
    terms = np.linalg.norm(solid.mu * laplace, axis=0) + np.linalg.norm(solid.lam * grad_div, axis=0)
    rest = np.linalg.norm(force + solid.rho * w**2 * u(level), axis=0)
    assert np.max(rest / terms) < 6e-5
    assert np.min(np.linalg.norm(force, axis=0) / terms) > 1e-2
    h = 0.01  # one-sided differences: (k h)^2 / 3 = 1e-6, times (lam + 2 mu) / mu and where P and S cancel
    top, top_slope = u(0.0), (-3 * u(0.0) + 4 * u(h) - u(2 * h)) / (2 * h)
    normal = solid.lam * 1j * k * top[0] + (solid.lam + 2 * solid.mu) * top_slope[1]
    shear = solid.mu * (top_slope[0] + 1j * k * top[1])
    size = solid.mu * np.abs(top_slope).max(axis=0)
    assert np.max(np.abs(normal) / size) < 1e-5
    assert np.max(np.abs(shear) / size) < 1e-5


# --- plane waves -----------------------------------------------------------------------------------------

ANGLES = [0.0, 10.0, 25.0, 33.0, 50.0, 80.0]


def impedance_reflection(fluid: Solid, solid: Solid, p: float) -> complex:
    """Of the pressure, from the input impedance of the solid (Brekhovskikh 1980, section 4.2)."""
    cosine = {v: np.sqrt(complex(1 - (v * p) ** 2)) for v in (fluid.vp, solid.vp, solid.vs)}
    twice = 1 - 2 * (solid.vs * p) ** 2  # cos 2 theta_s
    z_p, z_s = solid.rho * solid.vp / cosine[solid.vp], solid.rho * solid.vs / cosine[solid.vs]
    z = z_p * twice**2 + z_s * (1 - twice**2)
    z_1 = fluid.rho * fluid.vp / cosine[fluid.vp]
    return (z - z_1) / (z + z_1)


@pytest.mark.parametrize("angle", ANGLES)
def test_fluid_over_solid(angle):
    """Angles below and beyond the critical one of P (37 degrees), and no S wave beyond its own."""
    p = np.sin(np.radians(angle)) / WATER.vp
    found = Interface(WATER, ROCK).amplitudes(p)["rp"]
    assert found == pytest.approx(impedance_reflection(WATER, ROCK, p), abs=1e-12)


@pytest.mark.parametrize("lower", [ROCK, WATER, Solid(vp=4500.0, vs=2600.0, rho=2500.0)])
@pytest.mark.parametrize("upper", [ROCK, WATER, Solid(vp=2000.0, vs=900.0, rho=1900.0)])
@pytest.mark.parametrize("angle", ANGLES)
def test_energy_of_reflected_and_transmitted_waves(upper, lower, angle):
    p = np.sin(np.radians(angle)) / upper.vp
    assert sum(Interface(upper, lower).energies(p).values()) == pytest.approx(1.0, abs=1e-10)


def test_no_interface_reflects_nothing():
    found = Interface(ROCK, ROCK).amplitudes(1e-4)
    assert found["tp"] == pytest.approx(1.0)
    assert max(abs(found[name]) for name in ("rp", "rs", "ts")) < 1e-12


def test_evanescent_waves_carry_no_energy():
    assert Wave.of(ROCK, "p", 1.1 / ROCK.vp, 1).flux() == pytest.approx(0.0, abs=1e-3)
