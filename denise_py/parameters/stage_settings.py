"""The settings of a single stage: those of the run with everything that the line of the workflow changes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypeVar

from denise_py.parameters.key import Value
from denise_py.parameters.models import SettingsData
from denise_py.parameters.table import key_at
from denise_py.parameters.workflow_file import Stage

S = TypeVar("S", bound=SettingsData)

BOTH_WAVES: Final = 3
BY_WAVELENGTH: Final = 4  # number of the smoothing
FAR: Final = 1e9  # m; beyond all offsets
FAR_TRACES: Final = 1  # numbers of the mute
NEAR_TRACES: Final = 2
INSTEAD_OF_TABLE: Final = 1  # numbers of the choice by offset
TABLE_TOO: Final = 2
HAVE_LEVEL: Final = ("fdlsq", "fbd")  # methods of PARA with a water level
_WATER_LEVEL: Final = re.compile(r"(?<=:)waterlevel=[^:]*")


def stage_settings(settings: S, stage: Stage) -> S:
    """Settings in force during a stage; which parameters move is not part of them unless the stage says from
    which iteration on (vp_from, ...)."""
    values: dict[str, Value | None] = {
        "inversion.min_improvement": stage.min_improvement,
        "inversion.max_of_stage": stage.max_iterations,
        "inversion.vp_from": stage.vp_from,
        "inversion.vs_from": stage.vs_from,
        "inversion.rho_from": stage.rho_from,
        "precondition.kind": stage.precondition,
        "precondition.epsilon": stage.epsilon,
        "misfit.norm": stage.norm,
        "misfit.normalize": stage.normalize,
        "optimiser.rho_factor": stage.rho_factor,
        **_filter(settings, stage),
        **_waves(settings, stage),
        **_window(settings, stage),
        **_mute(settings, stage),
        **_wavelet(settings, stage),
        **_smoothing(stage),
    }
    return with_values(settings, {path: value for path, value in values.items() if value is not None})


def with_values(settings: S, values: Mapping[str, Value]) -> S:
    """A copy with other values, given as in a parameter file by their places 'group.field'."""
    groups: dict[str, dict[str, object]] = {}
    for path, value in values.items():
        key = key_at(path)
        stored = value == key.true_at if key.kind == "bool" else value
        groups.setdefault(key.group, {})[key.field] = stored
    changed = {name: getattr(settings, name).model_copy(update=fields) for name, fields in groups.items()}
    return settings.model_copy(update=changed)


def with_corner(settings: S, corner: float) -> S:
    """A copy whose low-pass corner is `corner` (Hz) and stays there."""
    return with_values(settings, _fixed(corner))


def _fixed(corner: float) -> dict[str, Value | None]:
    return {
        "filter.low_pass_start": corner,
        "filter.low_pass_end": corner,
        "filter.low_pass_increment": 0.0,
    }


def _filter(settings: SettingsData, stage: Stage) -> dict[str, Value | None]:
    """The line is taken literally, but only TIME_FILT in the parameter file lets a run filter at all."""
    if stage.filter_kind is None:
        return {}
    if not stage.filter_kind or not settings.filter.kind:
        return {"filter.kind": 0}
    corners = _fixed(stage.low_pass) if stage.low_pass is not None else {}
    return {"filter.kind": 1, "filter.high_pass": stage.high_pass, "filter.order": stage.order, **corners}


def _waves(settings: SettingsData, stage: Stage) -> dict[str, Value | None]:
    if settings.physics.wave_type != BOTH_WAVES:
        return {}
    return {
        "physics.wave_type": stage.wave_type,
        "joint.alpha_vs": stage.joint_vs,
        "joint.alpha_rho": stage.joint_rho,
    }


def _window(settings: SettingsData, stage: Stage) -> dict[str, Value | None]:
    on = settings.misfit.time_window if stage.time_window is None else stage.time_window
    if not on:
        return {"misfit.time_window": stage.time_window}
    lengths = (
        {}
        if settings.misfit.time_window_individual
        else {
            "misfit.time_window_minus": stage.window_minus,
            "misfit.time_window_plus": stage.window_plus,
        }
    )
    return {
        "misfit.time_window": stage.time_window,
        "misfit.time_window_damping": stage.window_damping,
    } | lengths


def _mute(settings: SettingsData, stage: Stage) -> dict[str, Value | None]:
    """Far or near traces are left out, in addition to those of a table if there is one."""
    if stage.mute is None:
        return {}
    offset = stage.mute_offset or 0.0
    bounds = {FAR_TRACES: (offset, FAR), NEAR_TRACES: (0.0, offset)}.get(stage.mute)
    return _left_out(settings, "misfit", bounds)


def _wavelet(settings: SettingsData, stage: Stage) -> dict[str, Value | None]:
    """Traces beyond an offset are left out, and the water level replaces that of PARA."""
    if not stage.estimate:
        return {"source_wavelet.estimate": stage.estimate}
    values: dict[str, Value | None] = {"source_wavelet.estimate": 1}
    if stage.wavelet_level is not None:
        values["source_wavelet.engine"] = _with_level(settings.source_wavelet.engine, stage.wavelet_level)
    if stage.wavelet_offset is not None:
        bounds = (stage.wavelet_offset, FAR) if stage.wavelet_offset > 0 else None
        values |= _left_out(settings, "source_wavelet", bounds)
        values["source_wavelet.trace_kill_offset_invert"] = 0
    return values


def _left_out(
    settings: SettingsData, group: str, bounds: tuple[float, float] | None
) -> dict[str, Value | None]:
    """Traces between two offsets are left out, or none by their offset; a table stays in force."""
    given = getattr(settings, group)
    table = given.trace_kill and given.trace_kill_offset in (0, TABLE_TOO)
    if bounds is None:
        return {f"{group}.trace_kill": int(table), f"{group}.trace_kill_offset": 0}
    return {
        f"{group}.trace_kill": 1,
        f"{group}.trace_kill_offset": TABLE_TOO if table else INSTEAD_OF_TABLE,
        f"{group}.trace_kill_offset_lower": bounds[0],
        f"{group}.trace_kill_offset_upper": bounds[1],
    }


def _with_level(engine: str, level: float) -> str:
    """PARA with another water level, if its method has one."""
    if engine.split(":")[0] not in HAVE_LEVEL:
        return engine
    if _WATER_LEVEL.search(engine):
        return _WATER_LEVEL.sub(f"waterlevel={level:g}", engine)
    return f"{engine}:waterlevel={level:g}"


def _smoothing(stage: Stage) -> dict[str, Value | None]:
    if stage.smoothing != BY_WAVELENGTH:
        return {"smoothing.spatial": stage.smoothing}
    return {
        "smoothing.spatial": stage.smoothing,
        "smoothing.wavelengths_x": stage.smoothing_x,
        "smoothing.wavelengths_y": stage.smoothing_y,
    }
