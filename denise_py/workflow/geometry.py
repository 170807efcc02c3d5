"""Sources, receivers and wavelets of all shots, from settings and the files they name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from denise_py.acquisition.receivers import (
    Receivers,
    find_receiver_file,
    moving_line,
    no_receivers,
    read_receiver_file,
    receiver_array,
    receiver_line,
)
from denise_py.acquisition.sources import (
    FORCE_X,
    Source,
    place,
    plane_wave,
    plane_wave_delays,
    read_source_file,
)
from denise_py.acquisition.subgrid import ON_GRID
from denise_py.acquisition.wavelets import (
    ASCII_FILE,
    SU_FILE,
    Sweep,
    delayed,
    fit_length,
    read_wavelet_ascii,
    read_wavelet_shot,
    wavelet,
)
from denise_py.errors import DataError, ParameterError
from denise_py.grid import Grid, TimeAxis
from denise_py.medium.model import Medium
from denise_py.parameters.settings import Settings

PER_SHOT = 2  # value of READREC
PLANE_WAVE = 2  # value of SRCREC
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


def read_sources(settings: Settings, grid: Grid, tell: Tell) -> tuple[Source, ...]:
    """All sources of a run: those of the source file, or the row of a plane wave without its delays."""
    chosen = settings.sources
    if chosen.kind == PLANE_WAVE:
        wave = chosen.plane_wave_depth, chosen.plane_wave_angle, chosen.plane_wave_period
        return plane_wave(*wave, chosen.type, grid)
    table = read_source_file(chosen.file, chosen.type)
    for warning in table.warnings:
        tell(warning)
    return table.sources


def fire(
    settings: Settings, grid: Grid, sources: Sequence[Source], medium: Callable[[], Medium]
) -> tuple[tuple[Source, ...], tuple[Source, ...]]:
    """The sources with their delays, for P-SV or acoustic waves and for SH waves.

    Delays of a plane wave belong to its velocity along the row: that of P waves for explosions, vertical
    forces and forces normal to the wavefront, that of S waves for horizontal forces and SH waves.
    Raises ParameterError for S waves that start in a fluid.
    """
    chosen = settings.sources
    if chosen.kind != PLANE_WAVE or chosen.plane_wave_angle == 0:
        return tuple(sources), tuple(sources)
    waves, row = settings.physics.wave_type, place(sources[0], grid)[1] - 1
    found = []
    for simulated, shear in ((waves in (1, 3), chosen.type == FORCE_X), (waves in (2, 3), True)):
        if not simulated:
            found.append(())
            continue
        velocity = (medium().vs if shear else medium().vp)[row]
        if np.any(velocity <= 0):
            raise ParameterError(
                f"PHI = {chosen.plane_wave_angle:g}: a plane {'S' if shear else 'P'} wave cannot start at "
                f"PLANE_WAVE_DEPTH = {chosen.plane_wave_depth:g} m, where {'vs' if shear else 'vp'} is zero: "
                "take PHI = 0, or another depth or QUELLTYP"
            )
        delays = plane_wave_delays(velocity, chosen.plane_wave_angle, grid.dh)
        found.append(tuple(replace(s, delay=float(t)) for s, t in zip(sources, delays, strict=True)))
    return found[0], found[1]


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
        sources = [shot[0].x for shot in shots]
        return moving_line(*ends, chosen.spacing, sources, frame, grid, _exact(settings)) if shots else ()
    return _receiver_files(settings, grid, len(shots))


def _common_receivers(settings: Settings, grid: Grid) -> Receivers:
    chosen = settings.receivers
    where = grid, (chosen.shift_x, chosen.shift_y), _exact(settings)
    if chosen.array:
        lines = chosen.array, chosen.array_depth, chosen.array_distance, chosen.array_spacing
        return receiver_array(*lines, settings.boundary.width, *where)
    if chosen.kind:
        return read_receiver_file(chosen.file, *where)
    return receiver_line((chosen.x1, chosen.y1), (chosen.x2, chosen.y2), chosen.spacing, *where)


def _exact(settings: Settings) -> bool:
    """Whether receivers stay where they are instead of moving to the nearest node."""
    return settings.fd.sub_grid > 0


def _receiver_files(settings: Settings, grid: Grid, shots: int) -> tuple[Receivers, ...]:
    """One file per shot. The problems of the first few files are told."""
    chosen = settings.receivers
    found, problems = [], []
    for shot in range(1, shots + 1):
        try:
            path = find_receiver_file(chosen.file, shot)
            shift = (chosen.shift_x, chosen.shift_y)
            found.append(read_receiver_file(path, grid, shift, _exact(settings)))
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


def above_surface(shots: Sequence[Shot], grid: Grid) -> list[str]:
    """One line per source or spread that reaches above the free surface, which is at y = dh; the first few.
    Only for places between grid points, since rounding moves others down to the surface."""
    top = grid.dh * (1 - ON_GRID)
    problems = [
        f"{source.origin}: the source at y = {source.y:g} m lies above the free surface at y = {grid.dh:g} m"
        for shot in shots
        for source in shot.sources
        if source.y < top
    ]
    for one in distinct_receivers(shot.receivers for shot in shots):
        wrong = np.flatnonzero(one.positions[:, 1] < top)
        if wrong.size:
            problems.append(
                f"{wrong.size} receivers lie above the free surface at y = {grid.dh:g} m (first: number "
                f"{wrong[0] + 1} at y = {one.positions[wrong[0], 1]:g} m)"
            )
    if len(problems) > SHOWN_FILES:
        problems[SHOWN_FILES:] = [f"... and {len(problems) - SHOWN_FILES} more like these"]
    return problems


# -------------------------------------------------------------------------------------------- wavelets


def read_wavelets(
    settings: Settings, fired: tuple[Sequence[Source], Sequence[Source]], time: TimeAxis, tell: Tell
) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
    """The wavelets (nt,) of all sources for P-SV or acoustic waves, and for SH waves; without amplitude.

    fired: the sources of both, see `fire`. Empty for waves that the run does not simulate. Raises DataError
    or ParameterError.
    """
    chosen, waves = settings.sources, settings.physics.wave_type
    in_plane, across = (), ()
    if waves in (1, 3):
        in_plane = _series(chosen.wavelet, chosen.signal_file, settings, fired[0], time, tell)
    if waves in (2, 3):
        across = _series(chosen.wavelet_sh, chosen.signal_file_sh, settings, fired[1], time, tell)
    return in_plane, across


def _series(
    kind: int, file: str, settings: Settings, sources: Sequence[Source], time: TimeAxis, tell: Tell
) -> tuple[np.ndarray, ...]:
    chosen = settings.sources
    if kind not in (ASCII_FILE, SU_FILE):
        sweep = Sweep(chosen.sweep_first, chosen.sweep_last, chosen.sweep_length)
        return tuple(wavelet(kind, s.frequency, s.delay, time, None, sweep) for s in sources)
    samples = _samples(kind, file, len(by_shot(settings, sources)), time, tell)
    series = []
    for number, source in enumerate(sources):
        own = samples[number if settings.sources.one_by_one and kind == SU_FILE else 0]
        # DENISE takes no notice of the delay of a source here, but a plane wave has to be tilted
        late = settings.sources.kind == PLANE_WAVE
        series.append(delayed(own, source.delay / time.dt) if late else own)
    return tuple(series)


def _samples(kind: int, file: str, shots: int, time: TimeAxis, tell: Tell) -> list[np.ndarray]:
    """Series (nt,) of a text file, or of the file of every shot."""
    if kind == ASCII_FILE:
        samples = read_wavelet_ascii(file)
        if len(samples) < time.nt:
            tell(f"{file}: {len(samples)} samples for {time.nt} time steps, zeros are appended")
        return [fit_length(samples, time.nt)]
    found = []
    for shot in range(1, shots + 1):
        samples, warnings = read_wavelet_shot(file, shot, time)
        for warning in warnings:
            tell(warning)
        found.append(samples)
    return found


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
