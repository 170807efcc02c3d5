"""Malformed input: one clear message, the right exit code, nothing written, on one and on two processes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from endings import HANGING, Ending, tree
from malformed import CASES, PARAMETERS, Case, make_project, put

PROGRAM = Path(__file__).with_name("refusing_program.py")
ALL = [pytest.param(case, id=case.name) for case in CASES]
# A few of all kinds are launched in the fast suite. Data of shot 2 are read by the second process.
LAUNCHED = ("file_cut", "processes", "dt_unstable", "source_pipe", "model_nan", "memory_grid")
SHARED_SHOTS = ("order_3", "data_ns_mixed")


def faults(case: Case, code: int, err: str) -> list[str]:
    """What is wrong with the answer to a malformed project."""
    found = [] if code == case.code else [f"exit code {code} instead of {case.code}"]
    found += [f"the message lacks {word!r}" for word in case.words if word not in err]
    if err.count("denise: error:") != 1 or not err.startswith("denise: error:"):
        found.append("not exactly one message")
    if "Traceback" in err or "bug" in err:
        found.append("traceback")
    return [*found, err] if found else []


@pytest.mark.parametrize("inverts", [False, True], ids=["forward", "inversion"])
def test_the_project_behind_all_cases_is_valid(denise, request, inverts):
    """Otherwise every refusal could have another reason than the one meant."""
    project = request.getfixturevalue("inversion" if inverts else "forward")
    before = tree(project.folder)
    ending = denise(project.folder, "case.json")
    assert (ending.code, ending.err) == (0, "")
    assert tree(project.folder) != before


@pytest.mark.parametrize("case", ALL)
def test_refused_by_one_process(case, tmp_path, observed, denise):
    project = case.build(tmp_path / case.name, observed)
    before = tree(project.folder)
    ending = denise(project.folder, "case.json")
    assert faults(case, ending.code, ending.err) == []
    assert tree(project.folder) == before


@pytest.mark.parametrize("case", [p for p in ALL if "mpirun" not in " ".join(p.values[0].words)])
def test_refused_by_check(case, tmp_path, observed, denise):
    """`denise check` finds whatever a run would find, except what depends on the number of processes."""
    project = case.build(tmp_path / case.name, observed)
    before = tree(project.folder)
    ending = denise(project.folder, "check", "case.json")
    assert faults(case, ending.code, ending.err) == []
    assert tree(project.folder) == before


# --------------------------------------------------------------------------------------- two processes


@pytest.fixture(scope="session")
def two_processes(
    tmp_path_factory, observed, session_environment, mpich
) -> dict[str, tuple[list[Ending], bool]]:
    """Endings of all cases on both processes, and whether the folder was left alone.

    One session of mpirun serves all of them: every run connects, divides the processes and agrees on its
    end as in a launch of its own. A run that kills the others, or hangs, would leave the rest unanswered.
    """
    root = tmp_path_factory.mktemp("two")
    folders = {case.name: case.build(root / case.name, observed).folder for case in CASES}
    before = {name: tree(folder) for name, folder in folders.items()}
    (root / "list").write_text("".join(f"{folder}\n" for folder in folders.values()))
    command = [sys.executable, str(PROGRAM), str(root / "list"), str(root / "results")]
    subprocess.run([*mpich, "-n", "2", *command], env=session_environment, timeout=HANGING, check=False)
    endings: dict[str, list[Ending]] = {name: [] for name in folders}
    for rank in range(2):
        for line in (root / f"results.{rank}").read_text().splitlines():
            record = json.loads(line)
            endings[Path(record["folder"]).name].append(Ending(record["code"], "", record["err"]))
    return {name: (endings[name], tree(folders[name]) == before[name]) for name in folders}


@pytest.mark.parametrize("case", ALL)
def test_refused_by_two_processes(case, two_processes):
    endings, untouched = two_processes[case.name]
    assert len(endings) == 2, "the run did not end in order"
    assert faults(case, endings[0].code, endings[0].err + endings[1].err) == []
    assert endings[1].code == endings[0].code
    assert untouched


@pytest.mark.parametrize("case", [case for case in ALL if case.id in LAUNCHED])
def test_two_launched_processes_leave_with_message_and_code(case, tmp_path, observed, process, mpich):
    refused_by_launched(case, tmp_path, observed, process, mpich)


@pytest.mark.parametrize("case", [case for case in ALL if case.id in SHARED_SHOTS])
def test_two_processes_on_one_shot(case, tmp_path, observed, process, mpich):
    refused_by_launched(case, tmp_path, observed, process, mpich, NPROCX=2)


@pytest.mark.slow
@pytest.mark.parametrize("case", [case for case in ALL if case.id not in LAUNCHED])
def test_all_cases_launched_on_two_processes(case, tmp_path, observed, process, mpich):
    refused_by_launched(case, tmp_path, observed, process, mpich)


def test_both_kinds_of_mpi(tmp_path, observed, process, mpirun):
    (case,) = (case for case in CASES if case.name == "data_nan")
    refused_by_launched(case, tmp_path, observed, process, tuple(mpirun))


def refused_by_launched(case: Case, folder: Path, observed: Path, process, launcher, **settings) -> None:
    """Run a case under mpirun -n 2 and judge its end."""
    project = case.build(folder / case.name, observed)
    if settings:
        project.settings.update(settings)
        project.save()
    before = tree(project.folder)
    ending = process(project.folder, "case.json", launcher=(*launcher, "-n", "2"))
    assert faults(case, ending.code, ours(ending.err)) == []
    assert tree(project.folder) == before


def ours(err: str) -> str:
    """What the program wrote to stderr, without what a launcher adds before or after it."""
    return err[err.find("denise: error:") :] if "denise: error:" in err else err


def test_processes_that_do_not_fit(forward, process, mpich):
    put(NPROCX=2, NPROCY=2)(forward)
    forward.save()
    ending = process(forward.folder, "case.json", launcher=(*mpich, "-n", "2"))
    assert ending.code == PARAMETERS
    for word in ("NPROCX = 2", "NPROCY = 2", "4 processes", "2 processes were started", "mpirun -n 4"):
        assert word in ending.err


def test_the_valid_inversion_runs_on_two_processes(tmp_path, observed, process, mpich):
    project = make_project(tmp_path / "inversion", True, observed)
    ending = process(project.folder, "case.json", launcher=(*mpich, "-n", "2"))
    assert (ending.code, ending.err) == (0, "")
