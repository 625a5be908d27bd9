"""Positives of a study: judged after all movies are measured, since a threshold is of a plate."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from lamella.core.errors import LamellaError, LamellaWarning, SettingsError
from lamella.core.table import Col, stacked
from lamella.run.settings import Settings
from lamella.statistics.positives import (
    ByControls,
    Judged,
    Positives,
    fields_of,
    wells_of,
    with_positives,
)
from lamella.statistics.positives.step import THRESHOLD_COLUMNS


class Counted(NamedTuple):
    """What the positives of a study made of its cells."""

    cells: pd.DataFrame
    """With what the statistics compare."""
    thresholds: pd.DataFrame
    fields: pd.DataFrame
    wells: pd.DataFrame

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Those to write, by their names."""
        return {"thresholds": self.thresholds, "fields": self.fields, "wells": self.wells}

    @property
    def words(self) -> list[str]:
        """A line for every threshold."""
        return [_in_words(row) for _, row in self.thresholds.iterrows()]


def _in_words(row: pd.Series) -> str:
    told = f"{row[Col.POSITIVES]}, {row[Col.PLATE]}: "
    if pd.isna(row[Col.THRESHOLD]):
        return f"{told}no threshold"
    ends = f" ({row[Col.THRESHOLD_LOW]:.4g} to {row[Col.THRESHOLD_HIGH]:.4g})"
    return (
        f"{told}{row[Col.MEASURE]} {row[Col.SIDE]} {row[Col.THRESHOLD]:.4g}"
        f"{'' if pd.isna(row[Col.THRESHOLD_LOW]) else ends} by {row[Col.METHOD]}: "
        f"{row[Col.POSITIVE_FRACTION]:.1%} of {row[Col.N_MEASURED]} are positive"
    )


def count_positives(
    steps: Mapping[str, Positives], cells: pd.DataFrame, samples: pd.DataFrame
) -> Counted:
    """Judge the cells of a study by all of its thresholds, and count.

    Parameters
    ----------
    steps : mapping
        [positives.NAME] of study.toml, by name.
    cells, samples : DataFrame
        Tables of the study; where there is no cell, every field is empty and no threshold tells.

    Raises
    ------
    SettingsError
        A measure or controls that no cell has; see `Positives`.
    """
    judged: dict[str, Judged] = {}
    for name, step in steps.items():
        try:
            judged[name] = step(cells, name=name) if len(cells) else Judged.nothing(cells)
        except SettingsError as error:
            where = f"[positives.{name}] {error.where}"
            raise SettingsError(where, error.what, error.remedy) from None
    thresholds = stacked(each.thresholds for each in judged.values())
    fields = fields_of(cells, samples, judged, steps)
    return Counted(
        with_positives(cells, fields, judged, steps),
        thresholds if len(thresholds) else pd.DataFrame(columns=THRESHOLD_COLUMNS),
        fields,
        wells_of(fields),
    )


def warn_of_positives(counted: Counted, unit: str | None) -> None:
    """Tell of thresholds to be doubted, of fields that pass for units, and of plates for one.

    Parameters
    ----------
    unit : str or None
        What the statistics count; None = the movie, unless samples.csv says otherwise.
    """
    told = counted.thresholds[counted.thresholds[Col.VERDICT] != ""]
    for _, row in told.iterrows():
        none = "" if pd.notna(row[Col.THRESHOLD]) else "no threshold: "
        warnings.warn(
            f"positives {row[Col.POSITIVES]}, plate {row[Col.PLATE]}: {none}{row[Col.VERDICT]}",
            LamellaWarning,
            stacklevel=2,
        )
    fields = counted.fields
    if not len(counted.thresholds) or Col.WELL not in fields:
        return
    if unit == Col.WELL:
        _warn_of_one_name(fields)
    if unit not in (None, Col.MOVIE):
        return
    most = int(counted.wells[Col.N_FIELDS].max())
    own = Col.UNIT in fields and unit is None
    if most > 1 and not own:
        warnings.warn(
            f"wells have up to {most} fields, each of which counts as a unit of its own, though "
            'fields of a well share its treatment: set unit = "well" under [statistics]',
            LamellaWarning,
            stacklevel=2,
        )


def _warn_of_one_name(fields: pd.DataFrame) -> None:
    """Tell of wells of several plates that pass for one, since nothing tells the plates apart."""
    keys = [name for name in (Col.CONDITION, Col.SESSION, Col.WELL) if name in fields]
    if Col.REPLICATE not in fields:
        return
    held = fields.groupby(keys, sort=False, dropna=False)[Col.REPLICATE].nunique()
    several = held[held > 1].reset_index()
    if len(several):
        warnings.warn(
            f"well {several[Col.WELL].iloc[0]} has fields of {held.max()} replicates in one session"
            f" ({len(several)} such wells), and counts as one well: where these are plates, write"
            " the plate into the column session of samples.csv",
            LamellaWarning,
            stacklevel=3,
        )


def faults_of_positives(
    settings: Settings, known: Mapping[str, set[str]], *, where: str
) -> Iterator[LamellaError]:
    """Before anything is started: names of no measure, set, column, condition or well.

    Parameters
    ----------
    known : mapping of str to set of str
        What samples.csv holds, by column.
    where : str
        Name of the file with the settings.
    """
    for name, step in settings.positives.items():
        here = f"{where}: [positives.{name}]"
        if not name.isidentifier():
            yield SettingsError(
                here, "its name is to be part of a column", "use letters and digits"
            )
        if Col.find(step.measure) is None:
            yield SettingsError(
                f"{here} measure",
                f"no measure is called {step.measure!r}",
                "use a column of cells.csv, such as intensity_mean__EdU",
            )
        for setting in ("object", "of"):
            wanted = getattr(step, setting)
            if wanted is not None and wanted not in settings.objects:
                yield SettingsError(
                    f"{here} {setting}",
                    f"no set of objects is called {wanted!r}",
                    f"the sets are {', '.join(settings.objects)}",
                )
        if step.by and step.by not in known:
            yield SettingsError(
                f"{here} by",
                f"there is no column {step.by!r}",
                f"samples.csv can fill {', '.join(known)}; false = one threshold for all",
            )
        if isinstance(step.threshold, ByControls):
            yield from _faults_of_controls(step.threshold, f"{here} threshold", known)
    yield from _faults_of_compared(settings, where)


def _faults_of_controls(
    step: ByControls, where: str, known: Mapping[str, set[str]]
) -> Iterator[LamellaError]:
    asked: tuple[tuple[str, str, Sequence[str | None]], ...] = (
        ("condition", Col.CONDITION, [step.condition]),
        ("positive_condition", Col.CONDITION, [step.positive_condition]),
        ("wells", Col.WELL, step.wells),
        ("positive_wells", Col.WELL, step.positive_wells),
    )
    for setting, column, wanted in asked:
        there = known.get(column, set())
        if lacking := [name for name in wanted if name is not None and name not in there]:
            yield SettingsError(
                f"{where} {setting}",
                f"no movie has the {column} {', '.join(map(repr, lacking))}",
                f"there are {', '.join(sorted(there)) or 'none'}",
            )


def _faults_of_compared(settings: Settings, where: str) -> Iterator[LamellaError]:
    """Positives that the statistics name and nobody counts."""
    statistics = settings.statistics
    for setting in ("measures", "margins", "kinds"):
        for measure in getattr(statistics, setting) or ():
            base, _, name = measure.partition("__")
            if base in (Col.POSITIVE, Col.POSITIVE_FRACTION) and name not in settings.positives:
                yield SettingsError(
                    f"{where}: [statistics] {setting}",
                    f"{measure!r} is not counted",
                    f"add [positives.{name or 'NAME'}]",
                )
