"""STORAGE, DTINV and MEMORY_LIMIT in whole runs: the same gradients, what the log says, what is refused."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from denise_py.errors import ResourceError
from denise_py.fd.cpml import LayerParameters
from denise_py.fd.weights import stencil
from denise_py.gradient.storage import Layout
from denise_py.grid import Grid, TimeAxis
from denise_py.medium.attenuation import Relaxation
from denise_py.medium.model import Medium
from denise_py.parallel.comm import SerialComm
from denise_py.parallel.domain import decompose
from denise_py.physics.registry import physics
from denise_py.propagate import Propagator, Scheme, numbers_in_run
from denise_py.traces.filters import BandFilter
from denise_py.workflow import keeping
from denise_py.workflow.keeping import MemoryLimit, highest_source_frequency, keep
from denise_py.workflow.memory import free_memory, physical_memory
from denise_py.workflow.observed import ObservedData, bytes_of_traces
from denise_py.workflow.setup import divide_processes, prepare
from denise_py.workflow.stages import plan_stages
from tests.workflow.project import NAMES, NX, NY

ONE = {"ITERMAX": 1, "DTINV": 4}


@pytest.fixture(scope="module")
def plain(project, tmp_path_factory):
    """One iteration with every fourth step kept."""
    return project.invert(tmp_path_factory.mktemp("plain"), **ONE)


def said(outcome) -> str:
    (line,) = outcome.said("forward wavefield kept")
    return line


def assert_same(one, other) -> None:
    for name in NAMES:
        np.testing.assert_array_equal(one.model[name], other.model[name])


def test_as_it_is(plain):
    """40 steps of five fields in single precision."""
    size = 40 * 5 * NX * NY * 4 / 1e6
    expected = f"forward wavefield kept: every 4th step, 5 of 5 fields; {size:.3g} MB per process"
    assert said(plain) == expected


def test_checkpoints_change_nothing(project, tmp_path, plain):
    found = project.invert(tmp_path, STORAGE="checkpoint", **ONE)
    assert_same(found, plain)
    assert "segments from checkpoints (same gradient)" in said(found)
    assert "% longer" in said(found)


def test_checkpoints_beyond_the_end_of_the_records(project, tmp_path):
    """The last segment holds steps after the records, too."""
    plain, found = (
        project.invert(make(tmp_path, way), STORAGE=way, ITERMAX=1, DTINV=0)
        for way in ("decimated", "checkpoint")
    )
    assert_same(found, plain)
    assert "steps beyond the end" in said(found)
    assert "segments from checkpoints" in said(found)


def test_checkpoints_with_gauss_newton_steps(project, tmp_path):
    """The products read the forward field forward and backward."""
    keys = {"GRAD_METHOD": 5, "GN_PRODUCTS": 2, "ITERMAX": 1, "DTINV": 4}
    plain, found = (
        project.invert(make(tmp_path, way), STORAGE=way, **keys) for way in ("decimated", "checkpoint")
    )
    assert_same(found, plain)


def make(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


def test_every_step(project, tmp_path):
    """STORAGE = full does not look at DTINV, and says so."""
    given = project.invert(make(tmp_path, "given"), STORAGE="full", **ONE)
    assert_same(given, project.invert(make(tmp_path, "one"), ITERMAX=1, DTINV=1))
    assert "every step, 5 of 5 fields" in said(given)
    settings = project.settings(tmp_path, INVMAT=0, STORAGE="full", **ONE)
    assert any("STORAGE = full keeps every time step: DTINV = 4" in text for text in settings.warnings)


def test_sixteen_bits(project, tmp_path, plain):
    found = project.invert(tmp_path, STORAGE="half", **ONE)
    assert "in 16 bits (relative error of the gradient below 0.0001)" in said(found)
    for name in ("jac_g.old", "jac_g_u.old", "jac_g_rho.old"):
        one, other = found.grid_file(name), plain.grid_file(name)
        assert 0 < np.linalg.norm(one - other) <= 1e-4 * np.linalg.norm(other), name


def test_steps_from_the_spectrum(project, tmp_path, plain):
    """DTINV = 0: the wavelet of 30 Hz has 40 dB less at 2.76 times that, and a low-pass takes more away."""
    found = project.invert(make(tmp_path, "chosen"), ITERMAX=1, DTINV=0)
    assert "every 4th step (DTINV from the highest frequency 8" in said(found)
    assert re.search(r", \d\d steps beyond the end, 5 of 5 fields", said(found))
    # the records end while waves arrive: a sum over every 4th step alone is wrong
    exact = project.invert(make(tmp_path, "exact"), ITERMAX=1, DTINV=1)
    for name in ("jac_g.old", "jac_g_u.old", "jac_g_rho.old"):
        whole = exact.grid_file(name)
        one, other = (np.linalg.norm(run.grid_file(name) - whole) for run in (found, plain))
        assert one <= 1e-3 * np.linalg.norm(whole)
        assert other > 5 * one
    setup = prepare(project.settings(tmp_path, TIME=1.0))
    none, band = (highest_source_frequency(setup, b, {}, SerialComm()) for b in (None, BandFilter(10, 0, 6)))
    assert none == pytest.approx(2.76 * 30, rel=0.02)
    assert 10 < band < 30
    # an estimated wavelet is in the band already
    shots = {shot.number: shot for shot in setup.shots}
    assert highest_source_frequency(setup, BandFilter(10, 0, 6), shots, SerialComm()) == none


def test_too_coarse(project, tmp_path):
    found = project.invert(tmp_path, ITERMAX=1, DTINV=8)
    (warning,) = found.said("too coarse")
    assert warning.startswith("DTINV = 8 is too coarse for sources with frequencies up to ")


def test_only_what_moves(project, tmp_path):
    """Columns that the taper leaves and those to their left, two fields for vp alone."""
    taper = {"SWS_TAPER_GRAD_VERT": 1, "GRADT1": 20, "GRADT2": 25, "GRADT3": 40, "GRADT4": 45}
    found = project.invert(tmp_path, INV_VS_ITER=9, INV_RHO_ITER=9, **ONE, **taper)
    assert "2 of 5 fields, columns 20 to 44, rows 1 to 40;" in said(found)
    gradient = found.grid_file("jac_g.old")
    assert not np.any(gradient[:, :19])
    assert not np.any(gradient[:, 44:])
    assert np.all(np.any(gradient[:, 20:43], axis=0))


def test_no_room(project, tmp_path):
    """One line that says what is needed; nothing has been written."""
    with pytest.raises(ResourceError) as caught:
        project.invert(tmp_path, MEMORY_LIMIT=0.1, **ONE)
    assert re.fullmatch(
        r"a process needs about \d+ MB for gradients even in 16 bits and with checkpoints, \d+ MB of it for "
        r"other things, but may use 100 MB \(MEMORY_LIMIT = 0.1\): take a larger MEMORY_LIMIT or DTINV, more "
        r"processes per shot \(NPROCX, NPROCY\)",
        str(caught.value),
    )
    assert not list(tmp_path.glob("inv*"))


def test_the_limit_decides(project, tmp_path):
    """The same run with less and less memory."""
    setup = prepare(project.settings(tmp_path, INVMAT=0, DTINV=2))
    processes = divide_processes(setup.settings, SerialComm(), setup.grid)
    plan = plan_stages(setup.settings)[0]
    everywhere, rest = np.ones((NY, NX), bool), keeping._rest(setup, processes)

    def kept(room: float):
        limit = MemoryLimit(int(rest + room), "test")
        return keep(setup, processes, limit, plan, NAMES, everywhere).layout

    whole = 80 * 5 * NX * NY * 4
    assert kept(whole) == Layout(2, wanted=frozenset({"lam", "mu", "rho"}))
    assert kept(0.7 * whole).compressed or kept(0.7 * whole).segment
    assert 0 < kept(0.4 * whole).segment <= 40
    # two shots at a time need twice as much
    two = replace(processes, jobs=2)
    more = keeping._rest(setup, two) + 2 * whole
    assert not keep(setup, two, MemoryLimit(more, "test"), plan, NAMES, everywhere).layout.segment
    less = MemoryLimit(more - 1, "test")
    assert keep(setup, two, less, plan, NAMES, everywhere).layout != kept(whole)


# --- free memory ------------------------------------------------------------------------------------------


def files(root: Path, **contents: str) -> Path:
    """Files below root; __ in a name stands for /."""
    for name, text in contents.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


MEMINFO = "MemTotal: 9000 kB\nMemAvailable: 5000 kB\n"


def test_free_memory_of_the_machine(tmp_path):
    assert free_memory(files(tmp_path, proc__meminfo=MEMINFO)) == 5000 * 1024
    assert free_memory() > 10**7


def test_free_memory_without_proc(tmp_path):
    """Not Linux: all memory."""
    assert free_memory(tmp_path) == physical_memory()


@pytest.mark.parametrize(("limit", "left"), [("max", 5000 * 1024), ("1000000", 750_000)])
def test_free_memory_in_a_group(tmp_path, limit, left):
    """Version 2: the limit may be that of a group further up; what the system can take back is free."""
    group = tmp_path / "sys/fs/cgroup/job"
    (group / "step").mkdir(parents=True)
    files(tmp_path, proc__meminfo=MEMINFO, proc__self__cgroup="0::/job/step\n")
    for folder, size in ((group, limit), (group / "step", "max")):
        (folder / "memory.max").write_text(size + "\n")
        (folder / "memory.current").write_text("300000\n")
        (folder / "memory.stat").write_text("anon 1\ninactive_file 50000\n")
    assert free_memory(tmp_path) == left


def test_free_memory_in_a_group_of_version_1(tmp_path):
    group = tmp_path / "sys/fs/cgroup/memory/job"
    group.mkdir(parents=True)
    files(tmp_path, proc__meminfo=MEMINFO, proc__self__cgroup="5:cpu:/x\n4:memory:/job\n0::/\n")
    (group / "memory.limit_in_bytes").write_text("1000000\n")
    (group / "memory.usage_in_bytes").write_text("1200000\n")
    assert free_memory(tmp_path) == 0
    (group / "memory.stat").write_text("total_inactive_file 400000\n")
    assert free_memory(tmp_path) == 200_000
    # a limit that is none
    (group / "memory.limit_in_bytes").write_text("9223372036854771712\n")
    assert free_memory(tmp_path) == 5000 * 1024


# --- what else a process needs ----------------------------------------------------------------------------


def bytes_of(found: object, seen: set[int]) -> int:
    """Memory of all arrays that an object holds, each once."""
    if isinstance(found, np.ndarray):
        owner = found if found.base is None else found.base
        new = isinstance(owner, np.ndarray) and id(owner) not in seen
        seen.add(id(owner))
        return owner.nbytes if new else 0
    parts = found.values() if isinstance(found, dict) else found if isinstance(found, tuple | list) else ()
    return sum(bytes_of(part, seen) for part in (*parts, *getattr(found, "__dict__", {}).values()))


FILTERED = {"TIME_FILT": 1, "FC_START": 30, "FC_END": 30, "FC_INCR": 0, "ORDER": 4}
WINDOWED = FILTERED | {"TIMEWIN": 1, "TWLENGTH_PLUS": 0.1, "TWLENGTH_MINUS": 0.1, "GAMMA": 1e3}


@pytest.mark.parametrize(
    ("keys", "copies"),
    [({}, 1), (WINDOWED, 1), (FILTERED | {"ENCODE": 1}, 2), (WINDOWED | {"GRID_ADAPT": 1}, 2)],
    ids=["", "filter", "joined", "coarse grid"],
)
def test_observed_data_are_kept_in_single_precision(project, tmp_path, keys, copies):
    """Once, and once more where filtering is too dear; what is reckoned is what they take, and arrays with a
    number or less per trace."""
    for shot in (1, 2, 3):
        np.savetxt(tmp_path / f"picks_{shot}.dat", np.full(10, 0.1))
    picks = {"PICKS_FILE": tmp_path / "picks"} if "TIMEWIN" in keys else {}
    setup = prepare(project.settings(tmp_path, INVMAT=0, **keys, **picks))
    data = ObservedData(setup, [1, 2, 3])
    data.use_stage(plan_stages(setup.settings)[0])
    held, comparing = bytes_of_traces(setup, 3, 1)
    samples = 3 * 2 * 10 * setup.time.nt
    assert held == copies * samples * 4
    known: set[int] = set()
    bytes_of(setup, known)
    found = bytes_of((data._raw, data._gathers, data._selections), known)
    assert held <= found <= held + 3 * 2 * 10 * 50
    # what is made of them for a comparison, in double precision
    traces = data.traces(1, "vx")
    assert 0 < 4 * traces.nbytes < comparing
    assert traces.dtype == np.float64


@pytest.mark.parametrize("viscous", [False, True])
@pytest.mark.parametrize("shape", [(101, 67), (50, 140)])
def test_padded_rows_and_layers_of_a_run_are_reckoned(viscous, shape):
    """All that a propagator allocates for both directions of time."""
    grid = Grid(shape[1], shape[0], 2.0)
    one = physics("viscous-psv", Relaxation((10.0,), 30.0, 5e-4)) if viscous else physics()
    scheme = Scheme(stencil(8, 0), LayerParameters(10, 1500.0, 30.0, 4.0, 1.0), False, False)
    block = decompose(grid, 1, 1)[0]
    run = Propagator(one, grid, TimeAxis(4, 5e-4), scheme, block, SerialComm())
    constant = {name: np.full(shape, value) for name, value in (("vp", 1500.0), ("vs", 800.0))}
    medium = Medium.from_velocities(constant["vp"], constant["vs"], np.full(shape, 2000.0))
    if viscous:
        medium = replace(medium, taup=np.full(shape, 0.02), taus=np.full(shape, 0.02))
    run.set_medium(medium)
    strips = (run._strips, run._make_transposed_strips())
    own = sum(strip.psi.nbytes + strip.delta.nbytes for both in strips for strip in both[:4])
    own += sum(array.nbytes for array in run._fields)
    grids = sum(array.nbytes for array in run._coefficients if array.ndim == 2)
    reckoned = numbers_in_run(one, block, 10, 4)
    assert own == 4 * reckoned[0]
    assert grids <= 4 * reckoned[1] <= 1.2 * grids  # some coefficients of viscous media are single numbers
