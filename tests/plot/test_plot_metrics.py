"""The error of a model."""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.plot.metrics import model_error


def test_value_by_hand():
    # sqrt((3^2 + 4^2) / (10^2 + 20^2)) = sqrt(25 / 500)
    assert model_error(np.array([13.0, 16.0]), np.array([10.0, 20.0])) == pytest.approx(np.sqrt(0.05))


def test_only_the_masked_nodes_count():
    true = np.array([[10.0, 20.0], [30.0, 40.0]])
    model = np.array([[11.0, 999.0], [999.0, 40.0]])
    mask = np.array([[True, False], [False, True]])
    assert model_error(model, true, mask) == pytest.approx(1 / np.sqrt(1700))
    assert model_error(true, true) == 0


def test_sums_are_taken_in_double_precision():
    true = np.full(4, 1e20, dtype=np.float32)  # the square is too large for float32
    assert model_error(true * np.float32(1.5), true) == pytest.approx(0.5, rel=1e-6)


@pytest.mark.parametrize(
    ("model", "true", "mask", "message"),
    [
        (np.ones((2, 3)), np.ones((3, 2)), None, "shapes differ"),
        (np.ones((2, 3)), np.ones((2, 3)), np.ones((3, 2), bool), "shapes differ"),
        (np.ones((2, 3)), np.ones((2, 3)), np.zeros((2, 3), bool), "selects no node"),
        (np.ones((2, 3)), np.zeros((2, 3)), None, "other than zero"),
    ],
)
def test_impossible_comparisons(model, true, mask, message):
    with pytest.raises(ValueError, match=message):
        model_error(model, true, mask)
