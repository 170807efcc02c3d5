"""What is going to be done, as a table for the head of the log."""

from __future__ import annotations

import math

from denise_py.output.snapshots import ENDINGS, SnapshotFiles
from denise_py.workflow.setup import Processes, Setup

#: a number and its line end in a text file, about
TEXT_BYTES = 13.5


def describe(setup: Setup, processes: Processes) -> list[str]:
    """Lines "name: value" with the figures a user wants to see before a run."""
    settings, grid, time, s = setup.settings, setup.grid, setup.time, setup.scheme.stencil
    highest = 2 * max(source.frequency for shot in setup.shots for source in shot.sources)
    found = setup.resolution(setup.medium)
    surface = "free surface on top" if setup.scheme.surface else "absorbing top"
    sides = "periodic sides" if setup.scheme.periodic else "absorbing sides"
    kind = "Taylor" if settings.fd.max_relative_error == 0 else f"Holberg {settings.fd.max_relative_error}"
    rows = [
        ("task", "inversion" if settings.run.inversion else "forward modelling"),
        ("waves", _waves(setup)),
        ("grid", f"{grid.nx} x {grid.ny} points, DH = {grid.dh:g} m"),
        ("time", f"{time.nt} steps of {time.dt:g} s (limit {found.largest_dt:.4g} s)"),
        (
            "operator",
            f"order {s.order}, {kind}; {surface}, {sides}, layer of {setup.scheme.layer.width} points",
        ),
        ("velocities", f"{found.vmin:.4g} to {found.vmax:.4g} m/s"),
        (
            "wavelength",
            f"shortest about {found.shortest_wavelength:.4g} m at {highest:g} Hz "
            f"({found.shortest_wavelength / grid.dh:.1f} points; {s.points_per_wavelength:g} recommended)",
        ),
        ("shots", _shots(setup)),
        ("processes", _layout(processes)),
    ]
    if settings.snapshots.kind:
        rows.append(("snapshots", _snapshots(setup)))
    width = max(len(name) for name, _ in rows)
    return [f"{name:<{width}}  {value}" for name, value in rows]


def _shots(setup: Setup) -> str:
    counts = [shot.receivers.ntr for shot in setup.shots]
    few, many = min(counts), max(counts)
    return f"{len(counts)} with {few if few == many else f'{few} to {many}'} receivers each"


def _waves(setup: Setup) -> str:
    names = " and ".join(physics.name for physics in setup.physics)
    found = setup.settings.attenuation
    if not found.mechanisms:
        return names
    listed = ", ".join(f"{frequency:g}" for frequency in found.frequencies)
    return f"{names}; relaxation at {listed} Hz, velocities at {setup.physics[0].relaxation.reference:g} Hz"


def _layout(processes: Processes) -> str:
    groups, block = processes.groups, processes.blocks[0]
    shots = groups.count * processes.jobs
    at_once = "one shot at a time" if shots == 1 else f"{shots} shots at a time"
    if groups.ranks == 1:
        return f"{groups.count}, {at_once}"
    blocks = f"{groups.ranks} blocks of about {block.nx} x {block.ny}"
    return f"{groups.count * groups.ranks}, {at_once}, {blocks} each"


def _snapshots(setup: Setup) -> str:
    files = SnapshotFiles.of(setup.settings, len(setup.shots))
    fields = ", ".join(ENDINGS[name] for name in files.components)
    numbers = len(files.steps) * math.prod(files.shape) * len(files.components) * len(files.shots)
    size = numbers * (4 if files.binary else TEXT_BYTES) / 2**20
    times = f"{len(files.steps)} from {files.times[0]:g} to {files.times[-1]:g} s"
    return f"{times} of {fields} for {len(files.shots)} shots, {size:.3g} MiB"
