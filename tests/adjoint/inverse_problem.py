"""A small inverse problem: misfit of a model, and its gradient from one forward and one transposed run."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from denise_py.acquisition.inject import PlacedSource, adjoint_injection
from denise_py.acquisition.subgrid import SubGrid
from denise_py.gradient.chain_rule import material_gradient
from denise_py.gradient.parameterization import SLOTS, parameterization
from denise_py.gradient.storage import ForwardStore, Layout
from denise_py.medium.model import Medium
from denise_py.parallel.collect import gather_field
from denise_py.parallel.comm import Comm, SerialComm
from denise_py.parallel.domain import decompose
from denise_py.propagate import Propagator
from denise_py.traces.integrate import integrate, integrate_transpose
from tests.physics.problems import Setup, acoustic, medium_of, ricker

Model = dict[str, np.ndarray]
Traces = dict[str, np.ndarray]

#: levels of attenuation, beside the slots
LEVELS = ("taup", "taus")
# 1-based [i, j]: at the surface (moved down where there is none), in the layers, beside the fluid
RECEIVERS = np.array([[5, 1], [3, 4], [20, 2], [30, 20], [39, 33], [12, 21]])


@dataclass(frozen=True)
class InverseProblem:
    """Sources of all four kinds, receivers of all components, a rough medium with a rectangle of fluid
    (all of it for acoustic waves). Models are {slot: (ny, nx)} with taup and taus beside the slots.

    number       parameterisation: 1 velocities, 2 impedances, 3 Lame parameters
    displacement compare displacements (integrated traces of vx and vy) instead of velocities
    every        which steps of the forward field are kept
    layout       how it is kept, if not simply these steps of everything
    between      sources and receivers between the nodes
    """

    setup: Setup
    number: int = 1
    displacement: bool = False
    every: int = 1
    layout: Layout | None = None
    between: bool = False
    frequency: float = 12.0
    comm: Comm = field(default_factory=SerialComm)
    blocks: tuple[int, int] = (1, 1)

    @cached_property
    def propagator(self) -> Propagator:
        return self.setup.propagator(self.comm, *self.blocks)

    @property
    def start(self) -> Model:
        """The model at which gradients are tested."""
        return self._model(medium_of(self.setup.grid, seed=2, fluid=True))

    @property
    def components(self) -> tuple[str, ...]:
        return self.propagator.physics.adjoint_components

    def _model(self, medium: Medium) -> Model:
        if self.setup.physics.endswith("acoustic"):
            medium = acoustic(medium)
        levels = {
            "taup": medium.taup,
            "taus": np.zeros_like(medium.rho) + 0.05 if medium.taus is None else medium.taus,
        }
        return parameterization(self.number).model(medium) | levels

    def medium(self, model: Model) -> Medium:
        """The medium of a model."""
        plain = parameterization(self.number).medium({slot: model[slot] for slot in SLOTS})
        return replace(plain, taup=model["taup"], taus=model["taus"])

    @property
    def sources(self) -> list[PlacedSource]:
        t, f = self.setup.times, self.frequency
        top = 1 if self.setup.surface else 2
        series = [1e6 * ricker(t, frequency, 1.5 / frequency) for frequency in (1.25 * f, f, f, f)]
        placed = ((20, top, 3, 0.0), (10, 20, 1, 0.0), (30, 12, 4, 30.0), (2, 30, 2, 0.0))
        shift = 0.3 if self.between else 0
        return [
            PlacedSource(i + shift, j + shift, kind, azimuth, wave)
            for (i, j, kind, azimuth), wave in zip(placed, series, strict=True)
        ]

    @property
    def subgrid(self) -> SubGrid | None:
        setup = self.setup
        return SubGrid(setup.grid, setup.surface, setup.periodic, False) if self.between else None

    @property
    def nodes(self) -> np.ndarray:
        nodes = RECEIVERS if self.setup.surface else np.maximum(RECEIVERS, 2)
        return nodes + np.array([-0.4, 0.2]) if self.between else nodes

    def simulate(self, model: Model, store: Any = None) -> Traces:
        """Processed traces of all components."""
        self.propagator.set_medium(self.medium(model))
        traces = self.setup.simulate(
            self.propagator, self.sources, self.nodes, self.components, store, subgrid=self.subgrid
        )
        if self.displacement:
            traces |= {c: integrate(traces[c], self.setup.dt) for c in self._velocities}
        return traces

    @property
    def _velocities(self) -> list[str]:
        return [c for c in self.components if c != "p"]

    @cached_property
    def observed(self) -> Traces:
        """Traces of another medium, in single precision as if read from a file."""
        double = replace(self, setup=replace(self.setup, dtype=np.float64), comm=SerialComm(), blocks=(1, 1))
        traces = double.simulate(double._model(medium_of(self.setup.grid, seed=9, fluid=True)))
        return {c: t.astype(np.float32).astype(np.float64) for c, t in traces.items()}

    @property
    def weights(self) -> dict[str, float]:
        """So that all components weigh the same: 1 / sum of squares of what was observed."""
        return {c: 1 / float(np.sum(t**2)) for c, t in self.observed.items()}

    def misfit(self, traces: Traces) -> float:
        """sum over components of weight |synthetic - observed|^2 / 2."""
        parts = (w * np.sum((traces[c] - self.observed[c]) ** 2) for c, w in self.weights.items())
        return float(sum(parts)) / 2

    def adjoint_sources(self, traces: Traces) -> Traces:
        """Derivative of the misfit with respect to the recorded traces."""
        sources = {c: w * (traces[c] - self.observed[c]) for c, w in self.weights.items()}
        if self.displacement:
            sources |= {c: integrate_transpose(sources[c], self.setup.dt) for c in self._velocities}
        return sources

    def injection(self, sources: Traces) -> NamedTuple:
        """Adjoint sources as they act on the fields."""
        run = self.propagator
        place = run.coefficients, run.block, run.half, run.dtype
        return adjoint_injection(run.physics, sources, self.nodes, *place, self.subgrid)

    def gradient(self, model: Model) -> tuple[float, Model]:
        """Misfit and its derivatives {slot: (ny, nx)}; the latter empty but on the first process."""
        run, setup = self.propagator, self.setup
        layout = self.layout or Layout(self.every)
        store = ForwardStore(run, layout)
        traces = self.simulate(model, store)
        adjoint = self.adjoint_sources(traces)
        kernels = run.transposed(self.injection(adjoint), store)
        blocks = decompose(setup.grid, *self.blocks, setup.periodic)
        whole = {
            name: gather_field(self.comm, blocks, layout.every * kernel)
            for name, kernel in kernels._asdict().items()
        }
        if not self.comm.is_root:
            return self.misfit(traces), {}
        medium = self.medium(model)
        lame = material_gradient(run.physics, whole, medium, setup.dt / setup.dh, setup.surface)
        slopes = parameterization(self.number).gradient(lame, model)
        levels = {name: getattr(lame, name) for name in LEVELS if getattr(lame, name) is not None}
        return self.misfit(traces), slopes | levels

    def direction(self, slot: str, seed: int) -> np.ndarray:
        """A random perturbation of 2 per cent of the mean; zero in the fluid, which stays one."""
        start = self.start
        rng = np.random.default_rng([seed, (*SLOTS, *LEVELS).index(slot)])
        found = 0.02 * start[slot].mean() * rng.standard_normal(self.setup.grid.shape)
        if slot == "vs":
            found[start["vs"] == 0] = 0
        return found
