"""Sources and receivers: adding to fields at points and reading fields at points.

`add_at` and `read_at` with the same points are transposes of each other.
"""

from __future__ import annotations

from denise_py.fd.compile import kernel
from denise_py.fd.containers import Points
from denise_py.fd.stencils import dx_backward, dx_forward, dy_backward, dy_forward


@kernel
def within(points, band):
    """Those of the points that lie in the rows of a band."""
    a, b = _first_from(points.j, band.y0), _first_from(points.j, band.y1)
    return Points(points.j[a:b], points.i[a:b], points.trace[a:b], points.weight[a:b])


@kernel
def _first_from(rows, row):
    """Number of the first of ordered rows that is not above a row."""
    low, high = 0, rows.size
    while low < high:
        middle = (low + high) // 2
        if rows[middle] < row:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def add_at(field, points, series):
    """field += weight * series at every point; series (number of time series,)."""
    for k in range(points.j.size):
        field[points.j[k], points.i[k]] += points.weight[k] * series[points.trace[k]]


@kernel
def read_at(field, points, series):
    """series += weight * field at every point; series (number of time series,) must start at zero."""
    for k in range(points.j.size):
        series[points.trace[k]] += points.weight[k] * field[points.j[k], points.i[k]]


@kernel
def read_divergence(vx, vy, points, series, w):
    """series += weight * dh * divergence of (vx, vy), at full points."""
    for k in range(points.j.size):
        j, i = points.j[k], points.i[k]
        d = dx_backward(vx, j, i, w) + dy_backward(vy, j, i, w)
        series[points.trace[k]] += points.weight[k] * d


@kernel
def read_curl(vx, vy, points, series, w):
    """series += weight * dh * (d vx/dy - d vy/dx), half a cell right of and below the points."""
    for k in range(points.j.size):
        j, i = points.j[k], points.i[k]
        d = dy_forward(vx, j, i, w) - dx_forward(vy, j, i, w)
        series[points.trace[k]] += points.weight[k] * d
