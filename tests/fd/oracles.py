"""The P-SV kernels once more, in plain numpy: whole arrays, no loops over points, no shared code.

Arrays carry a halo of M points per side; results are meaningful in the interior alone. Each function
returns new arrays and leaves its arguments as they are.
"""

from __future__ import annotations

import numpy as np

from denise_py.fd.containers import Box, Strip
from denise_py.fd.steps_psv import Coefficients, Fields

Window = tuple[slice, slice]


def shifted(f: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """f at (j + rows, i + columns), wrapping around at the ends of the array."""
    return np.roll(f, (-rows, -columns), (0, 1))


def dx_forward(f, w):
    return sum(c * (shifted(f, 0, m) - shifted(f, 0, 1 - m)) for m, c in enumerate(w, 1))


def dx_backward(f, w):
    return sum(c * (shifted(f, 0, m - 1) - shifted(f, 0, -m)) for m, c in enumerate(w, 1))


def dy_forward(f, w):
    return dx_forward(f.T, w).T


def dy_backward(f, w):
    return dx_backward(f.T, w).T


def update_velocity(f: Fields, c: Coefficients, w) -> Fields:
    vx = f.vx + c.bx * (dx_forward(f.sxx, w) + dy_backward(f.sxy, w))
    vy = f.vy + c.by * (dx_backward(f.sxy, w) + dy_forward(f.syy, w))
    return f._replace(vx=vx, vy=vy)


def update_stress(f: Fields, c: Coefficients, w) -> Fields:
    exx, eyy = dx_backward(f.vx, w), dy_backward(f.vy, w)
    sxx = f.sxx + c.l2m * exx + c.lam * eyy
    syy = f.syy + c.lam * exx + c.l2m * eyy
    return f._replace(sxx=sxx, syy=syy, sxy=f.sxy + c.mu * (dx_forward(f.vy, w) + dy_forward(f.vx, w)))


# --- absorbing layers: what they add to the fields, and their new memory ------------------------------


def layer_correction(g: np.ndarray, psi: np.ndarray, profile: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(1/K - 1) g + psi and the new psi, for the points of a layer; profile rows 1/K - 1, a, b."""
    scale, a, b = profile
    psi = b * psi + a * g
    return scale * g + psi, psi


def in_layer(values: np.ndarray, shape: tuple[int, int], window: Window) -> np.ndarray:
    """Array of zeros with the values in a window."""
    whole = np.zeros(shape)
    whole[window] = values
    return whole


def along_x(strip: Strip, box: Box) -> tuple[Window, np.ndarray, np.ndarray, Window]:
    """Window of a left or right layer in the fields, its half and full profile as rows, its window in psi."""
    rows = slice(box.y0, box.y1)
    half, full = strip.profile[:3, None, :], strip.profile[3:, None, :]
    return (rows, slice(strip.start, strip.stop)), half, full, (rows, slice(None))


def along_y(strip: Strip, box: Box) -> tuple[Window, np.ndarray, np.ndarray, Window]:
    """As along_x, for a top or bottom layer."""
    columns = slice(box.x0, box.x1)
    half, full = strip.profile[:3, :, None], strip.profile[3:, :, None]
    return (slice(strip.start, strip.stop), columns), half, full, (slice(None), columns)


def absorb(derivatives, strip: Strip, memory: tuple[int, int], window, profiles, psi_window):
    """Corrections of two derivatives in a layer, as whole arrays, and the new psi of the strip."""
    psi = strip.psi.copy()
    corrections = []
    for g, k, profile in zip(derivatives, memory, profiles, strict=True):
        correction, psi[(k, *psi_window)] = layer_correction(g[window], psi[(k, *psi_window)], profile)
        corrections.append(in_layer(correction, g.shape, window))
    return (*corrections, psi)


def absorb_velocity_x(f, c, strip, box, w):
    window, half, full, inside = along_x(strip, box)
    g = dx_forward(f.sxx, w), dx_backward(f.sxy, w)
    a, b, psi = absorb(g, strip, (0, 1), window, (half, full), inside)
    return f._replace(vx=f.vx + c.bx * a, vy=f.vy + c.by * b), psi


def absorb_velocity_y(f, c, strip, box, w):
    window, half, full, inside = along_y(strip, box)
    g = dy_forward(f.syy, w), dy_backward(f.sxy, w)
    a, b, psi = absorb(g, strip, (0, 1), window, (half, full), inside)
    return f._replace(vx=f.vx + c.bx * b, vy=f.vy + c.by * a), psi


def absorb_stress_x(f, c, strip, box, w):
    window, half, full, inside = along_x(strip, box)
    g = dx_forward(f.vy, w), dx_backward(f.vx, w)
    a, b, psi = absorb(g, strip, (2, 3), window, (half, full), inside)
    return f._replace(sxy=f.sxy + c.mu * a, sxx=f.sxx + c.l2m * b, syy=f.syy + c.lam * b), psi


def absorb_stress_y(f, c, strip, box, w):
    window, half, full, inside = along_y(strip, box)
    g = dy_forward(f.vx, w), dy_backward(f.vy, w)
    a, b, psi = absorb(g, strip, (2, 3), window, (half, full), inside)
    return f._replace(sxy=f.sxy + c.mu * a, sxx=f.sxx + c.lam * b, syy=f.syy + c.l2m * b), psi


# --- transposed layers: the fields are scaled before the derivative is taken -----------------------------


def scaled(fields, strip: Strip, memory: tuple[int, int], window, profiles, psi_window):
    """The parts of two fields that the derivatives of a transposed layer act on, and the new psi."""
    psi = strip.psi.copy()
    parts = []
    for u, k, (scale, a, b) in zip(fields, memory, profiles, strict=True):
        total = psi[(k, *psi_window)] + u[window]
        parts.append(in_layer(scale * u[window] + a * total, u.shape, window))
        psi[(k, *psi_window)] = b * total
    return (*parts, psi)


def transpose_velocity_x(f, c, strip, box, w):
    window, half, full, inside = along_x(strip, box)
    xx, xy, psi = scaled((f.sxx, f.sxy), strip, (3, 2), window, (full, half), inside)
    return f._replace(vx=f.vx + c.bx * dx_forward(xx, w), vy=f.vy + c.by * dx_backward(xy, w)), psi


def transpose_velocity_y(f, c, strip, box, w):
    window, half, full, inside = along_y(strip, box)
    yy, xy, psi = scaled((f.syy, f.sxy), strip, (3, 2), window, (full, half), inside)
    return f._replace(vx=f.vx + c.bx * dy_backward(xy, w), vy=f.vy + c.by * dy_forward(yy, w)), psi


def transpose_stress_x(f, c, strip, box, w):
    window, half, full, inside = along_x(strip, box)
    x, y, psi = scaled((f.vx, f.vy), strip, (0, 1), window, (half, full), inside)
    e = dx_backward(x, w)
    return f._replace(sxx=f.sxx + c.l2m * e, syy=f.syy + c.lam * e, sxy=f.sxy + c.mu * dx_forward(y, w)), psi


def transpose_stress_y(f, c, strip, box, w):
    window, half, full, inside = along_y(strip, box)
    y, x, psi = scaled((f.vy, f.vx), strip, (0, 1), window, (half, full), inside)
    e = dy_backward(y, w)
    return f._replace(sxx=f.sxx + c.lam * e, syy=f.syy + c.l2m * e, sxy=f.sxy + c.mu * dy_forward(x, w)), psi


# --- free surface ------------------------------------------------------------------------------------------


def image_stress(f: Fields, box: Box, half: int) -> Fields:
    syy, sxy, top = f.syy.copy(), f.sxy.copy(), box.y0
    syy[top] = 0
    syy[top - half : top] = -syy[top + half : top : -1]
    sxy[top - half : top] = -sxy[top + half - 1 : top - 1 : -1]
    return f._replace(syy=syy, sxy=sxy)


def image_matrix(half: int, rows: int, derivative, w, name: str) -> np.ndarray:
    """What the mirrored rows above the surface add to a derivative along y, as a matrix (rows, rows) from
    the own rows of syy or sxy (name) to the own rows of the derivative."""
    box = Box(half, half + rows, 0, 1)
    matrix = np.zeros((rows, rows))
    for k in range(rows):
        column = np.zeros((rows + 2 * half, 1))
        column[half + k] = 1
        images = getattr(image_stress(Fields(*([column] * 5)), box, half), name)
        images[half:] = 0
        matrix[:, k] = derivative(images, w)[half : half + rows, 0]
    return matrix


def transpose_image_stress(f: Fields, c: Coefficients, box: Box, w) -> Fields:
    rows, half = box.y1 - box.y0, len(w)
    own = slice(box.y0, box.y1), slice(box.x0, box.x1)
    sxx, syy, sxy = f.sxx.copy(), f.syy.copy(), f.sxy.copy()
    shear = image_matrix(half, rows, dy_backward, w, "sxy").T @ f.vx[own]
    normal = image_matrix(half, rows, dy_forward, w, "syy").T @ f.vy[own]
    sxy[own] -= c.mu[own] * shear
    sxx[own] -= c.lam[own] * normal
    syy[own] -= c.l2m[own] * normal
    syy[box.y0] = 0
    return f._replace(sxx=sxx, syy=syy, sxy=sxy)
