"""How coarse a grid a stage can do with: its spacing and time step, and a test against the grid of the run.

The first proposal follows from the highest frequency that matters, the slowest wave and the operator. Then a
few shots are simulated on both grids, and the spacing shrinks until their traces agree.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from denise_py.acquisition.image_surface import effective_depth
from denise_py.errors import ParameterError, StabilityError
from denise_py.grid import Grid
from denise_py.mapping.coarse import CoarseGrid, flat_floor
from denise_py.medium.model import Medium
from denise_py.medium.stability import Resolution
from denise_py.traces.filters import BandFilter
from denise_py.traces.integrate import integrate
from denise_py.traces.time_steps import LongerSteps
from denise_py.workflow.adapted import Adapted, AdaptedSimulator, Traces
from denise_py.workflow.crew import Crew
from denise_py.workflow.setup import Setup, Shot, divide_grid
from denise_py.workflow.stages import StagePlan

#: part of the amplitude of the data that may lie above the frequency that the grid is made for
ABOVE = 0.05
#: the same for the frequency up to which traces are carried from one time axis to the other
ABOVE_BAND = 0.001
#: a grid that is finer than this many times the spacing of the run is not worth its maps
LEAST = 1.15
#: how much faster waves may become before a new grid is needed
FASTER = 1.06
#: largest part of the stability limit that is used
COURANT = 0.98
#: fewest points of an absorbing layer, unless the run has fewer
FEWEST = 10
#: how many proposals are tried, and by how much the spacing shrinks at least and at most each time
TRIES, SHRINK = 6, (0.65, 0.9)
#: a new grid is chosen when the step is within this part of its limit, or waves are slower by this factor
NEARLY, SLOWER = 0.995, 0.85
#: iterations between two tests in a stage, and how much more than the tolerance they allow
TESTED_EVERY, WORSE = 10, 1.5
#: shots that are compared
COMPARED = 3


@dataclass(frozen=True)
class Proposal:
    """A coarse grid with its steps; None: the grid of the run; text: one line for the log."""

    adapted: Adapted | None
    text: str
    error: float = 0.0


class Grids:
    """The grids of an inversion, stage by stage; without GRID_ADAPT that of the run. Methods are collective
    over all processes."""

    def __init__(self, crew: Crew, components: Sequence[str], log: logging.Logger) -> None:
        """components: of the observed data."""
        self._crew, self._components, self._log = crew, tuple(components), log
        self._tolerance = crew.setup.settings.fd.adapt_error
        self._every = crew.setup.settings.fd.adapt_correct
        self._begun, self._slowest = 0, 0.0
        self._now: Proposal | None = None

    def begin(self, plan: StagePlan, iteration: int, medium: Medium) -> None:
        """Choose the grid of a stage that goes on from a medium (on the grid of the run)."""
        if not self._crew.setup.settings.fd.adapt:
            return
        self._now = propose(self._crew, plan, medium, self._components, self._tolerance)
        self._begun = iteration
        self._crew.use(self._now.adapted)
        if self._now.adapted is not None:
            self._slowest = self._of_coarse(medium).vmin
        self._log.info(self._now.text)

    @property
    def corrects(self) -> bool:
        """Whether the present grid is a coarser one whose traces are to be corrected."""
        return self._every > 0 and self._now is not None and self._now.adapted is not None

    def correction_due(self, iteration: int, last: int | None) -> bool:
        """Whether traces are to be corrected before an iteration; last: before which one they were, None if
        they are those of something else since then."""
        return self.corrects and (last is None or iteration - last >= self._every)

    def due(self, plan: StagePlan, iteration: int, medium: Medium) -> bool:
        """Whether the grid no longer serves before an iteration: waves have become faster than its step
        allows, or slower than it was made for, or traces that are not corrected differ too much, which is
        tested again after every so many iterations."""
        if self._now is None or self._now.adapted is None or iteration == self._begun:
            return False
        found, why = self._of_coarse(medium), ""
        if found.unstable(self._now.adapted.setup.time.dt / NEARLY):
            why = f"waves have become faster, up to {found.vmax:.4g} m/s"
        elif found.vmin < SLOWER * self._slowest:
            why = f"waves have become slower, down to {found.vmin:.4g} m/s"
        elif not self.corrects and (iteration - self._begun) % TESTED_EVERY == 0:
            adapted = self._now.adapted
            error = _comparison(self._crew, plan, medium, self._components).error(adapted)
            self._crew.use(adapted)
            why = f"traces differ by {100 * error:.2g} %" if error > WORSE * self._tolerance else ""
        if why:
            self._log.info(f"iteration {iteration}: {why}; the grid is chosen anew")
        return bool(why)

    def _of_coarse(self, medium: Medium) -> Resolution:
        adapted = self._now.adapted
        return adapted.setup.resolution(adapted.media.medium(medium))


def propose(
    crew: Crew, plan: StagePlan, medium: Medium, components: Sequence[str], tolerance: float
) -> Proposal:
    """The coarsest grid for a stage that passes the test in a medium. Collective over all processes; leaves
    the crew on the grid of the run."""
    setup, band = crew.setup, plan.band()
    unknown = plan.settings.source_wavelet.estimate or any(
        crew.processes.world.allgather(bool(crew.estimated))
    )
    frequency, top = highest_frequencies(setup, band, not plan.settings.inversion.velocity, unknown)
    slowest = setup.resolution(medium).vmin
    dh = slowest / (setup.scheme.stencil.points_per_wavelength * frequency)
    compare = _comparison(crew, plan, medium, components)
    where, tried = f"stage {plan.number} up to {frequency:.3g} Hz: ", []
    for _ in range(TRIES):
        adapted = _adapted(setup, medium, dh, frequency, top)
        if adapted is None:
            break
        error = compare.error(adapted)
        if error <= tolerance:
            return Proposal(adapted, where + _describe(adapted, error), error)
        tried.append(f"{100 * error:.2g} % at {adapted.space.grid.dh:.3g} m")
        # the error of an operator grows quickly with the spacing, that of boundaries in proportion to it
        dh = adapted.space.grid.dh * min(max((tolerance / error) ** 0.5, SHRINK[0]), SHRINK[1])
    why = f"traces differ by {', '.join(tried)}, GRID_ERROR = {tolerance:g}" if tried else "the band needs it"
    return Proposal(None, where + f"the grid of the run, {setup.grid.dh:g} m ({why})")


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
    integrated = plan.settings.run.inversion and not plan.settings.inversion.velocity
    return _Comparison(crew, medium, plan.band(), components, integrated)


def _describe(adapted: Adapted, error: float) -> str:
    run, own = adapted.run, adapted.setup
    return (
        f"grid of {own.grid.dh:.4g} m ({run.grid.dh:g} m), {own.grid.nx} x {own.grid.ny} points "
        f"({run.grid.nx} x {run.grid.ny}), steps of {1e3 * own.time.dt:.3g} ms ({1e3 * run.time.dt:.3g} ms): "
        f"{adapted.saving:.3g} times fewer point steps, traces differ by {100 * error:.2g} %"
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
        integrated: bool,
    ) -> None:
        self._crew, self._medium, self._band = crew, medium, band
        self._components, self._integrated = components, integrated
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
            self._crew.use(None)
        mine = [_difference(found[number], self._expected[number]) for number in found]
        return max(self._crew.processes.world.allgather(max(mine, default=0.0)))

    def _traces(self, adapted: Adapted | None) -> dict[int, Traces]:
        """Those of this group's shots, on its head."""
        found: dict[int, Traces] = {}
        self._crew.use(adapted)
        self._crew.set_medium(self._medium)

        def work(simulator: AdaptedSimulator, shot: Shot) -> Traces | None:
            return simulator.forward(shot, self._components, self._band)

        def finished(shot: Shot, traces: Traces | None) -> None:
            if traces is not None:
                dt = self._crew.setup.time.dt
                found[shot.number] = (
                    {name: integrate(one, dt) for name, one in traces.items()} if self._integrated else traces
                )

        self._crew.each(self._shots, work, finished)
        return found


def _difference(found: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray]) -> float:
    """Largest relative rms difference of a component."""
    worst = 0.0
    for name, reference in expected.items():
        size = float(np.linalg.norm(reference))
        if size > 0:
            worst = max(worst, float(np.linalg.norm(found[name] - reference)) / size)
    return worst
