"""Simulating on a coarser grid with longer steps what a run means on its own grid, shot by shot.

Media, sources, receivers, wavelets and traces come and go as those of the run's grid and time axis;
everything between is a simulation on the coarse grid. All maps have their exact transposes here, so a misfit
of these traces has an exact gradient.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

import numpy as np

from denise_py.acquisition.band_limited import BandLimited
from denise_py.acquisition.image_surface import velocity_gains
from denise_py.acquisition.receivers import Receivers
from denise_py.gradient.chain_rule import LameGradient
from denise_py.gradient.storage import Layout
from denise_py.gradient.tangent import LameChange
from denise_py.mapping.coarse import CoarseGrid, MediumMap, flat_floor
from denise_py.medium.model import Medium
from denise_py.physics.base import Physics
from denise_py.traces.filters import BandFilter
from denise_py.traces.time_steps import BandedMap, LongerSteps
from denise_py.workflow.materials import choose_physics, relaxation_of
from denise_py.workflow.setup import Processes, Setup, Shot, divide_grid
from denise_py.workflow.simulator import Simulator
from denise_py.workflow.timings import Timings
from denise_py.workflow.wave import Wave

#: components that are known half a step after velocities
LATE = ("p",)
CENTRED = 2  # value of SUBGRID

Traces = dict[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Adapted:
    """A coarse set-up in place of that of a run: grid, steps and the maps between both."""

    run: Setup
    setup: Setup
    space: CoarseGrid
    media: MediumMap
    steps: LongerSteps
    #: maps that were made, see `map`
    _maps: dict[tuple[str, int], BandedMap] = field(default_factory=dict)

    @classmethod
    def of(cls, run: Setup, space: CoarseGrid, steps: LongerSteps, like: Medium) -> Adapted:
        """like: a medium of the run, which tells solid from fluid."""
        media = MediumMap(space, like)
        settings, dh = run.settings, run.grid.dh
        timed = settings.model_copy(update={"time": settings.time.model_copy(update={"dt": steps.dt})})
        sources = [source for shot in run.shots for source in shot.sources]
        solid = like.mu > 0
        placing = BandLimited(
            space.grid,
            space.surface,
            space.periodic,
            media.solid,
            media.fluid,
            lambda places: solid[nearest(space, places)],
            0.0 if settings.fd.sub_grid == CENTRED else dh / space.grid.dh,
            space.depth,
            velocity_gains(run.scheme.stencil.weights),
            lambda places: (space.y0 + space.grid.dh * places[:, 1]) / dh - 1,
            floor_rows(space, like),
        )
        scheme = replace(run.scheme, layer=replace(run.scheme.layer, width=space.frame))
        setup = replace(
            run,
            grid=space.grid,
            time=steps.axis,
            scheme=scheme,
            physics=choose_physics(timed, relaxation_of(timed, sources)),
            placing=placing,
        )
        return cls(run, setup, space, media, steps)

    @property
    def saving(self) -> float:
        """How many times fewer point steps the coarse simulation has."""
        fine, coarse = (s.grid.nx * s.grid.ny * s.time.nt for s in (self.run, self.setup))
        return fine / coarse

    def map(self, what: Literal["traces", "wavelets"], number: int) -> BandedMap:
        """Maps of traces that are `number` half steps late, or of wavelets of sources of a kind."""
        key = what, number
        if key not in self._maps:
            self._maps[key] = self.steps.traces(number) if what == "traces" else self.steps.wavelets(number)
        return self._maps[key]


def floor_rows(space: CoarseGrid, like: Medium) -> tuple[int, int] | None:
    """First rows of solid below a flat sea floor, from 0, on the coarse and on the fine grid; None without
    one, or where it does not lie halfway between two coarse rows."""
    depth = flat_floor(like, space.fine.dh)
    if depth is None:
        return None
    row = (depth - space.y0) / space.grid.dh - 0.5
    if abs(row - round(row)) > 1e-6:
        return None
    return round(row), round(depth / space.fine.dh - 0.5)


def nearest(space: CoarseGrid, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(row, column) of the nodes of the fine grid that are nearest to places (n, 2) in coarse spacings."""
    f, g = space.fine, space.grid
    i, j = (
        np.clip(np.round((origin + g.dh * q) / f.dh).astype(int), 1, count) - 1
        for q, origin, count in zip(places.T, (space.x0, space.y0), (f.nx, f.ny), strict=True)
    )
    return j, i


class AdaptedSimulator:
    """Stands for a Simulator of the run: on the run's grid, or on a coarse one with the same interface."""

    def __init__(self, setup: Setup, processes: Processes, timings: Timings | None = None) -> None:
        self.setup, self.processes = setup, processes
        #: on the grid of the run
        self.fine = Simulator(setup, processes, timings)
        self.timings = self.fine.timings
        self.snapshot_files = self.fine.snapshot_files
        #: see Simulator; with the time axis of the run
        self.estimated: dict[int, Shot] = self.fine.estimated
        #: what is simulated in place of the run, None for the run itself
        self.adapted: Adapted | None = None
        #: the last coarse one, and what it stands for
        self._last: tuple[Adapted, Simulator] | None = None
        self._spreads: dict[int, tuple[Receivers, Receivers]] = {}
        #: by number: a shot, the filter of its wavelets, and what is simulated in its place
        self._shots: dict[int, tuple[Shot, BandFilter | None, Shot]] = {}
        self._medium: Medium | None = None

    def twin(self) -> AdaptedSimulator:
        """Another simulator, for a thread of its own, with the same wavelets, timings and grid."""
        other = AdaptedSimulator(self.setup, self.processes, self.timings)
        other.estimated = other.fine.estimated = self.estimated
        other.use(self.adapted)
        return other

    @property
    def working(self) -> tuple[Wave, ...]:
        """The waves that are simulated."""
        return self.fine.waves if self._coarse is None else self._coarse.waves

    def kept(self, layout: Layout) -> tuple[Setup, Processes, Layout]:
        """Set-up, processes with their blocks and layout with which a forward field is kept that is asked for
        with a layout of the run."""
        if self._coarse is None:
            return self.setup, self.processes, layout
        return self._coarse.setup, self._coarse.processes, self._layout(layout)

    def share_medium(self, other: AdaptedSimulator) -> None:
        """Simulate in the medium of another simulator from now on."""
        self._medium = other.medium
        if self._coarse is None:
            self.fine.share_medium(other.fine)
        else:
            self._coarse.share_medium(other._coarse)

    def use(self, adapted: Adapted | None, back: bool = False) -> None:
        """Simulate on another grid from now on; a medium must be set afterwards. back: the coarse grid of
        before will be needed again."""
        self.adapted, self._medium = adapted, None
        if adapted is None:
            if not back:
                self._forget()
            return
        if self._last is not None and self._last[0] is adapted:
            return
        self._forget()
        own = replace(self.processes, blocks=divide_grid(self.setup.settings, adapted.space.grid))
        self._last = adapted, Simulator(adapted.setup, own, self.timings)

    def _forget(self) -> None:
        self._last = None
        self._spreads.clear()
        self._shots.clear()

    @property
    def _coarse(self) -> Simulator | None:
        """What simulates in place of `fine`."""
        return None if self.adapted is None else self._last[1]

    # ------------------------------------------------------------------------ as Simulator has them

    @property
    def waves(self) -> tuple[Wave, ...]:
        """Those of the run."""
        return self.fine.waves

    @property
    def medium(self) -> Medium:
        """The medium of the last set_medium, on the grid of the run."""
        return self._medium

    def set_medium(self, medium: Medium) -> None:
        """Simulate in this medium (of the run's grid) from now on."""
        self._medium = medium
        if self._coarse is None:
            self.fine.set_medium(medium)
        else:
            self._coarse.set_medium(self.adapted.media.medium(medium))

    def forward(
        self,
        shot: Shot,
        components: Collection[str],
        band: BandFilter | None = None,
        keep: Layout | None = None,
        scales: Mapping[str, np.ndarray] | None = None,
        snapshots: bool = False,
    ) -> Traces | None:
        """See Simulator.forward; traces have the time axis of the run."""
        if self._coarse is None:
            return self.fine.forward(shot, components, band, keep, scales, snapshots)
        if shot.number in self.estimated:
            shot, band = self.estimated[shot.number], None
        known = self._shots.get(shot.number)
        if known is None or known[0] is not shot or known[1] is not band:
            known = self._shots[shot.number] = shot, band, self._moved(shot, band)
        own = known[2]
        traces = self._coarse.forward(own, components, None, self._layout(keep), scales)
        return None if traces is None else {name: self._to_run(name, one) for name, one in traces.items()}

    def linearised(self, changes: Mapping[Physics, NamedTuple], components: Collection[str]) -> Traces | None:
        """See Simulator.linearised."""
        if self._coarse is None:
            return self.fine.linearised(changes, components)
        pairs = zip(self.setup.physics, self.adapted.setup.physics, strict=True)
        traces = self._coarse.linearised({own: changes[mine] for mine, own in pairs}, components)
        return None if traces is None else {name: self._to_run(name, one) for name, one in traces.items()}

    def adjoint(self, adjoint_sources: Mapping[str, np.ndarray] | None) -> dict[Physics, Traces] | None:
        """See Simulator.adjoint; the correlations are those of the simulation, for the methods below."""
        if self._coarse is None:
            return self.fine.adjoint(adjoint_sources)
        own = None
        if adjoint_sources is not None:
            own = {
                name: self.adapted.map("traces", _late(name)).transpose(traces)
                for name, traces in adjoint_sources.items()
            }
        found = self._coarse.adjoint(own)
        if found is None:
            return None
        pairs = zip(self.setup.physics, self.adapted.setup.physics, strict=True)
        return {mine: found[own] for mine, own in pairs if own in found}

    def div_curl_scales(self) -> Traces:
        """See Simulator.div_curl_scales; for the grid of the simulation, with the step of the run."""
        if self._coarse is None:
            return self.fine.div_curl_scales()
        factor = self.setup.time.dt / self.adapted.setup.time.dt
        return {name: factor * one for name, one in self._coarse.div_curl_scales().items()}

    def lame_gradient(self, physics: Physics, correlation: Mapping[str, np.ndarray]) -> LameGradient:
        """See Simulator.lame_gradient; on the grid of the run."""
        if self._coarse is None:
            return self.fine.lame_gradient(physics, correlation)
        found = self._coarse.lame_gradient(self._own(physics), correlation)
        return self.adapted.media.gradient(found, self._medium)

    def material_change(self, physics: Physics, change: LameChange) -> NamedTuple:
        """See Simulator.material_change; for `linearised`."""
        if self._coarse is None:
            return self.fine.material_change(physics, change)
        own = self.adapted.media.tangent(change, self._medium)
        return self._coarse.material_change(self._own(physics), own)

    def energies(self, correlation: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """See Simulator.energies; on the grid of the run."""
        if self._coarse is None:
            return self.fine.energies(correlation)
        source, receiver = self._coarse.energies(correlation)
        return self.adapted.media.energy(source), self.adapted.media.energy(receiver)

    def inadmissible(self, medium: Medium) -> str:
        """Why a medium of the run's grid cannot be simulated, '' if it can."""
        reason = self.fine.inadmissible(medium)
        if reason or self._coarse is None:
            return reason
        return self._coarse.inadmissible(self.adapted.media.medium(medium))

    # ------------------------------------------------------------------------------------------ parts

    def _own(self, physics: Physics) -> Physics:
        """The physics of the coarse simulation that stands for one of the run."""
        return self.adapted.setup.physics[self.setup.physics.index(physics)]

    def _layout(self, keep: Layout | None) -> Layout | None:
        """As many kept steps per second as in the run, every one where that keeps every one; the whole grid,
        which is small."""
        if keep is None:
            return None
        ratio = self.setup.time.dt / self.adapted.setup.time.dt
        every = max(1, int(keep.every * ratio))
        return replace(keep, every=every, region=None, tail=math.ceil(keep.tail * ratio) if every > 1 else 0)

    def _to_run(self, name: str, traces: np.ndarray) -> np.ndarray:
        return self.adapted.map("traces", _late(name)).apply(traces)

    def _moved(self, shot: Shot, band: BandFilter | None) -> Shot:
        """A shot with coordinates and wavelets of the coarse simulation."""
        space, dt = self.adapted.space, self.setup.time.dt
        exact, h = self.setup.settings.fd.sub_grid > 0, self.setup.grid.dh
        sources = tuple(
            replace(s, x=(s.x if exact else i * h) - space.x0, y=(s.y if exact else j * h) - space.y0)
            for s, (i, j) in zip(shot.sources, shot.nodes, strict=True)
        )
        series = (
            tuple(
                self.adapted.map("wavelets", min(s.type, 2)).apply(
                    _longer(w, self.adapted.steps.tail, band, dt)
                )
                for s, w in zip(shot.sources, wavelets, strict=False)
            )
            for wavelets in (shot.wavelets, shot.wavelets_sh)
        )
        in_plane, across = series
        return replace(
            shot,
            sources=sources,
            wavelets=in_plane,
            wavelets_sh=across,
            receivers=self._spread(shot.receivers),
        )

    def _spread(self, receivers: Receivers) -> Receivers:
        """Receivers with coordinates of the coarse grid; the same object for the same receivers."""
        known = self._spreads.get(id(receivers))
        if known is None:
            origin = np.array([self.adapted.space.x0, self.adapted.space.y0])
            known = receivers, replace(receivers, positions=receivers.positions - origin)
            self._spreads[id(receivers)] = known
        return known[1]


def _longer(wavelet: np.ndarray, more: int, band: BandFilter | None, dt: float) -> np.ndarray:
    """A wavelet with so many samples more, filtered."""
    longer = np.concatenate([wavelet, np.zeros(more)])
    return longer if band is None else band.apply(longer, dt)


def _late(component: str) -> int:
    return 1 if component in LATE else 0
