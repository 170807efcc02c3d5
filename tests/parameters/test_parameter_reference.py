"""Parameter files of the reference cases (an optional folder): read, or refused by the name of a feature."""

from __future__ import annotations

import pytest
from parameter_files import attempt

from denise_py.errors import ParameterError
from denise_py.parameters.checks import check_files, check_stages
from denise_py.parameters.reader import read_entries
from denise_py.parameters.settings import read_settings
from denise_py.parameters.table import KEYS
from denise_py.parameters.workflow_file import read_workflow

# Parts of the names of cases that need something this version lacks.
MISSING = """
"""


@pytest.fixture(scope="module")
def cases(reference_dir):
    return sorted(path for path in reference_dir.glob("*/*.json"))


def test_all_entries_are_known(cases):
    assert len(cases) > 200
    for path in cases:
        found = read_entries(path)
        assert (found.warnings, found.problems) == ((), ())
        assert {entry.name for entry in found.entries} <= set(KEYS)
        assert len(found.entries) > 40


def test_cases_of_available_features_are_read_and_others_refused_by_name(cases):
    read = 0
    for path in cases:
        missing = any(part in f"{path.parent.name}_" for part in MISSING.split())
        settings = attempt(lambda path=path: read_settings(path))
        if path.parent.name == "fwd_snap_su":
            assert "SNAP_FORMAT = 1 is not possible" in str(settings)  # DENISE refuses it as well
            continue
        if isinstance(settings, ParameterError):
            assert missing, settings
            assert all("not available in this version" in problem for problem in settings.problems)
            continue
        read += 1
        assert not missing or path.name != "case.json"
        assert (settings.grid.nx, settings.grid.ny) in {(80, 60), (120, 80)}
        assert all("FW = " in warning or "INVMAT1 = 3" in warning for warning in settings.warnings)
    assert read > 150


def test_files_of_a_case_are_found(reference_dir, monkeypatch):
    for name in ("fwd_psv_np4", "inv_workflow_pcg"):
        monkeypatch.chdir(reference_dir / name)
        settings = read_settings("case.json")
        missing = [finding.message for finding in check_files(settings, 3)]
        assert all(text.endswith("does not exist; create it") for text in missing)
        assert any("SEIS_FILE = su/s" in text for text in missing)


def test_workflow_files(reference_dir):
    stages = {}
    for folder in ("inv_workflow_pcg", "inv_workflow_lbfgs"):
        stages[folder] = read_workflow(reference_dir / folder / "workflow.txt")
        assert check_stages(read_settings(reference_dir / folder / "case.json"), stages[folder]) == []
    assert [(s.vs, s.vp, s.rho, s.low_pass, s.filter_kind) for s in stages["inv_workflow_pcg"]] == [
        (1, 0, 0, 15.0, 1),
        (1, 1, 0, 25.0, 1),
        (1, 1, 1, 40.0, 0),
    ]
    assert [s.precondition for s in stages["inv_workflow_lbfgs"]] == [3, 3]
