"""docs/parameters.md and `denise explain`, both made from the table."""

from __future__ import annotations

import subprocess
import sys

import pytest

from denise_py.cli.explain import run
from denise_py.parameters import reference_doc
from denise_py.parameters.table import ALIASES, FOREIGN, GROUPS, KEYS, TABLE


def test_page_is_up_to_date():
    written = reference_doc.TARGET.read_text(encoding="utf-8")
    assert written == reference_doc.render(), "run: python -m denise_py.parameters.reference_doc --write"


def test_page_has_every_key_once_and_every_group():
    lines = reference_doc.render().splitlines()
    assert sorted(line[4:] for line in lines if line.startswith("### ")) == sorted(KEYS)
    assert set(GROUPS.values()) <= {line[3:] for line in lines if line.startswith("## ")}
    text = "\n".join(lines)
    assert all(f"`{name}`" in text for name in (*ALIASES, *FOREIGN))


def test_page_says_what_is_missing():
    top = reference_doc.render().split("## Kind of run")[0]
    for key in TABLE:
        refused = any(need.unless is not None and not need.feature.available for need in key.needs)
        listed = f"- [`{key.name}`]" in top
        assert listed if refused else key.unavailable() or not listed


def test_page_is_written_and_printed(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(reference_doc, "TARGET", tmp_path / "page.md")
    reference_doc.main(["--write"])
    reference_doc.main([])
    assert (tmp_path / "page.md").read_text() == capsys.readouterr().out == reference_doc.render()


@pytest.mark.parametrize("key", TABLE, ids=lambda key: key.name)
def test_explain_shows_every_key(key, capsys):
    assert run([key.name]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{key.name}: {key.title}\n")
    assert key.help.split()[0] in out
    assert all(meaning in out for meaning in key.choices.values())
    assert not key.unit or key.unit in out
    assert "not available in this version" in " ".join(out.split()) or not key.unavailable()
    assert max(map(len, out.splitlines())) <= 110


def test_explain_knows_aliases_and_any_case(capsys):
    assert run(["source_type", "nPOWER"]) == 0
    out = capsys.readouterr().out
    assert "SOURCE_TYPE of IFOS2D is read as QUELLTYP." in out
    assert "QUELLTYP: source type" in out
    assert "npower: exponent" in out


def test_explain_without_name_lists_all_by_subject(capsys):
    assert run([]) == 0
    out = capsys.readouterr().out
    assert [line for line in out.splitlines() if line and not line.startswith(" ")] == list(GROUPS.values())
    names = [line.split()[0] for line in out.splitlines() if line.startswith("  ")]
    assert names == [key.name for group in GROUPS for key in TABLE if key.group == group]


def test_explain_searches_names_titles_and_help(capsys):
    assert run(["wolfe"]) == 0
    found = capsys.readouterr().out
    assert "WOLFE_C1_SL" in found
    assert "NX " not in found
    assert run(["absorbing frame"]) == 0
    assert "FW  " in capsys.readouterr().out
    assert run(["borehole"]) == 0
    assert "SWS_TAPER_GRAD_VERT" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("QUELTYP", "there is no parameter 'QUELTYP'; did you mean QUELLTYP or"),
        ("xyzzy", "there is no parameter 'xyzzy'; 'denise explain' lists all"),
        ("MODE", "MODE belongs to DENISE Black Edition and is not read; use INVMAT"),
    ],
)
def test_explain_of_unknown_names(name, text, capsys):
    assert run([name]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"denise explain: {text}")
    assert run(["NX", name]) == 2


def test_explain_needs_neither_numpy_nor_pydantic():
    code = "import sys; from denise_py.cli import explain; print({'numpy', 'pydantic'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
