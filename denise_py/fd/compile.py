"""The one place that decides how kernels are compiled and where the machine code is kept.

The compiler's own cache notices an edit in the file of a kernel but not in the files of the functions
that the kernel calls. The cache folder therefore carries a digest of every source file of this package.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import importlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, TypeVar

import llvmlite.binding
import numba
import numpy as np
from numba.extending import register_jitable

Function = TypeVar("Function", bound=Callable)

# Contraction to fused multiply-adds and ignoring the sign of zero are safe; NaN and infinity keep
# their meaning, so that a simulation that blows up can be recognised.
FAST_MATH = frozenset({"contract", "nsz"})

#: for how many seconds to wait for another process that compiles the same, which takes about ten
PATIENCE = 120.0


def source_digest() -> str:
    """Digest of the sources of this package (12 hexadecimal digits)."""
    digest = hashlib.sha256()
    for path in _sources():
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _sources() -> list[Path]:
    return sorted(Path(__file__).parent.glob("*.py"))


def wanted_folder() -> Path:
    """Folder for compiled kernels: $NUMBA_CACHE_DIR as it is, or below $DENISE_CACHE_DIR or the user's cache
    folder one for this version."""
    if "NUMBA_CACHE_DIR" in os.environ:
        return Path(os.environ["NUMBA_CACHE_DIR"])
    base = os.environ.get("DENISE_CACHE_DIR")
    if base is None:
        root = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
        base = os.path.join(root, "denise-py")
    return Path(base) / f"numba-{numba.__version__}-{source_digest()}"


def cache_folder() -> Path:
    """Where compiled kernels are kept: the wanted folder, or where nothing can be written there one of the
    user below the folder for temporary files."""
    return Path(numba.config.CACHE_DIR)


def _usable(folder: Path, private: bool = False) -> bool:
    """Whether files can be written into a folder, which is made if there is none. private: also that nobody
    else could have put code into it."""
    try:
        folder.mkdir(mode=0o700 if private else 0o777, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        return not private or (folder.stat().st_uid == os.getuid() and not folder.stat().st_mode & 0o022)
    except OSError:
        return False


def _choose_folder() -> Path:
    wanted = wanted_folder()
    name = f"denise-py-{os.getuid()}-numba-{numba.__version__}-{source_digest()}"
    temporary = Path(tempfile.gettempdir(), name)
    return temporary if not _usable(wanted) and _usable(temporary, private=True) else wanted


numba.config.CACHE_DIR = str(_choose_folder())


def without_matrices() -> None:
    """Spare numba the search for BLAS, which loads scipy.linalg and takes a quarter of the time until the
    first step. For programs, not libraries: compiled functions of this process cannot multiply matrices then.
    """
    name = "scipy.linalg.cython_blas"
    if name in sys.modules:
        return
    sys.modules[name] = None  # an attempt to import it fails at once
    try:
        importlib.import_module("numba.np.arraymath")
    except ImportError:
        pass  # a numba that does not ask for it
    finally:
        del sys.modules[name]


def is_ready(code: str) -> bool:
    """Whether code of this name has been noted as compiled for this kind of processor."""
    return bool(numba.config.DISABLE_JIT) or _note(code).exists()


def note_ready(code: str) -> None:
    """Note that code of this name is compiled and kept."""
    with contextlib.suppress(OSError):  # then it is compiled by every process that needs it
        _note(code).touch()


def _note(code: str) -> Path:
    text = "|".join((code, *_circumstances()))
    return cache_folder() / f"ready-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


@functools.cache
def _circumstances() -> tuple[str, ...]:
    """What else decides whether compiled code is found; the same as long as a process lives."""
    machine = llvmlite.binding.get_host_cpu_name(), llvmlite.binding.get_host_cpu_features().flatten()
    # the compiler keeps its files by the place and the time of the sources
    place = str(Path(__file__).parent), str(max(path.stat().st_mtime_ns for path in _sources()))
    return numba.__version__, source_digest(), *place, *machine


# Kernels allocate nothing, so that counting references (_nrt) would only lengthen the code; nobody needs
# their address as a C function.
_OPTIONS = {
    "fastmath": set(FAST_MATH),
    "error_model": "numpy",
    "boundscheck": False,
    "no_cfunc_wrapper": True,
    "_nrt": False,
}

#: For functions that Python calls: kept on disk with all they call. In other compiled functions they are
#: part of the text, so that nothing is compiled twice for them. Other threads run meanwhile: a process may
#: simulate several shots at a time.
entry = numba.njit(cache=True, inline="always", nogil=True, **_OPTIONS)

#: For functions that compiled ones call: compiled as parts of these only. Called from Python they run as
#: plain Python.
part = register_jitable(no_cpython_wrapper=True, **_OPTIONS)


#: For functions in the innermost loops: always part of the text of the compiled function that calls them.
inlined = register_jitable(no_cpython_wrapper=True, forceinline=True, **_OPTIONS)


def kernel(function: Function) -> Function:
    """Decorator of all kernels: `entry` for the public functions of the modules steps_*, else `part`."""
    module = function.__module__.rpartition(".")[2]
    public = module.startswith("steps_") and not function.__name__.startswith("_")
    return entry(function) if public else part(function)


class EntryPoints:
    """Compiled functions, found by the types of their arguments once and for all.

    numba looks at every array of every call, 10 to 20 us for a time step, and takes milliseconds where two
    kinds of named tuples with the same contents are around. What is found here may be called many times with
    arguments of the same types, which nobody checks any more.
    """

    def __init__(self) -> None:
        self._known: dict[tuple, Callable] = {}

    def find(self, function: Callable, *arguments: Any) -> Callable:
        """The machine code of an `entry` for such arguments; compiles it or loads it from disk if need be,
        but does not run it."""
        key = (function, *map(_kind, arguments))
        if key not in self._known:
            self._known[key] = _compiled(function, arguments)
        return self._known[key]

    def run(self, function: Callable, *arguments: Any) -> Any:
        """Find and call."""
        return self.find(function, *arguments)(*arguments)


def _kind(value: Any) -> Any:
    """What decides about numba's type of an argument."""
    if isinstance(value, np.ndarray):
        flags = value.flags
        return value.dtype, value.ndim, flags.c_contiguous, flags.f_contiguous, flags.writeable, flags.aligned
    if isinstance(value, tuple):
        return type(value), *map(_kind, value)
    return type(value)


def _compiled(function: Callable, arguments: tuple) -> Callable:
    if not hasattr(function, "get_overload"):  # NUMBA_DISABLE_JIT
        return function
    types = tuple(map(numba.typeof, arguments))
    name = f"{function.__module__}.{function.__name__}{types}"
    known = is_ready(name)
    with contextlib.nullcontext() if known else _alone(name):
        with contextlib.suppress(OSError):  # a full disk: what is compiled works, but is not kept
            function.compile(types)
        if not known:
            note_ready(name)
    return function.get_overload(types)


@contextlib.contextmanager
def _alone(name: str) -> Iterator[None]:
    """No other process compiles the function of this name meanwhile: whoever comes second finds it on disk. A
    process that dies lets go; where files cannot be locked, several compile the same, and so they do after
    PATIENCE seconds."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            _lock(stack.enter_context(open(_note(name).with_suffix(".lock"), "w")))
        yield


def _lock(stream: IO) -> None:
    """Asks again and again, since some network file systems do not answer before the lock is free."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(0.05)
