"""Gradient files under the prefix JACOBIAN.

Conjugate gradients: _g.old, _g_u.old, _g_rho.old (gradient of the misfit) and _c.old, _c_u.old, _c_rho.old
(search direction) of every iteration; _p_it<k>.old, _p_u_it<k>.old, _p_rho_it<k>.old (weighted gradient)
when a copy is due. L-BFGS: _grad1_<par>_it<k>.bin (gradient) and _grad2_<par>_it<k>.bin (direction).
The gradient is the exact derivative of the reported misfit per unit of the parameter; the direction points
downhill.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from denise_py.medium.model_io import write_grid_file
from denise_py.output.models import is_due

#: of the names of DENISE by parameter
ENDINGS = {"vp": "", "vs": "_u", "rho": "_rho", "taup": "_taup", "taus": "_taus"}


@dataclass(frozen=True)
class GradientFiles:
    """Where and how often; decimation as for models."""

    prefix: str
    first: int
    every: int
    every_x: int = 1
    every_y: int = 1

    def write(
        self,
        method: str,
        iteration: int,
        gradient: Mapping[str, np.ndarray],
        weighted: Callable[[], Mapping[str, np.ndarray]],
        direction: Mapping[str, np.ndarray],
    ) -> None:
        """Write what a method ('pcg' or 'lbfgs') leaves of an iteration, {slot: (ny, nx)}; weighted: what
        makes it, where it is written."""
        due = is_due(iteration, self.first, self.every)
        if method == "pcg":
            self._write(gradient, lambda slot: f"_g{ENDINGS[slot]}.old")
            self._write(direction, lambda slot: f"_c{ENDINGS[slot]}.old")
            if due:
                self._write(weighted(), lambda slot: f"_p{ENDINGS[slot]}_it{iteration}.old")
        elif due:
            self._write(gradient, lambda slot: f"_grad1_{slot}_it{iteration}.bin")
            self._write(direction, lambda slot: f"_grad2_{slot}_it{iteration}.bin")

    def write_weight(self, weight: np.ndarray, iteration: int) -> None:
        """The preconditioning weight (ny, nx), dimensionless, largest value 1."""
        write_grid_file(f"{self.prefix}_approx_hessian_it{iteration}.bin", weight, self.every_x, self.every_y)

    def _write(self, arrays: Mapping[str, np.ndarray], ending) -> None:
        for slot, array in arrays.items():
            write_grid_file(f"{self.prefix}{ending(slot)}", array, self.every_x, self.every_y)
