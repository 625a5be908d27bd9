"""The tables of the whole study: cells, walks, events, what was left out, columns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from lamella.core.claims import ALL_SESSIONS
from lamella.core.table import Col
from lamella.report.contents import ReportInput
from lamella.report.figures.empty import empty_frames
from lamella.report.sheets import Between, Sheet, sheet
from lamella.report.tables import distinct, has, only, per_channel, texts, unique

MOST_CELLS, MOST_OF_A_KIND = 100, 6
"""Rows of cells where movies have many; of each kind of suspicious event."""

CELL_COLUMNS: tuple[str, ...] = (
    Col.MOVIE, Col.OBJECT, Col.CELL, Col.CONDITION, Col.SESSION, Col.UNIT, Col.IN_STATISTICS,
    Col.EXCLUDED, Col.PARENT, Col.N_DAUGHTERS, Col.FIRST_FRAME, Col.LAST_FRAME, Col.N_INTERPOLATED,
    Col.N_CORRECTED, Col.N_FRAMES,
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

WALK_COLUMNS: tuple[str | Between, ...] = (
    Col.OBJECT, Col.CONDITION, Col.N, Col.N_CELLS,
    Between(Col.WALK_SPEED, Col.WALK_SPEED_LOW, Col.WALK_SPEED_HIGH),
    Between(Col.PERSISTENCE_TIME, Col.PERSISTENCE_TIME_LOW, Col.PERSISTENCE_TIME_HIGH),
    Between(Col.LOCALISATION_ERROR, Col.LOCALISATION_ERROR_LOW, Col.LOCALISATION_ERROR_HIGH),
    Col.MSD_ALPHA, Col.WALK_NOT_TOLD,
)  # fmt: skip

BORDER = "border"
"""Kind of event: the edge of the field cuts the object."""
EVENT_COLUMNS: tuple[str, ...] = (
    Col.MOVIE, Col.OBJECT, Col.CELL, Col.FRAME, Col.KIND, Col.WORDS,
)  # fmt: skip

STATUS_COLUMNS: tuple[str, ...] = (
    Col.MOVIE, Col.STAGE, Col.STATE, Col.SECONDS, Col.PEAK_MB, Col.MESSAGE,
)  # fmt: skip


def cells_sheet(report: ReportInput) -> Sheet | None:
    """Every cell with its key columns, channel by channel."""
    cells = report.cells
    names: list[str] = []
    for base in CELL_COLUMNS:
        better = STAND_INS.get(base)
        if better in names:
            continue
        names += [name for name in per_channel(cells, base) if cells[name].notna().any()]
    compared = distinct(report.effects, Col.MEASURE)
    names += [name for name in compared if name in cells.columns and name not in names]
    if Col.UNIT in names and texts(cells, Col.UNIT) == texts(cells, Col.MOVIE):
        names.remove(Col.UNIT)
    if Col.OBJECT in names and len(distinct(cells, Col.OBJECT)) == 1:
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


def without_border(events: pd.DataFrame) -> pd.DataFrame:
    """Events without those of objects that the edge of the field cuts."""
    return events[[kind != BORDER for kind in texts(events, Col.KIND)]] if len(events) else events


def events_sheet(report: ReportInput) -> Sheet | None:
    """What a person should look at before believing the tracks, the worst of each kind."""
    events = without_border(report.events) if report.stills else report.events
    names = list(EVENT_COLUMNS)
    if len(distinct(events, Col.OBJECT)) == 1:
        names.remove(Col.OBJECT)
    if not has(events, Col.KIND):
        return None
    worst = events.groupby(Col.KIND, sort=False).head(MOST_OF_A_KIND)
    shown = sheet(worst, names, "The worst of each kind")
    if shown is None or len(worst) == len(events):
        return shown
    note = f"{len(worst)} of {len(events)} events; all are in tables/events.csv."
    return replace(shown, caption=f"{shown.caption}.", note=note)


def walks_sheet(report: ReportInput) -> Sheet | None:
    """The persistent random walk of every condition, all sessions together."""
    whole = only(report.walks, session=ALL_SESSIONS)
    names = list(WALK_COLUMNS)
    if len(distinct(whole, Col.OBJECT)) == 1:
        names.remove(Col.OBJECT)
    return sheet(
        whole, names, "Persistent random walk of every condition", all_of="tables/walks.csv"
    )


def troubles(report: ReportInput) -> Sheet | None:
    """Stages that failed, were skipped or left a message."""
    return sheet(in_trouble(report.status), STATUS_COLUMNS, "Failed or with a message",
                 all_of="status.csv")  # fmt: skip


def in_trouble(status: pd.DataFrame) -> pd.DataFrame:
    """Rows of status.csv of what failed, was skipped or left a message."""
    kept = [
        state in ("failed", "skipped") or bool(message.strip())
        for state, message in zip(texts(status, Col.STATE), texts(status, Col.MESSAGE), strict=True)
    ]
    return status[np.asarray(kept, bool)]


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
    tables = (
        report.cells, report.frames, report.events, report.decisions, report.conditions,
        report.effects, report.models, report.replication, report.outlines, report.msd,
        report.walks, report.status, report.samples,
    )  # fmt: skip
    columns = [[*map(str, table.columns)] for table in tables]
    columns.insert(1, [*report.columns_of_frames])  # some of which `frames` may lack
    present = unique([name for names in columns for name in names])
    found = [(name, Col.find(name)) for name in present]
    return [(name, column.unit, column.meaning) for name, column in found if column is not None]
