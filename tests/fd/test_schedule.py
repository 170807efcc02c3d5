"""A block may be worked on in bands of rows, several steps at a time, without any difference."""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.acquisition.inject import PlacedSource, adjoint_injection
from denise_py.fd.containers import whole_band
from denise_py.fd.schedule import plan, schedule
from denise_py.fd.surface import ROWS
from denise_py.gradient.storage import ForwardStore, Layout
from denise_py.physics.registry import physics_keys
from tests.physics.problems import Setup, medium_of

#: rows of a block, half the order, height of the band, steps in one sweep
CASES = [(40, 2, 40, 1), (40, 2, 7, 3), (41, 6, 4, 8), (9, 4, 3, 2), (30, 1, 1, 5), (3, 2, 4, 2)]


@pytest.mark.parametrize(("rows", "half", "height", "steps"), CASES)
def test_no_part_is_early_or_late(rows, half, height, steps):
    """Every half step does every row once, after the half step before it has done all rows in the reach of
    the operator, and before the one after it has changed any of them."""
    whole = whole_band(rows, 20, half)
    done = np.full(2 * steps, whole.top)
    for step, part, begin, end in schedule(whole, half, height, steps):
        k = 2 * step + part
        assert begin == done[k]
        assert end > begin
        assert end == whole.bottom or end >= whole.top + max(half + 1, ROWS)
        before = done[k - 1] if k else whole.bottom
        assert before >= min(end + half, whole.bottom)
        after = done[k + 1] if k + 1 < len(done) else whole.top
        assert after <= max(begin - half, whole.top)
        done[k] = end
    assert np.all(done == whole.bottom)


def test_large_blocks_take_several_steps_at_a_time():
    assert len(plan(whole_band(100, 300, 2), 2, 10 * 4 * 300)) == 2
    parts = plan(whole_band(2000, 2000, 2), 2, 10 * 4 * 2000)
    assert parts[-1, 0] > 0
    assert np.max(parts[:, 3] - parts[:, 2]) < 100


CHOICES = [(key, True, False) for key in physics_keys()]
CHOICES += [("elastic-psv", False, False), ("elastic-psv", True, True), ("acoustic", False, False)]


@pytest.mark.parametrize(("key", "surface", "one_sided"), CHOICES)
def test_bands_change_nothing(key, surface, one_sided):
    """Records, kept increments, fields and correlations, to the last bit."""
    setup = Setup(nx=35, ny=41, nt=21, physics=key, surface=surface, one_sided=one_sided)
    run = setup.propagator()
    run.set_medium(medium_of(setup.grid, seed=1))
    expected = results(setup, run)
    assert sum(not np.any(values) for values in expected) <= 1  # the curl of acoustic waves
    for height, steps in ((6, 1), (5, 4)):
        run._parts = schedule(run._box, run.half, height, steps)
        for found, wanted in zip(results(setup, run), expected, strict=True):
            np.testing.assert_array_equal(found, wanted)


def results(setup: Setup, run) -> list[np.ndarray]:
    """What a forward and a transposed run leave behind."""
    nodes = np.array([[4, 1], [20, 13], [30, 41], [9, 35]])
    wavelet = np.random.default_rng(0).standard_normal(setup.nt)
    sources = [PlacedSource(8, 4, 3, 0.0, wavelet), PlacedSource(20, 30, 1, 0.0, wavelet)]
    store = ForwardStore(run, Layout(every=2))
    traces = setup.simulate(run, sources, nodes, run.physics.components, store)
    fields = [
        getattr(run.fields, n).copy() for n in (*run.physics.velocity_fields, *run.physics.stress_fields)
    ]
    chosen = {name: traces[name] for name in run.physics.adjoint_components}
    place = run.coefficients, run.block, run.half, run.dtype
    kernels = run.transposed(adjoint_injection(run.physics, chosen, nodes, *place), store)
    kept = [a for a in store.arrays if isinstance(a, np.ndarray) and a.size]
    return [*traces.values(), *fields, *kept, *kernels]
