"""Input that looks odd and is valid: it has to run, and give the same as the plain form of it."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from malformed import NT, Project, as_segy, make_project, more, put, swap_bytes, text

from denise_py.cli.main import dispatch
from denise_py.traces.su import trace_dtype

DATA = [f"data/obs_{component}.su.shot{shot}" for component in "xy" for shot in (1, 2)]


def seismograms(project: Project) -> dict[str, bytes]:
    """Content of all seismograms of a forward run."""
    return {f"{c}{k}": project.path(f"su/run_{c}.su.shot{k}").read_bytes() for c in "xy" for k in (1, 2)}


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> dict[str, bytes]:
    """Seismograms of the plain project."""
    project = make_project(tmp_path_factory.mktemp("plain") / "project", inversion=False)
    before = os.getcwd()
    os.chdir(project.folder)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            assert dispatch(["case.json"]) == 0
    finally:
        os.chdir(before)
    return seismograms(project)


def _lines(settings: dict, entry: str) -> str:
    return "".join(entry % (key, value) for key, value in settings.items())


NOTATIONS: dict[str, Callable[[dict], bytes]] = {
    "tabs": lambda s: json.dumps(s, indent="\t").encode(),
    "one_line": lambda s: json.dumps(s).encode(),
    "byte_order_mark": lambda s: b"\xef\xbb\xbf" + json.dumps(s, indent=1).encode(),
    "utf_16": lambda s: json.dumps(s, indent=1).encode("utf-16"),
    "windows_lines": lambda s: json.dumps(s, indent=1).replace("\n", "\r\n").encode(),
    "old_mac_lines": lambda s: json.dumps(s, indent=1).replace("\n", "\r").encode(),
    "trailing_comma": lambda s: (json.dumps(s)[:-1] + ",}").encode(),
    "remarks": lambda s: b"# a remark\n{\n# another\n" + json.dumps(s, indent=1)[1:].encode(),
    "texts": lambda s: json.dumps({key: str(value) for key, value in s.items()}).encode(),
    "dialect": lambda s: _lines(s, '"%s" : "%s",\n').encode(),
    "dialect_equals": lambda s: _lines(s, '"%s" = "%s"\n').encode(),
    "dialect_windows": lambda s: b"\xef\xbb\xbf" + _lines(s, '\t"%s"\t:\t"%s",\r\n').encode(),
    "no_last_newline": lambda s: _lines(s, '"%s" : "%s",\n').encode()[:-2],
    "duplicates": lambda s: ("{" + json.dumps(s)[1:-1] + ', "NX": 70}').encode(),
    "unknown_key": lambda s: json.dumps(s | {"NXX": 5, "Nonsense": "ä"}).encode(),
    "comments": lambda s: json.dumps({"comment": "ä : , \" '"} | s | {"Comment": 1}).encode(),
    "latin_1": lambda s: json.dumps({"comment": "für"} | s, ensure_ascii=False).encode("latin-1"),
}


@pytest.mark.parametrize("notation", NOTATIONS)
def test_notations_of_the_parameter_file(notation, forward, denise, plain):
    forward.parameter_file.write_bytes(NOTATIONS[notation](forward.settings))
    ending = denise(forward.folder, "case.json")
    assert (ending.code, ending.err) == (0, "")
    assert seismograms(forward) == plain


@pytest.mark.parametrize(
    ("notation", "words"),
    [
        ("duplicates", ("NX = 70 is ignored", "NX = 60 came first")),
        ("unknown_key", ("NXX", "did you mean NX")),
    ],
)
def test_doubtful_entries_are_warned_of(notation, words, forward, denise):
    forward.parameter_file.write_bytes(NOTATIONS[notation](forward.settings))
    out = denise(forward.folder, "case.json").out
    assert "warning: case.json" in out
    for word in words:
        assert word in out


@pytest.mark.parametrize(
    "spoil",
    [
        text("source.dat", "\ufeff2 sources\r\n20 0 2 0 100 1e6\r\n\r\n40\t0 2 0 100 1e6"),
        text("source.dat", "# two\n2\n% x z y\n20 0 2 0 100 1e6 # first\n40 0 2 0 100 1e6\n"),
        text("source.dat", "2\n20 0 2 0 100 1e6\n40 0 2 0 100 1e6\n7 7 7\n"),
        text("receiver.dat", "15 1 99\r\n23 1\r\n\r\n30 1\r\n37 1\r\n45 1"),
        text("receiver.dat", "15 1\n23 1\n23 1\n30 1\n37 1\n45 1\n"),
        put(DT="5e-4 s", NX="60 ", NPROCX=1.0, FREE_SURF=True),
    ],
    ids=["source_bom_crlf", "source_remarks", "source_surplus", "receiver_crlf", "receiver_twice", "values"],
)
def test_odd_but_clear_files(spoil, forward, denise, plain):
    spoil(forward)
    forward.save()
    ending = denise(forward.folder, "case.json")
    assert (ending.code, ending.err) == (0, "")
    assert seismograms(forward) == plain


def test_umlauts_and_blanks_in_all_paths(forward, process, plain):
    folder = forward.folder.with_name("Prüfung äöü 1")
    forward.folder.rename(folder)
    renamed = {
        "model": "Modell ä",
        "su": "su ö",
        "source.dat": "Quelle ü.dat",
        "receiver.dat": "Empf änger.dat",
    }
    for old, new in renamed.items():
        (folder / old).rename(folder / new)
    project = Project(folder, forward.settings)
    put(MFILE="Modell ä/start", SEIS_FILE="su ö/run", SOURCE_FILE="Quelle ü.dat")(project)
    put(REC_FILE="Empf änger.dat")(project)
    project.save()
    project.parameter_file.rename(folder / "mein Fall ß.json")
    ending = process(folder, "mein Fall ß.json")
    assert (ending.code, ending.err) == (0, "")
    assert (folder / "su ö/run_x.su.shot1").read_bytes() == plain["x1"]


def test_long_paths(forward, denise, plain):
    """The original held 73 characters."""
    deep = Path("/".join(["0123456789" * 10] * 5))
    forward.path(deep).mkdir(parents=True)
    for ending in ("vp", "vs", "rho"):
        forward.path(f"model/start.{ending}").rename(forward.path(deep / f"start.{ending}"))
    put(MFILE=str(deep / "start"), SEIS_FILE=str(deep / "run"))(forward)
    forward.save()
    assert denise(forward.folder, "case.json").code == 0
    assert forward.path(deep / "run_y.su.shot2").read_bytes() == plain["y2"]


def test_linked_files(forward, denise, plain):
    for name in ("model/start.vp", "source.dat", "case.json"):
        path = forward.path(name)
        path.rename(path.with_suffix(".real"))
        path.symlink_to(path.with_suffix(".real").name)
    assert denise(forward.folder, "case.json").code == 0
    assert seismograms(forward) == plain


def test_observed_data_of_the_other_byte_order(inversion, denise):
    model = inversion.path("model/inverted_vs.bin")
    assert denise(inversion.folder, "case.json").code == 0
    expected = model.read_bytes()
    model.unlink()
    for name in DATA:
        swap_bytes(name)(inversion)
    ending = denise(inversion.folder, "case.json")
    assert (ending.code, ending.err) == (0, "")
    assert model.read_bytes() == expected


def test_observed_data_in_segy(inversion, denise):
    """Under the names that a forward run gives them, under the usual ones, and both at once."""
    model = inversion.path("model/inverted_vs.bin")
    assert denise(inversion.folder, "case.json").code == 0
    expected = model.read_bytes()
    model.unlink()
    for component in "xy":
        as_segy(f"data/obs_{component}.su.shot1", f"data/obs_{component}.shot1.sgy")(inversion)
        as_segy(f"data/obs_{component}.su.shot2", f"data/{component}")(inversion)
        inversion.path(f"data/{component}").rename(inversion.path(f"data/obs_{component}.su.shot2"))
    inversion.path("data/obs_y.shot2.sgy").write_text("left over")
    ending = denise(inversion.folder, "case.json")
    assert (ending.code, ending.err) == (0, "")
    assert model.read_bytes() == expected
    warned = "data/obs_y.su.shot2 is read, not data/obs_y.shot2.sgy, which exists as well"
    assert ending.out.count(warned) == 1


def test_segy_of_a_forward_run_feeds_an_inversion(inversion, denise):
    """Names, text headers and the same result as with the other format of the same seismograms."""
    model = inversion.path("model/inverted_vs.bin")
    vs = np.fromfile(inversion.path("model/start.vs"), "<f4")
    results = []
    for kind in (1, 4):
        (vs * np.float32(0.98)).tofile(inversion.path("model/start.vs"))
        recording = dict(inversion.settings) | {"INVMAT": 10, "SEIS_FILE": "data/new", "SEIS_FORMAT": kind}
        inversion.path("forward.json").write_text(json.dumps(recording))
        assert denise(inversion.folder, "forward.json").code == 0
        vs.tofile(inversion.path("model/start.vs"))
        put(DATA_DIR="data/new", SEIS_FORMAT=kind, VERBOSE=1)(inversion)
        inversion.save()
        assert denise(inversion.folder, "case.json").code == 0
        results.append(model.read_bytes())
        model.unlink()
        for path in inversion.folder.glob("data/new_?.su.shot?"):
            path.unlink()
    assert results[0] == results[1]
    names = {path.name for path in inversion.folder.glob("*/*.sgy")}
    assert names == {
        *(f"new_{c}.shot{k}.sgy" for c in "xy" for k in (1, 2)),
        *(f"run_v{c}.shot{k}.it1.sgy" for c in "xy" for k in (1, 2)),
        *(f"run_v{c}.shot{k}_adjoint_src.sgy" for c in "xy" for k in (1, 2)),
    }
    header = inversion.path("su/run_vy.shot2_adjoint_src.sgy").read_bytes()[:3200].decode("cp037")
    assert "adjoint source of vy, reversed in time; shot 2" in header
    header = inversion.path("data/new_y.shot1.sgy").read_bytes()[:3200].decode("cp037")
    assert "vy, particle velocity downwards, m/s; shot 1" in header


def test_observed_data_without_a_sampling_interval(inversion, denise):
    """Nothing to compare with DT, which then holds; positions are still looked at."""
    for name in DATA:
        traces = np.fromfile(inversion.path(name), trace_dtype(NT))
        traces["header"]["dt"] = traces["header"]["d1"] = 0
        traces["header"]["gx"] += 5000
        traces.tofile(inversion.path(name))
    ending = denise(inversion.folder, "case.json")
    assert (ending.code, ending.err) == (0, "")
    assert ending.out.count("5 receivers are elsewhere in the headers") == len(DATA)


def test_dead_traces_and_odd_positions_are_warned_of(inversion, denise):
    traces = np.fromfile(inversion.path(DATA[0]), trace_dtype(NT))
    traces["samples"][1] = 0
    traces["header"]["gx"][4] += 5000
    traces.tofile(inversion.path(DATA[0]))
    ending = denise(inversion.folder, "case.json")
    assert ending.code == 0
    assert "1 of 5 traces are zero and do not count (first: trace 2)" in ending.out
    assert "1 receivers are elsewhere in the headers" in ending.out


def test_workflow_with_odd_lines(inversion, denise):
    """A last line without newline counts, blank lines and remarks do not."""
    more("workflow.txt", b"\r\n# pause\r\n\r\n2 1 0 0 0.01 1 100 1 0 0 0 0.005")(inversion)
    ending = denise(inversion.folder, "check", "case.json")
    assert ending.code == 0
    assert "stage 2" in ending.out
    assert "stage 3" not in ending.out
