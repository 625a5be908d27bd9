"""A SuperPlot whose dots a reader can ask: cells small, units larger, means of sessions joined.

Lord et al. 2020, https://doi.org/10.1083/jcb.202001064
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.report.inline.marks import mark, page_colour
from lamella.report.inline.scale import Scale
from lamella.report.style import MARKERS, Key, swarm, wrapped
from lamella.report.tables import has, numbers, texts
from lamella.report.words import axis_label, count, number

LEFT, TOP, BOTTOM, HEIGHT = 62, 14, 46, 340
LETTERS, LINE = 19, 15
"""Letters of a condition's name that fit side by side, and the height of a line of them."""
COLUMN, WIDTH_OF_DOTS = 170, 136
CELL_R, ONLY_R, UNIT_R, SESSION_R = 2.6, 4.2, 5.4, 8.5


@dataclass(frozen=True)
class Dot:
    """A cell or a unit: its place in the table of cells (or None), and what it says."""

    path: str
    session: int
    cell: int | None
    said: str


@dataclass(frozen=True)
class Group:
    """A condition: its colour, where it stands, and its dots."""

    name: str
    lines: tuple[str, ...]
    """The name as it is written, broken and if need be shortened."""
    colour: str
    x: float
    below: str
    cells: tuple[Dot, ...]
    units: tuple[Dot, ...]


@dataclass(frozen=True)
class Line:
    """The means of one session, joined over the conditions."""

    session: int
    points: str
    marks: tuple[Dot, ...]


@dataclass(frozen=True)
class SuperPlot:
    """All that the template draws; places in px of a drawing `width` × `height`."""

    width: float
    height: float
    left: float
    top: float
    bottom: float
    line: float
    n_lines: int
    axis: str
    alt: str
    ticks: tuple[tuple[float, str], ...]
    groups: tuple[Group, ...]
    lines: tuple[Line, ...]
    note: str


def superplot(
    cells: pd.DataFrame,
    units: pd.DataFrame,
    means: pd.DataFrame,
    measure: str,
    key: Key,
    *,
    places: NDArray[np.int64],
    most: int,
    share: str = "",
) -> SuperPlot | None:
    """The plot of one measure; None where no cell has a value.

    Parameters
    ----------
    cells : DataFrame
        Cells of one kind, with the measure.
    units, means : DataFrame
        Rows of this measure: the mean of every unit, and of every condition and session.
    places : (n,) int array
        Of every cell, its place in the list that tooltips look into.
    most : int
        Cells drawn at most, taken evenly from the table; those of a condition with fewer all.
    share : str
        Of a share of cells, which no cell has: what to call a unit; the units alone are drawn.
    """
    value = numbers(cells, measure)
    told = np.isfinite(value)
    if not told.any():
        return None
    conditions = list(key.conditions) or [""]
    condition = np.asarray(texts(cells, Col.CONDITION) or [""] * len(cells), dtype=object)
    if not key.conditions:
        condition[:] = ""
    session = np.asarray(
        [_place(name, key.sessions) for name in texts(cells, Col.SESSION)], dtype=np.int64
    )
    several = bool((numbers(units, Col.N_CELLS) > 1).any())
    of_units = numbers(units, Col.MEAN)
    every = np.concatenate([value[told & (not share)], of_units[np.isfinite(of_units)]])
    names = {name: tuple(wrapped(name, LETTERS).splitlines()) for name in conditions}
    n_lines = max(1, *map(len, names.values()))
    y = Scale.over(every, HEIGHT - BOTTOM, TOP)
    kept = _thinned(condition, told & (not share), most)
    groups = []
    for place, name in enumerate(conditions):
        x = LEFT + COLUMN * (place + 0.5)
        chosen = np.flatnonzero(told & kept & (condition == name))
        shift = _shifts(value[chosen], session[chosen], key)
        radius = CELL_R if several else ONLY_R
        dots = tuple(
            Dot(
                mark(
                    "o" if several else _marker(int(session[i]), key),
                    x + float(shift[k]), y(float(value[i])), radius,
                ),
                int(session[i]), int(places[i]), number(float(value[i])),
            )
            for k, i in enumerate(chosen)
        )  # fmt: skip
        drawn = _units(units, name, x, y, key) if several or share else ()
        n_cells = int((told & (condition == name)).sum())
        below = count(len(drawn), share) if share else count(n_cells, "cell")
        groups.append(Group(name, names[name], page_colour(key, name), x, below, dots, drawn))
    n_drawn = sum(len(group.cells) for group in groups)
    n_told = int((told & np.isin(condition, conditions)).sum())
    note = ""
    if n_drawn < n_told and not share:
        note = f"{number(n_drawn)} of {number(n_told)} cells are drawn."
    return SuperPlot(
        width=LEFT + COLUMN * len(conditions) + 8,
        height=HEIGHT + LINE * (n_lines - 1),
        left=LEFT,
        top=TOP,
        bottom=HEIGHT - BOTTOM,
        line=LINE,
        n_lines=n_lines,
        axis=axis_label(measure),
        alt=f"{axis_label(measure)} of every {share or 'cell'} by condition. "
        "Arrow keys go from dot to dot.",
        ticks=tuple(y.ticks(6)),
        groups=tuple(groups),
        lines=_lines(means, conditions, y, key),
        note=note,
    )


def _place(name: str, sessions: tuple[str, ...]) -> int:
    return sessions.index(name) if name in sessions else -1


def _lane(session: int, key: Key) -> float:
    """How far from the middle of its condition a session has its lane."""
    n = len(key.sessions)
    return WIDTH_OF_DOTS * ((session + 0.5) / n - 0.5) if session >= 0 else 0.0


def _shifts(
    value: NDArray[np.float64], session: NDArray[np.int64], key: Key
) -> NDArray[np.float64]:
    """Sideways places of dots: those of a session lie in its lane."""
    shift = np.zeros(len(value))
    for place in np.unique(session):
        of_it = session == place
        width = 0.85 * WIDTH_OF_DOTS / max(len(key.sessions), 1)
        shift[of_it] = _lane(int(place), key) + swarm(value[of_it], width=width)
    return shift


def _marker(session: int, key: Key) -> str:
    return key.marker(key.sessions[session]) if session >= 0 else MARKERS[0]


def _thinned(
    condition: NDArray[np.object_], told: NDArray[np.bool_], most: int
) -> NDArray[np.bool_]:
    """Which cells are drawn: of every condition an even share, so that none vanishes."""
    kept = np.zeros(len(condition), bool)
    names = list(dict.fromkeys(condition[told]))
    for name in names:
        of_it = np.flatnonzero(told & (condition == name))
        n = min(len(of_it), max(most // len(names), 1))
        kept[of_it[np.linspace(0, len(of_it) - 1, n).round().astype(int)]] = True
    return kept


def _units(units: pd.DataFrame, condition: str, x: float, y: Scale, key: Key) -> tuple[Dot, ...]:
    rows = units[np.asarray(texts(units, Col.CONDITION), dtype=object) == condition]
    mean, n_cells = numbers(rows, Col.MEAN), numbers(rows, Col.N_CELLS)
    names, sessions = texts(rows, Col.UNIT), texts(rows, Col.SESSION)
    of = np.asarray([_place(name, key.sessions) for name in sessions], dtype=np.int64)
    shift = _shifts(mean, of, key)
    dots = []
    for i in np.flatnonzero(np.isfinite(mean)):
        session = _place(sessions[i], key.sessions)
        path = mark(_marker(session, key), x + float(shift[i]), y(float(mean[i])), UNIT_R)
        said = f"{names[i]}: mean {number(float(mean[i]))} of {int(n_cells[i])} cells"
        dots.append(Dot(path, session, None, said))
    return tuple(dots)


def _lines(means: pd.DataFrame, conditions: list[str], y: Scale, key: Key) -> tuple[Line, ...]:
    """Mean of every session at every condition, joined: parallel lines repeat the effect."""
    if not has(means, Col.SESSION, Col.MEAN) or len(key.sessions) < 2:
        return ()
    mean = numbers(means, Col.MEAN)
    at = dict(zip(zip(texts(means, Col.SESSION), texts(means, Col.CONDITION), strict=True), mean,
                  strict=True))  # fmt: skip
    lines = []
    for place, session in enumerate(key.sessions):
        spots = [
            (LEFT + COLUMN * (k + 0.5) + _lane(place, key), y(float(value)), float(value), name)
            for k, name in enumerate(conditions)
            if np.isfinite(value := at.get((session, name), np.nan))
        ]
        marks = tuple(
            Dot(mark(key.marker(session), x, top, SESSION_R), place, None,
                f"{key.said('session')} {session}, {name}: mean {number(value)}")
            for x, top, value, name in spots
        )  # fmt: skip
        if marks:
            lines.append(Line(place, " ".join(f"{x},{top}" for x, top, *_ in spots), marks))
    return tuple(lines)
