"""Acoustic waves: one velocity and one pressure update, the free surface and their transposes.

    vx += bx dx+ p      vy += by dy+ p      p += k (dx- vx + dy- vy)

p is the negative of the pressure (tension is positive, as for stresses), at full points. Conventions as in
fd.kernels_psv; absorbing layers are put together from fd.layers.
"""

from __future__ import annotations

import numpy as np

from denise_py.fd.compile import inlined, kernel
from denise_py.fd.containers import LANES
from denise_py.fd.stencils import swept
from denise_py.fd.vectors import dx_backward, dx_forward, dy_backward, dy_forward, madd, read, widened, write

U = np.uint64
V = U(LANES)


@inlined
def _update_velocity_at(f, c, p, pitch, w):
    ax, ay = dx_forward(f.p, p, w), dy_forward(f.p, p, pitch, w)
    write(f.vx, p, madd(read(c.bx, p, w), ax, read(f.vx, p, w)))
    write(f.vy, p, madd(read(c.by, p, w), ay, read(f.vy, p, w)))


@kernel
def update_velocity(f, c, box, w):
    """f.vx, f.vy += buoyancy * gradient of p, in place, at the points of the box."""
    wide, pitch, x0 = widened(w), U(f.vx.shape[1]), U(box.x0)
    n = U(swept(f.vx, box)) - x0
    for j in range(U(box.y0), U(box.y1)):
        row = j * pitch + x0
        for v in range(n // V):
            _update_velocity_at(f, c, row + v * V, pitch, wide)
        for i in range(n // V * V, n):
            _update_velocity_at(f, c, row + i, pitch, w)


@inlined
def _update_pressure_at(f, c, p, pitch, w):
    e = dx_backward(f.vx, p, w) + dy_backward(f.vy, p, pitch, w)
    write(f.p, p, madd(read(c.bulk, p, w), e, read(f.p, p, w)))


@kernel
def update_pressure(f, c, box, w):
    """f.p += bulk modulus * divergence, in place, at the points of the box."""
    wide, pitch, x0 = widened(w), U(f.vx.shape[1]), U(box.x0)
    n = U(swept(f.vx, box)) - x0
    for j in range(U(box.y0), U(box.y1)):
        row = j * pitch + x0
        for v in range(n // V):
            _update_pressure_at(f, c, row + v * V, pitch, wide)
        for i in range(n // V * V, n):
            _update_pressure_at(f, c, row + i, pitch, w)


@inlined
def _divergence_at(f, p, pitch, w):
    write(f.e, p, dx_backward(f.vx, p, w) + dy_backward(f.vy, p, pitch, w))


@kernel
def divergence(f, box, w):
    """f.e = dh times the divergence of the velocity."""
    wide, pitch, x0 = widened(w), U(f.vx.shape[1]), U(box.x0)
    n = U(swept(f.vx, box)) - x0
    for j in range(U(box.y0), U(box.y1)):
        row = j * pitch + x0
        for v in range(n // V):
            _divergence_at(f, row + v * V, pitch, wide)
        for i in range(n // V * V, n):
            _divergence_at(f, row + i, pitch, w)


# --- a field at full rows that vanishes in the surface row box.y0 and is odd about it ----------------------


@kernel
def zero_row(s, box):
    """s = 0 in the surface row."""
    for i in range(s.shape[1]):
        s[U(box.y0), U(i)] = 0.0


@kernel
def image_odd(s, box, w):
    """s = 0 in the surface row, odd about it."""
    top = U(box.y0)
    zero_row(s, box)
    for m in range(1, len(w) + 1):
        k = U(m)
        for i in range(s.shape[1]):
            s[top - k, U(i)] = -s[top + k, U(i)]


@kernel
def transpose_image_odd(s, c, v, box, w):
    """Transpose of image_odd, added to s after the transposed update s += c dy- v."""
    top = U(box.y0)
    half = len(w)
    for p in range(1, half):
        row = top + U(p)
        for i in range(U(box.x0), U(box.x1)):
            g = w[p] * v[top, i]
            for m in range(p + 2, half + 1):
                g += w[m - 1] * v[top + U(m - p) - U(1), i]
            s[row, i] -= c[row, i] * g
    zero_row(s, box)
