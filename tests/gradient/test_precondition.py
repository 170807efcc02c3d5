"""Illumination weights: formulas of both kinds, the water level, and the joint weight of all shots."""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.gradient.precondition import (
    WeightSum,
    average,
    gradient_size,
    illumination,
    inverse_with_water_level,
    receiver_geometry,
    with_largest_one,
)
from denise_py.grid import Grid

GRID = Grid(30, 20, 5.0)


def energies(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.random(GRID.shape) + 0.1, 1e-6 * (rng.random(GRID.shape) + 0.1)


def test_no_preconditioner():
    assert np.all(illumination(0, *energies(1), GRID) == 1.0)


def test_energies_of_both_fields():
    source, receiver = energies(1)
    np.testing.assert_allclose(illumination(1, source, receiver, GRID) ** 2, source * receiver, rtol=1e-14)


def test_energy_of_the_forward_field_and_geometry_of_the_receivers():
    source, receiver = energies(1)
    w = illumination(3, source, receiver, GRID)
    assert np.array_equal(w, illumination(3, source, 7 * receiver, GRID))
    i, j = 9, 4
    x, y = i * 5.0, j * 5.0
    expected = np.sqrt(source[j - 1, i - 1]) * (np.arcsinh((150.0 - x) / y) - np.arcsinh((5.0 - x) / y))
    assert w[j - 1, i - 1] == pytest.approx(expected, rel=1e-14)


def test_geometry_of_receivers_is_positive_falls_with_depth_and_is_symmetric():
    w = receiver_geometry(GRID)
    assert np.all(w > 0)
    assert np.all(np.diff(w, axis=0) < 0)
    np.testing.assert_allclose(w, w[:, ::-1], rtol=1e-12)


# --- water level ------------------------------------------------------------------------------------------


def test_inverse_has_a_largest_value_of_one_where_the_weight_is_smallest():
    w, _ = energies(2)
    inverse = inverse_with_water_level(w, 0.01)
    assert inverse.max() == 1.0
    assert np.argmax(inverse) == np.argmin(w)
    level = w + 0.01 * w.max()
    np.testing.assert_allclose(inverse, level.min() / level, rtol=1e-14)


@pytest.mark.parametrize("epsilon", [1e-3, 1e-1, 10.0])
def test_water_level_bounds_the_range_of_the_weights(epsilon):
    w, _ = energies(2)
    w[3, 3] = 0.0
    inverse = inverse_with_water_level(w, epsilon)
    assert inverse.min() == pytest.approx(epsilon / (1 + epsilon), rel=1e-12)


def test_no_water_level_does_not_divide_by_zero():
    w, _ = energies(2)
    w[3, 3] = 0.0
    inverse = inverse_with_water_level(w, 0.0)
    assert np.all(np.isfinite(inverse))
    assert inverse.max() == 1.0


def test_the_unit_of_the_energies_does_not_matter():
    w, _ = energies(2)
    assert np.allclose(
        inverse_with_water_level(w, 0.01), inverse_with_water_level(1e-20 * w, 0.01), rtol=1e-12
    )


def test_no_energy_at_all_gives_ones():
    assert np.all(inverse_with_water_level(np.zeros(GRID.shape), 0.01) == 1.0)


# --- joint weight -----------------------------------------------------------------------------------------


def total(weights: WeightSum, shots) -> np.ndarray:
    return sum(weights.share(w, taper, size) for w, taper, size in shots)


def test_summed_weight_is_the_inverse_of_the_summed_illumination():
    shots = [(energies(seed)[0], None, energies(seed)[1]) for seed in (1, 2, 3)]
    weight = WeightSum(False, 0.02).weight(total(WeightSum(False, 0.02), shots))
    np.testing.assert_allclose(
        weight, inverse_with_water_level(sum(w for w, _, _ in shots), 0.02), rtol=1e-13
    )


def apart(seed: int) -> list[tuple[np.ndarray, np.ndarray | None, np.ndarray]]:
    """Illumination, taper and gradient size of two shots whose gradients do not overlap."""
    rng = np.random.default_rng(seed)
    left = np.zeros(GRID.shape)
    left[:, :13] = rng.random((20, 13)) + 0.01
    right = np.zeros(GRID.shape)
    right[:, 15:] = rng.random((20, 15)) + 0.01
    return [(energies(4)[0], None, left), (energies(5)[0], rng.random(GRID.shape), right)]


def test_weight_per_shot_is_each_shots_own_where_gradients_do_not_overlap():
    """Weight times the sum of the gradients is then sum_s w_s g_s, up to one common factor."""
    weights, shots = WeightSum(True, 0.05), apart(1)
    joint = weights.weight(total(weights, shots))
    gradients = [size * np.random.default_rng(6).choice([-1.0, 1.0], GRID.shape) for _, _, size in shots]
    wanted = sum(
        g * inverse_with_water_level(w, 0.05) * (1.0 if taper is None else taper)
        for g, (w, taper, _) in zip(gradients, shots, strict=True)
    )
    found = joint * sum(gradients)
    used = wanted != 0
    factor = found[used] / wanted[used]
    assert used.sum() == 20 * 28
    np.testing.assert_allclose(factor, factor[0], rtol=1e-12)


def test_weight_per_shot_is_a_positive_average_where_gradients_overlap():
    weights = WeightSum(True, 0.05)
    shots = [(energies(seed)[0], None, energies(seed + 10)[0]) for seed in (1, 2, 3)]
    joint = weights.weight(total(weights, shots))
    own = np.stack([inverse_with_water_level(w, 0.05) for w, _, _ in shots])
    sizes = np.stack([size for _, _, size in shots])
    average = (own * sizes).sum(axis=0) / sizes.sum(axis=0)
    assert np.all(joint > 0)
    assert joint.max() == 1.0
    np.testing.assert_allclose(joint, average / average.max(), rtol=1e-13)
    # gradients of either sign cannot make the weighted gradient point uphill
    g = sum(size * sign for size, sign in zip(sizes, (1.0, -1.0, -0.3), strict=True))
    assert np.sum(g * joint * g) > 0


def test_summed_weight_with_tapers_has_both():
    weights = WeightSum(False, 0.05)
    shots = apart(2)
    joint = weights.weight(total(weights, shots))
    inverse = inverse_with_water_level(shots[0][0] + shots[1][0], 0.05)
    taper = shots[1][1]
    ratio = joint[:, 15:] / (inverse * taper)[:, 15:]
    np.testing.assert_allclose(ratio, ratio[0, 0], rtol=1e-12)
    np.testing.assert_allclose((joint / inverse)[:, :13], ratio[0, 0], rtol=1e-12)


def test_taper_alone_leaves_the_illumination_out():
    """Kind 0 gives an illumination of ones, so that the water level changes nothing."""
    taper = np.random.default_rng(7).random(GRID.shape)
    weights = WeightSum(False, 0.3)
    joint = weights.weight(weights.share(np.ones(GRID.shape), taper, np.ones(GRID.shape)))
    np.testing.assert_allclose(joint, taper / taper.max(), rtol=1e-13)


def test_nodes_without_gradient_have_a_finite_weight():
    weights = WeightSum(True, 0.05)
    joint = weights.weight(weights.share(energies(1)[0], None, np.zeros(GRID.shape)))
    assert np.all(joint == 1.0)


def test_nodes_without_gradient_keep_the_weight_of_their_illumination():
    weights, w = WeightSum(False, 0.05), energies(1)[0]
    size = np.ones(GRID.shape)
    size[4, 5:9] = 0.0
    joint = weights.weight(weights.share(w, None, size))
    np.testing.assert_allclose(joint, inverse_with_water_level(w, 0.05), rtol=1e-13)


def test_gradient_size_adds_the_inverted_parameters_in_units_of_their_references():
    rng = np.random.default_rng(8)
    parts = {name: rng.standard_normal(GRID.shape) for name in ("vp", "vs", "rho")}
    size = gradient_size(parts, {"vp": 1000.0, "rho": 2.0})
    np.testing.assert_allclose(size, 1000 * abs(parts["vp"]) + 2 * abs(parts["rho"]), rtol=1e-14)


def test_parameters_may_have_tapers_of_their_own():
    """Every plane is what a run with this taper alone would give, on a common scale."""
    rng = np.random.default_rng(9)
    shots = [(energies(seed)[0], rng.random((2, *GRID.shape)), energies(seed)[1]) for seed in (1, 2, 3)]
    for per_shot in (False, True):
        weights = WeightSum(per_shot, 0.05)
        own, summed = weights.parts(total(weights, shots))
        assert own.shape == (2, *GRID.shape)
        for plane in (0, 1):
            single = total(weights, [(w, taper[plane], size) for w, taper, size in shots])
            expected_own, expected_summed = weights.parts(single)
            np.testing.assert_allclose(own[plane], expected_own, rtol=1e-13)
            assert np.array_equal(summed, expected_summed)


def test_the_weight_is_the_product_of_its_parts():
    weights, shots = WeightSum(False, 0.05), apart(3)
    own, summed = weights.parts(total(weights, shots))
    joint = weights.weight(total(weights, shots))
    np.testing.assert_allclose(joint, own * summed / np.max(own * summed), rtol=1e-13)


def test_largest_value_one():
    assert np.array_equal(with_largest_one(np.array([1.0, 4.0])), [0.25, 1.0])
    assert np.array_equal(with_largest_one(np.zeros(3)), np.ones(3))


def test_average_of_several_weights():
    rng = np.random.default_rng(10)
    a, b, s, t = rng.random((4, *GRID.shape))
    s[2, 3] = t[2, 3] = 0.0
    result = average([a, b], [s, t])
    used = s + t > 0
    np.testing.assert_allclose(result[used], ((a * s + b * t)[used]) / (s + t)[used], rtol=1e-13)
    assert result[2, 3] == pytest.approx((a[2, 3] + b[2, 3]) / 2)
    assert average([a], [s]) is a
