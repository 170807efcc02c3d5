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
from tests.physics.problems import Setup, acoustic

# largest difference relative to the largest sample of the trace; div and curl are differences of nearly
# equal numbers
TOLERANCE = {"vx": 2e-5, "vy": 2e-5, "vz": 2e-5, "p": 2e-5, "div": 3e-4, "curl": 3e-4}
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


VISCOUS = {"frequencies": (10.0, 60.0), "reference": 25.0}
LEVEL = 0.05  # tau of the viscous cases

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
    "G3": Case(
        golden_setup(order=4, surface=True, physics="viscous-psv", **VISCOUS),
        wavelet=1,
        source=4,
        node=(40, 30),
        expected="""
        vx   1 -4.579983e-07  3.992036e-05 -5.068256e-04 -1.255214e-03 4.577028e-04
        vx   2  1.820341e-04 -1.323644e-03 -4.863398e-04 -3.998551e-05 7.550814e-04
        vy   1  5.368667e-07  1.369083e-04 -9.197773e-04 -2.412095e-03 8.902436e-04
        vy   2 -2.050319e-04  1.217862e-04 -1.724196e-04  4.111512e-04 3.358987e-04
        p    1 -4.196329e+00 -2.662811e+00 -8.006079e+01  5.212036e+01 1.350848e+03
        p    2 -1.968851e+03  3.207569e+03  1.721216e+03  3.674574e+03 2.457081e+03
        curl 2  3.166889e-08 -3.095568e-07  2.614330e-06  1.651803e-08 9.088318e-07
        """,
    ),
    "G4": Case(
        golden_setup(order=4, surface=True, physics="acoustic"),
        wavelet=1,
        source=1,
        node=(40, 30),
        expected="""
        vx   1  4.937360e-07 -2.351806e-05  1.316679e-04  2.053976e-05 5.798828e-05
        vy   2  3.224920e-05  1.010081e-04 -2.191984e-05  7.957093e-05 5.309397e-05
        p    1  2.943827e+00 -1.846348e+02  5.732559e+02  9.781744e+01 3.010748e+02
        p    2  1.950801e+02  9.171703e+02 -1.101755e+02  4.347776e+02 3.583611e+02
        """,
    ),
    "G5": Case(
        golden_setup(order=2, physics="viscous-acoustic", **VISCOUS),
        wavelet=1,
        source=1,
        node=(40, 30),
        expected="""
        vx   1  5.886178e-07 -2.476170e-05  8.970355e-05  2.658458e-06 4.322136e-05
        vy   2  3.070958e-05  9.032496e-05 -2.140652e-05  1.087183e-07 4.617597e-05
        p    1  3.495760e+00 -1.851895e+02  2.799052e+02  1.386215e+01 1.943492e+02
        p    2  1.836884e+02  8.429497e+02 -1.109122e+02  2.348608e+00 3.153698e+02
        """,
    ),
    "G6": Case(
        golden_setup(order=6, surface=True, physics="elastic-sh"),
        wavelet=1,
        source=3,
        node=(40, 30),
        expected="""
        vz   1  3.502438e-15 -8.298810e-08 -7.411317e-04 -3.053212e-03 1.179179e-03
        vz   2 -2.571499e-06 -1.303373e-03 -1.368537e-03  7.375635e-05 1.172586e-03
        """,
    ),
    "G7": Case(
        golden_setup(order=2, surface=True, physics="viscous-sh", **VISCOUS),
        wavelet=1,
        source=3,
        node=(40, 30),
        expected="""
        vz   1 -7.197343e-14 -2.993053e-07 -6.942898e-04 -2.469311e-03 9.597755e-04
        vz   2 -3.827214e-06 -1.150584e-03 -1.077780e-03  6.887416e-05 1.042901e-03
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
    level = np.full(vp.shape, LEVEL)
    medium = Medium.from_velocities(vp, vs, rho, level, level)
    return acoustic(medium) if setup.physics.endswith("acoustic") else medium


def golden_traces(case: Case) -> dict[str, np.ndarray]:
    """Simulated traces; div and curl carry the original's factors sqrt(vp) dt/dh and sqrt(vs) dt/dh."""
    setup, medium = case.setup, two_layers(case.setup)
    courant = setup.dt / setup.dh
    scales = {"div": courant * np.sqrt(medium.vp), "curl": courant * np.sqrt(medium.vs)}
    series = 1e6 * wavelet(case.wavelet, 30.0, 0.0, setup.time)
    run = setup.propagator()
    run.set_medium(medium)
    sources = [PlacedSource(*case.node, case.source, 30.0, series)]
    wanted = [name for name in TOLERANCE if name in run.physics.components]
    return setup.simulate(run, sources, RECEIVERS, wanted, scales=scales)


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
    assert {"vx", "vy", "p"} <= found.keys() or set(found) == {"vz"}
    for component, difference in found.items():
        assert difference <= TOLERANCE[component], component
