"""How much memory a process may use and what it uses, judged before anything large is allocated.

A process that asks for more memory than there is gets killed without a word, or takes the machine with it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from denise_py.errors import ResourceError
from denise_py.parameters.settings import Settings

#: what the process that reads the model holds per node at least: start model in double precision, its copy
#: as a medium, coefficients and fields in single precision
BYTES_PER_NODE = 100
#: part of the free memory that a run takes where nobody says how much it may use
SHARE = 0.6


def check_memory(
    settings: Settings, nt: int, sources: int, receivers: int, available: int | None = None
) -> None:
    """Raise ResourceError if one process needs more than `available` bytes, by default all of this machine.

    nt: number of time steps; sources, receivers: how many. Counts the large arrays only, and not what is
    kept for gradients, see workflow.keeping.
    """
    available = physical_memory() if available is None else available
    grid = settings.grid
    shares = [
        (BYTES_PER_NODE * grid.nx * grid.ny, f"{grid.nx} times {grid.ny} grid points; take fewer"),
        (8 * nt * sources, f"{sources} wavelets of {nt} samples; take fewer time steps or sources"),
        (4 * nt * receivers, f"{receivers} seismograms of {nt} samples; take fewer time steps or receivers"),
    ]
    needed = sum(size for size, _ in shares)
    if needed > available:
        size, what = max(shares)
        raise ResourceError(
            f"a process needs at least {_gib(needed)} of memory, but this machine has {_gib(available)}: "
            f"{_gib(size)} are for {what}"
        )


def physical_memory() -> int:
    """Bytes of memory of this machine."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def free_memory(root: Path = Path("/")) -> int:
    """Bytes that processes may still take: what is available on this machine, or less in a control group
    (container, batch job) with a limit. root: where /proc and /sys are."""
    return min([_available(root), *_left_in_groups(root)])


def _available(root: Path) -> int:
    """MemAvailable of Linux; elsewhere all memory."""
    found = _number_after(root / "proc/meminfo", "MemAvailable:")
    return physical_memory() if found is None else 1024 * found


def _left_in_groups(root: Path) -> Iterator[int]:
    """What the control group of this process and those around it leave, for each with a limit."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, kinds, path = line.split(":", 2)
        if kinds == "":
            yield from _left(root / "sys/fs/cgroup", path, "memory.max", "memory.current", "inactive_file")
        elif "memory" in kinds.split(","):
            files = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
            yield from _left(root / "sys/fs/cgroup/memory", path, *files)


def _left(base: Path, path: str, limit: str, usage: str, reclaimable: str) -> Iterator[int]:
    """From the group at `path` up to the one that a container takes for the first."""
    own = base / path.lstrip("/")
    for folder in (own, *own.parents) if own.is_relative_to(base) else (base,):
        allowed, used = _first_number(folder / limit), _first_number(folder / usage)
        if allowed is not None and used is not None:
            yield max(0, allowed - used + (_number_after(folder / "memory.stat", reclaimable) or 0))
        if folder == base:
            return


def _first_number(path: Path) -> int | None:
    try:
        word = path.read_text().strip()
    except OSError:
        return None
    return int(word) if word.isdecimal() else None  # "max": no limit


def _number_after(path: Path, name: str) -> int | None:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return None
    found = (line.split() for line in lines)
    return next((int(words[1]) for words in found if len(words) > 1 and words[0] == name), None)


def _gib(size: int) -> str:
    return f"{size / 2**30:.3g} GiB"
