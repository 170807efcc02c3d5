"""From changes of lam, mu and rho at the nodes to what they do to a linearised run: gradient.chain_rule
transposed.

The scheme computes s += C e and v += B h. A small change of the medium adds dC e = (dC C^-1) ds and dB h =
(dB B^-1) dv to its linearisation, with the increments ds, dv of the forward run. Sums and differences of
normal stresses need the relative changes of lam + mu and mu, shear stresses that of mu_xy, velocities those
of the buoyancies; averages are differentiated as in the chain rule, d mu_xy / mu_xy = mu_xy / 4 sum dmu_q /
mu_q^2 and db / b = -b / 2 sum drho_q.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from denise_py.errors import ParameterError
from denise_py.fd import steps_acoustic, steps_psv, steps_sh
from denise_py.medium.model import Medium
from denise_py.medium.staggering import (
    buoyancy_x,
    buoyancy_y,
    mean_above,
    mean_x,
    mean_xy,
    mean_y,
    plate_modulus,
    plate_modulus_slopes,
)
from denise_py.physics.base import Physics
from denise_py.physics.sh import ElasticSH


@dataclass(frozen=True)
class LameChange:
    """Changes of lam, mu (Pa) and rho (kg/m3), each (ny, nx) float64."""

    lam: np.ndarray
    mu: np.ndarray
    rho: np.ndarray


def material_change(physics: Physics, change: LameChange, medium: Medium, surface: bool) -> NamedTuple:
    """Relative changes of the materials of a physics, (ny, nx) float64 on the whole grid; the exact transpose
    of chain_rule.material_gradient. Raises ParameterError for viscous media, which have no linearised run."""
    if physics.name not in _RULES:
        names = ", ".join(_RULES)
        raise ParameterError(
            f"there is no linearised simulation of {physics.name} waves (there is of {names}): use another "
            "GRAD_METHOD"
        )
    return _RULES[physics.name](physics, change, medium, surface)


def _psv(_: Physics, change: LameChange, medium: Medium, surface: bool) -> steps_psv.Change:
    lam, mu = np.asarray(medium.lam, np.float64), np.asarray(medium.mu, np.float64)
    moving = np.where(mu > 0, change.mu, 0.0)
    total, difference = _divide(change.lam + moving, lam + mu), _divide(moving, mu)
    if surface:
        by_lam, by_mu = plate_modulus_slopes(lam[0], mu[0])
        plate = by_lam * change.lam[0] + by_mu * moving[0]
        total[0] = difference[0] = _divide(plate, plate_modulus(lam[0], mu[0]))
    compliance = _divide(moving, mu**2)
    # 1 / mu_xy is the mean of 1 / mu; beside a fluid node the increments are zero
    shear = _divide(mean_xy(compliance), mean_xy(_divide(np.ones_like(mu), mu)))
    return steps_psv.Change(total, difference, shear, *_plane_forces(change, medium))


def _plane_forces(change: LameChange, medium: Medium) -> tuple[np.ndarray, np.ndarray]:
    drho = np.where(medium.void, 0.0, change.rho)
    mass = np.asarray(medium.mass, np.float64)
    return -buoyancy_x(mass) * mean_x(drho), -buoyancy_y(mass) * mean_y(drho)


def _acoustic(_: Physics, change: LameChange, medium: Medium, surface: bool) -> steps_acoustic.Change:
    pressure = _divide(change.lam, np.asarray(medium.lam, np.float64))
    return steps_acoustic.Change(pressure, *_plane_forces(change, medium))


def _sh(physics: ElasticSH, change: LameChange, medium: Medium, surface: bool) -> steps_sh.Change:
    mu = np.asarray(medium.mu, np.float64)
    moving, drho = (np.where(mu > 0, a, 0.0) for a in (change.mu, change.rho))
    compliance, inverse = _divide(moving, mu**2), _divide(np.ones_like(mu), mu)
    at_x, at_y = (mean_x, mean_above) if physics.on_nodes else (mean_xy, lambda a: a)
    shear = (_divide(mean(compliance), mean(inverse)) for mean in (at_x, at_y))
    mass = np.where(mu > 0, medium.rho, 0.0)
    at_vz = (lambda a: a) if physics.on_nodes else mean_y
    return steps_sh.Change(*shear, -_divide(at_vz(drho), at_vz(mass)))


def _divide(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a / b, 0 where b = 0."""
    return np.divide(a, b, out=np.zeros(np.shape(b)), where=b != 0)


Rule = Callable[[Physics, LameChange, Medium, bool], NamedTuple]

#: by the name of the physics
_RULES: Mapping[str, Rule] = {"elastic P-SV": _psv, "acoustic": _acoustic, "elastic SH": _sh}
