"""Relations between settings: what is an error, what a warning, and what the message says."""

from __future__ import annotations

import numpy as np
import pytest
from parameter_files import FILTERED, FORWARD, INVERSION, without

from denise_py.errors import ParameterError
from denise_py.parameters.checks import check, check_shots, check_stages
from denise_py.parameters.finding import data_components, model_endings, recorded_components, steps
from denise_py.parameters.settings import Settings
from denise_py.parameters.workflow_file import Stage

STAGE = Stage(1, 1, 1, 0, 0.01, 1, 20.0, 1, 0.0, 0.0, 0, 0.005)
STAGED = INVERSION | {"USE_WORKFLOW": 1, "FILE_WORKFLOW": "w.txt", "TIME_FILT": 1, "ORDER": 4}
LITERAL = without(FORWARD, "SEIS_FILE")
TAPERED = INVERSION | {"SWS_TAPER_GRAD_VERT": 1, "GRADT1": 5, "GRADT2": 10, "GRADT3": 80, "GRADT4": 90}
CIRCLE = INVERSION | {"SWS_TAPER_CIRCULAR_PER_SHOT": 1, "SRTSHAPE": 1, "FILTSIZE": 1, "SRTRADIUS": 4.0}

ERRORS = [
    (
        FORWARD,
        {"NPROCX": 26},
        "NPROCX = 26 with NX = 100 makes blocks of 3 points, but FDORDER = 4 needs 4; set NPROCX",
    ),
    (FORWARD, {"NPROCX": 26}, "to at most 25"),
    (FORWARD, {"NPROCY": 80}, "NPROCY = 80 with NY = 80 makes blocks of 1 points"),
    (FORWARD, {"NX": 3, "FW": 0}, "NX = 3 is less than the difference operator needs (FDORDER = 4)"),
    (FORWARD, {"NX": 20}, "FW = 10 on both sides leaves nothing of NX = 20"),
    (FORWARD, {"NY": 10}, "FW = 10 at the bottom leaves nothing of NY = 10"),
    (FORWARD, {"NY": 20, "FREE_SURF": 0}, "FW = 10 on top and bottom leaves nothing of NY = 20"),
    (
        FORWARD,
        {"SURFACE_SCHEME": 1, "FDORDER": 8},
        "SURFACE_SCHEME = 1 goes with operators of order 4 by Taylor only, found FDORDER = 8",
    ),
    (FORWARD, {"SURFACE_SCHEME": 1, "MAXRELERROR": 1}, "set them to 4 and 0"),
    (FORWARD, {"SURFACE_SCHEME": 1, "NPROCY": 11}, "needs blocks of at least 8 rows; lower NPROCY = 11"),
    (FORWARD, {"IDX": 101}, "IDX = 101 must not exceed NX = 100"),
    (FORWARD, {"IDY": 81}, "IDY = 81 must not exceed NY = 80"),
    (FORWARD, {"TIME": 1e-5}, "TIME = 1e-05 with DT = 0.00025 makes no time step"),
    (FORWARD, {"TIME": 1e30, "DT": 1e-30}, "makes too many time steps"),
    (FORWARD, {"NDT": 401}, "NDT = 401 exceeds the number of time steps (400)"),
    (
        FORWARD,
        {"TIME": 20.0},
        "80000 samples per trace do not fit into SU files (at most 65535); set NDT to 2 or more",
    ),
    (LITERAL, {}, "SEISMO = 1 needs SEIS_FILE (or, as in older files, SEIS_FILE_VX, SEIS_FILE_VY)"),
    (LITERAL, {"SEIS_FILE_VX": "a"}, "(or, as in older files, SEIS_FILE_VY)"),
    (LITERAL, {"SEISMO": 2}, "(or, as in older files, SEIS_FILE_P)"),
    (LITERAL, {"SEIS_FILE_VX": "a", "SEIS_FILE_VY": "a"}, "SEIS_FILE_VX and SEIS_FILE_VY both are a"),
    (INVERSION, {"RUN_MULTIPLE_SHOTS": 0}, "RUN_MULTIPLE_SHOTS = 0 must be 1"),
    (INVERSION, {"DTINV": 400}, "DTINV = 400 must be less than the number of time steps (400)"),
    (
        INVERSION,
        {"TESTSHOT_START": 3, "TESTSHOT_END": 2},
        "TESTSHOT_END = 2 must not be less than TESTSHOT_START = 3",
    ),
    (
        INVERSION,
        {"INV_VP_ITER": 11, "INV_VS_ITER": 12, "INV_RHO_ITER": 99},
        "no parameter would change within ITERMAX",
    ),
    (INVERSION, {"TIME": 20.0, "SEISMO": 0}, "observed data are SU or SEG-Y files, which hold at most 65535"),
    (FILTERED, {"ORDER": 3}, "ORDER = 3 must be even"),
    (
        FILTERED,
        {"FC_END": 2000.0},
        "FC_END = 2000 Hz must be below the Nyquist frequency 2000 Hz (DT = 0.00025)",
    ),
    (FILTERED, {"F_HP": 3000.0}, "F_HP = 3000 Hz must be below the Nyquist frequency"),
    (FILTERED, {"F_HP": 10.0}, "F_HP = 10 must be less than FC_START = 10, or nothing passes"),
    (FILTERED, {"FC_START": 0.0}, "FC_START = 0 must be > 0 Hz"),
    (FILTERED, {"FC_END": 9.0}, "FC_END = 9 must not be less than FC_START = 10"),
    (FILTERED, {"FC_INCR": 0.0}, "FC_INCR = 0 must be > 0 Hz to get from FC_START = 10 to FC_END = 30"),
    (FILTERED, {"FC_INCR": -5.0}, "FC_INCR = -5 must be > 0 Hz"),
    (TAPERED, {"GRADT2": 5}, "GRADT1 = 5, GRADT2 = 5, GRADT3 = 80, GRADT4 = 90 must increase"),
    (TAPERED, {"GRADT4": 101}, "GRADT4 = 101 lies outside the grid (NX = 100)"),
    (TAPERED, {"SWS_TAPER_GRAD_VERT": 0, "SWS_TAPER_GRAD_HOR": 1, "GRADT2": 81}, "GRADT2 = 81 lies outside"),
    (
        TAPERED,
        {"SWS_TAPER_GRAD_VERT": 0, "SWS_TAPER_GRAD_HOR": 1, "GRADT2": 1},
        "GRADT1 = 5, GRADT2 = 1 must increase",
    ),
    (
        INVERSION,
        {"VPLOWERLIM": 3000, "VPUPPERLIM": 3000},
        "VPLOWERLIM = 3000 must be less than VPUPPERLIM = 3000",
    ),
    (INVERSION, {"VSLOWERLIM": 30000}, "VSLOWERLIM = 30000 must be less than VSUPPERLIM = 25000"),
    (INVERSION, {"RHOUPPERLIM": 0}, "RHOLOWERLIM = 0 must be less than RHOUPPERLIM = 0"),
    (INVERSION, {"VP_VS_RATIO": 2, "VSLOWERLIM": 900, "VPUPPERLIM": 1500}, "contradict each other"),
    (INVERSION, {"S": 1, "S_VP": 0, "S_VS": 0, "S_RHO": 0}, "keep every parameter at its start value"),
    (
        INVERSION,
        {"GRAD_METHOD": 2, "WOLFE_C1_SL": 0.9},
        "WOLFE_C1_SL = 0.9 must be less than WOLFE_C2_SL = 0.9",
    ),
    (INVERSION, {"GRAD_METHOD": 2, "WOLFE_C2_SL": 1}, "WOLFE_C2_SL = 1, and both less than 1"),
    (FORWARD, {"DT": 4e-7, "TIME": 1e-5}, "SU files, whose headers hold 1 to 65535; change NDT"),
    (FORWARD, {"DT": 4e-7, "TIME": 1e-5, "SEIS_FORMAT": 4}, "does not fit into SEG-Y files"),
    (FORWARD, {"DT": 0.07, "TIME": 70}, "does not fit into SU files, whose headers hold 1 to 65535"),
    (FORWARD, {"TIME": 20.0, "SEIS_FORMAT": 4}, "do not fit into SEG-Y files (at most 65535); set NDT to 2"),
]
WARNINGS = [
    (FORWARD, {"FW": 9}, "FW = 9: a thin frame reflects waves"),
    (FORWARD, {"FW": 0}, "FW = 0: without a frame all waves are reflected"),
    (FORWARD, {"SEISMO": 0}, "SEISMO = 0 and SNAP = 0: the run records nothing"),
    (
        FORWARD,
        {"DT": 1.5e-6, "TIME": 1e-4},
        "the sampling interval of 1.5 microseconds (DT = 1.5e-06 times NDT = 1)",
    ),
    (FORWARD, {"DT": 1.5e-6, "TIME": 1e-4, "SEIS_FORMAT": 4}, "the whole microseconds of SEG-Y headers"),
    (INVERSION, {"EPRECOND": 1, "EPSILON_WE": 0}, "EPSILON_WE = 0 divides by zero"),
    (INVERSION, {"VP_VS_RATIO": 0.9}, "VP_VS_RATIO = 0.9 has no effect"),
    (
        INVERSION,
        {"INVMAT1": 3, "VSUPPERLIM": 1e12},
        "VSUPPERLIM = 1e+12 is a velocity in m/s here, also for INVMAT1 = 3",
    ),
    (INVERSION, {"EPRECOND": 3, "EPRECOND_ITER": 11}, "EPRECOND_ITER = 11 is after the last iteration (10)"),
    (
        INVERSION,
        {"SPATFILTER": 1, "SPAT_FILT_SIZE": 3, "SPAT_FILT_1": 999, "SPAT_FILT_ITER": 0},
        "SPAT_FILT_1 = 999 lies below the grid",
    ),
    (
        INVERSION,
        {"SPATFILTER": 4, "WD_DAMP": 0, "WD_DAMP1": 0},
        "WD_DAMP = 0 and WD_DAMP1 = 0: nothing is filtered",
    ),
    (INVERSION, {"MIN_ITER": 5, "MAX_ITER": 3}, "MAX_ITER = 3 ends a stage before MIN_ITER = 5"),
    (INVERSION, {"GRAD_FILTER": 1}, "FILT_SIZE_GRAD = 0: nothing is filtered"),
    (
        INVERSION,
        {"GRAD_FILTER": 1, "GRAD_FILT_WAVELENGTH": 1, "A": 0.5, "FILT_SIZE_GRAD": 3},
        "GRAD_FILT_WAVELENGTH = 1 needs a low-pass corner, but TIME_FILT = 0; FILT_SIZE_GRAD = 3 is taken",
    ),
    (INVERSION, {"MODEL_FILTER": 1, "FILT_SIZE": 1}, "FILT_SIZE = 1: nothing is filtered"),
    (
        INVERSION,
        {"GRAD_METHOD": 2, "LBFGS_SCALE_GRADIENTS": 1e3},
        "LBFGS_SCALE_GRADIENTS = 1000 has no effect: directions and steps do not depend on a factor",
    ),
    (CIRCLE, {"FILTSIZE": 8}, "FILTSIZE = 8 points zero more than the taper with SRTRADIUS = 4 m covers"),
]


def name(value):
    return " ".join(map(str, value)) if isinstance(value, dict) else None


@pytest.mark.parametrize(("base", "changes", "text"), ERRORS, ids=name)
def test_error(base, changes, text):
    with pytest.raises(ParameterError) as caught:
        Settings.from_mapping(base | changes)
    assert any(text in problem for problem in caught.value.problems)


@pytest.mark.parametrize(("base", "changes", "text"), WARNINGS, ids=name)
def test_warning(base, changes, text):
    found = Settings.from_mapping(base | changes)
    assert any(text in warning for warning in found.warnings)


@pytest.mark.parametrize("base", [FORWARD, INVERSION, FILTERED, STAGED, TAPERED, CIRCLE])
def test_sound_settings_have_no_findings(base):
    assert check(Settings.from_mapping(base)) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"NPROCX": 25, "NPROCY": 20},
        {"NX": 21, "NY": 11},
        {"NX": 12, "BOUNDARY": 1},
        {"NX": 101, "NPROCX": 3},
        {"DT": 1.5e-6, "TIME": 1e-4, "SEIS_FORMAT": 3},
        {"TIME": 20.0, "NDT": 2},
        {"TIME": 20.0, "SEIS_FORMAT": 2},
    ],
    ids=name,
)
def test_limits_are_not_too_narrow(changes):
    assert check(Settings.from_mapping(FORWARD | changes)) == []


def test_equal_corners_need_no_increment():
    assert check(Settings.from_mapping(FILTERED | {"FC_END": 10.0, "FC_INCR": 0.0})) == []


def test_middle_edges_may_coincide():
    assert check(Settings.from_mapping(TAPERED | {"GRADT2": 40, "GRADT3": 40})) == []


def test_findings_name_the_keys_they_depend_on():
    settings = Settings.from_mapping(FORWARD | {"FW": 5})
    (finding,) = check(settings)
    assert (finding.severity, finding.keys) == ("warning", ("FW",))


def changed(settings: Settings, **groups):
    """Settings with single fields replaced, as they will be possible with features to come."""
    return settings.model_copy(
        update={group: getattr(settings, group).model_copy(update=fields) for group, fields in groups.items()}
    )


@pytest.mark.parametrize(
    ("groups", "text"),
    [
        ({"receivers": {"array": 2}}, "REC_ARRAY = 2 needs READREC = 0"),
        (
            {"physics": {"wave_type": 3}, "joint": {"alpha_vs": 0.3}},
            "one misfit has one weight",
        ),
        (
            {"source_wavelet": {"estimate": True, "engine": "fdlsq"}, "sources": {"wavelet": 7}},
            "INV_STF = 1 is not possible with QUELLART",
        ),
        (
            {"precondition": {"kind": 1, "per_shot": True, "iteration": 2}},
            "EPRECOND_PER_SHOT = 1 does not go with EPRECOND_ITER = 2",
        ),
        (
            {"physics": {"wave_type": 2}, "inversion": {"vs_from": 11, "rho_from": 11}},
            "no parameter would change",
        ),
        (
            {"physics": {"acoustic": True}, "inversion": {"vp_from": 11, "rho_from": 11}},
            "no parameter would change",
        ),
    ],
)
def test_rules_of_features_to_come(groups, text):
    settings = Settings.from_mapping(INVERSION)
    findings = check(changed(settings, **groups))
    assert [finding.severity for finding in findings] == ["warning" if "weight" in text else "error"]
    assert text in findings[0].message


WAVELETS = {"INV_STF": 1, "PARA": "fdlsq", "N_STF": 1, "N_STF_START": 1, "SIGNAL_FILE": "stf"}
BY_OFFSET = {"TRKILL_STF": 1, "TRKILL_STF_OFFSET": 1, "TRKILL_STF_OFFSET_LOWER": 5}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"QUELLART": 3}, "INV_STF = 1 is not possible with QUELLART = 3"),
        ({"WAVETYPE": 2, "SIGNAL_FILE_SH": "sh", "QUELLART_SH": 7}, "is not possible with QUELLART_SH = 7"),
        ({"WAVETYPE": 3, "QUELLART_SH": 1, "SIGNAL_FILE_SH": "stf"}, "SIGNAL_FILE_SH = stf must not be the"),
        ({"PARA": "fdlsq:exp"}, "option exp: needs a number"),
        ({"PARA": "fdlsq:tshift=-9"}, "tshift must be shorter than the traces"),
        (BY_OFFSET | {"TRKILL_STF_OFFSET_UPPER": 5}, "TRKILL_STF_OFFSET_UPPER = 5 must be greater than"),
    ],
)
def test_wavelets(changes, text):
    with pytest.raises(ParameterError) as caught:
        Settings.from_mapping(INVERSION | WAVELETS | changes)
    assert [problem for problem in caught.value.problems if text in problem]


def test_wavelets_without_problems():
    assert check(Settings.from_mapping(INVERSION | WAVELETS)) == []
    (finding,) = check(Settings.from_mapping(INVERSION | WAVELETS | {"PARA": "fbd"}))
    assert (finding.severity, finding.keys) == ("warning", ("PARA",))
    Settings.from_mapping(INVERSION | WAVELETS | BY_OFFSET | {"TRKILL_STF_OFFSET_UPPER": 6})


def test_shots():
    settings = Settings.from_mapping(INVERSION | {"TESTSHOT_START": 4, "TESTSHOT_END": 9})
    assert check_shots(settings, 9) == []
    (finding,) = check_shots(settings, 8)
    assert finding.message == "TESTSHOT_END = 9, but there are only 8 shots in SOURCE_FILE = source.dat"
    assert len(check_shots(settings, 3)) == 2
    assert check_shots(Settings.from_mapping(FORWARD), 1) == []


@pytest.mark.parametrize(
    ("extra", "stage", "severity", "text"),
    [
        ({}, {"vs": 0, "vp": 0}, "error", "FILE_WORKFLOW = w.txt, stage 1 inverts for no parameter"),
        ({"TIME_FILT": 0}, {}, "error", "stage 1 filters the data, but TIME_FILT = 0; set it to 1"),
        ({}, {"low_pass": 2000.0}, "error", "FC = 2000 Hz must be below the Nyquist frequency 2000 Hz"),
        ({"F_HP": 20.0}, {}, "error", "FC = 20 must be greater than F_HP = 20"),
        ({}, {"wave_type": 2}, "warning", "WT = 2 has no effect because of WAVETYPE = 1"),
    ],
)
def test_stages(extra, stage, severity, text):
    settings = Settings.from_mapping(STAGED | extra)
    assert check_stages(Settings.from_mapping(STAGED), [STAGE]) == []
    (finding,) = check_stages(settings, [Stage(**(vars(STAGE) | stage))])
    assert finding.severity == severity
    assert text in finding.message


@pytest.mark.parametrize(
    ("duration", "dt"), [(0.1, 0.00025), (2.5, 0.2), (0.7, 0.2), (1.0, 3e-4), (5.5, 1.0)]
)
def test_number_of_steps_is_that_of_single_precision(duration, dt):
    settings = changed(Settings.from_mapping(FORWARD), time={"duration": duration, "dt": dt})
    assert steps(settings) == int(np.floor(np.float64(np.float32(duration) / np.float32(dt)) + 0.5))


@pytest.mark.parametrize(
    ("kind", "waves", "components"),
    [
        (0, 1, ()),
        (1, 1, ("vx", "vy")),
        (2, 1, ("p",)),
        (3, 1, ("div", "curl")),
        (4, 1, ("vx", "vy", "p", "div", "curl")),
        (5, 1, ("vx", "vy", "p")),
        (1, 2, ("vz",)),
        (2, 2, ("vz",)),
        (0, 2, ()),
        (4, 3, ("vx", "vy", "vz", "p", "div", "curl")),
    ],
)
def test_recorded_components(kind, waves, components):
    settings = changed(
        Settings.from_mapping(FORWARD), seismograms={"kind": kind}, physics={"wave_type": waves}
    )
    assert recorded_components(settings) == components


@pytest.mark.parametrize(
    ("number", "waves", "components"),
    [(1, 1, ("x", "y")), (2, 1, ("y",)), (3, 1, ("x",)), (4, 1, ("p",)), (1, 2, ("z",)), (4, 3, ("p", "z"))],
)
def test_data_components(number, waves, components):
    settings = Settings.from_mapping(INVERSION)
    assert (
        data_components(
            changed(settings, inversion={"data_components": number}, physics={"wave_type": waves})
        )
        == components
    )


@pytest.mark.parametrize(
    ("groups", "endings"),
    [
        ({}, (".vp", ".vs", ".rho")),
        ({"model": {"parameterization": 2}}, (".vp", ".vs", ".rho")),
        ({"model": {"parameterization": 3}}, (".lam", ".mu", ".rho")),
        ({"physics": {"acoustic": True}}, (".vp", ".rho")),
        ({"physics": {"wave_type": 2}}, (".vs", ".rho")),
    ],
)
def test_model_endings(groups, endings):
    assert model_endings(changed(Settings.from_mapping(FORWARD), **groups)) == endings
