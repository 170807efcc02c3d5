"""One seismic gather: the traces of one component of one shot with their geometry."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np


def _origin() -> np.ndarray:
    return np.zeros(2)


@dataclass(frozen=True, eq=False)
class Gather:
    """Traces of one component of one shot.

    data: (ntr, ns) float32, one row per receiver.
    dt: sampling interval in s; sample q (counted from 1) belongs to t = q dt.
    receivers: (ntr, 2) float64 [x, y] in m, y down.
    source: (2,) float64 [x, y] in m.
    reference_shift: (2,) float64 in m, the offset added to the coordinates of a receiver file; only the
        SU header word swdep depends on it.
    title: what the traces are, with unit, for file headers that hold text.

    Raises ValueError when the shapes do not fit together.
    """

    data: np.ndarray
    dt: float
    receivers: np.ndarray
    source: np.ndarray
    reference_shift: np.ndarray = field(default_factory=_origin)
    title: str = ""

    def __post_init__(self) -> None:
        _set(self, "data", np.ascontiguousarray(self.data, dtype=np.float32))
        for name in ("receivers", "source", "reference_shift"):
            _set(self, name, np.asarray(getattr(self, name), dtype=np.float64))
        if self.data.ndim != 2 or self.receivers.shape != (self.ntr, 2):
            raise ValueError(
                f"data {self.data.shape} and receivers {self.receivers.shape} do not fit together"
            )
        if self.source.shape != (2,) or self.reference_shift.shape != (2,):
            raise ValueError("source and reference_shift must hold two numbers, x and y")
        if not self.dt > 0:
            raise ValueError(f"sampling interval {self.dt} s is not positive")

    @property
    def ntr(self) -> int:
        """Number of traces."""
        return self.data.shape[0]

    @property
    def ns(self) -> int:
        """Samples per trace."""
        return self.data.shape[1]

    def decimated(self, every: int) -> Gather:
        """Every `every`-th sample: output sample q is sample q * every, so that t = q dt still holds."""
        if every < 1:
            raise ValueError(f"decimation factor {every} is below 1")
        return replace(self, data=self.data[:, every - 1 :: every], dt=self.dt * every)


def _set(gather: Gather, name: str, value: np.ndarray) -> None:
    object.__setattr__(gather, name, value)  # the only way to normalise a field of a frozen dataclass
