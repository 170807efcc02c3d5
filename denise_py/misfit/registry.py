"""Misfit functions by LNORM number, with the rule that turns their raw sums into the reported misfit.

A new misfit is one function in norms.py and one line in MISFITS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from denise_py.errors import DataError, ParameterError
from denise_py.misfit.norms import Norm, l2


class Totals(NamedTuple):
    """Sums over all shots, components and used traces."""

    value: float
    energy: float
    traces: int


class Reported(NamedTuple):
    """The misfit as reported and minimised, and its derivative with respect to the raw sum."""

    misfit: float
    factor: float


def per_energy(totals: Totals) -> Reported:
    """F / sum d^2. Raises DataError when the observed data are zero, or no trace is used."""
    if not totals.energy > 0:
        raise DataError(
            f"the {totals.traces} observed traces that take part have no energy: check DATA_DIR, QUELLTYPB, "
            "trace kill tables and time windows"
        )
    return Reported(totals.value / totals.energy, 1.0 / totals.energy)


@dataclass(frozen=True)
class Misfit:
    """A norm and how its total is reported."""

    name: str
    evaluate: Norm
    report: Callable[[Totals], Reported]


MISFITS: Mapping[int, Misfit] = MappingProxyType(
    {
        2: Misfit("least squares (L2)", l2, per_energy),
    }
)


def find_misfit(number: int) -> Misfit:
    """Misfit of an LNORM number. Raises ParameterError for numbers that are not available."""
    if number not in MISFITS:
        available = ", ".join(f"{key} {misfit.name}" for key, misfit in MISFITS.items())
        raise ParameterError(f"LNORM = {number} is not available: choose {available}")
    return MISFITS[number]
