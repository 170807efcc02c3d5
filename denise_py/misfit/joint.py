"""One misfit of several kinds of waves: a weighted sum, optionally of misfits that begin at one.

    E = (1 - a) E_psv / E0_psv + a E_sh / E0_sh      normalised by the first misfits E0
    E = (1 - a) E_psv + a E_sh                       as reported

Being one function of the model, it has one gradient, which line searches and quasi-Newton updates can trust.
(DENISE joins directions instead, with weights of their own for vs and for density.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class JointWeights:
    """shares: of the waves in their order; normalised: divide each misfit by its first value."""

    shares: tuple[float, ...]
    normalised: bool = False

    def coefficients(self, first: Sequence[float]) -> tuple[float, ...]:
        """What the misfits of the waves are multiplied by; first: their first values. A misfit that is zero
        from the beginning stays out."""
        if not self.normalised:
            return self.shares
        return tuple(
            share / value if value > 0 else 0.0 for share, value in zip(self.shares, first, strict=True)
        )


#: of a single kind of waves
ALONE = JointWeights((1.0,))
