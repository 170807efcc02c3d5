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

from denise_py.fd.compile import kernel
from denise_py.fd.stencils import swept

U = np.uint64


@kernel
def relax(s, e, p, c, n, a, g, box):
    """One stress of a forward step, in place: s and its memory p."""
    x0, x1 = U(box.x0), U(swept(s, box))
    for j in range(U(box.y0), U(box.y1)):
        for i in range(x0, x1):
            s[j, i] += c[j, i] * e[j, i]
        for l in range(a.size):
            a_l, g_l = a[l], g[l]
            for i in range(x0, x1):
                s[j, i] += p[l, j, i]
                p[l, j, i] = a_l * p[l, j, i] - g_l * n[j, i] * e[j, i]


@kernel
def relax_pair(sx, sy, ex, ey, px, py, lam, l2m, nlam, nl2m, a, g, box):
    """The two normal stresses of a forward step, in place."""
    x0, x1 = U(box.x0), U(swept(sx, box))
    for j in range(U(box.y0), U(box.y1)):
        for i in range(x0, x1):
            sx[j, i] += l2m[j, i] * ex[j, i] + lam[j, i] * ey[j, i]
            sy[j, i] += lam[j, i] * ex[j, i] + l2m[j, i] * ey[j, i]
        for l in range(a.size):
            a_l, g_l = a[l], g[l]
            for i in range(x0, x1):
                sx[j, i] += px[l, j, i]
                sy[j, i] += py[l, j, i]
                px[l, j, i] = a_l * px[l, j, i] - g_l * (nl2m[j, i] * ex[j, i] + nlam[j, i] * ey[j, i])
                py[l, j, i] = a_l * py[l, j, i] - g_l * (nlam[j, i] * ex[j, i] + nl2m[j, i] * ey[j, i])


@kernel
def transpose_relax(s, e, t, q, c, n, a, g, box):
    """One stress of a transposed step: t and q advance in place, s is set."""
    x0, x1 = U(box.x0), U(swept(s, box))
    for j in range(U(box.y0), U(box.y1)):
        for l in range(a.size):
            a_l, g_l = a[l], g[l]
            for i in range(x0, x1):
                q[l, j, i] = a_l * q[l, j, i] - g_l * t[j, i]
        for i in range(x0, x1):
            t[j, i] += e[j, i]
            s[j, i] = c[j, i] * t[j, i]
        for l in range(a.size):
            for i in range(x0, x1):
                s[j, i] += n[j, i] * q[l, j, i]


@kernel
def transpose_relax_pair(sx, sy, ex, ey, tx, ty, qx, qy, lam, l2m, nlam, nl2m, a, g, box):
    """The two normal stresses of a transposed step."""
    x0, x1 = U(box.x0), U(swept(sx, box))
    for j in range(U(box.y0), U(box.y1)):
        for l in range(a.size):
            a_l, g_l = a[l], g[l]
            for i in range(x0, x1):
                qx[l, j, i] = a_l * qx[l, j, i] - g_l * tx[j, i]
                qy[l, j, i] = a_l * qy[l, j, i] - g_l * ty[j, i]
        for i in range(x0, x1):
            tx[j, i] += ex[j, i]
            ty[j, i] += ey[j, i]
            sx[j, i] = l2m[j, i] * tx[j, i] + lam[j, i] * ty[j, i]
            sy[j, i] = lam[j, i] * tx[j, i] + l2m[j, i] * ty[j, i]
        for l in range(a.size):
            for i in range(x0, x1):
                sx[j, i] += nl2m[j, i] * qx[l, j, i] + nlam[j, i] * qy[l, j, i]
                sy[j, i] += nlam[j, i] * qx[l, j, i] + nl2m[j, i] * qy[l, j, i]
