"""Halo exchange: after it the rim of a block holds what the neighbouring blocks computed there.

A field is (ny + 2h, nx + 2h or more), the block's own nodes from (h, h) on, a rim of h nodes around them;
what is beyond the rim on the right only fills up the rows. The four sides are exchanged at once; corners are
not, as no difference operator along one axis reads them (they may hold older values).

Rows are contiguous and travel in place, a message per field: on one machine this is faster than packing them.
Columns are packed, all fields into one message per side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from denise_py.errors import ParameterError
from denise_py.parallel.comm import Comm, Message
from denise_py.parallel.domain import Subdomain

# A direction of travel numbers its messages from here on, so that two blocks that are neighbours on both
# sides tell them apart.
_LEFTWARD, _RIGHTWARD, _UPWARD, _DOWNWARD = 0, 100, 200, 300


@dataclass(frozen=True)
class _Side:
    """One side of a block: the rank there, the nodes it is sent, the rim it fills, and where tags begin."""

    neighbour: int | None
    inner: tuple[slice, slice]
    rim: tuple[slice, slice]
    tag_out: int
    tag_in: int


class HaloExchange:
    """Fills the rims of several fields.

    All addresses and messages are fixed when this is made: the arrays must stay the same ones.

    comm       the processes of one shot; the neighbours in `subdomain` are ranks of it
    subdomain  the block of this rank
    halo       width h >= 1 of the rim
    fields     arrays (ny + 2h, nx + 2h or more), all of one dtype

    Raises ParameterError when a block is smaller than the rim it has to fill next door.
    """

    needed: bool
    """Whether there is anything to do: False for a single block without periodic sides."""

    def __init__(self, comm: Comm, subdomain: Subdomain, halo: int, fields: Sequence[np.ndarray]):
        _check(subdomain, halo, fields)
        left, right, up, down = _sides(subdomain, halo)
        self._packing: list[tuple[np.ndarray, np.ndarray]] = []
        self._unpacking: list[tuple[np.ndarray, np.ndarray]] = []
        self._sends: list[Message] = []
        self._recvs: list[Message] = []
        if left.neighbour == comm.rank:
            self._unpacking += [(field[left.rim], field[right.inner]) for field in fields]
            self._unpacking += [(field[right.rim], field[left.inner]) for field in fields]
        else:
            self._add_packed(left, fields)
            self._add_packed(right, fields)
        self._add_in_place(up, fields)
        self._add_in_place(down, fields)
        self.needed = bool(self._sends or self._unpacking)
        self._exchange = comm.persistent(self._sends, self._recvs)

    def run(self) -> None:
        """Exchange once; collective over the ranks of the shot."""
        for target, source in self._packing:
            target[...] = source
        self._exchange.run()
        for target, source in self._unpacking:
            target[...] = source

    def _add_packed(self, side: _Side, fields: Sequence[np.ndarray]) -> None:
        if side.neighbour is None:
            return
        outgoing = np.empty((len(fields), *fields[0][side.inner].shape), fields[0].dtype)
        incoming = np.empty_like(outgoing)
        self._packing += [(outgoing[k], field[side.inner]) for k, field in enumerate(fields)]
        self._unpacking += [(field[side.rim], incoming[k]) for k, field in enumerate(fields)]
        self._sends.append(Message(outgoing, side.neighbour, side.tag_out))
        self._recvs.append(Message(incoming, side.neighbour, side.tag_in))

    def _add_in_place(self, side: _Side, fields: Sequence[np.ndarray]) -> None:
        if side.neighbour is None:
            return
        for k, field in enumerate(fields):
            self._sends.append(Message(field[side.inner], side.neighbour, side.tag_out + k))
            self._recvs.append(Message(field[side.rim], side.neighbour, side.tag_in + k))


def _sides(block: Subdomain, h: int) -> tuple[_Side, _Side, _Side, _Side]:
    """Left, right, up, down. Columns leave out the rim; rows include it, which makes them contiguous."""
    nx, ny = block.nx, block.ny
    rows, columns = slice(h, h + ny), slice(None)
    first, before = slice(h, 2 * h), slice(0, h)
    last, after = slice(nx, nx + h), slice(nx + h, nx + 2 * h)
    return (
        _Side(block.left, (rows, first), (rows, before), _LEFTWARD, _RIGHTWARD),
        _Side(block.right, (rows, last), (rows, after), _RIGHTWARD, _LEFTWARD),
        _Side(block.up, (first, columns), (before, columns), _UPWARD, _DOWNWARD),
        _Side(block.down, (slice(ny, ny + h), columns), (slice(ny + h, None), columns), _DOWNWARD, _UPWARD),
    )


def _check(block: Subdomain, h: int, fields: Sequence[np.ndarray]) -> None:
    rows, columns = block.ny + 2 * h, block.nx + 2 * h
    for field in fields:
        fits = field.shape[0] == rows and field.shape[1] >= columns
        if not fits or field.dtype != fields[0].dtype or not field.flags.c_contiguous:
            raise ValueError(
                f"fields must be C-contiguous, of one dtype and of shape {(rows, columns)}, "
                f"not {field.dtype} {field.shape}"
            )
    joined_x = block.left is not None or block.right is not None
    joined_y = block.up is not None or block.down is not None
    if (joined_x and block.nx < h) or (joined_y and block.ny < h):
        raise ParameterError(
            f"a block of {block.nx} x {block.ny} grid points is too small for {h} rows or columns of its "
            f"neighbours (half of FDORDER): choose a smaller NPROCX or NPROCY"
        )
