"""Which physics a run uses."""

from __future__ import annotations

from collections.abc import Callable

from denise_py.medium.attenuation import Relaxation
from denise_py.physics.acoustic import Acoustic, ViscousAcoustic
from denise_py.physics.base import Physics
from denise_py.physics.psv import ElasticPSV, ViscousPSV
from denise_py.physics.sh import ElasticSH, ViscousSH

#: makers of a physics from the relaxation of its medium and the way SH media are put on the grid
_BY_KEY: dict[str, Callable[[Relaxation | None, bool], Physics]] = {
    "elastic-psv": lambda relaxation, on_nodes: ElasticPSV(),
    "viscous-psv": lambda relaxation, on_nodes: ViscousPSV(relaxation),
    "acoustic": lambda relaxation, on_nodes: Acoustic(),
    "viscous-acoustic": lambda relaxation, on_nodes: ViscousAcoustic(relaxation),
    "elastic-sh": lambda relaxation, on_nodes: ElasticSH(on_nodes),
    "viscous-sh": lambda relaxation, on_nodes: ViscousSH(relaxation, on_nodes),
}


def physics(
    key: str = "elastic-psv", relaxation: Relaxation | None = None, on_nodes: bool = False
) -> Physics:
    """The physics registered under a key. relaxation: needed by the viscous ones; on_nodes: see physics.sh.

    Raises ValueError for a viscous physics without relaxation.
    """
    if key.startswith("viscous") and relaxation is None:
        raise ValueError(f"{key} needs a relaxation")
    return _BY_KEY[key](relaxation, on_nodes)


def physics_keys() -> tuple[str, ...]:
    """All registered physics; the physics tests run over them."""
    return tuple(_BY_KEY)
