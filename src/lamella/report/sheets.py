"""A table of the page: text, units and order; no number is made here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from lamella.core.claims import ALL_SESSIONS
from lamella.core.table import Col
from lamella.report.tables import flags, missing, numbers, texts
from lamella.report.words import CLAIMS, decimals, in_brackets, label, number, p_value, unit

MOST_ROWS = 500
"""Rows of any table."""

MOST_DECIMALS = 5

_SENTENCE = 45
"""Letters from which on a text is no name."""

OF_THE_MEASURE = "of the measure"

_P_VALUES = (Col.P, Col.P_ADJUSTED, Col.P_EQUIVALENCE, Col.P_WITHOUT, Col.P_INTERACTION)
_ONLY_OF_MANY = (
    Col.PARENT, Col.N_DAUGHTERS, Col.N_INTERPOLATED, Col.N_CORRECTED, Col.N_CELLS_SHORT,
)  # fmt: skip


class Between(NamedTuple):
    """A column whose interval stands behind each value: 0.41 (0.20 to 0.62)."""

    name: str
    low: str
    high: str


@dataclass(frozen=True)
class Head:
    """A column's head."""

    name: str
    text: str
    unit: str
    numeric: bool
    places: int | None = None
    """Decimals of all values, so that they align; None where a column mixes measures, or where they
    are so small that digits count."""
    wordy: bool = False
    """Whether a column holds sentences, which need room."""


@dataclass(frozen=True)
class Field:
    """One cell of a table: what is shown, and what it is sorted by."""

    text: str
    sort: str


@dataclass(frozen=True)
class Sheet:
    """A table of the page; `sessions` names that of every row, where rows belong to sessions."""

    caption: str
    heads: tuple[Head, ...]
    rows: tuple[tuple[Field, ...], ...]
    note: str = ""
    strong: tuple[bool, ...] = ()
    sessions: tuple[str, ...] = ()


def sheet(
    table: pd.DataFrame,
    columns: Iterable[str | Between],
    caption: str,
    *,
    all_of: str = "",
    most: int = MOST_ROWS,
    strong: Sequence[bool] | None = None,
    measure: str | None = None,
) -> Sheet | None:
    """The columns that the table has and that hold anything; None where no row is left.

    `all_of` names the file that has the rest when the table is too long for a page. `measure` is
    what all rows are about, whose unit then stands in the heads.
    """
    names = [
        name
        for name in (Between(each, "", "") if isinstance(each, str) else each for each in columns)
        if name.name in table.columns
        and table[name.name].notna().any()
        and not _idle(table, name.name)
    ]
    if not len(table) or not names:
        return None
    shown = table.head(most)
    heads = tuple(_head(shown, each, measure) for each in names)
    columns_of = [_fields(shown, each, head) for each, head in zip(names, heads, strict=True)]
    note = ""
    if len(table) > len(shown):
        note = f"The first {len(shown)} of {len(table)} rows; all are in {all_of}."
    sessions = texts(shown, Col.SESSION)
    return Sheet(
        caption,
        heads,
        tuple(zip(*columns_of, strict=True)),
        note,
        tuple(strong or [False] * len(shown)),
        tuple("" if name == ALL_SESSIONS else name for name in sessions),
    )


def _idle(table: pd.DataFrame, name: str) -> bool:
    """Whether a column is about many cells in a movie and says nothing here."""
    if name == Col.IN_STATISTICS:
        return bool(flags(table, name, default=True).all())
    return name in _ONLY_OF_MANY and not (numbers(table, name) != 0).any()


def _head(table: pd.DataFrame, each: Between, measure: str | None) -> Head:
    name = each.name
    numeric = is_numeric_dtype(table[name]) and not is_bool_dtype(table[name])
    of = unit(name)
    if of.startswith(OF_THE_MEASURE):
        if measure is None:
            return Head(name, label(name), "", bool(numeric))
        of = unit(measure) + ("²" if of.endswith("²") and unit(measure) else "")
    if name in _P_VALUES:
        return Head(name, label(name), "", bool(numeric))
    if not numeric:
        longest = max(map(len, texts(table, name)), default=0)
        return Head(name, label(name), of, numeric=False, wordy=longest > _SENTENCE)
    return Head(name, label(name), of, numeric=True, places=_places(numbers(table, name)))


def _places(values: NDArray[np.float64]) -> int | None:
    """Decimals that give the middling value of a column three significant digits.

    At most five; None where that would leave it less than two.
    """
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    if not len(sizes):
        return 0
    wanted = int(2 - np.floor(np.log10(np.median(sizes))))
    return int(np.clip(wanted, 0, MOST_DECIMALS)) if wanted <= MOST_DECIMALS + 1 else None


def _fields(table: pd.DataFrame, each: Between, head: Head) -> list[Field]:
    fields = [_field(value, head) for value in table[each.name]]
    if not (each.low in table.columns and each.high in table.columns):
        return fields
    ends = zip(table[each.low], table[each.high], strict=True)
    return [
        field
        if missing(low) or missing(high)
        else Field(f"{field.text} ({_field(low, head).text} to {_field(high, head).text})",
                   field.sort)
        for field, (low, high) in zip(fields, ends, strict=True)
    ]  # fmt: skip


def _field(value: object, head: Head) -> Field:
    if head.name in (Col.MEASURE, Col.X_COLUMN, Col.Y_COLUMN) and not missing(value):
        measure = str(value)
        return Field(label(measure) + in_brackets(measure), measure)
    if head.name == Col.CLAIM and value in CLAIMS:
        return Field(CLAIMS[str(value)], str(value))
    if head.name in (Col.MODEL, Col.OUTLINES) and not missing(value):
        return Field(str(value).replace("_", " "), str(value))
    if isinstance(value, float) and value.is_integer() and _counts(head.name):
        value = int(value)
    if head.name in _P_VALUES and isinstance(value, float):
        return Field(p_value(value), "" if missing(value) else str(value))
    if isinstance(value, float) and np.isfinite(value) and head.places is not None:
        return Field(decimals(value, head.places), str(value))
    return Field(number(value), "" if missing(value) else str(value))


def _counts(name: str) -> bool:
    """Whether a column holds whole numbers, which pandas makes floats where one is missing."""
    return name in (Col.CELL, Col.N, Col.N_REFERENCE) or name.startswith("n_")
