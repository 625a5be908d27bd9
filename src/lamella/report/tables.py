"""Questions that several figures and sections ask of a table that may lack anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.table import Col

TRACK_KEYS: tuple[str, ...] = (Col.MOVIE, Col.OBJECT, Col.CELL)


def has(table: pd.DataFrame, *names: str) -> bool:
    """Whether the table has rows and every one of these columns."""
    return len(table) > 0 and all(name in table.columns for name in names)


def numbers(table: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """A column as float64, NaN where it is missing or not a number."""
    if name not in table.columns:
        return np.full(len(table), np.nan)
    column = pd.to_numeric(table[name], errors="coerce")
    return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))


def has_values(table: pd.DataFrame, name: str) -> bool:
    """Whether a column has at least one finite value."""
    return has(table, name) and bool(np.isfinite(numbers(table, name)).any())


def texts(table: pd.DataFrame, name: str) -> list[str]:
    """A column as text, empty where it is missing."""
    if name not in table.columns:
        return [""] * len(table)
    # Names repeat: in a table of a million cells each is made text once.
    places, values = pd.factorize(table[name])
    names = [*map(plain, values), ""]
    return [names[place] for place in places.tolist()]


def missing(value: Any) -> bool:
    """Whether a single value is None, NaN or NA."""
    return value is None or (np.ndim(value) == 0 and bool(pd.isna(value)))


def plain(value: Any) -> str:
    """A key as text: a whole number that pandas made a float loses its ``.0``."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def flags(table: pd.DataFrame, name: str, *, default: bool) -> NDArray[np.bool_]:
    """A column of truths; `default` where the column or a value is missing."""
    if name not in table.columns:
        return np.full(len(table), default)
    return np.asarray([default if missing(value) else bool(value) for value in table[name]], bool)


def unique(values: Iterable[str]) -> list[str]:
    """Values in order of first appearance, each once, empty ones left out."""
    return list(dict.fromkeys(value for value in values if value))


def distinct(table: pd.DataFrame, name: str) -> list[str]:
    """The different texts of a column, as `unique` of `texts` gives them, for long tables too."""
    if name not in table.columns:
        return []
    return unique("" if missing(value) else plain(value) for value in table[name].unique())


def per_channel(table: pd.DataFrame, base: str) -> list[str]:
    """Columns of a measure: its bare name, or one per channel (``base__CHANNEL``)."""
    bare, of_channels = str(base), f"{base}__"
    return [name for name in table.columns if name == bare or name.startswith(of_channels)]


def is_share(cells: pd.DataFrame, measure: str) -> bool:
    """Whether a measure tells of a share: of yes and no of every cell, or of a whole field."""
    if measure.partition("__")[0] == Col.POSITIVE_FRACTION:
        return True
    values = numbers(cells, measure)
    values = values[np.isfinite(values)]
    return bool(len(values)) and bool(np.isin(values, (0.0, 1.0)).all())


def sibling(name: str, base: str) -> str:
    """The column `base` of the same channel as `name`.

    >>> sibling("lam_cyto_ratio__VASP", "lam_mean")
    'lam_mean__VASP'
    """
    channel = name.partition("__")[2]
    return f"{base}__{channel}" if channel else str(base)


def only(table: pd.DataFrame, **wanted: str) -> pd.DataFrame:
    """Rows in which each of these columns, as text, has this value; all rows where it is absent."""
    keep = np.ones(len(table), bool)
    for name, value in wanted.items():
        if name in table.columns:
            keep &= np.asarray(texts(table, name), dtype=object) == value
    return table[keep]


def contrasts(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Condition and reference of every row."""
    return list(zip(texts(table, Col.CONDITION), texts(table, Col.REFERENCE), strict=True))


def track_parts(frames: pd.DataFrame) -> Iterator[tuple[tuple[str, ...], pd.DataFrame]]:
    """Each cell's rows in order of frame, with its (movie, object, cell) as text."""
    keys = [name for name in TRACK_KEYS if name in frames.columns]
    if not keys or not has(frames, Col.FRAME):
        return
    for key, rows in frames.groupby(keys, sort=False):
        yield tuple(plain(part) for part in key), rows.sort_values(Col.FRAME)


def groups_of_movies(cells: pd.DataFrame, samples: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Condition and session of every movie, from the cells or, failing that, from the samples."""
    groups: dict[str, tuple[str, str]] = {}
    for table in (samples, cells):
        rows = zip(
            texts(table, Col.MOVIE),
            texts(table, Col.CONDITION),
            texts(table, Col.SESSION),
            strict=True,
        )
        groups.update({movie: (condition, session) for movie, condition, session in rows})
    return groups
