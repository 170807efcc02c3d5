"""A forward run: every shot simulated, every seismogram written."""

from __future__ import annotations

import logging
import time as clock
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import count

import numpy as np

from denise_py.acquisition.receivers import receiver_file_of
from denise_py.log import Progress, duration
from denise_py.output.seismograms import SeismogramFiles, quantity
from denise_py.parallel.threads import Background
from denise_py.parameters.finding import recorded_components
from denise_py.traces.files import atomic_file
from denise_py.workflow.crew import Crew
from denise_py.workflow.geometry import moves_along
from denise_py.workflow.setup import Processes, Setup, Shot
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
    crew = Crew(setup, processes, timings)
    crew.set_medium(setup.medium)
    components = recorded_components(setup.settings)
    progress = Progress(log, "shot", len(crew.own), at_once=crew.at_once)
    started = clock.perf_counter()
    with Background() as output:
        _run_shots(crew, components, output, progress)
    progress.close()
    processes.world.barrier()
    if setup.settings.snapshots.kind:
        log.info(f"snapshots are written in pieces: join them with snapmerge {setup.settings.source or ''}")
    log.info(f"forward modelling of {len(setup.shots)} shots took {duration(clock.perf_counter() - started)}")


def _run_shots(crew: Crew, components: Sequence[str], output: Background, progress: Progress) -> None:
    """Simulate all shots and have their seismograms written."""
    setup, done = crew.setup, count(1)

    def work(simulator: Simulator, shot: Shot) -> None:
        scales = simulator.div_curl_scales() if "div" in components else None
        traces = simulator.forward(shot, components, scales=scales, snapshots=True)
        if traces is not None:
            output.do(partial(write, shot.number, traces))

    def write(number: int, traces: Mapping[str, np.ndarray]) -> None:
        with crew.timings.writing(number):
            write_seismograms(setup, number, traces)

    crew.each(crew.order, work, lambda shot, _: progress.step(next(done)))


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
