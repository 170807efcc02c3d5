"""A program for the tests of malformed projects: runs many of them, one after the other, on all processes.

    mpirun -n 2 python refusing_program.py LIST RESULTS

LIST holds one project folder a line. Every process appends one JSON line per project to RESULTS.<rank>: the
folder, the exit code and what the process wrote to stderr.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from pathlib import Path

from denise_py.cli.main import dispatch
from denise_py.parallel.comm import connect


def main(projects: str, results: str) -> None:
    with open(f"{results}.{connect().rank}", "w", encoding="utf-8") as stream:
        for folder in Path(projects).read_text(encoding="utf-8").splitlines():
            os.chdir(folder)
            err = io.StringIO()
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(err):
                code = dispatch(["case.json"])
            record = {"folder": folder, "code": code, "err": err.getvalue()}
            print(json.dumps(record), file=stream, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
