"""Windows on the gradient: values at edges, on flanks and in cores, discs and their overlap."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.special import erf

from denise_py.gradient.tapers import (
    circles,
    clear_nodes,
    growth_with_depth,
    window_along_depth,
    window_along_x,
)
from denise_py.grid import Grid
from denise_py.parameters.settings import read_settings

GRID = Grid(40, 30, 2.0)
EDGES = (5, 11, 25, 33)


def column(taper: np.ndarray, i: int) -> np.ndarray:
    return taper[:, i - 1]


def row(taper: np.ndarray, j: int) -> np.ndarray:
    return taper[j - 1]


# --- along x ----------------------------------------------------------------------------------------------


def test_window_along_x_is_one_between_the_inner_edges_and_zero_beyond_the_outer_ones():
    w = window_along_x(GRID, EDGES)
    assert w.shape == GRID.shape
    assert np.all(w == w[0])
    assert np.all(w[0, 10:25] == 1.0)
    assert np.all(w[0, :5] == 0.0)
    assert np.all(w[0, 32:] == 0.0)
    assert np.all((w[0, 5:10] > 0) & (w[0, 5:10] < 1))
    assert np.all((w[0, 25:32] > 0) & (w[0, 25:32] < 1))


def test_flanks_along_x_are_gaussians_of_the_length_of_the_flank():
    w = window_along_x(GRID, EDGES)[0]
    for i in range(6, 11):
        assert w[i - 1] == pytest.approx(np.exp(-0.5 * (3 * (11 - i) / 3.0) ** 2), rel=1e-14)
    for i in range(25, 33):
        assert w[i - 1] == pytest.approx(np.exp(-0.5 * (3 * (i - 25) / 4.0) ** 2), rel=1e-14)


def test_window_along_x_is_symmetric_for_symmetric_edges():
    w = window_along_x(GRID, (4, 12, 29, 37))[0]
    np.testing.assert_allclose(w, w[::-1], rtol=1e-14)


# --- along depth ------------------------------------------------------------------------------------------


def test_window_along_depth():
    w = window_along_depth(GRID, (5, 11))
    assert np.all(w == w[:, :1])
    assert np.all(w[:4, 0] == 0.0)
    # the flank reaches 1 in the row above the second edge
    for j in range(5, 11):
        assert w[j - 1, 0] == pytest.approx(np.exp(-0.5 * (3 * (10 - j) / 3.0) ** 2), rel=1e-14)
    assert np.all(w[9:, 0] == 1.0)


def test_window_along_depth_looks_at_two_edges_only():
    assert np.array_equal(window_along_depth(GRID, (5, 11)), window_along_depth(GRID, (5, 11, 20, 25)))


@pytest.mark.parametrize(
    ("case", "file", "window"),
    [
        ("inv_taper_vert", "taper_coeff_vert.bin", window_along_x),
        ("inv_taper_hor", "taper_coeff_hor.bin", window_along_depth),
    ],
)
def test_windows_equal_those_of_the_original(reference_dir: Path, case, file, window):
    settings = read_settings(reference_dir / case / "case.json")
    grid = Grid(settings.grid.nx, settings.grid.ny, settings.grid.dh)
    expected = np.fromfile(reference_dir / case / "expected" / file, "<f4").reshape(grid.nx, grid.ny).T
    np.testing.assert_allclose(window(grid, settings.tapers.edges), expected, atol=1e-7)


# --- nodes, discs -----------------------------------------------------------------------------------------


def test_cleared_nodes_are_zero_and_nothing_else_changes():
    before = np.random.default_rng(1).random(GRID.shape)
    kept = before.copy()
    after = clear_nodes(before, [(1, 1), (40, 30), (7, 3)])
    assert np.array_equal(before, kept)
    assert sorted(zip(*(n.tolist() for n in np.nonzero(after != before)), strict=True)) == [
        (0, 0),
        (2, 6),
        (29, 39),
    ]
    assert after[2, 6] == after[0, 0] == after[29, 39] == 0.0


@pytest.mark.parametrize("shape", [1, 2])
def test_disc_is_zero_in_the_core_rises_and_is_one_outside(shape):
    w = circles(GRID, [(20, 15)], shape, 12.0, 1)
    y, x = np.mgrid[1:31, 1:41]
    r = 2.0 * np.hypot(x - 20, y - 15)
    core = (abs(x - 20) <= 1) & (abs(y - 15) <= 1)
    assert np.all(w[core] == 0.0)
    assert np.all(w[r >= 12.0] == 1.0)
    inside = ~core & (r < 12.0 * (1 - 1e-12))
    assert np.all((w[inside] > 0) & (w[inside] < 1))
    order = np.argsort(r[inside])
    assert np.all(np.diff(w[inside][order]) >= 0)


@pytest.mark.parametrize("shape", [1, 2])
def test_disc_has_the_symmetries_of_a_disc(shape):
    w = circles(GRID, [(20, 15)], shape, 17.0, 2)
    part = w[15 - 1 - 9 : 15 + 9, 20 - 1 - 9 : 20 + 9]
    for other in (part.T, part[::-1], part[:, ::-1]):
        assert np.array_equal(part, other)


def test_values_of_both_shapes():
    r = 6.0
    w1, w2 = (circles(GRID, [(20, 15)], shape, 12.0, 0) for shape in (1, 2))
    assert w1[14, 22] == pytest.approx(erf(r / 12.0 / np.sqrt(2)) / erf(1 / np.sqrt(2)), rel=1e-14)
    assert w2[14, 22] == pytest.approx(np.log(1 + r / 2.0) / np.log(1 + 12.0 / 2.0), rel=1e-14)


def test_a_core_of_zero_clears_the_node_alone():
    w = circles(GRID, [(20, 15)], 2, 10.0, 0)
    assert w[14, 19] == 0.0
    assert np.count_nonzero(w == 0.0) == 1


def test_the_core_may_be_wider_than_the_disc():
    w = circles(GRID, [(20, 15)], 1, 4.0, 5)
    assert np.count_nonzero(w == 0.0) == 11 * 11
    assert np.all(w[w != 0] == 1.0)


def test_overlapping_discs_take_the_smaller_value():
    nodes = [(16, 15), (21, 12), (3, 2)]
    together = circles(GRID, nodes, 1, 14.0, 1)
    alone = [circles(GRID, [node], 1, 14.0, 1) for node in nodes]
    assert np.array_equal(together, np.minimum.reduce(alone))
    assert any(np.any((a < 1) & (b < 1)) for a, b in pairwise(alone))


def test_a_disc_in_the_corner_is_cut_by_the_grid():
    w = circles(GRID, [(1, 1)], 1, 10.0, 1)
    whole = circles(Grid(41, 31, 2.0), [(20, 15)], 1, 10.0, 1)
    assert np.array_equal(w[:6, :6], whole[14:20, 19:25])


def test_without_nodes_nothing_is_tapered():
    assert np.all(circles(GRID, [], 1, 10.0, 1) == 1.0)


def test_growth_with_depth():
    w = growth_with_depth(GRID, 2.0)
    assert np.all(w[-1] == 1.0)
    assert np.all(w[4] == (5 / GRID.ny) ** 2)
    assert np.array_equal(growth_with_depth(GRID, 0.0), np.ones(GRID.shape))
