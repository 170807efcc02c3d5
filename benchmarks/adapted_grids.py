"""Coarser grids (GRID_ADAPT): what they save and how far their traces are from those of the fine grid.

    python -m benchmarks.adapted_grids [--data FOLDER] [--corners 2.5 5]

Without --data a rough model below 400 m of water, 3.2 x 2 km, with sources in the water, receivers in it and
below. FOLDER holds the files of Marmousi-II (see par/marmousi_II/README.md): three of its shots, receivers
on the sea floor, the true and the start model. For each low-pass corner the spacing shrinks until the traces
agree to 2 per cent (rms over the traces of a shot and component) or the grid is the fine one.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import scipy

from denise_py.grid import Grid
from denise_py.medium.model_io import write_grid_file
from denise_py.parallel.comm import SerialComm
from denise_py.parameters.settings import Settings
from denise_py.parameters.stage_settings import with_corner
from denise_py.workflow.crew import Crew
from denise_py.workflow.grid_plan import highest_frequencies, measure, on_grid
from denise_py.workflow.setup import Setup, divide_processes, prepare
from denise_py.workflow.stages import StagePlan

TOLERANCE, SHRINK = 0.02, 0.82
COMMON: dict[str, Any] = {
    "NPROCX": 1, "NPROCY": 1, "FDORDER": 8, "MAXRELERROR": 1, "RUN_MULTIPLE_SHOTS": 1, "QUELLTYP": 1,
    "READMOD": 1, "INVMAT1": 1, "FREE_SURF": 1, "BOUNDARY": 0, "FW": 10, "npower": 4, "k_max_PML": 1,
    "SEISMO": 1, "READREC": 1, "SEIS_FORMAT": 1, "INVMAT": 10, "SUBGRID": 0,
}  # fmt: skip


def main() -> None:
    """Print one table per case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder with the files of Marmousi-II")
    parser.add_argument("--corners", type=float, nargs="+", help="low-pass corners in Hz")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        if options.data is None:
            for depth in (300.0, 900.0):
                table(
                    f"rough model, receivers at {depth:g} m", rough(folder, depth), options.corners or [5, 8]
                )
            return
        for name in ("marmousi_II_start_1D", "marmousi_II_marine"):
            table(name, marmousi(options.data, folder, name), options.corners or [2.5, 5, 8, 10])


def rough(folder: Path, depth: float) -> Setup:
    """Velocities that vary by 10 per cent below 400 m of water; receivers at a depth."""
    nx, ny, dh = 320, 200, 10.0
    noise = scipy.ndimage.gaussian_filter(np.random.default_rng(4).standard_normal((ny, nx)), 4.0)
    vary = 1 + 0.1 * noise / np.abs(noise).max()
    wet = dh * np.arange(1, ny + 1)[:, None] + np.zeros(nx) <= 400
    model = {"vp": np.where(wet, 1500.0, 2200 * vary), "vs": np.where(wet, 0.0, 1250 * vary)}
    model["rho"] = np.where(wet, 1000.0, 2000 * vary)
    for name, array in model.items():
        write_grid_file(folder / f"rough.{name}", array)
    (folder / "shots").write_text("2\n600 0 60 0 8 1e6\n2000 0 60 0 8 1e6\n")
    np.savetxt(folder / "spread", [[400 + 50.0 * k, depth] for k in range(48)], fmt="%g")
    keys = {
        "NX": nx,
        "NY": ny,
        "DH": dh,
        "DT": 1.2e-3,
        "TIME": 2.0,
        "DAMPING": 2200,
        "FPML": 8,
        "QUELLART": 1,
    }
    return prepared(folder, keys | {"MFILE": folder / "rough", "QUELLART": 1})


def marmousi(data: Path, folder: Path, name: str) -> Setup:
    """Three shots, spikes as in par/marmousi_II."""
    rows = [line.split() for line in (data / "source_OBC_VSP.dat").read_text().splitlines()[1:]][5::40]
    lines = [" ".join([*row[:3], "0.2", *row[4:]]) for row in rows if row]
    (folder / "shots").write_text("\n".join([str(len(lines)), *lines, ""]))
    (folder / "spread").write_text((data / "receiver_OBC.dat").read_text())
    keys = {
        "NX": 500,
        "NY": 174,
        "DH": 20.0,
        "DT": 2e-3,
        "TIME": 6.0,
        "DAMPING": 1500,
        "FPML": 10,
        "QUELLART": 6,
    }
    return prepared(folder, keys | {"MFILE": data / name, "QUELLART": 6})


def prepared(folder: Path, keys: dict[str, Any]) -> Setup:
    """The set-up of a run of these files."""
    files = {"SOURCE_FILE": folder / "shots", "REC_FILE": folder / "spread", "SEIS_FILE": folder / "out"}
    keys = {**COMMON, **keys, **files, "LOG_FILE": folder / "log", "REFRECX": 0, "REFRECY": 0}
    settings = Settings.from_mapping({k: str(v) if isinstance(v, Path) else v for k, v in keys.items()})
    return prepare(with_grids(settings))


def with_grids(settings: Settings) -> Settings:
    """The settings with coarser grids, which a forward run has no use for."""
    filters = settings.filter.model_copy(update={"kind": 1, "order": 6})
    return settings.model_copy(
        update={"fd": settings.fd.model_copy(update={"adapt": True}), "filter": filters}
    )


def table(title: str, setup: Setup, corners: list[float]) -> None:
    """Spacing, saving and difference for each corner, in terms of velocities."""
    grid: Grid = setup.grid
    print(f"\n{title}: {grid.nx} x {grid.ny} points of {grid.dh:g} m, {setup.time.nt} steps")
    print("| low-pass | DH | points | DT | fewer point steps | seconds per shot | traces differ by |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    crew = Crew(setup, divide_processes(setup.settings, SerialComm(), grid))
    medium, scheme = setup.medium, setup.scheme.stencil
    for corner in corners:
        plan = StagePlan(1, with_corner(setup.settings, corner))
        frequency, _ = highest_frequencies(setup, plan.band(), False, False)
        spacing = setup.resolution(medium).vmin / (scheme.points_per_wavelength * frequency)
        reference = seconds(crew, setup, plan)
        print(
            f"| {corner:g} Hz | {grid.dh:g} m | {grid.nx} x {grid.ny} | {setup.time.dt:.3g} s | 1 | ", end=""
        )
        print(f"{reference:.2f} | |", flush=True)
        while (adapted := on_grid(crew, plan, medium, spacing)) is not None:
            error = measure(crew, plan, medium, ("vx", "vy"), adapted)
            crew.use(adapted)
            own = adapted.setup
            print(
                f"| {corner:g} Hz | {own.grid.dh:.1f} m | {own.grid.nx} x {own.grid.ny} | "
                f"{own.time.dt:.3g} s | "
                f"{adapted.saving:.3g} | {seconds(crew, setup, plan):.2f} | {100 * error:.2g} % |",
                flush=True,
            )
            crew.use(None)
            if error <= TOLERANCE:
                break
            spacing = own.grid.dh * SHRINK


def seconds(crew: Crew, setup: Setup, plan: StagePlan) -> float:
    """Wall time of a forward run of the first shot, the shorter of two."""
    crew.set_medium(setup.medium)
    times = []
    for _ in range(2):
        begun = time.perf_counter()
        crew.first.forward(setup.shots[0], ("vx", "vy"), plan.band())
        times.append(time.perf_counter() - begun)
    return min(times)


if __name__ == "__main__":
    main()
