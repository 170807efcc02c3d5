"""Whole time steps of visco-acoustic waves, forward and transposed.

As fd.steps_acoustic, with the pressure update in two parts: divergence, then pressure and its memory point by
point (fd.relaxation).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from denise_py.fd import steps_acoustic
from denise_py.fd.compile import kernel
from denise_py.fd.containers import Box
from denise_py.fd.kernels_acoustic import divergence, image_odd, zero_row
from denise_py.fd.points import add_at, within
from denise_py.fd.pointwise import add_product, add_square, add_summed_product, keep_field
from denise_py.fd.relaxation import relax, transpose_relax
from denise_py.fd.schedule import band_of, steps_of
from denise_py.fd.steps_acoustic import absorb_divergence, move_velocity, record, transpose_divergence

forward_velocity = steps_acoustic.forward_velocity
Injection, Recording = steps_acoustic.Injection, steps_acoustic.Recording


class Fields(NamedTuple):
    """Wavefields (ny + 2M, nx + 2M): vx, vy, p, divergence e of the step, summed adjoint divergence t;
    memory r (L, ny + 2M, nx + 2M)."""

    vx: np.ndarray
    vy: np.ndarray
    p: np.ndarray
    e: np.ndarray
    t: np.ndarray
    r: np.ndarray


class Coefficients(NamedTuple):
    """Materials times dt/dh: buoyancies, instantaneous modulus `bulk` and memory modulus `nbulk` (see
    fd.relaxation), ones; a, g (L,)."""

    bx: np.ndarray
    by: np.ndarray
    bulk: np.ndarray
    nbulk: np.ndarray
    one: np.ndarray
    a: np.ndarray
    g: np.ndarray


class Store(NamedTuple):
    """Velocity increments and divergences of every `every`-th step; see steps_psv.Store."""

    every: int
    first: int
    box: Box
    vx: np.ndarray
    vy: np.ndarray
    e: np.ndarray
    energy: np.ndarray


class Correlation(NamedTuple):
    """Zero-lag products (ny, nx): divergence with t (modulus) and with the memory (memory); rest as
    acoustic."""

    modulus: np.ndarray
    memory: np.ndarray
    force_x: np.ndarray
    force_y: np.ndarray
    energy: np.ndarray


@kernel
def forward_stress(n, f, c, box, strips, w, surface, sources, receivers, store):
    """Pressure half of step n; surface: whether the first row of the box is a free surface."""
    divergence(f, box, w)
    absorb_divergence(f.e, c.one, f, strips, box, w)
    if store.every > 0 and n % store.every == 0:
        keep_field(store.e, n, f.e, box, store)
    relax(f.p, f.e, f.r, c.bulk, c.nbulk, c.a, c.g, box)
    add_at(f.p, within(sources.p, box), sources.series[n])
    if surface and box.y0 == box.top:
        image_odd(f.p, box, w)
    record(n, f, w, receivers, box)


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
    """Velocity half of the transposed step n. The pressure already holds the injection of step n."""
    keep = store.every > 0 and n % store.every == 0
    if keep:
        add_product(out.modulus, f.t, store.e, n, box, store)
        add_summed_product(out.memory, f.r, store.e, n, box, store)
    move_velocity(n, f, c, box, strips, w, injection)
    if keep:
        add_product(out.force_x, f.vx, store.vx, n, box, store)
        add_product(out.force_y, f.vy, store.vy, n, box, store)
        add_square(out.energy, f.vx, box)
        add_square(out.energy, f.vy, box)


@kernel
def transposed_stress(n, f, c, box, strips, w, surface, injection):
    """Pressure half of the transposed step n, with the injection of step n - 1."""
    divergence(f, box, w)
    transpose_divergence(f.e, c.one, f, strips, box, w, surface)
    if n > 0:
        inject_stress(n - 1, f, c, box, surface, injection)


@kernel
def inject_stress(n, f, c, box, surface, injection):
    """An adjoint source adds to the divergence, which moves pressure and memory."""
    add_at(f.e, within(injection.p, box), injection.series[n])
    if surface and box.y0 == box.top:
        zero_row(f.e, box)
    transpose_relax(f.p, f.e, f.t, f.r, c.bulk, c.nbulk, c.a, c.g, box)


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
