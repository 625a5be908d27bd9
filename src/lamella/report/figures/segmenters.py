"""Several segmenters on the same movies: scores, empty frames, agreement, spread of speed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from lamella.core.claims import ALL_SESSIONS
from lamella.core.table import Col
from lamella.report.figures.panels import panels
from lamella.report.style import (
    COLOURS,
    FAINT,
    HAIR,
    INK,
    PAGE_MM,
    Key,
    conditions_below,
    figure,
    legend_above,
    nothing,
    sessions_in_legend,
    shades,
    styled,
    swarm,
    wrapped,
)
from lamella.report.tables import has, has_values, numbers, only, texts, unique
from lamella.report.words import axis_label, label, raised, shortened

MOST_MOVIES = 40
_BARS = 0.8


@styled
def score_lines(scores: pd.DataFrame, summary: pd.DataFrame, names: list[str]) -> Figure:
    """A panel per score: a line per movie across the segmenters, and their means in bold.

    Parameters
    ----------
    scores : pandas.DataFrame
        Rows of scores.csv.
    summary : pandas.DataFrame
        Rows of scores_summary.csv, for the means.
    names : list of str
        Columns of `scores` to draw; those without values are left out.
    """
    names = [name for name in names if has_values(scores, name)]
    segmenters = unique(texts(scores, Col.SEGMENTER))
    if not names or not segmenters:
        return nothing("No scores to draw.")
    key = Key.of(scores)
    drawn, axes = panels(len(names), height_mm=48)
    for panel, name in zip(axes, names, strict=True):
        _lines(panel, scores, name, segmenters, key)
        _means(panel, only(summary, score=name, session=ALL_SESSIONS), segmenters)
        panel.set_title(raised(label(name)), pad=6)
    legend_above(drawn, sessions_in_legend(key))
    return drawn


def _lines(axes: Axes, scores: pd.DataFrame, name: str, segmenters: list[str], key: Key) -> None:
    places = np.arange(len(segmenters))
    for movie in unique(texts(scores, Col.MOVIE)):
        rows = only(scores, movie=movie)
        values = _by_segmenter(rows, name, segmenters)
        marker = key.marker(texts(rows, Col.SESSION)[0])
        axes.plot(
            places, values, color=FAINT, alpha=0.6, lw=0.6, marker=marker, ms=3, mew=0, zorder=1
        )
    width = max(6, 30 // len(segmenters))
    axes.set_xticks(places, [wrapped(each, width, most_lines=2) for each in segmenters])
    axes.set_xlim(-0.4, len(segmenters) - 0.6)
    axes.tick_params(axis="x", length=0)


def _by_segmenter(rows: pd.DataFrame, name: str, segmenters: list[str]) -> list[float]:
    found = dict(zip(texts(rows, Col.SEGMENTER), numbers(rows, name).tolist(), strict=True))
    return [found.get(each, np.nan) for each in segmenters]


def _means(axes: Axes, rows: pd.DataFrame, segmenters: list[str]) -> None:
    means = _by_segmenter(rows, Col.MEAN, segmenters)
    axes.plot(range(len(segmenters)), means, color=INK, lw=1.8, marker="_", ms=12, zorder=3)


@styled
def empty_by_movie(scores: pd.DataFrame) -> Figure:
    """Share of empty frames of each movie that has any, a dot per segmenter, joined by a line."""
    segmenters = unique(texts(scores, Col.SEGMENTER))
    rates = {
        movie: _by_segmenter(only(scores, movie=movie), Col.EMPTY_RATE, segmenters)
        for movie in unique(texts(scores, Col.MOVIE))
    }
    shown = {movie: values for movie, values in rates.items() if np.nansum(values) > 0}
    if not shown:
        return nothing(f"No segmenter left a frame empty in {len(rates)} movies.")
    worst = sorted(shown, key=lambda movie: (-np.nanmax(shown[movie]), movie))
    more, worst = max(len(worst) - MOST_MOVIES, 0), worst[:MOST_MOVIES]
    drawn = figure(PAGE_MM, 4.6 * len(worst) + 22)
    axes = drawn.subplots()
    for place, movie in enumerate(worst):
        values = 100 * np.array(shown[movie])
        axes.plot(
            [np.nanmin(values), np.nanmax(values)], [place, place], color=HAIR, lw=1.6, zorder=0
        )
        # From the last to the first: of equal values all are seen, the first the smallest.
        for k in range(len(segmenters) - 1, -1, -1):
            axes.scatter(
                values[k], place, s=18 + 26 * k, color=_colour(k), lw=0, zorder=9 - k, clip_on=False
            )
    axes.set_yticks(range(len(worst)), [shortened(movie) for movie in worst])
    axes.set(ylim=(len(worst) - 0.4, -0.6))
    axes.set_xlim(left=0)
    axes.tick_params(axis="y", length=0, pad=7)  # beside dots that lie on 0
    rest = f"; {more} more not shown" if more else ""
    axes.set_xlabel(f"Empty frames (%), {len(shown)} of {len(rates)} movies{rest}")
    legend_above(drawn, _legend(segmenters))
    return drawn


@styled
def mask_agreement(masks: pd.DataFrame, scores: pd.DataFrame) -> Figure:
    """Mean IoU of the masks of two segmenters, a dot per movie and a place per pair.

    Parameters
    ----------
    masks : pandas.DataFrame
        Rows of masks.csv; the row ``all`` of every pair is drawn as a line.
    scores : pandas.DataFrame
        Rows of scores.csv, for the condition and session of every movie.
    """
    name = f"mean_{Col.IOU}"
    if not has_values(masks, name):
        return nothing("No frame in which two segmenters found something.")
    key = Key.of(scores)
    group = dict(
        zip(
            texts(scores, Col.MOVIE),
            zip(texts(scores, Col.CONDITION), texts(scores, Col.SESSION), strict=True),
            strict=True,
        )
    )
    pairs = list(
        dict.fromkeys(
            zip(texts(masks, Col.ANALYSIS), texts(masks, Col.OTHER_ANALYSIS), strict=True)
        )
    )
    drawn = figure(min(PAGE_MM, 40 + 42 * len(pairs)), 62)
    axes = drawn.subplots()
    for place, (first, second) in enumerate(pairs):
        rows = only(masks, analysis=first, other_analysis=second)
        whole = only(rows, movie=ALL_SESSIONS)
        axes.plot(
            [place - 0.3, place + 0.3], [numbers(whole, name)[0]] * 2, color=INK, lw=1.4, zorder=1
        )
        each = rows[np.asarray(texts(rows, Col.MOVIE), object) != ALL_SESSIONS]
        values = numbers(each, name)
        shift = swarm(values, width=0.5)
        for movie, x, y in zip(texts(each, Col.MOVIE), place + shift, values, strict=True):
            condition, session = group.get(movie, ("", ""))
            axes.scatter(
                x, y, s=14, marker=key.marker(session), color=key.colour(condition), lw=0, zorder=2
            )
    axes.set_ylim(bottom=min(0.0, *axes.get_ylim()), top=1.02)
    axes.set_ylabel("IoU of the masks, mean of a movie")
    conditions_below(
        axes, [f"{a}, {b}" for a, b in pairs], [[] for _ in pairs], 30 + 40 * len(pairs)
    )
    handles = [Patch(color=key.colour(each), label=each) for each in key.conditions]
    legend_above(drawn, [*handles, *sessions_in_legend(key)])
    return drawn


@styled
def speed_spread_bars(speed: pd.DataFrame) -> Figure:
    """SD of speed over units per condition, a bar per segmenter with its 95 % interval.

    Parameters
    ----------
    speed : pandas.DataFrame
        Rows of speed.csv; those of single sessions are left out.
    """
    whole = only(speed, session=ALL_SESSIONS)
    if not (has(whole, Col.CONDITION) and has_values(whole, Col.SD)):
        return nothing("The spread of speed needs two units of a condition.")
    segmenters = unique(texts(whole, Col.ANALYSIS))
    conditions = unique(texts(whole, Col.CONDITION))
    measure = unique(texts(whole, Col.MEASURE))[0]
    drawn = figure(min(PAGE_MM, 34 + 14 * len(conditions) * len(segmenters)), 62)
    axes = drawn.subplots()
    width = _BARS / len(segmenters)
    top = 2.2 * float(np.nanmax(numbers(whole, Col.SD)))  # of few units intervals reach far
    for place, condition in enumerate(conditions):
        for k, name in enumerate(segmenters):
            row = only(whole, condition=condition, analysis=name)
            x = place + (k - (len(segmenters) - 1) / 2) * width
            _bar(axes, x, row, width, _colour(k), top)
    axes.set_ylim(0, min(top, 1.08 * float(np.nanmax([*numbers(whole, Col.SD_HIGH), top / 2.2]))))
    axes.set_ylabel(f"SD of {axis_label(measure).lower()}")
    counts = [[f"n = {_units(only(whole, condition=each))}"] for each in conditions]
    conditions_below(axes, conditions, counts, 30 + 14 * len(conditions) * len(segmenters))
    legend_above(drawn, _legend(segmenters))
    return drawn


def _bar(axes: Axes, x: float, row: pd.DataFrame, width: float, colour: str, top: float) -> None:
    if not has_values(row, Col.SD):
        axes.text(x, 0, "–", ha="center", va="bottom", color=colour)
        return
    axes.bar(x, numbers(row, Col.SD)[0], width=0.88 * width, color=colour, lw=0)
    ends = np.array([numbers(row, Col.SD_LOW)[0], numbers(row, Col.SD_HIGH)[0]])
    if np.isfinite(ends).all():
        axes.plot([x, x], np.minimum(ends, top), color=shades(colour, 3)[0], lw=1.1)


def _units(rows: pd.DataFrame) -> str:
    """Units of a condition, which may differ between segmenters."""
    return "/".join(unique(f"{int(n)}" for n in numbers(rows, Col.N) if np.isfinite(n)))


def _colour(place: int) -> str:
    return COLOURS[place % len(COLOURS)]


def _legend(segmenters: list[str]) -> list[Patch]:
    return [Patch(color=_colour(k), label=name) for k, name in enumerate(segmenters)]
