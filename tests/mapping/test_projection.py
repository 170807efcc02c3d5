"""Limits as a projection of vectors p, for every parameterisation."""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.gradient.parameterization import parameterization
from denise_py.mapping.constraint import projection
from denise_py.mapping.limits import Limits
from denise_py.mapping.scaling import Scaling
from denise_py.medium.model import Medium

SHAPE = (6, 8)
NAMES = ("vp", "vs", "rho")
BOUNDS = {"vp": (1000.0, 1500.0), "vs": (400.0, 800.0), "rho": (1800.0, 2400.0)}
KINDS = [1, 2, 3]


def velocities(seed: int, spread: float) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    middle = {"vp": 1250.0, "vs": 600.0, "rho": 2100.0}
    return {name: value * (1 + spread * rng.uniform(-1, 1, SHAPE)) for name, value in middle.items()}


class Case:
    """A projection around a start model."""

    def __init__(self, number: int, slots=NAMES, percent=None, ratio: float = 0.0, bounds=BOUNDS):
        self.number, self.kind = number, parameterization(number)
        self.start = self.slots_of(velocities(1, 0.05))
        self.scaling = Scaling.of_model(self.start, slots)
        limits = Limits.around(self.velocities_of(self.start), bounds, percent, ratio)
        self.project = projection(limits, self.scaling, self.start, self.velocities_of, self.slots_of)

    def slots_of(self, model) -> dict[str, np.ndarray]:
        return self.kind.model(Medium.from_velocities(model["vp"], model["vs"], model["rho"]))

    def velocities_of(self, model) -> dict[str, np.ndarray]:
        if self.number == 1:
            return model
        medium = self.kind.medium(model)
        return {"vp": medium.vp, "vs": medium.vs, "rho": medium.rho}

    def vector(self, model) -> np.ndarray:
        """p of a model of velocities."""
        return self.scaling.vector(self.slots_of(model))

    def model(self, p: np.ndarray) -> dict[str, np.ndarray]:
        """Velocities of p."""
        return self.velocities_of(self.scaling.model(p, self.start))


@pytest.mark.parametrize("number", KINDS)
def test_an_allowed_vector_comes_back_itself(number):
    case = Case(number, percent=dict.fromkeys(NAMES, 60.0), ratio=1.3)
    p = case.vector(velocities(2, 0.1))
    assert case.project(p) is p


@pytest.mark.parametrize("number", KINDS)
def test_only_the_components_of_forbidden_nodes_change(number):
    case = Case(number)
    model = velocities(3, 0.1)
    for name, (j, i), value in (("vp", (1, 2), 1600.0), ("vs", (4, 5), 390.0), ("rho", (5, 7), 2500.0)):
        model[name][j, i] = value
    p = case.vector(model)
    kept = p.copy()
    result = case.project(p)
    assert np.array_equal(p, kept), "the argument must not be modified"
    moved = np.any([part != 0 for part in case.scaling.parts(result - p).values()], axis=0)
    assert sorted(zip(*(index.tolist() for index in np.nonzero(moved)), strict=True)) == [
        (1, 2),
        (4, 5),
        (5, 7),
    ]
    found = case.model(result)
    assert found["vp"][1, 2] == pytest.approx(1500.0, rel=1e-13)
    assert found["vs"][4, 5] == pytest.approx(400.0, rel=1e-13)
    assert found["rho"][5, 7] == pytest.approx(2400.0, rel=1e-13)


@pytest.mark.parametrize("number", KINDS)
def test_rounding_on_the_way_to_velocities_and_back_is_not_a_change(number):
    """lambda is nearly zero here and has lost most of its digits when it comes back."""
    model = velocities(3, 0.1)
    model["vs"] = model["vp"] * (1 - 1e-7) / np.sqrt(2)
    case = Case(number, bounds=BOUNDS | {"vs": (100.0, 2000.0), "vp": (1000.0, 1300.0)})
    p = case.vector(model)
    untouched = (model["vp"] <= 1300.0).ravel()
    moved = case.project(p) != p
    assert 0 < untouched.sum() < untouched.size
    assert not np.any(moved[np.tile(untouched, 3)])
    assert np.any(moved)


@pytest.mark.parametrize("number", KINDS)
def test_other_parameters_of_a_forbidden_node_keep_their_velocity(number):
    """Where vs is clipped vp and rho stay, also where vp is made of two slots."""
    case = Case(number)
    model = velocities(3, 0.1)
    model["vs"][2, 2] = 900.0
    found = case.model(case.project(case.vector(model)))
    assert found["vs"][2, 2] == pytest.approx(800.0, rel=1e-13)
    assert found["vp"][2, 2] == pytest.approx(model["vp"][2, 2], rel=1e-13)
    assert found["rho"][2, 2] == pytest.approx(model["rho"][2, 2], rel=1e-13)


@pytest.mark.parametrize("ratio", [0.0, 2.2])
@pytest.mark.parametrize("number", KINDS)
def test_projecting_twice_is_projecting_once(number, ratio):
    case = Case(number, percent={"vp": 10.0, "vs": 20.0, "rho": 5.0}, ratio=ratio)
    once = case.project(case.vector(velocities(4, 0.3)))
    found, twice = case.model(once), case.project(once)
    assert np.max(np.abs(twice - once)) <= 1e-13
    for name, (low, high) in BOUNDS.items():
        assert np.all(found[name] >= low * (1 - 1e-13))
        assert np.all(found[name] <= high * (1 + 1e-13))
    if ratio:
        assert np.all(found["vp"] >= ratio * found["vs"] * (1 - 1e-11))


@pytest.mark.parametrize("number", KINDS)
def test_the_start_model_is_allowed_with_zero_per_cent(number):
    """Rounding on the way to velocities and back must not count as a violation that is corrected."""
    case = Case(number, percent=dict.fromkeys(NAMES, 0.0))
    p = case.scaling.vector(case.start)
    assert np.array_equal(case.project(p), p)
    pushed = case.project(p * 1.02)
    np.testing.assert_allclose(pushed, p, rtol=1e-13)


@pytest.mark.parametrize("slots", [("vp",), ("vs",), ("rho",), ("vp", "rho")])
def test_limits_of_what_is_not_inverted_change_nothing(slots):
    case = Case(1, slots=slots, bounds=BOUNDS | {name: (1e4, 2e4) for name in NAMES if name not in slots})
    p = case.scaling.vector(velocities(2, 0.05))
    assert np.array_equal(case.project(p), p)


def test_ratio_with_one_inverted_velocity():
    for slot, expected in (("vp", 2.2 * 600.0), ("vs", 1250.0 / 2.2)):
        case = Case(1, slots=(slot,), ratio=2.2)
        case.start["vp"][:], case.start["vs"][:] = 1250.0, 600.0
        found = case.model(case.project(case.scaling.vector(case.start)))
        np.testing.assert_allclose(found[slot], expected, rtol=1e-13)
