"""Every parameter with every sort of nonsense: the answer is a message or nothing, never a traceback."""

from __future__ import annotations

import json

import pytest
from endings import tree

from denise_py.parameters.table import TABLE

NONSENSE = (-1, 0, 3, 1e-30, 1e30, 10**30, "nan", True, [], 5000 * "a", "/dev/null")


@pytest.mark.parametrize("value", NONSENSE, ids=lambda value: str(value)[:8] or "empty")
def test_nonsense(value, inversion, denise):
    before = tree(inversion.folder)
    for key in TABLE:
        inversion.parameter_file.write_text(json.dumps(inversion.settings | {key.name: value}))
        ending = denise(inversion.folder, "check", "case.json")
        assert ending.code in (0, 2, 3, 6), (key.name, ending.err)
        assert bool(ending.err) == bool(ending.code), (key.name, ending.err)
        assert ending.err.count("denise: error:") == (1 if ending.code else 0), (key.name, ending.err)
        if ending.code:
            assert key.name in ending.err or ending.code == 3, (key.name, ending.err)
    inversion.save()
    after = tree(inversion.folder)
    assert before.keys() == after.keys()
    assert all(before[name] == after[name] for name in before if name != "case.json")


@pytest.mark.parametrize("tenth", range(1, 10))
def test_parameter_file_cut_anywhere(tenth, inversion, denise):
    content = inversion.parameter_file.read_bytes()
    for size in range(tenth * len(content) // 10, (tenth + 1) * len(content) // 10, 7):
        inversion.parameter_file.write_bytes(content[:size])
        ending = denise(inversion.folder, "check", "case.json")
        assert ending.code in (0, 2, 3), ending.err
        assert ending.err.count("denise: error:") == (1 if ending.code else 0)
