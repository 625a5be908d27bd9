"""P values adjusted for how many there are."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from lamella.statistics.design import FloatArray

Adjust = Literal["holm", "bh", "joint"]
"""``joint`` needs the model that the contrasts come from: `lamella.statistics.joint`; without it,
it is Holm's."""


def adjusted(p: ArrayLike, method: Adjust) -> FloatArray:
    """P values of one family of tests, adjusted; those that are NaN stay so and do not count.

    ``holm`` keeps the chance of any false positive at the level; ``bh`` the expected share of
    false ones among the positives.

    References
    ----------
    Holm 1979, https://www.jstor.org/stable/4615733; Benjamini & Hochberg 1995,
    https://doi.org/10.1111/j.2517-6161.1995.tb02031.x
    """
    given = np.asarray(p, np.float64)
    out: FloatArray = np.full(given.shape, np.nan)
    known = np.isfinite(given)
    n = int(known.sum())
    order = np.argsort(given[known], kind="stable")
    rising, rank = given[known][order], np.arange(n)
    # Not by statsmodels, which collects garbage at every call: that takes longer than all else.
    if method != "bh":
        stepped = np.maximum.accumulate((n - rank) * rising)
    else:
        stepped = np.minimum.accumulate((n / (rank + 1) * rising)[::-1])[::-1]
    out[np.flatnonzero(known)[order]] = np.minimum(stepped, 1)
    return out
