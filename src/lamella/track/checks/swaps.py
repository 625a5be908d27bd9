"""Two cells whose ways make more sense with exchanged numbers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from lamella.track.checks.neighbours import near_pairs
from lamella.track.checks.rows import Flags, Indices, Rows, Values

# Degrees of freedom of the t law whose tails the residuals are given: outliers speak, but softly.
_TAILS = 4.0
_SMALLEST_SD_PX = 0.5
_SMALLEST_SD_LOG = 0.05
# A median of distances in the plane to the SD along one axis (Rayleigh's law).
_SD_PER_RAYLEIGH_MEDIAN = 1 / np.sqrt(2 * np.log(2))
_SD_PER_MEDIAN = 1.4826
_MOST_JUMPS_PAIRED = 50


class Swaps(NamedTuple):
    """The events, and the rows whose jumps and size breaks they explain."""

    events: pd.DataFrame
    explained: Flags


def swaps(rows: Rows, jump_limit: Values, *, evidence: float, window: int) -> Swaps:
    """Pairs of cells that exchange their numbers, kind `swap`.

    For every two cells that are near each other after a step (or that both jump), what came before
    is held against what comes after, as numbered and exchanged: the place against the one foretold
    from the last `window` rows, the mean log area and log intensity of `window` rows on both sides.
    Residuals are divided by their robust SD in this movie, and have t laws of 4 degrees of freedom.
    The value is 2 · log of the ratio of likelihoods, exchanged over as numbered; an event exceeds
    `evidence`. Where one cell was not found in between, the step over its gap is judged.

    Parameters
    ----------
    jump_limit : (len(rows.steps),) float64 array
        How long a step may usually be, px per frame.
    """
    quiet = np.zeros(len(rows.cell), bool)
    if not len(rows.steps):
        return Swaps(rows.found("swap", [], value=[], limit=evidence, words=[]), quiet)
    reach = max(2 * float(np.median(jump_limit)), 3 * np.nan_to_num(rows.typical_radius))
    pairs = np.concatenate(
        [near_pairs(rows, distance_px=reach), _jumping_pairs(rows, rows.step_px > jump_limit)]
    )
    key = np.unique(pairs[:, 0] * len(rows.cell) + pairs[:, 1])
    a1, b1, a0, b0 = _steps_of(rows, np.column_stack(np.divmod(key, len(rows.cell))))
    gain = _by_place(rows, a0, b0, a1, b1, window=window)
    for measure in (rows.area, rows.light):
        gain += _by_size(rows, measure, a0, b0, a1, b1, window=window)
    over = np.flatnonzero(gain > evidence)
    keep = over[_strongest(rows, a1[over], b1[over], gain[over], window=window)]
    # The wrong exchange blurs what is just before and after; these rows are no events of their own.
    quiet[a1[keep]] = quiet[b1[keep]] = True
    words = [
        f"Cells {rows.cell[a1[k]]} and {rows.cell[b1[k]]} seem to exchange their numbers at frame "
        f"{rows.frame[a1[k]]}."
        for k in keep
    ]
    events = rows.found(
        "swap", a1[keep], other=rows.cell[b1[keep]], value=gain[keep], limit=evidence, words=words
    )
    return Swaps(events, quiet)


def _jumping_pairs(rows: Rows, over: Flags) -> Indices:
    """All pairs of rows that jump in one frame, where not half the field does."""
    at = rows.steps[over]
    pairs = []
    for _, here in pd.Series(at).groupby(rows.frame[at]):
        if 2 <= len(here) <= _MOST_JUMPS_PAIRED:
            first, second = np.triu_indices(len(here), 1)
            both = np.sort(np.column_stack([here.to_numpy()[first], here.to_numpy()[second]]))
            pairs.append(both)
    return np.concatenate(pairs) if pairs else np.empty((0, 2), np.int64)


def _steps_of(rows: Rows, pairs: Indices) -> tuple[Indices, Indices, Indices, Indices]:
    """Rows of both cells after and before the longer of their two steps; both are there in both."""
    pairs = pairs[~rows.starts[pairs].any(axis=1)]
    gap = (rows.frame[pairs] - rows.frame[pairs - 1]).max(axis=1)
    before = rows.frame[pairs[:, 0]] - gap
    a0, b0 = (rows.index(rows.cell[pairs[:, k]], before) for k in (0, 1))
    both = (a0 >= 0) & (b0 >= 0)
    return pairs[both, 0], pairs[both, 1], a0[both], b0[both]


def _by_place(
    rows: Rows, a0: Indices, b0: Indices, a1: Indices, b1: Indices, *, window: int
) -> Values:
    """What the exchange gains by places: 2 · log ratio of likelihoods."""
    velocity = _velocity(rows, window)
    near = rows.steps[rows.gaps == 1]
    moved = rows.place[near] - rows.place[near - 1]
    known = ~rows.starts[near - 1]
    kept = _kept(velocity[near[known] - 1], moved[known])
    left = moved - kept * velocity[near - 1]
    sd = _SMALLEST_SD_PX
    if len(near):
        sd = max(sd, float(np.median(np.hypot(*left.T))) * _SD_PER_RAYLEIGH_MEDIAN)
    gap = (rows.frame[a1] - rows.frame[a0])[:, None]

    def surprise(before: Indices, after: Indices) -> Values:
        foretold = rows.place[before] + kept * gap * velocity[before]
        return _t((((rows.place[after] - foretold) / (sd * gap)) ** 2).sum(axis=1))

    return surprise(a0, a1) + surprise(b0, b1) - surprise(a0, b1) - surprise(b0, a1)


def _by_size(
    rows: Rows, measure: Values, a0: Indices, b0: Indices, a1: Indices, b1: Indices, *, window: int
) -> Values:
    """What the exchange gains by a positive measure; 0 where it is not known."""
    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.log(measure)
    log[~np.isfinite(log) | rows.at_border | rows.filled] = np.nan
    before, after = _means(rows, log, window)
    change = np.abs(after[rows.steps] - before[rows.steps - 1])
    known = change[np.isfinite(change)]
    if not len(known):
        return np.zeros(len(a0))
    sd = max(_SMALLEST_SD_LOG, _SD_PER_MEDIAN * float(np.median(known)))

    def surprise(first: Indices, second: Indices) -> Values:
        return _t(((after[second] - before[first]) / sd) ** 2)

    gain = surprise(a0, a1) + surprise(b0, b1) - surprise(a0, b1) - surprise(b0, a1)
    return np.nan_to_num(gain)


def _t(square: Values) -> Values:
    """−2 · log of the t law of a squared residual in SDs, up to a constant."""
    out: Values = (_TAILS + 1) * np.log1p(square / _TAILS)
    return out


def _velocity(rows: Rows, window: int) -> Values:
    """Mean step over at most `window` rows up to each row, px per frame; 0 for the first."""
    row = np.arange(len(rows.cell))
    begin = np.maximum.accumulate(np.where(rows.starts, row, 0))
    back = np.maximum(row - window, begin)
    frames = np.maximum(rows.frame - rows.frame[back], 1)
    out: Values = (rows.place - rows.place[back]) / frames[:, None]
    return out


def _kept(velocity: Values, moved: Values) -> float:
    """Share of the velocity that a step of this movie keeps, 0 to 1.

    Median, over the steps of the faster half, of the step's part along the velocity over it; so a
    few wrong steps have no say.
    """
    square = (velocity**2).sum(axis=1)
    fast = (square > 0) & (square >= np.median(square)) if len(square) else np.zeros(0, bool)
    if not fast.any():
        return 0.0
    share = (velocity[fast] * moved[fast]).sum(axis=1) / square[fast]
    return float(np.clip(np.median(share), 0, 1))


def _means(rows: Rows, values: Values, window: int) -> tuple[Values, Values]:
    """Mean over at most `window` rows of the cell up to each row, and from it on; NaN ignored."""
    known = np.isfinite(values)
    total = np.concatenate([[0.0], np.cumsum(np.where(known, values, 0))])
    count = np.concatenate([[0], np.cumsum(known)])
    row = np.arange(len(values))
    begin = np.maximum.accumulate(np.where(rows.starts, row, 0))
    end = len(row) - np.maximum.accumulate(np.where(rows.ends[::-1], row, 0))[::-1]
    low, high = np.maximum(row - window + 1, begin), np.minimum(row + window, end)
    with np.errstate(invalid="ignore"):
        before = (total[row + 1] - total[low]) / (count[row + 1] - count[low])
        after = (total[high] - total[row]) / (count[high] - count[row])
    return before, after


def _strongest(rows: Rows, a: Indices, b: Indices, gain: Values, *, window: int) -> list[int]:
    """Of events of the same cells within a window, the strongest."""
    kept: list[int] = []
    for k in np.argsort(-gain, kind="stable").tolist():
        near = (
            other
            for other in kept
            if {rows.cell[a[k]], rows.cell[b[k]]} & {rows.cell[a[other]], rows.cell[b[other]]}
            and abs(int(rows.frame[a[k]] - rows.frame[a[other]])) <= window
        )
        if next(near, None) is None:
            kept.append(k)
    return sorted(kept)
