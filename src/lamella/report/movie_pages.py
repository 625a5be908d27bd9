"""A page for each movie: its frames, its cells over time, what is odd in it, what was decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lamella.core.table import Col
from lamella.report.anchors import anchors
from lamella.report.contents import ReportInput
from lamella.report.inline.courses import Course, courses
from lamella.report.inline.marks import page_colour
from lamella.report.page import photo_uri, uri
from lamella.report.sections import (
    BORDER,
    CELL_COLUMNS,
    EVENT_COLUMNS,
    STAND_INS,
    STATUS_COLUMNS,
    in_trouble,
    without_border,
)
from lamella.report.sentences import excluded_movies, failed_movies
from lamella.report.sheets import Sheet, sheet
from lamella.report.style import Key
from lamella.report.tables import (
    distinct,
    groups_of_movies,
    has_values,
    numbers,
    only,
    per_channel,
    plain,
    texts,
    unique,
)
from lamella.report.unit_words import objects_counted
from lamella.report.words import count, number, raised

MOST_PAGES = 250
"""Movies with pictures and numbers; of further ones the page says where these lie."""

_IN_DOUBT: dict[str, str] = {
    Col.N_CELLS_WITHOUT: "cells without a nucleus",
    Col.N_CELLS_SEVERAL: "cells with several nuclei",
    Col.N_CELLS_SHARING: "cells that share their nucleus",
    Col.N_NUCLEI_WITHOUT: "nuclei in no cell",
}
_NOTHING = pd.DataFrame()
_OF_A_STAGE = [name for name in STATUS_COLUMNS if name != Col.MOVIE]
_OF_THE_STUDY = (Col.MOVIE, Col.CONDITION, Col.SESSION, Col.UNIT)


@dataclass(frozen=True)
class CellStrip:
    """The strip of one cell: which row of the movie's picture it is."""

    name: str
    top: int


@dataclass(frozen=True)
class MoviePage:
    """Everything about one movie; `state` is measured, no cell, failed or excluded."""

    anchor: str
    movie: str
    condition: str
    session: str
    colour: str
    path: str
    state: str
    n_cells: int
    """Rows of all sets of objects."""
    counted: str
    """The same in words, set by set."""
    n_empty: int
    n_events: int
    strip: str
    sprite: str
    strip_width: int
    strip_height: int
    cell_strips: tuple[CellStrip, ...]
    courses: tuple[Course, ...]
    events: Sheet | None
    cells: Sheet | None
    stages: Sheet | None
    decided: dict[str, Any]
    remarks: tuple[str, ...]
    """What to beware of in this movie."""

    @property
    def about(self) -> str:
        parts = [part for part in (self.condition, self.session) if part]
        parts.append(self.counted if self.n_cells else self.state)
        if self.n_empty:
            missed = count(self.n_empty, "empty frame")
            parts.append(missed if self.n_cells == 1 else f"{missed} within tracks")
        return " · ".join(parts)


def movie_pages(report: ReportInput) -> list[MoviePage]:
    """The movies by condition and session; those that failed or were left out stand last."""
    named = [*texts(report.samples, Col.MOVIE), *texts(report.cells, Col.MOVIE),
             *report.filmstrips]  # fmt: skip
    movies = unique(named) if len(report.samples) or report.filmstrips or len(report.frames) else []
    groups = groups_of_movies(report.cells, report.samples)
    key = Key.of(report.cells, report.samples, report.effects)
    states = _states(report, movies)

    def order(movie: str) -> tuple[int, int, int]:
        condition, session = groups.get(movie, ("", ""))
        return (
            states[movie] in ("failed", "excluded"),
            key.conditions.index(condition) if condition in key.conditions else -1,
            key.sessions.index(session) if session in key.sessions else -1,
        )

    shown = sorted(movies, key=order)
    names = anchors("movie", shown)
    tables = {name: _split(getattr(report, name)) for name in ("frames", "cells", "events")}
    stages, checks = _split(report.status), _split(report.nuclei_check)
    samples = dict(zip(texts(report.samples, Col.MOVIE), _places(report.samples), strict=True))
    decided = report.provenance.get("movies", {})
    pages = []
    for place, movie in enumerate(shown):
        frames, cells, events = (tables[n].get(movie, _NOTHING) for n in tables)
        cut = _NOTHING
        if report.stills:  # there they are many, and counted in a remark
            cut, events = only(events, kind=BORDER), without_border(events)
        whole = place < MOST_PAGES
        strips = report.cell_strips.get(movie) if whole else None
        if movie in report.filmstrips and strips and len(strips.cells) == 1:
            strips = None  # the movie's own strip shows that cell, and larger
        pages.append(
            MoviePage(
                anchor=names[movie],
                movie=movie,
                condition=groups.get(movie, ("", ""))[0],
                session=groups.get(movie, ("", ""))[1],
                colour=page_colour(key, groups.get(movie, ("", ""))[0]),
                path=samples.get(movie, ""),
                state=states[movie],
                n_cells=len(cells),
                counted=objects_counted(cells),
                n_empty=int(sum(n for n in numbers(cells, Col.N_EMPTY_FRAMES) if n > 0)),
                n_events=len(events),
                strip=photo_uri(report.filmstrips[movie])
                if whole and movie in report.filmstrips
                else "",
                sprite=uri("image/webp", strips.webp) if strips else "",
                strip_width=strips.width_px if strips else 0,
                strip_height=strips.row_px if strips else 0,
                cell_strips=_cell_strips(strips.cells, strips.row_px) if strips else (),
                courses=tuple(courses(frames, events)) if whole and not report.stills else (),
                events=sheet(
                    events,
                    _told(events, EVENT_COLUMNS),
                    "Outlines to look at" if report.stills else "Events of its tracks",
                ),
                cells=_cells(cells) if whole else None,
                stages=sheet(in_trouble(stages.get(movie, _NOTHING)), _OF_A_STAGE, "Messages"),
                decided=dict(decided.get(movie, {})),
                remarks=(
                    *_remarks(cells, cut, checks.get(movie, _NOTHING)),
                    *([] if whole or not len(cells) else [_elsewhere(report, movie)]),
                ),
            )
        )
    return pages


def _places(samples: pd.DataFrame) -> list[str]:
    """Where every movie lies: its file, and what of it was taken."""
    words = {Col.POSITION: "position", Col.Z: "z", Col.ONLY_CHANNEL: "channel"}
    found = texts(samples, Col.PATH)
    for column, word in words.items():
        told = texts(samples, column)
        found = [
            f"{place}, {word} {what}" if what else place
            for place, what in zip(found, told, strict=True)
        ]
    return found


def _split(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The rows of every movie."""
    if Col.MOVIE not in table.columns:
        return {}
    return {plain(movie): rows for movie, rows in table.groupby(Col.MOVIE, sort=False)}


def _states(report: ReportInput, movies: Sequence[str]) -> dict[str, str]:
    failed, excluded = set(failed_movies(report)), set(excluded_movies(report))
    measured = set(texts(report.cells, Col.MOVIE))
    return {
        movie: "excluded" if movie in excluded
        else "failed" if movie in failed
        else "measured" if movie in measured
        else "no cell"
        for movie in movies
    }  # fmt: skip


def _cell_strips(cells: Sequence[tuple[str, int]], row_px: int) -> tuple[CellStrip, ...]:
    several = len({kind for kind, _ in cells}) > 1
    return tuple(
        CellStrip(f"{kind} {cell}" if several else f"cell {cell}", -row_px * place)
        for place, (kind, cell) in enumerate(cells)
    )


def _remarks(cells: pd.DataFrame, cut: pd.DataFrame, check: pd.DataFrame) -> Iterator[str]:
    """What deserves a look: objects that are cut or saturated, and doubtful nuclei."""
    for kind in distinct(cells, Col.OBJECT):
        own = only(cells, object=kind)
        n_cut = len(only(cut, object=kind))
        if n_cut:
            yield f"{kind}: {n_cut} of {len(own)} cut by the edge of the field."
        for name in per_channel(own, Col.N_SATURATED):
            n, channel = int((numbers(own, name) > 0).sum()), name.partition("__")[2]
            if n:
                where = f" in {channel}" if channel else ""
                yield f"{kind}: {n} of {len(own)} with saturated pixels{where}."
    for name, words in _IN_DOUBT.items():
        n = int(np.nansum(numbers(check, name)))
        if n:
            yield f"{raised(words)}: {number(n)}."


def _elsewhere(report: ReportInput, movie: str) -> str:
    """Where what is left out of the page is found."""
    return (
        f"Pictures and numbers stand here of the first {MOST_PAGES} {report.movie}s alone: those "
        f"of {movie} lie in movies/{movie} and tables/cells.csv."
    )


def _cells(cells: pd.DataFrame) -> Sheet | None:
    names: list[str] = []
    for base in _told(cells, CELL_COLUMNS):
        if STAND_INS.get(base) not in names:
            names += [name for name in per_channel(cells, base) if has_values(cells, name)]
    return sheet(cells, names, "Its cells", all_of="tables/cells.csv", most=60)


def _told(table: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """Columns that tell something within one movie."""
    of_one_kind = len(distinct(table, Col.OBJECT)) < 2
    never = {*_OF_THE_STUDY, *([Col.OBJECT] if of_one_kind else [])}
    return [name for name in columns if name not in never]
