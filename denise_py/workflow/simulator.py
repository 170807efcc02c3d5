"""Simulating single shots on a group of processes: sources in, traces out; residuals in, correlations out."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping

import numpy as np

from denise_py.acquisition.inject import PlacedSource, adjoint_injection, source_injection
from denise_py.acquisition.record import LocalRecording, local_recording
from denise_py.gradient.storage import DecimatedStorage
from denise_py.medium.model import Medium
from denise_py.output.snapshot_fields import Inside
from denise_py.output.snapshots import PieceWriter, SnapshotFiles
from denise_py.parallel.collect import gather_field, gather_traces
from denise_py.physics.registry import physics
from denise_py.propagate import Propagator
from denise_py.traces.filters import BandFilter
from denise_py.workflow.setup import Processes, Setup, Shot


class Simulator:
    """One shot at a time on this process' group. `traces` and fields come out on the head of the group."""

    def __init__(self, setup: Setup, processes: Processes) -> None:
        self.setup, self.processes = setup, processes
        self.physics = physics()
        self.propagator = Propagator(
            self.physics, setup.grid, setup.time, setup.scheme, processes.block, processes.group
        )
        #: where snapshots go, None if there are none
        self.snapshot_files: SnapshotFiles | None = None
        if setup.settings.snapshots.kind:
            self.snapshot_files = SnapshotFiles.of(setup.settings, len(setup.shots))
        self._storage: DecimatedStorage | None = None
        self._receivers = setup.receivers
        self._medium: Medium | None = None

    @property
    def medium(self) -> Medium:
        """The medium of the last set_medium."""
        return self._medium

    def set_medium(self, medium: Medium) -> None:
        """Simulate in this medium from now on."""
        self._medium = medium
        self.propagator.set_medium(medium)

    def forward(
        self,
        shot: Shot,
        components: Collection[str],
        band: BandFilter | None = None,
        keep_every: int = 0,
        scales: Mapping[str, np.ndarray] | None = None,
        snapshots: bool = False,
    ) -> dict[str, np.ndarray] | None:
        """Traces {component: (ntr, nt)} on the head of the group, None elsewhere. Collective over the group.

        band: filter of the wavelets; keep_every: keep the forward field of every n-th step for `adjoint`;
        scales: factors (ny, nx) of components (div and curl need them); snapshots: write those that the
        settings ask for.
        """
        p, block = self.propagator, self.processes.block
        arguments = (block, p.half)
        injection = source_injection(
            self.physics,
            self._placed(shot, band),
            p.coefficients,
            *arguments,
            self.setup.grid.dh,
            self.setup.time.nt,
            p.dtype,
            self.setup.scheme.one_sided,
        )
        recording = local_recording(
            self.physics,
            components,
            shot.receivers.nodes,
            *arguments,
            self.setup.time.nt,
            p.dtype,
            dict(scales or {}),
        )
        store = self._store(keep_every) if keep_every else None
        p.forward(injection, recording.arrays, store, self._snapshots(shot) if snapshots else None)
        self._receivers = shot.receivers
        return self._collect(recording, components)

    def adjoint(self, adjoint_sources: Mapping[str, np.ndarray] | None) -> dict[str, np.ndarray] | None:
        """Correlations {name: (ny, nx)} with the forward field that was kept last, on the head of the group.

        adjoint_sources: {component: (ntr, nt)} at the receivers of that shot, needed on the head only. Also
        holds 'source_energy'. The sums are weighted so that they stand for sums over all steps. Collective
        over the group.
        """
        group, p = self.processes.group, self.propagator
        shared, unit = group.bcast(None if adjoint_sources is None else _in_unit(adjoint_sources))
        injection = adjoint_injection(
            self.physics,
            shared,
            self._receivers.nodes,
            p.coefficients,
            self.processes.block,
            p.half,
            p.dtype,
        )
        store = self._storage.arrays
        out = p.transposed(injection, store)
        local = {**out._asdict(), "source_energy": store.energy}
        whole = {name: gather_field(group, self.processes.blocks, field) for name, field in local.items()}
        if not group.is_root:
            return None
        powers = {name: unit for name in whole} | {"energy": unit**2, "source_energy": 1.0}
        return {n: self._storage.every * powers[n] * field.astype(np.float64) for n, field in whole.items()}

    def div_curl_scales(self) -> dict[str, np.ndarray]:
        """DENISE's factors of div and curl seismograms: dt sqrt(first model array), dt sqrt(second), with
        derivatives per metre; (ny, nx)."""
        slots = self.setup.parameterization.model(self._medium)
        if self.setup.settings.model.parameterization == 2:
            slots = {"vp": self._medium.vp, "vs": self._medium.vs}
        courant = self.setup.time.dt / self.setup.grid.dh
        return {"div": courant * np.sqrt(slots["vp"]), "curl": courant * np.sqrt(slots["vs"])}

    def _snapshots(self, shot: Shot) -> tuple[Callable[[int], None], frozenset[int]] | None:
        """What takes the snapshots of a shot, and at which steps; see Propagator.forward."""
        files = self.snapshot_files
        if files is None or shot.number not in files.shots:
            return None
        p, group = self.propagator, self.processes.group
        inside = Inside(p.half, self.setup.scheme.stencil.weights)
        writer = PieceWriter(files, shot.number, group.rank, p.fields, inside, self._snapshot_scales())
        return writer.take, frozenset(files.steps)

    def _snapshot_scales(self) -> dict[str, np.ndarray]:
        """Factors of div and rot snapshots on this block: those of seismograms without dt."""
        if "div" not in self.snapshot_files.components:
            return {}
        scales, dt = self.div_curl_scales(), self.setup.time.dt
        own = self.processes.block.slices
        return {
            name: (scales[recorded][own] / dt).astype(self.propagator.dtype)
            for name, recorded in (("div", "div"), ("rot", "curl"))
        }

    def _placed(self, shot: Shot, band: BandFilter | None) -> list[PlacedSource]:
        placed = []
        for source, (i, j), wavelet in zip(shot.sources, shot.nodes, shot.wavelets, strict=True):
            series = wavelet if band is None else band.apply(wavelet, self.setup.time.dt)
            placed.append(PlacedSource(i, j, source.type, source.azimuth, source.amplitude * series))
        return placed

    def _store(self, every: int):
        if self._storage is None or self._storage.every != every:
            block = self.processes.block
            self._storage = DecimatedStorage(
                self.physics, every, self.setup.time.nt, (block.ny, block.nx), self.propagator.dtype
            )
        return self._storage.arrays

    def _collect(
        self, recording: LocalRecording, components: Collection[str]
    ) -> dict[str, np.ndarray] | None:
        series = self.physics.recorded(recording.arrays)
        group, ntr = self.processes.group, self._receivers.ntr
        traces = {
            name: gather_traces(group, np.ascontiguousarray(series[name].T), recording.indices, ntr)
            for name in components
        }
        return traces if group.is_root else None


def _in_unit(adjoint_sources: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], float]:
    """Adjoint sources with a largest value near 1, and what they have been divided by.

    Products of forward and adjoint fields would fall below the range of single precision for the small
    amplitudes of seismology. The unit is a power of two, which costs no accuracy.
    """
    largest = max(float(np.max(np.abs(traces))) for traces in adjoint_sources.values())
    unit = 2.0 ** math.floor(math.log2(largest)) if 0 < largest < math.inf else 1.0
    return {name: traces / unit for name, traces in adjoint_sources.items()}, unit
