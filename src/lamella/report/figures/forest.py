"""Effect sizes with their intervals, one below the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lamella.core.table import Col
from lamella.report.style import FAINT, HAIR, INK, PAGE_MM, Key, figure, nothing, styled
from lamella.report.tables import ALL_SESSIONS, has, numbers, texts, unique
from lamella.report.words import decimals, label

WIDEST = 6.0
"""Beyond this d, intervals end in an arrow, so that one tiny group does not flatten the rest."""


@dataclass(frozen=True)
class Line:
    """One line of the plot: a heading (no effect), all sessions, or one session."""

    text: str
    kind: str
    effect: tuple[float, float, float] = (np.nan, np.nan, np.nan)
    n: str = ""
    condition: str = ""
    session: str = ""


@styled
def effect_sizes(effects: pd.DataFrame, key: Key | None = None) -> Figure:
    """Cohen's d and its 95 % interval per measure, contrast and session.

    All sessions together are bold, single sessions thin below. The numbers stand at the right.

    Parameters
    ----------
    effects : pandas.DataFrame
        As `lamella stats` gives them: measure, condition, reference, session, cohens_d …
    key : Key, optional
        Colours of conditions and markers of sessions.
    """
    if not has(effects, Col.MEASURE, Col.CONDITION, Col.COHENS_D):
        return nothing("No effect sizes: they need two conditions.")
    key = key or Key()
    lines = list(_lines(effects))
    height = 4.6 * len(lines) + 18
    drawn = figure(PAGE_MM, height, layout=None)
    axes = drawn.subplots()
    drawn.subplots_adjust(left=0.21, right=0.68, top=1 - 7 / height, bottom=11 / height)
    limit = _limit(lines)
    for place, line in enumerate(lines):
        if line.kind == "heading":
            _beside(axes, -0.44, place, line.text, weight="bold")
            continue
        _effect(axes, place, line, key, limit)
        whole = line.kind == "all"
        _beside(
            axes, -0.41 if whole else -0.37, place, line.text, color=INK if whole else "#555555"
        )
        d, low, high = (decimals(value) for value in line.effect)
        between = f"  ({low} to {high})" if np.isfinite(line.effect[1:]).all() else ""
        weight = "bold" if whole else "normal"
        _beside(axes, 1.03, place, f"{d}{between}", weight=weight)
        _beside(axes, 1.52, place, line.n)
    _beside(axes, 1.03, -0.9, "d (95 % interval)", color=FAINT)
    _beside(axes, 1.52, -0.9, "n", color=FAINT)
    axes.axvline(0, color=INK, lw=0.7, zorder=1)
    axes.set(xlim=(-limit, limit), ylim=(len(lines) - 0.4, -0.6), yticks=[])
    axes.xaxis.set_major_locator(MaxNLocator(7, integer=limit > 2))
    axes.grid(axis="x", color=HAIR, lw=0.4)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("Cohen’s d   (left of 0: below the reference; right: above)")
    return drawn


def _beside(axes: Axes, x: float, place: float, text: str, **looks: Any) -> None:
    axes.text(
        x, place, text, transform=axes.get_yaxis_transform(), va="center", fontsize=7, **looks
    )


def _effect(axes: Axes, place: int, line: Line, key: Key, limit: float) -> None:
    d, low, high = line.effect
    whole = line.kind == "all"
    colour = key.colour(line.condition)
    if np.isfinite(low) and np.isfinite(high):
        ends = np.clip([low, high], -limit, limit)
        axes.plot(ends, [place, place], color=colour, lw=2.0 if whole else 0.8, zorder=2)
        for end, beyond, marker in ((low, low < -limit, "<"), (high, high > limit, ">")):
            if beyond:
                axes.plot(np.clip(end, -limit, limit), place, marker, color=colour, ms=4)
    if np.isfinite(d):
        axes.plot(
            np.clip(d, -limit, limit),
            place,
            "o" if whole else key.marker(line.session),
            color=colour,
            ms=5.5 if whole else 3.5,
            mec="white",
            mew=0.5,
            zorder=3,
        )


def _lines(effects: pd.DataFrame) -> Iterator[Line]:
    measures = texts(effects, Col.MEASURE)
    claims = texts(effects, Col.CLAIM)
    several_claims = len(unique(claims)) > 1
    for measure, claim in dict.fromkeys(zip(measures, claims, strict=True)):
        of = [m == measure and c == claim for m, c in zip(measures, claims, strict=True)]
        rows = effects[np.asarray(of)]
        yield Line(
            label(measure) + (f", {claim.replace('_', ' ')}" if several_claims else ""), "heading"
        )
        contrasts = list(zip(texts(rows, Col.CONDITION), texts(rows, Col.REFERENCE), strict=True))
        for contrast in dict.fromkeys(contrasts):
            part = rows[np.asarray([found == contrast for found in contrasts])]
            yield from sorted(_effects(part, *contrast), key=lambda line: line.kind != "all")


def _effects(rows: pd.DataFrame, condition: str, reference: str) -> Iterator[Line]:
    values = np.stack(
        [numbers(rows, name) for name in (Col.COHENS_D, Col.COHENS_D_LOW, Col.COHENS_D_HIGH)],
        axis=1,
    )
    sizes = zip(numbers(rows, Col.N), numbers(rows, Col.N_REFERENCE), strict=True)
    sessions = texts(rows, Col.SESSION) if Col.SESSION in rows else [ALL_SESSIONS] * len(rows)
    for session, (n, n_reference), effect in zip(sessions, sizes, values, strict=True):
        whole = session == ALL_SESSIONS
        counts = [f"{value:.0f}" if np.isfinite(value) else "?" for value in (n, n_reference)]
        against = f"{condition} against {reference}" if reference else condition
        yield Line(
            against if whole else session,
            "all" if whole else "session",
            (float(effect[0]), float(effect[1]), float(effect[2])),
            " vs ".join(counts),
            condition,
            session,
        )


def _limit(lines: list[Line]) -> float:
    ends = np.abs([line.effect for line in lines]).ravel()
    ends = ends[np.isfinite(ends)]
    points = [abs(line.effect[0]) for line in lines if np.isfinite(line.effect[0])]
    widest = max(WIDEST, 1.1 * max(points, default=0))
    return float(min(max(ends.max(initial=1.0) * 1.05, 1.0), widest))
