"""Stress from strain rate in a viscous medium (generalised standard linear solid), forward and transposed.

Robertsson, Blanch & Symes (1994, Geophysics 59, 1444) with the time differences of Bohlen (2002, Comput.
Geosci. 28, 887). With e = dh times the strain rate of a step, kappa = dt/dh, b_l = 1/(1 + dt/2tau_l),
c_l = 1 - dt/2tau_l and memory variables r_l,

    s   <- s + kappa M_U e + dt/2 sum r_l;   r_l <- b_l (c_l r_l - ...);   s <- s + dt/2 sum r_l

which for p_l = (1 + b_l c_l) dt/2 r_l is

    s   <- s + C e + sum p_l,    p_l <- a_l p_l - g_l N e,
    a_l = b_l c_l,  g_l = (1 + a_l) b_l dt / 2 tau_l,
    N = kappa M_R tau,  C = kappa M_R (1 + (L - sum b_l dt/2tau_l) tau).

In the transposed step the summed adjoint strain t takes the place of the stress, and the variables q_l = p_l
without the factor N give the derivative with respect to N as well:

    q_l <- a_l q_l - g_l t;   t <- t + e;   s = C t + N sum q_l.

`a` and `g` are (L,), memories (L, ...); "pair" is for the two normal stresses, which share
C = [[l2m, lam], [lam, l2m]] and likewise N.
"""

from __future__ import annotations

import numpy as np

from denise_py.fd.compile import inlined, kernel
from denise_py.fd.containers import LANES
from denise_py.fd.stencils import swept
from denise_py.fd.vectors import madd, read, same, widened, write

U = np.uint64
V = U(LANES)


@inlined
def _start(s, box):
    """Length of a row, and of a whole array, of a field; first and number of the columns to do."""
    pitch, x0 = U(s.shape[1]), U(box.x0)
    return pitch, U(s.shape[0]) * pitch, x0, U(swept(s, box)) - x0


@inlined
def _relax_at(s, e, p, c, n, a, g, at, size, w):
    strain, modulus = read(e, at, w), read(n, at, w)
    stress = madd(read(c, at, w), strain, read(s, at, w))
    for l in range(a.size):
        k = U(l) * size + at
        memory = read(p, k, w)
        stress = stress + memory
        write(p, k, madd(same(a[l], w), memory, same(-g[l], w) * (modulus * strain)))
    write(s, at, stress)


@kernel
def relax(s, e, p, c, n, a, g, box):
    """One stress of a forward step, in place: s and its memory p."""
    one = (g[0],)
    wide, (pitch, size, x0, columns) = widened(one), _start(s, box)
    for j in range(U(box.y0), U(box.y1)):
        row = j * pitch + x0
        for v in range(columns // V):
            _relax_at(s, e, p, c, n, a, g, row + v * V, size, wide)
        for i in range(columns // V * V, columns):
            _relax_at(s, e, p, c, n, a, g, row + i, size, one)


@inlined
def _relax_pair_at(sx, sy, ex, ey, px, py, lam, l2m, nlam, nl2m, a, g, at, size, w):
    exx, eyy, along, across = read(ex, at, w), read(ey, at, w), read(l2m, at, w), read(lam, at, w)
    sxx = madd(across, eyy, madd(along, exx, read(sx, at, w)))
    syy = madd(along, eyy, madd(across, exx, read(sy, at, w)))
    along, across = read(nl2m, at, w), read(nlam, at, w)
    nxx, nyy = madd(across, eyy, along * exx), madd(along, eyy, across * exx)
    for l in range(a.size):
        k, a_l, g_l = U(l) * size + at, same(a[l], w), same(-g[l], w)
        memory = read(px, k, w)
        sxx = sxx + memory
        write(px, k, madd(a_l, memory, g_l * nxx))
        memory = read(py, k, w)
        syy = syy + memory
        write(py, k, madd(a_l, memory, g_l * nyy))
    write(sx, at, sxx)
    write(sy, at, syy)


@kernel
def relax_pair(sx, sy, ex, ey, px, py, lam, l2m, nlam, nl2m, a, g, box):
    """The two normal stresses of a forward step, in place."""
    one = (g[0],)
    wide, (pitch, size, x0, columns) = widened(one), _start(sx, box)
    for j in range(U(box.y0), U(box.y1)):
        row = j * pitch + x0
        for v in range(columns // V):
            _relax_pair_at(sx, sy, ex, ey, px, py, lam, l2m, nlam, nl2m, a, g, row + v * V, size, wide)
        for i in range(columns // V * V, columns):
            _relax_pair_at(sx, sy, ex, ey, px, py, lam, l2m, nlam, nl2m, a, g, row + i, size, one)


@inlined
def _remember(q, t, a, g, at, size, w):
    """q_l <- a_l q_l - g_l t; returns the sum of q."""
    total = same(0.0, w)
    for l in range(a.size):
        k = U(l) * size + at
        memory = madd(same(a[l], w), read(q, k, w), same(-g[l], w) * t)
        write(q, k, memory)
        total = total + memory
    return total


@inlined
def _transpose_relax_at(s, e, t, q, c, n, a, g, at, size, w):
    before = read(t, at, w)
    total = _remember(q, before, a, g, at, size, w)
    after = before + read(e, at, w)
    write(t, at, after)
    write(s, at, madd(read(n, at, w), total, read(c, at, w) * after))


@kernel
def transpose_relax(s, e, t, q, c, n, a, g, box):
    """One stress of a transposed step: t and q advance in place, s is set."""
    one = (g[0],)
    wide, (pitch, size, x0, columns) = widened(one), _start(s, box)
    for j in range(U(box.y0), U(box.y1)):
        row = j * pitch + x0
        for v in range(columns // V):
            _transpose_relax_at(s, e, t, q, c, n, a, g, row + v * V, size, wide)
        for i in range(columns // V * V, columns):
            _transpose_relax_at(s, e, t, q, c, n, a, g, row + i, size, one)


@inlined
def _transpose_relax_pair_at(sx, sy, ex, ey, tx, ty, qx, qy, lam, l2m, nlam, nl2m, a, g, at, size, w):
    txx, tyy = read(tx, at, w), read(ty, at, w)
    qxx, qyy = _remember(qx, txx, a, g, at, size, w), _remember(qy, tyy, a, g, at, size, w)
    txx, tyy = txx + read(ex, at, w), tyy + read(ey, at, w)
    write(tx, at, txx)
    write(ty, at, tyy)
    along, across = read(l2m, at, w), read(lam, at, w)
    sxx, syy = madd(across, tyy, along * txx), madd(along, tyy, across * txx)
    along, across = read(nl2m, at, w), read(nlam, at, w)
    write(sx, at, madd(across, qyy, madd(along, qxx, sxx)))
    write(sy, at, madd(along, qyy, madd(across, qxx, syy)))


@kernel
def transpose_relax_pair(sx, sy, ex, ey, tx, ty, qx, qy, lam, l2m, nlam, nl2m, a, g, box):
    """The two normal stresses of a transposed step."""
    one = (g[0],)
    wide, (pitch, size, x0, columns) = widened(one), _start(sx, box)
    for j in range(U(box.y0), U(box.y1)):
        row = j * pitch + x0
        for v in range(columns // V):
            at = row + v * V
            _transpose_relax_pair_at(
                *(sx, sy, ex, ey, tx, ty, qx, qy, lam, l2m, nlam, nl2m, a, g, at, size, wide)
            )
        for i in range(columns // V * V, columns):
            at = row + i
            _transpose_relax_pair_at(
                *(sx, sy, ex, ey, tx, ty, qx, qy, lam, l2m, nlam, nl2m, a, g, at, size, one)
            )
