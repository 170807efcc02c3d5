"""The command that runs benchmarks finds them by name."""

from __future__ import annotations

import importlib

import pytest

from benchmarks.__main__ import DEFAULT, HERE, benchmarks, main


def test_every_module_with_a_main_is_listed():
    found = benchmarks()
    modules = {path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_")}
    with_main = {name for name in modules if hasattr(importlib.import_module(f"benchmarks.{name}"), "main")}
    assert set(found) == with_main
    assert DEFAULT in found
    assert all(found.values())  # each says what it measures


def test_unknown_names_are_refused(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["benchmarks", "nothing"])
    assert main() == 2
    assert "kernels" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["growth", "startup", "versus_deepwave"])
def test_benchmarks_explain_their_options(monkeypatch, capsys, name):
    monkeypatch.setattr("sys.argv", ["benchmarks", name, "--help"])
    with pytest.raises(SystemExit) as ending:
        main()
    assert ending.value.code == 0
    assert f"benchmarks {name}" in capsys.readouterr().out
