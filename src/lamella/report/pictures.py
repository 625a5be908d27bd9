"""Which figures a study gets, each with its title, caption and description."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from lamella.core.claims import THESE_SESSIONS
from lamella.core.table import Col
from lamella.report import captions
from lamella.report.contents import ReportInput
from lamella.report.dynamics import dynamics
from lamella.report.figures.empty import empty_frames, empty_rate
from lamella.report.figures.estimation import estimation_plot, told_of
from lamella.report.figures.forest import effect_sizes
from lamella.report.figures.intensity import lam_versus_cyto
from lamella.report.figures.marks import as_shapes
from lamella.report.figures.montage import montage, ranked
from lamella.report.figures.outlines import outline_bands
from lamella.report.figures.replication import replication_plot
from lamella.report.figures.rose import rose
from lamella.report.figures.superplot import superplot
from lamella.report.figures.time_course import MOST_CELLS, course_measures, time_course
from lamella.report.figures.trajectories import trajectories
from lamella.report.picture import Picture, picture
from lamella.report.signal import signal
from lamella.report.style import Key
from lamella.report.tables import (
    has,
    has_values,
    is_share,
    numbers,
    only,
    per_channel,
    sibling,
    texts,
    unique,
)
from lamella.report.told import key_measures, told_measures
from lamella.report.unit_words import units_word
from lamella.report.words import CLAIMS, count, label, listed, number, raised

MOST_IN_ALT = 6
"""Differences that the description of a figure reads out."""


def drawn_measures(report: ReportInput) -> list[str]:
    """What has figures of its own: what the report is about, and every key measure."""
    return list(dict.fromkeys([*told_measures(report), *key_measures(report.cells)]))


def told_rows(table: pd.DataFrame, report: ReportInput) -> pd.DataFrame:
    """Rows of `conditions` or `effects` on what the report is about, in that order."""
    if not has(table, Col.MEASURE):
        return table
    order = told_measures(report)
    place = np.asarray([order.index(m) if m in order else -1 for m in texts(table, Col.MEASURE)])
    kept = np.flatnonzero(place >= 0)
    return table.iloc[kept[np.argsort(place[kept], kind="stable")]]


def pictures(report: ReportInput) -> list[Picture]:
    """Every figure that the tables allow, in the order of the page."""
    key = Key.of(report.cells, report.samples, report.effects)
    made = []
    if has_values(report.effects, Col.COHENS_D):
        made.append(_effects(report, key))
    objects = unique([*texts(report.cells, Col.OBJECT), *texts(report.frames, Col.OBJECT)])
    for name in objects or [""]:
        part = _of_object(report, name) if name else report
        moving = () if report.stills else dynamics(part, key)
        for each in (*_of_cells(part, key), *moving, *_outlines(part)):
            if len(objects) > 1:
                each = replace(each, name=f"{each.name}_{name}", title=f"{each.title}: {name}")
            made.append(each)
    made += signal(report, key)
    if not report.stills and (shown := ranked(report.quality, report.filmstrips)):
        made.append(_montage(report, [str(row[Col.MOVIE]) for _, row in shown]))
    units = units_word(report)
    return [
        replace(each, caption=report.said(each.caption.replace("{units}", units))) for each in made
    ]


def _of_object(report: ReportInput, name: str) -> ReportInput:
    return replace(
        report,
        frames=only(report.frames, object=name),
        cells=only(report.cells, object=name),
        units=only(report.units, object=name),
        conditions=only(report.conditions, object=name),
        effects=only(report.effects, object=name),
        replication=only(report.replication, object=name),
        outlines=only(report.outlines, object=name),
        msd=only(report.msd, object=name),
        cortex=only(report.cortex, object=name),
        edges={title: edge for title, edge in report.edges.items() if len(only(edge, object=name))},
    )


def _effects(report: ReportInput, key: Key) -> Picture:
    rows = told_rows(report.effects, report)
    names = listed([label(name) for name in unique(texts(rows, Col.MEASURE))])
    return picture(
        "effect_sizes",
        "Effect sizes",
        captions.EFFECTS + (f" {captions.OUTLINES}" if _has_outlines(rows) else ""),
        f"Forest plot of Cohen’s d with 95 % intervals for {names}; the numbers are in the table.",
        effect_sizes(rows, key),
    )


def _has_outlines(effects: pd.DataFrame) -> bool:
    return has_values(effects, Col.COHENS_D_OUTLINES_LOW)


def _outlines(report: ReportInput) -> Iterator[Picture]:
    """What effects would be with other outlines, for the claim that movies alone can tell."""
    rows = only(report.outlines, claim=THESE_SESSIONS)
    if has_values(rows, Col.COHENS_D):
        names = listed([label(name) for name in unique(texts(rows, Col.MEASURE))])
        yield picture(
            "outline_bands",
            "If every outline were a little wrong",
            captions.OUTLINE_BANDS,
            f"Cohen’s d of {names} with outlines as they are, wider, narrower and smoother; the "
            "numbers are in tables/outlines.csv.",
            outline_bands(rows),
        )


def _montage(report: ReportInput, movies: list[str]) -> Picture:
    return picture(
        "outlines_montage",
        "Best and worst outlines",
        captions.MONTAGE,
        f"Film strips with outlines of {listed(movies)}, from the best score to the worst.",
        montage(report.quality, report.filmstrips),
    )


def _of_cells(report: ReportInput, key: Key) -> Iterator[Picture]:
    frames, cells = report.frames, report.cells
    conditions = listed(list(key.conditions)) or f"all {report.movie}s"
    moving = not report.stills
    if moving and (has_values(frames, Col.Y_PX) or has_values(frames, Col.Y_UM)):
        yield picture(
            "trajectories",
            "Trajectories",
            captions.TRAJECTORIES,
            f"Trajectories of cells from a common origin, a panel per group, for {conditions}.",
            trajectories(frames, cells, key),
        )
        yield picture(
            "directions",
            "Directions",
            captions.ROSE,
            f"Rose plots of the directions of steps, a panel per condition, for {conditions}.",
            rose(frames, cells, key),
        )
    for measure in drawn_measures(report) if len(cells) > 1 else ():
        yield _superplot(report, measure, key, conditions)
        yield from _comparisons(report, measure, key)
    for table in (cells, frames):
        names = [name for name in per_channel(table, Col.LAM_MEAN) if has_values(table, name)]
        for lam in names:
            yield _scatter(report, table, lam, key)
        if names:
            break
    if moving and course_measures(frames):
        shown = [label(name) for name in course_measures(frames)]
        yield picture(
            "time_course",
            "Over time",
            captions.COURSE + _undrawn(frames),
            f"Small line plots per movie of {listed(shown)} over time.",
            time_course(frames, cells, key),
        )
    if len(empty_frames(cells)):
        yield picture(
            "empty_rate",
            "Empty frames",
            captions.EMPTY,
            f"Bars of the share of empty frames of {count(len(empty_frames(cells)), 'movie')}.",
            empty_rate(cells, key),
        )


def _undrawn(frames: pd.DataFrame) -> str:
    """Where the lines of a movie would be too many, what is not drawn."""
    if not has(frames, Col.MOVIE, Col.CELL):
        return ""
    most = int(frames.drop_duplicates([Col.MOVIE, Col.CELL]).groupby(Col.MOVIE).size().max())
    return f" Of each movie at most {MOST_CELLS} cells are drawn." if most > MOST_CELLS else ""


def _superplot(report: ReportInput, measure: str, key: Key, conditions: str) -> Picture:
    bare = measure.partition("__")[0]
    parts = [captions.DOTS.get(bare, "One mark per cell.")]
    units = only(report.units, measure=measure)
    if is_share(report.cells, measure):
        return _shares(report, measure, units, key, conditions)
    if (numbers(units, Col.N_CELLS) > 1).any():
        parts.append(captions.SUPERPLOT)
    if as_shapes(int(np.isfinite(numbers(report.cells, measure)).sum())):
        parts.append(captions.SHAPES)
    means = only(report.conditions, measure=measure)
    if has_values(means, Col.MEAN):
        if len(key.sessions) > 1 and set(texts(means, Col.SESSION)) & set(key.sessions):
            parts.append(captions.SESSIONS)
        parts.append(captions.INTERVAL)
    if "ratio" in bare:
        parts.append(_background(report, measure))
    title = label(measure)
    return picture(
        f"by_condition_{measure}",
        raised(title),
        " ".join(parts),
        f"{raised(title)} of every cell by condition ({conditions}), with means of "
        f"{units_word(report)} and {report.session}s; the numbers are in the tables.",
        superplot(
            report.cells,
            measure,
            means if has(means, Col.MEAN) else None,
            key,
            units=units,
            movie=report.movie,
        ),
    )


def _shares(
    report: ReportInput, measure: str, units: pd.DataFrame, key: Key, conditions: str
) -> Picture:
    """A share of cells, of which a unit has one and a cell has none."""
    means = only(report.conditions, measure=measure)
    parts = [captions.SHARES]
    if has_values(means, Col.MEAN):
        if len(key.sessions) > 1:
            parts.append(captions.SESSIONS)
        parts.append(captions.INTERVAL)
    title, word = label(measure), units_word(report).removesuffix("s")
    return picture(
        f"by_condition_{measure}",
        raised(title),
        " ".join(parts),
        f"{raised(title)} of every {word} by condition ({conditions}); the numbers are in the "
        "tables.",
        superplot(
            units.assign(**{measure: numbers(units, Col.MEAN)}), measure,
            means if has(means, Col.MEAN) else None, key, cell=word,
        ),
    )  # fmt: skip


def _comparisons(report: ReportInput, measure: str, key: Key) -> Iterator[Picture]:
    """What effects.csv and replication.csv hold of a measure, drawn."""
    told = [each for each in told_of(report.effects, measure) if np.isfinite(each.estimate)]
    name = label(measure)
    if told:
        # Read aloud, the picture is its numbers.
        words = [
            f"{each.pair[0]} minus {each.pair[1]} {report.said(CLAIMS[each.claim])} "
            + number(each.estimate)
            + (f", 95 % {number(each.low)} to {number(each.high)}" if np.isfinite(each.low) else "")
            for each in told[:MOST_IN_ALT]
        ]
        yield picture(
            f"estimation_{measure}",
            f"{raised(name)}: differences",
            captions.ESTIMATION,
            f"Estimation plot of {name}: {'; '.join(words)}"
            + ("; the others are in the table." if len(told) > MOST_IN_ALT else "."),
            estimation_plot(
                report.effects, measure, key, units=only(report.units, measure=measure),
                cells=report.cells,
            ),
        )  # fmt: skip
    replication = only(report.replication, measure=measure)
    if len(unique(texts(replication, Col.SESSION))) > 1 and has_values(replication, Col.DIFFERENCE):
        yield picture(
            f"replication_{measure}",
            f"{raised(name)}: {report.session} by {report.session}",
            captions.REPLICATION,
            f"Difference in {name} {report.said('in each session')}, and without it; the numbers "
            "are in replication.csv.",
            replication_plot(replication, report.effects, measure, key),
        )


def _scatter(report: ReportInput, table: pd.DataFrame, lam: str, key: Key) -> Picture:
    channel = lam.partition("__")[2]
    return picture(
        f"lam_versus_cyto{'_' + channel if channel else ''}",
        "Bright against dim part" + (f" ({channel})" if channel else ""),
        f"{captions.SCATTER} {_background(report, lam)}",
        "Scatter plot of each cell’s bright mean against its dim mean on log axes.",
        lam_versus_cyto(table, lam, report.cells, key),
    )


def _background(report: ReportInput, measure: str) -> str:
    """Whether a background level was subtracted in this channel, as the tables say."""
    names = (sibling(measure, Col.BACKGROUND), Col.BACKGROUND)
    on = any(
        bool((np.nan_to_num(numbers(table, name)) > 0).any())
        for table in (report.frames, report.cells)
        for name in names
    )
    return captions.BACKGROUND_ON if on else captions.BACKGROUND_OFF
