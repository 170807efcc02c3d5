"""Preconditioners and tapers in a run: the first direction is -(weight) times the scaled gradient.

Weights computed here come from the energies and the gradients of the single shots.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import erf

from denise_py.gradient.tapers import circles, clear_nodes, window_along_depth, window_along_x
from tests.workflow.oracle import shot_parts, size
from tests.workflow.project import DH, GRID, NAMES, NX, NY, RECEIVERS, SOURCES, Outcome, Project, read_grid

ENDINGS = {"vp": "", "vs": "_u", "rho": "_rho"}
SOURCE_NODES = [(round(x / DH), round(y / DH)) for x, y in SOURCES]
RECEIVER_NODES = [(int(np.floor(x / DH + 0.5)), int(np.floor(y / DH + 0.5))) for x, y in RECEIVERS]
SINGLE = 1e-5
ROUNDING = 1e-15  # of a model that has been divided by its largest value and multiplied with it
CIRCLE = {"SRTSHAPE": 1, "SRTRADIUS": 14.0, "FILTSIZE": 2}


@pytest.fixture(scope="module")
def parts(project: Project, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, np.ndarray]]:
    """Gradients and energies of the shots at the start model."""
    return shot_parts(project, tmp_path_factory.mktemp("parts"))


@pytest.fixture(scope="module")
def start(project: Project) -> dict[str, np.ndarray]:
    return {name: read_grid(project.folder / f"start.{name}").astype(float) for name in NAMES}


def first_iteration(project: Project, folder, **changes) -> Outcome:
    return project.invert(folder, **({"ITERMAX": 1, "DTINV": 1} | changes))


def direction(outcome: Outcome, name: str) -> np.ndarray:
    return outcome.grid_file(f"jac_c{ENDINGS[name]}.old").astype(float)


def gradient(outcome: Outcome, name: str) -> np.ndarray:
    return outcome.grid_file(f"jac_g{ENDINGS[name]}.old").astype(float)


def assert_first_direction_is_weighted(outcome: Outcome, weight: np.ndarray, start) -> None:
    """direction = -weight max^2 gradient for all parameters with one weight; the model moves along it."""
    for name in NAMES:
        expected = -weight * start[name].max() ** 2 * gradient(outcome, name)
        found = direction(outcome, name)
        np.testing.assert_allclose(found, expected, rtol=SINGLE, atol=SINGLE * np.abs(expected).max())
        assert np.array_equal(found[weight == 0], 0 * found[weight == 0])
        change = outcome.model[name] - start[name]
        moved = np.sum(change * expected) / np.linalg.norm(change) / np.linalg.norm(expected)
        assert moved == pytest.approx(1.0, abs=1e-5)
        assert np.all(np.abs(change[weight == 0]) <= ROUNDING * start[name].max())


def assert_gradient_is_untouched(project, tmp_path_factory, outcome: Outcome) -> None:
    plain = first_iteration(project, tmp_path_factory.mktemp("untouched"))
    for name in NAMES:
        assert np.array_equal(gradient(outcome, name), gradient(plain, name))


# --- illumination -----------------------------------------------------------------------------------------


def illumination(kind: int, part: dict[str, np.ndarray]) -> np.ndarray:
    if kind == 1:
        return np.sqrt(part["source"] * part["receiver"])
    y, x = DH * np.mgrid[1 : NY + 1, 1 : NX + 1]
    return np.sqrt(part["source"]) * (np.arcsinh((DH * NX - x) / y) - np.arcsinh((DH - x) / y))


def inverse(w: np.ndarray, epsilon: float) -> np.ndarray:
    level = 1 / (w + epsilon * w.max())
    return level / level.max()


def expected_weight(kind, per_shot, epsilon, parts, start) -> np.ndarray:
    w = [illumination(kind, part) for part in parts]
    if not per_shot:
        return inverse(sum(w), epsilon)
    sizes = [size(part, start) for part in parts]
    joint = sum(inverse(one, epsilon) * s for one, s in zip(w, sizes, strict=True)) / sum(sizes)
    return joint / joint.max()


@pytest.mark.parametrize("epsilon", [0.005, 0.2])
@pytest.mark.parametrize("per_shot", [0, 1])
@pytest.mark.parametrize("kind", [1, 3])
def test_preconditioner(project, tmp_path, tmp_path_factory, parts, start, kind, per_shot, epsilon):
    keys = {"EPRECOND": kind, "EPRECOND_PER_SHOT": per_shot, "EPSILON_WE": epsilon}
    outcome = first_iteration(project, tmp_path, **keys)
    weight = expected_weight(kind, per_shot, epsilon, parts, start)
    found = outcome.grid_file("jac_approx_hessian_it1.bin")
    np.testing.assert_allclose(found, weight, rtol=1e-4)
    for other in ((4 - kind, per_shot, epsilon), (kind, 1 - per_shot, epsilon), (kind, per_shot, 0.05)):
        assert np.max(np.abs(found - expected_weight(*other, parts, start))) > 0.02
    assert_first_direction_is_weighted(outcome, found.astype(float), start)
    assert_gradient_is_untouched(project, tmp_path_factory, outcome)


def test_peaks_at_sources_are_damped_shot_by_shot(project, tmp_path, tmp_path_factory, parts, start):
    """By default; SOURCE_DAMPING gives the standard deviation. Two per cent are left at a source."""
    outcome = first_iteration(project, tmp_path, SOURCE_DAMPING=1.5)
    sizes = [size(part, start) for part in parts]
    j, i = np.mgrid[1 : NY + 1, 1 : NX + 1]
    dips = [1 - 0.98 * np.exp(-((i - x) ** 2 + (j - y) ** 2) / (2 * 1.5**2)) for x, y in SOURCE_NODES]
    weight = sum(dip * s for dip, s in zip(dips, sizes, strict=True)) / sum(sizes)
    x, y = SOURCE_NODES[1]
    assert 0.02 < weight[y - 1, x - 1] < 0.2  # the peak is that of the shot's own gradient
    found = weight / weight.max()
    for name in NAMES:
        expected = -found * start[name].max() ** 2 * gradient(outcome, name)
        np.testing.assert_allclose(
            direction(outcome, name), expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max()
        )
    assert_gradient_is_untouched(project, tmp_path_factory, outcome)


def test_circular_tapers_take_the_place_of_damping(project, tmp_path, tmp_path_factory):
    for key in ("SWS_TAPER_GRAD_SOURCES", "SWS_TAPER_CIRCULAR_PER_SHOT"):
        alone, both = (
            first_iteration(project, tmp_path_factory.mktemp(key), **{key: 1} | CIRCLE, SOURCE_DAMPING=d)
            for d in (0, 2)
        )
        assert all(np.array_equal(direction(alone, name), direction(both, name)) for name in NAMES)


def test_balanced_parameters_change_by_the_same_largest_fraction(project, tmp_path, tmp_path_factory, start):
    def fractions(folder, **changes):
        outcome = first_iteration(project, folder, **changes)
        moved = [np.abs(outcome.model[name] - start[name]).max() / start[name].max() for name in NAMES]
        return np.array(moved) / max(moved)

    assert fractions(tmp_path).min() < 0.6
    for changes in ({"BALANCE": 1}, {"BALANCE": 2}, {"BALANCE": 1, "GRAD_METHOD": 2}):
        found = fractions(tmp_path_factory.mktemp("balance"), **changes)
        np.testing.assert_allclose(found, 1.0, rtol=1e-3)
    unbalanced = fractions(tmp_path_factory.mktemp("lbfgs"), BALANCE=2, GRAD_METHOD=2)
    assert unbalanced.min() < 0.6


def test_balance_stays_as_long_as_conjugate_gradients_remember(project, tmp_path_factory):
    """d2 + P g2 = beta d1 with the P of the first iteration and one beta for all parameters."""
    one, two = (
        first_iteration(project, tmp_path_factory.mktemp("balance"), BALANCE=1, ITERMAX=n) for n in (1, 2)
    )
    betas = []
    for name in NAMES:
        g1, g2, d1, d2 = (read(outcome, name) for read in (gradient, direction) for outcome in (one, two))
        p = -np.vdot(d1, g1) / np.vdot(g1, g1)
        rest = d2 + p * g2
        betas.append(np.vdot(rest, d1) / np.vdot(d1, d1))
        np.testing.assert_allclose(rest, betas[-1] * d1, atol=1e-4 * np.abs(d2).max())
    np.testing.assert_allclose(betas, betas[0], rtol=1e-3)
    assert betas[0] > 0.01


def test_without_preconditioner_there_is_no_weight_file(project, tmp_path, start):
    outcome = first_iteration(project, tmp_path, EPSILON_WE=0.005)
    assert not list(tmp_path.glob("*hessian*"))
    assert_first_direction_is_weighted(outcome, np.ones(GRID.shape), start)


def test_the_preconditioner_follows_the_model(project, tmp_path):
    outcome = project.invert(tmp_path, ITERMAX=2, EPRECOND=1)
    first, second = (outcome.grid_file(f"jac_approx_hessian_it{k}.bin") for k in (1, 2))
    assert np.max(np.abs(first - second)) > 1e-3


def test_lbfgs_starts_from_the_preconditioner(project, tmp_path, plain_lbfgs):
    """It is H0, not a factor of the gradient: the second direction differs, the gradient at equal models
    does not."""
    outcome = project.invert(tmp_path, GRAD_METHOD=2, ITERMAX=3, EPRECOND=3, DTINV=2)
    name = "jac_grad1_vs_it1.bin"
    assert np.array_equal(outcome.grid_file(name), plain_lbfgs.grid_file(name))
    weight = outcome.grid_file("jac_approx_hessian_it1.bin").astype(float)
    ratio = outcome.grid_file("jac_grad2_vs_it1.bin") / plain_lbfgs.grid_file("jac_grad2_vs_it1.bin")
    np.testing.assert_allclose(ratio, weight, rtol=SINGLE)


# --- tapers -----------------------------------------------------------------------------------------------

EDGES = {"GRADT1": 6, "GRADT2": 12, "GRADT3": 45, "GRADT4": 52}
TAPERS = {
    "vert": (
        {"SWS_TAPER_GRAD_VERT": 1} | EDGES,
        clear_nodes(window_along_x(GRID, (6, 12, 45, 52)), [*SOURCE_NODES, *RECEIVER_NODES]),
    ),
    "hor": ({"SWS_TAPER_GRAD_HOR": 1} | EDGES, window_along_depth(GRID, (6, 12))),
    "sources": ({"SWS_TAPER_GRAD_SOURCES": 1} | CIRCLE, circles(GRID, SOURCE_NODES, 1, 14.0, 2)),
}


@pytest.mark.parametrize("method", [1, 2])
@pytest.mark.parametrize("name", list(TAPERS))
def test_taper_of_the_sum(project, tmp_path, start, name, method):
    keys, taper = TAPERS[name]
    outcome = first_iteration(project, tmp_path, GRAD_METHOD=method, **keys)
    np.testing.assert_allclose(read_grid(tmp_path / f"taper_coeff_{name}.bin"), taper, atol=1e-7)
    if method == 1:
        assert_first_direction_is_weighted(outcome, taper, start)
    for parameter in NAMES:
        change = outcome.model[parameter] - start[parameter]
        assert np.all(np.abs(change[taper == 0]) <= ROUNDING * start[parameter].max())
        assert np.any(np.abs(change[taper > 0]) > 1e-3 * start[parameter].max())
    assert outcome.misfits[-1] < outcome.misfits[0]


def test_tapers_multiply(project, tmp_path, start):
    keys = {key: value for changes, _ in TAPERS.values() for key, value in changes.items()}
    outcome = first_iteration(project, tmp_path, EPRECOND=3, **keys)
    taper = np.prod([taper for _, taper in TAPERS.values()], axis=0)
    with_taper = outcome.grid_file("jac_approx_hessian_it1.bin").astype(float)
    bare = first_iteration(project, tmp_path, EPRECOND=3).grid_file("jac_approx_hessian_it1.bin")
    np.testing.assert_allclose(with_taper, taper * bare, rtol=SINGLE, atol=1e-7)


def test_no_taper_file_without_taper(project, tmp_path):
    first_iteration(project, tmp_path)
    assert not list(tmp_path.glob("taper_coeff*"))


@pytest.mark.parametrize("shape", [1, 2])
def test_taper_of_each_shot(project, tmp_path, start, parts, shape):
    keys = {"SWS_TAPER_CIRCULAR_PER_SHOT": 1} | CIRCLE | {"SRTSHAPE": shape}
    outcome = first_iteration(project, tmp_path, **keys)
    sizes = [size(part, start) for part in parts]
    discs = [circles(GRID, [node], shape, 14.0, 2) for node in SOURCE_NODES]
    expected = sum(disc * s for disc, s in zip(discs, sizes, strict=True)) / sum(sizes)
    assert_first_direction_is_weighted(outcome, expected / expected.max(), start)
    # the other shots still see the surroundings of a source
    i, j = SOURCE_NODES[1]
    assert expected[j - 1, i - 1] > 0
    assert direction(outcome, "vs")[j - 1, i - 1] != 0


def test_radius_and_core_reach_the_taper(project, tmp_path):
    for keys in ({"SRTRADIUS": 20.0}, {"FILTSIZE": 4}, {"SRTSHAPE": 2}):
        wanted = CIRCLE | keys
        first_iteration(project, tmp_path, SWS_TAPER_GRAD_SOURCES=1, **wanted)
        expected = circles(GRID, SOURCE_NODES, *(wanted[k] for k in ("SRTSHAPE", "SRTRADIUS", "FILTSIZE")))
        np.testing.assert_allclose(read_grid(tmp_path / "taper_coeff_sources.bin"), expected, atol=1e-7)


def test_erf_taper_by_hand(project, tmp_path):
    first_iteration(project, tmp_path, SWS_TAPER_GRAD_SOURCES=1, **CIRCLE)
    taper = read_grid(tmp_path / "taper_coeff_sources.bin")
    i, j = SOURCE_NODES[0]
    assert taper[j - 1, i - 1 + 4] == pytest.approx(erf(8 / 14 / np.sqrt(2)) / erf(1 / np.sqrt(2)), rel=1e-6)
