"""Sources in homogeneous media of every physics against the exact solutions, and the free surface as a
mirror.

At 16 points per wavelength of the dominant frequency, order 8 and 0.15 of the stability limit the time step
alone matters: (w dt)^2 / 24 of relative speed error, 3e-5 for 10 Hz where one speed sets both wavelength and
time step, up to ten times that for the upper end of the spectrum, which makes 0.3 to 0.6 per cent after five
wavelengths.
"""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.physics.registry import physics_keys
from tests.analytic.experiments import Comparison, wavelet
from tests.analytic.homogeneous import EXPLOSION, FORCE, LOSSLESS, LOSSY, FullSpace, full_space, half_space
from tests.analytic.surface_modes import surface_row_factor
from tests.analytic.synthesis import synthesize

STANDARD = {"points": 16, "order": 8, "courant": 0.15}


def sources(key: str) -> tuple[int, ...]:
    """Kinds of sources with an exact solution."""
    if key.endswith("sh"):
        return (FORCE,)
    return (EXPLOSION,) if key.endswith("acoustic") else (EXPLOSION, FORCE)


def medium(key: str):
    return LOSSY if key.startswith("viscous") else LOSSLESS


CASES = [(key, kind) for key in physics_keys() for kind in sources(key)]


@pytest.mark.parametrize(("key", "kind"), CASES)
def test_full_space(key, kind):
    for component, found in full_space(FullSpace(key, kind, medium(key), **STANDARD)).items():
        assert found.error <= 0.01, component


@pytest.mark.parametrize("key", [key for key in physics_keys() if key.startswith("viscous")])
def test_attenuation_would_be_missed(key):
    """The yardstick of the viscous media: without loss the simulations would be off by far more."""
    viscous = full_space(FullSpace(key, sources(key)[0], LOSSY, **STANDARD))
    for component, found in viscous.items():
        exact, _ = FullSpace(key, sources(key)[0], LOSSLESS, **STANDARD).responses()[component]
        assert found.error < 0.01 < 0.3 < mistaken(found, exact), component


def mistaken(found: Comparison, response) -> float:
    """Error if the exact solution were another one."""
    return Comparison(found.found, synthesize(response, wavelet, found.times)[None], found.times).error


@pytest.mark.parametrize("key", [key for key in physics_keys() if key.startswith("viscous")])
def test_second_order_in_the_time_step(key):
    """Memory variables included; double precision, order 8 at 16 points, where the operator does not
    matter."""
    cases = [FullSpace(key, sources(key)[0], LOSSY, points=16, courant=c) for c in (0.6, 0.3)]
    coarse, fine = (max(found.error for found in full_space(case).values()) for case in cases)
    assert np.log2(coarse / fine) == pytest.approx(2.0, abs=0.15)


@pytest.mark.parametrize("on_nodes", [False, True])
@pytest.mark.parametrize(("key", "order"), [("elastic-sh", 4), ("elastic-sh", 8), ("viscous-sh", 4)])
def test_sh_waves_at_the_surface(key, order, on_nodes):
    """In the surface row higher orders lose a known part of the amplitude, since the velocities above are
    zero as in DENISE; 0.961 remains for order 4, 0.945 for order 8. Everything else agrees with the
    mirror."""
    case = FullSpace(key, FORCE, medium(key), points=20, order=order, courant=0.15)
    found, factor = half_space(case, on_nodes), surface_row_factor(order)
    assert found.error == pytest.approx(1 - factor, abs=0.003)
    assert Comparison(found.found / factor, found.exact, found.times).error <= 0.01


@pytest.mark.parametrize("key", ["acoustic", "viscous-acoustic"])
def test_acoustic_waves_below_the_surface(key):
    """Pressure half a wavelength below it. Orders above two read zeros above the surface in the rows next to
    it, an error of first order in DH: some per cent at 20 points."""
    coarse, fine = (
        half_space(FullSpace(key, EXPLOSION, medium(key), points=n, order=8, courant=0.1)).error
        for n in (12, 24)
    )
    assert fine <= 0.015
    assert coarse > 1.7 * fine


@pytest.mark.parametrize("key", ["acoustic", "elastic-sh"])
def test_order_two_at_the_surface(key):
    """Symmetric at the surface, so its error falls with the square of DH; double precision is not needed."""
    cases = [FullSpace(key, EXPLOSION, points=n, order=2, courant=0.15, distance=3) for n in (24, 48)]
    coarse, fine = (half_space(case).error for case in cases)
    assert np.log2(coarse / fine) == pytest.approx(2.0, abs=0.15)
