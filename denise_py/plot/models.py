"""Maps of the model: panels that share one colour scale, and gradients on a symmetric one.

Row j of an array (from 0) is drawn at y = (j + 1) dh and column i at x = (i + 1) dh, the coordinates of
source and receiver files; y points down.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from denise_py.grid import Grid
from denise_py.plot.canvas import drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

Panel = tuple[str, np.ndarray]
"""Title and array (ny, nx)."""

_WIDE = 1.4  # models with a larger ratio of width to height are stacked, others stand side by side
_EQUAL_AXES = (0.2, 8.0)  # ratios of width to height for which one metre is as long in x as in y
_ROW_LENGTH = 3
_WATER = "0.88"


def compare_models(
    panels: Sequence[Panel],
    grid: Grid,
    label: str,
    path: str | os.PathLike[str],
    sources: np.ndarray | None = None,
    receivers: np.ndarray | None = None,
    limits: tuple[float, float] | None = None,
    *,
    colours: str = "viridis",
    title: str = "",
) -> None:
    """Draw models with a common colour scale and write the figure to `path` (.png, .pdf or .svg).

    panels: titles and arrays (ny, nx); label: of the colour bar, quantity and unit; sources, receivers:
    (n, 2) positions [x, y] in m, drawn as stars and triangles; limits: values at the ends of the colour
    scale, smallest and largest value of all panels if not given; colours: a colour map of matplotlib.
    Among positive values exact zeros stand for water (no S velocity): grey, and without part in the scale.

    Raises ValueError when there is no panel or one does not have the shape of the grid, UsageError without
    matplotlib or for another ending.
    """
    _check_shapes(panels, grid)
    shown = [(name, _without_water(array)) for name, array in panels]
    draw_maps(shown, grid, path, colours, limits or _range(shown), label, title, sources, receivers)


def plot_gradient(
    gradient: np.ndarray,
    grid: Grid,
    path: str | os.PathLike[str],
    *,
    title: str = "gradient",
    label: str = "",
    clip: float = 99.5,
    sources: np.ndarray | None = None,
    receivers: np.ndarray | None = None,
) -> None:
    """Draw a gradient or a difference (ny, nx) in red (positive) and blue, with white for zero.

    clip: percentile of the absolute values at which the colours end, so that the surroundings of sources do
    not hide the rest. Positions and errors as in compare_models.
    """
    panels = [(title, gradient)]
    _check_shapes(panels, grid)
    bound = symmetric_bound(gradient, clip)
    draw_maps(panels, grid, path, "RdBu_r", (-bound, bound), label, "", sources, receivers)


def symmetric_bound(values: np.ndarray, percentile: float) -> float:
    """The percentile of the absolute values, the largest of them if that is 0, and 1 if all are 0."""
    size = np.abs(values)
    return float(np.percentile(size, percentile)) or float(size.max()) or 1.0


def _check_shapes(panels: Sequence[Panel], grid: Grid) -> None:
    if not panels:
        raise ValueError("there is no model to draw")
    for title, array in panels:
        if np.shape(array) != grid.shape:
            raise ValueError(f"panel '{title}' has shape {np.shape(array)}, the grid {grid.shape}")


def _without_water(array: np.ndarray) -> np.ma.MaskedArray:
    array = np.ma.masked_array(array)
    return np.ma.masked_equal(array, 0) if array.min() == 0 and array.max() > 0 else array


def _range(panels: Sequence[Panel]) -> tuple[float, float]:
    low = min(float(np.min(array)) for _, array in panels)
    high = max(float(np.max(array)) for _, array in panels)
    margin = 0.0 if high > low else 0.01 * abs(low) or 1.0  # a colour scale needs some length
    return low - margin, high + margin


# ---------------------------------------------------------------------------------------------- drawing


def draw_maps(
    panels: Sequence[Panel],
    grid: Grid,
    path: str | os.PathLike[str],
    colours: str,
    limits: tuple[float, float],
    label: str,
    title: str,
    sources: np.ndarray | None,
    receivers: np.ndarray | None,
    columns: int = 0,
) -> None:
    """Draw panels of the shape of the grid as they are; arguments and errors as in compare_models.

    columns: panels side by side, 0 for what suits the comparison of models.
    """
    rows, columns, width, height = _arrangement(len(panels), grid, columns)
    size = (columns * (width + 0.3) + 1.6, rows * (height + 0.45) + 0.8)
    with drawing(path, size, layout="compressed") as figure:
        axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        for ax in axes.flat[len(panels) :]:
            ax.set_visible(False)
        for ax, (name, array) in zip(axes.flat, panels, strict=False):
            image = _map(ax, array, grid, colours, limits)
            _points(ax, sources, receivers, width)
            ax.set_title(name)
        for ax in axes[:, 0]:
            ax.set_ylabel("depth $y$ (m)")
        for ax in axes.flat[max(0, len(panels) - columns) : len(panels)]:
            ax.set_xlabel("$x$ (m)")
            ax.tick_params(labelbottom=True)
        bar = _colour_bar(figure, image, list(axes.flat), panels, limits, label)
        _legend(figure, axes[0, 0])
        if title:
            figure.suptitle(title)
        _align(figure, bar, axes[0, 0], axes[-1, 0])


def _arrangement(count: int, grid: Grid, columns: int = 0) -> tuple[int, int, float, float]:
    """Rows, columns, and the size of one panel in inches."""
    ratio = grid.nx / grid.ny
    columns = columns or (1 if ratio >= _WIDE else min(count, _ROW_LENGTH))
    width = 6.4 if ratio >= _WIDE else 4.6
    width = width if columns == 1 else 2.9
    drawn = ratio if _is_equal(grid) else float(np.clip(ratio, 0.5, 3.0))
    return -(-count // columns), columns, width, width / drawn


def _is_equal(grid: Grid) -> bool:
    low, high = _EQUAL_AXES
    return low <= grid.nx / grid.ny <= high


def _map(ax: Axes, array: np.ndarray, grid: Grid, colours: str, limits: tuple[float, float]) -> AxesImage:
    first, right, bottom = 0.5 * grid.dh, (grid.nx + 0.5) * grid.dh, (grid.ny + 0.5) * grid.dh
    ax.set_facecolor(_WATER)
    return ax.imshow(
        array,
        cmap=colours,
        vmin=limits[0],
        vmax=limits[1],
        extent=(first, right, bottom, first),
        aspect="equal" if _is_equal(grid) else "auto",
    )


def _points(ax: Axes, sources: np.ndarray | None, receivers: np.ndarray | None, width: float) -> None:
    """Sources on top of receivers; many are drawn smaller. width: of the axes in inches."""
    marks = (("receiver", receivers, "v", (2.2, 6.0)), ("source", sources, "*", (4.0, 11.0)))
    for name, positions, marker, (smallest, largest) in marks:
        if positions is None or len(positions) == 0:
            continue
        x, y = np.asarray(positions, np.float64).T
        room = 1.5 * 72 * width / len(x)
        ax.plot(
            *(x, y),
            linestyle="none",
            marker=marker,
            markersize=float(np.clip(room, smallest, largest)),
            markerfacecolor="white" if marker == "*" else "0.75",
            markeredgecolor="black",
            markeredgewidth=0.6 if room > smallest else 0.3,
            clip_on=False,
            label=name if len(x) == 1 else f"{name}s",
        )


def _colour_bar(
    figure: Figure,
    image: AxesImage,
    axes: list[Axes],
    panels: Sequence[Panel],
    limits: tuple[float, float],
    label: str,
) -> Axes:
    below = any(np.min(array) < limits[0] for _, array in panels)
    above = any(np.max(array) > limits[1] for _, array in panels)
    ends = {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}
    slim = figure.get_figheight() / 0.17
    bar = figure.colorbar(image, ax=axes, label=label, extend=ends[below, above], pad=0.02, aspect=slim)
    bar.outline.set_linewidth(0.6)
    if max(map(abs, limits)) < 0.01 or max(map(abs, limits)) >= 1e5:
        bar.formatter.set_powerlimits((0, 0))
        bar.formatter.set_useMathText(True)
        bar.update_ticks()
    return bar.ax


def _align(figure: Figure, bar: Axes, top: Axes, bottom: Axes) -> None:
    """Give the colour bar the height of the panels; the layout only knows that of the figure."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    box, low, high = bar.get_position(), bottom.get_position().y0, top.get_position().y1
    bar.set_box_aspect(None)
    bar.set_position((box.x0, low, box.width, high - low))


def _legend(figure: Figure, ax: Axes) -> None:
    handles, labels = ax.get_legend_handles_labels()
    if handles:
        legend = figure.legend(
            handles, labels, loc="outside lower center", ncols=len(handles), borderaxespad=0
        )
        for handle in legend.legend_handles:
            handle.set(markersize=8, markeredgewidth=0.6)
