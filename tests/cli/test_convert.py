"""`denise convert`: parameter files of DENISE Black Edition and IFOS2D."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from denise_py.cli.main import dispatch
from denise_py.errors import ParameterError
from denise_py.parameters.conversion import convert_file
from denise_py.parameters.settings import read_settings

BLACK = """\
#-----------------------------------------------------------------
#      PARAMETER FILE (NX) = 9
#-----------------------------------------------------------------
forward_modelling_(0)_or_inversion_(1)_(MODE) = 1
equation_(PHYSICS) = 1
number_of_processors_in_x-direction_(NPROCX) = 2
number_of_processors_in_y-direction_(NPROCY) = 1
fd_order_(FDORDER) = 8
maximum_relative_error_(MAXRELERROR) = 0
gridpoints_in_x-direction_(NX) = 500
gridpoints_in_y-direction_(NY) = 174
gridspacing_(in_m)_(DH) = 20.0
time_of_wave_propagation_(in_sec)_(TIME) = 6.0
timestep_(in_seconds)_(DT) = 2.0e-03
shape_of_wavelet_(QUELLART) = 6
source_file_(SOURCE_FILE) = ./source/sources.dat
run_multiple_shots_(RUN_MULTIPLE_SHOTS) = 1
model_(MFILE) = start/marmousi_II
free_surface_(FREE_SURF) = 1
width_of_frame_(FW) = 10
velocity_(DAMPING) = 1500.0
frequency_(FPML) = 10.0
write_seismograms_(SEISMO) = 2
receivers_(READREC) = 1
receiver_file_(REC_FILE) = ./receiver/receivers
receiver_increment_(REC_INCR_X) = 0
reference_(REFRECX, REFRECY) = 0.0 , 1.5
seismograms_(SEIS_FILE) = su/seis
iterations_(ITERMAX) = 600
data_(DATA_DIR) = su/data
residuals_(QUELLTYPB) = 4
gradient_formulation_(GRAD_FORM) = 2
gradients_(JACOBIAN) = jacobian/jacobian
models_(INV_MODELFILE) = model/inverted
method_(GRAD_METHOD) = 2
memory_(NLBFGS) = 20
gravity_(GRAVITY) = 0
"""
STAGES = "\n".join(
    ["PRO TIME_FILT FC_low FC_high ORDER TIME_WIN LNORM STF_INV EPS_STF"]
    + [f"0.01 1 0.0 {corner} 6 0 2 0 0.1" for corner in (2, 5, 10, 20)]
)


@pytest.fixture
def black(tmp_path, monkeypatch):
    """A folder with a parameter file of Black Edition and its workflow of four stages."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "marmousi.inp").write_text(BLACK)
    (tmp_path / "stages.inp").write_text(STAGES)
    return tmp_path


def test_black_edition(black, capsys):
    assert dispatch(["convert", "marmousi.inp", "new.json", "--workflow", "stages.inp"]) == 0
    said = capsys.readouterr().out
    assert "to be done" not in said
    line = 1 + BLACK.splitlines().index("gravity_(GRAVITY) = 0")
    assert f"marmousi.inp, line {line}: GRAVITY = 0 is left out: it is not known here" in said
    assert "NLBFGS = 20 is N_LBFGS = 20" in said
    assert "REC_INCR_X = 0 is left out: use READREC = 2" in said
    found = read_settings("new.json")
    assert (found.grid.nx, found.grid.ny, found.grid.dh, found.time.dt) == (500, 174, 20.0, 2e-3)
    assert found.run.inversion
    assert (found.physics.acoustic, found.physics.wave_type, found.sources.wavelet) == (False, 1, 6)
    assert (found.receivers.shift_x, found.receivers.shift_y) == (0.0, 1.5)
    assert (found.inversion.velocity, found.optimiser.history) == (True, 20)
    assert (found.filter.kind, found.filter.order) == (1, 6)
    assert found.inversion.workflow_file == "stages.inp"


@pytest.mark.parametrize(
    ("before", "after", "values"),
    [
        ("(PHYSICS) = 1", "(PHYSICS) = 2", {"ACOUSTIC": 1, "WAVETYPE": 1}),
        ("(PHYSICS) = 1", "(PHYSICS) = 5", {"ACOUSTIC": 0, "WAVETYPE": 2}),
        ("(MODE) = 1", "(MODE) = 0", {"INVMAT": 10}),
        ("(GRAD_FORM) = 2", "(GRAD_FORM) = 1", {"VELOCITY": 0}),
        ("(QUELLART) = 6", "(QUELLART) = 7", {"QUELLART": 9}),
        ("(NX) = 500", "(NX) = 400 # points", {"NX": 400}),
        ("", "", {"QUELLTYP": 1}),
        ("", "source_(QUELLTYP) = 3\n", {"QUELLTYP": 3}),
    ],
)
def test_names_and_numbers_with_another_meaning(black, before, after, values):
    (black / "marmousi.inp").write_text(BLACK.replace(before, after) if before else BLACK + after)
    found = convert_file("marmousi.inp").values
    assert {name: found[name] for name in values} == values


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (
            "(PHYSICS) = 1",
            "(PHYSICS) = 3",
            "line 5: PHYSICS = 3: only P-SV (1), acoustic (2) and SH waves (5)",
        ),
        ("(MODE) = 1", "(MODE) = 2", "line 4: MODE = 2: only forward modelling (0) and inversion (1)"),
        ("(MODE) = 1", "(MODE) = x", "line 4: MODE = x must be a whole number"),
        ("(NX) = 500", "(NX) = 500.5", "line 10: NX = 500.5 must be a whole number"),
        ("(DH) = 20.0", "(DH) = wide", "line 12: DH = wide must be a number"),
        (
            "0.0 , 1.5",
            "0.0 , 1.5, 2",
            "line 27: 2 names in brackets, but 3 values; separate values by commas",
        ),
        ("0.0 , 1.5", "", "line 27: 2 names in brackets, but 1 values; separate values by commas"),
    ],
)
def test_values_without_counterpart(black, before, after, text):
    (black / "marmousi.inp").write_text(BLACK.replace(before, after))
    with pytest.raises(ParameterError) as caught:
        convert_file("marmousi.inp")
    (problem,) = caught.value.problems
    assert text in problem


def test_what_the_stages_use_is_switched_on(black, capsys):
    (black / "stages.inp").write_text("PRO TIME_FILT TIME_WIN LNORM\n0.1 0 1 2\n")
    assert dispatch(["convert", "marmousi.inp", "new.json", "--workflow", "stages.inp"]) == 0
    values = json.loads((black / "new.json").read_text())
    assert values["TIMEWIN"] == 1
    assert "TIME_FILT" not in values
    said = capsys.readouterr().out
    assert "TIMEWIN = 1 because stages of stages.inp use it" in said
    assert "to be done: PICKS_FILE is missing" in said


def test_ifos2d(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    original = {"FORWARD_ONLY": 1, "NX": "100", "NY": 80, "SOURCE_SHAPE": "1", "SOURCE_TYPE": 3, "NEW": 1}
    (tmp_path / "ifos.json").write_text(json.dumps(original))
    assert dispatch(["convert", "ifos.json", "new.json"]) == 0
    values = json.loads((tmp_path / "new.json").read_text())
    assert values == {"INVMAT": 10, "NX": 100, "NY": 80, "QUELLART": 1, "QUELLTYP": 3}
    said = capsys.readouterr().out
    assert "NEW = 1 is left out: it is not known here" in said
    assert "SOURCE_SHAPE = 1 is QUELLART = 1" in said
    assert "to be done: DH is missing" in said


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "(NX) = 3",
                "(MODE) =",
                "x_(PHYSICS) = 9e9",
                "(A, B) = 1",
                "()",
                "= 2",
                "#",
                '"NX" : 3',
                "{",
                "}",
                "é",
            ]
        )
    )
)
def test_any_text_is_converted_or_refused(tmp_path_factory, lines):
    path = tmp_path_factory.getbasetemp() / "any.inp"
    path.write_text("\n".join(lines))
    problems: list[str] = []
    try:
        convert_file(path)
    except ParameterError as error:
        problems = error.problems
    named = [line for line in lines if line in ("x_(PHYSICS) = 9e9", "(A, B) = 1")]
    assert bool(problems) or not named


def test_nothing_is_overwritten(black, capsys):
    (black / "new.json").write_text("mine")
    assert dispatch(["convert", "marmousi.inp", "new.json"]) == 2
    assert (black / "new.json").read_text() == "mine"
    assert "new.json exists and is not overwritten" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("none.inp", None, "does not exist"),
        ("empty.inp", "", "is empty"),
        ("words.inp", "some words\n", "holds no parameter"),
        ("binary.inp", "\0\1", "is not a text file"),
    ],
)
def test_files_that_are_none(tmp_path, monkeypatch, capsys, name, content, text):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / name).write_text(content)
    assert dispatch(["convert", name, "new.json"]) == 2
    assert text in capsys.readouterr().err
    assert not (tmp_path / "new.json").exists()
