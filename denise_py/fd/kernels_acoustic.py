"""Acoustic waves: one velocity and one pressure update, the free surface and their transposes.

    vx += bx dx+ p      vy += by dy+ p      p += k (dx- vx + dy- vy)

p is the negative of the pressure (tension is positive, as for stresses), at full points. Conventions as in
fd.kernels_psv; absorbing layers are put together from fd.layers.
"""

from __future__ import annotations

import numpy as np

from denise_py.fd.compile import kernel
from denise_py.fd.stencils import dx_backward, dx_forward, dy_backward, dy_forward, swept

U = np.uint64


@kernel
def update_velocity(f, c, box, w):
    """f.vx, f.vy += buoyancy * gradient of p, in place, at the points of the box."""
    vx, vy, p, bx, by = f.vx, f.vy, f.p, c.bx, c.by
    x0, x1 = U(box.x0), U(swept(vx, box))
    for j in range(U(box.y0), U(box.y1)):
        for i in range(x0, x1):
            vx[j, i] += bx[j, i] * dx_forward(p, j, i, w)
            vy[j, i] += by[j, i] * dy_forward(p, j, i, w)


@kernel
def update_pressure(f, c, box, w):
    """f.p += bulk modulus * divergence, in place, at the points of the box."""
    vx, vy, p, bulk = f.vx, f.vy, f.p, c.bulk
    x0, x1 = U(box.x0), U(swept(vx, box))
    for j in range(U(box.y0), U(box.y1)):
        for i in range(x0, x1):
            p[j, i] += bulk[j, i] * (dx_backward(vx, j, i, w) + dy_backward(vy, j, i, w))


@kernel
def divergence(f, box, w):
    """f.e = dh times the divergence of the velocity."""
    vx, vy, e = f.vx, f.vy, f.e
    x0, x1 = U(box.x0), U(swept(vx, box))
    for j in range(U(box.y0), U(box.y1)):
        for i in range(x0, x1):
            e[j, i] = dx_backward(vx, j, i, w) + dy_backward(vy, j, i, w)


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
