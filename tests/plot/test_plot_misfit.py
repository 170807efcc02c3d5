"""Reading and drawing the misfit log."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from denise_py.errors import DataError
from denise_py.output.misfit_log import IterationRecord, MisfitLog
from denise_py.plot.misfit import Iteration, plot_misfit, read_misfit_log


def record(iteration, stage=1, before=1.0, after=0.5, step=0.01, low_pass=None):
    return IterationRecord(
        iteration=iteration,
        stage=stage,
        accepted=after is not None,
        misfit_before=before,
        misfit_after=after,
        step=step,
        largest_change=0.01,
        parameters=("vp", "vs"),
        low_pass=low_pass,
        optimiser="lbfgs",
        search="wolfe",
        trials=((0.01, 0.5),),
        gradients=1,
        misfits=1,
        slope=-1.0,
        gradient_norm=2.0,
        seconds=3.0,
        wolfe=None,
        reasons=(),
    )


def write(folder, *records):
    """A log as an inversion writes it; returns the path of the JSON lines."""
    log = MisfitLog(str(folder / "misfit.dat"), with_corner=True, with_header=False)
    for one in records:
        log.write([one.step, one.misfit_before], one)
    return log.json_path


TWO_STAGES = (
    record(1, 1, 1.0, 0.5, 0.01, 5.0),
    record(2, 1, 0.5, 0.2, 1.0, 5.0),
    record(3, 2, 0.8, 0.4, 0.02, 10.0),
    record(4, 2, 0.4, None, 0.0, 10.0),
    record(5, 3, 0.9, 0.3, 1.5, None),
)


def test_the_log_of_an_inversion_is_understood(tmp_path):
    path = write(tmp_path, *TWO_STAGES)
    found = read_misfit_log(path)
    assert found[0] == Iteration(1, 1, True, 1.0, 0.5, 0.01, 5.0)
    assert found[3] == Iteration(4, 2, False, 0.4, None, 0.0, 10.0)
    assert [one.iteration for one in found] == [1, 2, 3, 4, 5]
    assert read_misfit_log(tmp_path / "misfit.dat") == found  # the log in columns leads to the JSON lines


def test_an_incomplete_last_line_is_left_out(tmp_path):
    path = write(tmp_path, *TWO_STAGES)
    whole = path.read_text()
    path.write_text(whole[:-30])
    assert [one.iteration for one in read_misfit_log(path)] == [1, 2, 3, 4]
    path.write_text(whole[:-1])
    assert len(read_misfit_log(path)) == 5


def line(**changes):
    return json.dumps(
        {
            "iteration": 1,
            "stage": 1,
            "accepted": True,
            "misfit_before": 1.0,
            "misfit_after": 0.5,
            "step": 1,
            "low_pass": None,
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no iteration"),
        ("\n\n", "holds no iteration"),
        ("1.0e-2\t0.0\t0.1\n", r"line 1: no JSON record found, but '1\.0e-2"),
        ("[1, 2]\n", "line 1: no JSON record"),
        (line() + "\n{}\n", "line 2: 'iteration' is missing, int is needed"),
        (line(step="big") + "\n", "line 1: 'step' is 'big', float or int is needed"),
        (line(iteration=True) + "\n", "'iteration' is True"),
        (line(step=None) + "\n", "'step' is None"),
        (line(low_pass=[5]) + "\n", r"'low_pass' is \[5\], float or int or NoneType is needed"),
    ],
)
def test_malformed_logs(tmp_path, content, message):
    path = tmp_path / "log.jsonl"
    path.write_text(content)
    with pytest.raises(DataError, match=message) as caught:
        plot_misfit(path, tmp_path / "misfit.png")
    assert str(caught.value).startswith(str(path))
    assert not (tmp_path / "misfit.png").exists()


def test_a_missing_log(tmp_path):
    with pytest.raises(DataError, match=r"nothing\.jsonl: file not found"):
        read_misfit_log(tmp_path / "nothing.jsonl")


def test_every_stage_is_a_line_from_its_first_to_its_last_misfit(tmp_path, drawn):
    plot_misfit(write(tmp_path, *TWO_STAGES), tmp_path / "misfit.png")
    top, _ = drawn.axes()
    points = [line.get_xydata().tolist() for line in top.lines]
    assert points == [
        [[0, 1.0], [1, 0.5], [2, 0.2]],
        [[2, 0.8], [3, 0.4]],  # the last search of this stage failed
        [[4, 0.9], [5, 0.3]],
    ]
    assert top.get_yscale() == "log"
    assert top.get_xlim() == (0, 5)


def test_misfits_of_samples_are_dots_and_those_of_all_shots_a_line(tmp_path, drawn):
    records = [replace(record(n, 1, 1.0 / n), shots=(1, 2), simulations=2) for n in range(1, 5)]
    records[1], records[3] = (replace(records[k], full_misfit=0.9 - 0.1 * k) for k in (1, 3))
    plot_misfit(write(tmp_path, *records), tmp_path / "misfit.png")
    top, _ = drawn.axes()
    dots, line = (one.get_xydata().tolist() for one in top.lines)
    assert dots == [[n - 1, 1.0 / n] for n in range(1, 5)]
    assert line == [[2, 0.8], [4, pytest.approx(0.6)]]
    assert [text.get_text() for text in top.get_legend().get_texts()] == [
        "of the shots of an iteration",
        "of all shots",
    ]


def test_bands_and_names_of_stages(tmp_path, drawn):
    plot_misfit(write(tmp_path, *TWO_STAGES), tmp_path / "misfit.png", title="Toy example")
    top, bottom = drawn.axes()
    for ax in (top, bottom):
        bands = [band.get_extents().transformed(ax.transData.inverted()) for band in ax.patches]
        assert [(round(band.x0, 6), round(band.x1, 6)) for band in bands] == [(0, 2), (2, 4), (4, 5)]
    names = [(text.get_text(), text.xy[0]) for text in top.texts]
    assert names == [("≤ 5 Hz", 1.0), ("≤ 10 Hz", 3.0), ("full band", 4.5)]
    assert "Toy example" in drawn.words()
    assert "0.5" in drawn.words()  # between the powers of ten, which alone do not tell much here


def test_step_lengths(tmp_path, drawn):
    plot_misfit(write(tmp_path, *TWO_STAGES), tmp_path / "misfit.png")
    _, bottom = drawn.axes()
    taken, failed = bottom.lines
    assert taken.get_xydata().tolist() == [[1, 0.01], [2, 1.0], [3, 0.02], [5, 1.5]]
    assert failed.get_xdata().tolist() == [4]
    assert bottom.get_yscale() == "log"
    assert "no step found" in drawn.words()


def test_one_stage_without_filter_needs_no_names(tmp_path, drawn):
    plot_misfit(write(tmp_path, record(1), record(2, before=0.5, after=0.001)), tmp_path / "misfit.png")
    top, bottom = drawn.axes()
    assert not top.texts
    assert bottom.get_legend() is None
    assert bottom.get_yscale() == "linear"  # both steps are 0.01
    assert "0.01" in drawn.words()


def test_picture_of_the_misfit(tmp_path, look_at):
    plot_misfit(write(tmp_path, *TWO_STAGES), tmp_path / "misfit.png")
    image = look_at(tmp_path / "misfit.png")
    dark_blue = np.all(np.abs(image - np.array([31, 78, 121]) / 255) < 0.02, axis=-1)
    assert dark_blue.sum() > 500


@pytest.mark.parametrize(
    ("records", "scale"),
    [
        ([record(1, after=None, step=0.0)], "log"),
        ([record(1, before=0.0, after=0.0)], "linear"),
        ([record(1, before=float("inf"), after=1.0)], "log"),
        ([record(k, stage=k, low_pass=float(k)) for k in range(1, 30)], "log"),
    ],
    ids=["no step at all", "zero misfit", "infinite misfit", "many stages"],
)
def test_odd_histories_can_be_drawn(tmp_path, drawn, records, scale):
    plot_misfit(write(tmp_path, *records), tmp_path / "misfit.png")
    assert drawn.axes()[0].get_yscale() == scale
