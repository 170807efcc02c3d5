"""Elastic P-SV: one velocity and one stress update, forward and transposed.

Velocity-stress scheme of Virieux (1986, Geophysics 51, 889) and Levander (1988):

    vx  += bx (dx+ sxx + dy- sxy)          sxx += l2m dx- vx + lam dy- vy
    vy  += by (dx- sxy + dy+ syy)          syy += lam dx- vx + l2m dy- vy
                                           sxy += mu (dx+ vy + dy+ vx)

with buoyancies and moduli that carry the factor dt/dh. Arrays are [y, x] with halo; a `box` says which
points are updated. Absorbing layers are corrections on strips after the plain update, put together from
fd.layers. The functions `_..._at` are the bodies of loops, for whole vectors and for single points (see
fd.vectors).

The transposed step (see docs/theory.md) works on scaled adjoint fields, v^ = -B v' and s^ = C s', for
which the interior of the transpose is the forward update itself; only the strips and the free surface
have kernels of their own.
"""

from __future__ import annotations

import numpy as np

from denise_py.fd.compile import inlined, kernel
from denise_py.fd.containers import LANES
from denise_py.fd.layers import (
    absorb_pair_x,
    absorb_pair_y,
    absorb_x_backward,
    absorb_x_forward,
    absorb_y_backward,
    absorb_y_forward,
    transpose_pair_x,
    transpose_pair_y,
    transpose_x_backward,
    transpose_x_forward,
    transpose_y_backward,
    transpose_y_forward,
)
from denise_py.fd.stencils import swept
from denise_py.fd.vectors import dx_backward, dx_forward, dy_backward, dy_forward, madd, read, widened, write

U = np.uint64
V = U(LANES)


@inlined
def _velocity_at(f, c, p, pitch, w):
    """Both velocities at the position p, a whole vector or a point."""
    ax = dx_forward(f.sxx, p, w) + dy_backward(f.sxy, p, pitch, w)
    ay = dx_backward(f.sxy, p, w) + dy_forward(f.syy, p, pitch, w)
    write(f.vx, p, madd(read(c.bx, p, w), ax, read(f.vx, p, w)))
    write(f.vy, p, madd(read(c.by, p, w), ay, read(f.vy, p, w)))


@kernel
def update_velocity(f, c, box, w):
    """f.vx, f.vy += buoyancy * divergence of stress, in place, at the points of the box."""
    wide, pitch, x0 = widened(w), U(f.vx.shape[1]), U(box.x0)
    n = U(swept(f.vx, box)) - x0
    for j in range(U(box.y0), U(box.y1)):
        row = j * pitch + x0
        for v in range(n // V):
            _velocity_at(f, c, row + v * V, pitch, wide)
        for i in range(n // V * V, n):
            _velocity_at(f, c, row + i, pitch, w)


@inlined
def _stress_at(f, c, p, pitch, w):
    """All stresses at the position p, a whole vector or a point."""
    exx, eyy = dx_backward(f.vx, p, w), dy_backward(f.vy, p, pitch, w)
    exy = dx_forward(f.vy, p, w) + dy_forward(f.vx, p, pitch, w)
    l2m, lam = read(c.l2m, p, w), read(c.lam, p, w)
    write(f.sxx, p, madd(lam, eyy, madd(l2m, exx, read(f.sxx, p, w))))
    write(f.syy, p, madd(l2m, eyy, madd(lam, exx, read(f.syy, p, w))))
    write(f.sxy, p, madd(read(c.mu, p, w), exy, read(f.sxy, p, w)))


@kernel
def update_stress(f, c, box, w):
    """f.sxx, f.syy, f.sxy += stiffness * strain rate, in place, at the points of the box."""
    wide, pitch, x0 = widened(w), U(f.vx.shape[1]), U(box.x0)
    n = U(swept(f.vx, box)) - x0
    for j in range(U(box.y0), U(box.y1)):
        row = j * pitch + x0
        for v in range(n // V):
            _stress_at(f, c, row + v * V, pitch, wide)
        for i in range(n // V * V, n):
            _stress_at(f, c, row + i, pitch, w)


@inlined
def _strain_at(f, p, pitch, w):
    write(f.exx, p, dx_backward(f.vx, p, w))
    write(f.eyy, p, dy_backward(f.vy, p, pitch, w))
    write(f.exy, p, dx_forward(f.vy, p, w) + dy_forward(f.vx, p, pitch, w))


@kernel
def strain(f, box, w):
    """f.exx, f.eyy, f.exy = dh times the strain rate (exy: twice it), at the points of the box."""
    wide, pitch, x0 = widened(w), U(f.vx.shape[1]), U(box.x0)
    n = U(swept(f.vx, box)) - x0
    for j in range(U(box.y0), U(box.y1)):
        row = j * pitch + x0
        for v in range(n // V):
            _strain_at(f, row + v * V, pitch, wide)
        for i in range(n // V * V, n):
            _strain_at(f, row + i, pitch, w)


# --- absorbing layers of the forward step ------------------------------------------------------------


@kernel
def absorb_velocity_x(f, c, strip, box, w):
    """Layer at the left or right side: correction of the x derivatives of the velocity update."""
    absorb_x_forward(f.vx, c.bx, f.sxx, strip, 0, box, w)
    absorb_x_backward(f.vy, c.by, f.sxy, strip, 1, box, w)


@kernel
def absorb_velocity_y(f, c, strip, box, w):
    """Layer at the top or bottom: correction of the y derivatives of the velocity update."""
    absorb_y_backward(f.vx, c.bx, f.sxy, strip, 1, box, w)
    absorb_y_forward(f.vy, c.by, f.syy, strip, 0, box, w)


@kernel
def absorb_stress_x(f, c, strip, box, w):
    """Layer at the left or right side: correction of the x derivatives of the stress update."""
    absorb_x_forward(f.sxy, c.mu, f.vy, strip, 2, box, w)
    absorb_pair_x(f.sxx, f.syy, c.l2m, c.lam, f.vx, strip, 3, box, w)


@kernel
def absorb_stress_y(f, c, strip, box, w):
    """Layer at the top or bottom: correction of the y derivatives of the stress update."""
    absorb_y_forward(f.sxy, c.mu, f.vx, strip, 2, box, w)
    absorb_pair_y(f.sxx, f.syy, c.lam, c.l2m, f.vy, strip, 3, box, w)


# --- absorbing layers of the transposed step -----------------------------------------------------------


@kernel
def transpose_velocity_x(f, c, strip, box, w):
    """Layer at the left or right side in the transposed velocity update."""
    transpose_x_forward(f.vx, c.bx, f.sxx, strip, 3, box, w)
    transpose_x_backward(f.vy, c.by, f.sxy, strip, 2, box, w)


@kernel
def transpose_velocity_y(f, c, strip, box, w):
    """Layer at the top or bottom in the transposed velocity update."""
    transpose_y_backward(f.vx, c.bx, f.sxy, strip, 2, box, w)
    transpose_y_forward(f.vy, c.by, f.syy, strip, 3, box, w)


@kernel
def transpose_stress_x(f, c, strip, box, w):
    """Layer at the left or right side in the transposed stress update."""
    transpose_pair_x(f.sxx, f.syy, c.l2m, c.lam, f.vx, strip, 0, box, w)
    transpose_x_forward(f.sxy, c.mu, f.vy, strip, 1, box, w)


@kernel
def transpose_stress_y(f, c, strip, box, w):
    """Layer at the top or bottom in the transposed stress update."""
    transpose_pair_y(f.sxx, f.syy, c.lam, c.l2m, f.vy, strip, 0, box, w)
    transpose_y_forward(f.sxy, c.mu, f.vx, strip, 1, box, w)


# --- free surface on the row box.y0 --------------------------------------------------------------------


@kernel
def image_stress(f, box, w):
    """Traction-free row: syy = 0 there, syy and sxy odd about it (Levander 1988).

    The normal stress along the surface needs no extra work: the moduli of that row are the ones of a
    plate (see medium.staggering), and the halo rows of the velocities stay zero as in DENISE.
    """
    top = U(box.y0)
    syy, sxy = f.syy, f.sxy
    for i in range(syy.shape[1]):
        syy[top, U(i)] = 0.0
    for m in range(1, len(w) + 1):
        k = U(m)
        for i in range(syy.shape[1]):
            syy[top - k, U(i)] = -syy[top + k, U(i)]
            sxy[top - k, U(i)] = -sxy[top + k - U(1), U(i)]


@kernel
def transpose_image_stress(f, c, box, w):
    """Transpose of image_stress, added to the stresses after the transposed stress update."""
    vx, vy, sxx, syy, sxy, lam, l2m, mu = f.vx, f.vy, f.sxx, f.syy, f.sxy, c.lam, c.l2m, c.mu
    top = U(box.y0)
    half = len(w)
    for p in range(1, half + 1):
        row = top + U(p) - U(1)
        for i in range(U(box.x0), U(box.x1)):
            g = w[p - 1] * vx[top, i]
            for m in range(p + 1, half + 1):
                g += w[m - 1] * vx[top + U(m - p), i]
            sxy[row, i] -= mu[row, i] * g
    for p in range(1, half):
        row = top + U(p)
        for i in range(U(box.x0), U(box.x1)):
            g = w[p] * vy[top, i]
            for m in range(p + 2, half + 1):
                g += w[m - 1] * vy[top + U(m - p) - U(1), i]
            sxx[row, i] -= lam[row, i] * g
            syy[row, i] -= l2m[row, i] * g
    for i in range(syy.shape[1]):
        syy[top, U(i)] = 0.0
