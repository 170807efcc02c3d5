"""How exact the gradients of all misfits are, with every way of processing the traces, for all kinds of
waves.

The remainder of the first-order Taylor expansion of the reported misfit falls with a power of the step, which
must be 2. The misfit L1 has corners, where it does not; its derivative is compared with a central difference
instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from denise_py.medium.model_io import write_grid_file
from tests.workflow.project import NAMES, RECEIVERS, SOURCES, Project, start_model

VISCOUS = {"L": 2, "FL1": 10, "FL2": 80, "TAU": 0.02, "F_REF": 80}
#: keys of every kind of waves, and what they depend on
WAVES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "P-SV": ({}, NAMES),
    "viscoelastic": (VISCOUS, NAMES),
    "acoustic": ({"ACOUSTIC": 1}, ("vp", "rho")),
    "SH": ({"WAVETYPE": 2, "QUELLART_SH": 1}, ("vs", "rho")),
}
PROCESSING = ("none", "TIMEWIN", "NORMALIZE", "TRKILL", "causal filter", "zero-phase filter")
NORMS = (1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12)
#: absolute values, and quantiles of sampled traces
WITH_CORNERS = (1, 11)
OPTIONS = {8: {"WATERLEVEL_LNORM8": 0.01}, 9: {"PHASE_F1": 15, "PHASE_F2": 45, "PHASE_NF": 4}}
STEPS = np.array([0.3, 0.1, 0.03])


class MisfitSlopes:
    """A small inverse crime for every kind of waves in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        base = folder / "project"
        base.mkdir()
        self.project = Project.make(base)
        self._data = {}
        for kind, (keys, _) in WAVES.items():
            own = folder / kind
            own.mkdir()
            self.project.forward(own, MFILE=base / "true", SEIS_FILE=own / "obs", **keys)
            self._data[kind] = own / "obs"
        self._files()

    def _files(self) -> None:
        """Picks, a table of traces to leave out, and the start model as Lame parameters."""
        for shot, (x, y) in enumerate(SOURCES, start=1):
            offsets = np.hypot(*(RECEIVERS - (x, y)).T)
            np.savetxt(self._folder / f"picks_{shot}.dat", offsets / 1100.0 + 0.03)
        np.savetxt(self._folder / "kill.dat", np.random.default_rng(1).integers(0, 2, (10, 3)), fmt="%d")
        m = start_model()
        mu = m["rho"] * m["vs"] ** 2
        for name, values in (("lam", m["rho"] * m["vp"] ** 2 - 2 * mu), ("mu", mu), ("rho", m["rho"])):
            write_grid_file(self._folder / f"lame.{name}", values)

    def _keys(self, processing: str) -> dict[str, Any]:
        window = {"TWLENGTH_PLUS": 0.04, "TWLENGTH_MINUS": 0.02, "GAMMA": 1e4}
        band = {"TIME_FILT": 1, "FC_START": 45, "FC_END": 45, "FC_INCR": 10, "ORDER": 4}
        return {
            "none": {},
            "TIMEWIN": {"TIMEWIN": 1, "PICKS_FILE": self._folder / "picks"} | window,
            "NORMALIZE": {"NORMALIZE": 1},
            "TRKILL": {"TRKILL": 1, "TRKILL_FILE": self._folder / "kill"},
            "causal filter": band | {"ZERO_PHASE": 0},
            "zero-phase filter": band | {"ZERO_PHASE": 1},
        }[processing]

    def cases(self, norm: int, processing: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Kind of waves and keys: displacement and velocity, and for P-SV waves three parameterisations."""
        keys = self._keys(processing) | OPTIONS.get(norm, {}) | {"LNORM": norm}
        for kind in WAVES:
            for velocity in (0, 1):
                for number in (1, 2, 3) if kind == "P-SV" else (1,):
                    model = {"MFILE": self._folder / "lame"} if number == 3 else {}
                    yield kind, keys | model | {"VELOCITY": velocity, "INVMAT1": number}

    def error(self, kind: str, keys: dict[str, Any]) -> float:
        """Largest deviation of the slopes from 2, for misfits with corners that of a central difference,
        relative."""
        waves, slots = WAVES[kind]
        objective, scaling, setup = self.project.objective(
            self._folder, slots=slots, DATA_DIR=self._data[kind], **waves | keys
        )
        p = scaling.vector(setup.model)
        value, gradient = objective.misfit_and_gradient(p)
        # along a single direction the second derivative may happen to be next to nothing
        return min(self._along(seed, keys["LNORM"], objective, p, value, gradient) for seed in (1, 2))

    def _along(
        self, seed: int, norm: int, objective: Any, p: np.ndarray, value: float, g: np.ndarray
    ) -> float:
        direction = 1e-4 * np.random.default_rng(seed).standard_normal(p.size)
        slope = g @ direction
        if norm in WITH_CORNERS:
            h = 1e-2
            ends = [objective.misfit(p + sign * h * direction) for sign in (1, -1)]
            return float(abs((ends[0] - ends[1]) / (2 * h) / slope - 1))
        rest = [abs(objective.misfit(p + h * direction) - value - h * slope) for h in STEPS]
        return float(np.max(np.abs(np.diff(np.log(rest)) / np.diff(np.log(STEPS)) - 2)))

    def worst(self, norm: int, processing: str) -> float:
        """The largest error over kinds of waves, VELOCITY and INVMAT1."""
        return max(self.error(kind, keys) for kind, keys in self.cases(norm, processing))
