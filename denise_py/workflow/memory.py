"""Whether a run fits into this machine at all, judged before anything large is allocated.

A process that asks for more memory than there is gets killed without a word, or takes the machine with it.
"""

from __future__ import annotations

import os

from denise_py.errors import ResourceError
from denise_py.parameters.settings import Settings

#: what the process that reads the model holds per node at least: start model in double precision, its copy
#: as a medium, coefficients and fields in single precision
BYTES_PER_NODE = 100


def check_memory(
    settings: Settings, nt: int, sources: int, receivers: int, available: int | None = None
) -> None:
    """Raise ResourceError if one process needs more than `available` bytes, by default all of this machine.

    nt: number of time steps; sources, receivers: how many. Counts the large arrays only.
    """
    available = physical_memory() if available is None else available
    grid, blocks = settings.grid, settings.domain.nprocx * settings.domain.nprocy
    shares = [
        (BYTES_PER_NODE * grid.nx * grid.ny, f"{grid.nx} times {grid.ny} grid points; take fewer"),
        (8 * nt * sources, f"{sources} wavelets of {nt} samples; take fewer time steps or sources"),
        (4 * nt * receivers, f"{receivers} seismograms of {nt} samples; take fewer time steps or receivers"),
    ]
    if settings.run.inversion:
        every = settings.inversion.sampling
        fields, shape = _stored_fields(settings), (grid.ny, grid.nx)
        kept = 4 * fields * -(-nt // every) * shape[0] * shape[1] // blocks
        remedy = "raise DTINV, or NPROCX and NPROCY for more processes per shot"
        shares.append((kept, f"the wavefield kept for the gradient every {every} steps; {remedy}"))
    needed = sum(size for size, _ in shares)
    if needed > available:
        size, what = max(shares)
        raise ResourceError(
            f"a process needs at least {_gib(needed)} of memory, but this machine has {_gib(available)}: "
            f"{_gib(size)} are for {what}"
        )


def _stored_fields(settings: Settings) -> int:
    """Arrays that are kept per step: five of P-SV waves, three of acoustic and of SH waves."""
    if settings.physics.acoustic:
        return 3
    return {1: 5, 2: 3, 3: 8}[settings.physics.wave_type]


def physical_memory() -> int:
    """Bytes of memory of this machine."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _gib(size: int) -> str:
    return f"{size / 2**30:.3g} GiB"
