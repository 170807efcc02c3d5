"""`denise convert FILE OUT.json [--workflow FILE]`: parameter files of other programs for this one."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

from denise_py.errors import ParameterError
from denise_py.parameters.conversion import convert_file
from denise_py.parameters.settings import Settings
from denise_py.traces.files import atomic_file


def run(args: list[str]) -> int:
    """Writes the file and says what was changed and left out, and what is still to be done; 0 also if the new
    file still lacks something.

    Raises ParameterError when a value has no counterpart or OUT.json exists.
    """
    parser = argparse.ArgumentParser(
        prog="denise convert",
        description="Turn a parameter file of DENISE Black Edition or IFOS2D into one of this program.",
    )
    parser.add_argument("file", metavar="FILE", help="the parameter file")
    parser.add_argument("out", metavar="OUT.json", help="the new file; it must not exist")
    parser.add_argument("--workflow", default="", metavar="FILE", help="the workflow file that belongs to it")
    found = parser.parse_args(args)
    if Path(found.out).exists():
        raise ParameterError(f"{found.out} exists and is not overwritten; give another name")
    conversion = convert_file(found.file, found.workflow)
    lines = ",\n".join(
        f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in conversion.values.items()
    )
    with atomic_file(found.out) as stream:
        stream.write(f"{{\n{lines}\n}}\n".encode())
    for remark in conversion.remarks:
        print(remark)
    for problem in _open_questions(conversion.values):
        print(f"to be done: {problem}")
    print(f"{found.out} written; look through it, then: denise check {found.out}")
    return 0


def _open_questions(values: Mapping[str, object]) -> list[str]:
    """What keeps the new file from running, as far as that can be said without reading other files."""
    try:
        Settings.from_mapping(values)
    except ParameterError as error:
        return [problem.removeprefix("parameters: ") for problem in error.problems]
    return []
