"""Tables and their vocabulary: every column of every table, with its unit and its meaning.

A column is named once, as a constant of `Col`; code writes ``table[Col.AREA_PX]``, and the data
dictionary of the documentation and of the report is read from these constants.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

import pandas as pd

from lamella.core.columns.analyses import AnalysesColumns
from lamella.core.columns.annotations import AnnotationColumns
from lamella.core.columns.column import Column
from lamella.core.columns.comparison import ComparisonColumns
from lamella.core.columns.compartment import CompartmentColumns
from lamella.core.columns.decisions import DecisionColumns
from lamella.core.columns.edge import EdgeColumns
from lamella.core.columns.keys import KeyColumns
from lamella.core.columns.lamellipodium import LamellipodiumColumns
from lamella.core.columns.movement import MovementColumns
from lamella.core.columns.positives import PositivesColumns
from lamella.core.columns.protrusion import ProtrusionColumns
from lamella.core.columns.pseudo_labels import PseudoLabelColumns
from lamella.core.columns.questions import QuestionColumns
from lamella.core.columns.region import RegionColumns
from lamella.core.columns.runs import RunColumns
from lamella.core.columns.scores import ScoreColumns
from lamella.core.columns.sightings import SightingColumns
from lamella.core.columns.statistics import StatisticsColumns
from lamella.core.columns.tracks import TrackColumns
from lamella.core.columns.walks import WalkColumns

__all__ = [
    "CELL_PREFIX",
    "KEY_MEASURES",
    "NUCLEUS_PREFIX",
    "Col",
    "Column",
    "dictionary",
    "in_order",
    "stacked",
]


CELL_PREFIX, NUCLEUS_PREFIX = "cell_", "nucleus_"
"""What the columns of a cell and of its nucleus begin with where both stand in one row."""


class Col(
    KeyColumns,
    TrackColumns,
    SightingColumns,
    MovementColumns,
    WalkColumns,
    RegionColumns,
    LamellipodiumColumns,
    ProtrusionColumns,
    EdgeColumns,
    CompartmentColumns,
    PositivesColumns,
    StatisticsColumns,
    QuestionColumns,
    AnalysesColumns,
    ScoreColumns,
    RunColumns,
    DecisionColumns,
    ComparisonColumns,
    AnnotationColumns,
    PseudoLabelColumns,
):
    """Names of columns. Coordinates are (y, x) at pixel centres, the top-left one at (0, 0)."""

    @classmethod
    def all(cls) -> list[Column]:
        """Every column, in the order of the topics."""
        return [
            value
            for topic in cls.__bases__
            for value in vars(topic).values()
            if isinstance(value, Column)
        ]

    @classmethod
    def find(cls, name: str) -> Column | None:
        """The column called `name`; None of a column of the user's.

        The suffix of a channel is understood, and so are the prefixes of a table in which a cell
        and its nucleus stand side by side.
        """
        bare, _, channel = name.partition("__")
        known = _by_name()
        if bare in known:
            return known[bare].of(channel or None)
        for prefix, whose in ((CELL_PREFIX, "the cell"), (NUCLEUS_PREFIX, "its nucleus")):
            inner = known.get(bare.removeprefix(prefix)) if bare.startswith(prefix) else None
            if inner is not None:
                told = Column(bare, inner.unit, f"Of {whose}: {inner.meaning}")
                return told.of(channel or None)
        return None

    @classmethod
    def describe(cls, name: str) -> Column:
        """As `find`, of a column that is known to be ours.

        Raises
        ------
        KeyError
            When no column has this name.
        """
        column = cls.find(name)
        if column is None:
            raise KeyError(name)
        return column


@cache
def _by_name() -> dict[str, Column]:
    """Every column by its name; asked for thousands of times in a report of many fields."""
    return {str(column): column for column in Col.all()}


KEY_MEASURES: tuple[Column, ...] = (
    Col.PERSISTENCE,
    Col.STRAIGHTNESS_FIXED,
    Col.AREA_UM2,
    Col.LAM_CYTO_RATIO,
    Col.BAND_RATIO,
    Col.LAYER_RATIO,
    Col.N_TIPS,
    Col.EDGE_OUT_SPEED,
    Col.NUCLEUS_CYTOPLASM_RATIO,
    Col.POSITIVE,
    Col.POSITIVE_FRACTION,
)
"""What a study is about besides speed: compared by the statistics, shown by the report.

Few, since of many measures some differ by chance: the published ones, and of each question the one
that movie length, brightness and scale distort least. What many cells lack (persistence time, the
angle between polarity and movement) would compare those that have it; ask for it by name.
"""


def dictionary(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Name, unit and meaning of every column of these tables that has one."""
    names = dict.fromkeys(str(name) for table in tables for name in table.columns)
    rows = [
        {"column": name, "unit": column.unit, "meaning": column.meaning}
        for name in names
        if (column := Col.find(name)) is not None
    ]
    return pd.DataFrame(rows, columns=["column", "unit", "meaning"])


def in_order(table: pd.DataFrame, first: Sequence[str]) -> pd.DataFrame:
    """The table with the columns of `first` in front, as far as it has them."""
    front = [name for name in first if name in table.columns]
    return table[[*front, *(name for name in table.columns if name not in front)]]


def stacked(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Tables one below the other, columns united in order of appearance; empty ones are ignored."""
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()
