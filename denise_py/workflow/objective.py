"""Misfit and gradient of all shots: what the optimiser minimises.

The groups of processes share the shots. Everything is summed in float64 in the order of the shots, so that
the result does not depend on how many groups there are, and ends up on all processes.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from denise_py.errors import NoProgressError, StabilityError
from denise_py.gradient.chain_rule import material_gradient
from denise_py.gradient.parameterization import SLOTS
from denise_py.gradient.precondition import WeightSum, gradient_size, illumination, with_largest_one
from denise_py.mapping.scaling import Scaling
from denise_py.misfit.joint import ALONE, JointWeights
from denise_py.misfit.registry import Misfit, Reported, Totals
from denise_py.parallel.collect import sum_in_order
from denise_py.physics.base import Physics
from denise_py.traces.filters import BandFilter
from denise_py.workflow.observed import ObservedData
from denise_py.workflow.setup import Shot
from denise_py.workflow.simulator import Simulator

#: called with (shot number, traces, adjoint sources), both {component: (ntr, nt)}, on the head of the group
#: for every shot of every gradient
TraceSink = Callable[[int, Mapping[str, np.ndarray], Mapping[str, np.ndarray]], None]


#: what waves report that have no share
NOTHING = Reported(0.0, 0.0)


@dataclass(frozen=True)
class Weighting:
    """How the shots' gradients are weighted: EPRECOND, its water level, per shot or summed, and a taper of
    each shot or none: (ny, nx), or (planes, ny, nx) with a plane for each of several parameters."""

    kind: int = 0
    epsilon: float = 0.0
    per_shot: bool = False
    taper: Callable[[Shot], np.ndarray] | None = None
    planes: int = 1

    @property
    def active(self) -> bool:
        """Whether anything is weighted."""
        return self.kind != 0 or self.taper is not None


class Objective:
    """Misfit of p and its gradient, in the space of `scaling`; see optimise.descent.Objective.

    An inadmissible or unstable model has an infinite misfit. Collective over all processes.
    """

    def __init__(
        self,
        simulator: Simulator,
        observed: ObservedData,
        misfit: Misfit,
        scaling: Scaling,
        base: Mapping[str, np.ndarray],
        band: BandFilter | None,
        every: int,
        weighting: Weighting,
        extra_components: Sequence[str] = (),
        sink: TraceSink | None = None,
        joint: JointWeights = ALONE,
    ) -> None:
        self._simulator, self._observed, self._misfit = simulator, observed, misfit
        self._scaling, self._base, self._band = scaling, base, band
        self._every, self._weighting = every, weighting
        self._extra, self._sink = tuple(extra_components), sink
        self._weights = WeightSum(weighting.per_shot, weighting.epsilon)
        setup = simulator.setup
        # waves with a share of zero are not simulated
        self._joint, self._coefficients = joint, joint.shares
        self._components = tuple(
            component for component in observed.components if joint.shares[self._wave_of(component)] > 0
        )
        self._all = tuple(shot.number for shot in setup.shots)
        self._shape = setup.grid.shape
        self._calibrated = False
        #: why points could not be evaluated, in their order; the caller empties it
        self.rejected: list[str] = []
        self._weight_of: dict[bytes, tuple[np.ndarray, np.ndarray]] = {}
        self._known: tuple[np.ndarray, np.ndarray] | None = None

    def misfit(self, p: np.ndarray, shots: Sequence[int] | None = None) -> float:
        """Misfit of all shots, or of some (by number)."""
        shots = tuple(shots or self._all)
        if self._known is not None and np.array_equal(p, self._known[0]):
            return self._report(self._known[1], shots)[0]
        if not self._use(p):
            return math.inf
        try:
            sums = self._run(shots, None)
        except StabilityError as error:
            self.rejected.append(str(error))
            return math.inf
        return self._report(sums, shots)[0]

    def misfit_and_gradient(self, p: np.ndarray) -> tuple[float, np.ndarray]:
        """Misfit of all shots and its exact derivative with respect to p (up to DTINV)."""
        nothing = np.full(p.shape, math.nan)
        if not self._use(p):
            return math.inf, nothing
        count = 3 * len(self._joint.shares)
        layers = count + (2 + self._weighting.planes if self._weighting.active else 0)
        total = np.zeros((layers, *self._shape))
        try:
            sums = self._run(self._all, total)
        except StabilityError as error:
            self.rejected.append(str(error))
            return math.inf, nothing
        self._known = (np.array(p), sums)
        misfit, factors = self._report(sums, self._all)
        raw = total[:count].reshape(-1, 3, *self._shape)
        slopes = sum(factor * part for factor, part in zip(factors, raw, strict=True))
        if self._weighting.active:
            own, summed = self._weights.parts(total[count:])
            self._weight_of[_fingerprint(p)] = own.astype(np.float32), summed.astype(np.float32)
        gradient = self._scaling.gradient(dict(zip(SLOTS, slopes, strict=True)))
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
        weights = self._weight_of.get(_fingerprint(p))
        if weights is None:
            return np.ones(self._shape), np.ones(self._shape)
        self._weight_of = {_fingerprint(p): weights}
        own, summed = weights
        return own.astype(np.float64), summed.astype(np.float64)

    # ------------------------------------------------------------------------------------------ parts

    def _use(self, p: np.ndarray) -> bool:
        """Simulate in the model of p from now on, if it can be simulated; the same answer everywhere."""
        setup, world = self._simulator.setup, self._simulator.processes.world
        # one process decides, so that rounding differences between machines cannot separate them
        p = world.bcast(p if world.is_root else None) if world.size > 1 else p
        model = self._scaling.model(p, self._base)
        medium = setup.medium_of(model)
        reason = self._inadmissible(medium)
        if reason:
            self.rejected.append(reason)
            return False
        self._simulator.set_medium(medium)
        return True

    def _inadmissible(self, medium) -> str:
        if not all(np.all(np.isfinite(a)) for a in (medium.lam, medium.mu, medium.rho)):
            return "the model has values that are not finite"
        setup = self._simulator.setup
        for wave in setup.physics:
            if wave.problem(medium):
                return wave.problem(medium)
        found = setup.resolution(medium)
        if found.unstable(setup.time.dt):
            return f"the highest velocity {found.vmax:.4g} m/s needs DT <= {found.largest_dt:.4g} s"
        return ""

    def _wave_of(self, component: str) -> int:
        """Number of the waves that have a component."""
        waves = enumerate(self._simulator.setup.physics)
        return next(number for number, physics in waves if component in physics.components)

    def _report(self, sums: np.ndarray, shots: Sequence[int]) -> tuple[float, list[float]]:
        """The misfit of some shots from the rows (waves, 3) of all, and its derivatives with respect to the
        raw misfits of the waves."""
        rows = sums[[number - 1 for number in shots]].sum(axis=0)
        shares = self._joint.shares
        reported = [
            self._misfit.report(Totals(float(value), float(energy), int(traces))) if share > 0 else NOTHING
            for share, (value, energy, traces) in zip(shares, rows, strict=True)
        ]
        if not self._calibrated:
            self._calibrated = True
            self._coefficients = self._joint.coefficients([one.misfit for one in reported])
        pairs = list(zip(self._coefficients, reported, strict=True))
        return sum(c * one.misfit for c, one in pairs), [c * one.factor for c, one in pairs]

    def _run(self, shots: Sequence[int], gradient: np.ndarray | None) -> np.ndarray:
        """(value, energy, traces) per shot and waves, (number of all shots, waves, 3); adds the shots'
        gradients (and weights) to `gradient` in place if it is given."""
        groups, own = self._simulator.processes.groups, self._simulator.processes.group_number
        sums = np.zeros((len(self._all), len(self._joint.shares), 3))
        # every group has the observed data of its own shots only
        queues = [
            [number for number in groups.shots_of_group(group, self._all) if number in shots]
            for group in range(groups.count)
        ]
        for round_ in zip_longest(*queues):
            mine = round_[own]
            part = self._simulate(mine, gradient is not None)
            numbers, field = {}, {}
            if part is not None:
                numbers[mine] = np.zeros_like(sums)
                numbers[mine][mine - 1] = part[0]
                if gradient is not None:
                    field[mine] = part[1]
            sums = self._add(numbers, sums)
            if gradient is not None:
                gradient[:] = self._add(field, gradient)
        return sums

    def _simulate(
        self, number: int | None, with_gradient: bool
    ) -> tuple[np.ndarray, np.ndarray | None] | None:
        """_shot, or None without a shot. A blow-up in any group is raised on all processes, which would
        otherwise wait for the sums of that group for ever."""
        part, trouble = None, ""
        if number is not None:
            try:
                part = self._shot(number, with_gradient)
            except StabilityError as error:
                trouble = f"shot {number}: {error}"
        troubles = [text for text in self._simulator.processes.world.allgather(trouble) if text]
        if troubles:
            raise StabilityError(troubles[0])
        return part

    def _add(self, own: dict[int, np.ndarray], start: np.ndarray) -> np.ndarray:
        """start + all groups' arrays in the order of the shots, on every process."""
        processes = self._simulator.processes
        total = sum_in_order(processes.heads, own, start) if processes.heads is not None else None
        return processes.group.bcast(total)

    def _shot(self, number: int, with_gradient: bool) -> tuple[np.ndarray, np.ndarray | None] | None:
        """(value, energy, traces) of a shot and its gradient stack, on the head of the group."""
        shot = self._simulator.setup.shots[number - 1]
        components = self._components
        recorded = (
            components + tuple(c for c in self._extra if c not in components) if with_gradient else components
        )
        scales = self._simulator.div_curl_scales() if "div" in recorded else None
        traces = self._simulator.forward(
            shot, recorded, self._band, self._every if with_gradient else 0, scales, snapshots=with_gradient
        )
        numbers, adjoint = None, None
        if traces is not None:
            numbers, adjoint = self._compare(shot, traces, components)
            if with_gradient and self._sink is not None:
                with self._simulator.timings.writing(shot.number):
                    self._sink(shot.number, traces, adjoint)
        if not with_gradient:
            return None if traces is None else (numbers, None)
        correlation = self._simulator.adjoint(adjoint)
        return None if correlation is None else (numbers, self._stack(shot, correlation))

    def _compare(self, shot: Shot, traces, components) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Raw misfit, energy and number of traces per waves, and adjoint sources for the recorded traces."""
        sums, adjoint = np.zeros((len(self._joint.shares), 3)), {}
        for component in components:
            found = self._observed.compare(shot.number, component, traces[component], self._misfit)
            sums[self._wave_of(component)] += (found.value, found.energy, found.traces)
            adjoint[component] = found.adjoint
        return sums, adjoint

    def _stack(self, shot: Shot, correlations: Mapping[Physics, Mapping[str, np.ndarray]]) -> np.ndarray:
        """Gradients of the raw misfits of a shot, three layers (ny, nx) for each kind of waves, followed by
        its share of the weights."""
        setup, medium = self._simulator.setup, self._simulator.medium
        model, courant = setup.parameterization.model(medium), setup.time.dt / setup.grid.dh
        layers, parts = [], {slot: np.zeros(self._shape) for slot in SLOTS}
        for physics in setup.physics:
            found = {slot: np.zeros(self._shape) for slot in SLOTS}
            if physics in correlations:
                lame = material_gradient(
                    physics, correlations[physics], medium, courant, setup.scheme.surface
                )
                found = setup.parameterization.gradient(lame, model)
            layers += [found[slot] for slot in SLOTS]
            parts = {slot: parts[slot] + found[slot] for slot in SLOTS}
        if self._weighting.active:
            source, receiver = (
                sum(correlation[name] for correlation in correlations.values())
                for name in ("source_energy", "energy")
            )
            w = illumination(self._weighting.kind, source, receiver, setup.grid)
            taper = self._weighting.taper(shot) if self._weighting.taper else None
            layers.extend(self._weights.share(w, taper, gradient_size(parts, dict(self._scaling.references))))
        return np.stack(layers)


def _fingerprint(p: np.ndarray) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(p), digest_size=16).digest()
