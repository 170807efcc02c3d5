"""Which way of keeping the forward field is taken for a given memory."""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.gradient.planning import NoRoom, choose, coarsest, every_for
from denise_py.gradient.storage import Layout, Needs
from denise_py.traces.spectrum import highest_frequency

# 100 kept steps of 1000 bytes, 510 in 16 bits; a state of 3000
NEEDS, LAYOUT = Needs(step=1000, packed=510, state=3000, nt=1000), Layout(10)
STAGE = 10 * 1000  # ten steps at full length are done at a time


@pytest.mark.parametrize(
    ("room", "segments", "compressed", "size"),
    [
        (100_000, 1, False, 100_000),
        (99_999, 1, True, 51_000 + STAGE),
        (51_000 + STAGE, 1, True, 51_000 + STAGE),
        (51_000 + STAGE - 1, 2, False, 50_000 + 2 * 3000),
        (50_000, 3, False, 34_000 + 3 * 3000),
        (35_999, 5, False, 20_000 + 5 * 3000),
    ],
)
def test_the_first_that_fits(room, segments, compressed, size):
    found = choose("auto", LAYOUT, NEEDS, room)
    assert len(found.layout.segments(1000)) == segments
    assert found.layout.compressed == compressed
    assert found.size == size == found.layout.bytes_needed(NEEDS)
    assert found.layout.every == 10


def test_compression_with_checkpoints_comes_last():
    smallest = choose("checkpoint", LAYOUT, NEEDS, np.inf)
    found = choose("auto", LAYOUT, NEEDS, smallest.size)
    assert not found.layout.compressed
    # packed segments without much of a stage can be smaller still
    needs = Needs(step=10**7, packed=51 * 10**5, state=10**7, nt=1000)
    smallest = choose("checkpoint", LAYOUT, needs, np.inf)
    found = choose("auto", LAYOUT, needs, smallest.size - 1)
    assert found.layout.compressed
    assert len(found.layout.segments(1000)) > 1


@pytest.mark.parametrize(
    ("mode", "compressed", "checkpoints"),
    [("full", False, False), ("decimated", False, False), ("half", True, False), ("checkpoint", False, True)],
)
def test_the_way_that_is_asked_for(mode, compressed, checkpoints):
    found = choose(mode, LAYOUT, NEEDS, 10**9)
    assert found.layout.compressed == compressed
    assert (len(found.layout.segments(1000)) > 1) == checkpoints
    with pytest.raises(NoRoom) as caught:
        choose(mode, LAYOUT, NEEDS, found.size - 1)
    assert caught.value.best == found


def test_nothing_fits():
    """What is named needs less than any other way: with segments, brute force over all of them."""
    with pytest.raises(NoRoom) as caught:
        choose("auto", LAYOUT, NEEDS, 1)
    layouts = [Layout(10, n, packed) for n in range(1, 101) for packed in (False, True)]
    assert caught.value.best.size == min(layout.bytes_needed(NEEDS) for layout in layouts)


@pytest.mark.parametrize("state", [100, 1000, 10_000])
def test_least_memory_is_near_the_square_root(state):
    """The minimum of n step + slots / n state over n is 2 sqrt(slots step state); whole numbers of segments
    and of steps cost a little more."""
    needs = Needs(1000, 510, state, 1000)
    found = choose("checkpoint", LAYOUT, needs, np.inf)
    ideal = 2 * np.sqrt(100 * 1000 * state)
    assert ideal <= found.size + 1 <= 1.1 * ideal + 1000


def test_less_is_repeated_with_more_memory():
    rooms = [40_000, 50_000, 60_000, 100_000]
    repeated = [choose("auto", LAYOUT, NEEDS, room).repeated for room in rooms]
    assert repeated == sorted(repeated, reverse=True)
    assert 0.5 < repeated[0] < 1
    assert repeated[-1] == 0
    assert choose("auto", LAYOUT, NEEDS, 10**9).slower == 0


@pytest.mark.parametrize(
    ("highest", "dt", "nt", "every"),
    [
        (10.0, 1e-3, 1000, 33),
        (10.0, 1e-3, 5000, 35),
        (10.0, 1e-3, 7000, 38),
        (10.0, 1e-3, 20, 19),
        (1000.0, 1e-3, 1000, 1),
        (0.0, 1e-3, 1000, 1),
    ],
)
def test_distance_of_kept_steps(highest, dt, nt, every):
    assert every_for(highest, dt, nt) == every
    assert every == 1 or every <= coarsest(highest, dt) / 1.3 or every == nt - 1


def test_highest_frequency_of_a_ricker_wavelet():
    """Its spectrum is f^2 / f0^2 exp(1 - f^2 / f0^2), which is 0.01 at 2.76 f0."""
    t, f0 = np.arange(2000) * 1e-3, 20.0
    x = (np.pi * f0 * (t - 0.1)) ** 2
    ricker = (1 - 2 * x) * np.exp(-x)
    ratio = 2.76
    assert ratio**2 * np.exp(1 - ratio**2) == pytest.approx(0.01, rel=0.02)
    assert highest_frequency([ricker], 1e-3) == pytest.approx(ratio * f0, abs=0.5)
    assert highest_frequency([1e-20 * ricker, np.zeros(5)], 1e-3) == pytest.approx(ratio * f0, abs=0.5)
    assert highest_frequency([np.zeros(5)], 1e-3) == 0
    # a slow wave that the record cuts off
    assert highest_frequency([np.sin(2 * np.pi * 5 * t)], 1e-3) < 20
    spike = np.zeros(10)
    spike[3] = 1
    assert highest_frequency([spike, ricker], 1e-3) == pytest.approx(500)
