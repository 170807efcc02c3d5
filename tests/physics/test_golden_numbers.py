"""Seismogram samples of the original program for three small P-SV cases.

Grid of 100 x 80 points of 2 m, 600 steps of 0.2 ms; vp, vs, rho = 2000, 1100, 2100 down to row 40 and 2600,
1500, 2300 below; layers of 10 points. The numbers were printed by the original, compiled for x86-64.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from denise_py.acquisition.inject import PlacedSource
from denise_py.acquisition.wavelets import wavelet
from denise_py.medium.model import Medium
from tests.physics.problems import Setup

# largest difference relative to the largest sample of the trace; div and curl are differences of nearly
# equal numbers
TOLERANCE = {"vx": 2e-5, "vy": 2e-5, "p": 2e-5, "div": 3e-4, "curl": 3e-4}
SAMPLES = (250, 350, 450, 600)
RECEIVERS = np.array([[70, 15], [30, 50]])  # at (140, 30) m and (60, 100) m


@dataclass(frozen=True)
class Case:
    """Set-up, wavelet kind, source (kind and node), and rows of: component, receiver, samples, rms."""

    setup: Setup
    wavelet: int
    source: int
    node: tuple[int, int]
    expected: str


def golden_setup(**changes) -> Setup:
    fixed = {"nx": 100, "ny": 80, "nt": 600, "dh": 2.0, "dt": 2e-4, "width": 10, "dtype": np.float32}
    layer = {"layer_velocity": 1500.0, "layer_frequency": 30.0, "power": 4.0, "k_max": 4.0}
    return Setup(**fixed | layer | changes)


CASES = {
    "G1": Case(
        golden_setup(order=4, surface=True),
        wavelet=1,
        source=3,
        node=(40, 1),
        expected="""
        vx   1 -2.099613e-06 -5.056305e-04 -6.748203e-04  7.670386e-04 6.175079e-04
        vx   2  8.971423e-11  1.285902e-05 -2.774598e-04 -4.366036e-04 1.697993e-04
        vy   1 -8.991954e-07  4.226889e-06 -1.641504e-03 -2.821321e-03 1.898387e-03
        vy   2 -2.544229e-10 -4.364687e-05  7.668406e-04  1.265930e-04 6.753998e-04
        p    1 -1.706942e+01 -2.173995e+03 -7.228601e+03  2.416259e+03 3.174696e+03
        p    2 -2.963028e-03 -4.198907e+02  8.545392e+03  9.498301e+02 5.409287e+03
        div  1  6.281161e-09 -4.581256e-07  8.275190e-07  1.360977e-07 5.336003e-07
        curl 1 -2.416439e-15  3.690559e-09 -1.713072e-06 -4.362838e-06 2.663031e-06
        """,
    ),
    "G2": Case(
        golden_setup(order=8, kind=1, k_max=8.0),
        wavelet=1,
        source=1,
        node=(40, 30),
        expected="""
        vx   1  2.419417e-07 -1.164814e-05  5.817054e-05  1.779857e-05 2.758427e-05
        vx   2 -7.763997e-06 -4.878094e-05 -3.474547e-06  6.896554e-09 1.532879e-05
        vy   1 -1.632029e-07  9.497197e-06 -2.272471e-05  8.598347e-06 1.281757e-05
        vy   2  1.632318e-05  4.831364e-05 -1.721500e-05  1.986143e-07 2.696829e-05
        p    1  2.014705e+00 -1.289958e+02  2.907916e+02  1.134763e+01 1.737069e+02
        p    2  1.302596e+02  6.041321e+02 -7.165975e+01  1.145621e+00 2.272092e+02
        div  2 -1.487440e-09 -7.038476e-08 -1.927191e-08  1.368893e-10 2.977389e-08
        curl 2 -1.817876e-09 -1.459342e-08 -1.508205e-09  6.209074e-11 9.119977e-09
        """,
    ),
    "G8": Case(
        golden_setup(order=2, periodic=True),
        wavelet=4,
        source=2,
        node=(10, 30),
        expected="""
        vx   1  5.290440e-04  2.138866e-04 -2.470924e-04 -2.510514e-04 4.137477e-04
        vx   2  1.822452e-04 -6.692038e-04  2.150532e-04  2.772423e-04 3.602537e-04
        vy   1  1.871577e-04 -2.722737e-04 -6.292612e-04  2.264446e-04 2.774623e-04
        vy   2  1.863636e-04  4.115154e-04 -7.785364e-06 -1.911799e-04 5.639903e-04
        p    2  1.328302e+03 -8.793654e+02 -2.674420e+03  1.890013e+03 2.393930e+03
        """,
    ),
}


def two_layers(setup: Setup) -> Medium:
    lower = np.arange(1, setup.ny + 1)[:, None] > 40
    one = np.ones((1, setup.nx))
    vp, vs, rho = (
        np.where(lower, b, a) * one for a, b in ((2000.0, 2600.0), (1100.0, 1500.0), (2100.0, 2300.0))
    )
    return Medium.from_velocities(vp, vs, rho)


def golden_traces(case: Case) -> dict[str, np.ndarray]:
    """Simulated traces; div and curl carry the original's factors sqrt(vp) dt/dh and sqrt(vs) dt/dh."""
    setup, medium = case.setup, two_layers(case.setup)
    courant = setup.dt / setup.dh
    scales = {"div": courant * np.sqrt(medium.vp), "curl": courant * np.sqrt(medium.vs)}
    series = 1e6 * wavelet(case.wavelet, 30.0, 0.0, setup.time)
    run = setup.propagator()
    run.set_medium(medium)
    sources = [PlacedSource(*case.node, case.source, 0.0, series)]
    return setup.simulate(run, sources, RECEIVERS, tuple(TOLERANCE), scales=scales)


def golden_differences(case: Case, traces: dict[str, np.ndarray]) -> dict[str, float]:
    """Largest difference by component: of samples relative to the largest one of the trace, and of the rms
    values relative to themselves."""
    found: dict[str, float] = {}
    for line in case.expected.strip().splitlines():
        component, receiver, *numbers = line.split()
        trace = traces[component][int(receiver) - 1]
        *samples, rms = map(float, numbers)
        differences = np.abs(trace[np.array(SAMPLES) - 1] - samples) / np.max(np.abs(trace))
        largest = max(differences.max(), abs(np.sqrt(np.mean(trace**2)) / rms - 1))
        found[component] = max(found.get(component, 0.0), float(largest))
    return found


@pytest.mark.parametrize("name", CASES)
def test_samples(name):
    found = golden_differences(CASES[name], golden_traces(CASES[name]))
    assert {"vx", "vy", "p"} <= found.keys()
    for component, difference in found.items():
        assert difference <= TOLERANCE[component], component
