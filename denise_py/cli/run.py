"""Running a parameter file on all processes."""

from __future__ import annotations

import logging
import os
from typing import Any

from denise_py import __version__
from denise_py.fd.compile import without_matrices
from denise_py.log import open_log
from denise_py.parameters.settings import Settings, read_settings
from denise_py.workflow.compilation import compiling
from denise_py.workflow.crew import choose_jobs
from denise_py.workflow.forward import run_forward
from denise_py.workflow.inversion import run_inversion
from denise_py.workflow.setup import Processes, Setup, divide_processes, prepare
from denise_py.workflow.summary import describe
from denise_py.workflow.timings import Timings, write_timings
from denise_py.workflow.together import on_root


def run(path: str, world: Any, jobs: int | None = None) -> int:
    """Read, check and run a parameter file; returns the exit code. jobs: shots that each process simulates at
    a time, by default as choose_jobs says. Collective over all processes."""
    without_matrices()
    settings, setup, jobs = on_root(world, lambda: _read(path, world.size, jobs))
    processes = divide_processes(settings, world, setup.grid, jobs)
    log = open_log(settings.run.log, settings.run.log_file, world.rank)
    if world.is_root:
        _announce(setup, processes, log)
    with compiling(setup, processes, log):
        timings = Timings()
        if settings.run.inversion:
            run_inversion(setup, processes, log, timings)
        else:
            run_forward(setup, processes, log, timings)
    write_timings(setup, processes, timings, log)
    log.info("finished")
    return 0


def _read(path: str, processes: int, asked: int | None) -> tuple[Settings, Setup, int]:
    settings = read_settings(path)
    setup = prepare(settings)
    return settings, setup, choose_jobs(setup, processes, asked)


def _announce(setup: Setup, processes: Processes, log: logging.Logger) -> None:
    log.info(f"denise-py {__version__}, {os.path.abspath(setup.settings.source)}")
    for line in describe(setup, processes):
        log.info(line)
    for warning in setup.warnings:
        log.warning(warning)
