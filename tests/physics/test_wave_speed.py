"""Speeds of plane waves against the dispersion relation of the scheme, and against the medium.

A row of equal forces between periodic sides sends out a plane wave. The phase it gains between two receivers
gives its speed at every frequency. The scheme's own relation of frequency and wave number is

    sin(w dt / 2) = (c dt / h) sum_m c_m sin((m - 1/2) k h)
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

from denise_py.acquisition.inject import PlacedSource
from denise_py.fd.weights import stencil
from tests.physics.problems import Setup, homogeneous, ricker

VP, VS = 2400.0, 1300.0
FREQUENCY = 12.0
SOURCE, NEAR, FAR, ROWS = 200, 230, 280, 400

# per physics: what sends out a plane wave downward, where it is seen, and how fast it is
WAVES = {
    "elastic-psv": {"P": (3, "vy", VP), "S": (2, "vx", VS)},
    "acoustic": {"P": (3, "vy", VP)},
    "elastic-sh": {"S": (3, "vz", VS)},
}
CASES = [(key, wave) for key, waves in WAVES.items() for wave in waves]


def phase_velocity(
    setup: Setup, kind: int, component: str, speed: float, frequencies: np.ndarray
) -> np.ndarray:
    """Measured phase velocity in m/s at the frequencies in Hz."""
    run = setup.propagator()
    run.set_medium(homogeneous(setup.grid, VP, 0.0 if setup.physics == "acoustic" else VS, 2000.0))
    wavelet = ricker(setup.times, FREQUENCY, 1.5 / FREQUENCY)
    sources = [PlacedSource(i, SOURCE, kind, 0.0, wavelet) for i in range(1, setup.nx + 1)]
    nodes = np.array([[1, NEAR], [1, FAR]])
    near, far = setup.simulate(run, sources, nodes, (component,))[component]
    waves = np.exp(-2j * np.pi * np.outer(frequencies, setup.times))
    distance = (FAR - NEAR) * setup.dh
    expected = 2 * np.pi * frequencies * distance / speed
    # the phase is known but for full turns; the true one is nearest to what the medium says
    turn = np.angle((waves @ near) / (waves @ far) * np.exp(-1j * expected))
    return 2 * np.pi * frequencies * distance / (expected + turn)


def scheme_velocity(setup: Setup, speed: float, frequency: float) -> float:
    """Phase velocity in m/s that the dispersion relation gives."""
    weights = stencil(setup.order, setup.kind).weights
    left = np.sin(np.pi * frequency * setup.dt)

    def excess(phase: float) -> float:
        slope = sum(c * np.sin((m - 0.5) * phase) for m, c in enumerate(weights, 1))
        return speed * setup.dt / setup.dh * slope - left

    k = brentq(excess, 0.0, 1.5, xtol=1e-14) / setup.dh
    return 2 * np.pi * frequency / k


def column(key: str, order: int, kind: int, speed: float) -> Setup:
    """A narrow strip of 400 rows of 5 m. The run ends when the wavelet (with its slow high frequencies) has
    passed the far receiver, 80 points from the source; what comes back from the ends has 320 to go."""
    steps = int(((FAR - SOURCE) * 5.0 / speed + 3.5 / FREQUENCY) / 5e-4)
    return Setup(
        nx=16, ny=ROWS, nt=steps, dh=5.0, dt=5e-4, order=order, kind=kind, width=0, periodic=True, physics=key
    )


@pytest.mark.parametrize(("key", "wave"), CASES)
@pytest.mark.parametrize(("order", "kind"), [(2, 0), (4, 0), (8, 0), (4, 1)])
def test_plane_wave(key, wave, order, kind):
    source, component, speed = WAVES[key][wave]
    setup = column(key, order, kind, speed)
    frequencies = np.array([8.0, 12.0, 20.0])
    found = phase_velocity(setup, source, component, speed, frequencies)
    expected = [scheme_velocity(setup, speed, f) for f in frequencies]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    np.testing.assert_allclose(found, speed, rtol={2: 0.011, 4: 1e-3, 8: 1e-3}[order])
