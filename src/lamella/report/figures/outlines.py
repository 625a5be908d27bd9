"""Effect sizes with the outlines as they are, a little wider, narrower and smoother."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from lamella.core.table import Col
from lamella.report.figures.lines import beside, lines_below
from lamella.report.style import COLOURS, FAINT, INK, nothing, styled
from lamella.report.tables import contrasts, has_values, numbers, only, texts, unique
from lamella.report.words import decimals, label

_AS_IS = "as_is"
_MARKS = {
    "dilated": (">", "wider"),
    "eroded": ("<", "narrower"),
    "smoothed": ("D", "smoother"),
}


@styled
def outline_bands(outlines: pd.DataFrame) -> Figure:
    """Cohen's d per measure and contrast, if every outline were a little wrong.

    The dot and the thin line are d and its 95 % interval with the outlines as they are. The grey
    bar spans d over all outlines, the small marks tell which is which.

    Parameters
    ----------
    outlines : pandas.DataFrame
        Rows of outlines.csv of one claim and one kind of object.
    """
    if not has_values(outlines, Col.COHENS_D):
        return nothing("Nothing was measured again with other outlines.")
    lines = [
        (measure, *contrast)
        for measure in unique(texts(outlines, Col.MEASURE))
        for contrast in [("", ""), *dict.fromkeys(contrasts(only(outlines, measure=measure)))]
    ]
    limit = _limit(outlines)
    drawn, axes = lines_below(len(lines), limit=limit, across=(0.24, 0.74), head_mm=10)
    for place, (measure, condition, reference) in enumerate(lines):
        if not condition:
            beside(axes, -0.46, place, label(measure), weight="bold")
            continue
        beside(axes, -0.42, place, f"{condition} against {reference}")
        rows = only(outlines, measure=measure, condition=condition, reference=reference)
        _line(axes, place, rows, limit)
    beside(axes, 1.03, -0.9, "d (lowest to highest)", color=FAINT)
    axes.xaxis.set_major_locator(MaxNLocator(7))
    axes.set_xlabel("Cohen’s d   (left of 0: below the reference; right: above)")
    drawn.legend(handles=_legend(), loc="upper left", ncols=5)
    return drawn


def _line(axes: Axes, place: int, rows: pd.DataFrame, limit: float) -> None:
    found = numbers(rows, Col.COHENS_D)
    if not np.isfinite(found).any():
        beside(axes, 1.03, place, "cannot be told")
        return
    low, high = float(np.nanmin(found)), float(np.nanmax(found))
    axes.barh(place, high - low, left=low, height=0.62, color=FAINT, alpha=0.45, lw=0, zorder=2)
    as_is = only(rows, outlines=_AS_IS)
    ends = [float(numbers(as_is, name)[0]) for name in (Col.COHENS_D_LOW, Col.COHENS_D_HIGH)]
    if np.isfinite(ends).all():
        axes.plot(np.clip(ends, -limit, limit), [place] * 2, color=COLOURS[0], lw=0.9, zorder=3)
    axes.plot(numbers(as_is, Col.COHENS_D), [place], "o", color=COLOURS[0], ms=5, zorder=5)
    for name, (marker, _) in _MARKS.items():
        d = numbers(only(rows, outlines=name), Col.COHENS_D)
        axes.plot(d, [place] * len(d), marker, color=INK, ms=3, mew=0, zorder=4, ls="")
    told = decimals(float(numbers(as_is, Col.COHENS_D)[0]))
    beside(axes, 1.03, place, f"{told}  ({decimals(low)} to {decimals(high)})")


def _limit(outlines: pd.DataFrame) -> float:
    d = np.abs(numbers(outlines, Col.COHENS_D))
    ends = [np.abs(numbers(outlines, name)) for name in (Col.COHENS_D_LOW, Col.COHENS_D_HIGH)]
    known = np.concatenate(ends)[np.isfinite(np.concatenate(ends))]
    return float(min(1.05 * known.max(initial=1.0), max(1.6 * np.nanmax(d), 1.0)))


def _legend() -> list[Line2D]:
    as_is = Line2D(
        [], [], marker="o", color=COLOURS[0], ms=5, lw=0.9, label="as it is, 95 % interval"
    )
    band = Line2D([], [], color=FAINT, alpha=0.45, lw=5, label="over all outlines")
    marks = [
        Line2D([], [], marker=marker, color=INK, ms=3, ls="", label=text)
        for marker, text in _MARKS.values()
    ]
    return [as_is, band, *marks]
