"""What an inversion should report, computed in another way: misfits by hand, weights from the energies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.signal import lfilter

from denise_py.acquisition.wavelets import wavelet
from denise_py.gradient.chain_rule import psv_gradient
from denise_py.gradient.storage import Layout
from denise_py.grid import TimeAxis
from denise_py.parallel.comm import SerialComm
from denise_py.traces.su import read_su
from denise_py.workflow.setup import divide_processes, prepare
from denise_py.workflow.simulator import Simulator
from tests.workflow.project import DT, FREQUENCY, NT, Project

Filter = Callable[[np.ndarray], np.ndarray]


def read_shot(folder: Path, prefix: str, component: str, shot: int) -> np.ndarray:
    """Traces (ntr, nt) float64 of a forward run."""
    return read_su(folder / f"{prefix}_{component}.su.shot{shot}").data.astype(np.float64)


def section(kind: str, corner: float, order: int, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of second-order section number 1, 2, ... of a Butterworth filter by the bilinear
    transform without pre-warping."""
    e = 2 * np.pi * corner * DT
    h = np.sin(np.pi * (2 * number - 1) / (2 * order))
    denominator = np.array([1 + e * h + e**2 / 4, -2 + e**2 / 2, 1 - e * h + e**2 / 4])
    numerator = e**2 / 4 * np.array([1.0, 2.0, 1.0]) if kind == "low" else np.array([1.0, -2.0, 1.0])
    return numerator, denominator


def band(low: float, high: float = 0.0, order: int = 4, zero_phase: bool = False) -> Filter:
    """A low-pass, then a high-pass; corners of 0 leave one out."""

    def once(kind: str, corner: float, traces: np.ndarray) -> np.ndarray:
        for number in range(1, order // 2 + 1):
            traces = lfilter(*section(kind, corner, order, number), traces)
        return traces

    def apply(traces: np.ndarray) -> np.ndarray:
        for kind, corner in (("low", low), ("high", high)):
            if corner:
                traces = once(kind, corner, traces)
                if zero_phase:
                    traces = once(kind, corner, traces[..., ::-1])[..., ::-1]
        return traces

    return apply


def misfit_by_hand(
    project: Project,
    folder: Path,
    components: str = "x y",
    velocity: bool = True,
    filtered: Filter | None = None,
    shots: tuple[int, ...] = (1, 2, 3),
    model: str | Path = "start",
) -> float:
    """sum (s - d)^2 / sum d^2 of a model, from the files of a forward run with a filtered wavelet."""
    change = filtered or (lambda traces: traces)
    series = change(wavelet(1, FREQUENCY, 0.0, TimeAxis(NT, DT)))
    np.savetxt(folder / "wavelet.dat", series, fmt="%.10e")
    files = {"SIGNAL_FILE": folder / "wavelet.dat", "SEIS_FILE": folder / "hand"}
    project.forward(folder, QUELLART=3, MFILE=project.folder / model, **files)
    difference = energy = 0.0
    for shot in shots:
        for component in components.split():
            synthetic = read_shot(folder, "hand", component, shot)
            observed = change(read_shot(project.folder, "obs", component, shot))
            if not velocity:
                synthetic, observed = (DT * np.cumsum(traces, axis=1) for traces in (synthetic, observed))
            difference += np.sum((synthetic - observed) ** 2)
            energy += np.sum(observed**2)
    return difference / energy


def shot_parts(project: Project, folder: Path) -> list[dict[str, np.ndarray]]:
    """Per shot the derivatives of the raw L2 misfit by vp, vs and rho, and the energies of both fields, all
    (ny, nx), for the start model."""
    setup = prepare(project.settings(folder, INVMAT=0, DTINV=1))
    simulator = Simulator(setup, divide_processes(setup.settings, SerialComm(), setup.grid))
    simulator.set_medium(setup.medium)
    parts = []
    for shot in setup.shots:
        traces = simulator.forward(shot, ("vx", "vy"), keep=Layout())
        residuals = {
            name: 2 * (traces[name] - read_shot(project.folder, "obs", name[1], shot.number))
            for name in traces
        }
        (kernels,) = simulator.adjoint(residuals).values()
        lame = psv_gradient(kernels, setup.medium, setup.time.dt / setup.grid.dh, surface=True)
        found = setup.parameterization.gradient(lame, setup.model)
        parts.append(found | {"source": kernels["source_energy"], "receiver": kernels["energy"]})
    return parts


def size(part: dict[str, np.ndarray], model: dict[str, np.ndarray]) -> np.ndarray:
    """sum over the parameters of |largest value of the model times derivative|."""
    return sum(np.abs(model[name].max() * part[name]) for name in ("vp", "vs", "rho"))
