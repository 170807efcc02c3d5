"""Coefficients of the absorbing layers: tabulated values of the original, symmetry, the two variants."""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.fd.cpml import LayerParameters, axis_profile

LAYER = LayerParameters(width=10, velocity=1500.0, frequency=30.0, power=4.0, k_max=4.0)
N, DH, DT = 100, 2.0, 2e-4

# entry h of the two layers (1-10 at the low end, 11-20 at the high end): K, a, b from the original program,
# for the parameters above, printed with at least five digits
FULL = {
    1: (4.0, -0.0156769, 0.93729222),
    5: (1.3888, -0.0171327, 0.96878457),
    8: (1.0243, -0.00198469, 0.98487246),
    9: (1.0048, -0.000407352, 0.98462725),
    10: (1.0003, 0.0, 0.98315305),
    11: (1.0003, 0.0, 0.98315305),
    12: (1.0048, -0.000407352, 0.98462725),
    19: (2.9683, -0.0187302, 0.94257271),
    20: (4.0, -0.0156769, 0.93729222),
}
HALF = {
    1: (3.44352, -0.0172511, 0.93968159),
    5: (1.27452, -0.0143966, 0.97328281),
    8: (1.01172, -0.000981129, 0.98497665),
    9: (1.00152, 0.0, 0.98397672),
    10: (1.00002, 0.0, 0.98225069),
    11: (1.00152, 0.0, 0.98397672),
    12: (1.01172, -0.000981129, 0.98497665),
    19: (3.44352, -0.0172511, 0.93968159),
}
OUTERMOST_HALF = {True: (4.64652, -0.0141006, 0.9344812), False: (4.64652, -0.0141072, 0.93536234)}


def entry(values: np.ndarray, h: int) -> tuple[float, float, float]:
    """K, a, b of entry h."""
    column = h - 1 if h <= LAYER.width else N - 2 * LAYER.width + h - 1
    scale, a, b = values[:, column]
    return 1 / (1 + scale), a, b


@pytest.mark.parametrize("clip", [True, False])
def test_values_of_the_original(clip):
    found = axis_profile(N, DH, DT, LAYER, low=True, high=True, clip=clip)
    for values, table in ((found.full, FULL), (found.half, HALF | {20: OUTERMOST_HALF[clip]})):
        for h, expected in table.items():
            # single precision of the original and the printed digits: 5e-6 of each number
            np.testing.assert_allclose(entry(values, h), expected, rtol=5e-6, err_msg=f"entry {h}")


def test_nothing_is_damped_between_the_layers():
    found = axis_profile(N, DH, DT, LAYER, low=True, high=True, clip=True)
    for values in (found.full, found.half):
        assert np.all(values[:, 10:90] == 0)
        assert np.all(values[2, :10] > 0)
        assert np.all(values[2, 90:] > 0)


@pytest.mark.parametrize(("low", "high"), [(False, True), (True, False), (False, False)])
def test_layers_at_one_end_only(low, high):
    found = axis_profile(N, DH, DT, LAYER, low=low, high=high, clip=True)
    for values in (found.full, found.half):
        assert np.any(values[:, :10]) == low
        assert np.any(values[:, 90:]) == high


def test_both_layers_mirror_each_other():
    """Full points about the middle of the grid. Half points i + 1/2 and N - i + 1/2 mirror each other, but
    the low layer has one more of them inside and the high layer one more outside."""
    found = axis_profile(N, DH, DT, LAYER, low=True, high=True, clip=True)
    np.testing.assert_allclose(found.full, found.full[:, ::-1], rtol=0, atol=1e-14)
    np.testing.assert_allclose(found.half[:, :9], found.half[:, 98:89:-1], rtol=0, atol=1e-14)


def test_no_layer():
    found = axis_profile(N, DH, DT, LayerParameters(0, 1500.0, 30.0, 4.0, 4.0), True, True, True)
    assert not found.full.any()
    assert not found.half.any()


def test_strict_coefficients():
    """Without the two peculiarities of the original: a follows its formula down to small damping, and no
    alpha is negative, so that b of the outermost half point is the clipped one."""
    usual = axis_profile(N, DH, DT, LAYER, low=True, high=True, clip=False)
    strict = axis_profile(N, DH, DT, LAYER, low=True, high=True, clip=False, strict=True)
    assert usual.full[1, 9] == 0
    assert strict.full[1, 9] < 0
    np.testing.assert_allclose(entry(strict.half, 20), OUTERMOST_HALF[True], rtol=5e-6)
    same = usual.full[1] != 0
    np.testing.assert_array_equal(usual.full[:, same], strict.full[:, same])


def test_recursion_is_a_passive_filter():
    """The transfer function 1/K + a / (1 - b z) of every layer point stays below 1/K in modulus where the
    layer damps, for all frequencies: it never amplifies."""
    found = axis_profile(N, DH, DT, LAYER, low=True, high=True, clip=True)
    z = np.exp(-1j * np.linspace(0, np.pi, 200))
    for scale, a, b in found.full.T:
        transfer = 1 + scale + a / (1 - b * z)
        assert np.all(np.abs(transfer) <= 1 + scale + 1e-12)
