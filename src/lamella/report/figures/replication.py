"""Whether each session repeats the effect, and whether any one of them carries it alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from lamella.core.claims import THESE_SESSIONS
from lamella.core.table import Col
from lamella.report.figures.estimation import Told, told_of
from lamella.report.style import (
    COLUMN_MM,
    FAINT,
    HAIR,
    INK,
    Key,
    figure,
    legend_above,
    nothing,
    styled,
)
from lamella.report.tables import contrasts, flags, has, has_values, numbers, only, texts
from lamella.report.words import count, in_brackets, label, number, shortened

MOST_PAIRS = 12
"""Pairs of conditions that are drawn: of more, a page would hold nothing else."""


@styled
def replication_plot(
    replication: pd.DataFrame,
    effects: pd.DataFrame,
    measure: str,
    key: Key | None = None,
) -> Figure:
    """Each session's own difference, and the whole without that session, a row per session.

    Open marks: the session alone (pale where it points the other way). Filled marks with 95 %
    interval: all sessions but this one. The band is the interval of all sessions together, from
    `effects`. A mark below that moves away from the band, or an interval that reaches 0 in one row
    alone, tells that this one session decides. At most 12 pairs are drawn.

    Parameters
    ----------
    replication : pandas.DataFrame
        One row per measure, pair and session: difference, same_direction, estimate_without and its
        interval.
    effects : pandas.DataFrame
        For the band; may lack the pair.
    measure : str
        Which of them.
    key : Key, optional
        Colours of conditions and markers of sessions.
    """
    rows = only(replication, measure=measure)
    if not has(rows, Col.SESSION, Col.CONDITION, Col.REFERENCE) or not any(
        has_values(rows, name) for name in (Col.DIFFERENCE, Col.ESTIMATE_WITHOUT)
    ):
        return nothing(f"One session, or none shared: nothing of {label(measure)} can repeat.")
    key = key or Key()
    named = contrasts(rows)
    pairs = list(dict.fromkeys(named))
    whole = {each.pair: each for each in told_of(effects, measure)
             if each.claim == THESE_SESSIONS}  # fmt: skip
    parts = [(pair, rows[np.asarray([found == pair for found in named])])
             for pair in pairs[:MOST_PAIRS]]  # fmt: skip
    n_lines = sum(len(part) + 1 for _, part in parts)
    drawn = figure(COLUMN_MM, 5.2 * n_lines + 20)
    axes = drawn.subplots()
    axes.axvline(0, color=INK, lw=0.7, zorder=1)
    place, ticks, names = 0, [], []
    for pair, part in parts:
        _pair(axes, place, pair, part, whole.get(pair))
        for session, one in zip(texts(part, Col.SESSION), range(len(part)), strict=True):
            place += 1
            _session(axes, place, part.iloc[[one]], key.colour(pair[0]), key.marker(session))
            ticks.append(place)
            names.append(shortened(session, 16))
        place += 1
    axes.set_yticks(ticks, names)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(place - 0.4, -0.6)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=HAIR, lw=0.4)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    more = len(pairs) - len(parts)
    rest = f"; {count(more, 'more pair')} not shown" if more else ""
    axes.set_xlabel(f"Difference in {label(measure)}{in_brackets(measure)}{rest}")
    legend_above(drawn, _legend(key))
    return drawn


def _pair(axes: Axes, place: int, pair: tuple[str, str], part: pd.DataFrame,
          whole: Told | None) -> None:  # fmt: skip
    """The heading of a pair, and the band of all sessions behind its rows."""
    agree = int(flags(part, Col.SAME_DIRECTION, default=False).sum())
    told = int(np.isfinite(numbers(part, Col.DIFFERENCE)).sum())
    names = f"{shortened(pair[0], 16)} − {shortened(pair[1], 16)}"
    _heading(axes, 0.0, place, names, ha="left", weight="bold")
    _heading(axes, 1.0, place, f"{number(agree)} of {number(told)} agree", ha="right")
    if whole is None or not np.isfinite(whole.estimate):
        return
    rows = [place + 0.5, place + len(part) + 0.5]
    if np.isfinite(whole.low) and np.isfinite(whole.high):
        axes.fill_betweenx(rows, whole.low, whole.high, color=HAIR, alpha=0.6, lw=0, zorder=0)
    axes.plot([whole.estimate] * 2, rows, color=FAINT, lw=0.9, zorder=1)


def _heading(axes: Axes, x: float, place: int, text: str, **looks: Any) -> None:
    heading = axes.text(
        x, place, text, transform=axes.get_yaxis_transform(), va="center", fontsize=7, zorder=6,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6}, **looks,
    )  # fmt: skip
    # Both are short enough to fit; the layout would make room for them beside the panel.
    heading.set_in_layout(False)


def _session(axes: Axes, place: int, row: pd.DataFrame, colour: str, marker: str) -> None:
    alone, without = numbers(row, Col.DIFFERENCE)[0], numbers(row, Col.ESTIMATE_WITHOUT)[0]
    low, high = (
        numbers(row, name)[0] for name in (Col.ESTIMATE_WITHOUT_LOW, Col.ESTIMATE_WITHOUT_HIGH)
    )
    same = bool(flags(row, Col.SAME_DIRECTION, default=False)[0])
    if np.isfinite(alone):
        axes.plot(alone, place - 0.18, marker, color=colour, mfc="white", ms=5, mew=1.0,
                  alpha=1.0 if same else 0.45, zorder=4)  # fmt: skip
    if np.isfinite(low) and np.isfinite(high):
        axes.plot([low, high], [place + 0.2] * 2, color=colour, lw=1.2, zorder=3)
    if np.isfinite(without):
        axes.plot(without, place + 0.2, "o", color=colour, ms=4, mec="white", mew=0.4, zorder=4)


def _legend(key: Key) -> list[Line2D]:
    return [
        Line2D(
            [], [], marker="o", ls="", color=INK, mfc="white", ms=5, label=key.said("session alone")
        ),
        Line2D([], [], marker="o", lw=1.2, color=INK, ms=4, label="all but this, 95 %"),
        Line2D(
            [], [], lw=5, color=HAIR, solid_capstyle="butt", label=key.said("all sessions, 95 %")
        ),
    ]
