"""The one place that decides how kernels are compiled and where the machine code is kept.

The compiler's own cache notices an edit in the file of a kernel but not in the files of the functions
that the kernel calls. The cache folder therefore carries a digest of every source file of this package.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numba

# Contraction to fused multiply-adds and ignoring the sign of zero are safe; NaN and infinity keep
# their meaning, so that a simulation that blows up can be recognised.
FAST_MATH = frozenset({"contract", "nsz"})


def source_digest() -> str:
    """Digest of the sources of this package (12 hexadecimal digits)."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def cache_folder() -> Path:
    """Folder of the compiled kernels: $DENISE_CACHE_DIR, or below the user's cache folder."""
    base = os.environ.get("DENISE_CACHE_DIR")
    if base is None:
        root = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
        base = os.path.join(root, "denise-py")
    return Path(base) / f"numba-{numba.__version__}-{source_digest()}"


def nothing_cached() -> bool:
    """Whether this version of the kernels has not been compiled on this machine yet."""
    return "NUMBA_CACHE_DIR" not in os.environ and not cache_folder().exists()


if "NUMBA_CACHE_DIR" not in os.environ:
    numba.config.CACHE_DIR = str(cache_folder())

# Kernels let other threads run meanwhile: a process may simulate several shots at a time.
kernel = numba.njit(cache=True, fastmath=set(FAST_MATH), error_model="numpy", boundscheck=False, nogil=True)
