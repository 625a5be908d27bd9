"""Estimation plot: the data, and under or beside them the effect with its interval."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from lamella.core.claims import ACROSS_SESSIONS, ALL_SESSIONS, THESE_SESSIONS
from lamella.core.table import Col
from lamella.report.figures.marks import FEWEST_IN_SHAPE, as_shapes, dots, limits, silhouette
from lamella.report.style import (
    COLUMN_MM,
    FAINT,
    HAIR,
    INK,
    PAGE_MM,
    Key,
    conditions_below,
    figure,
    legend_above,
    nothing,
    sessions_in_legend,
    styled,
)
from lamella.report.tables import contrasts, has, has_values, numbers, only, plain, texts, unique
from lamella.report.words import CLAIMS, axis_label, in_brackets, label, number, shortened

_ASIDE = {THESE_SESSIONS: -0.11, ACROSS_SESSIONS: 0.11}
"""The first claim is drawn filled, the second open."""

Floats = NDArray[np.float64]
Pair = tuple[str, str]


class Told(NamedTuple):
    """What effects.csv tells of one pair by one claim."""

    pair: Pair
    claim: str
    estimate: float
    low: float
    high: float
    mean_reference: float


def told_of(effects: pd.DataFrame, measure: str) -> list[Told]:
    """The effects over all sessions on a measure, in the order of the table."""
    rows = only(effects, measure=measure, session=ALL_SESSIONS)
    if not has(rows, Col.CONDITION, Col.REFERENCE, Col.ESTIMATE):
        return []
    columns = [numbers(rows, name) for name in
               (Col.ESTIMATE, Col.ESTIMATE_LOW, Col.ESTIMATE_HIGH, Col.MEAN_REFERENCE)]  # fmt: skip
    claims = [claim or THESE_SESSIONS for claim in texts(rows, Col.CLAIM)]
    return [
        Told(pair, claim, *(float(value) for value in values))
        for pair, claim, *values in zip(contrasts(rows), claims, *columns, strict=True)
        if claim in CLAIMS
    ]


@styled
def estimation_plot(
    effects: pd.DataFrame,
    measure: str,
    key: Key | None = None,
    *,
    units: pd.DataFrame | None = None,
    cells: pd.DataFrame | None = None,
) -> Figure:
    """The units of every condition, and how far each condition lies from the reference.

    With two conditions the effect stands at the right, on an axis whose 0 is the reference's mean
    (Gardner & Altman 1986); with more, below, under its condition (Cumming 2012). Filled: the
    difference in the sessions studied; open: the difference to expect across sessions like these,
    each with its 95 % interval. Where a claim cannot be told, its place says so, or the legend
    where it cannot for any pair. Nothing is computed: an effect is what `effects` holds.

    Parameters
    ----------
    effects : pandas.DataFrame
        measure, claim, session, condition, reference, estimate, estimate_low, estimate_high,
        mean_reference.
    measure : str
        Which of them.
    key : Key, optional
        Colours, markers and order.
    units : pandas.DataFrame, optional
        Means of movies of this measure, which are drawn as data.
    cells : pandas.DataFrame, optional
        Drawn where there are no units.

    References
    ----------
    Gardner & Altman 1986, https://doi.org/10.1136/bmj.292.6522.746; Ho et al. 2019,
    https://doi.org/10.1038/s41592-019-0470-3
    """
    told = told_of(effects, measure)
    known = {each.claim for each in told if np.isfinite(each.estimate)}
    if not known:
        return nothing(f"No difference in {label(measure)} can be told.")
    blank = [claim for claim in CLAIMS if claim not in known]
    told = [each for each in told if each.claim in known]
    pairs = list(dict.fromkeys(each.pair for each in told))
    key = key or Key(tuple(unique([name for pair in pairs for name in pair[::-1]])))
    values = _values(measure, key, units, cells)
    references = unique([reference for _, reference in pairs])
    if len(pairs) == 1:
        drawn = _beside(told, measure, key, values)
    else:
        drawn = _below(told, pairs, measure, key, values, aligned=len(references) == 1)
    legend_above(drawn, _legend(key, told, blank))
    return drawn


class _Values(NamedTuple):
    """The data of one condition and session."""

    condition: str
    session: str
    value: Floats


def _values(
    measure: str, key: Key, units: pd.DataFrame | None, cells: pd.DataFrame | None
) -> list[_Values]:
    table, column = (units, Col.MEAN) if units is not None and len(units) else (cells, measure)
    if table is None or not has_values(table, column):
        return []
    table = table[np.isfinite(numbers(table, column))]
    keys = [texts(table, Col.CONDITION), texts(table, Col.SESSION)]
    groups = table.assign(_c=keys[0], _s=keys[1]).groupby(["_c", "_s"], sort=False)
    found = {tuple(map(plain, name)): numbers(rows, column) for name, rows in groups}
    return [
        _Values(condition, session, found[condition, session])
        for condition in key.conditions
        for session in (*key.sessions, "")
        if (condition, session) in found
    ]


def _beside(told: list[Told], measure: str, key: Key, values: list[_Values]) -> Figure:
    """Gardner and Altman's plot: the effect on an axis of its own at the right."""
    condition, reference = told[0].pair
    drawn = figure(COLUMN_MM, 68)
    axes = drawn.subplots()
    names = [reference, condition]
    _data(axes, values, names, key)
    zero = told[0].mean_reference
    if not np.isfinite(zero):
        zero = 0.0
    right = axes.twinx()
    ends = [*axes.dataLim.intervaly] if values else []
    for place, each in enumerate(told):
        at = 2.0 + 0.85 * place
        _effect(right, at, each, key.colour(condition))
        ends += [end + zero for end in each[2:5] if np.isfinite(end)]
    low, high = min([*ends, zero]), max([*ends, zero])
    margin = 0.06 * (high - low or 1.0)
    axes.set_ylim(low - margin, high + margin)
    right.set_ylim(low - margin - zero, high + margin - zero)
    right.spines["right"].set_visible(True)
    right.plot([0, 4], [0, 0], color=FAINT, lw=0.7, ls=(0, (4, 3)), zorder=0)
    claims = ["\n".join(key.said(CLAIMS[each.claim]).rsplit(" ", 1)) for each in told]
    places = [0, 1, *(2.0 + 0.85 * place for place in range(len(told)))]
    axes.set_xticks(places, [*_with_counts(names, values), *claims])
    axes.tick_params(axis="x", length=0)
    axes.set_xlim(-0.5, places[-1] + 0.45)
    axes.set_ylabel(axis_label(measure))
    right.set_ylabel(f"Difference{in_brackets(measure)}")
    axes.set_xlabel(f"{shortened(condition, 24)} minus {shortened(reference, 24)}", loc="right")
    right.yaxis.set_major_locator(MaxNLocator(6))
    return drawn


def _below(
    told: list[Told],
    pairs: list[Pair],
    measure: str,
    key: Key,
    values: list[_Values],
    *,
    aligned: bool,
) -> Figure:
    """Cumming's plot: the effects below the data, under their conditions where all share one."""
    named = {name for pair in pairs for name in pair}
    names = [name for name in key.conditions if name in named]
    names += [name for name in unique([n for pair in pairs for n in pair[::-1]])
              if name not in names]  # fmt: skip
    width = COLUMN_MM if max(len(names), len(pairs)) <= 4 else PAGE_MM
    drawn = figure(width, 104 if aligned else 116)
    above, under = drawn.subplots(2, 1, height_ratios=(1.25, 1))
    _data(above, values, names, key)
    above.set_ylabel(axis_label(measure))
    conditions_below(above, names, [[_n(name, values)] for name in names], width - 16)
    if aligned:
        places = {pair: float(names.index(pair[0])) for pair in pairs}
        under.set_xticks([])
        under.set_xlim(above.get_xlim())
        under.spines["bottom"].set_visible(False)
        under.set_xlabel(f"each minus {shortened(pairs[0][1], 40)}")
    else:
        places = {pair: float(place) for place, pair in enumerate(pairs)}
        against = [[f"− {shortened(reference, 14)}"] for _, reference in pairs]
        conditions_below(under, [condition for condition, _ in pairs], against, width - 16)
    under.set_ylabel(f"Difference{in_brackets(measure)}")
    under.axhline(0, color=INK, lw=0.7, zorder=1)
    for each in told:
        _effect(under, places[each.pair] + _ASIDE[each.claim], each, key.colour(each.pair[0]))
    under.margins(y=0.08)
    under.yaxis.set_major_locator(MaxNLocator(6))
    under.grid(axis="y", color=HAIR, lw=0.4)
    under.set_axisbelow(True)
    return drawn


def _data(axes: Axes, values: list[_Values], names: list[str], key: Key) -> None:
    """The values of every condition, a marker per session; spreads where they are many."""
    if not values:
        axes.text(0.5, 0.5, "no data to draw", transform=axes.transAxes, ha="center", color=FAINT)
        return
    several = [session for session in key.sessions if any(v.session == session for v in values)]
    together = np.concatenate([each.value for each in values])
    shapes = as_shapes(len(together))
    for each in values:
        if each.condition not in names:
            continue
        n = max(len(several), 1)
        lane = several.index(each.session) if each.session in several else (n - 1) / 2
        place = names.index(each.condition) + (lane - (n - 1) / 2) * 0.7 / n
        colour = key.colour(each.condition)
        if shapes and len(each.value) >= FEWEST_IN_SHAPE:
            silhouette(axes, each.value, place, width=0.66 / n, colour=colour)
            continue
        dots(
            axes, each.value, place, width=0.66 / n, s=float(np.clip(900 / len(each.value), 3, 16)),
            marker=key.marker(each.session), color=colour, alpha=0.8, edgecolor="white",
            linewidth=0.3, zorder=2,
        )  # fmt: skip
    low, high = limits(together, shapes=shapes)
    margin = 0.05 * (high - low or abs(high) or 1.0)
    axes.set_ylim(low - margin, high + margin)


def _effect(axes: Axes, place: float, told: Told, colour: str) -> None:
    """An estimate with its interval; a word in its place where it cannot be told."""
    if not np.isfinite(told.estimate):
        axes.annotate("not told", (place, 0), xytext=(0, 4), textcoords="offset points",
                      ha="center", va="bottom", rotation=90, fontsize=6, color=FAINT)  # fmt: skip
        return
    filled = told.claim == THESE_SESSIONS
    if np.isfinite(told.low) and np.isfinite(told.high):
        axes.plot([place, place], [told.low, told.high], color=colour, lw=2.0 if filled else 1.0,
                  solid_capstyle="butt", zorder=3)  # fmt: skip
    axes.plot(place, told.estimate, "o", color=colour, mfc=colour if filled else "white", ms=5.5,
              mew=1.1, zorder=4)  # fmt: skip


def _n(name: str, values: list[_Values]) -> str:
    return f"n = {number(sum(len(each.value) for each in values if each.condition == name))}"


def _with_counts(names: list[str], values: list[_Values]) -> list[str]:
    return [f"{shortened(name, 11)}\n{_n(name, values)}" if values else name for name in names]


def _legend(key: Key, told: list[Told], blank: list[str]) -> list[Line2D]:
    claims = [
        Line2D([], [], marker="o", lw=2.0 if claim == THESE_SESSIONS else 1.0, color=INK, ms=5,
               mfc=INK if claim == THESE_SESSIONS else "white", label=f"{key.said(words)}, 95 %")
        for claim, words in CLAIMS.items()
        if any(each.claim == claim for each in told)
    ]  # fmt: skip
    silent = [
        Line2D([], [], ls="", label=f"{key.said(CLAIMS[claim])}: not told") for claim in blank
    ]
    return [*sessions_in_legend(key), *claims, *silent]
