"""How power grows with sessions and with units per session, for each claim."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from lamella.core.claims import ACROSS_SESSIONS, THESE_SESSIONS
from lamella.core.table import Col
from lamella.report.style import (
    COLOURS,
    FAINT,
    HAIR,
    INK,
    PAGE_MM,
    Floats,
    figure,
    nothing,
    say,
    shades,
    styled,
)
from lamella.report.tables import has_values, numbers, texts

_TITLES = {
    THESE_SESSIONS: "In the sessions studied",
    ACROSS_SESSIONS: "Across sessions like these",
}
_MOST_LINES = 5


@styled
def power_figure(table: pd.DataFrame, wanted: float, *, n_per_session: int) -> Figure:
    """Power against the number of sessions, a line for each number of units, a panel a claim.

    Parameters
    ----------
    table : DataFrame
        power.csv; of several numbers of cells per unit, the first is drawn.
    wanted : float
        Power that is aimed at, drawn as a line.
    n_per_session : int
        Units of each condition and session so far: one of the lines, and drawn darker.
    """
    if not has_values(table, Col.POWER):
        return nothing("The power of no study of this kind can be told.")
    if has_values(table, Col.N_CELLS_PER_UNIT):
        cells = numbers(table, Col.N_CELLS_PER_UNIT)
        table = table[cells == cells[0]]
    sizes = np.unique(numbers(table, Col.N_PER_SESSION))
    shown = _spread_out(sizes, n_per_session)
    drawn = figure(PAGE_MM, 70)
    panels = drawn.subplots(1, 2, sharey=True)
    for axes, (claim, title) in zip(panels, _TITLES.items(), strict=True):
        rows = table[np.asarray(texts(table, Col.CLAIM)) == claim]
        axes.set_title(title)
        if not has_values(rows, Col.POWER):
            say(
                axes, "Not known: the table does not tell how\nthe effect differs between sessions."
            )
            continue
        _panel(axes, rows, shown, wanted, n_per_session)
    first = panels[0]
    first.set_ylabel("power (chance to find the effect)")
    first.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    handles, labels = next(
        (found for axes in panels if (found := axes.get_legend_handles_labels())[0]), ([], [])
    )
    drawn.legend(
        handles[::-1],
        labels[::-1],
        title="units per condition\nand session",
        loc="outside right center",
        title_fontsize=7,
        alignment="left",
    )
    return drawn


def _panel(
    axes: Axes, rows: pd.DataFrame, shown: list[int], wanted: float, n_per_session: int
) -> None:
    axes.axhline(wanted, color=HAIR, linewidth=0.8, zorder=0)
    axes.axhline(0.05, color=HAIR, linewidth=0.8, linestyle=":", zorder=0)
    for size, colour in zip(shown, shades(COLOURS[0], len(shown))[::-1], strict=True):
        line = rows[numbers(rows, Col.N_PER_SESSION) == size]
        own = size == n_per_session
        axes.plot(
            numbers(line, Col.N_SESSIONS),
            numbers(line, Col.POWER),
            color=COLOURS[1] if own else colour,
            marker="o",
            markersize=3,
            linewidth=1.4 if own else 0.9,
            label=f"{size} (as now)" if own else str(size),
        )
    axes.set_ylim(0, 1.02)
    axes.set_xlim(left=0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("sessions")
    top = axes.get_xlim()[1]
    axes.text(top, wanted + 0.01, f"{wanted:.0%}", ha="right", va="bottom", fontsize=6, color=INK)
    axes.text(top, 0.06, "no effect", ha="right", va="bottom", fontsize=6, color=FAINT)


def _spread_out(sizes: Floats, own: int) -> list[int]:
    """A few of the sizes, the ends and the present one among them."""
    places = np.unique(np.linspace(0, len(sizes) - 1, _MOST_LINES).round().astype(int))
    return sorted({*(int(size) for size in sizes[places]), own})
