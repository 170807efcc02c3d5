"""Projections, active components and the projected path."""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.optimise.constraints import BoxConstraints, FunctionConstraint, ProjectedPath, Unconstrained

LOWER, UPPER = np.array([0.0, 0.0, -np.inf, 1.0]), np.array([1.0, 1.0, 2.0, 1.0])


def test_box_projects_onto_its_limits():
    box = BoxConstraints(LOWER, UPPER)
    p = np.array([-1.0, 0.5, 9.0, 3.0])
    np.testing.assert_array_equal(box.project(p), [0.0, 0.5, 2.0, 1.0])
    np.testing.assert_array_equal(p, [-1.0, 0.5, 9.0, 3.0])
    np.testing.assert_array_equal(BoxConstraints(-1.0, 2.0).project(p), [-1.0, 0.5, 2.0, 2.0])


@pytest.mark.parametrize(
    "make",
    [
        lambda: BoxConstraints(LOWER, UPPER),
        lambda: FunctionConstraint(lambda p: np.clip(p, LOWER, UPPER)),
    ],
)
def test_active_are_components_that_a_limit_holds(make):
    constraint = make()
    at_lower, at_upper = np.array([0.0, 0.0, 2.0, 1.0]), np.array([1.0, 1.0, 2.0, 1.0])
    np.testing.assert_array_equal(
        constraint.active_mask(at_lower, np.array([1.0, -1.0, -1.0, 1.0])), [True, False, True, True]
    )
    np.testing.assert_array_equal(
        constraint.active_mask(at_upper, np.array([1.0, -1.0, 1.0, -1.0])), [False, True, False, True]
    )
    inside = np.array([0.5, 1e-3, 0.0, 1.0])
    np.testing.assert_array_equal(
        constraint.active_mask(inside, np.array([1e-30, -1e3, 1.0, 1.0])), [False, False, False, True]
    )
    assert not constraint.active_mask(at_lower, np.zeros(4))[:3].any()  # nothing pushes


def test_fixed_components_of_a_box_are_always_active():
    box = BoxConstraints(LOWER, UPPER)
    np.testing.assert_array_equal(
        box.active_mask(np.array([0.5, 0.5, 0.5, 1.0]), np.zeros(4)), [False, False, False, True]
    )


def test_unconstrained_does_nothing():
    p = np.array([1.0, -np.inf])
    assert Unconstrained().project(p) is p
    assert not Unconstrained().active_mask(p, p).any()


@pytest.mark.parametrize(("lower", "upper"), [([0.0, 2.0], [1.0, 1.0]), ([np.nan, 0.0], 1.0), (2.0, 1.0)])
def test_impossible_limits_are_rejected(lower, upper):
    with pytest.raises(ValueError, match="1 lower limits are NaN or above"):
        BoxConstraints(np.array(lower), upper)


def test_path_bends_at_the_limits_and_its_tangent_follows():
    path = ProjectedPath(np.array([0.5, 0.5]), np.array([1.0, -0.25]), BoxConstraints(0.0, 1.0), 1e-7)
    np.testing.assert_array_equal(path.point(0.25), [0.75, 0.4375])
    np.testing.assert_array_equal(path.point(1.0), [1.0, 0.25])
    np.testing.assert_array_equal(path.point(4.0), [1.0, 0.0])
    np.testing.assert_array_equal(path.tangent(0.25), [1.0, -0.25])
    np.testing.assert_array_equal(path.tangent(1.0), [0.0, -0.25])
    np.testing.assert_array_equal(path.tangent(4.0), [0.0, 0.0])


def test_tangent_at_the_start_is_taken_forward():
    path = ProjectedPath(np.array([1.0, 1.0]), np.array([1.0, -1.0]), BoxConstraints(0.0, 1.0), 1e-7)
    np.testing.assert_array_equal(path.tangent(0.0), [0.0, -1.0])


def ratio_rule(p):
    """p0 >= 2 p1, kept by raising p0."""
    return np.array([max(p[0], 2.0 * p[1]), p[1]])


def test_tangent_follows_a_coupled_limit():
    path = ProjectedPath(np.array([2.0, 1.0]), np.array([-1.0, 3.0]), FunctionConstraint(ratio_rule), 1e-7)
    for alpha in (0.0, 0.5):
        # p0 is dragged along at twice the speed of p1; difference quotient: rounding 2e-16 * 6 / 1e-7 ~ 1e-8
        np.testing.assert_allclose(path.tangent(alpha), [6.0, 3.0], atol=5e-8)


def nearest_with_ratio(p):
    """The nearest point with p0 >= 2 p1."""
    excess = max(2.0 * p[1] - p[0], 0.0)
    return p + excess / 5.0 * np.array([1.0, -2.0])


@pytest.mark.parametrize("angle", np.linspace(0.0, 2 * np.pi, 24, endpoint=False) + 0.1)
def test_free_components_of_the_gradient_lead_downhill_along_a_nearest_point_rule(angle):
    constraint = FunctionConstraint(nearest_with_ratio)
    p, g = np.array([2.0, 1.0]), np.array([np.cos(angle), np.sin(angle)])
    free = ~constraint.active_mask(p, g)
    path = ProjectedPath(p, np.where(free, -g, 0.0), constraint, 1e-7)
    assert (
        g @ path.tangent(0.0) < -1e-3
    )  # zero only straight against the limit, 0.01 rad from the nearest angle


def test_dragged_component_counts_as_active():
    constraint = FunctionConstraint(ratio_rule)
    # p0 wants to fall, p1 wants to rise and drags p0 up
    np.testing.assert_array_equal(
        constraint.active_mask(np.array([2.0, 1.0]), np.array([1.0, -1.0])), [True, False]
    )
    # both fall: allowed
    np.testing.assert_array_equal(
        constraint.active_mask(np.array([2.0, 1.0]), np.array([1.0, 1.0])), [False, False]
    )


def test_rounding_of_a_projection_does_no_harm():
    """A rule applied in other units returns allowed points only up to rounding."""
    unit = 1234.567
    constraint = FunctionConstraint(lambda p: np.clip(p * unit, 0.0, unit) / unit)
    p = np.linspace(0.1, 0.9, 7) / 3.0
    assert not constraint.active_mask(p, np.linspace(-1.0, 1.0, 8)[1:]).any()
    d = np.linspace(-1.0, 1.0, 7)
    np.testing.assert_allclose(ProjectedPath(p, d, constraint, 1e-7).tangent(0.02), d, atol=1e-8)
