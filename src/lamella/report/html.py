"""One self-contained page: no network, no script needed to read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from jinja2 import Environment

from lamella.core.table import Col
from lamella.report import sections
from lamella.report.contents import ReportInput
from lamella.report.page import frame, templates, uri
from lamella.report.picture import Picture
from lamella.report.pictures import key_rows, pictures
from lamella.report.sentences import (
    Finding,
    findings,
    summary,
    units_word,
)
from lamella.report.style import Key
from lamella.report.tables import groups_of_movies, numbers, texts
from lamella.report.words import count, label, number

MOST_SVG_BYTES = 400_000
"""Beyond this, a figure goes into the page as PNG: thousands of tracks make slow drawings."""

OPEN_STRIPS = 12
"""Film strips shown at once; the others fold away."""


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
    effects, other_effects = sections.effects_sheets(report)
    conditions, all_conditions = sections.conditions_sheets(report)
    strips, more_strips = _shared_out(_strips(report))
    return _environment().get_template("report.html.j2").render(
        report=report,
        **frame(styles=["report.css"], script="report.js"),
        summary=summary(report),
        findings=_by_measure(
            findings(key_rows(report.effects, report.cells), units=units_word(report.cells))
        ),
        effects=effects,
        other_effects=other_effects,
        conditions=conditions,
        all_conditions=all_conditions,
        walks=sections.walks_sheet(report),
        wide=[p for p in drawn if p.wide and p.name != "effect_sizes" and not _long(p)],
        narrow=[p for p in drawn if not p.wide],
        forest=[p for p in drawn if p.name == "effect_sizes"],
        long=[p for p in drawn if _long(p)],
        strips=strips,
        more_strips=more_strips,
        troubles=sections.troubles(report),
        stages=sections.stages(report),
        exclusions=sections.exclusions(report),
        empties=sections.empties(report),
        events=sections.events_sheet(report),
        kinds=_kinds(report),
        several_cells=sections.several_cells(report),
        cells=sections.cells_sheet(report),
        dictionary=sections.dictionary(report),
        several_sessions=len(set(texts(report.cells, Col.SESSION)) - {""}) > 1,
    )  # fmt: skip


def _kinds(report: ReportInput) -> str:
    """How many events of each kind, in words."""
    kinds = Counter(kind.replace("_", " ") for kind in texts(report.events, Col.KIND))
    return ", ".join(f"{number(n)} × {kind}" for kind, n in kinds.most_common())


def _by_measure(found: Sequence[Finding]) -> dict[str, list[Finding]]:
    """Sentences under the name of their measure."""
    grouped: dict[str, list[Finding]] = {}
    for finding in found:
        grouped.setdefault(label(finding.measure), []).append(finding)
    return grouped


@cache
def _environment() -> Environment:
    environment = templates()
    environment.filters["figure_uri"] = _figure_uri
    environment.filters["heading"] = _heading
    environment.tests["records"] = _is_records
    environment.globals["fields_of"] = _fields_of
    return environment


def _heading(name: object) -> str:
    text = str(name).replace("_", " ")
    return text[:1].upper() + text[1:]


def _figure_uri(picture: Picture) -> str:
    if len(picture.images.svg) <= MOST_SVG_BYTES:
        return uri("image/svg+xml", picture.images.svg)
    return uri("image/png", picture.images.png)


def _long(picture: Picture) -> bool:
    return picture.name.startswith("time_course")


def _strips(report: ReportInput) -> list[dict[str, str]]:
    """Film strips by condition and session, each with what is known of its movie."""
    groups = groups_of_movies(report.cells, report.samples)
    movies = texts(report.cells, Col.MOVIE)
    empty = numbers(report.cells, Col.N_EMPTY_FRAMES)
    key = Key.of(report.cells, report.samples, report.effects)
    order = [(c, s) for c in key.conditions or ("",) for s in key.sessions or ("",)]
    places = {group: place for place, group in enumerate(order)}
    strips = []
    for movie, png in report.filmstrips.items():
        condition, session = groups.get(movie, ("", ""))
        n_cells = movies.count(movie)
        n_empty = sum(n for name, n in zip(movies, empty, strict=True) if name == movie and n > 0)
        about = [part for part in (condition, session) if part]
        about.append(count(n_cells, "cell"))
        if n_empty:
            missed = count(int(n_empty), "empty frame")
            about.append(missed if n_cells == 1 else f"{missed} within tracks")
        strips.append(
            {
                "movie": movie,
                "about": " · ".join(about),
                "uri": uri("image/png", png),
                "group": f"{places.get((condition, session), len(places)):06d}",
            }
        )
    return sorted(strips, key=lambda strip: strip["group"])


def _shared_out(
    strips: list[dict[str, str]],
) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """The strips that are open at first, some of every group, and the others."""
    seen: Counter[str] = Counter()
    ranked = []
    for place, strip in enumerate(strips):
        ranked.append((seen[strip["group"]], place))
        seen[strip["group"]] += 1
    chosen = {place for _, place in sorted(ranked)[:OPEN_STRIPS]}
    shown = [strip for place, strip in enumerate(strips) if place in chosen]
    return shown, [strip for place, strip in enumerate(strips) if place not in chosen]


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
