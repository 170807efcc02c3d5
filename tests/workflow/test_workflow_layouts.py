"""Workflow files of IFOS2D and DENISE Black Edition: what each column does, and runs that follow them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from denise_py.errors import ParameterError
from denise_py.parameters.checks import check_stages
from denise_py.parameters.settings import Settings
from denise_py.parameters.workflow_columns import LAYOUTS, header_of
from denise_py.parameters.workflow_file import Stage, read_workflow
from denise_py.traces.filters import BandFilter
from denise_py.workflow.stages import StagePlan, plan_stages
from tests.workflow.project import NAMES, Outcome, Project

BLACK, IFOS = "DENISE Black Edition", "IFOS2D"
LOW_PASS = {"TIME_FILT": 1, "FC_START": 20.0, "FC_END": 40.0, "FC_INCR": 10.0, "ORDER": 4}
WORKFLOW = {"USE_WORKFLOW": 1, "FILE_WORKFLOW": "w.txt"}


@pytest.fixture
def settings(project: Project, tmp_path: Path):
    """Settings of an inversion with a workflow and changes."""
    return lambda **changes: project.settings(tmp_path, INVMAT=0, **(LOW_PASS | WORKFLOW | changes))


def plan_of(chosen: Settings, layout: str = BLACK, **fields) -> StagePlan:
    """Plan of a single stage."""
    (plan,) = plan_stages(chosen, (Stage(1, layout=layout, **fields),))
    return plan


def complaints(chosen: Settings, layout: str = BLACK, **fields) -> list[str]:
    """What the checks say about a single stage."""
    return [finding.message for finding in check_stages(chosen, (Stage(1, layout=layout, **fields),))]


# --- settings of a stage ----------------------------------------------------------------------------------


def test_without_overrides_a_stage_has_the_settings_of_the_run(settings):
    chosen = settings(EPRECOND=3, LNORM=5, NORMALIZE=1)
    assert plan_of(chosen).settings == chosen


def test_the_settings_of_the_run_are_left_alone(settings):
    chosen = settings()
    before = chosen.model_copy(deep=True)
    plan_of(chosen, filter_kind=1, low_pass=9.0, norm=5, normalize=1, precondition=1, mute=1, mute_offset=4.0)
    assert chosen == before


def test_columns_of_ifos2d(settings):
    chosen = settings(TIMEWIN=1, PICKS_FILE="p", TWLENGTH_PLUS=1, TWLENGTH_MINUS=1, GAMMA=5.0)
    line = {"vs": 1, "vp": 0, "rho": 0, "min_improvement": 0.2, "filter_kind": 1, "high_pass": 3.0}
    line |= {"low_pass": 25.0, "wave_type": 1, "joint_vs": 0.1, "joint_rho": 0.2, "precondition": 1}
    plan = plan_of(chosen, IFOS, **line, epsilon=0.7, window_damping=40.0)
    assert plan.band() == BandFilter(25.0, 3.0, 4)
    assert (plan.slots, plan.min_improvement, plan.precondition, plan.epsilon) == (("vs",), 0.2, 1, 0.7)
    assert plan.settings.misfit.time_window_damping == 40.0
    assert plan.settings.joint == chosen.joint  # without SH waves the weights mean nothing


def test_the_damping_of_ifos2d_matters_in_a_window_only(settings):
    assert plan_of(settings(), IFOS, window_damping=40.0).settings == settings()


def test_columns_of_black_edition(settings):
    window = {"TIMEWIN": 1, "PICKS_FILE": "p", "TWLENGTH_PLUS": 1, "TWLENGTH_MINUS": 1, "GAMMA": 5.0}
    plan = plan_of(
        settings(**window),
        filter_kind=1,
        low_pass=9.0,
        high_pass=2.0,
        order=6,
        time_window=1,
        window_damping=30.0,
        window_minus=0.1,
        window_plus=0.3,
        norm=5,
        normalize=1,
        smoothing=4,
        smoothing_x=0.5,
        smoothing_y=0.25,
        precondition=3,
        rho_factor=0.5,
    )
    assert plan.band() == BandFilter(9.0, 2.0, 6)
    m, smoothing = plan.settings.misfit, plan.settings.smoothing
    assert (m.norm, m.normalize, m.time_window, m.time_window_damping) == (5, True, True, 30.0)
    assert (m.time_window_minus, m.time_window_plus) == (0.1, 0.3)
    assert (smoothing.spatial, smoothing.wavelengths_x, smoothing.wavelengths_y) == (4, 0.5, 0.25)
    assert (plan.precondition, plan.settings.optimiser.rho_factor) == (3, 0.5)


def test_a_stage_can_leave_out_the_window(settings):
    window = {"TIMEWIN": 1, "PICKS_FILE": "p", "TWLENGTH_PLUS": 1, "TWLENGTH_MINUS": 1, "GAMMA": 5.0}
    plan = plan_of(settings(**window), time_window=0, window_damping=30.0)
    assert not plan.settings.misfit.time_window
    assert plan.settings.misfit.time_window_damping == 5.0


@pytest.mark.parametrize(
    ("mute", "table", "kind", "lower", "upper"),
    [(1, {}, 1, 50.0, 1e9), (2, {}, 1, 0.0, 50.0), (2, {"TRKILL": 1, "TRKILL_FILE": "t"}, 2, 0.0, 50.0)],
)
def test_mute_of_far_or_near_traces(settings, mute, table, kind, lower, upper):
    m = plan_of(settings(**table), mute=mute, mute_offset=50.0).settings.misfit
    found = m.trace_kill_offset, m.trace_kill_offset_lower, m.trace_kill_offset_upper
    assert found == (kind, lower, upper)
    assert m.trace_kill


@pytest.mark.parametrize(("kind", "table"), [(1, False), (2, True)])
def test_a_stage_can_use_all_offsets_again(settings, kind, table):
    """A table stays in force."""
    bounds = {"TRKILL_OFFSET": kind, "TRKILL_OFFSET_LOWER": 0, "TRKILL_OFFSET_UPPER": 9}
    chosen = settings(TRKILL=1, TRKILL_FILE="t" if table else None, **bounds)
    m = plan_of(chosen, mute=0, mute_offset=5.0).settings.misfit
    assert (m.trace_kill, m.trace_kill_offset) == (table, 0)
    assert plan_of(chosen, mute=0).settings.misfit == m
    assert plan_of(chosen).settings.misfit == chosen.misfit


def test_waves_and_weights_of_a_stage_with_both_waves(settings):
    chosen = settings()
    both = chosen.model_copy(update={"physics": chosen.physics.model_copy(update={"wave_type": 3})})
    plan = plan_of(both, "DENISE", wave_type=2, vs=1, vp=0, rho=0, joint_vs=0.25, joint_rho=0.75)
    assert plan.settings.physics.wave_type == 2
    assert (plan.settings.joint.alpha_vs, plan.settings.joint.alpha_rho) == (0.25, 0.75)
    assert plan_of(chosen, "DENISE", wave_type=2).settings.physics.wave_type == 1


def test_a_stage_of_sh_waves_alone_needs_a_parameter_that_they_depend_on(settings):
    chosen = settings()
    both = chosen.model_copy(update={"physics": chosen.physics.model_copy(update={"wave_type": 3})})
    flags = {"vp": 1, "vs": 0, "rho": 0}
    assert complaints(both, "DENISE", **flags, wave_type=1) == []
    (message,) = complaints(both, "DENISE", **flags, wave_type=2)
    assert message.endswith("stage 1 inverts for no parameter")
    follow = {"vp": -1, "vs": -1, "rho": -1, "wave_type": 2}
    with pytest.raises(ParameterError, match="stage 2: no parameter is inverted"):
        plan_stages(both, (Stage(1, **flags, wave_type=1), Stage(2, **follow)))


def test_wavelet_of_a_stage(settings):
    chosen = settings()
    engine = {"estimate": True, "engine": "fdlsq:waterlevel=0.01:exp=1.0", "trace_kill": False}
    estimating = chosen.model_copy(update={"source_wavelet": chosen.source_wavelet.model_copy(update=engine)})
    w = plan_of(estimating, estimate=1, wavelet_offset=80.0, wavelet_level=0.1).settings.source_wavelet
    assert w.estimate
    assert w.engine == "fdlsq:waterlevel=0.1:exp=1.0"
    found = w.trace_kill_offset, w.trace_kill_offset_lower, w.trace_kill_offset_upper
    assert found == (1, 80.0, 1e9)
    w = plan_of(estimating, estimate=1, wavelet_offset=-4.0, wavelet_level=0.1).settings.source_wavelet
    assert w.trace_kill_offset == 0
    assert not plan_of(estimating, estimate=0).settings.source_wavelet.estimate


@pytest.mark.parametrize(
    ("engine", "expected"),
    [
        ("fdlsq", "fdlsq:waterlevel=0.1"),
        ("fbd:exp=1", "fbd:exp=1:waterlevel=0.1"),
        ("fdlsq:waterlevel=1e-3", "fdlsq:waterlevel=0.1"),
        ("ident:scaleenergy", "ident:scaleenergy"),
    ],
)
def test_water_level_of_a_stage(settings, engine, expected):
    chosen = settings()
    given = {"estimate": True, "engine": engine}
    estimating = chosen.model_copy(update={"source_wavelet": chosen.source_wavelet.model_copy(update=given)})
    found = plan_of(estimating, estimate=1, wavelet_level=0.1).settings.source_wavelet.engine
    assert found == expected


# --- relations between columns and keys -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "fields", "text"),
    [
        (
            {},
            {"filter_kind": 1, "low_pass": 500.0},
            "FC_high = 500 Hz must be below the Nyquist frequency 500",
        ),
        ({"F_HP": 9.0}, {"filter_kind": 1, "low_pass": 8.0}, "FC_high = 8 must be greater than F_HP = 9"),
        (
            {},
            {"filter_kind": 1, "low_pass": 8.0, "high_pass": 9.0},
            "FC_high = 8 must be greater than FC_low = 9",
        ),
        ({}, {"order": 3, "filter_kind": 1, "low_pass": 8.0}, "ORDER = 3 must be even"),
        ({"TIME_FILT": 0}, {"filter_kind": 1, "low_pass": 8.0}, "filters the data, but TIME_FILT = 0"),
        ({}, {"time_window": 1}, "TIME_WIN = 1, but TIMEWIN = 0; set it to 1"),
        ({}, {"estimate": 1}, "STF_INV = 1, but INV_STF = 0; set it to 1"),
        ({}, {"vp_from": 4, "vs_from": 9, "rho_from": 4}, "inverts for no parameter"),
    ],
)
def test_relations(settings, changes, fields, text):
    found = complaints(settings(**changes), **fields)
    assert any(text in message and "w.txt, stage 1" in message for message in found), found


def test_relations_of_the_settings_are_looked_at_stage_by_stage(settings):
    """EPSILON_WE = 0 is worth a warning in the stages that use it, said with the number of the stage."""
    chosen = settings(EPSILON_WE=0)
    (message,) = complaints(chosen, precondition=3)
    assert "stage 1: EPSILON_WE = 0 divides by zero" in message
    assert complaints(chosen, precondition=0) == []


def test_q_is_not_inverted_for(settings):
    """Black Edition would do so for viscous SH waves, and for no others."""
    fields = {"vp_from": 0, "vs_from": 0, "rho_from": 0, "qs_from": 0}
    assert complaints(settings(), **fields) == []
    viscous = {"L": 1, "FL1": 20.0, "TAU": 0.02}
    assert complaints(settings(**viscous), **fields) == []
    (message,) = complaints(settings(**viscous, WAVETYPE=2, QUELLART_SH=1), **fields)
    assert (
        "INV_QS_ITER = 0: INV_QS_ITER of the parameter file decides whether Q is inverted for; set it above"
        in message
    )
    assert complaints(settings(**viscous, WAVETYPE=2, QUELLART_SH=1), **(fields | {"qs_from": 4})) == []


# --- runs -------------------------------------------------------------------------------------------------


def black_line(**changes: object) -> str:
    """A line of Black Edition's layout; names with - and + as minus and plus."""
    values: dict[str, object] = dict.fromkeys(header_of(LAYOUTS[BLACK]).split(), 0)
    values |= {
        "PRO": 0.6,
        "TIME_FILT": 1,
        "FC_high": 20,
        "ORDER": 4,
        "LNORM": 2,
        "SCALERHO": 1,
        "EPS_STF": 0.1,
    }
    return " ".join(str(value) for value in (values | changes).values())


@pytest.fixture(scope="module")
def black(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Three stages: vs below 20 Hz; vp and vs between 5 and 30 Hz with another misfit; all frequencies and
    parameters without the near traces, where density joins in the second iteration."""
    folder = tmp_path_factory.mktemp("black")
    lines = [
        header_of(LAYOUTS[BLACK]),
        black_line(INV_VP_ITER=99, INV_RHO_ITER=99),
        black_line(FC_low=5, FC_high=30, ORDER=2, LNORM=5, NORMALIZE=1, EPRECOND=3, INV_RHO_ITER=99),
        black_line(TIME_FILT=0, INV_RHO_ITER=2, OFFSET_MUTE=2, OFFSETC=60, SCALERHO=0.5, PRO=0),
    ]
    (folder / "workflow.txt").write_text("\n".join(lines))
    keys = {"USE_WORKFLOW": 1, "FILE_WORKFLOW": folder / "workflow.txt", "ITERMAX": 9}
    return project.invert(folder, GRAD_METHOD=2, **LOW_PASS, **keys)


def test_stages_of_black_edition_are_gone_through(black):
    stages = [record["stage"] for record in black.records]
    assert (stages[0], stages[-1]) == (1, 3)
    assert stages == sorted(stages)
    assert sum(stage == 3 for stage in stages) >= 2
    moving = [record["parameters"] for record in black.records]
    third = stages.index(3)
    expected = {1: ["vs"], 2: ["vp", "vs"]}
    assert all(moving[k] == expected[stages[k]] for k in range(third))
    assert moving[third] == ["vp", "vs"]
    assert all(one == list(NAMES) for one in moving[third + 1 :])


def test_every_switch_is_told_with_its_reason(black):
    ends = black.said(" ends: ")
    assert [line.split(" ends")[0] for line in ends] == ["stage 1", "stage 2"]
    assert all("PRO asks for more than 60 %" in line or "no step lowers" in line for line in ends)
    second, third = black.said(" changes ")
    assert second == (
        "stage 2 changes low-pass 20 Hz -> band-pass 5 to 30 Hz, LNORM 2 -> 5, NORMALIZE 0 -> 1, "
        "ORDER 4 -> 2, EPRECOND 0 -> 3, now inverting vp, vs; the optimiser begins without memory"
    )
    for part in ("band-pass 5 to 30 Hz -> all frequencies", "LNORM 5 -> 2", "NORMALIZE 1 -> 0"):
        assert part in third
    for part in (
        "TRKILL 0 -> 1",
        "TRKILL_OFFSET 0 -> 1",
        "SCALERHO 1 -> 0.5",
        "PRO 0.6 -> 0",
        "rho from its iteration 2",
    ):
        assert part in third
    assert black.said("now inverting vp, vs, rho; the optimiser begins without memory")


def test_the_optimiser_forgets_at_every_switch(black):
    """Its first direction is that of steepest descent, and it says so; so it is nowhere else."""
    records = black.records
    switches = [
        k
        for k in range(len(records))
        if k == 0 or any(records[k][name] != records[k - 1][name] for name in ("stage", "parameters"))
    ]
    assert len(switches) == 4
    first = [k for k, one in enumerate(records) if "steepest descent: first direction" in one["reasons"]]
    assert first == switches


def test_misfits_of_a_stage_are_those_of_its_norm(black):
    """The global correlation lies between minus the number of traces and zero, the L2 norm above zero."""
    traces = 3 * 10 * 2  # shots, receivers, components
    for record in black.records:
        assert record["norm"] == {1: 2, 2: 5, 3: 2}[record["stage"]]
        if record["stage"] == 2:
            assert -traces <= record["misfit_before"] < 0
        else:
            assert record["misfit_before"] > 0


def test_misfit_log_has_the_same_columns_throughout(black):
    """Scripts for the original read it as a matrix of nine columns, the corner of the low-pass the last."""
    numbers = np.loadtxt(black.folder / "misfit.dat", ndmin=2)
    assert numbers.shape == (9, 9)
    corner = {1: 20.0, 2: 30.0, 3: 0.0}
    assert [row[8] for row in numbers] == [corner[record["stage"]] for record in black.records]
    assert np.array_equal(numbers[:, 1], np.arange(1, 10))
    before = [record["misfit_before"] for record in black.records]
    assert numbers[:, 6] == pytest.approx(before, rel=1e-6)
    high = {1: None, 2: 5.0, 3: None}
    assert all(record["high_pass"] == high[record["stage"]] for record in black.records)


def test_the_wavelet_is_estimated_in_the_stages_that_say_so(project, tmp_path):
    lines = [
        header_of(LAYOUTS[BLACK]),
        black_line(STF_INV=1, OFFSETC_STF=100, EPS_STF=0.01, PRO=0.9),
        black_line(PRO=0.9),
    ]
    (tmp_path / "workflow.txt").write_text("\n".join(lines))
    wavelet = {"INV_STF": 1, "PARA": "fdlsq", "N_STF": 9, "N_STF_START": 1, "SIGNAL_FILE": tmp_path / "stf"}
    keys = {"USE_WORKFLOW": 1, "FILE_WORKFLOW": tmp_path / "workflow.txt", "ITERMAX": 4}
    outcome = project.invert(tmp_path, **LOW_PASS, **keys, **wavelet)
    assert [record["stage"] for record in outcome.records] == [1, 1, 1, 2]
    (estimated,) = outcome.said(" estimated ")
    assert estimated.startswith("iteration 1: wavelets of 3 shots")
    # what the estimate would need does not matter any more
    assert outcome.said(" changes ") == [
        "stage 2 changes INV_STF 1 -> 0; the optimiser begins without memory"
    ]


def test_a_workflow_of_ifos2d_may_lower_the_corner(project, tmp_path):
    lines = [
        header_of(LAYOUTS[IFOS]),
        "1 1 1 1 0.9 1 4 30 1 0 0 0 0.005 0",
        "2 1 1 1 0.9 1 0 20 1 0 0 0 0.005 0",
    ]
    (tmp_path / "workflow.txt").write_text("\n".join(lines))
    keys = {"USE_WORKFLOW": 1, "FILE_WORKFLOW": tmp_path / "workflow.txt", "ITERMAX": 5}
    outcome = project.invert(tmp_path, **LOW_PASS, **keys)
    assert [record["low_pass"] for record in outcome.records] == [30.0] * 3 + [20.0] * 2
    assert outcome.said("stage 2 changes band-pass 4 to 30 Hz -> low-pass 20 Hz; the optimiser begins")


def test_waves_may_change_from_stage_to_stage(project, tmp_path):
    """SH, P-SV, both: what moves follows, and so does the misfit, which is one for synthetics that vanish."""
    lines = [
        header_of(LAYOUTS["DENISE"]),
        "1 1 1 1 0.9 0 0 2 0 0 0 0.005",
        "2 1 1 1 0.9 0 0 1 0 0 0 0.005",
        "3 1 1 1 0.9 0 0 3 0.5 0.5 0 0.005",
    ]
    (tmp_path / "workflow.txt").write_text("\n".join(lines))
    both = {"WAVETYPE": 3, "QUELLART_SH": 1, "JOINT_INVERSION_PSV_SH_TYPE": 2}
    project.forward(tmp_path, MFILE=project.folder / "true", SEIS_FILE=tmp_path / "obs", **both)
    keys = {"USE_WORKFLOW": 1, "FILE_WORKFLOW": tmp_path / "workflow.txt", "ITERMAX": 7, **both}
    outcome = project.invert(tmp_path, DATA_DIR=tmp_path / "obs", **keys)
    assert [record["stage"] for record in outcome.records] == [1] * 3 + [2] * 3 + [3]
    moving = [record["parameters"] for record in outcome.records]
    assert moving == [["vs", "rho"]] * 3 + [list(NAMES)] * 4
    assert outcome.said("stage 2 changes WAVETYPE 2 -> 1;")
    assert outcome.said("stage 3 changes WAVETYPE 1 -> 3, JOINT_INVERSION_PSV_SH_ALPHA_VS 0 -> 0.5, ")
    k = 6
    for name in NAMES:
        (tmp_path / f"then.{name}").write_bytes((tmp_path / f"inv_{name}_it{k}.bin").read_bytes())
    alone = []
    for waves in (1, 2):
        one = {"WAVETYPE": waves, "QUELLART_SH": 1, "ITERMAX": 1, "DATA_DIR": tmp_path / "obs"}
        (tmp_path / str(waves)).mkdir()
        alone.append(project.invert(tmp_path / str(waves), MFILE=tmp_path / "then", **one).misfits[0])
    assert outcome.misfits[k] == pytest.approx(sum(alone) / 2, rel=1e-3)


def test_every_problem_of_a_workflow_is_named_at_once(project, tmp_path):
    (tmp_path / "workflow.txt").write_text("PRO LNORM EPRECOND\n0.1 7 0\n0.1 2 9\n")
    with pytest.raises(ParameterError) as caught:
        read_workflow(tmp_path / "workflow.txt")
    assert len(caught.value.problems) == 2
