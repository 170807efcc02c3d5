"""Sources and receivers: adding to fields at points and reading fields at points.

`add_at` and `read_at` with the same points are transposes of each other.
"""

from __future__ import annotations

from denise_py.fd.compile import kernel
from denise_py.fd.stencils import dx_backward, dx_forward, dy_backward, dy_forward


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
