"""Which physics a run uses."""

from __future__ import annotations

from denise_py.physics.base import Physics
from denise_py.physics.psv import ElasticPSV

_BY_KEY: dict[str, type] = {"elastic-psv": ElasticPSV}


def physics(key: str = "elastic-psv") -> Physics:
    """The physics registered under a key."""
    return _BY_KEY[key]()


def physics_keys() -> tuple[str, ...]:
    """All registered physics; the physics tests run over them."""
    return tuple(_BY_KEY)
