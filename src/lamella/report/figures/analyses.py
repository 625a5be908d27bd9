"""Effect sizes of several analyses of one study, as bars side by side."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.report.figures.panels import panels
from lamella.report.style import COLOURS, INK, nothing, shades, styled
from lamella.report.tables import contrasts, flags, has_values, numbers, only, texts, unique
from lamella.report.words import label, shortened

_BARS = 0.8
# Letters below a panel of three abreast.
_LETTERS = 34


@styled
def effect_bars(analyses: pd.DataFrame) -> Figure:
    """Cohen's d of every contrast in every analysis, a panel per measure, with 95 % intervals.

    Contrasts that survive every analysis have their name in bold.

    Parameters
    ----------
    analyses : pandas.DataFrame
        Rows of analyses.csv of one claim and one kind of object.
    """
    if not has_values(analyses, Col.COHENS_D):
        return nothing("No effect sizes to compare.")
    measures = [m for m in unique(texts(analyses, Col.MEASURE)) if _of(analyses, m) is not None]
    names = unique(texts(analyses, Col.ANALYSIS))
    colours = [COLOURS[k % len(COLOURS)] for k in range(len(names))]
    drawn, axes = panels(len(measures), height_mm=46)
    limit = _limit(analyses)
    for panel, measure in zip(axes, measures, strict=True):
        _panel(panel, only(analyses, measure=measure), names, colours, limit)
        panel.set_title(label(measure))
        if panel.get_position().x0 < 0.2:
            panel.set_ylabel("Cohen’s d")
    handles = [Patch(color=c, label=name) for c, name in zip(colours, names, strict=True)]
    drawn.legend(handles=handles, loc="outside upper left", ncols=min(len(names), 4))
    return drawn


def _of(analyses: pd.DataFrame, measure: str) -> pd.DataFrame | None:
    rows = only(analyses, measure=measure)
    return rows if has_values(rows, Col.COHENS_D) else None


def _limit(analyses: pd.DataFrame) -> float:
    """One scale for all panels; an interval far beyond the bars is cut."""
    ends = np.abs(
        [numbers(analyses, name) for name in (Col.COHENS_D, Col.COHENS_D_LOW, Col.COHENS_D_HIGH)]
    )
    bars, whole = np.nanmax(ends[0]), np.nanmax(ends)
    return float(min(1.05 * whole, 2.5 * bars + 0.5))


def _panel(
    axes: Axes, rows: pd.DataFrame, names: list[str], colours: list[str], limit: float
) -> None:
    pairs = list(dict.fromkeys(contrasts(rows)))
    width = _BARS / len(names)
    survives = []
    for place, (condition, reference) in enumerate(pairs):
        part = only(rows, condition=condition, reference=reference)
        survives.append(bool(flags(part, Col.SURVIVES, default=False).all()))
        for k, name in enumerate(names):
            x = place + (k - (len(names) - 1) / 2) * width
            _bar(axes, x, only(part, analysis=name), width, colours[k], limit)
    axes.axhline(0, color=INK, lw=0.6)
    axes.set(ylim=(-limit, limit), xlim=(-0.6, len(pairs) - 0.4))
    axes.set_xticks(range(len(pairs)), _below(pairs))
    for tick, bold in zip(axes.get_xticklabels(), survives, strict=True):
        tick.set_fontweight("bold" if bold else "normal")
    axes.tick_params(axis="x", length=0)


def _below(pairs: list[tuple[str, str]]) -> list[str]:
    """What stands below the bars: on two lines where one would run into the next."""
    whole = [f"{a} − {b}" for a, b in pairs]
    room = _LETTERS // len(pairs)
    if max(map(len, whole)) <= room:
        return whole
    return [f"{shortened(a, room)}\n− {shortened(b, room)}" for a, b in pairs]


def _bar(axes: Axes, x: float, row: pd.DataFrame, width: float, colour: str, limit: float) -> None:
    if not has_values(row, Col.COHENS_D):
        axes.text(x, 0, "–", ha="center", va="bottom", color=colour)
        return
    d = float(numbers(row, Col.COHENS_D)[0])
    ends: NDArray[np.float64] = np.array(
        [numbers(row, Col.COHENS_D_LOW)[0], numbers(row, Col.COHENS_D_HIGH)[0]]
    )
    axes.bar(x, d, width=0.88 * width, color=colour, lw=0)
    if np.isfinite(ends).all():
        dark = shades(colour, 3)[0]
        axes.plot([x, x], np.clip(ends, -limit, limit), color=dark, lw=1.1, solid_capstyle="butt")
