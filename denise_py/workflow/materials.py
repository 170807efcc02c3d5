"""Which waves a run simulates, and in which medium: model files and levels of attenuation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from denise_py.acquisition.sources import Source
from denise_py.errors import DataError
from denise_py.gradient.parameterization import Parameterization
from denise_py.grid import Grid
from denise_py.medium.attenuation import Relaxation
from denise_py.medium.builtin import builtin_model
from denise_py.medium.model import Medium
from denise_py.medium.model_io import model_warnings, read_model, read_relaxation, void_nodes
from denise_py.medium.stability import Resolution, resolution
from denise_py.parameters.settings import Settings
from denise_py.physics.base import Physics
from denise_py.physics.registry import physics
from denise_py.propagate import Scheme

SH_ONLY = 2  # value of WAVETYPE
BOTH = 3

Model = dict[str, np.ndarray]


def relaxation_of(settings: Settings, sources: Sequence[Source]) -> Relaxation | None:
    """The relaxation of a viscous medium, None in a lossless one. A negative reference frequency
    stands for the highest centre frequency of the sources, as in DENISE."""
    chosen = settings.attenuation
    if not chosen.mechanisms:
        return None
    reference = chosen.reference_frequency
    if reference < 0:
        reference = max(source.frequency for source in sources)
    return Relaxation(tuple(chosen.frequencies), reference, settings.time.dt)


def choose_physics(settings: Settings, relaxation: Relaxation | None) -> tuple[Physics, ...]:
    """The waves of a run: one physics, or P-SV and SH."""
    elastic = "viscous" if relaxation else "elastic"
    if settings.physics.acoustic:
        return (physics("viscous-acoustic" if relaxation else "acoustic", relaxation),)
    kind = settings.physics.wave_type
    in_plane = (physics(f"{elastic}-psv", relaxation),) if kind != SH_ONLY else ()
    across = (physics(f"{elastic}-sh", relaxation, settings.physics.sh_on_nodes),) if kind > 1 else ()
    return in_plane + across


def read_start_model(
    settings: Settings, kind: Parameterization, grid: Grid, tell: Callable[[str], None]
) -> Model:
    """The start model in the slots of the parameterisation, (ny, nx) float64 each: from files or built in.

    vs = 0 in acoustic runs and vp = 0 in runs of SH waves, where they have no meaning. Raises DataError.
    """
    acoustic, sh_only = settings.physics.acoustic, settings.physics.wave_type == SH_ONLY
    chosen = settings.model
    if not chosen.read:
        built = builtin_model(grid, attenuating=settings.attenuation.mechanisms > 0)
        arrays = dict(zip(("vp", "vs", "rho"), built, strict=True))
    else:
        arrays = read_model(chosen.file, chosen.parameterization, grid, acoustic=acoustic, sh_only=sh_only)
        for warning in model_warnings(arrays, grid, chosen.file):
            tell(warning)
    double = {name: array.astype(np.float64) for name, array in arrays.items()}
    _look_for_void(double, chosen.file, tell)
    if "lam" in double:
        return {"vp": double["lam"], "vs": double["mu"], "rho": double["rho"]}
    absent = ("vs",) if acoustic else ("vp",) if sh_only else ()
    double |= {name: np.zeros(grid.shape) for name in absent}
    if chosen.parameterization == 1:
        return double
    return kind.model(Medium.from_velocities(double["vp"], double["vs"], double["rho"]))


def _look_for_void(model: Model, file: str, tell: Callable[[str], None]) -> None:
    """Say how much void there is; it gets some density, which has no effect. Raises DataError for an empty
    model."""
    void = void_nodes(model)
    if void.all():
        raise DataError(f"{file}: vp and vs are zero everywhere: there is no material to carry waves")
    if void.any():
        model["rho"] = np.where(void & (model["rho"] <= 0), 1.0, model["rho"])
        tell(f"{file}: {void.sum()} nodes with vp = vs = 0 are void (air), they stay so")


def read_levels(settings: Settings, grid: Grid, tell: Callable[[str], None]) -> Model:
    """taup and taus of a viscous medium, (ny, nx) float64 each, from .qp and .qs files or the constant TAU;
    nothing in a lossless medium. Raises DataError."""
    chosen = settings.attenuation
    if not chosen.mechanisms:
        return {}
    levels = {name: np.full(grid.shape, chosen.tau) for name in ("taup", "taus")}
    if not settings.model.read:
        return levels
    acoustic = settings.physics.acoustic
    found = read_relaxation(settings.model.file, grid, acoustic=acoustic)
    for name in ("taup",) if acoustic else ("taup", "taus"):
        if name in found:
            levels[name] = found[name].astype(np.float64)
        else:
            tell(f"no file {settings.model.file}.q{name[-1]}: {name} = {chosen.tau:g} (TAU) everywhere")
    return levels


def run_resolution(
    waves: Sequence[Physics], medium: Medium, grid: Grid, scheme: Scheme, highest_frequency: float
) -> Resolution:
    """Time step and grid spacing that all waves of a run need."""
    speeds = [wave.speeds(medium) for wave in waves]
    both = (min(low for low, _ in speeds), max(high for _, high in speeds))
    s = scheme.stencil
    return resolution(both, grid, s.gamma, s.points_per_wavelength, highest_frequency)
