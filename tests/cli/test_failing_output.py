"""Output that cannot be written: found before the run where possible, and never half a file."""

from __future__ import annotations

import os
import resource
from functools import partial

import pytest
from endings import tree
from malformed import DATA, MEMORY_OR_DISK, OLD_OUTPUTS, PARAMETERS, both, directory, put
from test_command_line import obey_permissions

from denise_py.errors import DataError, ResourceError
from denise_py.parameters.settings import read_settings
from denise_py.traces.files import atomic_file
from denise_py.workflow.memory import check_memory

OLD = b"result of an earlier run"


@pytest.mark.parametrize("name", ["su", "log"])
def test_read_only_folder_is_found_before_the_run(inversion, process, name):
    inversion.path(name).chmod(0o555)
    before = tree(inversion.folder)
    ending = process(inversion.folder, "case.json", preexec_fn=obey_permissions)
    assert ending.code == PARAMETERS
    assert f"directory {name} must not be written" in ending.err
    assert tree(inversion.folder) == before


def test_unreadable_data_file(forward, process):
    forward.path("model/start.vs").chmod(0)
    ending = process(forward.folder, "case.json", preexec_fn=obey_permissions)
    assert ending.code == DATA
    assert "model/start.vs must not be read by you (no permission)" in ending.err


def limit_file_size(size: int) -> None:
    """A disk that is full as soon as a file reaches the size."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def too_large(name: str) -> str:
    """What the run says. Of shots that are simulated at a time any may be the first to be written."""
    return f"denise: error: {name}: cannot be written (File too large)\n"


def test_full_disk_in_a_forward_run(forward, process):
    before = tree(forward.folder)
    ending = process(forward.folder, "case.json", preexec_fn=partial(limit_file_size, 1000))
    assert ending.code == MEMORY_OR_DISK
    assert ending.err.replace("shot2", "shot1") == too_large("su/run_x.su.shot1")
    assert changed(before, tree(forward.folder)) == set()


@pytest.mark.parametrize("size", [100, 3700, 5500])
def test_full_disk_while_segy_is_written(forward, process, size):
    """Within the file header, within a trace and within the last one (a file has 6000 bytes)."""
    put(SEIS_FORMAT=4)(forward)
    forward.save()
    before = tree(forward.folder)
    ending = process(forward.folder, "case.json", preexec_fn=partial(limit_file_size, size))
    assert ending.code == MEMORY_OR_DISK
    assert ending.err.replace("shot2", "shot1") == too_large("su/run_x.shot1.sgy")
    assert changed(before, tree(forward.folder)) == set()


def test_full_disk_in_an_inversion(inversion, process):
    """Models (9600 bytes) do not fit any more, seismograms (2400 bytes) do."""
    before = tree(inversion.folder)
    ending = process(inversion.folder, "case.json", preexec_fn=partial(limit_file_size, 5000))
    assert ending.code == MEMORY_OR_DISK
    assert ending.err == too_large("model/inverted_vp.bin")
    assert all(name.startswith("su/") for name in changed(before, tree(inversion.folder)))


def test_full_disk_under_the_misfit_log(inversion, process):
    """The log alone is large enough to fail: everything else is thinned to almost nothing."""
    put(IDX=60, IDY=40, SEISMO=0)(inversion)
    inversion.save()
    ending = process(inversion.folder, "case.json", preexec_fn=partial(limit_file_size, 300))
    assert ending.code == MEMORY_OR_DISK
    assert ending.err == "denise: error: log/misfit.jsonl: cannot be written (File too large)\n"


def changed(before: dict, after: dict) -> set[str]:
    """Names of files that are new, gone, or hold something else."""
    return {
        name for name in before.keys() | after.keys() if before.get(name, ())[2:] != after.get(name, ())[2:]
    }


def test_folder_in_place_of_an_output_file(forward, denise):
    """The other files of the shot are not touched by its failure; another shot may be done by then."""
    directory("su/run_x.su.shot1")(forward)
    before = tree(forward.folder)
    ending = denise(forward.folder, "case.json")
    assert ending.code == DATA
    assert ending.err == (
        "denise: error: su/run_x.su.shot1: cannot be written (there is something that is not a file)\n"
    )
    after = tree(forward.folder)
    assert set(after) == set(before)
    assert changed(before, after) <= {"su/run_x.su.shot2", "su/run_y.su.shot2"}


def test_a_process_that_alone_cannot_write_ends_the_others(inversion, process, mpich):
    """Models are written by the first process while the second one waits for it."""
    directory("model/inverted_vp.bin")(inversion)
    ending = process(inversion.folder, "case.json", launcher=(*mpich, "-n", "2"))
    assert ending.code == DATA
    assert ending.err.count("denise: error: model/inverted_vp.bin: cannot be written") == 1
    assert "Traceback" not in ending.err
    assert inversion.path("log/misfit.dat").read_bytes() == OLD


def test_devices_are_not_replaced_by_files(tmp_path):
    """Root could rename a file onto /dev/null; a pipe stands in for it here."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "out").symlink_to("pipe")
    with pytest.raises(DataError, match="not a file"), atomic_file(tmp_path / "out") as stream:
        stream.write(b"1")
    assert (tmp_path / "pipe").is_fifo()
    assert sorted(os.listdir(tmp_path)) == ["out", "pipe"]


@pytest.mark.parametrize("processes", [1, 2])
def test_log_file_that_cannot_be_made(forward, process, mpich, processes):
    """With LOG = 2 this is found before the run; by default only further processes write log files, and
    results matter more than those."""
    put(LOG_FILE="source.dat/log")(forward)
    forward.save()
    launcher = (*mpich, "-n", "2") if processes == 2 else ()
    ending = process(forward.folder, "case.json", launcher=launcher)
    assert ending.code == 0
    warned = "the log file source.dat/log.1 cannot be written"
    assert ending.err.count(warned) == processes - 1
    assert "Traceback" not in ending.err
    assert forward.path("su/run_y.su.shot2").read_bytes() != OLD


def test_wanted_log_file_that_cannot_be_made(forward, denise):
    both(put(LOG=2, LOG_FILE="source.dat/log"))(forward)
    forward.save()
    ending = denise(forward.folder, "case.json")
    assert ending.code == PARAMETERS
    assert "LOG_FILE = source.dat/log: source.dat is not a directory" in ending.err


def test_temporary_files_do_not_stay(forward, inversion, denise):
    for project in (forward, inversion):
        assert denise(project.folder, "case.json").code == 0
        assert [name for name in tree(project.folder) if name.endswith(".tmp")] == []
    assert forward.path(OLD_OUTPUTS[0]).read_bytes() != OLD


def test_memory_is_reckoned_before_it_is_taken(inversion):
    settings = read_settings(inversion.parameter_file)
    check_memory(settings, nt=60, sources=2, receivers=5, available=10**7)
    for arguments, words in (
        ({"nt": 60, "sources": 10**6, "receivers": 5}, "1000000 wavelets of 60 samples"),
        ({"nt": 60, "sources": 2, "receivers": 10**6}, "1000000 seismograms of 60 samples"),
    ):
        with pytest.raises(ResourceError, match=words):
            check_memory(settings, **arguments, available=10**7)
