"""What a study is about: the measures that a report, or a table of cells, shows in front."""

from __future__ import annotations

import pandas as pd

from lamella.core.table import KEY_MEASURES, Col
from lamella.report.contents import ReportInput
from lamella.report.tables import distinct, has_values, per_channel

FEW_MEASURES = 4
"""So many measures at most are all told of, key measures or not."""
SPEEDS: tuple[str, ...] = (Col.MEAN_SPEED, Col.MEAN_STEP_UM, Col.MEAN_STEP_PX)
"""Measures of speed, the best first: the others stand in where interval or scale is unknown."""
_SHARES = (Col.POSITIVE, Col.POSITIVE_FRACTION)


def speed_measure(cells: pd.DataFrame) -> str | None:
    """The best measure of speed which has values; None where none has."""
    return next((name for name in SPEEDS if has_values(cells, name)), None)


def key_measures(table: pd.DataFrame) -> list[str]:
    """The measures a report is about, of those in a table of cells.

    Shares of positives, which who counts them asks for before all else; speed, path, area, ratios.
    """
    speed = speed_measure(table)
    others = [base for base in KEY_MEASURES if base not in _SHARES]
    names: list[str] = []
    for base in (*_SHARES, *([speed] if speed else []), *others):
        names += [name for name in per_channel(table, base) if has_values(table, name)]
    wholes = {name.partition("__")[2] for name in per_channel(table, Col.POSITIVE_FRACTION)}
    # Positives that are a share of another set are told by that share alone.
    told_twice = {Col.POSITIVE.of(name) for name in wholes}
    names = [name for name in names if name not in told_twice]
    if Col.AREA_UM2 not in names and has_values(table, Col.AREA_PX):
        names.append(Col.AREA_PX)
    return names


def told_measures(report: ReportInput) -> list[str]:
    """What figures and the first screen are about, the measures that the user named in front.

    Those; else the key measures that there are, and where few measures were compared, all of these.
    """
    compared = distinct(report.effects, Col.MEASURE)
    named = report.provenance.get("settings", {}).get("statistics", {}).get("measures") or ()
    first = [name for name in named if name in compared or has_values(report.cells, name)]
    if first:
        return first
    keys = key_measures(report.cells)
    if len(compared) <= FEW_MEASURES or not set(keys) & set(compared):
        keys += [name for name in compared if name not in keys]
    return keys
