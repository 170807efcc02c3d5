"""Stages: planned from the keys or the workflow file, ended for a reason that is logged."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from denise_py.errors import DeniseError, ParameterError
from denise_py.parameters.settings import Settings
from denise_py.parameters.workflow_file import Stage
from denise_py.traces.filters import BandFilter
from denise_py.workflow.stages import (
    StageClock,
    StagePlan,
    active_slots,
    first_iteration,
    plan_stages,
)
from tests.workflow.oracle import band, misfit_by_hand
from tests.workflow.project import FORWARD_KEYS, INVERSION_KEYS, NAMES, Outcome, Project, read_grid

HEADER = "# VS VP RHO PRO FIL FC WT J J EPRE EPSI\n"
LOW_PASS = {"TIME_FILT": 1, "FC_START": 20.0, "FC_END": 40.0, "FC_INCR": 10.0, "ORDER": 4}


def stage(number: int, vs: int, vp: int, rho: int, **changes) -> Stage:
    fields = {"min_improvement": 0.01, "filter_kind": 0, "low_pass": 0.0, "wave_type": 1, "joint_vs": 0.0}
    fields |= {"joint_rho": 0.0, "precondition": 0, "epsilon": 0.005}
    return Stage(number, vs, vp, rho, **(fields | changes))


@pytest.fixture
def settings(project: Project, tmp_path: Path):
    """Settings of an inversion with changes."""
    return lambda **changes: project.settings(tmp_path, INVMAT=0, **changes)


# --- plans ------------------------------------------------------------------------------------------------


def test_one_stage_without_filter(settings):
    chosen = settings(PRO=0.03, EPRECOND=3, EPSILON_WE=0.1)
    (plan,) = plan_stages(chosen)
    assert plan == StagePlan(1, chosen)
    assert (plan.low_pass, plan.min_improvement, plan.precondition, plan.epsilon) == (None, 0.03, 3, 0.1)


@pytest.mark.parametrize(
    ("start", "end", "step", "corners"),
    [
        (20, 40, 10, [20, 30, 40]),
        (20, 45, 10, [20, 30, 40]),
        (20, 20, 10, [20]),
        (20, 20, 0, [20]),
        (0.1, 0.3, 0.1, [0.1, 0.2, 0.3]),  # in floating point 0.1 + 0.1 + 0.1 > 0.3
    ],
)
def test_corners_from_the_first_to_the_last(settings, start, end, step, corners):
    plans = plan_stages(settings(**(LOW_PASS | {"FC_START": start, "FC_END": end, "FC_INCR": step})))
    assert [plan.number for plan in plans] == list(range(1, len(corners) + 1))
    assert [plan.low_pass for plan in plans] == pytest.approx(corners, rel=1e-12)
    assert all(plan.slots is None for plan in plans)


def test_band_of_a_stage(settings):
    chosen = settings(**LOW_PASS, F_HP=5.0, ZERO_PHASE=1)
    assert plan_stages(chosen)[1].band() == BandFilter(30.0, 5.0, 4, True)
    assert plan_stages(settings())[0].band() is None


def test_flags_of_the_workflow(settings):
    lines = (stage(1, 1, 0, 0), stage(2, -1, 1, 0), stage(3, 0, -1, 1), stage(4, -1, -1, -1))
    slots = [plan.slots for plan in plan_stages(settings(), lines)]
    assert slots == [("vs",), ("vp", "vs"), ("vp", "rho"), ("vp", "rho")]


def test_columns_of_the_workflow_reach_the_plan(settings):
    line = stage(1, 1, 1, 1, min_improvement=0.2, filter_kind=1, low_pass=33.0, precondition=1, epsilon=0.7)
    (plan,) = plan_stages(settings(**LOW_PASS), (line,))
    assert (plan.low_pass, plan.slots) == (33.0, NAMES)
    assert (plan.min_improvement, plan.precondition, plan.epsilon) == (0.2, 1, 0.7)


def test_a_line_of_the_workflow_can_switch_the_filter_off(settings):
    lines = (stage(1, 1, 1, 1, filter_kind=1, low_pass=20.0), stage(2, 1, 1, 1, low_pass=20.0))
    assert [plan.low_pass for plan in plan_stages(settings(**LOW_PASS), lines)] == [20.0, None]


def test_both_corners_and_the_order_of_a_stage_are_taken_literally(settings):
    high = {"high_pass": 4.0, "order": 6}
    lines = (
        stage(1, 1, 1, 1, filter_kind=1, low_pass=30.0, **high),
        stage(2, 1, 1, 1, filter_kind=1, low_pass=20.0, high_pass=0.0, order=2),
        stage(3, 1, 1, 1, filter_kind=1, low_pass=25.0),
    )
    plans = plan_stages(settings(**LOW_PASS, F_HP=7.0), lines)
    expected = [BandFilter(30.0, 4.0, 6), BandFilter(20.0, 0.0, 2), BandFilter(25.0, 7.0, 4)]
    assert [plan.band() for plan in plans] == expected


def test_a_workflow_that_comes_to_invert_nothing(settings):
    lines = (stage(1, 1, 0, 0), stage(2, 0, -1, -1))
    with pytest.raises(ParameterError, match="stage 2: no parameter is inverted"):
        plan_stages(settings(), lines)


@pytest.mark.parametrize(("iteration", "slots"), [(1, ("vp",)), (2, ("vp", "rho")), (5, NAMES)])
def test_parameters_by_iteration(settings, iteration, slots):
    (plan,) = plan_stages(settings(INV_VS_ITER=5, INV_RHO_ITER=2))
    assert active_slots(plan, iteration) == slots
    assert first_iteration(plan) == 1


def test_the_workflow_overrules_the_parameters_by_iteration(settings):
    plan = plan_stages(settings(INV_VS_ITER=5), (stage(1, 1, 0, 0),))[0]
    assert active_slots(plan, 1) == ("vs",)
    assert first_iteration(plan) == 1


def test_first_iteration_in_which_anything_moves(settings):
    chosen = settings(INV_VP_ITER=3, INV_VS_ITER=2, INV_RHO_ITER=3)
    assert first_iteration(plan_stages(chosen)[0]) == 2


def test_parameters_by_iteration_of_the_stage(settings):
    line = Stage(1, vp_from=0, vs_from=1, rho_from=4, layout="DENISE Black Edition")
    (plan,) = plan_stages(settings(INV_VS_ITER=5, ITERMAX=9), (line,))
    assert plan.own_iterations
    assert [active_slots(plan, k) for k in (1, 3, 4)] == [("vp", "vs"), ("vp", "vs"), NAMES]
    assert "inverting vp, vs, rho from its iteration 4" in plan.describe()


def test_what_a_stage_changes_is_said(settings):
    lines = (
        stage(1, 1, 0, 0, filter_kind=1, low_pass=5.0),
        stage(2, 1, 1, 0, filter_kind=1, low_pass=8.0, norm=5),
        stage(3, 1, 1, 0, filter_kind=1, low_pass=8.0, high_pass=2.0, precondition=3, norm=5),
        stage(4, 1, 1, 0, low_pass=8.0, high_pass=2.0, precondition=3, norm=5),
        stage(5, 1, 1, 0, low_pass=8.0, high_pass=2.0, precondition=3, norm=5),
    )
    plans = plan_stages(settings(**LOW_PASS), lines)
    said = [after.changes_from(before) for before, after in pairwise(plans)]
    assert said == [
        "low-pass 5 -> 8 Hz, LNORM 2 -> 5, now inverting vp, vs",
        "low-pass 8 Hz -> band-pass 2 to 8 Hz, EPRECOND 0 -> 3",
        "band-pass 2 to 8 Hz -> all frequencies",
        "nothing",
    ]


# --- the clock --------------------------------------------------------------------------------------------


def plan_with(pro: float) -> StagePlan:
    """A stage that ends at a relative change of the misfit."""
    return StagePlan(1, Settings.from_mapping(FORWARD_KEYS | FILES | INVERSION_KEYS | {"PRO": pro}))


FILES = {"SOURCE_FILE": "s", "REC_FILE": "r", "MFILE": "m", "SEIS_FILE": "s", "DATA_DIR": "d"}
FILES |= {"INV_MODELFILE": "i", "JACOBIAN": "j"}
PLAN = plan_with(0.1)


def reasons(misfits, least: int = 0, plan: StagePlan = PLAN) -> list[bool]:
    clock = StageClock(least)
    return [bool(clock.reason_to_end(misfit, True, plan, "")) for misfit in misfits]


def test_a_stage_goes_on_while_the_misfit_falls_over_two_iterations():
    assert reasons([10.0, 9.5, 8.9, 8.5, 8.1]) == [False, False, False, False, True]


def test_a_stage_needs_three_iterations_and_min_iter():
    assert reasons([1.0] * 5) == [False, False, True, True, True]
    assert reasons([1.0] * 6, least=4) == [False] * 4 + [True, True]
    assert reasons([1.0] * 3, least=2) == [False, False, True]


def test_pro_of_the_stage_decides():
    assert reasons([10.0, 9.5, 9.0], plan=plan_with(0.09)) == [False] * 3
    assert reasons([10.0, 9.5, 9.0], plan=plan_with(0.11))[-1]
    assert not any(reasons([10.0, 9.99, 9.98, 9.97], plan=plan_with(0.0)))


def test_reasons_are_sentences():
    clock = StageClock(0)
    assert (
        clock.reason_to_end(1.0, False, PLAN, "too short") == "no step lowers the misfit any more (too short)"
    )
    clock = StageClock(0)
    for misfit in (10.0, 9.8):
        clock.reason_to_end(misfit, True, PLAN, "")
    assert clock.reason_to_end(9.5, True, PLAN, "") == (
        "the misfit changed by 5 % over two iterations, PRO asks for more than 10 %"
    )


def test_a_failed_search_ends_a_stage_at_once():
    assert StageClock(10).reason_to_end(1.0, False, PLAN, "")


# --- runs -------------------------------------------------------------------------------------------------


def stages_of(outcome: Outcome) -> list[int]:
    return [record["stage"] for record in outcome.records]


@pytest.fixture(scope="module")
def three_stages(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """vs below 20 Hz, vs and vp below 30 Hz, all parameters and frequencies; PRO ends the first two."""
    folder = tmp_path_factory.mktemp("three")
    lines = [
        "1 1 0 0 0.6 1 20 1 0 0 0 0.005",
        "2 -1 1 0 0.7 1 30 1 0 0 3 0.05",
        "3 1 1 1 0 0 99 1 0 0 1 0.01",
    ]
    (folder / "workflow.txt").write_text(HEADER + "\n".join(lines))
    keys = {"USE_WORKFLOW": 1, "FILE_WORKFLOW": folder / "workflow.txt", "ITERMAX": 9}
    return project.invert(folder, GRAD_METHOD=2, SEISMO=1, **LOW_PASS, **keys)


def test_workflow_goes_through_its_stages(three_stages):
    stages = stages_of(three_stages)
    assert sorted(set(stages)) == [1, 2, 3]
    assert stages == sorted(stages)
    assert len(stages) == 9
    assert [record["iteration"] for record in three_stages.records] == list(range(1, 10))


def test_workflow_says_why_it_goes_on(three_stages):
    ends = three_stages.said(" ends: ")
    assert [line.split(" ends")[0] for line in ends] == ["stage 1", "stage 2"]
    for number, (line, pro) in enumerate(zip(ends, (60, 70), strict=True), start=1):
        assert f"PRO asks for more than {pro} %" in line
        assert line.endswith(f"going on with stage {number + 1}")
    assert three_stages.said("stage 2: low-pass 30 Hz, inverting vp, vs")
    assert three_stages.said("stage 3: all frequencies, inverting vp, vs, rho")


def test_workflow_moves_the_parameters_of_the_stage_only(project, three_stages):
    by_stage = {1: ["vs"], 2: ["vp", "vs"], 3: list(NAMES)}
    assert all(record["parameters"] == by_stage[record["stage"]] for record in three_stages.records)
    start = {name: read_grid(project.folder / f"start.{name}") for name in NAMES}
    for record in three_stages.records:
        k, number = record["iteration"], record["stage"]
        for name in set(NAMES) - {n for s in range(1, number + 1) for n in by_stage[s]}:
            assert np.array_equal(three_stages.grid_file(f"inv_{name}_it{k}.bin"), start[name])


def test_workflow_changes_the_filter(project, tmp_path, three_stages):
    corners = {1: 20.0, 2: 30.0, 3: None}
    assert all(record["low_pass"] == corners[record["stage"]] for record in three_stages.records)
    assert {(row[8]) for row in three_stages.rows} == {20.0, 30.0, 0.0}
    assert three_stages.misfits[0] == pytest.approx(
        misfit_by_hand(project, tmp_path, filtered=band(20.0)), rel=1e-5
    )
    first_of_2 = stages_of(three_stages).index(2)
    for name in NAMES:
        data = (three_stages.folder / f"inv_{name}_it{first_of_2}.bin").read_bytes()
        (tmp_path / f"then.{name}").write_bytes(data)
    expected = misfit_by_hand(project, tmp_path, filtered=band(30.0), model=tmp_path / "then")
    assert three_stages.misfits[first_of_2] == pytest.approx(expected, rel=1e-3)


def test_workflow_changes_the_preconditioner(three_stages):
    for record in three_stages.records:
        file = three_stages.folder / f"jac_approx_hessian_it{record['iteration']}.bin"
        assert file.exists() == (record["stage"] > 1)
    # a water level of 0.05 of the largest illumination bounds the weight of stage 2
    k = stages_of(three_stages).index(2) + 1
    assert three_stages.grid_file(f"jac_approx_hessian_it{k}.bin").min() >= 0.05 / 1.05 * (1 - 1e-5)


def test_workflow_restarts_the_optimiser_in_every_stage(three_stages):
    firsts = [stages_of(three_stages).index(number) for number in (1, 2, 3)]
    restarts = [
        n
        for n, record in enumerate(three_stages.records)
        if "steepest descent: first direction" in record["reasons"]
    ]
    assert restarts == firsts


def test_workflow_lowers_the_misfit_within_every_stage(three_stages):
    for record in three_stages.records:
        assert record["misfit_after"] < record["misfit_before"]


def test_a_rising_corner_without_workflow(project, tmp_path):
    outcome = project.invert(tmp_path, **LOW_PASS, PRO=0.99, ITERMAX=20)
    assert [record["low_pass"] for record in outcome.records] == [20.0] * 3 + [30.0] * 3 + [40.0] * 3
    assert [row[8] for row in outcome.rows] == [20.0] * 3 + [30.0] * 3 + [40.0] * 3
    assert outcome.said("stage 3 ends")[0].endswith("the inversion is finished")
    assert not outcome.said("ITERMAX")
    first_of_2 = outcome.records[3]["misfit_before"]
    assert first_of_2 != pytest.approx(outcome.records[2]["misfit_after"], rel=1e-3)


def test_min_iter_counts_in_every_stage(project, tmp_path):
    outcome = project.invert(tmp_path, **LOW_PASS, PRO=0.99, MIN_ITER=4, ITERMAX=20)
    assert stages_of(outcome) == [1] * 5 + [2] * 5 + [3] * 5


def test_pro_ends_a_run_without_stages(project, tmp_path):
    outcome = project.invert(tmp_path, PRO=0.99, ITERMAX=20)
    assert len(outcome.records) == 3
    assert "PRO asks for more than 99 %" in outcome.said("stage 1 ends")[0]


def test_itermax_is_the_number_of_iterations_of_all_stages(project, tmp_path):
    outcome = project.invert(tmp_path, **LOW_PASS, PRO=0.99, ITERMAX=5)
    assert stages_of(outcome) == [1, 1, 1, 2, 2]
    assert outcome.said("ITERMAX = 5 iterations are done")


def test_a_workflow_without_filter_key_is_refused(project, tmp_path):
    (tmp_path / "workflow.txt").write_text(HEADER + "1 1 1 1 0.01 1 20 1 0 0 0 0.005\n")
    with pytest.raises(DeniseError, match="TIME_FILT"):
        project.invert(tmp_path, USE_WORKFLOW=1, FILE_WORKFLOW=tmp_path / "workflow.txt")


def test_stages_of_a_workflow_have_limits_of_their_own(project, tmp_path):
    rows = ["1 1 1 1 0 0 0 1 0 0 0 0.005 1", "2 1 1 1 0 0 0 1 0 0 0 0.005 0"]
    (tmp_path / "workflow.txt").write_text("\n".join([f"{HEADER.rstrip()} MAX_ITER", *rows]) + "\n")
    keys = {"USE_WORKFLOW": 1, "FILE_WORKFLOW": tmp_path / "workflow.txt", "MAX_ITER": 2, "ITERMAX": 4}
    outcome = project.invert(tmp_path, **keys)
    assert stages_of(outcome) == [1, 2, 2, 2]
    assert "MAX_ITER = 1 iterations are done" in outcome.said("stage 1 ends")[0]


def test_max_iter_leaves_iterations_to_later_stages(project, tmp_path):
    """In the second stage PRO is not reached either; the third one gets what is left."""
    outcome = project.invert(tmp_path, **LOW_PASS, PRO=0.0, MAX_ITER=2, ITERMAX=5)
    assert stages_of(outcome) == [1, 1, 2, 2, 3]
    assert "MAX_ITER = 2 iterations are done" in outcome.said("stage 1 ends")[0]
