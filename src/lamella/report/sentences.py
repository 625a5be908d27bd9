"""The study in sentences: numbers are handed in, only words are added."""

from __future__ import annotations

from lamella.core.table import Col
from lamella.report.contents import ReportInput
from lamella.report.decided import n_excluded, n_short
from lamella.report.style import Key
from lamella.report.tables import distinct, flags, numbers, texts, unique
from lamella.report.told import told_measures
from lamella.report.unit_words import objects_counted, units_word
from lamella.report.words import count, label, listed, raised


def asked(report: ReportInput) -> str:
    """What is compared, and what there is to compare it by."""
    cells = report.cells
    key = Key.of(cells, report.samples, report.effects)
    references = distinct(report.effects, Col.REFERENCE)
    compared = distinct(report.effects, Col.CONDITION)
    measures = _measures(report)
    text = ""
    if compared and measures:
        do = "Does" if len(compared) == 1 else "Do"
        if len(references) == 1:
            text = f"{do} {listed(compared)} differ from {references[0]}"
        else:
            text = f"Do {listed(list(key.conditions))} differ from each other"
        text += f" in {listed([label(name) for name in measures])}? "
    return text + _counted(report, key)


def _measures(report: ReportInput) -> list[str]:
    compared = distinct(report.effects, Col.MEASURE)
    return [name for name in told_measures(report) if name in compared]


def _counted(report: ReportInput, key: Key) -> str:
    cells = report.cells
    movies = distinct(cells, Col.MOVIE) or distinct(report.frames, Col.MOVIE)
    text = objects_counted(cells) if len(cells) else "No cell"
    text += f" in {count(len(movies), report.movie)}" if movies else ""
    if key.conditions:
        text += f", {count(len(key.conditions), 'condition')} ({listed(list(key.conditions))})"
    if key.sessions:
        text += f", {count(len(key.sessions), report.session)} ({listed(list(key.sessions))})"
    if len(report.frames) and not report.stills:
        text += f", {count(_distinct_frames(report), 'frame')}"
    text += "." if len(cells) or movies else " was measured."
    return text + (_counting(report) if len(cells) else "")


def _counting(report: ReportInput) -> str:
    """What counts as one."""
    cells, units = report.cells, units_word(report)
    if units == "cells":
        return (
            " Each row counts as one, as the table names neither movies nor another unit: cells"
            " of one movie are no independent proof."
        )
    text = f" Each {units.removesuffix('s')} counts once"
    movies = distinct(cells, Col.MOVIE)
    if len(cells) > len(movies) or units not in ("movies", "images"):
        text += ", by the mean over its cells"
    if short := n_short(cells):
        verb = "was" if short == 1 else "were"
        text += (
            f"; {count(short, 'cell')} of {len(cells)} {verb} followed for too few steps to count"
            " (min_steps)"
        )
    if excluded := n_excluded(cells):
        verb = "was" if excluded == 1 else "were"
        text += f"; {count(excluded, 'cell')} of {len(cells)} {verb} left out by hand"
    return text + "."


def left_out(report: ReportInput) -> str:
    """Movies that are in no number: excluded, failed, or without a cell."""
    cells, samples = report.cells, report.samples
    failed, excluded = failed_movies(report), excluded_movies(report)
    parts = []
    if excluded:
        parts.append(
            f"{count(len(excluded), report.movie)} excluded by the user ({listed(excluded, 4)})"
        )
    if failed:
        parts.append(f"{count(len(failed), report.movie)} failed ({listed(failed, 4)})")
    included = samples[samples[Col.INCLUDED]] if Col.INCLUDED in samples else samples.iloc[:0]
    unseen = sorted(set(texts(included, Col.MOVIE)) - set(texts(cells, Col.MOVIE)))
    if unseen:
        parts.append(f"no cell was found in {listed(unseen, 4)}")
    if parts:
        text = raised(f"{'; '.join(parts)}: in no number of this report.")
    else:
        text = f"No {report.movie} failed and none was excluded."
    empty = int(sum(n for n in numbers(cells, Col.N_EMPTY_FRAMES) if n > 0))
    if empty:
        verb = "enters" if empty == 1 else "enter"
        text += f" {count(empty, 'frame')} without a cell {verb} no measure."
    return text


def _distinct_frames(report: ReportInput) -> int:
    keys = [name for name in (Col.MOVIE, Col.FRAME) if name in report.frames.columns]
    return len(report.frames[keys].drop_duplicates()) if keys else len(report.frames)


def failed_movies(report: ReportInput) -> list[str]:
    """Movies with a failed stage, of which no table holds anything.

    One that failed only in what no table waits for, such as other outlines, is measured.
    """
    measured = set(texts(report.samples[flags(report.samples, Col.INCLUDED, default=False)],
                         Col.MOVIE))  # fmt: skip
    states = texts(report.status, Col.STATE)
    movies = texts(report.status, Col.MOVIE)
    return unique(
        m for m, state in zip(movies, states, strict=True)
        if state == "failed" and m not in measured
    )  # fmt: skip


def excluded_movies(report: ReportInput) -> list[str]:
    """Movies which the user left out."""
    reasons = texts(report.samples, Col.EXCLUDE)
    movies = texts(report.samples, Col.MOVIE)
    return unique([m for m, reason in zip(movies, reasons, strict=True) if reason.strip()])
