"""Plane waves (SRCREC = 2): direction and flatness of the front; receiver arrays; sources of mixed type."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from denise_py.acquisition.sources import plane_wave, plane_wave_delays
from denise_py.acquisition.wavelets import delayed
from denise_py.errors import ParameterError
from denise_py.grid import Grid
from denise_py.medium.model_io import write_grid_file
from denise_py.traces.su import read_su
from denise_py.workflow.setup import prepare
from tests.workflow.project import NX, NY, Project, read_grid

VP, VS, RHO = 2000.0, 1000.0, 2000.0
#: wide and short enough that nothing from the ends of the row reaches the middle in time
WIDE = {"NX": 400, "NY": 80, "TIME": 0.19, "DT": 4e-4, "FREE_SURF": 0, "FW": 10, "DAMPING": VP}
#: 24 points per P wavelength, 12 per S wavelength; the row starts at y = 40 m
PLANE = {"SRCREC": 2, "PLANE_WAVE_DEPTH": 40, "TS": 0.024, "QUELLTYP": 1, "SOURCE_FILE": None}
PLANE |= {"RUN_MULTIPLE_SHOTS": None}
#: nine receivers in the middle, 60 to 68 m below the row, the fifth at the centre
ARRAY = {"READREC": 0, "REC_FILE": None, "REC_ARRAY": 3, "DRX": 3, "REC_ARRAY_DEPTH": 100}
ARRAY |= {"REC_ARRAY_DIST": 4}


def record(project: Project, folder: Path, component: str = "p", **changes) -> tuple[np.ndarray, np.ndarray]:
    """Traces (ntr, nt) and positions (ntr, 2) in a homogeneous medium, of the middle of the model only."""
    for name, value in {"vp": VP, "vs": VS, "rho": RHO}.items():
        write_grid_file(folder / f"plain.{name}", np.full((WIDE["NY"], WIDE["NX"]), value, np.float32))
    project.forward(folder, MFILE=folder / "plain", SEISMO=5, **(WIDE | PLANE | ARRAY | changes))
    found = read_su(folder / f"syn_{component}.su.shot1")
    positions = found.gather().receivers
    middle = np.abs(positions[:, 0] - 400.0) <= 8.0
    return found.data[middle].astype(float), positions[middle]


def slowness_of(traces: np.ndarray, positions: np.ndarray, dt: float) -> np.ndarray:
    """Slowness (px, py) in s/m from the phases of the dominant frequency."""
    spectra = np.fft.rfft(traces, 4 * traces.shape[1])
    k = np.argmax(np.abs(spectra).sum(axis=0))
    omega = 2 * np.pi * k / (4 * traces.shape[1] * dt)
    phase = np.angle(spectra[:, k] / spectra[4, k])
    return -np.linalg.lstsq(positions - positions[4], phase, rcond=None)[0] / omega


@pytest.mark.parametrize("angle", [0, 10, 25, -25])
def test_front_has_the_dip_asked_for_and_is_flat(project: Project, tmp_path: Path, angle: float):
    traces, positions = record(project, tmp_path, PHI=angle)
    px, py = slowness_of(traces, positions, WIDE["DT"])
    assert np.degrees(np.arctan2(-px, py)) == pytest.approx(angle, abs=0.1)
    assert np.hypot(px, py) == pytest.approx(1 / VP, rel=0.002)
    # one waveform everywhere, shifted by the slowness of the plane wave; the first arrivals, before what
    # comes from the ends of the row
    a = np.radians(angle)
    late = (positions - positions[0]) @ np.array([-np.sin(a), np.cos(a)]) / VP / WIDE["DT"]
    aligned = np.array([delayed(t, late.max() - n) for t, n in zip(traces, late, strict=True)])
    mean = aligned.mean(axis=0)
    assert np.abs(aligned - mean).max() <= 0.005 * np.abs(mean).max()


def test_normal_forces_send_p_waves(project: Project, tmp_path: Path):
    """Type 4: the motion of what goes down is normal to the front, but for a little S waves of the same
    horizontal slowness."""
    motion = {}
    for component in ("x", "y"):
        motion[component], positions = record(project, tmp_path, component, PHI=20, QUELLTYP=4)
    px, _ = slowness_of(motion["y"], positions, WIDE["DT"])
    assert px == pytest.approx(-np.sin(np.radians(20)) / VP, rel=0.01)
    vx, vy = (motion[c].ravel() for c in "xy")
    assert np.degrees(np.arctan2(-(vx @ vy), vy @ vy)) == pytest.approx(20, abs=2)


def test_horizontal_forces_are_fired_at_the_pace_of_s_waves(project: Project, tmp_path: Path):
    traces, positions = record(project, tmp_path, "x", PHI=15, QUELLTYP=2, TIME=0.25)
    px, _ = slowness_of(traces, positions, WIDE["DT"])
    assert px == pytest.approx(-np.sin(np.radians(15)) / VS, rel=0.02)


def test_a_wavelet_from_a_file_is_tilted_alike(project: Project, tmp_path: Path):
    """The Ricker wavelet from a text file instead of its formula; the file has its samples only, which are
    shifted by interpolation."""
    traces, _ = record(project, tmp_path, PHI=25)
    setup = prepare(
        project.settings(tmp_path, **(WIDE | PLANE | ARRAY | {"MFILE": tmp_path / "plain", "PHI": 0}))
    )
    np.savetxt(tmp_path / "w.txt", setup.shots[0].wavelets[0])
    again, _ = record(project, tmp_path, PHI=25, QUELLART=3, SIGNAL_FILE=tmp_path / "w.txt")
    assert np.abs(again - traces).max() <= 1e-3 * np.abs(traces).max()


def test_plane_wave_is_one_shot(project: Project, tmp_path: Path):
    setup = prepare(project.settings(tmp_path, **(PLANE | {"PHI": 10})))
    (shot,) = setup.shots
    assert len(shot.sources) == NX
    assert {j for _, j in shot.nodes} == {20}
    assert shot.wavelets_sh == ()
    assert not any("sources lie in the absorbing frame" in w for w in setup.warnings)


def test_gradient_of_a_plane_wave(project: Project, tmp_path: Path):
    """An inversion takes it as it takes any shot; central differences are accurate to about 1e-6 here."""
    keys = PLANE | {"PHI": 10, "QUELLTYP": 1}
    project.forward(tmp_path, SEIS_FILE=tmp_path / "obs", MFILE=project.folder / "true", **keys)
    objective, scaling, setup = project.objective(tmp_path, DATA_DIR=tmp_path / "obs", **keys)
    p = scaling.vector(setup.model)
    direction = np.random.default_rng(2).standard_normal(p.shape)
    gradient, step = objective.misfit_and_gradient(p)[1], 1e-4
    change = (objective.misfit(p + step * direction) - objective.misfit(p - step * direction)) / (2 * step)
    assert gradient @ direction == pytest.approx(change, rel=1e-4)


def test_s_waves_from_a_fluid_are_refused(project: Project, tmp_path: Path):
    vs = read_grid(project.folder / "start.vs").copy()
    vs[19] = 0
    for name in ("vp", "rho"):
        write_grid_file(tmp_path / f"wet.{name}", read_grid(project.folder / f"start.{name}"))
    write_grid_file(tmp_path / "wet.vs", vs)
    keys = PLANE | {"PHI": 10, "QUELLTYP": 2, "MFILE": tmp_path / "wet"}
    with pytest.raises(
        ParameterError, match="PHI = 10: a plane S wave cannot start at PLANE_WAVE_DEPTH = 40"
    ):
        prepare(project.settings(tmp_path, **keys))


def test_delays_follow_the_velocity_along_the_row():
    """Integral of sin(angle) / v, trapezoids: exact for a slowness that is linear in x."""
    slowness = 1e-3 * (1 + 0.01 * np.arange(50))
    delays = plane_wave_delays(1 / slowness, -30.0, 2.0)
    x = 2.0 * np.arange(50)
    np.testing.assert_allclose(delays, 0.5e-3 * (x + 0.01 / 2.0 * x**2 / 2), rtol=1e-12)
    mirrored = plane_wave_delays(1 / slowness[::-1], 30.0, 2.0)
    np.testing.assert_allclose(mirrored, delays[::-1], rtol=1e-12)


def test_row_outside_the_grid():
    with pytest.raises(ParameterError, match="PLANE_WAVE_DEPTH = 0 m lies outside the grid"):
        plane_wave(0.0, 0.0, 0.0, 1, Grid(NX, NY, 2.0))


# --------------------------------------------------------------------------------------- receiver array


def test_receiver_array_fills_the_model_between_the_frames(project: Project, tmp_path: Path):
    keys = ARRAY | {"REC_ARRAY": 2, "REC_ARRAY_DEPTH": 20, "REC_ARRAY_DIST": 8, "DRX": 10}
    receivers = prepare(project.settings(tmp_path, **keys)).receivers
    assert receivers.nodes.tolist() == [[i, j] for j in (10, 14) for i in (8, 18, 28, 38, 48)]
    assert not receivers.from_line


# ------------------------------------------------------------------------------- wavelets of both waves


def test_sh_waves_have_wavelets_of_their_own(project: Project, tmp_path: Path):
    """QUELLART_SH and SIGNAL_FILE_SH, with the delay and the frequency of the source file."""
    np.savetxt(tmp_path / "sh.txt", np.arange(1.0, 11.0))
    keys = {"WAVETYPE": 3, "QUELLART_SH": 3, "SIGNAL_FILE_SH": tmp_path / "sh.txt"}
    setup = prepare(project.settings(tmp_path, **keys))
    plain = prepare(project.settings(tmp_path))
    for shot, alone in zip(setup.shots, plain.shots, strict=True):
        np.testing.assert_array_equal(shot.wavelets, alone.wavelets)
        np.testing.assert_array_equal(shot.wavelets_sh[0][:11], [*range(1, 11), 0])
        assert alone.wavelets_sh == ()
    assert any("sh.txt: 10 samples for 160 time steps" in warning for warning in setup.warnings)
    (shot, *_) = prepare(project.settings(tmp_path, WAVETYPE=2, QUELLART_SH=1)).shots
    assert shot.wavelets == ()
    np.testing.assert_array_equal(shot.wavelets_sh, plain.shots[0].wavelets)


def test_plane_sh_waves_go_at_their_own_pace(project: Project, tmp_path: Path):
    """Delays of SH waves are those of S waves: longer by vp / vs."""
    (shot,) = prepare(
        project.settings(
            tmp_path, **(PLANE | {"PHI": -10, "WAVETYPE": 3, "QUELLART": 6, "QUELLART_SH": 6, "TIME": 0.5})
        )
    ).shots
    last, last_sh = (np.argmax(series[-1]) for series in (shot.wavelets, shot.wavelets_sh))
    assert last_sh / last == pytest.approx(1100 / 600, rel=0.1)


# ---------------------------------------------------------------------------------------- mixed sources

MIXED = ("40 0 20 0 30 1e6 0 1", "50 0 24 0.01 25 1e6 0 2", "60 0 20 0 30 2e6 30 4", "70 0 16 0 35 1e6 0 3")


def test_sources_of_mixed_type_superpose(project: Project, tmp_path: Path):
    """In double precision, so that only the order of additions differs."""

    def traces(lines: tuple[str, ...], name: str) -> dict[str, np.ndarray]:
        (tmp_path / name).write_text("\n".join([str(len(lines)), *lines]))
        return simulate(project, tmp_path, SOURCE_FILE=tmp_path / name, RUN_MULTIPLE_SHOTS=0)

    together = traces(MIXED, "all.dat")
    alone = [traces((line,), f"{k}.dat") for k, line in enumerate(MIXED)]
    for component, found in together.items():
        expected = sum(one[component] for one in alone)
        assert np.abs(found - expected).max() <= 1e-12 * np.abs(expected).max()


def simulate(project: Project, folder: Path, **changes) -> dict[str, np.ndarray]:
    """Traces of the only shot in float64."""
    from denise_py.parallel.comm import SerialComm
    from denise_py.workflow.setup import divide_processes
    from denise_py.workflow.simulator import Simulator

    settings = project.settings(folder, **changes)
    setup = prepare(settings, np.float64)
    simulator = Simulator(setup, divide_processes(settings, SerialComm(), setup.grid))
    simulator.set_medium(setup.medium)
    return simulator.forward(setup.shots[0], ("vx", "vy", "p"))
