"""A program for the launch tests: python guarded_program.py WHAT. Ends in the way WHAT says."""

from __future__ import annotations

import errno
import sys

import numpy as np

from denise_py.errors import DataError, ParameterError, StabilityError
from denise_py.grid import Grid
from denise_py.parallel import comm as comm_module
from denise_py.parallel.domain import decompose
from denise_py.parallel.halo import HaloExchange

exchanges = []


def all_fail(comm):
    raise ParameterError(["DT is bad", "DH is bad"])


def one_fails(comm):
    """The others wait for a message that never comes."""
    if comm.rank == comm.size - 1:
        raise DataError("model.bin is too short")
    comm.bcast(None, root=comm.size - 1)


def all_but_the_first_fail(comm):
    if comm.rank > 0:
        raise StabilityError(f"blow-up on rank {comm.rank}")
    comm.bcast(None, root=1)


def one_fails_last(comm):
    """The others are done already."""
    if comm.rank == comm.size - 1:
        raise MemoryError("Unable to allocate 5 GiB")


def bug(comm):
    raise KeyError("what")


def disk_full(comm):
    raise OSError(errno.ENOSPC, "No space left on device", "snap/test.bin")


def interrupted(comm):
    raise KeyboardInterrupt


def exits(comm):
    sys.exit(5)


def exchange(comm):
    """Leaves its persistent requests alive."""
    blocks = decompose(Grid(4, 2 * comm.size, 1.0), 1, comm.size)
    exchanges.append(HaloExchange(comm, blocks[comm.rank], 1, [np.zeros((4, 6))]))
    exchanges[0].run()


def hello(comm):
    lines = comm.gather(f"{comm.rank} of {comm.size}")
    if comm.is_root:
        print("\n".join(lines))


def imported(comm):
    print("mpi4py" if "mpi4py.MPI" in sys.modules else "no mpi4py")


def main(comm):
    return globals()[sys.argv[1]](comm) or 0


if __name__ == "__main__":
    comm_module.AGREEMENT_SECONDS = 0.5
    sys.exit(comm_module.run_guarded(main))
