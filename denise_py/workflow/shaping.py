"""What a stage makes of gradients and models: weights, smoothing, medians."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from denise_py.gradient.metric import Metric
from denise_py.gradient.smoothing import Smoothing, boxcar_deviation, median, odd_size
from denise_py.mapping.scaling import Scaling
from denise_py.parameters.models import PreconditionSettings, SmoothingSettings
from denise_py.parameters.settings import Settings
from denise_py.workflow.choices import settings_of, velocities_of
from denise_py.workflow.setup import Setup
from denise_py.workflow.stages import StagePlan

ALONG_X, LOCAL = 1, 4  # kinds of smoothing


def regions(setup: Setup) -> np.ndarray:
    """What is not mixed by smoothing: 0 void, 1 fluid, 2 solid in SH runs, 3 solid; (ny, nx)."""
    start = velocities_of(setup, setup.model)
    return (np.asarray(start["vp"]) > 0).astype(int) + 2 * (np.asarray(start["vs"]) > 0)


def slowest(velocities: Mapping[str, np.ndarray]) -> np.ndarray:
    """vs, and where that is zero vp; (ny, nx) in m/s."""
    vp, vs = np.asarray(velocities["vp"]), np.asarray(velocities["vs"])
    return np.where(vs > 0, vs, vp)


# ----------------------------------------------------------------------------------------- gradient


@dataclass(frozen=True)
class Shaping:
    """How a stage shapes directions. files: tapers of single parameters {slot: (ny, nx)}; velocity: of the
    slowest wave in the model at its begin, (ny, nx); frequency: that belongs to its wavelengths; size: side
    of the median filter in points; regions: (ny, nx)."""

    settings: Settings
    files: Mapping[str, np.ndarray]
    velocity: np.ndarray
    frequency: float
    size: int
    dh: float
    regions: np.ndarray

    @classmethod
    def of_stage(
        cls, setup: Setup, plan: StagePlan, model: Mapping[str, np.ndarray], files: Mapping[str, np.ndarray]
    ) -> Shaping:
        """For a stage that begins with a model {slot: (ny, nx)}."""
        settings = settings_of(setup, plan)
        highest = max(source.frequency for shot in setup.shots for source in shot.sources)
        velocity = slowest(velocities_of(setup, model))
        size = median_size(setup, plan)
        frequency = plan.low_pass or highest
        return cls(settings, files, velocity, frequency, size, setup.grid.dh, regions(setup))

    def metric(self, common: np.ndarray, own: np.ndarray, scaling: Scaling, iteration: int) -> Metric:
        """The metric of an iteration from the weights of all parameters (ny, nx) and those of the shots, (ny,
        nx) or one per parameter."""
        weights = {}
        for number, slot in enumerate(scaling.slots):
            weight = common * (own if own.ndim == 2 else own[number])
            if slot in self.files:
                weight = weight * self.files[slot]
            if slot == "rho":
                weight = weight * self.settings.optimiser.rho_factor
            weights[slot] = weight
        return Metric(weights, self.smoothing(iteration))

    def smoothing(self, iteration: int) -> Smoothing | None:
        """SPATFILTER in an iteration, None if it is off."""
        s = self.settings.smoothing
        if s.spatial == ALONG_X:
            deviation = boxcar_deviation(spatial_half_width(s, iteration))
            rows = np.arange(1, len(self.regions) + 1)[:, None] >= s.spatial_first_row
            return Smoothing(deviation * rows, 0.0, self.regions) if deviation else None
        if s.spatial == LOCAL:
            wavelength = self.velocity / self.frequency / self.dh
            return Smoothing(s.wavelengths_x * wavelength, s.wavelengths_y * wavelength, self.regions)
        return None

    def reshape(self, scaling: Scaling) -> Callable[[np.ndarray], np.ndarray] | None:
        """GRAD_FILTER on directions, as vectors; None if it is off. Points that do not move stay."""
        if self.size == 1:
            return None

        def filtered(direction: np.ndarray) -> np.ndarray:
            parts = scaling.parts(direction)
            return scaling.join(
                {
                    slot: np.where(part == 0, 0.0, median(part, self.size, self.regions))
                    for slot, part in parts.items()
                }
            )

        return filtered


def spatial_half_width(s: SmoothingSettings, iteration: int) -> int:
    """SPAT_FILT_SIZE in an iteration, counted from 1."""
    return max(s.spatial_size - (iteration - 1 if s.spatial_shrink else 0), 0)


def median_size(setup: Setup, plan: StagePlan) -> int:
    """Side of the median filter of directions in points, odd; 1 if it is off."""
    s = settings_of(setup, plan).smoothing
    if not s.gradient:
        return 1
    if not (s.gradient_wavelength and plan.low_pass):
        return odd_size(s.gradient_size)
    velocity = slowest(velocities_of(setup, setup.model))
    mean = float(np.mean(velocity[velocity > 0]))
    return odd_size(s.wavelength_fraction * mean / plan.low_pass / setup.grid.dh)


class KeptIllumination:
    """EPRECOND_ITER: the illumination weight of one iteration, which is used from then on."""

    def __init__(self) -> None:
        self._origin: tuple[float, ...] = ()
        self._weight: np.ndarray | None = None

    def use(self, weight: np.ndarray, chosen: PreconditionSettings, iteration: int) -> np.ndarray:
        """What is used in an iteration (from 1) whose own weight is `weight` (ny, nx)."""
        origin = chosen.kind, chosen.epsilon, chosen.epsilon_sh
        if chosen.iteration == 0 or chosen.kind == 0:
            return weight
        if iteration < chosen.iteration:
            return np.ones_like(weight)
        if self._weight is None or origin != self._origin:
            self._origin, self._weight = origin, weight
        return self._weight


# -------------------------------------------------------------------------------------------- model


def filtered_point(
    p: np.ndarray, scaling: Scaling, size: int, weights: Mapping[str, np.ndarray], areas: np.ndarray
) -> np.ndarray:
    """MODEL_FILTER: p with the median of size x size points wherever a parameter can move, that is where its
    weight and its value are not zero. Everything else comes back bitwise. areas: see regions."""
    parts = scaling.parts(p)
    return scaling.join(
        {
            slot: np.where((weights[slot] > 0) & (part != 0), median(part, size, areas), part)
            for slot, part in parts.items()
        }
    )
