"""Models and vectors: a round trip, the transpose, and what is not inverted."""

from __future__ import annotations

from itertools import chain, combinations

import numpy as np
import pytest

from denise_py.mapping.scaling import Scaling

SHAPE = (7, 5)
NAMES = ("vp", "vs", "rho")
SUBSETS = list(chain.from_iterable(combinations(NAMES, n) for n in (1, 2, 3)))
EPS = np.finfo(np.float64).eps


def model_of(seed: int = 1, fluid: bool = False) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    model = {name: 10.0**k * (1 + rng.random(SHAPE)) for k, name in enumerate(NAMES, start=2)}
    if fluid:
        model["vs"][:2] = 0.0
    return model


@pytest.mark.parametrize("slots", SUBSETS)
def test_model_and_vector_are_inverse(slots):
    model = model_of()
    scaling = Scaling.of_model(model, slots)
    p = scaling.vector(model)
    assert p.shape == (len(slots) * SHAPE[0] * SHAPE[1],)
    back = scaling.model(p, model)
    for name in slots:
        np.testing.assert_allclose(back[name], model[name], rtol=2 * EPS)
    np.testing.assert_allclose(scaling.vector(back), p, rtol=3 * EPS)


@pytest.mark.parametrize("slots", SUBSETS)
def test_what_is_not_inverted_stays_bitwise(slots):
    base = model_of()
    scaling = Scaling.of_model(base, slots)
    changed = scaling.model(1.1 * scaling.vector(base), base)
    for name in NAMES:
        assert np.array_equal(changed[name], base[name]) == (name not in slots)


@pytest.mark.parametrize("slots", SUBSETS)
def test_gradient_is_the_transpose(slots):
    """<M dp, g> = <dp, M^T g>; M is linear without the parameters that are not inverted."""
    base = model_of()
    scaling = Scaling.of_model(base, slots)
    rng = np.random.default_rng(3)
    dp = rng.standard_normal(len(slots) * base["vp"].size)
    g = {name: rng.standard_normal(SHAPE) for name in NAMES}
    dm = scaling.model(dp, base)
    left = sum(np.sum(dm[name] * g[name]) for name in slots)
    right = dp @ scaling.gradient(g)
    size = sum(np.sum(np.abs(dm[name] * g[name])) for name in slots)
    assert abs(left - right) <= 4 * EPS * size


def test_components_are_of_order_one_and_in_the_order_of_the_slots():
    model = model_of()
    scaling = Scaling.of_model(model, ("rho", "vp"))
    parts = scaling.parts(scaling.vector(model))
    assert list(parts) == ["rho", "vp"]
    for name, part in parts.items():
        assert part.max() == 1.0
        assert np.array_equal(part, model[name] / model[name].max())


def test_a_parameter_that_is_zero_everywhere_has_the_reference_one():
    model = model_of(fluid=True)
    scaling = Scaling.of_model(model, ("vs",))
    assert np.all(scaling.vector(model)[: 2 * SHAPE[1]] == 0.0)
    water = Scaling.of_model({"vs": np.zeros(SHAPE)}, ("vs",))
    assert water.references == {"vs": 1.0}


def test_arrays_keep_the_type_of_the_base():
    base = {name: array.astype(np.float32) for name, array in model_of().items()}
    scaling = Scaling.of_model(base, ("vs",))
    p = scaling.vector(base)
    assert p.dtype == np.float64
    assert scaling.model(p, base)["vs"].dtype == np.float32


def test_weight_is_repeated_for_every_slot():
    scaling = Scaling.of_model(model_of(), NAMES)
    weight = np.random.default_rng(2).random(SHAPE)
    parts = scaling.parts(scaling.repeat(weight))
    assert all(np.array_equal(part, weight) for part in parts.values())


def test_join_is_the_inverse_of_parts():
    scaling = Scaling(("vs", "rho"), {"vs": 500.0, "rho": 2000.0}, (3, 4))
    p = np.random.default_rng(7).standard_normal(24)
    assert np.array_equal(scaling.join(scaling.parts(p)), p)
