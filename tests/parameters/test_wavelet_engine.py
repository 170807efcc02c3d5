"""The text of PARA."""

from __future__ import annotations

import pytest

from denise_py.errors import ParameterError
from denise_py.parameters.wavelet_engine import WaveletEngine, engine_remarks, parse_engine


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fdlsq", WaveletEngine()),
        ("fdlsq:exp=1.0:waterlevel=0.01", WaveletEngine(exponent=1.0, water_level=0.01)),
        (" fdlsq : tshift = -0.5 : exp=-1 ", WaveletEngine(shift=-0.5, exponent=-1.0)),
        ("fbd:fpow2:fdiv=100:fpad=2", WaveletEngine(power_of_two=True, multiple_of=100, padding=2.0)),
        ("fdlsq:pow2:verbose:DEBUG=3:", WaveletEngine(power_of_two=True)),
        ("ident", WaveletEngine("ident")),
        ("tdlsq:waterlevel=0.1:tshift=1", WaveletEngine("tdlsq", water_level=0.1, shift=1.0)),
        ("ident:exp=2:scaleenergy", WaveletEngine("ident", exponent=2.0, scale_energy=True)),
    ],
)
def test_texts_of_the_original(text, expected):
    assert parse_engine(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "there is no method ''; allowed are fdlsq"),
        ("wiener:exp=1", "there is no method 'wiener'"),
        (
            "fdlsq:waterlvl=1",
            "option waterlvl=1: fdlsq has no such option; allowed are exp, waterlevel, fpad",
        ),
        ("ident:waterlevel=1", "ident has no such option; allowed are exp, scaleenergy, verbose, DEBUG"),
        ("fdlsq:scaleenergy", "fdlsq has no such option"),
        ("tdlsq:fpad=2", "tdlsq has no such option; allowed are exp, waterlevel, tshift, verbose, DEBUG"),
        ("fdlsq:waterlevel=0", "option waterlevel=0: must be > 0"),
        ("fdlsq:waterlevel=-1", "must be > 0"),
        ("fdlsq:waterlevel", "needs a number, as in waterlevel=1"),
        ("fdlsq:waterlevel=nan", "needs a number"),
        ("fdlsq:tshift=1e999", "needs a number"),
        ("fdlsq:exp=one", "needs a number, as in exp=1"),
        ("fdlsq:exp=99", "must be >= -20 and <= 20"),
        ("fdlsq:fpad=0.5", "must be >= 1"),
        ("fdlsq:fdiv=2.5", "must be a whole number"),
        ("fdlsq:fpow2=3", "option fpow2=3: takes no value"),
        ("fdlsq:fpow2:pow2", "option pow2: is given twice"),
        ("fdlsq:exp=1:exp=2", "option exp=2: is given twice"),
        ("fdlsq=1", "there is no method 'fdlsq=1'"),
    ],
)
def test_what_is_wrong_is_named(text, message):
    with pytest.raises(ParameterError) as caught:
        parse_engine(text)
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith(f"PARA = {text}")
    assert message in caught.value.problems[0]


def test_all_problems_at_once():
    with pytest.raises(ParameterError) as caught:
        parse_engine("fdlsq:fpad=0:a=1:exp")
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("fdlsq:exp=1", []),
        ("fbd", ["old name of fdlsq"]),
        ("fdlsq:verbose:DEBUG=1", ["verbose and DEBUG change nothing"]),
        ("fdlsq:tshift=0.1", ["tshift delays"]),
        ("fdlsq:tshift=0", []),
    ],
)
def test_remarks(text, words):
    remarks = engine_remarks(text)
    assert len(remarks) == len(words)
    assert all(word in remark for word, remark in zip(words, remarks, strict=True))
