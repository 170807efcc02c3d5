"""Sources, receivers and wavelets of all shots, from settings and the files they name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from denise_py.acquisition.receivers import (
    Receivers,
    find_receiver_file,
    moving_line,
    no_receivers,
    read_receiver_file,
    receiver_line,
)
from denise_py.acquisition.sources import Source, read_source_file
from denise_py.acquisition.wavelets import (
    ASCII_FILE,
    SU_FILE,
    read_wavelet_ascii,
    read_wavelet_shot,
    wavelet,
)
from denise_py.errors import DataError
from denise_py.grid import Grid, TimeAxis
from denise_py.parameters.settings import Settings

PER_SHOT = 2  # value of READREC
SHOWN_FILES = 3  # unusable files of one kind that are named

#: called with every text the user ought to know
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Shot:
    """One simulation: its number from 1, its sources and their nodes (i, j) from 1, its receivers, and per
    source the wavelet (nt,) without amplitude of P-SV or acoustic waves and that of SH waves; there are none
    of waves that are not simulated."""

    number: int
    sources: tuple[Source, ...]
    nodes: tuple[tuple[int, int], ...]
    wavelets: tuple[np.ndarray, ...]
    receivers: Receivers
    wavelets_sh: tuple[np.ndarray, ...] = ()

    @property
    def position(self) -> tuple[float, float]:
        """Coordinates (x, y) in m of the first source, which file headers carry."""
        return self.sources[0].x, self.sources[0].y


def read_sources(settings: Settings, tell: Tell) -> tuple[Source, ...]:
    """All sources of a run."""
    table = read_source_file(settings.sources.file, settings.sources.type)
    for warning in table.warnings:
        tell(warning)
    return table.sources


def by_shot(settings: Settings, items: Sequence) -> tuple[tuple, ...]:
    """What belongs to the sources, shot by shot: one source each, or all sources in one shot."""
    if settings.sources.one_by_one:
        return tuple((item,) for item in items)
    return (tuple(items),) if items else ()


# ------------------------------------------------------------------------------------------- receivers


def moves_along(settings: Settings) -> bool:
    """Whether the receivers are a streamer that moves with the source."""
    return settings.receivers.kind == PER_SHOT and settings.receivers.x1 > 0


def read_receivers(settings: Settings, grid: Grid, sources: Sequence[Source]) -> tuple[Receivers, ...]:
    """The receivers of every shot; none if nothing is recorded. Shots with equal receivers share an object.

    Raises DataError or ParameterError for receivers that cannot be placed.
    """
    chosen, shots = settings.receivers, by_shot(settings, sources)
    if settings.seismograms.kind == 0 and not settings.run.inversion:
        return (no_receivers(),) * max(len(shots), 1)
    if chosen.kind != PER_SHOT:
        return (_common_receivers(settings, grid),) * max(len(shots), 1)
    if moves_along(settings):
        side = 0 if settings.boundary.periodic else settings.boundary.width
        frame = (side, side, settings.boundary.width)
        ends = (chosen.x1, chosen.y1), (chosen.x2, chosen.y2)
        return moving_line(*ends, chosen.spacing, [shot[0].x for shot in shots], frame, grid) if shots else ()
    return _receiver_files(settings, grid, len(shots))


def _common_receivers(settings: Settings, grid: Grid) -> Receivers:
    chosen = settings.receivers
    shift = (chosen.shift_x, chosen.shift_y)
    if chosen.kind:
        return read_receiver_file(chosen.file, grid, shift)
    return receiver_line((chosen.x1, chosen.y1), (chosen.x2, chosen.y2), chosen.spacing, grid, shift)


def _receiver_files(settings: Settings, grid: Grid, shots: int) -> tuple[Receivers, ...]:
    """One file per shot. The problems of the first few files are told."""
    chosen = settings.receivers
    found, problems = [], []
    for shot in range(1, shots + 1):
        try:
            path = find_receiver_file(chosen.file, shot)
            found.append(read_receiver_file(path, grid, (chosen.shift_x, chosen.shift_y)))
        except DataError as error:
            problems.append(str(error))
    if len(problems) > SHOWN_FILES:
        problems[SHOWN_FILES:] = [f"... and {len(problems) - SHOWN_FILES} more receiver files like these"]
    if problems:
        raise DataError("\n".join(problems))
    return tuple(found)


def distinct_receivers(receivers: Iterable[Receivers]) -> tuple[Receivers, ...]:
    """Every object once, in the order of the shots."""
    return tuple({id(one): one for one in receivers}.values())


def all_receiver_nodes(shots: Sequence[Shot]) -> np.ndarray:
    """Nodes (n, 2) [i, j] of the receivers of all shots."""
    return np.concatenate([one.nodes for one in distinct_receivers(shot.receivers for shot in shots)])


# -------------------------------------------------------------------------------------------- wavelets


def read_wavelets(
    settings: Settings, sources: Sequence[Source], time: TimeAxis, tell: Tell
) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
    """The wavelets (nt,) of all sources for P-SV or acoustic waves, and for SH waves; without amplitude.

    Empty for waves that the run does not simulate. Raises DataError or ParameterError.
    """
    chosen, waves = settings.sources, settings.physics.wave_type
    in_plane = (chosen.wavelet, chosen.signal_file) if waves in (1, 3) else None
    across = (chosen.wavelet_sh, chosen.signal_file_sh) if waves in (2, 3) else None
    first, second = (
        _series(*which, settings, sources, time, tell) if which else () for which in (in_plane, across)
    )
    return first, second


def _series(
    kind: int, file: str, settings: Settings, sources: Sequence[Source], time: TimeAxis, tell: Tell
) -> tuple[np.ndarray, ...]:
    if kind == ASCII_FILE:
        samples = read_wavelet_ascii(file)
        return tuple(wavelet(kind, s.frequency, s.delay, time, samples) for s in sources)
    if kind != SU_FILE:
        return tuple(wavelet(kind, s.frequency, s.delay, time) for s in sources)
    result = []
    for number, source in enumerate(sources, start=1):
        shot = number if settings.sources.one_by_one else 1
        samples, warnings = read_wavelet_shot(file, shot, time)
        for warning in warnings:
            tell(warning)
        result.append(wavelet(kind, source.frequency, source.delay, time, samples))
    return tuple(result)


def make_shots(
    settings: Settings,
    sources: Sequence[Source],
    nodes: Sequence[tuple[int, int]],
    wavelets: tuple[Sequence[np.ndarray], Sequence[np.ndarray]],
    receivers: Sequence[Receivers],
) -> tuple[Shot, ...]:
    """The shots of a run. nodes, wavelets: per source; receivers: per shot."""
    groups = [by_shot(settings, items) for items in (sources, nodes, *wavelets)]
    in_plane, across = (group or ((),) * len(receivers) for group in groups[2:])
    rows = zip(groups[0], groups[1], in_plane, receivers, across, strict=True)
    return tuple(Shot(number, *row) for number, row in enumerate(rows, start=1))
