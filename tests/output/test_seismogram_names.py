"""Names of seismogram files under both families of keys, and what is written into them."""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.output.seismograms import SeismogramFiles, observed_path, quantity
from denise_py.traces.reading import read_traces
from denise_py.traces.su import read_su

COMPONENTS = ("vx", "vy", "vz", "p", "div", "curl")
PREFIX = SeismogramFiles("su/s", {}, 1, 1, False)
LITERAL = SeismogramFiles("", {c: f"su/{c}_file.su" for c in COMPONENTS}, 1, 1, False)


@pytest.mark.parametrize(
    ("component", "forward", "inversion"),
    [("vx", "x", "vx"), ("vy", "y", "vy"), ("vz", "z", "vz"), ("p", "p", "p"), ("div", "div", "div")],
)
def test_names_from_a_prefix(component, forward, inversion):
    assert PREFIX.forward_path(component, 12) == f"su/s_{forward}.su.shot12"
    assert PREFIX.inversion_path(component, 12, 3) == f"su/s_{inversion}.su.shot12.it3"
    assert PREFIX.adjoint_path(component, 12) == f"su/s_{inversion}.su.shot12_adjoint_src"


@pytest.mark.parametrize("component", COMPONENTS)
def test_names_given_per_component(component):
    assert LITERAL.forward_path(component, 2) == f"su/{component}_file.su.shot2.it1"
    assert LITERAL.inversion_path(component, 2, 7) == f"su/{component}_file.su.shot2.it7"
    assert LITERAL.adjoint_path(component, 2) == f"su/{component}_file.su.shot2_adjoint_src"


@pytest.mark.parametrize("component", ["vx", "vy", "p"])
def test_an_inversion_looks_for_what_a_forward_run_has_written(component):
    assert observed_path("su/s", component, 4) == PREFIX.forward_path(component, 4)


def test_names_of_segy_files_end_in_sgy(tmp_path):
    prefix = SeismogramFiles(str(tmp_path / "s"), {}, 1, 4, False)
    assert prefix.forward_path("vx", 12) == f"{tmp_path}/s_x.shot12.sgy"
    assert prefix.inversion_path("vx", 12, 3) == f"{tmp_path}/s_vx.shot12.it3.sgy"
    assert prefix.adjoint_path("p", 12) == f"{tmp_path}/s_p.shot12_adjoint_src.sgy"
    literal = SeismogramFiles("", {"vx": "su/a"}, 1, 4, False)
    assert literal.forward_path("vx", 2) == "su/a.shot2.it1.sgy"
    assert literal.inversion_path("vx", 2, 7) == "su/a.shot2.it7.sgy"
    assert literal.adjoint_path("vx", 2) == "su/a.shot2_adjoint_src.sgy"


def test_an_inversion_finds_segy_files(tmp_path):
    base = str(tmp_path / "s")
    for name in ("s_x.shot1.sgy", "s_y.shot1.segy", "s_p.shot1.sgy", "s_p.su.shot1"):
        (tmp_path / name).write_bytes(b"x")
    assert observed_path(base, "vx", 1) == f"{base}_x.shot1.sgy"
    assert observed_path(base, "vy", 1) == f"{base}_y.shot1.segy"
    assert observed_path(base, "p", 1) == f"{base}_p.su.shot1"
    assert observed_path(base, "vx", 2) == f"{base}_x.su.shot2"


def test_segy_files_hold_the_gather_and_say_what_it_is(tmp_path):
    traces = np.arange(40, dtype=np.float32).reshape(2, 20)
    files = SeismogramFiles(str(tmp_path / "s"), {}, 2, 4, False)
    positions = np.array([[1.0, 2.0], [3.0, 2.0]])
    path = files.forward_path("p", 1)
    files.write(path, traces, 1e-3, positions, (5.0, 6.0), np.zeros(2), quantity("p", 1))
    found = read_traces(path)
    assert np.array_equal(found.data, traces[:, 1::2])
    assert np.array_equal(found.receivers, positions)
    with open(path, "rb") as stream:
        assert "p, pressure -(sxx + syy), Pa; shot 1" in stream.read(3200).decode("cp037")


@pytest.mark.parametrize(("every", "samples"), [(1, 20), (3, 6), (20, 1)])
def test_decimation_keeps_every_nth_sample(tmp_path, every, samples):
    traces = np.arange(40, dtype=np.float32).reshape(2, 20)
    files = SeismogramFiles(str(tmp_path / "s"), {}, every, 1, False)
    path = files.forward_path("vx", 1)
    files.write(path, traces, 1e-3, np.array([[1.0, 2.0], [3.0, 2.0]]), (5.0, 6.0), np.zeros(2))
    found = read_su(path)
    assert found.dt == pytest.approx(every * 1e-3)
    assert np.array_equal(found.data, traces[:, every - 1 :: every])
    assert found.data.shape == (2, samples)


@pytest.mark.parametrize("kind", [2, 3])
def test_other_formats_hold_the_traces_one_after_the_other(tmp_path, kind):
    traces = np.random.default_rng(1).standard_normal((3, 8)).astype(np.float32)
    files = SeismogramFiles(str(tmp_path / "s"), {}, 2, kind, False)
    path = files.forward_path("p", 1)
    files.write(path, traces, 1e-3, np.zeros((3, 2)), (0.0, 0.0), np.zeros(2))
    found = np.loadtxt(path) if kind == 2 else np.fromfile(path, "<f4")
    np.testing.assert_allclose(found, traces[:, 1::2].ravel(), rtol=1e-6)
