"""Iterations that see a part of the shots: which ones, what their misfit means, when all shots count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from denise_py.parameters.models import BatchSettings
from denise_py.workflow.objective import Weighting
from denise_py.workflow.samples import Samples, Turn, in_line
from denise_py.workflow.stages import SampledClock, StagePlan
from tests.workflow.test_parallel_runs import files, launch

BATCHES = {"BATCH_SHOTS": 1, "BATCH_FULL": 2}
LBFGS = {"GRAD_METHOD": 2}
PCG = {"GRAD_METHOD": 1}
ADAM = {"GRAD_METHOD": 3, "ADAM_LR": 0.005}


@dataclass(frozen=True)
class Place:
    """As much of a shot as the choice depends on."""

    number: int
    position: tuple[float, float]


def line(count, along=0):
    """Shots in a line, in the wrong order."""
    order = np.random.default_rng(0).permutation(count)
    return [Place(n + 1, (10.0 * k, 2.0) if along == 0 else (2.0, 10.0 * k)) for n, k in enumerate(order)]


def samples(count, size, choice=1, seed=1):
    chosen = BatchSettings(shots=size, choice=choice, full_every=10, keep=1, seed=seed, joined=0, shift=0.0)
    return Samples.of(line(count), chosen)


# --- which shots ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("choice", [1, 2])
@pytest.mark.parametrize(("count", "size"), [(16, 4), (17, 4), (10, 3), (5, 4), (7, 1)])
def test_every_shot_once_in_a_cycle_and_no_batch_too_large(choice, count, size):
    found = samples(count, size, choice)
    assert found.cycle == -(-count // size)
    for first in range(0, 5 * found.cycle, found.cycle):
        cycle = [found.draw(1, first + k) for k in range(found.cycle)]
        assert sorted(n for one in cycle for n in one.shots) == list(range(1, count + 1))
        for one in cycle:
            assert list(one.shots) == sorted(one.shots)
            assert count // found.cycle <= len(one.shots) <= size
            assert one.scale * len(one.shots) == pytest.approx(count)


def test_random_batches_differ_from_cycle_to_cycle_and_with_seed_and_stage():
    found = samples(16, 4)
    draws = [found.draw(1, k).shots for k in range(40)]
    assert len(set(draws)) > 30
    assert draws == [samples(16, 4).draw(1, k).shots for k in range(40)]
    assert draws != [samples(16, 4, seed=2).draw(1, k).shots for k in range(40)]
    assert draws != [found.draw(2, k).shots for k in range(40)]


def test_random_batches_contain_all_pairs_alike():
    """Any two of 6 shots are in one batch of 2 with probability 1/5; 3000 draws, five standard deviations."""
    found, count = samples(6, 2), np.zeros((7, 7))
    draws = 3000
    for k in range(draws):
        a, b = found.draw(1, k).shots
        count[a, b] += 1
    pairs = count[np.triu_indices(7, 1)].reshape(-1)
    pairs = pairs[pairs > 0]
    share = 1 / 15  # of 15 pairs per draw
    assert len(pairs) == 15
    assert np.all(np.abs(pairs - draws * share) < 5 * np.sqrt(draws * share))


@pytest.mark.parametrize("along", [0, 1])
def test_spread_batches_are_evenly_spaced(along):
    places = line(16, along)
    found = Samples.of(
        places, BatchSettings(shots=4, choice=2, full_every=10, keep=1, seed=3, joined=0, shift=0.0)
    )
    coordinates = {place.number: place.position[along] for place in places}
    assert in_line(places) == tuple(sorted(coordinates, key=coordinates.get))
    for k in range(8):
        where = sorted(coordinates[n] for n in found.draw(1, k).shots)
        assert set(np.diff(where)) == {40.0}


def test_all_shots_are_no_batch():
    assert samples(4, 4) is None
    assert samples(4, 0) is None


# --- their misfit -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"LNORM": 7},
        {"LNORM": 5},
        {"LNORM": 9, "PHASE_F1": 10, "PHASE_F2": 50, "PHASE_NF": 5},
        {"LNORM": 11},
    ],
    ids=["L2", "7", "5", "phase", "transport"],
)
def test_misfits_and_gradients_of_a_cycle_have_those_of_all_shots_as_mean(project, tmp_path, keys):
    """Exactly, up to rounding: nothing but the sums over the shots is split."""
    objective, scaling, setup = project.objective(tmp_path, everywhere=True, **(BATCHES | keys))
    p = scaling.vector(setup.model)
    misfit, g = objective.misfit_and_gradient(p)
    found = Samples.of(setup.shots, setup.settings.batches)
    misfits, gradients = [], []
    for k in range(found.cycle):
        objective.use(found.draw(1, k))
        one, slope = objective.misfit_and_gradient(p)
        assert objective.misfit(p) == one
        assert objective.full_misfit(p) == misfit
        misfits.append(one)
        gradients.append(slope)
    assert np.mean(misfits) == pytest.approx(misfit, rel=1e-11)
    np.testing.assert_allclose(np.mean(gradients, axis=0), g, atol=1e-10 * np.abs(g).max())
    assert np.ptp(misfits) > 1e-3 * abs(misfit)
    objective.use(None)
    assert objective.misfit(p) == misfit


def test_gradient_of_a_batch_is_the_derivative_of_its_misfit(project, tmp_path):
    objective, scaling, setup = project.objective(tmp_path, everywhere=True, BATCH_SHOTS=2)
    p = scaling.vector(setup.model)
    objective.use(Samples.of(setup.shots, setup.settings.batches).draw(1, 0))
    misfit, g = objective.misfit_and_gradient(p)
    d = np.random.default_rng(3).standard_normal(p.size)
    steps = 2e-3 * 0.5 ** np.arange(4)
    remainders = [abs(objective.misfit(p + h * d) - misfit - h * (g @ d)) for h in steps]
    np.testing.assert_allclose(np.diff(np.log2(remainders))[1:], -2.0, atol=0.05)


def test_weights_are_those_of_the_batch(project, tmp_path):
    weighting = Weighting(kind=1, epsilon=0.01)
    keys = {"weighting": weighting, "everywhere": True, "BATCH_SHOTS": 1}
    objective, scaling, setup = project.objective(tmp_path, **keys)
    p = scaling.vector(setup.model)
    weights = []
    for sample in (Samples.of(setup.shots, setup.settings.batches).draw(1, k) for k in (0, 1)):
        objective.use(sample)
        objective.misfit_and_gradient(p)
        weights.append(objective.weight_at(p))
    assert np.abs(weights[0] - weights[1]).max() > 0.1


# --- inversions -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "keys", [PCG, LBFGS, LBFGS | {"WOLFE_CONDITION": 0}, ADAM], ids=["pcg", "lbfgs", "parabola", "adam"]
)
@pytest.mark.parametrize("choice", [1, 2])
def test_misfit_of_all_shots_falls(project, tmp_path, keys, choice):
    outcome = project.invert(tmp_path, ITERMAX=9, BATCH_CHOICE=choice, **(keys | BATCHES))
    records = outcome.records
    (begin,) = outcome.said("stage 1 begins with the misfit")
    first = float(begin.split("misfit ")[1].split()[0])
    due = [record["iteration"] for record in records if record["full_misfit"] is not None]
    assert due == [2, 4, 6, 8, 9]
    fulls = [record["full_misfit"] for record in records if record["iteration"] in due]
    assert fulls[-1] < 0.5 * first
    assert len(outcome.said("misfit of all shots after iteration")) == 5
    for cycle in (records[:3], records[3:6], records[6:]):
        assert sorted(n for record in cycle for n in record["shots"]) == [1, 2, 3]
    if keys != ADAM:
        assert all(r["misfit_after"] < r["misfit_before"] for r in records if r["accepted"])
    assert all(
        f"of shots {r['shots'][0]}," in line
        for r, line in zip(records, outcome.said(" of 9, stage 1: misfit"), strict=True)
    )


def test_lbfgs_keeps_its_pairs_and_pcg_begins_anew(project, tmp_path):
    folders = [tmp_path / name for name in ("lbfgs", "pcg")]
    for folder in folders:
        folder.mkdir()
    lbfgs, pcg = (
        project.invert(folder, ITERMAX=4, **(keys | BATCHES))
        for folder, keys in zip(folders, (LBFGS, PCG), strict=True)
    )
    restarts = [
        [any("steepest descent" in r for r in record["reasons"]) for record in one.records]
        for one in (lbfgs, pcg)
    ]
    assert restarts == [[True, False, False, False], [True] * 4]
    # one gradient to begin with, one for each trial; nothing is known from the batch before
    assert [r["gradients"] for r in lbfgs.records] == [1 + len(r["trials"]) for r in lbfgs.records]


def test_stage_ends_by_the_misfit_of_all_shots(project, tmp_path):
    outcome = project.invert(tmp_path, ITERMAX=30, PRO=0.5, **(LBFGS | BATCHES))
    records = outcome.records
    fulls = [r["full_misfit"] for r in records if r["full_misfit"] is not None]
    (begin,) = outcome.said("stage 1 begins with the misfit")
    fulls = [float(begin.split("misfit ")[1].split()[0]), *fulls]
    changes = [abs(fulls[k - 2] - fulls[k]) / fulls[k - 2] for k in range(2, len(fulls))]
    assert all(change > 0.5 for change in changes[:-1])
    assert changes[-1] <= 0.5
    assert outcome.said("over its last two computations")


def plan():
    class Plan(StagePlan):
        min_improvement = 0.01

    return Plan(1, None)


def test_clock_of_samples():
    clock = SampledClock(0, 3)
    clock.begin(1.0)
    assert [clock.reason_to_end(None, accepted, plan(), "") for accepted in (False, False, True, False)] == [
        ""
    ] * 4
    assert clock.reason_to_end(0.9, False, plan(), "") == ""
    assert "any of the last 3 samples (why)" in clock.reason_to_end(None, False, plan(), "why")


def test_clock_of_samples_waits_for_min_iter():
    clock = SampledClock(5, 3)
    clock.begin(1.0)
    reasons = [clock.reason_to_end(1.0, True, plan(), "") for _ in range(6)]
    assert reasons[:5] == [""] * 5
    assert "changed by 0 %" in reasons[5]


def test_two_stages_draw_their_own(project, tmp_path):
    keys = {"TIME_FILT": 1, "FC_START": 20, "FC_END": 30, "FC_INCR": 10, "ORDER": 4, "PRO": 0.9}
    outcome = project.invert(tmp_path, ITERMAX=12, **(LBFGS | BATCHES | keys))
    stages = [[r["shots"] for r in outcome.records if r["stage"] == stage] for stage in (1, 2)]
    assert all(len(one) >= 3 for one in stages)
    assert all(sorted(n for shots in one[:3] for n in shots) == [1, 2, 3] for one in stages)
    assert len(outcome.said("begins with the misfit")) == 2


def test_estimated_wavelets_of_the_batch(project, tmp_path):
    """All shots when the stage begins, then those of the batch; the others keep theirs."""
    keys = {"INV_STF": 1, "PARA": "fdlsq", "N_STF": 1, "N_STF_START": 1, "SIGNAL_FILE": tmp_path / "stf"}
    outcome = project.invert(tmp_path, ITERMAX=3, **(PCG | BATCHES | keys))
    lines = outcome.said("shots estimated")
    assert ["wavelets of 3 shots" in line for line in lines] == [True, False, False]
    assert all("wavelets of 1 shots" in line for line in lines[1:])
    fulls = [r["full_misfit"] for r in outcome.records if r["full_misfit"] is not None]
    assert all(np.isfinite(fulls))


@pytest.mark.parametrize(
    "keys", [LBFGS | {"BATCH_SHOTS": 2, "BATCH_CHOICE": 1}, ADAM | {"BATCH_SHOTS": 2}], ids=["lbfgs", "adam"]
)
def test_groups_of_processes_change_nothing_bitwise(project, tmp_path, environment, keys, monkeypatch):
    """Two shots on two groups: each group simulates shots whose data the other one accounts for."""
    keys = keys | {"INVMAT": 0, "ITERMAX": 4, "BATCH_FULL": 3, "EPRECOND": 1}
    if keys["GRAD_METHOD"] == 2:
        keys |= {"INV_STF": 1, "PARA": "fdlsq", "N_STF": 2, "N_STF_START": 1, "SIGNAL_FILE": "stf"}
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    monkeypatch.chdir(folders[0])
    project.invert(folders[0], **keys)
    launch(2, project.file(folders[1], **keys), environment)
    for pattern in ("inv_*", "jac_*", "misfit.dat", *(["stf*"] if "INV_STF" in keys else [])):
        expected = files(folders[0], pattern)
        assert expected
        assert files(folders[1], pattern) == expected


def test_adam_that_goes_astray_is_brought_back(project, tmp_path):
    """A rate of 5 % makes the misfit several times larger at once; the stage ends with a model as good as the
    best one that was seen."""
    keys = ADAM | BATCHES | {"ADAM_LR": 0.05, "ADAM_EPS": 1e-4, "BATCH_FULL": 1}
    outcome = project.invert(tmp_path, ITERMAX=8, **keys)
    warnings = outcome.said("is more than twice its smallest: back to the model with")
    assert warnings
    lost = [int(line.split()[1].rstrip(":")) for line in warnings]
    records = outcome.records
    (begin,) = outcome.said("stage 1 begins with the misfit")
    fulls = [float(begin.split("misfit ")[1].split()[0]), *(r["full_misfit"] for r in records)]
    for number in lost:
        assert fulls[number] == pytest.approx(min(fulls[:number]), rel=1e-6)
        if number < len(records):
            assert records[number]["step"] == pytest.approx(0.5 * records[number - 1]["step"])
    assert fulls[-1] <= 2 * min(fulls)
    if len(lost) == 3:
        assert outcome.said("went astray 3 times")
        assert records[-1]["iteration"] == lost[-1]


def test_batches_stay_for_some_iterations_and_need_one_gradient_each(project, tmp_path):
    keys = LBFGS | BATCHES | {"BATCH_KEEP": 3, "BATCH_FULL": 10, "MAX_ITER": 7}
    records = project.invert(tmp_path, ITERMAX=20, **keys).records
    shots = [r["shots"] for r in records]
    assert len(records) == 7
    assert shots[0] == shots[1] == shots[2] != shots[3]
    assert shots[3] == shots[4] == shots[5] != shots[6]
    # a trial serves the next iteration unless that sees other shots
    assert [r["gradients"] - len(r["trials"]) for r in records] == [1, 0, 0, 1, 0, 0, 1]
    # known at the end of a stage in any case
    assert [r["full_misfit"] is None for r in records] == [True] * 6 + [False]


def test_a_failed_search_is_followed_by_the_next_shots():
    turn = Turn(3).after(True)
    assert (turn.number, turn.iterations) == (0, 1)
    assert turn.after(False) == Turn(3, 1)
    assert turn.after(True).after(True) == Turn(3, 1)
