"""The page of a comparison: one study analysed in several ways, or under several segmenters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from lamella.core.claims import ALL_SESSIONS
from lamella.core.table import Col
from lamella.report.analyses import CELLS, EFFECTS, FOUND, SHOWN_SCORES, SPEED
from lamella.report.html import environment
from lamella.report.page import frame
from lamella.report.picture import Picture
from lamella.report.sheets import Between, Sheet, sheet
from lamella.report.tables import flags, has_values, numbers, only, texts, unique
from lamella.report.words import CLAIMS, count, decimals, label, listed, number, raised


@dataclass(frozen=True)
class AnalysesInput:
    """All that the page shows; tables that are empty have no section.

    Parameters
    ----------
    names : tuple of str
        The analyses, in their order.
    n_movies : int
        Movies that all of them have.
    analyses, agreement, differences : DataFrame
        Rows of analyses.csv, agreement.csv and differences.csv.
    scores, summary, masks, speed : DataFrame
        Rows of the tables of the same names, where segmenters were compared.
    notes : tuple of str
        What to know first, such as movies that failed.
    """

    title: str
    names: tuple[str, ...]
    n_movies: int
    analyses: pd.DataFrame
    agreement: pd.DataFrame
    differences: pd.DataFrame
    scores: pd.DataFrame = field(default_factory=pd.DataFrame)
    summary: pd.DataFrame = field(default_factory=pd.DataFrame)
    masks: pd.DataFrame = field(default_factory=pd.DataFrame)
    speed: pd.DataFrame = field(default_factory=pd.DataFrame)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class EffectRow:
    """One contrast of one measure: what every analysis says of it."""

    measure: str
    contrast: str
    claim: str
    values: tuple[str, ...]
    said: str
    survives: bool


def render_analyses(shown: AnalysesInput, drawn: Sequence[Picture]) -> str:
    """The page as one HTML file that loads nothing."""
    page: str = environment().get_template("analyses.html.j2").render(
        shown=shown,
        **frame(styles=["base.css", "analyses.css"], scripts=["copy.js"]),
        rank={},
        sentences=list(sentences(shown)),
        effects=list(_effects(shown)),
        parts={
            part: [p for p in drawn if p.topic == part] for part in (EFFECTS, SPEED, FOUND, CELLS)
        },
        settings=sheet(
            shown.differences, list(shown.differences.columns), "Settings and versions that differ"
        ),
        scores=_scores_sheet(shown.summary),
        speeds=_speed_sheet(shown.speed),
        masks=_masks_sheet(shown.masks),
        agreement=_agreement_sheet(shown.agreement),
    )  # fmt: skip
    return page


def sentences(shown: AnalysesInput) -> Iterator[str]:
    """What came of it, the effects first."""
    for claim, words in CLAIMS.items():
        rows = only(shown.analyses, claim=claim)
        if len(rows):
            yield from _of_effects(rows, words, len(shown.names))
    if not has_values(shown.analyses, Col.COHENS_D):
        yield "No conditions could be compared: nothing can be said of what survives."
    yield from _of_empties(shown.summary)
    yield from _of_truth(shown.summary)


def _of_effects(rows: pd.DataFrame, words: str, n_analyses: int) -> Iterator[str]:
    """Of one claim: how many effects there are, which way they point, and who shows them."""
    keys = [k for k in (Col.OBJECT, Col.MEASURE, Col.CONDITION, Col.REFERENCE) if k in rows]
    turned: list[str] = []
    shown_by: Counter[int] = Counter()
    survivors = n = untold = 0
    for _, effect in rows.groupby(keys, sort=False, dropna=False):
        d = numbers(effect, Col.COHENS_D)
        if np.isfinite(d).sum() < n_analyses:
            untold += 1
            continue
        n += 1
        if (d > 0).any() and (d < 0).any():
            turned.append(_named(effect))
        survivors += bool(flags(effect, Col.SURVIVES, default=False)[0])
        shown_by[int(numbers(effect, Col.N_ANALYSES_DECIDED)[0])] += 1
    if not n:
        yield f"{raised(words)}: no effect can be told by all {n_analyses} analyses."
        return
    every = f"all {n} effects point" if n > 1 else "the one effect points"
    under = "both" if n_analyses == 2 else f"all {n_analyses}"
    text = f"{raised(words)}, "
    if turned:
        text += f"{n - len(turned)} of {n} effects point the same way under {under}"
        text += f"; the direction of {listed(turned, most=4)} hangs on the analysis. "
    else:
        text += f"{every} the same way under {under}. "
    some = sum(k for decided, k in shown_by.items() if 0 < decided < n_analyses)
    if survivors or some:
        text += f"{_number(survivors)} of {n} {'is' if survivors == 1 else 'are'} shown by {under}"
        of = "by one only" if n_analyses == 2 else "by some only"
        text += f", {_number(some).lower()} {of}" if some else ""
        text += f", {_number(shown_by[0]).lower()} by none" if shown_by[0] else ""
    else:
        text += "None is shown by any of them"
    text += " (shown: the 95 % interval of Cohen’s d leaves out 0)."
    yield text + (f" {_number(untold)} more cannot be told by {under}." if untold else "")


def _named(effect: pd.DataFrame) -> str:
    condition, reference = texts(effect, Col.CONDITION)[0], texts(effect, Col.REFERENCE)[0]
    return f"{label(texts(effect, Col.MEASURE)[0])} ({condition} − {reference})"


def _number(n: int) -> str:
    small = ("None", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")
    return small[n] if n < len(small) else str(n)


def _of_empties(summary: pd.DataFrame) -> Iterator[str]:
    whole = only(summary, session=ALL_SESSIONS)
    empty, frames = (only(whole, score=str(name)) for name in (Col.N_EMPTY_FRAMES, Col.N_FRAMES))
    if not has_values(empty, Col.TOTAL):
        return
    told = [
        f"{int(n)} of {int(of)} ({100 * n / of:.2g} %) by {name}"
        for name, n, of in zip(
            texts(empty, Col.SEGMENTER),
            numbers(empty, Col.TOTAL),
            numbers(frames, Col.TOTAL),
            strict=True,
        )
    ]
    yield f"Frames in which nothing was found: {listed(told)}."


def _of_truth(summary: pd.DataFrame) -> Iterator[str]:
    for row in only(summary, session=ALL_SESSIONS, score=str(Col.SEG)).to_dict("records"):
        if np.isfinite(row[Col.CHANGE]):
            way = "higher" if row[Col.CHANGE] > 0 else "lower"
            interval = (
                f" (95 % interval {number(row[Col.CHANGE_LOW], 2)} to "
                f"{number(row[Col.CHANGE_HIGH], 2)})"
                if np.isfinite(row[Col.CHANGE_LOW])
                else ""
            )
            yield (
                f"Against the truth, SEG is {number(abs(row[Col.CHANGE]), 2)} {way} with "
                f"{row[Col.SEGMENTER]} than with {row[Col.COMPARED_WITH]}{interval}, the mean of "
                f"{count(int(row[Col.N_PAIRED]), 'movie')}."
            )


def _effects(shown: AnalysesInput) -> Iterator[EffectRow]:
    keys = [k for k in (Col.OBJECT, Col.MEASURE, Col.CONDITION, Col.REFERENCE, Col.CLAIM)
            if k in shown.analyses]  # fmt: skip
    several = len(unique(texts(shown.analyses, Col.OBJECT))) > 1
    if not len(shown.analyses):
        return
    for _, rows in shown.analyses.groupby(keys, sort=False, dropna=False):
        by_name = {name: only(rows, analysis=name) for name in shown.names}
        measure = label(texts(rows, Col.MEASURE)[0])
        claim = texts(rows, Col.CLAIM)[0]
        yield EffectRow(
            f"{texts(rows, Col.OBJECT)[0]}: {measure}" if several else measure,
            f"{texts(rows, Col.CONDITION)[0]} − {texts(rows, Col.REFERENCE)[0]}",
            CLAIMS.get(claim, claim),
            tuple(_d(each) for each in by_name.values()),
            texts(rows, Col.CONCLUSION)[0],
            bool(flags(rows, Col.SURVIVES, default=False)[0]),
        )


def _d(row: pd.DataFrame) -> str:
    if not has_values(row, Col.COHENS_D):
        return decimals(float("nan"))
    d, low, high = (
        float(numbers(row, name)[0]) for name in (Col.COHENS_D, Col.COHENS_D_LOW, Col.COHENS_D_HIGH)
    )
    return decimals(d) + (f" ({decimals(low)} to {decimals(high)})" if np.isfinite(low) else "")


def _scores_sheet(summary: pd.DataFrame) -> Sheet | None:
    """The scores over all movies, each with its change."""
    whole = only(summary, session=ALL_SESSIONS)
    wanted = [score in set(map(str, SHOWN_SCORES)) for score in texts(whole, Col.SCORE)]
    rows = whole[np.asarray(wanted, bool)]
    rows = rows.assign(**{Col.SCORE: [label(score) for score in texts(rows, Col.SCORE)]})
    change = Between(Col.CHANGE, Col.CHANGE_LOW, Col.CHANGE_HIGH)
    about = [Col.SCORE, Col.SEGMENTER, Col.N_MOVIES, Col.MEAN, Col.MEDIAN]
    names: list[str | Between] = [*about, change, Col.N_UP, Col.N_DOWN]
    first = unique(texts(rows, Col.COMPARED_WITH))
    from_ = f"; changes are from {first[0]}, paired by movie" if first else ""
    return sheet(rows, names, f"Over movies{from_}", all_of="scores_summary.csv")


def _speed_sheet(speed: pd.DataFrame) -> Sheet | None:
    rows = only(speed, session=ALL_SESSIONS)
    measure = unique(texts(rows, Col.MEASURE))
    names: list[str | Between] = [Col.CONDITION, Col.ANALYSIS, Col.N, Col.MEAN,
             Between(Col.SD, Col.SD_LOW, Col.SD_HIGH), Col.SD_OF_STEPS]  # fmt: skip
    return sheet(
        rows.sort_values(Col.CONDITION, kind="stable") if len(rows) else rows,
        names,
        f"Spread of {label(measure[0])}" if measure else "Spread of speed",
        all_of="speed.csv",
        measure=measure[0] if measure else None,
    )


def _masks_sheet(masks: pd.DataFrame) -> Sheet | None:
    rows = only(masks, movie=ALL_SESSIONS)
    means = [f"mean_{name}" for name in (Col.IOU, Col.DICE, Col.BOUNDARY_IOU, Col.HD95_PX)]
    names: list[str | Between] = [
        Col.ANALYSIS,
        Col.OTHER_ANALYSIS,
        Col.N_FRAMES,
        Col.N_BOTH_EMPTY,
        Col.N_ONLY_A_EMPTY,
        Col.N_ONLY_B_EMPTY,
        *means,
    ]
    return sheet(rows, names, "Masks over all frames", all_of="masks.csv")


def _agreement_sheet(agreement: pd.DataFrame) -> Sheet | None:
    names: list[str | Between] = [
        Col.MEASURE,
        Col.ANALYSIS,
        Col.OTHER_ANALYSIS,
        Col.N_MATCHED,
        Col.N_UNMATCHED,
        Col.N_UNMATCHED_OTHER,
        Between(Col.BIAS, Col.BIAS_LOW, Col.BIAS_HIGH),
        Col.LIMIT_LOW,
        Col.LIMIT_HIGH,
        Between(Col.CONCORDANCE, Col.CONCORDANCE_LOW, Col.CONCORDANCE_HIGH),
    ]
    return sheet(agreement, names, "The same cells in two analyses", all_of="agreement.csv")
