"""How coarse a grid a stage can do with: its spacing and time step, and a test against the grid of the run.

The first proposal follows from the highest frequency that matters, the slowest wave and the operator. Then a
few shots are simulated on both grids, and the spacing shrinks until their traces agree.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from denise_py.acquisition.image_surface import effective_depth
from denise_py.errors import ParameterError, StabilityError
from denise_py.grid import Grid
from denise_py.mapping.coarse import CoarseGrid, flat_floor
from denise_py.medium.model import Medium
from denise_py.medium.stability import Resolution
from denise_py.traces.filters import BandFilter
from denise_py.traces.time_steps import LongerSteps
from denise_py.workflow.adapted import Adapted, AdaptedSimulator, Traces
from denise_py.workflow.corrections import difference
from denise_py.workflow.crew import Crew
from denise_py.workflow.setup import Setup, Shot, divide_grid
from denise_py.workflow.stages import StagePlan

#: part of the amplitude of the data that may lie above the frequency that the grid is made for
ABOVE = 0.05
#: the same for the frequency up to which traces are carried from one time axis to the other
ABOVE_BAND = 0.001
#: a grid that is finer than this many times the spacing of the run is not worth its maps
LEAST = 1.15
#: how much faster waves may become before steps are shortened
FASTER = 1.06
#: largest part of the stability limit that is used
COURANT = 0.98
#: fewest points of an absorbing layer, unless the run has fewer
FEWEST = 10
#: how many proposals are tried, and by how much the spacing shrinks at least and at most each time
TRIES, SHRINK = 6, (0.65, 0.9)
#: a grid no longer serves when the step is within this part of its limit
NEARLY = 0.995
#: iterations between two tests in a stage, how much slower waves become before one, and how much more than
#: the tolerance they allow
TESTED_EVERY, SLOWER, WORSE = 10, 0.85, 1.5
#: part of the nodes that may be slower than the waves the first proposal is made for
FEW = 0.002
#: shots that are compared
COMPARED = 3


@dataclass(frozen=True)
class Proposal:
    """A coarse grid with its steps; None: the grid of the run; text: one line for the log."""

    adapted: Adapted | None
    text: str


@dataclass(frozen=True)
class Outgrown:
    """Why a grid no longer serves, in words for the log; error: how much traces differ, if that is why."""

    reason: str
    error: float | None = None


class Grids:
    """The grids of an inversion, stage by stage; without GRID_ADAPT that of the run. Methods are collective
    over all processes."""

    def __init__(self, crew: Crew, components: Sequence[str], log: logging.Logger) -> None:
        """components: of the observed data."""
        self._crew, self._components, self._log = crew, tuple(components), log
        self._tolerance = crew.setup.settings.fd.adapt_error
        self._every = crew.setup.settings.fd.adapt_correct
        self._begun, self._slowest = 0, 0.0
        self._adapted: Adapted | None = None
        self._lacked = 0.0

    def begin(self, plan: StagePlan, iteration: int, medium: Medium) -> None:
        """Choose the grid of a stage that goes on from a medium (on the grid of the run)."""
        if not self._crew.setup.settings.fd.adapt:
            return
        found = propose(self._crew, plan, medium, self._components, self._tolerance)
        self._take(found, iteration, medium)

    @property
    def coarse(self) -> bool:
        """Whether the present grid is a coarser one."""
        return self._adapted is not None

    @property
    def corrects(self) -> bool:
        """Whether it is one whose traces are to be corrected."""
        return self._every > 0 and self.coarse

    def correction_due(self, iteration: int, last: int | None) -> bool:
        """Whether traces are to be corrected before an iteration; last: before which one they were, None if
        they are those of something else since then."""
        return self.corrects and (last is None or iteration - last >= self._every)

    def corrected(self, error: float) -> None:
        """What the traces lacked when they were corrected, relative to those of the grid of the run."""
        self._lacked = error

    def outgrown(self, plan: StagePlan, iteration: int, medium: Medium) -> Outgrown | None:
        """Why the grid no longer serves before an iteration, None if it does: waves have become faster than
        its step allows, or traces differ too much. Those of grids that are corrected tell that whenever they
        are; others are tested again after every so many iterations, and when waves have become slower."""
        if not self.coarse or iteration == self._begun:
            return None
        found = None
        if self._of_coarse(medium).unstable(self._adapted.setup.time.dt / NEARLY):
            found = Outgrown(f"waves are faster, up to {self._of_coarse(medium).vmax:.4g} m/s")
        else:
            error = self._error(plan, iteration, medium)
            if error > WORSE * self._tolerance:
                found = Outgrown(f"traces differ by {100 * error:.2g} %", error)
        if found is not None:
            self._log.info(f"iteration {iteration}: {found.reason}; the grid is chosen anew")
        return found

    def renew(self, plan: StagePlan, iteration: int, medium: Medium, why: Outgrown) -> None:
        """Another grid for the rest of a stage: shorter steps if that is enough, or a finer one."""
        now, tolerance = self._adapted, self._tolerance
        found = None if why.error else shortened(self._crew, plan, medium, now)
        if found is None:
            first = now.space.grid.dh * _shrink(tolerance, why.error or tolerance)
            found = propose(self._crew, plan, medium, self._components, tolerance, first)
        self._take(found, iteration, medium)

    def _take(self, found: Proposal, iteration: int, medium: Medium) -> None:
        self._adapted, self._begun, self._lacked = found.adapted, iteration, 0.0
        self._slowest = slowest_of_most(medium)
        self._crew.use(found.adapted)
        self._log.info(found.text)

    def _error(self, plan: StagePlan, iteration: int, medium: Medium) -> float:
        """That of the traces where it is known or to be tested, else 0."""
        if self.corrects:
            return self._lacked
        slowest = slowest_of_most(medium)
        if (iteration - self._begun) % TESTED_EVERY and slowest > SLOWER * self._slowest:
            return 0.0
        self._slowest = slowest
        error = measure(self._crew, plan, medium, self._components, self._adapted)
        self._crew.use(self._adapted)
        return error

    def _of_coarse(self, medium: Medium) -> Resolution:
        return self._adapted.setup.resolution(self._adapted.media.medium(medium))


def slowest_of_most(medium: Medium) -> float:
    """Speed in m/s of the slower wave of each node that few nodes are below, the part FEW: a first guess of
    the wavelengths that traces depend on."""
    speeds = np.where(medium.mu > 0, medium.vs, medium.vp)
    return float(np.quantile(speeds[speeds > 0], FEW))


def propose(
    crew: Crew,
    plan: StagePlan,
    medium: Medium,
    components: Sequence[str],
    tolerance: float,
    first: float | None = None,
) -> Proposal:
    """The coarsest grid for a stage that passes the test in a medium; first: the spacing in m to begin with,
    if it is not to follow from wavelengths. Collective over all processes; leaves the crew on the grid of the
    run."""
    setup = crew.setup
    frequency, top = _frequencies(crew, plan)
    dh = first or slowest_of_most(medium) / (setup.scheme.stencil.points_per_wavelength * frequency)
    compare = _comparison(crew, plan, medium, components)
    where, tried = f"stage {plan.number} up to {frequency:.3g} Hz: ", []
    for _ in range(TRIES):
        adapted = _adapted(setup, medium, dh, frequency, top)
        if adapted is None:
            break
        error = compare.error(adapted)
        if error <= tolerance:
            return Proposal(adapted, f"{where}{_describe(adapted)}, traces differ by {100 * error:.2g} %")
        tried.append(f"{100 * error:.2g} % at {adapted.space.grid.dh:.3g} m")
        dh = adapted.space.grid.dh * _shrink(tolerance, error)
    why = f"traces differ by {', '.join(tried)}, GRID_ERROR = {tolerance:g}" if tried else "the band needs it"
    return Proposal(None, where + f"the grid of the run, {setup.grid.dh:g} m ({why})")


def _shrink(tolerance: float, error: float) -> float:
    """Factor of the spacing with which to try again: the error of an operator grows quickly with the spacing,
    that of boundaries in proportion to it."""
    return min(max((tolerance / error) ** 0.5, SHRINK[0]), SHRINK[1])


def shortened(crew: Crew, plan: StagePlan, medium: Medium, adapted: Adapted) -> Proposal | None:
    """The same grid with steps that a medium allows; None if they would be shorter than those of the run."""
    frequency, top = _frequencies(crew, plan)
    found = _with_steps(crew.setup, medium, adapted.space, frequency, top)
    return (
        None if found is None else Proposal(found, f"stage {plan.number}: shorter steps, {_describe(found)}")
    )


def _frequencies(crew: Crew, plan: StagePlan) -> tuple[float, float]:
    """Those of highest_frequencies in a stage. Collective."""
    unknown = plan.settings.source_wavelet.estimate or any(
        crew.processes.world.allgather(bool(crew.estimated))
    )
    return highest_frequencies(crew.setup, plan.band(), not plan.settings.inversion.velocity, unknown)


def on_grid(crew: Crew, plan: StagePlan, medium: Medium, dh: float) -> Adapted | None:
    """A stage on a grid of at most `dh` m, whatever its accuracy; None if it is not worth it."""
    velocity = plan.settings.inversion.velocity or not plan.settings.run.inversion
    return _adapted(
        crew.setup, medium, dh, *highest_frequencies(crew.setup, plan.band(), not velocity, False)
    )


def measure(
    crew: Crew, plan: StagePlan, medium: Medium, components: Sequence[str], adapted: Adapted
) -> float:
    """Difference of the traces of a stage from those of the grid of the run. Collective over all processes;
    leaves the crew on the grid of the run."""
    return _comparison(crew, plan, medium, components).error(adapted)


def _comparison(crew: Crew, plan: StagePlan, medium: Medium, components: Sequence[str]) -> _Comparison:
    return _Comparison(crew, medium, plan.band(), components, step_if_integrated(plan))


def step_if_integrated(plan: StagePlan) -> float | None:
    """The time step if a stage compares displacements, for `difference`, else None."""
    chosen = plan.settings
    return chosen.time.dt if chosen.run.inversion and not chosen.inversion.velocity else None


def _describe(adapted: Adapted) -> str:
    run, own = adapted.run, adapted.setup
    return (
        f"grid of {own.grid.dh:.4g} m ({run.grid.dh:g} m), {own.grid.nx} x {own.grid.ny} points "
        f"({run.grid.nx} x {run.grid.ny}), steps of {1e3 * own.time.dt:.3g} ms ({1e3 * run.time.dt:.3g} ms): "
        f"{adapted.saving:.3g} times fewer point steps"
    )


# ---------------------------------------------------------------------------------------- frequencies


def highest_frequencies(
    setup: Setup, band: BandFilter | None, integrated: bool, spikes: bool
) -> tuple[float, float]:
    """Frequencies in Hz above which the parts ABOVE and ABOVE_BAND of the amplitude of the data lie, by the
    filtered wavelets. integrated: data are displacements; spikes: wavelets are not known, any spectrum may
    be there."""
    dt, nt = setup.time.dt, setup.time.nt
    size = 1 << (4 * nt - 1).bit_length()
    f = np.fft.rfftfreq(size, dt)
    total = np.zeros(f.size)
    seen: set[tuple[bytes, int]] = set()
    for shot in setup.shots:
        for wavelets in (shot.wavelets, shot.wavelets_sh):
            for source, given in zip(shot.sources, wavelets, strict=False):
                # the filter rings on after the end of the record
                wavelet = np.concatenate([_spike(nt) if spikes else given, np.zeros(nt)])
                key = wavelet.tobytes(), source.type
                if key in seen:
                    continue
                seen.add(key)
                series = wavelet if band is None else band.apply(wavelet, dt)
                # an explosion acts through its derivative
                power = (1 if source.type == 1 else 0) - (1 if integrated else 0)
                energy = np.abs(np.fft.rfft(series, size)) ** 2 * np.where(f > 0, f, 1.0) ** (2 * power)
                energy[0] = 0.0
                total += energy / max(float(energy.sum()), np.finfo(float).tiny)
    left = 1 - np.cumsum(total) / total.sum()
    return tuple(float(f[min(int(np.argmax(left <= part**2)), f.size - 1)]) for part in (ABOVE, ABOVE_BAND))


def _spike(nt: int) -> np.ndarray:
    series = np.zeros(nt)
    series[0] = 1.0
    return series


# ------------------------------------------------------------------------------------------ geometry


def _adapted(setup: Setup, medium: Medium, dh: float, frequency: float, top: float) -> Adapted | None:
    """Set-up on a grid of at most `dh`, None if it is not worth it or does not fit."""
    space = coarse_grid(setup, medium, dh)
    if space is None or space.factor < LEAST:
        return None
    try:
        blocks = divide_grid(setup.settings, space.grid)
    except ParameterError:
        return None
    if min(min(block.nx, block.ny) for block in blocks) < 2 * setup.scheme.stencil.half:
        return None
    return _with_steps(setup, medium, space, frequency, top)


def _with_steps(
    setup: Setup, medium: Medium, space: CoarseGrid, frequency: float, top: float
) -> Adapted | None:
    """Set-up with the longest steps on a grid, None if those of the run are too long for it."""
    fastest = setup.resolution(medium).vmax * FASTER
    limit = space.grid.dh / (math.sqrt(2) * setup.scheme.stencil.gamma * fastest)
    band = max(min(top, 2 * frequency), 1.1 * frequency)
    dt = max(min(COURANT * limit, LongerSteps.longest(band)), setup.time.dt)
    if setup.time.dt > limit:
        return None
    return Adapted.of(setup, space, LongerSteps.of(setup.time, dt, band), medium)


def coarse_grid(setup: Setup, medium: Medium, dh: float) -> CoarseGrid | None:
    """A grid whose interior covers that of the run, with a spacing of at most dh. Free surface and periodic
    sides stay where they are; a flat sea floor comes to lie halfway between two rows, as in the run."""
    b, fine = setup.settings.boundary, setup.grid
    floor = flat_floor(medium, fine.dh)
    width = setup.scheme.layer.width
    images = b.free_surface and not setup.scheme.one_sided
    deep = effective_depth(setup.scheme.stencil.weights) if images else 0.0
    if b.periodic:
        nx = math.ceil(fine.nx * fine.dh / dh - 1e-9)
        dh = fine.nx * fine.dh / nx
    elif floor is not None and b.free_surface:
        depth = floor - (1 + deep) * fine.dh  # below the effective surface
        dh = depth / (math.ceil(depth / dh + 0.5 + deep - 1e-9) - 0.5 - deep)
    if dh < fine.dh:
        return None
    frame = min(width, max(FEWEST, math.ceil(width * fine.dh / dh)))
    # edges of the cells of the interior
    left, right = (width + 0.5) * fine.dh, (fine.nx - width + 0.5) * fine.dh
    lower = (fine.ny - width + 0.5) * fine.dh
    if b.periodic:
        x0 = 0.5 * (fine.dh - dh)
    else:
        inner = math.ceil((right - left) / dh - 1e-9)
        nx = inner + 2 * frame
        x0 = left - (inner * dh - (right - left)) / 2 - (frame + 0.5) * dh
    if b.free_surface:
        y0 = fine.dh - dh - deep * (dh - fine.dh)
    else:
        y0 = left - (frame + 0.5) * dh
        if floor is not None:
            # up by the part of a cell that brings the floor halfway between two rows
            y0 -= dh * (1 - ((floor - y0) / dh - 0.5) % 1) % dh
    ny = math.ceil((lower - y0) / dh - 0.5 - 1e-9) + frame
    if min(nx, ny) < 2 * frame + 2 * setup.scheme.stencil.half:
        return None
    halfway = floor is not None and abs(((floor - y0) / dh) % 1 - 0.5) < 1e-6
    edges = b.free_surface, b.periodic
    return CoarseGrid(fine, Grid(nx, ny, dh), x0, y0, frame, *edges, deep, floor if halfway else None)


# ---------------------------------------------------------------------------------------------- test


class _Comparison:
    """Traces of a few shots on the grid of the run, and how far those of other grids are from them."""

    def __init__(
        self,
        crew: Crew,
        medium: Medium,
        band: BandFilter | None,
        components: Sequence[str],
        dt: float | None,
    ) -> None:
        """dt: see `difference`."""
        self._crew, self._medium, self._band = crew, medium, band
        self._components, self._dt = components, dt
        count = len(crew.setup.shots)
        self._shots = sorted({round(k * (count - 1) / (COMPARED - 1)) + 1 for k in range(COMPARED)})
        self._expected: dict[int, Traces] | None = None

    def error(self, adapted: Adapted) -> float:
        """Largest relative difference of a shot's traces (rms over all traces of a component), infinite where
        a simulation blows up. Collective over all processes."""
        if self._expected is None:
            self._expected = self._traces(None)
        try:
            found = self._traces(adapted)
        except StabilityError:
            return math.inf
        finally:
            self._crew.use(None, back=True)
        mine = [difference(found[number], self._expected[number], self._dt) for number in found]
        return max(self._crew.processes.world.allgather(max(mine, default=0.0)))

    def _traces(self, adapted: Adapted | None) -> dict[int, Traces]:
        """Those of this group's shots, on its head."""
        self._crew.use(adapted)
        self._crew.set_medium(self._medium)

        def work(simulator: AdaptedSimulator, shot: Shot) -> Traces | None:
            return simulator.forward(shot, self._components, self._band)

        return self._crew.results(self._shots, work)
