"""Compiling before and beside a run: it is the code that is used, and one process compiles each piece."""

from __future__ import annotations

import io
import logging
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from denise_py.acquisition.inject import PlacedSource, adjoint_injection
from denise_py.fd import compile
from denise_py.gradient.storage import ForwardStore, Layout
from denise_py.parallel.comm import SerialComm
from denise_py.workflow import compilation
from denise_py.workflow.compilation import Code, plain_scheme, simulate
from tests.physics.problems import Setup, medium_of

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("halves", [False, True])
def test_a_run_needs_no_other_code(halves):
    """After two steps without sources on a tiny grid, a run with everything finds its code compiled."""
    setup = Setup(nx=24, ny=20, nt=4, width=4, surface=True, dtype=np.float32)
    run = setup.propagator()
    steps = run.physics.steps
    used = (
        (steps.forward_velocity, steps.forward_stress, steps.transposed_velocity, steps.transposed_stress)
        if halves
        else (steps.forward_steps, steps.transposed_steps)
    )
    for kind in ("forward", "transposed"):
        simulate(Code(run.physics, plain_scheme(4), kind, halves))
    before = [set(function.signatures) for function in used]
    assert all(before)
    run.in_halves = halves
    run.set_medium(medium_of(setup.grid, seed=1))
    store = ForwardStore(run, Layout(2, 1))
    sources = [PlacedSource(5, 2, 3, 0.0, np.arange(4.0)), PlacedSource(8, 5, 1, 0.0, np.ones(4))]
    nodes = np.array([[4, 1], [9, 8]])
    traces = setup.simulate(run, sources, nodes, ("vx", "vy", "p"), store)
    assert np.any(traces["vx"])
    place = (run.block, run.half, run.dtype)
    injection = adjoint_injection(run.physics, traces, nodes, run.coefficients, *place)
    run.transposed(injection, store)
    assert [set(function.signatures) for function in used] == before


class Piece:
    """Code that only notes in a folder which process has compiled it."""

    def __init__(self, folder: Path, name: str, kind: str = "forward", ready: bool = False) -> None:
        self.folder, self.name, self.kind, self.ready = folder, name, kind, ready

    def compile(self) -> None:
        (self.folder / f"{self.name}.{os.getpid()}").touch()


def compiled(folder: Path) -> list[str]:
    return sorted(path.name.split(".")[0] for path in folder.iterdir())


#: a set-up of which nobody wants to know more
ANY = SimpleNamespace(settings=None)


@pytest.mark.mpi(2)
def test_each_missing_piece_is_compiled_once(comm, monkeypatch, tmp_path):
    folder = Path(comm.bcast(str(tmp_path)))
    pieces = [Piece(folder, "there", ready=True), *(Piece(folder, name) for name in "abc")]
    monkeypatch.setattr(compilation, "code_of", lambda settings: pieces)
    with compilation.compiling(ANY, SimpleNamespace(world=comm), logging.getLogger("test")):
        assert compiled(folder) == ["a", "b", "c"]  # complete: all wait for each other
    assert len({path.name.split(".")[1] for path in folder.iterdir()}) == 2
    comm.barrier()


@pytest.mark.mpi(2)
def test_what_a_run_does_not_begin_with_is_left_to_one_other_program(comm, monkeypatch, tmp_path):
    """Nobody waits for it; it ends with the run."""
    folder = Path(comm.bcast(str(tmp_path)))
    pieces = [Piece(folder, "first"), *(Piece(folder, kind, kind) for kind in ("transposed", "linearised"))]
    left: list[subprocess.Popen] = []

    def leave(settings: object, cores: set[int]) -> subprocess.Popen:
        left.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]))
        return left[0]

    monkeypatch.setattr(compilation, "_leave", leave)
    monkeypatch.setattr(compilation, "code_of", lambda settings: pieces)
    with compilation.compiling(ANY, SimpleNamespace(world=comm), logging.getLogger("test")):
        assert compiled(folder) == ["first"]
        assert [program.poll() for program in left] == ([None] if comm.is_root else [])
    assert all(program.poll() is not None for program in left)
    comm.barrier()


def test_without_another_program_the_run_goes_on(monkeypatch, tmp_path):
    """What is missing is compiled when it is needed."""
    pieces = [Piece(tmp_path, kind, kind) for kind in compilation.KINDS]
    monkeypatch.setattr(compilation, "code_of", lambda settings: pieces)
    monkeypatch.setattr(compilation.sys, "executable", str(tmp_path / "no_python"))
    with compilation.compiling(ANY, SimpleNamespace(world=SerialComm()), logging.getLogger("test")):
        assert compiled(tmp_path) == ["forward"]


def test_the_other_program_is_told_the_settings_and_ends_well(project, tmp_path, monkeypatch):
    """Also where modules of the same names as those of Python lie in the folder of the run."""
    (tmp_path / "queue.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    settings = project.settings(tmp_path, INVMAT=0)
    assert compilation._leave(settings, compilation._cores()).wait() == 0
    code = compilation.code_of(settings)
    assert [piece.kind for piece in code] == ["forward", "transposed"]
    assert code[1].ready


def test_the_other_program_compiles_the_rest(monkeypatch, tmp_path):
    pieces = [Piece(tmp_path, kind, kind) for kind in compilation.KINDS]
    monkeypatch.setattr(compilation, "code_of", lambda settings: pieces)
    monkeypatch.setattr(compilation.os, "nice", lambda more: None)
    monkeypatch.setattr(compilation.sys, "stdin", SimpleNamespace(buffer=io.BytesIO(pickle.dumps(None))))
    compilation.compile_later()
    assert compiled(tmp_path) == ["linearised", "transposed"]


def test_who_needs_code_that_another_process_compiles_waits_for_it(tmp_path, monkeypatch):
    monkeypatch.setattr(compile.numba.config, "CACHE_DIR", str(tmp_path))
    program = """if True:
        import numba, sys
        from denise_py.fd import compile
        numba.config.CACHE_DIR = sys.argv[1]
        with compile._alone("code"):
            print("begun", flush=True)
            sys.stdin.readline()
        """
    command = [sys.executable, "-c", program, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    events: list[str] = []

    def second() -> None:
        with compile._alone("code"):
            events.append("second")

    with subprocess.Popen(command, **pipes, env={**os.environ, "PYTHONPATH": str(ROOT)}) as other:
        assert other.stdout.readline() == "begun\n"
        with compile._alone("other code"):  # for which nobody waits
            waiting = threading.Thread(target=second)
            waiting.start()
        waiting.join(0.3)
        events.append("first ends")
        other.communicate("\n")
        waiting.join(60)
    assert events == ["first ends", "second"]


def test_an_unusable_cache_folder_is_replaced(tmp_path):
    """A file in the place of the folder: kernels are kept below the folder for temporary files."""
    (tmp_path / "file").touch()
    (tmp_path / "tmp").mkdir()
    program = "from denise_py.fd.compile import cache_folder; print(cache_folder())"
    variables = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    variables |= {"DENISE_CACHE_DIR": str(tmp_path / "file"), "TMPDIR": str(tmp_path / "tmp")}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=variables | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    folder = Path(done.stdout.strip())
    assert folder.parent == tmp_path / "tmp"
    assert folder.stat().st_mode & 0o777 == 0o700
