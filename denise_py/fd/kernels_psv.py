"""Elastic P-SV: one velocity and one stress update, forward and transposed.

Velocity-stress scheme of Virieux (1986, Geophysics 51, 889) and Levander (1988):

    vx  += bx (dx+ sxx + dy- sxy)          sxx += l2m dx- vx + lam dy- vy
    vy  += by (dx- sxy + dy+ syy)          syy += lam dx- vx + l2m dy- vy
                                           sxy += mu (dx+ vy + dy+ vx)

with buoyancies and moduli that carry the factor dt/dh. Arrays are [y, x] with halo; a `box` says which
points are updated. Absorbing layers are corrections on strips after the plain update.

The transposed step (see docs/theory.md) works on scaled adjoint fields, v^ = -B v' and s^ = C s', for
which the interior of the transpose is the forward update itself; only the strips and the free surface
have kernels of their own. There the layer acts before the derivative is taken:
psi <- psi + u;  delta = (1/K - 1) u + a psi;  psi <- b psi;  derivative of u + delta.
"""

from __future__ import annotations

import numpy as np

from denise_py.fd.compile import kernel
from denise_py.fd.layers import scale_x, scale_y
from denise_py.fd.stencils import dx_backward, dx_forward, dy_backward, dy_forward

U = np.uint64


@kernel
def update_velocity(f, c, box, w):
    """f.vx, f.vy += buoyancy * divergence of stress, in place, at the points of the box."""
    vx, vy, sxx, syy, sxy, bx, by = f.vx, f.vy, f.sxx, f.syy, f.sxy, c.bx, c.by
    for j in range(U(box.y0), U(box.y1)):
        for i in range(U(box.x0), U(box.x1)):
            vx[j, i] += bx[j, i] * (dx_forward(sxx, j, i, w) + dy_backward(sxy, j, i, w))
            vy[j, i] += by[j, i] * (dx_backward(sxy, j, i, w) + dy_forward(syy, j, i, w))


@kernel
def update_stress(f, c, box, w):
    """f.sxx, f.syy, f.sxy += stiffness * strain rate, in place, at the points of the box."""
    vx, vy, sxx, syy, sxy, lam, l2m, mu = f.vx, f.vy, f.sxx, f.syy, f.sxy, c.lam, c.l2m, c.mu
    for j in range(U(box.y0), U(box.y1)):
        for i in range(U(box.x0), U(box.x1)):
            exx = dx_backward(vx, j, i, w)
            eyy = dy_backward(vy, j, i, w)
            sxx[j, i] += l2m[j, i] * exx + lam[j, i] * eyy
            syy[j, i] += lam[j, i] * exx + l2m[j, i] * eyy
            sxy[j, i] += mu[j, i] * (dx_forward(vy, j, i, w) + dy_forward(vx, j, i, w))


@kernel
def strain(f, box, w):
    """f.exx, f.eyy, f.exy = dh times the strain rate (exy: twice it), at the points of the box."""
    vx, vy, exx, eyy, exy = f.vx, f.vy, f.exx, f.eyy, f.exy
    for j in range(U(box.y0), U(box.y1)):
        for i in range(U(box.x0), U(box.x1)):
            exx[j, i] = dx_backward(vx, j, i, w)
            eyy[j, i] = dy_backward(vy, j, i, w)
            exy[j, i] = dx_forward(vy, j, i, w) + dy_forward(vx, j, i, w)


# --- absorbing layers of the forward step ------------------------------------------------------------


@kernel
def absorb_velocity_x(f, c, strip, box, w):
    """Layer at the left or right side: correction of the x derivatives of the velocity update."""
    vx, vy, sxx, sxy, bx, by = f.vx, f.vy, f.sxx, f.sxy, c.bx, c.by
    profile, psi, start = strip.profile, strip.psi, U(strip.start)
    for j in range(U(box.y0), U(box.y1)):
        for i in range(start, U(strip.stop)):
            k = i - start
            g = dx_forward(sxx, j, i, w)
            p = profile[2, k] * psi[0, j, k] + profile[1, k] * g
            psi[0, j, k] = p
            vx[j, i] += bx[j, i] * (profile[0, k] * g + p)
            g = dx_backward(sxy, j, i, w)
            p = profile[5, k] * psi[1, j, k] + profile[4, k] * g
            psi[1, j, k] = p
            vy[j, i] += by[j, i] * (profile[3, k] * g + p)


@kernel
def absorb_velocity_y(f, c, strip, box, w):
    """Layer at the top or bottom: correction of the y derivatives of the velocity update."""
    vx, vy, syy, sxy, bx, by = f.vx, f.vy, f.syy, f.sxy, c.bx, c.by
    profile, psi, start = strip.profile, strip.psi, U(strip.start)
    for j in range(start, U(strip.stop)):
        k = j - start
        scale_h, a_h, b_h = profile[0, k], profile[1, k], profile[2, k]
        scale_f, a_f, b_f = profile[3, k], profile[4, k], profile[5, k]
        for i in range(U(box.x0), U(box.x1)):
            g = dy_backward(sxy, j, i, w)
            p = b_f * psi[1, k, i] + a_f * g
            psi[1, k, i] = p
            vx[j, i] += bx[j, i] * (scale_f * g + p)
            g = dy_forward(syy, j, i, w)
            p = b_h * psi[0, k, i] + a_h * g
            psi[0, k, i] = p
            vy[j, i] += by[j, i] * (scale_h * g + p)


@kernel
def absorb_stress_x(f, c, strip, box, w):
    """Layer at the left or right side: correction of the x derivatives of the stress update."""
    vx, vy, sxx, syy, sxy, lam, l2m, mu = f.vx, f.vy, f.sxx, f.syy, f.sxy, c.lam, c.l2m, c.mu
    profile, psi, start = strip.profile, strip.psi, U(strip.start)
    for j in range(U(box.y0), U(box.y1)):
        for i in range(start, U(strip.stop)):
            k = i - start
            g = dx_forward(vy, j, i, w)
            p = profile[2, k] * psi[2, j, k] + profile[1, k] * g
            psi[2, j, k] = p
            sxy[j, i] += mu[j, i] * (profile[0, k] * g + p)
            g = dx_backward(vx, j, i, w)
            p = profile[5, k] * psi[3, j, k] + profile[4, k] * g
            psi[3, j, k] = p
            e = profile[3, k] * g + p
            sxx[j, i] += l2m[j, i] * e
            syy[j, i] += lam[j, i] * e


@kernel
def absorb_stress_y(f, c, strip, box, w):
    """Layer at the top or bottom: correction of the y derivatives of the stress update."""
    vx, vy, sxx, syy, sxy, lam, l2m, mu = f.vx, f.vy, f.sxx, f.syy, f.sxy, c.lam, c.l2m, c.mu
    profile, psi, start = strip.profile, strip.psi, U(strip.start)
    for j in range(start, U(strip.stop)):
        k = j - start
        scale_h, a_h, b_h = profile[0, k], profile[1, k], profile[2, k]
        scale_f, a_f, b_f = profile[3, k], profile[4, k], profile[5, k]
        for i in range(U(box.x0), U(box.x1)):
            g = dy_forward(vx, j, i, w)
            p = b_h * psi[2, k, i] + a_h * g
            psi[2, k, i] = p
            sxy[j, i] += mu[j, i] * (scale_h * g + p)
            g = dy_backward(vy, j, i, w)
            p = b_f * psi[3, k, i] + a_f * g
            psi[3, k, i] = p
            e = scale_f * g + p
            sxx[j, i] += lam[j, i] * e
            syy[j, i] += l2m[j, i] * e


# --- absorbing layers of the transposed step -----------------------------------------------------------


@kernel
def transpose_velocity_x(f, c, strip, box, w):
    """Layer at the left or right side in the transposed velocity update."""
    if strip.stop <= strip.start:
        return
    vx, vy, bx, by = f.vx, f.vy, c.bx, c.by
    half, pad, start, delta, psi = len(w), 2 * len(w), strip.start, strip.delta, strip.psi
    scale_x(f.sxx, delta[0], psi[3], strip.profile, 3, start, strip.stop, pad, box.y0, box.y1)
    scale_x(f.sxy, delta[1], psi[2], strip.profile, 0, start, strip.stop, pad, box.y0, box.y1)
    d_xx, d_xy = delta[0], delta[1]
    low, high = max(box.x0, start - half), min(box.x1, strip.stop + half)
    for j in range(U(box.y0), U(box.y1)):
        for i in range(U(low), U(high)):
            k = i + U(pad) - U(start)
            vx[j, i] += bx[j, i] * dx_forward(d_xx, j, k, w)
            vy[j, i] += by[j, i] * dx_backward(d_xy, j, k, w)


@kernel
def transpose_velocity_y(f, c, strip, box, w):
    """Layer at the top or bottom in the transposed velocity update."""
    if strip.stop <= strip.start:
        return
    vx, vy, bx, by = f.vx, f.vy, c.bx, c.by
    half, pad, start, delta, psi = len(w), 2 * len(w), strip.start, strip.delta, strip.psi
    scale_y(f.syy, delta[0], psi[3], strip.profile, 3, start, strip.stop, pad, box.x0, box.x1)
    scale_y(f.sxy, delta[1], psi[2], strip.profile, 0, start, strip.stop, pad, box.x0, box.x1)
    d_yy, d_xy = delta[0], delta[1]
    low, high = max(box.y0, start - half), min(box.y1, strip.stop + half)
    for j in range(U(low), U(high)):
        k = j + U(pad) - U(start)
        for i in range(U(box.x0), U(box.x1)):
            vx[j, i] += bx[j, i] * dy_backward(d_xy, k, i, w)
            vy[j, i] += by[j, i] * dy_forward(d_yy, k, i, w)


@kernel
def transpose_stress_x(f, c, strip, box, w):
    """Layer at the left or right side in the transposed stress update."""
    if strip.stop <= strip.start:
        return
    sxx, syy, sxy, lam, l2m, mu = f.sxx, f.syy, f.sxy, c.lam, c.l2m, c.mu
    half, pad, start, delta, psi = len(w), 2 * len(w), strip.start, strip.delta, strip.psi
    scale_x(f.vx, delta[0], psi[0], strip.profile, 0, start, strip.stop, pad, box.y0, box.y1)
    scale_x(f.vy, delta[1], psi[1], strip.profile, 3, start, strip.stop, pad, box.y0, box.y1)
    d_vx, d_vy = delta[0], delta[1]
    low, high = max(box.x0, start - half), min(box.x1, strip.stop + half)
    for j in range(U(box.y0), U(box.y1)):
        for i in range(U(low), U(high)):
            k = i + U(pad) - U(start)
            e = dx_backward(d_vx, j, k, w)
            sxx[j, i] += l2m[j, i] * e
            syy[j, i] += lam[j, i] * e
            sxy[j, i] += mu[j, i] * dx_forward(d_vy, j, k, w)


@kernel
def transpose_stress_y(f, c, strip, box, w):
    """Layer at the top or bottom in the transposed stress update."""
    if strip.stop <= strip.start:
        return
    sxx, syy, sxy, lam, l2m, mu = f.sxx, f.syy, f.sxy, c.lam, c.l2m, c.mu
    half, pad, start, delta, psi = len(w), 2 * len(w), strip.start, strip.delta, strip.psi
    scale_y(f.vy, delta[0], psi[0], strip.profile, 0, start, strip.stop, pad, box.x0, box.x1)
    scale_y(f.vx, delta[1], psi[1], strip.profile, 3, start, strip.stop, pad, box.x0, box.x1)
    d_vy, d_vx = delta[0], delta[1]
    low, high = max(box.y0, start - half), min(box.y1, strip.stop + half)
    for j in range(U(low), U(high)):
        k = j + U(pad) - U(start)
        for i in range(U(box.x0), U(box.x1)):
            e = dy_backward(d_vy, k, i, w)
            sxx[j, i] += lam[j, i] * e
            syy[j, i] += l2m[j, i] * e
            sxy[j, i] += mu[j, i] * dy_forward(d_vx, k, i, w)


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
