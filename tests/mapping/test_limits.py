"""Bounds, deviation from the start model, smallest vp/vs: nearest point, order of precedence, fluids."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from denise_py.mapping.limits import Limits

BOUNDS = {"vp": (800.0, 1600.0), "vs": (300.0, 900.0), "rho": (1500.0, 2500.0)}


def constant(vp: float, vs: float, rho: float) -> dict[str, np.ndarray]:
    return {"vp": np.full((2, 3), vp), "vs": np.full((2, 3), vs), "rho": np.full((2, 3), rho)}


START = constant(1200.0, 600.0, 2000.0)


@pytest.mark.parametrize("name", list(BOUNDS))
@pytest.mark.parametrize("side", [0, 1])
def test_bounds_clip(name, side):
    limits = Limits.around(START, BOUNDS)
    model = dict(START)
    model[name] = START[name].copy()
    model[name][0, 1] = BOUNDS[name][side] + (-50.0, 50.0)[side]
    result = limits.apply(model)
    assert result[name][0, 1] == BOUNDS[name][side]
    result[name][0, 1] = model[name][0, 1]
    assert all(np.array_equal(result[n], model[n]) for n in BOUNDS)


def test_deviation_from_the_start_model():
    percent = {"vp": 5.0, "vs": 10.0, "rho": 0.0}
    limits = Limits.around(START, BOUNDS, percent)
    high = limits.apply({name: 1.5 * array for name, array in START.items()})
    low = limits.apply({name: 0.5 * array for name, array in START.items()})
    for name, part in percent.items():
        assert np.all(high[name] == START[name] * (1 + part / 100))
        assert np.all(low[name] == START[name] * (1 - part / 100))


def test_zero_per_cent_gives_the_start_value_back_bitwise():
    start = {
        name: array * (1 + np.random.default_rng(1).random((2, 3)) / 10) for name, array in START.items()
    }
    limits = Limits.around(start, BOUNDS, dict.fromkeys(BOUNDS, 0.0))
    result = limits.apply({name: 1.01 * array for name, array in start.items()})
    assert all(np.array_equal(result[name], start[name]) for name in BOUNDS)


def test_the_tighter_of_bound_and_deviation_holds():
    limits = Limits.around(START, BOUNDS | {"vp": (1190.0, 1600.0)}, dict.fromkeys(BOUNDS, 10.0))
    result = limits.apply(constant(2000.0, 100.0, 100.0))
    assert np.all(result["vp"] == START["vp"] * 1.1)
    assert np.all(limits.apply(constant(100.0, 600.0, 2000.0))["vp"] == 1190.0)


def test_start_outside_its_bounds_deviates_from_the_bound():
    limits = Limits.around(constant(700.0, 600.0, 2000.0), BOUNDS, dict.fromkeys(BOUNDS, 5.0))
    result = limits.apply(constant(1000.0, 600.0, 2000.0))
    assert np.all(result["vp"] == 800.0 * 1.05)


@pytest.mark.parametrize("ratio", [0.0, 2.5])
def test_fluid_nodes_stay_fluid_bitwise(ratio):
    start = {name: array.copy() for name, array in START.items()}
    start["vs"][1] = 0.0
    limits = Limits.around(start, BOUNDS, dict.fromkeys(BOUNDS, 20.0), ratio)
    moved = {name: array + 1.0 for name, array in start.items()}
    result = limits.apply(moved)
    assert np.all(result["vs"][1] == 0.0)
    assert np.all(result["vs"][0] > 0.0)
    assert np.array_equal(result["vp"][1], moved["vp"][1])


def test_a_ratio_of_one_or_less_is_none():
    model = constant(800.0, 900.0, 2000.0)
    assert np.array_equal(Limits.around(START, BOUNDS, ratio=1.0).apply(model)["vs"], model["vs"])
    assert not np.array_equal(Limits.around(START, BOUNDS, ratio=1.2).apply(model)["vs"], model["vs"])


# --- the ratio as a projection --------------------------------------------------------------------------

velocities = st.tuples(st.floats(400.0, 2500.0), st.floats(100.0, 1500.0))
ratios = st.floats(1.05, 2.4)
mobilities = st.tuples(st.floats(0.1, 10.0), st.floats(0.1, 10.0))


def one(vp: float, vs: float) -> dict[str, np.ndarray]:
    return {name: np.array([[value]]) for name, value in (("vp", vp), ("vs", vs), ("rho", 2000.0))}


def distance(a: dict[str, np.ndarray], b: dict[str, np.ndarray], mobility: dict[str, float]) -> float:
    return sum(((a[name] - b[name]).item() / mobility[name]) ** 2 for name in ("vp", "vs"))


@given(velocities, velocities, ratios, mobilities)
def test_no_allowed_point_is_nearer(point, other, ratio, mobile):
    """`other`, made allowed by hand, is never nearer to the point than the projection."""
    limits, mobility = (
        Limits.around(START_ONE, BOUNDS, ratio=ratio),
        dict(zip(("vp", "vs"), mobile, strict=True)),
    )
    result = limits.apply(one(*point), mobility)
    vs = min(max(other[1], 300.0), 900.0, 1600.0 / ratio)
    vp = min(max(other[0], 800.0, ratio * vs), 1600.0)
    best, rival = (distance(candidate, one(*point), mobility) for candidate in (result, one(vp, vs)))
    assert best <= rival * (1 + 1e-9) + 1e-6
    assert allowed(result, ratio)


START_ONE = one(1200.0, 600.0)


def allowed(model: dict[str, np.ndarray], ratio: float) -> bool:
    vp, vs = model["vp"].item(), model["vs"].item()
    inside = 800.0 <= vp <= 1600.0 and 300.0 <= vs <= 900.0
    return inside and vp >= ratio * vs * (1 - 1e-12)


@given(velocities, ratios, mobilities, st.booleans(), st.booleans())
def test_projecting_twice_is_projecting_once(point, ratio, mobile, vp_moves, vs_moves):
    limits = Limits.around(START_ONE, BOUNDS, {"vp": 20.0, "vs": 15.0, "rho": 5.0}, ratio)
    mobility = {"vp": mobile[0] * vp_moves, "vs": mobile[1] * vs_moves}
    first = limits.apply(one(*point), mobility)
    second = limits.apply(first, mobility)
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_allowed_models_come_back_bitwise():
    rng = np.random.default_rng(5)
    model = {
        "vp": 1200 + rng.random((4, 4)),
        "vs": 500 + rng.random((4, 4)),
        "rho": 2000 + rng.random((4, 4)),
    }
    start = {name: np.full((4, 4), array[0, 0]) for name, array in START.items()}
    result = Limits.around(start, BOUNDS, dict.fromkeys(BOUNDS, 20.0), 2.0).apply(model)
    assert all(np.array_equal(result[name], model[name]) for name in BOUNDS)


def test_both_velocities_move_at_right_angles_to_the_line():
    result = Limits.around(START_ONE, BOUNDS, ratio=2.0).apply(one(1000.0, 600.0))
    # the foot of the perpendicular from (1000, 600) on vp = 2 vs
    assert (result["vp"].item(), result["vs"].item()) == pytest.approx((1040.0, 520.0))


@pytest.mark.parametrize(
    ("mobility", "expected"),
    [({"vp": 0.0, "vs": 1.0}, (1000.0, 500.0)), ({"vp": 1.0, "vs": 0.0}, (1200.0, 600.0))],
)
def test_an_immobile_velocity_leaves_the_other_one_to_move(mobility, expected):
    result = Limits.around(START_ONE, BOUNDS, ratio=2.0).apply(one(1000.0, 600.0), mobility)
    assert (result["vp"].item(), result["vs"].item()) == pytest.approx(expected, rel=1e-15)


def test_nothing_moves_where_nothing_may():
    point = one(1000.0, 600.0)
    result = Limits.around(START_ONE, BOUNDS, ratio=2.0).apply(point, {"vp": 0.0, "vs": 0.0})
    assert all(np.array_equal(result[name], point[name]) for name in point)


def test_where_vp_meets_its_bound_vs_is_lowered():
    limits = Limits.around(START_ONE, BOUNDS | {"vp": (800.0, 1100.0)}, ratio=2.0)
    result = limits.apply(one(1090.0, 880.0))
    assert (result["vp"].item(), result["vs"].item()) == (1100.0, 550.0)


def test_where_vs_meets_its_bound_vp_is_raised():
    limits = Limits.around(START_ONE, BOUNDS | {"vs": (580.0, 900.0)}, ratio=2.0)
    result = limits.apply(one(1000.0, 600.0))
    assert (result["vp"].item(), result["vs"].item()) == (1160.0, 580.0)


def test_bounds_win_where_they_contradict_the_ratio():
    limits = Limits.around(
        START_ONE, {"vp": (800.0, 1250.0), "vs": (590.0, 900.0), "rho": (0.0, 9e3)}, ratio=2.4
    )
    result = limits.apply(one(1200.0, 600.0))
    assert (result["vp"].item(), result["vs"].item()) == (1250.0, 590.0)
