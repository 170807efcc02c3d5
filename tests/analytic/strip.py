"""Plane waves in a strip with periodic sides: attenuation, and reflection at an interface.

Sources on a whole row of the grid excite plane waves along y; with amplitudes cos(k x) and a width of one
wavelength 2 pi / k, waves of the horizontal wavenumber k, whose angle sin(theta) = k v / w depends on
frequency. There is no geometrical spreading, so spectral ratios need no correction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from denise_py.acquisition.inject import PlacedSource
from denise_py.fd.weights import stencil
from denise_py.medium.model import Medium
from tests.analytic.experiments import LAYER
from tests.analytic.full_space import Solid
from tests.analytic.homogeneous import REFERENCE, ROCK, homogeneous_medium
from tests.analytic.plane_waves import Interface
from tests.analytic.relaxation import Attenuating
from tests.physics.problems import Setup, ricker

EXPLOSION, FORCE_X, FORCE_Y = 1, 2, 3
#: physics, wave and its source and component
ATTENUATED = {
    "viscous-psv P": ("viscous-psv", "p", FORCE_Y, "vy"),
    "viscous-psv S": ("viscous-psv", "s", FORCE_X, "vx"),
    "viscous-sh": ("viscous-sh", "s", FORCE_Y, "vz"),
    "viscous-acoustic": ("viscous-acoustic", "p", FORCE_Y, "vy"),
}


@dataclass(frozen=True)
class Relaxations:
    """Relaxation frequencies (Hz) with the level of attenuation tau; band in which waves are looked at
    (Hz)."""

    frequencies: tuple[float, ...]
    tau: float
    band: tuple[float, float] = (5.0, 50.0)

    @property
    def medium(self) -> Attenuating:
        return Attenuating(ROCK, self.frequencies, REFERENCE, self.tau, self.tau)

    @property
    def sampled(self) -> np.ndarray:
        """Frequencies of the band in Hz, (21,)."""
        return np.geomspace(*self.band, 21)


@dataclass(frozen=True)
class Attenuation:
    """Q and phase velocity (m/s) at frequencies in Hz, measured and as the moduli define them, (n,) each."""

    frequency: np.ndarray
    found: np.ndarray
    exact: np.ndarray
    speed: np.ndarray
    exact_speed: np.ndarray

    @property
    def error(self) -> float:
        """Largest relative error of Q."""
        return float(np.max(np.abs(self.found / self.exact - 1)))

    @property
    def speed_error(self) -> float:
        """Largest relative error of the phase velocity."""
        return float(np.max(np.abs(self.speed / self.exact_speed - 1)))


def attenuation(
    name: str, relaxations: Relaxations, points: int = 12, courant: float = 0.3, dtype: Any = np.float32
) -> Attenuation:
    """Of plane waves, from the ratio of the spectra at two receivers, two of the longest wavelengths apart.

    name     key of ATTENUATED
    points   grid points per wavelength at the highest frequency of the band
    courant  time step in units of the stability limit of order 8

    The ratio is exp(i k d); w / k gives the complex modulus rho (w / k)^2. The strip is long enough for
    nothing to come back from its ends.
    """
    physics, wave, kind, component = ATTENUATED[name]
    medium, (low, high) = relaxations.medium, relaxations.band
    speed = medium.solid.vp if wave == "p" else medium.solid.vs
    fastest = medium.fastest() if physics != "viscous-sh" else medium.fastest() * ROCK.vs / ROCK.vp
    centre = high / 2
    dh = speed / high / points
    dt = courant * dh / (np.sqrt(2) * stencil(8, 0).gamma * fastest)
    near, apart = points, round(2 * speed / low / dh)
    duration = 3 / centre + 1.2 * (near + apart) * dh / speed + 3 / low
    # P waves that leave at once must not be back at the far receiver
    margin = int(fastest * duration / dh / 2)
    setup = Setup(
        nx=8,
        ny=2 * margin + near + apart,
        nt=int(duration / dt),
        dh=dh,
        dt=dt,
        order=8,
        width=0,
        periodic=True,
        dtype=dtype,
        physics=physics,
        frequencies=medium.frequencies,
        reference=medium.reference,
    )
    run = setup.propagator()
    run.set_medium(homogeneous_medium(setup.grid, medium, fluid=physics == "viscous-acoustic"))
    series = ricker(setup.times, centre, 1.5 / centre)
    sources = [PlacedSource(i, margin, kind, 0.0, series) for i in range(1, setup.nx + 1)]
    nodes = np.array([[4, margin + near], [4, margin + near + apart]])
    traces = setup.simulate(run, sources, nodes, (component,))[component]
    w = 2 * np.pi * relaxations.sampled
    first, second = traces @ np.exp(1j * np.outer(setup.times, w))
    expected = w / np.sqrt(speed**2 * medium.modulus_ratio(relaxations.tau, w))
    ratio = second / first * np.exp(-1j * expected * apart * dh)  # near 1: no cycles to be counted
    k = expected - 1j * np.log(ratio) / (apart * dh)
    modulus = (w / k) ** 2
    return Attenuation(
        relaxations.sampled,
        modulus.real / -modulus.imag,
        medium.quality(relaxations.tau, relaxations.sampled),
        w / k.real,
        w / expected.real,
    )


WATER = Solid(vp=1500.0, vs=0.0, rho=1000.0)
SEAFLOOR = Solid(vp=2500.0, vs=1300.0, rho=2100.0)
CENTRE = 15.0  # Hz


@dataclass(frozen=True)
class Reflection:
    """Reflection coefficient of the pressure at frequencies in Hz, measured and exact, (n,) complex; angles
    of incidence in degrees."""

    frequency: np.ndarray
    angle: np.ndarray
    found: np.ndarray
    exact: np.ndarray

    @property
    def error(self) -> np.ndarray:
        """|difference|, (n,)."""
        return np.abs(self.found - self.exact)


@dataclass(frozen=True)
class Oblique:
    """A plane wave that comes down on a lower medium.

    wave      'p': P waves of elastic-psv, pressure; 'sh': SH waves, vz
    width     of the strip in points, one horizontal wavelength; None: vertical incidence
    points    per wavelength in the upper medium at 15 Hz
    on_nodes  way to put SH media on the grid

    Rows of nodes up to `last` are upper medium, so the interface lies half a cell below the last of them.
    """

    wave: str = "p"
    width: int | None = None
    points: int = 20
    order: int = 4
    on_nodes: bool = False
    upper: Solid = WATER
    lower: Solid = SEAFLOOR

    @property
    def speed(self) -> float:
        """Of the incident wave, m/s."""
        return self.upper.vp if self.wave == "p" else self.upper.vs

    @property
    def k(self) -> float:
        """Horizontal wavenumber in rad/m."""
        return 2 * np.pi / (self.width * self.setup.dh) if self.width else 0.0

    @property
    def last(self) -> int:
        return LAYER + 4 * self.points

    @property
    def setup(self) -> Setup:
        fastest = max(self.upper.vp, self.lower.vp) if self.wave == "p" else max(self.upper.vs, self.lower.vs)
        dh = self.speed / CENTRE / self.points
        dt = 0.3 * dh / (np.sqrt(2) * stencil(self.order, 0).gamma * fastest)
        return Setup(
            nx=self.width or 8,
            ny=self.last + 4 * self.points + LAYER,
            nt=int(1.2 / dt),
            dh=dh,
            dt=dt,
            order=self.order,
            width=LAYER,
            periodic=True,
            layer_velocity=fastest,
            layer_frequency=CENTRE,
            k_max=1.0,
            physics="elastic-psv" if self.wave == "p" else "elastic-sh",
            on_nodes=self.on_nodes,
        )

    def mirrored(self, row: int) -> int:
        """Row whose samples lie as far below the interface as those of a row above it. DENISE's vz lies half
        a cell below its node, on the interface in row `last`."""
        below_node = self.wave == "sh" and not self.on_nodes
        return 2 * self.last + (0 if below_node else 1) - row

    def exact(self, w: complex) -> complex:
        """Reflection coefficient of pressure or vz."""
        if self.wave == "p":
            return Interface(self.upper, self.lower).amplitudes(self.k / w)["rp"]
        upper, lower = (s.mu * np.sqrt((w / s.vs) ** 2 - self.k**2) for s in (self.upper, self.lower))
        return (upper - lower) / (upper + lower)

    def simulate(self, lower: Solid, rows: tuple[int, int]) -> np.ndarray:
        """Traces (2, nt) in two rows with some lower medium."""
        setup = self.setup
        series = ricker(setup.times, CENTRE, 1.5 / CENTRE)
        sources = [
            PlacedSource(i, LAYER + self.points, EXPLOSION, 0.0, series * np.cos(self.k * i * setup.dh))
            for i in range(1, setup.nx + 1)
        ]
        run = setup.propagator()
        run.set_medium(_two_layers(setup, self.upper, lower, self.last))
        component = "p" if self.wave == "p" else "vz"
        return setup.simulate(run, sources, np.array([[setup.nx, row] for row in rows]), (component,))[
            component
        ]


def reflection(case: Oblique, frequencies: tuple[float, ...] = (CENTRE,)) -> Reflection:
    """Reflection coefficient at frequencies in Hz, measured and exact.

    What a run without lower medium records is the incident wave; the reflected one is compared with the
    incident one at the mirror image of the receiver. Transforms take frequencies with an imaginary part, with
    which the late part of the record fades out, and so does the exact coefficient.
    """
    receiver = LAYER + 2 * case.points
    rows = (receiver, case.mirrored(receiver))
    incident, total = (case.simulate(lower, rows) for lower in (case.upper, case.lower))
    times, frequency = case.setup.times, np.array(frequencies)
    w = 2 * np.pi * frequency + 1j * np.log(1e3) / times[-1]
    wave = np.exp(1j * np.outer(times, w))
    found = (total[0] - incident[0]) @ wave / (incident[1] @ wave)
    sine = case.k * case.speed / (2 * np.pi * frequency)
    return Reflection(frequency, np.degrees(np.arcsin(sine)), found, np.array([case.exact(one) for one in w]))


def _two_layers(setup: Setup, upper: Solid, lower: Solid, last: int) -> Medium:
    """The upper medium in the first `last` rows."""
    above = (np.arange(setup.ny) < last)[:, None] * np.ones(setup.nx, bool)
    vp, vs, rho = (np.where(above, getattr(upper, n), getattr(lower, n)) for n in ("vp", "vs", "rho"))
    return Medium.from_velocities(vp, vs, rho)
