"""What a check says about settings, and a few quantities that follow from settings."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import numpy as np

from denise_py.parameters.models import SettingsData
from denise_py.parameters.table import key_at

Severity = Literal["error", "warning"]

MOST_STEPS: Final = 2**31 - 1
#: components of observed P-SV or acoustic data by their number
DATA_COMPONENTS: Final = MappingProxyType(
    {
        1: ("x", "y"),
        2: ("y",),
        3: ("x",),
        4: ("p",),
        5: ("x", "p"),
        6: ("y", "p"),
        7: ("x", "y", "p"),
    }
)
ROUNDING: Final = 1e-6  # times are given to single precision


@dataclass(frozen=True)
class Finding:
    """Something about the settings that stops a run ('error') or deserves attention ('warning').

    keys: the settings it depends on; data: whether a data file is to blame rather than a setting.
    """

    severity: Severity
    message: str
    keys: tuple[str, ...] = ()
    data: bool = False


Findings = Iterator[Finding]


def found(severity: Severity, message: str, *paths: str) -> Finding:
    """A finding that depends on the settings at the given places ('group.field')."""
    return Finding(severity, message, tuple(name_of(path) for path in paths))


def name_of(path: str) -> str:
    """Key of the setting at 'group.field'."""
    return key_at(path).name


def steps(settings: SettingsData) -> int:
    """Number of time steps: duration / dt in single precision, rounded to the nearest whole number."""
    return nearest_step(settings, settings.time.duration)


def nearest_step(settings: SettingsData, time: float) -> int:
    """time / dt in single precision, rounded to the nearest whole number."""
    with np.errstate(all="ignore"):
        quotient = float(np.float32(time) / np.float32(settings.time.dt))
    return math.floor(quotient + 0.5) if quotient < MOST_STEPS else MOST_STEPS + 1


def snapshot_steps(settings: SettingsData) -> range:
    """Steps, counted from 1, after which snapshots are taken: the one nearest to the first time, then every
    increment, up to the last time and the end of the run. Step 0 is not simulated; after it comes the next.
    """
    chosen, dt = settings.snapshots, settings.time.dt
    every = max(nearest_step(settings, chosen.increment), 1)
    first = nearest_step(settings, chosen.start) or every
    last = math.floor(min(chosen.end / dt * (1 + ROUNDING), MOST_STEPS))
    return range(first, min(last, steps(settings)) + 1, every)


def snapshot_shots(settings: SettingsData, shots: int) -> range:
    """Numbers of the shots, out of 1..shots, for which snapshots are written."""
    chosen = settings.snapshots
    return range(chosen.shot_start, min(chosen.shot_end, shots) + 1, chosen.shot_increment)


def snapshot_components(settings: SettingsData) -> tuple[str, ...]:
    """Wavefields that snapshots hold, a selection of vx, vy, vz, p, div, rot."""
    kind, waves = settings.snapshots.kind, settings.physics.wave_type
    if kind == 0 or waves == 2:
        return ("vz",) if kind else ()
    velocity = ("vx", "vy", "vz") if waves == 3 else ("vx", "vy")
    return {1: velocity, 2: ("p",), 3: ("div", "rot"), 4: (*velocity, "p", "div", "rot")}[kind]


def recorded_components(settings: SettingsData) -> tuple[str, ...]:
    """Components that are written as seismograms, a selection of vx, vy, vz, p, div, curl."""
    kind, waves = settings.seismograms.kind, settings.physics.wave_type
    velocity = (("vx", "vy") if waves in (1, 3) else ()) + (("vz",) if waves in (2, 3) else ())
    if waves == 2:
        return velocity if kind else ()
    rest = {2: ("p",), 3: ("div", "curl"), 4: ("p", "div", "curl"), 5: ("p",)}.get(kind, ())
    return (velocity if kind in (1, 4, 5) else ()) + rest


def data_components(settings: SettingsData) -> tuple[str, ...]:
    """Components of the observed data of an inversion, a selection of x, y, z, p."""
    waves = settings.physics.wave_type
    in_plane = DATA_COMPONENTS[settings.inversion.data_components]
    return (in_plane if waves in (1, 3) else ()) + (("z",) if waves in (2, 3) else ())


def wave_parameters(settings: SettingsData) -> tuple[str, ...]:
    """Those of vp, vs, rho that the simulated waves depend on."""
    if settings.physics.acoustic:
        return "vp", "rho"
    return ("vs", "rho") if settings.physics.wave_type == 2 else ("vp", "vs", "rho")


def inverted_levels(settings: SettingsData) -> tuple[str, ...]:
    """Those of taup and taus that an inversion looks for: the waves depend on them and their key is not 0."""
    chosen, waves = settings.inversion, settings.physics
    begins = {} if waves.wave_type == 2 else {"taup": chosen.qp_from}
    begins |= {} if waves.acoustic else {"taus": chosen.qs_from}
    viscous = settings.run.inversion and settings.attenuation.mechanisms > 0
    return tuple(name for name, begin in begins.items() if begin > 0) if viscous else ()


def model_endings(settings: SettingsData) -> tuple[str, ...]:
    """Endings of the model files that are read, in the order of the three parameters."""
    if settings.physics.acoustic:
        return ".vp", ".rho"
    if settings.model.parameterization == 3:
        return ".lam", ".mu", ".rho"
    return (".vs", ".rho") if settings.physics.wave_type == 2 else (".vp", ".vs", ".rho")
