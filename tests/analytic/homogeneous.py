"""Line sources in homogeneous media of every physics, simulated and exact.

Times and places as in experiments: after a force velocities belong to (n + 1/2) dt and pressures to (n + 1)
dt, after an explosion velocities to n dt and pressures to (n + 1/2) dt. vx lies half a cell right of the
node, vy half a cell below it, p on it; source and receiver of SH waves have the same offset from their nodes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from denise_py.acquisition.inject import PlacedSource
from denise_py.fd.weights import stencil
from denise_py.grid import Grid
from denise_py.medium.model import Medium
from tests.analytic.experiments import FREQUENCY, LAYER, PEAK, Comparison, wavelet
from tests.analytic.full_space import (
    Solid,
    explosion_response,
    fluid_response,
    force_response,
    sh_response,
)
from tests.analytic.relaxation import Attenuating
from tests.analytic.synthesis import synthesize
from tests.physics.problems import Setup

EXPLOSION, FORCE = 1, 3
ROCK = Solid(vp=np.sqrt(3) * 1000.0, vs=1000.0, rho=2000.0)
#: Hz: where viscous media have their velocities
REFERENCE = 12.0
LOSSLESS = Attenuating(ROCK, (FREQUENCY,), REFERENCE, 0.0, 0.0)
#: Q = 20 for P and 15 for S waves, about, over the band of the wavelet
LOSSY = Attenuating(ROCK, (3.0, 30.0), REFERENCE, 0.1, 0.13)


@dataclass(frozen=True)
class FullSpace:
    """A source and one receiver in a homogeneous medium.

    physics   registry key
    kind      of the source: EXPLOSION or FORCE (along y; along z for SH waves)
    points    grid points per dominant wavelength of the slowest wave
    courant   time step in units of the stability limit
    distance  from source to receiver, in that wavelength, in direction (4, 3)
    clear     from source and receiver to the absorbing layers, in that wavelength
    """

    physics: str
    kind: int = FORCE
    medium: Attenuating = LOSSLESS
    points: int = 12
    order: int = 8
    courant: float = 0.2
    distance: float = 5
    clear: float = 1.5
    dtype: Any = np.float32

    @property
    def slowest(self) -> float:
        """m/s."""
        return self.medium.solid.vp if self.physics.endswith("acoustic") else self.medium.solid.vs

    @property
    def fastest(self) -> float:
        """Of all frequencies, m/s."""
        unrelaxed = self.medium.at(np.array([1e12 + 0j]))
        speed = unrelaxed.vs if self.physics.endswith("sh") else unrelaxed.vp
        return float(speed[0].real)

    @property
    def offset(self) -> tuple[int, int]:
        """Receiver relative to the source, in grid points."""
        reach = self.distance * self.points
        return round(0.8 * reach), round(0.6 * reach)

    @property
    def setup(self) -> Setup:
        dh = self.slowest / FREQUENCY / self.points
        dt = self.courant * dh / (np.sqrt(2) * stencil(self.order, 0).gamma * self.fastest)
        margin = 2 * (LAYER + round(self.clear * self.points))
        nx, ny = (margin + a for a in self.offset)
        return Setup(
            nx=nx,
            ny=ny,
            nt=int(np.ceil((2 * PEAK + self.distance / FREQUENCY) / dt)),
            dh=dh,
            dt=dt,
            order=self.order,
            width=LAYER,
            dtype=self.dtype,
            layer_velocity=self.fastest,
            layer_frequency=FREQUENCY,
            k_max=1.0,
            physics=self.physics,
            frequencies=self.medium.frequencies,
            reference=self.medium.reference,
        )

    def responses(self) -> dict[str, tuple[Callable, float]]:
        """By component the displacement that a unit source excites, and how many steps late samples are."""
        solid, (i, j), dh = self.medium.at, self.offset, self.setup.dh
        if self.physics.endswith("sh"):
            return {"vz": (lambda w: sh_response(solid(w), i * dh, j * dh, w), 0.5)}
        if self.kind == EXPLOSION:
            exact = fluid_response if self.physics.endswith("acoustic") else explosion_response
            places = {"vx": ("x", i + 0.5, j, 0.0), "vy": ("y", i, j + 0.5, 0.0), "p": ("p", i, j, 0.5)}
            return {
                name: (lambda w, c=c, x=x, y=y: exact(solid(w), x * dh, y * dh, c, w), late)
                for name, (c, x, y, late) in places.items()
            }
        places = {"vx": (0, i + 0.5, j - 0.5), "vy": (1, i, j)}
        return {
            name: (lambda w, c=c, x=x, y=y: force_response(solid(w), x * dh, y * dh, c, 1, w), 0.5)
            for name, (c, x, y) in places.items()
        }


def full_space(case: FullSpace) -> dict[str, Comparison]:
    """Simulated and exact traces by component."""
    setup, responses = case.setup, case.responses()
    start = LAYER + round(case.clear * case.points)
    run = setup.propagator()
    run.set_medium(homogeneous_medium(setup.grid, case.medium, fluid=case.physics.endswith("acoustic")))
    source = PlacedSource(start, start, case.kind, 0.0, wavelet(setup.times))
    node = np.array([[start + case.offset[0], start + case.offset[1]]])
    traces = setup.simulate(run, [source], node, tuple(responses))
    found = {}
    for name, (response, late) in responses.items():
        times = setup.times + late * setup.dt
        found[name] = Comparison(traces[name], synthesize(response, wavelet, times)[None], times)
    return found


def half_space(case: FullSpace, on_nodes: bool = False) -> Comparison:
    """A source one wavelength below a free surface, `distance` away horizontally: vz of SH waves in the
    surface row, half a cell below the surface, or p of acoustic waves half a wavelength below it. The surface
    is a mirror, with the same sign for vz and the opposite one for p."""
    sh, below = case.physics.endswith("sh"), case.points
    level = 0 if sh else below // 2
    setup = replace(case.setup, surface=True, on_nodes=on_nodes)
    start = LAYER + round(case.clear * case.points)
    reach = round(case.distance * case.points)
    setup = replace(setup, nx=reach + 2 * start, ny=below + start, nt=int(1.1 * setup.nt))
    run = setup.propagator()
    run.set_medium(homogeneous_medium(setup.grid, case.medium, fluid=not sh))
    source = PlacedSource(start, 1 + below, EXPLOSION, 0.0, wavelet(setup.times))
    found = setup.simulate(run, [source], np.array([[start + reach, 1 + level]]), ("vz" if sh else "p",))
    # distances in y from the source and its image; vz of both lies half a cell below the row
    across = (below - level, below + level + (1 if sh else 0))
    times = setup.times + setup.dt / 2
    x, y, image = reach * setup.dh, across[0] * setup.dh, across[1] * setup.dh

    def response(w: np.ndarray) -> np.ndarray:
        solid = case.medium.at(w)
        if sh:
            return sh_response(solid, x, y, w) + sh_response(solid, x, image, w)
        return fluid_response(solid, x, y, "p", w) - fluid_response(solid, x, image, "p", w)

    return Comparison(*found.values(), synthesize(response, wavelet, times)[None], times)


def homogeneous_medium(grid: Grid, medium: Attenuating, fluid: bool = False) -> Medium:
    """The same everywhere, with levels of attenuation."""
    one = np.ones(grid.shape)
    solid = medium.solid
    vs = 0.0 if fluid else solid.vs
    return Medium.from_velocities(
        solid.vp * one, vs * one, solid.rho * one, medium.taup * one, medium.taus * one
    )
