"""What every way to a threshold is handed, and what it gives."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.statistics.design import FloatArray

Side = Literal["above", "below"]
"""Where the positives lie, seen from the threshold; on it lies none."""
Scale = Literal["log", "linear"]
Words = NDArray[np.object_]


class Plate(NamedTuple):
    """The objects that share one threshold, as bare arrays."""

    values: FloatArray
    """(n,) finite."""
    wells: NDArray[np.int64]
    """(n,) number of the well (or field, where wells are not known) of each."""
    well_names: Words
    """(n,) name of the well; empty where it is not known."""
    conditions: Words
    """(n,)"""
    side: Side

    def only(self, kept: NDArray[np.bool_]) -> Plate:
        """Some of the objects."""
        return self._replace(
            values=self.values[kept],
            wells=self.wells[kept],
            well_names=self.well_names[kept],
            conditions=self.conditions[kept],
        )

    def beyond(self, threshold: float) -> float:
        """Share of the objects that lie on the side of the positives; NaN without objects."""
        return float(positive(self.values, threshold, self.side).mean()) if len(self.values) else (
            math.nan
        )  # fmt: skip


class Cut(NamedTuple):
    """A threshold, or why there is none."""

    threshold: float = math.nan
    low: float = math.nan
    high: float = math.nan
    """95 % interval over the wells that decide the threshold."""
    n_controls: float = math.nan
    """Objects of the controls; NaN where controls have no say."""
    verdict: str = ""
    """Why there is none, or what to know of it; empty = nothing."""


def positive(values: FloatArray, threshold: float, side: Side) -> NDArray[np.bool_]:
    """Whether each value lies beyond the threshold; one that equals it does not."""
    out: NDArray[np.bool_] = values > threshold if side == "above" else values < threshold
    return out


def interval(
    plate: Plate, find: Callable[[FloatArray], float], *, draws: int, seed: int
) -> tuple[float, float, str]:
    """95 % percentile interval of a threshold over draws of wells, and what to know of it.

    Parameters
    ----------
    find : callable
        Threshold of some values; NaN where there is none, which draws may give.

    Returns
    -------
    low, high : float
        NaN without draws, and where more than a tenth of them have no threshold.
    words : str
        Objects are drawn instead where all lie in one well, which makes the interval too narrow;
        this says so.
    """
    if not draws or len(plate.values) < 2:
        return math.nan, math.nan, ""
    rng = np.random.default_rng(seed)
    order = np.argsort(plate.wells, kind="stable")
    starts = np.flatnonzero(np.diff(plate.wells[order])) + 1
    groups = np.split(plate.values[order], starts)
    found = np.empty(draws)
    for k in range(draws):
        if len(groups) > 1:
            drawn = rng.integers(len(groups), size=len(groups))
            picked = np.concatenate([groups[i] for i in drawn])
        else:
            picked = rng.choice(plate.values, len(plate.values))
        found[k] = find(picked)
    words = "" if len(groups) > 1 else (
        "its interval is of the objects of a single well, and too narrow for other wells"
    )  # fmt: skip
    known = found[np.isfinite(found)]
    if len(known) < 0.9 * draws:
        return math.nan, math.nan, "draws of its wells often have no threshold: it hangs on a few"
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high), words


def on_scale(values: FloatArray, scale: Scale) -> tuple[FloatArray, int]:
    """Values to look at, and how many have no place there: those not above 0 have no logarithm."""
    if scale == "linear":
        return values, 0
    there = values > 0
    return np.log(values[there]), int((~there).sum())


def off_scale(threshold: float, scale: Scale) -> float:
    """The threshold in the unit of the measure."""
    return math.exp(threshold) if scale == "log" else threshold


def joined(*words: str) -> str:
    """Several things to know, in one line."""
    return "; ".join(filter(None, words))
