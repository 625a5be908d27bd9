"""Effect sizes with their intervals, one below the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from lamella.core.claims import ACROSS_SESSIONS, ALL_SESSIONS
from lamella.core.table import Col
from lamella.report.figures.lines import beside, lines_below
from lamella.report.style import HAIR, INK, Key, nothing, styled
from lamella.report.tables import contrasts, has, numbers, texts, unique
from lamella.report.words import count, decimals, label, p_value, shortened

WIDEST = 6.0
"""Beyond this d, intervals end in an arrow, so that one tiny group does not flatten the rest."""
MOST_LINES = 60
"""Beyond this many, single sessions are left out, which the replication plots show too."""
MOST_WHOLE = 90
"""Lines that are drawn at all; a longer figure has no page."""


@dataclass(frozen=True)
class Line:
    """One line of the plot: a heading (no effect), all sessions, or one session."""

    text: str
    kind: str
    effect: tuple[float, float, float] = (np.nan, np.nan, np.nan)
    outlines: tuple[float, float] = (np.nan, np.nan)
    n: str = ""
    p: float = np.nan
    condition: str = ""
    session: str = ""
    claim: str = ""


@styled
def effect_sizes(effects: pd.DataFrame, key: Key | None = None) -> Figure:
    """Cohen's d and its 95 % interval per measure, contrast, claim and session.

    Filled and bold: all sessions, for the sessions studied; thin below: each of them alone; open:
    the claim across sessions. A grey bar, where the table has it, spans the effects that outlines a
    pixel larger or smaller would give. The numbers, n and adjusted p stand at the right. Single
    sessions are left out where the plot would have over 60 lines.

    Parameters
    ----------
    effects : pandas.DataFrame
        As `lamella stats` gives them: measure, claim, condition, reference, session, cohens_d …
    key : Key, optional
        Colours of conditions and markers of sessions.
    """
    if not has(effects, Col.MEASURE, Col.CONDITION, Col.COHENS_D):
        return nothing("No effect sizes: they need two conditions.")
    key = key or Key()
    lines = list(_lines(effects, key))
    if len(lines) > MOST_LINES:
        lines = [line for line in lines if line.kind != "session"]
    left_out = len(lines) - MOST_WHOLE
    lines = lines[:MOST_WHOLE]
    limit = _limit(lines)
    drawn, axes = lines_below(len(lines), limit=limit, across=(0.27, 0.64), head_mm=13)
    for place, line in enumerate(lines):
        if line.kind == "heading":
            beside(axes, -0.72, place, line.text, weight="bold")
            continue
        _effect(axes, place, line, key, limit)
        _numbers(axes, place, line)
    for x, head in ((1.04, "d (95 % interval)"), (1.53, "n"), (1.76, "adjusted p")):
        beside(axes, x, -0.9, head, color="#666666")
    axes.xaxis.set_major_locator(MaxNLocator(7, integer=limit > 2))
    rest = f"; {count(left_out, 'more line')} in effects.csv" if left_out > 0 else ""
    axes.set_xlabel(f"Cohen’s d   (left of 0: below the reference; right: above){rest}")
    drawn.legend(handles=_legend(lines, key), loc="upper left", ncols=4, borderaxespad=0.3)
    return drawn


def _numbers(axes: Axes, place: int, line: Line) -> None:
    """What stands in words beside a line."""
    whole = line.kind == "all"
    colour, weight = (INK, "bold") if whole else ("#555555", "normal")
    beside(axes, -0.68 if whole else -0.62, place, line.text, color=colour)
    if np.isfinite(line.effect[0]):
        d, low, high = (decimals(value) for value in line.effect)
        between = f"  ({low} to {high})" if np.isfinite(line.effect[1:]).all() else ""
        beside(axes, 1.04, place, f"{d}{between}", weight=weight)
    else:
        beside(axes, 1.04, place, "cannot be told", color="#666666")
    beside(axes, 1.53, place, line.n)
    if np.isfinite(line.p):
        beside(axes, 1.76, place, p_value(line.p), weight=weight)


def _effect(axes: Axes, place: int, line: Line, key: Key, limit: float) -> None:
    d, low, high = line.effect
    whole, across = line.kind == "all", line.claim == ACROSS_SESSIONS
    colour = key.colour(line.condition)
    if np.isfinite(line.outlines).all():
        ends = np.clip(line.outlines, -limit, limit)
        axes.plot(ends, [place, place], color=HAIR, lw=7, solid_capstyle="butt", zorder=1.5)
    if np.isfinite(low) and np.isfinite(high):
        ends = np.clip([low, high], -limit, limit)
        axes.plot(ends, [place, place], color=colour, lw=2.0 if whole and not across else 0.9,
                  zorder=2)  # fmt: skip
        for end, beyond, marker in ((low, low < -limit, "<"), (high, high > limit, ">")):
            if beyond:
                axes.plot(
                    np.clip(end, -limit, limit), place, marker, color=colour, ms=4, clip_on=False
                )
    if np.isfinite(d):
        axes.plot(
            np.clip(d, -limit, limit), place, "o" if whole else key.marker(line.session),
            color=colour, ms=5.5 if whole else 3.5, mfc="white" if across else colour,
            mec=colour if across else "white", mew=1.1 if across else 0.5, zorder=3,
        )  # fmt: skip


def _lines(effects: pd.DataFrame, key: Key) -> Iterator[Line]:
    """A heading per measure, and under it every contrast: these sessions, each, across sessions."""
    measures = texts(effects, Col.MEASURE)
    objects = texts(effects, Col.OBJECT)
    several = len(unique(objects)) > 1
    for measure, kind in dict.fromkeys(zip(measures, objects, strict=True)):
        of = [m == measure and o == kind for m, o in zip(measures, objects, strict=True)]
        rows = effects[np.asarray(of)]
        yield Line(label(measure) + (f", {kind}" if several else ""), "heading")
        named = contrasts(rows)
        for contrast in dict.fromkeys(named):
            part = rows[np.asarray([found == contrast for found in named])]
            found = _effects(part, *contrast, across=key.said("across sessions"))
            yield from sorted(found, key=_order)


def _order(line: Line) -> int:
    return 2 if line.claim == ACROSS_SESSIONS else int(line.kind != "all")


def _effects(rows: pd.DataFrame, condition: str, reference: str, *, across: str) -> Iterator[Line]:
    effect = zip(
        *(numbers(rows, name) for name in (Col.COHENS_D, Col.COHENS_D_LOW, Col.COHENS_D_HIGH)),
        strict=True,
    )
    bands = (Col.COHENS_D_OUTLINES_LOW, Col.COHENS_D_OUTLINES_HIGH)
    outlines = zip(*(numbers(rows, name) for name in bands), strict=True)
    sizes = zip(numbers(rows, Col.N), numbers(rows, Col.N_REFERENCE), strict=True)
    claims = texts(rows, Col.CLAIM)
    p = numbers(rows, Col.P_ADJUSTED)
    sessions = texts(rows, Col.SESSION) if Col.SESSION in rows else [ALL_SESSIONS] * len(rows)
    against = f"{shortened(condition, 18)} − {shortened(reference, 14)}" if reference else condition
    for session, claim, n, d, band, one_p in zip(
        sessions, claims, sizes, effect, outlines, p, strict=True
    ):
        whole = session == ALL_SESSIONS
        counts = [f"{value:.0f}" if np.isfinite(value) else "?" for value in n]
        text = against
        if claim == ACROSS_SESSIONS:
            text = f"{shortened(condition, 12)} − {shortened(reference, 10)}, {across}"
        yield Line(
            text if whole else shortened(session, 24), "all" if whole else "session",
            (float(d[0]), float(d[1]), float(d[2])), (float(band[0]), float(band[1])),
            " vs ".join(counts), float(one_p), condition, session, claim,
        )  # fmt: skip


def _limit(lines: list[Line]) -> float:
    """How far the axis reaches; the wide intervals of few sessions do not set its scale."""
    ends = np.abs([line.effect for line in lines if line.claim != ACROSS_SESSIONS]).ravel()
    ends = ends[np.isfinite(ends)]
    points = [abs(line.effect[0]) for line in lines if np.isfinite(line.effect[0])]
    farthest = 1.1 * max(points, default=0)
    reach = max(ends.max(initial=1.0) * 1.05, farthest, 1.0)
    return float(min(reach, max(WIDEST, farthest)))


def _legend(lines: list[Line], key: Key) -> list[Line2D]:
    handles = [Line2D([], [], marker="o", lw=2.0, color=INK, ms=5, mec="white",
                      label=key.said("in these sessions"))]  # fmt: skip
    if any(line.kind == "session" for line in lines):
        handles.append(
            Line2D([], [], marker="^", lw=0.9, color=INK, ms=3.5, label=key.said("one session"))
        )
    if any(line.claim == ACROSS_SESSIONS for line in lines):
        handles.append(Line2D([], [], marker="o", lw=0.9, color=INK, ms=5, mfc="white",
                              label=key.said("across sessions")))  # fmt: skip
    if any(np.isfinite(line.outlines).all() for line in lines):
        handles.append(
            Line2D([], [], lw=5, color=HAIR, solid_capstyle="butt", label="outlines a pixel off")
        )
    return handles
