"""INV_STF: inversions that begin with a wrong wavelet find the true one, when they should."""

from __future__ import annotations

import logging
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from denise_py.acquisition.wavelets import ricker
from denise_py.errors import DataError
from denise_py.grid import TimeAxis
from denise_py.parallel.comm import SerialComm
from denise_py.parallel.threads import Background
from denise_py.parameters.settings import read_settings
from denise_py.parameters.stage_settings import with_values
from denise_py.parameters.wavelet_engine import parse_engine
from denise_py.traces.filters import BandFilter
from denise_py.traces.gather import Gather
from denise_py.traces.source_wavelet import estimate_wavelet
from denise_py.traces.su import read_su, write_su
from denise_py.workflow.crew import Crew
from denise_py.workflow.observed import ObservedData
from denise_py.workflow.selection import offsets
from denise_py.workflow.setup import divide_processes, prepare
from denise_py.workflow.simulator import Simulator
from denise_py.workflow.source_wavelet import WaveletEstimation, left_out
from denise_py.workflow.stages import plan_stages
from tests.workflow.project import DT, RECEIVERS, SOURCES, Project, listening_log
from tests.workflow.test_parallel_runs import launch

TIME = 0.4  # s; all waves have passed the receivers
AXIS = TimeAxis.from_duration(TIME, DT)
LOW = 22.0  # Hz; the sources of the project have 30
TRUE = 3 * ricker(AXIS, np.float32(LOW), np.float32(0))
KEYS: dict[str, Any] = {"TIME": TIME, "INV_STF": 1, "PARA": "fdlsq:waterlevel=1e-5", "N_STF": 1}
KEYS |= {"N_STF_START": 1, "QUELLART_SH": 1}
TABLE = {"TRKILL_STF": 1, "TRKILL_FILE_STF": "kill"}


def write_sources(path: Path, tail: str) -> Path:
    lines = [f"{x:g} 0 {y:g} {tail}" for x, y in SOURCES]
    path.write_text("\n".join([str(len(lines)), *lines, ""]))
    return path


@pytest.fixture(scope="module")
def data(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Base name of data of the true model with the true wavelet, P-SV and SH."""
    folder = tmp_path_factory.mktemp("other")
    sources = write_sources(folder / "sources.dat", f"0 {LOW} 3e6")
    keys = {"TIME": TIME, "SOURCE_FILE": sources, "MFILE": project.folder / "true", "WAVETYPE": 3}
    project.forward(folder, SEIS_FILE=folder / "obs", QUELLART_SH=1, **keys)
    return folder / "obs"


def read_gather(file: Path) -> Gather:
    """A file of the observed data as a gather."""
    found = read_su(file)
    return Gather(found.data, found.dt, RECEIVERS, np.zeros(2))


class Estimation:
    """An inversion up to its first estimate, with the true model as start model unless told otherwise."""

    def __init__(self, project: Project, folder: Path, data: Path, **changes: Any) -> None:
        keys = {"INVMAT": 0, "DATA_DIR": data, "SIGNAL_FILE": folder / "stf"} | KEYS
        keys |= {"SIGNAL_FILE_SH": folder / "sh", "MFILE": project.folder / "true"} | changes
        self.settings = project.settings(folder, **keys)
        self.setup = prepare(self.settings)
        self.stages = plan_stages(self.settings, self.setup.workflow, self.setup.corners)
        processes = divide_processes(self.settings, SerialComm(), self.setup.grid)
        self.crew = Crew(self.setup, processes)
        (self.simulator,) = self.crew.simulators
        self.observed = ObservedData(self.setup, [1, 2, 3])
        self.log, self.lines = listening_log()
        self.output = Background()
        self.wavelets = WaveletEstimation(self.crew, self.observed, self.stages, self.log, self.output)
        self.observed.use_stage(self.stages[0])

    def run(self, stage: int = 1) -> Estimation:
        plan = self.stages[stage - 1]
        self.observed.use_stage(plan)
        self.wavelets.begin_stage(plan)
        self.wavelets.estimate(plan, 1, self.setup.medium)
        self.output.finish()
        return self

    @property
    def found(self) -> list[np.ndarray]:
        return [self.crew.estimated[number].wavelets[0] for number in (1, 2, 3)]

    def error(self, expected: np.ndarray = TRUE) -> float:
        return max(distance(one, expected) for one in self.found)


def distance(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


@pytest.fixture
def estimation(project, tmp_path, data):
    return lambda **changes: Estimation(project, tmp_path, data, **changes)


# --- the true wavelet --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"PARA": "fdlsq:exp=1:waterlevel=1e-5"},
        {"PARA": "tdlsq:waterlevel=1e-5"},
        {"QUELLTYPB": 2},
        {"QUELLTYPB": 3},
        {"QUELLTYPB": 4},
        {"QUELLTYPB": 7},
        {"NORMALIZE": 1},
        {"VELOCITY": 0},
    ],
    ids=str,
)
def test_the_true_wavelet_is_found_in_size_and_shape(estimation, changes):
    assert estimation(**changes).run().error() < 1e-3


def test_the_log_says_how_good_estimates_are(estimation):
    (line,) = estimation().run().lines
    assert line.startswith("iteration 1: wavelets of 3 shots estimated (fdlsq), which explain 100 % of the")


def test_synthetic_data_with_estimated_wavelets_are_the_data(estimation):
    run = estimation().run()
    for shot in run.setup.shots:
        traces = run.simulator.forward(shot, ("vx", "vy"))
        for name, observed in run.observed.filtered(shot.number).items():
            assert distance(traces[name], observed) < 1e-3


def test_records_that_end_early_need_least_squares_in_time(project, tmp_path, data):
    """The record ends while S waves arrive."""
    short = {"TIME": 0.18, "DATA_DIR": tmp_path / "obs"}
    for file in sorted(data.parent.glob("obs_[xy].su.*")):
        gather = read_gather(file)
        write_su(tmp_path / file.name, replace(gather, data=gather.data[:, :180]))
    runs = {
        name: Estimation(project, tmp_path, data, PARA=f"{name}:waterlevel=1e-3", **short).run()
        for name in ("fdlsq", "tdlsq")
    }
    assert runs["fdlsq"].error(TRUE[:180]) > 0.1
    assert runs["tdlsq"].error(TRUE[:180]) < 0.01
    assert [any("see tdlsq" in line for line in run.lines) for run in runs.values()] == [True, False]


def test_sh_waves_have_wavelets_of_their_own(estimation, tmp_path):
    run = estimation(WAVETYPE=2).run()
    for number in (1, 2, 3):
        shot = run.simulator.estimated[number]
        assert shot.wavelets == ()
        assert distance(shot.wavelets_sh[0], TRUE) < 1e-3
    assert sorted(file.name for file in tmp_path.glob("s*.shot*")) == ["sh.shot1", "sh.shot2", "sh.shot3"]


def test_both_waves(estimation, tmp_path, project, data):
    """The SH data are twice as strong as their source says: only the SH wavelet follows."""
    for file in data.parent.glob("obs_*.su.*"):
        gather = read_gather(file)
        factor = 2 if "_z" in file.name else 1
        write_su(tmp_path / file.name, replace(gather, data=factor * gather.data))
    run = estimation(WAVETYPE=3, DATA_DIR=tmp_path / "obs").run()
    assert run.error() < 1e-3
    assert distance(run.simulator.estimated[2].wavelets_sh[0], 2 * TRUE) < 1e-3


# --- bands -------------------------------------------------------------------------------------------------

BANDS = {"TIME_FILT": 1, "FC_START": 15, "FC_END": 45, "FC_INCR": 30, "ORDER": 4}


def test_estimates_are_in_the_band_of_the_data_and_not_filtered_again(estimation):
    run = estimation(**BANDS).run()
    band = run.stages[0].band()
    assert band == BandFilter(15.0, 0.0, 4, False)
    assert run.error(band.apply(TRUE, DT)) < 1e-3
    shot = run.setup.shots[0]
    traces = run.simulator.forward(shot, ("vy",), band)
    assert distance(traces["vy"], run.observed.filtered(1)["vy"]) < 1e-3


def test_a_later_stage_with_a_wider_band_finds_what_the_first_could_not(estimation):
    run = estimation(**BANDS).run().run(stage=2)
    assert run.error(run.stages[1].band().apply(TRUE, DT)) < 1e-3


def test_without_estimate_wavelets_are_filtered(estimation):
    """As long as N_STF_START has not come."""
    run = estimation(**BANDS, N_STF_START=3)
    shot, band = run.setup.shots[0], run.stages[0].band()
    run.simulator.set_medium(run.setup.medium)
    filtered = run.simulator.forward(shot, ("vy",), band)["vy"]
    plain = run.simulator.forward(shot, ("vy",))["vy"]
    np.testing.assert_allclose(filtered, band.apply(plain, DT), atol=1e-4 * np.abs(filtered).max())


def test_a_stage_in_another_band_that_estimates_nothing_takes_the_given_wavelets(estimation):
    run = estimation(**BANDS).run()
    off = {"source_wavelet.estimate": 0}
    same, other = (replace(plan, settings=with_values(plan.settings, off)) for plan in run.stages)
    run.wavelets.begin_stage(same)
    assert len(run.simulator.estimated) == 3
    assert not run.wavelets.due(same, 1)
    run.wavelets.begin_stage(other)
    assert run.simulator.estimated == {}
    assert "uses those of the parameter file" in run.lines[-1]


# --- which traces ------------------------------------------------------------------------------------------


@pytest.fixture
def spoilt(tmp_path, data) -> Path:
    """Data with a wild trace 1, 9.5 m to 71 m from the sources."""
    for file in data.parent.glob("obs_[xy].su.*"):
        gather = read_gather(file)
        gather.data[0] *= -30
        write_su(tmp_path / file.name, gather)
    return tmp_path / "obs"


def test_killed_traces_do_not_count(estimation, spoilt):
    assert estimation(DATA_DIR=spoilt).run().error() > 0.1
    np.savetxt("kill.dat", [[1, 1, 1], *[[0, 0, 0]] * 9], fmt="%d")
    assert estimation(DATA_DIR=spoilt, **TABLE).run().error() < 1e-3


def test_the_table_of_the_stage_comes_first(estimation, spoilt):
    np.savetxt("kill.dat", np.zeros((10, 3)), fmt="%d")
    np.savetxt("kill_1.dat", [[1, 1, 1], *[[0, 0, 0]] * 9], fmt="%d")
    assert estimation(DATA_DIR=spoilt, **TABLE).run().error() < 1e-3


@pytest.mark.parametrize("invert", [0, 1])
@pytest.mark.parametrize("kind", [1, 2])
def test_traces_left_out_by_offset(estimation, kind, invert):
    np.savetxt("kill.dat", [[0, 1, 0]] * 2 + [[0, 0, 0]] * 8, fmt="%d")
    keys = TABLE | {"TRKILL_STF_OFFSET": kind, "TRKILL_STF_OFFSET_INVERT": invert}
    keys |= {"TRKILL_STF_OFFSET_LOWER": 50, "TRKILL_STF_OFFSET_UPPER": 70}
    if kind == 1:
        del keys["TRKILL_FILE_STF"]
    run = estimation(**keys)
    shot = run.setup.shots[1]
    r = offsets(shot)
    between = (r > 50) & (r < 70)
    assert 0 < between.sum() < 10
    expected = ~between if invert else between
    if kind == 2:
        expected = expected | (np.arange(10) < 2)
    found = left_out(run.setup, run.settings.source_wavelet, shot, 1)
    np.testing.assert_array_equal(found, expected)
    assert run.run().error() < 1e-3


def test_a_shot_without_any_trace(estimation):
    np.savetxt("kill.dat", [[0, 1, 0]] * 10, fmt="%d")
    with pytest.raises(DataError, match=r"shot 2: .* stage 1: no trace is left: check TRKILL_STF = 1$"):
        estimation(**TABLE)


def test_a_given_wavelet_that_never_begins(estimation, tmp_path):
    late = write_sources(tmp_path / "late.dat", "9 30 1e6")
    with pytest.raises(
        DataError, match=r"shot 1: .* all synthetic traces that count are zero: check the obs"
    ):
        estimation(SOURCE_FILE=late).run()


def test_a_missing_table(estimation):
    with pytest.raises(DataError, match=r"kill: no trace-kill table: tried kill_1\.dat, kill\.dat, kill$"):
        estimation(**TABLE)


def test_time_windows_can_be_left_out(estimation):
    """A window of late times, where only few of the traces have anything, and STF_FULL."""
    for shot in (1, 2, 3):
        np.savetxt(f"picks_{shot}.dat", np.full(10, 0.05))
    keys = {"TIMEWIN": 1, "TW_IND": 0, "PICKS_FILE": "picks", "TWLENGTH_PLUS": 0.05, "TWLENGTH_MINUS": 0.05}
    keys["GAMMA"] = 1e5
    assert estimation(**keys, STF_FULL=0).run().error() > 0.05
    assert estimation(**keys, STF_FULL=1).run().error() < 1e-3


# --- shape of the result -----------------------------------------------------------------------------------


def test_taper(estimation):
    run = estimation(TAPER_STF=1).run()
    late = round(4 / 30 / DT)  # four periods of the source file
    for found in run.found:
        assert np.any(found[: late - 2])
        assert not np.any(found[late:])
        early = round(2 / 30 / DT)
        assert distance(found[:early], TRUE[:early]) < 1e-3


def test_the_taper_waits_for_a_late_source(estimation, tmp_path):
    late = write_sources(tmp_path / "late.dat", "0.08 30 1e6")
    run = estimation(TAPER_STF=1, SOURCE_FILE=late).run()
    assert np.any(run.found[0][round((0.06 + 4 / 30) / DT) :])
    assert not np.any(run.found[0][round((0.08 + 4 / 30) / DT) :])


def test_taper_after_the_low_pass_corner(estimation):
    run = estimation(TAPER_STF=1, **(BANDS | {"FC_START": 20})).run()
    assert not np.any(run.found[0][round(4 / 20 / DT) :])
    assert np.any(run.found[0][round(4 / 30 / DT) :])


def test_a_plane_wave_keeps_its_tilt(project, tmp_path):
    """One wavelet for all sources of a shot; its file holds it undelayed, and QUELLART = 7 delays it."""
    tilted = {"SRCREC": 2, "PLANE_WAVE_DEPTH": 10, "PHI": 10, "SOURCE_FILE": None, "TIME": TIME}
    project.forward(tmp_path, SEIS_FILE=tmp_path / "obs", TS=1 / LOW, **tilted)
    changes = {"MFILE": project.folder / "start", "PARA": "tdlsq:waterlevel=1e-4", "TS": 1 / 30}
    run = _plane(project, tmp_path, **(tilted | changes))
    truth = prepare(project.settings(tmp_path, TS=1 / LOW, **tilted)).shots[0]
    shot = run.simulator.estimated[1]
    for found, expected in zip(shot.wavelets, truth.wavelets, strict=True):
        assert distance(found, expected) < 0.01
    given = tilted | {"TS": 1 / 30, "QUELLART": 7, "SIGNAL_FILE": tmp_path / "stf"}
    again = prepare(project.settings(tmp_path, **given)).shots[0]
    for found, expected in zip(again.wavelets, shot.wavelets, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)


def _plane(project: Project, folder: Path, **changes: Any) -> SimpleNamespace:
    keys = {"INVMAT": 0, "DATA_DIR": folder / "obs", "SIGNAL_FILE": folder / "stf"} | KEYS | changes
    settings = project.settings(folder, **keys)
    setup = prepare(settings)
    crew = Crew(setup, divide_processes(settings, SerialComm(), setup.grid))
    observed, stages = ObservedData(setup, [1]), plan_stages(settings)
    observed.use_stage(stages[0])
    with Background() as output:
        estimation = WaveletEstimation(crew, observed, stages, logging.Logger("test"), output)
        estimation.estimate(stages[0], 1, setup.medium)
    return SimpleNamespace(simulator=crew.simulators[0])


@pytest.mark.parametrize("case", ["inv_stf", "inv_stf_causal", "inv_stf_same", "inv_stf_tshift"])
def test_the_originals_wavelets(reference_dir, tmp_path, monkeypatch, case):
    """It takes vy alone, cuts the filter at time 0, and forgets a factor DT. The filter is the wavelet that
    belongs to a given one of a single 1."""
    folder = shutil.copytree(reference_dir / case, tmp_path / case, copy_function=shutil.copyfile)
    monkeypatch.chdir(folder)
    for path in (folder, *folder.rglob("*/")):
        path.chmod(0o755)
    for name in ("su", "snap", "log", "jacobian", "STF"):
        (folder / name).mkdir(exist_ok=True)
    settings = read_settings("case.json")
    setup = prepare(settings)
    simulator = Simulator(setup, divide_processes(settings, SerialComm(), setup.grid))
    simulator.set_medium(setup.medium)
    engine = parse_engine(settings.source_wavelet.engine)
    spike = np.eye(1, setup.time.nt)[0]
    for shot in setup.shots:
        traces = simulator.forward(shot, ("vy",))["vy"]
        observed = read_su(f"data/obs_y.su.shot{shot.number}").data
        weights = np.abs(shot.receivers.positions[:, 0] - shot.position[0]) ** engine.exponent
        found = estimate_wavelet(spike, traces, observed, weights, engine, setup.time.dt).wavelet
        found = np.convolve(found, shot.wavelets[0])[: setup.time.nt] / setup.time.dt
        assert distance(found, read_su(f"expected/STF/stf.shot{shot.number}").data[0]) < 1e-4


# --- when --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "every", "iterations"),
    [(1, 1, [1, 2, 3, 4, 5, 6]), (1, 3, [1, 4]), (2, 2, [2, 4, 6]), (9, 1, [])],
)
def test_due_in_a_stage(estimation, first, every, iterations):
    run = estimation(N_STF_START=first, N_STF=every)
    plan, found = run.stages[0], []
    run.wavelets.begin_stage(plan)
    for iteration in range(1, 7):
        if run.wavelets.due(plan, iteration):
            run.wavelets.estimate(plan, iteration, run.setup.medium)
            found.append(iteration)
    assert found == iterations


def test_due_at_the_begin_of_every_stage(estimation):
    run = estimation(N_STF_START=2, N_STF=4, **BANDS)
    first, second = run.stages
    run.wavelets.begin_stage(first)
    assert [run.wavelets.due(first, k) for k in (1, 2)] == [False, True]
    run.wavelets.estimate(first, 2, run.setup.medium)
    assert not run.wavelets.due(first, 3)
    run.wavelets.begin_stage(second)
    assert run.wavelets.due(second, 4)


# --- whole inversions --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def inverted(project: Project, data: Path, tmp_path_factory: pytest.TempPathFactory):
    """L-BFGS from the start model: estimates in iterations 1, 3 and, with the new stage, 4."""
    folder = tmp_path_factory.mktemp("inverted")
    return project.invert(folder, **_keys_of_inverted(folder, data))


def _keys_of_inverted(folder: Path, data: Path) -> dict[str, Any]:
    keys = KEYS | {"N_STF": 2, "GRAD_METHOD": 2, "ITERMAX": 4, "VELOCITY": 0, "PRO": 0.999}
    keys |= BANDS | {"FC_START": 30, "FC_END": 50, "FC_INCR": 20}
    return keys | {"INVMAT": 0, "DATA_DIR": data, "SIGNAL_FILE": folder / "stf"}


def test_an_inversion_estimates_wavelets_in_between(inverted):
    told = inverted.said("wavelets of 3 shots estimated (fdlsq)")
    assert [line.split(":")[0] for line in told] == ["iteration 1", "iteration 3", "iteration 4"]
    assert all("the optimiser begins without memory" in line for line in told)
    assert [record["stage"] for record in inverted.records] == [1, 1, 1, 2]


def test_the_optimiser_begins_anew_with_new_wavelets(inverted):
    restarts = ["steepest descent: first direction" in record["reasons"] for record in inverted.records]
    assert restarts == [True, False, True, True]


def test_the_misfit_falls_and_is_that_of_the_new_wavelets(inverted):
    records = inverted.records
    for record in records:
        assert record["misfit_after"] < record["misfit_before"]
    assert records[0]["misfit_before"] < 0.5  # the wrong wavelet explains nothing, it is far too small
    assert records[1]["misfit_before"] == records[0]["misfit_after"]
    assert records[2]["misfit_before"] != records[1]["misfit_after"]


def test_files_of_an_inversion(inverted):
    names = sorted(file.name for file in inverted.folder.glob("stf*"))
    assert names == sorted(f"stf.shot{n}{end}" for n in (1, 2, 3) for end in ("", "_30Hz", "_50Hz"))
    for number, (x, y) in enumerate(SOURCES, start=1):
        found = read_su(inverted.folder / f"stf.shot{number}")
        assert found.data.shape == (1, AXIS.nt)
        assert found.dt == pytest.approx(DT)
        assert [int(found.headers[word][0]) for word in ("sx", "sy", "gx", "gy")] == 2 * [1000 * x, 1000 * y]
        last = (inverted.folder / f"stf.shot{number}_50Hz").read_bytes()
        assert (inverted.folder / f"stf.shot{number}").read_bytes() == last


def test_files_can_be_read_again(project, estimation, tmp_path):
    """A forward run with QUELLART = 7 has the same seismograms, amplitudes of the source file included."""
    run = estimation().run()
    keys = {"TIME": TIME, "QUELLART": 7, "SIGNAL_FILE": tmp_path / "stf", "MFILE": project.folder / "true"}
    project.forward(tmp_path, SEISMO=1, **keys)
    for shot in run.setup.shots:
        expected = run.simulator.forward(shot, ("vy",))["vy"]
        found = read_su(tmp_path / f"syn_y.su.shot{shot.number}").data
        np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


def test_groups_find_the_same(project, inverted, data, tmp_path, environment):
    """Bit by bit: models, wavelets and the misfit log."""
    launch(2, project.file(tmp_path, **_keys_of_inverted(tmp_path, data)), environment)
    for pattern in ("inv_*", "stf*", "misfit.dat"):
        expected = {path.name: path.read_bytes() for path in inverted.folder.glob(pattern)}
        assert expected
        assert {path.name: path.read_bytes() for path in tmp_path.glob(pattern)} == expected


def test_blocks_find_the_same_to_single_precision(project, data, tmp_path, environment, estimation):
    keys = KEYS | {
        "INVMAT": 0,
        "DATA_DIR": data,
        "SIGNAL_FILE": tmp_path / "blocks",
        "ITERMAX": 1,
        "NPROCX": 2,
    }
    launch(2, project.file(tmp_path, **keys, VELOCITY=0), environment)
    run = estimation(MFILE=project.folder / "start").run()
    for number, expected in enumerate(run.found, start=1):
        assert distance(read_su(tmp_path / f"blocks.shot{number}").data[0], expected) < 1e-4
