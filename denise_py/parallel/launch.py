"""What the environment says about how this process was started: by which launcher, as which of how many.

Only environment variables are read, so this works before MPI is loaded and without it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

OPEN_MPI = "Open MPI's mpirun"
MPICH = "an mpirun of the MPICH family"
SLURM = "Slurm's srun"
PMIX = "a PMIx launcher"

_FIXES = {
    OPEN_MPI: "set MPI4PY_MPIABI=openmpi",
    MPICH: "unset MPI4PY_MPIABI if it is set",
    SLURM: "choose a plug-in of srun that fits the library, e.g. --mpi=pmi2",
}

# Step numbers from here on are Slurm's own (batch script, interactive shell): nothing srun has multiplied.
_FIRST_SPECIAL_SLURM_STEP = 0xFFFFFFF0


@dataclass(frozen=True)
class Launch:
    """A launcher's word on this process. size is None where the launcher does not tell it."""

    launcher: str
    size: int | None
    rank: int

    @property
    def alone(self) -> bool:
        """Whether the launcher started just this process."""
        return self.size == 1

    @property
    def several(self) -> bool:
        """Whether the launcher started more processes than this one."""
        return self.size is not None and self.size > 1

    def explain_no_mpi(self, error: Exception) -> str:
        """What to tell the user where mpi4py cannot be loaded."""
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        if isinstance(error, ModuleNotFoundError):
            fix = "install it with pip install 'denise-py[mpi]'"
        else:
            fix = "see that its MPI library can be found (LD_LIBRARY_PATH, MPI4PY_MPIABI)"
        return (
            f"{self.launcher} started {self.size} processes, but mpi4py cannot be used here ({reason}): "
            f"{fix}, or start denise without a launcher"
        )

    def explain_all_alone(self, library: str) -> str:
        """What to tell the user where MPI (a library's name and version) connects no processes."""
        mpirun = Path(sys.prefix, "bin", "mpirun")
        example = f" ({mpirun} -n {self.size})" if mpirun.exists() and library.startswith("MPICH") else ""
        other = _FIXES.get(self.launcher, "")
        return (
            f"{self.launcher} started {self.size} processes, but each of them is alone: mpi4py uses the MPI "
            f"library {library}, which does not go with this launcher. Please use the mpirun of this library"
            f"{example}{', or ' if other else ''}{other}"
        )


def find_launch(environ: Mapping[str, str]) -> Launch | None:
    """The innermost launcher found in the environment variables, None for a process started by hand.

    A batch script of Slurm is one process however many tasks its job has (SLURM_NTASKS): only what srun
    started in a step of its own counts.
    """
    if "OMPI_COMM_WORLD_SIZE" in environ:
        return _launch(environ, OPEN_MPI, "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK")
    if "PMI_SIZE" in environ:
        return _launch(environ, MPICH, "PMI_SIZE", "PMI_RANK")
    if _in_srun_step(environ):
        size = "SLURM_STEP_NUM_TASKS" if "SLURM_STEP_NUM_TASKS" in environ else "SLURM_NTASKS"
        return _launch(environ, SLURM, size, "SLURM_PROCID")
    if "PMIX_RANK" in environ:
        return Launch(PMIX, None, _number(environ, "PMIX_RANK") or 0)
    return None


def _launch(environ: Mapping[str, str], launcher: str, size: str, rank: str) -> Launch:
    return Launch(launcher, _number(environ, size), _number(environ, rank) or 0)


def _in_srun_step(environ: Mapping[str, str]) -> bool:
    step = _number(environ, "SLURM_STEP_ID")
    return step is not None and step < _FIRST_SPECIAL_SLURM_STEP and "SLURM_PROCID" in environ


def _number(environ: Mapping[str, str], name: str) -> int | None:
    text = environ.get(name, "").strip()
    return int(text) if text.isdecimal() else None
