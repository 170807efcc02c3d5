"""Traces and wavelets of a simulation with longer time steps, as those of one with short steps.

The time step of a leapfrog scheme turns the derivative exp(iWt) -> iW exp(iWt) into iw with

    w = (2 / dt) sin(W dt / 2),

and is exact otherwise: a series of W in a run is one of w in a run without time dispersion (Stork 2013, 75th
EAGE Conference; Koene et al. 2018, Geophys. J. Int. 213, 169). Two runs with steps of d and D s agree
at the pairs of frequencies (W, V) for which

    sin(W d / 2) / d = sin(V D / 2) / D.

Both maps of this module carry a spectrum from V to W or back; they resample and take away what the longer
step adds to the time dispersion. They are band-limited, a smooth taper ends at the highest frequency of the
longer step. Velocities are known half a step before stresses: series that are used or recorded at times which
shift with the step (pressure, forces) get the difference as a phase.

A map is a banded matrix, so its transpose is exact.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from denise_py.grid import TimeAxis

#: rows of the matrix that are computed together
ROWS = 64
#: of the taper, an integrated Kaiser window: the filter falls below 1e-4 within LENGTH / width of the taper
BETA, LENGTH = 9.0, 3.1
#: longest step: half of it in radians of the highest frequency that is kept whole
LONGEST = 0.45
#: the taper ends at one of these multiples of that frequency, but not beyond this half step in radians
MULTIPLES, HIGHEST = np.linspace(1.3, 6.0, 48), 0.8

Factor = Callable[[np.ndarray, np.ndarray], np.ndarray]
#: rows and columns of a matrix, and its values there
Block = tuple[slice, slice, np.ndarray]


@dataclass(frozen=True)
class LongerSteps:
    """Time axes of both runs, and what is common to them.

    short: the axis of the data; dt: the longer step in s; lead: steps that the run with longer steps begins
    before the time 0 of the data; nt: its number of steps; band: highest frequency in Hz that is kept whole.
    Step m of the run, counted from 1, ends at (m - lead) dt.
    """

    short: TimeAxis
    dt: float
    band: float
    lead: int
    nt: int

    @classmethod
    def of(cls, short: TimeAxis, dt: float, band: float) -> LongerSteps:
        """Room for the ends of the filter before and after the record. Raises ValueError when the steps are
        not longer, or too long for the band."""
        if not short.dt <= dt <= cls.longest(band) * (1 + 1e-9):
            raise ValueError(f"steps of {dt:g} s cannot hold {band:g} Hz in place of {short.dt:g} s")
        duration = short.nt * short.dt
        found = cls(short, dt, band, 0, 0)
        lead = math.ceil(found.half_length / dt)
        return replace(found, lead=lead, nt=math.ceil(duration / dt) + 2 * lead)

    @property
    def tail(self) -> int:
        """Short steps after the record, in which wavelets must go on: their end would be felt before it."""
        return 2 * math.ceil(self.half_length / self.short.dt)

    @staticmethod
    def longest(band: float) -> float:
        """The longest step in s that holds a frequency in Hz well."""
        return LONGEST / (math.pi * band)

    @cached_property
    def top(self) -> float:
        """Circular frequency where the taper ends: that with the shortest filter at the end of the record."""
        low, duration = 2 * math.pi * self.band, self.short.nt * self.short.dt
        tops = np.minimum(low * MULTIPLES, HIGHEST * 2 / self.dt)
        lengths = [4 * math.pi * LENGTH / (top - low) + _advance(top, self.dt) * duration for top in tops]
        return float(tops[np.argmin(lengths)])

    @property
    def half_length(self) -> float:
        """Half the length of the filter in s."""
        return 2 * math.pi * LENGTH / (self.top - 2 * math.pi * self.band)

    @property
    def axis(self) -> TimeAxis:
        """Number and length of the longer steps."""
        return TimeAxis(self.nt, self.dt)

    def traces(self, late: float) -> BandedMap:
        """From recorded series (..., nt) of the run to those of the data; late: by how many half steps their
        samples are later than those of velocities."""
        phase = _shift(late, self.short.dt, self.dt)
        return self._map(self._times_short(), self._times_long(), self.dt, phase, to_short=True)

    def wavelets(self, kind: int) -> BandedMap:
        """From wavelets (..., short.nt + tail) to those of the run, for sources of a kind (1 explosion, 2-4
        force).

        A force is added in the middle of a step. An explosion enters as s(n + 1) - s(n - 1), whose spectrum
        is that of the derivative times cos(W dt / 2).
        """
        force = _shift(-1.0, self.dt, self.short.dt)
        factor = force if kind > 1 else self._spread
        given = self.short.dt * np.arange(1, self.short.nt + self.tail + 1)
        return self._map(self._times_long(), given, self.short.dt, factor, to_short=False)

    # ------------------------------------------------------------------------------------------ parts

    def _times_short(self) -> np.ndarray:
        return self.short.dt * np.arange(1, self.short.nt + 1)

    def _times_long(self) -> np.ndarray:
        return self.dt * (np.arange(1, self.nt + 1) - self.lead)

    def _spread(self, out: np.ndarray, given: np.ndarray) -> np.ndarray:
        return np.cos(given * self.short.dt / 2) / np.cos(out * self.dt / 2)

    def _map(
        self, out: np.ndarray, given: np.ndarray, step: float, factor: Factor, to_short: bool
    ) -> BandedMap:
        """Matrix (out.size, given.size): step / pi Re int taper factor exp(i W_out t_out - i W_given t_given)
        dW_out over positive frequencies."""
        out_dt, given_dt = (self.short.dt, self.dt) if to_short else (self.dt, self.short.dt)
        # what takes longer steps is early, the more the higher the frequency
        slowest = 1 + _advance(self.top, self.dt)
        reach = self.half_length
        longest = ROWS * out_dt + 2 * reach + (slowest - 1) * self.short.nt * self.short.dt
        w = _middles(self.top, longest)
        w_out, w_given = _frequency(w, out_dt), _frequency(w, given_dt)
        weight = step / math.pi * 2 * w[0] / np.cos(w_out * out_dt / 2)  # dW_out
        weight = weight * _taper(w, 2 * math.pi * self.band, self.top) * factor(w_out, w_given)
        blocks = []
        for first in range(0, out.size, ROWS):
            rows = slice(first, min(first + ROWS, out.size))
            low, high = out[rows][0], out[rows][-1]
            low, high = (min(low, low / slowest), high) if to_short else (low, max(high, high * slowest))
            begin, end = np.searchsorted(given, (low - reach, high + reach))
            blocks.append(_block(rows, slice(int(begin), int(end)), out, given, w_out, w_given, weight))
        return BandedMap((out.size, given.size), tuple(blocks))


@dataclass(frozen=True, eq=False)
class BandedMap:
    """A banded matrix (out, given) for series: blocks of some rows and the columns in which these are not
    zero."""

    shape: tuple[int, int]
    blocks: tuple[Block, ...]

    def apply(self, series: np.ndarray) -> np.ndarray:
        """Matrix times every series (given,) or (n, given), in their precision: (out,) or (n, out)."""
        x = np.atleast_2d(series)
        result = np.zeros((len(x), self.shape[0]), x.dtype)
        for rows, columns, block in self._of(x.dtype):
            np.matmul(x[:, columns], block.T, out=result[:, rows])
        return result.reshape(*np.shape(series)[:-1], self.shape[0])

    def transpose(self, series: np.ndarray) -> np.ndarray:
        """The transpose of apply: (out,) or (n, out) to (given,) or (n, given)."""
        y = np.atleast_2d(series)
        result = np.zeros((len(y), self.shape[1]), y.dtype)
        for rows, columns, block in self._of(y.dtype):
            result[:, columns] += y[:, rows] @ block
        return result.reshape(*np.shape(series)[:-1], self.shape[1])

    def _of(self, dtype: np.dtype) -> tuple[Block, ...]:
        return self._single if dtype == np.float32 else self.blocks

    @cached_property
    def _single(self) -> tuple[Block, ...]:
        return tuple((rows, columns, block.astype(np.float32)) for rows, columns, block in self.blocks)


def _frequency(w: np.ndarray, dt: float) -> np.ndarray:
    """Circular frequency in a run with a step, see the module's text."""
    return 2 / dt * np.arcsin(w * dt / 2)


def _advance(w: float, dt: float) -> float:
    """What a step takes from the travel time of a frequency, as a part of what is left: dW/dw - 1."""
    return 1 / math.sqrt(1 - (w * dt / 2) ** 2) - 1


def _shift(half_steps: float, dt_out: float, dt_given: float) -> Factor:
    """The phase between series whose samples are later by a number of half steps of each run."""
    return lambda out, given: np.exp(0.5j * half_steps * (out * dt_out - given * dt_given))


def _middles(top: float, longest: float) -> np.ndarray:
    """Middles of equal intervals from 0 to `top`, so narrow that times up to `longest` apart are told
    apart."""
    count = math.ceil(top * 2.2 * longest / (2 * math.pi))
    return (np.arange(count) + 0.5) * top / count


def _taper(w: np.ndarray, low: float, high: float) -> np.ndarray:
    """1 up to low, 0 from high on, the integral of a Kaiser window between."""
    bump = np.cumsum(np.kaiser(4001, BETA))
    return 1 - np.interp(w, np.linspace(low, high, bump.size), bump / bump[-1])


def _block(
    rows: slice,
    columns: slice,
    out: np.ndarray,
    given: np.ndarray,
    w_out: np.ndarray,
    w_given: np.ndarray,
    weight: np.ndarray,
) -> Block:
    left = np.exp(1j * np.outer(out[rows], w_out)) * weight
    right = np.exp(-1j * np.outer(w_given, given[columns]))
    return rows, columns, np.real(left @ right)
