"""Whole time steps of viscous SH waves, forward and transposed.

As fd.steps_sh, with the stress update in two parts: gradient of vz, then stresses and their memories point by
point (fd.relaxation).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from denise_py.fd import steps_sh
from denise_py.fd.compile import kernel
from denise_py.fd.containers import Box
from denise_py.fd.kernels_acoustic import image_odd, zero_row
from denise_py.fd.kernels_sh import strain
from denise_py.fd.points import read_at, within
from denise_py.fd.pointwise import add_product, add_square, add_summed_product, keep_field
from denise_py.fd.relaxation import relax, transpose_relax
from denise_py.fd.schedule import band_of, steps_of
from denise_py.fd.steps_sh import absorb_gradient, move_velocity, transpose_gradient

forward_velocity = steps_sh.forward_velocity
Injection, Recording = steps_sh.Injection, steps_sh.Recording
inject_stress = steps_sh.inject_stress


class Fields(NamedTuple):
    """Wavefields (ny + 2M, nx + 2M): vz, stresses, strain rates e of the step, summed adjoint strains t;
    memories r (L, ny + 2M, nx + 2M)."""

    vz: np.ndarray
    sxz: np.ndarray
    syz: np.ndarray
    exz: np.ndarray
    eyz: np.ndarray
    txz: np.ndarray
    tyz: np.ndarray
    rxz: np.ndarray
    ryz: np.ndarray


class Coefficients(NamedTuple):
    """Materials times dt/dh: buoyancy; moduli of the instantaneous part (mux, muy) and of the memory (nmux,
    nmuy), see fd.relaxation; ones; a, g (L,)."""

    bz: np.ndarray
    mux: np.ndarray
    muy: np.ndarray
    nmux: np.ndarray
    nmuy: np.ndarray
    one: np.ndarray
    a: np.ndarray
    g: np.ndarray


class Store(NamedTuple):
    """Velocity increments and strain rates of every `every`-th step; see steps_psv.Store."""

    every: int
    first: int
    box: Box
    vz: np.ndarray
    exz: np.ndarray
    eyz: np.ndarray
    energy: np.ndarray


class Correlation(NamedTuple):
    """Zero-lag products (ny, nx): strain rates with t (shear_x, shear_y) and with the memories; rest as
    SH."""

    shear_x: np.ndarray
    shear_y: np.ndarray
    memory_x: np.ndarray
    memory_y: np.ndarray
    force: np.ndarray
    energy: np.ndarray


@kernel
def forward_stress(n, f, c, box, strips, w, surface, sources, receivers, store):
    """Stress half of step n; surface: whether the first row of the box is a free surface."""
    strain(f, box, w)
    absorb_gradient(f.exz, f.eyz, c.one, c.one, f, strips, box, w)
    if store.every > 0 and n % store.every == 0:
        keep_field(store.exz, n, f.exz, box, store)
        keep_field(store.eyz, n, f.eyz, box, store)
    relax(f.sxz, f.exz, f.rxz, c.mux, c.nmux, c.a, c.g, box)
    relax(f.syz, f.eyz, f.ryz, c.muy, c.nmuy, c.a, c.g, box)
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


@kernel
def transposed_velocity(n, f, c, box, strips, w, injection, store, out):
    """Velocity half of the transposed step n."""
    keep = store.every > 0 and n % store.every == 0
    if keep:
        add_product(out.shear_x, f.txz, store.exz, n, box, store)
        add_product(out.shear_y, f.tyz, store.eyz, n, box, store)
        add_summed_product(out.memory_x, f.rxz, store.exz, n, box, store)
        add_summed_product(out.memory_y, f.ryz, store.eyz, n, box, store)
    move_velocity(n, f, c, box, strips, w, injection)
    if keep:
        add_product(out.force, f.vz, store.vz, n, box, store)
        add_square(out.energy, f.vz, box)


@kernel
def transposed_stress(n, f, c, box, strips, w, surface, injection):
    """Stress half of the transposed step n."""
    strain(f, box, w)
    transpose_gradient(f.exz, f.eyz, c.one, c.one, f, strips, box, w, surface)
    if surface and box.y0 == box.top:
        zero_row(f.eyz, box)
    transpose_relax(f.sxz, f.exz, f.txz, f.rxz, c.mux, c.nmux, c.a, c.g, box)
    transpose_relax(f.syz, f.eyz, f.tyz, f.ryz, c.muy, c.nmuy, c.a, c.g, box)


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
