"""Several shots in one simulation: exact for the true model, the right gradient on the average."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from denise_py.errors import ParameterError
from denise_py.parameters.models import BatchSettings
from denise_py.traces.su import trace_dtype
from denise_py.workflow.encoding import Code, joined_traces
from denise_py.workflow.samples import Sample, Samples
from tests.workflow.project import DT, NT
from tests.workflow.test_batches import files, launch, line

FILTER = {"TIME_FILT": 1, "FC_START": 30, "FC_END": 30, "FC_INCR": 0, "ORDER": 4}
DELAYS = (7, 0, 19)
ENCODED = {"ENCODE": 1, "ENCODE_SHIFT": 0.02, "BATCH_FULL": 4}


def together(signs, delays=(0, 0, 0), groups=((1, 2, 3),)):
    """All three shots with signs and delays, in one simulation or several."""
    codes = tuple(tuple(Code(n, signs[n - 1], delays[n - 1]) for n in group) for group in groups)
    return Sample((1, 2, 3), 1.0, codes)


def all_signs():
    return product((-1, 1), repeat=3)


def samples(count, joined, shift=0.0, seed=1):
    chosen = BatchSettings(shots=0, choice=2, full_every=10, keep=1, seed=seed, joined=joined, shift=shift)
    return Samples.of(line(count), chosen, 0.001)


# --- codes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("joined", [1, 3, 8])
def test_all_shots_are_dealt_to_the_simulations(joined):
    found = samples(8, joined, 0.01)
    for k in range(20):
        sample = found.draw(1, k)
        assert sample.numbers == tuple(range(1, joined + 1))
        assert sorted(code.shot for codes in sample.joined for code in codes) == list(range(1, 9))
        assert max(len(codes) for codes in sample.joined) - min(len(codes) for codes in sample.joined) <= 1
        assert {code.sign for codes in sample.joined for code in codes} <= {-1, 1}
        assert all(0 <= code.delay <= 10 for codes in sample.joined for code in codes)
    assert found.draw(1, 3) == samples(8, joined, 0.01).draw(1, 3)
    assert found.draw(1, 3) != samples(8, joined, 0.01, seed=2).draw(1, 3)
    assert found.draw(1, 3) != found.draw(2, 3)


def test_signs_and_delays_have_the_moments_they_should():
    """Mean 0 and no correlation, delays uniform; 4000 draws, five standard deviations."""
    found, draws = samples(4, 1, 0.01), 4000
    codes = [found.draw(1, k).joined[0] for k in range(draws)]
    signs = np.array([[code.sign for code in one] for one in codes])
    delays = np.array([[code.delay for code in one] for one in codes])
    second = signs.T @ signs / draws
    assert np.all(np.abs(signs.mean(axis=0)) < 5 / np.sqrt(draws))
    assert np.all(np.abs(second - np.eye(4)) < 5 / np.sqrt(draws))
    assert np.all(np.abs(delays.mean(axis=0) - 5) < 5 * np.sqrt(10.0 / draws))
    counts = np.bincount(delays.ravel(), minlength=11)
    expected = 4 * draws / 11
    assert np.all(np.abs(counts - expected) < 5 * np.sqrt(expected))
    assert abs(np.mean(signs * delays)) < 5 * np.sqrt(35.0 / (4 * draws))


def test_joined_traces():
    first, second = np.arange(1.0, 5.0)[None], np.full((1, 4), 10.0)
    found = joined_traces([first, second], [Code(1, 1, 1), Code(2, -1, 0)])
    np.testing.assert_array_equal(found, [[-10.0, -9.0, -8.0, -7.0]])


# --- the misfit -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "keys", [{}, FILTER, {"VELOCITY": 0}, {"QUELLTYPB": 5}], ids=["", "filter", "integrated", "with p"]
)
def test_nothing_is_left_in_the_true_model(project, tmp_path, keys):
    """The data are those of single simulations in single precision, whose sum rounds differently: relative
    errors of the traces of some 1e-7 times a few hundred steps, squared."""
    keys = {"dtype": np.float32, "everywhere": True, "MFILE": project.folder / "true"} | keys
    objective, scaling, setup = project.objective(tmp_path, **keys)
    p = scaling.vector(setup.model)
    assert objective.misfit(p) < 1e-12
    for signs in ((1, 1, 1), (-1, 1, -1)):
        for sample in (together(signs, DELAYS), together(signs, DELAYS, ((2,), (1, 3)))):
            objective.use(sample)
            assert objective.misfit(p) < 1e-10
    objective.use(Sample((1, 2, 3), 1.0, ((Code(1, 1, 0), Code(2, 1, 0), Code(3, 1, 1)),)))
    other = objective.misfit(p)
    objective._joined_data = objective._observed.join({1: together((1, 1, 1)).joined[0]})
    objective._known = None
    assert objective.misfit(p) > 1e3 * max(other, 1e-12)  # one sample of delay would be seen


def mean_over_all_signs_is_the_sum(objective, p):
    """Asserts it for misfit and gradient at p; returns those of all shots."""
    misfit, g = objective.misfit_and_gradient(p)
    found = []
    for signs in all_signs():
        objective.use(together(signs))
        found.append(objective.misfit_and_gradient(p))
    misfits, gradients = zip(*found, strict=True)
    assert np.mean(misfits) == pytest.approx(misfit, rel=1e-10)
    np.testing.assert_allclose(np.mean(gradients, axis=0), g, atol=1e-9 * np.abs(g).max())
    # the cross-talk of a single one
    assert np.linalg.norm(gradients[0] - g) > 0.1 * np.linalg.norm(g)
    return misfit, g


def test_mean_over_all_signs_is_the_sum_over_the_shots(project, tmp_path):
    """Products of different shots cancel exactly, in misfit and gradient."""
    objective, scaling, setup = project.objective(tmp_path, everywhere=True)
    p = scaling.vector(setup.model)
    misfit, _ = mean_over_all_signs_is_the_sum(objective, p)
    assert objective.full_misfit(p) == misfit


def test_mean_over_all_signs_with_delays_loses_the_end_of_the_record_alone(project, tmp_path):
    """It is the sum over shots that are simulated alone with their delays, which differs from that without
    delays by what arrives at the end."""
    objective, scaling, setup = project.objective(tmp_path, everywhere=True)
    p = scaling.vector(setup.model)
    misfit, _ = objective.misfit_and_gradient(p)
    objective.use(together((1, 1, 1), DELAYS, ((1,), (2,), (3,))))
    alone, g = objective.misfit_and_gradient(p)
    gradients = []
    for signs in all_signs():
        objective.use(together(signs, DELAYS))
        gradients.append(objective.misfit_and_gradient(p)[1])
    np.testing.assert_allclose(np.mean(gradients, axis=0), g, atol=1e-9 * np.abs(g).max())
    assert alone < misfit
    objective.use(together((1, 1, 1), (0, 0, 0), ((1,), (2,), (3,))))
    assert objective.misfit(p) == pytest.approx(misfit, rel=1e-12)


def test_mean_over_random_codes_tends_to_the_sum(project, tmp_path):
    """n codes: the mean of the misfit is within five standard errors, which the codes themselves tell."""
    objective, scaling, setup = project.objective(tmp_path, everywhere=True, dtype=np.float32, ENCODE=2)
    p = scaling.vector(setup.model)
    misfit, g = objective.misfit_and_gradient(p)
    found = Samples.of(setup.shots, setup.settings.batches, DT)
    along, misfits, n = [], [], 60
    for k in range(n):
        objective.use(found.draw(1, k))
        one, slope = objective.misfit_and_gradient(p)
        misfits.append(one)
        along.append(slope @ g / (g @ g))
    assert abs(np.mean(misfits) - misfit) < 5 * np.std(misfits) / np.sqrt(n)
    assert abs(np.mean(along) - 1) < 5 * np.std(along) / np.sqrt(n)


def test_gradient_is_the_derivative_of_the_misfit(project, tmp_path):
    objective, scaling, setup = project.objective(tmp_path, everywhere=True, **FILTER)
    p = scaling.vector(setup.model)
    objective.use(together((1, -1, 1), DELAYS))
    misfit, g = objective.misfit_and_gradient(p)
    d = np.random.default_rng(3).standard_normal(p.size)
    steps = 2e-3 * 0.5 ** np.arange(4)
    remainders = [abs(objective.misfit(p + h * d) - misfit - h * (g @ d)) for h in steps]
    np.testing.assert_allclose(np.diff(np.log2(remainders))[1:], -2.0, atol=0.05)


# --- inversions -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [1, 2, 3])
def test_misfit_of_all_shots_falls(project, tmp_path, method):
    outcome = project.invert(tmp_path, ITERMAX=12, GRAD_METHOD=method, ADAM_LR=0.005, **ENCODED)
    records = outcome.records
    (begin,) = outcome.said("stage 1 begins with the misfit")
    first = float(begin.split("misfit ")[1].split()[0])
    fulls = [record["full_misfit"] for record in records]
    assert [n + 1 for n, full in enumerate(fulls) if full is not None] == [4, 8, 12]
    assert fulls[-1] < 0.6 * first
    assert all((record["shots"], record["simulations"]) == ([1, 2, 3], 1) for record in records)
    assert len(outcome.said(" of 3 shots in 1 simulation,")) == 12


@pytest.mark.parametrize("joined", [1, 2])
def test_groups_of_processes_change_nothing_bitwise(project, tmp_path, environment, joined):
    """With one simulation the second group has nothing to do."""
    keys = {"INVMAT": 0, "ITERMAX": 3, "GRAD_METHOD": 2, "EPRECOND": 1} | ENCODED | {"ENCODE": joined}
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    project.invert(folders[0], **keys)
    launch(2, project.file(folders[1], **keys), environment)
    for pattern in ("inv_*", "jac_*", "misfit.dat"):
        expected = files(folders[0], pattern)
        assert expected
        assert files(folders[1], pattern) == expected


def test_receivers_without_a_trace_of_some_shot_do_not_count(project, tmp_path):
    """Trace 4 of shot 2 is dead: no sum of shots has a trace there, synthetic or observed."""
    data = tmp_path / "data"
    data.mkdir()
    for path in project.folder.glob("obs_*"):
        (data / path.name).write_bytes(path.read_bytes())
    for name in ("x", "y"):
        traces = np.fromfile(data / f"obs_{name}.su.shot2", trace_dtype(NT))
        traces["samples"][3] = 0.0
        traces.tofile(data / f"obs_{name}.su.shot2")
    outcome = project.invert(tmp_path, ITERMAX=1, DATA_DIR=data / "obs", GRAD_METHOD=2, **ENCODED)
    assert outcome.said("2 receivers have no trace of some shot")
    keys = {"DATA_DIR": data / "obs", "everywhere": True, "MFILE": project.folder / "true"}
    objective, scaling, setup = project.objective(tmp_path, dtype=np.float32, **keys)
    objective.use(together((1, -1, 1), DELAYS))
    assert objective.misfit(scaling.vector(setup.model)) < 1e-10


def test_receivers_of_single_shots_are_refused(project, tmp_path):
    streamer = {"READREC": 2, "XREC1": 34, "YREC1": 50, "XREC2": 44, "YREC2": 50, "NGEOPH": 2}
    with pytest.raises(ParameterError, match=r"ENCODE = 1 joins shots .* those of shot 2 are not"):
        project.invert(tmp_path, **(ENCODED | streamer))


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"LNORM": 5}, "LNORM = 2 only"),
        ({"SEISMO": 1}, "SEISMO = 0 only"),
        (
            {"INV_STF": 1, "PARA": "fdlsq", "N_STF": 1, "N_STF_START": 1, "SIGNAL_FILE": "s"},
            "INV_STF = 0 only",
        ),
        (
            {"TIMEWIN": 1, "PICKS_FILE": "p", "TWLENGTH_PLUS": 1, "TWLENGTH_MINUS": 1, "GAMMA": 1},
            "TIMEWIN = 0",
        ),
        ({"SWS_TAPER_FILE_PER_SHOT": 1, "TAPER_FILE_NAME": "t"}, "SWS_TAPER_FILE_PER_SHOT = 0"),
    ],
    ids=lambda x: next(iter(x)) if isinstance(x, dict) else "",
)
def test_what_needs_single_shots_is_refused(project, tmp_path, keys, words):
    with pytest.raises(ParameterError, match=words):
        project.settings(tmp_path, INVMAT=0, **(ENCODED | keys))
