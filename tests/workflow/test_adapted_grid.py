"""Stages on coarser grids: exact gradients, traces near those of the grid of the run, the log, refusals."""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from denise_py.gradient.chain_rule import LameGradient
from denise_py.gradient.tangent import LameChange
from denise_py.grid import TimeAxis
from denise_py.mapping.coarse import MediumMap, flat_floor
from denise_py.medium.model import Medium
from denise_py.medium.model_io import write_grid_file
from denise_py.parallel.comm import SerialComm
from denise_py.traces.time_steps import LongerSteps
from denise_py.workflow.adapted import Adapted
from denise_py.workflow.crew import Crew
from denise_py.workflow.grid_plan import coarse_grid, propose
from denise_py.workflow.objective import Objective
from denise_py.workflow.setup import Setup, divide_processes, prepare
from denise_py.workflow.stages import plan_stages
from tests.workflow.project import DH, NAMES, NX, NY, Project

#: spacing in m, step in s and highest frequency in Hz of the coarse grid
COARSE, STEP, BAND = 2.9, 1.15e-3, 80.0


def adapted(setup: Setup, spacing: float = COARSE, step: float = STEP) -> Adapted:
    """A coarse grid for the small project, whatever its accuracy."""
    medium = setup.medium
    space = coarse_grid(setup, medium, spacing)
    return Adapted.of(setup, space, LongerSteps.of(setup.time, step, BAND), medium)


def on_coarse(objective: Objective, setup: Setup) -> Objective:
    """The same objective on a coarse grid."""
    objective._crew.use(adapted(setup))
    return objective


# ----------------------------------------------------------------------------------------- transposes


@pytest.mark.parametrize("late", [0, 1])
def test_map_of_traces_is_transposed_exactly(late):
    found = LongerSteps.of(TimeAxis(300, 1e-3), 1.7e-3, 60.0).traces(late)
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((3, found.shape[1])), rng.standard_normal((3, found.shape[0]))
    assert np.sum(found.apply(x) * y) == pytest.approx(np.sum(x * found.transpose(y)), rel=1e-12)


def with_water(setup: Setup, slope: int = 0) -> Medium:
    """Water above the medium of a set-up, with a sea floor that falls by so many rows, and attenuation."""
    medium = setup.medium
    floor = 10 + slope * np.arange(NX) // NX
    water = np.arange(1, NY + 1)[:, None] <= floor[None, :]
    vp, vs = np.where(water, 1500.0, medium.vp), np.where(water, 0.0, medium.vs)
    rng = np.random.default_rng(3)
    rough = 1 + 0.1 * rng.standard_normal((NY, NX))
    levels = 0.02 * (1 + rng.random((2, NY, NX)))
    return Medium.from_velocities(vp * rough, vs * rough, medium.rho * rough, *levels)


@pytest.mark.parametrize("slope", [0, 9])
@pytest.mark.parametrize("periodic", [0, 1])
def test_map_of_media_is_transposed_exactly_and_differentiated(project, tmp_path, slope, periodic):
    setup = prepare(project.settings(tmp_path, BOUNDARY=periodic))
    medium = with_water(setup, slope)
    found = MediumMap(coarse_grid(setup, medium, 3.1), medium)
    rng, shape = np.random.default_rng(5), found.solid.shape
    change = LameChange(*(a * rng.standard_normal((NY, NX)) for a in (medium.lam, medium.mu, medium.rho)))
    slopes = LameGradient(*(rng.standard_normal((3, *shape)) / [[[1e9]], [[1e9]], [[1e3]]]))
    on_coarse_grid, back = found.tangent(change, medium), found.gradient(slopes, medium)
    pairs = [(getattr(change, n), getattr(back, n)) for n in ("lam", "mu", "rho")]
    left = sum(np.sum(a * b) for a, b in pairs)
    right = sum(np.sum(getattr(on_coarse_grid, n) * getattr(slopes, n)) for n in ("lam", "mu", "rho"))
    assert left == pytest.approx(right, rel=1e-12)
    assert not np.any(back.mu[medium.mu == 0])
    h = 1e-5
    near = [
        found.medium(
            replace(medium, **{n: getattr(medium, n) + sign * h * getattr(change, n) for n in NAMED})
        )
        for sign in (1, -1)
    ]
    for name in NAMED:
        difference = (getattr(near[0], name) - getattr(near[1], name)) / (2 * h)
        expected = getattr(on_coarse_grid, name)
        # the third derivative of the harmonic means, of order h^2, and rounding over h
        np.testing.assert_allclose(difference, expected, rtol=0, atol=1e-7 * np.abs(expected).max())


NAMED = ("lam", "mu", "rho")


def test_a_constant_medium_stays_what_it_is_and_water_stays_water(project, tmp_path):
    setup = prepare(project.settings(tmp_path))
    water = np.arange(1, NY + 1)[:, None] <= 10 + np.zeros(NX)
    constant = Medium.from_velocities(
        np.where(water, 1500.0, 2000.0), np.where(water, 0.0, 900.0), np.where(water, 1000.0, 2100.0)
    )
    space = coarse_grid(setup, constant, 3.1)
    found = MediumMap(space, constant).medium(constant)
    rows = space.y0 + space.grid.dh * np.arange(1, space.grid.ny + 1)
    wet = rows < flat_floor(constant, DH)
    # the floor lies halfway between two rows
    assert (rows[wet][-1] + rows[~wet][0]) / 2 == pytest.approx(10.5 * DH, rel=1e-12)
    for name, (above, below) in {"vp": (1500, 2000), "vs": (0, 900), "rho": (1000, 2100)}.items():
        np.testing.assert_allclose(getattr(found, name)[wet], above, rtol=1e-12)
        np.testing.assert_allclose(getattr(found, name)[~wet], below, rtol=1e-12)


# ------------------------------------------------------------------------------------------- gradients

WAVES = {
    "psv": ({}, NAMES),
    "displacement": ({"VELOCITY": 0, "FREE_SURF": 0}, NAMES),
    "pressure": ({"QUELLTYPB": 4, "QUELLTYP": 1}, NAMES),
    "acoustic": ({"ACOUSTIC": 1, "QUELLTYPB": 4, "QUELLTYP": 1}, ("vp", "rho")),
    "sh": ({"WAVETYPE": 2, "QUELLART_SH": 1, "QUELLTYPB": 1}, ("vs", "rho")),
    "viscous": ({"L": 1, "FL1": 30, "TAU": 0.05}, NAMES),
}


@pytest.mark.parametrize("name", WAVES)
def test_remainder_on_a_coarse_grid_falls_with_the_square_of_the_step(project, tmp_path, name):
    keys, slots = WAVES[name]
    inside = {name: value for name, value in keys.items() if name not in ("QUELLTYPB", "VELOCITY")}
    project.forward(tmp_path, MFILE=project.folder / "true", SEIS_FILE=tmp_path / "obs", **inside)
    keys = keys | {"GRID_ADAPT": 1, "DATA_DIR": tmp_path / "obs"}
    objective, scaling, setup = project.objective(tmp_path, slots=slots, **keys)
    on_coarse(objective, setup)
    p = scaling.vector(setup.model)
    misfit, g = objective.misfit_and_gradient(p)
    d = np.random.default_rng(7).standard_normal(p.size)
    d = d / np.linalg.norm(d) + g / np.linalg.norm(g)  # some of it along the gradient
    d *= math.sqrt(p.size)
    steps = 2e-3 * 0.5 ** np.arange(4)
    remainders = [abs(objective.misfit(p + h * d) - misfit - h * (g @ d)) for h in steps]
    slopes = np.diff(np.log(remainders)) / np.diff(np.log(steps))
    np.testing.assert_allclose(slopes[1:], 2.0, atol=0.06)
    assert abs(objective.misfit(p + steps[-1] * d) - misfit) > 3 * remainders[-1]


def test_gauss_newton_product_is_symmetric_on_a_coarse_grid(project, tmp_path):
    objective, scaling, setup = project.objective(tmp_path, GRID_ADAPT=1, GRAD_METHOD=5)
    on_coarse(objective, setup)
    p = scaling.vector(setup.model)
    objective.misfit_and_gradient(p)
    u, v = np.random.default_rng(2).standard_normal((2, p.size))
    assert u @ objective.product(p, v) == pytest.approx(v @ objective.product(p, u), rel=1e-9)
    assert v @ objective.product(p, v) > 0


@pytest.mark.mpi(2)
def test_blocks_agree_with_one_block_up_to_rounding(comm):
    """Receivers are spread over blocks, whose parts are added in double precision; not bit by bit."""
    with tempfile.TemporaryDirectory() as own:
        found = []
        for shared, keys in ((SerialComm(), {}), (comm, {"NPROCX": 2}), (comm, {})):
            project = Project.make(Path(own))  # every process has its own files
            objective, scaling, setup = project.objective(Path(own), shared, GRID_ADAPT=1, **keys)
            on_coarse(objective, setup)
            found.append(objective.misfit_and_gradient(scaling.vector(setup.model)))
    (misfit, g), (other, in_blocks), (third, in_groups) = found
    assert other == pytest.approx(misfit, rel=1e-10)
    np.testing.assert_allclose(in_blocks, g, rtol=0, atol=1e-10 * np.abs(g).max())
    # shots shared by groups are summed in one order: bit by bit
    assert third == misfit
    np.testing.assert_array_equal(in_groups, g)


# -------------------------------------------------------------------------------------------- accuracy


@dataclass(frozen=True)
class Line:
    """A survey of explosions and buried receivers above and in a rough medium."""

    water: float
    surface: int
    order: int = 8

    def setup(self, folder: Path) -> Setup:
        """Written to a folder and read from there."""
        nx, ny, dh = 160, 100, 10.0
        y = dh * np.arange(1, ny + 1)[:, None] + np.zeros(nx)
        rough = gaussian_filter(np.random.default_rng(4).standard_normal((ny, nx)), 3.0)
        rough = 1 + 0.1 * rough / np.abs(rough).max()
        wet = y <= self.water
        model = {"vp": np.where(wet, 1500.0, 2200 * rough), "vs": np.where(wet, 0.0, 1250 * rough)}
        model["rho"] = np.where(wet, 1000.0, 2000 * rough)
        for name, array in model.items():
            write_grid_file(folder / f"rough.{name}", array)
        (folder / "shots").write_text("2\n400 0 160 0 8 1e6\n1000 0 160 0 8 1e6\n")
        np.savetxt(folder / "spread", [[200 + 50.0 * k, 420.0] for k in range(24)], fmt="%g")
        project = Project(folder)
        keys = {
            "NX": nx, "NY": ny, "DH": dh, "DT": 1.2e-3, "TIME": 0.9, "FDORDER": self.order, "MAXRELERROR": 1,
            "SOURCE_FILE": folder / "shots", "REC_FILE": folder / "spread", "MFILE": folder / "rough",
            "QUELLTYP": 1, "FREE_SURF": self.surface, "FW": 10, "DAMPING": 2200, "FPML": 8,
            "TIME_FILT": 1, "FC_START": 5, "FC_END": 5, "FC_INCR": 1, "ORDER": 6,
        }  # fmt: skip
        project.forward(folder, SEIS_FILE=folder / "obs", **{k: keys[k] for k in list(keys)[:16]})
        return prepare(project.settings(folder, INVMAT=0, GRID_ADAPT=1, DATA_DIR=folder / "obs", **keys))


@pytest.mark.parametrize("line", [Line(0.0, 1), Line(0.0, 0), Line(200.0, 1)])
def test_chosen_grids_are_coarser_and_their_traces_agree_to_two_per_cent(tmp_path, line):
    """Compared shot by shot after the choice, without the code that chose."""
    setup = line.setup(tmp_path)
    crew = Crew(setup, divide_processes(setup.settings, SerialComm(), setup.grid))
    plan = plan_stages(setup.settings, setup.workflow, setup.corners)[0]
    found = propose(crew, plan, setup.medium, ("vx", "vy"), 0.02)
    assert found.adapted.saving > 2
    assert f"{found.adapted.saving:.3g} times fewer point steps" in found.text
    for shot in setup.shots:
        traces = []
        for grid in (None, found.adapted):
            crew.use(grid)
            crew.set_medium(setup.medium)
            traces.append(crew.first.forward(shot, ("vx", "vy"), plan.band()))
        for name in ("vx", "vy"):
            difference = np.linalg.norm(traces[1][name] - traces[0][name])
            assert 0 < difference <= 0.02 * np.linalg.norm(traces[0][name])


def test_an_inversion_on_a_coarser_grid_lowers_the_misfit_and_says_what_it_saves(project, tmp_path):
    keys = {"TIME_FILT": 1, "FC_START": 8, "FC_END": 30, "FC_INCR": 22, "ORDER": 6, "ITERMAX": 4, "PRO": 0.9}
    found = project.invert(tmp_path, GRID_ADAPT=1, GRID_ERROR=0.3, **keys)
    assert "times fewer point steps" in found.said("stage 1 up to")[0]
    assert len(found.said("stage 2 up to")) == 1
    assert found.misfits[1] < found.misfits[0]


def test_nodes_at_the_edges_answer_for_the_frame_beyond_them(project, tmp_path):
    """Their gradient is the sum over the frame of the coarse grid, and their energy grows with its square, so
    that preconditioned steps are not larger there than inside."""
    setup = prepare(project.settings(tmp_path, FREE_SURF=0))
    space = adapted(setup).space
    medium = MediumMap(space, setup.medium)
    ones = np.ones(space.grid.shape)
    found = medium.energy(ones)
    inside = found[NY // 4 : -NY // 4, NX // 4 : -NX // 4]
    np.testing.assert_allclose(inside, 1.0, atol=0.1)
    shares = np.outer(*(np.asarray(m.sum(axis=0)).ravel() for m in space.averages))
    ratio = shares[0, NX // 2] / np.median(shares)
    assert ratio > 3
    assert found[0, NX // 2] == pytest.approx(ratio**2, rel=0.05)
