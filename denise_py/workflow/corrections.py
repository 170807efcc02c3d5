"""What traces of a coarse grid lack: their difference from those of the run's grid in one model.

Near the model m0 in which both were simulated

    d(m) = d_c(m) + [d_f(m0) - d_c(m0)],

is exact at m0 and off by the change of the difference elsewhere (additive model management: Alexandrov &
Lewis 2001, Optimization and Engineering 2, 413). The derivative is that of the coarse traces d_c.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from denise_py.traces.integrate import integrate
from denise_py.workflow.adapted import Traces

OfSimulations = Mapping[int, Traces]


@dataclass(frozen=True, eq=False)
class Corrections:
    """What is added to the coarse traces of simulations, by their number and component, (ntr, nt) float32;
    nothing for those that are not here."""

    added: OfSimulations = field(default_factory=dict)

    @classmethod
    def between(cls, coarse: OfSimulations, fine: OfSimulations) -> Corrections:
        """Those that make coarse traces fine."""
        added = {
            number: {name: (fine[number][name] - one).astype(np.float32) for name, one in traces.items()}
            for number, traces in coarse.items()
        }
        return cls(added)

    def applied(self, number: int, traces: Traces) -> Traces:
        """Traces {component: (ntr, nt)} of a simulation with what they lack."""
        own = self.added.get(number, {})
        return {name: one + own[name] if name in own else one for name, one in traces.items()}

    def error(self, coarse: OfSimulations, fine: OfSimulations, dt: float | None = None) -> float:
        """How far corrected traces are from fine ones, see `difference`; of all simulations the worst."""
        return max((difference(self.applied(n, one), fine[n], dt) for n, one in coarse.items()), default=0.0)


def difference(found: Traces, expected: Traces, dt: float | None = None) -> float:
    """Largest rms difference of a component, relative to what is expected. dt: traces are compared as
    displacements, their integrals in time with this interval in s."""
    worst = 0.0
    for name, reference in expected.items():
        size = _rms(reference, dt)
        if size > 0:
            worst = max(worst, _rms(found[name] - reference, dt) / size)
    return worst


def _rms(traces: np.ndarray, dt: float | None) -> float:
    return float(np.linalg.norm(traces if dt is None else integrate(traces, dt)))
