"""Absorbing layers for single derivatives: what the layers of every physics are put together from.

Forward step: out += c ((1/K - 1) g + psi), psi <- b psi + a g, where g is a derivative of u and the plain
update has already added c g. A forward derivative lands on half points and a backward one on full points,
which chooses the profile. Transposed step: the layer acts before the derivative is taken,

    psi <- psi + u;  delta = (1/K - 1) u + a psi;  psi <- b psi;  out += c times the derivative of delta

on the points where u lives: full points before a forward derivative, half points before a backward one.
`slot` is the number of the memory psi of that derivative in the strip. The "pair" is for two fields that move
with the same derivative, the normal stresses.
"""

from __future__ import annotations

import numpy as np

from denise_py.fd.compile import kernel
from denise_py.fd.containers import LANES
from denise_py.fd.stencils import dx_backward, dx_forward, dy_backward, dy_forward, swept

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
    profile, psi, start, x0, x1 = strip.profile, strip.psi, U(strip.start), U(box.x0), U(swept(u, box))
    for j in range(max(start, U(box.y0)), min(U(strip.stop), U(box.y1))):
        k = j - start
        scale, a, b = profile[0, k], profile[1, k], profile[2, k]
        for i in range(x0, x1):
            g = dy_forward(u, j, i, w)
            p = b * psi[slot, k, i] + a * g
            psi[slot, k, i] = p
            out[j, i] += c[j, i] * (scale * g + p)


@kernel
def absorb_y_backward(out, c, u, strip, slot, box, w):
    """Layer at the top or bottom for a backward y derivative of u."""
    profile, psi, start, x0, x1 = strip.profile, strip.psi, U(strip.start), U(box.x0), U(swept(u, box))
    for j in range(max(start, U(box.y0)), min(U(strip.stop), U(box.y1))):
        k = j - start
        scale, a, b = profile[3, k], profile[4, k], profile[5, k]
        for i in range(x0, x1):
            g = dy_backward(u, j, i, w)
            p = b * psi[slot, k, i] + a * g
            psi[slot, k, i] = p
            out[j, i] += c[j, i] * (scale * g + p)


@kernel
def absorb_pair_x(out, other, c, d, u, strip, slot, box, w):
    """As absorb_x_backward, for two fields with the factors c and d."""
    profile, psi, start = strip.profile, strip.psi, U(strip.start)
    for j in range(U(box.y0), U(box.y1)):
        for i in range(start, U(strip.stop)):
            k = i - start
            g = dx_backward(u, j, i, w)
            p = profile[5, k] * psi[slot, j, k] + profile[4, k] * g
            psi[slot, j, k] = p
            e = profile[3, k] * g + p
            out[j, i] += c[j, i] * e
            other[j, i] += d[j, i] * e


@kernel
def absorb_pair_y(out, other, c, d, u, strip, slot, box, w):
    """As absorb_y_backward, for two fields with the factors c and d."""
    profile, psi, start, x0, x1 = strip.profile, strip.psi, U(strip.start), U(box.x0), U(swept(u, box))
    for j in range(max(start, U(box.y0)), min(U(strip.stop), U(box.y1))):
        k = j - start
        scale, a, b = profile[3, k], profile[4, k], profile[5, k]
        for i in range(x0, x1):
            g = dy_backward(u, j, i, w)
            p = b * psi[slot, k, i] + a * g
            psi[slot, k, i] = p
            e = scale * g + p
            out[j, i] += c[j, i] * e
            other[j, i] += d[j, i] * e


# --- transposed -------------------------------------------------------------------------------------------


@kernel
def scale_x(u, strip, slot, row, box):
    """delta = (1/K - 1) u + a psi along x, with the transposed recursion of psi; row selects the profile.

    Returns the number of columns of delta before the range of the strip."""
    delta, psi, profile, start = strip.delta, strip.psi, strip.profile, U(strip.start)
    pad = U((delta.shape[2] - psi.shape[2]) // 2)
    for j in range(U(box.y0), U(box.y1)):
        for i in range(start, U(strip.stop)):
            k = i - start
            p = psi[slot, j, k] + u[j, i]
            delta[slot, j, k + pad] = profile[row, k] * u[j, i] + profile[row + 1, k] * p
            psi[slot, j, k] = profile[row + 2, k] * p
    return pad


@kernel
def reached_columns(u, strip, half, box):
    """First and end of the columns that derivatives of delta reach, in whole vectors where there is room."""
    pad = (strip.delta.shape[2] - strip.psi.shape[2]) // 2
    low = max(strip.start - half - box.x0, 0) // LANES * LANES + box.x0
    high = (strip.stop + half - box.x0 + LANES - 1) // LANES * LANES + box.x0
    low, high = max(low, strip.start + half - pad), min(high, strip.stop + pad - half)
    return U(low), U(min(high, swept(u, box)))


@kernel
def scale_y(u, strip, slot, row, band, half):
    """As scale_x, along y, for all rows that derivatives in the band read and the band above has not done.

    Returns the number of rows of delta before the range of the strip."""
    low, high, pad = strip.start, strip.stop, 2 * half
    if band.y0 > band.top:
        low = max(low, band.y0 + half)
    if band.y1 < band.bottom:
        high = min(high, band.y1 + half)
    delta, psi, profile, start = strip.delta, strip.psi, strip.profile, U(strip.start)
    x0, x1 = U(band.x0), U(swept(u, band))
    for j in range(U(low), U(high)):
        k = j - start
        scale, a, b = profile[row, k], profile[row + 1, k], profile[row + 2, k]
        for i in range(x0, x1):
            p = psi[slot, k, i] + u[j, i]
            delta[slot, k + U(pad), i] = scale * u[j, i] + a * p
            psi[slot, k, i] = b * p
    return pad


@kernel
def transpose_x_forward(out, c, u, strip, slot, box, w):
    """Layer at the left or right side before a forward x derivative of u in a transposed step."""
    if strip.stop <= strip.start:
        return
    pad = scale_x(u, strip, slot, 3, box)
    delta = strip.delta[slot]
    low, high = reached_columns(u, strip, len(w), box)
    for j in range(U(box.y0), U(box.y1)):
        for i in range(low, high):
            out[j, i] += c[j, i] * dx_forward(delta, j, i + pad - U(strip.start), w)


@kernel
def transpose_x_backward(out, c, u, strip, slot, box, w):
    """Layer at the left or right side before a backward x derivative of u in a transposed step."""
    if strip.stop <= strip.start:
        return
    pad = scale_x(u, strip, slot, 0, box)
    delta = strip.delta[slot]
    low, high = reached_columns(u, strip, len(w), box)
    for j in range(U(box.y0), U(box.y1)):
        for i in range(low, high):
            out[j, i] += c[j, i] * dx_backward(delta, j, i + pad - U(strip.start), w)


@kernel
def transpose_pair_x(out, other, c, d, u, strip, slot, box, w):
    """As transpose_x_backward, for two fields with the factors c and d."""
    if strip.stop <= strip.start:
        return
    pad = scale_x(u, strip, slot, 0, box)
    delta = strip.delta[slot]
    low, high = reached_columns(u, strip, len(w), box)
    for j in range(U(box.y0), U(box.y1)):
        for i in range(low, high):
            e = dx_backward(delta, j, i + pad - U(strip.start), w)
            out[j, i] += c[j, i] * e
            other[j, i] += d[j, i] * e


@kernel
def transpose_y_forward(out, c, u, strip, slot, box, w):
    """Layer at the top or bottom before a forward y derivative of u in a transposed step."""
    if strip.stop <= strip.start:
        return
    half, delta = len(w), strip.delta[slot]
    pad = scale_y(u, strip, slot, 3, box, half)
    x0, x1 = U(box.x0), U(swept(u, box))
    for j in range(U(max(box.y0, strip.start - half)), U(min(box.y1, strip.stop + half))):
        k = j + U(pad) - U(strip.start)
        for i in range(x0, x1):
            out[j, i] += c[j, i] * dy_forward(delta, k, i, w)


@kernel
def transpose_y_backward(out, c, u, strip, slot, box, w):
    """Layer at the top or bottom before a backward y derivative of u in a transposed step."""
    if strip.stop <= strip.start:
        return
    half, delta = len(w), strip.delta[slot]
    pad = scale_y(u, strip, slot, 0, box, half)
    x0, x1 = U(box.x0), U(swept(u, box))
    for j in range(U(max(box.y0, strip.start - half)), U(min(box.y1, strip.stop + half))):
        k = j + U(pad) - U(strip.start)
        for i in range(x0, x1):
            out[j, i] += c[j, i] * dy_backward(delta, k, i, w)


@kernel
def transpose_pair_y(out, other, c, d, u, strip, slot, box, w):
    """As transpose_y_backward, for two fields with the factors c and d."""
    if strip.stop <= strip.start:
        return
    half, delta = len(w), strip.delta[slot]
    pad = scale_y(u, strip, slot, 0, box, half)
    x0, x1 = U(box.x0), U(swept(u, box))
    for j in range(U(max(box.y0, strip.start - half)), U(min(box.y1, strip.stop + half))):
        k = j + U(pad) - U(strip.start)
        for i in range(x0, x1):
            e = dy_backward(delta, k, i, w)
            out[j, i] += c[j, i] * e
            other[j, i] += d[j, i] * e
