"""Sources and receivers: adding to fields at points and reading fields at points.

`add_at` and `read_at` with the same points are transposes of each other.
"""

from __future__ import annotations

from denise_py.fd.compile import kernel


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
