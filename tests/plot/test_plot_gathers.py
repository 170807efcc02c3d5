"""Pictures of seismograms."""

from __future__ import annotations

import numpy as np
import pytest

from denise_py.errors import DataError, UsageError
from denise_py.plot.gathers import plot_gather
from denise_py.traces.gather import Gather

NTR, NS, DT = 12, 200, 1e-3
RESIDUAL = "synthetic − observed"


def pulses(shift=0, factor=1.0):
    """A pulse that arrives 8 samples later at every trace, (NTR, NS)."""
    sample = np.arange(NS) - 40 - shift - 8 * np.arange(NTR)[:, None]
    return factor * np.exp(-((sample / 6.0) ** 2))


def gather(data, dt=DT):
    receivers = np.stack([10.0 * np.arange(1, NTR + 1), np.full(NTR, 5.0)], axis=1)
    return Gather(data, dt, receivers, np.zeros(2))


@pytest.fixture
def draw(tmp_path, drawn):
    """plot_gather without a path; returns what was drawn."""

    def call(observed, synthetic, dt=DT, positions=None, title="", **options):
        plot_gather(observed, synthetic, dt, positions, tmp_path / "gather.png", title, **options)
        return drawn

    return call


def test_panels_show_observed_synthetic_and_their_difference(draw):
    drawn = draw(pulses(), pulses(3), title="Shot 1")
    shown = {"observed": pulses(), "synthetic": pulses(3), RESIDUAL: pulses(3) - pulses()}
    for title, data in shown.items():
        np.testing.assert_array_equal(drawn.panel(title).images[0].get_array(), data.T)
    assert {"Shot 1", "time (s)", "amplitude"} <= set(drawn.words())


def test_one_amplitude_scale_that_of_the_observed_data(draw):
    drawn = draw(pulses(), pulses(factor=7.0), clip=100.0)
    limits = {drawn.panel(title).images[0].get_clim() for title in ("observed", "synthetic", RESIDUAL)}
    assert limits == {(-1.0, 1.0)}
    assert len(drawn.bars()) == 1
    low, high = draw(pulses(), pulses(), clip=50.0).panel("observed").images[0].get_clim()
    assert -low == high == np.percentile(pulses(), 50)


def test_time_points_down_from_zero(draw):
    drawn = draw(pulses(), None)
    panel = drawn.panel("seismograms")
    assert panel.get_ylim() == pytest.approx((NS * DT, 0))
    _, _, bottom, top = panel.images[0].get_extent()
    assert (top, bottom) == pytest.approx((0.5 * DT, (NS + 0.5) * DT))  # sample n is centred on n dt
    assert panel.images[0].origin == "upper"


@pytest.mark.parametrize(
    ("positions", "label", "left", "right"),
    [
        (None, "trace", 0.5, 12.5),
        (np.arange(NTR) * 25.0, "position (m)", -12.5, 287.5),
        (np.arange(NTR)[::-1] * 25.0, "position (m)", 287.5, -12.5),
        (np.round(np.arange(NTR) * 25.0 / 2) * 2, "position (m)", None, None),  # moved to nodes
        (np.arange(NTR) ** 2.0, "trace", 0.5, 12.5),
        (np.full(NTR, 3.0), "trace", 0.5, 12.5),
        (np.stack([np.arange(NTR) * 2.0, np.zeros(NTR)], axis=1), "receiver $x$ (m)", -1.0, 23.0),
        (np.stack([np.zeros(NTR), np.arange(NTR) * 2.0], axis=1), "receiver $y$ (m)", -1.0, 23.0),
        (np.random.default_rng(2).random((NTR, 2)), "trace", 0.5, 12.5),
    ],
)
def test_the_trace_axis(draw, positions, label, left, right):
    panel = draw(pulses(), pulses(3), positions=positions).panel("observed")
    assert panel.get_xlabel() == label
    if left is not None:
        assert panel.get_xlim() == pytest.approx((left, right))


def test_gathers_bring_their_geometry_and_sampling(draw):
    drawn = draw(gather(pulses()), gather(pulses(3)), dt=None)
    assert drawn.panel("observed").get_xlabel() == "receiver $x$ (m)"
    assert drawn.panel("observed").get_xlim() == pytest.approx((5.0, 125.0))
    assert drawn.panel("observed").get_ylim()[0] == pytest.approx(0.2)
    drawn = draw(pulses(), gather(pulses(3)), dt=None)
    assert drawn.panel("observed").get_xlabel() == "receiver $x$ (m)"


def test_overlaid_traces(draw):
    drawn = draw(pulses(), pulses(factor=0.4), traces=[11, 3])
    panel = drawn.panel("traces, normalised")
    observed, synthetic, observed_3, _ = panel.lines
    assert [text.get_text() for text in panel.get_xticklabels()] == ["11", "3"]  # in the order given
    for line in panel.lines:
        np.testing.assert_allclose(line.get_ydata(), DT * np.arange(1, NS + 1))
    np.testing.assert_allclose(observed.get_xdata(), 0.45 * pulses()[10] / pulses()[10].max())
    # the synthetic trace is scaled like the observed one, so that amplitudes can be compared
    np.testing.assert_allclose(synthetic.get_xdata(), 0.4 * observed.get_xdata())
    np.testing.assert_allclose(observed_3.get_xdata(), 1 + 0.45 * pulses()[2] / pulses()[2].max())
    assert [text.get_text() for text in panel.get_legend().get_texts()] == ["observed", "synthetic"]


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, ["1"]), (2, ["1", "2"]), (3, ["1", "2", "3"]), (12, ["3", "5", "7", "8", "10"])],
)
def test_traces_overlaid_by_default(draw, count, expected):
    panel = draw(pulses()[:count], None).panel("traces, normalised")
    assert [text.get_text() for text in panel.get_xticklabels()] == expected


def test_a_single_gather_has_no_synthetic_traces(draw):
    drawn = draw(pulses(), None)
    assert len(drawn.axes()) == 3  # seismograms, traces, colour bar
    assert drawn.panel("traces, normalised").get_legend() is None


@pytest.mark.parametrize("data", [np.zeros((NTR, NS)), pulses()[:1], pulses()[:, :1]])
def test_odd_gathers_can_be_drawn(draw, data):
    draw(data, data)


def test_picture_of_a_gather(tmp_path, look_at):
    plot_gather(pulses(), pulses(3), DT, None, tmp_path / "gather.png")
    image = look_at(tmp_path / "gather.png")
    red = np.all(np.abs(image - (0.404, 0.0, 0.122)) < 0.02, axis=-1)
    assert red.sum() > 1000


def test_gathers_that_do_not_fit_together(tmp_path):
    path = tmp_path / "gather.png"
    with pytest.raises(DataError, match="12 traces of 200 samples, the synthetic one 12 traces of 199"):
        plot_gather(pulses(), pulses()[:, 1:], DT, None, path)
    with pytest.raises(DataError, match=r"every 0\.001 s, the synthetic one every 0\.002 s"):
        plot_gather(gather(pulses()), gather(pulses(), dt=2 * DT), None, None, path)
    with pytest.raises(DataError, match=r"\(5,\) do not belong to 12 traces"):
        plot_gather(pulses(), None, DT, np.arange(5), path)
    with pytest.raises(DataError, match=r"shape \(200,\)"):
        plot_gather(pulses()[0], None, DT, None, path)
    with pytest.raises(UsageError, match="sampling interval"):
        plot_gather(pulses(), None, None, None, path)
    with pytest.raises(UsageError, match="trace 13 cannot be drawn: the gather has traces 1 to 12"):
        plot_gather(pulses(), None, DT, None, path, traces=[1, 13])
    with pytest.raises(UsageError, match="empty list"):
        plot_gather(pulses(), None, DT, None, path, traces=[])
    assert not path.exists()
