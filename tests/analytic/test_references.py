"""The exact solutions against each other, so that no simulation is measured with a wrong yardstick."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from tests.analytic.experiments import FREQUENCY, PEAK, POISSON_SOLID, STRENGTH, wavelet
from tests.analytic.full_space import Solid, force_response
from tests.analytic.half_space import buried_response, rayleigh_speed, surface_velocity, vertical_response
from tests.analytic.synthesis import synthesize

ROCK = Solid(vp=2500.0, vs=1300.0, rho=2100.0)


def wavelet_slope(t: float) -> float:
    """Time derivative of the Ricker wavelet."""
    a, u = (np.pi * FREQUENCY) ** 2, t - PEAK
    return STRENGTH * (4 * a**2 * u**3 - 6 * a * u) * np.exp(-a * u**2) if t > 0 else 0.0


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
