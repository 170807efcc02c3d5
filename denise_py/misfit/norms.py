"""Misfit functions of trace gathers: value and adjoint source side by side.

A norm is a function of synthetic and observed traces, both (ntr, ns), of one component and one shot, and of
Options. It returns the raw sum F over traces and samples, what the sums of all shots are divided by
(`energy`), and dF / d synthetic. All sums are float64. Observed traces are not zero; synthetic ones may be.

Here are the norms of differences, x = s - d,

    F = sum rho(x / c),   energy = sum rho(d / c),   dF/ds = rho'(x / c) / c,

so that F / energy is 1 for synthetics that are zero, and the correlation of whole traces.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from denise_py.traces.blocks import rows_of


class Residual(NamedTuple):
    """Raw sum F, the sum it is divided by, and dF/d synthetic (ntr, ns) float64."""

    value: float
    energy: float
    adjoint: np.ndarray


@dataclass(frozen=True)
class Options:
    """What some norms need besides traces.

    dt: sampling interval in s; water_level: of the envelope, in parts of the largest observed envelope of
    the gather; scale: where robust norms turn from quadratic to slower growth, in units of `typical_size`;
    lines: frequencies in Hz of the phase misfit, empty for all k / (ns dt) between 0 and Nyquist.
    """

    dt: float = 1.0
    water_level: float = 0.0
    scale: float = 1.0
    lines: tuple[float, ...] = ()


class Norm(Protocol):
    """What a misfit function is."""

    def __call__(self, synthetic: np.ndarray, observed: np.ndarray, options: Options = ...) -> Residual: ...


def typical_size(observed: np.ndarray) -> float:
    """Median over the traces (ntr, ns) of their root mean squares, 0 without traces; single loud traces
    do not matter."""
    if not len(observed):
        return 0.0
    return float(np.median(np.sqrt(np.mean(np.square(observed, dtype=np.float64), axis=-1))))


def l1(synthetic: np.ndarray, observed: np.ndarray, options: Options = Options()) -> Residual:
    """Sum of absolute differences, rho = |x|; its derivative is a sign, 0 where synthetics equal the data."""
    return _of_differences(synthetic, observed, 1.0, np.abs, np.sign)


def l2(synthetic: np.ndarray, observed: np.ndarray, options: Options = Options()) -> Residual:
    """Sum of squared differences, F = sum (s - d)^2, dF/ds = 2 (s - d)."""
    return _of_differences(synthetic, observed, 1.0, np.square, lambda x: 2.0 * x)


def cauchy(synthetic: np.ndarray, observed: np.ndarray, options: Options = Options()) -> Residual:
    """rho = ln(1 + x^2) / 2, of differences in units of c (Crase et al. 1990, Geophysics 55, 527-538)."""
    size = options.scale * typical_size(observed)
    return _of_differences(
        synthetic, observed, size, lambda x: 0.5 * np.log1p(x**2), lambda x: x / (1 + x**2)
    )


def sech(synthetic: np.ndarray, observed: np.ndarray, options: Options = Options()) -> Residual:
    """rho = ln cosh x, of differences in units of c (Crase et al. 1990)."""
    return _of_differences(synthetic, observed, options.scale * typical_size(observed), _log_cosh, np.tanh)


def huber(synthetic: np.ndarray, observed: np.ndarray, options: Options = Options()) -> Residual:
    """rho = x^2 / 2 up to |x| = 1, |x| - 1/2 beyond, of differences in units of c (Huber 1973)."""
    size = options.scale * typical_size(observed)
    return _of_differences(synthetic, observed, size, _huber, lambda x: np.clip(x, -1.0, 1.0))


def correlation(synthetic: np.ndarray, observed: np.ndarray, options: Options = Options()) -> Residual:
    """F = -sum over traces of <s, d> / (|s| |d|), the zero-lag cross-correlation of normalised traces (Choi &
    Alkhalifah 2012, Geophys. Prospect. 60, 748-758); a synthetic trace that is zero counts as uncorrelated.

    dF/ds = s <s, d> / (|s|^3 |d|) - d / (|s| |d|).
    """
    s, d = np.asarray(synthetic, np.float64), np.asarray(observed, np.float64)
    (unit_s, size), (unit_d, _) = _unit(s), _unit(d)
    alike = np.sum(unit_s * unit_d, axis=-1, keepdims=True)
    adjoint = np.divide(alike * unit_s - unit_d, size, out=np.zeros_like(s), where=size > 0)
    return Residual(float(-np.sum(alike)), float(np.sum(d**2)), adjoint)


def _unit(traces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Traces divided by their norms (zero ones stay), and these norms (ntr, 1)."""
    largest = np.max(np.abs(traces), axis=-1, keepdims=True)
    scaled = np.divide(traces, largest, out=np.zeros_like(traces), where=largest > 0)  # squares underflow
    size = np.sqrt(np.sum(scaled**2, axis=-1, keepdims=True))
    return np.divide(scaled, size, out=scaled, where=size > 0), largest * size


def _of_differences(
    synthetic: np.ndarray,
    observed: np.ndarray,
    size: float,
    rho: Callable[[np.ndarray], np.ndarray],
    slope: Callable[[np.ndarray], np.ndarray],
) -> Residual:
    adjoint = np.zeros(observed.shape)
    if not size > 0:  # no observed traces
        return Residual(0.0, 0.0, adjoint)
    value = energy = 0.0
    for rows in rows_of(adjoint):
        d = np.asarray(observed[rows], dtype=np.float64)
        x = synthetic[rows] - d
        if size != 1:
            d, x = d / size, x / size
        value += float(np.sum(rho(x)))
        energy += float(np.sum(rho(d)))
        np.divide(slope(x), size, out=adjoint[rows])
    return Residual(value, energy, adjoint)


def _log_cosh(x: np.ndarray) -> np.ndarray:
    size = np.abs(x)
    return size + np.log1p(np.exp(-2.0 * size)) - np.log(2.0)


def _huber(x: np.ndarray) -> np.ndarray:
    size = np.abs(x)
    return np.where(size <= 1.0, 0.5 * size**2, size - 0.5)
