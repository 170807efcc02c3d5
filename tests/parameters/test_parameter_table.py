"""The table: completeness, and for every key its default, type, limits, aliases and availability."""

from __future__ import annotations

from dataclasses import replace

import pytest
from parameter_files import FILTERED, FORWARD, INVERSION, without

from denise_py.errors import ParameterError
from denise_py.parameters.key import Key, Need, Required, SameAs
from denise_py.parameters.models import Group, SettingsData
from denise_py.parameters.reader import Entry
from denise_py.parameters.resolve import resolve
from denise_py.parameters.settings import Settings
from denise_py.parameters.table import ALIASES, FOREIGN, GROUPS, KEYS, TABLE, key_at
from denise_py.parameters.values import convert, out_of_range

DOCUMENTED = """
NPROCX NPROCY FDORDER MAXRELERROR NX NY DH TIME DT QUELLTYP INV_STF ACOUSTIC WAVETYPE QUELLART SIGNAL_FILE
SIGNAL_FILE_SH QUELLART_SH SUBGRID GRID_ADAPT GRID_ERROR GRID_CORRECT SWEEP_F1 SWEEP_F2 SWEEP_LENGTH
SRCREC SOURCE_FILE RUN_MULTIPLE_SHOTS PLANE_WAVE_DEPTH PHI TS FREE_SURF BOUNDARY
FW DAMPING FPML npower k_max_PML SNAP SNAP_FORMAT TSNAP1 TSNAP2 TSNAPINC SNAP_FILE SNAPSHOT_START
SNAPSHOT_END SNAPSHOT_INCR IDX IDY SEISMO SEIS_FILE SEIS_FILE_VX SEIS_FILE_VY SEIS_FILE_VZ SEIS_FILE_DIV
SEIS_FILE_CURL SEIS_FILE_P READREC XREC1 XREC2 YREC1 YREC2 NGEOPH REC_FILE NDT SEIS_FORMAT REC_ARRAY DRX
REC_ARRAY_DEPTH REC_ARRAY_DIST REFRECX REFRECY VERBOSE MFILE READMOD L FL1 FL2 FL3 FL4 FL5 TAU F_REF INVMAT1
INVMAT LOG LOG_FILE ITERMAX DATA_DIR INVTYPE QUELLTYPB MISFIT_LOG_FILE VELOCITY USE_WORKFLOW FILE_WORKFLOW
EPRECOND EPRECOND_ITER EPRECOND_PER_SHOT EPRECOND_PER_SHOT_SH EPSILON_WE EPSILON_WE_SH TESTSHOT_START
TESTSHOT_END TESTSHOT_INCR TAPER TAPERLENGTH SWS_TAPER_GRAD_VERT SWS_TAPER_GRAD_HOR GRADT1 GRADT2 GRADT3
GRADT4 SWS_TAPER_GRAD_SOURCES SWS_TAPER_CIRCULAR_PER_SHOT SRTSHAPE SRTRADIUS FILTSIZE SWS_TAPER_FILE
SWS_TAPER_FILE_PER_SHOT TAPER_FILE_NAME TAPER_FILE_NAME_U TAPER_FILE_NAME_RHO SPATFILTER SPAT_FILT_SIZE
SPAT_FILT_1 SPAT_FILT_ITER GRAD_FILTER FILT_SIZE_GRAD GRAD_FILT_WAVELENGTH A INV_MODELFILE nfstart nf
JACOBIAN nfstart_jac nf_jac INV_RHO_ITER INV_VP_ITER INV_VS_ITER VP_VS_RATIO S S_VS S_VP S_RHO VPUPPERLIM
VPLOWERLIM VSUPPERLIM VSLOWERLIM RHOUPPERLIM RHOLOWERLIM GRAD_METHOD LBFGS_SURFACE LBFGS_STEP_LENGTH N_LBFGS
WOLFE_CONDITION WOLFE_NUM_TEST WOLFE_TRY_OLD_STEPLENGTH WOLFE_C1_SL WOLFE_C2_SL MODEL_FILTER FILT_SIZE PARA
N_STF N_STF_START TAPER_STF TRKILL_STF TRKILL_FILE_STF TIME_FILT WRITE_FILTERED_DATA F_HP FC_START FC_END
FC_INCR ORDER ZERO_PHASE FREQ_FILE LNORM NORMALIZE DTINV WATERLEVEL_LNORM8 EPS_SCALE SCALEFAC STEPMAX PRO
STORAGE MEMORY_LIMIT
MIN_ITER MAX_ITER TRKILL TRKILL_FILE TIMEWIN TW_IND PICKS_FILE TWLENGTH_PLUS TWLENGTH_MINUS GAMMA
JOINT_INVERSION_PSV_SH_TYPE JOINT_INVERSION_PSV_SH_ALPHA_VS JOINT_INVERSION_PSV_SH_ALPHA_RHO
JOINT_EQUAL_WEIGHTING LBFGS_SCALE_GRADIENTS STF_FULL TRKILL_OFFSET TRKILL_OFFSET_LOWER TRKILL_OFFSET_UPPER
TRKILL_STF_OFFSET TRKILL_STF_OFFSET_INVERT TRKILL_STF_OFFSET_LOWER TRKILL_STF_OFFSET_UPPER
PRESSURE_WEIGHT LNORM_SCALE PHASE_F1 PHASE_F2 PHASE_NF TRAFO_3D2D TRAFO_C
EXP_TAPER_GRAD_HOR WD_DAMP WD_DAMP1 SCALERHO SURFACE_SCHEME SH_AVERAGING FL6 FL7 FL8 FL9 FL10
BATCH_SHOTS BATCH_CHOICE BATCH_FULL BATCH_KEEP BATCH_SEED ENCODE ENCODE_SHIFT
ADAM_LR ADAM_B1 ADAM_B2 ADAM_EPS ADAM_HALVE BALANCE SOURCE_DAMPING
GN_PRODUCTS PCG_BETA INV_QP_ITER INV_QS_ITER QPUPPERLIM QPLOWERLIM QSUPPERLIM QSLOWERLIM
"""

# Keys with a default that the context of the tests does not use.
CONDITIONAL = """
F_HP ZERO_PHASE EPRECOND_PER_SHOT EPRECOND_PER_SHOT_SH F_REF FILT_SIZE_GRAD GRAD_FILT_WAVELENGTH TW_IND
JOINT_INVERSION_PSV_SH_TYPE JOINT_INVERSION_PSV_SH_ALPHA_VS JOINT_INVERSION_PSV_SH_ALPHA_RHO
JOINT_EQUAL_WEIGHTING GRID_ERROR GRID_CORRECT
"""

# What DENISE (or, where it demanded the key, its manual) takes when a key is absent.
DEFAULTS = {
    "ACOUSTIC": 0, "WAVETYPE": 1, "SRCREC": 1, "SNAP": 0, "IDX": 1, "IDY": 1, "NDT": 1, "REC_ARRAY": 0,
    "VERBOSE": 1, "L": 0, "F_REF": -1.0, "INVTYPE": 2, "MISFIT_LOG_FILE": "L2_LOG.dat", "VELOCITY": 0,
    "USE_WORKFLOW": 0, "EPRECOND": 0, "EPRECOND_ITER": 0, "EPRECOND_PER_SHOT": 0, "EPRECOND_PER_SHOT_SH": 0,
    "TAPER": 0, "TAPERLENGTH": 1000, "SWS_TAPER_GRAD_VERT": 0, "SWS_TAPER_GRAD_HOR": 0,
    "SWS_TAPER_GRAD_SOURCES": 0, "SWS_TAPER_CIRCULAR_PER_SHOT": 0, "SWS_TAPER_FILE": 0,
    "SWS_TAPER_FILE_PER_SHOT": 0, "SPATFILTER": 0, "GRAD_FILTER": 0, "FILT_SIZE_GRAD": 0,
    "GRAD_FILT_WAVELENGTH": 0, "INV_RHO_ITER": 0, "INV_VP_ITER": 0, "INV_VS_ITER": 0, "VP_VS_RATIO": 0.0,
    "S": 0, "VPUPPERLIM": 25000.0, "VPLOWERLIM": 0.0, "VSUPPERLIM": 25000.0, "VSLOWERLIM": 0.0,
    "RHOUPPERLIM": 25000.0, "RHOLOWERLIM": 0.0, "GRAD_METHOD": 1, "LBFGS_STEP_LENGTH": 1, "N_LBFGS": 5,
    "WOLFE_CONDITION": 1, "WOLFE_NUM_TEST": 10, "WOLFE_TRY_OLD_STEPLENGTH": 0, "WOLFE_C1_SL": 1e-4,
    "WOLFE_C2_SL": 0.9, "MODEL_FILTER": 0, "INV_STF": 0, "TAPER_STF": 0, "TRKILL_STF": 0, "TIME_FILT": 0,
    "WRITE_FILTERED_DATA": 0, "F_HP": 0.0, "ZERO_PHASE": 0, "MIN_ITER": 0, "TRKILL": 0, "TIMEWIN": 0,
    "TW_IND": 0, "JOINT_INVERSION_PSV_SH_TYPE": 1, "JOINT_INVERSION_PSV_SH_ALPHA_VS": 0.5,
    "JOINT_INVERSION_PSV_SH_ALPHA_RHO": 0.5, "LOG": 1, "LOG_FILE": "log/LOG_FILE",
}  # fmt: skip
REQUIRED = """
INVMAT NX NY DH TIME DT FDORDER MFILE FREE_SURF FW DAMPING FPML SOURCE_FILE RUN_MULTIPLE_SHOTS QUELLTYP
QUELLART SEISMO READREC REC_FILE ITERMAX DATA_DIR QUELLTYPB INV_MODELFILE JACOBIAN
"""

# Further settings under which a key matters that plays no part in INVERSION.
WAVELETS = {"INV_STF": 1, "PARA": "fdlsq", "N_STF": 1, "N_STF_START": 1, "SIGNAL_FILE": "stf"}
CONTEXT = {
    "WRITE_FILTERED_DATA": FILTERED,
    "EPRECOND_ITER": INVERSION | {"EPRECOND": 1},
    "TAPER_STF": INVERSION | WAVELETS,
    "TRKILL_STF": INVERSION | WAVELETS,
    "LBFGS_STEP_LENGTH": INVERSION | {"GRAD_METHOD": 2},
    "LBFGS_SCALE_GRADIENTS": INVERSION | {"GRAD_METHOD": 2},
    "REC_ARRAY": FORWARD | {"READREC": 0, "XREC1": 1, "XREC2": 9, "YREC1": 1, "YREC2": 1, "NGEOPH": 2},
}
REFUSED = [
    (key, value, need)
    for key in TABLE
    for value in ([*key.choices] if key.choices else [3])
    for need in key.needs
    if need.refuses(value)
]


def each(keys):
    return pytest.mark.parametrize("key", keys, ids=lambda key: key.name)


def resolved(mapping):
    return resolve([Entry(name, value) for name, value in mapping.items()], "test")


def problems_of(mapping):
    with pytest.raises(ParameterError) as caught:
        Settings.from_mapping(mapping)
    return caught.value.problems


def in_use(mapping):
    """Keys that matter for a set of parameters."""
    values = resolved(mapping).values
    return [key for key in TABLE if key.used is None or key.used.test(values)]


def test_every_documented_key_is_there():
    assert sorted(set(DOCUMENTED.split()) - set(KEYS)) == []
    assert sorted(set(KEYS) - set(DOCUMENTED.split())) == []


def test_names_and_aliases_differ_by_more_than_case():
    names = [name.lower() for name in (*KEYS, *ALIASES, *FOREIGN)]
    assert len(set(names)) == len(names) == len(TABLE) + len(ALIASES) + len(FOREIGN)


def test_fields_of_the_settings_are_those_of_the_table():
    extra = {"source", "warnings", "notes", "unused"}
    assert set(SettingsData.model_fields) - extra == set(GROUPS) == {key.group for key in TABLE}
    for group in GROUPS:
        model = SettingsData.model_fields[group].annotation
        assert issubclass(model, Group)
        assert set(model.model_fields) == {key.field for key in TABLE if key.group == group and key.field}


def test_places_in_the_settings_are_unique():
    paths = [key.path for key in TABLE if key.path]
    assert len(set(paths)) == len(paths)
    assert key_at("grid.nx").name == "NX"
    assert key_at("seismograms.files.vx").name == "SEIS_FILE_VX"


@each(TABLE)
def test_help_says_something(key):
    assert len(key.help) >= 60
    assert key.help.endswith(".")
    assert key.title
    assert not key.title.endswith(".")


@each(TABLE)
def test_default_and_idle_value_have_the_right_type_and_range(key):
    types = {"int": int, "bool": int, "float": float, "str": str}
    values = {name: 1.0 for name in KEYS}
    for value in (key.default, key.idle):
        if value is None or isinstance(value, Required):
            continue
        if isinstance(value, SameAs):
            assert KEYS[value.name].kind == key.kind
        else:
            assert type(value) is types[key.kind]
    if not isinstance(key.default, Required):
        assert key.allows(key.default_value(values))
    assert type(key.placeholder) in (int, float, str)


@pytest.mark.parametrize("name", DEFAULTS)
def test_default_is_the_documented_one(name):
    assert KEYS[name].default == DEFAULTS[name]


@pytest.mark.parametrize("name", [name for name in DEFAULTS if KEYS[name].field])
def test_default_reaches_the_settings(name):
    key, base = KEYS[name], CONTEXT.get(name, INVERSION)
    if key.used is not None and not key.used.test(resolved(base).values):
        base = INVERSION | {"GRAD_METHOD": 2}
    if key.used is None or key.used.test(resolved(base).values):
        assert Settings.from_mapping(base).file_value(key) == DEFAULTS[name]
    else:
        assert key.unavailable() or name in CONDITIONAL.split()


@pytest.mark.parametrize("name", REQUIRED.split())
def test_required_key_is_missed_by_name(name):
    (problem,) = problems_of(without(INVERSION, name) if name != "INVMAT" else without(FORWARD, name))
    assert problem.startswith(f"parameters: {name} is missing: {KEYS[name].title}")


def test_nothing_else_is_required():
    assert set(REQUIRED.split()) == set(INVERSION) - {"SEIS_FILE"}
    assert Settings.from_mapping(INVERSION).run.inversion


@each([key for key in TABLE if key.kind != "str"])
def test_text_that_is_no_number_is_refused(key: Key):
    for raw in ("abc", "1 2", "", "0x10", "1_0", "nan", "-inf", "1e400", "1,5", [1, 2], {}):
        with pytest.raises(ValueError, match=r"must|is not|is no|has the text"):
            convert(key, raw)


@each([key for key in TABLE if key.kind in ("int", "bool")])
def test_fraction_is_no_whole_number(key):
    with pytest.raises(ValueError, match="whole number"):
        convert(key, "2.5")
    assert convert(key, "1e1") == (10, "")
    assert convert(key, " 20.0 ") == (20, "")
    assert convert(key, 7.0) == (7, "")


@each([key for key in TABLE if key.kind == "float"])
def test_number_is_read(key):
    assert convert(key, "-2.5e-3") == (-0.0025, "")
    assert convert(key, 4) == (4.0, "")


@each([key for key in TABLE if key.kind == "str"])
def test_text_keeps_blanks_and_commas(key):
    assert convert(key, "  my data/a, b #1 ") == ("my data/a, b #1", "")
    with pytest.raises(ValueError, match="control character"):
        convert(key, "a\x00b")
    with pytest.raises(ValueError, match="text is expected"):
        convert(key, True)


@each([key for key in TABLE if key.limits()])
def test_value_beyond_the_limits_is_refused(key):
    beyond = [99, -7] if key.choices else []
    beyond += [key.above] if key.above is not None else []
    beyond += [key.at_least - 1] if key.at_least is not None else []
    beyond += [key.at_most + 1] if key.at_most is not None else []
    assert beyond
    for value in beyond:
        assert not key.allows(value)
        text = out_of_range(key, value)
        assert all(str(choice) in text for choice in key.choices)
        assert key.choices or key.limits() in text
    for choice in key.choices:
        assert out_of_range(key, choice) == ""


@each([key for key in in_use(INVERSION) if key.kind != "str" and not key.forbidden])
def test_bad_value_is_reported_with_key_and_value(key):
    assert f"parameters: {key.name} = abc must be a number" in problems_of(INVERSION | {key.name: "abc"})[0]


@each([key for key in in_use(INVERSION) if key.limits()])
def test_value_out_of_range_is_reported_with_key_and_value(key):
    value = -7 if key.choices or key.at_least is not None or key.above is not None else key.at_most + 1
    (problem,) = problems_of(INVERSION | {key.name: value})
    assert problem.startswith(f"parameters: {key.name} = {value}")


@each([key for key, _ in ALIASES.values()])
def test_alias_is_read(key):
    values = {"F_HIGH_PASS": 2, "F_LOW_PASS_START": 10, "F_LOW_PASS_END": 20, "F_LOW_PASS_INCR": 5}
    for alias in key.aliases:
        base = FILTERED if alias.name.startswith("F_") else INVERSION
        value = values.get(alias.name, base.get(key.name, 1))
        plain = resolved(base | {key.name: value})
        other = resolved(without(base, key.name) | {alias.name: value})
        assert other.values[key.name] == plain.values[key.name]
        assert other.problems == plain.problems
        assert f"test: {alias.name} is read as {key.name}" in other.notes[0]


@pytest.mark.parametrize(("value", "inversion"), [(0, True), (1, False), (10, False), ("2", False)])
def test_forward_only_is_translated(value, inversion):
    settings = Settings.from_mapping(without(INVERSION, "INVMAT") | {"FORWARD_ONLY": value})
    assert settings.run.inversion is inversion


def test_negative_forward_only_is_refused():
    assert "INVMAT) = -1 is not possible" in problems_of(without(FORWARD, "INVMAT") | {"FORWARD_ONLY": -1})[0]


# ------------------------------------------------------------------------------------ availability


def test_something_is_refused():
    assert len(REFUSED) == len({(key.name, value) for key, value, _ in REFUSED})
    assert all(need in key.needs and not need.feature.available for key, _, need in REFUSED)


@pytest.mark.parametrize(("key", "value", "need"), REFUSED, ids=lambda x: getattr(x, "name", str(x)[:3]))
def test_missing_feature_is_refused_by_name(key, value, need: Need):
    problems = problems_of(CONTEXT.get(key.name, INVERSION) | {key.name: value})
    text = f"{key.name} = {value}: {need.feature.title} is not available in this version; set {key.name} to"
    assert any(text in problem for problem in problems)


@each([key for key in TABLE if any(need.unless is not None for need in key.needs)])
def test_value_that_works_is_accepted(key):
    base = CONTEXT.get(key.name, INVERSION)
    working = [value for value in key.needs[0].unless if key.works(value)]
    assert working
    for value in working:
        settings = Settings.from_mapping(base | {key.name: value} | _line(key.name, value))
        assert settings.file_value(key) == value


def _line(name: str, value: int) -> dict[str, object]:
    """What else a value asks for."""
    if name == "READREC" and value == 0:
        return {"XREC1": 1, "XREC2": 9, "YREC1": 1, "YREC2": 1, "NGEOPH": 2}
    return without(FILTERED, *INVERSION) if name == "TIME_FILT" and value == 1 else {}


@pytest.mark.parametrize(
    "extra",
    [
        {"L": 0, "TAU": 0.05, "FL1": 10.0, "F_REF": 20.0},
        {"GRAD_FILTER": 0, "FILT_SIZE_GRAD": 5},
        {"TIMEWIN": 0, "PICKS_FILE": "picks", "GAMMA": 1e5},
        {"SNAP": 0, "SNAP_FILE": "snap/w", "SNAP_FORMAT": 3, "TSNAP1": 0.1},
        {"SPATFILTER": 0, "SPAT_FILT_SIZE": 8},
        {"TRKILL": 0, "TRKILL_FILE": "kill"},
        {"INV_STF": 0, "PARA": "fdlsq", "N_STF": 2},
        {"LNORM": 2, "WATERLEVEL_LNORM8": 1e-6},
        {"SWS_TAPER_FILE": 0, "TAPER_FILE_NAME": "t"},
        {"SRCREC": 1, "PHI": 10.0, "TS": 0.1, "PLANE_WAVE_DEPTH": 5.0},
        {"WAVETYPE": 1, "QUELLART_SH": 2, "SIGNAL_FILE_SH": "w", "EPSILON_WE_SH": 0.1},
        {"GRAD_METHOD": 1, "LBFGS_STEP_LENGTH": 0},
    ],
    ids=lambda extra: next(iter(extra)),
)
def test_parts_of_a_missing_feature_are_accepted_while_it_is_off(extra):
    settings = Settings.from_mapping(INVERSION | extra)
    assert settings.unused
    assert set(settings.unused) <= set(extra)
    plain = Settings.from_mapping(INVERSION)
    assert settings.model_copy(update={"unused": ()}) == plain


def test_one_line_makes_a_feature_available():
    key = KEYS["L"]
    (need,) = key.needs
    opened, closed = (
        replace(key, needs=(replace(need, feature=replace(need.feature, available=available)),))
        for available in (True, False)
    )
    assert closed.unavailable()
    assert not closed.works(3)
    assert not opened.unavailable()
    assert opened.works(3)
