"""`snapmerge FILE.json`: joins the snapshot pieces of a run, each of one block of the grid, to files."""

from __future__ import annotations

import os
import sys

from denise_py.acquisition.sources import read_source_file
from denise_py.cli.main import prepare_streams, report_failure
from denise_py.errors import ParameterError, UsageError
from denise_py.output.snapshot_merge import merge, plan_merge
from denise_py.output.snapshots import SnapshotFiles
from denise_py.parallel.launch import find_launch
from denise_py.parameters.settings import Settings, read_settings

USAGE = """\
usage: snapmerge FILE.json

Joins the pieces of wavefield snapshots (SNAP_FILE.bin.x.shot1.0.0, ...) that a run of this parameter file has
written to one file per component and shot (SNAP_FILE.shot1.bin.x, ...), and removes the pieces. One process,
after the run."""


def main(argv: list[str] | None = None) -> None:
    """Entry point of the script; leaves with the exit code."""
    prepare_streams()
    args = sys.argv[1:] if argv is None else argv
    sys.exit(report_failure(lambda: run(args)))


def run(args: list[str]) -> int:
    """Merge the snapshots of a run; 0 if they are merged now.

    Raises UsageError or ParameterError for a wrong command line or parameter file, DataError when pieces are
    missing or incomplete; nothing is changed then.
    """
    if args[:1] in (["-h"], ["--help"]):
        print(USAGE)
        return 0
    if len(args) != 1:
        raise UsageError("usage: snapmerge FILE.json")
    launch = find_launch(os.environ)
    if launch is not None and launch.rank > 0:  # one process does the work, also under mpirun
        return 0
    settings = read_settings(args[0])
    if settings.snapshots.kind == 0:
        print(f"{args[0]}: SNAP = 0, the run writes no snapshots; nothing to merge")
        return 0
    files = SnapshotFiles.of(settings, _number_of_shots(settings))
    if not files.shots:
        raise ParameterError(f"{args[0]}: there are no shots from SNAPSHOT_START to SNAPSHOT_END")
    rows, columns = files.shape
    what = f"{len(files.steps)} snapshots of {columns} x {rows} values"
    for join in plan_merge(files):
        if join.done:
            print(f"{join.path}: merged already")
            continue
        merge(join, files)
        print(f"{join.path}: {what} out of {len(join.pieces)} piece{'s' * (len(join.pieces) > 1)}")
    print(f"to look at them: denise plot snap {args[0]}")
    return 0


def _number_of_shots(settings: Settings) -> int:
    if settings.sources.kind != 1 or not settings.sources.one_by_one:
        return 1
    return len(read_source_file(settings.sources.file, settings.sources.type).sources)
