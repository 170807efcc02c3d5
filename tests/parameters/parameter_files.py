"""Complete sets of parameters that the tests of this folder change in single places."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from denise_py.errors import ParameterError

FORWARD = {
    "INVMAT": 10,
    "NX": 100,
    "NY": 80,
    "DH": 0.5,
    "TIME": 0.1,
    "DT": 0.00025,
    "FDORDER": 4,
    "MFILE": "model/start",
    "FREE_SURF": 1,
    "FW": 10,
    "DAMPING": 500.0,
    "FPML": 30.0,
    "SOURCE_FILE": "source.dat",
    "RUN_MULTIPLE_SHOTS": 1,
    "QUELLTYP": 3,
    "QUELLART": 1,
    "SEISMO": 1,
    "SEIS_FILE": "su/s",
    "READREC": 1,
    "REC_FILE": "receiver.dat",
}
INVERSION = FORWARD | {
    "INVMAT": 0,
    "ITERMAX": 10,
    "DATA_DIR": "data/obs",
    "QUELLTYPB": 1,
    "INV_MODELFILE": "model/inv",
    "JACOBIAN": "jacobian/g",
}
FILTERED = INVERSION | {"TIME_FILT": 1, "FC_START": 10.0, "FC_END": 30.0, "FC_INCR": 5.0, "ORDER": 4}


def dialect(mapping: dict[str, object]) -> str:
    """The text of a parameter file in the notation of DENISE."""
    lines = "\n".join(f'"{name}" : "{value}",' for name, value in mapping.items())
    return f"# test\n{{\n{lines}\n}}\n"


def without(mapping: dict[str, object], *names: str) -> dict[str, object]:
    """A copy of the mapping that lacks some names."""
    return {name: value for name, value in mapping.items() if name not in names}


def write(path: Path, mapping: dict[str, object]) -> Path:
    """Writes a parameter file and returns its path."""
    path.write_text(dialect(mapping), encoding="utf-8")
    return path


def attempt(action: Callable[[], object]) -> object:
    """The result of an action, or the error it ends with."""
    try:
        return action()
    except ParameterError as error:
        return error
