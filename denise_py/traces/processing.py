"""What synthetic and observed traces go through alike before they are compared, with its derivative.

In this order: a factor, time integration, a time window, division by the largest amplitude of the trace. All
but the last are linear. The band limit is not among them: it reaches synthetics through the source wavelet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from denise_py.traces.blocks import rows_of
from denise_py.traces.integrate import integrate, integrate_transpose


@dataclass(frozen=True, eq=False)
class TimeWindow:
    """Factors of `time_window`, which are made when they are asked for: window[rows] is (rows, ns).

    picks, plus, minus: (ntr,) in s; damping in 1/s^2; ns, dt: samples of a trace and their interval in s.
    """

    picks: np.ndarray
    plus: np.ndarray
    minus: np.ndarray
    damping: float
    ns: int
    dt: float

    def __getitem__(self, rows: slice) -> np.ndarray:
        of_traces = self.picks[rows], self.plus[rows], self.minus[rows]
        return time_window(*of_traces, self.damping, self.ns, self.dt)


@dataclass(frozen=True, eq=False)
class Processing:
    """Steps for the traces of one component and one shot.

    dt: sampling interval in s; factor: of all samples; integrated: whether traces are integrated in time;
    window: factors (ntr, ns), as an array or when they are needed, or None; normalised: whether traces are
    divided by their largest amplitude.
    """

    dt: float
    factor: float = 1.0
    integrated: bool = False
    window: np.ndarray | TimeWindow | None = None
    normalised: bool = False

    def apply(
        self, traces: np.ndarray, before: Callable[[np.ndarray], np.ndarray] | None = None
    ) -> np.ndarray:
        """Processed traces (ntr, ns) float64; a trace of zeros stays one. before: what they go through first,
        a few traces (n, ns) at a time."""
        result = np.empty(traces.shape)
        for rows in rows_of(result):
            part = traces[rows] if before is None else before(traces[rows])
            result[rows] = part = self._linear(part, rows)
            if self.normalised:
                _, largest = _peak(part)
                np.divide(part, np.abs(largest), out=result[rows], where=largest != 0)
        return result

    def transpose(self, adjoint: np.ndarray, traces: np.ndarray) -> np.ndarray:
        """Transpose of the derivative of apply at `traces`, times `adjoint`; both (ntr, ns), float64.

        With x the linear part, p the sample of its largest amplitude and y = x / |x_p|, the derivative of
        sum g y is (g - e_p sign(x_p) sum g y) / |x_p|, e_p being 1 at p and 0 elsewhere.
        """
        result = np.empty(adjoint.shape)
        for rows in rows_of(result):
            part = np.asarray(adjoint[rows], dtype=np.float64)
            if self.normalised:
                part = self._normalised_transpose(part, self._linear(traces[rows], rows))
            if self.window is not None:
                part = part * self.window[rows]
            if self.integrated:
                part = integrate_transpose(part, self.dt)
            np.multiply(self.factor, part, out=result[rows])
        return result

    def _linear(self, traces: np.ndarray, rows: slice) -> np.ndarray:
        """What comes before normalisation, of some traces."""
        result = self.factor * np.asarray(traces, dtype=np.float64)
        if self.integrated:
            result = integrate(result, self.dt)
        return result if self.window is None else result * self.window[rows]

    def _normalised_transpose(self, adjoint: np.ndarray, x: np.ndarray) -> np.ndarray:
        place, largest = _peak(x)
        along = np.sum(adjoint * x, axis=-1)[:, None]
        size = np.abs(largest)
        with np.errstate(divide="ignore", invalid="ignore"):
            at_peak = np.sign(largest) * along / size
            result = adjoint.copy()
            np.put_along_axis(result, place, np.take_along_axis(result, place, -1) - at_peak, -1)
            result /= size
        return np.where(size > 0, result, 0.0)


def _peak(traces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sample of the largest amplitude of every trace and its value with sign, both (ntr, 1)."""
    place = np.argmax(np.abs(traces), axis=-1)[:, None]
    return place, np.take_along_axis(traces, place, -1)


def time_window(
    picks: np.ndarray, plus: np.ndarray | float, minus: np.ndarray | float, damping: float, ns: int, dt: float
) -> np.ndarray:
    """Factors (ntr, ns): 1 from `minus` (s) before the picks (ntr,) to `plus` after them, exp(-damping x^2)
    at the distance x (s) from there. Sample n, from 1, is at n dt; damping in 1/s^2."""
    t = dt * np.arange(1, ns + 1)
    after = t - (picks + plus)[:, None]
    before = (picks - minus)[:, None] - t
    away = np.maximum(np.maximum(after, before), 0.0)
    return np.exp(-damping * away**2)
