"""Absorbing layers for single derivatives: what the layers of every physics are put together from.

Forward step: out += c ((1/K - 1) g + psi), psi <- b psi + a g, where g is a derivative of u and the plain
update has already added c g. A forward derivative lands on half points and a backward one on full points,
which chooses the profile. Transposed step: the layer acts before the derivative is taken,

    psi <- psi + u;  delta = (1/K - 1) u + a psi;  psi <- b psi;  out += c times the derivative of delta

on the points where u lives: full points before a forward derivative, half points before a backward one.
`slot` is the number of the memory psi of that derivative in the strip. The "pair" is for two fields that move
with the same derivative, the normal stresses. Every loop over a row has whole vectors first and single points
for what is left (see fd.vectors).
"""

from __future__ import annotations

import numpy as np

from denise_py.fd.compile import inlined, kernel
from denise_py.fd.containers import LANES
from denise_py.fd.stencils import swept
from denise_py.fd.vectors import (
    dx_backward,
    dx_forward,
    dy_backward,
    dy_forward,
    madd,
    read,
    same,
    widened,
    write,
)

U = np.uint64
V = U(LANES)


@inlined
def _remember(g, psi, q, scale, a, b, w):
    """psi <- b psi + a g at position q; returns (1/K - 1) g + psi."""
    memory = madd(b, read(psi, q, w), a * g)
    write(psi, q, memory)
    return madd(scale, g, memory)


@inlined
def _remember_x(g, strip, q, k, row, w):
    """As _remember, with the profile of the column k of the strip; row: the first one of the profile."""
    profile, width = strip.profile, U(strip.profile.shape[1])
    at = U(row) * width + k
    scale, a = read(profile, at, w), read(profile, at + width, w)
    return _remember(g, strip.psi, q + k, scale, a, read(profile, at + width + width, w), w)


@inlined
def _add(out, c, e, p, w):
    """out += c e."""
    write(out, p, madd(read(c, p, w), e, read(out, p, w)))


@inlined
def _memory_of(strip, slot, row):
    """Position of the first number of a row in the memory of a strip."""
    rows, columns = U(strip.psi.shape[1]), U(strip.psi.shape[2])
    return (U(slot) * rows + row) * columns


@kernel
def absorb_x_forward(out, c, u, strip, slot, box, w):
    """Layer at the left or right side for a forward x derivative of u."""
    wide, n, pitch = widened(w), U(strip.stop - strip.start), U(u.shape[1])
    for j in range(U(box.y0), U(box.y1)):
        p, q = j * pitch + U(strip.start), _memory_of(strip, slot, j)
        for v in range(n // V):
            k = v * V
            _add(out, c, _remember_x(dx_forward(u, p + k, wide), strip, q, k, 0, wide), p + k, wide)
        for k in range(n // V * V, n):
            _add(out, c, _remember_x(dx_forward(u, p + k, w), strip, q, k, 0, w), p + k, w)


@kernel
def absorb_x_backward(out, c, u, strip, slot, box, w):
    """Layer at the left or right side for a backward x derivative of u."""
    wide, n, pitch = widened(w), U(strip.stop - strip.start), U(u.shape[1])
    for j in range(U(box.y0), U(box.y1)):
        p, q = j * pitch + U(strip.start), _memory_of(strip, slot, j)
        for v in range(n // V):
            k = v * V
            _add(out, c, _remember_x(dx_backward(u, p + k, wide), strip, q, k, 3, wide), p + k, wide)
        for k in range(n // V * V, n):
            _add(out, c, _remember_x(dx_backward(u, p + k, w), strip, q, k, 3, w), p + k, w)


@kernel
def absorb_pair_x(out, other, c, d, u, strip, slot, box, w):
    """As absorb_x_backward, for two fields with the factors c and d."""
    wide, n, pitch = widened(w), U(strip.stop - strip.start), U(u.shape[1])
    for j in range(U(box.y0), U(box.y1)):
        p, q = j * pitch + U(strip.start), _memory_of(strip, slot, j)
        for v in range(n // V):
            k = v * V
            e = _remember_x(dx_backward(u, p + k, wide), strip, q, k, 3, wide)
            _add(out, c, e, p + k, wide)
            _add(other, d, e, p + k, wide)
        for k in range(n // V * V, n):
            r = _remember_x(dx_backward(u, p + k, w), strip, q, k, 3, w)
            _add(out, c, r, p + k, w)
            _add(other, d, r, p + k, w)


@inlined
def _rows_of(strip, box):
    """The rows of a layer at the top or bottom that lie in a band."""
    return range(max(U(strip.start), U(box.y0)), min(U(strip.stop), U(box.y1)))


@inlined
def _profile_y(strip, k, row, w):
    """The three numbers of the profile for the row k of a strip."""
    profile = strip.profile
    return same(profile[row, k], w), same(profile[row + 1, k], w), same(profile[row + 2, k], w)


@kernel
def absorb_y_forward(out, c, u, strip, slot, box, w):
    """Layer at the top or bottom for a forward y derivative of u."""
    wide, psi, pitch, x0 = widened(w), strip.psi, U(u.shape[1]), U(box.x0)
    n = U(swept(u, box)) - x0
    for j in _rows_of(strip, box):
        p, q = j * pitch + x0, _memory_of(strip, slot, j - U(strip.start)) + x0
        s, a, b = _profile_y(strip, j - U(strip.start), 0, wide)
        for v in range(n // V):
            k = v * V
            _add(out, c, _remember(dy_forward(u, p + k, pitch, wide), psi, q + k, s, a, b, wide), p + k, wide)
        r, d, e = _profile_y(strip, j - U(strip.start), 0, w)
        for k in range(n // V * V, n):
            _add(out, c, _remember(dy_forward(u, p + k, pitch, w), psi, q + k, r, d, e, w), p + k, w)


@kernel
def absorb_y_backward(out, c, u, strip, slot, box, w):
    """Layer at the top or bottom for a backward y derivative of u."""
    wide, psi, pitch, x0 = widened(w), strip.psi, U(u.shape[1]), U(box.x0)
    n = U(swept(u, box)) - x0
    for j in _rows_of(strip, box):
        p, q = j * pitch + x0, _memory_of(strip, slot, j - U(strip.start)) + x0
        s, a, b = _profile_y(strip, j - U(strip.start), 3, wide)
        for v in range(n // V):
            k = v * V
            _add(
                out, c, _remember(dy_backward(u, p + k, pitch, wide), psi, q + k, s, a, b, wide), p + k, wide
            )
        r, d, e = _profile_y(strip, j - U(strip.start), 3, w)
        for k in range(n // V * V, n):
            _add(out, c, _remember(dy_backward(u, p + k, pitch, w), psi, q + k, r, d, e, w), p + k, w)


@kernel
def absorb_pair_y(out, other, c, d, u, strip, slot, box, w):
    """As absorb_y_backward, for two fields with the factors c and d."""
    wide, psi, pitch, x0 = widened(w), strip.psi, U(u.shape[1]), U(box.x0)
    n = U(swept(u, box)) - x0
    for j in _rows_of(strip, box):
        p, q = j * pitch + x0, _memory_of(strip, slot, j - U(strip.start)) + x0
        s, a, b = _profile_y(strip, j - U(strip.start), 3, wide)
        for v in range(n // V):
            k = v * V
            e = _remember(dy_backward(u, p + k, pitch, wide), psi, q + k, s, a, b, wide)
            _add(out, c, e, p + k, wide)
            _add(other, d, e, p + k, wide)
        s1, a1, b1 = _profile_y(strip, j - U(strip.start), 3, w)
        for k in range(n // V * V, n):
            r = _remember(dy_backward(u, p + k, pitch, w), psi, q + k, s1, a1, b1, w)
            _add(out, c, r, p + k, w)
            _add(other, d, r, p + k, w)


# --- transposed -------------------------------------------------------------------------------------------


@inlined
def _scaled(u, p, psi, q, scale, a, b, w):
    """psi <- b (psi + u) at position q; returns (1/K - 1) u + a (psi + u)."""
    number = read(u, p, w)
    memory = read(psi, q, w) + number
    write(psi, q, b * memory)
    return madd(scale, number, a * memory)


@inlined
def _scaled_x(u, p, strip, q, k, row, w):
    """As _scaled, with the profile of the column k of the strip."""
    profile, width = strip.profile, U(strip.profile.shape[1])
    at = U(row) * width + k
    scale, a = read(profile, at, w), read(profile, at + width, w)
    return _scaled(u, p + k, strip.psi, q + k, scale, a, read(profile, at + width + width, w), w)


@kernel
def scale_x(u, strip, slot, row, box, w):
    """delta = (1/K - 1) u + a psi along x, with the transposed recursion of psi; row selects the profile.

    Returns the number of columns of delta before the range of the strip."""
    wide, delta, pitch = widened(w), strip.delta, U(u.shape[1])
    n, rows, columns = U(strip.stop - strip.start), U(delta.shape[1]), U(delta.shape[2])
    pad = U((strip.delta.shape[2] - strip.psi.shape[2]) // 2)
    for j in range(U(box.y0), U(box.y1)):
        p, q = j * pitch + U(strip.start), _memory_of(strip, slot, j)
        at = (U(slot) * rows + j) * columns + pad
        for v in range(n // V):
            k = v * V
            write(delta, at + k, _scaled_x(u, p, strip, q, k, row, wide))
        for k in range(n // V * V, n):
            write(delta, at + k, _scaled_x(u, p, strip, q, k, row, w))
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
def scale_y(u, strip, slot, row, band, w):
    """As scale_x, along y, for all rows that derivatives in the band read and the band above has not done.

    Returns the number of rows of delta before the range of the strip."""
    half = len(w)
    low, high, pad = strip.start, strip.stop, 2 * half
    if band.y0 > band.top:
        low = max(low, band.y0 + half)
    if band.y1 < band.bottom:
        high = min(high, band.y1 + half)
    wide, delta, psi, pitch, x0 = widened(w), strip.delta, strip.psi, U(u.shape[1]), U(band.x0)
    n = U(swept(u, band)) - x0
    for j in range(U(low), U(max(low, high))):
        k = j - U(strip.start)
        p, q = j * pitch + x0, _memory_of(strip, slot, k) + x0
        at = (U(slot) * U(delta.shape[1]) + k + U(pad)) * pitch + x0
        s, a, b = _profile_y(strip, k, row, wide)
        for v in range(n // V):
            i = v * V
            write(delta, at + i, _scaled(u, p + i, psi, q + i, s, a, b, wide))
        s1, a1, b1 = _profile_y(strip, k, row, w)
        for i in range(n // V * V, n):
            write(delta, at + i, _scaled(u, p + i, psi, q + i, s1, a1, b1, w))
    return pad


@kernel
def transpose_x_forward(out, c, u, strip, slot, box, w):
    """Layer at the left or right side before a forward x derivative of u in a transposed step."""
    if strip.stop <= strip.start:
        return
    pad = scale_x(u, strip, slot, 3, box, w)
    wide, delta, pitch = widened(w), strip.delta[slot], U(u.shape[1])
    low, high = reached_columns(u, strip, len(w), box)
    n = high - low
    for j in range(U(box.y0), U(box.y1)):
        p, q = j * pitch + low, j * U(delta.shape[1]) + (low + pad - U(strip.start))
        for v in range(n // V):
            k = v * V
            _add(out, c, dx_forward(delta, q + k, wide), p + k, wide)
        for k in range(n // V * V, n):
            _add(out, c, dx_forward(delta, q + k, w), p + k, w)


@kernel
def transpose_x_backward(out, c, u, strip, slot, box, w):
    """Layer at the left or right side before a backward x derivative of u in a transposed step."""
    if strip.stop <= strip.start:
        return
    pad = scale_x(u, strip, slot, 0, box, w)
    wide, delta, pitch = widened(w), strip.delta[slot], U(u.shape[1])
    low, high = reached_columns(u, strip, len(w), box)
    n = high - low
    for j in range(U(box.y0), U(box.y1)):
        p, q = j * pitch + low, j * U(delta.shape[1]) + (low + pad - U(strip.start))
        for v in range(n // V):
            k = v * V
            _add(out, c, dx_backward(delta, q + k, wide), p + k, wide)
        for k in range(n // V * V, n):
            _add(out, c, dx_backward(delta, q + k, w), p + k, w)


@kernel
def transpose_pair_x(out, other, c, d, u, strip, slot, box, w):
    """As transpose_x_backward, for two fields with the factors c and d."""
    if strip.stop <= strip.start:
        return
    pad = scale_x(u, strip, slot, 0, box, w)
    wide, delta, pitch = widened(w), strip.delta[slot], U(u.shape[1])
    low, high = reached_columns(u, strip, len(w), box)
    n = high - low
    for j in range(U(box.y0), U(box.y1)):
        p, q = j * pitch + low, j * U(delta.shape[1]) + (low + pad - U(strip.start))
        for v in range(n // V):
            k = v * V
            e = dx_backward(delta, q + k, wide)
            _add(out, c, e, p + k, wide)
            _add(other, d, e, p + k, wide)
        for k in range(n // V * V, n):
            r = dx_backward(delta, q + k, w)
            _add(out, c, r, p + k, w)
            _add(other, d, r, p + k, w)


@kernel
def _reached_rows(strip, half, box):
    """The rows of a band that derivatives of delta reach."""
    low, high = max(box.y0, strip.start - half), min(box.y1, strip.stop + half)
    return range(U(low), U(max(low, high)))


@kernel
def transpose_y_forward(out, c, u, strip, slot, box, w):
    """Layer at the top or bottom before a forward y derivative of u in a transposed step."""
    if strip.stop <= strip.start:
        return
    pad = scale_y(u, strip, slot, 3, box, w)
    wide, delta, pitch, x0 = widened(w), strip.delta[slot], U(u.shape[1]), U(box.x0)
    n = U(swept(u, box)) - x0
    for j in _reached_rows(strip, len(w), box):
        p, q = j * pitch + x0, (j + U(pad) - U(strip.start)) * pitch + x0
        for v in range(n // V):
            i = v * V
            _add(out, c, dy_forward(delta, q + i, pitch, wide), p + i, wide)
        for i in range(n // V * V, n):
            _add(out, c, dy_forward(delta, q + i, pitch, w), p + i, w)


@kernel
def transpose_y_backward(out, c, u, strip, slot, box, w):
    """Layer at the top or bottom before a backward y derivative of u in a transposed step."""
    if strip.stop <= strip.start:
        return
    pad = scale_y(u, strip, slot, 0, box, w)
    wide, delta, pitch, x0 = widened(w), strip.delta[slot], U(u.shape[1]), U(box.x0)
    n = U(swept(u, box)) - x0
    for j in _reached_rows(strip, len(w), box):
        p, q = j * pitch + x0, (j + U(pad) - U(strip.start)) * pitch + x0
        for v in range(n // V):
            i = v * V
            _add(out, c, dy_backward(delta, q + i, pitch, wide), p + i, wide)
        for i in range(n // V * V, n):
            _add(out, c, dy_backward(delta, q + i, pitch, w), p + i, w)


@kernel
def transpose_pair_y(out, other, c, d, u, strip, slot, box, w):
    """As transpose_y_backward, for two fields with the factors c and d."""
    if strip.stop <= strip.start:
        return
    pad = scale_y(u, strip, slot, 0, box, w)
    wide, delta, pitch, x0 = widened(w), strip.delta[slot], U(u.shape[1]), U(box.x0)
    n = U(swept(u, box)) - x0
    for j in _reached_rows(strip, len(w), box):
        p, q = j * pitch + x0, (j + U(pad) - U(strip.start)) * pitch + x0
        for v in range(n // V):
            i = v * V
            e = dy_backward(delta, q + i, pitch, wide)
            _add(out, c, e, p + i, wide)
            _add(other, d, e, p + i, wide)
        for i in range(n // V * V, n):
            r = dy_backward(delta, q + i, pitch, w)
            _add(out, c, r, p + i, w)
            _add(other, d, r, p + i, w)
