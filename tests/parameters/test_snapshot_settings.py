"""Snapshots in the settings: which steps, shots and fields, and which combinations are refused."""

from __future__ import annotations

import pytest
from parameter_files import FORWARD, INVERSION

from denise_py.errors import ParameterError
from denise_py.parameters.checks import check, check_shots
from denise_py.parameters.finding import snapshot_components, snapshot_shots, snapshot_steps
from denise_py.parameters.settings import Settings

#: 400 steps of 0.25 ms
SNAPPING = {
    **{"SNAP": 1, "SNAP_FORMAT": 3, "SNAP_FILE": "snap/w", "TSNAP1": 0.02, "TSNAP2": 0.1, "TSNAPINC": 0.02},
    **{"SNAPSHOT_START": 1, "SNAPSHOT_END": 1, "SNAPSHOT_INCR": 1},
}


def settings(**changes) -> Settings:
    return Settings.from_mapping(FORWARD | SNAPPING | changes)


@pytest.mark.parametrize(
    ("start", "end", "increment", "steps"),
    [
        (0.02, 0.1, 0.02, [80, 160, 240, 320, 400]),
        (0.03, 0.09, 0.03, [120, 240, 360]),
        # 0.06 / 0.00025 is less than 240 in single precision; the last one is taken all the same
        (0.02, 0.06, 0.04, [80, 240]),
        # nearest steps 120.4 and 162.8; no snapshot after 0.09 s, although one is due at step 446
        (0.0301, 0.09, 0.0407, [120, 283]),
        (0.02, 0.02, 5.0, [80]),
        (0.0, 0.05, 0.02, [80, 160]),  # step 0 is no step
        (0.0001, 0.05, 0.02, [80, 160]),
        (0.00025, 0.001, 0.00025, [1, 2, 3, 4]),
        (0.099, 1e30, 0.0005, [396, 398, 400]),
    ],
)
def test_steps(start, end, increment, steps):
    found = snapshot_steps(settings(TSNAP1=start, TSNAP2=end, TSNAPINC=increment))
    assert list(found) == steps


def test_shots():
    found = settings(SNAPSHOT_START=2, SNAPSHOT_END=9, SNAPSHOT_INCR=3)
    assert list(snapshot_shots(found, 20)) == [2, 5, 8]
    assert list(snapshot_shots(found, 5)) == [2, 5]
    assert list(snapshot_shots(found, 1)) == []


@pytest.mark.parametrize(
    ("waves", "kind", "components"),
    [
        (1, 1, "vx vy"),
        (1, 2, "p"),
        (1, 3, "div rot"),
        (1, 4, "vx vy p div rot"),
        (2, 1, "vz"),
        (2, 2, "vz"),
        (2, 4, "vz"),
        (3, 1, "vx vy vz"),
        (3, 3, "div rot"),
        (3, 4, "vx vy vz p div rot"),
    ],
)
def test_components(waves, kind, components):
    found = of_waves(waves, kind)
    assert snapshot_components(found) == tuple(components.split())


def of_waves(waves: int, kind: int) -> Settings:
    found = settings(SNAP=kind)
    physics = found.physics.model_copy(update={"wave_type": waves})
    return found.model_copy(update={"physics": physics})


def test_no_snapshots_have_no_components():
    assert snapshot_components(Settings.from_mapping(FORWARD)) == ()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"TSNAP2": 0.01}, "TSNAP2 = 0.01 must not be less than TSNAP1 = 0.02"),
        ({"SNAPSHOT_START": 2}, "SNAPSHOT_END = 1 must not be less than SNAPSHOT_START = 2"),
        ({"TSNAPINC": 1e-4}, "TSNAPINC = 0.0001 is less than half a time step (DT = 0.00025); take at least"),
        (
            {"TSNAP1": 0.2, "TSNAP2": 0.3},
            "TSNAP1 = 0.2 is after the end of the run (TIME = 0.1); no snapshot",
        ),
        ({"TSNAP1": 1e30, "TSNAP2": 1e30}, "TSNAP1 = 1e+30 is after the end of the run"),
        ({"TSNAP1": 0, "TSNAP2": 0.01}, "TSNAP1 = 0, TSNAP2 = 0.01, TSNAPINC = 0.02: no time step (DT = 0"),
        ({"TSNAP1": -0.1}, "TSNAP1 = -0.1 is out of range"),
        ({"SNAP_FORMAT": 1}, "SNAP_FORMAT = 1 is not possible; allowed are 2 (text), 3 (binary"),
        ({"SNAP": 5}, "SNAP = 5 is not possible"),
        ({"SNAP_FILE": ""}, "SNAP_FILE is missing"),
        ({"SNAPSHOT_INCR": 0}, "SNAPSHOT_INCR = 0 is out of range"),
    ],
)
def test_refused(changes, message):
    with pytest.raises(ParameterError) as caught:
        settings(**changes)
    (problem,) = caught.value.problems
    assert message in problem


def test_warnings():
    assert settings().warnings == ()
    (warning,) = settings(TSNAP2=0.2).warnings
    assert "TSNAP2 = 0.2 is after the end of the run (TIME = 0.1); 5 snapshots are taken" in warning
    (warning,) = Settings.from_mapping(INVERSION | SNAPPING).warnings
    assert "SNAP = 1 in an inversion: every gradient overwrites the snapshots" in warning
    (finding,) = check(of_waves(2, 3))
    assert (finding.severity, "SNAP = 3 with WAVETYPE = 2" in finding.message) == ("warning", True)


def test_shots_that_do_not_exist():
    found = settings(SNAPSHOT_START=3, SNAPSHOT_END=5)
    assert check_shots(found, 3) == []
    (finding,) = check_shots(found, 2)
    assert finding.severity == "error"
    assert finding.message == "SNAPSHOT_START = 3, but there are only 2 shots; no snapshot would be taken"
