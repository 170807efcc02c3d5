"""The text of PARA: how source wavelets are estimated, as `name:option:option=value:...`.

    fdlsq:exp=1.0:waterlevel=0.01        least squares in the frequency domain; fbd is its old name
    tdlsq:exp=1.0:waterlevel=0.01        least squares in time, which DENISE does not have
    ident:scaleenergy                    the given wavelet, scaled to the energy of the data

Options of all: exp=k weights traces by offset^k; verbose and DEBUG=n are known but do nothing here. Options
of fdlsq: waterlevel, tshift, fpad, fpow2 (pow2 in DENISE's manual), fdiv; of tdlsq: waterlevel, tshift; of
ident: scaleenergy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from denise_py.errors import ParameterError
from denise_py.parameters.values import parse_number, shorten

LEAST_SQUARES: Final = "fdlsq"
IN_TIME: Final = "tdlsq"
IDENTITY: Final = "ident"
ENGINES: Final = (LEAST_SQUARES, IN_TIME, IDENTITY)
OLD_NAMES: Final = {"fbd": LEAST_SQUARES}


@dataclass(frozen=True)
class WaveletEngine:
    """How a source wavelet is estimated.

    name: 'fdlsq', 'tdlsq' or 'ident'; exponent: of the offset in the weights of traces; water_level: in parts
    of the mean energy of the synthetic spectra; padding: length of the spectra in lengths of a trace;
    power_of_two, multiple_of: what that length is rounded up to; shift: delay of the result in s;
    scale_energy: whether ident scales.
    """

    name: str = LEAST_SQUARES
    exponent: float = 0.0
    water_level: float = 1e-3
    padding: float = 1.5
    power_of_two: bool = False
    multiple_of: int = 1
    shift: float = 0.0
    scale_energy: bool = False


@dataclass(frozen=True)
class _Option:
    """Field it sets ('' for none), the engines that have it, whether a value follows, and its limits."""

    field: str
    engines: tuple[str, ...] = (LEAST_SQUARES,)
    has_value: bool = True
    above: float = -math.inf
    at_least: float = -math.inf
    at_most: float = math.inf
    whole: bool = False

    def problem(self, value: float) -> str:
        if self.whole and value != int(value):
            return "must be a whole number"
        if not value > self.above:
            return f"must be > {self.above:g}"
        if not self.at_least <= value <= self.at_most:
            upper = "" if self.at_most == math.inf else f" and <= {self.at_most:g}"
            return f"must be >= {self.at_least:g}{upper}"
        return ""


_FLAG_POWER: Final = _Option("power_of_two", has_value=False)
_OPTIONS: Final = {
    "exp": _Option("exponent", ENGINES, at_least=-20.0, at_most=20.0),
    "waterlevel": _Option("water_level", (LEAST_SQUARES, IN_TIME), above=0.0),
    "fpad": _Option("padding", at_least=1.0, at_most=100.0),
    "fpow2": _FLAG_POWER,
    "pow2": _FLAG_POWER,
    "fdiv": _Option("multiple_of", at_least=1.0, at_most=1e6, whole=True),
    "tshift": _Option("shift", (LEAST_SQUARES, IN_TIME)),
    "scaleenergy": _Option("scale_energy", (IDENTITY,), has_value=False),
    "verbose": _Option("", ENGINES, has_value=False),
    "DEBUG": _Option("", ENGINES, whole=True),
}


def parse_engine(text: str) -> WaveletEngine:
    """The engine that a text of PARA describes. Raises ParameterError with everything that is wrong."""
    name, *words = (word.strip() for word in text.split(":"))
    name = OLD_NAMES.get(name, name)
    if name not in ENGINES:
        raise ParameterError(
            f"PARA = {shorten(text, 60)}: there is no method '{shorten(name, 30)}'; allowed are fdlsq "
            "(fbd is its old name), tdlsq and ident, followed by options as in fdlsq:exp=1.0:waterlevel=0.01"
        )
    fields: dict[str, float | bool | int] = {}
    problems = []
    for word in filter(None, words):
        problem = _take(word, name, fields)
        if problem:
            problems.append(f"PARA = {shorten(text, 60)}, option {shorten(word, 30)}: {problem}")
    if problems:
        raise ParameterError(problems)
    return WaveletEngine(name, **fields)


def engine_remarks(text: str) -> list[str]:
    """Warnings about a text of PARA that parse_engine accepts."""
    remarks, engine = [], parse_engine(text)
    if text.split(":")[0].strip() in OLD_NAMES:
        remarks.append(f"PARA = {text}: fbd is the old name of fdlsq")
    silent = [word for word in ("verbose", "DEBUG") if word in _names(text)]
    if silent:
        remarks.append(
            f"PARA = {text}: {' and '.join(silent)} change nothing here, the log says what there is"
        )
    if engine.shift:
        remarks.append(
            f"PARA = {text}: tshift delays estimated wavelets and all synthetic data by {engine.shift:g} s "
            "against the observed data, to show what a wavelet has before time 0; leave it out of inversions"
        )
    return remarks


def _names(text: str) -> list[str]:
    return [word.partition("=")[0].strip() for word in text.split(":")[1:]]


def _take(word: str, engine: str, fields: dict[str, float | bool | int]) -> str:
    """Puts an option into the fields; what is wrong with it, or ''."""
    name, equals, written = (part.strip() for part in word.partition("="))
    option = _OPTIONS.get(name)
    if option is None or engine not in option.engines:
        allowed = (n for n, o in _OPTIONS.items() if engine in o.engines)
        return f"{engine} has no such option; allowed are {', '.join(allowed)}"
    if option.field in fields:
        return "is given twice"
    if not option.has_value:
        if equals:
            return "takes no value"
        value: float | bool | int = True
    else:
        try:
            value = parse_number(written)
        except ValueError:
            return f"needs a number, as in {name}=1"
        problem = option.problem(value)
        if problem:
            return problem
        value = int(value) if option.whole else float(value)
    if option.field:
        fields[option.field] = value
    return ""
