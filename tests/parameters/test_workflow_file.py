"""The workflow file: layout, values and what is said about wrong ones."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from parameter_files import attempt

from denise_py.errors import ParameterError
from denise_py.parameters.workflow_file import Stage, read_workflow

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
            "this is the layout of IFOS2D, which this version cannot read. Use: # VS VP RHO PRO",
        ),
        (HEADER + "1 " * 30, "this is the layout of DENISE Black Edition, which this version cannot read"),
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


def test_missing_file_and_directory(tmp_path):
    with pytest.raises(ParameterError, match=r"workflow file .*flow\.txt does not exist"):
        read_workflow(tmp_path / "flow.txt")
    with pytest.raises(ParameterError, match="is a directory"):
        read_workflow(tmp_path)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from(["1", "0", "-1", "x", "#", "\n", "1 " * 12 + "\n", HEADER, FIRST]), max_size=20)
)
@example([])
def test_any_text_gives_stages_or_an_error(tmp_path_factory, pieces):
    path = tmp_path_factory.getbasetemp() / "any_workflow.txt"
    path.write_text(" ".join(pieces))
    found = attempt(lambda: read_workflow(path))
    assert isinstance(found, ParameterError) or all(isinstance(stage, Stage) for stage in found)
