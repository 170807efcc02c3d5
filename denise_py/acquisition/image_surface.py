"""Where the free surface of image stresses effectively lies, and how velocities beside it deviate.

With stresses mirrored (odd) and velocities zero above the surface, operators of order 4 and higher read zeros
in the top rows. For fields that vary slowly against the spacing the rows settle in a static balance: no
spurious strain, D v = 0, and a stress that grows linearly, D s = -v. Solving both for a unit motion far below
gives

- the velocity in the top rows relative to the motion, (0.94, 1.01, 1.00, ...) for order 8: what is recorded
at
  the surface is too small, and so is the effect of forces there;
- the depth below the first row, in spacings, from which the stress grows: the effective surface, 0.06 for
  order 8. Order 2 and one-sided operators have none of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

#: rows of the static problem; the deviations die out within a few
ROWS = 40


def velocity_gains(weights: Sequence[float]) -> np.ndarray:
    """Velocity in the top rows (ROWS,) for a unit motion below; weights: c_1..c_M of the operator."""
    c = _normalised(weights)
    matrix, right = np.zeros((ROWS, ROWS)), np.zeros(ROWS)
    for row in range(ROWS):
        for m, weight in enumerate(c, start=1):
            if row + m < ROWS:
                matrix[row, row + m] += weight
            else:
                right[row] -= weight
            if row + 1 - m >= 0:
                matrix[row, row + 1 - m] -= weight
    return np.linalg.solve(matrix, right)


def effective_depth(weights: Sequence[float]) -> float:
    """Depth of the effective surface below row 0, in spacings: s(r) = -(r - depth) for a unit motion."""
    c = _normalised(weights)
    # unknowns: stresses of rows 1 to ROWS - 1, and the depth
    matrix, right = np.zeros((ROWS, ROWS)), -velocity_gains(weights)
    for k in range(ROWS):
        for m, weight in enumerate(c, start=1):
            for row, share in ((k + m, weight), (k + 1 - m, -weight)):
                share, row = (-share, -row) if row < 0 else (share, row)
                if row >= ROWS:
                    right[k] += share * row
                    matrix[k, -1] += share
                elif row > 0:
                    matrix[k, row - 1] += share
    return float(np.linalg.solve(matrix, right)[-1])


def _normalised(weights: Sequence[float]) -> np.ndarray:
    """Weights that differentiate a line exactly, which Holberg's do to 0.1 % or so."""
    c = np.asarray(weights, np.float64)
    return c / np.sum(c * (2 * np.arange(1, c.size + 1) - 1))
