"""Reciprocity: source and receiver may be exchanged.

The difference operators of velocities and stresses are negative transposes of each other, so that the whole
scheme is reciprocal to rounding, not just to the accuracy of the operators. This holds with absorbing layers,
too, as long as source and receiver lie outside them: multiplied by the product of its stretching factors a
layer is symmetric again. With z the delay by one step, S = dt/dh C and B = dt/dh b, a run from rest is

    (1 - z) v = B (D' z s + f),   (1 - z) s = S D v + q,   D' = -D^T
    =>  v = M^-1 f - z M^-1 D^T q / (1 - z),   s = S D M^-1 f / (1 - z) + ...,   M symmetric

From the first terms, force and velocity are exchanged as they are. An explosion q in both normal stresses
gives a pressure that, multiplied by lam + mu at the source, is the same both ways. And the velocity of an
explosion one step later is the pressure of a force, divided by 2 (lam + mu) dt/dh at the explosion. In a
fluid the same holds with the bulk modulus in place of lam + mu, and without the factor 2, since p is one
stress there.

In viscous media C depends on z, but is as symmetric. Forces and velocities are exchanged as before; where a
pressure is recorded or excited C is taken for a number, so there must be no loss in these two nodes.

At a free surface of order 2 the same holds with half the density and half the moduli in the surface row.
Higher orders take the velocities above the surface for zero, as DENISE does, which is not symmetric.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from denise_py.acquisition.inject import PlacedSource
from denise_py.medium.model import Medium
from denise_py.physics.registry import physics_keys
from tests.physics.problems import Setup, acoustic, medium_of, ricker

EXPLOSION, FORCE_X, FORCE_Y = 1, 2, 3
A, B = (11, 9), (31, 27)

# (source kind, component recorded by it) and the one for the way back
IN_PLANE = [
    ((FORCE_X, "vx"), (FORCE_X, "vx")),
    ((FORCE_Y, "vy"), (FORCE_Y, "vy")),
    ((FORCE_X, "vy"), (FORCE_Y, "vx")),
]
OUT_OF_PLANE = [((FORCE_Y, "vz"), (FORCE_Y, "vz"))]
PAIRS = [
    (key, *pair) for key in physics_keys() for pair in (OUT_OF_PLANE if key.endswith("sh") else IN_PLANE)
]
WITH_PRESSURE = [key for key in physics_keys() if not key.endswith("sh")]

# 150 steps of sums of some twenty terms, and the exponential loss of information where waves interfere:
# a hundred times the rounding of one step each
TOLERANCE = 150 * 100 * np.finfo(np.float64).eps

MEDIA = {
    "layers": Setup(),
    "periodic": Setup(periodic=True),
    "no layers": Setup(width=0),
    "order 2, surface": Setup(order=2, surface=True),
    "order 8": Setup(order=8),
}


def rough(setup: Setup) -> Medium:
    """The medium of a physics, rough, without loss at A and B."""
    medium = medium_of(setup.grid, seed=7, fluid=True)
    for i, j in (A, B):
        medium.taup[j - 1, i - 1] = medium.taus[j - 1, i - 1] = 0
    return acoustic(medium) if setup.physics.endswith("acoustic") else medium


def trace(setup: Setup, source: tuple[int, int], kind: int, wavelet, receiver: tuple[int, int], component):
    run = setup.propagator()
    run.set_medium(rough(setup))
    placed = [PlacedSource(*source, kind, 0.0, wavelet)]
    return setup.simulate(run, placed, np.array([receiver]), (component,))[component][0]


def assert_equal_traces(there: np.ndarray, back: np.ndarray) -> None:
    assert np.max(np.abs(there)) > 0
    np.testing.assert_allclose(there, back, rtol=0, atol=TOLERANCE * np.max(np.abs(there)))


@pytest.mark.parametrize("name", MEDIA)
@pytest.mark.parametrize(("key", "there", "back"), PAIRS)
def test_force_and_velocity(key, there, back, name):
    setup = replace(MEDIA[name], physics=key)
    wavelet = ricker(setup.times, 15.0, 0.08)
    (kind_a, component_b), (kind_b, component_a) = there, back
    first = trace(setup, A, kind_a, wavelet, B, component_b)
    second = trace(setup, B, kind_b, wavelet, A, component_a)
    assert_equal_traces(first, second)


def bulk_modulus(setup: Setup, node: tuple[int, int]) -> float:
    """lam + mu at a node (i, j)."""
    medium = rough(setup)
    return float((medium.lam + medium.mu)[node[1] - 1, node[0] - 1])


@pytest.mark.parametrize("name", MEDIA)
@pytest.mark.parametrize("key", WITH_PRESSURE)
def test_explosion_and_pressure(key, name):
    setup = replace(MEDIA[name], physics=key)
    wavelet = ricker(setup.times, 15.0, 0.08)
    there = trace(setup, A, EXPLOSION, wavelet, B, "p") * bulk_modulus(setup, A)
    back = trace(setup, B, EXPLOSION, wavelet, A, "p") * bulk_modulus(setup, B)
    assert_equal_traces(there, back)


@pytest.mark.parametrize("name", MEDIA)
@pytest.mark.parametrize("key", WITH_PRESSURE)
def test_explosion_and_force(key, name):
    """An explosion injects [s(n + 1) - s(n - 1)] / (4 dh^2) into both normal stresses, twice that into the
    one of a fluid, a force s(n) / dh (times B), so the force is given s(n + 1) - s(n - 1)."""
    setup = replace(MEDIA[name], physics=key)
    wavelet = ricker(setup.times, 15.0, 0.08)
    padded = np.pad(wavelet, 1)
    velocity = trace(setup, B, EXPLOSION, wavelet, A, "vx")
    pressure = trace(setup, A, FORCE_X, padded[2:] - padded[:-2], B, "p")
    stresses = 1 if key.endswith("acoustic") else 2
    factor = stresses**2 * setup.dt / setup.dh * bulk_modulus(setup, B) * 2 * setup.dh
    assert_equal_traces(pressure[:-1], factor * velocity[1:])


def test_surface_row_counts_half():
    """Order 2, a force along x in the surface row: the density it moves is half that of a full row."""
    setup = MEDIA["order 2, surface"]
    wavelet = ricker(setup.times, 15.0, 0.08)
    surface = (11, 1)
    there = trace(setup, surface, FORCE_X, wavelet, B, "vy")
    back = trace(setup, B, FORCE_Y, wavelet, surface, "vx")
    assert_equal_traces(2 * there, back)


@pytest.mark.parametrize("key", ["elastic-sh", "viscous-sh"])
@pytest.mark.parametrize("order", [2, 8])
def test_sh_waves_with_the_medium_on_their_nodes(key, order):
    """The other way to put SH media on the grid is as reciprocal."""
    setup = Setup(order=order, physics=key, on_nodes=True)
    wavelet = ricker(setup.times, 15.0, 0.08)
    there, back = (
        trace(setup, *a, wavelet, *b) for a, b in (((A, FORCE_Y), (B, "vz")), ((B, FORCE_Y), (A, "vz")))
    )
    assert_equal_traces(there, back)


def exchange_error(setup: Setup, node: tuple[int, int]) -> float:
    """Relative L2 difference of vy (SH: vz) between a force along it at a node, recorded at B, and the way
    back."""
    wavelet = ricker(setup.times, 15.0, 0.08)
    component = "vz" if setup.physics.endswith("sh") else "vy"
    there = trace(setup, node, FORCE_Y, wavelet, B, component)
    back = trace(setup, B, FORCE_Y, wavelet, node, component)
    return float(np.linalg.norm(there - back) / np.linalg.norm(there))


@pytest.mark.parametrize("order", [4, 8])
def test_higher_orders_are_not_reciprocal_at_the_surface(order):
    """What the docstring above says of DENISE's surface, so that nobody relies on the contrary."""
    assert 1e-3 < exchange_error(Setup(order=order, surface=True), (11, 1)) < 0.2
