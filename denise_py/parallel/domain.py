"""How the work is cut: the grid into rectangular blocks, the processes into groups that share the shots.

Rank r of a group has the block in column r mod NPROCX and row r div NPROCX (DENISE's order). Where the grid
does not divide evenly the first blocks of a row or column are one node larger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from denise_py.errors import ParameterError
from denise_py.grid import Grid


@dataclass(frozen=True)
class Subdomain:
    """The block of one rank: nodes x0 <= i < x1, y0 <= j < y1 counted from 0 in the global grid.

    left, right, up, down are the ranks next door, None at an edge. With periodic sides the blocks at the
    left and right edge are neighbours, and a block as wide as the grid is its own neighbour.
    """

    x0: int
    x1: int
    y0: int
    y1: int
    grid_nx: int
    grid_ny: int
    left: int | None
    right: int | None
    up: int | None
    down: int | None

    @property
    def nx(self) -> int:
        """Number of columns."""
        return self.x1 - self.x0

    @property
    def ny(self) -> int:
        """Number of rows."""
        return self.y1 - self.y0

    @property
    def slices(self) -> tuple[slice, slice]:
        """Where the block sits in a global (grid_ny, grid_nx) array."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    @property
    def at_left(self) -> bool:
        """Whether the block touches the left edge of the grid (periodic or not)."""
        return self.x0 == 0

    @property
    def at_right(self) -> bool:
        """Whether the block touches the right edge of the grid (periodic or not)."""
        return self.x1 == self.grid_nx

    @property
    def at_top(self) -> bool:
        """Whether the block touches the top of the grid."""
        return self.y0 == 0

    @property
    def at_bottom(self) -> bool:
        """Whether the block touches the bottom of the grid."""
        return self.y1 == self.grid_ny

    def contains(self, i: int, j: int) -> bool:
        """Whether the 1-based node (i, j) of the global grid lies in the block."""
        return self.x0 < i <= self.x1 and self.y0 < j <= self.y1


def decompose(grid: Grid, npx: int, npy: int, periodic: bool = False) -> tuple[Subdomain, ...]:
    """The blocks of all npx * npy ranks, in rank order. periodic: the left and right edge are joined.

    Raises ParameterError when there are more blocks than columns or rows.
    """
    problems = _too_many_blocks("X", npx, grid.nx) + _too_many_blocks("Y", npy, grid.ny)
    if problems:
        raise ParameterError(problems)
    x_ranges = list(pairwise(_cuts(grid.nx, npx)))
    y_ranges = list(pairwise(_cuts(grid.ny, npy)))
    return tuple(
        Subdomain(
            *x_ranges[column],
            *y_ranges[row],
            grid_nx=grid.nx,
            grid_ny=grid.ny,
            left=row * npx + (column - 1) % npx if column > 0 or periodic else None,
            right=row * npx + (column + 1) % npx if column < npx - 1 or periodic else None,
            up=(row - 1) * npx + column if row > 0 else None,
            down=(row + 1) * npx + column if row < npy - 1 else None,
        )
        for row in range(npy)
        for column in range(npx)
    )


def _too_many_blocks(axis: str, parts: int, nodes: int) -> list[str]:
    if 1 <= parts <= nodes:
        return []
    return [
        f"NPROC{axis} = {parts} cannot cut N{axis} = {nodes} grid points: choose 1 <= NPROC{axis} <= {nodes}"
    ]


def _cuts(nodes: int, parts: int) -> list[int]:
    """The parts + 1 positions that cut range(nodes) into ranges, larger ones first."""
    size, larger = divmod(nodes, parts)
    return [part * size + min(part, larger) for part in range(parts + 1)]


@dataclass(frozen=True)
class Groups:
    """The processes of a run as `count` groups of `ranks` each; every group simulates shots of its own.

    Group g consists of the ranks g * ranks ... (g + 1) * ranks - 1.
    """

    count: int
    ranks: int

    def group_of(self, rank: int) -> int:
        """The group a rank of the whole run belongs to."""
        return rank // self.ranks

    def rank_in_group(self, rank: int) -> int:
        """The number of a rank of the whole run within its group, which is that of its block."""
        return rank % self.ranks

    def shots_of_group(self, group: int, shots: Sequence[int]) -> tuple[int, ...]:
        """The shots a group simulates: neighbours in the given order, one more in the first groups if the
        number does not divide evenly. Empty for the last of more groups than shots."""
        cuts = _cuts(len(shots), self.count)
        return tuple(shots[cuts[group] : cuts[group + 1]])


def plan_groups(size: int, npx: int, npy: int) -> Groups:
    """Split `size` processes into groups of npx * npy.

    Raises ParameterError unless size is a multiple of npx * npy.
    """
    ranks = npx * npy
    if min(npx, npy) < 1 or size % ranks:
        started = "1 process was" if size == 1 else f"{size} processes were"
        raise ParameterError(
            f"NPROCX = {npx} times NPROCY = {npy} asks for {ranks} processes or a multiple of it, "
            f"but {started} started: use mpirun -n {max(ranks, 1)}, or change NPROCX and NPROCY so that "
            f"their product divides {size} (1 and 1 always do: the processes then share the shots)"
        )
    return Groups(size // ranks, ranks)
