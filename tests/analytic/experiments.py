"""Simulations with an exact solution, and how far they are from it.

Times: the force of step n is s(n dt) and acts between the velocities before and after it, so the recorded
velocity belongs to t = (n + 1/2) dt. An explosion is centred on the stress step, so that velocities belong to
n dt and stresses to (n + 1/2) dt.

Places: a vertical force at node (i, j) acts, and vy is recorded, half a cell below the node; vx half a cell
to the right of it. With a free surface row j = 1 is the surface.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from denise_py.acquisition.inject import PlacedSource
from denise_py.fd.weights import stencil
from tests.analytic.full_space import Solid, explosion_response, force_response
from tests.analytic.garvin import response as garvin_response
from tests.analytic.half_space import buried_response, rayleigh_speed
from tests.analytic.relaxation import Attenuating
from tests.analytic.synthesis import synthesize
from tests.physics.problems import Setup, homogeneous, ricker

FREQUENCY = 10.0  # Hz, centre of the Ricker wavelet
PEAK = 1.5 / FREQUENCY
LAYER = 20  # points
POISSON_SOLID = Solid(vp=np.sqrt(3) * 1000.0, vs=1000.0, rho=2000.0)
STRENGTH = 1e6  # N/m


def wavelet(t: np.ndarray) -> np.ndarray:
    return STRENGTH * ricker(t, FREQUENCY, PEAK)


@dataclass(frozen=True)
class Resolution:
    """Resolution of an experiment.

    points    grid points per dominant S wavelength
    courant   time step in units of the stability limit
    distance  from source to receiver in dominant S wavelengths
    clear     from source and receivers to the absorbing layers, in the same unit
    """

    points: float = 16
    order: int = 8
    courant: float = 0.25
    distance: float = 5
    clear: float = 2
    solid: Solid = POISSON_SOLID
    dtype: Any = np.float32
    one_sided: bool = False  # operators at the free surface

    @property
    def dh(self) -> float:
        return self.solid.vs / FREQUENCY / self.points

    @property
    def dt(self) -> float:
        limit = self.dh / (np.sqrt(2) * stencil(self.order, 0).gamma * self.solid.vp)
        return self.courant * limit

    @property
    def margin(self) -> int:
        """Points from source or receivers to the edge of the grid."""
        return LAYER + int(self.clear * self.points)

    @property
    def reach(self) -> int:
        """Distance in grid points."""
        return round(self.distance * self.points)

    def setup(self, nx: int, ny: int, duration: float, surface: bool) -> Setup:
        return Setup(
            nx=nx,
            ny=ny,
            nt=int(np.ceil(duration / self.dt)),
            dh=self.dh,
            dt=self.dt,
            order=self.order,
            width=LAYER,
            surface=surface,
            one_sided=self.one_sided,
            dtype=self.dtype,
            layer_velocity=self.solid.vp,
            layer_frequency=FREQUENCY,
            k_max=1.0,
        )


@dataclass(frozen=True)
class Comparison:
    """Traces (n, nt) of simulation and reference at the same times (nt,) in s."""

    found: np.ndarray
    exact: np.ndarray
    times: np.ndarray

    @property
    def error(self) -> float:
        """Relative L2 norm of the difference."""
        return float(np.linalg.norm(self.found - self.exact) / np.linalg.norm(self.exact))

    def ratio(self, frequency: float) -> complex:
        """Simulation over reference at a frequency in Hz, for single traces: modulus and, as exp(-i phi),
        the phase phi by which the simulation is late."""
        wave = np.exp(-2j * np.pi * frequency * self.times)
        return complex((self.found[0] @ wave) / (self.exact[0] @ wave))


def full_space_force(case: Resolution, time_exact: bool = False) -> Comparison:
    """vx and vy of a vertical force at two receivers in directions (4, 3) and (3, -4).

    time_exact: compare with a reference that has the time error of the leapfrog, too.
    """
    offsets = [(round(a * case.reach), round(b * case.reach)) for a, b in ((0.8, 0.6), (0.6, -0.8))]
    setup, traces = _full_space(case, 3, offsets, ("vx", "vy"))
    times = setup.times + setup.dt / 2
    leapfrog = setup.dt if time_exact else 0.0
    found, exact = [], []
    for k, (i, j) in enumerate(offsets):
        places = {"vx": (0, i + 0.5, j - 0.5), "vy": (1, i, j)}
        for component, (axis, x, y) in places.items():
            response = partial(force_response, case.solid, x * case.dh, y * case.dh, axis, 1)
            exact.append(synthesize(response, wavelet, times, leapfrog))
            found.append(traces[component][k])
    return Comparison(np.array(found), np.array(exact), times)


def full_space_explosion(case: Resolution) -> dict[str, Comparison]:
    """vx, vy and p of an explosion in direction (4, 3), by component."""
    i, j = round(0.8 * case.reach), round(0.6 * case.reach)
    setup, traces = _full_space(case, 1, [(i, j)], ("vx", "vy", "p"))
    places = {"vx": ("x", i + 0.5, j, 0.0), "vy": ("y", i, j + 0.5, 0.0), "p": ("p", i, j, 0.5)}
    comparisons = {}
    for component, (name, x, y, late) in places.items():
        response = partial(explosion_response, case.solid, x * case.dh, y * case.dh, name)
        times = setup.times + late * setup.dt
        exact = synthesize(response, wavelet, times)
        comparisons[component] = Comparison(traces[component], exact[None], times)
    return comparisons


def _full_space(case: Resolution, kind: int, offsets: list[tuple[int, int]], components: tuple[str, ...]):
    """Setup and traces of a source of some kind, receivers at offsets in grid points."""
    low = min(0, *(j for _, j in offsets))
    i, j = case.margin, case.margin - low
    nx = case.margin + max(a for a, _ in offsets) + case.margin
    ny = j + max(0, *(b for _, b in offsets)) + case.margin
    duration = 2 * PEAK + case.distance / FREQUENCY
    setup = case.setup(nx, ny, duration, surface=False)
    nodes = np.array([[i + a, j + b] for a, b in offsets])
    run = setup.propagator()
    run.set_medium(homogeneous(setup.grid, *_properties(case.solid)))
    sources = [PlacedSource(i, j, kind, 0.0, wavelet(setup.times))]
    return setup, setup.simulate(run, sources, nodes, components)


def lamb(case: Resolution, time_exact: bool = False) -> Comparison:
    """vy at the surface row of a vertical force in the surface row; both act half a cell below it.

    time_exact as for full_space_force.
    """
    solid, dh = case.solid, case.dh
    wavelength = solid.vs / FREQUENCY
    duration = PEAK + case.distance * wavelength / rayleigh_speed(solid) + 2 / FREQUENCY
    setup = case.setup(case.reach + 2 * case.margin, int(4 * case.points) + LAYER, duration, surface=True)
    run = setup.propagator()
    run.set_medium(homogeneous(setup.grid, *_properties(solid)))
    sources = [PlacedSource(case.margin, 1, 3, 0.0, wavelet(setup.times))]
    nodes = np.array([[case.margin + case.reach, 1]])
    found = setup.simulate(run, sources, nodes, ("vy",))["vy"]
    # 20 samples per period of the highest frequency are plenty for the reference
    every = max(1, int(1 / (20 * 4 * FREQUENCY) / setup.dt))
    times = (setup.times + setup.dt / 2)[::every]
    response = buried_response(solid, case.reach * dh, dh / 2, dh / 2, 2 * times[-1])
    exact = synthesize(response, wavelet, times, setup.dt if time_exact else 0.0)
    return Comparison(found[:, ::every], exact[None], times)


def garvin(
    case: Resolution, depth: float = 1.0, loss: Attenuating | None = None, time_exact: bool = False
) -> dict[str, Comparison]:
    """vx and vy in the surface row of an explosion at a depth in dominant S wavelengths; vx lies on the
    surface, half a cell beyond the receiver's node, vy half a cell below it.

    loss        makes the medium viscous; its solid must be that of the case
    time_exact  as for full_space_force
    """
    solid, dh = case.solid, case.dh
    duration = 2 * PEAK + case.distance / FREQUENCY * solid.vs / rayleigh_speed(solid) + 1 / FREQUENCY
    below = round(depth * case.points)
    rows = below + case.margin
    setup = case.setup(case.reach + 2 * case.margin, rows, duration, surface=True)
    medium = homogeneous(setup.grid, *_properties(solid))
    if loss:
        setup = replace(setup, physics="viscous-psv", frequencies=loss.frequencies, reference=loss.reference)
        level = np.ones(setup.grid.shape)
        medium = replace(medium, taup=loss.taup * level, taus=loss.taus * level)
    run = setup.propagator()
    run.set_medium(medium)
    sources = [PlacedSource(case.margin, 1 + below, 1, 0.0, wavelet(setup.times))]
    traces = setup.simulate(run, sources, np.array([[case.margin + case.reach, 1]]), ("vx", "vy"))
    every = max(1, int(1 / (20 * 4 * FREQUENCY) / setup.dt))
    times = setup.times[::every]
    found = {}
    for axis, (name, x, level) in enumerate((("vx", case.reach + 0.5, 0.0), ("vy", case.reach, 0.5))):
        response = garvin_response(loss or solid, x * dh, below * dh, level * dh, axis, 2 * times[-1])
        exact = synthesize(response, wavelet, times, setup.dt if time_exact else 0.0)
        found[name] = Comparison(traces[name][:, ::every], exact[None], times)
    return found


def _properties(solid: Solid) -> tuple[float, float, float]:
    return solid.vp, solid.vs, solid.rho
