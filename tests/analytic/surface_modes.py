"""The Rayleigh wave of the difference scheme: its speed, and how strongly a force at the surface excites it.

For one wavenumber k along the surface and exact time, the scheme is a matrix: with vx = -i a exp(i k x) and
K(k) = 2 sum_m c_m sin((m - 1/2) k h) in place of the derivative along x, the accelerations are real. Its
eigenvector that decays with depth is the Rayleigh wave of the scheme. The rows near the surface are those of
the program: stresses mirrored, velocities above the surface zero, plate modulus in the surface row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.integrate import quad
from scipy.linalg import lu_factor, lu_solve

from denise_py.fd.weights import stencil
from tests.analytic.full_space import Solid
from tests.analytic.half_space import rayleigh_speed


@dataclass(frozen=True)
class SurfaceWave:
    """speed_error: relative error of the phase velocity. amplitude: velocity of the surface row due to a
    force on the same row, relative to the exact one at that depth (half a cell)."""

    speed_error: float
    amplitude: float


def discrete_rayleigh_wave(solid: Solid, order: int, points: float) -> SurfaceWave:
    """Rayleigh wave on a grid with `points` grid points per S wavelength at its frequency; dh = 1."""
    vp, speed = solid.vp / solid.vs, rayleigh_speed(solid) / solid.vs
    k = 2 * np.pi / points / speed
    rows = int(4 * points)
    left, right, square = nearest_eigenpair(acceleration_matrix(order, vp, k, rows), -((k * speed) ** 2))
    excitation = right[rows] * left[rows] / (left @ right)
    exact = exact_excitation(vp, speed, k)
    return SurfaceWave(float(np.sqrt(-square) / (k * speed)) - 1, float(excitation / exact))


def surface_row_factor(order: int) -> float:
    """Velocity in the surface row, relative to that just below the surface, in the limit of a fine grid.

    On the scale of a cell the stresses vanish at the surface, and with them the differences of the velocity
    along y from the second row on. Their operators find zeros above the surface, so v = V (1 - sum a_k z_k^n)
    in row n = 1, 2, ..., where the z_k are the roots of sum_m c_m (z^(m-1) - z^-m) inside the unit circle and
    the a_k make v = 0 in the rows 0, -1, ... that are read.
    """
    weights = stencil(order, 0).weights
    half = len(weights)
    polynomial = np.concatenate([-np.flip(weights), weights])  # z^-half to z^(half - 1)
    roots = np.roots(np.flip(polynomial))
    decaying = roots[np.abs(roots) < 1 - 1e-6]
    rows = -np.arange(half - 1)
    amplitudes = np.linalg.solve(decaying[None, :] ** rows[:, None], np.ones(half - 1))
    return float((1 - np.sum(amplitudes * decaying)).real)


def nearest_eigenpair(matrix: np.ndarray, guess: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Left and right eigenvector and the eigenvalue next to a guess, by inverse iteration.

    The next surface or body wave is 15 per cent away, the Rayleigh wave a few per cent at most: thirty
    iterations are plenty.
    """
    factors = lu_factor(matrix - guess * np.eye(len(matrix)))
    left = right = np.ones(len(matrix))
    for _ in range(30):
        left, right = lu_solve(factors, left, trans=1), lu_solve(factors, right)
        left, right = left / np.linalg.norm(left), right / np.linalg.norm(right)
    return left, right, float(left @ matrix @ right / (left @ right))


def exact_excitation(vp: float, speed: float, k: float) -> float:
    """uy(1/2)^2 / integral of ux^2 + uy^2 over depth, of the Rayleigh wave with vs = 1."""
    a, b = np.sqrt(1 - (speed / vp) ** 2), np.sqrt(1 - speed**2)
    ratio = 2 * a / (1 + b**2)

    def ux(y: float) -> float:
        return np.exp(-k * a * y) - ratio * b * np.exp(-k * b * y)

    def uy(y: float) -> float:
        return a * np.exp(-k * a * y) - ratio * np.exp(-k * b * y)

    return uy(0.5) ** 2 / quad(lambda y: ux(y) ** 2 + uy(y) ** 2, 0, 40 / k)[0]


def acceleration_matrix(order: int, vp: float, k: float, rows: int) -> np.ndarray:
    """From (a, vy), rows of each, to their second time derivatives; vs = rho = dh = 1."""
    weights = stencil(order, 0).weights
    slope = 2 * sum(c * np.sin((m - 0.5) * k) for m, c in enumerate(weights, 1))
    stiffness, lam = np.full(rows, vp**2), np.full(rows, vp**2 - 2)
    along, across = stiffness.copy(), lam.copy()
    along[0], across[0] = 4 * (lam[0] + 1) / (lam[0] + 2), 0.0
    down = derivative(weights, rows, forward=True, mirror=None)
    up = derivative(weights, rows, forward=False, mirror=None)
    sxx = np.hstack([np.diag(along * slope), across[:, None] * up])
    syy = np.hstack([np.diag(across * slope), stiffness[:, None] * up])
    syy[0] = 0
    sxy = np.hstack([-down, slope * np.eye(rows)])  # divided by i
    of_syy = derivative(weights, rows, forward=True, mirror=lambda row: -row)
    of_sxy = derivative(weights, rows, forward=False, mirror=lambda row: -1 - row)
    return np.vstack([-slope * sxx - of_sxy @ sxy, -slope * sxy + of_syy @ syy])


def derivative(weights, rows: int, forward: bool, mirror) -> np.ndarray:
    """Matrix of the derivative along y; rows above the surface are zero, or minus those at mirror(row)."""
    matrix = np.zeros((rows, rows))
    for row in range(rows):
        for m, c in enumerate(weights, 1):
            ends = ((row + m, c), (row - m + 1, -c)) if forward else ((row + m - 1, c), (row - m, -c))
            for column, weight in ends:
                if 0 <= column < rows:
                    matrix[row, column] += weight
                elif column < 0 and mirror is not None:
                    matrix[row, mirror(column)] -= weight
    return matrix
