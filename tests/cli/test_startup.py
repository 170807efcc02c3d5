"""What happens before the first time step: nothing slow is loaded, kernels can be compiled ahead."""

from __future__ import annotations

import json
import subprocess
import sys

# Runs case.json and tells which modules were there when the first simulation began and when it was done.
WATCH = """
import json, sys
from denise_py.cli.main import main
from denise_py.propagate import Propagator
forward, seen = Propagator.forward, []
def watched(self, *arguments, **options):
    seen.append(sorted(sys.modules))
    forward(self, *arguments, **options)
    seen.append(sorted(sys.modules))
Propagator.forward = watched
try:
    main(["case.json", "--jobs", "1"])
finally:
    print(json.dumps(seen[:2]))
"""
# numba looks for scipy itself, which loads none of its parts
SLOW = ("scipy.", "matplotlib", "h5py", "segyio", "mpi4py", "rich")
HARMLESS = ("scipy._", "scipy.version")


def test_forward_run_loads_nothing_slow_before_its_first_step(forward, environment):
    done = subprocess.run(
        [sys.executable, "-c", WATCH], cwd=forward.folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    before, after = json.loads(done.stdout.splitlines()[-1])
    assert "numba" in before  # or the modules of something else were listed
    slow = [name for name in after if name.startswith(SLOW) and not name.startswith(HARMLESS)]
    assert slow == []


def test_warmup_compiles_what_a_file_needs(forward, inversion, denise):
    """It tells what; the inversion needs more. Files beside the parameter file are not touched."""
    (forward.folder / "model" / "start.vs").unlink()
    ending = denise(forward.folder, "warmup", "case.json")
    assert (ending.code, ending.err) == (0, "")
    assert ["order 4, forward" in line for line in ending.out.splitlines()] == [True, False]
    ending = denise(inversion.folder, "warmup", "case.json")
    lines = ending.out.splitlines()[:-1]
    assert [line.split(":")[0].split(", ")[-1] for line in lines] == ["forward", "transposed"]
    assert all("was there" in line for line in lines[:1])


def test_warmup_needs_names_it_knows(forward, denise):
    assert denise(forward.folder, "warmup", "missing.json").code == 2
