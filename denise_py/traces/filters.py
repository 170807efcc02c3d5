"""Causal Butterworth filters of traces and their exact transposes.

Digital low- and high-pass of order m by the bilinear transform without pre-warping of the corner f:
with e = 2 pi f dt, a second-order section of damping h is (e^2/4) (1 + z)^2 / D or (1 - z)^2 / D,
D = (1 + e h + e^2/4) + (e^2/2 - 2) z + (1 - e h + e^2/4) z^2, z one sample of delay. This is the
ordinary digital Butterworth filter with the corner moved to atan(pi f dt) / (pi dt), which scipy designs.
Zero initial state, no padding, no baseline removed, float64 throughout.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy

from denise_py.traces.blocks import blocks


@dataclass(frozen=True)
class BandFilter:
    """Low-pass followed by high-pass; a corner of 0 leaves that filter out.

    low: corner of the low-pass in Hz; high: corner of the high-pass in Hz; order: Butterworth order m;
    zero_phase: run each filter forwards and then backwards in time, which doubles its order.
    Raises ValueError for negative corners or an order below 1.
    """

    low: float = 0.0
    high: float = 0.0
    order: int = 4
    zero_phase: bool = False

    def __post_init__(self) -> None:
        if not (self.low >= 0 and self.high >= 0 and self.order >= 1):
            raise ValueError(f"{self}: corners must not be negative, the order at least 1")

    @property
    def is_identity(self) -> bool:
        """Whether nothing is filtered."""
        return self.low == 0 and self.high == 0

    def apply(self, traces: np.ndarray, dt: float) -> np.ndarray:
        """Filtered copy, float64, of traces (..., ns) sampled at dt (s)."""
        result, filters = np.array(traces, dtype=np.float64), self._filters(dt)
        for part in blocks(result):
            for sections in filters:
                part[...] = scipy.signal.sosfilt(sections, part)
                if self.zero_phase:
                    part[...] = _backwards(sections, part)
        return result

    def transpose(self, traces: np.ndarray, dt: float) -> np.ndarray:
        """Transpose of apply: sum(apply(u) * w) == sum(u * transpose(w)) up to rounding.

        A causal filter is a lower triangular Toeplitz matrix, so its transpose is the same filter run
        backwards in time; the factors are transposed in reverse order.
        """
        result, filters = np.array(traces, dtype=np.float64), self._filters(dt)
        for part in blocks(result):
            for sections in reversed(filters):
                if self.zero_phase:
                    part[...] = scipy.signal.sosfilt(sections, part)
                part[...] = _backwards(sections, part)
        return result

    def _filters(self, dt: float) -> list[np.ndarray]:
        corners = (("lowpass", self.low), ("highpass", self.high))
        return [butterworth_sections(kind, corner, dt, self.order) for kind, corner in corners if corner > 0]


def butterworth_sections(kind: str, corner: float, dt: float, order: int) -> np.ndarray:
    """Second-order sections (n, 6) of a 'lowpass' or 'highpass' with the corner in Hz at dt in s."""
    return _designed(kind, corner, dt, order).copy()


@lru_cache(maxsize=32)
def _designed(kind: str, corner: float, dt: float, order: int) -> np.ndarray:
    fraction_of_nyquist = 2.0 / math.pi * math.atan(math.pi * corner * dt)
    return scipy.signal.butter(order, fraction_of_nyquist, btype=kind, output="sos")


def _backwards(sections: np.ndarray, traces: np.ndarray) -> np.ndarray:
    return scipy.signal.sosfilt(sections, traces[..., ::-1])[..., ::-1]
