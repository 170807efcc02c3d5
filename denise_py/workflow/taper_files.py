"""Gradient tapers from files, one per parameter: of all shots or of one, of all stages or of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from denise_py.errors import DataError
from denise_py.grid import Grid
from denise_py.medium.model_io import read_grid_file
from denise_py.parameters.data_files import TAPER_PATHS, chosen, taper_names
from denise_py.parameters.finding import wave_parameters
from denise_py.parameters.settings import Settings


def taper_file(settings: Settings, slot: str, stage: int, shot: int | None = None) -> str:
    """Name of the file that is read for a parameter in a stage, for the sum or for one shot."""
    t = settings.tapers
    own = str(settings.at(TAPER_PATHS[slot]))
    return chosen(taper_names(t.file_name, own, slot, shot, stage))


def read_taper(path: str, grid: Grid) -> np.ndarray:
    """A taper (ny, nx) float64; DataError if it cannot be read, is not finite or negative."""
    taper = read_grid_file(path, grid).astype(np.float64)
    if np.any(taper < 0):
        text = f"{np.count_nonzero(taper < 0)} values are negative (lowest {taper.min():g})"
        raise DataError(f"{path}: {text}; a taper lies between 0 and 1")
    return taper


def file_tapers(settings: Settings, grid: Grid, stage: int) -> dict[str, np.ndarray]:
    """SWS_TAPER_FILE in a stage: {slot: (ny, nx)} of all parameters of the waves, empty if it is off."""
    if not settings.tapers.file:
        return {}
    return {slot: read_taper(taper_file(settings, slot, stage), grid) for slot in wave_parameters(settings)}


def shot_taper(settings: Settings, grid: Grid, stage: int, shot: int, slots: Sequence[str]) -> np.ndarray:
    """SWS_TAPER_FILE_PER_SHOT of one shot in a stage: (number of slots, ny, nx)."""
    return np.stack([read_taper(taper_file(settings, slot, stage, shot), grid) for slot in slots])


def check_tapers(
    settings: Settings, grid: Grid, shots: int, stages: int, tell: Callable[[str], None]
) -> None:
    """Read all taper files of a run once. tell: is told of values above 1 and of tapers without any.

    Raises DataError with a line for every file that cannot serve.
    """
    numbers = [None] if settings.tapers.file else []
    numbers += list(range(1, shots + 1)) if settings.tapers.file_per_shot else []
    paths = {
        taper_file(settings, slot, stage, shot): None
        for shot in numbers
        for slot in wave_parameters(settings)
        for stage in range(1, stages + 1)
    }
    problems = []
    for path in paths:
        try:
            taper = read_taper(path, grid)
        except DataError as error:
            problems.append(str(error))
            continue
        if taper.max() > 1:
            tell(f"{path}: values up to {taper.max():g}; above 1 a taper amplifies instead of damping")
        elif not taper.any():
            tell(f"{path}: the taper is zero everywhere")
    if problems:
        raise DataError("\n".join(problems))
