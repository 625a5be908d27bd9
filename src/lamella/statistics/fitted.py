"""What a model says of each pair of conditions, and whether to believe it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from scipy import special

from lamella.statistics.design import Pair


class Estimate(NamedTuple):
    """A difference between two conditions, in the units of the measure; NaN = cannot be told."""

    estimate: float
    se: float = math.nan
    df: float = math.nan
    """Degrees of freedom of Student's t; infinite for the normal distribution."""
    low: float = math.nan
    high: float = math.nan
    """95 % interval."""
    p: float = math.nan
    """Of no difference, two-sided."""

    @classmethod
    def by_t(cls, estimate: float, se: float, df: float) -> Estimate:
        """With interval and p by Student's t; NaN where the error is not a positive number."""
        if not (math.isfinite(estimate) and se > 0 and df > 0):
            return cls(estimate)
        half = float(special.stdtrit(df, 0.975) if math.isfinite(df) else special.ndtri(0.975)) * se
        t = -abs(estimate) / se
        p = 2 * float(special.stdtr(df, t) if math.isfinite(df) else special.ndtr(t))
        return cls(estimate, se, float(df), estimate - half, estimate + half, p)


class Fitted(NamedTuple):
    """One model, fitted to the units of one measure."""

    model: str
    """Its name in models.csv."""
    claim: str
    """See `lamella.core.claims`."""
    estimates: Mapping[Pair, Estimate]
    """Every pair that was asked for."""
    trusted: bool = True
    """False where the guard speaks: the numbers are shown, and not used."""
    verdict: str = ""
    """Why it is not trusted, or what to know of it, in a sentence; empty = nothing to say."""
    variances: Mapping[str, float] = {}
    """Variance components by name: session, interaction, movie, residual."""
    verdicts: Mapping[Pair, str] = {}
    """Why single pairs have no answer, or none to believe."""

    def verdict_of(self, pair: Pair) -> str:
        """What is to be known of one pair; empty = nothing."""
        return self.verdicts.get(pair, self.verdict)

    def trusted_for(self, pair: Pair) -> bool:
        """Whether one pair has an answer to believe."""
        return self.trusted and math.isfinite(self.estimates[pair].p)
