"""`snapmerge FILE.json`: joins the snapshot pieces of a run.

Runs of this version write no snapshots (SNAP above 0 is refused by name when the parameter file is read), so
job scripts that call snapmerge after every run find that there is nothing to do.
"""

from __future__ import annotations

import sys

from denise_py.cli.main import prepare_streams, report_failure
from denise_py.errors import UsageError
from denise_py.parameters.settings import read_settings


def main(argv: list[str] | None = None) -> None:
    """Entry point of the script; leaves with the exit code."""
    prepare_streams()
    args = sys.argv[1:] if argv is None else argv
    sys.exit(report_failure(lambda: run(args)))


def run(args: list[str]) -> int:
    """Read the parameter file and say what there is to merge."""
    if args[:1] in (["-h"], ["--help"]):
        print("usage: snapmerge FILE.json")
        return 0
    if len(args) != 1:
        raise UsageError("usage: snapmerge FILE.json")
    settings = read_settings(args[0])
    print(f"{args[0]}: SNAP = {settings.snapshots.kind}, the run writes no snapshots; nothing to merge")
    return 0
