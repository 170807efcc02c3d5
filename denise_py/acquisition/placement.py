"""Which of the given nodes lie in the absorbing frame."""

from __future__ import annotations

import numpy as np

from denise_py.grid import Grid


def frame_warnings(
    nodes: np.ndarray,
    grid: Grid,
    width: int,
    *,
    free_surface: bool,
    periodic: bool,
    what: str,
) -> tuple[str, ...]:
    """One warning when some nodes lie within the absorbing frame, otherwise none.

    nodes: (n, 2) 1-based [i, j]; width: frame width in nodes; free_surface: no frame on top; periodic: no
    frame left and right; what: what the nodes are, in the plural ("sources").
    """
    i, j = np.asarray(nodes).reshape(-1, 2).T
    inside = j > grid.ny - width
    if not free_surface:
        inside |= j <= width
    if not periodic:
        inside |= (i <= width) | (i > grid.nx - width)
    found = np.flatnonzero(inside)
    if found.size == 0:
        return ()
    k = found[0]
    return (
        f"{found.size} of {len(i)} {what} lie in the absorbing frame of {width} nodes (first: number {k + 1} "
        f"at x = {i[k] * grid.dh:g} m, y = {j[k] * grid.dh:g} m), where amplitudes are damped",
    )
