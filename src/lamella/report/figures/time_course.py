"""Speed, area and ratio over time, a row per movie."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.report.style import HAIR, PAGE_MM, Key, figure, nothing, shades, styled
from lamella.report.tables import (
    groups_of_movies,
    has_values,
    numbers,
    per_channel,
    texts,
    track_parts,
    unique,
)
from lamella.report.words import axis_label, count, shortened

MOST_MOVIES = 40
MOST_CELLS = 30
FULL = 0.78
"""Height of a row's scale, of the distance between rows."""


def course_measures(frames: pd.DataFrame) -> list[str]:
    """Columns of the figure: one of speed, one of area, and the ratios; those with values."""
    speeds = [n for n in (Col.SPEED, Col.STEP_UM, Col.STEP_PX) if has_values(frames, n)][:1]
    areas = [name for name in (Col.AREA_UM2, Col.AREA_PX) if has_values(frames, name)][:1]
    ratios = [n for n in per_channel(frames, Col.LAM_CYTO_RATIO) if has_values(frames, n)]
    return [*speeds, *areas, *ratios[:2]]


@styled
def time_course(frames: pd.DataFrame, cells: pd.DataFrame, key: Key | None = None) -> Figure:
    """Each cell over time; a row per movie, a column per measure, each column on one scale.

    A column's scale spans its values up to the 99.5th percentile, so that one jump does not
    flatten the rest; what lies beyond is cut at the top. Missing values break the line. At most 40
    movies, and 30 cells of each, are drawn.
    """
    key = key or Key.of(cells)
    measures = course_measures(frames)
    movies = unique(texts(frames, Col.MOVIE))
    if not measures or Col.FRAME not in frames.columns:
        return nothing("Nothing was measured over time.")
    groups = groups_of_movies(cells, pd.DataFrame())
    order = {name: place for place, name in enumerate(key.conditions)}
    movies.sort(key=lambda movie: order.get(groups.get(movie, ("", ""))[0], len(order)))
    shown = movies[:MOST_MOVIES]
    timed = has_values(frames, Col.TIME_MIN)
    tracks: dict[str, list[pd.DataFrame]] = {movie: [] for movie in shown}
    for identity, rows in track_parts(frames):
        if len(tracks.get(identity[0], [None] * MOST_CELLS)) < MOST_CELLS:
            tracks[identity[0]].append(rows)
    colours = [key.colour(groups.get(movie, ("", ""))[0]) for movie in shown]
    drawn = figure(PAGE_MM, 8 * len(shown) + 18)
    # One panel per column and not per movie: hundreds of axes take tens of seconds.
    for axes, measure in zip(drawn.subplots(1, len(measures), squeeze=False)[0], measures,
                             strict=True):  # fmt: skip
        across = Col.TIME_MIN if timed else Col.FRAME
        _column(axes, [tracks[movie] for movie in shown], colours, measure, across)
        axes.set_title(axis_label(measure), fontsize=7)
    _names(drawn.axes[0], shown)
    rest = len(movies) - len(shown)
    more = f"; {count(rest, 'more movie')} not shown" if rest else ""
    drawn.supxlabel(("Time (min)" if timed else "Frame") + more, fontsize=7)
    return drawn


def _column(
    axes: Axes,
    movies: list[list[pd.DataFrame]],
    colours: list[str],
    measure: str,
    across: str,
) -> None:
    values = np.concatenate([numbers(rows, measure) for cells in movies for rows in cells])
    low, high = _scale(values, measure)
    ticks, labels = [], []
    for row, (cells, colour) in enumerate(zip(movies, colours, strict=True)):
        axes.axhline(-row, color=HAIR, lw=0.4, zorder=0)
        for rows, shade in zip(cells, shades(colour, len(cells)), strict=True):
            share = np.clip((numbers(rows, measure) - low) / (high - low), -0.1, 1.15)
            axes.plot(numbers(rows, across), share * FULL - row, color=shade, lw=0.5)
        top = _round_below(low, high)
        ticks += [-row, (top - low) / (high - low) * FULL - row]
        labels += [f"{low:g}", f"{top:g}"]
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.set_yticks(ticks, labels, fontsize=6)
    axes.tick_params(axis="x", labelsize=6)
    axes.tick_params(axis="y", length=1.5, pad=1)
    axes.spines["left"].set_visible(False)
    axes.set_ylim(-len(movies) + 0.8, 1)


def _scale(values: NDArray[np.float64], measure: str) -> tuple[float, float]:
    """Bottom and top of a scale; the bottom is 0, or 1 for a ratio, unless values go below."""
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 1.0
    least, top = (float(value) for value in np.percentile(values, (0.5, 99.5)))
    floor = 1.0 if "ratio" in measure else 0.0
    low = floor if least >= floor else float(np.floor(least * 10) / 10)
    return low, top if top > low else low + 1.0


def _round_below(low: float, high: float) -> float:
    """A round number in the upper part of the scale, for its tick."""
    step = 10.0 ** np.floor(np.log10(high - low))
    step = max(s * step for s in (0.1, 0.2, 0.5, 1.0) if s * step <= (high - low) / 2)
    return float(np.floor(high / step + 1e-9) * step)


def _names(axes: Axes, movies: list[str]) -> None:
    for row, movie in enumerate(movies):
        axes.annotate(
            shortened(movie, 18), (0, FULL / 2 - row), xycoords=("axes fraction", "data"),
            xytext=(-22, 0), textcoords="offset points", ha="right", va="center", fontsize=6,
            annotation_clip=False,
        )  # fmt: skip
