"""Reflection and transmission of plane P waves at a plane interface (Zoeppritz 1919; Aki & Richards 2002,
section 5.2).

All waves vary as exp(-i w (t - p x - q y)) with the slownesses p along and q across the interface y = 0; y
points down, the wave comes from above. Amplitudes are displacements along the polarisation: P along the
slowness vector, S a quarter turn from it. The continuity of displacement and traction is one linear system
for solids and fluids alike: a fluid (vs = 0) has no S wave, and there is no condition on ux at its surface.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.analytic.full_space import Solid


@dataclass(frozen=True)
class Wave:
    """Displacement (ux, uy) and traction (sxy, syy) / (i w) of unit amplitude on the interface."""

    displacement: np.ndarray
    traction: np.ndarray

    @classmethod
    def of(cls, solid: Solid, kind: str, p: float, sign: int) -> Wave:
        """kind 'p' or 's'; p in s/m; sign +1 downwards, -1 upwards. Beyond the critical angle the wave
        decays."""
        speed = solid.vp if kind == "p" else solid.vs
        q = sign * np.sqrt(complex(1 / speed**2 - p**2))
        ux, uy = (speed * p, speed * q) if kind == "p" else (speed * q, -speed * p)
        shear = solid.mu * (ux * q + uy * p)
        normal = solid.lam * (p * ux + q * uy) + 2 * solid.mu * q * uy
        return cls(np.array([ux, uy]), np.array([shear, normal]))

    def flux(self) -> float:
        """Energy flux along y, without the factor w^2 / 2."""
        return float(np.sum(self.displacement.conj() * self.traction).real)


@dataclass(frozen=True)
class Interface:
    """Two homogeneous half-spaces; vs = 0 for a fluid."""

    upper: Solid
    lower: Solid

    def outgoing(self, p: float) -> dict[str, Wave]:
        """Waves that may leave the interface, by name: 'rp', 'rs' reflected, 'tp', 'ts' transmitted."""
        sides = {"r": (self.upper, -1), "t": (self.lower, 1)}
        return {
            side + kind: Wave.of(solid, kind, p, sign)
            for side, (solid, sign) in sides.items()
            for kind in ("p", "s")
            if kind == "p" or solid.vs > 0
        }

    def amplitudes(self, p: float) -> dict[str, complex]:
        """Of the outgoing waves for an incident P wave of unit amplitude with the horizontal slowness p
        (s/m)."""
        incident, outgoing = Wave.of(self.upper, "p", p, 1), self.outgoing(p)
        columns = [self._conditions(incident, -1)]
        columns += [self._conditions(wave, -1 if name[0] == "r" else 1) for name, wave in outgoing.items()]
        system = np.array(columns).T
        scale = np.abs(system).max(axis=1, keepdims=True)
        used = scale[:, 0] > 0
        first, rest = np.split((system / np.where(scale > 0, scale, 1))[used], [1], axis=1)
        return dict(zip(outgoing, np.linalg.solve(rest, -first[:, 0]), strict=True))

    def energies(self, p: float) -> dict[str, float]:
        """Energy of the outgoing waves, in units of that of the incident wave."""
        incident = abs(Wave.of(self.upper, "p", p, 1).flux())
        found, waves = self.amplitudes(p), self.outgoing(p)
        return {name: abs(a) ** 2 * abs(waves[name].flux()) / incident for name, a in found.items()}

    def _conditions(self, wave: Wave, side: int) -> np.ndarray:
        """Contribution of a wave above (side -1) or below to the conditions, which are zero in sum: jumps of
        uy, syy, sxy (in a fluid there is none), and of ux where both sides are solid. Where one side is fluid
        the last condition is empty."""
        welded = self.upper.vs > 0 and self.lower.vs > 0
        solid = self.upper.vs > 0 or self.lower.vs > 0
        return side * np.array(
            [
                wave.displacement[1],
                wave.traction[1],
                wave.traction[0] if solid else 0,
                wave.displacement[0] if welded else 0,
            ]
        )
