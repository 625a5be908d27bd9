"""A small drawing of an effect: Cohen's d with its interval for each claim, on one common axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lamella.report.answers import SHOWN, Answer
from lamella.report.inline.scale import Scale
from lamella.report.words import CLAIMS

WIDTH, ROW, PAD = 150, 15, 8
FARTHEST = 5.0
"""Intervals that reach farther than this d end in an arrow."""


@dataclass(frozen=True)
class Bar:
    """One interval: `cut` says which of its ends lies beyond the axis; so may d itself, `at`."""

    low: float
    high: float
    at: float | None
    y: float
    shown: bool
    across: bool
    cut_low: bool
    cut_high: bool


@dataclass(frozen=True)
class Intervals:
    """The drawing beside an answer."""

    width: float
    height: float
    zero: float
    bars: tuple[Bar, ...]
    band: tuple[float, float] | None
    """From where to where d goes with outlines a pixel off."""


def axis_of(found: Sequence[Answer]) -> Scale:
    """One axis for all answers, 0 in its middle."""
    ends = [value for answer in found for told in answer.told for value in told.d]
    finite = [abs(value) for value in ends if np.isfinite(value)]
    reach = min(max(finite, default=1.0), FARTHEST) * 1.05 or 1.0
    return Scale(-reach, reach, PAD, WIDTH - PAD)


def intervals(answer: Answer, axis: Scale) -> Intervals | None:
    """The drawing of one answer; None where no effect size is known."""
    bars = []
    for place, claim in enumerate(CLAIMS):
        told = answer.of(claim)
        if told is None or not np.isfinite(told.d[0]):
            continue
        d, low, high = told.d
        low, high = (d if not np.isfinite(end) else end for end in (low, high))
        left, right = (axis(float(np.clip(end, axis.low, axis.high))) for end in (low, high))
        bars.append(
            Bar(
                low=left,
                high=right,
                at=axis(d) if axis.low <= d <= axis.high else None,
                y=PAD + ROW * place,
                shown=told.state == SHOWN,
                across=place > 0,
                cut_low=min(low, d) < axis.low,
                cut_high=max(high, d) > axis.high,
            )
        )
    if not bars:
        return None
    band = answer.d_outlines
    edges = tuple(axis(float(np.clip(end, axis.low, axis.high))) for end in band)
    return Intervals(
        WIDTH, 2 * PAD + ROW * (len(CLAIMS) - 1), axis(0.0), tuple(bars),
        (edges[0], edges[1]) if np.isfinite(band).all() else None,
    )  # fmt: skip
