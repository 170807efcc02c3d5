"""Maps of models and gradients."""

from __future__ import annotations

import subprocess
import sys

import matplotlib
import numpy as np
import pytest

from denise_py.errors import UsageError
from denise_py.grid import Grid
from denise_py.plot.models import compare_models, plot_gradient, symmetric_bound

GRID = Grid(60, 40, 2.0)


def block(low=100.0, high=300.0):
    """A model with a block at its lower left corner."""
    model = np.full(GRID.shape, low)
    model[30:, :15] = high
    return model


def compare(tmp_path, *arrays, ending="png", **options):
    panels = [(f"panel {number}", array) for number, array in enumerate(arrays, start=1)]
    path = tmp_path / f"models.{ending}"
    compare_models(panels, GRID, "S-wave velocity (m/s)", path, **options)
    return path


# ------------------------------------------------------------------------------------------ the picture


def test_picture_of_models(tmp_path, look_at):
    """Yellow, the highest value, is where the block is: at the lower left."""
    path = compare(tmp_path, block(), sources=np.array([[60.0, 4.0]]), receivers=np.array([[90.0, 4.0]]))
    image = look_at(path)
    height, width, _ = image.shape
    yellow = np.argwhere(np.all(np.abs(image - (0.993, 0.906, 0.144)) < 0.02, axis=-1))
    block_only = yellow[yellow[:, 1] < 0.7 * width]  # to the right there is the colour bar
    assert len(block_only) > 0.02 * height * width
    assert block_only[:, 0].min() > 0.5 * height
    assert block_only[:, 1].max() < 0.4 * width


@pytest.mark.parametrize("ending", ["pdf", "svg"])
def test_other_formats(tmp_path, ending):
    content = compare(tmp_path, block(), ending=ending).read_bytes()
    assert len(content) > 4000
    assert content.startswith({"pdf": b"%PDF", "svg": b"<?xml"}[ending])


def test_folders_are_made(tmp_path, drawn):
    path = compare(tmp_path / "new" / "folder", block())
    assert path.read_text() == "png"


# ---------------------------------------------------------------------------------------------- content


def test_every_panel_shows_its_array(tmp_path, drawn):
    compare(tmp_path, block(), block(150, 400), title="Two models")
    for title, array in (("panel 1", block()), ("panel 2", block(150, 400))):
        np.testing.assert_array_equal(drawn.panel(title).images[0].get_array(), array)
    assert {"Two models", "S-wave velocity (m/s)", "depth $y$ (m)", "$x$ (m)"} <= set(drawn.words())


def test_axes_are_coordinates_in_metres(tmp_path, drawn):
    """Pixel (j, i) is centred on ((i + 1) dh, (j + 1) dh), and y points down."""
    compare(tmp_path, block())
    image = drawn.panel("panel 1").images[0]
    assert tuple(image.get_extent()) == (1.0, 121.0, 81.0, 1.0)
    assert image.origin == "upper"
    assert drawn.panel("panel 1").get_ylim() == (81.0, 1.0)


def test_all_panels_share_one_colour_scale(tmp_path, drawn):
    compare(tmp_path, block(100, 200), block(50, 120), block(90, 400))
    limits = {drawn.panel(f"panel {number}").images[0].get_clim() for number in (1, 2, 3)}
    assert limits == {(50.0, 400.0)}
    assert len(drawn.bars()) == 1


def test_limits_replace_the_range_of_the_data(tmp_path, drawn):
    compare(tmp_path, block(100, 300), limits=(150.0, 500.0))
    image = drawn.panel("panel 1").images[0]
    assert image.get_clim() == (150.0, 500.0)
    assert image.colorbar.extend == "min"  # the values below the scale are announced


def test_water_is_left_out_of_the_scale(tmp_path, drawn):
    model = block()
    model[:10] = 0.0
    compare(tmp_path, model, block(100, 250))
    image = drawn.panel("panel 1").images[0]
    assert image.get_clim() == (100.0, 300.0)
    np.testing.assert_array_equal(image.get_array().mask, model == 0)
    assert drawn.panel("panel 2").images[0].colorbar.extend == "neither"


@pytest.mark.parametrize("value", [0.0, 5.0])
def test_a_constant_model_has_a_colour_scale(tmp_path, drawn, value):
    compare(tmp_path, np.full(GRID.shape, value))
    low, high = drawn.panel("panel 1").images[0].get_clim()
    assert low < value < high


def test_sources_and_receivers(tmp_path, drawn):
    sources, receivers = np.array([[60.0, 40.0]]), np.array([[10.0, 2.0], [110.0, 4.0]])
    compare(tmp_path, block(), block(), sources=sources, receivers=receivers)
    for title in ("panel 1", "panel 2"):
        below, above = drawn.panel(title).lines
        np.testing.assert_array_equal(above.get_xydata(), sources)
        np.testing.assert_array_equal(below.get_xydata(), receivers)
        assert (above.get_marker(), below.get_marker()) == ("*", "v")
    legend = [text.get_text() for text in drawn.figures[-1].legends[0].get_texts()]
    assert legend == ["receivers", "source"]  # one legend for all panels, a single source in the singular


def test_no_legend_without_points(tmp_path, drawn):
    compare(tmp_path, block(), sources=np.zeros((0, 2)))
    assert not drawn.figures[-1].legends


def test_many_points_are_small(tmp_path, drawn):
    line = np.stack([np.linspace(1, 120, 500), np.full(500, 2.0)], axis=1)
    compare(tmp_path, block(), sources=line[::100], receivers=line)
    few, many = (line.get_markersize() for line in reversed(drawn.panel("panel 1").lines))
    assert many < 3 < 8 < few


@pytest.mark.parametrize(
    ("shape", "rows", "columns"),
    [((4, 300), 4, 1), ((300, 4), 2, 3), ((40, 200), 4, 1), ((100, 100), 2, 3)],
)
def test_wide_models_are_stacked_others_stand_side_by_side(tmp_path, drawn, shape, rows, columns):
    grid = Grid(shape[1], shape[0], 1.0)
    panels = [(name, np.random.default_rng(1).random(shape)) for name in "abcd"]
    compare_models(panels, grid, "value", tmp_path / "figure.png")
    spec = drawn.panel("a").get_subplotspec().get_gridspec()
    assert (spec.nrows, spec.ncols) == (rows, columns)
    assert len(drawn.axes()) == 5  # four models and a colour bar
    width, height = drawn.figures[-1].get_size_inches()
    assert 3 < width < 15
    assert 3 < height < 20


def test_colour_bar_is_as_high_as_the_panels(tmp_path, drawn):
    grid, sources = Grid(80, 60, 1.0), np.array([[40.0, 2.0]])
    panels = [(name, np.random.default_rng(1).random(grid.shape)) for name in "abc"]
    compare_models(panels, grid, "value", tmp_path / "a.png", sources)
    panel, bar = drawn.panel("b").get_position(), drawn.bars()[0].get_position()
    assert (bar.y0, bar.y1) == pytest.approx((panel.y0, panel.y1), abs=1e-3)


# --------------------------------------------------------------------------------------------- gradient


def test_gradient_has_zero_in_the_middle(tmp_path, drawn):
    gradient = block(-1e-8, 3e-8)
    plot_gradient(gradient, GRID, tmp_path / "a.png", title="vs", label="gradient", clip=100)
    image = drawn.panel("vs").images[0]
    assert image.get_clim() == (-3e-8, 3e-8)
    np.testing.assert_allclose(image.to_rgba(np.array([0.0]))[0][:3], 0.96, atol=0.02)
    red, _, blue, _ = image.to_rgba(np.array([3e-8]))[0]
    assert red > 2 * blue
    assert "gradient" in drawn.words()


def test_gradient_is_clipped(tmp_path, drawn):
    gradient = block(0.0, 1.0)
    gradient[0, -1] = -100.0
    plot_gradient(gradient, GRID, tmp_path / "a.png", clip=99, sources=np.array([[60.0, 4.0]]))
    image = drawn.panel("gradient").images[0]
    assert image.get_clim() == (-1.0, 1.0)
    assert image.colorbar.extend == "min"
    assert len(drawn.panel("gradient").lines) == 1


@pytest.mark.parametrize(
    ("values", "percentile", "bound"),
    [([-4.0, 1, 2, 3], 100, 4.0), ([0.0] * 99 + [-7.0], 50, 7.0), ([0.0, 0.0], 99, 1.0), ([0, 1, 2], 50, 1)],
)
def test_symmetric_bound(values, percentile, bound):
    assert symmetric_bound(np.array(values), percentile) == bound


# ----------------------------------------------------------------------------------------------- errors


def test_wrong_panels(tmp_path):
    with pytest.raises(ValueError, match="no model"):
        compare_models([], GRID, "", tmp_path / "a.png")
    with pytest.raises(ValueError, match=r"'bad' has shape \(60, 40\), the grid \(40, 60\)"):
        compare_models([("good", block()), ("bad", block().T)], GRID, "", tmp_path / "a.png")
    with pytest.raises(ValueError, match="shape"):
        plot_gradient(block().T, GRID, tmp_path / "a.png")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["figure.bmp", "figure"])
def test_unknown_ending(tmp_path, name):
    with pytest.raises(UsageError, match=rf"{name}: .*\.png, \.pdf or \.svg"):
        compare_models([("", block())], GRID, "", tmp_path / name)


def test_missing_matplotlib(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError, match=r'pip install "denise-py\[plot\]"') as caught:
        compare_models([("", block())], GRID, "", tmp_path / "figure.png")
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_failure_while_drawing_leaves_no_file(tmp_path):
    with pytest.raises(ValueError, match="no such colours"):
        compare(tmp_path, block(), colours="no such colours")
    assert not list(tmp_path.iterdir())


def test_settings_of_matplotlib_are_left_alone(tmp_path, drawn):
    with matplotlib.rc_context({"font.size": 7.0, "savefig.dpi": 33.0}):
        before = dict(matplotlib.rcParams)
        compare(tmp_path, block())
        assert dict(matplotlib.rcParams) == before


def test_no_window_and_no_matplotlib_before_the_first_figure(tmp_path, environment):
    """Nothing is opened although the backend needs a display; importing alone loads no matplotlib."""
    program = (
        "import sys, numpy as np\n"
        "from denise_py.grid import Grid\n"
        "from denise_py.plot.models import compare_models\n"
        "import denise_py.plot.gathers, denise_py.plot.misfit, denise_py.cli.plot\n"
        "assert 'matplotlib' not in sys.modules\n"
        "compare_models([('a', np.eye(9))], Grid(9, 9, 1.0), '', 'a.png')\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    environment = environment | {"MPLBACKEND": "TkAgg", "DISPLAY": ""}
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, text=True, capture_output=True
    )
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "a.png").stat().st_size > 4000
