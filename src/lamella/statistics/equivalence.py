"""Whether a difference can be called none: two one-sided tests."""

from __future__ import annotations

import math

from scipy import special

from lamella.statistics.fitted import Estimate


def p_of_equivalence(estimate: Estimate, margin: float) -> float:
    """P of a difference as large as the margin, or larger: two one-sided tests.

    Parameters
    ----------
    estimate : Estimate
        With its standard error and degrees of freedom.
    margin : float
        Largest difference, either way, that matters to nobody; above 0, in the measure's unit. It
        is a decision about the biology and cannot come from the data.

    Returns
    -------
    float
        The larger p of the two tests; below 0.05 exactly when the 90 % interval lies within the
        margin. NaN where the estimate has no error.

    References
    ----------
    Schuirmann 1987, https://doi.org/10.1007/BF01068419; Lakens 2017,
    https://doi.org/10.1177/1948550617697177
    """
    if not estimate.se > 0:
        return math.nan
    # The nearer end of the margin gives the larger p.
    t = (abs(estimate.estimate) - margin) / estimate.se
    below = special.stdtr(estimate.df, t) if math.isfinite(estimate.df) else special.ndtr(t)
    return float(below)
