"""Compiled functions are found by the types of their arguments."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from denise_py.fd.compile import EntryPoints, entry


class Dry(NamedTuple):
    """One kind of contents."""

    a: np.ndarray


class Wet(NamedTuple):
    """Another kind with the same contents, which numba's quick look at arguments takes for the first."""

    a: np.ndarray


@entry
def double(n, bundle):
    for k in range(bundle.a.size):
        bundle.a[k] *= 2 * n


@pytest.fixture
def code() -> EntryPoints:
    return EntryPoints()


def test_found_code_computes(code):
    bundle = Dry(np.ones(3))
    code.find(double, 1, bundle)(3, bundle)
    assert np.all(bundle.a == 6)


def test_finding_does_not_run(code):
    bundle = Dry(np.ones(3))
    code.find(double, 1, bundle)
    assert np.all(bundle.a == 1)


def test_code_is_found_again_for_the_same_types_only(code):
    first = code.find(double, 1, Dry(np.ones(3)))
    assert code.find(double, 7, Dry(np.zeros(5))) is first
    others = (Wet(np.ones(3)), Dry(np.ones(3, np.float32)), Dry(np.ones(6)[::2]))
    assert all(code.find(double, 1, other) is not first for other in others)


def test_other_types_are_computed_with_their_own_code(code):
    for bundle in (Dry(np.ones(3)), Wet(np.ones(3)), Dry(np.ones(3, np.float32)), Dry(np.ones(6)[::2])):
        code.find(double, 1, bundle)(2, bundle)
        assert np.all(bundle.a == 4)


def test_code_that_cannot_be_kept_is_used_all_the_same(code, monkeypatch):
    """A full disk below the folder of compiled kernels."""

    @entry
    def treble(values):
        for k in range(values.size):
            values[k] *= 3

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("numba.core.caching.IndexDataCacheFile.save", refuse)
    values = np.ones(2)
    code.run(treble, values)
    code.run(treble, values)
    assert np.all(values == 9)
