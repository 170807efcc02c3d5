"""Seismograms of one shot: observed, synthetic and residual with one amplitude scale, and traces overlaid.

Sample n of a trace (from 1) is drawn at t = n dt; time points down.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from denise_py.errors import DataError, UsageError
from denise_py.plot.canvas import drawing
from denise_py.plot.models import symmetric_bound
from denise_py.traces.gather import Gather

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

_OBSERVED, _SYNTHETIC = "black", "#c0392b"
_DEFAULT_WIGGLES = 5


def plot_gather(
    observed: Gather | np.ndarray,
    synthetic: Gather | np.ndarray | None,
    dt: float | None,
    positions: np.ndarray | None,
    path: str | os.PathLike[str],
    title: str = "",
    *,
    traces: Sequence[int] | None = None,
    clip: float = 99.0,
) -> None:
    """Draw observed and synthetic traces, their difference and some of the traces on top of each other.

    observed, synthetic: gathers or arrays (ntr, ns); without synthetic traces only the observed ones are
    drawn, as "seismograms". dt: sampling interval in s, None takes it from the gather. positions: (ntr,)
    coordinates or offsets in m, or (ntr, 2) [x, y], None takes those of the gather; traces that are not
    evenly spaced along x or y are numbered instead. traces: numbers (from 1) of those overlaid, five by
    default; each is scaled by its largest observed amplitude. clip: percentile of the observed amplitudes at
    which the colours end.

    Raises DataError when the two do not have the same size or sampling interval, UsageError for trace
    numbers that do not exist, a missing sampling interval, a missing matplotlib or another ending.
    """
    _check_alike(observed, synthetic)
    first = _traces(observed)
    panels = [("seismograms", first)]
    if synthetic is not None:
        second = _traces(synthetic)
        panels = [("observed", first), ("synthetic", second), ("synthetic − observed", second - first)]
    axis = _axis(
        dt, positions, [gather for gather in (observed, synthetic) if isinstance(gather, Gather)], first
    )
    chosen = _chosen_traces(traces, len(first))
    _draw(panels, axis, chosen, symmetric_bound(first, clip), path, title)


@dataclass(frozen=True, eq=False)
class _Axis:
    """Where traces and samples are drawn. values: (ntr,) evenly spaced; label: what they are; dt in s."""

    values: np.ndarray
    label: str
    dt: float

    def extent(self, ns: int) -> tuple[float, float, float, float]:
        """Left, right, bottom and top of an image with a pixel for every sample."""
        step = self.values[1] - self.values[0] if len(self.values) > 1 else 1.0
        half = 0.5 * step
        return self.values[0] - half, self.values[-1] + half, (ns + 0.5) * self.dt, 0.5 * self.dt


def _traces(gather: Gather | np.ndarray) -> np.ndarray:
    data = np.asarray(gather.data if isinstance(gather, Gather) else gather, np.float64)
    if data.ndim != 2 or not data.size:
        raise DataError(f"a gather needs traces and samples, found an array of shape {data.shape}")
    return data


def _check_alike(observed: Gather | np.ndarray, synthetic: Gather | np.ndarray | None) -> None:
    if synthetic is None:
        return
    (many, long), (many_too, long_too) = _traces(observed).shape, _traces(synthetic).shape
    if (many, long) != (many_too, long_too):
        raise DataError(
            f"the observed gather has {many} traces of {long} samples, the synthetic one {many_too} traces "
            f"of {long_too}: choose files of the same shot, component and sampling"
        )
    both = isinstance(observed, Gather) and isinstance(synthetic, Gather)
    if both and not np.isclose(observed.dt, synthetic.dt, rtol=1e-3, atol=0):
        raise DataError(
            f"the observed gather is sampled every {observed.dt:g} s, the synthetic one every "
            f"{synthetic.dt:g} s"
        )


def _axis(
    dt: float | None, positions: np.ndarray | None, gathers: Sequence[Gather], traces: np.ndarray
) -> _Axis:
    """The axes of traces (ntr, ns), with what is not given taken from the first gather."""
    if gathers:
        dt = gathers[0].dt if dt is None else dt
        positions = gathers[0].receivers if positions is None else positions
    if not dt:
        raise UsageError("the sampling interval is not known: give dt in s")
    return _Axis(*_trace_axis(positions, len(traces)), dt)


def _trace_axis(positions: np.ndarray | None, count: int) -> tuple[np.ndarray, str]:
    """Coordinates along which the traces are evenly spaced, or their numbers."""
    numbers = np.arange(1.0, count + 1.0), "trace"
    if positions is None:
        return numbers
    positions = np.asarray(positions, np.float64)
    if positions.shape == (count,):
        return (positions, "position (m)") if _is_even(positions) else numbers
    if positions.shape != (count, 2):
        raise DataError(f"positions of shape {positions.shape} do not belong to {count} traces")
    for values, label in zip(positions.T, ("receiver $x$ (m)", "receiver $y$ (m)"), strict=True):
        if _is_even(values):
            return values, label
    return numbers


def _is_even(values: np.ndarray) -> bool:
    """Whether values rise or fall in equal steps; receivers sit on nodes, so steps may differ a little."""
    steps = np.diff(values)
    if not steps.size or not (np.all(steps > 0) or np.all(steps < 0)):
        return False
    straight = np.linspace(values[0], values[-1], len(values))
    return bool(np.all(np.abs(values - straight) <= abs(steps.mean())))


def _chosen_traces(traces: Sequence[int] | None, count: int) -> list[int]:
    """Indices (from 0) of the traces to overlay."""
    if traces is None:
        spread = (
            np.linspace(0, count - 1, min(_DEFAULT_WIGGLES, count) + 2)[1:-1] if count > 2 else range(count)
        )
        return sorted({round(float(k)) for k in spread})
    wrong = [number for number in traces if not 1 <= number <= count]
    if wrong or not traces:
        found = f"trace {wrong[0]}" if wrong else "an empty list of traces"
        raise UsageError(f"{found} cannot be drawn: the gather has traces 1 to {count}")
    return [number - 1 for number in traces]


# ---------------------------------------------------------------------------------------------- drawing


def _draw(
    panels: Sequence[tuple[str, np.ndarray]],
    axis: _Axis,
    chosen: Sequence[int],
    bound: float,
    path: str | os.PathLike[str],
    title: str,
) -> None:
    first, *others = (data for _, data in panels)
    with drawing(path, (2.7 * len(panels) + 3.4, 5.2)) as figure:
        axes = figure.subplots(1, len(panels) + 1, sharey=True, width_ratios=[*(1 for _ in panels), 1.25])
        for ax, (name, data) in zip(axes, panels, strict=False):
            image = _density(ax, data, axis, bound)
            ax.set_title(name)
        bar = figure.colorbar(image, ax=list(axes[:-1]), extend="both", aspect=40, pad=0.02)
        bar.set_label("amplitude", labelpad=2)
        bar.formatter.set_powerlimits((-2, 3))
        bar.formatter.set_useMathText(True)
        _wiggles(axes[-1], first, others[0] if others else None, chosen, axis)
        axes[0].set_ylim(first.shape[1] * axis.dt, 0)
        axes[0].set_ylabel("time (s)")
        figure.get_layout_engine().set(w_pad=0.12)
        if title:
            figure.suptitle(title)


def _density(ax: Axes, data: np.ndarray, axis: _Axis, bound: float) -> AxesImage:
    image = ax.imshow(
        data.T,
        cmap="RdBu_r",
        vmin=-bound,
        vmax=bound,
        extent=axis.extent(data.shape[1]),
        aspect="auto",
        interpolation="nearest",
    )
    ax.set_xlabel(axis.label)
    ax.locator_params(axis="x", nbins=5, integer=axis.label == "trace")
    return image


def _wiggles(
    ax: Axes, observed: np.ndarray, synthetic: np.ndarray | None, chosen: Sequence[int], axis: _Axis
) -> None:
    """One column per trace, in the order chosen."""
    time = np.arange(1, observed.shape[1] + 1) * axis.dt
    for column, k in enumerate(chosen):
        scale = 0.45 / (np.abs(observed[k]).max() or 1.0)
        ax.plot(column + scale * observed[k], time, color=_OBSERVED, linewidth=1.0)
        if synthetic is not None:
            ax.plot(
                column + scale * synthetic[k], time, color=_SYNTHETIC, linewidth=1.0, linestyle=(0, (4, 1.5))
            )
    ax.set_xticks(range(len(chosen)), [f"{axis.values[k]:g}" for k in chosen])
    ax.set_xlim(-0.6, len(chosen) - 0.4)
    ax.set_xlabel(axis.label)
    ax.set_title("traces, normalised")
    if synthetic is not None:
        ax.legend(
            ax.lines[:2], ("observed", "synthetic"), loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=2
        )
