"""The store of the forward field: as many slots as samples, one allocation."""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.gradient.storage import DecimatedStorage
from denise_py.physics.registry import physics


@pytest.mark.parametrize(
    ("nt", "every", "slots"), [(10, 1, 10), (10, 2, 5), (11, 2, 6), (10, 9, 2), (10, 30, 1)]
)
def test_slots_for_the_first_and_every_nth_step_after_it(nt, every, slots):
    store = DecimatedStorage(physics(), every, nt, (4, 5), np.dtype(np.float32))
    assert store.slots == slots == len(range(0, nt, every))
    assert store.arrays.every == every
    assert store.arrays.vx.shape == (slots, 4, 5)


def test_memory_needed_is_memory_taken():
    store = DecimatedStorage(physics(), 3, 20, (6, 7), np.dtype(np.float64))
    fields = [array for array in store.arrays if isinstance(array, np.ndarray) and array.ndim == 3]
    assert sum(array.nbytes for array in fields) == DecimatedStorage.bytes_needed(5, 3, 20, (6, 7), 8)


def test_arrays_are_the_same_every_time():
    store = DecimatedStorage(physics(), 2, 20, (6, 7), np.dtype(np.float32))
    assert store.arrays.vx is store.arrays.vx
