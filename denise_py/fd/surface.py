"""A free surface of higher accuracy: summation-by-parts rows instead of images (order 4).

In the top rows the derivatives along y are one-sided, chosen such that summation by parts holds exactly
with the row weights FULL and HALF (after Gao, Ketcheson & Keyes 2020, Geophys. J. Int. 222). Nothing above
the surface is read. The rows are applied as corrections E = D - D0 to the standard operator D0 with zeros
above the surface, small matrices on the first five rows; the transposed step uses -E^T.
"""

from __future__ import annotations

import numpy as np

from denise_py.fd.compile import kernel
from denise_py.fd.containers import Edge

U = np.uint64

ROWS = 5
#: weights of the rows of full points (vx, stresses) and of half points (vy, sxy)
FULL = (7 / 18, 9 / 8, 1.0, 71 / 72)
HALF = (13 / 12, 7 / 8, 25 / 24)
#: derivative at half points from full points, and at full points from half points
TO_HALF = (
    (-79 / 78, 27 / 26, -1 / 26, 1 / 78, 0.0),
    (2 / 21, -9 / 7, 9 / 7, -2 / 21, 0.0),
    (1 / 75, 0.0, -27 / 25, 83 / 75, -1 / 25),
)
TO_FULL = (
    (79 / 28, -3 / 14, -1 / 28, 0.0, 0.0),
    (-1.0, 1.0, 0.0, 0.0, 0.0),
    (1 / 24, -9 / 8, 9 / 8, -1 / 24, 0.0),
    (-1 / 71, 6 / 71, -83 / 71, 81 / 71, -3 / 71),
)


def row_weights(name: str) -> tuple[float, ...]:
    """Weights of the top rows of a field: 'vx', 'normal' (full points) or 'vy' (half points)."""
    return HALF if name == "vy" else FULL


def edge(transposed: bool, dtype: np.dtype) -> Edge:
    """The corrections of a forward or of a transposed step."""
    to_half = _correction(TO_HALF, shift=1)
    to_full = _correction(TO_FULL, shift=0)
    in_stress = to_full.copy()
    in_stress[0] = 0.0  # syy = 0 in the surface row, and the plate modulus knows
    force, strain = np.stack([to_full, to_half]), np.stack([in_stress, to_half])
    if transposed:
        force, strain = (
            -np.stack([strain[1].T, strain[0].T]),
            -np.stack([force[1].T, force[0].T]),
        )
    return Edge(np.ascontiguousarray(force, dtype), np.ascontiguousarray(strain, dtype))


def no_edge(dtype: np.dtype) -> Edge:
    """No corrections."""
    return Edge(np.zeros((2, 0, 0), dtype), np.zeros((2, 0, 0), dtype))


def _correction(rows: tuple[tuple[float, ...], ...], shift: int) -> np.ndarray:
    """rows minus the standard operator of order 4, which sees zeros above the surface; (ROWS, ROWS).

    shift 1: forward operator (full to half points), 0: backward operator."""
    result = np.zeros((ROWS, ROWS))
    for j, row in enumerate(rows):
        result[j] = row
        for m, weight in ((1, 9 / 8), (2, -1 / 24)):
            for k, sign in ((j + m - 1 + shift, 1), (j - m + shift, -1)):
                if k >= 0:
                    result[j, k] -= sign * weight
    return result


@kernel
def correct_velocity(f, c, edge, box):
    """Corrections of the y derivatives of the stresses in the top rows, if the band has them; edge.force: to
    vx, to vy."""
    if box.y0 > box.top:
        return
    vx, vy, syy, sxy, bx, by = f.vx, f.vy, f.syy, f.sxy, c.bx, c.by
    top = U(box.y0)
    for r in range(edge.force.shape[1]):
        j = top + U(r)
        for s in range(edge.force.shape[2]):
            k, a, b = top + U(s), edge.force[0, r, s], edge.force[1, r, s]
            if a != 0 or b != 0:
                for i in range(U(box.x0), U(box.x1)):
                    vx[j, i] += bx[j, i] * a * sxy[k, i]
                    vy[j, i] += by[j, i] * b * syy[k, i]


@kernel
def correct_stress(f, c, edge, box):
    """Corrections of the y derivatives of the velocities in the top rows, if the band has them; edge.strain:
    eyy, exy."""
    if box.y0 > box.top:
        return
    vx, vy, sxx, syy, sxy, lam, l2m, mu = f.vx, f.vy, f.sxx, f.syy, f.sxy, c.lam, c.l2m, c.mu
    top = U(box.y0)
    for r in range(edge.strain.shape[1]):
        j = top + U(r)
        for s in range(edge.strain.shape[2]):
            k, a, b = top + U(s), edge.strain[0, r, s], edge.strain[1, r, s]
            if a != 0 or b != 0:
                for i in range(U(box.x0), U(box.x1)):
                    sxx[j, i] += lam[j, i] * a * vy[k, i]
                    syy[j, i] += l2m[j, i] * a * vy[k, i]
                    sxy[j, i] += mu[j, i] * b * vx[k, i]


@kernel
def free_row(f, box):
    """syy = 0 in the surface row."""
    for i in range(f.syy.shape[1]):
        f.syy[U(box.y0), U(i)] = 0.0
