"""What figures of a run are made from: models, gradients and geometry, found through its parameter file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from denise_py.acquisition.sources import Source
from denise_py.errors import DataError, DeniseError
from denise_py.gradient.parameterization import parameterization
from denise_py.grid import Grid
from denise_py.medium.model import Medium
from denise_py.medium.model_io import LAME, VELOCITIES, read_grid_file, read_model
from denise_py.parameters.settings import Settings
from denise_py.workflow.geometry import distinct_receivers, read_receivers, read_sources

_LABELS = {
    1: ("P-wave velocity (m/s)", "S-wave velocity (m/s)"),
    2: ("P-wave impedance (kg m$^{-2}$ s$^{-1}$)", "S-wave impedance (kg m$^{-2}$ s$^{-1}$)"),
    3: ("Lamé parameter $\\lambda$ (Pa)", "shear modulus $\\mu$ (Pa)"),
}


def model_label(settings: Settings, slot: str) -> str:
    """Quantity and unit of a slot ('vp', 'vs' or 'rho') of the model, for a colour bar."""
    vp, vs = _LABELS[settings.model.parameterization]
    return {"vp": vp, "vs": vs, "rho": "density (kg/m$^3$)"}[slot]


def grid_of(settings: Settings) -> Grid:
    """The grid of a run."""
    return Grid(settings.grid.nx, settings.grid.ny, settings.grid.dh)


# ----------------------------------------------------------------------------------------------- models


def start_model(base: str, slot: str, settings: Settings) -> np.ndarray:
    """A start or true model, (ny, nx): <base>.vs and so on, else <base>_vs.bin, else the file <base> itself.

    Velocities and densities are turned into the parameters of the run. Raises DataError when nothing is
    found or a file is malformed.
    """
    path = _existing(base, [*_input_files(base, slot, settings), _output_file(base, slot, None), base])
    if path in (base, _output_file(base, slot, None)):
        return grid_values(path, settings)
    return _from_input_files(base, slot, settings)


def inverted_model(base: str, slot: str, settings: Settings, iteration: int | None = None) -> np.ndarray:
    """A model an inversion has written, (ny, nx): <base>_vs.bin (that of an iteration: <base>_vs_it3.bin),
    else the file <base> itself.

    Raises DataError when nothing is found or a file is malformed.
    """
    return grid_values(_existing(base, [_output_file(base, slot, iteration), base]), settings)


def has_inverted_model(base: str, slot: str, iteration: int | None = None) -> bool:
    """Whether an inversion has written a model under this name."""
    return Path(_output_file(base, slot, iteration)).is_file()


def grid_values(path: str, settings: Settings) -> np.ndarray:
    """Values on all nodes, (ny, nx) float32, from a file of the size of the grid or one that was thinned with
    IDX and IDY, whose values then stand for the nodes around them.

    Raises DataError for files that are missing or malformed.
    """
    grid = grid_of(settings)
    every_x, every_y = settings.run.output_every_x, settings.run.output_every_y
    file = Path(path)
    if file.is_file() and file.stat().st_size == 4 * grid.nx * grid.ny:
        return read_grid_file(path, grid)
    thinned = read_grid_file(path, Grid(-(-grid.nx // every_x), -(-grid.ny // every_y), grid.dh))
    return on_all_nodes(thinned, settings)


def on_all_nodes(thinned: np.ndarray, settings: Settings) -> np.ndarray:
    """Values (ny, nx) out of those that IDX and IDY have left, which stand for the nodes around them."""
    grid, every_x, every_y = grid_of(settings), settings.run.output_every_x, settings.run.output_every_y
    row, column = (
        np.minimum((np.arange(count) + every // 2) // every, size - 1)
        for count, every, size in zip(grid.shape, (every_y, every_x), thinned.shape, strict=True)
    )
    return thinned[np.ix_(row, column)]


def _output_file(base: str, slot: str, iteration: int | None) -> str:
    return f"{base}_{slot}.bin" if iteration is None else f"{base}_{slot}_it{iteration}.bin"


def _input_files(base: str, slot: str, settings: Settings) -> list[str]:
    lame = {"vp": "lam", "vs": "mu"}.get(slot)
    use_lame = settings.model.parameterization == LAME and lame
    return [*([f"{base}.{lame}"] if use_lame else []), f"{base}.{slot}"]


def _existing(base: str, candidates: Sequence[str]) -> str:
    for path in candidates:
        if Path(path).is_file():
            return path
    raise DataError(f"{base}: no such model, looked for {', '.join(candidates)}")


def _from_input_files(base: str, slot: str, settings: Settings) -> np.ndarray:
    grid, number = grid_of(settings), settings.model.parameterization
    if number == VELOCITIES or slot == "rho":
        return read_grid_file(f"{base}.{slot}", grid)
    if Path(f"{base}.lam").is_file():
        given = read_model(base, LAME, grid)
        medium = Medium(given["lam"], given["mu"], given["rho"])
    else:
        given = read_model(base, VELOCITIES, grid)
        medium = Medium.from_velocities(given["vp"], given["vs"], given["rho"])
    return parameterization(number).model(medium)[slot]


# --------------------------------------------------------------------------------------------- geometry


@dataclass(frozen=True, eq=False)
class Geometry:
    """Positions (n, 2) [x, y] in m of sources and receivers, None where there are none to draw; notes: why
    some could not be read."""

    sources: np.ndarray | None = None
    receivers: np.ndarray | None = None
    notes: tuple[str, ...] = ()


def read_geometry(settings: Settings) -> Geometry:
    """Sources and receivers of a run. What cannot be read is left out with a note."""
    notes: list[str] = []
    found = {}
    for name, read in (("sources", _sources), ("receivers", _receivers)):
        try:
            found[name] = read(settings)
        except DeniseError as error:
            notes.append(f"{name} are not drawn: {error}")
    return Geometry(found.get("sources"), found.get("receivers"), tuple(notes))


def _sources(settings: Settings) -> np.ndarray | None:
    if settings.sources.kind != 1:
        return None
    return np.array([(source.x, source.y) for source in _read_sources(settings)])


def _receivers(settings: Settings) -> np.ndarray | None:
    sources = _read_sources(settings)
    spreads = distinct_receivers(read_receivers(settings, grid_of(settings), sources))
    positions = np.unique(np.concatenate([one.positions for one in spreads]), axis=0)
    return positions if len(positions) else None


def _read_sources(settings: Settings) -> tuple[Source, ...]:
    return read_sources(settings, grid_of(settings), lambda warning: None)
