"""Misfit functions: values, derivatives, registry."""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.errors import DataError, ParameterError
from denise_py.misfit.norms import l2
from denise_py.misfit.registry import MISFITS, Totals, find_misfit


def traces(seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((2, 3, 40)).astype(np.float32)


def test_l2_of_known_traces():
    value, energy, adjoint = l2(np.array([[1.0, 2.0], [0.0, -1.0]]), np.array([[0.0, 4.0], [0.0, 1.0]]))
    assert value == 1 + 4 + 0 + 4
    assert energy == 16 + 1
    np.testing.assert_array_equal(adjoint, [[2.0, -4.0], [0.0, -4.0]])


def test_equal_traces_have_no_misfit():
    synthetic, _ = traces()
    value, energy, adjoint = l2(synthetic, synthetic)
    assert value == 0
    assert energy > 0
    assert not adjoint.any()


@pytest.mark.parametrize("number", sorted(MISFITS))
def test_adjoint_is_the_derivative(number: int):
    """Central differences converge with the square of the step: exact for a quadratic, and for any smooth
    function the error must fall by 4 when the step is halved; 1e-6 is the float64 rounding of f / step."""
    synthetic, observed = (array.astype(np.float64) for array in traces())
    evaluate = find_misfit(number).evaluate
    direction = np.random.default_rng(2).standard_normal(synthetic.shape)
    slope = float(np.sum(evaluate(synthetic, observed).adjoint * direction))

    def error(step: float) -> float:
        upper = evaluate(synthetic + step * direction, observed).value
        lower = evaluate(synthetic - step * direction, observed).value
        return abs((upper - lower) / (2 * step) - slope) / abs(slope)

    assert error(5e-4) <= max(0.3 * error(1e-3), 1e-6)


@pytest.mark.parametrize("number", sorted(MISFITS))
def test_everything_is_double_precision(number: int):
    synthetic, observed = traces()
    value, energy, adjoint = find_misfit(number).evaluate(synthetic, observed)
    assert isinstance(value, float)
    assert isinstance(energy, float)
    assert adjoint.dtype == np.float64
    assert adjoint.shape == synthetic.shape


def test_sums_do_not_lose_small_traces():
    """In float32 the second trace would vanish beside the first."""
    synthetic = np.array([[1e4], [1e-2]], dtype=np.float32)
    value = l2(synthetic, np.zeros_like(synthetic)).value
    assert value - 1e8 == pytest.approx(1e-4, rel=1e-3)


def test_reported_misfit_and_its_factor():
    reported = find_misfit(2).report(Totals(value=6.0, energy=24.0, traces=3))
    assert reported.misfit == 0.25
    assert reported.factor == 1 / 24


@pytest.mark.parametrize("energy", [0.0, float("nan")])
def test_no_energy_is_an_error(energy: float):
    with pytest.raises(DataError, match="the 3 observed traces that take part have no energy"):
        find_misfit(2).report(Totals(value=6.0, energy=energy, traces=3))


def test_unknown_norm_lists_the_known():
    with pytest.raises(ParameterError, match=r"LNORM = 3 is not available: choose 2 least squares"):
        find_misfit(3)
