"""What is inverted for: velocities, impedances or Lame parameters, always with density as the third.

Each parameterisation knows its names, how to make a medium from its arrays and back, and the chain rule
from (lam, mu, rho) (Koehn et al. 2012, Geophys. J. Int. 191, 313, eqs. 6-9, for the velocities).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from denise_py.gradient.chain_rule import LameGradient
from denise_py.gradient.tangent import LameChange
from denise_py.medium.model import Medium

#: the three slots every parameterisation fills, under the names of its files
SLOTS = ("vp", "vs", "rho")
#: further slots where attenuation is inverted for; about 2 / Q, see medium.attenuation
LEVELS = ("taup", "taus")

_OF_SPEEDS: Mapping[str, frozenset[str]] = {
    "vp": frozenset({"lam"}),
    "vs": frozenset({"lam", "mu"}),
    "rho": frozenset({"lam", "mu", "rho"}),
}


class Parameterization(Protocol):
    """Maps three arrays {slot: (ny, nx)} to a medium and back."""

    title: str
    labels: Mapping[str, str]
    #: the derivatives of LameGradient that those of the slots are made of
    needs: Mapping[str, frozenset[str]]

    def medium(self, model: Mapping[str, np.ndarray]) -> Medium: ...

    def model(self, medium: Medium) -> dict[str, np.ndarray]: ...

    def gradient(self, g: LameGradient, model: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]: ...

    def tangent(self, change: Mapping[str, np.ndarray], model: Mapping[str, np.ndarray]) -> LameChange: ...


@dataclass(frozen=True)
class Velocities:
    """vp, vs (m/s), rho (kg/m3)."""

    title = "vp, vs, rho"
    labels = {"vp": "vp [m/s]", "vs": "vs [m/s]", "rho": "rho [kg/m3]"}  # noqa: RUF012
    needs = _OF_SPEEDS

    def medium(self, model: Mapping[str, np.ndarray]) -> Medium:
        """lam = rho (vp^2 - 2 vs^2), mu = rho vs^2."""
        return Medium.from_velocities(model["vp"], model["vs"], model["rho"])

    def model(self, medium: Medium) -> dict[str, np.ndarray]:
        """vp, vs, rho of a medium."""
        return {"vp": medium.vp, "vs": medium.vs, "rho": medium.rho}

    def gradient(self, g: LameGradient, model: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Chain rule to vp, vs and rho."""
        vp, vs, rho = (np.asarray(model[s], np.float64) for s in SLOTS)
        return {
            "vp": 2 * rho * vp * g.lam,
            "vs": 2 * rho * vs * (g.mu - 2 * g.lam),
            "rho": (vp**2 - 2 * vs**2) * g.lam + vs**2 * g.mu + g.rho,
        }

    def tangent(self, change: Mapping[str, np.ndarray], model: Mapping[str, np.ndarray]) -> LameChange:
        """Transpose of `gradient`: what small changes of vp, vs and rho are to lam, mu and rho."""
        vp, vs, rho = (np.asarray(model[s], np.float64) for s in SLOTS)
        lam = 2 * rho * (vp * change["vp"] - 2 * vs * change["vs"]) + (vp**2 - 2 * vs**2) * change["rho"]
        return LameChange(lam, 2 * rho * vs * change["vs"] + vs**2 * change["rho"], change["rho"])


@dataclass(frozen=True)
class Impedances:
    """Zp = rho vp, Zs = rho vs (kg/m2/s), rho (kg/m3)."""

    title = "Zp, Zs, rho"
    labels = {"vp": "Zp [kg/m2/s]", "vs": "Zs [kg/m2/s]", "rho": "rho [kg/m3]"}  # noqa: RUF012
    needs = _OF_SPEEDS

    def medium(self, model: Mapping[str, np.ndarray]) -> Medium:
        """lam = (Zp^2 - 2 Zs^2)/rho, mu = Zs^2/rho."""
        rho = model["rho"]
        return Medium.from_velocities(model["vp"] / rho, model["vs"] / rho, rho)

    def model(self, medium: Medium) -> dict[str, np.ndarray]:
        """Impedances and density of a medium."""
        return {"vp": medium.vp * medium.rho, "vs": medium.vs * medium.rho, "rho": medium.rho}

    def gradient(self, g: LameGradient, model: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Chain rule to Zp, Zs and rho at fixed impedances."""
        rho = np.asarray(model["rho"], np.float64)
        vp, vs = model["vp"] / rho, model["vs"] / rho
        return {
            "vp": 2 * vp * g.lam,
            "vs": 2 * vs * (g.mu - 2 * g.lam),
            "rho": -(vp**2 - 2 * vs**2) * g.lam - vs**2 * g.mu + g.rho,
        }

    def tangent(self, change: Mapping[str, np.ndarray], model: Mapping[str, np.ndarray]) -> LameChange:
        """Transpose of `gradient`."""
        rho = np.asarray(model["rho"], np.float64)
        vp, vs = model["vp"] / rho, model["vs"] / rho
        lam = 2 * vp * change["vp"] - 4 * vs * change["vs"] - (vp**2 - 2 * vs**2) * change["rho"]
        return LameChange(lam, 2 * vs * change["vs"] - vs**2 * change["rho"], change["rho"])


@dataclass(frozen=True)
class Lame:
    """lam, mu (Pa), rho (kg/m3)."""

    title = "lambda, mu, rho"
    labels = {"vp": "lambda [Pa]", "vs": "mu [Pa]", "rho": "rho [kg/m3]"}  # noqa: RUF012
    needs = {slot: frozenset({name}) for slot, name in zip(SLOTS, ("lam", "mu", "rho"), strict=True)}  # noqa: RUF012

    def medium(self, model: Mapping[str, np.ndarray]) -> Medium:
        """As given."""
        return Medium(model["vp"], model["vs"], model["rho"])

    def model(self, medium: Medium) -> dict[str, np.ndarray]:
        """lam, mu, rho of a medium."""
        return {"vp": medium.lam, "vs": medium.mu, "rho": medium.rho}

    def gradient(self, g: LameGradient, model: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The identity."""
        return {"vp": g.lam, "vs": g.mu, "rho": g.rho}

    def tangent(self, change: Mapping[str, np.ndarray], model: Mapping[str, np.ndarray]) -> LameChange:
        """The identity."""
        return LameChange(change["vp"], change["vs"], change["rho"])


_BY_NUMBER: dict[int, Parameterization] = {1: Velocities(), 2: Impedances(), 3: Lame()}


def parameterization(number: int) -> Parameterization:
    """Parameterisation 1 (velocities), 2 (impedances) or 3 (Lame parameters)."""
    return _BY_NUMBER[number]
