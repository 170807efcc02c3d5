"""How the kernels are compiled: vector instructions, the disk cache, and running without the compiler."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
X86 = platform.machine() in ("x86_64", "AMD64")

# Compiles (or loads) the velocity update of order 8 in single precision and tells how.
COMPILE = """
import json, warnings
import numpy as np
from denise_py.fd.compile import entry
from denise_py.fd.containers import Box
from denise_py.fd.kernels_psv import update_stress, update_velocity
from denise_py.fd.steps_psv import Coefficients, Fields
from denise_py.fd.weights import stencil
warnings.simplefilter("ignore")  # machine code of cached kernels cannot be inspected
arrays = [np.ones((12, 40), np.float32) for _ in range(10)]
report = {}
for kernel in map(entry, (update_velocity, update_stress)):
    kernel(Fields(*arrays[:5]), Coefficients(*arrays[5:]), Box(4, 8, 4, 36), stencil(8, 0).cast(np.float32))
    report[kernel.__name__] = {
        "hits": sum(kernel.stats.cache_hits.values()),
        "misses": sum(kernel.stats.cache_misses.values()),
        "assembly": "".join(kernel.inspect_asm().values()),
    }
print(json.dumps(report))
"""

# A few steps with everything switched on; prints sums of the records and of the correlations.
SIMULATE = """
import json
import numpy as np
from tests.physics.problems import Setup, medium_of
from denise_py.acquisition.inject import PlacedSource, adjoint_injection
from denise_py.gradient.storage import ForwardStore, Layout
setup = Setup(nx=14, ny=12, nt=6, width=3, surface=True)
run = setup.propagator()
run.set_medium(medium_of(setup.grid, seed=1))
store = ForwardStore(run, Layout())
nodes = np.array([[4, 1], [9, 8]])
sources = [PlacedSource(5, 2, 3, 0.0, np.arange(6.0)), PlacedSource(8, 5, 1, 0.0, np.ones(6))]
traces = setup.simulate(run, sources, nodes, ("vx", "vy", "p"), store)
injection = adjoint_injection(run.physics, traces, nodes, run.coefficients, run.block, run.half, run.dtype)
kernels = run.transposed(injection, store)
print(json.dumps([float(np.abs(a).sum()) for a in (*traces.values(), *kernels)]))
"""


def run_python(program: str, **environment: str) -> str:
    """Output of a program in a new process that can import the package and the tests."""
    paths = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    variables = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA_")}
    finished = subprocess.run(
        [sys.executable, "-c", program],
        env=variables | {"PYTHONPATH": paths} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


@pytest.fixture(scope="module")
def two_processes(tmp_path_factory) -> tuple[dict, dict]:
    """Reports of two processes that use the same, at first empty, cache folder one after the other."""
    folder = str(tmp_path_factory.mktemp("cache"))
    first, second = (json.loads(run_python(COMPILE, DENISE_CACHE_DIR=folder)) for _ in range(2))
    return first, second


@pytest.mark.parametrize("kernel", ["update_velocity", "update_stress"])
def test_the_second_process_finds_the_kernels_compiled(two_processes, kernel):
    first, second = two_processes
    assert (first[kernel]["hits"], first[kernel]["misses"]) == (0, 1)
    assert (second[kernel]["hits"], second[kernel]["misses"]) == (1, 0)


@pytest.mark.skipif(not X86, reason="knows the vector instructions of x86 only")
@pytest.mark.parametrize("kernel", ["update_velocity", "update_stress"])
def test_interior_kernels_use_packed_instructions(two_processes, kernel):
    """The 16 products of a point at order 8 take at least 12 multiply-adds, which must be there as packed
    ones on registers of 256 or 512 bits (the scalar ones that remain serve the end of a row)."""
    assembly = two_processes[0][kernel]["assembly"]
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    if " fma " not in flags:
        pytest.skip("this processor has no fused multiply-add, or does not say so")
    packed = re.findall(r"vfn?m(?:add|sub)\d+ps\s[^\n]*%[yz]mm", assembly)
    assert len(packed) >= 12


def test_running_without_the_compiler():
    """NUMBA_DISABLE_JIT=1 gives the same numbers; they differ by the rounding of fused multiply-adds."""
    compiled = np.array(json.loads(run_python(SIMULATE, NUMBA_DISABLE_JIT="0")))
    interpreted = np.array(json.loads(run_python(SIMULATE, NUMBA_DISABLE_JIT="1")))
    assert np.all(compiled > 0)
    np.testing.assert_allclose(interpreted, compiled, rtol=1e-12)
