"""Selection, processing and misfits of an inversion: the misfit at the start model against one computed by
hand, and derivatives of the whole chain against differences."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from denise_py.errors import DataError, NoProgressError, ParameterError
from denise_py.traces.gather import Gather
from denise_py.traces.line_source import to_line_source
from denise_py.traces.su import read_su, write_su
from denise_py.workflow.observed import ObservedData
from denise_py.workflow.setup import prepare
from denise_py.workflow.stages import plan_stages
from tests.workflow.oracle import band, read_shot
from tests.workflow.project import DT, NT, RECEIVERS, SOURCES, Project

#: both ways simulate the same waves in single precision
CLOSE = 1e-5
SHOTS = (1, 2, 3)
OFFSETS = np.array([[np.hypot(x - r[0], y - r[1]) for r in RECEIVERS] for x, y in SOURCES])
PICKS = OFFSETS / 1100.0 + 0.03

Gathers = dict[tuple[int, str], np.ndarray]


@pytest.fixture(scope="module")
def start(project: Project, tmp_path_factory) -> Path:
    """Seismograms of the start model."""
    folder = tmp_path_factory.mktemp("start")
    project.forward(folder, SEIS_FILE=folder / "hand")
    return folder


def by_hand(
    project: Project,
    start: Path,
    change: Callable[[np.ndarray, int, str], np.ndarray],
    components: str = "xy",
    used: np.ndarray | None = None,
) -> float:
    """sum (s - d)^2 / sum d^2 of changed traces that are used (shots, receivers)."""
    difference = energy = 0.0
    for shot in SHOTS:
        rows = np.ones(len(RECEIVERS), bool) if used is None else used[shot - 1]
        for component in components:
            s = change(read_shot(start, "hand", component, shot), shot, component)[rows]
            d = change(read_shot(project.folder, "obs", component, shot), shot, component)[rows]
            difference += np.sum((s - d) ** 2)
            energy += np.sum(d**2)
    return difference / energy


def found(project: Project, folder: Path, **changes) -> float:
    objective, scaling, setup = project.objective(folder, dtype=np.float32, **changes)
    return objective.misfit(scaling.vector(setup.model))


def plain(traces: np.ndarray, shot: int, component: str) -> np.ndarray:
    return traces


def normalised(traces: np.ndarray, shot: int, component: str) -> np.ndarray:
    return traces / np.abs(traces).max(axis=1, keepdims=True)


def windowed(plus, minus, gamma: float) -> Callable[[np.ndarray, int, str], np.ndarray]:
    def change(traces: np.ndarray, shot: int, component: str) -> np.ndarray:
        t, result = DT * np.arange(1, NT + 1), traces.copy()
        for trace, pick in enumerate(PICKS[shot - 1]):
            late, early = pick + np.ravel(plus)[trace % np.size(plus)], pick - minus
            result[trace, t >= late] *= np.exp(-gamma * (t[t >= late] - late) ** 2)
            result[trace, t <= early] *= np.exp(-gamma * (t[t <= early] - early) ** 2)
        return result

    return change


def write_picks(base: Path, columns: Callable[[int], list[np.ndarray]], suffix: str = "") -> Path:
    for shot in SHOTS:
        np.savetxt(f"{base}_{shot}{suffix}.dat", np.column_stack(columns(shot)))
    return base


# ---------------------------------------------------------------------------------- what is compared


def test_normalised_traces(project, start, tmp_path):
    expected = by_hand(project, start, normalised)
    assert found(project, tmp_path, NORMALIZE=1) == pytest.approx(expected, rel=CLOSE)


def test_window(project, start, tmp_path):
    base = write_picks(tmp_path / "picks", lambda shot: [PICKS[shot - 1]])
    keys = {"TIMEWIN": 1, "PICKS_FILE": base, "TWLENGTH_PLUS": 0.02, "TWLENGTH_MINUS": 0.01, "GAMMA": 3e4}
    expected = by_hand(project, start, windowed(0.02, 0.01, 3e4))
    assert found(project, tmp_path, **keys) == pytest.approx(expected, rel=CLOSE)
    # integration comes before the window
    expected = by_hand(
        project, start, lambda a, *where: windowed(0.02, 0.01, 3e4)(DT * np.cumsum(a, axis=1), *where)
    )
    assert found(project, tmp_path, VELOCITY=0, **keys) == pytest.approx(expected, rel=CLOSE)


def test_window_of_each_trace_and_picks_of_a_stage(project, start, tmp_path):
    """Files of the stage come first; a negative pick leaves its trace out."""
    plus = 0.01 + 0.005 * np.arange(10)
    base = write_picks(tmp_path / "picks", lambda shot: [0 * PICKS[shot - 1]] * 3)

    def columns(shot: int) -> list[np.ndarray]:
        picks = PICKS[shot - 1].copy()
        picks[4] = -1.0
        return [picks, plus, np.full(10, 0.02)]

    write_picks(base, columns, "_1")
    used = np.ones((3, 10), bool)
    used[:, 4] = False
    expected = by_hand(project, start, windowed(plus, 0.02, 1e4), used=used)
    value = found(project, tmp_path, TIMEWIN=1, TW_IND=1, PICKS_FILE=base, GAMMA=1e4)
    assert value == pytest.approx(expected, rel=CLOSE)


def test_kill_table(project, start, tmp_path):
    table = np.random.default_rng(1).integers(0, 2, (10, 3))
    np.savetxt(tmp_path / "kill", 1 - table, fmt="%d")
    np.savetxt(tmp_path / "kill.dat", table, fmt="%d")
    expected = by_hand(project, start, plain, used=table.T == 0)
    keys = {"TRKILL": 1, "TRKILL_FILE": tmp_path / "kill"}
    assert found(project, tmp_path, **keys) == pytest.approx(expected, rel=CLOSE)
    # only the bare name, and that of the stage
    (tmp_path / "kill.dat").unlink()
    other = by_hand(project, start, plain, used=table.T == 1)
    assert found(project, tmp_path, **keys) == pytest.approx(other, rel=CLOSE)
    np.savetxt(tmp_path / "kill_1.dat", table, fmt="%d")
    assert found(project, tmp_path, **keys) == pytest.approx(expected, rel=CLOSE)


@pytest.mark.parametrize(("kind", "with_table"), [(1, False), (2, True)])
def test_offsets(project, start, tmp_path, kind, with_table):
    lower, upper = 55.0, 70.0
    table = np.zeros((10, 3), int)
    table[2, 1] = 1
    np.savetxt(tmp_path / "kill.dat", table, fmt="%d")
    used = ~((lower < OFFSETS) & (upper > OFFSETS))
    assert 5 < np.count_nonzero(used) < 25
    if with_table:
        used &= table.T == 0
    keys = {"TRKILL": 1, "TRKILL_OFFSET": kind, "TRKILL_OFFSET_LOWER": lower, "TRKILL_OFFSET_UPPER": upper}
    if with_table:
        keys["TRKILL_FILE"] = tmp_path / "kill"
    expected = by_hand(project, start, plain, used=used)
    assert found(project, tmp_path, **keys) == pytest.approx(expected, rel=CLOSE)


@pytest.mark.parametrize(("number", "components"), [(5, "xp"), (6, "yp"), (7, "xyp")])
@pytest.mark.parametrize("weight", [None, 3.0])
def test_velocities_and_pressure(project, start, tmp_path, number, components, weight):
    """Pressure is divided by the mean impedance of the start model."""
    _, _, setup = project.objective(tmp_path)
    factor = (weight or 1.0) / (setup.model["vp"].mean() * setup.model["rho"].mean())
    expected = by_hand(project, start, lambda a, _, c: factor * a if c == "p" else a, components)
    value = found(project, tmp_path, QUELLTYPB=number, PRESSURE_WEIGHT=weight)
    assert value == pytest.approx(expected, rel=CLOSE)
    # a P wave counts as much as velocity as it does as pressure, here within the effect of angles
    energies = {
        c: sum(np.sum(read_shot(project.folder, "obs", c, shot) ** 2) for shot in SHOTS) for c in "xyp"
    }
    base = factor / (weight or 1.0)
    assert 0.1 < base**2 * energies["p"] / (energies["x"] + energies["y"]) < 10


# ------------------------------------------------------------------------------------- misfits


def test_correlations_and_their_number_of_traces(project, start, tmp_path):
    table = np.zeros((10, 3), int)
    table[3, :2] = 1
    np.savetxt(tmp_path / "kill.dat", table, fmt="%d")
    alike = []
    for shot in SHOTS:
        for component in "xy":
            s = read_shot(start, "hand", component, shot)[table[:, shot - 1] == 0]
            d = read_shot(project.folder, "obs", component, shot)[table[:, shot - 1] == 0]
            alike += [
                np.sum(a * b) / np.linalg.norm(a) / np.linalg.norm(b) for a, b in zip(s, d, strict=True)
            ]
    assert len(alike) == 60 - 4
    keys = {"TRKILL": 1, "TRKILL_FILE": tmp_path / "kill"}
    assert found(project, tmp_path, LNORM=5, **keys) == pytest.approx(-sum(alike), rel=CLOSE)
    expected = np.mean([2 - 2 * a for a in alike])
    assert found(project, tmp_path, LNORM=7, **keys) == pytest.approx(expected, rel=CLOSE)


def test_options_of_the_norms_have_their_effect(project, tmp_path):
    """Keys reach the misfit; 1e-3 is far above rounding."""
    pairs = [
        ({"LNORM": 3}, {"LNORM_SCALE": 0.2}),
        ({"LNORM": 4}, {"LNORM_SCALE": 0.2}),
        ({"LNORM": 10}, {"LNORM_SCALE": 0.02}),
        ({"LNORM": 8, "WATERLEVEL_LNORM8": 0.0}, {"WATERLEVEL_LNORM8": 0.1}),
        ({"LNORM": 9, "PHASE_F1": 10.0, "PHASE_F2": 40.0}, {"PHASE_F1": 20.0}),
        ({"LNORM": 9, "PHASE_F1": 10.0, "PHASE_F2": 40.0}, {"PHASE_F2": 50.0}),
        ({"LNORM": 9, "PHASE_F1": 10.0, "PHASE_F2": 40.0}, {"PHASE_NF": 2}),
    ]
    for keys, change in pairs:
        one, other = (found(project, tmp_path, **chosen) for chosen in (keys, keys | change))
        assert abs(one / other - 1) > 1e-3, change


# --------------------------------------------------------------------------- derivatives of the whole chain

WINDOW = {"TIMEWIN": 1, "TWLENGTH_PLUS": 0.03, "TWLENGTH_MINUS": 0.02, "GAMMA": 5e3}
CAUSAL = {"TIME_FILT": 1, "FC_START": 40.0, "FC_END": 40.0, "FC_INCR": 1.0, "ORDER": 4}
PHASES = {"PHASE_F1": 10.0, "PHASE_F2": 50.0}
KILL = {"TRKILL": 1, "TRKILL_OFFSET": 1, "TRKILL_OFFSET_LOWER": 0, "TRKILL_OFFSET_UPPER": 52}
# every norm with every option of processing at least once, and any two options together somewhere
CHAINS = {
    "1 window": {"LNORM": 1, "VELOCITY": 0} | WINDOW,
    "2 normalise, kill": {"LNORM": 2, "VELOCITY": 1, "NORMALIZE": 1} | KILL,
    "2 window, zero phase": {"LNORM": 2, "VELOCITY": 0, "ZERO_PHASE": 1, "F_HP": 5.0} | WINDOW | CAUSAL,
    "3 filter, kill": {"LNORM": 3, "VELOCITY": 0} | CAUSAL | KILL,
    "4 normalise, filter": {"LNORM": 4, "VELOCITY": 0, "NORMALIZE": 1} | CAUSAL,
    "5 window, kill": {"LNORM": 5, "VELOCITY": 1} | WINDOW | KILL,
    "7 zero phase": {"LNORM": 7, "VELOCITY": 0, "ZERO_PHASE": 1} | CAUSAL,
    "8 window, normalise": {"LNORM": 8, "VELOCITY": 1, "WATERLEVEL_LNORM8": 1e-2, "NORMALIZE": 1} | WINDOW,
    "9 filter, kill": {"LNORM": 9, "VELOCITY": 1} | PHASES | CAUSAL | KILL,
    "9 window": {"LNORM": 9, "VELOCITY": 0} | PHASES | WINDOW,
    "10 x, y and pressure": {"LNORM": 10, "VELOCITY": 0, "QUELLTYPB": 7, "LNORM_SCALE": 0.3},
    "11 normalise, window": {"LNORM": 11, "VELOCITY": 0, "NORMALIZE": 1} | WINDOW,
    "11 filter": {"LNORM": 11, "VELOCITY": 1} | CAUSAL,
    "12 window, filter": {"LNORM": 12, "VELOCITY": 1} | WINDOW | CAUSAL,
    "12 pressure, kill": {"LNORM": 12, "VELOCITY": 0, "QUELLTYPB": 5} | KILL,
}


@pytest.mark.parametrize("name", CHAINS)
def test_gradient_is_the_derivative_of_the_reported_misfit(project, tmp_path, name):
    """Central differences along a smooth change of all parameters of h = 5e-6: their error is h^2 times a
    third derivative, up to 1e5 as waves travel ten wavelengths; rounding leaves 1e-15 / h."""
    keys = dict(CHAINS[name])
    if "TIMEWIN" in keys:
        keys["PICKS_FILE"] = write_picks(tmp_path / "picks", lambda shot: [PICKS[shot - 1]])
    check_gradient(*project.objective(tmp_path, **keys), 1e-7 if keys["LNORM"] == 1 else 5e-6)


@pytest.mark.parametrize(
    ("waves", "slots", "keys"),
    [
        ({"WAVETYPE": 2, "QUELLART_SH": 1}, ("vs", "rho"), {"LNORM": 12, "VELOCITY": 1}),
        ({"WAVETYPE": 2, "QUELLART_SH": 1}, ("vs", "rho"), {"LNORM": 7, "VELOCITY": 0} | CAUSAL),
        ({"ACOUSTIC": 1, "QUELLTYP": 1}, ("vp", "rho"), {"LNORM": 9, "VELOCITY": 0, "QUELLTYPB": 6} | PHASES),
        ({"ACOUSTIC": 1, "QUELLTYP": 1}, ("vp", "rho"), {"LNORM": 2, "VELOCITY": 0, "NORMALIZE": 1}),
    ],
)
def test_gradient_of_other_waves(project, tmp_path, waves, slots, keys):
    project.forward(tmp_path, MFILE=project.folder / "true", SEIS_FILE=tmp_path / "obs", **waves)
    data = {"DATA_DIR": tmp_path / "obs"}
    check_gradient(*project.objective(tmp_path, slots=slots, **waves, **keys, **data), 5e-6)


def check_gradient(objective, scaling, setup, h: float) -> None:
    p = scaling.vector(setup.model)
    value, gradient = objective.misfit_and_gradient(p)
    assert value == objective.misfit(p)
    ny, nx = setup.grid.shape
    y, x = np.mgrid[:ny, :nx]
    bumps = [np.exp(-((x - x0) ** 2 + (y - 14) ** 2) / 60.0) for x0 in (25, 36, 30)]
    direction = np.concatenate([b.ravel() for b in bumps[: len(scaling.slots)]])
    up, down = (objective.misfit(p + sign * h * direction) for sign in (1, -1))
    assert (up - down) / (2 * h) == pytest.approx(gradient @ direction, rel=1e-5)


def test_killed_traces_have_no_influence(project, tmp_path):
    """Whatever stands in the file: noise in killed traces changes neither misfit nor gradient."""
    table = np.zeros((10, 3), int)
    table[5] = 1
    np.savetxt(tmp_path / "kill.dat", table, fmt="%d")
    keys = {"TRKILL": 1, "TRKILL_FILE": tmp_path / "kill"}
    results = []
    for noise in (0.0, 1e3):
        for shot in SHOTS:
            for component in "xy":
                data = read_shot(project.folder, "obs", component, shot)
                data[5] += noise * np.random.default_rng(shot).standard_normal(NT) * np.abs(data).max()
                write_observed(tmp_path / f"noisy_{component}.su.shot{shot}", data)
        objective, scaling, setup = project.objective(tmp_path, DATA_DIR=tmp_path / "noisy", **keys)
        results.append(objective.misfit_and_gradient(scaling.vector(setup.model)))
    assert results[0][0] == results[1][0]
    np.testing.assert_array_equal(results[0][1], results[1][1])


def write_observed(path: Path, data: np.ndarray, dt: float = DT) -> None:
    write_su(path, Gather(data.astype(np.float32), dt, RECEIVERS, np.array(SOURCES[0]), np.zeros(2)))


# ------------------------------------------------------------------------------------ dead traces, no data


@pytest.mark.parametrize("norm", [2, 5, 7, 8, 11])
def test_dead_traces_do_not_count_and_are_named_once(project, tmp_path, norm):
    used = np.ones(10, int)
    used[[2, 6]] = 0
    np.savetxt(tmp_path / "kill.dat", np.repeat(1 - used[:, None], 3, axis=1), fmt="%d")
    for shot in SHOTS:
        for component in "xy":
            data = read_shot(project.folder, "obs", component, shot) * used[:, None]
            write_observed(tmp_path / f"dead_{component}.su.shot{shot}", data)
    keys = {"LNORM": norm, "WATERLEVEL_LNORM8": 0.0}
    outcome = project.invert(tmp_path, ITERMAX=1, DATA_DIR=tmp_path / "dead", **keys)
    expected = found(project, tmp_path, TRKILL=1, TRKILL_FILE=tmp_path / "kill", **keys)
    assert outcome.misfits[0] == pytest.approx(expected, rel=1e-12)
    assert outcome.said("stage 1 uses 48 of 60 traces; misfit: ")
    assert len(outcome.said("2 of 10 traces are zero and do not count (first: trace 3)")) == 6


def test_traces_without_signal_in_their_window(project, tmp_path):
    """Before any wave a narrow window leaves nothing of a trace."""
    picks = PICKS.copy()
    picks[:, 7] = 10.0
    base = write_picks(tmp_path / "picks", lambda shot: [picks[shot - 1]])
    keys = {"TIMEWIN": 1, "PICKS_FILE": base, "TWLENGTH_PLUS": 0.02, "TWLENGTH_MINUS": 0.02, "GAMMA": 1e9}
    setup = prepare(project.settings(tmp_path, INVMAT=0, LNORM=7, **keys))
    observed = ObservedData(setup, SHOTS)
    notes = observed.use_stage(plan_stages(setup.settings)[0])
    text = "1 traces are zero inside their time window and do not count (first: trace 8)"
    assert [note.split(": ", 1)[1] for note in notes] == [text] * 6
    assert observed.traces(1, "vx").shape == (9, NT)


def test_nothing_left(project, tmp_path):
    np.savetxt(tmp_path / "kill.dat", np.ones((10, 3)), fmt="%d")
    with pytest.raises(DataError, match="the 0 observed traces that take part have no energy"):
        found(project, tmp_path, TRKILL=1, TRKILL_FILE=tmp_path / "kill")


def test_perfect_data_have_no_gradient(project, tmp_path):
    objective, scaling, setup = project.objective(
        tmp_path, dtype=np.float32, MFILE=project.folder / "true", LNORM=8, WATERLEVEL_LNORM8=0.0
    )
    with pytest.raises(NoProgressError, match="exactly zero"):
        objective.misfit_and_gradient(scaling.vector(setup.model))


# ---------------------------------------------------------------------------------- files that do not fit


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 0 0\n" * 9, "9 rows, but there are 10 receivers"),
        ("0 0\n" * 10, "line 1: 2 columns, but there are 3 shots"),
        ("0 0 0\n" * 9 + "0 2 0\n", "line 10: the value of shot 2 is 2"),
        ("0 0 0\n" * 9 + "0 x 0\n", "line 10: the value of shot 2 must be a number, found 'x'"),
        ("", "the file holds no numbers"),
    ],
)
def test_wrong_kill_tables(project, tmp_path, text, message):
    (tmp_path / "kill.dat").write_text(text)
    with pytest.raises(DataError, match=message) as caught:
        found(project, tmp_path, TRKILL=1, TRKILL_FILE=tmp_path / "kill")
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.1\n" * 9, "picks_1.dat: 9 picks, but there are 10 receivers"),
        ("0.1 0.1 0.1\n" * 9 + "0.1 0.1 -1\n", "line 10: the length before the pick is -1 s"),
        ("0.1 0.1\n" * 10, "line 1: the length before the pick is missing"),
        ("nan 1 1\n" * 10, "the picked time must be a finite number"),
    ],
)
def test_wrong_picks(project, tmp_path, text, message):
    for shot in SHOTS:
        (tmp_path / f"picks_{shot}.dat").write_text(text)
    with pytest.raises(DataError, match=message):
        found(project, tmp_path, TIMEWIN=1, TW_IND=1, PICKS_FILE=tmp_path / "picks", GAMMA=1e4)


def test_missing_files_name_what_was_tried(project, tmp_path):
    with pytest.raises(DataError, match=r"no trace-kill table: tried .*kill_1\.dat, .*kill\.dat, .*kill$"):
        found(project, tmp_path, TRKILL=1, TRKILL_FILE=tmp_path / "kill")
    keys = {"TWLENGTH_PLUS": 0.02, "TWLENGTH_MINUS": 0.01, "GAMMA": 3e4}
    with pytest.raises(DataError, match=r"no file of picks: tried .*p_1_1\.dat, .*p_1\.dat"):
        found(project, tmp_path, TIMEWIN=1, PICKS_FILE=tmp_path / "p", **keys)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"LNORM": 9, "PHASE_F1": 20, "PHASE_F2": 10}, "PHASE_F2 = 10 must not be less than PHASE_F1 = 20"),
        ({"LNORM": 9, "PHASE_F1": 20, "PHASE_F2": 600}, "PHASE_F2 = 600 Hz must be below the Nyquist"),
        ({"LNORM": 9, "PHASE_F1": 20, "PHASE_F2": 21}, "no multiple of 1 / TIME = 0.16 Hz lies in between"),
        (KILL | {"TRKILL_OFFSET_LOWER": 60}, "TRKILL_OFFSET_UPPER = 52 must be greater than"),
        (CAUSAL | {"WRITE_FILTERED_DATA": 1}, "WRITE_FILTERED_DATA = 1 writes beside the seismograms"),
        ({"TRAFO_3D2D": 2}, "TRAFO_C is missing"),
    ],
)
def test_contradictions(project, tmp_path, keys, message):
    with pytest.raises(ParameterError, match=message):
        found(project, tmp_path, **keys)


# -------------------------------------------------------------------------------- frequencies, other sampling


def test_list_of_corners(project, tmp_path):
    (tmp_path / "f.dat").write_text("2 corners\n% from low to high\n20.0\n35.0\n")
    keys = {"TIME_FILT": 2, "FREQ_FILE": tmp_path / "f.dat", "ORDER": 4, "F_HP": 4.0}
    one = found(project, tmp_path, **keys)
    steps = {"FC_START": 20.0, "FC_END": 35.0, "FC_INCR": 15.0}
    assert one == found(project, tmp_path, **(keys | {"TIME_FILT": 1} | steps))
    outcome = project.invert(tmp_path, ITERMAX=4, PRO=0.99, **keys)
    assert [record["low_pass"] for record in outcome.records] == [20.0, 20.0, 20.0, 35.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("3\n10\n20\n", "announces 3 frequencies but holds 2"),
        ("none\n", "the first number must be the number of frequencies"),
        ("1.5\n10\n", "the first number must be the number of frequencies, 1 or more, found 1.5"),
        ("1\n-5\n", "line 2: -5 Hz must be > 0"),
        ("1\n700\n", "700 Hz must be below the Nyquist frequency 500 Hz"),
        ("1\n3\n", "the corner 3 Hz must be greater than F_HP = 4"),
    ],
)
def test_wrong_lists_of_corners(project, tmp_path, text, message):
    (tmp_path / "f.dat").write_text(text)
    with pytest.raises(ParameterError, match=message):
        found(project, tmp_path, TIME_FILT=2, FREQ_FILE=tmp_path / "f.dat", ORDER=4, F_HP=4.0)


def test_filtered_data_are_written_at_the_beginning_of_every_stage(project, tmp_path):
    keys = {"SEISMO": 1, "WRITE_FILTERED_DATA": 1, "VELOCITY": 0, "ITERMAX": 4, "PRO": 0.99}
    project.invert(tmp_path, **(CAUSAL | {"FC_END": 50.0, "FC_INCR": 10.0} | keys))
    written = sorted(path.name for path in tmp_path.glob("*measured*"))
    assert written == [
        f"syn_v{c}.su.measured.shot{shot}.it{k}" for c in "xy" for shot in SHOTS for k in (1, 4)
    ]
    for number, corner in ((1, 40.0), (4, 50.0)):
        filtered = band(corner)(read_shot(project.folder, "obs", "x", 2))
        data = read_su(tmp_path / f"syn_vx.su.measured.shot2.it{number}").data
        np.testing.assert_allclose(data, filtered, atol=1e-6 * np.abs(filtered).max())


@pytest.mark.parametrize(("every", "kind"), [(1, 1), (2, 1), (8, 1), (8, 4)])
def test_data_with_another_sampling(project, tmp_path, every, kind):
    """One simulation with a quarter of the time step, written with another interval and with that of the run:
    the misfits agree, and the run says what it does. The ends of the records, where waves arrive, make the
    difference."""
    values = []
    for ndt in (every, 4):
        files = {"MFILE": project.folder / "true", "SEIS_FILE": tmp_path / f"data{ndt}"}
        project.forward(tmp_path, DT=DT / 4, NDT=ndt, SEIS_FORMAT=kind, **files)
        outcome = project.invert(tmp_path, ITERMAX=1, DATA_DIR=tmp_path / f"data{ndt}")
        assert len(outcome.said("the data are resampled to DT = 0.001 s")) == (6 if ndt != 4 else 0)
        values.append(outcome.misfits[0])
    assert values[0] == pytest.approx(values[1], rel=0.02)


def test_data_with_another_sampling_that_are_too_short(project, tmp_path):
    for shot in SHOTS:
        for component in "xy":
            data = read_shot(project.folder, "obs", component, shot)[:, : NT // 2]
            write_observed(tmp_path / f"short_{component}.su.shot{shot}", data, 1.5 * DT)
    with pytest.raises(DataError, match=r"80 samples of 0.0015 s cover 0.12 s, but TIME = 0.16 s"):
        found(project, tmp_path, DATA_DIR=tmp_path / "short")


def test_field_data_become_two_dimensional_once(project, start, tmp_path):
    keys = {"TRAFO_3D2D": 2, "TRAFO_C": 800.0}
    value = found(project, tmp_path, **keys)
    difference = energy = 0.0
    for shot in SHOTS:
        for c in "xy":
            d = to_line_source(read_shot(project.folder, "obs", c, shot), DT, OFFSETS[shot - 1], 2, 800.0)
            difference += np.sum((read_shot(start, "hand", c, shot) - d) ** 2)
            energy += np.sum(d**2)
    assert value == pytest.approx(difference / energy, rel=CLOSE)
