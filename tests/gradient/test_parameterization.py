"""Parameterisations: to a medium and back, and the chain rule against differences of the medium."""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.gradient.chain_rule import LameGradient
from denise_py.gradient.parameterization import SLOTS, parameterization
from denise_py.medium.model import Medium

SHAPE = (5, 6)


def medium() -> Medium:
    rng = np.random.default_rng(1)
    vp, vs, rho = (
        3000 + 500 * rng.random(SHAPE),
        1500 + 300 * rng.random(SHAPE),
        2000 + 300 * rng.random(SHAPE),
    )
    vs[0] = 0.0
    return Medium.from_velocities(vp, vs, rho)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_there_and_back(number):
    kind, start = parameterization(number), medium()
    model = kind.model(start)
    assert tuple(model) == SLOTS
    assert set(kind.labels) == set(SLOTS)
    back = kind.medium(model)
    for name in ("lam", "mu", "rho"):
        np.testing.assert_allclose(getattr(back, name), getattr(start, name), rtol=1e-14)


def test_what_the_slots_are():
    start = medium()
    velocities, impedances, moduli = (parameterization(number).model(start) for number in (1, 2, 3))
    np.testing.assert_allclose(impedances["vp"], start.rho * velocities["vp"], rtol=1e-14)
    np.testing.assert_allclose(impedances["vs"], start.rho * velocities["vs"], rtol=1e-14)
    np.testing.assert_allclose(moduli["vp"], start.rho * (velocities["vp"] ** 2 - 2 * velocities["vs"] ** 2))
    np.testing.assert_allclose(moduli["vs"], start.rho * velocities["vs"] ** 2)
    assert all(np.array_equal(m["rho"], start.rho) for m in (velocities, impedances, moduli))


@pytest.mark.parametrize("slot", SLOTS)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_chain_rule(number, slot):
    """<g, d(lam, mu, rho)/dslot> with central differences of the medium, node by node."""
    kind, start = parameterization(number), medium()
    model = kind.model(start)
    rng = np.random.default_rng(2)
    g = LameGradient(*(rng.standard_normal(SHAPE) for _ in range(3)))
    # the medium is quadratic in a slot, or has 1/rho in it: the error is O(h^2)
    h = 1e-5 * model[slot].mean()
    up, down = (kind.medium(model | {slot: model[slot] + sign * h}) for sign in (1, -1))
    changes = [(getattr(up, n) - getattr(down, n)) / (2 * h) for n in ("lam", "mu", "rho")]
    expected = g.lam * changes[0] + g.mu * changes[1] + g.rho * changes[2]
    found = kind.gradient(g, model)[slot]
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-8 * np.abs(expected).max())
