"""Whole time steps of viscoelastic P-SV, forward and transposed.

The velocity half is that of the elastic medium. The stress half first makes strain rates, with the elastic
kernels, layers and surface of a medium of unit moduli, and then advances stress and memory point by point
(fd.relaxation). See fd.steps_psv for the order of the parts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from denise_py.fd import steps_psv
from denise_py.fd.compile import kernel
from denise_py.fd.containers import Box
from denise_py.fd.kernels_psv import (
    absorb_stress_x,
    absorb_stress_y,
    image_stress,
    strain,
    transpose_image_stress,
    transpose_stress_x,
    transpose_stress_y,
    transpose_velocity_x,
    transpose_velocity_y,
    update_velocity,
)
from denise_py.fd.points import add_at, within
from denise_py.fd.pointwise import add_pair_products, add_product, add_square, keep_field
from denise_py.fd.relaxation import relax, relax_pair, transpose_relax, transpose_relax_pair
from denise_py.fd.schedule import band_of, steps_of
from denise_py.fd.surface import correct_stress, correct_velocity, free_row

U = np.uint64

forward_velocity = steps_psv.forward_velocity
Injection, Recording = steps_psv.Injection, steps_psv.Recording


class Fields(NamedTuple):
    """Wavefields (ny + 2M, nx + 2M): velocities, stresses, strain rates of the step, summed adjoint strains;
    memories (L, ny + 2M, nx + 2M). Transposed runs keep v^ and s^ as velocities and stresses."""

    vx: np.ndarray
    vy: np.ndarray
    sxx: np.ndarray
    syy: np.ndarray
    sxy: np.ndarray
    exx: np.ndarray
    eyy: np.ndarray
    exy: np.ndarray
    txx: np.ndarray
    tyy: np.ndarray
    txy: np.ndarray
    pxx: np.ndarray
    pyy: np.ndarray
    pxy: np.ndarray


class Coefficients(NamedTuple):
    """Materials times dt/dh: buoyancies; moduli of the instantaneous part C and of the memory N (see
    fd.relaxation); zeros and ones shaped as the fields; a, g (L,)."""

    bx: np.ndarray
    by: np.ndarray
    lam: np.ndarray
    l2m: np.ndarray
    mu: np.ndarray
    nlam: np.ndarray
    nl2m: np.ndarray
    nmu: np.ndarray
    zero: np.ndarray
    one: np.ndarray
    a: np.ndarray
    g: np.ndarray


class Store(NamedTuple):
    """Velocity increments and strain rates of every `every`-th step; see steps_psv.Store."""

    every: int
    first: int
    box: Box
    vx: np.ndarray
    vy: np.ndarray
    exx: np.ndarray
    eyy: np.ndarray
    exy: np.ndarray
    energy: np.ndarray


class Correlation(NamedTuple):
    """Zero-lag products (ny, nx). total, difference, shear: strain rates with the summed adjoint strains
    t, for sums and differences of the normal components and for the shear component; *_memory: with the
    memories q of the transposed run; the rest as in steps_psv."""

    total: np.ndarray
    difference: np.ndarray
    shear: np.ndarray
    total_memory: np.ndarray
    difference_memory: np.ndarray
    shear_memory: np.ndarray
    force_x: np.ndarray
    force_y: np.ndarray
    energy: np.ndarray


@kernel
def _strain_view(f):
    """Strain rates in the places of stresses."""
    return steps_psv.Fields(f.vx, f.vy, f.exx, f.eyy, f.exy)


@kernel
def _unit_medium(c):
    """Moduli with which the stress kernels make strain rates: sxx gets exx, syy gets eyy, sxy gets exy."""
    return steps_psv.Coefficients(c.bx, c.by, c.zero, c.one, c.one)


@kernel
def forward_stress(n, f, c, box, strips, w, surface, sources, receivers, store):
    """Stress half of step n; surface: whether the first row of the box is a free surface."""
    e, unit = _strain_view(f), _unit_medium(c)
    strain(f, box, w)
    absorb_stress_x(e, unit, strips.left, box, w)
    absorb_stress_x(e, unit, strips.right, box, w)
    absorb_stress_y(e, unit, strips.top, box, w)
    absorb_stress_y(e, unit, strips.bottom, box, w)
    correct_stress(e, unit, strips.edge, box)
    if store.every > 0 and n % store.every == 0:
        keep_field(store.exx, n, f.exx, box, store)
        keep_field(store.eyy, n, f.eyy, box, store)
        keep_field(store.exy, n, f.exy, box, store)
    relax_pair(f.sxx, f.syy, f.exx, f.eyy, f.pxx, f.pyy, c.lam, c.l2m, c.nlam, c.nl2m, c.a, c.g, box)
    relax(f.sxy, f.exy, f.pxy, c.mu, c.nmu, c.a, c.g, box)
    add_at(f.sxx, within(sources.normal, box), sources.series[n])
    add_at(f.syy, within(sources.normal, box), sources.series[n])
    if strips.edge.force.size and box.y0 == box.top:
        free_row(f, box)
    elif surface and box.y0 == box.top:
        image_stress(f, box, w)
    steps_psv.record(n, f, w, receivers, box)


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
    """Velocity half of the transposed step n. The stresses already hold the injection of step n."""
    keep = store.every > 0 and n % store.every == 0
    if keep:
        _correlate_strain(out, f, store, n, box)
    add_at(f.vx, within(injection.vx, box), injection.series[n])
    add_at(f.vy, within(injection.vy, box), injection.series[n])
    update_velocity(f, c, box, w)
    transpose_velocity_x(f, c, strips.left, box, w)
    transpose_velocity_x(f, c, strips.right, box, w)
    transpose_velocity_y(f, c, strips.top, box, w)
    transpose_velocity_y(f, c, strips.bottom, box, w)
    correct_velocity(f, c, strips.edge, box)
    if keep:
        add_product(out.force_x, f.vx, store.vx, n, box, store)
        add_product(out.force_y, f.vy, store.vy, n, box, store)
        add_square(out.energy, f.vx, box)
        add_square(out.energy, f.vy, box)


@kernel
def transposed_stress(n, f, c, box, strips, w, surface, injection):
    """Stress half of the transposed step n, with the injection of step n - 1."""
    e, unit = _strain_view(f), _unit_medium(c)
    strain(f, box, w)
    transpose_stress_x(e, unit, strips.left, box, w)
    transpose_stress_x(e, unit, strips.right, box, w)
    transpose_stress_y(e, unit, strips.top, box, w)
    transpose_stress_y(e, unit, strips.bottom, box, w)
    correct_stress(e, unit, strips.edge, box)
    if surface and box.y0 == box.top and not strips.edge.force.size:
        transpose_image_stress(e, unit, box, w)
    if n > 0:
        _inject_and_relax(n - 1, f, e, c, box, surface, injection)


@kernel
def inject_stress(n, f, c, box, surface, injection):
    """Start of a transposed run: the adjoint source of its first step n."""
    _inject_and_relax(n, f, _strain_view(f), c, box, surface, injection)


@kernel
def _inject_and_relax(n, f, e, c, box, surface, injection):
    """An adjoint source adds to the strain, which moves stress and memory."""
    add_at(e.sxx, within(injection.normal, box), injection.series[n])
    add_at(e.syy, within(injection.normal, box), injection.series[n])
    if surface and box.y0 == box.top:
        free_row(e, box)
    transpose_relax_pair(
        *(f.sxx, f.syy, f.exx, f.eyy, f.txx, f.tyy, f.pxx, f.pyy),
        *(c.lam, c.l2m, c.nlam, c.nl2m, c.a, c.g, box),
    )
    transpose_relax(f.sxy, f.exy, f.txy, f.pxy, c.mu, c.nmu, c.a, c.g, box)


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


@kernel
def _correlate_strain(out, f, store, n, box):
    exx, eyy, exy = store.exx, store.eyy, store.exy
    add_pair_products(out.total, out.difference, f.txx, f.tyy, exx, eyy, n, box, store)
    add_product(out.shear, f.txy, exy, n, box, store)
    for l in range(f.pxx.shape[0]):
        pxx, pyy = f.pxx[l], f.pyy[l]
        add_pair_products(out.total_memory, out.difference_memory, pxx, pyy, exx, eyy, n, box, store)
        add_product(out.shear_memory, f.pxy[l], exy, n, box, store)
