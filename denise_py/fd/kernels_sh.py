"""SH waves: one velocity and one stress update.

    vz += bz (dx- sxz + dy+ syz)      sxz += mux dx+ vz      syz += muy dy- vz

sxz half a cell right of vz, syz half a cell above it. Conventions as in fd.kernels_psv; absorbing layers are
put together from fd.layers, the free surface (syz = 0, odd) is that of fd.kernels_acoustic.
"""

from __future__ import annotations

import numpy as np

from denise_py.fd.compile import kernel
from denise_py.fd.stencils import dx_backward, dx_forward, dy_backward, dy_forward, swept

U = np.uint64


@kernel
def update_velocity(f, c, box, w):
    """f.vz += buoyancy * divergence of stress, in place, at the points of the box."""
    vz, sxz, syz, bz = f.vz, f.sxz, f.syz, c.bz
    x0, x1 = U(box.x0), U(swept(vz, box))
    for j in range(U(box.y0), U(box.y1)):
        for i in range(x0, x1):
            vz[j, i] += bz[j, i] * (dx_backward(sxz, j, i, w) + dy_forward(syz, j, i, w))


@kernel
def update_stress(f, c, box, w):
    """f.sxz, f.syz += shear modulus * gradient of vz, in place, at the points of the box."""
    vz, sxz, syz, mux, muy = f.vz, f.sxz, f.syz, c.mux, c.muy
    x0, x1 = U(box.x0), U(swept(vz, box))
    for j in range(U(box.y0), U(box.y1)):
        for i in range(x0, x1):
            sxz[j, i] += mux[j, i] * dx_forward(vz, j, i, w)
            syz[j, i] += muy[j, i] * dy_backward(vz, j, i, w)


@kernel
def strain(f, box, w):
    """f.exz, f.eyz = dh times the gradient of vz."""
    vz, exz, eyz = f.vz, f.exz, f.eyz
    x0, x1 = U(box.x0), U(swept(vz, box))
    for j in range(U(box.y0), U(box.y1)):
        for i in range(x0, x1):
            exz[j, i] = dx_forward(vz, j, i, w)
            eyz[j, i] = dy_backward(vz, j, i, w)
