"""Which objects are positive for a signal: one threshold per plate."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from lamella.core.errors import SettingsError
from lamella.core.step import Step
from lamella.core.table import Col
from lamella.statistics.positives.controls import ByControls
from lamella.statistics.positives.cut import Cut, Plate, Side, joined, positive
from lamella.statistics.positives.given import ByValue
from lamella.statistics.positives.mixture import ByMixture
from lamella.statistics.positives.otsu import ByOtsu
from lamella.statistics.units import finite, refuse_unknown_measures

Threshold = Annotated[ByControls | ByOtsu | ByMixture | ByValue, Field(discriminator="method")]
"""Every way to a threshold; a new one joins here."""

THRESHOLD_COLUMNS = [
    Col.POSITIVES,
    Col.PLATE,
    Col.OBJECT,
    Col.MEASURE,
    Col.METHOD,
    Col.SIDE,
    Col.THRESHOLD,
    Col.THRESHOLD_LOW,
    Col.THRESHOLD_HIGH,
    Col.N_OBJECTS,
    Col.N_MEASURED,
    Col.N_CONTROLS,
    Col.POSITIVE_FRACTION,
    Col.POSITIVE_FRACTION_LOW,
    Col.POSITIVE_FRACTION_HIGH,
    Col.VERDICT,
]
ALL_PLATES = "all"
"""Name of the plate where one threshold is for all."""
_UNSTABLE = 0.05
"""Share of the objects between the ends of a threshold's interval that counts as too many."""


class Judged(NamedTuple):
    """What was found of a table of cells."""

    positive: pd.Series
    """Boolean, a row per cell: True, False, or missing where its measure or the threshold is; also
    of the objects of other sets."""
    asked: NDArray[np.bool_]
    """Whether each cell is of the set that is judged."""
    thresholds: pd.DataFrame
    """One row per plate, with `THRESHOLD_COLUMNS`."""

    @classmethod
    def nothing(cls, cells: pd.DataFrame) -> Judged:
        """Of a table in which nothing is judged."""
        return cls(
            pd.Series(pd.NA, index=cells.index, dtype="boolean"),
            np.zeros(len(cells), bool),
            pd.DataFrame(columns=THRESHOLD_COLUMNS),
        )


class Positives(Step):
    """Objects whose measure lies beyond a threshold, such as nuclei that took up EdU.

    Parameters
    ----------
    measure : str
        Column of cells.csv, such as ``intensity_mean__EdU``.
    threshold : Threshold
        How it is found: by controls, Otsu, a mixture of two populations, or given.
    object : str or None
        Set of objects that is judged; None = the only one that has the measure.
    of : str or None
        Set whose number is the whole that positives are a share of, such as all nuclei by a dye;
        None = the judged objects that have a value.
    side : {"above", "below"}
        Where positives lie. A value that equals the threshold is not positive.
    by : str or False
        Column that tells apart what has a threshold of its own: staining and exposure differ
        between plates. False = one threshold for all.
    draws, seed : int
        Draws of wells behind the interval of a threshold; 0 = no interval.
    """

    version: ClassVar[int] = 1
    measure: str
    threshold: Threshold
    object: str | None = None
    of: str | None = None
    side: Side = "above"
    by: str | Literal[False] = Col.SESSION
    draws: Annotated[int, Field(ge=0)] = 199
    seed: Annotated[int, Field(ge=0)] = 0

    def __call__(self, cells: pd.DataFrame, *, name: str) -> Judged:
        """Judge the rows of a table of cells.

        Parameters
        ----------
        cells : DataFrame
            One row per object: the measure, and as far as they are known `object`, `condition`,
            `session`, `well`, `unit`, `movie`.
        name : str
            What they are positive for.

        Raises
        ------
        SettingsError
            A column that the table lacks or that is not numeric; a set of objects that is not
            there, or several that have the measure; controls that are on no plate.
        """
        refuse_unknown_measures(cells, [self.measure])
        self._refuse_unknown(cells)
        asked = self._asked(cells)
        values = cells[self.measure].to_numpy(np.float64, na_value=np.nan)
        known = finite(cells[self.measure]) & asked
        judged = pd.Series(pd.NA, index=cells.index, dtype="boolean")
        rows = []
        for plate, here in self._plates(cells, asked):
            used = known & here
            objects = _plate(cells, values, used, self.side)
            cut = self.threshold(objects, draws=self.draws, seed=self.seed)
            if math.isfinite(cut.threshold):
                judged[used] = positive(values[used], cut.threshold, self.side)
            rows.append(self._row(name, plate, int((asked & here).sum()), objects, cut))
        table = pd.DataFrame(rows, columns=THRESHOLD_COLUMNS)
        table[Col.OBJECT] = self.object or self._only_object(cells)
        return Judged(judged, asked, table)

    def _refuse_unknown(self, cells: pd.DataFrame) -> None:
        if self.by and self.by != Col.SESSION and self.by not in cells.columns:
            raise SettingsError(
                "by",
                f"there is no column {self.by!r} in the table",
                f"its columns are {', '.join(map(str, cells.columns))}",
            )
        sets = _sets(cells)
        for setting in ("object", "of"):
            wanted = getattr(self, setting)
            if wanted is not None and wanted not in sets and len(cells):
                raise SettingsError(
                    setting,
                    f"no object of the table is called {wanted!r}",
                    f"its sets of objects are {', '.join(sets) or 'not told apart'}",
                )
        step = self.threshold
        if isinstance(step, ByControls) and len(cells):
            _refuse_controls(step.condition, step.wells, cells)
            _refuse_controls(step.positive_condition, step.positive_wells, cells)

    def _only_object(self, cells: pd.DataFrame) -> str | None:
        having = _sets(cells[finite(cells[self.measure])])
        if len(having) > 1:
            raise SettingsError(
                "object",
                f"{self.measure!r} is measured of {' and '.join(having)}",
                "say whose positives are counted: set object",
            )
        return having[0] if having else None

    def _asked(self, cells: pd.DataFrame) -> NDArray[np.bool_]:
        wanted = self.object or self._only_object(cells)
        if wanted is None:
            return np.ones(len(cells), bool)
        return (cells[Col.OBJECT] == wanted).to_numpy(bool)

    def _plates(
        self, cells: pd.DataFrame, asked: NDArray[np.bool_]
    ) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Name and rows of everything that has a threshold of its own."""
        if not self.by or self.by not in cells.columns:
            yield ALL_PLATES, np.ones(len(cells), bool)
            return
        names = cells[self.by].astype(object).where(cells[self.by].notna(), "").map(str).to_numpy()
        for name in dict.fromkeys(names[asked]):
            yield name, names == name

    def _row(
        self, name: str, plate: str, n_objects: int, objects: Plate, cut: Cut
    ) -> dict[str, Any]:
        ends = sorted(map(objects.beyond, (cut.low, cut.high))) if math.isfinite(cut.low) else ()
        least, most = ends or (math.nan, math.nan)
        share = objects.beyond(cut.threshold) if math.isfinite(cut.threshold) else math.nan
        return {
            Col.POSITIVES: name,
            Col.PLATE: plate,
            Col.MEASURE: self.measure,
            Col.METHOD: self.threshold.method,
            Col.SIDE: self.side,
            Col.THRESHOLD: cut.threshold,
            Col.THRESHOLD_LOW: cut.low,
            Col.THRESHOLD_HIGH: cut.high,
            Col.N_OBJECTS: n_objects,
            Col.N_MEASURED: len(objects.values),
            Col.N_CONTROLS: cut.n_controls,
            Col.POSITIVE_FRACTION: share,
            Col.POSITIVE_FRACTION_LOW: least,
            Col.POSITIVE_FRACTION_HIGH: most,
            Col.VERDICT: joined(cut.verdict, _doubt(share, least, most)),
        }


def _doubt(share: float, least: float, most: float) -> str:
    if share in (0.0, 1.0):
        return f"{'every' if share else 'no'} object is positive"
    if most - least > _UNSTABLE:
        return (
            f"unstable: the share of positives is {least:.0%} to {most:.0%} between the ends of "
            "its interval"
        )
    return ""


def _sets(cells: pd.DataFrame) -> list[str]:
    if Col.OBJECT not in cells.columns:
        return []
    return [str(name) for name in cells[Col.OBJECT].dropna().unique()]


def _plate(
    cells: pd.DataFrame, values: NDArray[np.float64], used: NDArray[np.bool_], side: Side
) -> Plate:
    """The objects of one plate; wells are told apart by the finest name that there is of them."""
    finest = next((name for name in WELLS if name in cells and cells[name].notna().any()), None)
    if finest is None:
        wells: NDArray[np.int64] = np.zeros(int(used.sum()), np.int64)
    else:
        # A well of several plates that share a threshold is one on each of them.
        keys = [name for name in (Col.SESSION, finest) if name in cells]
        groups = cells.loc[used, keys].groupby(keys, sort=False, dropna=False)
        wells = np.asarray(groups.ngroup(), np.int64)
    names, conditions = (_text(cells, column, used) for column in (Col.WELL, Col.CONDITION))
    return Plate(values[used], wells, names, conditions, side)


WELLS = (Col.WELL, Col.UNIT, Col.MOVIE)
"""Columns that tell wells apart, the first that is filled."""


def _text(cells: pd.DataFrame, column: str, used: NDArray[np.bool_]) -> NDArray[np.object_]:
    if column not in cells:
        return np.full(int(used.sum()), "", object)
    names = cells.loc[used, column]
    return names.astype(object).where(names.notna(), "").map(str).to_numpy(object)


def _refuse_controls(condition: str | None, wells: tuple[str, ...], cells: pd.DataFrame) -> None:
    for column, wanted in ((Col.CONDITION, [condition] if condition else []), (Col.WELL, wells)):
        there = set(_text(cells, column, np.ones(len(cells), bool))) - {""}
        lacking = [name for name in wanted if name not in there]
        if lacking:
            raise SettingsError(
                "threshold",
                f"no object has the {column} {', '.join(map(repr, lacking))} of the controls",
                f"there are {', '.join(sorted(there)) or 'none'}",
            )
