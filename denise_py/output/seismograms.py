"""Names of seismogram files and what goes into them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from denise_py.traces.formats import write_gather
from denise_py.traces.gather import Gather

_SHORT = {"vx": "x", "vy": "y", "vz": "z"}

#: components by the number of SEISMO
WANTED = {
    0: (),
    1: ("vx", "vy"),
    2: ("p",),
    3: ("div", "curl"),
    4: ("vx", "vy", "p", "div", "curl"),
    5: ("vx", "vy", "p"),
}


@dataclass(frozen=True)
class SeismogramFiles:
    """Where seismograms go. prefix: SEIS_FILE, or "" with literal names per component; every: decimation of
    the samples; format: number of SEIS_FORMAT."""

    prefix: str
    literal: Mapping[str, str]
    every: int
    format: int
    from_line: bool

    def forward_path(self, component: str, shot: int) -> str:
        """Name in a forward run: <prefix>_x.su.shot1, which DATA_DIR = prefix finds again."""
        if self.prefix:
            return f"{self.prefix}_{_SHORT.get(component, component)}.su.shot{shot}"
        return f"{self.literal[component]}.shot{shot}.it1"

    def inversion_path(self, component: str, shot: int, iteration: int) -> str:
        """Name in an inversion: <prefix>_vx.su.shot1.it1."""
        if self.prefix:
            return f"{self.prefix}_{component}.su.shot{shot}.it{iteration}"
        return f"{self.literal[component]}.shot{shot}.it{iteration}"

    def adjoint_path(self, component: str, shot: int) -> str:
        """Name of the adjoint sources of an inversion: <prefix>_vx.su.shot1_adjoint_src."""
        if self.prefix:
            return f"{self.prefix}_{component}.su.shot{shot}_adjoint_src"
        return f"{self.literal[component]}.shot{shot}_adjoint_src"

    def write(
        self,
        path: str,
        traces: np.ndarray,
        dt: float,
        receivers: np.ndarray,
        source: tuple[float, float],
        shift: np.ndarray,
    ) -> None:
        """Write traces (ntr, nt) of one component, decimated by `every`."""
        gather = Gather(traces, dt, receivers, np.asarray(source), shift).decimated(self.every)
        write_gather(path, gather, self.format, self.from_line)


def observed_path(prefix: str, component: str, shot: int) -> str:
    """Observed data of a component: <DATA_DIR>_x.su.shot1."""
    return f"{prefix}_{_SHORT.get(component, component)}.su.shot{shot}"
