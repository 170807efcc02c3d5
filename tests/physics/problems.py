"""Small simulations that the physics, adjoint and analytic tests drive through the Propagator itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from denise_py.acquisition.inject import PlacedSource, source_injection
from denise_py.acquisition.record import local_recording
from denise_py.acquisition.subgrid import SubGrid
from denise_py.fd.cpml import LayerParameters
from denise_py.fd.weights import stencil
from denise_py.grid import Grid, TimeAxis
from denise_py.medium.attenuation import Relaxation
from denise_py.medium.model import Medium
from denise_py.parallel.collect import gather_traces
from denise_py.parallel.comm import Comm, SerialComm
from denise_py.parallel.domain import decompose
from denise_py.physics.base import Physics
from denise_py.physics.registry import physics, physics_keys
from denise_py.propagate import Propagator, Scheme

Snapshots = tuple[Callable[[int], None], frozenset[int]]


@dataclass(frozen=True)
class Setup:
    """Everything about a simulation but medium, sources and receivers; lengths in m, times in s."""

    nx: int = 40
    ny: int = 34
    nt: int = 150
    dh: float = 10.0
    dt: float = 1.2e-3
    order: int = 4
    kind: int = 0
    width: int = 6
    surface: bool = False
    periodic: bool = False
    dtype: Any = np.float64
    layer_velocity: float = 2000.0
    layer_frequency: float = 10.0
    power: float = 4.0
    k_max: float = 2.0
    physics: str = "elastic-psv"
    one_sided: bool = False
    on_nodes: bool = False
    frequencies: tuple[float, ...] = (4.0, 30.0)
    reference: float = 12.0

    @property
    def grid(self) -> Grid:
        return Grid(self.nx, self.ny, self.dh)

    @property
    def time(self) -> TimeAxis:
        return TimeAxis(self.nt, self.dt)

    @property
    def times(self) -> np.ndarray:
        """t = n dt, n = 1..nt, float64."""
        return self.dt * np.arange(1, self.nt + 1)

    @property
    def scheme(self) -> Scheme:
        layer = LayerParameters(self.width, self.layer_velocity, self.layer_frequency, self.power, self.k_max)
        return Scheme(
            stencil(self.order, self.kind), layer, self.surface, self.periodic, self.dtype, self.one_sided
        )

    @property
    def waves(self) -> Physics:
        """The physics; viscous ones have their velocities at the reference frequency."""
        return physics(self.physics, Relaxation(self.frequencies, self.reference, self.dt), self.on_nodes)

    def propagator(self, comm: Comm | None = None, npx: int = 1, npy: int = 1) -> Propagator:
        """The block of this process in a decomposition into npx * npy blocks."""
        comm = comm or SerialComm()
        block = decompose(self.grid, npx, npy, self.periodic)[comm.rank]
        return Propagator(self.waves, self.grid, self.time, self.scheme, block, comm)

    def simulate(
        self,
        run: Propagator,
        sources: Sequence[PlacedSource],
        nodes: np.ndarray,
        components: Collection[str],
        store: NamedTuple | None = None,
        snapshots: Snapshots | None = None,
        scales: dict[str, np.ndarray] | None = None,
        subgrid: SubGrid | None = None,
    ) -> dict[str, np.ndarray]:
        """Traces {component: (ntr, nt) float64} of a forward run in the medium that `run` has been given.

        With several processes all of them get all traces.
        """
        place = (run.block, run.half)
        injection = source_injection(
            run.physics,
            sources,
            run.coefficients,
            *place,
            self.dh,
            self.nt,
            run.dtype,
            self.one_sided,
            subgrid,
        )
        recording = local_recording(
            run.physics, components, nodes, *place, self.nt, run.dtype, scales, subgrid
        )
        run.forward(injection, recording.arrays, store, snapshots)
        recorded = run.physics.recorded(recording.arrays)
        traces = {}
        for name in components:
            rows = recording.traces(name, recorded).astype(np.float64)
            traces[name] = run.comm.bcast(gather_traces(run.comm, rows, recording.indices, len(nodes)))
        return traces


def ricker(t: np.ndarray, frequency: float, peak: float) -> np.ndarray:
    """Ricker wavelet with value 1 at t = peak; t, peak in s."""
    a = (np.pi * frequency * (t - peak)) ** 2
    return (1 - 2 * a) * np.exp(-a)


def homogeneous(grid: Grid, vp: float, vs: float, rho: float) -> Medium:
    """The same everywhere; taup = taus = 0.05, for viscous physics."""
    one = np.ones(grid.shape)
    return Medium.from_velocities(vp * one, vs * one, rho * one, 0.05 * one, 0.05 * one)


def medium_of(grid: Grid, seed: int, fluid: bool = False) -> Medium:
    """A rough random medium: vp 2000-2500, vs 1000-1300 m/s, rho 2000-2300 kg/m3, taup and taus 0.02-0.1,
    independent at every node; with a rectangle of fluid if asked for."""
    rng = np.random.default_rng(seed)
    vp, vs, rho = (
        low + span * rng.random(grid.shape) for low, span in ((2000, 500), (1000, 300), (2000, 300))
    )
    if fluid:
        vs[grid.ny // 2 : grid.ny // 2 + 4, grid.nx // 4 : grid.nx // 4 + 5] = 0
    taup, taus = (0.02 + 0.08 * rng.random(grid.shape) for _ in range(2))
    return Medium.from_velocities(vp, vs, rho, taup, taus)


def acoustic(medium: Medium) -> Medium:
    """The fluid with the same vp and density."""
    return Medium(medium.lam + 2 * medium.mu, np.zeros_like(medium.mu), medium.rho, medium.taup)


def own(run: Propagator, field: np.ndarray) -> np.ndarray:
    """A field of a run without its halo, (ny, nx)."""
    return field[run.half : run.half + run.block.ny, run.half : run.half + run.block.nx]


#: physics without loss, whose energy is conserved
LOSSLESS = tuple(key for key in physics_keys() if not key.startswith("viscous"))
BUOYANCY = {"vx": "bx", "vy": "by", "vz": "bz"}


def stored_energy(run: Propagator) -> float:
    """sum of s . C^-1 s / 2 over the grid, for lossless media; C holds the factor dt/dh."""
    f, c = (type(group)(*(own(run, a) for a in group)) for group in (run.fields, run.coefficients))
    if hasattr(f, "p"):
        return float(np.sum(_work(f.p, c.bulk))) / 2
    if hasattr(f, "vz"):
        return float(np.sum(_work(f.sxz, c.mux) + _work(f.syz, c.muy))) / 2
    mu = (c.l2m - c.lam) / 2
    normal = _work(f.sxx + f.syy, 4 * (c.lam + mu)) + _work(f.sxx - f.syy, 4 * mu)
    return float(np.sum(normal + _work(f.sxy, c.mu))) / 2


def _work(field: np.ndarray, modulus: np.ndarray) -> np.ndarray:
    """field^2 / modulus, 0 where there is no modulus."""
    return np.divide(field**2, modulus, out=np.zeros_like(field), where=modulus > 0)


def velocities(run: Propagator) -> dict[str, np.ndarray]:
    """Copies of the velocities, (ny, nx) each."""
    return {name: own(run, getattr(run.fields, name)).copy() for name in run.physics.velocity_fields}


def kinetic_energy(run: Propagator, others: dict[str, np.ndarray]) -> float:
    """sum of v . B^-1 v' / 2 with the velocities v of the run and others v', (ny, nx) each; B holds dt/dh.
    Points that cannot move do not count."""
    total = 0.0
    for name, other in others.items():
        b = own(run, getattr(run.coefficients, BUOYANCY[name]))
        product = own(run, getattr(run.fields, name)) * other
        total += float(np.sum(np.divide(product, b, out=np.zeros_like(product), where=b > 0)))
    return total / 2


def total_energy(run: Propagator) -> float:
    """Kinetic and elastic energy of the fields as they are (half a step apart)."""
    return kinetic_energy(run, velocities(run)) + stored_energy(run)
