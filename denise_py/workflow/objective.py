"""Misfit and gradient of all shots: what the optimiser minimises.

The groups of processes share the shots, and each goes through its own without waiting for others. Everything
is summed in float64 along a fixed tree, so that the result does not depend on how many groups and threads
there are, and ends up on all processes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from denise_py.errors import NoProgressError, StabilityError
from denise_py.gradient.parameterization import LEVELS, SLOTS
from denise_py.gradient.precondition import (
    WeightSum,
    average,
    gradient_size,
    illumination,
    with_largest_one,
)
from denise_py.gradient.storage import Layout
from denise_py.mapping.scaling import Scaling
from denise_py.misfit.joint import ALONE, JointWeights
from denise_py.misfit.registry import Misfit, Reported, Totals
from denise_py.physics.base import Physics
from denise_py.traces.filters import BandFilter
from denise_py.workflow.adapted import Traces
from denise_py.workflow.corrections import Corrections
from denise_py.workflow.crew import Crew
from denise_py.workflow.encoding import joined_shot
from denise_py.workflow.observed import JoinedData, ObservedData
from denise_py.workflow.samples import Sample
from denise_py.workflow.setup import Shot
from denise_py.workflow.simulator import Simulator

#: called with (shot number, traces, adjoint sources), both {component: (ntr, nt)}, on the head of the group
#: for every shot of every gradient, in any order and from several threads
TraceSink = Callable[[int, Mapping[str, np.ndarray], Mapping[str, np.ndarray]], None]


#: relative changes of the materials by physics, see gradient.tangent
Changes = Mapping[Physics, NamedTuple]

#: what waves report that have no share
NOTHING = Reported(0.0, 0.0)


class _Weighted(NamedTuple):
    """The two factors (ny, nx) of the weight of a point p, see Objective.weights_at; float32."""

    p: np.ndarray
    own: np.ndarray
    summed: np.ndarray


@dataclass(frozen=True)
class Weighting:
    """How the shots' gradients are weighted: EPRECOND, its water level, per shot or summed, and a taper of
    each shot or none: (ny, nx), or (planes, ny, nx) with a plane for each of several parameters. sh: water
    level and per shot or not of SH waves that are inverted together with P-SV waves, if they differ."""

    kind: int = 0
    epsilon: float = 0.0
    per_shot: bool = False
    taper: Callable[[Shot], np.ndarray] | None = None
    planes: int = 1
    sh: tuple[float, bool] | None = None

    @property
    def active(self) -> bool:
        """Whether anything is weighted."""
        return self.kind != 0 or self.taper is not None

    def sums(self, waves: int) -> tuple[WeightSum, ...]:
        """What joins the weights of the shots, for each kind of waves."""
        first = WeightSum(self.per_shot, self.epsilon)
        second = WeightSum(self.sh[1], self.sh[0]) if self.sh else first
        return (first, second)[:waves]


class Objective:
    """Misfit of p and its gradient, in the space of `scaling`; see optimise.descent.Objective.

    An inadmissible or unstable model has an infinite misfit. Collective over all processes.
    """

    def __init__(
        self,
        crew: Crew,
        observed: ObservedData,
        misfit: Misfit,
        scaling: Scaling,
        base: Mapping[str, np.ndarray],
        band: BandFilter | None,
        keep: Layout,
        weighting: Weighting,
        extra_components: Sequence[str] = (),
        sink: TraceSink | None = None,
        joint: JointWeights = ALONE,
    ) -> None:
        self._crew, self._observed, self._misfit = crew, observed, misfit
        self._scaling, self._base, self._band = scaling, base, band
        self._keep, self._weighting = keep, weighting
        self._extra, self._sink = tuple(extra_components), sink
        self._weights = weighting.sums(len(joint.shares))
        setup = crew.setup
        # waves with a share of zero are not simulated
        self._joint, self._coefficients = joint, joint.shares
        self._components = tuple(
            component for component in observed.components if joint.shares[self._wave_of(component)] > 0
        )
        self._all = tuple(shot.number for shot in setup.shots)
        self._shape = setup.grid.shape
        self._slots = (*SLOTS, *(name for name in LEVELS if name in base))
        self._calibrated, self._factors = False, [1.0]
        #: why points could not be evaluated, in their order; the caller empties it
        self.rejected: list[str] = []
        self._weighted: list[_Weighted] = []
        self._known: tuple[np.ndarray, np.ndarray] | None = None
        self._sample: Sample | None = None
        self._whole: np.ndarray | None = None  # (waves, 2): energy and traces of all shots
        self._joined_shots: dict[int, Shot] = {}
        self._joined_data = JoinedData({})
        self._corrections = Corrections()

    def correct(self, p: np.ndarray, dt: float | None = None) -> tuple[float, float]:
        """Correct the traces of a coarser grid so that they are those of the run's grid at p. This makes
        another function of the misfit, until there is another sample.

        Returns what they lack without corrections, and how far off they were with those so far; see
        Corrections.error, also for dt. Collective.
        """
        crew, adapted = self._crew, self._crew.adapted
        self._known = None
        crew.use(None, back=True)
        fine = self._traces(p)
        crew.use(adapted)
        coarse = self._traces(p)
        errors = [one.error(coarse, fine, dt) for one in (Corrections(), self._corrections)]
        lacking, off = np.max(crew.processes.world.allgather(errors), axis=0)
        self._corrections = Corrections.between(coarse, fine)
        return float(lacking), float(off)

    def use(self, sample: Sample | None) -> None:
        """Misfits and gradients are those of a sample from now on, scaled to all shots; None for all shots.
        All groups must have the data of all shots."""
        self._sample, self._known, self._corrections = sample, None, Corrections()
        if sample is None:
            return
        if self._whole is None:
            world, joined = self._crew.processes.world, bool(sample.joined)
            self._whole = world.bcast(self._totals(joined) if world.is_root else None)
        setup, mine = self._crew.setup, self._crew.mine(sample.numbers) if sample.joined else ()
        codes = {number: sample.joined[number - 1] for number in mine}
        self._joined_shots = {
            number: joined_shot(number, those, setup.shots, self._band, setup.time.dt)
            for number, those in codes.items()
        }
        is_head = self._crew.processes.group.is_root
        self._joined_data = self._observed.join(codes if is_head else {})

    def full_misfit(self, p: np.ndarray, on_run_grid: bool = False) -> float:
        """Misfit of all shots, whatever the sample is; on_run_grid: whatever the grid is."""
        kept, adapted = (self._sample, self._known, self._corrections), self._crew.adapted
        self._sample, self._known, self._corrections = None, None, Corrections()
        leave = on_run_grid and adapted is not None
        try:
            if leave:
                self._crew.use(None, back=True)
            return self.misfit(p)
        finally:
            self._sample, self._known, self._corrections = kept
            if leave:
                self._crew.use(adapted)

    def keep_as(self, layout: Layout) -> None:
        """Keep forward wavefields in another way from now on."""
        self._keep = layout

    def misfit(self, p: np.ndarray, shots: Sequence[int] | None = None) -> float:
        """Misfit of all shots or of the sample, or of some shots (by number)."""
        shots = tuple(shots or self._numbers)
        if self._known is not None and np.array_equal(p, self._known[0]):
            return self._report(self._known[1], shots)[0]
        if not self._use(p):
            return math.inf
        try:
            sums, _ = self._run(shots)
        except StabilityError as error:
            self.rejected.append(str(error))
            return math.inf
        return self._report(sums, shots)[0]

    def misfit_and_gradient(self, p: np.ndarray) -> tuple[float, np.ndarray]:
        """Misfit of all shots, or of the sample, and its exact derivative with respect to p (up to DTINV)."""
        nothing = np.full(p.shape, math.nan)
        if not self._use(p):
            return math.inf, nothing
        count = len(self._slots) * len(self._joint.shares)
        weights = len(self._weights) * (2 + self._weighting.planes)
        layers = count + (weights if self._weighting.active else 0)
        try:
            sums, total = self._run(self._numbers, layers)
        except StabilityError as error:
            self.rejected.append(str(error))
            return math.inf, nothing
        self._known = (np.array(p), sums)
        misfit, factors = self._report(sums, self._numbers)
        self._factors = factors
        raw = total[:count].reshape(-1, len(self._slots), *self._shape)
        slopes = sum(factor * part for factor, part in zip(factors, raw, strict=True))
        if self._weighting.active:
            self._weighted.append(_Weighted(self._known[0], *self._join_weights(total[count:], factors)))
        gradient = self._scaling.gradient(dict(zip(self._slots, slopes, strict=True)))
        if not np.any(gradient):
            raise NoProgressError(
                f"the gradient is exactly zero (misfit {misfit:.4g}): the data do not depend on the "
                "inverted parameters, or synthetic and observed data are identical"
            )
        return misfit, gradient

    def weight_at(self, p: np.ndarray) -> np.ndarray:
        """Preconditioning weight (ny, nx), or (planes, ny, nx), that belongs to the gradient at p, largest
        value 1; ones if nothing is weighted."""
        own, summed = self.weights_at(p)
        return with_largest_one(own * summed)

    def weights_at(self, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The two factors of weight_at: what shots have of their own, and the illumination of their sum.

        Weights of other points, trials of the last search, are forgotten.
        """
        found = next((one for one in reversed(self._weighted) if np.array_equal(one.p, p)), None)
        if found is None:
            return np.ones(self._shape), np.ones(self._shape)
        self._weighted = [found]
        return found.own.astype(np.float64), found.summed.astype(np.float64)

    def possible(self, p: np.ndarray) -> bool:
        """Whether p can be simulated, as far as the model tells without a simulation."""
        return self._use(p)

    def product(self, p: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Gauss-Newton matrix at p, the point of the last gradient, times v: J^T W J v, for the L2 misfit.

        Three simulations per shot: the forward run is repeated to keep its wavefield, then comes a linearised
        and a transposed run.
        """
        self._use(p)
        setup, medium = self._crew.setup, self._crew.medium
        directions = {slot: np.zeros(self._shape) for slot in SLOTS}
        directions |= {
            slot: self._scaling.references[slot] * part for slot, part in self._scaling.parts(v).items()
        }
        model = setup.parameterization.model(medium)
        lame = setup.parameterization.tangent(directions, model)
        changes = {physics: self._crew.first.material_change(physics, lame) for physics in setup.physics}
        _, total = self._run(self._all, len(self._slots) * len(self._joint.shares), changes)
        raw = total.reshape(-1, len(self._slots), *self._shape)
        slopes = sum(factor * part for factor, part in zip(self._factors, raw, strict=True))
        return self._scaling.gradient(dict(zip(self._slots, slopes, strict=True)))

    # ------------------------------------------------------------------------------------------ parts

    @property
    def _numbers(self) -> tuple[int, ...]:
        """Numbers of what is simulated."""
        return self._all if self._sample is None else self._sample.numbers

    @property
    def _joining(self) -> bool:
        """Whether simulations are sums of shots."""
        return self._sample is not None and bool(self._sample.joined)

    def _totals(self, joined: bool) -> np.ndarray:
        """Energy and number of traces of all shots, (waves, 2)."""
        sums = np.zeros((len(self._joint.shares), 2))
        for component, found in self._observed.totals(self._misfit, joined).items():
            sums[self._wave_of(component)] += found
        return sums

    def _join_weights(self, total: np.ndarray, factors: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
        """Both factors of the weight from the sums over the shots; those of several kinds of waves are
        averaged with the size of what their gradients contribute."""
        of_waves = total.reshape(len(self._weights), -1, *self._shape)
        own, summed = zip(
            *(one.parts(part) for one, part in zip(self._weights, of_waves, strict=True)), strict=True
        )
        sizes = [abs(factor) * part[1] for factor, part in zip(factors, of_waves, strict=True)]
        return average(own, sizes).astype(np.float32), average(summed, sizes).astype(np.float32)

    def _use(self, p: np.ndarray) -> bool:
        """Simulate in the model of p from now on, if it can be simulated; the same answer everywhere."""
        setup, world = self._crew.setup, self._crew.processes.world
        # one process decides, so that rounding differences between machines cannot separate them
        p = world.bcast(p if world.is_root else None) if world.size > 1 else p
        model = self._scaling.model(p, self._base)
        medium = setup.medium_of(model)
        reason = self._crew.first.inadmissible(medium)
        if reason:
            self.rejected.append(reason)
            return False
        self._crew.set_medium(medium)
        return True

    def _wave_of(self, component: str) -> int:
        """Number of the waves that have a component."""
        waves = enumerate(self._crew.setup.physics)
        return next(number for number, physics in waves if component in physics.components)

    def _report(self, sums: np.ndarray, shots: Sequence[int]) -> tuple[float, list[float]]:
        """The misfit of some shots from the rows (waves, 3) of all, and its derivatives with respect to the
        raw misfits of the waves."""
        rows, scale = sums[[number - 1 for number in shots]].sum(axis=0), 1.0
        if self._sample is not None:
            scale = self._sample.scale
            rows = np.column_stack([scale * rows[:, 0], self._whole])
        shares = self._joint.shares
        reported = [
            self._misfit.report(Totals(float(value), float(energy), int(traces))) if share > 0 else NOTHING
            for share, (value, energy, traces) in zip(shares, rows, strict=True)
        ]
        if not self._calibrated:
            self._calibrated = True
            self._coefficients = self._joint.coefficients([one.misfit for one in reported])
        pairs = list(zip(self._coefficients, reported, strict=True))
        return sum(c * one.misfit for c, one in pairs), [c * one.factor * scale for c, one in pairs]

    def _run(
        self, shots: Sequence[int], layers: int = 0, changes: Changes | None = None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """(value, energy, traces) per shot and waves, (number of all shots, waves, 3), and with layers the
        sum of the shots' gradients (and weights), (layers, ny, nx)."""
        crew, wanted = self._crew, frozenset(shots)
        rows: dict[int, np.ndarray] = {}
        tree = crew.new_sum(wanted)

        def work(simulator: Simulator, shot: Shot) -> tuple[np.ndarray, np.ndarray | None] | None:
            if changes is not None:
                return self._curve(simulator, shot, changes)
            return self._shot(simulator, shot, layers > 0)

        def finished(shot: Shot, part: tuple[np.ndarray, np.ndarray | None] | None) -> None:
            if part is not None:
                rows[shot.number], field = part
                if layers:
                    tree.add(crew.place(shot), field)

        crew.each(wanted, work, finished)
        sums = np.zeros((len(self._all), len(self._joint.shares), 3))
        for number, row in crew.join(rows).items():
            sums[number - 1] = row
        return sums, crew.total(tree, (layers, *self._shape)) if layers else None

    def _shot(
        self, simulator: Simulator, shot: Shot, with_gradient: bool
    ) -> tuple[np.ndarray, np.ndarray | None] | None:
        """(value, energy, traces) of a shot and its gradient stack, on the head of the group."""
        components = self._components
        shot, band = self._simulated(shot)
        recorded = (
            components + tuple(c for c in self._extra if c not in components) if with_gradient else components
        )
        scales = simulator.div_curl_scales() if "div" in recorded else None
        traces = simulator.forward(
            shot, recorded, band, self._keep if with_gradient else None, scales, snapshots=with_gradient
        )
        numbers, adjoint = None, None
        if traces is not None:
            traces = self._corrections.applied(shot.number, traces)
            numbers, adjoint = self._compare(shot, traces, components)
            if with_gradient and self._sink is not None:
                self._sink(shot.number, traces, adjoint)
        if not with_gradient:
            return None if traces is None else (numbers, None)
        correlation = simulator.adjoint(adjoint)
        return None if correlation is None else (numbers, self._stack(shot, correlation))

    def _simulated(self, shot: Shot) -> tuple[Shot, BandFilter | None]:
        """What is simulated under the number of a shot, and the filter of its wavelets."""
        if self._joining:  # the wavelets have been filtered
            return self._joined_shots[shot.number], None
        return shot, self._band

    def _traces(self, p: np.ndarray) -> dict[int, Traces]:
        """Observed components of what is simulated, at p, on the head of each group."""
        self._use(p)

        def work(simulator: Simulator, shot: Shot) -> Traces | None:
            simulated, band = self._simulated(shot)
            return simulator.forward(simulated, self._components, band)

        return self._crew.results(self._numbers, work)

    def _curve(
        self, simulator: Simulator, shot: Shot, changes: Changes
    ) -> tuple[np.ndarray, np.ndarray] | None:
        """Zeros in place of a misfit, and the share of a shot in `product`, on the head of the group."""
        simulator.forward(shot, self._components, self._band, self._keep)
        traces = simulator.linearised(changes, self._components)
        adjoint = None
        if traces is not None:
            number = shot.number
            adjoint = {c: self._observed.curvature(number, c, traces[c]) for c in self._components}
        correlation = simulator.adjoint(adjoint)
        if correlation is None:
            return None
        found = [self._slopes(physics, correlation) for physics in simulator.setup.physics]
        layers = [slopes[slot] for slopes in found for slot in self._slots]
        return np.zeros((len(self._joint.shares), 3)), np.stack(layers)

    def _compare(self, shot: Shot, traces, components) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Raw misfit, energy and number of traces per waves, and adjoint sources for the recorded traces."""
        sums, adjoint = np.zeros((len(self._joint.shares), 3)), {}
        for component in components:
            data = self._joined_data if self._joining else self._observed
            found = data.compare(shot.number, component, traces[component], self._misfit)
            sums[self._wave_of(component)] += (found.value, found.energy, found.traces)
            adjoint[component] = found.adjoint
        return sums, adjoint

    def _stack(self, shot: Shot, correlations: Mapping[Physics, Mapping[str, np.ndarray]]) -> np.ndarray:
        """Gradients of the raw misfits of a shot, three layers (ny, nx) for each kind of waves, followed by
        its share of the weights."""
        layers, weights = [], []
        taper = self._taper(shot) if self._weighting.taper else None
        for physics, joined in zip(self._crew.setup.physics, self._weights, strict=True):
            found = self._slopes(physics, correlations)
            layers += [found[slot] for slot in self._slots]
            if self._weighting.active:
                w = self._illumination(correlations.get(physics))
                size = gradient_size(found, dict(self._scaling.references))
                weights.extend(joined.share(w, taper, size))
        return np.stack(layers + weights)

    def _taper(self, shot: Shot) -> np.ndarray:
        """That of a shot; of several that are joined, all of theirs."""
        if not self._joining:
            return self._weighting.taper(shot)
        shots = self._crew.setup.shots
        codes = self._sample.joined[shot.number - 1]
        return math.prod(self._weighting.taper(shots[code.shot - 1]) for code in codes)

    def _slopes(
        self, physics: Physics, correlations: Mapping[Physics, Mapping[str, np.ndarray]]
    ) -> dict[str, np.ndarray]:
        """Derivatives of the raw misfit of one kind of waves {slot: (ny, nx)}, zero if there is none."""
        setup, medium = self._crew.setup, self._crew.medium
        if physics not in correlations:
            return {slot: np.zeros(self._shape) for slot in self._slots}
        lame = self._crew.first.lame_gradient(physics, correlations[physics])
        found = setup.parameterization.gradient(lame, setup.parameterization.model(medium))
        levels = {"taup": lame.taup, "taus": lame.taus}
        none = np.zeros(self._shape)
        return found | {name: none if level is None else level for name, level in levels.items()}

    def _illumination(self, correlation: Mapping[str, np.ndarray] | None) -> np.ndarray:
        """EPRECOND of one shot and kind of waves, (ny, nx); zero if these are not simulated."""
        if correlation is None:
            return np.zeros(self._shape)
        energies = self._crew.first.energies(correlation)
        return illumination(self._weighting.kind, *energies, self._crew.setup.grid)
