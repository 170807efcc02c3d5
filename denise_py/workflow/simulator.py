"""Simulating single shots on a group of processes: sources in, traces out; residuals in, correlations out."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np

from denise_py.gradient.chain_rule import LameGradient, material_gradient
from denise_py.gradient.storage import Layout
from denise_py.gradient.tangent import LameChange, material_change
from denise_py.medium.model import Medium
from denise_py.output.snapshot_fields import Inside
from denise_py.output.snapshots import PieceWriter, SnapshotFiles
from denise_py.physics.base import Physics
from denise_py.propagate import Propagator, Snapshots, total_times
from denise_py.traces.filters import BandFilter
from denise_py.workflow.setup import Processes, Setup, Shot
from denise_py.workflow.timings import Timings
from denise_py.workflow.wave import Wave


class Simulator:
    """One shot at a time on this process' group. `traces` and fields come out on the head of the group."""

    def __init__(self, setup: Setup, processes: Processes, timings: Timings | None = None) -> None:
        self.setup, self.processes = setup, processes
        #: told about every simulation
        self.timings = timings or Timings()
        self.waves = tuple(Wave(physics, setup, processes) for physics in setup.physics)
        #: where snapshots go, None if there are none
        self.snapshot_files: SnapshotFiles | None = None
        if setup.settings.snapshots.kind:
            self.snapshot_files = SnapshotFiles.of(setup.settings, len(setup.shots))
        #: shots, by number, with estimated wavelets instead of the given ones; these are in the band already
        self.estimated: dict[int, Shot] = {}
        self._shot = setup.shots[0]
        self._kept_every = 0
        self._medium: Medium | None = None

    @property
    def medium(self) -> Medium:
        """The medium of the last set_medium."""
        return self._medium

    @property
    def working(self) -> tuple[Wave, ...]:
        """The waves that are simulated."""
        return self.waves

    def set_medium(self, medium: Medium) -> None:
        """Simulate in this medium from now on."""
        self._medium = medium
        for wave in self.waves:
            wave.set_medium(medium)

    def twin(self) -> Simulator:
        """Another simulator, for a thread of its own, with the same wavelets and timings."""
        other = Simulator(self.setup, self.processes, self.timings)
        other.estimated = self.estimated
        return other

    def share_medium(self, other: Simulator) -> None:
        """Simulate in the medium of another simulator from now on."""
        self._medium = other.medium
        for wave, its in zip(self.waves, other.waves, strict=True):
            wave.share_medium(its)

    def forward(
        self,
        shot: Shot,
        components: Collection[str],
        band: BandFilter | None = None,
        keep: Layout | None = None,
        scales: Mapping[str, np.ndarray] | None = None,
        snapshots: bool = False,
    ) -> dict[str, np.ndarray] | None:
        """Traces {component: (ntr, nt)} on the head of the group, None elsewhere. Collective over the group.

        band: filter of the given wavelets, not of estimated ones; keep: how to keep the forward field for
        `adjoint`, if at all; scales: factors (ny, nx) of components (div and curl need them); snapshots:
        write those that the settings ask for.
        """
        if shot.number in self.estimated:
            shot, band = self.estimated[shot.number], None
        self._shot, self._kept_every = shot, keep.every if keep else 0
        traces: dict[str, np.ndarray] = {}
        used = []
        for wave in self.waves:
            takes = self._snapshots(shot, wave.propagator) if snapshots else None
            if wave.recordable(components) or takes is not None:
                traces |= wave.forward(shot, components, band, keep, scales or {}, takes)
                used.append(wave)
        loops = total_times(wave.propagator.times for wave in used)
        self.timings.add(shot.number, "forward", loops)
        return {name: traces[name] for name in components} if self.processes.group.is_root else None

    def linearised(
        self, changes: Mapping[Physics, NamedTuple], components: Collection[str]
    ) -> dict[str, np.ndarray] | None:
        """Changes of the traces {component: (ntr, nt)} to first order, about the forward run that was kept
        last, on the head of the group; its transpose is `adjoint`. Collective over the group.

        changes: relative changes of the materials by physics, see gradient.tangent.
        """
        traces: dict[str, np.ndarray] = {}
        for wave in self.waves:
            if wave.recordable(components):
                traces |= wave.linearised(changes[wave.physics], components, self._shot.receivers)
        return {name: traces[name] for name in components} if self.processes.group.is_root else None

    def adjoint(
        self, adjoint_sources: Mapping[str, np.ndarray] | None
    ) -> dict[Physics, dict[str, np.ndarray]] | None:
        """Correlations {physics: {name: (ny, nx)}} with the forward field that was kept last, on the head of
        the group.

        adjoint_sources: {component: (ntr, nt)} at the receivers of that shot, needed on the head only. Also
        holds 'source_energy'. The sums are weighted so that they stand for sums over all steps. Collective
        over the group.
        """
        group = self.processes.group
        shared, unit = group.bcast(None if adjoint_sources is None else _in_unit(adjoint_sources))
        found, used = {}, [wave for wave in self.waves if wave.recordable(shared)]
        for wave in used:
            whole = wave.adjoint(shared, self._shot.receivers)
            if group.is_root:
                powers = {name: unit for name in whole} | {"energy": unit**2, "source_energy": 1.0}
                found[wave.physics] = {
                    name: self._kept_every * powers[name] * field.astype(np.float64)
                    for name, field in whole.items()
                }
        loops = total_times(wave.propagator.times for wave in used)
        self.timings.add(self._shot.number, "adjoint", loops)
        return found if group.is_root else None

    def lame_gradient(self, physics: Physics, correlation: Mapping[str, np.ndarray]) -> LameGradient:
        """Derivatives (ny, nx) with respect to lam, mu and rho from the correlations of `adjoint`, on the
        head of the group."""
        courant = self.setup.time.dt / self.setup.grid.dh
        return material_gradient(physics, correlation, self._medium, courant, self.setup.scheme.surface)

    def material_change(self, physics: Physics, change: LameChange) -> NamedTuple:
        """What `linearised` takes, from changes (ny, nx) of lam, mu and rho."""
        return material_change(physics, change, self._medium, self.setup.scheme.surface)

    def energies(self, correlation: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Energies (ny, nx) of the forward and of the adjoint field, from the correlations of `adjoint`."""
        return correlation["source_energy"], correlation["energy"]

    def inadmissible(self, medium: Medium) -> str:
        """Why a medium cannot be simulated, '' if it can."""
        if not all(np.all(np.isfinite(a)) for a in (medium.lam, medium.mu, medium.rho)):
            return "the model has values that are not finite"
        setup = self.setup
        for wave in setup.physics:
            if wave.problem(medium):
                return wave.problem(medium)
        found = setup.resolution(medium)
        if found.unstable(setup.time.dt):
            return f"the highest velocity {found.vmax:.4g} m/s needs DT <= {found.largest_dt:.4g} s"
        return ""

    def div_curl_scales(self) -> dict[str, np.ndarray]:
        """DENISE's factors of div and curl seismograms: dt sqrt(first model array), dt sqrt(second), with
        derivatives per metre; (ny, nx)."""
        slots = self.setup.parameterization.model(self._medium)
        if self.setup.settings.model.parameterization == 2:
            slots = {"vp": self._medium.vp, "vs": self._medium.vs}
        courant = self.setup.time.dt / self.setup.grid.dh
        return {"div": courant * np.sqrt(slots["vp"]), "curl": courant * np.sqrt(slots["vs"])}

    def _snapshots(self, shot: Shot, p: Propagator) -> Snapshots | None:
        """What takes the snapshots of a shot, and at which steps; see Propagator.forward."""
        files = self.snapshot_files
        if files is None or shot.number not in files.shots:
            return None
        group = self.processes.group
        inside = Inside(p.half, self.setup.scheme.stencil.weights)
        writer = PieceWriter(files, shot.number, group.rank, p.fields, inside, self._snapshot_scales(p.dtype))
        return writer.take, frozenset(files.steps)

    def _snapshot_scales(self, dtype: np.dtype) -> dict[str, np.ndarray]:
        """Factors of div and rot snapshots on this block: those of seismograms without dt."""
        if "div" not in self.snapshot_files.components:
            return {}
        scales, dt = self.div_curl_scales(), self.setup.time.dt
        own = self.processes.block.slices
        return {
            name: (scales[recorded][own] / dt).astype(dtype)
            for name, recorded in (("div", "div"), ("rot", "curl"))
        }


def _in_unit(adjoint_sources: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], float]:
    """Adjoint sources with a largest value near 1, and what they have been divided by.

    Products of forward and adjoint fields would fall below the range of single precision for the small
    amplitudes of seismology. The unit is a power of two, which costs no accuracy.
    """
    largest = max(float(np.max(np.abs(traces))) for traces in adjoint_sources.values())
    unit = 2.0 ** math.floor(math.log2(largest)) if 0 < largest < math.inf else 1.0
    return {name: traces / unit for name, traces in adjoint_sources.items()}, unit
