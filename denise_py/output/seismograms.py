"""Names of seismogram files and what goes into them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from denise_py.parameters.data_files import SEGY_ENDINGS, chosen, observed_names
from denise_py.traces.formats import SEGY, write_gather
from denise_py.traces.gather import Gather

_SHORT = {"vx": "x", "vy": "y", "vz": "z"}

_QUANTITIES = {
    "vx": "vx, particle velocity to the right, m/s",
    "vy": "vy, particle velocity downwards, m/s",
    "vz": "vz, particle velocity normal to the plane, m/s",
    "p": "p, pressure -(sxx + syy), Pa",
    "div": "div, scaled divergence of the particle velocity",
    "curl": "curl, scaled curl of the particle velocity",
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
        """Name in a forward run: <prefix>_x.su.shot1, or <prefix>_x.shot1.sgy, which DATA_DIR = prefix finds
        again."""
        if self.prefix:
            return self._name(_SHORT.get(component, component), f"shot{shot}")
        return self._literal(component, f"shot{shot}.it1")

    def inversion_path(self, component: str, shot: int, iteration: int) -> str:
        """Name in an inversion: <prefix>_vx.su.shot1.it1 or <prefix>_vx.shot1.it1.sgy."""
        ending = f"shot{shot}.it{iteration}"
        return self._name(component, ending) if self.prefix else self._literal(component, ending)

    def adjoint_path(self, component: str, shot: int) -> str:
        """Name of the adjoint sources of an inversion: <prefix>_vx.su.shot1_adjoint_src or
        <prefix>_vx.shot1_adjoint_src.sgy."""
        ending = f"shot{shot}_adjoint_src"
        return self._name(component, ending) if self.prefix else self._literal(component, ending)

    def filtered_path(self, component: str, shot: int, iteration: int) -> str:
        """Name of filtered observed data: <prefix>_vx.su.measured.shot1.it1 or
        <prefix>_vx.measured.shot1.it1.sgy."""
        ending = f"measured.shot{shot}.it{iteration}"
        if self.prefix:
            return self._name(component, ending)
        tail = SEGY_ENDINGS[0] if self.format == SEGY else ""
        return f"{self.literal[component]}_{ending}{tail}"

    def _name(self, component: str, ending: str) -> str:
        """DENISE's names hold .su whatever the format; SEG-Y, which it does not have, ends in .sgy."""
        if self.format == SEGY:
            return f"{self.prefix}_{component}.{ending}{SEGY_ENDINGS[0]}"
        return f"{self.prefix}_{component}.su.{ending}"

    def _literal(self, component: str, ending: str) -> str:
        return f"{self.literal[component]}.{ending}{SEGY_ENDINGS[0] if self.format == SEGY else ''}"

    def write(
        self,
        path: str,
        traces: np.ndarray,
        dt: float,
        receivers: np.ndarray,
        source: tuple[float, float],
        shift: np.ndarray,
        title: str = "",
    ) -> None:
        """Write traces (ntr, nt) of one component, decimated by `every`; title: see quantity."""
        gather = Gather(traces, dt, receivers, np.asarray(source), shift, title).decimated(self.every)
        write_gather(path, gather, self.format, self.from_line)


def quantity(component: str, shot: int, *, adjoint: bool = False, observed: bool = False) -> str:
    """What the traces of a component are, for the text header of a file."""
    text = f"adjoint source of {component}, reversed in time" if adjoint else _QUANTITIES[component]
    text += ", observed and filtered" if observed else ""
    return f"{text}; shot {shot}"


def observed_path(prefix: str, component: str, shot: int) -> str:
    """Observed data of a component: <DATA_DIR>_x.su.shot1, or <DATA_DIR>_x.shot1.sgy if that is what there
    is."""
    return chosen(observed_names(prefix, _SHORT.get(component, component), shot))
