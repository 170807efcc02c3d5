"""Misfit functions: values, derivatives, registry."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal
from scipy.optimize import linprog

from denise_py.errors import DataError, ParameterError
from denise_py.misfit.norms import Options, cauchy, correlation, huber, l1, l2, sech, typical_size
from denise_py.misfit.registry import MISFITS, Totals, find_misfit
from denise_py.misfit.shifts import SHARPNESS, transport, travel_time
from denise_py.misfit.spectral import envelope, frequencies, hilbert, phase
from tests.misfit.signals import DT, NS, OPTIONS, band_limited, pair, pulse


def test_l2_of_known_traces():
    value, energy, adjoint = l2(np.array([[1.0, 2.0], [0.0, -1.0]]), np.array([[0.0, 4.0], [0.0, 1.0]]))
    assert value == 1 + 4 + 0 + 4
    assert energy == 16 + 1
    np.testing.assert_array_equal(adjoint, [[2.0, -4.0], [0.0, -4.0]])


def test_l1_of_known_traces():
    value, energy, adjoint = l1(np.array([[1.0, 2.0, 3.0]]), np.array([[0.0, 4.0, 3.0]]))
    assert (value, energy) == (3, 7)
    np.testing.assert_array_equal(adjoint, [[1.0, -1.0, 0.0]])


@pytest.mark.parametrize(
    ("norm", "rho"),
    [
        (cauchy, lambda x: 0.5 * np.log(1 + x**2)),
        (sech, lambda x: np.log(np.cosh(x))),
        (huber, lambda x: np.where(np.abs(x) < 1, x**2 / 2, np.abs(x) - 0.5)),
    ],
)
def test_robust_norms_are_their_formulas(norm, rho):
    s, d = pair()
    c = 0.5 * np.median([np.linalg.norm(trace) / np.sqrt(NS) for trace in d])
    assert 0.5 * typical_size(d) == pytest.approx(c)
    found = norm(s, d, Options(scale=0.5))
    assert found.value == pytest.approx(np.sum(rho((s - d) / c)))
    assert found.energy == pytest.approx(np.sum(rho(d / c)))
    # small differences count by their squares, whatever the norm
    small = norm(d + 1e-4 * (s - d), d, Options(scale=0.5)).value
    assert small == pytest.approx(0.5e-8 * np.sum((s - d) ** 2) / c**2, rel=1e-6)


def test_correlation_is_the_normalised_l2_norm():
    s, d = pair()
    unit = [traces / np.linalg.norm(traces, axis=1, keepdims=True) for traces in (s, d)]
    found = find_misfit(7).evaluate(s, d)
    reported = find_misfit(7).report(Totals(found.value, found.energy, len(d)))
    assert reported.misfit == pytest.approx(np.sum((unit[0] - unit[1]) ** 2) / len(d))
    assert find_misfit(5).report(Totals(found.value, found.energy, len(d))).misfit == found.value
    assert correlation(3 * s, 5 * d).value == pytest.approx(found.value)
    assert correlation(d, d).value == pytest.approx(-len(d))


def test_hilbert_transform_is_that_of_scipy_and_antisymmetric():
    a, b = pair()
    size = 4 * 2 ** int(np.ceil(np.log2(NS)))
    np.testing.assert_allclose(hilbert(a), scipy.signal.hilbert(a, size).imag[:, :NS], atol=1e-14)
    assert np.sum(hilbert(a) * b) == pytest.approx(-np.sum(a * hilbert(b)), rel=1e-12)


def test_envelopes_forgive_a_change_of_phase():
    d = pulse(0.2)
    turned = hilbert(d)
    assert envelope(turned, d).value < 1e-3 * l2(turned, d).value
    s = 1.1 * d
    assert envelope(s, d).value == pytest.approx(0.01 * np.sum(d**2 + hilbert(d) ** 2))
    assert envelope(s, d).energy == pytest.approx(np.sum(d**2))


def test_water_level_of_the_envelope_is_relative_to_the_data():
    s, d = pair()
    exact, watered = (envelope(s, d, Options(water_level=w)) for w in (0.0, 0.1))
    assert abs(watered.value / exact.value - 1) > 1e-3
    louder = envelope(1e6 * s, 1e6 * d, Options(water_level=0.1))
    assert louder.value == pytest.approx(1e12 * watered.value)


def test_phases():
    """Zero for equal traces, 2 for opposite ones, blind to amplitudes; half a period at one line is 2."""
    s, d = pair()
    misfit = find_misfit(9, OPTIONS)

    def reported(a, b, chosen=misfit):
        found = chosen.evaluate(a, b)
        return chosen.report(Totals(found.value, found.energy, len(b))).misfit

    assert reported(d, d) == pytest.approx(0.0, abs=1e-12)
    assert reported(-d, d) == pytest.approx(2.0, rel=1e-4)  # but for the weights of weak lines
    assert reported(10 * s, d) == pytest.approx(reported(s, d))
    assert reported(s, 10 * d) == pytest.approx(reported(s, d))
    one = find_misfit(9, Options(dt=DT, lines=(20.0,)))
    assert reported(pulse(0.2 + 0.025), pulse(0.2), one) == pytest.approx(2.0, rel=1e-4)
    assert 0 < reported(s, d) < 2


def test_frequencies_of_the_phase_misfit():
    assert frequencies(100, 0.01, 5.0, 8.0, 0) == (5.0, 6.0, 7.0, 8.0)
    assert frequencies(100, 0.01, 5.0, 8.0, 3) == (5.0, 6.5, 8.0)
    assert max(frequencies(100, 0.01, 5.0, 0.0, 0)) == 49.0
    with pytest.raises(ValueError, match="at least one frequency"):
        phase(np.ones((1, 1)), np.ones((1, 1)))


def test_travel_time_of_a_shifted_pulse():
    d, shift = pulse(0.2), 0.0123
    found = travel_time(pulse(0.2 + shift), d, OPTIONS)
    assert found.value == pytest.approx(shift**2, rel=1e-6)
    # a late pulse gets earlier when its derivative is added
    earlier = np.gradient(pulse(0.2 + shift)[0], DT)[None]
    assert np.sum(found.adjoint * earlier) == pytest.approx(-2 * shift * 1.0, rel=0.02)


def test_transport_of_densities_equals_the_linear_programme():
    """The minimum cost of moving one histogram into the other; the formula takes densities as linear between
    samples, no further off than half a sample, squared."""
    s, d = pulse(0.2)[:, ::5], pulse(0.25)[:, ::5]
    f, g = (np.logaddexp(0, SHARPNESS / np.abs(d).max() * x[0]) for x in (s, d))
    f, g = f / f.sum(), g / g.sum()
    n = f.size
    t = np.arange(n)
    sums = np.vstack([np.kron(np.eye(n), np.ones(n)), np.kron(np.ones(n), np.eye(n))])
    cost = (t[:, None] - t).astype(float).ravel() ** 2
    best = linprog(cost, A_eq=sums, b_eq=np.concatenate([f, g]), bounds=(0, None)).fun
    assert transport(s, d).value == pytest.approx(best, abs=0.25)
    assert best > 2


def test_transport_has_no_side_minimum_where_least_squares_has():
    """The misfit of a pulse rises with its shift all the way beyond a period."""
    d = pulse(0.2)
    shifts = np.arange(0.0, 0.09, 0.01)
    moved = [transport(pulse(0.2 + shift), d, OPTIONS).value for shift in shifts]
    assert np.all(np.diff(moved) > 0)
    assert moved[0] == pytest.approx(0.0, abs=1e-20)
    assert not np.all(np.diff([l2(pulse(0.2 + shift), d).value for shift in shifts]) > 0)


# --------------------------------------------------------------------------------------- all of them


@pytest.mark.parametrize("number", sorted(MISFITS))
def test_equal_traces_have_the_least_misfit(number: int):
    d = band_limited(1)
    misfit = find_misfit(number, OPTIONS)
    found = misfit.evaluate(d, d)
    reported = misfit.report(Totals(found.value, found.energy, len(d)))
    assert reported.misfit == pytest.approx(-len(d) if number == 5 else 0.0, abs=1e-12)
    assert np.abs(found.adjoint).max() * reported.factor < 1e-10


@pytest.mark.parametrize("number", sorted(MISFITS))
def test_adjoint_is_the_derivative(number: int):
    """Central differences converge with the square of the step: exact for a quadratic, and for any smooth
    function the error must fall by 4 when the step is halved; 1e-6 is what rounding leaves."""
    s, d = pair()
    evaluate = find_misfit(number, OPTIONS).evaluate
    direction = band_limited(5)
    slope = float(np.sum(evaluate(s, d).adjoint * direction))

    def error(step: float) -> float:
        upper, lower = (evaluate(s + sign * step * direction, d).value for sign in (1, -1))
        return abs((upper - lower) / (2 * step) - slope) / abs(slope)

    assert error(5e-5) <= max(0.3 * error(1e-4), 1e-6)


@pytest.mark.parametrize("number", sorted(set(MISFITS) - {1}))
def test_remainders_fall_with_the_square_of_the_step(number: int):
    s, d = pair()
    evaluate = find_misfit(number, OPTIONS).evaluate
    direction = band_limited(6)
    value, _, adjoint = evaluate(s, d)
    steps = 10.0 ** -np.arange(3.0, 5.1, 0.5)
    rest = [
        abs(evaluate(s + h * direction, d).value - value - h * np.sum(adjoint * direction)) for h in steps
    ]
    slopes = np.diff(np.log10(rest)) / np.diff(np.log10(steps))
    # samples that pass from the parabola of Huber's norm to its lines, one by one, roughen the remainder
    np.testing.assert_allclose(slopes, 2.0, atol=0.2 if number in (10, 11) else 0.1)


def test_absolute_differences_are_linear_as_long_as_no_sign_changes():
    s, d = pair()
    direction = band_limited(6)
    value, _, adjoint = l1(s, d)
    h = 0.5 * np.min(np.abs((s - d)[direction != 0] / direction[direction != 0]))
    rise = h * np.sum(adjoint * direction)
    assert l1(s + h * direction, d).value - value == pytest.approx(rise, abs=1e-13 * value)
    assert abs(rise) > 1e-9 * value


@pytest.mark.parametrize("number", sorted(MISFITS))
def test_synthetics_that_are_zero_do_no_harm(number: int):
    s, d = pair()
    s[1] = 0.0
    found = find_misfit(number, OPTIONS).evaluate(s, d)
    assert np.isfinite(found.value)
    assert np.all(np.isfinite(found.adjoint))
    none = find_misfit(number, OPTIONS).evaluate(np.zeros_like(d), d)
    assert np.isfinite(none.value)
    assert np.all(np.isfinite(none.adjoint))


@pytest.mark.parametrize("number", [1, 2, 3, 4, 10])
def test_misfit_of_nothing_is_one(number: int):
    d = band_limited(1)
    found = find_misfit(number, OPTIONS).evaluate(np.zeros_like(d), d)
    assert found.value == pytest.approx(found.energy)


@pytest.mark.parametrize("number", sorted(MISFITS))
def test_no_traces_give_nothing(number: int):
    none = np.zeros((0, NS))
    value, energy, adjoint = find_misfit(number, OPTIONS).evaluate(none, none)
    assert (value, energy, adjoint.shape) == (0.0, 0.0, (0, NS))


@pytest.mark.parametrize("number", sorted(MISFITS))
def test_tiny_amplitudes_are_as_good_as_any(number: int):
    """Seismograms of 1e-12 m and less: reported misfits do not depend on the unit (travel times neither)."""
    s, d = pair()
    misfit, found = find_misfit(number, OPTIONS), []
    for unit in (1.0, 1e-30):
        value, energy, _ = misfit.evaluate(unit * s, unit * d)
        found.append(misfit.report(Totals(value, energy, len(d))).misfit)
    assert found[1] == pytest.approx(found[0], rel=1e-9)


@pytest.mark.parametrize("number", sorted(MISFITS))
def test_everything_is_double_precision(number: int):
    s, d = (traces.astype(np.float32) for traces in pair())
    value, energy, adjoint = find_misfit(number, OPTIONS).evaluate(s, d)
    assert isinstance(value, float)
    assert isinstance(energy, float)
    assert adjoint.dtype == np.float64
    assert adjoint.shape == s.shape


def test_sums_do_not_lose_small_traces():
    """In float32 the second trace would vanish beside the first."""
    synthetic = np.array([[1e4], [1e-2]], dtype=np.float32)
    value = l2(synthetic, np.zeros_like(synthetic)).value
    assert value - 1e8 == pytest.approx(1e-4, rel=1e-3)


def test_reported_misfit_and_its_factor():
    reported = find_misfit(2).report(Totals(value=6.0, energy=24.0, traces=3))
    assert reported.misfit == 0.25
    assert reported.factor == 1 / 24
    assert find_misfit(5).report(Totals(-2.0, 24.0, 3)) == (-2.0, 1.0)
    assert find_misfit(7).report(Totals(-2.0, 24.0, 4)) == (1.0, 0.5)


@pytest.mark.parametrize("number", sorted(MISFITS))
@pytest.mark.parametrize("energy", [0.0, float("nan")])
def test_no_energy_is_an_error(number: int, energy: float):
    with pytest.raises(DataError, match="the 3 observed traces that take part have no energy"):
        find_misfit(number).report(Totals(value=6.0, energy=energy, traces=3))


def test_unknown_norm_lists_the_known():
    with pytest.raises(ParameterError, match=r"LNORM = 6 is not available: choose 1 .*, 2 least squares"):
        find_misfit(6)
