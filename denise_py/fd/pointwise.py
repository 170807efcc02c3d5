"""Work at single points, the same for every physics: keeping increments, zero-lag products, energies.

Fields have halos, kept arrays are (ny, nx) of own points; `box` says where the own points are in a field.
"""

from __future__ import annotations

import numpy as np

from denise_py.fd.compile import kernel

U = np.uint64


@kernel
def keep_field(kept, field, box):
    """kept = field."""
    for j in range(U(box.y0), U(box.y1)):
        for i in range(U(box.x0), U(box.x1)):
            kept[j - U(box.y0), i - U(box.x0)] = field[j, i]


@kernel
def keep_increment(kept, field, box):
    """kept = field - kept: what a field has gained since keep_field."""
    for j in range(U(box.y0), U(box.y1)):
        for i in range(U(box.x0), U(box.x1)):
            kept[j - U(box.y0), i - U(box.x0)] = field[j, i] - kept[j - U(box.y0), i - U(box.x0)]


@kernel
def add_product(out, field, kept, box):
    """out += field * kept."""
    for j in range(U(box.y0), U(box.y1)):
        k = j - U(box.y0)
        for i in range(U(box.x0), U(box.x1)):
            l = i - U(box.x0)
            out[k, l] += field[j, i] * kept[k, l]


@kernel
def add_kept(field, factor, kept, box):
    """field += factor * kept, the transpose of add_product with the field; factor, kept (ny, nx)."""
    for j in range(U(box.y0), U(box.y1)):
        k = j - U(box.y0)
        for i in range(U(box.x0), U(box.x1)):
            l = i - U(box.x0)
            field[j, i] += factor[k, l] * kept[k, l]


@kernel
def add_square(out, field, box):
    """out += field^2."""
    for j in range(U(box.y0), U(box.y1)):
        for i in range(U(box.x0), U(box.x1)):
            out[j - U(box.y0), i - U(box.x0)] += field[j, i] * field[j, i]


@kernel
def add_summed_product(out, memory, kept, box):
    """out += (sum of memory over its first axis) * kept."""
    for l in range(memory.shape[0]):
        for j in range(U(box.y0), U(box.y1)):
            k = j - U(box.y0)
            for i in range(U(box.x0), U(box.x1)):
                out[k, i - U(box.x0)] += memory[l, j, i] * kept[k, i - U(box.x0)]
