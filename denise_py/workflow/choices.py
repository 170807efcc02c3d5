"""From settings to the pieces of an inversion: optimiser options, weights, tapers, limits, test shots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from math import prod

import numpy as np

from denise_py.gradient.parameterization import LEVELS
from denise_py.gradient.tapers import (
    circles,
    clear_nodes,
    dips,
    growth_with_depth,
    window_along_depth,
    window_along_x,
)
from denise_py.mapping.limits import Limits
from denise_py.medium.model import Medium
from denise_py.misfit.joint import ALONE, JointWeights
from denise_py.misfit.norms import Options as NormOptions
from denise_py.misfit.registry import Misfit, find_misfit
from denise_py.misfit.spectral import frequencies
from denise_py.optimise.descent import Options
from denise_py.parameters.finding import inverted_levels
from denise_py.parameters.settings import Settings
from denise_py.workflow.geometry import all_receiver_nodes
from denise_py.workflow.keeping import Keeping, MemoryLimit, keep, movable_nodes
from denise_py.workflow.objective import Weighting
from denise_py.workflow.setup import Processes, Setup, Shot
from denise_py.workflow.stages import StagePlan, active_slots
from denise_py.workflow.taper_files import file_tapers, shot_taper
from denise_py.workflow.together import on_all

SH_ALONE, BOTH_WAVES = 2, 3  # numbers of the wave type
ALWAYS, CONJUGATE_GRADIENTS = 1, 2  # when parameters are balanced
LEFT_AT_SOURCES = 0.02  # of a gradient's peaks, where they are damped
AS_REPORTED, EQUAL_SHARES = 2, 3  # ways to join the misfits of both wave types


def optimiser_method(settings: Settings) -> str:
    """'pcg', 'lbfgs', 'adam' or 'gauss-newton'."""
    return {1: "pcg", 2: "lbfgs", 3: "adam", 5: "gauss-newton"}[settings.optimiser.method]


def optimiser_options(settings: Settings) -> Options:
    """Method, line search and their constants."""
    o, method = settings.optimiser, optimiser_method(settings)
    return Options(
        method=method,
        search="wolfe" if method == "gauss-newton" or (method == "lbfgs" and o.wolfe) else "parabolic",
        history=o.history,
        formula={1: "FR", 2: "PR", 3: "HS", 4: "DY"}[o.formula],
        max_products=o.products,
        first_step=o.first_step,
        step_divisor=o.step_divisor,
        max_trials=o.max_trials,
        c1=o.c1,
        c2=o.c2,
        wolfe_trials=o.wolfe_trials,
        reuse_step=o.try_old_step,
        rate=o.adam_rate,
        moments=(o.adam_b1, o.adam_b2),
        smallest=o.adam_eps,
        halve=o.adam_halve,
    )


def balanced(settings: Settings) -> bool:
    """Whether first steps change all parameters by the same largest fraction."""
    balance = settings.optimiser.balance
    return balance == ALWAYS or (balance == CONJUGATE_GRADIENTS and optimiser_method(settings) == "pcg")


def misfit_of(setup: Setup, plan: StagePlan) -> Misfit:
    """The misfit of a stage with its options."""
    chosen, time = (plan.settings or setup.settings).misfit, setup.time
    lines: tuple[float, ...] = ()
    if chosen.phase_last:
        band = chosen.phase_first, chosen.phase_last, chosen.phase_number
        lines = frequencies(time.nt, time.dt, *band)
    return find_misfit(chosen.norm, NormOptions(time.dt, chosen.water_level, chosen.scale, lines))


def settings_of(setup: Setup, plan: StagePlan) -> Settings:
    """The settings that hold in a stage."""
    return plan.settings or setup.settings


def joint_weights(setup: Setup, plan: StagePlan) -> JointWeights:
    """Shares of P-SV and SH waves in the misfit of a stage; a stage of one wave type gives it the whole
    share."""
    if len(setup.physics) == 1:
        return ALONE
    chosen, waves = plan.settings.joint, plan.settings.physics.wave_type
    if waves != BOTH_WAVES:
        return JointWeights((1.0, 0.0) if waves != SH_ALONE else (0.0, 1.0))
    shares = (1.0, 1.0) if chosen.type == EQUAL_SHARES else (1.0 - chosen.alpha_vs, chosen.alpha_vs)
    return JointWeights(shares, normalised=chosen.type != AS_REPORTED or chosen.equal_weighting)


def shot_weighting(setup: Setup, plan: StagePlan, slots: Sequence[str]) -> Weighting:
    """Weights of the shots' gradients in a stage in which some parameters are inverted."""
    settings = settings_of(setup, plan)
    t, e = settings.tapers, settings.precondition

    @cache  # files are read once per stage and process
    def from_files(number: int) -> np.ndarray:
        return shot_taper(settings, setup.grid, plan.number, number, slots)

    damped = t.damping > 0 and not (t.sources or t.per_shot)

    def around_sources(shot: Shot) -> np.ndarray | float:
        if t.per_shot:
            return circles(setup.grid, shot.nodes, t.shape, t.radius, t.core)
        return dips(setup.grid, shot.nodes, t.damping, LEFT_AT_SOURCES) if damped else 1.0

    def taper(shot: Shot) -> np.ndarray:
        disc = around_sources(shot)
        return disc * from_files(shot.number) if t.file_per_shot else disc

    given = setup.settings.precondition
    of_sh = e.epsilon if given.epsilon_sh == given.epsilon else e.epsilon_sh, e.per_shot_sh
    return Weighting(
        e.kind,
        *(of_sh if setup.settings.physics.wave_type == SH_ALONE else (e.epsilon, e.per_shot)),
        taper if t.per_shot or t.file_per_shot or damped else None,
        len(slots) if t.file_per_shot else 1,
        of_sh,
    )


def total_tapers(setup: Setup, settings: Settings) -> dict[str, np.ndarray]:
    """Tapers (ny, nx) of the summed gradient under the names of their files: SWS_TAPER_GRAD_VERT 'vert',
    _HOR 'hor', _SOURCES 'sources', EXP_TAPER_GRAD_HOR 'depth'; only those that are switched on."""
    t, grid = settings.tapers, setup.grid
    sources = [node for shot in setup.shots for node in shot.nodes]
    receivers = [(int(i), int(j)) for i, j in all_receiver_nodes(setup.shots)]
    parts = {}
    if t.vertical:
        parts["vert"] = clear_nodes(window_along_x(grid, t.edges), [*sources, *receivers])
    if t.horizontal:
        parts["hor"] = window_along_depth(grid, t.edges)
    if t.sources:
        parts["sources"] = circles(grid, sources, t.shape, t.radius, t.core)
    if t.depth_exponent:
        parts["depth"] = growth_with_depth(grid, t.depth_exponent)
    return parts


def keep_all(setup: Setup, processes: Processes, limit: MemoryLimit, plan: StagePlan) -> Keeping:
    """How to keep the forward wavefields of a stage from the start model, once all its parameters move.
    Collective. Raises ResourceError when that does not fit into the memory."""
    chosen, grid = settings_of(setup, plan), setup.grid
    slots = active_slots(plan, setup.settings.inversion.max_iterations)
    taper = prod(total_tapers(setup, chosen).values(), start=np.ones(grid.shape))
    own = on_all(processes.world, lambda: file_tapers(chosen, grid, plan.number))
    return keep(setup, processes, limit, plan, slots, movable_nodes(setup.medium, slots, taper, own))


def model_limits(setup: Setup) -> Limits:
    """Bounds, deviations from the start model and vp/vs."""
    b = setup.settings.limits
    bounds = {
        "vp": (b.vp_lower, b.vp_upper),
        "vs": (b.vs_lower, b.vs_upper),
        "rho": (b.rho_lower, b.rho_upper),
    }
    for name in inverted_levels(setup.settings):
        letter = name[-1]
        upper, lower = getattr(b, f"q{letter}_upper"), getattr(b, f"q{letter}_lower")
        bounds[name] = (2 / upper, 2 / lower)
    percent = {"vp": b.vp_percent, "vs": b.vs_percent, "rho": b.rho_percent} if b.relative else None
    return Limits.around(velocities_of(setup, setup.model), bounds, percent, b.vp_vs_ratio)


def limit_warnings(setup: Setup, limits: Limits) -> list[str]:
    """One line per parameter whose start model lies outside its limits, which will move it."""
    start = velocities_of(setup, setup.model)
    allowed = limits.apply(start)
    return [
        f"the start model's {name} lies outside its limits at "
        f"{np.count_nonzero(allowed[name] != start[name])} of {start[name].size} points and is moved there"
        for name in allowed
        if not np.allclose(allowed[name], start[name], rtol=1e-6)
    ]


def velocities_of(setup: Setup, model: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
    """vp, vs, rho of a model in the run's parameterisation; the same arrays if these are its parameters."""
    if setup.settings.model.parameterization == 1:
        return model
    medium = setup.parameterization.medium(model)
    levels = {name: model[name] for name in LEVELS if name in model}
    return {"vp": medium.vp, "vs": medium.vs, "rho": medium.rho} | levels


def slots_of(setup: Setup, velocities: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
    """The inverse of velocities_of."""
    if setup.settings.model.parameterization == 1:
        return velocities
    medium = Medium.from_velocities(velocities["vp"], velocities["vs"], velocities["rho"])
    return setup.parameterization.model(medium)
