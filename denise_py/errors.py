"""Everything that ends a run on purpose, with its exit code.

An error of these classes is printed as one clear message without a traceback; anything else is a
bug (exit code 1).
"""

from __future__ import annotations

from collections.abc import Sequence


class DeniseError(Exception):
    """A run that cannot go on, for a reason the user can act upon."""

    exit_code = 1


class ParameterError(DeniseError):
    """A parameter or its combination with others is wrong. Holds every problem found, one line each."""

    exit_code = 2

    def __init__(self, problems: str | Sequence[str]):
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems))


class UsageError(DeniseError):
    """The command line is wrong."""

    exit_code = 2


class LaunchError(DeniseError):
    """The processes were started with a launcher that does not fit the MPI library."""

    exit_code = 2


class DataError(DeniseError):
    """An input data file (model, seismogram, wavelet, geometry) is missing, malformed or does not fit."""

    exit_code = 3


class StabilityError(DeniseError):
    """The simulation blew up."""

    exit_code = 4


class NoProgressError(DeniseError):
    """The optimiser stopped without any progress."""

    exit_code = 5


class ResourceError(DeniseError):
    """Out of memory or disk."""

    exit_code = 6
