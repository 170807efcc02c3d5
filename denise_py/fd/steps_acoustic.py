"""Whole time steps of acoustic waves, forward and transposed; see fd.steps_psv for the order of the parts.

The two halves keep their names: "velocity" for vx and vy, "stress" for the pressure.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from denise_py.fd.compile import kernel
from denise_py.fd.containers import Box, Points
from denise_py.fd.kernels_acoustic import (
    image_odd,
    transpose_image_odd,
    update_pressure,
    update_velocity,
    zero_row,
)
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
from denise_py.fd.points import add_at, read_at, read_divergence, within
from denise_py.fd.pointwise import add_kept, add_product, add_square, keep_field, keep_increment
from denise_py.fd.schedule import band_of, steps_of


class Fields(NamedTuple):
    """Wavefields (ny + 2M, nx + 2M). Transposed runs keep v^ and p^ in the same places."""

    vx: np.ndarray
    vy: np.ndarray
    p: np.ndarray


class Coefficients(NamedTuple):
    """Materials times dt/dh: buoyancies at their points, bulk modulus rho vp^2."""

    bx: np.ndarray
    by: np.ndarray
    bulk: np.ndarray


class Injection(NamedTuple):
    """What is added to vx, vy and p; series (nt, n)."""

    vx: Points
    vy: Points
    p: Points
    series: np.ndarray


class Recording(NamedTuple):
    """Where and into what is recorded, as in steps_psv; the recorded pressure is -p. curl stays zero."""

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
    """Increments of the fields at every `every`-th step; see steps_psv.Store."""

    every: int
    first: int
    box: Box
    vx: np.ndarray
    vy: np.ndarray
    p: np.ndarray
    energy: np.ndarray


class Correlation(NamedTuple):
    """Zero-lag products (ny, nx): pressure = sum p^ dp, force_x = sum vx^ dvx, force_y; energy of v^."""

    pressure: np.ndarray
    force_x: np.ndarray
    force_y: np.ndarray
    energy: np.ndarray


class Change(NamedTuple):
    """Relative changes of bulk modulus and buoyancies, (ny, nx); see steps_psv.Change."""

    pressure: np.ndarray
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
    absorb_x_forward(f.vx, c.bx, f.p, strips.left, 0, box, w)
    absorb_x_forward(f.vx, c.bx, f.p, strips.right, 0, box, w)
    absorb_y_forward(f.vy, c.by, f.p, strips.top, 0, box, w)
    absorb_y_forward(f.vy, c.by, f.p, strips.bottom, 0, box, w)
    add_at(f.vx, within(sources.vx, box), sources.series[n])
    add_at(f.vy, within(sources.vy, box), sources.series[n])
    if keep:
        keep_increment(store.vx, n, f.vx, box, store)
        keep_increment(store.vy, n, f.vy, box, store)
        add_square(store.energy, f.vx, box)
        add_square(store.energy, f.vy, box)


@kernel
def absorb_divergence(out, c, f, strips, box, w):
    """Layers of the divergence of the velocity, added to out with the factor c."""
    absorb_x_backward(out, c, f.vx, strips.left, 1, box, w)
    absorb_x_backward(out, c, f.vx, strips.right, 1, box, w)
    absorb_y_backward(out, c, f.vy, strips.top, 1, box, w)
    absorb_y_backward(out, c, f.vy, strips.bottom, 1, box, w)


@kernel
def forward_stress(n, f, c, box, strips, w, surface, sources, receivers, store):
    """Pressure half of step n; surface: whether the first row of the box is a free surface."""
    keep = store.every > 0 and n % store.every == 0
    if keep:
        keep_field(store.p, n, f.p, box, store)
    update_pressure(f, c, box, w)
    absorb_divergence(f.p, c.bulk, f, strips, box, w)
    if keep:
        keep_increment(store.p, n, f.p, box, store)
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
def record(n, f, w, receivers, box):
    """Sample n of all receivers."""
    read_at(f.vx, within(receivers.vx, box), receivers.out_vx[n])
    read_at(f.vy, within(receivers.vy, box), receivers.out_vy[n])
    points = within(receivers.p, box)
    for k in range(points.j.size):
        receivers.out_p[n, points.trace[k]] -= points.weight[k] * f.p[points.j[k], points.i[k]]
    read_divergence(f.vx, f.vy, within(receivers.div, box), receivers.out_div[n], w)


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
        add_kept(f.p, change.pressure, store.p, n, box, store)
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
    """Velocity half of the transposed step n. The pressure already holds the injection of step n."""
    keep = store.every > 0 and n % store.every == 0
    if keep:
        add_product(out.pressure, f.p, store.p, n, box, store)
    move_velocity(n, f, c, box, strips, w, injection)
    if keep:
        add_product(out.force_x, f.vx, store.vx, n, box, store)
        add_product(out.force_y, f.vy, store.vy, n, box, store)
        add_square(out.energy, f.vx, box)
        add_square(out.energy, f.vy, box)


@kernel
def move_velocity(n, f, c, box, strips, w, injection):
    """Injection of step n and transposed update of the velocities."""
    add_at(f.vx, within(injection.vx, box), injection.series[n])
    add_at(f.vy, within(injection.vy, box), injection.series[n])
    update_velocity(f, c, box, w)
    transpose_x_forward(f.vx, c.bx, f.p, strips.left, 0, box, w)
    transpose_x_forward(f.vx, c.bx, f.p, strips.right, 0, box, w)
    transpose_y_forward(f.vy, c.by, f.p, strips.top, 0, box, w)
    transpose_y_forward(f.vy, c.by, f.p, strips.bottom, 0, box, w)


@kernel
def transpose_divergence(out, c, f, strips, box, w, surface):
    """Layers and free surface of the transposed pressure update, added to out with the factor c."""
    transpose_x_backward(out, c, f.vx, strips.left, 1, box, w)
    transpose_x_backward(out, c, f.vx, strips.right, 1, box, w)
    transpose_y_backward(out, c, f.vy, strips.top, 1, box, w)
    transpose_y_backward(out, c, f.vy, strips.bottom, 1, box, w)
    if surface and box.y0 == box.top:
        transpose_image_odd(out, c, f.vy, box, w)


@kernel
def transposed_stress(n, f, c, box, strips, w, surface, injection):
    """Pressure half of the transposed step n, and the injection into the pressure of step n - 1."""
    update_pressure(f, c, box, w)
    transpose_divergence(f.p, c.bulk, f, strips, box, w, surface)
    if n > 0:
        inject_stress(n - 1, f, c, box, surface, injection)


@kernel
def inject_stress(n, f, c, box, surface, injection):
    """Add sample n of the adjoint source to the pressure, which stays zero at a free surface."""
    add_at(f.p, within(injection.p, box), injection.series[n])
    if surface and box.y0 == box.top:
        zero_row(f.p, box)


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
