"""Misfit functions by LNORM number, with the rule that turns their raw sums into the reported misfit.

A new misfit is one function and one line in MISFITS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from denise_py.errors import DataError, ParameterError
from denise_py.misfit.norms import Norm, Options, cauchy, correlation, huber, l1, l2, sech
from denise_py.misfit.shifts import transport, travel_time
from denise_py.misfit.spectral import envelope, phase


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
    """F / energy. Raises DataError when the observed data are zero, or no trace is used."""
    _check(totals)
    return Reported(totals.value / totals.energy, 1.0 / totals.energy)


def as_it_is(totals: Totals) -> Reported:
    """F. Raises DataError as per_energy."""
    _check(totals)
    return Reported(totals.value, 1.0)


def normalised(totals: Totals) -> Reported:
    """2 (1 + F / N) of a correlation F, N traces: the mean of |s/|s| - d/|d||^2. Raises as per_energy."""
    _check(totals)
    return Reported(2.0 * (1.0 + totals.value / totals.traces), 2.0 / totals.traces)


def _check(totals: Totals) -> None:
    if not totals.energy > 0:
        raise DataError(
            f"the {totals.traces} observed traces that take part have no energy: check DATA_DIR, QUELLTYPB, "
            "trace kill tables and time windows"
        )


@dataclass(frozen=True)
class Misfit:
    """A norm and how its total is reported."""

    name: str
    evaluate: Norm
    report: Callable[[Totals], Reported]


MISFITS: Mapping[int, Misfit] = MappingProxyType(
    {
        1: Misfit("sum of absolute differences (L1)", l1, per_energy),
        2: Misfit("least squares (L2)", l2, per_energy),
        3: Misfit("Cauchy", cauchy, per_energy),
        4: Misfit("sech", sech, per_energy),
        5: Misfit("global correlation", correlation, as_it_is),
        7: Misfit("normalised least squares", correlation, normalised),
        8: Misfit("least squares of envelopes", envelope, per_energy),
        9: Misfit("phases at single frequencies", phase, per_energy),
        10: Misfit("Huber", huber, per_energy),
        11: Misfit("optimal transport (W2)", transport, per_energy),
        12: Misfit("travel times by cross-correlation", travel_time, per_energy),
    }
)


def find_misfit(number: int, options: Options | None = None) -> Misfit:
    """Misfit of an LNORM number with its options. Raises ParameterError for numbers that do not exist."""
    if number not in MISFITS:
        available = ", ".join(f"{key} {misfit.name}" for key, misfit in MISFITS.items())
        raise ParameterError(f"LNORM = {number} is not available: choose {available}")
    found = MISFITS[number]
    return replace(found, evaluate=partial(found.evaluate, options=options or Options()))
