"""Every misfit after every way of processing: the adjoint source at the recorded traces is the derivative."""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.misfit.registry import MISFITS, Totals, find_misfit
from denise_py.traces.processing import Processing, time_window
from tests.misfit.signals import DT, NS, NTR, OPTIONS, band_limited, pair

WINDOW = time_window(0.1 + 0.05 * np.arange(NTR), 0.05, 0.03, 400.0, NS, DT)
CHAINS = {
    f"{'displacement' if integrated else 'velocity'}{' window' * windowed}{' normalised' * normalised}": (
        Processing(DT, 1.7, integrated, WINDOW if windowed else None, normalised)
    )
    for integrated in (False, True)
    for windowed in (False, True)
    for normalised in (False, True)
}
USED = np.array([True, True, False, True])


class Compared:
    """Misfit of synthetic traces, one of which is killed, as a function and its derivative."""

    def __init__(self, number: int, chain: Processing, observed: np.ndarray) -> None:
        self.misfit, self.chain = find_misfit(number, OPTIONS), chain
        self.observed = chain.apply(observed)[USED]

    def value(self, traces: np.ndarray) -> float:
        found = self.misfit.evaluate(self.chain.apply(traces)[USED], self.observed)
        return self.misfit.report(Totals(found.value, found.energy, len(self.observed))).misfit

    def slope(self, traces: np.ndarray) -> np.ndarray:
        found = self.misfit.evaluate(self.chain.apply(traces)[USED], self.observed)
        factor = self.misfit.report(Totals(found.value, found.energy, len(self.observed))).factor
        adjoint = np.zeros(traces.shape)
        adjoint[USED] = factor * found.adjoint
        return self.chain.transpose(adjoint, traces)


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("number", sorted(MISFITS))
def test_derivative(number, name):
    """Central differences of a step h leave h^2 times a curvature of order one or, where a kink (10) lies
    within the step, h times its share; rounding of the value leaves 1e-16 / h."""
    s, d = pair()
    compared, direction = Compared(number, CHAINS[name], d), band_limited(7)
    slope = float(np.sum(compared.slope(s) * direction))
    h = 1e-8 if number == 1 else 1e-5  # samples near zero change their sign within the larger step
    found = (compared.value(s + h * direction) - compared.value(s - h * direction)) / (2 * h)
    assert found == pytest.approx(slope, rel=1e-6)
    assert not compared.slope(s)[~USED].any()


@pytest.mark.parametrize("number", [1, 2, 8, 11])
def test_normalised_traces_forget_their_amplitudes(number):
    s, d = pair()
    chain = Processing(DT, normalised=True)
    assert Compared(number, chain, d).value(5 * s) == pytest.approx(Compared(number, chain, 3 * d).value(s))
