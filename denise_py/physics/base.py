"""What a physics is: its fields, its time steps, its materials and its recordable components.

A physics is added by one module with an object of this protocol and one line in registry.py. The time
loop, the halo exchange, the acquisition and the gradient know physics only through it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import ModuleType
from typing import NamedTuple, Protocol

import numpy as np

from denise_py.fd.containers import Box, Points, aligned_zeros, no_points
from denise_py.medium.attenuation import Relaxation
from denise_py.medium.model import Medium

#: a number, or one for each of some points
Number = float | np.ndarray
#: the row or column of a point in an array, or those of some points
Place = int | np.ndarray


class Physics(Protocol):
    """Declaration of a physics."""

    name: str
    #: "psv" (waves in the plane, acoustic ones too) or "sh"; sources have a wavelet for each
    wave: str
    #: which of vp, vs, rho the waves depend on
    slots: tuple[str, ...]
    #: components that can be recorded, and those whose adjoint can be injected
    components: tuple[str, ...]
    adjoint_components: tuple[str, ...]
    #: names of the fields that neighbours need after each half of a step
    velocity_fields: tuple[str, ...]
    stress_fields: tuple[str, ...]
    #: what has to be kept of a step for the derivative with respect to lam, mu, rho, taup, taus; nothing is
    #: needed for what is missing
    kept_for: Mapping[str, tuple[str, ...]]
    #: how many rows above and below a node its gradient needs
    gradient_rows: tuple[int, int]
    #: module of compiled steps: forward_velocity, forward_stress, forward_steps, transposed_*, inject_stress
    steps: ModuleType

    def new_fields(self, shape: tuple[int, int], dtype: np.dtype, lead: int = 0) -> NamedTuple:
        """Zero wavefields of one block, halo and padding included; lead: see containers.aligned_zeros."""

    def coefficients(self, medium: Medium, courant: float, surface: bool) -> NamedTuple:
        """Material arrays (ny, nx) float64 on the whole grid, multiplied by courant = dt/dh; arrays of one
        dimension are the same everywhere."""

    def speeds(self, medium: Medium) -> tuple[float, float]:
        """(slowest, fastest) wave of a medium in m/s."""

    def problem(self, medium: Medium) -> str:
        """Why waves cannot travel in a medium of finite values, '' if they can."""

    def store(
        self, every: int, first: int, box: Box, arrays: Mapping[str, np.ndarray], energy: np.ndarray
    ) -> NamedTuple:
        """What a run keeps of its steps, see fd.steps_psv.Store; nothing of fields without an array."""

    def arrays_of_state(self) -> int:
        """Number of arrays of the size of the grid that new_fields makes."""

    def new_correlation(self, shape: tuple[int, int], dtype: np.dtype) -> NamedTuple:
        """Zero accumulators (ny, nx) of the gradient."""

    def source_terms(
        self, kind: int, azimuth: float, coefficients: NamedTuple, j: Place, i: Place, dh: float
    ) -> dict[str, Number]:
        """Factors with which the series of a source acts on the fields at array position (j, i); for arrays
        of positions (n,) arrays, or a number for all."""

    def source_series(self, kind: int, wavelet: np.ndarray) -> np.ndarray:
        """What a source of this kind injects per step, (nt,)."""

    def injection(self, forces: dict[str, Points], series: np.ndarray) -> NamedTuple:
        """Sources of a run: points by name of what they add to, series (nt, n)."""

    def recording(self, points: dict[str, Points], nt: int, dtype: np.dtype) -> NamedTuple:
        """Outputs of a run by component."""

    def recorded(self, recording: NamedTuple) -> dict[str, np.ndarray]:
        """The recorded series (nt, n) by component."""

    def adjoint_target(self, component: str) -> str:
        """What an adjoint source of a component is added to, a name that `injection` knows."""

    def adjoint_weights(
        self, component: str, coefficients: NamedTuple, j: np.ndarray, i: np.ndarray
    ) -> np.ndarray:
        """Factors of an adjoint source at array positions (j, i), for the scaled adjoint fields."""


class Waves:
    """What all physics do alike, with the named tuples of their module of steps.

    A subclass sets the attributes of Physics; relaxation and `memories`, the number of its fields that have
    an array per mechanism, if it is viscous.
    """

    steps: ModuleType
    relaxation: Relaxation | None = None
    memories = 0
    gradient_rows: tuple[int, int] = (1, 0)

    def new_fields(self, shape: tuple[int, int], dtype: np.dtype, lead: int = 0) -> NamedTuple:
        """Zero wavefields of a shape (rows, columns), and memories (L, rows, columns)."""
        kind = self.steps.Fields
        plain = len(kind._fields) - self.memories
        mechanisms = len(self.relaxation.frequencies) if self.relaxation else 0
        shapes = [shape] * plain + [(mechanisms, *shape)] * self.memories
        return kind(*(aligned_zeros(shape, dtype, lead, k) for k, shape in enumerate(shapes)))

    def store(
        self, every: int, first: int, box: Box, arrays: Mapping[str, np.ndarray], energy: np.ndarray
    ) -> NamedTuple:
        """The steps' Store."""
        kind, none = self.steps.Store, np.empty((0, 0, 0), energy.dtype)
        kept = (arrays.get(name, none) for name in kind._fields[3:-1])
        return kind(every, first, box, *kept, energy)

    def arrays_of_state(self) -> int:
        """Number of arrays of the size of the grid that new_fields makes."""
        mechanisms = len(self.relaxation.frequencies) if self.relaxation else 0
        return len(self.steps.Fields._fields) - self.memories + self.memories * mechanisms

    def new_correlation(self, shape: tuple[int, int], dtype: np.dtype) -> NamedTuple:
        """Zero accumulators (ny, nx)."""
        kind = self.steps.Correlation
        return kind(*(np.zeros(shape, dtype) for _ in kind._fields))

    def source_series(self, kind: int, wavelet: np.ndarray) -> np.ndarray:
        """The wavelet (nt,), or for an explosion (kind 1) its difference."""
        return difference_series(wavelet) if kind == 1 else wavelet

    def injection(self, forces: dict[str, Points], series: np.ndarray) -> NamedTuple:
        """Sources by the names of the steps' Injection."""
        kind, none = self.steps.Injection, no_points(series.dtype)
        return kind(*(forces.get(name, none) for name in kind._fields[:-1]), series)

    def recording(self, points: dict[str, Points], nt: int, dtype: np.dtype) -> NamedTuple:
        """Room for the wanted components: points of each, then an output (nt, number of series) for each."""
        kind, none = self.steps.Recording, no_points(dtype)
        wanted = [points.get(name, none) for name in kind._fields if not name.startswith("out_")]
        series = [int(p.trace.max()) + 1 if p.trace.size else 0 for p in wanted]
        return kind(*wanted, *(np.zeros((nt, count), dtype) for count in series))

    def recorded(self, recording: NamedTuple) -> dict[str, np.ndarray]:
        """Recorded series (nt, n) of every component, with n = 0 for those not asked for."""
        outputs = (name for name in recording._fields if name.startswith("out_"))
        return {name.removeprefix("out_"): getattr(recording, name) for name in outputs}

    def adjoint_target(self, component: str) -> str:
        """Components and what sources add to have the same names."""
        return component


def difference_series(wavelet: np.ndarray) -> np.ndarray:
    """s(n + 1) - s(n - 1) with zeros beyond the ends, what an explosion injects; (nt,)."""
    padded = np.pad(wavelet, 1)
    return padded[2:] - padded[:-2]


def force_terms(
    kind: int, azimuth: float, bx: np.ndarray, by: np.ndarray, j: Place, i: Place, dh: float
) -> dict[str, Number]:
    """Factors of a force at (j, i), numbers or arrays: kind 2 along x, 3 along y, 4 at an azimuth in degrees
    from +y towards +x.

    A force of s newton per metre spread over one cell gives dv = dt / (rho dh^2) s; the buoyancies already
    hold dt/dh.
    """
    angle = math.radians(azimuth)
    rotated = (math.sin(angle), math.cos(angle))
    along_x, along_y = {2: (1.0, 0.0), 3: (0.0, 1.0)}.get(kind, rotated)
    terms = {"vx": (along_x, bx), "vy": (along_y, by)}
    return {name: share * b[j, i] / dh for name, (share, b) in terms.items() if share != 0.0}


def range_problem(medium: Medium, solid_only: bool = False) -> str:
    """Why a medium is impossible: negative density or moduli. Void and, but for SH waves, fluid are
    allowed."""
    if np.any((medium.rho <= 0) & (medium.mu > 0 if solid_only else ~medium.void)):
        return "the model has a density that is not positive"
    if np.any(medium.mu < 0):
        return "the model has a negative shear modulus"
    if not solid_only and np.any((medium.lam + medium.mu <= 0) & ~medium.void):
        return "the model has a bulk modulus that is not positive"
    return ""
