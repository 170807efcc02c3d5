"""A small inverse crime on disk: models, sources, receivers, observed data, and runs of them in this process.

60 x 40 nodes, free surface, three vertical forces below it, ten receivers on the far side of two anomalies;
a run takes a fraction of a second.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from denise_py.gradient.storage import Layout
from denise_py.grid import Grid
from denise_py.mapping.scaling import Scaling
from denise_py.medium.model_io import write_grid_file
from denise_py.parallel.comm import SerialComm
from denise_py.parameters.settings import Settings
from denise_py.workflow.choices import joint_weights, misfit_of
from denise_py.workflow.crew import Crew
from denise_py.workflow.forward import run_forward
from denise_py.workflow.inversion import run_inversion
from denise_py.workflow.objective import Objective, Weighting
from denise_py.workflow.observed import ObservedData
from denise_py.workflow.setup import Processes, Setup, divide_processes, prepare
from denise_py.workflow.stages import plan_stages

NX, NY, DH, DT, NT = 60, 40, 2.0, 1e-3, 160
FRAME = 8
GRID = Grid(NX, NY, DH)
SOURCES = ((30.0, 6.0), (60.0, 6.0), (90.0, 6.0))
FREQUENCY = 30.0
RECEIVERS = np.array([[20.0 + 9.0 * q, 54.0] for q in range(10)])
NAMES = ("vp", "vs", "rho")
BACKGROUND = {"vp": 1100.0, "vs": 600.0, "rho": 1800.0}
#: what the true model has more than the start model, in parts of it, and where (m)
ANOMALIES = {"vp": (0.06, 48.0, 28.0), "vs": (0.06, 70.0, 30.0), "rho": (0.05, 58.0, 24.0)}


def start_model() -> dict[str, np.ndarray]:
    """A model that is not quite constant: every parameter rises with depth by 5 %."""
    depth = np.arange(1, NY + 1)[:, None] / NY * np.ones((1, NX))
    return {name: value * (1 + 0.05 * depth) for name, value in BACKGROUND.items()}


def true_model() -> dict[str, np.ndarray]:
    """The start model with a smooth anomaly per parameter."""
    y, x = DH * np.mgrid[1 : NY + 1, 1 : NX + 1]
    model = start_model()
    for name, (size, x0, y0) in ANOMALIES.items():
        model[name] *= 1 + size * np.exp(-((x - x0) ** 2 + (y - y0) ** 2) / (2 * 8.0**2))
    return model


FORWARD_KEYS: dict[str, Any] = {
    "NPROCX": 1, "NPROCY": 1, "FDORDER": 4, "MAXRELERROR": 0,
    "NX": NX, "NY": NY, "DH": DH, "TIME": NT * DT, "DT": DT,
    "RUN_MULTIPLE_SHOTS": 1, "QUELLTYP": 3, "QUELLART": 1,
    "READMOD": 1, "INVMAT1": 1,
    "FREE_SURF": 1, "BOUNDARY": 0, "FW": FRAME, "DAMPING": 1100, "FPML": 30, "npower": 4, "k_max_PML": 1,
    "SEISMO": 5, "READREC": 1, "REFRECX": 0, "REFRECY": 0, "SEIS_FORMAT": 1, "INVMAT": 10,
}  # fmt: skip

INVERSION_KEYS: dict[str, Any] = {
    "INVMAT": 0, "SEISMO": 0, "ITERMAX": 3, "QUELLTYPB": 1, "LNORM": 2, "VELOCITY": 1, "DTINV": 2,
    "nfstart": 1, "nf": 1, "nfstart_jac": 1, "nf_jac": 1,
    "GRAD_METHOD": 1, "EPS_SCALE": 0.01, "STEPMAX": 4, "SCALEFAC": 2, "PRO": 0,
    "SOURCE_DAMPING": 0, "BALANCE": 0,
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What an inversion left: the folder it wrote to, its final model, its log and its records."""

    folder: Path
    model: dict[str, np.ndarray]
    log: tuple[str, ...]

    @property
    def records(self) -> list[dict[str, Any]]:
        """The JSON lines, one dictionary per iteration."""
        return [json.loads(line) for line in (self.folder / "misfit.jsonl").read_text().splitlines()]

    @property
    def rows(self) -> list[list[float]]:
        """The misfit log in columns, without its header."""
        lines = (self.folder / "misfit.dat").read_text().splitlines()
        return [[float(word) for word in line.split()] for line in lines if not line.startswith("opteps")]

    @property
    def misfits(self) -> list[float]:
        """Misfit of all shots before every iteration and after the last one, where it is known."""
        records = self.records
        after = records[-1]["misfit_after"]
        return [r["misfit_before"] for r in records] + ([] if after is None else [after])

    def grid_file(self, name: str) -> np.ndarray:
        """A model or gradient file of the folder, (ny, nx)."""
        return read_grid(self.folder / name)

    def said(self, text: str) -> list[str]:
        """Lines of the log with a text in them."""
        return [line for line in self.log if text in line]


def read_grid(path: Path) -> np.ndarray:
    """A raw file of the grid as written by DENISE, (ny, nx) float32."""
    return np.fromfile(path, "<f4").reshape(NX, NY).T


@dataclass(frozen=True)
class Project:
    """Models, geometry and observed data in one folder; every run writes into a folder of its own."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> Project:
        """Write all input files, then the observed data by a forward run through the true model."""
        project = cls(folder)
        for base, model in (("true", true_model()), ("start", start_model())):
            for name, array in model.items():
                write_grid_file(folder / f"{base}.{name}", array)
        lines = [f"{x:g} 0 {y:g} 0 {FREQUENCY:g} 1e6" for x, y in SOURCES]
        (folder / "sources.dat").write_text("\n".join([str(len(lines)), *lines, ""]))
        np.savetxt(folder / "receivers.dat", RECEIVERS, fmt="%g")
        project.forward(folder, MFILE=folder / "true", SEIS_FILE=folder / "obs")
        return project

    def keys(self, folder: Path, **changes: Any) -> dict[str, Any]:
        """Names and values of a forward run; of an inversion with INVMAT = 0. None takes a key away."""
        f = self.folder
        keys = FORWARD_KEYS | {"SOURCE_FILE": f / "sources.dat", "REC_FILE": f / "receivers.dat"}
        keys |= {"MFILE": f / "start", "SEIS_FILE": folder / "syn", "LOG_FILE": folder / "log"}
        if changes.get("INVMAT") == 0:
            keys |= INVERSION_KEYS | {"DATA_DIR": f / "obs", "INV_MODELFILE": folder / "inv"}
            keys |= {"JACOBIAN": folder / "jac", "MISFIT_LOG_FILE": folder / "misfit.dat"}
        keys |= changes
        return {k: str(v) if isinstance(v, Path) else v for k, v in keys.items() if v is not None}

    def settings(self, folder: Path, **changes: Any) -> Settings:
        """Settings of a run into a folder."""
        return Settings.from_mapping(self.keys(folder, **changes))

    def file(self, folder: Path, name: str = "run.json", **changes: Any) -> Path:
        """The same as a parameter file in that folder."""
        path = folder / name
        path.write_text(json.dumps(self.keys(folder, **changes), indent=1))
        return path

    def forward(self, folder: Path, comm: Any = None, **changes: Any) -> tuple[str, ...]:
        """Run the forward modelling; returns the lines of the log."""
        setup, processes, log, lines = self._start(self.settings(folder, **changes), comm)
        run_forward(setup, processes, log)
        return tuple(lines)

    def invert(self, folder: Path, comm: Any = None, dtype: Any = np.float32, **changes: Any) -> Outcome:
        """Run an inversion."""
        settings = self.settings(folder, **({"INVMAT": 0} | changes))
        setup, processes, log, lines = self._start(settings, comm, dtype)
        model = run_inversion(setup, processes, log)
        return Outcome(folder, model, tuple(lines))

    def objective(
        self,
        folder: Path,
        comm: Any = None,
        dtype: Any = np.float64,
        slots=NAMES,
        weighting: Weighting | None = None,
        everywhere: bool = False,
        **changes: Any,
    ) -> tuple[Objective, Scaling, Setup]:
        """The objective of an inversion's first stage, the mapping of its parameters, its setup."""
        settings = self.settings(folder, **({"INVMAT": 0, "DTINV": 1} | changes))
        setup, processes, _, _ = self._start(settings, comm, dtype)
        return objective_of(setup, processes, slots, weighting, everywhere)

    def _start(
        self, settings: Settings, comm: Any, dtype: Any = np.float32
    ) -> tuple[Setup, Processes, logging.Logger, list[str]]:
        setup = prepare(settings, dtype)
        processes = divide_processes(settings, comm or SerialComm(), setup.grid)
        log, lines = listening_log()
        return setup, processes, log, lines


def objective_of(
    setup: Setup,
    processes: Processes,
    slots=NAMES,
    weighting: Weighting | None = None,
    everywhere: bool = False,
) -> tuple[Objective, Scaling, Setup]:
    """Objective of the first stage, without weights unless given, scaled by the start model; everywhere:
    every group has all observed data."""
    settings = setup.settings
    plan = plan_stages(settings, setup.workflow, setup.corners)[0]
    crew = Crew(setup, processes, everywhere=everywhere)
    own, others = (crew.own, crew.order if everywhere else ()) if processes.group.is_root else ((), ())
    observed = ObservedData(setup, own, others=others)
    observed.use_stage(plan)
    scaling = Scaling.of_model(setup.model, slots)
    misfit, keep = misfit_of(setup, plan), Layout(settings.inversion.sampling)
    weighting = weighting or Weighting()
    band = plan.band()
    objective = Objective(
        crew,
        observed,
        misfit,
        scaling,
        setup.model,
        band,
        keep,
        weighting,
        joint=joint_weights(setup, plan),
    )
    return objective, scaling, setup


class _Lines(logging.Handler):
    """Keeps the messages."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def listening_log() -> tuple[logging.Logger, list[str]]:
    """A log and the list of the lines it has been told."""
    log, handler = logging.Logger("test"), _Lines()
    log.addHandler(handler)
    return log, handler.lines
