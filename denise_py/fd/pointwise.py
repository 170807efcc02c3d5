"""Work at single points, the same for every physics: keeping increments, zero-lag products, energies.

Fields have halos; `box` is the band of own points of a block that is worked on. Kept arrays are (slots, rows,
columns) of the points of `store.box`; those without points are left alone (see steps_psv.Store). Factors and
products are (ny, nx) of own points.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from denise_py.fd.compile import entry, kernel

U = np.uint64


class Compression(NamedTuple):
    """How numbers of one float type are compressed: mask takes the sign away from their bits, `mantissa` is
    the number of bits below the exponent; units, inverses: unit and its reciprocal by the exponent of the
    largest number, as these bits show it."""

    mask: int
    mantissa: int
    units: np.ndarray
    inverses: np.ndarray


def compression(dtype: np.dtype) -> Compression:
    """For a float type. Numbers below 2^-100, far below what any wave has, share the unit of these, so that
    the reciprocal stays within the range of the type."""
    found = np.finfo(dtype)
    exponents = np.arange(2**found.nexp) - (found.maxexp - 1)
    exponents = np.clip(exponents, -100, found.maxexp - 1) - 14
    units, inverses = (np.ldexp(1.0, sign * exponents).astype(dtype) for sign in (1, -1))
    return Compression(2 ** (found.bits - 1) - 1, found.nmant, units, inverses)


#: neighbouring points of a row that share an exponent when fields are compressed
SHARED = 64
#: largest number in 16 bits
LARGEST = 32767


@kernel
def slot_of(n, store):
    """Number of the slot of step n."""
    return n // store.every - store.first


@kernel
def rows_of(band, box):
    """The rows of a box that lie in a band."""
    return range(U(max(band.y0, box.y0)), U(min(band.y1, box.y1)))


@kernel
def keep_field(kept, n, field, box, store):
    """kept = field at step n."""
    if kept.size == 0:
        return
    into, b = kept[slot_of(n, store)], store.box
    for j in rows_of(box, b):
        for i in range(U(b.x0), U(b.x1)):
            into[j - U(b.y0), i - U(b.x0)] = field[j, i]


@kernel
def keep_increment(kept, n, field, box, store):
    """kept = field - kept: what a field has gained since keep_field."""
    if kept.size == 0:
        return
    into, b = kept[slot_of(n, store)], store.box
    for j in rows_of(box, b):
        for i in range(U(b.x0), U(b.x1)):
            into[j - U(b.y0), i - U(b.x0)] = field[j, i] - into[j - U(b.y0), i - U(b.x0)]


@kernel
def add_product(out, field, kept, n, box, store):
    """out += field * what was kept at step n."""
    if kept.size == 0:
        return
    of_step, b = kept[slot_of(n, store)], store.box
    for j in rows_of(box, b):
        m, k = j - U(box.top), j - U(b.y0)
        for i in range(U(b.x0), U(b.x1)):
            out[m, i - U(box.x0)] += field[j, i] * of_step[k, i - U(b.x0)]


@kernel
def add_pair_products(total, difference, fx, fy, kept_x, kept_y, n, box, store):
    """total += (fx + fy)(kept_x + kept_y), difference += (fx - fy)(kept_x - kept_y)."""
    if kept_x.size == 0:
        return
    slot, b = slot_of(n, store), store.box
    dx, dy = kept_x[slot], kept_y[slot]
    for j in rows_of(box, b):
        m, k = j - U(box.top), j - U(b.y0)
        for i in range(U(b.x0), U(b.x1)):
            o, l = i - U(box.x0), i - U(b.x0)
            total[m, o] += (fx[j, i] + fy[j, i]) * (dx[k, l] + dy[k, l])
            difference[m, o] += (fx[j, i] - fy[j, i]) * (dx[k, l] - dy[k, l])


@kernel
def add_summed_product(out, memory, kept, n, box, store):
    """out += (sum of memory over its first axis) * kept."""
    for l in range(memory.shape[0]):
        add_product(out, memory[l], kept, n, box, store)


@kernel
def add_kept(field, factor, kept, n, box, store):
    """field += factor * kept, the transpose of add_product with the field."""
    if kept.size == 0:
        return
    of_step, b = kept[slot_of(n, store)], store.box
    for j in rows_of(box, b):
        m, k = j - U(box.top), j - U(b.y0)
        for i in range(U(b.x0), U(b.x1)):
            field[j, i] += factor[m, i - U(box.x0)] * of_step[k, i - U(b.x0)]


@kernel
def add_kept_pair(fx, fy, total, difference, kept_x, kept_y, n, box, store):
    """The transpose of add_pair_products, halved."""
    if kept_x.size == 0:
        return
    slot, b = slot_of(n, store), store.box
    dx, dy = kept_x[slot], kept_y[slot]
    for j in rows_of(box, b):
        m, k = j - U(box.top), j - U(b.y0)
        for i in range(U(b.x0), U(b.x1)):
            o, l = i - U(box.x0), i - U(b.x0)
            half_sum = total[m, o] * (dx[k, l] + dy[k, l]) / 2
            half_difference = difference[m, o] * (dx[k, l] - dy[k, l]) / 2
            fx[j, i] += half_sum + half_difference
            fy[j, i] += half_sum - half_difference


@kernel
def add_square(out, field, box):
    """out += field^2, nothing if out has no points."""
    if out.size == 0:
        return
    for j in range(U(box.y0), U(box.y1)):
        for i in range(U(box.x0), U(box.x1)):
            out[j - U(box.top), i - U(box.x0)] += field[j, i] * field[j, i]


@entry
def compress(packed, unit, values, bits, rule):
    """values (n, rows, columns) in whole units, powers of two, one for every SHARED points of a row.

    packed (n, rows, columns) int16; unit (n, rows, ceil(columns / SHARED)). The largest value of a group is
    2^14 to 2^15 units, so that the error is at most 2^-15 of it. bits: values as integers of their size;
    without their sign they have the order of the absolute values. rule: see Compression.
    """
    columns = U(values.shape[2])
    top = values.dtype.type(LARGEST)
    for s in range(values.shape[0]):
        for j in range(U(values.shape[1])):
            for g in range(U(unit.shape[2])):
                first = g * U(SHARED)
                last = min(first + U(SHARED), columns)
                largest = bits.dtype.type(0)
                for i in range(first, last):
                    without_sign = bits.dtype.type(bits[s, j, i] & rule.mask)
                    if without_sign > largest:
                        largest = without_sign
                exponent = largest >> rule.mantissa
                factor = rule.inverses[exponent]
                unit[s, j, g] = rule.units[exponent]
                for i in range(first, last):
                    number = min(np.rint(values[s, j, i] * factor), top)
                    packed[s, j, i] = np.int16(np.int32(number))


@entry
def expand(values, packed, unit):
    """values = packed * unit, what `compress` has made of them."""
    columns = U(values.shape[2])
    for s in range(values.shape[0]):
        for j in range(U(values.shape[1])):
            for g in range(U(unit.shape[2])):
                first = g * U(SHARED)
                last = min(first + U(SHARED), columns)
                size = unit[s, j, g]
                for i in range(first, last):
                    values[s, j, i] = packed[s, j, i] * size
