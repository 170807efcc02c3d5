"""Limits of the model as a projection in the inversion space."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from denise_py.mapping.limits import Limits
from denise_py.mapping.scaling import Scaling

Convert = Callable[[Mapping[str, np.ndarray]], Mapping[str, np.ndarray]]


def projection(
    limits: Limits,
    scaling: Scaling,
    base: Mapping[str, np.ndarray],
    to_velocities: Convert,
    to_slots: Convert,
) -> Callable[[np.ndarray], np.ndarray]:
    """A function p -> nearest allowed p.

    base: float64 model {slot: (ny, nx)}, for what is not inverted; to_velocities, to_slots convert between
    the slots of the parameterisation and vp, vs, rho. Components that are allowed come back bitwise.
    """

    mobility = {slot: scaling.references.get(slot, 0.0) for slot in ("vp", "vs")}

    def project(p: np.ndarray) -> np.ndarray:
        model = scaling.model(p, base)
        velocities = to_velocities(model)
        allowed = limits.apply(velocities, mobility)
        changed = {name: allowed[name] != velocities[name] for name in allowed}
        if not any(mask.any() for mask in changed.values()):
            return p
        # a slot may depend on all three quantities
        touched = np.logical_or.reduce(list(changed.values()))
        limited = scaling.vector({**model, **to_slots(allowed)})
        return np.where(scaling.repeat(touched) & ~np.isclose(limited, p, rtol=1e-14, atol=0.0), limited, p)

    return project
