"""LOG and LOG_FILE, progress lines, and the text for each kind of failure."""

from __future__ import annotations

import errno

import pytest

from denise_py.errors import DataError, NoProgressError, ParameterError, StabilityError
from denise_py.log import Progress, describe_failure, duration, open_log


@pytest.mark.parametrize(
    ("mode", "rank", "on_screen", "in_file"),
    [
        (0, 0, False, False),
        (0, 1, False, False),
        (1, 0, True, False),
        (1, 1, False, True),
        (2, 0, True, True),
        (2, 3, False, True),
    ],
)
def test_where_the_log_goes(tmp_path, capsys, mode, rank, on_screen, in_file):
    log = open_log(mode, str(tmp_path / "log" / "RUN"), rank)
    log.info("grid %d x %d", 4, 3)
    log.warning("DT is large")
    text = "grid 4 x 3\nwarning: DT is large\n"
    assert capsys.readouterr().out == (text if on_screen else "")
    files = {path.name: path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert files == ({f"RUN.{rank}": text} if in_file else {})


def test_ranks_with_nothing_to_say_leave_no_file(tmp_path):
    open_log(2, str(tmp_path / "log" / "RUN"), 1)
    assert list(tmp_path.iterdir()) == []


def test_logs_are_independent(capsys):
    open_log(1, "unused", 0).info("once")
    second = open_log(1, "unused", 0)
    second.info("twice")
    assert capsys.readouterr().out == "once\ntwice\n"


class Clock:
    """Seconds that pass when told."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_progress_in_a_log_is_one_line_per_shot_or_per_interval(capsys):
    clock = Clock()
    progress = Progress(open_log(), "shot", 4, bar=False, interval=30.0, clock=clock)
    for second in range(1, 71):
        clock.now = second
        progress.tick(0, second / 100)
    clock.now = 100.0
    progress.step(1, "misfit 0.5")
    progress.close()
    assert capsys.readouterr().out.splitlines() == [
        "shot 1 of 4, 30 % (30.0 s, 6 min 10 s left)",
        "shot 1 of 4, 60 % (1 min 00 s, 5 min 40 s left)",
        "shot 1 of 4 done, misfit 0.5 (1 min 40 s, 5 min 00 s left)",
    ]


def test_time_left_of_several_pieces_at_a_time(capsys):
    """Two pieces that end together take as long as one: three of five done leave one more round."""
    clock = iter([0.0, 10.0, 10.0, 20.0, 20.0, 30.0])
    progress = Progress(open_log(), "shot", 5, at_once=2, bar=False, clock=lambda: next(clock))
    for done in range(1, 6):
        progress.step(done)
    left = [line.partition(", ")[2] for line in capsys.readouterr().out.splitlines()]
    assert left == ["20.0 s left)", "20.0 s left)", "10.0 s left)", "10.0 s left)", ""]


def test_progress_on_a_terminal_rewrites_one_line(capsys):
    clock = Clock()
    progress = Progress(open_log(), "shot", 2, bar=True, clock=clock)
    progress.tick(0, 0.0)
    clock.now = 1.0
    progress.tick(0, 0.5)
    clock.now = 4.0
    progress.step(2)
    progress.close()
    progress.close()
    out, err = capsys.readouterr()
    assert out == ""
    first, second = err.rstrip("\n").split("\r")[1:]
    assert first == "shot 1 of 2, 50 % (1.0 s, 3.0 s left)"
    assert second.rstrip() == "shot 2 of 2 done (4.0 s)"
    assert len(second) >= len(first)
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("mode", "rank", "rewritten"), [(0, 0, False), (1, 0, True), (2, 0, False), (1, 1, False)]
)
def test_rewriting_only_beside_a_log_on_the_screen(tmp_path, capsys, monkeypatch, mode, rank, rewritten):
    """On a terminal, too, a silent log is silent, and a log file gets its lines."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    progress = Progress(open_log(mode, str(tmp_path / "RUN"), rank), "shot", 1)
    progress.step(1)
    progress.close()
    assert bool(capsys.readouterr().err) == rewritten
    in_file = "".join(path.read_text() for path in tmp_path.iterdir())
    assert in_file.startswith("shot 1 of 1 done") == (mode == 2 or rank == 1)


def test_no_bar_where_stderr_is_no_terminal(capsys):
    progress = Progress(open_log(), "shot", 1)
    progress.step(1)
    out, err = capsys.readouterr()
    assert out.startswith("shot 1 of 1 done")
    assert err == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 00 s"),
        (185, "3 min 05 s"),
        (3599.7, "1 h 00 min"),
        (7620, "2 h 07 min"),
    ],
)
def test_duration(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (ParameterError("DT is bad"), 2, "denise: error: DT is bad"),
        (ParameterError(["a", "b"]), 2, "denise: error: 2 problems with the parameters:\n  a\n  b"),
        (DataError("short"), 3, "denise: error: short"),
        (StabilityError("blow-up"), 4, "denise: error: blow-up"),
        (NoProgressError("flat"), 5, "denise: error: flat"),
        (MemoryError(), 6, "denise: error: out of memory."),
        (
            OSError(errno.EDQUOT, "Quota exceeded"),
            6,
            "denise: error: no disk space left. [Errno 122] Quota exceeded",
        ),
        (KeyboardInterrupt(), 130, "denise: error: interrupted"),
        (SystemExit(None), 0, ""),
        (SystemExit(7), 7, ""),
        (SystemExit("usage"), 1, "usage"),
    ],
)
def test_failures_have_code_and_text(error, code, text):
    assert describe_failure(error) == (code, text)


@pytest.mark.parametrize("error", [KeyError("x"), OSError(errno.ENOENT, "No such file")])
def test_other_exceptions_are_bugs_with_a_traceback(error):
    code, text = describe_failure(error)
    assert code == 1
    assert type(error).__name__ in text or "FileNotFoundError" in text
    assert text.splitlines()[-1].startswith("denise: error: this is a bug")
