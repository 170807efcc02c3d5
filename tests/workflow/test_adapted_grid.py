"""Stages on coarser grids: exact gradients, traces near those of the grid of the run, the log, refusals."""

from __future__ import annotations

import math
import re
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

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
from tests.workflow.project import DH, DT, NAMES, NT, NX, NY, Project, read_grid, start_model, true_model
from tests.workflow.test_encoding import mean_over_all_signs_is_the_sum

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


@pytest.mark.parametrize("power", [0.5, -1.0])
def test_powers_of_means_are_differentiated(project, tmp_path, monkeypatch, power):
    monkeypatch.setattr("denise_py.mapping.coarse.BESIDE_FLOOR", power)
    test_map_of_media_is_transposed_exactly_and_differentiated(project, tmp_path, 0, 0)


def test_a_layer_below_the_sea_floor_keeps_its_mass_and_its_depth(project, tmp_path):
    """In the density, which is averaged as it is: what a light layer lacks, and how deep below the floor."""
    setup = prepare(project.settings(tmp_path))
    water = np.arange(1, NY + 1)[:, None] <= 10 + np.zeros(NX)
    plain = Medium.from_velocities(
        np.where(water, 1500.0, 2000.0), np.where(water, 0.0, 900.0), np.where(water, 1000.0, 2000.0)
    )
    space = coarse_grid(setup, plain, 3.1)
    floor = flat_floor(plain, DH)
    rows = space.y0 + space.grid.dh * np.arange(1, space.grid.ny + 1) - floor
    maps = MediumMap(space, plain)
    for layer in range(10, 13):
        rho = plain.rho.copy()
        rho[layer] -= 900.0
        lacks = (plain.rho[-1, 0] - maps.medium(replace(plain, rho=rho)).rho[:, NX // 2])[rows > 0]
        mass = space.grid.dh * lacks.sum()
        assert mass == pytest.approx(900.0 * DH, rel=1e-10)
        depth = space.grid.dh * np.sum(lacks * rows[rows > 0]) / mass
        assert depth == pytest.approx((layer + 1) * DH - floor, rel=1e-10)
    # water has the weights that it has without a floor, and nothing of the rock
    wet = maps.medium(replace(plain, rho=np.where(water, 1000.0, 1e6))).rho[rows < 0]
    np.testing.assert_allclose(wet, 1000.0, rtol=1e-12)


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


def test_joined_shots_on_a_coarse_grid_are_those_of_single_ones(project, tmp_path):
    """ENCODE: the mean over all signs is the sum over the shots, see test_encoding."""
    objective, scaling, setup = project.objective(tmp_path, everywhere=True, GRID_ADAPT=1)
    on_coarse(objective, setup)
    mean_over_all_signs_is_the_sum(objective, scaling.vector(setup.model))


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


WET = 10  # rows of water of the marine project


def marine(project: Project, folder: Path) -> dict[str, Any]:
    """Models with water on top and data of receivers on the sea floor; keys of an inversion of them."""
    water = np.arange(1, NY + 1)[:, None] + np.zeros(NX) <= WET
    for base, model in (("true", true_model()), ("start", start_model())):
        for (name, array), value in zip(model.items(), (1500.0, 0.0, 1000.0), strict=True):
            write_grid_file(folder / f"wet_{base}.{name}", np.where(water, value, 1.8 * array))
    np.savetxt(folder / "floor", [[20.0 + 8.0 * k, (WET + 1) * DH] for k in range(10)], fmt="%g")
    keys = {"REC_FILE": folder / "floor", "QUELLTYP": 1, "DT": 4e-4, "TIME": 0.16, "DAMPING": 2000}
    project.forward(folder, MFILE=folder / "wet_true", SEIS_FILE=folder / "wet", **keys)
    band = {"TIME_FILT": 1, "FC_START": 20, "FC_END": 20, "FC_INCR": 1, "ORDER": 6}
    return keys | band | {"MFILE": folder / "wet_start", "DATA_DIR": folder / "wet", "PRO": 0, "ITERMAX": 3}


@pytest.mark.parametrize("more", [{}, {"ENCODE": 1, "ENCODE_SHIFT": 0.01, "BATCH_FULL": 2}])
def test_water_is_frozen_bit_by_bit_in_an_inversion_on_a_coarser_grid(project, tmp_path, more):
    """vs of water is zero for good; the taper along depth holds the rest, as in par/marmousi_II."""
    keys = marine(project, tmp_path) | more
    taper = {"SWS_TAPER_GRAD_HOR": 1, "GRADT1": WET + 1, "GRADT2": WET + 5, "GRADT3": NY - 8, "GRADT4": NY}
    found = project.invert(tmp_path, GRID_ADAPT=1, GRID_ERROR=0.5, **taper, **keys)
    assert "times fewer point steps" in found.said("stage 1 up to")[0]
    assert found.misfits[-1] < found.misfits[0]
    for name in NAMES:
        start = read_grid(tmp_path / f"wet_start.{name}")
        np.testing.assert_array_equal(found.model[name][:WET], start[:WET])
        assert np.any(found.model[name][WET:] != start[WET:])


def test_remainder_with_receivers_on_the_sea_floor(project, tmp_path):
    """vx is read from vx and vy there, and the map of media has its rules for the rows below."""
    keys = {"GRID_ADAPT": 1, "INVMAT": 0} | marine(project, tmp_path)
    objective, scaling, setup = project.objective(tmp_path, **keys)
    objective._crew.use(adapted(setup, step=6e-4))
    p = scaling.vector(setup.model)
    misfit, g = objective.misfit_and_gradient(p)
    d = g / np.linalg.norm(g) * math.sqrt(p.size)
    steps = 1e-3 * 0.5 ** np.arange(3)
    remainders = [abs(objective.misfit(p + h * d) - misfit - h * (g @ d)) for h in steps]
    slopes = np.diff(np.log(remainders)) / np.diff(np.log(steps))
    np.testing.assert_allclose(slopes[1:], 2.0, atol=0.06)  # the third order halves with each step


def test_log_tells_what_is_kept_on_the_coarser_grid(project, tmp_path):
    """Size and steps of the simulation that is run, not of the grid of the run."""
    keys = {"TIME_FILT": 1, "FC_START": 8, "FC_END": 8, "FC_INCR": 1, "ORDER": 6, "ITERMAX": 1, "DTINV": 4}
    found = project.invert(tmp_path, GRID_ADAPT=1, GRID_ERROR=0.5, **keys)
    (text,) = found.said("times fewer point steps")
    step, saving = (float(re.search(what, text)[1]) for what in (r"steps of (\S+) ms", r"(\S+) times fewer"))
    (line,) = found.said("forward wavefield kept")
    every = max(1, int(4 * 1e3 * DT / step))
    assert ("every step" if every == 1 else f"every {every}") in line
    # five fields in single precision
    size = NX * NY * NT / saving / every * 5 * 4 / 1e6
    assert float(re.search(r"([\d.]+) MB", line)[1]) == pytest.approx(size, rel=0.02)


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
