"""Whole time steps of elastic P-SV, forward and transposed, and runs of many steps.

A step has two halves, because neighbouring blocks exchange halos between them:

    forward     velocity half: update, layers, forces          -> exchange velocities
                stress half:   update, layers, explosions, surface, recording -> exchange stresses
    transposed  velocity half: injection, update, layers, correlation -> exchange velocities
                stress half:   update, layers, surface, injection for the step before -> exchange stresses

A block without neighbours runs many steps in one call (`forward_steps`, `transposed_steps`).
Steps are counted from 0; all series are (nt, number of series).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from denise_py.fd.compile import kernel
from denise_py.fd.containers import Box, Points
from denise_py.fd.kernels_psv import (
    absorb_stress_x,
    absorb_stress_y,
    absorb_velocity_x,
    absorb_velocity_y,
    image_stress,
    transpose_image_stress,
    transpose_stress_x,
    transpose_stress_y,
    transpose_velocity_x,
    transpose_velocity_y,
    update_stress,
    update_velocity,
)
from denise_py.fd.points import add_at, read_at, read_curl, read_divergence, within
from denise_py.fd.pointwise import (
    add_kept,
    add_kept_pair,
    add_pair_products,
    add_product,
    add_square,
    keep_field,
    keep_increment,
)
from denise_py.fd.schedule import band_of, steps_of
from denise_py.fd.surface import correct_stress, correct_velocity, free_row

U = np.uint64


class Fields(NamedTuple):
    """Wavefields, each (ny + 2M, nx + 2M). Transposed runs keep v^ and s^ in the same places."""

    vx: np.ndarray
    vy: np.ndarray
    sxx: np.ndarray
    syy: np.ndarray
    sxy: np.ndarray


class Coefficients(NamedTuple):
    """Materials times dt/dh, shaped as the fields: bx, by, lam, l2m = lam + 2 mu, mu (at i+1/2, j+1/2)."""

    bx: np.ndarray
    by: np.ndarray
    lam: np.ndarray
    l2m: np.ndarray
    mu: np.ndarray


class Injection(NamedTuple):
    """What is added to vx, vy and to both normal stresses; series (nt, n)."""

    vx: Points
    vy: Points
    normal: Points
    series: np.ndarray


class Recording(NamedTuple):
    """Where and into what is recorded; each output (nt, n), or (nt, 0) with no points for what is not wanted.

    p = -(sxx + syy); div and curl are plain derivatives times the weights of their points.
    """

    vx: Points
    vy: Points
    p: Points
    div: Points
    curl: Points
    out_vx: np.ndarray
    out_vy: np.ndarray
    out_p: np.ndarray
    out_div: np.ndarray
    out_curl: np.ndarray


class Store(NamedTuple):
    """Increments of the fields per step, kept at every `every`-th step: arrays (slots, rows, columns).

    Step n goes to slot n // every - first. box holds the points that are kept, in positions of a field;
    an array without points keeps nothing. The velocity increment includes the force, the stress increment
    excludes the explosion, because only that part depends on the medium. energy (ny, nx), all points of the
    block, sums vx^2 + vy^2 over the kept steps. every = 0 keeps nothing.
    """

    every: int
    first: int
    box: Box
    vx: np.ndarray
    vy: np.ndarray
    sxx: np.ndarray
    syy: np.ndarray
    sxy: np.ndarray
    energy: np.ndarray


class Correlation(NamedTuple):
    """Zero-lag products of kept forward increments with scaled adjoint fields, each (ny, nx).

    total = sum (sxx^ + syy^)(d sxx + d syy), difference = sum (sxx^ - syy^)(d sxx - d syy),
    shear = sum sxy^ d sxy, force_x = sum vx^ d vx, force_y = sum vy^ d vy; energy = sum vx^2 + vy^2 of
    the adjoint field.
    """

    total: np.ndarray
    difference: np.ndarray
    shear: np.ndarray
    force_x: np.ndarray
    force_y: np.ndarray
    energy: np.ndarray


class Change(NamedTuple):
    """Relative changes of the materials, (ny, nx) each, under the names of the correlations they belong to:
    of lam + mu (total), mu (difference), mu at the shear points, buoyancies; times the distance of kept
    steps."""

    total: np.ndarray
    difference: np.ndarray
    shear: np.ndarray
    force_x: np.ndarray
    force_y: np.ndarray


# --- forward ---------------------------------------------------------------------------------------------


@kernel
def forward_velocity(n, f, c, box, strips, w, sources, store):
    """Velocity half of step n."""
    keep = store.every > 0 and n % store.every == 0
    if keep:
        keep_field(store.vx, n, f.vx, box, store)
        keep_field(store.vy, n, f.vy, box, store)
    update_velocity(f, c, box, w)
    absorb_velocity_x(f, c, strips.left, box, w)
    absorb_velocity_x(f, c, strips.right, box, w)
    absorb_velocity_y(f, c, strips.top, box, w)
    absorb_velocity_y(f, c, strips.bottom, box, w)
    correct_velocity(f, c, strips.edge, box)
    add_at(f.vx, within(sources.vx, box), sources.series[n])
    add_at(f.vy, within(sources.vy, box), sources.series[n])
    if keep:
        keep_increment(store.vx, n, f.vx, box, store)
        keep_increment(store.vy, n, f.vy, box, store)
        add_square(store.energy, f.vx, box)
        add_square(store.energy, f.vy, box)


@kernel
def forward_stress(n, f, c, box, strips, w, surface, sources, receivers, store):
    """Stress half of step n; surface: whether the first row of the box is a free surface."""
    keep = store.every > 0 and n % store.every == 0
    if keep:
        keep_field(store.sxx, n, f.sxx, box, store)
        keep_field(store.syy, n, f.syy, box, store)
        keep_field(store.sxy, n, f.sxy, box, store)
    update_stress(f, c, box, w)
    absorb_stress_x(f, c, strips.left, box, w)
    absorb_stress_x(f, c, strips.right, box, w)
    absorb_stress_y(f, c, strips.top, box, w)
    absorb_stress_y(f, c, strips.bottom, box, w)
    correct_stress(f, c, strips.edge, box)
    if keep:
        keep_increment(store.sxx, n, f.sxx, box, store)
        keep_increment(store.syy, n, f.syy, box, store)
        keep_increment(store.sxy, n, f.sxy, box, store)
    add_at(f.sxx, within(sources.normal, box), sources.series[n])
    add_at(f.syy, within(sources.normal, box), sources.series[n])
    if strips.edge.force.size and box.y0 == box.top:
        free_row(f, box)
    elif surface and box.y0 == box.top:
        image_stress(f, box, w)
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
def record(n, f, w, receivers, box):
    """Sample n of all receivers."""
    read_at(f.vx, within(receivers.vx, box), receivers.out_vx[n])
    read_at(f.vy, within(receivers.vy, box), receivers.out_vy[n])
    points = within(receivers.p, box)
    for k in range(points.j.size):
        j, i = points.j[k], points.i[k]
        receivers.out_p[n, points.trace[k]] -= points.weight[k] * (f.sxx[j, i] + f.syy[j, i])
    read_divergence(f.vx, f.vy, within(receivers.div, box), receivers.out_div[n], w)
    read_curl(f.vx, f.vy, within(receivers.curl, box), receivers.out_curl[n], w)


# --- linearised ------------------------------------------------------------------------------------------


@kernel
def linearised_velocity(n, f, c, box, strips, w, sources, store, nothing, change):
    """Velocity half of a linearised step: what a change of the medium makes of the kept forward field."""
    if n % store.every == 0:
        add_kept(f.vx, change.force_x, store.vx, n, box, store)
        add_kept(f.vy, change.force_y, store.vy, n, box, store)
    forward_velocity(n, f, c, box, strips, w, sources, nothing)


@kernel
def linearised_stress(n, f, c, box, strips, w, surface, sources, receivers, store, nothing, change):
    """Stress half of a linearised step."""
    if n % store.every == 0:
        total, difference = change.total, change.difference
        add_kept_pair(f.sxx, f.syy, total, difference, store.sxx, store.syy, n, box, store)
        add_kept(f.sxy, change.shear, store.sxy, n, box, store)
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
    """Velocity half of the transposed step n. The stresses already hold the injection of step n."""
    keep = store.every > 0 and n % store.every == 0
    if keep:
        sxx, syy = store.sxx, store.syy
        add_pair_products(out.total, out.difference, f.sxx, f.syy, sxx, syy, n, box, store)
        add_product(out.shear, f.sxy, store.sxy, n, box, store)
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
    """Stress half of the transposed step n, and the injection into the stresses of step n - 1."""
    update_stress(f, c, box, w)
    transpose_stress_x(f, c, strips.left, box, w)
    transpose_stress_x(f, c, strips.right, box, w)
    transpose_stress_y(f, c, strips.top, box, w)
    transpose_stress_y(f, c, strips.bottom, box, w)
    correct_stress(f, c, strips.edge, box)
    if strips.edge.force.size and box.y0 == box.top:
        free_row(f, box)
    elif surface and box.y0 == box.top:
        transpose_image_stress(f, c, box, w)
    if n > 0:
        inject_stress(n - 1, f, c, box, surface, injection)


@kernel
def inject_stress(n, f, c, box, surface, injection):
    """Add sample n of the adjoint source to the normal stresses; syy stays zero at a free surface."""
    add_at(f.sxx, within(injection.normal, box), injection.series[n])
    add_at(f.syy, within(injection.normal, box), injection.series[n])
    if surface and box.y0 == box.top:
        free_row(f, box)


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
