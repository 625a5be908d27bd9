"""Effects and the study in sentences: numbers are handed in, only words are added."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lamella.core.table import Col
from lamella.report.contents import ReportInput
from lamella.report.pictures import key_measures
from lamella.report.style import Key
from lamella.report.tables import ALL_SESSIONS, flags, has, numbers, texts, unique
from lamella.report.words import VERBS, count, decimals, label, listed, number, unit

FEWEST = 3
"""Units on each side below which no contrast is called clear, whatever its interval."""


@dataclass(frozen=True)
class Finding:
    """One contrast of one measure in words.

    `clear` where its interval leaves out 0 and neither side has fewer than `FEWEST` units.
    """

    measure: str
    text: str
    clear: bool


def findings(effects: pd.DataFrame, *, units: str = "movies") -> list[Finding]:
    """A sentence per measure, claim and contrast, over all sessions, with those that agree."""
    if not has(effects, Col.MEASURE, Col.CONDITION, Col.COHENS_D):
        return []
    names = (Col.MEASURE, Col.CLAIM, Col.CONDITION, Col.REFERENCE)
    keys = list(zip(*(texts(effects, name) for name in names), strict=True))
    sessions = np.asarray(texts(effects, Col.SESSION), dtype=object)
    found = []
    for key in dict.fromkeys(keys):
        of = np.asarray([other == key for other in keys])
        whole = effects[of & ((sessions == ALL_SESSIONS) | (sessions == ""))]
        parts = effects[of & (sessions != ALL_SESSIONS) & (sessions != "")]
        if len(whole):
            found.append(_finding(key, whole.iloc[[0]], parts, units))
    return found


def _finding(key: tuple[str, ...], whole: pd.DataFrame, parts: pd.DataFrame, units: str) -> Finding:
    measure, claim, condition, reference = key
    d, low, high, mean, mean_reference, difference, n, n_reference = (
        float(numbers(whole, name)[0])
        for name in (
            Col.COHENS_D, Col.COHENS_D_LOW, Col.COHENS_D_HIGH, Col.MEAN, Col.MEAN_REFERENCE,
            Col.DIFFERENCE, Col.N, Col.N_REFERENCE,
        )
    )  # fmt: skip
    text = _comparison(measure, condition, reference or "the reference", mean, mean_reference,
                       difference)  # fmt: skip
    counts = f"n = {_whole(n)} vs {_whole(n_reference)} {units}"
    apart = bool(np.isfinite([low, high]).all() and (low > 0 or high < 0))
    clear = apart and min(n, n_reference) >= FEWEST
    if not np.isfinite(d):
        return Finding(measure, f"{text}: no effect size ({counts} are too few).", clear=False)
    text += f": d = {decimals(d)}"
    if np.isfinite(low) and np.isfinite(high):
        text += f" (95 % {decimals(low, 1)} to {decimals(high, 1)})"
    text += f", {counts}"
    in_parts = numbers(parts, Col.COHENS_D)
    in_parts = in_parts[np.isfinite(in_parts)]
    if len(in_parts):
        same = int((np.sign(in_parts) == np.sign(d)).sum())
        text += f"; same direction in {same} of {count(len(in_parts), 'session')}"
    text += "."
    if np.isfinite([low, high]).all() and not apart:
        text += " The interval includes 0."
    if apart and not clear:
        text += f" Fewer than {FEWEST} {units} on a side: too few to go by."
    if claim and claim != "these_sessions":
        text += f" Claim: {claim.replace('_', ' ')}."
    return Finding(measure, text, clear)


def _comparison(
    measure: str, condition: str, reference: str, mean: float, mean_reference: float,
    difference: float,
) -> str:  # fmt: skip
    bare = measure.partition("__")[0]
    if mean > 0 and mean_reference > 0:
        ratio = number(mean / mean_reference, 2 if mean < mean_reference else 3)
        if bare in VERBS:
            return VERBS[bare].format(condition=condition, reference=reference, ratio=ratio)
        return f"{condition} has {ratio}× the {label(measure)} of {reference}"
    if np.isfinite(difference):
        of = f" {unit(measure)}" if unit(measure) else ""
        return (
            f"{condition} differs from {reference} in {label(measure)} by {number(difference)}{of}"
        )
    return f"{condition} against {reference}, {label(measure)}"


def _whole(value: float) -> str:
    return f"{value:.0f}" if np.isfinite(value) else "?"


def units_word(cells: pd.DataFrame) -> str:
    """What n counts: movies, unless the table names another unit."""
    if Col.UNIT not in cells.columns or texts(cells, Col.UNIT) == texts(cells, Col.MOVIE):
        return "movies"
    return "units"


def summary(report: ReportInput) -> str:
    """What was asked and what was run, in one paragraph."""
    cells, samples = report.cells, report.samples
    movies = unique(texts(cells, Col.MOVIE)) or unique(texts(report.frames, Col.MOVIE))
    key = Key.of(cells, samples, report.effects)
    conditions, sessions = list(key.conditions), list(key.sessions)
    measured = count(len(cells), "cell") if len(cells) else "No cell"
    text = f"{measured} in {count(len(movies), 'movie')}"
    if len(conditions):
        text += f", {count(len(conditions), 'condition')} ({listed(conditions)})"
    if len(sessions):
        text += f", {count(len(sessions), 'session')} ({listed(sessions)})"
    if len(report.frames):
        text += f", {count(_distinct_frames(report.frames), 'frame')}"
    text += "." if len(cells) or len(movies) else " was measured."
    included = samples[samples[Col.INCLUDED]] if Col.INCLUDED in samples else samples.iloc[:0]
    unseen = set(texts(included, Col.MOVIE)) - set(texts(cells, Col.MOVIE))
    if unseen:
        text += f" No cell was found in {listed(sorted(unseen))}."
    asked = [label(name) for name in key_measures(cells)]
    if asked:
        text += f" Measured: {listed(asked)}."
    if len(cells) > len(movies):
        text += _counting(report)
    references = unique(texts(report.effects, Col.REFERENCE))
    if references:
        text += f" Compared with {listed(references)}."
    failed, excluded = len(failed_movies(report)), len(excluded_movies(report))
    if failed or excluded:
        text += (
            f" {count(failed, 'movie')} failed and {count(excluded, 'movie')}"
            f" {'was' if excluded == 1 else 'were'} excluded by the user; none of these is in"
            " any number below."
        )
    else:
        text += " No movie failed and none was excluded."
    return text


def _counting(report: ReportInput) -> str:
    """What several cells of a movie mean for the statistics."""
    cells = report.cells
    if Col.IN_STATISTICS not in cells:
        return ""
    one = units_word(cells).removesuffix("s")
    text = f" Each {one} counts once in the statistics, by the mean over its cells"
    short = int((~flags(cells, Col.IN_STATISTICS, default=True)).sum())
    if short:
        verb = "was" if short == 1 else "were"
        text += (
            f"; {count(short, 'cell')} of {len(cells)} {verb} followed for too few steps to count"
            " in it (min_steps)"
        )
    return text + "."


def _distinct_frames(frames: pd.DataFrame) -> int:
    keys = [name for name in (Col.MOVIE, Col.FRAME) if name in frames.columns]
    return len(frames[keys].drop_duplicates()) if keys else len(frames)


def failed_movies(report: ReportInput) -> list[str]:
    """Movies with a failed stage."""
    states = texts(report.status, Col.STATE)
    movies = texts(report.status, Col.MOVIE)
    return unique([m for m, state in zip(movies, states, strict=True) if state == "failed"])


def excluded_movies(report: ReportInput) -> list[str]:
    """Movies which the user left out."""
    reasons = texts(report.samples, Col.EXCLUDE)
    movies = texts(report.samples, Col.MOVIE)
    return unique([m for m, reason in zip(movies, reasons, strict=True) if reason.strip()])
