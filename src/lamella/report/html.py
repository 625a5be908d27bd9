"""One self-contained page: no network, no script needed to read it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from jinja2 import Environment

from lamella.core.table import Col
from lamella.report import sections
from lamella.report.answers import SHOWN, Answer, answers, kinds_of
from lamella.report.contents import ReportInput
from lamella.report.decided import decided_in_words, decisions_sheet
from lamella.report.downloads import downloads
from lamella.report.headlines import headlines
from lamella.report.inline.intervals import axis_of, intervals
from lamella.report.inline.marks import mark
from lamella.report.measure_pages import MeasurePage, by_kind_and_measure, measure_pages
from lamella.report.methods import methods_of
from lamella.report.movie_pages import MoviePage, movie_pages
from lamella.report.page import frame, photo_uri, templates, uri, version
from lamella.report.picture import Picture
from lamella.report.pictures import pictures
from lamella.report.style import Key
from lamella.report.tables import has_values, texts
from lamella.report.told import told_measures
from lamella.report.topics import topics
from lamella.report.unit_words import units_word
from lamella.report.words import decimals, number, raised

MOST_SVG_BYTES = 250_000
"""Beyond this, a figure goes into the page as PNG: thousands of tracks make slow drawings."""

_ELSEWHERE = ("effect_sizes", "by_condition_", "time_course")
"""Figures of the folder which the page shows in another way: by dots and lines of its own."""

MOST_ANSWERS = 36
"""Rows on the first screen; beyond, only what was shown, and the others fold away.

On the page of a measure more than these fold away together.
"""


def render(report: ReportInput, drawn: Sequence[Picture] | None = None) -> str:
    """The report as one HTML file.

    Parameters
    ----------
    report : ReportInput
        The tables; any may be empty, and its section is then left out or says why.
    drawn : sequence of Picture, optional
        Figures as `pictures` makes them, where they are at hand; made here by default.

    Returns
    -------
    str
        HTML with every image inside. All text from the tables is escaped, and a content security
        policy keeps the page from loading anything.
    """
    drawn = pictures(report) if drawn is None else drawn
    measures, movies = measure_pages(report, drawn), movie_pages(report)
    of_measures = {picture.name for page in measures for picture in page.pictures}
    found = _answers(report)
    first, others = _first(found, report)
    axis = axis_of(found)
    key = Key.of(report.cells, report.samples, report.effects)
    page: str = environment().get_template("report.html.j2").render(
        report=report,
        **frame(styles=["base.css", "report.css"], scripts=["report.js", "plots.js", "copy.js"]),
        headlines=headlines(report, found),
        answers=first,
        most_answers=MOST_ANSWERS,
        other_answers=others,
        notes=_notes(found),
        drawing=lambda answer: intervals(answer, axis),
        unit_word=units_word(report),
        adjusted=has_values(report.effects, Col.P_ADJUSTED),
        with_outlines=any(answer.keeps_sign is not None for answer in found),
        with_margins=has_values(report.effects, Col.MARGIN),
        page_of=by_kind_and_measure(measures),
        measures=measures,
        movies=movies,
        rank={name: place for place, name in enumerate(key.sessions)},
        session_marks={name: mark(key.marker(name), 7, 7, 5) for name in key.sessions},
        cell_list=_cell_list(report, measures, movies),
        pictures=[
            p
            for p in drawn
            if not p.topic
            and p.name not in of_measures
            and not p.name.startswith(_ELSEWHERE)
        ],
        topics=topics(report, drawn),
        forest=[p for p in drawn if p.name == "effect_sizes"],
        walks=None if report.stills else sections.walks_sheet(report),
        troubles=sections.troubles(report),
        stages=sections.stages(report),
        exclusions=sections.exclusions(report),
        empties=sections.empties(report),
        events=sections.events_sheet(report),
        kinds=_kinds(report),
        decided=decided_in_words(report),
        decisions=decisions_sheet(report),
        several_cells=sections.several_cells(report),
        cells=sections.cells_sheet(report),
        dictionary=sections.dictionary(report),
        methods=methods_of(report, version()),
        downloads=downloads(report),
    )  # fmt: skip
    return page


def _answers(report: ReportInput) -> list[Answer]:
    """Every contrast, those in front that the study is about."""
    found = answers(report.effects, units=units_word(report), kinds=kinds_of(report))
    rank = {measure: place for place, measure in enumerate(told_measures(report))}
    return sorted(found, key=lambda answer: rank.get(answer.measure, len(rank)))


def _first(found: Sequence[Answer], report: ReportInput) -> tuple[list[Answer], list[Answer]]:
    """The contrasts of the first screen, those of key measures, and the others."""
    keys = set(told_measures(report))
    first = [answer for answer in found if answer.measure in keys]
    if len(first) > MOST_ANSWERS:
        shown = [a for a in first if any(told.state == SHOWN for told in a.told)]
        first = (shown or first)[:MOST_ANSWERS]
    chosen = set(map(id, first))
    return first, [answer for answer in found if id(answer) not in chosen]


def _notes(found: Sequence[Answer]) -> dict[str, int]:
    """Every remark on a number, such as a refused model, with the number of its footnote."""
    remarks = [text for answer in found for told in answer.told for text in told.remarks]
    return {text: place + 1 for place, text in enumerate(dict.fromkeys(remarks))}


def _cell_list(
    report: ReportInput, measures: Sequence[MeasurePage], movies: Sequence[MoviePage]
) -> str:
    """What a tooltip says of each cell that is drawn, for the script, as JSON.

    By the cell's place in the table: place of its movie, name, condition, session, and the top of
    its strip (or null).
    """
    plots = [page.plot for page in measures if page.plot is not None]
    dots = [dot for plot in plots for group in plot.groups for dot in group.cells]
    places = sorted({dot.cell for dot in dots if dot.cell is not None})
    cells = report.cells.iloc[places]
    number_of = {page.movie: place for place, page in enumerate(movies)}
    tops = {
        (movie, kind, cell): -strips.row_px * row
        for movie, strips in report.cell_strips.items()
        for row, (kind, cell) in enumerate(strips.cells)
    }
    names = (Col.MOVIE, Col.OBJECT, Col.CELL, Col.CONDITION, Col.SESSION)
    rows = {}
    for place, movie, kind, cell, condition, session in zip(
        places, *(texts(cells, name) for name in names), strict=True
    ):
        top = tops.get((movie, kind, int(cell))) if cell.lstrip("-").isdigit() else None
        rows[place] = [number_of.get(movie, -1), movie, cell, condition, session, top]
    told = {"movies": [page.anchor for page in movies], "cells": rows}
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False)


def _kinds(report: ReportInput) -> str:
    """How many events of each kind, in words."""
    kinds = Counter(kind.replace("_", " ") for kind in texts(report.events, Col.KIND))
    return ", ".join(f"{number(n)} × {kind}" for kind, n in kinds.most_common())


@cache
def environment() -> Environment:
    """The templates, with what those of a report call."""
    made = templates()
    made.filters["figure_uri"] = _figure_uri
    made.filters["d"] = decimals
    made.filters["heading"] = _heading
    made.tests["records"] = _is_records
    made.globals["fields_of"] = _fields_of
    return made


def _heading(name: object) -> str:
    return raised(str(name).replace("_", " "))


def _figure_uri(picture: Picture) -> str:
    if len(picture.images.svg) <= MOST_SVG_BYTES:
        return uri("image/svg+xml", picture.images.svg)
    if picture.name.startswith("outlines_montage"):
        return photo_uri(picture.images.png)
    return uri("image/png", picture.images.png)


def _is_records(value: Any) -> bool:
    """Whether a mapping is a table: names to mappings which hold plain values."""
    return (
        isinstance(value, Mapping)
        and len(value) > 1
        and all(isinstance(row, Mapping) and row for row in value.values())
        and len(_fields_of(value)) <= 8
    )


def _fields_of(records: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Names of the columns of such a table."""
    return list(dict.fromkeys(name for row in records.values() for name in row))
