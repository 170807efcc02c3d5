"""Smoothing is symmetric, positive, keeps constants and is as wide as it should be; medians; the metric."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from denise_py.gradient.metric import Metric
from denise_py.gradient.smoothing import STEPS, Smoothing, boxcar_deviation, median, odd_size

SHAPE = (17, 23)
ONE = np.zeros(SHAPE, int)
RNG = np.random.default_rng(3)
LAYERED = np.where(np.arange(SHAPE[0])[:, None] < 6, 0, 1) * np.ones(SHAPE, int)
LOCAL = 1.0 + 3.0 * RNG.random(SHAPE)
OPERATORS = {
    "x": Smoothing(3.0, 0.0, ONE),
    "y": Smoothing(0.0, 2.0, ONE),
    "both": Smoothing(3.0, 1.5, ONE),
    "wide": Smoothing(40.0, 40.0, ONE),
    "local": Smoothing(LOCAL, LOCAL[::-1], ONE),
    "regions": Smoothing(LOCAL, 4.0, LAYERED),
    "some rows": Smoothing(np.where(np.arange(SHAPE[0])[:, None] < 4, 0.0, 3.0), 0.0, ONE),
}
#: rounding of 2 STEPS solves of well-conditioned systems
ROUNDING = 1e-13


def matrix(operator) -> np.ndarray:
    """The operator as a matrix."""
    n = SHAPE[0] * SHAPE[1]
    return np.stack([operator(unit.reshape(SHAPE)).ravel() for unit in np.eye(n)], axis=1)


@pytest.mark.parametrize("name", OPERATORS)
def test_symmetric_and_positive_definite(name):
    s = matrix(OPERATORS[name])
    np.testing.assert_allclose(s, s.T, atol=ROUNDING)
    smallest = np.linalg.eigvalsh((s + s.T) / 2)[0]
    assert smallest > -ROUNDING  # of a wide kernel the smallest eigenvalue is (1 + 4 c)^-n, below rounding
    if name not in ("wide", "both"):
        assert smallest > 0
    assert s.min() > -ROUNDING, "positive weights"
    np.testing.assert_allclose(s.sum(axis=1), 1.0, rtol=1e-12)


@pytest.mark.parametrize("name", OPERATORS)
def test_dot_products(name):
    a, b = RNG.standard_normal((2, *SHAPE))
    smooth = OPERATORS[name]
    assert np.vdot(a, smooth(b)) == pytest.approx(np.vdot(smooth(a), b), rel=1e-10, abs=1e-12)
    assert np.vdot(a, smooth(a)) > 0


@pytest.mark.parametrize("sigma", [0.7, 2.0, 5.0])
def test_variance_of_the_kernel_is_exact_and_its_shape_gaussian(sigma):
    n = 141
    x = np.arange(n) - n // 2
    spike = (x == 0).astype(float)[None]
    kernel = Smoothing(sigma, 0.0, np.zeros((1, n), int))(spike)[0]
    assert np.sum(kernel * x**2) == pytest.approx(sigma**2, rel=1e-6)
    np.testing.assert_allclose(kernel, kernel[::-1], atol=ROUNDING)
    assert np.sum(kernel * x**4) / sigma**4 == pytest.approx(3 + 3 / STEPS + 1 / sigma**2, rel=1e-6)
    if (
        sigma >= 2
    ):  # first term of the Gram-Charlier series, excess kurtosis times He4(0)/4!, and half as much
        gauss = gaussian_filter1d(spike[0], sigma, truncate=8)
        leading = (3 / STEPS + 1 / sigma**2) * 3 / 24
        assert np.max(np.abs(kernel - gauss)) < 1.5 * leading * gauss.max()


def test_regions_do_not_mix():
    field = RNG.standard_normal(SHAPE)
    other = np.where(LAYERED == 0, 100.0 * field, field)
    smooth = OPERATORS["regions"]
    assert np.array_equal(smooth(field)[LAYERED == 1], smooth(other)[LAYERED == 1])


def test_rows_without_smoothing_stay():
    field = RNG.standard_normal(SHAPE)
    result = OPERATORS["some rows"](field)
    np.testing.assert_allclose(result[:4], field[:4], rtol=1e-15)
    assert np.max(np.abs(result[4:] - field[4:])) > 0.1


def test_without_width_nothing_happens():
    field = RNG.standard_normal(SHAPE)
    assert np.array_equal(Smoothing(0.0, 0.0, ONE)(field), field)


def test_boxcar_deviation():
    for half in (0, 1, 8):
        points = np.arange(-half, half + 1)
        assert boxcar_deviation(half) == pytest.approx(np.std(points))


# --- median -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "odd"), [(0, 1), (1, 1), (2, 3), (3, 3), (4, 5), (5.9, 5), (-3, 1)])
def test_size_of_the_median_is_odd(size, odd):
    assert odd_size(size) == odd


def test_median_of_squares_with_repeated_edges():
    field = RNG.standard_normal(SHAPE)
    padded = np.pad(field, 2, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (5, 5))
    assert np.array_equal(median(field, 5), np.median(windows, axis=(2, 3)))


def test_median_does_not_look_into_other_regions():
    field = RNG.standard_normal(SHAPE)
    result = median(field, 3, LAYERED)
    for own in (slice(0, 6), slice(6, None)):
        assert np.array_equal(result[own], median(field[own], 3))


def test_median_keeps_a_layer_between_regions():
    field = np.where(LAYERED == 0, 1500.0, 2500.0)
    assert np.array_equal(median(field, 9, LAYERED), field)


# --- metric -----------------------------------------------------------------------------------------------


def test_metric_without_smoothing_is_its_weight():
    weight, g = RNG.random(SHAPE), RNG.standard_normal(SHAPE)
    assert np.array_equal(Metric({"vs": weight}).apply({"vs": g})["vs"], weight * g)


@pytest.mark.parametrize("name", OPERATORS)
def test_metric_is_symmetric_and_positive_and_zero_where_the_weight_is(name):
    weight = RNG.random(SHAPE)
    weight[3:8, 5:9] = 0.0
    metric = Metric({"vs": weight}, OPERATORS[name])
    a, b = RNG.standard_normal((2, *SHAPE))
    pa, pb = (metric.apply({"vs": g})["vs"] for g in (a, b))
    assert np.vdot(a, pb) == pytest.approx(np.vdot(pa, b), rel=1e-10, abs=1e-12)
    assert np.vdot(a, pa) > 0
    assert np.all(pa[weight == 0] == 0.0)


def test_parameters_have_weights_of_their_own():
    g = RNG.standard_normal(SHAPE)
    metric = Metric({"vp": np.ones(SHAPE), "rho": np.full(SHAPE, 0.25)}, OPERATORS["both"])
    result = metric.apply({"vp": g, "rho": g})
    np.testing.assert_allclose(result["rho"], 0.25 * result["vp"], rtol=1e-13)
