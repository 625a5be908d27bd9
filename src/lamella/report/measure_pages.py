"""A page for each measure: its answers, its dots, every model, every session, what to beware of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lamella.core.claims import ALL_SESSIONS
from lamella.core.table import Col
from lamella.report import captions
from lamella.report.anchors import anchors
from lamella.report.answers import LEVEL, Answer, answers
from lamella.report.contents import ReportInput
from lamella.report.inline.superplot import SuperPlot, superplot
from lamella.report.picture import Picture
from lamella.report.pictures import drawn_measures
from lamella.report.sheets import Between, Sheet, sheet
from lamella.report.style import Key
from lamella.report.tables import (
    distinct,
    flags,
    has_values,
    is_share,
    numbers,
    only,
    texts,
    unique,
)
from lamella.report.unit_words import units_word
from lamella.report.words import label, listed, probability, raised, unit

MOST_DOTS, FEWEST_DOTS = 12_000, 300
"""Cells drawn on all pages together, and on each at least."""

_ESTIMATE = Between(Col.ESTIMATE, Col.ESTIMATE_LOW, Col.ESTIMATE_HIGH)

CONDITION_COLUMNS: tuple[str | Between, ...] = (
    Col.CONDITION, Col.SESSION, Col.N, Col.N_CELLS, Col.N_CELLS_SHORT, Col.N_MOVIES,
    Between(Col.MEAN, Col.MEAN_LOW, Col.MEAN_HIGH), Col.SD, Col.MEDIAN, Col.MAD,
)  # fmt: skip

EFFECT_COLUMNS: tuple[str | Between, ...] = (
    Col.CONDITION, Col.REFERENCE, Col.CLAIM, Col.SESSION, Col.N, Col.N_REFERENCE, _ESTIMATE,
    Between(Col.COHENS_D, Col.COHENS_D_LOW, Col.COHENS_D_HIGH),
    Between(Col.COHENS_D_WITHIN, Col.COHENS_D_WITHIN_LOW, Col.COHENS_D_WITHIN_HIGH),
    Between(Col.HEDGES_G, Col.HEDGES_G_LOW, Col.HEDGES_G_HIGH),
    Between(Col.CLIFFS_DELTA, Col.CLIFFS_DELTA_LOW, Col.CLIFFS_DELTA_HIGH),
    Col.P, Col.P_ADJUSTED, Col.P_EQUIVALENCE, Col.MODEL, Col.INTERVAL_BY,
)  # fmt: skip

MODEL_COLUMNS: tuple[str | Between, ...] = (
    Col.MODEL, Col.CLAIM, Col.CONDITION, Col.REFERENCE, _ESTIMATE, Col.SE, Col.DF, Col.P,
    Col.VERDICT, Col.VAR_SESSION, Col.VAR_INTERACTION, Col.VAR_MOVIE,
    Col.VAR_RESIDUAL,
)  # fmt: skip

REPLICATION_COLUMNS: tuple[str | Between, ...] = (
    Col.CONDITION, Col.REFERENCE, Col.SESSION, Col.N, Col.N_REFERENCE,
    Col.DIFFERENCE, _ESTIMATE, Col.COHENS_D, Col.SAME_DIRECTION,
    Between(Col.ESTIMATE_WITHOUT, Col.ESTIMATE_WITHOUT_LOW, Col.ESTIMATE_WITHOUT_HIGH),
    Col.P_WITHOUT,
)  # fmt: skip

OUTLINE_COLUMNS: tuple[str | Between, ...] = (
    Col.CONDITION, Col.REFERENCE, Col.CLAIM, Col.OUTLINES, _ESTIMATE,
    Between(Col.COHENS_D, Col.COHENS_D_LOW, Col.COHENS_D_HIGH), Col.P, Col.P_ADJUSTED,
)  # fmt: skip


@dataclass(frozen=True)
class MeasurePage:
    """Everything about one measure of one kind of object."""

    anchor: str
    title: str
    unit: str
    column: str
    meaning: str
    cautions: tuple[str, ...]
    answers: tuple[Answer, ...]
    plot: SuperPlot | None
    several_cells: bool
    share: str
    """What a mark is, where it is no cell."""
    pictures: tuple[Picture, ...]
    interaction: tuple[str, ...]
    conditions: Sheet | None
    effects: Sheet | None
    models: Sheet | None
    replication: Sheet | None
    outlines: Sheet | None


def measure_pages(report: ReportInput, drawn: Sequence[Picture]) -> list[MeasurePage]:
    """A page per key measure, and per measure that was compared."""
    kinds = unique([*texts(report.effects, Col.OBJECT), *texts(report.cells, Col.OBJECT)]) or [""]
    several = len(kinds) > 1
    wanted = [(kind, measure) for kind in kinds for measure in _measures(report, kind)]
    names = anchors("measure", [f"{kind} {m}" if several else m for kind, m in wanted])
    found = answers(report.effects, units=units_word(report), kinds=kinds)
    key = Key.of(report.cells, report.samples, report.effects)
    most = max(MOST_DOTS // max(len(wanted), 1), FEWEST_DOTS)
    return [
        _page(report, kind if several else "", measure, anchor, found, drawn, key, most)
        for (kind, measure), anchor in zip(wanted, names.values(), strict=True)
    ]


def _measures(report: ReportInput, kind: str) -> list[str]:
    part = report
    if kind:
        effects, cells = (only(table, object=kind) for table in (report.effects, report.cells))
        part = replace(report, effects=effects, cells=cells)
    compared = distinct(part.effects, Col.MEASURE)
    first = drawn_measures(part)
    return [*first, *(name for name in compared if name not in first)]


def _page(
    report: ReportInput, kind: str, measure: str, anchor: str, found: Sequence[Answer],
    drawn: Sequence[Picture], key: Key, most: int,
) -> MeasurePage:  # fmt: skip
    def of(table: pd.DataFrame) -> pd.DataFrame:
        rows = only(table, measure=measure)
        return only(rows, object=kind) if kind else rows

    everywhere = np.arange(len(report.cells))
    of_kind = np.asarray(texts(report.cells, Col.OBJECT), dtype=object) == kind if kind else None
    cells = report.cells if of_kind is None else report.cells[of_kind]
    places = everywhere if of_kind is None else everywhere[of_kind]
    units, means = of(report.units), of(report.conditions)
    effects, title = of(report.effects), label(measure)
    whole = [session in (ALL_SESSIONS, "") for session in texts(effects, Col.SESSION)]
    several = bool((numbers(units, Col.N_CELLS) > 1).any())
    share = units_word(report).removesuffix("s") if is_share(cells, measure) else ""
    plot = superplot(cells, units, means, measure, key, places=places, most=most, share=share)
    return MeasurePage(
        anchor=anchor,
        title=f"{title} of {kind}" if kind else title,
        unit=unit(measure),
        column=measure,
        meaning=_meaning(measure),
        cautions=_cautions(measure),
        answers=tuple(a for a in found if a.measure == measure and a.kind == kind),
        plot=plot,
        several_cells=several,
        share=share,
        pictures=tuple(
            p for p in drawn
            if not p.topic and measure_of(p, report, kind) == measure
            and not (plot and p.name.startswith("by_condition_"))
        ),
        interaction=tuple(_interactions(effects, report)),
        conditions=sheet(means, CONDITION_COLUMNS, "Each condition", measure=measure),
        effects=sheet(effects, EFFECT_COLUMNS,
                      report.said("Each contrast, all sessions and one by one"), strong=whole,
                      measure=measure),
        models=sheet(of(report.models), MODEL_COLUMNS, "Every model that was fitted",
                     strong=flags(of(report.models), Col.USED, default=False).tolist(),
                     measure=measure),
        replication=sheet(of(report.replication), REPLICATION_COLUMNS,
                          report.said("Session by session, and without each"), measure=measure),
        outlines=sheet(of(report.outlines), OUTLINE_COLUMNS,
                       "Measured again with other outlines", measure=measure),
    )  # fmt: skip


def _meaning(measure: str) -> str:
    column = Col.find(measure)
    return column.meaning if column else "A column of your table."


def _cautions(measure: str) -> tuple[str, ...]:
    bare = measure.partition("__")[0]
    text = captions.DOTS.get(bare, "").removeprefix("One mark per cell").lstrip(".: ")
    return (raised(text),) if text else ()


def _interactions(effects: pd.DataFrame, report: ReportInput) -> list[str]:
    """Whether the effect differs between the sessions studied, once for all contrasts alike."""
    if not has_values(effects, Col.P_INTERACTION):
        return []
    whole = only(effects, session=ALL_SESSIONS)
    sessions = f"{report.session}s"
    by_p: dict[float, list[str]] = {}
    for p, condition, reference in zip(
        numbers(whole, Col.P_INTERACTION), texts(whole, Col.CONDITION),
        texts(whole, Col.REFERENCE), strict=True,
    ):  # fmt: skip
        if np.isfinite(p):
            by_p.setdefault(float(p), []).append(f"{condition} − {reference}")
    return [
        f"{listed(list(dict.fromkeys(pairs)))}: "
        + (
            f"the effect differs between the {sessions} studied ({probability(p)}): one number for "
            f"all of them says little; read the {sessions} one by one."
            if p < LEVEL
            else f"no difference of the effect between {sessions} is shown ({probability(p)}); "
            f"with few {sessions} this test overlooks much."
        )
        for p, pairs in by_p.items()
    ]


def measure_of(picture: Picture, report: ReportInput, kind: str) -> str | None:
    """The measure that a figure is about alone, which its name ends in; None = about several."""
    name = picture.name.removesuffix(f"_{kind}") if kind else picture.name
    known = unique([*texts(report.effects, Col.MEASURE), *map(str, report.cells.columns)])
    ends = [measure for measure in known if name.endswith(f"_{measure}")]
    return max(ends, key=len, default=None)


def by_kind_and_measure(pages: Sequence[MeasurePage]) -> Mapping[tuple[str, str], str]:
    """The page of each answer: its anchor by kind and measure."""
    return {(answer.kind, answer.measure): page.anchor for page in pages for answer in page.answers}
