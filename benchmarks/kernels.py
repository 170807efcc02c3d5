"""Speed of whole time steps beside a plainly written kernel and what the machine allows, in one run.

Machines differ and are noisy: what counts are the ratios. A point step is one grid point, absorbing layers
included, advanced by one time step. What the machine allows is measured: how fast aligned vectors are loaded
from the innermost cache, which limits kernels whose arrays stay in a cache, and the bandwidth of the memory.

There are two limits of loads. One loads every number that a derivative needs; those that are shifted along x
cross lines of the cache and count twice. The stricter one loads three aligned vectors per derivative along x
and cuts the shifted ones out of them, which is what our kernels do where the processor can.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import numba
import numpy as np

from denise_py.acquisition.inject import PlacedSource, source_injection
from denise_py.acquisition.record import local_recording
from denise_py.fd.containers import aligned_zeros
from denise_py.fd.cpml import LayerParameters
from denise_py.fd.schedule import STEPS
from denise_py.fd.vectors import CUTS
from denise_py.fd.weights import stencil
from denise_py.gradient.storage import ForwardStore, Layout
from denise_py.grid import Grid, TimeAxis
from denise_py.medium.attenuation import Relaxation
from denise_py.medium.model import Medium
from denise_py.parallel.comm import SerialComm
from denise_py.parallel.domain import decompose
from denise_py.physics.registry import physics
from denise_py.propagate import Propagator, Scheme

GRIDS = ((252, 75), (500, 174), (1000, 1000), (2000, 2000))
#: bytes of arrays beyond which the memory limits a step
LAST_CACHE = 2**25
#: bytes per point of P-SV that go through the memory in a step: five materials, five fields both ways
ONCE_THROUGH = 60
ORDERS = (2, 4, 8)


class Work(NamedTuple):
    """What a point takes in a plain step: derivatives along x, and as many along y; other loads, and those
    for each relaxation mechanism."""

    derivatives: int
    others: int
    mechanisms: int = 0


#: of materials and of what is updated; viscous stresses are advanced in a sweep of their own
WORK = {
    "elastic-psv": Work(4, 10),
    "viscous-psv": Work(4, 16, 3),
    "acoustic": Work(2, 6),
    "viscous-acoustic": Work(2, 8, 1),
    "elastic-sh": Work(2, 6),
    "viscous-sh": Work(2, 10, 2),
}


class Limits(NamedTuple):
    """Million point steps per second that the machine allows a plain step: if shifted vectors are loaded, and
    if they are cut."""

    loaded: float
    cut: float

    def at_most(self, limit: float) -> Limits:
        """Both limits, where there is another one."""
        return Limits(*(min(one, limit) for one in self))

    def shares(self, speed: float) -> str:
        """Limits and what is reached of them, in columns."""
        return " ".join(f"{limit:>7.0f} {speed / limit:>6.0%}" for limit in self)


HEAD = f"{'loaded':>7} {'share':>6} {'cut':>7} {'share':>6}"


def main() -> None:
    """Print the tables."""
    memory, loads = bandwidth(), load_rate()
    print(f"memory bandwidth, one core: {memory:.1f} GB/s (a += s b, 12 bytes per element)")
    print(f"aligned loads from the innermost cache: {loads:.1f} thousand million numbers per second\n")
    print("forward steps of elastic P-SV with absorbing layers (20 points), free surface, 50 receivers;")
    print("million point steps per second, best of 9 runs, the ratio to the naive kernel's interior, and the")
    print("shares of what loads and memory allow a step without layers, with shifted vectors loaded or cut")
    print("out of aligned ones (several steps at a time, on large grids, need less of the memory)\n")
    print(f"{'grid':>12} {'order':>6} {'denise-py':>10} {'naive':>8} {'ratio':>7} {HEAD}")
    for nx, ny in GRIDS:
        for order in ORDERS:
            ours, naive = forward_speed(nx, ny, order), naive_speed(nx, ny, order)
            limits = load_limits(order, loads)
            if 40 * nx * ny > LAST_CACHE:
                limits = limits.at_most(1e3 * memory / ONCE_THROUGH)
            print(
                f"{f'{nx} x {ny}':>12} {order:>6} {ours:>10.0f} {naive:>8.0f} {ours / naive:>7.1f} "
                f"{limits.shares(ours)}"
            )
    _print_other_waves(loads)
    print("\ngradient of one shot, 500 x 174, order 4, times a forward run")
    print(f"{'kept step':>12} {'forward + store':>16} {'transposed':>11} {'total':>7}")
    for every in (1, 4, 10):
        storing, adjoint = gradient_cost(500, 174, 4, every)
        print(f"{every:>12} {storing:>16.2f} {adjoint:>11.2f} {storing + adjoint:>7.2f}")


def load_limits(order: int, loads: float, key: str = "elastic-psv", mechanisms: int = 0) -> Limits:
    """What the loads (1e9 numbers per second) of a plain step allow.

    With M = order / 2 a derivative along y takes 2 M loads. One along x takes three aligned vectors, or 2 M
    loads of which 2 M - 1 count twice, because they cross cache lines."""
    half, work = order // 2, WORK[key]
    plain = 2 * half * work.derivatives + work.others + mechanisms * work.mechanisms
    allowed = [1e3 * loads / (plain + work.derivatives * along_x) for along_x in (4 * half - 1, 3)]
    return Limits(allowed[0], allowed[1] if CUTS else allowed[0])


def _print_other_waves(loads: float) -> None:
    """All physics at 500 x 174: forward speed and its limits, and forward + store + transposed in forward
    runs."""
    print("\nall waves, 500 x 174; gradient with every 4th and every 10th step kept, in forward runs\n")
    print(f"{'waves':>20} {'order':>6} {'Mpts/s':>8} {HEAD} {'4th':>6} {'10th':>6}")
    for name, key, order, mechanisms in (
        ("elastic P-SV", "elastic-psv", 4, 0),
        ("viscous P-SV, L = 1", "viscous-psv", 4, 1),
        ("viscous P-SV, L = 3", "viscous-psv", 4, 3),
        ("acoustic", "acoustic", 2, 0),
        ("acoustic", "acoustic", 4, 0),
        ("visco-ac., L = 1", "viscous-acoustic", 4, 1),
        ("SH", "elastic-sh", 4, 0),
        ("viscous SH, L = 1", "viscous-sh", 4, 1),
    ):
        speed = forward_speed(500, 174, order, key, mechanisms)
        costs = (sum(gradient_cost(500, 174, order, every, key, mechanisms)) for every in (4, 10))
        shares = load_limits(order, loads, key, mechanisms).shares(speed)
        print(f"{name:>20} {order:>6} {speed:>8.0f} {shares}", *(f"{cost:>6.2f}" for cost in costs))


def make_propagator(
    nx: int, ny: int, order: int, nt: int, key: str = "elastic-psv", mechanisms: int = 0
) -> Propagator:
    """A homogeneous medium with everything a real run has; mechanisms: of viscous waves."""
    grid, axis = Grid(nx, ny, 10.0), TimeAxis(nt, 1e-3)
    scheme = Scheme(stencil(order, 0), LayerParameters(20, 3000.0, 10.0, 4.0, 1.0), True, False)
    frequencies = tuple(np.geomspace(2.0, 20.0, mechanisms)) if mechanisms else ()
    relaxation = Relaxation(frequencies, 10.0, axis.dt) if mechanisms else None
    waves, block = physics(key, relaxation), decompose(grid, 1, 1)[0]
    propagator = Propagator(waves, grid, axis, scheme, block, SerialComm())
    ones = np.ones(grid.shape)
    medium = Medium.from_velocities(3000 * ones, 1700 * ones, 2000 * ones, 0.05 * ones, 0.05 * ones)
    propagator.set_medium(medium)
    return propagator


def make_shot(p: Propagator, receivers: int = 50):
    """A vertical force in the middle of the surface and a spread of receivers."""
    rng = np.random.default_rng(0)
    nt, block = p.time.nt, p.block
    source = PlacedSource(p.grid.nx // 2, 2, 3, 0.0, rng.standard_normal(nt))
    arguments = (p.coefficients, block, p.half, p.grid.dh, nt, p.dtype)
    injection = source_injection(p.physics, [source], *arguments)
    nodes = np.stack([np.linspace(25, p.grid.nx - 25, receivers).astype(int), np.full(receivers, 3)], axis=1)
    components = p.physics.velocity_fields
    recording = local_recording(p.physics, components, nodes, block, p.half, nt, p.dtype)
    return injection, recording.arrays


def shortest_seconds(action: Callable[[], object], runs: int = 9) -> float:
    """Shortest wall time of an action after one run that is not counted."""
    action()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def steps_for(nx: int, ny: int, budget: float = 4e7) -> int:
    """Number of steps that makes about `budget` point steps, and some bundles of steps on large grids."""
    return max(5 * STEPS, int(budget / (nx * ny)))


def forward_speed(nx: int, ny: int, order: int, key: str = "elastic-psv", mechanisms: int = 0) -> float:
    """Million point steps per second of a forward run."""
    nt = steps_for(nx, ny)
    p = make_propagator(nx, ny, order, nt, key, mechanisms)
    shot = make_shot(p)
    return nx * ny * nt / shortest_seconds(lambda: p.forward(*shot)) / 1e6


def gradient_cost(
    nx: int, ny: int, order: int, every: int, key: str = "elastic-psv", mechanisms: int = 0
) -> tuple[float, float]:
    """Times of a forward run that stores and of a transposed run, in plain forward runs."""
    nt = steps_for(nx, ny)
    p = make_propagator(nx, ny, order, nt, key, mechanisms)
    injection, recording = make_shot(p)
    store = ForwardStore(p, Layout(every))
    plain = shortest_seconds(lambda: p.forward(injection, recording))
    storing = shortest_seconds(lambda: p.forward(injection, recording, store))
    adjoint = shortest_seconds(lambda: p.transposed(injection, store))
    return storing / plain, adjoint / plain


def bandwidth() -> float:
    """GB/s of a += s b on arrays far larger than the caches."""
    a, b = np.ones(2**25, np.float32), np.ones(2**25, np.float32)
    return 12 * a.size / shortest_seconds(lambda: _add(a, b, np.float32(0.5))) / 1e9


def load_rate() -> float:
    """Numbers per second, in 1e9, that are loaded from arrays in the innermost cache."""
    arrays = [aligned_zeros((256,), np.float32, 0, k) for k in range(9)]
    rounds = 100_000
    return 8 * arrays[0].size * rounds / shortest_seconds(lambda: _sum(*arrays, rounds)) / 1e9


@numba.njit
def _sum(out, a, b, c, d, e, f, g, h, rounds):
    for _ in range(rounds):
        for i in range(out.size):
            out[i] = a[i] + b[i] + c[i] + d[i] + e[i] + f[i] + g[i] + h[i]


@numba.njit
def _add(a, b, s):
    for i in range(a.size):
        a[i] += s * b[i]


def naive_speed(nx: int, ny: int, order: int) -> float:
    """Million point steps per second of a plainly written kernel, without layers, surface or sources."""
    half = order // 2
    shape = (ny + 2 * half, nx + 2 * half)
    fields = [np.zeros(shape, np.float32) for _ in range(5)]
    materials = [np.full(shape, 0.1, np.float32) for _ in range(5)]
    weights = np.array(stencil(order, 0).weights, np.float32)
    steps = max(2, steps_for(nx, ny) // 10)
    seconds = shortest_seconds(lambda: [_naive_step(*fields, *materials, weights) for _ in range(steps)], 5)
    return nx * ny * steps / seconds / 1e6


@numba.njit
def _naive_step(vx, vy, sxx, syy, sxy, bx, by, lam, l2m, mu, c):
    """The scheme as one would first write it down: signed indices, weights in an array."""
    m = c.size
    ny, nx = vx.shape
    for j in range(m, ny - m):
        for i in range(m, nx - m):
            ax = ay = np.float32(0)
            for k in range(m):
                ax += c[k] * (sxx[j, i + k + 1] - sxx[j, i - k] + sxy[j + k, i] - sxy[j - k - 1, i])
                ay += c[k] * (sxy[j, i + k] - sxy[j, i - k - 1] + syy[j + k + 1, i] - syy[j - k, i])
            vx[j, i] += bx[j, i] * ax
            vy[j, i] += by[j, i] * ay
    for j in range(m, ny - m):
        for i in range(m, nx - m):
            exx = eyy = exy = np.float32(0)
            for k in range(m):
                exx += c[k] * (vx[j, i + k] - vx[j, i - k - 1])
                eyy += c[k] * (vy[j + k, i] - vy[j - k - 1, i])
                exy += c[k] * (vy[j, i + k + 1] - vy[j, i - k] + vx[j + k + 1, i] - vx[j - k, i])
            sxx[j, i] += l2m[j, i] * exx + lam[j, i] * eyy
            syy[j, i] += lam[j, i] * exx + l2m[j, i] * eyy
            sxy[j, i] += mu[j, i] * exy
