"""Settings: from file and mapping to checked values, and what is said about wrong ones."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parameter_files import FILTERED, FORWARD, INVERSION, attempt, dialect, without, write
from pydantic import ValidationError

from denise_py.errors import ParameterError
from denise_py.parameters.models import ComponentFiles
from denise_py.parameters.settings import Settings, read_settings
from denise_py.parameters.table import KEYS


def problems_of(mapping):
    with pytest.raises(ParameterError) as caught:
        Settings.from_mapping(mapping)
    return caught.value.problems


def groups_of(found: Settings):
    return found.model_dump(exclude={"source", "warnings", "notes", "unused"})


def test_values_reach_their_places():
    found = Settings.from_mapping(
        FILTERED
        | {
            "NPROCX": 2,
            "NDT": 5,
            "GRAD_METHOD": 2,
            "WOLFE_NUM_TEST": 7,
            "S": 1,
            "S_VS": 1,
            "S_VP": 2,
            "S_RHO": 3,
        }
    )
    assert (found.grid.nx, found.grid.ny, found.grid.dh) == (100, 80, 0.5)
    assert (found.time.duration, found.time.dt) == (0.1, 0.00025)
    assert found.run.inversion
    assert found.boundary.free_surface is True
    assert found.boundary.periodic is False
    assert found.domain.nprocx == 2
    assert found.seismograms.every == 5
    assert found.optimiser.wolfe
    assert found.optimiser.wolfe_trials == 7
    assert found.filter.low_pass_end == 30.0
    assert (found.limits.vs_percent, found.limits.vp_percent, found.limits.rho_percent) == (1.0, 2.0, 3.0)
    assert found.inversion.data == "data/obs"
    assert (found.source, found.warnings, found.notes, found.unused) == (None, (), (), ())


def test_file_and_mapping_give_the_same(tmp_path):
    path = write(tmp_path / "case.json", INVERSION)
    found = read_settings(path)
    assert found.source == path
    assert groups_of(found) == groups_of(Settings.from_mapping(INVERSION))
    path.write_text(json.dumps(INVERSION))
    assert read_settings(str(path)) == found


@pytest.mark.parametrize("mapping", [FORWARD, INVERSION, FILTERED], ids=["forward", "inversion", "filtered"])
def test_settings_give_back_their_keys(mapping):
    found = Settings.from_mapping(mapping | {"SEIS_FILE_VX": "su/a"})
    again = found.to_mapping()
    assert again["INVMAT"] == mapping["INVMAT"]
    assert again["SEIS_FILE_VX"] == "su/a"
    assert groups_of(Settings.from_mapping(again)) == groups_of(found)
    assert again.keys() >= mapping.keys()


def test_settings_are_frozen_and_can_be_sent_to_other_processes():
    found = Settings.from_mapping(INVERSION | {"SEIS_FILE_VX": "su/a"})
    with pytest.raises(ValidationError, match="frozen"):
        found.grid.nx = 5
    again = pickle.loads(pickle.dumps(found))
    assert again == found
    assert hash(again.seismograms) == hash(found.seismograms)
    assert dict(again.seismograms.files) == {"vx": "su/a"}
    assert again.seismograms.files.get("vy") is None


def test_component_files_are_a_mapping():
    files = ComponentFiles({"vx": "a", "p": "b"})
    assert (len(files), list(files), files["p"], "vy" in files) == (2, ["vx", "p"], "b", False)
    assert files == {"vx": "a", "p": "b"}
    with pytest.raises(KeyError):
        files["div"]


def test_all_problems_are_reported_together(tmp_path):
    mapping = without(INVERSION, "NY", "DATA_DIR") | {"NX": "2.5", "DT": "abc", "L": 11, "TESTSHOT_START": 3}
    path = write(tmp_path / "case.json", mapping | {"TESTSHOT_END": 1})
    path.write_text(path.read_text() + '"DH : 5",\n')
    with pytest.raises(ParameterError) as caught:
        read_settings(path)
    text = str(caught.value)
    for part in (
        "line 4: NX = 2.5 must be a whole number",
        "DT = abc must be a number, in s",
        "L = 11",
        "NY is missing: number of grid points in y\n",
        "DATA_DIR is missing: base name of the observed data (needed because INVMAT = 0)",
        "TESTSHOT_END = 1 must not be less than TESTSHOT_START = 3",
        "line 30: '\"DH : 5\",' cannot be read",
    ):
        assert part in text
    assert len(caught.value.problems) == 7
    assert all(problem.startswith(str(path)) for problem in caught.value.problems)
    assert caught.value.exit_code == 2


def test_a_failed_key_causes_no_further_problems():
    assert len(problems_of(INVERSION | {"NX": "abc"})) == 1
    assert len(problems_of(INVERSION | {"DT": 0})) == 1
    assert len(problems_of(without(INVERSION, "TIME"))) == 1
    assert len(problems_of(FORWARD | {"L": 11})) == 1
    assert len(problems_of(INVERSION | {"SNAP": 5})) == 1


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('"NX" : "2.5",', "NX = 2.5 must be a whole number"),
        ('"NX" : "-5",', "NX = -5 is out of range; it must be >= 1"),
        ('"NX" : "99999999999",', "NX = 99999999999 is no whole number up to 2147483647"),
        ('"NX" : "5 6",', "NX = 5 6 has the text '6' after the number"),
        ('"NX" : "5x",', "NX = 5x has the text 'x' after the number"),
        ('"NX" : [5],', "NX = [...] must be a single value"),
        ('"NX" : true,', "NX = true must be a number"),
        ('"NX" : "",', "NX is missing"),
        ('"NX" : null,', "NX is missing"),
        ('"DT" : "nan",', "DT = nan must be a number, in s"),
        ('"DT" : "1e400",', "DT = 1e400 is not a finite number"),
        ('"DT" : "1e-50",', "DT = 1e-50 is too close to zero"),
        ('"DT" : "0",', "DT = 0 is out of range; it must be > 0, in s"),
        ('"DT" : "2 ms",', "DT = 2 ms has the text 'ms' after the number; write the number alone, in s"),
        ('"DT" : "0,002",', "DT = 0,002 has the text ',002' after the number"),
        ('"QUELLART" : "11",', "QUELLART = 11 is not possible; allowed are 1 (Ricker), 2 (Fuchs-Mueller)"),
        (
            '"FREE_SURF" : "2",',
            "FREE_SURF = 2 is not possible; allowed are 0 (absorbing frame on top), 1 (free",
        ),
        (
            '"INVMAT" : "5",',
            "INVMAT = 5 is not possible; allowed are 0 (full-waveform inversion), 10 (forward",
        ),
        ('"SEIS_FORMAT" : "5",', "SEIS_FORMAT = 5 is not possible; allowed are 1 (SU), 2 (text"),
        ('"FDORDER" : "5",', "FDORDER = 5 is not possible; allowed are 2 (order 2), 4 (order 4)"),
        (
            '"READREC" : "3",',
            "READREC = 3 is not possible; allowed are 0 (line), 1 (receiver file), 2 (receivers per shot",
        ),
        ('"MFILE" : "a\tb",', "MFILE = a?b contains a control character"),
        ('"BOUNDARY" : "yes please",', "BOUNDARY = yes please must be a number"),
    ],
)
def test_malformed_value(tmp_path, line, expected):
    name = line.split('"')[1]
    path = tmp_path / "case.json"
    path.write_text(dialect(without(FORWARD, name)) + line + "\n")
    with pytest.raises(ParameterError) as caught:
        read_settings(path)
    assert expected in caught.value.problems[0]
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2e-4 s", 2e-4),
        ("2e-4  sec", 2e-4),
        ("2.5E-4", 2.5e-4),
        (".0002", 2e-4),
        ("+2e-4", 2e-4),
        (2e-4, 2e-4),
    ],
)
def test_numbers(raw, expected):
    found = Settings.from_mapping(FORWARD | {"DT": raw})
    assert found.time.dt == expected
    unit = str(raw).split()[1:]
    assert found.warnings == (
        (f"parameters: DT = {raw}: '{unit[0]}' after the number is not read",) if unit else ()
    )


def test_remark_after_a_number_without_unit():
    found = Settings.from_mapping(FORWARD | {"QUELLART": "1 (Ricker)"})
    assert found.sources.wavelet == 1
    assert "'(Ricker)' after the number is not read" in found.warnings[0]


@pytest.mark.parametrize("raw", [True, "true", "Yes", "on", "1", 1, "1.0"])
def test_switches(raw):
    assert Settings.from_mapping(FORWARD | {"FREE_SURF": raw}).boundary.free_surface is True
    assert Settings.from_mapping(FORWARD | {"FREE_SURF": False}).boundary.free_surface is False


def test_unknown_key_is_a_warning_with_the_nearest_name():
    found = Settings.from_mapping(FORWARD | {"FREE_SRF": 1, "xyz_unheard_of": 2, "MODE": 1, "LOWPASS\n": 1})
    assert found.warnings == (
        "parameters: FREE_SRF is no known parameter and is not read; did you mean FREE_SURF?",
        "parameters: xyz_unheard_of is no known parameter and is not read",
        "parameters: MODE belongs to DENISE Black Edition and is not read;"
        " use INVMAT (0 inversion, 10 forward modelling)",
        "parameters: LOWPASS? is no known parameter and is not read",
    )


def test_upper_and_lower_case_do_not_matter():
    found = Settings.from_mapping(
        without(FORWARD, "NX", "QUELLART") | {"nx": 60, "Source_Shape": 2, "NPower": 3}
    )
    assert (found.grid.nx, found.sources.wavelet, found.boundary.power) == (60, 2, 3.0)
    assert len(found.notes) == 3


def test_first_of_several_values_wins(tmp_path):
    path = tmp_path / "case.json"
    path.write_text(dialect(FORWARD) + '"NX" : "100.0",\n"NY" : "70", "VPPML" : "600",\n"DH" : "abc",\n')
    found = read_settings(path)
    assert (found.grid.nx, found.grid.ny, found.boundary.velocity) == (100, 80, 500.0)
    assert found.warnings == (
        f"{path}, line 25: NY = 70 is ignored; NY = 80 came first",
        f"{path}, line 25: VPPML (that is DAMPING) = 600 is ignored; DAMPING = 500 came first",
        f"{path}, line 26: DH = abc is ignored; DH = 0.5 came first",
    )


def test_empty_value_counts_as_not_given():
    found = Settings.from_mapping(FORWARD | {"NDT": "", "LOG_FILE": None})
    assert found.seismograms.every == 1
    assert found.run.log_file == "log/LOG_FILE"
    assert found.warnings == (
        "parameters: NDT is empty and counts as not given",
        "parameters: LOG_FILE is empty and counts as not given",
    )


# --------------------------------------------------------------------------------- rules between keys


def test_forward_run_ignores_the_inversion():
    extra = {
        "TIME_FILT": 1,
        "DTINV": 5,
        "ITERMAX": 20,
        "LNORM": 7,
        "TRKILL": 1,
        "INV_MODELFILE": "x",
        "PRO": "abc",
    }
    found = Settings.from_mapping(FORWARD | extra)
    assert found.filter.kind == 0
    assert (found.inversion.sampling, found.inversion.max_iterations) == (0, 1)
    assert found.inversion.model_file == "model/start"
    assert set(found.unused) == set(extra) - {"PRO"}
    assert found.warnings == ("parameters: PRO = abc must be a number; it is not used in this run",)


def test_attenuation_is_only_asked_for_with_mechanisms():
    found = Settings.from_mapping(FORWARD | {"L": 0})
    assert found.attenuation.frequencies == ()
    assert found.attenuation.tau == 0.0


def test_wolfe_conditions_belong_to_lbfgs():
    assert not Settings.from_mapping(INVERSION | {"WOLFE_CONDITION": 1}).optimiser.wolfe
    found = Settings.from_mapping(INVERSION | {"GRAD_METHOD": 2})
    assert (found.optimiser.wolfe, found.optimiser.wolfe_trials, found.optimiser.c1, found.optimiser.c2) == (
        True,
        10,
        1e-4,
        0.9,
    )
    assert not Settings.from_mapping(INVERSION | {"GRAD_METHOD": 2, "WOLFE_CONDITION": 0}).optimiser.wolfe


def test_removed_key_must_be_absent():
    (problem,) = problems_of(INVERSION | {"GRAD_METHOD": 2, "LBFGS_SURFACE": 0})
    assert problem == "parameters: LBFGS_SURFACE: it is not supported any more; remove it"
    assert Settings.from_mapping(INVERSION | {"LBFGS_SURFACE": 1}).unused == ("LBFGS_SURFACE",)


def test_keys_without_effect_are_warned_of():
    found = Settings.from_mapping(INVERSION | {"TAPER": 1, "TAPERLENGTH": 4, "INVTYPE": 2})
    assert [warning.split(":")[1] for warning in found.warnings] == [
        " TAPER = 1 has no effect",
        " TAPERLENGTH = 4 has no effect",
    ]
    assert "INVTYPE = 1 is not possible" in problems_of(INVERSION | {"INVTYPE": 1})[0]


def test_workflow_file_is_asked_for_by_use_workflow_only():
    assert (
        Settings.from_mapping(INVERSION | {"USE_WORKFLOW": 0, "FILE_WORKFLOW": "w"}).inversion.workflow_file
        == ""
    )
    assert "FILE_WORKFLOW is missing" in problems_of(INVERSION | {"USE_WORKFLOW": 1})[0]
    found = Settings.from_mapping(
        INVERSION | {"USE_WORKFLOW": 1, "FILE_WORKFLOW": "w", "TIME_FILT": 1, "ORDER": 2}
    )
    assert found.inversion.workflow_file == "w"
    assert found.precondition.epsilon == 0.005


def test_corners_of_the_filter_are_asked_for_without_workflow():
    names = [problem.split()[1] for problem in problems_of(INVERSION | {"TIME_FILT": 1})]
    assert names == ["FC_START", "FC_END", "FC_INCR", "ORDER"]


def test_taper_edges():
    assert Settings.from_mapping(INVERSION).tapers.edges == ()
    found = Settings.from_mapping(
        INVERSION | {"SWS_TAPER_GRAD_HOR": 1, "GRADT1, GRADT2": 0, "GRADT1": 3, "GRADT2": 8}
    )
    assert found.tapers.edges == (3, 8, 0, 0)
    names = [problem.split()[1] for problem in problems_of(INVERSION | {"SWS_TAPER_GRAD_VERT": 1})]
    assert names == ["GRADT1", "GRADT2", "GRADT3", "GRADT4"]


def test_test_shots_are_all_shots_by_default():
    found = Settings.from_mapping(INVERSION).inversion
    assert (found.test_shot_start, found.test_shot_end, found.test_shot_increment) == (0, 0, 1)
    assert "TESTSHOT_END is missing" in problems_of(INVERSION | {"TESTSHOT_START": 1})[0]


def test_receivers_are_not_asked_for_when_nothing_is_recorded():
    found = Settings.from_mapping(without(FORWARD, "READREC", "REC_FILE", "SEIS_FILE") | {"SEISMO": 0})
    assert found.receivers.file == ""
    assert "READREC is missing" in problems_of(without(INVERSION, "READREC", "SEIS_FILE") | {"SEISMO": 0})[0]


def test_frame_parameters_are_not_asked_for_without_frame():
    found = Settings.from_mapping(without(FORWARD, "DAMPING", "FPML") | {"FW": 0})
    assert (found.boundary.velocity, found.boundary.k_max) == (0.0, 1.0)


# ------------------------------------------------------------------------------------- any mapping

VALUES = st.one_of(
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.booleans(),
    st.none(),
    st.sampled_from(["1", "0", "3.5", "1e400", "-1", "abc", "10", "\ud800"]),
    st.lists(st.integers(), max_size=3),
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(KEYS)), VALUES, max_size=12))
def test_any_values_give_settings_or_problems(changes):
    found = attempt(lambda: Settings.from_mapping(INVERSION | changes))
    if isinstance(found, ParameterError):
        assert found.problems
        assert all("\n" not in problem for problem in found.problems)
    else:
        assert groups_of(Settings.from_mapping(found.to_mapping())) == groups_of(found)


def test_the_package_itself_imports_nothing():
    code = "import sys, denise_py; print(sorted(set(sys.modules) & {'numpy', 'pydantic', 'numba', 'mpi4py'}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
