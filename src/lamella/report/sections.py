"""The page's tables: text, units and order; no number is made here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from lamella.core.table import Col
from lamella.report.contents import ReportInput
from lamella.report.figures.empty import empty_frames
from lamella.report.pictures import key_rows
from lamella.report.tables import flags, has, missing, numbers, only, per_channel, texts, unique
from lamella.report.words import decimals, label, number, unit

MOST_ROWS, MOST_CELLS, MOST_OF_A_KIND = 500, 100, 6
"""Rows of any table; of cells where movies have many; of each kind of suspicious event."""

CELL_COLUMNS: tuple[str, ...] = (
    Col.MOVIE, Col.OBJECT, Col.CELL, Col.CONDITION, Col.SESSION, Col.UNIT, Col.IN_STATISTICS,
    Col.PARENT, Col.N_DAUGHTERS, Col.FIRST_FRAME, Col.LAST_FRAME, Col.N_INTERPOLATED, Col.N_FRAMES,
    Col.N_EMPTY_FRAMES, Col.N_VALID_PAIRS, Col.MEAN_SPEED, Col.MEAN_STEP_UM, Col.MEAN_STEP_PX,
    Col.PATH_UM, Col.NET_UM, Col.PERSISTENCE, Col.STRAIGHTNESS_FIXED, Col.AREA_UM2, Col.AREA_PX,
    Col.LAM_CYTO_RATIO, Col.LAM_CYTO_RATIO_NOISE, Col.LAM_CYTO_RATIO_SD, Col.N_UNDEFINED_RATIO,
    Col.BAND_RATIO, Col.LAYER_RATIO, Col.N_TIPS, Col.EDGE_OUT_SPEED, Col.LAM_MEAN, Col.CYTO_MEAN,
    Col.BACKGROUND, Col.N_SATURATED,
)  # fmt: skip

STAND_INS: dict[str, str] = {
    Col.MEAN_STEP_UM: Col.MEAN_SPEED,
    Col.MEAN_STEP_PX: Col.MEAN_STEP_UM,
    Col.AREA_PX: Col.AREA_UM2,
}
"""Columns shown only where the better one has no values."""

CONDITION_COLUMNS: tuple[str, ...] = (
    Col.MEASURE, Col.CONDITION, Col.SESSION, Col.N, Col.N_CELLS, Col.N_CELLS_SHORT, Col.N_MOVIES,
    Col.MEAN, Col.SD, Col.MEDIAN, Col.MEAN_LOW, Col.MEAN_HIGH,
)  # fmt: skip

WALK_COLUMNS: tuple[str, ...] = (
    Col.OBJECT, Col.CONDITION, Col.SESSION, Col.N, Col.N_CELLS, Col.WALK_SPEED,
    Col.WALK_SPEED_LOW, Col.WALK_SPEED_HIGH, Col.PERSISTENCE_TIME, Col.PERSISTENCE_TIME_LOW,
    Col.PERSISTENCE_TIME_HIGH, Col.LOCALISATION_ERROR, Col.MSD_ALPHA, Col.WALK_NOT_TOLD,
)  # fmt: skip

EFFECT_COLUMNS: tuple[str, ...] = (
    Col.MEASURE, Col.CLAIM, Col.CONDITION, Col.REFERENCE, Col.SESSION, Col.N, Col.N_REFERENCE,
    Col.MEAN, Col.MEAN_REFERENCE, Col.DIFFERENCE, Col.COHENS_D, Col.COHENS_D_LOW,
    Col.COHENS_D_HIGH, Col.HEDGES_G, Col.CLIFFS_DELTA, "p", "p_adjusted",
)  # fmt: skip

_ONLY_OF_MANY = (Col.PARENT, Col.N_DAUGHTERS, Col.N_INTERPOLATED, Col.N_CELLS_SHORT)

EVENT_COLUMNS: tuple[str, ...] = (
    Col.MOVIE, Col.OBJECT, Col.CELL, Col.FRAME, Col.KIND, Col.WORDS,
)  # fmt: skip

STATUS_COLUMNS: tuple[str, ...] = (
    Col.MOVIE, Col.STAGE, Col.STATE, Col.SECONDS, Col.PEAK_MB, Col.MESSAGE,
)  # fmt: skip


@dataclass(frozen=True)
class Head:
    """A column's head."""

    name: str
    text: str
    unit: str
    numeric: bool
    places: int | None = None
    """Decimals of all values, so that they align; None where a column mixes measures."""


@dataclass(frozen=True)
class Field:
    """One cell of a table: what is shown, and what it is sorted by."""

    text: str
    sort: str


@dataclass(frozen=True)
class Sheet:
    """A table of the page."""

    caption: str
    heads: tuple[Head, ...]
    rows: tuple[tuple[Field, ...], ...]
    note: str = ""
    strong: tuple[bool, ...] = ()


def sheet(
    table: pd.DataFrame,
    columns: Iterable[str],
    caption: str,
    *,
    all_of: str = "",
    most: int = MOST_ROWS,
    strong: Sequence[bool] | None = None,
) -> Sheet | None:
    """The columns that the table has and that hold anything; None where no row is left.

    `all_of` names the file that has the rest when the table is too long for a page.
    """
    names = [
        name
        for name in columns
        if name in table.columns and table[name].notna().any() and not _idle(table, name)
    ]
    if not len(table) or not names:
        return None
    shown = table.head(most)
    heads = tuple(_head(table, name) for name in names)
    rows = tuple(
        tuple(_field(value, head) for value, head in zip(row, heads, strict=True))
        for row in shown[names].itertuples(index=False, name=None)
    )
    note = ""
    if len(table) > len(shown):
        note = f"The first {len(shown)} of {len(table)} rows; all are in {all_of}."
    return Sheet(caption, heads, rows, note, tuple(strong or [False] * len(rows)))


def _idle(table: pd.DataFrame, name: str) -> bool:
    """Whether a column is about many cells in a movie and says nothing here."""
    if name == Col.IN_STATISTICS:
        return bool(flags(table, name, default=True).all())
    return name in _ONLY_OF_MANY and not (numbers(table, name) != 0).any()


def _head(table: pd.DataFrame, name: str) -> Head:
    numeric = is_numeric_dtype(table[name]) and not is_bool_dtype(table[name])
    of = unit(name)
    if of == "of the measure":
        return Head(name, label(name), "", bool(numeric))
    return Head(name, label(name), of, bool(numeric), _places(numbers(table, name)))


def _places(values: NDArray[np.float64]) -> int:
    """Decimals that give the middling value of a column three significant digits."""
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    return int(np.clip(2 - np.floor(np.log10(np.median(sizes))), 0, 5)) if len(sizes) else 0


def _field(value: object, head: Head) -> Field:
    if head.name == Col.MEASURE and not missing(value):
        measure = str(value)
        of = f" ({unit(measure)})" if unit(measure) else ""
        return Field(label(measure) + of, measure)
    if isinstance(value, float) and value.is_integer() and _counts(head.name):
        value = int(value)
    if isinstance(value, float) and np.isfinite(value) and head.places is not None:
        return Field(decimals(value, head.places), str(value))
    return Field(number(value), "" if missing(value) else str(value))


def _counts(name: str) -> bool:
    """Whether a column holds whole numbers, which pandas makes floats where one is missing."""
    return name in (Col.CELL, Col.N, Col.N_REFERENCE) or name.startswith("n_")


def cells_sheet(report: ReportInput) -> Sheet | None:
    """Every cell with its key columns, channel by channel."""
    cells = report.cells
    names: list[str] = []
    for base in CELL_COLUMNS:
        better = STAND_INS.get(base)
        if better in names:
            continue
        names += [name for name in per_channel(cells, base) if cells[name].notna().any()]
    if Col.UNIT in names and texts(cells, Col.UNIT) == texts(cells, Col.MOVIE):
        names.remove(Col.UNIT)
    if Col.OBJECT in names and len(unique(texts(cells, Col.OBJECT))) == 1:
        names.remove(Col.OBJECT)
    if not several_cells(report):
        names = [name for name in names if name not in (Col.FIRST_FRAME, Col.LAST_FRAME)]
        return sheet(cells, names, "Every measured cell", all_of="tables/cells.csv")
    return sheet(cells, names, "Every measured cell", all_of="tables/cells.csv", most=MOST_CELLS)


def several_cells(report: ReportInput) -> bool:
    """Whether any movie has more than one cell of a kind."""
    keys = [name for name in (Col.MOVIE, Col.OBJECT) if name in report.cells.columns]
    if not keys or Col.CELL not in report.cells.columns:
        return False
    return bool(report.cells[[*keys, Col.CELL]].drop_duplicates().duplicated(keys).any())


def events_sheet(report: ReportInput) -> Sheet | None:
    """What a person should look at before believing the tracks, the worst of each kind."""
    events = report.events
    names = list(EVENT_COLUMNS)
    if len(unique(texts(events, Col.OBJECT))) == 1:
        names.remove(Col.OBJECT)
    if not has(events, Col.KIND):
        return None
    worst = events.groupby(Col.KIND, sort=False).head(MOST_OF_A_KIND)
    shown = sheet(worst, names, "The worst of each kind")
    if shown is None or len(worst) == len(events):
        return shown
    note = f"{len(worst)} of {len(events)} events; all are in tables/events.csv."
    return replace(shown, caption=f"{shown.caption}.", note=note)


def conditions_sheets(report: ReportInput) -> tuple[Sheet | None, Sheet | None]:
    """Key measures over all sessions, and everything."""
    table = key_rows(report.conditions, report.cells)
    whole = only(table, session="all") if has(table, Col.SESSION) else table
    columns = [name for name in CONDITION_COLUMNS if name != Col.SESSION]
    short = sheet(whole, columns, "Means over units, all sessions together")
    full = sheet(
        report.conditions, CONDITION_COLUMNS, "All measures and sessions",
        all_of="tables/conditions.csv",
    )  # fmt: skip
    return short, full if len(report.conditions) > len(whole) else None


def walks_sheet(report: ReportInput) -> Sheet | None:
    """The persistent random walk of every condition, all sessions together."""
    whole = only(report.walks, session="all")
    names = list(WALK_COLUMNS)
    names.remove(Col.SESSION)
    if len(unique(texts(whole, Col.OBJECT))) == 1:
        names.remove(Col.OBJECT)
    return sheet(
        whole, names, "Persistent random walk of every condition", all_of="tables/walks.csv"
    )


def effects_sheets(report: ReportInput) -> tuple[Sheet | None, Sheet | None]:
    """Key measures, and the others."""
    table = key_rows(report.effects, report.cells)
    columns = [
        name
        for name in EFFECT_COLUMNS
        if name != Col.CLAIM or len(unique(texts(report.effects, Col.CLAIM))) > 1
    ]
    whole = [session in ("all", "") for session in texts(table, Col.SESSION)]
    short = sheet(table, columns, "Effects", strong=whole, all_of="tables/effects.csv")
    key = set(texts(table, Col.MEASURE))
    others = [measure not in key for measure in texts(report.effects, Col.MEASURE)]
    rest = report.effects[np.asarray(others, bool)]
    return short, sheet(rest, columns, "Effects on other measures", all_of="tables/effects.csv")


def troubles(report: ReportInput) -> Sheet | None:
    """Stages that failed, were skipped or left a message."""
    states = texts(report.status, Col.STATE)
    messages = texts(report.status, Col.MESSAGE)
    kept = [
        state in ("failed", "skipped") or bool(message.strip())
        for state, message in zip(states, messages, strict=True)
    ]
    return sheet(report.status[np.asarray(kept, bool)], STATUS_COLUMNS, "Failed or with a message",
                 all_of="status.csv")  # fmt: skip


def stages(report: ReportInput) -> Sheet | None:
    """Every stage of every movie."""
    return sheet(report.status, STATUS_COLUMNS, "Every stage", all_of="status.csv")


def exclusions(report: ReportInput) -> Sheet | None:
    """Movies that samples.csv leaves out, with the reason."""
    kept = [bool(reason.strip()) for reason in texts(report.samples, Col.EXCLUDE)]
    columns = (Col.MOVIE, Col.CONDITION, Col.SESSION, Col.EXCLUDE, Col.PATH)
    return sheet(report.samples[np.asarray(kept, bool)], columns, "Excluded in samples.csv")


def empties(report: ReportInput) -> Sheet | None:
    """Movies with empty frames."""
    table = empty_frames(report.cells).rename(
        columns={"empty": Col.N_EMPTY_FRAMES, "frames": Col.N_FRAMES, "share": Col.EMPTY_RATE}
    )
    columns = (Col.MOVIE, Col.N_EMPTY_FRAMES, Col.N_FRAMES, Col.EMPTY_RATE)
    return sheet(table, columns, "Movies with empty frames", all_of="tables/cells.csv")


def dictionary(report: ReportInput) -> list[tuple[str, str, str]]:
    """Name, unit and meaning of every column that the tables have and the vocabulary knows."""
    tables = (report.cells, report.frames, report.events, report.conditions, report.effects,
              report.msd, report.walks, report.status, report.samples)  # fmt: skip
    present = unique([str(name) for table in tables for name in table.columns])
    known = []
    for name in present:
        try:
            column = Col.describe(name)
        except KeyError:
            continue
        known.append((name, column.unit, column.meaning))
    return known
