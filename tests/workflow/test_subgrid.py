"""SUBGRID: sources and receivers between grid points."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from denise_py.acquisition.inject import PlacedSource, source_injection
from denise_py.acquisition.record import local_recording
from denise_py.acquisition.subgrid import SubGrid, polynomial_weights, sinc_weights
from denise_py.errors import ParameterError
from denise_py.grid import Grid
from denise_py.parallel.collect import gather_traces
from denise_py.parallel.comm import SerialComm
from denise_py.physics.registry import physics
from denise_py.traces.su import read_su
from denise_py.workflow.setup import prepare
from tests.physics.problems import Setup, homogeneous, medium_of, ricker
from tests.workflow.project import Project

PSV = physics("elastic-psv")
COMPONENTS = ("vx", "vy", "p", "div", "curl")
#: 12 points per P and 6 per S wavelength at 16.7 Hz, in the middle of a square of 100 points
SQUARE = Setup(nx=100, ny=100, nt=300, dh=10.0, dt=2e-3, order=8, width=10)
FREQUENCY = 1000.0 / (6 * 10.0)
MIDDLE = (50.0, 50.0)


def simulate(
    setup: Setup,
    source,
    receivers,
    kind=1,
    centred=False,
    components=("vx", "vy", "p"),
    medium=None,
    comm=None,
    npx=1,
    npy=1,
):
    """Traces {component: (ntr, nt)} float64 for a Ricker wavelet; source (i, j) and receivers (n, 2) are
    fractional nodes, on nodes without a subgrid for centred = None."""
    comm = comm or SerialComm()
    run = setup.propagator(comm, npx, npy)
    run.set_medium(medium or homogeneous(setup.grid, 2000.0, 1000.0, 2000.0))
    subgrid = None
    if centred is not None:
        subgrid = SubGrid(setup.grid, setup.surface, setup.periodic, centred)
    wavelet = ricker(setup.times, FREQUENCY / 1.5, 1.5 / FREQUENCY * 1.5)
    sources = [PlacedSource(*source, kind, 30.0, wavelet)]
    place = run.block, run.half
    injection = source_injection(
        run.physics,
        sources,
        run.coefficients,
        *place,
        setup.dh,
        setup.nt,
        run.dtype,
        setup.one_sided,
        subgrid,
    )
    nodes = np.asarray(receivers)
    recording = local_recording(run.physics, components, nodes, *place, setup.nt, run.dtype, subgrid=subgrid)
    run.forward(injection, recording.arrays)
    found = run.physics.recorded(recording.arrays)
    return {
        name: gather_traces(comm, recording.traces(name, found), recording.indices, len(nodes), True)
        for name in components
    }


def spectrum(trace: np.ndarray, setup: Setup = SQUARE) -> complex:
    """At FREQUENCY, where S waves have 6 points per wavelength."""
    return np.sum(trace * np.exp(-2j * np.pi * FREQUENCY * setup.times))


# --------------------------------------------------------------------------------------------- weights


def test_weights_at_grid_points_are_one_and_zero():
    for weights in (sinc_weights(7.0), ((k, w) for k, w in polynomial_weights(2.0) if w != 0)):
        assert [weight for _, weight in weights] == [1.0]


@pytest.mark.parametrize(("points", "limit"), [(4, 1.5e-3), (6, 5e-4), (12, 5e-4), (1e9, 5e-4)])
def test_error_of_the_interpolation(points: float, limit: float):
    """Of waves with so many points per wavelength. Hicks (2002) chose b for 1e-3 or so up to 4 points."""
    k = 2 * np.pi / points
    errors = [
        abs(sum(w * np.exp(1j * k * (i - q)) for i, w in sinc_weights(q)) - 1) for q in np.linspace(0, 1, 41)
    ]
    assert max(errors) <= limit


def test_polynomial_is_exact_to_degree_seven():
    q = 0.37
    for power in range(8):
        assert sum(w * k**power for k, w in polynomial_weights(q)) == pytest.approx(q**power, abs=1e-11)


def test_weights_wrap_at_periodic_sides_and_end_at_others():
    grid = Grid(20, 20, 1.0)
    around = SubGrid(grid, False, True, False).spread(PSV, "p", np.array([[1.5, 10.0]]))
    assert sorted(around.column.tolist()) == [0, 1, 2, 3, 4, 17, 18, 19]
    cut = SubGrid(grid, False, False, False).spread(PSV, "p", np.array([[1.5, 10.0]]))
    assert sorted(cut.column.tolist()) == [0, 1, 2, 3, 4]


def test_images_at_the_surface():
    """Weights of a point half a row below the surface row: of odd fields on full rows of a fluid, of even
    ones on half rows, and in a solid."""
    sub = SubGrid(Grid(20, 20, 1.0), True, False, False)
    plain = dict(sinc_weights(0.5))

    def rows(name: str, waves=PSV) -> dict[int, float]:
        s = sub.spread(waves, name, np.array([[10.0, 1.5]]))
        return dict(zip(s.row.tolist(), s.weight.tolist(), strict=True))

    odd = {0: plain[0], **{r: plain[r] - plain[-r] for r in (1, 2, 3)}, 4: plain[4]}
    for name in ("p", "vx", "div"):
        assert rows(name, physics("acoustic")) == pytest.approx(odd)
    half = {r: plain[r] + plain.get(-1 - r, 0.0) for r in (0, 1, 2)} | {3: plain[3], 4: plain[4]}
    assert rows("vy", physics("acoustic")) == pytest.approx(half)
    assert rows("vz", physics("elastic-sh")) == pytest.approx(half)
    for name in ("vx", "vy", "p", "curl"):
        assert rows(name) == pytest.approx(dict(polynomial_weights(0.5)))


# ------------------------------------------------------------------------------------- at grid points


def test_at_grid_points_nothing_changes(project: Project, tmp_path: Path):
    """Files are equal bit by bit, for all components and source types."""
    (tmp_path / "r.dat").write_text("20 54\n40 2\n60 4\n118 78\n")
    (tmp_path / "s.dat").write_text("3\n40 0 20 0 30 1e6 30 4\n60 0 2 0 30 1e6 0 1\n50 0 4 0 30 1e6 0 2\n")
    keys = {"REC_FILE": tmp_path / "r.dat", "SOURCE_FILE": tmp_path / "s.dat", "SEISMO": 4}
    for mode in (0, 1):
        project.forward(tmp_path, SUBGRID=mode, SEIS_FILE=tmp_path / f"syn{mode}", **keys)
    files = sorted(tmp_path.glob("syn0*"))
    assert len(files) == 15
    for file in files:
        assert file.read_bytes() == (tmp_path / file.name.replace("syn0", "syn1")).read_bytes()


# ---------------------------------------------------------------------------------- between grid points


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_moving_everything_changes_nothing(kind: int):
    """Source and receivers by a part of a spacing in a homogeneous medium. Each interpolation is accurate to
    5e-4 per axis and there are two of two axes; the wavelet has parts below 4 points per S wavelength."""
    receivers = np.array([[70.0, 50.0], [60.0, 65.0], [50.0, 72.0]])
    at_nodes = simulate(SQUARE, MIDDLE, receivers, kind)
    shift = np.array([0.5, 0.3])
    moved = simulate(SQUARE, MIDDLE + shift, receivers + shift, kind)
    for name, traces in at_nodes.items():
        assert np.abs(moved[name] - traces).max() <= 4e-3 * np.abs(traces).max()


def test_moving_the_source_by_half_a_spacing_shifts_the_phase_by_half():
    """At 6 points per S wavelength a spacing is 60 degrees; a force across the path sends S waves there. What
    is left of near field and spreading is the same for both halves to second order."""
    receiver = np.array([[80.0, 50.0]])
    values = [
        spectrum(simulate(SQUARE, (x, 50.0), receiver, 3, components=("vy",))["vy"][0])
        for x in (50.0, 50.5, 51.0)
    ]
    phases = np.degrees(np.unwrap(np.angle(values)))
    assert phases[2] - phases[0] == pytest.approx(60.0, abs=2.0)
    assert abs(phases[1] - (phases[0] + phases[2]) / 2) <= 0.3


def test_all_components_at_the_place_itself():
    """An explosion at any place is heard alike on its left and right, above and below: without the correction
    vx and vy are half a spacing off."""
    x, y = 50.3, 49.8
    receivers = np.array([[x - 20, y], [x + 20, y], [x, y - 20], [x, y + 20]])
    found = simulate(SQUARE, (x, y), receivers, 1, centred=True)
    largest = np.abs(found["vx"]).max()
    assert np.abs(found["vx"][0] + found["vx"][1]).max() <= 2e-3 * largest
    assert np.abs(found["vy"][2] + found["vy"][3]).max() <= 2e-3 * largest
    assert np.abs(found["vy"][3] - found["vx"][1]).max() <= 2e-3 * largest
    staggered = simulate(SQUARE, (x, y), receivers, 1, centred=False)
    assert np.abs(staggered["vx"][0] + staggered["vx"][1]).max() >= 0.1 * largest


@pytest.mark.parametrize("name", ["vx", "vy", "p"])
@pytest.mark.parametrize("waves", ["elastic-psv", "acoustic"])
def test_below_a_free_surface(waves: str, name: str):
    """Receivers between the uppermost rows, against the polynomial through the traces of eight rows, at 12 to
    24 points per wavelength, where it is good to 1e-4. Only vy of a fluid is not so smooth: velocities above
    the surface are zero for the stress update, a first-order error in the uppermost row."""
    setup = Setup(nx=120, ny=60, nt=300, dh=5.0, dt=1e-3, width=10, surface=True, physics=waves)
    rows = np.array([[75.0, j] for j in range(1, 9)])
    between = np.array([[75.0, 1.5], [75.0, 1.25], [75.0, 2.5]])
    medium = homogeneous(setup.grid, 2000.0, 0.0 if waves == "acoustic" else 1000.0, 2000.0)
    traces = simulate(setup, (50.0, 12.0), np.concatenate([rows, between]), 1, medium=medium)[name]
    for found, (_, j) in zip(traces[8:], between, strict=True):
        expected = sum(weight * traces[k] for k, weight in polynomial_weights(j - 1))
        limit = 0.015 if (waves, name) == ("acoustic", "vy") else 2e-3
        assert np.abs(found - expected).max() <= limit * np.abs(traces[:8]).max()


# ------------------------------------------------------------------------------------------- processes


def check_decomposition(comm, npx: int, npy: int) -> None:
    """In double precision; blocks add parts of a trace in another order than one process."""
    setup = Setup(nx=40, ny=34, nt=150, surface=True)
    medium = medium_of(setup.grid, seed=3)
    receivers = np.array([[20.4, 17.3], [18.6, 16.5], [5.2, 1.5], [35.0, 30.0]])
    arguments = (setup, (20.3, 17.6), receivers, 4, True, COMPONENTS, medium)
    blocks = simulate(*arguments, comm, npx, npy)
    if comm.is_root:
        for name, expected in simulate(*arguments).items():
            assert np.abs(blocks[name] - expected).max() <= 1e-12 * np.abs(expected).max()


@pytest.mark.mpi(2)
def test_two_blocks(comm):
    check_decomposition(comm, 2, 1)
    check_decomposition(comm, 1, 2)


# ------------------------------------------------------------------------------------------- whole runs


def test_headers_hold_the_places_themselves(project: Project, tmp_path: Path):
    (tmp_path / "r.dat").write_text("20.3 54.7\n20.4 54.7\n")
    project.forward(tmp_path, SUBGRID=2, SEISMO=1, REC_FILE=tmp_path / "r.dat")
    found = read_su(tmp_path / "syn_x.su.shot1")
    np.testing.assert_allclose(found.gather().receivers, [[20.3, 54.7], [20.4, 54.7]], atol=5e-4)
    assert np.any(found.data[0] != found.data[1])


@pytest.mark.parametrize("mode", [1, 2])
def test_gradient(project: Project, tmp_path: Path, mode: int):
    """Against central differences, accurate to about 1e-6 here; receivers at odd metres lie between nodes."""
    (tmp_path / "s.dat").write_text("2\n40.7 0 9.3 0 30 1e6 20 4\n70.1 0 3.1 0 30 1e6 0 1\n")
    keys = {"SUBGRID": mode, "SOURCE_FILE": tmp_path / "s.dat"}
    project.forward(tmp_path, SEIS_FILE=tmp_path / "obs", MFILE=project.folder / "true", **keys)
    objective, scaling, setup = project.objective(tmp_path, DATA_DIR=tmp_path / "obs", **keys)
    p = scaling.vector(setup.model)
    direction = np.random.default_rng(5).standard_normal(p.shape)
    gradient, step = objective.misfit_and_gradient(p)[1], 1e-4
    change = (objective.misfit(p + step * direction) - objective.misfit(p - step * direction)) / (2 * step)
    assert gradient @ direction == pytest.approx(change, rel=1e-4)


def test_places_above_the_surface_are_refused(project: Project, tmp_path: Path):
    (tmp_path / "r.dat").write_text("20 54\n30 1.6\n")
    (tmp_path / "s.dat").write_text("1\n40.7 0 1.2 0 30 1e6\n")
    keys = {"REC_FILE": tmp_path / "r.dat", "SOURCE_FILE": tmp_path / "s.dat"}
    prepare(project.settings(tmp_path, **keys))
    with pytest.raises(ParameterError) as caught:
        prepare(project.settings(tmp_path, SUBGRID=1, **keys))
    source, receivers = caught.value.problems
    assert "s.dat: line 2: the source at y = 1.2 m lies above the free surface at y = 2 m" in source
    assert "1 receivers lie above the free surface at y = 2 m (first: number 2 at y = 1.6 m)" in receivers
