"""The files of a run: what is missing, too short, no file at all, or cannot be written."""

from __future__ import annotations

import os

import pytest
from parameter_files import FORWARD, INVERSION, without

from denise_py.parameters.checks import check_files
from denise_py.parameters.settings import Settings

NX, NY, NT, RECEIVERS, SHOTS = 100, 80, 400, 3, 5


@pytest.fixture
def case(tmp_path, monkeypatch):
    """A working directory with all files of INVERSION."""
    monkeypatch.chdir(tmp_path)
    for folder in ("model", "su", "data", "jacobian"):
        (tmp_path / folder).mkdir()
    for ending in ("vp", "vs", "rho"):
        (tmp_path / f"model/start.{ending}").write_bytes(bytes(4 * NX * NY))
    (tmp_path / "source.dat").write_text("1\n")
    (tmp_path / "receiver.dat").write_text("1 1\n")
    for shot in range(1, SHOTS + 1):
        for component in "xy":
            (tmp_path / f"data/obs_{component}.su.shot{shot}").write_bytes(bytes(RECEIVERS * (240 + 4 * NT)))
    return tmp_path


def messages(mapping, shots=SHOTS):
    findings = check_files(Settings.from_mapping(mapping), shots)
    assert all(finding.severity == "error" for finding in findings)
    return [finding.message for finding in findings]


def test_complete_case_has_no_findings(case):
    assert messages(FORWARD) == []
    assert messages(INVERSION) == []
    assert messages(INVERSION | {"READMOD": 0, "LOG": 2}) == []


def test_missing_file_names_key_path_and_neighbours(case):
    (case / "source.dat").rename(case / "sources.dat")
    assert messages(FORWARD) == [
        "SOURCE_FILE = source.dat: file source.dat does not exist (near names in .: sources.dat)"
    ]


def test_missing_directory_of_a_file(case):
    (message,) = messages(FORWARD | {"REC_FILE": "receiver/r.dat"})
    assert message == (
        "REC_FILE = receiver/r.dat: file receiver/r.dat does not exist (there is no directory receiver)"
    )


def test_each_model_file_is_looked_at(case):
    (case / "model/start.vs").unlink()
    (case / "model/start.rho").write_bytes(bytes(8 * NX * NY))
    first, second = messages(FORWARD)
    assert first.startswith(
        "MFILE = model/start: file model/start.vs does not exist (near names in model: start."
    )
    assert second == (
        "MFILE = model/start: file model/start.rho has 64000 bytes, but 32000 are needed: "
        "NX = 100 times NY = 80 numbers of 4 bytes"
    )
    assert messages(FORWARD | {"READMOD": 0}) == []


def test_endings_follow_the_parameterisation(case):
    text = "\n".join(messages(FORWARD | {"INVMAT1": 3}))
    assert "model/start.lam does not exist" in text
    assert "model/start.mu does not exist" in text
    assert len(messages(FORWARD | {"INVMAT1": 3})) == 2
    assert messages(FORWARD | {"INVMAT1": 2}) == []


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda path: path.mkdir(), "is a directory"),
        (lambda path: os.mkfifo(path), "is not a regular file"),
        (lambda path: path.write_text(""), "is empty"),
        (lambda path: path.symlink_to("receiver.dat"), "cannot be read"),
    ],
)
def test_things_that_are_no_readable_file(case, make, text):
    (case / "receiver.dat").unlink()
    make(case / "receiver.dat")
    (message,) = messages(FORWARD)
    assert message.startswith("REC_FILE = receiver.dat: file receiver.dat ")
    assert text in message


def test_file_without_permission(case, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.R_OK or not str(path).endswith(".dat"))
    text = "must not be read by you (no permission)"
    assert [message.endswith(text) for message in messages(FORWARD)] == [True, True]


def test_names_the_system_does_not_take(case):
    (message,) = messages(FORWARD | {"REC_FILE": "r" * 5000})
    assert "cannot be read: File name too long" in message


def test_wavelet_files(case):
    assert "SIGNAL_FILE = w.dat: file w.dat does not exist" in messages(
        FORWARD | {"QUELLART": 3, "SIGNAL_FILE": "w.dat"}
    )
    per_shot = FORWARD | {"QUELLART": 7, "SIGNAL_FILE": "w"}
    found = messages(per_shot)
    assert [message.split("file ")[1].split()[0] for message in found[:3]] == [
        "w.shot1",
        "w.shot2",
        "w.shot3",
    ]
    assert found[3:] == ["... and 2 more files like these"]
    assert messages(per_shot, shots=None) == []


def test_observed_data_of_every_component_and_shot(case):
    (case / "data/obs_y.su.shot4").unlink()
    (case / "data/obs_x.su.shot2").write_bytes(bytes(RECEIVERS * (240 + 4 * NT) + 4))
    (case / "data/obs_x.su.shot3").write_bytes(b"")
    first, second, third = messages(INVERSION)
    assert first == (
        "DATA_DIR = data/obs: data/obs_x.su.shot2 has 5524 bytes, no whole number of traces of 400 samples "
        "(1840 bytes each); compare TIME = 0.1 and DT = 0.00025"
    )
    assert second == "DATA_DIR = data/obs: file data/obs_x.su.shot3 is empty"
    assert third.startswith(
        "DATA_DIR = data/obs: file data/obs_y.su.shot4 does not exist (near names in data: obs_y."
    )
    assert messages(INVERSION | {"QUELLTYPB": 2}) == [third]
    assert messages(FORWARD) == []
    assert "obs_p.su.shot1 does not exist" in messages(INVERSION | {"QUELLTYPB": 4})[0]


def test_observed_data_in_segy(case):
    """File header, extensions of it and samples of 4, 2 or 1 bytes; preferred is the name with .su."""
    traces = RECEIVERS * (240 + 4 * NT)
    for shot, size in enumerate((3600 + traces, 3600 + 6400 + traces, 3600 + RECEIVERS * (240 + 2 * NT)), 1):
        (case / f"data/obs_x.su.shot{shot}").unlink()
        (case / f"data/obs_x.shot{shot}.sgy").write_bytes(bytes(size))
    (case / "data/obs_y.su.shot1").write_bytes(bytes(3600 + traces))
    assert messages(INVERSION) == []
    (case / "data/obs_x.shot2.sgy").write_bytes(bytes(3600 + 1))
    (case / "data/obs_x.shot3.sgy").write_bytes(bytes(3600))
    second, third = messages(INVERSION)
    assert second.startswith("DATA_DIR = data/obs: data/obs_x.shot2.sgy has 3601 bytes, no whole number")
    assert third.startswith("DATA_DIR = data/obs: data/obs_x.shot3.sgy has 3600 bytes, no whole number")


def test_data_in_both_formats_are_warned_of(case):
    (case / "data/obs_y.shot5.segy").write_bytes(b"1")
    (finding,) = check_files(Settings.from_mapping(INVERSION), SHOTS)
    assert finding.severity == "warning"
    assert finding.message.endswith(
        "data/obs_y.su.shot5 is read, not data/obs_y.shot5.segy, which exists as well"
    )


def test_wavelets_in_segy(case):
    for shot in range(1, SHOTS + 1):
        (case / f"w.shot{shot}.sgy").write_bytes(b"1")
    assert messages(FORWARD | {"QUELLART": 7, "SIGNAL_FILE": "w"}) == []


def test_workflow_file(case):
    (message,) = messages(INVERSION | {"USE_WORKFLOW": 1, "FILE_WORKFLOW": "flow.txt"})
    assert message == "FILE_WORKFLOW = flow.txt: file flow.txt does not exist"


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("SEIS_FILE", FORWARD),
        ("SEIS_FILE_VX", without(FORWARD, "SEIS_FILE") | {"SEIS_FILE_VY": "su/y"}),
        ("INV_MODELFILE", INVERSION),
        ("JACOBIAN", INVERSION),
        ("MISFIT_LOG_FILE", INVERSION),
    ],
)
def test_output_directories(case, monkeypatch, name, base):
    assert messages(base | {name: "out/a"}) == [f"{name} = out/a: directory out does not exist; create it"]
    (case / "out").write_text("")
    assert messages(base | {name: "out/a"}) == [f"{name} = out/a: out is not a directory"]
    (case / "out").unlink()
    (case / "out").mkdir()
    assert messages(base | {name: "out/a"}) == []
    monkeypatch.setattr(os, "access", lambda path, mode: path != "out" or not mode & os.W_OK)
    text = f"{name} = out/a: directory out must not be written by you (no permission)"
    assert messages(base | {name: "out/a"}) == [text]


def test_names_of_components_that_are_not_written_do_not_matter(case):
    names = {"SEIS_FILE_VX": "su/x", "SEIS_FILE_VY": "su/y", "SEIS_FILE_P": "nowhere/p"}
    assert messages(without(FORWARD, "SEIS_FILE") | names) == []


def test_log_directory_is_made_on_demand(case, monkeypatch):
    assert messages(FORWARD | {"LOG": 2, "LOG_FILE": "new/deep/log"}) == []
    (case / "plain").write_text("")
    assert messages(FORWARD | {"LOG": 1, "LOG_FILE": "plain/log"}) == []
    assert messages(FORWARD | {"LOG": 2, "LOG_FILE": "plain/deep/log"}) == [
        "LOG_FILE = plain/deep/log: plain is not a directory"
    ]
