"""Many traces a few at a time: the same numbers as all at once."""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.traces import blocks
from denise_py.traces.filters import BandFilter
from denise_py.traces.processing import Processing, TimeWindow, time_window

DT, NTR, NS = 2e-3, 11, 90
TRACES = np.random.default_rng(1).standard_normal((NTR, NS)).astype(np.float32)
OTHER = np.random.default_rng(2).standard_normal((NTR, NS))
PICKS, PLUS, MINUS = np.linspace(0.02, 0.1, NTR), np.linspace(0.01, 0.03, NTR), np.full(NTR, 0.02)


@pytest.mark.parametrize("size", [1, 8 * NS * 4, 10**9], ids=["single traces", "four", "all"])
def test_every_trace_belongs_to_one_block(monkeypatch, size):
    monkeypatch.setattr(blocks, "BLOCK", size)
    found = np.zeros((NTR, NS))
    for part in blocks.blocks(found):
        assert part.nbytes <= max(size, 8 * NS)
        part += 1
    np.testing.assert_array_equal(found, 1.0)
    alone = np.zeros(NS)
    (whole,) = blocks.blocks(alone)
    assert whole is alone


@pytest.mark.parametrize("zero_phase", [False, True])
def test_filters_and_processing_do_not_depend_on_blocks(monkeypatch, zero_phase):
    """Bit by bit, both directions."""
    band = BandFilter(60.0, 5.0, 4, zero_phase)
    window = TimeWindow(PICKS, PLUS, MINUS, 2000.0, NS, DT)
    chain = Processing(DT, 0.3, True, window, True)

    def everything():
        before = lambda part: band.apply(part, DT)  # noqa: E731
        filtered = band.apply(TRACES, DT)
        yield from (filtered, band.transpose(OTHER, DT), chain.apply(TRACES, before))
        yield from (chain.apply(filtered), chain.transpose(OTHER, filtered))

    whole = list(everything())
    monkeypatch.setattr(blocks, "BLOCK", 8 * NS * 4)
    for one, other in zip(everything(), whole, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(whole[2], whole[3])
    np.testing.assert_array_equal(whole[0][3], band.apply(TRACES[3], DT))


def test_a_window_makes_the_factors_of_some_traces():
    window = TimeWindow(PICKS, PLUS, MINUS, 2000.0, NS, DT)
    whole = time_window(PICKS, PLUS, MINUS, 2000.0, NS, DT)
    np.testing.assert_array_equal(window[2:5], whole[2:5])
    assert np.any(whole < 0.9)
