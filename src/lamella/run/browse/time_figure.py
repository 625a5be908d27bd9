"""Cells over time, drawn: a panel a measure, all on one axis of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from lamella.core.errors import SettingsError
from lamella.core.table import Col
from lamella.io.atomic import whole_file
from lamella.report.kymograph import kymograph, movement
from lamella.report.style import styled
from lamella.report.words import axis_label, raised, unit
from lamella.run.browse.over_time import (
    EMPTY,
    FILLED_IN,
    KYMOGRAPH,
    NOT_TRUSTED,
    CellOverTime,
    noise_beside,
)


class Look(NamedTuple):
    """Colours of a figure."""

    ground: str
    ink: str
    faint: str
    cells: tuple[str, ...]
    """One a cell, apart for colour-blind readers too."""


LIGHT = Look("#ffffff", "#222222", "#8c8c8c", ("#0072B2", "#D55E00", "#009E73", "#CC79A7"))
DARK = Look("#23242b", "#e6e7e9", "#8d939c", ("#56B4E9", "#E69F00", "#2ec79b", "#e19cc4"))

_MARKS = {NOT_TRUSTED: "o", FILLED_IN: "D"}
_FILES = ("png", "svg", "pdf")


@styled
def time_figure(
    cells: Sequence[CellOverTime],
    measures: Sequence[str],
    *,
    look: Look = LIGHT,
    titles: Mapping[str, str] | None = None,
) -> Figure:
    """Draw cells over time, a panel a measure.

    A line joins what was measured in consecutive frames; where nothing was, it breaks. Frames that
    are not trusted have an open circle, shapes that were filled in a diamond, corrected ones a
    square; frames without the cell have a cross at the foot. Beside the ratio of a lamellipodium
    stands, dashed, what noise alone would give; triangles in the panel of the cosine are turning
    events. The kymograph is that of the first cell: protrusion red, retraction blue.

    Parameters
    ----------
    cells : sequence
        At least one; each in its colour.
    measures : sequence of str
        Columns of ``frames``, or `KYMOGRAPH`.
    titles : mapping, optional
        Titles of panels that are not to be those of their columns.

    Returns
    -------
    Figure
        Its axes are in the order of `measures`, those of colour bars behind them.
    """
    figure = Figure(figsize=(7, 1.5 * max(1, len(measures)) + 0.8), layout="constrained")
    figure.set_facecolor(look.ground)
    panels = figure.subplots(max(1, len(measures)), 1, sharex=True, squeeze=False)[:, 0]
    for axes, name in zip(panels, measures, strict=False):
        _plain(axes, look)
        if name == KYMOGRAPH:
            _kymograph(figure, axes, cells[0], look)
        else:
            _lines(axes, cells, name, look)
            title = (titles or {}).get(name) or axis_label(name)
            axes.set_title(title, fontsize=8, color=look.ink, pad=3)
    panels[-1].set_xlabel("Time (min)" if cells[0].timed else "Frame", color=look.ink)
    low = min(float(np.nanmin(cell.times)) for cell in cells)
    high = max(float(np.nanmax(cell.times)) for cell in cells)
    margin = 0.01 * (high - low) or 0.5
    panels[-1].set_xlim(low - margin, high + margin)
    handles = _legend(cells, measures, look)
    if handles:
        figure.legend(handles=handles, loc="outside upper left", ncols=4, labelcolor=look.ink,
                      fontsize=7, handlelength=1.4)  # fmt: skip
    return figure


def save_figure(
    path: Path, cells: Sequence[CellOverTime], measures: Sequence[str], *, look: Look = LIGHT
) -> None:
    """Write the figure as PNG, SVG or PDF, as the name ends.

    Raises
    ------
    SettingsError
        A name that ends otherwise.
    OutputError
    """
    kind = path.suffix.lower().removeprefix(".")
    if kind not in _FILES:
        raise SettingsError(str(path), "a figure is written as PNG, SVG or PDF", "end it in .png")
    drawn = time_figure(cells, measures, look=look)
    with whole_file(path) as part:
        drawn.savefig(part, format=kind, dpi=200, facecolor=look.ground)


def _plain(axes: Axes, look: Look) -> None:
    axes.set_facecolor(look.ground)
    axes.tick_params(colors=look.ink, which="both")
    axes.yaxis.set_major_locator(MaxNLocator(4))
    for spine in axes.spines.values():
        spine.set_color(look.faint)


def _lines(axes: Axes, cells: Sequence[CellOverTime], name: str, look: Look) -> None:
    cosine = name.partition("__")[0] == Col.POLARITY_COS_MOVEMENT
    if cosine:
        axes.axhline(0, color=look.faint, lw=0.5)
    for cell, colour in zip(cells, _colours(cells, look), strict=True):
        times, values, states = cell.times, cell.values(name), np.array(cell.states)
        axes.plot(times, values, color=colour, lw=1.1, marker=".", ms=3)
        for state, mark in _MARKS.items():
            at = states == state
            axes.plot(times[at], values[at], ls="", marker=mark, ms=5, mfc=look.ground, mec=colour)
        at = cell.corrected
        axes.plot(times[at], values[at], ls="", marker="s", ms=5, mfc="none", mec=look.ink)
        gone = times[states == EMPTY]
        foot = axes.get_xaxis_transform()  # x in minutes, y in parts of the panel
        axes.plot(gone, np.full(len(gone), 0.05), ls="", marker="x", ms=4, color=colour,
                  transform=foot)  # fmt: skip
        noise = noise_beside(cell, name)
        if noise is not None:
            axes.plot(times, noise, color=colour, lw=0.8, ls="--")
        if cosine:
            turns = times[cell.turns]
            axes.plot(turns, np.full(len(turns), 0.96), ls="", marker="v", ms=5, color=colour,
                      transform=foot)  # fmt: skip
    if cosine:
        axes.set_ylim(-1.1, 1.3)
        axes.set_yticks([-1, 0, 1])


def _kymograph(figure: Figure, axes: Axes, cell: CellOverTime, look: Look) -> None:
    name = movement(cell.edge)
    found = kymograph(cell.edge, name)
    drawn = axes.pcolormesh(
        found.borders,
        np.linspace(0, 100, found.values.shape[0] + 1),
        found.values,
        cmap=colormaps["RdBu_r"].with_extremes(bad=look.faint),
        vmin=found.low,
        vmax=found.high,
        rasterized=True,
    )
    for begins in found.runs:
        axes.axvline(begins, color=look.ink, lw=0.6)
    axes.set_ylabel("% of edge", color=look.ink)
    axes.set_title(f"{raised(axis_label(name))}, out red, in blue, grey: not measured", fontsize=8,
                   color=look.ink, pad=3)  # fmt: skip
    bar = figure.colorbar(drawn, ax=axes, pad=0.01, aspect=12)
    bar.set_label(unit(name), color=look.ink, fontsize=7)
    bar.ax.tick_params(colors=look.ink)
    bar.outline.set_linewidth(0.4)


def _colours(cells: Sequence[CellOverTime], look: Look) -> list[str]:
    return [look.cells[i % len(look.cells)] for i in range(len(cells))]


def _legend(cells: Sequence[CellOverTime], measures: Sequence[str], look: Look) -> list[Line2D]:
    """What of the signs occurs, and is not plain."""

    def sign(label: str, **how: Any) -> Line2D:
        return Line2D([], [], label=label, **({"color": look.ink, "ls": ""} | how))

    found = [
        sign(cell.title, color=colour, ls="-")
        for cell, colour in zip(cells, _colours(cells, look), strict=True)
    ]
    states = {state for cell in cells for state in cell.states}
    bare = {name.partition("__")[0] for name in measures}
    if NOT_TRUSTED in states:
        found.append(sign("not trusted", marker="o", mfc=look.ground, ms=5))
    if FILLED_IN in states:
        found.append(sign("filled in", marker="D", mfc=look.ground, ms=5))
    if any(cell.corrected.any() for cell in cells):
        found.append(sign("corrected by hand", marker="s", mfc="none", ms=5))
    if EMPTY in states:
        found.append(sign("not found", marker="x", ms=4))
    if any(noise_beside(cell, name) is not None for cell in cells for name in measures):
        found.append(sign("from noise alone", ls="--", lw=0.8))
    if Col.POLARITY_COS_MOVEMENT in bare and any(cell.turns.any() for cell in cells):
        found.append(sign("turning event", marker="v", ms=5))
    return found
