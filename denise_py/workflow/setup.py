"""From settings to everything a run works with: grid, scheme, shots, receivers, start model, processes.

All files are read and judged here, before any wavefield is allocated. Problems of all kinds are collected
and reported together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from denise_py.acquisition.band_limited import BandLimited
from denise_py.acquisition.placement import frame_warnings
from denise_py.acquisition.receivers import Receivers
from denise_py.acquisition.sources import place
from denise_py.acquisition.subgrid import SubGrid
from denise_py.errors import DataError, DeniseError, ParameterError
from denise_py.fd.cpml import LayerParameters
from denise_py.fd.weights import stencil
from denise_py.gradient.parameterization import LEVELS, Parameterization, parameterization
from denise_py.grid import Grid, TimeAxis
from denise_py.medium.model import Medium
from denise_py.medium.stability import Resolution, dispersion_warning, stability_problem
from denise_py.parallel.comm import SerialComm
from denise_py.parallel.domain import Groups, Subdomain, decompose, plan_groups
from denise_py.parameters import checks
from denise_py.parameters.finding import inverted_levels
from denise_py.parameters.frequency_file import read_frequencies
from denise_py.parameters.settings import Settings
from denise_py.parameters.workflow_file import Stage as WorkflowLine
from denise_py.parameters.workflow_file import read_workflow
from denise_py.physics.base import Physics
from denise_py.propagate import Scheme
from denise_py.workflow.encoding import different_spread
from denise_py.workflow.geometry import (
    PLANE_WAVE,
    Shot,
    above_surface,
    all_receiver_nodes,
    distinct_receivers,
    fire,
    make_shots,
    read_receivers,
    read_sources,
    read_wavelets,
)
from denise_py.workflow.materials import (
    choose_physics,
    read_levels,
    read_start_model,
    relaxation_of,
    run_resolution,
)
from denise_py.workflow.memory import check_memory
from denise_py.workflow.stages import plan_stages
from denise_py.workflow.taper_files import check_tapers


@dataclass(frozen=True)
class Processes:
    """Who does what: all processes, the group that shares a shot, the heads of the groups, the blocks, and
    how many shots every process simulates at a time, each with wavefields and storage of its own."""

    world: Any
    group: Any
    heads: Any | None
    groups: Groups
    blocks: tuple[Subdomain, ...]
    jobs: int = 1

    @property
    def block(self) -> Subdomain:
        """The block of this process."""
        return self.blocks[self.group.rank]

    @property
    def group_number(self) -> int:
        """Number of this process' group."""
        return self.groups.group_of(self.world.rank)


@dataclass(frozen=True)
class Setup:
    """Everything a run is made of. model: {slot: (ny, nx) float64} in the run's parameterisation, with taup
    and taus where they are inverted for; levels: those that are not, of a viscous medium; physics: the waves
    that are simulated; corners: of FREQ_FILE in Hz."""

    settings: Settings
    grid: Grid
    time: TimeAxis
    scheme: Scheme
    shots: tuple[Shot, ...]
    parameterization: Parameterization
    model: dict[str, np.ndarray]
    physics: tuple[Physics, ...]
    levels: dict[str, np.ndarray] = field(default_factory=dict)
    workflow: tuple[WorkflowLine, ...] = field(default=())
    corners: tuple[float, ...] = field(default=())
    warnings: tuple[str, ...] = field(default=())
    #: how sources and receivers lie between grid points, if not as the settings say
    placing: BandLimited | None = field(default=None)

    @property
    def medium(self) -> Medium:
        """The start model as a medium."""
        return self.medium_of(self.model)

    def medium_of(self, model: Mapping[str, np.ndarray]) -> Medium:
        """A model {slot: (ny, nx)} as a medium."""
        own = {name: model[name] for name in LEVELS if name in model}
        return replace(self.parameterization.medium(model), **self.levels | own)

    def resolution(self, medium: Medium) -> Resolution:
        """Time step and grid spacing that a medium needs at the highest frequency of the sources."""
        highest = 2 * max(source.frequency for shot in self.shots for source in shot.sources)
        return run_resolution(self.physics, medium, self.grid, self.scheme, highest)

    @property
    def subgrid(self) -> SubGrid | BandLimited | None:
        """How sources and receivers lie between grid points, None if they do not."""
        if self.placing is not None:
            return self.placing
        mode, b = self.settings.fd.sub_grid, self.settings.boundary
        return SubGrid(self.grid, b.free_surface, b.periodic, mode == 2) if mode else None

    @property
    def receivers(self) -> Receivers:
        """Those of the first shot."""
        return self.shots[0].receivers


def divide_processes(settings: Settings, world: Any, grid: Grid, jobs: int = 1) -> Processes:
    """Split the processes into groups of NPROCX x NPROCY. jobs: shots at a time of each; one if the grid is
    cut into blocks."""
    groups = plan_groups(world.size, settings.domain.nprocx, settings.domain.nprocy)
    # a group of one process needs no MPI, which threads must not use
    group = world.split(groups.group_of(world.rank), world.rank) if groups.ranks > 1 else SerialComm()
    is_head = groups.rank_in_group(world.rank) == 0
    heads = world.split(0 if is_head else 1, world.rank)
    blocks = divide_grid(settings, grid)
    at_once = jobs if groups.ranks == 1 else 1
    return Processes(world, group, heads if is_head else None, groups, blocks, at_once)


def divide_grid(settings: Settings, grid: Grid) -> tuple[Subdomain, ...]:
    """The blocks of a grid. Raises ParameterError when there are more than columns or rows."""
    return decompose(grid, settings.domain.nprocx, settings.domain.nprocy, settings.boundary.periodic)


def prepare(settings: Settings, dtype: Any = np.float32) -> Setup:
    """Read all geometry and the model and check them against each other.

    Raises ParameterError or DataError naming every problem that could be found, ResourceError when the run
    cannot fit into memory.
    """
    grid = Grid(settings.grid.nx, settings.grid.ny, settings.grid.dh)
    time = TimeAxis.from_duration(settings.time.duration, settings.time.dt)
    collect = _Collector(list(settings.warnings))
    for finding in checks.check_files(settings):
        collect.add(finding)
    collect.stop_if_any()
    sources = collect.run(lambda: read_sources(settings, grid, collect.warnings.append)) or ()
    placed = [collect.run(lambda s=s: place(s, grid)) for s in sources]
    receivers = collect.run(lambda: read_receivers(settings, grid, sources))
    n_shots = len(sources) if settings.sources.one_by_one else min(len(sources), 1)
    for finding in (*checks.check_files(settings, n_shots), *checks.check_shots(settings, n_shots)):
        collect.add(finding)
    collect.stop_if_any()
    check_memory(settings, time.nt, len(sources), max(one.ntr for one in receivers))
    workflow = collect.run(lambda: _workflow(settings, collect)) or ()
    corners = collect.run(lambda: _corners(settings, collect)) or ()
    kind, tell = parameterization(settings.model.parameterization), collect.warnings.append
    if settings.tapers.file or settings.tapers.file_per_shot:
        stages = collect.run(lambda: len(plan_stages(settings, workflow, corners))) or 1
        collect.run(lambda: check_tapers(settings, grid, n_shots, stages, tell))
    model = collect.run(lambda: read_start_model(settings, kind, grid, tell))
    levels = collect.run(lambda: read_levels(settings, grid, tell))
    fired = (sources, sources)
    if model is not None:
        fired = collect.run(lambda: fire(settings, grid, sources, lambda: kind.medium(model))) or fired
    wavelets = collect.run(lambda: read_wavelets(settings, fired, time, tell))
    collect.stop_if_any()
    shots = make_shots(settings, fired[0] or fired[1], placed, wavelets, receivers)
    scheme = scheme_of(settings, dtype)
    waves = choose_physics(settings, relaxation_of(settings, sources))
    for name in inverted_levels(settings):
        model[name] = levels.pop(name)
    setup = Setup(settings, grid, time, scheme, shots, kind, model, waves, levels, workflow, corners)
    _check_geometry(setup, collect)
    _check_resolution(setup, collect)
    _check_material(setup, collect)
    collect.stop_if_any()
    return replace(setup, warnings=tuple(collect.warnings))


class _Collector:
    """Gathers problems and warnings of independent checks."""

    def __init__(self, warnings: list[str]) -> None:
        self.warnings = warnings
        self._problems: list[str] = []
        self._only_data = True

    def run(self, action: Callable[[], Any]) -> Any:
        """The result of an action, or None and its problem noted."""
        try:
            return action()
        except ParameterError as error:
            self._problems += error.problems
            self._only_data = False
        except DataError as error:
            self._problems += str(error).splitlines()
        return None

    def add(self, finding: checks.Finding) -> None:
        """A finding of the parameter checks."""
        if finding.severity != "error":
            self.warnings.append(finding.message)
            return
        self._problems.append(finding.message)
        self._only_data &= finding.data

    def problems(self, texts: Iterable[str]) -> None:
        """Problems with the parameters."""
        for text in texts:
            self._problems.append(text)
            self._only_data = False

    def stop_if_any(self) -> None:
        """Raise everything found so far: DataError if only files are at fault, else ParameterError."""
        if not self._problems:
            return
        error: DeniseError = ParameterError(self._problems)
        if self._only_data:
            error = DataError("\n".join(self._problems))
        raise error


def _workflow(settings: Settings, collect: _Collector) -> tuple[WorkflowLine, ...]:
    if not settings.inversion.workflow_file:
        return ()
    lines = read_workflow(settings.inversion.workflow_file)
    for finding in checks.check_stages(settings, lines):
        collect.add(finding)
    return lines


def _corners(settings: Settings, collect: _Collector) -> tuple[float, ...]:
    """Low-pass corners of FREQ_FILE, if it is used."""
    if not settings.filter.frequency_file:
        return ()
    corners = read_frequencies(settings.filter.frequency_file)
    for finding in checks.check_corners(settings, corners):
        collect.add(finding)
    return corners


def scheme_of(settings: Settings, dtype: Any = np.float32) -> Scheme:
    """The numerics of a run."""
    b = settings.boundary
    layer = LayerParameters(b.width, b.velocity, b.frequency, b.power, b.k_max)
    return Scheme(
        stencil(settings.fd.order, settings.fd.max_relative_error),
        layer,
        b.free_surface,
        b.periodic,
        dtype,
        b.one_sided_surface,
    )


def _check_geometry(setup: Setup, collect: _Collector) -> None:
    b = setup.settings.boundary
    if setup.settings.batches.joined:
        _check_spread(setup, collect)
    if setup.settings.fd.sub_grid and b.free_surface:
        collect.problems(above_surface(setup.shots, setup.grid))
    places = {"free_surface": b.free_surface, "periodic": b.periodic}
    nodes = np.array([node for shot in setup.shots for node in shot.nodes])
    sources = dict(places)
    if setup.settings.sources.kind == PLANE_WAVE:  # its row crosses the frames at the sides
        sources["periodic"] = True
    collect.warnings += frame_warnings(nodes, setup.grid, b.width, what="sources", **sources)
    spreads = distinct_receivers(shot.receivers for shot in setup.shots)
    what = "receivers" if len(spreads) == 1 else "receivers of all shots"
    nodes = all_receiver_nodes(setup.shots)
    collect.warnings += frame_warnings(nodes, setup.grid, b.width, what=what, **places)
    collect.warnings += [warning for one in spreads for warning in one.warnings]


def _check_spread(setup: Setup, collect: _Collector) -> None:
    """Shots that are joined to one simulation share their receivers."""
    number = different_spread(setup.shots)
    if number is not None:
        joined, key = setup.settings.show("batches.joined"), setup.settings.show("receivers.kind")
        text = f"{joined} joins shots that have all receivers in common, but those of shot {number} are not"
        collect.problems(
            [f"{text} those of shot 1 ({key}); set it to 0, BATCH_SHOTS takes fewer shots as well"]
        )


def _check_material(setup: Setup, collect: _Collector) -> None:
    """Sources must sit where waves can start; receivers elsewhere record nothing."""
    medium = setup.medium
    for physics in setup.physics:
        empty = medium.mu <= 0 if physics.wave == "sh" else medium.void
        what = "fluid or void, which has no SH waves" if physics.wave == "sh" else "void (vp = vs = 0)"
        for shot in setup.shots:
            for source, (i, j) in zip(shot.sources, shot.nodes, strict=True):
                if empty[j - 1, i - 1]:
                    place = f"x = {source.x:g} m, y = {source.y:g} m"
                    collect.problems([f"{source.origin}: the source at {place} lies in {what}"])
        nodes = all_receiver_nodes(setup.shots)
        silent = np.count_nonzero(empty[nodes[:, 1] - 1, nodes[:, 0] - 1])
        if silent:
            text = f"{silent} of {len(nodes)} receivers lie in {what}: their traces are zero"
            collect.warnings.append(text)


def _check_resolution(setup: Setup, collect: _Collector) -> None:
    medium = setup.medium
    collect.problems(sorted({wave.problem(medium) for wave in setup.physics} - {""}))
    found = setup.resolution(medium)
    problem = stability_problem(found, setup.grid, setup.time, setup.scheme.stencil.order)
    if problem:
        collect.problems([problem])
    warning = dispersion_warning(found, setup.grid)
    if warning:
        collect.warnings.append(warning)
