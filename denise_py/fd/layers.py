"""Absorbing layers for single derivatives: what every physics with few derivatives is put together from.

Forward step: out += c ((1/K - 1) g + psi), psi <- b psi + a g, where g is a derivative of u and the plain
update has already added c g. A forward derivative lands on half points and a backward one on full points,
which chooses the profile. Transposed step: the layer acts before the derivative is taken,

    psi <- psi + u;  delta = (1/K - 1) u + a psi;  psi <- b psi;  out += c times the derivative of delta

on the points where u lives: full points before a forward derivative, half points before a backward one.
`slot` is the number of the memory psi of that derivative in the strip.
"""

from __future__ import annotations

import numpy as np

from denise_py.fd.compile import kernel
from denise_py.fd.stencils import dx_backward, dx_forward, dy_backward, dy_forward

U = np.uint64


@kernel
def absorb_x_forward(out, c, u, strip, slot, box, w):
    """Layer at the left or right side for a forward x derivative of u."""
    profile, psi, start = strip.profile, strip.psi, U(strip.start)
    for j in range(U(box.y0), U(box.y1)):
        for i in range(start, U(strip.stop)):
            k = i - start
            g = dx_forward(u, j, i, w)
            p = profile[2, k] * psi[slot, j, k] + profile[1, k] * g
            psi[slot, j, k] = p
            out[j, i] += c[j, i] * (profile[0, k] * g + p)


@kernel
def absorb_x_backward(out, c, u, strip, slot, box, w):
    """Layer at the left or right side for a backward x derivative of u."""
    profile, psi, start = strip.profile, strip.psi, U(strip.start)
    for j in range(U(box.y0), U(box.y1)):
        for i in range(start, U(strip.stop)):
            k = i - start
            g = dx_backward(u, j, i, w)
            p = profile[5, k] * psi[slot, j, k] + profile[4, k] * g
            psi[slot, j, k] = p
            out[j, i] += c[j, i] * (profile[3, k] * g + p)


@kernel
def absorb_y_forward(out, c, u, strip, slot, box, w):
    """Layer at the top or bottom for a forward y derivative of u."""
    profile, psi, start = strip.profile, strip.psi, U(strip.start)
    for j in range(start, U(strip.stop)):
        k = j - start
        scale, a, b = profile[0, k], profile[1, k], profile[2, k]
        for i in range(U(box.x0), U(box.x1)):
            g = dy_forward(u, j, i, w)
            p = b * psi[slot, k, i] + a * g
            psi[slot, k, i] = p
            out[j, i] += c[j, i] * (scale * g + p)


@kernel
def absorb_y_backward(out, c, u, strip, slot, box, w):
    """Layer at the top or bottom for a backward y derivative of u."""
    profile, psi, start = strip.profile, strip.psi, U(strip.start)
    for j in range(start, U(strip.stop)):
        k = j - start
        scale, a, b = profile[3, k], profile[4, k], profile[5, k]
        for i in range(U(box.x0), U(box.x1)):
            g = dy_backward(u, j, i, w)
            p = b * psi[slot, k, i] + a * g
            psi[slot, k, i] = p
            out[j, i] += c[j, i] * (scale * g + p)


# --- transposed -------------------------------------------------------------------------------------------


@kernel
def scale_x(u, delta, psi, profile, row, start, stop, pad, y0, y1):
    """delta = (1/K - 1) u + a psi along x, with the transposed recursion of psi; row selects the profile."""
    for j in range(U(y0), U(y1)):
        for i in range(U(start), U(stop)):
            k = i - U(start)
            p = psi[j, k] + u[j, i]
            delta[j, k + U(pad)] = profile[row, k] * u[j, i] + profile[row + 1, k] * p
            psi[j, k] = profile[row + 2, k] * p


@kernel
def scale_y(u, delta, psi, profile, row, start, stop, pad, x0, x1):
    """As scale_x, along y."""
    for j in range(U(start), U(stop)):
        k = j - U(start)
        scale, a, b = profile[row, k], profile[row + 1, k], profile[row + 2, k]
        for i in range(U(x0), U(x1)):
            p = psi[k, i] + u[j, i]
            delta[k + U(pad), i] = scale * u[j, i] + a * p
            psi[k, i] = b * p


@kernel
def transpose_x_forward(out, c, u, strip, slot, box, w):
    """Layer at the left or right side before a forward x derivative of u in a transposed step."""
    if strip.stop <= strip.start:
        return
    half, pad, start, delta = len(w), 2 * len(w), strip.start, strip.delta[0]
    scale_x(u, delta, strip.psi[slot], strip.profile, 3, start, strip.stop, pad, box.y0, box.y1)
    low, high = max(box.x0, start - half), min(box.x1, strip.stop + half)
    for j in range(U(box.y0), U(box.y1)):
        for i in range(U(low), U(high)):
            out[j, i] += c[j, i] * dx_forward(delta, j, i + U(pad) - U(start), w)


@kernel
def transpose_x_backward(out, c, u, strip, slot, box, w):
    """Layer at the left or right side before a backward x derivative of u in a transposed step."""
    if strip.stop <= strip.start:
        return
    half, pad, start, delta = len(w), 2 * len(w), strip.start, strip.delta[0]
    scale_x(u, delta, strip.psi[slot], strip.profile, 0, start, strip.stop, pad, box.y0, box.y1)
    low, high = max(box.x0, start - half), min(box.x1, strip.stop + half)
    for j in range(U(box.y0), U(box.y1)):
        for i in range(U(low), U(high)):
            out[j, i] += c[j, i] * dx_backward(delta, j, i + U(pad) - U(start), w)


@kernel
def transpose_y_forward(out, c, u, strip, slot, box, w):
    """Layer at the top or bottom before a forward y derivative of u in a transposed step."""
    if strip.stop <= strip.start:
        return
    half, pad, start, delta = len(w), 2 * len(w), strip.start, strip.delta[0]
    scale_y(u, delta, strip.psi[slot], strip.profile, 3, start, strip.stop, pad, box.x0, box.x1)
    low, high = max(box.y0, start - half), min(box.y1, strip.stop + half)
    for j in range(U(low), U(high)):
        k = j + U(pad) - U(start)
        for i in range(U(box.x0), U(box.x1)):
            out[j, i] += c[j, i] * dy_forward(delta, k, i, w)


@kernel
def transpose_y_backward(out, c, u, strip, slot, box, w):
    """Layer at the top or bottom before a backward y derivative of u in a transposed step."""
    if strip.stop <= strip.start:
        return
    half, pad, start, delta = len(w), 2 * len(w), strip.start, strip.delta[0]
    scale_y(u, delta, strip.psi[slot], strip.profile, 0, start, strip.stop, pad, box.x0, box.x1)
    low, high = max(box.y0, start - half), min(box.y1, strip.stop + half)
    for j in range(U(low), U(high)):
        k = j + U(pad) - U(start)
        for i in range(U(box.x0), U(box.x1)):
            out[j, i] += c[j, i] * dy_backward(delta, k, i, w)
