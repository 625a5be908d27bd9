"""Which columns of a table of cells are compared, and as what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lamella.core.errors import SettingsError
from lamella.core.table import KEY_MEASURES, Col
from lamella.statistics.models import Kind
from lamella.statistics.units import finite

# The best of these that the movies' scale allows stands for speed.
_SPEEDS = (Col.MEAN_SPEED, Col.MEAN_STEP_UM, Col.MEAN_STEP_PX)
COMPARED = frozenset((*_SPEEDS, *KEY_MEASURES))
"""What may be compared unless measures are named; the channel's name left out."""


def standard_measures(cells: pd.DataFrame) -> tuple[str, ...]:
    """The measures that a study compares unless told otherwise, as far as the table has values.

    Those of True and False among them, too; positives that are a share of another set by that
    share alone.
    """
    cells, _ = with_yes_and_no_as_numbers(cells, None)
    filled = [
        str(name) for name in cells.select_dtypes("number").columns if finite(cells[name]).any()
    ]
    speed = [name for name in _SPEEDS if name in filled][:1]
    others = [name for base in KEY_MEASURES for name in filled if name.partition("__")[0] == base]
    return (*map(str, speed), *(name for name in others if not _told_of_a_whole(name, cells)))


def _told_of_a_whole(measure: str, cells: pd.DataFrame) -> bool:
    """Whether these are positives whose share of another set is compared: one question, once."""
    base, _, name = measure.partition("__")
    return base == Col.POSITIVE and Col.POSITIVE_FRACTION.of(name) in cells


def with_yes_and_no_as_numbers(
    cells: pd.DataFrame, measures: Sequence[str] | None
) -> tuple[pd.DataFrame, frozenset[str]]:
    """Measures of True and False as 1 and 0, and their names; what is missing stays missing.

    None = all that are compared unless measures are named.
    """
    if measures is None:
        measures = [name for name in cells.columns if str(name).partition("__")[0] in COMPARED]
    found = {
        name: _numbers(cells[name])
        for name in measures
        if name in cells.columns and _is_yes_or_no(cells[name])
    }
    return (cells.assign(**found) if found else cells), frozenset(found)


def kinds_of(
    cells: pd.DataFrame,
    measures: Sequence[str],
    kinds: Mapping[str, Kind],
    yes_or_no: frozenset[str],
) -> dict[str, Kind]:
    """What each measure is.

    Raises
    ------
    SettingsError
        A measure called a fraction with values beyond 0 to 1, or a count with values below 0.
    """
    found: dict[str, Kind] = {}
    for measure in measures:
        found[measure] = kinds.get(measure, "fraction" if measure in yes_or_no else "mean")
        if found[measure] == "mean" or not len(cells):
            continue
        values = cells[measure].to_numpy(np.float64, na_value=np.nan)
        values = values[np.isfinite(values)]
        low, high = values.min(initial=0.0), values.max(initial=0.0)
        most = 1.0 if found[measure] == "fraction" else np.inf
        if low < 0 or high > most:
            range_ = "0 to 1" if found[measure] == "fraction" else "0 and above"
            raise SettingsError(
                "kinds",
                f"{measure!r} is called a {found[measure]} and holds {low if low < 0 else high:g}",
                f"a {found[measure]} is {range_}; call it a mean",
            )
    return found


def refuse_uncompared(setting: str, named: Mapping[str, object], measures: Sequence[str]) -> None:
    """Raise when a setting names a measure that is not compared."""
    for name in named:
        if name not in measures:
            raise SettingsError(
                setting,
                f"{name!r} is not compared",
                f"these are: {', '.join(measures) or 'none'}; see the setting measures",
            )


def _is_yes_or_no(column: pd.Series) -> bool:
    if pd.api.types.is_bool_dtype(column):
        return True
    if column.dtype != object:
        return False
    # A column of True and False that has gaps is read as objects.
    known = column.dropna()
    return bool(len(known)) and all(isinstance(value, bool | np.bool_) for value in known)


def _numbers(column: pd.Series) -> pd.Series:
    known = column.notna().to_numpy()
    values = np.full(len(column), np.nan)
    values[known] = column[known].to_numpy(bool)
    return pd.Series(values, index=column.index)
