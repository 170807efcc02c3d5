"""The misfit log: columns as scripts for the original expect them, and JSON lines."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, replace

import numpy as np
import pytest

from denise_py.output.misfit_log import IterationRecord, MisfitLog

RECORD = IterationRecord(
    iteration=1,
    stage=1,
    accepted=True,
    misfit_before=1.0,
    misfit_after=0.5,
    step=0.01,
    largest_change=0.01,
    parameters=("vp", "vs"),
    low_pass=12.0,
    optimiser="pcg",
    search="parabolic",
    trials=((0.01, 0.6), (0.02, 0.7)),
    gradients=1,
    misfits=3,
    slope=-10.0,
    gradient_norm=100.0,
    seconds=1.5,
    wolfe=None,
    reasons=("minimum of the parabola",),
)
COLUMNS = [0.0048, 0.0, 0.0025, 0.0076, 3.4e-4, 3.0e-4, 3.1e-4, 3.5e-4]


def read_as_the_plotting_scripts_do(path) -> np.ndarray:
    """Numbers of all lines, after the header if there is one; what numpy.loadtxt or MATLAB's load see."""
    skip = 1 if path.read_text().startswith("opteps") else 0
    return np.loadtxt(path, skiprows=skip, ndmin=2)


@pytest.mark.parametrize("header", [False, True])
@pytest.mark.parametrize("corner", [False, True])
def test_columns(tmp_path, corner, header):
    log = MisfitLog(str(tmp_path / "L2.dat"), corner, header)
    log.write(COLUMNS, RECORD)
    log.write([2 * value for value in COLUMNS], replace(RECORD, iteration=2, low_pass=20.0))
    numbers = read_as_the_plotting_scripts_do(tmp_path / "L2.dat")
    assert numbers.shape == (2, 9 if corner else 8)
    np.testing.assert_allclose(numbers[0, :8], COLUMNS, rtol=1e-6)
    np.testing.assert_allclose(numbers[1, :8], [2 * value for value in COLUMNS], rtol=1e-6)
    if corner:
        assert numbers[:, 8].tolist() == [12.0, 20.0]


def test_layout_of_a_line_is_that_of_the_original(tmp_path):
    log = MisfitLog(str(tmp_path / "L2.dat"), True, False)
    log.write(COLUMNS, RECORD)
    words = (tmp_path / "L2.dat").read_text().rstrip("\n").split("\t")
    assert words[0] == "4.800000e-03"
    assert words[8] == "12.000000"


def test_header_names_the_columns_once(tmp_path):
    log = MisfitLog(str(tmp_path / "L2.dat"), True, True)
    log.write(COLUMNS, RECORD)
    log.write(COLUMNS, RECORD)
    first, *rest = (tmp_path / "L2.dat").read_text().splitlines()
    assert first.split("\t") == [
        "opteps_vp", "epst1[1]", "epst1[2]", "epst1[3]", "L2t[1]", "L2t[2]", "L2t[3]", "L2t[4]", "FC",
    ]  # fmt: skip
    assert len(rest) == 2
    assert not any("opteps" in line for line in rest)


def test_header_without_corner_has_eight_names(tmp_path):
    MisfitLog(str(tmp_path / "L2.dat"), False, True).write(COLUMNS, RECORD)
    assert len((tmp_path / "L2.dat").read_text().splitlines()[0].split("\t")) == 8


def test_no_filter_in_a_stage_is_a_corner_of_zero(tmp_path):
    MisfitLog(str(tmp_path / "L2.dat"), True, False).write(COLUMNS, replace(RECORD, low_pass=None))
    assert np.loadtxt(tmp_path / "L2.dat")[8] == 0.0


def test_a_new_run_begins_a_new_log(tmp_path):
    for _ in range(2):
        log = MisfitLog(str(tmp_path / "L2.dat"), False, True)
        log.write(COLUMNS, RECORD)
    assert len((tmp_path / "L2.dat").read_text().splitlines()) == 2
    assert len((tmp_path / "L2.jsonl").read_text().splitlines()) == 1


def test_json_lines_hold_the_record(tmp_path):
    log = MisfitLog(str(tmp_path / "L2.dat"), False, True)
    log.write(COLUMNS, RECORD)
    log.write(COLUMNS, replace(RECORD, iteration=2, wolfe={"slope": 1.0}))
    first, second = (json.loads(line) for line in (tmp_path / "L2.jsonl").read_text().splitlines())
    assert first == json.loads(json.dumps(asdict(RECORD)))
    assert second["iteration"] == 2
    assert second["wolfe"] == {"slope": 1.0}


def test_json_lines_are_json_also_where_a_trial_failed(tmp_path):
    failed = replace(
        RECORD, trials=((0.5, math.inf), (0.1, math.nan), (0.01, 0.5)), wolfe={"slope": -math.inf}
    )
    MisfitLog(str(tmp_path / "L2.dat"), False, False).write(COLUMNS, failed)

    def refuse(constant: str):
        raise AssertionError(f"{constant} is no JSON")

    found = json.loads((tmp_path / "L2.jsonl").read_text(), parse_constant=refuse)
    assert found["trials"] == [[0.5, None], [0.1, None], [0.01, 0.5]]
    assert found["wolfe"] == {"slope": None}


def test_a_search_that_found_nothing_still_fills_all_columns(tmp_path):
    MisfitLog(str(tmp_path / "L2.dat"), False, False).write([*COLUMNS[:3], math.nan, *COLUMNS[4:]], RECORD)
    numbers = np.loadtxt(tmp_path / "L2.dat")
    assert numbers.shape == (8,)
    assert np.isnan(numbers[3])
