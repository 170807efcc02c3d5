"""The workflow file: layout, values and what is said about wrong ones."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from parameter_files import attempt

from denise_py.errors import ParameterError
from denise_py.parameters.workflow_columns import LAYOUTS, header_of
from denise_py.parameters.workflow_file import Stage, read_workflow

IFOS = "# VS VP RHO PRO F_FILT F_HIGH F_LOW WT J J EPRE EPSI GAMMA\n"
BLACK = (
    "PRO TIME_FILT FC_low FC_high ORDER TIME_WIN GAMMA TWIN- TWIN+ INV_VP_ITER INV_VS_ITER INV_RHO_ITER "
    "INV_QS_ITER SPATFILTER WD_DAMP WD_DAMP1 EPRECOND LNORM ROWI STF_INV OFFSETC_STF EPS_STF NORMALIZE "
    "OFFSET_MUTE OFFSETC SCALERHO SCALEQS ENV GAMMA_GRAV N_ORDER\n"
)
ROW = "0.01 1 0.5 5.0 6 0 20 0.1 0.2 0 2 9 0 0 0.5 0.4 3 2 0 0 -4.0 0.1 0 0 10 0.5 1.0 1 0 0\n"
HEADER = "#\tVS\tVP\tRHO\tPRO\tFIL\tFC\tWT\tJ\tJ\tEPRE\tEPSI\n"
FIRST = "1 1 0 0 0.01 1 10 1 0 0 3 0.005\n"
SECOND = "2\t-1\t1\t1\t1e-2\t0\t0\t1\t0.5\t0.25\t0\t0\n"


@pytest.fixture
def read(tmp_path):
    def read_text(text):
        path = tmp_path / "workflow.txt"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_workflow(path)

    return read_text


def test_stages(read):
    assert read(HEADER + FIRST + SECOND) == (
        Stage(1, 1, 0, 0, 0.01, 1, 10.0, 1, 0.0, 0.0, 3, 0.005),
        Stage(2, -1, 1, 1, 0.01, 0, 0.0, 1, 0.5, 0.25, 0, 0.0),
    )
    assert type(read(HEADER + FIRST)[0].vs) is int


@pytest.mark.parametrize(
    "text",
    [
        HEADER + FIRST + "\n\n",
        HEADER + FIRST.strip(),
        "\n\n" + HEADER + "\n# remark\n" + FIRST + "# 2 1 1 0\n",
        (HEADER + FIRST).replace("\n", "\r\n"),
        "\ufeff" + HEADER + FIRST,
        "any words of the user, longer than seventy-three characters: " + "x" * 100 + "\n" + FIRST,
        "# my workflow\n" + HEADER + FIRST,
    ],
)
def test_layout_is_free(read, text):
    assert read(text) == read(HEADER + FIRST)


@pytest.mark.parametrize(
    ("column", "word", "text"),
    [
        (1, "2", "column VS = 2: allowed are -1, 0, 1"),
        (2, "x", "column VP = x: must be a number"),
        (3, "0.5", "column RHO = 0.5: allowed are -1, 0, 1"),
        (4, "-0.1", "column PRO = -0.1: must be >= 0"),
        (4, "0,01", "column PRO = 0,01: must be a number"),
        (5, "2", "column FIL = 2: allowed are 0, 1"),
        (6, "-5", "column FC = -5: must be >= 0"),
        (6, "0", "column FC = 0: must be > 0 Hz because FIL = 1"),
        (6, "nan", "column FC = nan: must be a number"),
        (6, "1e99", "column FC = 1e99: must be a number"),
        (7, "4", "column WT = 4: allowed are 1, 2, 3"),
        (8, "1.5", "column J (Vs) = 1.5: must be >= 0 and <= 1"),
        (9, "-1", "column J (RHO) = -1: must be >= 0 and <= 1"),
        (10, "2", "column EPRE = 2: allowed are 0, 1, 3"),
        (11, "-1", "column EPSI = -1: must be >= 0"),
    ],
)
def test_wrong_value_is_reported_with_line_and_column(read, tmp_path, column, word, text):
    words = FIRST.split()
    words[column] = word
    with pytest.raises(ParameterError) as caught:
        read(HEADER + "\n" + FIRST + " ".join(words))
    assert caught.value.problems == [f"workflow file {tmp_path / 'workflow.txt'}, line 4, {text}"]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "is empty"),
        (" \n\n", "is empty"),
        (HEADER, "has a header but no stage"),
        (FIRST + SECOND, "line 1 holds numbers, but the first line must be a header"),
        (HEADER + "1 1 0\n", "line 2 has 3 columns, but 12 are expected"),
        (HEADER + FIRST.strip() + " 7\n", "line 2 has 13 columns, but 12 are expected"),
        (
            HEADER + "1 " * 14,
            "line 2 has 14 columns, but 12 are expected by the header; this is the layout of IFOS2D: # VS VP "
            "RHO PRO F_FILT F_HIGH F_LOW WT J J EPRE EPSI GAMMA",
        ),
        (
            HEADER + "1 " * 30,
            "this is the layout of DENISE Black Edition: PRO TIME_FILT FC_low FC_high ORDER",
        ),
        (
            IFOS + FIRST,
            "line 2 has 12 columns, but 14 are expected by the header; this is the layout of DENISE:",
        ),
        (
            "words\n1 2 3\n",
            "3 columns, but expected are 12 (DENISE), 14 (IFOS2D) or 30 (DENISE Black Edition), or",
        ),
        ("words\n" + "1 " * 26, "26 columns, but expected are 12"),
        (
            BLACK.replace("GAMMA ", "GAMA ") + ROW,
            "line 1: there is no column GAMA; known are PRO TIME_FILT FC_low",
        ),
        (BLACK.replace("ENV", "PRO") + ROW, "line 1: the column PRO is there twice"),
        (
            "PRO TIME_FILT\n0.1 1\n",
            "column TIME_FILT = 1: needs the corner of the low-pass, a column FC_high",
        ),
        ("PRO LNORM OFFSET_MUTE\n0.1 2 1\n", "column OFFSET_MUTE = 1: needs an offset, a column OFFSETC"),
        (BLACK + ROW.strip() + " 1\n", "line 2 has 31 columns, but 30 are expected"),
        (
            HEADER.replace("VS\tVP", "VP\tVS") + FIRST,
            "the header has VP before VS, but columns count by position",
        ),
        (b"\x00\x01\x02", "is not a text file"),
    ],
)
def test_wrong_file(read, text, part):
    with pytest.raises(ParameterError) as caught:
        read(text)
    assert any(part in problem for problem in caught.value.problems)


def test_all_problems_are_reported_together(read):
    with pytest.raises(ParameterError) as caught:
        read(HEADER + "1 9 9 0 0.01 1 10 1 0 0 3 0.005\n" + "1 1\n")
    assert len(caught.value.problems) == 3


def test_stages_of_ifos2d(read):
    """The columns F_HIGH and F_LOW name the filters, so F_HIGH is the lower corner."""
    row = "1 -1 0 1 0.02 1 2 15 3 0.5 0.25 1 0.1 40\n"
    stage = Stage(
        1, -1, 0, 1, 0.02, 1, 15.0, 3, 0.5, 0.25, 1, 0.1, high_pass=2.0, window_damping=40.0, layout="IFOS2D"
    )
    assert read(IFOS + row) == (stage,)
    assert read("words\n" + row) == (stage,)


@pytest.mark.parametrize(
    ("header", "row"),
    [(HEADER, "1 1 1 0 0.01 1 10 1 0 0 3 0.005"), (IFOS, "1 1 1 0 0.01 1 2 15 3 0 0 1 0.1 40")],
)
def test_a_last_column_of_this_program_limits_the_iterations(read, header, row):
    (without,), (found,) = read(f"{header}{row}\n"), read(f"{header.rstrip()} MAX_ITER\n{row} 150\n")
    assert (without.max_iterations, found.max_iterations) == (None, 150)
    assert replace(found, max_iterations=None) == without
    with pytest.raises(ParameterError, match=r"expected: # VS .* MAX_ITER$"):
        read(f"{header.rstrip()} MAX_ITER\n{row}\n")
    with pytest.raises(ParameterError, match=r"MAX_ITER = 1\.5: must be a whole number"):
        read(f"{header.rstrip()} MAX_ITER\n{row} 1.5\n")
    with pytest.raises(ParameterError, match="MAX_ITER must be the last one"):
        read(f"{header.rstrip()} MAX_ITER X\n{row} 150 1\n")


def test_black_edition_names_the_column_of_this_program_anywhere(read):
    (found,) = read("# LNORM MAX_ITER TIME_FILT FC_END PRO\n6 30 1 7.5 0.1\n")
    assert found.max_iterations == 30


def test_stages_of_black_edition(read):
    stage = Stage(
        1,
        min_improvement=0.01,
        filter_kind=1,
        high_pass=0.5,
        low_pass=5.0,
        order=6,
        time_window=0,
        window_damping=20.0,
        window_minus=0.1,
        window_plus=0.2,
        vp_from=0,
        vs_from=2,
        rho_from=9,
        qs_from=0,
        smoothing=0,
        smoothing_x=0.5,
        smoothing_y=0.4,
        precondition=3,
        norm=2,
        estimate=0,
        wavelet_offset=-4.0,
        wavelet_level=0.1,
        normalize=0,
        mute=0,
        mute_offset=10.0,
        rho_factor=0.5,
        layout="DENISE Black Edition",
    )
    for header in (BLACK, "#" + BLACK, "# " + BLACK.lower(), "words\n"):
        assert read(header + ROW) == (stage,)


def test_black_edition_may_lack_columns_and_order_them_differently(read):
    (found,) = read("# LNORM  TIME_FILT FC_END PRO\n6 1 7.5 0.1\n")
    assert found == Stage(
        1, min_improvement=0.1, filter_kind=1, low_pass=7.5, norm=8, layout="DENISE Black Edition"
    )


@pytest.mark.parametrize(
    ("column", "word", "text"),
    [
        ("PRO", "-1", "must be >= 0"),
        ("TIME_FILT", "2", "allowed are 0, 1"),
        ("FC_high", "0", "must be > 0 Hz because TIME_FILT = 1"),
        ("ORDER", "5.5", "must be a whole number"),
        ("ORDER", "40", "must be >= 2 and <= 20"),
        ("TIME_WIN", "2", "a constant window, which is not available here; allowed are 0, 1"),
        ("TIME_WIN", "6", "allowed are 0, 1"),
        ("INV_VP_ITER", "-1", "must be >= 0"),
        ("SPATFILTER", "1", "damping of short wavelengths of the gradient, which is not available here"),
        ("WD_DAMP", "-1", "must be >= 0"),
        ("EPRECOND", "4", "allowed are 0, 1, 3"),
        ("LNORM", "1", "allowed are 2, 5, 6"),
        ("LNORM", "7", "the normalised integral method of DENISE Black Edition, which is not available here"),
        ("LNORM", "8", "the L2 norm with gain control of DENISE Black Edition, which is not available here"),
        ("ROWI", "1", "a misfit chosen at random, which is not available here; allowed is 0"),
        ("STF_INV", "2", "a wavelet from a window around arrivals picked by STA/LTA, which is not available"),
        ("NORMALIZE", "2", "allowed are 0, 1"),
        ("OFFSET_MUTE", "3", "allowed are 0, 1, 2"),
        ("OFFSETC", "-1", "must be >= 0"),
        ("GAMMA_GRAV", "0.5", "gravity data are not available; set it to 0"),
        ("N_ORDER", "1", "repeated integration of the data, which is not available here; allowed is 0"),
    ],
)
def test_wrong_value_of_black_edition(read, column, word, text):
    words = ROW.split()
    words[BLACK.split().index(column)] = word
    with pytest.raises(ParameterError) as caught:
        read(BLACK + " ".join(words))
    (problem,) = caught.value.problems
    assert f"line 2, column {column} = {word}: {text}" in problem


def test_envelopes_of_black_edition(read):
    row = dict(zip(BLACK.split(), ROW.split(), strict=True))
    envelope = row | {"LNORM": "6"}
    assert read(BLACK + " ".join(envelope.values()))[0].norm == 8
    with pytest.raises(ParameterError, match=r"ENV = 2: only the L2 norm of envelopes \(1\) is available"):
        read(BLACK + " ".join((envelope | {"ENV": "2"}).values()))
    assert read(BLACK + " ".join((row | {"ENV": "2"}).values()))[0].norm == 2


def numbers(low: float = 0.0, high: float = 1e6):
    """Numbers of single precision that survive being written with six digits."""
    return st.floats(low, high).map(lambda x: 0.0 if abs(x) < 1e-30 else float(f"{x:.6g}"))


SWITCH = st.sampled_from([-1, 0, 1])
COMMON = {
    "vs": SWITCH,
    "vp": SWITCH,
    "rho": SWITCH,
    "min_improvement": numbers(),
    "filter_kind": st.sampled_from([0, 1]),
    "low_pass": numbers(0.01),
    "wave_type": st.sampled_from([1, 2, 3]),
    "joint_vs": numbers(0, 1),
    "joint_rho": numbers(0, 1),
    "precondition": st.sampled_from([0, 1, 3]),
    "epsilon": numbers(),
}
FILTERING = {name: COMMON[name] for name in ("min_improvement", "filter_kind", "low_pass", "precondition")}
STARTS = {f"{name}_from": st.integers(0, 999) for name in ("vp", "vs", "rho", "qs")}
FIELDS = {
    "DENISE": COMMON,
    "IFOS2D": COMMON | {"high_pass": numbers(), "window_damping": numbers()},
    "DENISE Black Edition": FILTERING
    | STARTS
    | {name: numbers() for name in ("high_pass", "window_damping", "window_minus", "window_plus")}
    | {name: numbers(0.01) for name in ("wavelet_level", "mute_offset", "rho_factor")}
    | {name: st.just(0) for name in ("time_window", "smoothing", "normalize", "estimate")}
    | {name: numbers() for name in ("smoothing_x", "smoothing_y")}
    | {"order": st.integers(2, 20), "norm": st.just(2), "mute": st.sampled_from([0, 1, 2])}
    | {"wavelet_offset": numbers(-1e6)},
}


def stages_in(layout: str):
    """Stages of a layout."""
    one = st.fixed_dictionaries(FIELDS[layout])
    return st.lists(one, min_size=1, max_size=4).map(
        lambda many: tuple(Stage(k, **fields, layout=layout) for k, fields in enumerate(many, start=1))
    )


def written(stages) -> str:
    """A workflow file with these stages."""
    layout = stages[0].layout
    lines = [header_of(LAYOUTS[layout])]
    for stage in stages:
        values = [
            stage.number if column.title == "#" else getattr(stage, column.stage or "-", 0)
            for column in LAYOUTS[layout]
        ]
        lines.append(" ".join(f"{value:.9g}" for value in values))
    return "\n".join(lines)


@pytest.mark.parametrize("layout", list(LAYOUTS))
def test_what_is_written_is_read_again(tmp_path_factory, layout):
    path = tmp_path_factory.mktemp("round") / "workflow.txt"

    @settings(max_examples=60, deadline=None)
    @given(stages_in(layout))
    def round_trip(stages):
        path.write_text(written(stages))
        assert read_workflow(path) == stages

    round_trip()


def test_missing_file_and_directory(tmp_path):
    with pytest.raises(ParameterError, match=r"workflow file .*flow\.txt does not exist"):
        read_workflow(tmp_path / "flow.txt")
    with pytest.raises(ParameterError, match="is a directory"):
        read_workflow(tmp_path)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(["1", "0", "-1", "x", "#", "\n", "1 " * 12 + "\n", HEADER, FIRST, IFOS, BLACK, ROW]),
        max_size=20,
    )
)
@example([])
def test_any_text_gives_stages_or_an_error(tmp_path_factory, pieces):
    path = tmp_path_factory.getbasetemp() / "any_workflow.txt"
    path.write_text(" ".join(pieces))
    found = attempt(lambda: read_workflow(path))
    assert isinstance(found, ParameterError) or all(isinstance(stage, Stage) for stage in found)
