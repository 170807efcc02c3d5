"""A forward run: every shot simulated, every seismogram written."""

from __future__ import annotations

import logging
import time as clock
from collections.abc import Callable, Mapping

import numpy as np

from denise_py.acquisition.receivers import receiver_file_of
from denise_py.log import Progress, duration
from denise_py.output.seismograms import SeismogramFiles, quantity
from denise_py.parameters.finding import recorded_components
from denise_py.traces.files import atomic_file
from denise_py.workflow.geometry import moves_along
from denise_py.workflow.setup import Processes, Setup
from denise_py.workflow.simulator import Simulator
from denise_py.workflow.timings import Timings


def seismogram_files(setup: Setup) -> SeismogramFiles:
    """Where this run's seismograms go."""
    s = setup.settings.seismograms
    return SeismogramFiles(s.prefix, dict(s.files), s.every, s.format, setup.receivers.from_line)


def run_forward(
    setup: Setup, processes: Processes, log: logging.Logger, timings: Timings | None = None
) -> None:
    """Simulate all shots; the groups of processes share them. timings: to note where the time went."""
    if processes.world.is_root:
        write_receiver_positions(setup)
    simulator = Simulator(setup, processes, timings)
    simulator.set_medium(setup.medium)
    components = recorded_components(setup.settings)
    scales = simulator.div_curl_scales() if "div" in components else None
    numbers = [shot.number for shot in setup.shots]
    mine = processes.groups.shots_of_group(processes.group_number, numbers)
    progress = Progress(log, "shot", len(mine))
    started = clock.perf_counter()
    for count, number in enumerate(mine, start=1):
        traces = simulator.forward(setup.shots[number - 1], components, scales=scales, snapshots=True)
        if traces is not None:
            with simulator.timings.writing(number):
                write_seismograms(setup, number, traces)
        progress.step(count)
    progress.close()
    processes.world.barrier()
    if setup.settings.snapshots.kind:
        log.info(f"snapshots are written in pieces: join them with snapmerge {setup.settings.source or ''}")
    log.info(f"forward modelling of {len(numbers)} shots took {duration(clock.perf_counter() - started)}")


def write_receiver_positions(setup: Setup) -> None:
    """REC_FILE.shot<k> with the positions of a moving streamer, x and y in m; nothing for other receivers.

    Raises DataError when a file cannot be written.
    """
    chosen = setup.settings.receivers
    if not moves_along(setup.settings):
        return
    for shot in setup.shots:
        with atomic_file(receiver_file_of(chosen.file, shot.number)) as stream:
            np.savetxt(stream, shot.receivers.positions, fmt="%.10g")


def write_seismograms(
    setup: Setup,
    shot: int,
    traces: Mapping[str, np.ndarray],
    path: Callable[[str, int], str] | None = None,
    *,
    adjoint: bool = False,
    observed: bool = False,
) -> None:
    """Write traces {component: (ntr, nt)} of a shot; path(component, shot) names the files, by default as
    those of a forward run. adjoint, observed: the traces are adjoint sources or filtered observed data, as
    text headers then say."""
    files, receivers = seismogram_files(setup), setup.shots[shot - 1].receivers
    position = setup.shots[shot - 1].position
    for component, data in traces.items():
        name = (path or files.forward_path)(component, shot)
        title = quantity(component, shot, adjoint=adjoint, observed=observed)
        files.write(name, data, setup.time.dt, receivers.positions, position, receivers.shift, title)
