"""One number of every well, where the well lies on its plate."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.report.style import (
    FAINT,
    HAIR,
    INK,
    PAGE_MM,
    Key,
    figure,
    legend_above,
    nothing,
    styled,
)
from lamella.report.tables import has, numbers, only, texts, unique
from lamella.report.words import axis_label, count, shortened

LAYOUTS = ((8, 12), (16, 24), (32, 48))
"""Rows and columns of plates of 96, 384 and 1536 wells."""
MOST_PLATES = 12
_WELL = re.compile(r"([A-Za-z]{1,2})[ _-]?0*([1-9][0-9]?)")
_MM_OF_ONE = 105.0
_FILL, _RIM = 0.31, 0.42
"""Half the width of a well's colour, and of the frame around it, of the distance of wells."""

Floats = NDArray[np.float64]


def place_of(well: str) -> tuple[int, int] | None:
    """Row and column of a well by its name, counted from 0; None where it is no such name.

    >>> place_of("B03"), place_of("H12"), place_of("p24"), place_of("AF48"), place_of("control")
    ((1, 2), (7, 11), (15, 23), (31, 47), None)
    """
    found = _WELL.fullmatch(well.strip())
    if not found:
        return None
    row = 0
    for letter in found[1].upper():
        row = 26 * row + ord(letter) - ord("A") + 1
    place = (row - 1, int(found[2]) - 1)
    rows, columns = LAYOUTS[-1]
    return place if place[0] < rows and place[1] < columns else None


def layout_of(wells: list[str]) -> tuple[int, int] | None:
    """Rows and columns of the smallest plate that has all of these wells; None without a well."""
    places = [place for place in map(place_of, wells) if place is not None]
    if not places:
        return None
    last = np.max(places, axis=0)
    return next(each for each in LAYOUTS if last[0] < each[0] and last[1] < each[1])


@styled
def plate_map(
    wells: pd.DataFrame,
    value: str,
    key: Key | None = None,
    *,
    samples: pd.DataFrame | None = None,
    measure: str | None = None,
) -> Figure:
    """A heat map of every plate, all on one scale; the frame of a well is its condition's colour.

    White with a dash: a well without a value, such as one in which no cell was found. A cross: a
    well that was left out or failed. No frame: a place that the study does not use. The layout is
    that of 96 wells, or of 384 or 1536 where names of wells go beyond.

    Parameters
    ----------
    wells : pandas.DataFrame
        One row per well: `well`, `session` (the plate), `condition`, and the value.
    value : str
        Column of `wells`.
    key : Key, optional
        Colours of conditions.
    samples : pandas.DataFrame, optional
        Where a row has a well that `wells` lacks, that well was left out.
    measure : str, optional
        What the value is of, where the column does not tell.
    """
    key = key or Key.of(wells)
    known = [name for name in texts(wells, Col.WELL) if place_of(name)]
    layout = layout_of(known)
    if layout is None or not has(wells, value):
        return nothing("No well has a name such as B03.")
    every = unique(texts(wells, Col.SESSION)) or [""]
    plates = every[:MOST_PLATES]
    values = numbers(wells, value)
    good = values[np.isfinite(values)]
    low, high = (float(good.min()), float(good.max())) if len(good) else (0.0, 1.0)
    # A scale from 0 tells how much more one well has than another, where that costs little.
    low = 0.0 if 0 <= low < 0.6 * high else low
    abreast = min(len(plates), 2)
    rows = -(-len(plates) // abreast)
    width = PAGE_MM if abreast == 2 else _MM_OF_ONE
    height = rows * ((width - 24) / abreast * layout[0] / layout[1] + 10) + 14
    drawn = figure(width, height)
    grid = drawn.subplots(rows, abreast, squeeze=False).ravel().tolist()
    for empty in grid[len(plates) :]:
        empty.set_axis_off()
    for axes, plate in zip(grid, plates, strict=False):
        part = only(wells, session=plate) if plate else wells
        told = pd.DataFrame() if samples is None else samples
        told = only(told, session=plate) if plate else told
        drawing = _plate(axes, part, value, layout, (low, high), key, told)
        axes.set_title(shortened(plate) if plate else "")
    name = axis_label(measure or value)
    bar = drawn.colorbar(drawing, ax=grid, shrink=0.7, aspect=24, pad=0.02)
    bar.outline.set_visible(False)
    bar.set_label(f"Median {name[:1].lower()}{name[1:]}" if value == Col.MEDIAN else name)
    if len(every) > len(plates):
        drawn.text(0, 0, f"{count(len(every) - len(plates), 'plate')} not shown", va="bottom",
                   fontsize=6, color=FAINT)  # fmt: skip
    present = set(texts(wells, Col.CONDITION))
    legend_above(
        drawn,
        [
            Line2D([], [], marker="s", ls="", mfc="white", mec=key.colour(name), mew=1.4, ms=5,
                   label=name)
            for name in key.conditions if name in present
        ],
    )  # fmt: skip
    return drawn


def _plate(
    axes: Axes,
    wells: pd.DataFrame,
    value: str,
    layout: tuple[int, int],
    scale: tuple[float, float],
    key: Key,
    samples: pd.DataFrame,
) -> PatchCollection:
    rows, columns = layout
    wide = 1.2 if rows <= LAYOUTS[0][0] else 0.6
    found = dict(zip(map(place_of, texts(wells, Col.WELL)), numbers(wells, value), strict=True))
    frames = {
        place: key.colour(condition)
        for table in (samples, wells)
        for place, condition in zip(
            map(place_of, texts(table, Col.WELL)), texts(table, Col.CONDITION), strict=True
        )
        if place is not None
    }
    told = {place: v for place, v in found.items() if place is not None and np.isfinite(v)}
    drawing = PatchCollection([_square(place, _FILL) for place in told], cmap="viridis", lw=0)
    drawing.set_array(np.asarray(list(told.values()), np.float64))
    drawing.set_clim(*scale)
    axes.add_collection(drawing)
    axes.add_collection(
        PatchCollection(
            [_square(place, _RIM) for place in frames],
            facecolor="none",
            edgecolor=list(frames.values()),
            linewidth=wide,
        )
    )
    for place in frames:
        if place not in told:
            sign, colour = ("_", FAINT) if place in found else ("x", INK)
            axes.plot(place[1], place[0], marker=sign, color=colour, ms=4 * wide, mew=0.8)
    every = 1 if rows <= LAYOUTS[0][0] else 2 if rows <= LAYOUTS[1][0] else 4
    axes.set_xticks(range(0, columns, every), [str(k + 1) for k in range(0, columns, every)])
    axes.set_yticks(range(0, rows, every), [_letters(k) for k in range(0, rows, every)])
    axes.set(xlim=(-0.6, columns - 0.4), ylim=(rows - 0.4, -0.6), aspect="equal")
    axes.tick_params(length=0, labelsize=6, labeltop=True, labelbottom=False, pad=1)
    for spine in axes.spines.values():
        spine.set(visible=True, color=HAIR)
    return drawing


def _square(place: tuple[int, int], half: float) -> Rectangle:
    row, column = place
    return Rectangle((column - half, row - half), 2 * half, 2 * half)


def _letters(row: int) -> str:
    """Name of a row counted from 0: A, B … Z, AA, AB and so on."""
    return (_letters(row // 26 - 1) if row >= 26 else "") + chr(ord("A") + row % 26)
