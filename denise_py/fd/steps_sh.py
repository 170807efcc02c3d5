"""Whole time steps of SH waves, forward and transposed; see fd.steps_psv for the order of the parts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from denise_py.fd.compile import kernel
from denise_py.fd.containers import Box, Points
from denise_py.fd.kernels_acoustic import image_odd, transpose_image_odd
from denise_py.fd.kernels_sh import update_stress, update_velocity
from denise_py.fd.layers import (
    absorb_x_backward,
    absorb_x_forward,
    absorb_y_backward,
    absorb_y_forward,
    transpose_x_backward,
    transpose_x_forward,
    transpose_y_backward,
    transpose_y_forward,
)
from denise_py.fd.points import add_at, read_at, within
from denise_py.fd.pointwise import add_kept, add_product, add_square, keep_field, keep_increment
from denise_py.fd.schedule import band_of, steps_of


class Fields(NamedTuple):
    """Wavefields (ny + 2M, nx + 2M). Transposed runs keep v^ and s^ in the same places."""

    vz: np.ndarray
    sxz: np.ndarray
    syz: np.ndarray


class Coefficients(NamedTuple):
    """Materials times dt/dh: buoyancy where vz is, shear moduli where sxz and syz are."""

    bz: np.ndarray
    mux: np.ndarray
    muy: np.ndarray


class Injection(NamedTuple):
    """What is added to vz; series (nt, n)."""

    vz: Points
    series: np.ndarray


class Recording(NamedTuple):
    """Where and into what is recorded."""

    vz: Points
    out_vz: np.ndarray


class Store(NamedTuple):
    """Increments of the fields at every `every`-th step; see steps_psv.Store."""

    every: int
    first: int
    box: Box
    vz: np.ndarray
    sxz: np.ndarray
    syz: np.ndarray
    energy: np.ndarray


class Correlation(NamedTuple):
    """Zero-lag products (ny, nx): shear_x = sum sxz^ dsxz, shear_y, force = sum vz^ dvz; energy of vz^."""

    shear_x: np.ndarray
    shear_y: np.ndarray
    force: np.ndarray
    energy: np.ndarray


class Change(NamedTuple):
    """Relative changes of both shear moduli and of the buoyancy, (ny, nx); see steps_psv.Change."""

    shear_x: np.ndarray
    shear_y: np.ndarray
    force: np.ndarray


# --- forward ---------------------------------------------------------------------------------------------


@kernel
def forward_velocity(n, f, c, box, strips, w, sources, store):
    """Velocity half of step n."""
    keep = store.every > 0 and n % store.every == 0
    if keep:
        keep_field(store.vz, n, f.vz, box, store)
    update_velocity(f, c, box, w)
    absorb_x_backward(f.vz, c.bz, f.sxz, strips.left, 0, box, w)
    absorb_x_backward(f.vz, c.bz, f.sxz, strips.right, 0, box, w)
    absorb_y_forward(f.vz, c.bz, f.syz, strips.top, 0, box, w)
    absorb_y_forward(f.vz, c.bz, f.syz, strips.bottom, 0, box, w)
    add_at(f.vz, within(sources.vz, box), sources.series[n])
    if keep:
        keep_increment(store.vz, n, f.vz, box, store)
        add_square(store.energy, f.vz, box)


@kernel
def absorb_gradient(out_x, out_y, cx, cy, f, strips, box, w):
    """Layers of the gradient of vz, added to out_x and out_y with the factors cx and cy."""
    absorb_x_forward(out_x, cx, f.vz, strips.left, 1, box, w)
    absorb_x_forward(out_x, cx, f.vz, strips.right, 1, box, w)
    absorb_y_backward(out_y, cy, f.vz, strips.top, 1, box, w)
    absorb_y_backward(out_y, cy, f.vz, strips.bottom, 1, box, w)


@kernel
def forward_stress(n, f, c, box, strips, w, surface, sources, receivers, store):
    """Stress half of step n; surface: whether the first row of the box is a free surface."""
    keep = store.every > 0 and n % store.every == 0
    if keep:
        keep_field(store.sxz, n, f.sxz, box, store)
        keep_field(store.syz, n, f.syz, box, store)
    update_stress(f, c, box, w)
    absorb_gradient(f.sxz, f.syz, c.mux, c.muy, f, strips, box, w)
    if keep:
        keep_increment(store.sxz, n, f.sxz, box, store)
        keep_increment(store.syz, n, f.syz, box, store)
    if surface and box.y0 == box.top:
        image_odd(f.syz, box, w)
    read_at(f.vz, within(receivers.vz, box), receivers.out_vz[n])


@kernel
def forward_steps(first, last, f, c, box, strips, w, surface, sources, receivers, store, parts):
    """Steps first..last-1 of a block without neighbours; parts: see fd.schedule."""
    for start in range(first, last, steps_of(parts)):
        for k in range(parts.shape[0]):
            n, band = start + parts[k, 0], band_of(parts, k, box)
            if n < last and parts[k, 1] == 0:
                forward_velocity(n, f, c, band, strips, w, sources, store)
            elif n < last:
                forward_stress(n, f, c, band, strips, w, surface, sources, receivers, store)


# --- linearised ------------------------------------------------------------------------------------------


@kernel
def linearised_velocity(n, f, c, box, strips, w, sources, store, nothing, change):
    """Velocity half of a linearised step: what a change of the medium makes of the kept forward field."""
    if n % store.every == 0:
        add_kept(f.vz, change.force, store.vz, n, box, store)
    forward_velocity(n, f, c, box, strips, w, sources, nothing)


@kernel
def linearised_stress(n, f, c, box, strips, w, surface, sources, receivers, store, nothing, change):
    """Stress half of a linearised step."""
    if n % store.every == 0:
        add_kept(f.sxz, change.shear_x, store.sxz, n, box, store)
        add_kept(f.syz, change.shear_y, store.syz, n, box, store)
    forward_stress(n, f, c, box, strips, w, surface, sources, receivers, nothing)


@kernel
def linearised_steps(first, last, f, c, box, strips, w, surface, sources, receivers, store, nothing, change):
    """Linearised steps first..last-1 of a block without neighbours; sources: none, nothing: an empty
    store."""
    for n in range(first, last):
        linearised_velocity(n, f, c, box, strips, w, sources, store, nothing, change)
        linearised_stress(n, f, c, box, strips, w, surface, sources, receivers, store, nothing, change)


# --- transposed ------------------------------------------------------------------------------------------


@kernel
def transposed_velocity(n, f, c, box, strips, w, injection, store, out):
    """Velocity half of the transposed step n."""
    keep = store.every > 0 and n % store.every == 0
    if keep:
        add_product(out.shear_x, f.sxz, store.sxz, n, box, store)
        add_product(out.shear_y, f.syz, store.syz, n, box, store)
    move_velocity(n, f, c, box, strips, w, injection)
    if keep:
        add_product(out.force, f.vz, store.vz, n, box, store)
        add_square(out.energy, f.vz, box)


@kernel
def move_velocity(n, f, c, box, strips, w, injection):
    """Injection of step n and transposed update of the velocity."""
    add_at(f.vz, within(injection.vz, box), injection.series[n])
    update_velocity(f, c, box, w)
    transpose_x_backward(f.vz, c.bz, f.sxz, strips.left, 0, box, w)
    transpose_x_backward(f.vz, c.bz, f.sxz, strips.right, 0, box, w)
    transpose_y_forward(f.vz, c.bz, f.syz, strips.top, 0, box, w)
    transpose_y_forward(f.vz, c.bz, f.syz, strips.bottom, 0, box, w)


@kernel
def transpose_gradient(out_x, out_y, cx, cy, f, strips, box, w, surface):
    """Layers and free surface of the transposed stress update, added with the factors cx and cy."""
    transpose_x_forward(out_x, cx, f.vz, strips.left, 1, box, w)
    transpose_x_forward(out_x, cx, f.vz, strips.right, 1, box, w)
    transpose_y_backward(out_y, cy, f.vz, strips.top, 1, box, w)
    transpose_y_backward(out_y, cy, f.vz, strips.bottom, 1, box, w)
    if surface and box.y0 == box.top:
        transpose_image_odd(out_y, cy, f.vz, box, w)


@kernel
def transposed_stress(n, f, c, box, strips, w, surface, injection):
    """Stress half of the transposed step n."""
    update_stress(f, c, box, w)
    transpose_gradient(f.sxz, f.syz, c.mux, c.muy, f, strips, box, w, surface)


@kernel
def inject_stress(n, f, c, box, surface, injection):
    """Nothing is recorded from the stresses."""


@kernel
def transposed_steps(last, first, f, c, box, strips, w, surface, injection, store, out, parts):
    """Transposed steps last-1 down to first of a block without neighbours; parts: see fd.schedule."""
    for start in range(last - 1, first - 1, -steps_of(parts)):
        for k in range(parts.shape[0]):
            n, band = start - parts[k, 0], band_of(parts, k, box)
            if n >= first and parts[k, 1] == 0:
                transposed_velocity(n, f, c, band, strips, w, injection, store, out)
            elif n >= first:
                transposed_stress(n, f, c, band, strips, w, surface, injection)
