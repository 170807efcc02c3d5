"""What a physics is: its fields, its time steps, its materials and its recordable components.

A physics is added by one module with an object of this protocol and one line in registry.py. The time
loop, the halo exchange, the acquisition and the gradient know physics only through it.
"""

from __future__ import annotations

from types import ModuleType
from typing import NamedTuple, Protocol

import numpy as np

from denise_py.fd.containers import Points
from denise_py.medium.model import Medium


class Physics(Protocol):
    """Declaration of a physics."""

    name: str
    #: components that can be recorded, and those whose adjoint can be injected
    components: tuple[str, ...]
    adjoint_components: tuple[str, ...]
    #: names of the fields that neighbours need after each half of a step
    velocity_fields: tuple[str, ...]
    stress_fields: tuple[str, ...]
    #: module of compiled steps: forward_velocity, forward_stress, forward_steps, transposed_*, inject_stress
    steps: ModuleType

    def new_fields(self, shape: tuple[int, int], dtype: np.dtype) -> NamedTuple:
        """Zero wavefields of one block, halo included."""

    def coefficients(self, medium: Medium, courant: float, surface: bool) -> NamedTuple:
        """Material arrays (ny, nx) float64 on the whole grid, multiplied by courant = dt/dh."""

    def new_store(self, every: int, slots: int, shape: tuple[int, int], dtype: np.dtype) -> NamedTuple:
        """Room for the forward increments of `slots` steps on (ny, nx) own points; every = 0: none."""

    def new_correlation(self, shape: tuple[int, int], dtype: np.dtype) -> NamedTuple:
        """Zero accumulators (ny, nx) of the gradient."""

    def source_terms(
        self, kind: int, azimuth: float, coefficients: NamedTuple, j: int, i: int, dh: float
    ) -> dict[str, float]:
        """Factors with which the series of a source acts on the fields at array position (j, i)."""

    def source_series(self, kind: int, wavelet: np.ndarray) -> np.ndarray:
        """What a source of this kind injects per step, (nt,)."""

    def injection(self, forces: dict[str, Points], series: np.ndarray) -> NamedTuple:
        """Sources of a run: points by component ('vx', 'vy', 'normal'), series (nt, n)."""

    def recording(self, points: dict[str, Points], nt: int, dtype: np.dtype) -> NamedTuple:
        """Outputs of a run by component."""

    def recorded(self, recording: NamedTuple) -> dict[str, np.ndarray]:
        """The recorded series (nt, n) by component."""

    def adjoint_weights(
        self, component: str, coefficients: NamedTuple, j: np.ndarray, i: np.ndarray
    ) -> np.ndarray:
        """Factors of an adjoint source at array positions (j, i), for the scaled adjoint fields."""
