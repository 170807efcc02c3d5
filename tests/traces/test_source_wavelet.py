"""Estimated wavelets: the true one comes back, in size and shape, with noise, weights and dead traces."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import scipy.signal

from denise_py.acquisition.wavelets import fuchs_mueller, ricker
from denise_py.grid import TimeAxis
from denise_py.parameters.wavelet_engine import WaveletEngine
from denise_py.traces.source_wavelet import (
    conjugate_gradients,
    end_taper,
    estimate_wavelet,
    late_share,
    offset_weights,
    spectrum_size,
)

NTR = 12
SIZE = 3e5  # of the true wavelet


def axis(dt: float = 1e-3) -> TimeAxis:
    return TimeAxis.from_duration(0.6, dt)


def spikes(time: TimeAxis) -> np.ndarray:
    """Impulse responses (NTR, nt): five arrivals each before 0.35 s, weaker with the number of the trace."""
    rng = np.random.default_rng(1)
    result = np.zeros((NTR, time.nt))
    for r in range(NTR):
        at = np.round(rng.uniform(0.05, 0.35, 5) / time.dt).astype(int)
        result[r, at] = rng.normal(size=5) / (r + 1)
    return result


def traces(wavelet: np.ndarray, responses: np.ndarray) -> np.ndarray:
    full = scipy.signal.fftconvolve(responses, wavelet[None], axes=1)
    return full[:, : responses.shape[1]]


def given(time: TimeAxis) -> np.ndarray:
    return ricker(time, np.float32(30), np.float32(0.02))


def true(time: TimeAxis) -> np.ndarray:
    """Lower, and earlier than the given one: the filter begins before time 0."""
    return SIZE * ricker(time, np.float32(22), np.float32(0))


def estimated(time: TimeAxis, synthetic, observed, weights=None, **options) -> np.ndarray:
    weights = np.ones(len(synthetic)) if weights is None else weights
    return estimate_wavelet(
        given(time), synthetic, observed, weights, WaveletEngine(**options), time.dt
    ).wavelet


def error(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


@pytest.fixture
def time() -> TimeAxis:
    return axis()


@pytest.fixture
def synthetic(time):
    return traces(given(time), spikes(time))


@pytest.fixture
def observed(time):
    return traces(true(time), spikes(time))


# --- least squares ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dt", [1e-3, 5e-4])
def test_perfect_data_give_the_true_wavelet_in_size_and_shape(dt):
    """The original was off by 1 / dt."""
    time = axis(dt)
    s, d = (traces(w, spikes(time)) for w in (given(time), true(time)))
    found = estimated(time, s, d)  # the water level of 1e-3 that is the default
    assert error(found, true(time)) < 0.01
    assert found.max() == pytest.approx(true(time).max(), rel=0.01)


def test_the_water_level_damps_by_the_power_of_the_spectra(time, synthetic, observed):
    """With D = T S / W the estimate is T P / (P + e): known in advance, up to what is cut before time 0."""
    level, size = 0.05, spectrum_size(time.nt, WaveletEngine())
    power = np.sum(np.abs(np.fft.rfft(synthetic, size)) ** 2, axis=0)
    e = level * np.sum(synthetic**2)
    shape = np.fft.irfft(np.fft.rfft(true(time), size) * power / (power + e), size)[: time.nt]
    assert error(estimated(time, synthetic, observed, water_level=level), shape) < 1e-6
    assert error(shape, true(time)) > 0.01


def test_noise_of_10_percent_leaves_the_wavelet_within_5_percent_in_its_band(time, synthetic, observed):
    rng = np.random.default_rng(3)
    noise = rng.normal(size=observed.shape)
    noise *= 0.1 * np.linalg.norm(observed) / np.linalg.norm(noise)
    found = estimated(time, synthetic, observed + noise, water_level=1e-2)
    spectra = np.abs(np.fft.rfft([found - true(time), true(time)], 4 * time.nt))
    band = spectra[1] > 0.1 * spectra[1].max()
    assert np.linalg.norm(spectra[0, band]) < 0.05 * np.linalg.norm(spectra[1, band])


def test_one_wavelet_for_all_components(time, synthetic, observed):
    """Twice the traces with other noise: the estimate of all is between those of the halves."""
    rng = np.random.default_rng(4)
    noisy = [observed + 0.2 * observed.std() * rng.normal(size=observed.shape) for _ in (0, 1)]
    both = estimated(time, np.concatenate([synthetic] * 2), np.concatenate(noisy))
    halves = [estimated(time, synthetic, one) for one in noisy]
    np.testing.assert_allclose(both, np.mean(halves, axis=0), atol=1e-9 * SIZE)


def test_a_filter_may_begin_before_time_0_but_a_wavelet_may_not(time, synthetic):
    """What would lie before time 0 is cut, also where the spectra are hardly padded."""
    late = traces(given(time), np.roll(spikes(time), -40, axis=1))
    for padding in (1.2, 1.5):
        found = estimated(time, synthetic, late, padding=padding, water_level=1e-8)
        expected = np.append(given(time)[40:], np.zeros(40))
        assert np.abs(found - expected).max() < 1e-3


def test_tshift_delays(time, synthetic, observed):
    plain = estimated(time, synthetic, observed)
    late = estimated(time, synthetic, observed, shift=10 * time.dt)
    np.testing.assert_allclose(late[20:], plain[10:-10], atol=1e-3 * SIZE)


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({"padding": 1.0}, 600),
        ({}, 900),
        ({"power_of_two": True}, 1024),
        ({"multiple_of": 500}, 1000),
        ({"padding": 1.0, "power_of_two": True, "multiple_of": 100}, 1100),
    ],
)
def test_length_of_the_spectra(options, size):
    assert spectrum_size(600, WaveletEngine(**options)) == size


# --- least squares in time --------------------------------------------------------------------------------


def cut(traces: np.ndarray) -> tuple[TimeAxis, np.ndarray]:
    """The first 0.26 s of a record, which end while waves still arrive."""
    return TimeAxis.from_duration(0.26, 1e-3), traces[:, :260]


def test_both_methods_agree_on_quiet_ends(time, synthetic, observed):
    """In the limit of long records they minimise the same; both are within the water level of the truth."""
    found = estimated(time, synthetic, observed, name="tdlsq")
    assert error(found, true(time)) < 0.01
    assert error(found, estimated(time, synthetic, observed)) < 0.01


def test_only_the_method_in_time_holds_for_cut_traces(synthetic, observed):
    (time, s), (_, d) = cut(synthetic), cut(observed)
    assert error(estimated(time, s, d), true(time)) > 0.05
    assert error(estimated(time, s, d, name="tdlsq"), true(time)) < 0.01


def test_in_time_with_noise(synthetic, observed):
    (time, s), (_, d) = cut(synthetic), cut(observed)
    noise = np.random.default_rng(5).normal(size=d.shape)
    noise *= 0.1 * np.linalg.norm(d) / np.linalg.norm(noise)
    found = estimated(time, s, d + noise, name="tdlsq", water_level=1e-2)
    assert error(found, true(time)) < 0.05


def test_the_estimate_in_time_is_the_minimum(synthetic, observed):
    """Against a dense solution of the normal equations."""
    time = TimeAxis.from_duration(0.06, 1e-3)
    s, d = synthetic[:3, 60:120], observed[:3, 60:120]
    w = given(TimeAxis.from_duration(0.12, 1e-3))[20:80]
    weights = np.array([1.0, 0.5, 2.0])
    matrices = [scipy.linalg.toeplitz(row, np.zeros(60)) for row in s]
    filtered = scipy.linalg.toeplitz(w, np.zeros(60))
    normal = 0.1 * np.sum(weights[:, None] ** 2 * s**2) * np.eye(60)
    right = np.zeros(60)
    for f, matrix, data in zip(weights, matrices, d, strict=True):
        normal += f**2 * matrix.T @ matrix
        right += f**2 * matrix.T @ filtered @ data
    found = estimate_wavelet(w, s, d, weights, WaveletEngine("tdlsq", water_level=0.1), time.dt)
    assert error(found.wavelet, np.linalg.solve(normal, right)) < 1e-5


def test_conjugate_gradients():
    rng = np.random.default_rng(6)
    matrix = rng.normal(size=(20, 20))
    matrix = matrix @ matrix.T + np.eye(20)
    right = rng.normal(size=20)
    inverse = 1 / np.diag(matrix)
    found = conjugate_gradients(lambda x: matrix @ x, right, lambda x: inverse * x, np.zeros(20))
    np.testing.assert_allclose(found, np.linalg.solve(matrix, right), atol=1e-5)
    exact = np.linalg.solve(matrix, right)
    np.testing.assert_array_equal(
        conjugate_gradients(lambda x: matrix @ x, right, lambda x: inverse * x, exact), exact
    )


# --- traces that do not count -----------------------------------------------------------------------------


def test_dead_observed_traces_do_not_count(time, synthetic, observed):
    some = observed.copy()
    some[[0, 5]] = 0
    kept = [r for r in range(NTR) if r not in (0, 5)]
    np.testing.assert_array_equal(
        estimated(time, synthetic, some), estimated(time, synthetic[kept], observed[kept])
    )


def test_traces_of_weight_0_do_not_count(time, synthetic, observed):
    weights = np.ones(NTR)
    weights[2] = 0
    wild = observed.copy()
    wild[2] = 1e9
    np.testing.assert_array_equal(
        estimated(time, synthetic, wild, weights),
        estimated(time, np.delete(synthetic, 2, 0), np.delete(observed, 2, 0)),
    )


@pytest.mark.parametrize("lost", ["observed", "synthetic", "weights"])
def test_nothing_left_is_an_error(time, synthetic, observed, lost):
    s = np.zeros_like(synthetic) if lost == "synthetic" else synthetic
    d = np.zeros_like(observed) if lost == "observed" else observed
    f = np.zeros(NTR) if lost == "weights" else np.ones(NTR)
    which = "synthetic" if lost == "synthetic" else "observed"
    with pytest.raises(ValueError, match=f"all {which} traces that count are zero"):
        estimated(time, s, d, f)


def test_weights_count_in_proportion_only(time, synthetic, observed):
    weights = np.arange(1.0, NTR + 1)
    first = estimated(time, synthetic, observed, weights)
    np.testing.assert_allclose(estimated(time, synthetic, observed, 1e-30 * weights), first, rtol=1e-9)
    assert error(first, estimated(time, synthetic, observed)) > 1e-9


def test_heavy_traces_win(time, synthetic, observed):
    """Half of the traces have another wavelet; the weights decide."""
    mixed, other = observed.copy(), 2 * observed
    mixed[NTR // 2 :] = other[NTR // 2 :]
    weights = np.where(np.arange(NTR) < NTR // 2, 1e-4, 1.0)
    assert error(estimated(time, synthetic, mixed, weights), 2 * true(time)) < 0.01
    assert error(estimated(time, synthetic, mixed, weights[::-1]), true(time)) < 0.01


@pytest.mark.parametrize("unit", [1e-25, 1e12])
def test_amplitudes_of_any_size(time, synthetic, observed, unit):
    expected = estimated(time, synthetic, observed)
    np.testing.assert_allclose(estimated(time, unit * synthetic, unit * observed), expected, atol=1e-9 * SIZE)


# --- the rest ---------------------------------------------------------------------------------------------


def test_ident_keeps_the_wavelet_or_scales_it_to_the_energy_of_the_data(time, synthetic):
    np.testing.assert_allclose(
        estimated(time, synthetic, -7 * synthetic, name="ident"), given(time), atol=1e-12
    )
    found = estimated(time, synthetic, -7 * synthetic, name="ident", scale_energy=True)
    np.testing.assert_allclose(found, 7 * given(time), atol=1e-11)


def test_what_an_estimate_explains(time, synthetic, observed):
    weights = np.ones(NTR)
    good, bad = (
        estimate_wavelet(given(time), synthetic, observed, weights, WaveletEngine(name), time.dt)
        for name in ("fdlsq", "ident")
    )
    assert good.energy == bad.energy
    assert good.left < 1e-5 * good.energy  # the water level of 1e-3 reduces amplitudes by less than that
    assert bad.left == pytest.approx(bad.energy, rel=1e-3)  # SIZE times too small


def test_energy_at_the_end_of_the_record():
    traces = np.ones((2, 20))
    assert late_share(traces, np.ones(2)) == pytest.approx(0.1)
    traces[0, -2:] = 0
    assert late_share(traces, np.array([1.0, 0.0])) == 0
    assert late_share(traces, np.zeros(2)) == 0


def test_taper_of_the_end():
    taper = end_taper(100, 0.01, 0.2, 0.4)
    assert np.all(taper[:20] == 1)
    assert np.all(taper[39:] == 0)
    assert taper[29] == pytest.approx(0.5)  # sample 30, in the middle at 0.3 s
    assert np.all(np.diff(taper) <= 0)
    assert end_taper(10, 0.01, 0.2, 0.4).min() == 1


def test_weights_by_offset():
    r = np.array([0.0, 10.0, 20.0, 40.0])
    np.testing.assert_allclose(offset_weights(r, 1.0, 2.0), [0.05, 0.25, 0.5, 1])
    np.testing.assert_allclose(offset_weights(r, -2.0, 10.0), [1, 1, 0.25, 0.0625])
    np.testing.assert_array_equal(offset_weights(r, 0.0, 2.0), 1)


def test_an_abrupt_wavelet_within_what_the_given_one_can_show(time, synthetic):
    """Fuchs and Mueller's wavelet has frequencies which the Ricker wavelet lacks; they are its kinks."""
    expected = SIZE * fuchs_mueller(time, np.float32(25), np.float32(0))
    found = estimated(time, synthetic, traces(expected, spikes(time)), water_level=1e-5)
    assert error(found, expected) < 0.01
