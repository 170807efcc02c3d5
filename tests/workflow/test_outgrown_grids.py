"""Grids that no longer serve in the middle of a stage: shorter steps, or a finer one from where it stands."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from denise_py.medium.model import Medium
from denise_py.optimise.descent import Minimiser
from denise_py.parallel.comm import SerialComm
from denise_py.workflow import grid_plan, inversion
from denise_py.workflow.crew import Crew
from denise_py.workflow.grid_plan import Grids, Outgrown, slowest_of_most
from denise_py.workflow.setup import divide_processes, prepare
from denise_py.workflow.stages import plan_stages
from tests.workflow.test_corrections import COARSE, LOW


def begun(project, folder, **keys):
    """Grids that have begun with a stage, and what their methods take."""
    setup = prepare(project.settings(folder, INVMAT=0, **(COARSE | keys)))
    crew = Crew(setup, divide_processes(setup.settings, SerialComm(), setup.grid))
    grids = Grids(crew, ("vx", "vy"), logging.getLogger("test"))
    plan = plan_stages(setup.settings, setup.workflow, setup.corners)[0]
    grids.begin(plan, 1, setup.medium)
    assert crew.adapted is not None
    return grids, crew, plan, setup.medium


def faster(medium: Medium, factor: float) -> Medium:
    return replace(medium, lam=factor**2 * medium.lam, mu=factor**2 * medium.mu)


def test_faster_waves_shorten_the_steps_of_the_same_grid(project, tmp_path, monkeypatch):
    # so that not the band limits the step
    monkeypatch.setattr(grid_plan.LongerSteps, "longest", staticmethod(lambda band: 1.0))
    grids, crew, plan, medium = begun(project, tmp_path)
    before = crew.adapted
    assert grids.outgrown(plan, 2, faster(medium, 1.03)) is None
    much = faster(medium, 1.2)
    found = grids.outgrown(plan, 2, much)
    assert "waves are faster" in found.reason
    grids.renew(plan, 2, much, found)
    assert crew.adapted.space is before.space
    assert crew.adapted.setup.time.dt == pytest.approx(before.setup.time.dt / 1.2, rel=0.02)
    assert grids.outgrown(plan, 3, much) is None


def test_waves_too_fast_for_the_grid_with_the_steps_of_the_run_have_a_finer_one(
    project, tmp_path, monkeypatch
):
    grids, crew, plan, medium = begun(project, tmp_path)
    before = crew.adapted
    monkeypatch.setattr(grid_plan, "_with_steps", lambda *args: None)
    grids.renew(plan, 2, medium, Outgrown("waves are faster"))
    assert crew.adapted is None
    assert grids.outgrown(plan, 3, faster(medium, 10.0)) is None
    monkeypatch.undo()
    grids.begin(plan, 4, medium)
    assert crew.adapted.space.grid == before.space.grid


def test_a_grid_whose_traces_lack_too_much_makes_way_for_a_finer_one(project, tmp_path):
    """By the corrections, or tested anew after some iterations."""
    grids, crew, plan, medium = begun(project, tmp_path, GRID_CORRECT=3)
    before = crew.adapted.space.grid.dh
    grids.corrected(1.4)
    assert grids.outgrown(plan, 2, medium) is None
    grids.corrected(1.6)
    found = grids.outgrown(plan, 2, medium)
    assert found == Outgrown("traces differ by 1.6e+02 %", 1.6)
    grids.renew(plan, 2, medium, found)
    assert crew.adapted is None or crew.adapted.space.grid.dh < 0.9 * before
    assert grids.outgrown(plan, 3, medium) is None

    grids, crew, plan, medium = begun(project, tmp_path)
    grids._tolerance = 1e-4
    assert grids.outgrown(plan, 2, medium) is None
    assert grids.outgrown(plan, 2, faster(medium, 0.8)).error > 1.5e-4
    assert grids.outgrown(plan, 1 + grid_plan.TESTED_EVERY, medium).error > 1.5e-4


def test_a_few_slow_nodes_do_not_decide(project, tmp_path):
    medium = prepare(project.settings(tmp_path, INVMAT=0, **LOW)).medium
    lowest = slowest_of_most(medium)
    mu = medium.mu.copy()
    solid = mu > 0
    mu[tuple(index[0] for index in solid.nonzero())] *= 0.01
    assert slowest_of_most(replace(medium, mu=mu)) == pytest.approx(lowest, rel=0.02)
    assert slowest_of_most(faster(medium, 0.5)) == pytest.approx(0.5 * lowest)


@pytest.mark.parametrize("keys", [{}, {"ENCODE": 1}, {"GRAD_METHOD": 1}])
def test_the_search_goes_on_from_a_finer_grid_with_what_it_knows(project, tmp_path, monkeypatch, keys):
    """Four iterations of one stage; before the third the grid is said not to serve."""
    asked: list[int] = []

    def outgrown(self, plan, iteration, medium):
        asked.append(iteration)
        return Outgrown("the test says so", 1.0) if iteration == 3 and self.corrects else None

    monkeypatch.setattr(Grids, "outgrown", outgrown)
    begun = []
    monkeypatch.setattr(
        inversion, "Minimiser", lambda *args, **keys: begun.append(1) or Minimiser(*args, **keys)
    )
    run = project.invert(tmp_path, ITERMAX=4, **(COARSE | {"GRID_CORRECT": 3} | keys))
    assert asked == [1, 2, 3, 4]
    assert len(run.said("times fewer point steps")) + len(run.said("the grid of the run")) == 2
    assert len(begun) == 1  # with what it knows, that is
    assert run.misfits[-1] < run.misfits[0]
    # conjugate gradients alone forget, and say so
    assert len(run.said("another grid")) == (1 if keys.get("GRAD_METHOD") == 1 else 0)
