"""How far cells of one condition scatter in speed: what better outlines should make smaller."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd

from lamella.core.claims import ALL_SESSIONS
from lamella.core.table import Col
from lamella.statistics.unit_sd import sd_interval

COLUMNS = [
    Col.OBJECT, Col.MEASURE, Col.CONDITION, Col.SESSION, Col.N, Col.MEAN, Col.SD, Col.SD_LOW,
    Col.SD_HIGH, Col.SD_OF_STEPS,
]  # fmt: skip
_SPEEDS = (Col.MEAN_SPEED, Col.MEAN_STEP_UM, Col.MEAN_STEP_PX)


def speed_spread(conditions: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """The SD of speed of every condition, over units and within cells.

    Parameters
    ----------
    conditions : DataFrame
        Rows of conditions.csv.
    cells : DataFrame
        Rows of the cells table, those that count; for `sd_of_steps`.

    Returns
    -------
    DataFrame
        `COLUMNS`, a row per kind of object, condition and session (``all`` too). The speed is
        the mean speed per minute, or per frame where the time between frames is not known, or in
        pixels where the pixel size is not; no row where none was compared. `sd` is over units
        (n−1) with its χ² interval, NaN below two; of all sessions together it holds what differs
        between sessions.
    """
    measure = next(
        (
            name
            for name in _SPEEDS
            if name in set(conditions.get(Col.MEASURE, ()))
            and conditions.loc[conditions[Col.MEASURE] == name, Col.MEAN].notna().any()
        ),
        None,
    )
    if measure is None:
        return pd.DataFrame(columns=COLUMNS)
    rows = conditions[conditions[Col.MEASURE] == measure].copy()
    ends = [
        sd_interval(float(sd), int(n) - 1) for sd, n in zip(rows[Col.SD], rows[Col.N], strict=True)
    ]
    rows[Col.SD_LOW] = [each.low for each in ends]
    rows[Col.SD_HIGH] = [each.high for each in ends]
    rows[Col.SD_OF_STEPS] = [
        _of_steps(cells, row) if measure == Col.MEAN_SPEED else np.nan
        for row in rows.to_dict("records")
    ]
    return rows.reindex(columns=COLUMNS).reset_index(drop=True)


def _of_steps(cells: pd.DataFrame, row: Mapping[Hashable, object]) -> float:
    """Median over the cells of one row of the SD of their speed over steps."""
    if Col.SD_SPEED not in cells:
        return float("nan")
    keep = np.ones(len(cells), bool)
    for name in (Col.OBJECT, Col.CONDITION, Col.SESSION):
        if name in cells and name in row and row[name] != ALL_SESSIONS:
            keep &= (cells[name] == row[name]).to_numpy(bool, na_value=False)
    return float(cells.loc[keep, Col.SD_SPEED].median())
