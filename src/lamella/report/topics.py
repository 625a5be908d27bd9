"""Parts of the page on the signal in cells: positives, signal, compartments and questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lamella.core.claims import ALL_CONDITIONS
from lamella.core.table import Col
from lamella.report.contents import ReportInput
from lamella.report.picture import Picture
from lamella.report.sheets import Between, Sheet, sheet
from lamella.report.signal import COMPARTMENTS, POSITIVES, QUESTIONS, SIGNAL
from lamella.report.tables import distinct, has, numbers, texts, unique
from lamella.report.words import count, listed, raised

THRESHOLD_COLUMNS: tuple[str | Between, ...] = (
    Col.POSITIVES, Col.PLATE, Col.OBJECT, Col.MEASURE, Col.METHOD, Col.SIDE,
    Between(Col.THRESHOLD, Col.THRESHOLD_LOW, Col.THRESHOLD_HIGH),
    Between(Col.POSITIVE_FRACTION, Col.POSITIVE_FRACTION_LOW, Col.POSITIVE_FRACTION_HIGH),
    Col.N_MEASURED, Col.N_CONTROLS, Col.VERDICT,
)  # fmt: skip

SPREAD_COLUMNS: tuple[str | Between, ...] = (
    Col.QUESTION, Col.CONDITION, Col.X_COLUMN, Col.N_CELLS, Col.N_UNITS, Col.N_CELLS_LACKING,
    Between(Col.X_MEDIAN, Col.X_Q25, Col.X_Q75), Col.X_MEAN,
)  # fmt: skip

PAIR_COLUMNS: tuple[str | Between, ...] = (
    Col.QUESTION, Col.CONDITION, Col.X_COLUMN, Col.Y_COLUMN, Col.N_CELLS, Col.N_UNITS,
    Between(Col.R, Col.R_LOW, Col.R_HIGH),
    Between(Col.R_WITHIN, Col.R_WITHIN_LOW, Col.R_WITHIN_HIGH), Col.SPEARMAN, Col.SCALING,
    Between(Col.SLOPE, Col.SLOPE_LOW, Col.SLOPE_HIGH),
    Between(Col.INTERCEPT, Col.INTERCEPT_LOW, Col.INTERCEPT_HIGH), Col.R_INTERVAL_BY, Col.REMARK,
)  # fmt: skip

CHECK_COLUMNS: tuple[str, ...] = (
    Col.MOVIE, Col.N_CELL_OUTLINES, Col.N_NUCLEUS_OUTLINES, Col.N_CELLS_WITHOUT,
    Col.N_NUCLEI_WITHOUT, Col.N_NUCLEI_SHARED, Col.N_CELLS_SHARING, Col.N_CELLS_SEVERAL,
    Col.DOUBTFUL_SHARE,
)  # fmt: skip
_WELL_KEYS = (Col.SESSION, Col.CONDITION, Col.WELL, Col.REPLICATE, Col.MOVIE, Col.FIELD)


@dataclass(frozen=True)
class Topic:
    """One part of the page."""

    anchor: str
    title: str
    about: tuple[str, ...]
    pictures: tuple[Picture, ...]
    sheets: tuple[Sheet, ...]
    folded: tuple[Sheet, ...]


def topics(report: ReportInput, drawn: Sequence[Picture]) -> list[Topic]:
    """The parts whose tables there are, in the order in which they are read."""
    every = (_positives(report), _signal(report), _compartments(report), _questions(report))
    found = []
    for anchor, title, about, sheets, folded in every:
        pictures = tuple(each for each in drawn if each.topic == anchor)
        tables = tuple(each for each in sheets if each is not None)
        rest = tuple(each for each in folded if each is not None)
        if pictures or tables or rest:
            found.append(Topic(anchor, title, tuple(filter(None, about)), pictures, tables, rest))
    return found


_Part = tuple[str, str, Sequence[str], Sequence[Sheet | None], Sequence[Sheet | None]]


def _positives(report: ReportInput) -> _Part:
    verdicts = [
        f"{raised(name)}, {plate}: {verdict}."
        for name, plate, verdict in zip(
            *(texts(report.thresholds, c) for c in (Col.POSITIVES, Col.PLATE, Col.VERDICT)),
            strict=True,
        )
        if verdict
    ]
    empty = int(np.nansum(numbers(report.wells, Col.N_FIELDS_EMPTY)))
    about = [
        "Whether conditions differ in their share of positives is told under Answers, with wells "
        "or another unit counted once each; here is what the share is made of.",
        *verdicts[:6],
        f"In {count(empty, 'field')} no object was found." if empty else "",
    ]
    counted = [
        name for base in (Col.N_FIELDS, Col.N_FIELDS_EMPTY, Col.N_OBJECTS, Col.N_TOTAL,
                          Col.N_POSITIVE, Col.POSITIVE_FRACTION)
        for name in map(str, report.wells.columns) if name.partition("__")[0] == base
    ]  # fmt: skip
    of_fields = [name for name in map(str, report.fields.columns) if "__" in name]
    shown = len(report.thresholds) > 0
    return (
        POSITIVES,
        "Positives",
        about if shown else (),
        [sheet(report.thresholds, THRESHOLD_COLUMNS, "Thresholds",
               all_of="tables/thresholds.csv")],
        [sheet(report.wells, [*_WELL_KEYS, *counted], "Every well", all_of="tables/wells.csv"),
         sheet(report.fields, [*_WELL_KEYS, *of_fields], "Every field",
               all_of="tables/fields.csv")]
        if shown else [],
    )  # fmt: skip


def _signal(report: ReportInput) -> _Part:
    rows = _asked(report, "C")
    return (
        SIGNAL,
        "Signal per cell",
        ["Mean intensity of every channel in every compartment, of cells that have it."]
        if len(rows) else (),
        [],
        [sheet(rows, SPREAD_COLUMNS, "Medians, quartiles and means over cells",
               all_of="tables/questions.csv")],
    )  # fmt: skip


def _compartments(report: ReportInput) -> _Part:
    check = report.nuclei_check
    about = []
    if has(check, Col.N_CELL_OUTLINES):
        total, without, several, sharing = (
            int(np.nansum(numbers(check, name)))
            for name in (Col.N_CELL_OUTLINES, Col.N_CELLS_WITHOUT, Col.N_CELLS_SEVERAL,
                         Col.N_CELLS_SHARING)
        )  # fmt: skip
        about = [
            f"Of {count(total, 'cell')}, {without} have no nucleus, {several} have several and "
            f"{sharing} share theirs with another cell. A cell has the nucleus that shares most "
            "pixels with it; without one, its compartments are missing, not zero."
        ]
    return (
        COMPARTMENTS,
        "Compartments",
        about,
        [],
        [sheet(check, CHECK_COLUMNS, f"Every {report.movie}", all_of="tables/nuclei_check.csv")],
    )


def _questions(report: ReportInput) -> _Part:
    rows = report.questions
    pairs = rows[[bool(y) for y in texts(rows, Col.Y_COLUMN)]]
    columns = (texts(pairs, name) for name in (Col.QUESTION, Col.CONDITION, Col.REMARK))
    of_remark: dict[str, list[str]] = {}
    for letter, condition, remark in zip(*columns, strict=True):
        of_remark.setdefault(remark, []).append(f"{letter} ({condition})")
    remarks = [
        f"{listed(unique(whose))}: {remark}." for remark, whose in of_remark.items() if remark
    ]
    lacking = [letter for letter in "ABCDEF" if letter not in distinct(rows, Col.QUESTION)]
    about = []
    if len(rows):
        about = [
            "What goes together in cells, condition by condition. Differences between conditions "
            "are told under Answers.",
            f"Not asked, for lack of columns: {listed(lacking)}." if lacking else "",
            *remarks[:8],
        ]
    return (
        QUESTIONS,
        "Questions",
        about,
        [sheet(pairs[np.isin(texts(pairs, Col.CONDITION), _whole(pairs))], PAIR_COLUMNS,
               "What goes with what", all_of="tables/questions.csv")],
        [sheet(pairs, PAIR_COLUMNS, "What goes with what, condition by condition",
               all_of="tables/questions.csv"),
         sheet(_asked(report, "A", "B"), SPREAD_COLUMNS, "Sizes and ratios",
               all_of="tables/questions.csv")],
    )  # fmt: skip


def _whole(rows: pd.DataFrame) -> list[str]:
    """The row of all conditions, or of the one that there is."""
    names = distinct(rows, Col.CONDITION)
    return [ALL_CONDITIONS] if ALL_CONDITIONS in names else names


def _asked(report: ReportInput, *letters: str) -> pd.DataFrame:
    rows = report.questions
    kept = [
        letter in letters and not y
        for letter, y in zip(texts(rows, Col.QUESTION), texts(rows, Col.Y_COLUMN), strict=True)
    ]
    return rows[np.asarray(kept, bool)]
