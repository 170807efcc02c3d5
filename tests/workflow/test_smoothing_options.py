"""File tapers, smoothing, medians and kept preconditioners in a run: what they do to direction and model."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from denise_py.errors import DataError, ParameterError
from denise_py.gradient.smoothing import Smoothing, boxcar_deviation, median
from denise_py.gradient.tapers import circles
from denise_py.medium.model_io import write_grid_file
from denise_py.parameters.data_files import taper_names
from denise_py.parameters.models import PreconditionSettings
from denise_py.workflow.choices import shot_weighting
from denise_py.workflow.setup import prepare
from denise_py.workflow.shaping import KeptIllumination
from denise_py.workflow.stages import StagePlan
from tests.workflow.oracle import misfit_by_hand, shot_parts, size
from tests.workflow.project import DH, FREQUENCY, GRID, NAMES, NX, NY, SOURCES, Outcome, Project, read_grid
from tests.workflow.test_parallel_runs import launch

ENDINGS = {"vp": "", "vs": "_u", "rho": "_rho"}
SINGLE = 1e-5
ROUNDING = 1e-15  # of a model that has been divided by its largest value and multiplied with it
SOLID = np.zeros(GRID.shape, int)
PRECONDITION = PreconditionSettings(
    kind=3, epsilon=0.01, per_shot=False, iteration=2, epsilon_sh=0.01, per_shot_sh=False
)


@pytest.fixture(scope="module")
def start(project: Project) -> dict[str, np.ndarray]:
    return {name: read_grid(project.folder / f"start.{name}").astype(float) for name in NAMES}


def first_iteration(project: Project, folder, **changes) -> Outcome:
    return project.invert(folder, **({"ITERMAX": 1, "DTINV": 1} | changes))


def file_of(outcome: Outcome, kind: str, name: str) -> np.ndarray:
    return outcome.grid_file(f"jac_{kind}{ENDINGS[name]}.old").astype(float)


def assert_direction(outcome: Outcome, start, precondition) -> None:
    """direction = -P max^2 gradient with P = precondition(name, .) for every parameter."""
    for name in NAMES:
        expected = -precondition(name, start[name].max() ** 2 * file_of(outcome, "g", name))
        found = file_of(outcome, "c", name)
        np.testing.assert_allclose(found, expected, rtol=SINGLE, atol=SINGLE * np.abs(expected).max())


def assert_unchanged(outcome: Outcome, start, name: str, where: np.ndarray) -> None:
    change = np.abs(outcome.model[name] - start[name])
    assert np.all(change[where] <= ROUNDING * start[name].max())
    assert change[~where].max() > 1e-4 * start[name].max()


# --- tapers from files ------------------------------------------------------------------------------------


def tapers() -> dict[str, np.ndarray]:
    """A taper per parameter, zero in a part of the grid of its own."""
    y, x = np.mgrid[0:NY, 0:NX]
    return {
        "vp": np.clip((x - 20) / 20.0, 0, 1),
        "vs": np.clip((y - 12) / 10.0, 0, 1),
        "rho": np.where(x + y < 60, 0.5, 0.0),
    }


DENISE = {"vp": "tp.bin", "vs": "ts.bin", "rho": "tr.bin"}
IFOS2D = {name: f"taper.{name}" for name in NAMES}
KEYS_DENISE = {"TAPER_FILE_NAME": "tp.bin", "TAPER_FILE_NAME_U": "ts.bin", "TAPER_FILE_NAME_RHO": "tr.bin"}


def write_tapers(folder, names, values=None, ending="") -> None:
    for name, taper in (values or tapers()).items():
        write_grid_file(folder / (names[name] + ending), taper)


def taper_keys(folder, ifos: bool = False) -> dict[str, object]:
    if ifos:
        return {"TAPER_FILE_NAME": folder / "taper"}
    return {key: folder / name for key, name in KEYS_DENISE.items()}


@pytest.mark.parametrize("ifos", [False, True])
def test_file_taper_is_the_weight_of_its_parameter(project, tmp_path, start, ifos):
    write_tapers(tmp_path, IFOS2D if ifos else DENISE)
    outcome = first_iteration(project, tmp_path, SWS_TAPER_FILE=1, **taper_keys(tmp_path, ifos))
    taper = {name: values.astype(np.float32).astype(float) for name, values in tapers().items()}
    assert_direction(outcome, start, lambda name, g: taper[name] * g)
    for name in NAMES:
        saved = read_grid(tmp_path / f"taper_coeff_file{ENDINGS[name]}.bin")
        assert np.array_equal(saved, taper[name].astype(np.float32))


@pytest.mark.parametrize("method", [1, 2])
def test_nothing_changes_where_a_file_taper_is_zero(project, tmp_path, start, method):
    write_tapers(tmp_path, DENISE)
    keys = {"GRAD_METHOD": method, "ITERMAX": 4, "EPRECOND": 3, "SPATFILTER": 1, "SPAT_FILT_SIZE": 3}
    keys |= {"SPAT_FILT_1": 1, "SPAT_FILT_ITER": 0, "GRAD_FILTER": 1, "FILT_SIZE_GRAD": 3}
    outcome = project.invert(tmp_path, SWS_TAPER_FILE=1, **keys, **taper_keys(tmp_path))
    for name, taper in tapers().items():
        assert_unchanged(outcome, start, name, taper == 0)
    assert np.all(np.diff(outcome.misfits) < 0)


def test_taper_of_a_stage(project, tmp_path, start):
    """Stage 2 has files of its own for vs; the rest is taken over."""
    write_tapers(tmp_path, IFOS2D)
    write_grid_file(tmp_path / "taper_2.vs", np.where(np.arange(NX) < 30, 1.0, 0.0) * np.ones(GRID.shape))
    keys = {"TIME_FILT": 1, "FC_START": 30, "FC_END": 50, "FC_INCR": 20, "ORDER": 4, "PRO": 0.9, "ITERMAX": 4}
    outcome = project.invert(tmp_path, SWS_TAPER_FILE=1, **keys, **taper_keys(tmp_path, ifos=True))
    assert [record["stage"] for record in outcome.records] == [1, 1, 1, 2]
    before = outcome.grid_file("inv_vs_it3.bin")
    change = outcome.grid_file("inv_vs_it4.bin") - before
    assert np.all(change[:, 30:] == 0)
    assert np.any(change[:12, :30] != 0)
    assert np.array_equal(before[:12], start["vs"][:12].astype(np.float32))


def test_tapers_of_single_shots(project, tmp_path, tmp_path_factory, start):
    """Averages with the size of the gradients, for every parameter with its own files."""
    parts = shot_parts(project, tmp_path_factory.mktemp("parts"))
    rng = np.random.default_rng(5)
    files = [{name: rng.random(GRID.shape) for name in NAMES} for _ in parts]
    for number, values in enumerate(files, start=1):
        write_tapers(tmp_path, DENISE, values, f".shot{number}")
    circle = {"SWS_TAPER_CIRCULAR_PER_SHOT": 1, "SRTSHAPE": 1, "SRTRADIUS": 14.0, "FILTSIZE": 2}
    outcome = first_iteration(project, tmp_path, SWS_TAPER_FILE_PER_SHOT=1, **circle, **taper_keys(tmp_path))
    sizes = [size(part, start) for part in parts]
    nodes = [(round(x / DH), round(y / DH)) for x, y in SOURCES]
    discs = [circles(GRID, [node], 1, 14.0, 2) for node in nodes]

    def precondition(name, g):
        shares = zip(files, discs, sizes, strict=True)
        return g * sum(values[name] * disc * s for values, disc, s in shares) / sum(sizes)

    assert_direction(outcome, start, precondition)


def test_trouble_with_taper_files_is_named(project, tmp_path):
    keys = {"SWS_TAPER_FILE": 1} | taper_keys(tmp_path)
    with pytest.raises(DataError, match=r"TAPER_FILE_NAME_U = .*ts.bin does not exist"):
        first_iteration(project, tmp_path, **keys)
    write_tapers(tmp_path, DENISE)
    np.zeros(7, "<f4").tofile(tmp_path / "tr.bin")
    with pytest.raises(DataError, match=r"tr.bin has 28 bytes, but 9600 are needed"):
        first_iteration(project, tmp_path, **keys)
    write_tapers(tmp_path, DENISE, {"vs": -tapers()["vs"], "rho": np.full(GRID.shape, np.nan)})
    with pytest.raises(DataError) as caught:
        first_iteration(project, tmp_path, **keys)
    first, second = str(caught.value).splitlines()
    assert "ts.bin" in first
    assert "values are negative (lowest -1)" in first
    assert "tr.bin" in second
    assert "not finite" in second
    with pytest.raises(ParameterError, match="TAPER_FILE_NAME"):
        first_iteration(project, tmp_path, SWS_TAPER_FILE=1)


def test_names_of_taper_files_in_their_order():
    assert taper_names("t", "u", "vs") == ("u", "t.vs")
    assert taper_names("t", "", "vs", shot=3) == ("t.shot3.vs",)
    assert taper_names("t", "t", "vp", stage=2) == ("t_2", "t_2.vp", "t", "t.vp")
    names = taper_names("t", "", "rho", shot=3, stage=2)
    assert names == ("t_2.shot3.rho", "t.shot3_2.rho", "t.shot3.rho")


def test_files_of_a_later_stage_are_looked_at_before_the_run(project, tmp_path):
    write_tapers(tmp_path, IFOS2D)
    (tmp_path / "taper_2.rho").write_bytes(b"half")
    keys = {"TIME_FILT": 1, "FC_START": 30, "FC_END": 50, "FC_INCR": 20, "ORDER": 4, "SWS_TAPER_FILE": 1}
    with pytest.raises(DataError, match=r"taper_2.rho: 4 bytes found, 9600 needed"):
        prepare(project.settings(tmp_path, INVMAT=0, **keys, **taper_keys(tmp_path, ifos=True)))


def test_tapers_above_one_are_told(project, tmp_path):
    write_tapers(tmp_path, DENISE)
    write_grid_file(tmp_path / "tp.bin", 2 * tapers()["vp"])
    settings = project.settings(tmp_path, INVMAT=0, SWS_TAPER_FILE=1, **taper_keys(tmp_path))
    assert any("tp.bin: values up to 2" in warning for warning in prepare(settings).warnings)


# --- weights ----------------------------------------------------------------------------------------------


def test_weight_growing_with_depth(project, tmp_path, start):
    outcome = first_iteration(project, tmp_path, EXP_TAPER_GRAD_HOR=1.5)
    growth = (np.arange(1, NY + 1)[:, None] / NY) ** 1.5
    assert_direction(outcome, start, lambda name, g: growth * g)
    np.testing.assert_allclose(
        read_grid(tmp_path / "taper_coeff_depth.bin"), growth * np.ones(GRID.shape), rtol=1e-6
    )


@pytest.mark.parametrize("factor", [0.25, 0.0])
def test_density_is_damped(project, tmp_path, start, factor):
    outcome = first_iteration(project, tmp_path, SCALERHO=factor)
    assert_direction(outcome, start, lambda name, g: g * (factor if name == "rho" else 1.0))
    if factor == 0.0:
        assert np.array_equal(outcome.grid_file("inv_rho.bin"), start["rho"].astype(np.float32))


# --- smoothing --------------------------------------------------------------------------------------------

ALONG_X = {"SPATFILTER": 1, "SPAT_FILT_SIZE": 6, "SPAT_FILT_1": 5, "SPAT_FILT_ITER": 0}


def smoothing_along_x(half: int, first: int) -> Smoothing:
    rows = np.arange(1, NY + 1)[:, None] >= first
    return Smoothing(boxcar_deviation(half) * rows, 0.0, SOLID)


def test_smoothing_along_x(project, tmp_path, start):
    outcome = first_iteration(project, tmp_path, **ALONG_X)
    smooth = smoothing_along_x(6, 5)
    assert_direction(outcome, start, lambda name, g: smooth(g))
    assert outcome.misfits[-1] < outcome.misfits[0]


def test_smoothing_stands_between_the_roots_of_the_weight(project, tmp_path, start):
    outcome = first_iteration(project, tmp_path, EPRECOND=3, **ALONG_X)
    root = np.sqrt(outcome.grid_file("jac_approx_hessian_it1.bin").astype(float))
    smooth = smoothing_along_x(6, 5)
    assert_direction(outcome, start, lambda name, g: root * smooth(root * g))


@pytest.mark.parametrize(("shrinks", "halves"), [(1, (2, 1, 0)), (0, (2, 2, 2))])
def test_smoothing_shrinks_and_ends(project, tmp_path, shrinks, halves):
    """The gradient on disk is that of the last iteration, so there is a run for each."""
    for iteration, half in enumerate(halves, start=1):
        keys = ALONG_X | {"SPAT_FILT_SIZE": 2, "SPAT_FILT_ITER": shrinks, "ITERMAX": iteration}
        outcome = project.invert(tmp_path, **keys)
        expected = smoothing_along_x(half, 5)(file_of(outcome, "g", "vs"))
        found = outcome.grid_file(f"jac_p_u_it{iteration}.old")
        np.testing.assert_allclose(found, expected, atol=SINGLE * np.abs(expected).max())


@pytest.mark.parametrize("filtered", [False, True])
def test_smoothing_in_local_wavelengths(project, tmp_path, start, filtered):
    keys = {"SPATFILTER": 4, "WD_DAMP": 0.3, "WD_DAMP1": 0.1}
    band = {"TIME_FILT": 1, "FC_START": 40, "FC_END": 40, "FC_INCR": 0, "ORDER": 4} if filtered else {}
    outcome = first_iteration(project, tmp_path, **keys, **band)
    wavelength = start["vs"] / (40 if filtered else FREQUENCY) / DH
    smooth = Smoothing(0.3 * wavelength, 0.1 * wavelength, SOLID)
    assert_direction(outcome, start, lambda name, g: smooth(g))


@pytest.mark.parametrize("method", [1, 2])
@pytest.mark.parametrize(
    "keys", [ALONG_X, {"SPATFILTER": 4, "WD_DAMP": 0.2, "WD_DAMP1": 0.1}], ids=["along x", "wavelengths"]
)
def test_smoothed_runs_descend_to_smoother_models(project, tmp_path, plain, plain_lbfgs, start, keys, method):
    unsmoothed = plain if method == 1 else plain_lbfgs
    iterations = len(unsmoothed.records)
    outcome = project.invert(tmp_path, GRAD_METHOD=method, ITERMAX=iterations, **keys)
    assert np.all(np.diff(outcome.misfits) < 0)

    def roughness(model):
        change = model["vs"] - start["vs"]
        return np.linalg.norm(np.diff(change, axis=1)) / np.linalg.norm(change)

    assert roughness(outcome.model) < 0.9 * roughness(unsmoothed.model)


# --- median of the direction ------------------------------------------------------------------------------


def test_median_of_the_direction(project, tmp_path, start):
    outcome = first_iteration(project, tmp_path, GRAD_FILTER=1, FILT_SIZE_GRAD=4)
    assert_direction(outcome, start, lambda name, g: median(g, 5))
    assert outcome.misfits[-1] < outcome.misfits[0]


def test_median_size_from_the_wavelength(project, tmp_path, start):
    band = {"TIME_FILT": 1, "FC_START": 30, "FC_END": 30, "FC_INCR": 0, "ORDER": 4}
    keys = {"GRAD_FILTER": 1, "GRAD_FILT_WAVELENGTH": 1, "A": 0.8} | band
    outcome = first_iteration(project, tmp_path, **keys)
    points = int(0.8 * start["vs"].mean() / 30 / DH)
    assert points == 8
    assert_direction(outcome, start, lambda name, g: median(g, 9))


@pytest.mark.parametrize("method", [1, 2])
def test_filtered_runs_descend(project, tmp_path, plain, method):
    outcome = project.invert(tmp_path, GRAD_METHOD=method, ITERMAX=3, GRAD_FILTER=1, FILT_SIZE_GRAD=3)
    assert np.all(np.diff(outcome.misfits) < 0)
    assert not np.array_equal(outcome.model["vs"], plain.model["vs"])


# --- median of the model ----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [1, 2])
def test_model_is_filtered_and_its_misfit_is_its_own(project, tmp_path, tmp_path_factory, method):
    keys = {"MODEL_FILTER": 1, "FILT_SIZE": 3, "ITERMAX": 2, "GRAD_METHOD": method}
    outcome = project.invert(tmp_path, **keys)
    unfiltered = project.invert(tmp_path_factory.mktemp("free"), **(keys | {"MODEL_FILTER": 0, "ITERMAX": 1}))
    for name in NAMES:
        expected = median(unfiltered.model[name], 3)
        np.testing.assert_allclose(outcome.grid_file(f"inv_{name}_it1.bin"), expected, rtol=1e-6)
        write_grid_file(tmp_path / f"last.{name}", outcome.grid_file(f"inv_{name}_it2.bin"))
    assert outcome.said("the median filter changed the model")
    by_hand = misfit_by_hand(project, tmp_path, model=tmp_path / "last")
    assert outcome.records[-1]["misfit_after"] == pytest.approx(by_hand, rel=1e-4)
    assert outcome.records[0]["misfit_after"] == outcome.records[1]["misfit_before"]


def test_size_one_filters_nothing(project, tmp_path, plain):
    outcome = project.invert(tmp_path, MODEL_FILTER=1, FILT_SIZE=1, GRAD_FILTER=1, FILT_SIZE_GRAD=0)
    assert all(np.array_equal(outcome.model[name], plain.model[name]) for name in NAMES)


def test_a_frozen_water_layer_stays_bitwise(project, tmp_path):
    """vs = 0 in the upper rows, and a file taper that keeps vp and rho there; sources below."""
    for base in ("true", "start"):
        for name in NAMES:
            model = read_grid(project.folder / f"{base}.{name}").copy()
            if name == "vs":
                model[:5] = 0.0
            write_grid_file(tmp_path / f"{base}.{name}", model)
    (tmp_path / "sources.dat").write_text("3\n" + "".join(f"{x} 0 20 0 30 1e6 0 3\n" for x in (30, 60, 90)))
    files = {"SOURCE_FILE": tmp_path / "sources.dat"}
    project.forward(tmp_path, MFILE=tmp_path / "true", SEIS_FILE=tmp_path / "obs", **files)
    below = np.where(np.arange(NY)[:, None] < 5, 0.0, 1.0) * np.ones(GRID.shape)
    write_tapers(tmp_path, DENISE, dict.fromkeys(NAMES, below))
    keys = {"MFILE": tmp_path / "start", "DATA_DIR": tmp_path / "obs", "SWS_TAPER_FILE": 1, "ITERMAX": 2}
    keys |= {"MODEL_FILTER": 1, "FILT_SIZE": 5, "GRAD_METHOD": 2} | ALONG_X
    outcome = project.invert(tmp_path, **keys, **files, **taper_keys(tmp_path))
    for name in NAMES:
        before, after = read_grid(tmp_path / f"start.{name}"), outcome.grid_file(f"inv_{name}.bin")
        assert np.array_equal(after[:5], before[:5])
        assert np.any(after[5:] != before[5:])
    assert outcome.model["vs"][5].min() > 500, "the filter does not reach into the water"


# --- kept preconditioner ----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [1, 2])
def test_preconditioner_of_one_iteration_is_kept(project, tmp_path, method):
    keys = {"EPRECOND": 1, "EPRECOND_ITER": 2, "ITERMAX": 4, "GRAD_METHOD": method}
    outcome = project.invert(tmp_path, **keys)
    weights = [outcome.grid_file(f"jac_approx_hessian_it{k}.bin") for k in (1, 2, 3, 4)]
    assert np.all(weights[0] == 1.0)
    assert weights[1].min() < 0.5
    assert np.array_equal(weights[1], weights[2])
    assert np.array_equal(weights[1], weights[3])
    assert np.all(np.diff(outcome.misfits) < 0)
    free = project.invert(tmp_path, **(keys | {"EPRECOND_ITER": 0}))
    assert not np.array_equal(weights[2], free.grid_file("jac_approx_hessian_it3.bin"))


def test_tapers_act_before_the_preconditioner_is_kept(project, tmp_path, start):
    write_tapers(tmp_path, DENISE)
    keys = {"EPRECOND": 3, "EPRECOND_ITER": 5, "SWS_TAPER_FILE": 1} | taper_keys(tmp_path)
    outcome = first_iteration(project, tmp_path, **keys)
    taper = {name: values.astype(np.float32).astype(float) for name, values in tapers().items()}
    assert_direction(outcome, start, lambda name, g: taper[name] * g)


def test_kept_weight_is_made_anew_for_another_kind():
    kept, chosen = KeptIllumination(), PRECONDITION
    first, second = np.full((2, 2), 0.5), np.full((2, 2), 0.7)
    assert np.all(kept.use(first, chosen, 1) == 1.0)
    assert np.array_equal(kept.use(first, chosen, 2), first)
    assert np.array_equal(kept.use(second, chosen, 3), first)
    other = chosen.model_copy(update={"kind": 1})
    assert np.array_equal(kept.use(second, other, 4), second)
    off = chosen.model_copy(update={"kind": 0})
    assert np.array_equal(kept.use(first, off, 5), first)


# --- SH waves, processes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("own", "expected"), [(None, 0.02), (0.3, 0.3)])
def test_sh_waves_have_their_own_water_level_and_switch(project, tmp_path, own, expected):
    keys = {"WAVETYPE": 2, "QUELLART_SH": 1, "EPRECOND": 3, "EPSILON_WE": 0.02, "EPSILON_WE_SH": own}
    for switch in (0, 1):
        settings = project.settings(tmp_path, INVMAT=0, EPRECOND_PER_SHOT_SH=switch, **keys)
        setup = SimpleNamespace(settings=settings)
        found = shot_weighting(setup, StagePlan(1, settings), ("vs", "rho"))
        assert (found.kind, found.epsilon, found.per_shot) == (3, expected, bool(switch))


def test_stages_set_the_water_level_of_sh_waves_unless_it_has_its_own(project, tmp_path):
    keys = {"WAVETYPE": 2, "QUELLART_SH": 1, "EPRECOND": 3, "EPSILON_WE": 0.02}
    for own, expected in ((None, 0.1), (0.3, 0.3)):
        settings = project.settings(tmp_path, INVMAT=0, EPSILON_WE_SH=own, **keys)
        changed = settings.precondition.model_copy(update={"epsilon": 0.1})
        plan = StagePlan(2, settings.model_copy(update={"precondition": changed}))
        assert shot_weighting(SimpleNamespace(settings=settings), plan, ("vs",)).epsilon == expected


def test_two_groups_give_the_same_model_bitwise(project, tmp_path, tmp_path_factory, environment):
    """With tapers of single shots, smoothing and both medians."""
    rng = np.random.default_rng(6)
    for number in (1, 2, 3):
        values = {name: rng.random(GRID.shape) for name in NAMES}
        write_tapers(tmp_path, DENISE, values, f".shot{number}")
    keys = {"SWS_TAPER_FILE_PER_SHOT": 1, "EPRECOND": 1, "EPRECOND_ITER": 1, "GRAD_METHOD": 2, "ITERMAX": 2}
    keys |= {"GRAD_FILTER": 1, "FILT_SIZE_GRAD": 3, "MODEL_FILTER": 1, "FILT_SIZE": 3}
    keys |= ALONG_X | taper_keys(tmp_path)
    alone = project.invert(tmp_path_factory.mktemp("alone"), **keys)
    launch(2, project.file(tmp_path, INVMAT=0, **keys), environment)
    for pattern in ("inv_*", "jac_*", "misfit.dat"):
        expected = sorted(alone.folder.glob(pattern))
        assert expected
        for file in expected:
            assert (tmp_path / file.name).read_bytes() == file.read_bytes(), file.name


def test_both_waves_have_their_own_weights(project, tmp_path):
    """P-SV and SH waves together: the switches and water levels of both reach the weight."""
    waves = {"WAVETYPE": 3, "QUELLART_SH": 1}
    project.forward(tmp_path, MFILE=project.folder / "true", SEIS_FILE=tmp_path / "obs", **waves)
    keys = waves | {"DATA_DIR": tmp_path / "obs", "EPRECOND": 3, "EPSILON_WE": 0.01}

    def weight(**changes) -> np.ndarray:
        first_iteration(project, tmp_path, **(keys | changes))
        return read_grid(tmp_path / "jac_approx_hessian_it1.bin")

    plain = weight()
    assert np.array_equal(weight(EPSILON_WE_SH=0.01), plain)
    changes = (
        {"EPSILON_WE_SH": 0.2},
        {"EPRECOND_PER_SHOT_SH": 1},
        {"EPRECOND_PER_SHOT": 1},
        {"EPSILON_WE": 0.2},
    )
    for change in changes:
        assert np.max(np.abs(weight(**change) - plain)) > 0.01
