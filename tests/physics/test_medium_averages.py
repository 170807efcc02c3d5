"""Material averages at the staggered points, their transposes and derivatives."""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.medium import staggering
from denise_py.medium.model import Medium
from denise_py.physics.registry import physics
from tests.physics.problems import Setup, medium_of

SHAPE = (7, 9)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def neighbours(j: int, i: int) -> list[tuple[int, int]]:
    """The nodes around (i + 1/2, j + 1/2); beyond the last row or column the first one follows."""
    ny, nx = SHAPE
    return [(a % ny, b % nx) for a in (j, j + 1) for b in (i, i + 1)]


def test_buoyancies_are_reciprocals_of_mean_densities(rng):
    rho = 1000 + 1000 * rng.random(SHAPE)
    bx, by = staggering.buoyancy_x(rho), staggering.buoyancy_y(rho)
    for j, i in np.ndindex(SHAPE):
        here, right, below, _ = (rho[node] for node in neighbours(j, i))
        assert bx[j, i] == pytest.approx(1 / ((here + right) / 2), rel=1e-14)
        assert by[j, i] == pytest.approx(1 / ((here + below) / 2), rel=1e-14)


def test_shear_modulus_is_the_harmonic_mean_of_four_nodes(rng):
    mu = 1e9 * (1 + rng.random(SHAPE))
    found = staggering.shear_modulus_xy(mu)
    for j, i in np.ndindex(SHAPE):
        expected = 4 / sum(1 / mu[node] for node in neighbours(j, i))
        assert found[j, i] == pytest.approx(expected, rel=1e-14)


def test_a_fluid_node_makes_the_four_points_around_it_slip(rng):
    mu = 1e9 * (1 + rng.random(SHAPE))
    mu[3, 4] = 0.0
    found = staggering.shear_modulus_xy(mu)
    assert {tuple(p) for p in np.argwhere(found == 0)} == {(2, 3), (2, 4), (3, 3), (3, 4)}
    assert np.isfinite(found).all()


@pytest.mark.parametrize(
    ("mean", "transpose"),
    [
        (lambda a: 2 / staggering.buoyancy_x(a), staggering.transpose_mean_x),
        (lambda a: 2 / staggering.buoyancy_y(a), staggering.transpose_mean_y),
    ],
)
def test_transposes_of_the_means(rng, mean, transpose):
    """<a(i) + a(i + 1), g> = <a, transpose(g)>; the sum of two densities is 2 / buoyancy."""
    a, g = 1 + rng.random(SHAPE), rng.standard_normal(SHAPE)
    assert np.sum(mean(a) * g) == pytest.approx(np.sum(a * transpose(g)), rel=1e-13)


def test_derivative_of_the_harmonic_mean(rng):
    """d mu_xy / d mu_q = mu_xy^2 / (4 mu_q^2), which the gradient of the shear modulus relies on, by a
    complex step (exact to rounding)."""
    mu, direction = 1 + rng.random(SHAPE), rng.standard_normal(SHAPE)
    total = sum(1 / (np.roll(mu + 1e-30j * direction, (-a, -b), (0, 1))) for a in (0, 1) for b in (0, 1))
    exact = (4 / total).imag / 1e-30
    inverse = direction / mu**2
    summed = sum(np.roll(inverse, (-a, -b), (0, 1)) for a in (0, 1) for b in (0, 1))
    np.testing.assert_allclose(staggering.shear_modulus_xy(mu) ** 2 / 4 * summed, exact, rtol=1e-12)


def test_plate_modulus_leaves_no_normal_stress(rng):
    """With the strain eyy = -lam exx / (lam + 2 mu), which makes syy zero, sxx is the plate modulus times
    exx; 4 mu (lam + mu) / (lam + 2 mu) = lam + 2 mu - lam^2 / (lam + 2 mu)."""
    lam, mu = 1 + rng.random(5), 1 + rng.random(5)
    exx = rng.standard_normal(5)
    eyy = -lam * exx / (lam + 2 * mu)
    np.testing.assert_allclose(lam * exx + (lam + 2 * mu) * eyy, 0, atol=1e-14)
    sxx = (lam + 2 * mu) * exx + lam * eyy
    np.testing.assert_allclose(staggering.plate_modulus(lam, mu) * exx, sxx, rtol=1e-13)
    assert staggering.plate_modulus(np.ones(1), np.zeros(1))[0] == 0


def test_slopes_of_the_plate_modulus(rng):
    lam, mu = 1 + rng.random(5), 1 + rng.random(5)
    by_lam, by_mu = staggering.plate_modulus_slopes(lam, mu)
    np.testing.assert_allclose(by_lam, staggering.plate_modulus(lam + 1e-30j, mu).imag / 1e-30, rtol=1e-13)
    np.testing.assert_allclose(by_mu, staggering.plate_modulus(lam, mu + 1e-30j).imag / 1e-30, rtol=1e-13)


def test_velocities_and_moduli_belong_together(rng):
    vp, vs, rho = 2000 + rng.random(SHAPE), 1000 + rng.random(SHAPE), 2000 + rng.random(SHAPE)
    medium = Medium.from_velocities(vp, vs, rho)
    np.testing.assert_allclose(medium.mu, rho * vs**2, rtol=1e-15)
    np.testing.assert_allclose(medium.lam, rho * (vp**2 - 2 * vs**2), rtol=1e-15)
    np.testing.assert_allclose(medium.vp, vp, rtol=1e-14)
    np.testing.assert_allclose(medium.vs, vs, rtol=1e-14)


@pytest.mark.parametrize("surface", [False, True])
def test_coefficients_carry_dt_over_dh(surface):
    """What the kernels use is dt/dh times the averages; with a surface the first row knows that syy = 0."""
    setup = Setup()
    medium, courant = medium_of(setup.grid, seed=5), setup.dt / setup.dh
    found = physics().coefficients(medium, courant, surface)
    below = np.s_[1:]
    np.testing.assert_allclose(found.lam[below], courant * medium.lam[below], rtol=1e-14)
    np.testing.assert_allclose(found.l2m[below], courant * (medium.lam + 2 * medium.mu)[below], rtol=1e-14)
    np.testing.assert_allclose(found.bx, courant * staggering.buoyancy_x(medium.rho), rtol=1e-14)
    np.testing.assert_allclose(found.by, courant * staggering.buoyancy_y(medium.rho), rtol=1e-14)
    np.testing.assert_allclose(found.mu, courant * staggering.shear_modulus_xy(medium.mu), rtol=1e-14)
    lam, mu = medium.lam[0], medium.mu[0]
    top = (0 * lam, staggering.plate_modulus(lam, mu)) if surface else (lam, lam + 2 * mu)
    np.testing.assert_allclose((found.lam[0], found.l2m[0]), courant * np.array(top), rtol=1e-14)
