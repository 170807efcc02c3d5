"""Pictures of waves: snapshots of one field on a scale that is symmetric about zero."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from denise_py.errors import UsageError
from denise_py.grid import Grid
from denise_py.output.snapshots import ENDINGS, SnapshotFiles, read_snapshots
from denise_py.parameters.settings import Settings
from denise_py.plot.inputs import Geometry, grid_of, on_all_nodes
from denise_py.plot.models import draw_maps, symmetric_bound

#: pictures in a row if nobody asks for certain times
USUAL_PICTURES = 6
_LONG = 3  # times wider than high: two pictures side by side, else three
COMPONENTS: Mapping[str, str] = MappingProxyType({ending: name for name, ending in ENDINGS.items()})
"""Components by the names they have in files."""
_LABELS = {
    "vx": "particle velocity $v_x$ (m/s)",
    "vy": "particle velocity $v_y$ (m/s)",
    "vz": "particle velocity $v_z$ (m/s)",
    "p": "pressure (Pa)",
    "div": "divergence, scaled",
    "rot": "curl, scaled",
}


@dataclass(frozen=True)
class Film:
    """Snapshots of one component and shot that are to be drawn: their numbers in the file, from 0."""

    settings: Settings
    files: SnapshotFiles
    component: str
    shot: int
    numbers: tuple[int, ...]

    @property
    def path(self) -> str:
        """The file they are in."""
        return self.files.merged(self.component, self.shot)

    def panels(self) -> Iterator[tuple[str, np.ndarray]]:
        """Titles and arrays (ny, nx), one after the other. Raises DataError for a file that does not fit."""
        for number in self.numbers:
            (array,) = read_snapshots(self.files, self.component, self.shot, [number])
            yield f"t = {self.files.times[number]:.6g} s", on_all_nodes(array, self.settings)

    def bound(self, clip: float) -> float:
        """End of the colours: the largest over the snapshots of a percentile of the absolute values."""
        sizes = [symmetric_bound(array, clip) for _, array in self.panels() if np.any(array)]
        return max(sizes, default=1.0)


def choose(
    settings: Settings, component: str | None, shot: int | None, times: Sequence[float] | None
) -> Film:
    """What to draw: a component ('x', 'p', ...; by default the first), a shot (the first), and the snapshots
    nearest to the times (some, spread evenly).

    Raises UsageError for what the run does not write.
    """
    shot = settings.snapshots.shot_start if shot is None else shot
    files = SnapshotFiles.of(settings, shot)
    known = {ENDINGS[name]: name for name in files.components}
    if component is not None and component not in known:
        found = f"component {component}, but SNAP = {settings.snapshots.kind}"
        raise UsageError(f"{found}: choose from {', '.join(known) or 'none, there are no snapshots'}")
    if not known:
        raise UsageError(f"{settings.source}: SNAP = 0, this run writes no snapshots")
    if shot not in files.shots:
        raise UsageError(f"shot {shot} has no snapshots: SNAPSHOT_START, SNAPSHOT_END and SNAPSHOT_INCR")
    name = files.components[0] if component is None else known[component]
    return Film(settings, files, name, shot, _numbers(files, times))


def _numbers(files: SnapshotFiles, times: Sequence[float] | None) -> tuple[int, ...]:
    taken = np.array(files.times)
    if times is None:
        even = np.linspace(0, len(taken) - 1, min(len(taken), USUAL_PICTURES))
        return tuple(int(number) for number in np.round(even))
    nearest = {int(np.argmin(np.abs(taken - time))) for time in times}
    return tuple(sorted(nearest))


def plot_film(
    film: Film, path: str | os.PathLike[str], geometry: Geometry, clip: float = 99.8, title: str = ""
) -> None:
    """All snapshots of a film in one figure (.png, .pdf or .svg) with a common scale.

    Raises UsageError without matplotlib or for another ending, DataError for files that cannot be used.
    """
    panels = list(film.panels())
    _draw(film, panels, path, geometry, film.bound(clip), title)


def plot_each(
    film: Film, path: str | os.PathLike[str], geometry: Geometry, clip: float = 99.8, title: str = ""
) -> list[str]:
    """One figure per snapshot, all with the same scale: for <path>.png the files <path>_001.png and so on,
    by the number of the snapshot in the file; returns their names."""
    bound, written = film.bound(clip), []
    base = Path(path)
    for number, panel in zip(film.numbers, film.panels(), strict=True):
        name = str(base.with_name(f"{base.stem}_{number + 1:03d}{base.suffix}"))
        _draw(film, [panel], name, geometry, bound, title)
        written.append(name)
    return written


def _draw(film: Film, panels, path, geometry: Geometry, bound: float, title: str) -> None:
    grid: Grid = grid_of(film.settings)
    places = geometry.sources, geometry.receivers
    limits, label = (-bound, bound), _LABELS[film.component]
    columns = min(len(panels), 2 if len(panels) == 4 or grid.nx > _LONG * grid.ny else 3)
    draw_maps(panels, grid, path, "RdBu_r", limits, label, title, *places, columns=columns)
