"""The best, the middling and the worst outlines of a study, as film strips."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from lamella.core.table import Col
from lamella.report.style import PAGE_MM, figure, nothing, styled
from lamella.report.tables import has, numbers, texts
from lamella.report.words import count, decimals, number, shortened

MOST_WIDE_PX = 1400
"""Wider strips are made smaller: they would be drawn smaller anyway."""
_RANKS: dict[int, tuple[str, ...]] = {
    1: ("only movie",), 2: ("best", "worst"), 3: ("best", "median", "worst"),
}  # fmt: skip


def ranked(quality: pd.DataFrame, movies: Mapping[str, bytes]) -> list[tuple[str, pd.Series]]:
    """The movies to show, each with its rank in words and its row, the best first.

    One row a movie: that of its first kind of object. Equal scores keep the order of the table.
    """
    if not has(quality, Col.MOVIE, Col.OUTLINE_SCORE):
        return []
    rows = quality.assign(_movie=texts(quality, Col.MOVIE)).drop_duplicates("_movie")
    rows = rows[rows["_movie"].isin(list(movies)) & np.isfinite(numbers(rows, Col.OUTLINE_SCORE))]
    rows = rows.iloc[np.argsort(-numbers(rows, Col.OUTLINE_SCORE), kind="stable")]
    n = len(rows)
    if not n:
        return []
    places = dict.fromkeys([0, n // 2, n - 1])
    ranks = _RANKS[len(places)]
    return [(rank, rows.iloc[place]) for rank, place in zip(ranks, places, strict=True)]


@styled
def montage(quality: pd.DataFrame, filmstrips: Mapping[str, bytes]) -> Figure:
    """Film strips of the movies with the best, the middling and the worst score, below each other.

    Parameters
    ----------
    quality : pandas.DataFrame
        outline_score of every movie and what it is made of; see `lamella.run.quality`.
    filmstrips : mapping of str to bytes
        PNG by movie.
    """
    shown = ranked(quality, filmstrips)
    if not shown:
        return nothing("No film strip has a score.")
    strips = [_pixels(filmstrips[str(row["_movie"])]) for _, row in shown]
    # All at one width per pixel, so that no strip looks sharper than it is; the widest fills it.
    widest = max(strip.shape[1] for strip in strips)
    room = PAGE_MM - 4
    heights = [strip.shape[0] / widest * room for strip in strips]
    above, below = 6.0, 1.5
    total = sum(heights) + (above + below) * len(strips)
    drawn = figure(PAGE_MM, total, layout=None)
    top = total
    for (rank, row), strip, height in zip(shown, strips, heights, strict=True):
        top -= above + height
        share = strip.shape[1] / widest * room / PAGE_MM
        axes = drawn.add_axes((2 / PAGE_MM, top / total, share, height / total))
        axes.imshow(strip, interpolation="nearest", aspect="auto")
        axes.set_axis_off()
        score = decimals(float(row[Col.OUTLINE_SCORE]), 3)
        drawn.text(
            2 / PAGE_MM, (top + height + 1.2) / total, f"{rank}: score {score}", weight="bold",
            fontsize=7.5, va="bottom",
        )  # fmt: skip
        drawn.text(
            42 / PAGE_MM, (top + height + 1.2) / total,
            f"{shortened(str(row['_movie']), 44)}; {_why(row)}", fontsize=7, va="bottom",
        )  # fmt: skip
        top -= below
    return drawn


def _why(row: pd.Series) -> str:
    """What a score is made of."""
    names = (Col.N_FRAMES, Col.N_EMPTY_FRAMES, Col.N_INVALID_FRAMES, Col.N_SIZE_BREAKS,
             Col.AREA_FLICKER)  # fmt: skip
    n_frames, *lost, flicker = (numbers(row.to_frame().T, name)[0] for name in names)
    if not n_frames > 0:
        return "no cell was found"
    words = zip(lost, ("empty", "not trusted", "where the area jumps"), strict=True)
    parts = [f"{number(int(n))} {word}" for n, word in words if n > 0] or ["all trusted"]
    told = f"{count(int(n_frames), 'frame')}, {', '.join(parts)}"
    return told + (f"; flicker {decimals(100 * flicker, 1)} %" if np.isfinite(flicker) else "")


def _pixels(png: bytes) -> NDArray[np.uint8]:
    picture = Image.open(BytesIO(png), formats=["PNG"]).convert("RGB")
    if picture.width > MOST_WIDE_PX:
        height = max(round(picture.height * MOST_WIDE_PX / picture.width), 1)
        picture = picture.resize((MOST_WIDE_PX, height), Image.Resampling.LANCZOS)
    return np.asarray(picture)
