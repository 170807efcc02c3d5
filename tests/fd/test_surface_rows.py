"""The one-sided rows: exact on cubics and quadratics, and summation by parts."""

from __future__ import annotations

import numpy as np

from denise_py.fd.surface import FULL, HALF, ROWS, TO_FULL, TO_HALF, edge, row_weights

N = 14
FULL_POINTS, HALF_POINTS = np.arange(N, dtype=float), np.arange(N) + 0.5


def operators() -> tuple[np.ndarray, np.ndarray]:
    """Both derivatives on N points, with the standard operator below the special rows."""
    to_half, to_full = np.zeros((N, N)), np.zeros((N, N))
    for operator, shift in ((to_half, 1), (to_full, 0)):
        for j in range(N):
            for m, weight in ((1, 9 / 8), (2, -1 / 24)):
                for k, sign in ((j + m - 1 + shift, 1), (j - m + shift, -1)):
                    if 0 <= k < N:
                        operator[j, k] += sign * weight
    for operator, rows in ((to_half, TO_HALF), (to_full, TO_FULL)):
        operator[: len(rows)] = 0
        operator[: len(rows), :ROWS] = rows
    return to_half, to_full


def test_rows_differentiate_quadratics_exactly():
    to_half, to_full = operators()
    inner = slice(0, N - 4)
    for power in (0, 1, 2):
        slope = power * HALF_POINTS ** max(power - 1, 0)
        np.testing.assert_allclose((to_half @ FULL_POINTS**power)[inner], slope[inner], atol=1e-12)
    for power in (0, 1, 2):
        slope = power * FULL_POINTS ** max(power - 1, 0)
        found = (to_full @ HALF_POINTS**power)[inner]
        np.testing.assert_allclose(found[1:], slope[1 : N - 4], atol=1e-12)


def test_summation_by_parts():
    """sum f H u' + sum f' H u is nothing but the boundary term, for f that vanishes in the surface row."""
    to_half, to_full = operators()
    full, half = np.ones(N), np.ones(N)
    full[: len(FULL)], half[: len(HALF)] = FULL, HALF
    product = (half[:, None] * to_half) + (full[:, None] * to_full).T
    inner = slice(0, N - 4)
    np.testing.assert_allclose(product[inner, 1 : N - 4], 0.0, atol=1e-12)


def test_the_transposed_step_has_the_transposed_corrections():
    forward, backward = edge(False, np.float64), edge(True, np.float64)
    for update, other in (("force", "strain"), ("strain", "force")):
        a, b = getattr(backward, update), getattr(forward, other)
        np.testing.assert_array_equal(a, -np.stack([b[1].T, b[0].T]))


def test_row_weights():
    assert row_weights("vy") == HALF
    assert row_weights("vx") == row_weights("normal") == FULL
