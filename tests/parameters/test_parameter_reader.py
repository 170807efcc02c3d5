"""The reader: every construct of the notation of DENISE, JSON in all its forms, and broken files."""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from parameter_files import attempt

from denise_py.errors import ParameterError
from denise_py.parameters.reader import Entries, parse, read_entries
from denise_py.parameters.table import KEYS

MANUAL_STYLE = """\
#-----------------------------------------------------------------
#      JSON PARAMETER FILE
#-----------------------------------------------------------------
# description: example, with "quotes" : here,
{
"Domain Decomposition" : "comment",
\t\t\t"NPROCX" : "8",
\t\t\t"NPROCY" : "4",

"FD order" : "comment",
\t\t\t"FDORDER" : "2",
"Q-approximation",
"General inversion
 parameters, first part" : "comment",
\t\t\t"ITERMAX" : "1",
"Receiver" : "Comment",
\t\t\t"XREC1, YREC1" : "6.0 , 0.2",
\t\t\t"REFRECX , REFRECY" : "0.0 , 0.0",
\t\t\t"TESTSHOT_START , TESTSHOT_END , TESTSHOT_INCR" : "1 , 2,3",
\t\t\t"REC_FILE" : "./receiver/my receiver, final.dat",
}
"""


def values(text):
    return [(entry.name, entry.value) for entry in parse(text, "test").entries]


def single(text):
    ((_, value),) = values(text)
    return value


def test_file_in_the_style_of_the_manual():
    found = parse(MANUAL_STYLE, "test")
    assert [(entry.name, entry.value) for entry in found.entries] == [
        ("NPROCX", "8"),
        ("NPROCY", "4"),
        ("FDORDER", "2"),
        ("ITERMAX", "1"),
        ("XREC1", "6.0"),
        ("YREC1", "0.2"),
        ("REFRECX", "0.0"),
        ("REFRECY", "0.0"),
        ("TESTSHOT_START", "1"),
        ("TESTSHOT_END", "2"),
        ("TESTSHOT_INCR", "3"),
        ("REC_FILE", "./receiver/my receiver, final.dat"),
    ]
    assert found.entries[0].line == 7
    assert found.entries[-1].line == 20
    assert found.warnings == found.problems == ()


@pytest.mark.parametrize(
    "line",
    [
        '"NX" : "500",',
        '"NX" : "500"',
        '"NX":"500",',
        '\t"NX"\t:\t"500"\t,\t',
        '"NX" = "500",',
        '"NX" = 500,',
        '"NX" : 500',
        '"NX" : 500, # grid points',
        '"NX" : "500", # "NX" : "600",',
        '"NX" : "500", grid points in x direction',
        "\"NX\" : '500',",
        "NX = 500",
        "NX : 500,",
        "  NX = '500',",
        "'NX' : \"500\",",
        '{ "NX" : "500" }',
        '{"NX" : "500",}',
        '"NX" :\n   "500",',
        '"NX"\n : "500",',
        '{\n# remark\n"NX" : 500,\n}',
        '{\n// remark\n"NX" : 500,\n}',
    ],
)
def test_one_parameter_in_many_notations(line):
    (entry,) = parse(line, "test").entries
    assert (entry.name, str(entry.value)) == ("NX", "500")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('"NX" : "5", "NY" : "6",', [("NX", "5"), ("NY", "6")]),
        ('"NX" : "5" "NY" : 6', [("NX", "5"), ("NY", "6")]),
        ('"NX" : 5 , "NY" = 6, "DH" : 0.5', [("NX", "5"), ("NY", "6"), ("DH", "0.5")]),
        ('"NX, NY,DH" : "5 , 6,7",', [("NX", "5"), ("NY", "6"), ("DH", "7")]),
        ('"NX, NY" : [5, 6],', [("NX", "5"), ("NY", "6")]),
        ('"NX, NY" : ["5",\n "6"],', [("NX", "5"), ("NY", "6")]),
        ('"NX, NY," : "5, 6,",', [("NX", "5"), ("NY", "6")]),
    ],
)
def test_several_parameters_in_one_entry_or_line(line, expected):
    assert values(line) == expected


def test_json_keeps_the_types():
    text = json.dumps(
        {"NX": 5, "DH": 0.5, "FREE_SURF": True, "MFILE": "a b", "L": None, "XREC1, YREC1": [1.5, 2]}
    )
    assert values(text) == [
        ("NX", 5),
        ("DH", 0.5),
        ("FREE_SURF", True),
        ("MFILE", "a b"),
        ("L", None),
        ("XREC1", 1.5),
        ("YREC1", 2),
    ]


def test_objects_in_json_group_parameters():
    text = json.dumps({"grid": {"NX": 5, "deeper": {"NY": 6}}, "DH": 0.5})
    assert values(text) == [("NX", 5), ("NY", 6), ("DH", 0.5)]
    assert values("words\n" + text) == [("NX", "5"), ("NY", "6"), ("DH", "0.5")]


def test_lines_of_indented_json_are_known():
    text = json.dumps({"NX": 5, "comment": "x", "NY": [1, 2]}, indent=1)
    assert [(entry.name, entry.line) for entry in parse(text, "test").entries] == [("NX", 2), ("NY", 4)]


def test_null_and_word_in_the_dialect():
    assert single('# x\n"NX" : null,\n"Q"') is None
    assert single('# x\n"MFILE" : model/start,\n"Q"') == "model/start"


@pytest.mark.parametrize(
    "text",
    [
        '"comment" : "anything",',
        '"Comment" : "anything", "COMMENT2" : "more",',
        '"_comment" : "5",',
        '"Model, boundary" : "comment",',
        '"Model" : "COMMENT",',
        '"$schema" : "x"',
        '"//" : "5",',
    ],
)
def test_comments_hold_no_parameter(text):
    assert values(f'"NX" : "5",\n{text}') == [("NX", "5")]
    assert values('{"NX": 5, ' + text.strip(",").replace(", ", ", ") + "}") == [("NX", 5)]


def test_comment_within_a_value_is_no_comment():
    assert single('"MFILE" : "model/comment_7",') == "model/comment_7"


def test_heading_without_value_does_not_swallow_the_next_entry():
    assert values('"Note" :\n"NX" : "5",') == [("NX", "5")]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_line_ends_and_byte_order_marks(tmp_path, mark, end):
    path = tmp_path / "case.json"
    path.write_bytes(mark + b"{" + end + b'"NX" : "5",' + end + b'"NY" : "6"' + end + b"}")
    assert [(entry.name, entry.value, entry.line) for entry in read_entries(path).entries] == [
        ("NX", "5", 2),
        ("NY", "6", 3),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16"])
def test_umlauts_in_any_encoding(tmp_path, encoding):
    path = tmp_path / "case.json"
    path.write_bytes('# Grüße\n"MFILE" : "modell/größe",\n'.encode(encoding))
    assert read_entries(path).entries[0].value == "modell/größe"


def test_backslashes_stay_in_the_dialect():
    assert single('# x\n"MFILE" : "C:\\data\\obs",') == "C:\\data\\obs"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('"NX : "500",', 'line 2: \'"NX : "500",\' cannot be read'),
        ('"NX : 500",', "line 2: '\"NX : 500\",' cannot be read"),
        ('"NX" :', "line 2: '\"NX\" :' cannot be read"),
        ('"NX" : "5" : "6",', 'line 2: \'"NX" :'),
        ('"NX, NY" : "5",', "line 2: 'NX, NY' are 2 names, but '5' is another number of values"),
        ('"NX, NY" : "5 , 6 , 7",', "is another number of values"),
        ('"NX, NY" : [1, 2, 3],', "is another number of values"),
        ('"NX, NY" : 5,', "is another number of values"),
    ],
)
def test_entries_that_cannot_be_read_are_problems(line, problem):
    found = parse(f'"DH" : "1",\n{line}\n', "test")
    assert problem in found.problems[0]
    assert found.problems[0].startswith("test, line 2: ")


@pytest.mark.parametrize("line", ["see NX = 500 in the text of the manual", '"NX" "500",'])
def test_prose_that_resembles_an_entry_is_a_warning(line):
    found = parse(f'"DH" : "1",\n{line}\n', "test")
    assert found.problems == ()
    assert "line 2" in found.warnings[0]
    assert "NX" in found.warnings[0]


@pytest.mark.parametrize(
    "line",
    [
        'The size is 5" here',
        "any prose: of the user",
        '"General\n NX : size" : "comment",',
        "-- A: b --",
        '"unfinished',
    ],
)
def test_prose_is_ignored(line):
    assert parse(f'"DH" : "1",\n{line}\n', "test") == Entries(parse('"DH" : "1",', "test").entries)


def test_names_with_one_value_in_json_are_a_problem():
    assert "are 2 names" in parse('{"NX, NY": 5}', "test").problems[0]


# ------------------------------------------------------------------------------- files without parameters


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "is empty"),
        (b" \n\t\n", "is empty"),
        (b"\x00\x01\x02\x03" * 50, "is not a text file"),
        (b"\xff\xfe\x00", "is not a text file"),
        (b"{}", "holds no parameter"),
        (b"just some prose\nof several lines\n", "holds no parameter"),
        (b"3\n1.0 0.0 2.0 0.0 30.0 1e6\n", "holds no parameter"),
        (b"[1, 2]", "must hold an object"),
        (b"5", "must hold an object"),
        (b'"NX"', "must hold an object"),
        (b"[" * 100000, "holds no parameter"),
        (b'{"comment": "only"}', "holds no parameter"),
    ],
)
def test_file_without_parameters(tmp_path, content, text):
    path = tmp_path / "case.json"
    path.write_bytes(content)
    with pytest.raises(ParameterError) as caught:
        read_entries(path)
    (problem,) = caught.value.problems
    assert problem.startswith(f"parameter file {path} ")
    assert text in problem
    assert "\n" not in problem


def test_missing_file_names_its_neighbours(tmp_path):
    (tmp_path / "case.json").write_text("x")
    with pytest.raises(ParameterError, match=r"cse\.json does not exist \(near names in .*: case\.json\)"):
        read_entries(tmp_path / "cse.json")
    with pytest.raises(ParameterError, match=r"does not exist \(there is no directory .*none\)"):
        read_entries(tmp_path / "none" / "case.json")


def test_things_that_are_no_files(tmp_path):
    with pytest.raises(ParameterError, match="is a directory"):
        read_entries(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ParameterError, match="is not a regular file"):
        read_entries(tmp_path / "pipe")
    os.symlink("loop", tmp_path / "loop")
    with pytest.raises(ParameterError, match="cannot be read: "):
        read_entries(tmp_path / "loop")
    with pytest.raises(ParameterError, match="cannot be read: "):
        read_entries("a\x00b")
    with pytest.raises(ParameterError, match="cannot be read: "):
        read_entries("x" * 5000)


def test_huge_file_is_not_read(tmp_path):
    path = tmp_path / "model.vp"
    with path.open("wb") as file:
        file.truncate(5 * 2**20)
    with pytest.raises(ParameterError, match=r"has 5 MiB; a file that large"):
        read_entries(path)


def test_file_without_permission(tmp_path, monkeypatch):
    path = tmp_path / "case.json"
    path.write_text('"NX" : "5",')

    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "read_bytes", refuse)
    with pytest.raises(ParameterError, match=r"case\.json cannot be read: Permission denied"):
        read_entries(path)


# ---------------------------------------------------------------------------------------------- any text

PIECES = st.sampled_from(
    [
        '"',
        ":",
        "=",
        ",",
        "{",
        "}",
        "[",
        "]",
        "\n",
        " ",
        "#",
        "NX",
        "NX, NY",
        "500",
        "comment",
        '"NX" : "5",',
        "\\",
        "'",
    ]
)
PLAIN = st.text(st.characters(min_codepoint=32, max_codepoint=1000, exclude_characters='"#,\\'), min_size=1)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.lists(PIECES, max_size=30).map("".join)))
@example('"' * 999)
@example('{"NX": ' + "9" * 5000 + "}")
@example('{"NX": ' + "[" * 900 + "]" * 900 + "}")
@example('{"NX": ' * 900 + "1" + "}" * 900)
def test_any_text_gives_entries_or_an_error(text):
    found = attempt(lambda: parse(text, "test"))
    if isinstance(found, ParameterError):
        assert len(found.problems) == 1
    else:
        assert found.entries or found.problems


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_give_entries_or_an_error(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "bytes.json"
    path.write_bytes(content)
    found = attempt(lambda: read_entries(path))
    assert isinstance(found, Entries) or str(path) in str(found)


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(st.sampled_from(sorted(KEYS)), PLAIN.filter(lambda text: text.strip() != ""), min_size=1)
)
def test_round_trip_of_the_dialect_and_of_json(mapping):
    wanted = {name: text.strip() for name, text in mapping.items() if text.strip().lower() != "comment"}
    lines = "\n".join(f'"{name}" : "{text}",' for name, text in mapping.items())
    for text in (f"# x\n{{\n{lines}\n}} remark", json.dumps(mapping), json.dumps(mapping, indent=2)):
        found = attempt(lambda text=text: parse(text, "test"))
        if isinstance(found, ParameterError):
            assert not wanted
            continue
        assert {entry.name: str(entry.value).strip() for entry in found.entries} == wanted
        assert found.problems == ()
