"""Odd command lines and odd streams: a message and an exit code, never a traceback or a hang."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from malformed import PARAMETERS, put

from denise_py import __version__
from denise_py.cli import main as command


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], ("found: nothing", "usage: denise FILE.json")),
        ([""], ("found: nothing", "usage:")),
        (["case.json", "case.json"], ("found: case.json case.json", "usage:")),
        (["chekc", "case.json"], ("found: chekc case.json", "usage:")),
        (["--quick", "case.json"], ("found: --quick case.json", "usage:")),
        (["-x"], ("found: -x", "usage:")),
        (["invert"], ("invert does not exist",)),
        (["missing.json"], ("missing.json does not exist",)),
        (["cas.json"], ("cas.json does not exist", "case.json")),
        (["nowhere/case.json"], ("no directory nowhere",)),
        (["case.json/case.json"], ("case.json/case.json", "directory")),
        (["."], (". is a directory",)),
        (["model"], ("model is a directory",)),
        (["/dev/null"], ("/dev/null is not a regular file",)),
        (["pipe"], ("pipe is not a regular file",)),
        (["loop"], ("loop", "symbolic links")),
        (["x" * 5000], ("xxx...", "name too long")),
        (["a\0b"], ("a?b", "null")),
        (["a\udcff"], ("does not exist",)),
        (["check"], ("usage: denise check",)),
        (["check", "case.json", "case.json"], ("usage: denise check",)),
        (["check", "pipe"], ("pipe is not a regular file",)),
    ],
    ids=lambda value: "_".join(value)[:20] if isinstance(value, list) else None,
)
def test_wrong_arguments(forward, denise, arguments, words):
    os.mkfifo(forward.path("pipe"))
    forward.path("loop").symlink_to("loop")
    ending = denise(forward.folder, *arguments)
    assert ending.code == PARAMETERS
    assert ending.out == ""
    assert ending.err.startswith("denise: error:")
    assert ending.err.count("denise: error:") == 1
    for word in words:
        assert word.lower() in ending.err.lower()


@pytest.mark.parametrize("argument", ["--help", "-h", "--version", "-V"])
def test_questions_are_answered(forward, denise, argument):
    ending = denise(forward.folder, argument)
    assert (ending.code, ending.err) == (0, "")
    assert "denise" in ending.out


def test_two_processes_say_usage_once(forward, process, mpich):
    ending = process(forward.folder, launcher=(*mpich, "-n", "2"))
    assert ending.code == PARAMETERS
    assert ending.err.count("usage: denise FILE.json") == 1


def test_unreadable_parameter_file(forward, process):
    forward.parameter_file.chmod(0)
    ending = process(forward.folder, "case.json", preexec_fn=obey_permissions)
    assert (ending.code, ending.err) == (
        PARAMETERS,
        "denise: error: parameter file case.json cannot be read: Permission denied\n",
    )


def obey_permissions() -> None:
    """Take from a process of root, and from what it becomes, the right to ignore permissions of files."""
    import ctypes

    prctl_drop_from_bounding_set, dac_override, dac_read_search = 24, 1, 2
    if os.geteuid() == 0:
        for capability in (dac_override, dac_read_search):
            ctypes.CDLL(None).prctl(prctl_drop_from_bounding_set, capability, 0, 0, 0)


# ----------------------------------------------------------------------------------------------- streams


@pytest.mark.parametrize("arguments", [["--help"], ["explain"], ["case.json"]], ids=lambda a: a[0])
def test_reader_of_the_output_has_gone(forward, process, arguments):
    """As in `denise explain | head -1`."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ending = process(forward.folder, *arguments, stdout=writing)
    finally:
        os.close(writing)
    assert (ending.code, ending.err) == (0, "")


@pytest.mark.parametrize("number", [1, 2])
def test_closed_streams(forward, process, number):
    """As in `denise case.json >&-`: the run does not care."""
    ending = process(forward.folder, "case.json", preexec_fn=lambda: os.close(number))
    assert ending.code == 0
    assert ending.err == ""


def test_full_disk_behind_the_log(forward, process):
    """The results matter more than the log."""
    with open("/dev/full", "w") as full:
        ending = process(forward.folder, "case.json", stdout=full)
    assert ending.code == 0
    assert ending.err.count("standard output cannot be written (No space left on device)") == 1
    assert ending.err.count("\n") == 1
    assert forward.path("su/run_x.su.shot2").stat().st_size > 100


def test_full_disk_behind_the_messages(forward, process):
    """The exit code gets through."""
    put(NX=-1)(forward)
    forward.save()
    with open("/dev/full", "w") as full:
        assert process(forward.folder, "case.json", stderr=full).code == PARAMETERS
        assert process(forward.folder, "check", "case.json", stderr=full).code == PARAMETERS


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_paths_that_the_terminal_cannot_show(forward, process, environment, encoding):
    odd = forward.folder.with_name(os.fsdecode("Prüfung 1 \udcff".encode("utf-8", "surrogateescape")))
    forward.folder.rename(odd)
    ending = process(odd, "case.json", env=environment | {"PYTHONIOENCODING": encoding})
    assert (ending.code, ending.err) == (0, "")


def test_script_prepares_its_streams(forward, monkeypatch, tmp_path):
    """The installed script goes through main()."""
    monkeypatch.chdir(forward.folder)
    with open(tmp_path / "out", "w", encoding="ascii") as out:
        monkeypatch.setattr(sys, "stdout", out)
        with pytest.raises(SystemExit) as end:
            command.main(["--version"])
        print("ä", file=out)
    assert end.value.code == 0
    assert (tmp_path / "out").read_text().splitlines()[1] == "\\xe4"


def test_the_package_can_be_run_where_the_command_is_not_on_the_path():
    outcome = subprocess.run(
        [sys.executable, "-m", "denise_py", "--version"], capture_output=True, text=True, check=True
    )
    assert outcome.stdout == f"denise-py {__version__}\n"
