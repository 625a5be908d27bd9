"""Figures of the signal in cells: positives by plate and well, compartments, and the questions."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
import pandas as pd

from lamella.core.table import Col
from lamella.report import captions
from lamella.report.contents import ReportInput
from lamella.report.figures.plate import layout_of, plate_map
from lamella.report.figures.questions import LOG, question_panels
from lamella.report.figures.thresholds import threshold_panels
from lamella.report.figures.violins import violins
from lamella.report.picture import Picture, picture
from lamella.report.style import Key
from lamella.report.tables import distinct, has, has_values, only, texts, unique
from lamella.report.unit_words import units_word
from lamella.report.words import count, label, listed, raised

POSITIVES, SIGNAL, COMPARTMENTS, QUESTIONS = "positives", "signal", "compartments", "questions"
"""Parts of the page that the figures stand in."""
MOST_MAPS = 4
"""Measures whose medians are drawn well by well."""
_INTENSITY = "intensity_mean"
_RATIOS = (Col.NUCLEUS_CYTOPLASM_RATIO, Col.NUCLEUS_RING_RATIO, Col.MEMBRANE_CYTOPLASM_RATIO)


def signal(report: ReportInput, key: Key) -> Iterator[Picture]:
    """The figures that the tables allow, each with the part of the page it belongs to."""
    for name in distinct(report.thresholds, Col.POSITIVES):
        yield from _positives(report, name, key)
    yield from _lights(report, key)
    yield from _spread(report, key)
    yield from _questions(report, key)


def _positives(report: ReportInput, name: str, key: Key) -> Iterator[Picture]:
    rows = only(report.thresholds, positives=name)
    settings = report.provenance.get("settings", {}).get("positives") or {}
    step = settings.get(name) or {}
    by = step.get("by", Col.SESSION) or None
    measure = texts(rows, Col.MEASURE)[0]
    yield picture(
        f"threshold_{name}",
        f"Where {name}-positive begins",
        captions.THRESHOLD,
        f"Histograms of {label(measure)} on {count(len(rows), 'plate')} with the threshold of "
        "each; the numbers are in tables/thresholds.csv.",
        threshold_panels(report.cells, rows, by=by, controls=_controls(step)),
        topic=POSITIVES,
    )
    for base, words in (
        (Col.POSITIVE_FRACTION, "Share of positives, well by well"),
        (Col.N_TOTAL, "How many there are, well by well"),
    ):
        value = base.of(name)
        if layout_of(texts(report.wells, Col.WELL)) and has_values(report.wells, value):
            yield picture(
                f"plate_{value}",
                f"{words}: {name}",
                captions.PLATE,
                f"Heat map of {label(value)} of {count(len(report.wells), 'well')}; the numbers "
                "are in tables/wells.csv.",
                plate_map(report.wells, value, key, samples=report.samples),
                topic=POSITIVES,
            )


def _controls(step: dict[str, object]) -> Collection[str]:
    """Conditions and wells of the negative controls, as the settings name them."""
    threshold = step.get("threshold")
    how = threshold if isinstance(threshold, dict) else {}
    condition, wells = how.get("condition"), how.get("wells") or ()
    return [*([str(condition)] if condition else []), *map(str, wells)]


def _lights(report: ReportInput, key: Key) -> Iterator[Picture]:
    """How intensities and their ratios that are compared, or tell positives, are spread."""
    shown = set(texts(report.questions, Col.X_COLUMN))
    kinds = unique(texts(report.cells, Col.OBJECT)) or [""]
    for kind, column in ((k, c) for k in kinds for c in distinct(report.units, Col.MEASURE)):
        of_kind = {Col.OBJECT: kind} if kind else {}
        cells, units = only(report.cells, **of_kind), only(report.units, **of_kind, measure=column)
        topic = _topic_of(column)
        if topic is None or not (len(units) and has_values(cells, column)):
            continue
        if {column, f"{kind}_{column}"} & shown:
            continue
        whose = f" of {kind}" if len(kinds) > 1 else ""
        yield picture(
            f"spread_{column}{whose.replace(' of ', '_')}",
            f"{raised(label(column))}{whose}",
            captions.VIOLIN,
            f"Violins of {label(column)}{whose} of every condition with the means of units; the "
            "numbers are in tables/cells.csv and tables/units.csv.",
            violins(cells, column, key, units=units, unit=units_word(report)),
            topic=topic,
        )


def _topic_of(column: str) -> str | None:
    """The part of the page that a measure of light stands in; None of others."""
    base = column.partition("__")[0]
    if base in _RATIOS:
        return COMPARTMENTS
    return SIGNAL if base.startswith("intensity_") or base.endswith("_mean") else None


def _spread(report: ReportInput, key: Key) -> Iterator[Picture]:
    """How each column that questions A to C are about is spread, and where it lies on plates."""
    asked = report.questions
    if not has(asked, Col.QUESTION, Col.X_COLUMN):
        return
    alone = asked[[not y for y in texts(asked, Col.Y_COLUMN)]]
    columns = unique(texts(alone, Col.X_COLUMN))
    for place, column in enumerate(columns):
        units = only(report.question_units, measure=column)
        yield picture(
            f"spread_{column}",
            raised(label(column)),
            captions.VIOLIN if place == 0 else "",
            f"Violins of {label(column)} of every condition with the means of units; the numbers "
            "are in tables/questions.csv.",
            violins(report.cells_and_nuclei, column, key, units=units, unit=units_word(report)),
            topic=SIGNAL if "_mean" in column else QUESTIONS,
        )
    wells = _wells(report)
    bright = [column for column in columns if column.startswith(f"nucleus_{_INTENSITY}")]
    for column in bright[:MOST_MAPS] if layout_of(texts(wells, Col.WELL)) else ():
        yield picture(
            f"plate_{column}",
            f"{raised(label(column))}, well by well",
            captions.PLATE,
            f"Heat map of the median of {label(column)} of every well; the numbers are in "
            "tables/question_units.csv.",
            plate_map(only(wells, measure=column), Col.MEDIAN, key, samples=report.samples,
                      measure=column),
            topic=SIGNAL,
        )  # fmt: skip


def _wells(report: ReportInput) -> pd.DataFrame:
    """The table of units where these are wells; else empty."""
    unit = report.provenance.get("settings", {}).get("statistics", {}).get("unit")
    if unit != Col.WELL:
        return pd.DataFrame()
    return report.question_units.rename(columns={Col.UNIT: Col.WELL})


def _questions(report: ReportInput, key: Key) -> Iterator[Picture]:
    asked = report.questions
    if not has(asked, Col.QUESTION, Col.Y_COLUMN):
        return
    names = (Col.QUESTION, Col.ASKED, Col.X_COLUMN, Col.Y_COLUMN, Col.SCALING)
    told = list(zip(*(texts(asked, name) for name in names), strict=True))
    for place, each in enumerate(dict.fromkeys(one for one in told if one[3])):
        letter, words, x, y, scaling = each
        own = asked[np.asarray([one == each for one in told])]
        lines = only(report.question_lines, question=letter, x_column=x, y_column=y)
        caption = captions.QUESTION if place == 0 else ""
        caption += f" {captions.SCALING}" if scaling == LOG else ""
        caption += f" {captions.LEAK}" if letter == "E" else ""
        yield picture(
            f"question_{letter}_{y}",
            f"{letter}: {words}",
            caption.strip(),
            f"Scatter plots of {label(y)} against {label(x)}, a panel per condition "
            f"({listed(list(key.conditions))}); the numbers are in tables/questions.csv.",
            question_panels(report.cells_and_nuclei, own, lines, key),
            topic=QUESTIONS,
        )
