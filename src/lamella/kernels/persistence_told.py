"""Which parameters of a persistent random walk can be told, and in words why the others cannot."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lamella.kernels.persistence_fit import FEWEST_STEPS

FloatArray = NDArray[np.float64]

PARAMETERS = ("S", "P", "σ")
UNKNOWN_SCALE = "pixel size or interval not known"
TOO_FEW_STEPS = "too few steps"
NO_MOVEMENT = "no movement"


def told(
    best: FloatArray,
    low: FloatArray,
    high: FloatArray,
    n_steps: NDArray[np.int64],
    *,
    widest: float,
) -> tuple[FloatArray, list[str]]:
    """The values that can be told; those that cannot are NaN, with a reason.

    A value is told where its interval has both a lower end above 0 and an upper end, and these lie
    apart by a factor of at most `widest`.

    Parameters
    ----------
    best, low, high : (n, 3) float arrays
        S, P and σ with their 95 % intervals, as `fit_walks` gives them.
    n_steps : (n,) int array
    widest : float

    Returns
    -------
    values : (n, 3) float64 array
    reasons : list of str
        One a row, empty where all three are told.
    """
    below, above = ~(low > 0), ~np.isfinite(high)
    with_ends = ~(below | above)
    ratio = np.divide(high, low, out=np.full_like(high, np.inf), where=with_ends)
    good = with_ends & (ratio <= widest) & np.isfinite(best)
    reasons = []
    for row in range(len(best)):
        if not np.isfinite(best[row]).all():
            reasons.append(TOO_FEW_STEPS if n_steps[row] < FEWEST_STEPS else NO_MOVEMENT)
            continue
        parts = []
        for k in np.flatnonzero(~good[row]):
            why = {
                (True, True): "no bounds",
                (True, False): "no lower bound",
                (False, True): "no upper bound",
            }.get((bool(below[row, k]), bool(above[row, k])), "interval too wide")
            parts.append(f"{PARAMETERS[k]}: {why}")
        reasons.append("; ".join(parts))
    return np.where(good, best, np.nan), reasons
