"""The small project, written once for all tests, and a folder of its own for every test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workflow.project import Outcome, Project


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some files go to the current folder, as in DENISE."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Models, geometry and observed data."""
    return Project.make(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="session")
def plain(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Three iterations of PCG without any option; what an option does shows in the difference."""
    return project.invert(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="session")
def plain_lbfgs(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Six iterations of L-BFGS with the Wolfe search without any option."""
    return project.invert(tmp_path_factory.mktemp("plain_lbfgs"), GRAD_METHOD=2, ITERMAX=6)
