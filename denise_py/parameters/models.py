"""The settings of a run as frozen models, one per subject.

Units are SI; indices and steps count as in the parameter file. Names of fields are those of the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from denise_py.parameters.key import Key, Value
from denise_py.parameters.table import TABLE, key_at
from denise_py.parameters.values import show


class ComponentFiles(Mapping[str, str]):
    """Immutable mapping of a component ('vx', 'vy', 'vz', 'p', 'div', 'curl') to a file name."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, str] | Iterable[tuple[str, str]] = ()):
        self._items = tuple(dict(items).items())

    def __getitem__(self, component: str) -> str:
        return dict(self._items)[component]

    def __iter__(self) -> Iterator[str]:
        return (component for component, _ in self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items))

    def __repr__(self) -> str:
        return f"ComponentFiles({dict(self._items)})"


class Group(BaseModel):
    """Base of all subjects: frozen, no unknown fields, no silent conversion."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True)


class RunSettings(Group):
    """Kind of run and its output."""

    inversion: bool
    verbose: bool
    log: int
    log_file: str
    output_every_x: int
    output_every_y: int


class PhysicsSettings(Group):
    """Which waves are simulated."""

    acoustic: bool
    wave_type: int
    sh_on_nodes: bool


class DomainSettings(Group):
    """Number of blocks of the grid."""

    nprocx: int
    nprocy: int


class GridSettings(Group):
    """Size in grid points and spacing in m."""

    nx: int
    ny: int
    dh: float


class TimeSettings(Group):
    """Simulated time and time step in s."""

    duration: float
    dt: float


class DifferenceSettings(Group):
    """Spatial difference operator."""

    order: int
    max_relative_error: int
    sub_grid: int
    adapt: bool
    adapt_error: float
    adapt_correct: int


class ModelSettings(Group):
    """Where the model comes from and which parameters describe it."""

    read: bool
    file: str
    parameterization: int


class AttenuationSettings(Group):
    """Relaxation mechanisms; frequencies in Hz, one per mechanism."""

    mechanisms: int
    frequencies: tuple[float, ...]
    tau: float
    reference_frequency: float


class BoundarySettings(Group):
    """Free surface, periodic sides and the absorbing frame (width in grid points, m/s, Hz)."""

    free_surface: bool
    one_sided_surface: bool
    periodic: bool
    width: int
    velocity: float
    frequency: float
    power: float
    k_max: float


class SourceSettings(Group):
    """Sources and their wavelet."""

    kind: int
    file: str
    one_by_one: bool
    type: int
    wavelet: int
    wavelet_sh: int
    signal_file: str
    signal_file_sh: str
    sweep_first: float
    sweep_last: float
    sweep_length: float
    plane_wave_depth: float
    plane_wave_angle: float
    plane_wave_period: float


class ReceiverSettings(Group):
    """Receivers; coordinates in m, spacings in grid points."""

    kind: int
    file: str
    x1: float
    x2: float
    y1: float
    y2: float
    spacing: int
    shift_x: float
    shift_y: float
    array: int
    array_spacing: int
    array_depth: float
    array_distance: float


class SeismogramSettings(Group):
    """What is recorded and how it is written."""

    kind: int
    prefix: str
    files: ComponentFiles
    every: int
    format: int


class SnapshotSettings(Group):
    """Wavefield snapshots; times in s."""

    kind: int
    format: int
    start: float
    end: float
    increment: float
    file: str
    shot_start: int
    shot_end: int
    shot_increment: int


class InversionSettings(Group):
    """Course of an inversion; test_shot_start 0 means that all shots are test shots."""

    max_iterations: int
    data: str
    data_components: int
    pressure_weight: float
    misfit_log: str
    velocity: bool
    use_workflow: bool
    workflow_file: str
    test_shot_start: int
    test_shot_end: int
    test_shot_increment: int
    model_file: str
    model_first: int
    model_every: int
    gradient_file: str
    gradient_first: int
    gradient_every: int
    vp_from: int
    vs_from: int
    rho_from: int
    qp_from: int
    qs_from: int
    sampling: int
    storage: str
    memory_limit: float
    min_improvement: float
    min_iterations: int
    max_of_stage: int


class MisfitSettings(Group):
    """Which data count and how they are compared; window in s and 1/s^2, offsets in m, frequencies in Hz."""

    norm: int
    scale: float
    phase_first: float
    phase_last: float
    phase_number: int
    normalize: bool
    water_level: float
    trace_kill: bool
    trace_kill_file: str
    trace_kill_offset: int
    trace_kill_offset_lower: float
    trace_kill_offset_upper: float
    time_window: bool
    time_window_individual: bool
    picks_file: str
    time_window_plus: float
    time_window_minus: float
    time_window_damping: float
    line_source: int
    line_source_velocity: float


class FilterSettings(Group):
    """Frequency filter of an inversion; corners in Hz."""

    kind: int
    low_pass_start: float
    low_pass_end: float
    low_pass_increment: float
    high_pass: float
    order: int
    zero_phase: bool
    frequency_file: str
    write_data: bool


class SourceWaveletSettings(Group):
    """Inversion for the source wavelet."""

    estimate: bool
    engine: str
    every: int
    first: int
    taper: bool
    trace_kill: bool
    trace_kill_file: str
    trace_kill_offset: int
    trace_kill_offset_invert: bool
    trace_kill_offset_lower: float
    trace_kill_offset_upper: float
    full: bool


class PreconditionSettings(Group):
    """Energy preconditioning of the gradient."""

    kind: int
    epsilon: float
    per_shot: bool
    iteration: int
    epsilon_sh: float
    per_shot_sh: bool


class TaperSettings(Group):
    """Gradient tapers; edges in grid points (empty without edge taper), radius in m."""

    vertical: bool
    horizontal: bool
    depth_exponent: float
    edges: tuple[int, ...]
    sources: bool
    per_shot: bool
    shape: int
    radius: float
    core: int
    damping: float
    file: bool
    file_per_shot: bool
    file_name: str
    file_name_u: str
    file_name_rho: str


class SmoothingSettings(Group):
    """Smoothing of gradient and model; sizes in grid points, widths in wavelengths."""

    spatial: int
    spatial_size: int
    spatial_first_row: int
    spatial_shrink: int
    wavelengths_x: float
    wavelengths_y: float
    gradient: bool
    gradient_size: int
    gradient_wavelength: bool
    wavelength_fraction: float
    model: bool
    model_size: int


class LimitSettings(Group):
    """Limits of the model; m/s and kg/m3 (Pa for Lame parameters), changes in per cent."""

    vp_upper: float
    vp_lower: float
    vs_upper: float
    vs_lower: float
    rho_upper: float
    rho_lower: float
    qp_upper: float
    qp_lower: float
    qs_upper: float
    qs_lower: float
    vp_vs_ratio: float
    relative: bool
    vs_percent: float
    vp_percent: float
    rho_percent: float


class OptimiserSettings(Group):
    """Optimisation method and step length."""

    method: int
    formula: int
    products: int
    adam_rate: float
    adam_b1: float
    adam_b2: float
    adam_eps: float
    adam_halve: int
    history: int
    step_length_one: bool
    wolfe: bool
    wolfe_trials: int
    try_old_step: bool
    c1: float
    c2: float
    first_step: float
    step_divisor: float
    max_trials: int
    rho_factor: float
    balance: int


class BatchSettings(Group):
    """Fewer shots per iteration; shots 0: all of them; joined: simulations into which all shots are joined, 0
    if they are not; shift: longest delay in s."""

    shots: int
    choice: int
    full_every: int
    keep: int
    seed: int
    joined: int
    shift: float


class JointSettings(Group):
    """Joint inversion of P-SV and SH waves."""

    type: int
    alpha_vs: float
    alpha_rho: float
    equal_weighting: bool


class SettingsData(Group):
    """All settings of a run; `settings.Settings` adds how to make them.

    source: the file they come from (None for a mapping); warnings: what the user ought to know;
    notes: how aliases were read; unused: keys that are given without having any influence in this run.
    """

    run: RunSettings
    physics: PhysicsSettings
    domain: DomainSettings
    grid: GridSettings
    time: TimeSettings
    fd: DifferenceSettings
    model: ModelSettings
    attenuation: AttenuationSettings
    boundary: BoundarySettings
    sources: SourceSettings
    receivers: ReceiverSettings
    seismograms: SeismogramSettings
    snapshots: SnapshotSettings
    inversion: InversionSettings
    misfit: MisfitSettings
    filter: FilterSettings
    source_wavelet: SourceWaveletSettings
    precondition: PreconditionSettings
    tapers: TaperSettings
    smoothing: SmoothingSettings
    limits: LimitSettings
    optimiser: OptimiserSettings
    batches: BatchSettings
    joint: JointSettings
    source: Path | None = None
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()

    def to_mapping(self) -> dict[str, Value]:
        """Names and values that give the same settings again, defaults included."""
        values = {key.name: self.file_value(key) for key in TABLE if key.field}
        return {name: value for name, value in values.items() if value is not None and value != ""}

    def file_value(self, key: Key) -> Value | None:
        """The value of a key as it stands in a file; None if the settings do not hold it."""
        value = getattr(getattr(self, key.group), key.field)
        if isinstance(value, ComponentFiles):
            value = value.get(str(key.part))
        elif isinstance(value, tuple):
            value = value[int(key.part or 0)] if int(key.part or 0) < len(value) else None
        if isinstance(value, bool):
            return next(choice for choice in key.choices if (choice == key.true_at) == value)
        return value

    def at(self, path: str) -> Value:
        """Value of the setting at 'group.field' as it stands in a file; KeyError if there is none."""
        value = self.file_value(key_at(path))
        if value is None:
            raise KeyError(path)
        return value

    def show(self, path: str) -> str:
        """'KEY = value' of the setting at 'group.field', for messages."""
        return f"{key_at(path).name} = {show(self.at(path))}"
