"""What a run tells its user: the log, the progress lines and the message that ends a failed run.

Only text and streams are handled here; who is rank 0 is told by the caller.

The log follows the parameters LOG and LOG_FILE of DENISE's manual:
LOG = 0 silent; LOG = 1 rank 0 writes to stdout, every other rank to LOG_FILE.<rank>; LOG = 2 rank 0 writes to
LOG_FILE.0 as well. Files appear with the first line written, so ranks with nothing to say leave none.
"""

from __future__ import annotations

import errno
import logging
import math
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from denise_py.errors import DataError, DeniseError, ParameterError, ResourceError

EXIT_BUG = 1
EXIT_INTERRUPTED = 130


class _PlainFormatter(logging.Formatter):
    """The bare text; warnings and errors say what they are."""

    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        return text if record.levelno < logging.WARNING else f"{record.levelname.lower()}: {text}"


class _Lenient(logging.Handler):
    """A log that cannot be written (disk full, pipe closed, no permission) must not end hours of work: that
    is said once on stderr, and the run goes on without it."""

    place = ""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            super().emit(record)
        except OSError:
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
            return
        self.setLevel(logging.CRITICAL + 1)
        if not isinstance(error, BrokenPipeError):
            reason = f"cannot be written ({error.strerror}); the run goes on without it"
            print(f"denise: warning: {self.place} {reason}", file=sys.stderr)


class _CurrentStdout(_Lenient, logging.StreamHandler):
    """Writes to whatever sys.stdout is now, so that redirection works; tells the text apart from files."""

    place = "standard output"

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:
        return sys.stdout


class _NewFile(_Lenient, logging.FileHandler):
    """A log file that comes into being, with its folder, at the first line."""

    def __init__(self, path: Path):
        super().__init__(path, mode="w", encoding="utf-8", delay=True, errors="backslashreplace")
        self.place = f"the log file {path}"

    def _open(self) -> TextIO:
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
        return super()._open()


def open_log(mode: int = 1, path: str = "log/LOG_FILE", rank: int = 0) -> logging.Logger:
    """The log of one rank: a logger of its own (not in logging's global tree) with .info, .warning, ...

    mode and path are LOG and LOG_FILE. Warnings are written as "warning: text".
    """
    log = logging.Logger(f"denise.{rank}", logging.INFO)
    handlers: list[logging.Handler] = [logging.NullHandler()]
    if mode >= 1 and rank == 0:
        handlers.append(_CurrentStdout())
    if mode >= 1 and (rank > 0 or mode >= 2):
        handlers.append(_NewFile(Path(f"{path}.{rank}")))
    for handler in handlers:
        handler.setFormatter(_PlainFormatter())
        log.addHandler(handler)
    return log


class Progress:
    """Tells how far a loop has come without flooding the log.

    On a terminal one line of stderr is rewritten in place, if the log goes to standard output alone;
    otherwise a line goes to the log whenever `step` is called with a finished piece of work (a shot, an
    iteration), or when `interval` seconds have gone by without a line. So a silent log stays silent, and
    files get whole lines.

    log       where the lines go when stderr is no terminal
    title     what is counted, e.g. "shot"
    total     the number of pieces
    at_once   how many pieces are worked on at a time, for the time that is left
    bar       True/False forces or forbids rewriting; None asks whether stderr is a terminal and the log
              goes to standard output alone
    interval  seconds between two lines inside one piece of work
    clock     seconds, for tests
    """

    def __init__(
        self,
        log: logging.Logger,
        title: str,
        total: int,
        *,
        at_once: int = 1,
        bar: bool | None = None,
        interval: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._log, self._title, self._total, self._at_once = log, title, total, at_once
        self._bar = sys.stderr.isatty() and _on_stdout_alone(log) if bar is None else bar
        self._interval, self._clock = interval, clock
        self._start = self._last = clock()
        self._width = 0

    def tick(self, done: int, part: float) -> None:
        """Within a piece of work: `done` pieces are finished and `part` (0..1) of the next one."""
        now = self._clock()
        if now - self._last < (0.2 if self._bar else self._interval):
            return
        self._write(now, done + part, f"{self._title} {done + 1} of {self._total}, {100 * part:.0f} %")

    def step(self, done: int, note: str = "") -> None:
        """A piece of work is finished, `done` of them in all; `note` is appended to the line."""
        text = f"{self._title} {done} of {self._total} done"
        self._write(self._clock(), done, f"{text}, {note}" if note else text)

    def close(self) -> None:
        """End the rewritten line."""
        if self._bar and self._width:
            print(file=sys.stderr, flush=True)
            self._width = 0

    def _write(self, now: float, done: float, text: str) -> None:
        self._last = now
        elapsed = now - self._start
        left = elapsed * self._rounds(self._total - done) / self._rounds(done) if done > 0 else None
        text += f" ({duration(elapsed)}" + (f", {duration(left)} left)" if left else ")")
        if not self._bar:
            self._log.info(text)
            return
        print("\r" + text.ljust(self._width), end="", file=sys.stderr, flush=True)
        self._width = len(text)

    def _rounds(self, pieces: float) -> float:
        """How often `at_once` pieces have to be begun for so many."""
        return pieces if self._at_once == 1 else math.ceil(pieces / self._at_once)


def _on_stdout_alone(log: logging.Logger) -> bool:
    written = [handler for handler in log.handlers if not isinstance(handler, logging.NullHandler)]
    return bool(written) and all(isinstance(handler, _CurrentStdout) for handler in written)


def duration(seconds: float) -> str:
    """A span of time for people: 4.2 s, 3 min 05 s, 2 h 07 min."""
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def describe_failure(error: BaseException) -> tuple[int, str]:
    """Exit code and text for the exception that ended a run; the text is empty where nothing is to be said.

    A DeniseError is one message, a ParameterError or DataError one line per problem, lack of memory or disk
    space exit code 6, Ctrl-C 130. Anything else is a bug: exit code 1 with its traceback.
    """
    if isinstance(error, ParameterError) and len(error.problems) > 1:
        lines = [f"{len(error.problems)} problems with the parameters:", *error.problems]
        return error.exit_code, "denise: error: " + "\n  ".join(lines)
    if isinstance(error, DataError) and "\n" in str(error):
        lines = str(error).splitlines()
        return error.exit_code, "\n  ".join([f"denise: error: {len(lines)} problems with the data:", *lines])
    if isinstance(error, DeniseError):
        return error.exit_code, f"denise: error: {error}"
    if isinstance(error, SystemExit):
        return _system_exit(error)
    if isinstance(error, KeyboardInterrupt):
        return EXIT_INTERRUPTED, "denise: error: interrupted"
    if isinstance(error, MemoryError):
        return ResourceError.exit_code, f"denise: error: out of memory. {error}".rstrip()
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return ResourceError.exit_code, f"denise: error: no disk space left. {error}"
    trace = "".join(traceback.format_exception(error)).rstrip()
    return (
        EXIT_BUG,
        f"{trace}\ndenise: error: this is a bug in denise-py, please report it with the lines above",
    )


def _system_exit(error: SystemExit) -> tuple[int, str]:
    """sys.exit(None), sys.exit(code) and sys.exit("text") as Python itself treats them."""
    if error.code is None or isinstance(error.code, int):
        return error.code or 0, ""
    return EXIT_BUG, str(error.code)
