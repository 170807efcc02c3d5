"""The command `denise`: runs a parameter file, or one of the commands below it."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable

from denise_py import __version__
from denise_py.errors import UsageError

USAGE = """\
usage: denise FILE.json [--jobs N]
                                  run a parameter file (forward modelling or inversion), N shots at a time
                                  in threads; by default as many as there are cores, under mpirun one
       mpirun -np N denise FILE.json
       denise check FILE.json     check a parameter file and everything it reads, then stop
       denise explain [KEY]       what a parameter means; without KEY, all of them
       denise convert FILE OUT    turn a parameter file of IFOS2D or DENISE Black Edition into one of denise
       denise pick FILE.json      pick first arrivals of the observed data (see denise pick --help)
       denise warmup [FILE.json]  compile kernels ahead of a run (see denise warmup --help)
       denise plot ...            figures of models, gathers and misfit (see denise plot --help)
       denise --help | --version

exit codes: 0 done, 1 bug, 2 parameters or usage, 3 input data, 4 unstable simulation,
            5 no progress of the inversion, 6 out of memory or disk, 130 interrupted"""


def main(argv: list[str] | None = None) -> None:
    """Entry point of the script; leaves with the exit code."""
    prepare_streams()
    sys.exit(dispatch(sys.argv[1:] if argv is None else argv))


def prepare_streams() -> None:
    """Make stdout and stderr take whatever is printed: paths in any encoding, also when they are closed."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, stays open
        getattr(sys, name).reconfigure(errors="backslashreplace")


def dispatch(args: list[str]) -> int:
    """Run what the arguments ask for and return the exit code."""
    if args and args[0] in ("-h", "--help"):
        return report_failure(lambda: _show(USAGE))
    if args and args[0] in ("-V", "--version"):
        return report_failure(lambda: _show(f"denise-py {__version__}"))
    commands = _serial_commands()
    if args and args[0] in commands:
        return report_failure(lambda: commands[args[0]](args[1:]))
    from denise_py.parallel.comm import run_guarded

    return run_guarded(lambda comm: _run_file(args, comm))


def _show(text: str) -> int:
    print(text, flush=True)
    return 0


def _serial_commands() -> dict[str, Callable[[list[str]], int]]:
    """Commands that run in one process, imported only when they are used."""

    def check(args: list[str]) -> int:
        from denise_py.cli import check

        return check.run(args)

    def convert(args: list[str]) -> int:
        from denise_py.cli import convert

        return convert.run(args)

    def explain(args: list[str]) -> int:
        from denise_py.cli import explain

        return explain.run(args)

    def pick(args: list[str]) -> int:
        from denise_py.cli import pick

        return pick.run(args)

    def plot(args: list[str]) -> int:
        from denise_py.cli import plot

        return plot.run(args)

    def warmup(args: list[str]) -> int:
        from denise_py.cli import warmup

        return warmup.run(args)

    return {
        "check": check,
        "convert": convert,
        "explain": explain,
        "pick": pick,
        "plot": plot,
        "warmup": warmup,
    }


def _run_file(args: list[str], comm) -> int:
    files, jobs = _split_jobs(args)
    if len(files) != 1 or not files[0] or files[0].startswith("-"):
        found = " ".join(files) or "nothing"
        raise UsageError(f"expected one parameter file, found: {found}\n{USAGE}")
    from denise_py.cli import run

    return run.run(files[0], comm, jobs)


def _split_jobs(args: list[str]) -> tuple[list[str], int | None]:
    """The arguments without --jobs N or --jobs=N, and N."""
    rest, jobs, left = [], None, list(args)
    while left:
        argument = left.pop(0)
        name, equals, value = argument.partition("=")
        if name != "--jobs":
            rest.append(argument)
            continue
        value = value if equals else (left.pop(0) if left else "")
        if not (value.isascii() and value.isdigit() and int(value) > 0):
            raise UsageError(
                f"--jobs needs a number of shots at a time, 1 or more, found: {value or 'nothing'}"
            )
        jobs = int(value)
    return rest, jobs


def report_failure(action: Callable[[], int]) -> int:
    """Exit code of an action; what ends it early becomes one message on stderr."""
    from denise_py.log import describe_failure

    try:
        code = action()
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # the reader, `head` for instance, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except BaseException as error:
        code, text = describe_failure(error)
        with contextlib.suppress(OSError):  # the exit code must get through even if the text cannot
            print(text, file=sys.stderr, flush=True)
        return code
