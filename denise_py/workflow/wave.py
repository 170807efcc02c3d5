"""One kind of wave of a run on this process' block: its propagator and what it keeps for the gradient."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from denise_py.acquisition.inject import PlacedSource, adjoint_injection, source_injection
from denise_py.acquisition.receivers import Receivers
from denise_py.acquisition.record import LocalRecording, local_recording
from denise_py.gradient.ending import smoothed
from denise_py.gradient.storage import Arena, ForwardStore, Layout
from denise_py.medium.model import Medium
from denise_py.parallel.collect import gather_field, gather_traces
from denise_py.physics.base import Physics
from denise_py.propagate import Propagator, Snapshots
from denise_py.traces.filters import BandFilter
from denise_py.workflow.setup import Processes, Setup, Shot

Fields = dict[str, np.ndarray]


class Wave:
    """Simulates shots of one physics. `traces` and fields come out on the head of the group."""

    def __init__(self, physics: Physics, setup: Setup, processes: Processes) -> None:
        self.physics, self._setup, self._processes = physics, setup, processes
        self.propagator = Propagator(
            physics, setup.grid, setup.time, setup.scheme, processes.block, processes.group
        )
        self._subgrid = setup.subgrid
        self._arena = Arena()
        self._store: ForwardStore | None = None

    def set_medium(self, medium: Medium) -> None:
        """Simulate in this medium from now on."""
        self.propagator.set_medium(medium)

    def share_medium(self, other: Wave) -> None:
        """Simulate in the medium of another one, with its arrays of coefficients, which nobody changes."""
        self.propagator.share_medium(other.propagator)

    def recordable(self, components: Collection[str]) -> tuple[str, ...]:
        """Those of the components that these waves have."""
        return tuple(name for name in components if name in self.physics.components)

    def forward(
        self,
        shot: Shot,
        components: Collection[str],
        band: BandFilter | None,
        keep: Layout | None,
        scales: Mapping[str, np.ndarray],
        snapshots: Snapshots | None,
    ) -> Fields:
        """Traces {component: (ntr, nt)} on the head of the group, see Simulator.forward."""
        setup, p = self._setup, self.propagator
        place = (self._processes.block, p.half)
        nt = setup.time.nt + (keep.tail if keep else 0)
        injection = source_injection(
            self.physics,
            self._placed(shot, band),
            p.coefficients,
            *place,
            setup.grid.dh,
            nt,
            p.dtype,
            setup.scheme.one_sided,
            self._subgrid,
        )
        nodes, mine = self._nodes(shot.receivers), self.recordable(components)
        axis = nt, p.dtype
        recording = local_recording(self.physics, mine, nodes, *place, *axis, dict(scales), self._subgrid)
        p.forward(injection, recording.arrays, self._kept_by(keep), snapshots)
        return self._collect(recording, mine, shot.receivers.ntr)

    def linearised(self, change: NamedTuple, components: Collection[str], receivers: Receivers) -> Fields:
        """Changes of the traces {component: (ntr, nt)}, to first order, about the forward run that was kept
        last, on the head of the group. change: see Propagator.linearised."""
        p, mine = self.propagator, self.recordable(components)
        place = self._processes.block, p.half
        axis = self._setup.time.nt, p.dtype
        recording = local_recording(
            self.physics, mine, self._nodes(receivers), *place, *axis, {}, self._subgrid
        )
        p.linearised(change, recording.arrays, self._store)
        return self._collect(recording, mine, receivers.ntr)

    def adjoint(self, adjoint_sources: Mapping[str, np.ndarray], receivers: Receivers) -> Fields:
        """Correlations {name: (ny, nx)} with the forward field kept last and its 'source_energy', as they
        are, on the head of the group. adjoint_sources: {component: (ntr, nt)} on all processes of the
        group."""
        p, group = self.propagator, self._processes.group
        own = {name: traces for name, traces in adjoint_sources.items() if name in self.physics.components}
        layout = self._store.layout
        if layout.tail:
            own = {name: smoothed(traces, layout.every, layout.tail) for name, traces in own.items()}
        place = self._processes.block, p.half, p.dtype
        injection = adjoint_injection(
            self.physics, own, self._nodes(receivers), p.coefficients, *place, self._subgrid
        )
        correlations = p.transposed(injection, self._store)._asdict()
        local = {**correlations, "source_energy": self._store.energy}
        return {name: gather_field(group, self._processes.blocks, field) for name, field in local.items()}

    def _placed(self, shot: Shot, band: BandFilter | None) -> list[PlacedSource]:
        wavelets = shot.wavelets_sh if self.physics.wave == "sh" else shot.wavelets
        placed = []
        for source, (i, j), wavelet in zip(shot.sources, self._source_nodes(shot), wavelets, strict=True):
            series = wavelet if band is None else band.apply(wavelet, self._setup.time.dt)
            placed.append(PlacedSource(i, j, source.type, source.azimuth, source.amplitude * series))
        return placed

    def _source_nodes(self, shot: Shot) -> Sequence[tuple[float, float]]:
        """Nodes (i, j) of the sources, with fractions if they lie between nodes."""
        dh = self._setup.grid.dh
        return shot.nodes if self._subgrid is None else [(s.x / dh, s.y / dh) for s in shot.sources]

    def _nodes(self, receivers: Receivers) -> np.ndarray:
        """Nodes (n, 2) of the receivers, with fractions if they lie between nodes."""
        return receivers.nodes if self._subgrid is None else receivers.positions / self._setup.grid.dh

    def _kept_by(self, layout: Layout | None) -> ForwardStore | None:
        if layout is None:
            return None
        if self._store is None or self._store.layout != layout:
            self._store = ForwardStore(self.propagator, layout, self._arena)
        return self._store

    def _collect(self, recording: LocalRecording, components: Collection[str], ntr: int) -> Fields:
        group, nt = self._processes.group, self._setup.time.nt
        series = {name: one[:nt] for name, one in self.physics.recorded(recording.arrays).items()}
        shared = self._subgrid is not None
        return {
            name: gather_traces(group, recording.traces(name, series), recording.indices, ntr, shared)
            for name in components
        }
