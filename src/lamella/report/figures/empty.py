"""Frames in which no cell was found, movie by movie."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from lamella.core.table import Col
from lamella.report.style import (
    COLUMN_MM,
    FAINT,
    PAGE_MM,
    Key,
    figure,
    legend_above,
    nothing,
    styled,
)
from lamella.report.tables import groups_of_movies, has, numbers, texts
from lamella.report.words import count, shortened

MOST_BARS = 40


def empty_frames(cells: pd.DataFrame) -> pd.DataFrame:
    """Empty frames and frames of each movie that has any, the highest share first."""
    if not has(cells, Col.MOVIE, Col.N_EMPTY_FRAMES, Col.N_FRAMES):
        return pd.DataFrame({Col.MOVIE: [], "empty": [], "frames": []})
    table = pd.DataFrame(
        {
            Col.MOVIE: texts(cells, Col.MOVIE),
            "empty": numbers(cells, Col.N_EMPTY_FRAMES),
            "frames": numbers(cells, Col.N_FRAMES),
        }
    )
    sums = table.groupby(Col.MOVIE, sort=False).sum().reset_index()
    sums = sums[(sums["empty"] > 0) & (sums["frames"] > 0)]
    share = -(sums["empty"] / sums["frames"])
    return sums.assign(share=-share).sort_values(
        ["share", Col.MOVIE], ascending=[False, True], kind="stable"
    )


@styled
def empty_rate(cells: pd.DataFrame, key: Key | None = None) -> Figure:
    """Share of empty frames, a bar for each movie that has any; a sentence where none has."""
    key = key or Key.of(cells)
    table = empty_frames(cells)
    n_movies = len(set(texts(cells, Col.MOVIE)))
    if not len(table):
        return nothing(f"No empty frames in {count(n_movies, 'movie')}.")
    more, table = max(len(table) - MOST_BARS, 0), table.head(MOST_BARS)
    groups = groups_of_movies(cells, pd.DataFrame())
    drawn = figure(PAGE_MM if len(table) > 12 else COLUMN_MM, 5 * len(table) + 18)
    axes = drawn.subplots()
    places = np.arange(len(table))
    share = 100 * table["share"].to_numpy()
    named = [groups.get(movie, ("", ""))[0] for movie in table[Col.MOVIE]]
    colours = [key.colour(condition) for condition in named]
    axes.barh(places, share, color=colours, height=0.65)
    for place, percent, n, of in zip(places, share, table["empty"], table["frames"], strict=True):
        axes.annotate(
            f"{int(n)} of {int(of)}", (percent, place), xytext=(3, 0), va="center",
            textcoords="offset points", fontsize=6.5, color=FAINT,
        )  # fmt: skip
    axes.set_yticks(places, [shortened(movie) for movie in table[Col.MOVIE]])
    axes.set(xlim=(0, share.max() * 1.3), ylim=(len(table) - 0.4, -0.6))
    axes.tick_params(axis="y", length=0)
    rest = f"; {more} more not shown" if more else ""
    legend_above(drawn, [Patch(color=key.colour(c), label=c) for c in key.conditions if c in named])
    axes.set_xlabel(f"Empty frames (%), {len(table) + more} of {count(n_movies, 'movie')}{rest}")
    return drawn
