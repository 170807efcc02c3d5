"""SH waves: one velocity and one stress update.

    vz += bz (dx- sxz + dy+ syz)      sxz += mux dx+ vz      syz += muy dy- vz

sxz half a cell right of vz, syz half a cell above it. Conventions as in fd.kernels_psv; absorbing layers are
put together from fd.layers, the free surface (syz = 0, odd) is that of fd.kernels_acoustic.
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
    a = dx_backward(f.sxz, p, w) + dy_forward(f.syz, p, pitch, w)
    write(f.vz, p, madd(read(c.bz, p, w), a, read(f.vz, p, w)))


@kernel
def update_velocity(f, c, box, w):
    """f.vz += buoyancy * divergence of stress, in place, at the points of the box."""
    wide, pitch, x0 = widened(w), U(f.vz.shape[1]), U(box.x0)
    n = U(swept(f.vz, box)) - x0
    for j in range(U(box.y0), U(box.y1)):
        row = j * pitch + x0
        for v in range(n // V):
            _update_velocity_at(f, c, row + v * V, pitch, wide)
        for i in range(n // V * V, n):
            _update_velocity_at(f, c, row + i, pitch, w)


@inlined
def _update_stress_at(f, c, p, pitch, w):
    ex, ey = dx_forward(f.vz, p, w), dy_backward(f.vz, p, pitch, w)
    write(f.sxz, p, madd(read(c.mux, p, w), ex, read(f.sxz, p, w)))
    write(f.syz, p, madd(read(c.muy, p, w), ey, read(f.syz, p, w)))


@kernel
def update_stress(f, c, box, w):
    """f.sxz, f.syz += shear modulus * gradient of vz, in place, at the points of the box."""
    wide, pitch, x0 = widened(w), U(f.vz.shape[1]), U(box.x0)
    n = U(swept(f.vz, box)) - x0
    for j in range(U(box.y0), U(box.y1)):
        row = j * pitch + x0
        for v in range(n // V):
            _update_stress_at(f, c, row + v * V, pitch, wide)
        for i in range(n // V * V, n):
            _update_stress_at(f, c, row + i, pitch, w)


@inlined
def _strain_at(f, p, pitch, w):
    write(f.exz, p, dx_forward(f.vz, p, w))
    write(f.eyz, p, dy_backward(f.vz, p, pitch, w))


@kernel
def strain(f, box, w):
    """f.exz, f.eyz = dh times the gradient of vz."""
    wide, pitch, x0 = widened(w), U(f.vz.shape[1]), U(box.x0)
    n = U(swept(f.vz, box)) - x0
    for j in range(U(box.y0), U(box.y1)):
        row = j * pitch + x0
        for v in range(n // V):
            _strain_at(f, row + v * V, pitch, wide)
        for i in range(n // V * V, n):
            _strain_at(f, row + i, pitch, w)
