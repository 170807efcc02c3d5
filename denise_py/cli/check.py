"""`denise check FILE.json`: everything a run would check, without running it."""

from __future__ import annotations

from denise_py.errors import UsageError
from denise_py.parallel.comm import SerialComm
from denise_py.parallel.domain import Groups, decompose
from denise_py.parameters.settings import read_settings
from denise_py.workflow.choices import keep_all
from denise_py.workflow.crew import choose_jobs
from denise_py.workflow.keeping import memory_limit
from denise_py.workflow.observed import ObservedData
from denise_py.workflow.setup import Processes, prepare
from denise_py.workflow.source_wavelet import read_selections
from denise_py.workflow.stages import plan_stages
from denise_py.workflow.summary import describe


def run(args: list[str]) -> int:
    """Check a parameter file and all it reads; 0 if it would run. Raises what a run would raise."""
    if len(args) != 1 or args[0] in ("-h", "--help"):
        if args[:1] in (["-h"], ["--help"]):
            print("usage: denise check FILE.json")
            return 0
        raise UsageError("usage: denise check FILE.json")
    settings = read_settings(args[0])
    setup = prepare(settings)
    blocks = decompose(
        setup.grid, settings.domain.nprocx, settings.domain.nprocy, periodic=settings.boundary.periodic
    )
    comm = SerialComm()
    processes = Processes(comm, comm, comm, Groups(1, len(blocks)), blocks, choose_jobs(setup, len(blocks)))
    for line in describe(setup, processes):
        print(line)
    warnings = list(setup.warnings)
    if settings.run.inversion:
        stages = plan_stages(settings, setup.workflow, setup.corners)
        limit = memory_limit(setup, comm)
        for plan in stages:
            print(plan.describe())
            kept = keep_all(setup, processes, limit, plan)
            print(kept.line)
            warnings += kept.warnings
        read_selections(setup, stages, setup.shots)
        warnings += ObservedData(setup, [shot.number for shot in setup.shots]).warnings
    for warning in warnings:
        print(f"warning: {warning}")
    print("no errors found")
    return 0
