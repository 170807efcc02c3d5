"""Findings about settings that single keys cannot show: relations between keys.

`check` needs nothing but the settings. `check_shots`, `check_stages` and `check_files` are for the driver,
which knows the sources and the workflow. A finding names the keys it depends on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from denise_py.errors import ParameterError
from denise_py.parameters.file_checks import check_files
from denise_py.parameters.finding import (
    MOST_STEPS,
    Finding,
    Findings,
    found,
    inverted_levels,
    name_of,
    nearest_step,
    recorded_components,
    snapshot_steps,
    steps,
    wave_parameters,
)
from denise_py.parameters.models import SettingsData
from denise_py.parameters.stage_settings import stage_settings
from denise_py.parameters.table import TABLE
from denise_py.parameters.wavelet_engine import engine_remarks, parse_engine
from denise_py.parameters.workflow_columns import title_of
from denise_py.parameters.workflow_file import Stage

__all__ = ["Finding", "check", "check_corners", "check_files", "check_shots", "check_stages"]

WITH_HEADERS: Final[Mapping[int, str]] = MappingProxyType({1: "SU", 4: "SEG-Y"})  # formats of seismograms
MOST_SAMPLES: Final = 65535
LONGEST_INTERVAL: Final = 65535  # microseconds
THIN_FRAME: Final = 10  # grid points; thinner frames reflect noticeably
ONE_SIDED_ROWS: Final = 8  # the one-sided operators reach five rows down
FRAME_CYCLES_PER_STEP: Final = 5  # beyond, the frequency shift of the frame makes the simulation unstable
LARGEST_VELOCITY: Final = 1e5  # m/s; a larger limit was meant for a modulus
WAVELET_FROM_FILE: Final = (3, 7)
SH_ONLY: Final = 2  # number of the wave type
BOTH_WAVES: Final = 3
ADAM: Final = 3  # number of the optimisation method
GAUSS_NEWTON: Final = 5
NOT_OF_SH: Final = (2, 3, 4)  # seismograms that SH waves do not have
LIST: Final = 2  # number of the filter with corners from a file
SMOOTHING_ALONG_X: Final = 1
SMOOTHING_IN_WAVELENGTHS: Final = 4
LAME: Final = 3  # number of the parameterisation
_ONE_BY_ONE: Final = "does not simulate shots one by one"


def check(settings: SettingsData) -> list[Finding]:
    """Relations between the settings, without looking at any file."""
    rules = (
        _blocks,
        _frame,
        _surface,
        _seismograms,
        _snapshots,
        _coarser_grid,
        _kind_of_run,
        _gauss_newton,
        _adam,
        _batches,
        _source_wavelet,
        _filter,
        _inversion,
        _misfit,
        _edges,
        _source_taper,
        _smoothing,
        _limits,
        _wolfe,
    )
    findings = list(_time_axis(settings))
    if findings:  # whatever follows from a wrong number of steps says nothing new
        wrong = findings[0].keys
        return findings + [f for rule in rules for f in rule(settings) if not set(wrong) <= set(f.keys)]
    return [finding for rule in rules for finding in rule(settings)]


def check_shots(settings: SettingsData, shots: int) -> list[Finding]:
    """Whether the test shots, those with snapshots and those of a batch exist among the shots 1..shots of the
    source file."""
    tested = list(_test_shots(settings, shots)) if settings.run.inversion else []
    return [*tested, *_snapshot_shots(settings, shots), *_batch_size(settings, shots)]


def check_stages(settings: SettingsData, stages: Sequence[Stage]) -> list[Finding]:
    """Whether the stages of a workflow fit the settings."""
    return [finding for stage in stages for finding in _stage(settings, stage)]


def check_corners(settings: SettingsData, corners: Sequence[float]) -> list[Finding]:
    """Whether the low-pass corners (Hz) of a frequency file fit the settings."""
    return [finding for corner in corners for finding in _corner(settings, corner)]


# --------------------------------------------------------------------------- grid and time axis


def _blocks(s: SettingsData) -> Findings:
    order = s.fd.order
    for points, blocks, path, size in (
        (s.grid.nx, s.domain.nprocx, "domain.nprocx", "grid.nx"),
        (s.grid.ny, s.domain.nprocy, "domain.nprocy", "grid.ny"),
    ):
        paths = (path, size, "fd.order")
        if points < order:
            text = f"{s.show(size)} is less than the difference operator needs ({s.show('fd.order')})"
            yield found("error", f"{text}; take at least {order} points", *paths)
        elif points // blocks < order:
            text = f"{s.show(path)} with {s.show(size)} makes blocks of {points // blocks} points"
            text += f", but {s.show('fd.order')} needs {order}"
            yield found("error", f"{text}; set {name_of(path)} to at most {points // order}", *paths)
    for path, size in (("run.output_every_x", "grid.nx"), ("run.output_every_y", "grid.ny")):
        if s.at(path) > s.at(size):
            yield found("error", f"{s.show(path)} must not exceed {s.show(size)}", path, size)


def _frame(s: SettingsData) -> Findings:
    width = s.boundary.width
    if not s.boundary.periodic and s.grid.nx <= 2 * width:
        yield found(
            "error",
            f"{s.show('boundary.width')} on both sides leaves nothing of {s.show('grid.nx')};"
            f" widen the grid or take a thinner frame",
            "boundary.width",
            "grid.nx",
            "boundary.periodic",
        )
    frames = width if s.boundary.free_surface else 2 * width
    if s.grid.ny <= frames:
        where = "at the bottom" if s.boundary.free_surface else "on top and bottom"
        yield found(
            "error",
            f"{s.show('boundary.width')} {where} leaves nothing of {s.show('grid.ny')};"
            f" deepen the grid or take a thinner frame",
            "boundary.width",
            "grid.ny",
            "boundary.free_surface",
        )
    if width and s.boundary.frequency * s.time.dt > FRAME_CYCLES_PER_STEP:
        text = f"{s.show('boundary.frequency')} Hz is absurdly high for {s.show('time.dt')}; take the centre"
        yield found("error", f"{text} frequency of the source signal", "boundary.frequency", "time.dt")
    if width < THIN_FRAME:
        effect = "a thin frame reflects waves" if width else "without a frame all waves are reflected"
        text = f"{s.show('boundary.width')}: {effect}; {THIN_FRAME} to 20 points are usual"
        yield found("warning", text, "boundary.width")


def _time_axis(s: SettingsData) -> Findings:
    number = steps(s)
    if 1 <= number <= MOST_STEPS:
        return
    count = "no time step" if number < 1 else "too many time steps"
    text = f"{s.show('time.duration')} with {s.show('time.dt')} makes {count}"
    yield found("error", text, "time.duration", "time.dt")


# ------------------------------------------------------------------------------------------ output


def _seismograms(s: SettingsData) -> Findings:
    if s.seismograms.kind == 0:
        if not s.run.inversion and s.snapshots.kind == 0:
            text = f"{s.show('seismograms.kind')} and {s.show('snapshots.kind')}: the run records nothing"
            yield found("warning", text, "seismograms.kind", "snapshots.kind", "run.inversion")
        return
    if s.physics.wave_type == SH_ONLY and s.seismograms.kind in NOT_OF_SH:
        waves = f"SH waves ({s.show('physics.wave_type')})"
        text = f"{s.show('seismograms.kind')}: {waves} have neither pressure nor divergence nor curl;"
        text += " their velocity is written"
        yield found("warning", text, "seismograms.kind", "physics.wave_type")
    paths = ("time.duration", "time.dt", "seismograms.every")
    samples = steps(s) // s.seismograms.every
    if samples < 1:
        text = f"{s.show('seismograms.every')} exceeds the number of time steps ({steps(s)})"
        yield found("error", f"{text}; no sample would be written", *paths)
    if s.seismograms.format in WITH_HEADERS:
        yield from _header_limits(s, samples)
    yield from _seismogram_names(s)


def _surface(s: SettingsData) -> Findings:
    if not s.boundary.one_sided_surface:
        return
    scheme = s.show("boundary.one_sided_surface")
    if s.physics.acoustic or s.physics.wave_type != 1:
        waves = s.show("physics.acoustic") if s.physics.acoustic else s.show("physics.wave_type")
        text = f"{scheme} is for P-SV waves only, found {waves}; take the images (0)"
        yield found("error", text, "boundary.one_sided_surface", "physics.acoustic", "physics.wave_type")
    if (s.fd.order, s.fd.max_relative_error) != (4, 0):
        text = f"{scheme} goes with operators of order 4 by Taylor only, found {s.show('fd.order')} and"
        advice = "set them to 4 and 0, or take the images (0)"
        paths = ("boundary.one_sided_surface", "fd.order", "fd.max_relative_error")
        yield found("error", f"{text} {s.show('fd.max_relative_error')}; {advice}", *paths)
    if s.grid.ny // s.domain.nprocy < ONE_SIDED_ROWS:
        text = f"{scheme} needs blocks of at least {ONE_SIDED_ROWS} rows; lower {s.show('domain.nprocy')}"
        yield found("error", text, "boundary.one_sided_surface", "domain.nprocy")


def _header_limits(s: SettingsData, samples: int) -> Findings:
    kind = WITH_HEADERS[s.seismograms.format]
    paths = ("time.duration", "time.dt", "seismograms.every", "seismograms.format")
    if samples > MOST_SAMPLES:
        fitting = math.ceil(steps(s) / MOST_SAMPLES)
        text = f"{samples} samples per trace do not fit into {kind} files (at most {MOST_SAMPLES})"
        yield found("error", f"{text}; set {name_of('seismograms.every')} to {fitting} or more", *paths)
    interval = s.seismograms.every * s.time.dt * 1e6
    stored = round(interval)
    text = f"the sampling interval of {interval:g} microseconds ({s.show('time.dt')} times"
    text += f" {s.show('seismograms.every')}) does not fit into"
    if not 1 <= stored <= LONGEST_INTERVAL:
        allowed = f"{kind} files, whose headers hold 1 to {LONGEST_INTERVAL}"
        advice = f"change {name_of('seismograms.every')} or take {name_of('seismograms.format')} 3"
        yield found("error", f"{text} {allowed}; {advice}", *paths)
    elif abs(interval - stored) > 1e-6 * interval:
        yield found("warning", f"{text} the whole microseconds of {kind} headers", *paths)


def _seismogram_names(s: SettingsData) -> Findings:
    if s.seismograms.prefix:
        return
    names = [f"seismograms.files.{component}" for component in recorded_components(s)]
    paths = ("seismograms.kind", "seismograms.prefix", "physics.wave_type", *names)
    missing = [name_of(path) for path in names if path.rsplit(".", 1)[1] not in s.seismograms.files]
    if missing:
        text = f"{s.show('seismograms.kind')} needs {name_of('seismograms.prefix')}"
        yield found("error", f"{text} (or, as in older files, {', '.join(missing)})", *paths)
    given: dict[str, str] = {}
    for component, file in s.seismograms.files.items():
        path = f"seismograms.files.{component}"
        if file in given:
            text = (
                f"{name_of(given[file])} and {name_of(path)} both are {file}; one would overwrite the other"
            )
            yield found("error", text, given[file], path)
        given.setdefault(file, path)


def _coarser_grid(s: SettingsData) -> Findings:
    if s.fd.adapt and s.snapshots.kind:
        text = (
            f"{s.show('fd.adapt')} with {s.show('snapshots.kind')}: there are no snapshots on coarser grids"
        )
        yield found("error", f"{text}; take one of the two", "fd.adapt", "snapshots.kind")


def _snapshots(s: SettingsData) -> Findings:
    if s.snapshots.kind == 0:
        return
    wrong = False
    for first, last in (("snapshots.start", "snapshots.end"), ("snapshots.shot_start", "snapshots.shot_end")):
        if s.at(last) < s.at(first):
            wrong = True
            yield found("error", f"{s.show(last)} must not be less than {s.show(first)}", first, last)
    if nearest_step(s, s.snapshots.increment) < 1:
        text = f"{s.show('snapshots.increment')} is less than half a time step ({s.show('time.dt')})"
        yield found("error", f"{text}; take at least one step", "snapshots.increment", "time.dt")
    elif not wrong:
        yield from _snapshot_times(s)
    if s.physics.wave_type == 2 and s.snapshots.kind in (2, 3):
        text = f"{s.show('snapshots.kind')} with {s.show('physics.wave_type')}: SH waves have no pressure and"
        text += " no divergence; the particle velocity is written instead"
        yield found("warning", text, "snapshots.kind", "physics.wave_type")
    if s.run.inversion:
        text = f"{s.show('snapshots.kind')} in an inversion: every gradient overwrites the snapshots"
        yield found("warning", f"{text}; those of the last one remain", "snapshots.kind", "run.inversion")


def _snapshot_times(s: SettingsData) -> Findings:
    paths = ("snapshots.start", "snapshots.end", "snapshots.increment", "time.duration", "time.dt")
    times = f"{s.show('snapshots.start')}, {s.show('snapshots.end')}, {s.show('snapshots.increment')}"
    if nearest_step(s, s.snapshots.start) > steps(s):
        text = f"{s.show('snapshots.start')} is after the end of the run ({s.show('time.duration')})"
        yield found("error", f"{text}; no snapshot would be taken", *paths)
    elif not snapshot_steps(s):
        yield found("error", f"{times}: no time step ({s.show('time.dt')}) is due for a snapshot", *paths)
    elif nearest_step(s, s.snapshots.end) > steps(s):
        text = f"{s.show('snapshots.end')} is after the end of the run ({s.show('time.duration')})"
        yield found("warning", f"{text}; {len(snapshot_steps(s))} snapshots are taken", *paths)


# --------------------------------------------------------------------------------- kind of run


def _kind_of_run(s: SettingsData) -> Findings:
    if s.receivers.array > 0 and s.receivers.kind != 0:
        text = f"{s.show('receivers.array')} needs {name_of('receivers.kind')} = 0"
        yield found("error", text, "receivers.array", "receivers.kind")
    if not s.run.inversion:
        return
    if s.physics.wave_type == BOTH_WAVES and s.joint.alpha_rho != s.joint.alpha_vs:
        text = f"{s.show('joint.alpha_rho')} differs from {s.show('joint.alpha_vs')}: one misfit has one"
        text += f" weight, that of {name_of('joint.alpha_vs')} is taken"
        yield found("warning", text, "joint.alpha_vs", "joint.alpha_rho", "physics.wave_type")
    if s.sources.kind == 1 and not s.sources.one_by_one:
        text = f"an inversion ({s.show('run.inversion')}) needs one shot per source;"
        yield found(
            "error",
            f"{text} {s.show('sources.one_by_one')} must be 1",
            "run.inversion",
            "sources.one_by_one",
        )


def _gauss_newton(s: SettingsData) -> Findings:
    """What a linearised simulation can serve."""
    if not s.run.inversion or s.optimiser.method != GAUSS_NEWTON:
        return
    method = s.show("optimiser.method")
    for path, allowed, remedy in (
        ("misfit.norm", 2, "2"),
        ("misfit.normalize", 0, "0"),
        ("attenuation.mechanisms", 0, "0"),
    ):
        if s.at(path) != allowed:
            text = f"{method} (Gauss-Newton) goes with {name_of(path)} = {remedy} only, found {s.show(path)};"
            yield found("error", f"{text} take L-BFGS (2)", "optimiser.method", path)


def _adam(s: SettingsData) -> Findings:
    """What has no effect on steps that every point of the grid scales for itself."""
    if s.run.inversion and s.optimiser.method == ADAM and s.precondition.kind:
        text = (
            f"{s.show('precondition.kind')} with {s.show('optimiser.method')}: Adam scales every point by its"
        )
        text += " own gradients, which takes the weight out again"
        yield found("warning", text, "precondition.kind", "optimiser.method")


def _batches(s: SettingsData) -> Findings:
    """What compares iterations that see different data."""
    on = "batches.joined" if s.batches.joined else "batches.shots"
    if not (s.run.inversion and s.at(on)):
        return
    if s.batches.joined:
        yield from _encoding(s, on)
    if s.optimiser.method == GAUSS_NEWTON:
        text = (
            f"{s.show('optimiser.method')} (Gauss-Newton) does not go with {s.show(on)}: its matrix would be"
        )
        yield found("error", f"{text} that of a sample; take L-BFGS (2) or Adam (3)", on, "optimiser.method")
    if s.inversion.test_shot_start:
        text = f"{s.show('inversion.test_shot_start')} does not go with {s.show(on)}: searches look at the"
        yield found("error", f"{text} sample; leave it out", on, "inversion.test_shot_start")


def _encoding(s: SettingsData, on: str) -> Findings:
    """What asks for single shots or is not linear in the traces."""
    for path, allowed, why in (
        ("batches.shots", 0, "takes all shots already"),
        ("misfit.norm", 2, "needs a misfit whose cross-talk has the mean zero"),
        ("misfit.normalize", 0, _ONE_BY_ONE),
        ("misfit.time_window", 0, _ONE_BY_ONE),
        ("misfit.trace_kill", 0, _ONE_BY_ONE),
        ("misfit.trace_kill_offset", 0, _ONE_BY_ONE),
        ("source_wavelet.estimate", 0, _ONE_BY_ONE),
        ("tapers.file_per_shot", 0, _ONE_BY_ONE),
        ("seismograms.kind", 0, _ONE_BY_ONE),
        ("snapshots.kind", 0, _ONE_BY_ONE),
    ):
        if s.at(path) != allowed:
            text = f"{s.show(on)} {why} and goes with {name_of(path)} = {allowed} only, found {s.show(path)}"
            yield found("error", text, on, path)
    if s.batches.shift >= s.time.duration:
        text = f"{s.show('batches.shift')} must be less than {s.show('time.duration')}"
        yield found("error", text, "batches.shift", "time.duration")


def _source_wavelet(s: SettingsData) -> Findings:
    """Estimated wavelets are written under the name of the file that a given one would be read from."""
    on = "source_wavelet.estimate"
    if not s.at(on):
        return
    waves = s.physics.wave_type
    for path, used in (("sources.wavelet", waves != SH_ONLY), ("sources.wavelet_sh", waves != 1)):
        if used and s.at(path) in WAVELET_FROM_FILE:
            text = f"{s.show(on)} is not possible with {s.show(path)}; choose a computed wavelet"
            yield found("error", text, on, path)
    files = ("sources.signal_file", "sources.signal_file_sh")
    if waves == BOTH_WAVES and s.at(files[0]) == s.at(files[1]):
        yield found("error", f"{s.show(files[0])} and {s.show(files[1])} must not be the same", *files)
    if s.source_wavelet.trace_kill_offset:
        lower, upper = (f"source_wavelet.trace_kill_offset_{end}" for end in ("lower", "upper"))
        if s.at(upper) <= s.at(lower):
            yield found("error", f"{s.show(upper)} must be greater than {s.show(lower)}", lower, upper)
    yield from _engine(s, "source_wavelet.engine")


def _engine(s: SettingsData, path: str) -> Findings:
    try:
        engine = parse_engine(str(s.at(path)))
    except ParameterError as error:
        for problem in error.problems:
            yield found("error", problem, path)
        return
    for remark in engine_remarks(str(s.at(path))):
        yield found("warning", remark, path)
    if abs(engine.shift) >= s.time.duration:
        text = f"{s.show(path)}: tshift must be shorter than the traces ({s.show('time.duration')} s)"
        yield found("error", text, path, "time.duration")


def _inversion(s: SettingsData) -> Findings:
    if not s.run.inversion:
        return
    if s.inversion.sampling >= steps(s):
        text = f"{s.show('inversion.sampling')} must be less than the number of time steps ({steps(s)})"
        yield found("error", text, "inversion.sampling", "time.duration", "time.dt")
    if 0 < s.inversion.max_of_stage < s.inversion.min_iterations:
        text = f"{s.show('inversion.max_of_stage')} ends a stage before {s.show('inversion.min_iterations')}"
        yield found("warning", text, "inversion.max_of_stage", "inversion.min_iterations")
    if s.inversion.storage == "full" and s.inversion.sampling > 1:
        text = f"{s.show('inversion.storage')} keeps every time step"
        text += f": {s.show('inversion.sampling')} is not used"
        yield found("warning", text, "inversion.storage", "inversion.sampling")
    if steps(s) > MOST_SAMPLES:
        text = f"{s.show('time.duration')} with {s.show('time.dt')} makes {steps(s)} samples"
        text += f"; observed data are SU or SEG-Y files, which hold at most {MOST_SAMPLES}"
        yield found("error", text, "time.duration", "time.dt")
    first, last = "inversion.test_shot_start", "inversion.test_shot_end"
    if s.inversion.test_shot_end < s.inversion.test_shot_start:
        yield found("error", f"{s.show(last)} must not be less than {s.show(first)}", first, last)
    starts = _start_paths(s)
    iterations = s.inversion.max_iterations
    if not s.inversion.use_workflow and all(s.at(path) > iterations for path in starts):
        listed = ", ".join(s.show(path) for path in starts)
        text = f"{listed}: no parameter would change within {s.show('inversion.max_iterations')}"
        yield found("error", text, *starts, "inversion.max_iterations", "inversion.use_workflow")
    per_shot = "precondition.per_shot_sh" if s.physics.wave_type == SH_ONLY else "precondition.per_shot"
    if s.precondition.kind and s.at(per_shot) and s.precondition.iteration > 0:
        text = f"{s.show(per_shot)} does not go with {s.show('precondition.iteration')}"
        yield found("error", f"{text}; set one of them to 0", per_shot, "precondition.iteration")
    if s.precondition.iteration > iterations:
        text = f"{s.show('precondition.iteration')} is after the last iteration ({iterations}): no weight"
        yield found("warning", f"{text} is used", "precondition.iteration", "inversion.max_iterations")
    if s.precondition.kind and s.precondition.epsilon == 0:
        text = f"{s.show('precondition.epsilon')} divides by zero where there is no energy; 0.005 is usual"
        yield found("warning", text, "precondition.epsilon", "precondition.kind")


def _start_paths(s: SettingsData) -> tuple[str, ...]:
    """Settings of the first iteration of every parameter that the waves depend on."""
    levels = tuple(f"inversion.q{name[-1]}_from" for name in inverted_levels(s))
    return tuple(f"inversion.{name}_from" for name in wave_parameters(s)) + levels


def _test_shots(s: SettingsData, shots: int) -> Findings:
    for path in ("inversion.test_shot_start", "inversion.test_shot_end"):
        if s.at(path) > shots:
            text = f"{s.show(path)}, but there are only {shots} shots in {s.show('sources.file')}"
            yield found("error", text, path, "sources.file")


def _batch_size(s: SettingsData, shots: int) -> Findings:
    for path in ("batches.shots", "batches.joined"):
        if s.run.inversion and s.at(path) > shots:
            text = f"{s.show(path)}, but there are only {shots} shots in {s.show('sources.file')}"
            yield found("error", f"{text}; 0 simulates all of them", path, "sources.file")


def _snapshot_shots(s: SettingsData, shots: int) -> Findings:
    if s.snapshots.kind and s.snapshots.shot_start > shots:
        one = "there is only shot 1" if shots == 1 else f"there are only {shots} shots"
        text = f"{s.show('snapshots.shot_start')}, but {one}; no snapshot would be taken"
        yield found("error", text, "snapshots.shot_start", "sources.file")


# -------------------------------------------------------------------------------------- filter


def _filter(s: SettingsData) -> Findings:
    if not s.run.inversion or not (s.filter.kind or s.inversion.use_workflow):
        return
    if s.filter.order % 2:
        yield found("error", f"{s.show('filter.order')} must be even", "filter.order")
    for path in ("filter.low_pass_start", "filter.low_pass_end", "filter.high_pass"):
        yield from _nyquist(s, s.at(path), s.show(path), path)
    if s.filter.kind == 1 and not s.inversion.use_workflow:
        yield from _rising_corner(s)
    if s.filter.kind == LIST and s.inversion.use_workflow:
        text = f"{s.show('filter.kind')} does not go with {s.show('inversion.use_workflow')}, whose stages"
        text += " have corners of their own; set it to 1"
        yield found("error", text, "filter.kind", "inversion.use_workflow")
    if s.filter.write_data and not s.seismograms.kind:
        text = f"{s.show('filter.write_data')} writes beside the seismograms, but"
        text += f" {s.show('seismograms.kind')}; set it to 1, or do not write the data"
        yield found("error", text, "filter.write_data", "seismograms.kind")


def _nyquist(s: SettingsData, corner: float, shown: str, *paths: str) -> Findings:
    limit = 0.5 / s.time.dt
    if corner >= limit:
        text = f"{shown} Hz must be below the Nyquist frequency {limit:g} Hz ({s.show('time.dt')})"
        yield found("error", text, "time.dt", *paths)


def _corner(s: SettingsData, corner: float) -> Findings:
    path = "filter.frequency_file"
    where = f"{s.show(path)}: the corner {corner:g} Hz"
    yield from _nyquist(s, corner, f"{s.show(path)}: {corner:g}", path)
    if corner <= s.filter.high_pass:
        text = f"{where} must be greater than {s.show('filter.high_pass')}, or nothing passes"
        yield found("error", text, path, "filter.high_pass")


def _misfit(s: SettingsData) -> Findings:
    if not s.run.inversion:
        return
    chosen = s.misfit
    if chosen.phase_last:
        first, last, number = "misfit.phase_first", "misfit.phase_last", "misfit.phase_number"
        if chosen.phase_last < chosen.phase_first:
            yield found("error", f"{s.show(last)} must not be less than {s.show(first)}", first, last)
        elif not chosen.phase_number and not _lines(s):
            text = f"{s.show(first)} and {s.show(last)}: no multiple of 1 / {s.show('time.duration')} Hz lies"
            text += f" in between; widen the band or set {name_of(number)}"
            yield found("error", text, first, last, number, "time.duration")
        yield from _nyquist(s, chosen.phase_last, s.show(last), last)
    if chosen.trace_kill_offset and chosen.trace_kill_offset_upper <= chosen.trace_kill_offset_lower:
        lower, upper = "misfit.trace_kill_offset_lower", "misfit.trace_kill_offset_upper"
        yield found("error", f"{s.show(upper)} must be greater than {s.show(lower)}", lower, upper)


def _lines(s: SettingsData) -> bool:
    """Whether a multiple of 1 / TIME lies between the frequencies of the phase misfit."""
    length = steps(s) * s.time.dt
    return math.floor(s.misfit.phase_last * length + 1e-6) >= max(
        math.ceil(s.misfit.phase_first * length - 1e-6), 1
    )


def _rising_corner(s: SettingsData) -> Findings:
    start, end, increment = "filter.low_pass_start", "filter.low_pass_end", "filter.low_pass_increment"
    if s.filter.low_pass_start <= 0:
        yield found("error", f"{s.show(start)} must be > 0 Hz", start)
    if s.filter.low_pass_end < s.filter.low_pass_start:
        yield found("error", f"{s.show(end)} must not be less than {s.show(start)}", start, end)
    rises = s.filter.low_pass_end > s.filter.low_pass_start
    if s.filter.low_pass_increment < 0 or (rises and s.filter.low_pass_increment == 0):
        text = f"{s.show(increment)} must be > 0 Hz to get from {s.show(start)} to {s.show(end)}"
        yield found("error", text, start, end, increment)
    if 0 < s.filter.low_pass_start <= s.filter.high_pass:
        text = f"{s.show('filter.high_pass')} must be less than {s.show(start)}, or nothing passes"
        yield found("error", text, "filter.high_pass", start)


# ---------------------------------------------------------------------------------- tapers, limits


def _edges(s: SettingsData) -> Findings:
    if s.tapers.vertical:
        yield from _edge_order(s, (0, 1, 2, 3), "grid.nx")
    if s.tapers.horizontal:
        yield from _edge_order(s, (0, 1), "grid.ny")


def _edge_order(s: SettingsData, parts: tuple[int, ...], size: str) -> Findings:
    """Edges must increase (the second may equal the third) and lie within the grid."""
    paths = [f"tapers.edges.{part}" for part in parts]
    edges = [s.tapers.edges[part] for part in parts]
    if any(
        left > right or (left == right and part != 1) for part, (left, right) in enumerate(pairwise(edges))
    ):
        yield found("error", f"{', '.join(s.show(path) for path in paths)} must increase", *paths)
    elif edges[-1] > s.at(size):
        yield found("error", f"{s.show(paths[-1])} lies outside the grid ({s.show(size)})", paths[-1], size)


def _source_taper(s: SettingsData) -> Findings:
    if (s.tapers.sources or s.tapers.per_shot) and s.tapers.core * s.grid.dh >= s.tapers.radius:
        text = (
            f"{s.show('tapers.core')} points zero more than the taper with {s.show('tapers.radius')} m covers"
        )
        yield found("warning", text, "tapers.core", "tapers.radius", "grid.dh")


def _smoothing(s: SettingsData) -> Findings:
    """Smoothing that is switched on and does nothing."""
    chosen, nothing = s.smoothing, "nothing is filtered"
    if chosen.spatial == SMOOTHING_ALONG_X and chosen.spatial_first_row > s.grid.ny:
        text = f"{s.show('smoothing.spatial_first_row')} lies below the grid ({s.show('grid.ny')})"
        yield found("warning", f"{text}: {nothing}", "smoothing.spatial_first_row", "grid.ny")
    if chosen.spatial == SMOOTHING_IN_WAVELENGTHS and not (chosen.wavelengths_x or chosen.wavelengths_y):
        paths = ("smoothing.wavelengths_x", "smoothing.wavelengths_y")
        text = f"{' and '.join(s.show(path) for path in paths)}: {nothing}"
        yield found("warning", text, *paths, "smoothing.spatial")
    by_wavelength = chosen.gradient_wavelength and s.filter.kind
    if chosen.gradient_wavelength and not s.filter.kind:
        text = (
            f"{s.show('smoothing.gradient_wavelength')} needs a low-pass corner, but {s.show('filter.kind')}"
        )
        text += f"; {s.show('smoothing.gradient_size')} is taken"
        yield found("warning", text, "smoothing.gradient_wavelength", "filter.kind")
    for on, size in (
        (chosen.gradient and not by_wavelength, "smoothing.gradient_size"),
        (chosen.model, "smoothing.model_size"),
    ):
        if on and int(s.at(size)) <= 1:
            yield found("warning", f"{s.show(size)}: {nothing}; take 3 or more points", size)


def _limits(s: SettingsData) -> Findings:
    if not s.run.inversion:
        return
    for parameter in ("vp", "vs", "rho"):
        lower, upper = f"limits.{parameter}_lower", f"limits.{parameter}_upper"
        if s.at(lower) >= s.at(upper):
            yield found("error", f"{s.show(lower)} must be less than {s.show(upper)}", lower, upper)
    if s.model.parameterization == LAME:
        yield from _limits_of_moduli(s)
    ratio = s.limits.vp_vs_ratio
    if 0 < ratio <= 1:
        text = f"{s.show('limits.vp_vs_ratio')} has no effect; the ratio is enforced for values above 1"
        yield found("warning", text, "limits.vp_vs_ratio")
    if ratio > 1 and ratio * s.limits.vs_lower > s.limits.vp_upper:
        paths = ("limits.vp_vs_ratio", "limits.vs_lower", "limits.vp_upper")
        yield found("error", f"{', '.join(s.show(path) for path in paths)} contradict each other", *paths)
    percents = ("limits.vp_percent", "limits.vs_percent", "limits.rho_percent")
    if s.limits.relative and all(s.at(path) == 0 for path in percents):
        text = f"{', '.join(s.show(path) for path in percents)} with {s.show('limits.relative')}"
        yield found("error", f"{text} keep every parameter at its start value", *percents, "limits.relative")


def _limits_of_moduli(s: SettingsData) -> Findings:
    for path in ("limits.vp_upper", "limits.vs_upper"):
        if s.at(path) > LARGEST_VELOCITY:
            text = f"{s.show(path)} is a velocity in m/s here, also for {s.show('model.parameterization')}"
            yield found("warning", f"{text}; as such it limits nothing", path, "model.parameterization")


def _wolfe(s: SettingsData) -> Findings:
    if s.optimiser.wolfe and not 0 < s.optimiser.c1 < s.optimiser.c2 < 1:
        text = f"{s.show('optimiser.c1')} must be less than {s.show('optimiser.c2')}, and both less than 1"
        yield found("error", text, "optimiser.c1", "optimiser.c2", "optimiser.wolfe")


# -------------------------------------------------------------------------------------- workflow


def _stage(s: SettingsData, stage: Stage) -> Findings:
    path = "inversion.workflow_file"
    where = f"{s.show(path)}, stage {stage.number}"
    inside = stage_settings(s, stage)
    yield from _stage_parameters(inside, stage, where)
    yield from _stage_filter(s, stage, where)
    yield from _stage_switches(s, stage, where)
    if stage.wave_type is not None and s.physics.wave_type not in (BOTH_WAVES, stage.wave_type):
        text = f"{where}: WT = {stage.wave_type} has no effect because of {s.show('physics.wave_type')}"
        yield found("warning", text, path, "physics.wave_type")
    known = {finding.message for finding in check(s)}
    filtering = {key.name for key in TABLE if key.group == "filter"}
    for finding in check(inside):  # what follows from the values that the stage brings
        if finding.message not in known and filtering.isdisjoint(finding.keys):
            yield Finding(finding.severity, f"{where}: {finding.message}", (*finding.keys, name_of(path)))


def _stage_parameters(s: SettingsData, stage: Stage, where: str) -> Findings:
    """Whether anything moves. Quality factors never do; they would where viscous SH waves depend on them."""
    path, names = "inversion.workflow_file", wave_parameters(s)
    last = s.inversion.max_iterations
    flags = [getattr(stage, name) for name in names]
    starts = [getattr(stage, f"{name}_from") for name in names]
    never = all(flag == 0 for flag in flags) or all(start is not None and start > last for start in starts)
    if never:
        yield found("error", f"{where} inverts for no parameter", path)
    viscous_sh = s.attenuation.mechanisms > 0 and s.physics.wave_type != 1
    if viscous_sh and stage.qs_from is not None and stage.qs_from <= last:
        title = title_of(stage.layout, "qs_from")
        key = name_of("inversion.qs_from")
        text = f"{where}: {title} = {stage.qs_from}: {key} of the parameter file decides"
        advice = f"whether Q is inverted for; set it above {s.show('inversion.max_iterations')}"
        yield found("error", f"{text} {advice}", path)


def _stage_filter(s: SettingsData, stage: Stage, where: str) -> Findings:
    path = "inversion.workflow_file"
    if not stage.filter_kind:
        return
    if not s.filter.kind:
        text = f"{where} filters the data, but {s.show('filter.kind')}; set it to 1"
        yield found("error", text, path, "filter.kind")
    corners = {"low_pass": "filter.low_pass_start", "high_pass": "filter.high_pass"}
    shown = {
        field: s.show(place)
        if getattr(stage, field) is None
        else f"{title_of(stage.layout, field)} = {getattr(stage, field):g}"
        for field, place in corners.items()
    }
    if stage.low_pass is not None:
        yield from _nyquist(s, stage.low_pass, f"{where}: {shown['low_pass']}", path)
    high = s.filter.high_pass if stage.high_pass is None else stage.high_pass
    if stage.low_pass is not None and stage.low_pass <= high:
        text = f"{where}: {shown['low_pass']} must be greater than {shown['high_pass']}"
        yield found("error", text, path, "filter.high_pass")
    if stage.order is not None and stage.order % 2:
        yield found("error", f"{where}: {title_of(stage.layout, 'order')} = {stage.order} must be even", path)


def _stage_switches(s: SettingsData, stage: Stage, where: str) -> Findings:
    """What needs files or keys of its own must be on in the parameter file; stages may leave it out."""
    path = "inversion.workflow_file"
    for field, place in (("time_window", "misfit.time_window"), ("estimate", "source_wavelet.estimate")):
        if getattr(stage, field) and not s.at(place):
            title = title_of(stage.layout, field)
            text = f"{where}: {title} = {getattr(stage, field)}, but {s.show(place)}"
            yield found("error", f"{text}; set it to 1, the stages say when it is used", path, place)
