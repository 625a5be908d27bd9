"""Conditions against each other: the effects table, and the settings that ask for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from lamella.core.errors import SettingsError
from lamella.core.step import Step
from lamella.core.table import KEY_MEASURES, Col
from lamella.statistics.effect import cohens_d
from lamella.statistics.short import too_short
from lamella.statistics.summary import by_session, summarised
from lamella.statistics.units import (
    assigned,
    finite,
    refuse_several_objects,
    refuse_unknown_measures,
    unit_means,
)

THESE_SESSIONS = "these_sessions"
COLUMNS = [
    Col.MEASURE,
    Col.CLAIM,
    Col.SESSION,
    Col.CONDITION,
    Col.REFERENCE,
    Col.N,
    Col.N_REFERENCE,
    Col.MEAN,
    Col.MEAN_REFERENCE,
    Col.DIFFERENCE,
    Col.COHENS_D,
    Col.COHENS_D_LOW,
    Col.COHENS_D_HIGH,
    Col.HEDGES_G,
    Col.CLIFFS_DELTA,
    Col.N_CELLS_MISSING,
    Col.N_CELLS_MISSING_REFERENCE,
    Col.N_CELLS_SHORT,
    Col.N_CELLS_SHORT_REFERENCE,
    Col.N_CELLS_LEFT_OUT,
]
# The best of these that the movies' scale allows stands for speed.
_SPEEDS = (Col.MEAN_SPEED, Col.MEAN_STEP_UM, Col.MEAN_STEP_PX)


def compare_conditions(
    cells: pd.DataFrame,
    *,
    measures: Sequence[str],
    condition: str = Col.CONDITION,
    session: str | None = Col.SESSION,
    unit: str | None = None,
    reference: str | None = None,
) -> pd.DataFrame:
    """Effect sizes between conditions, over all sessions and in each, counted in units.

    Parameters
    ----------
    cells, condition, session, unit
        As for `lamella.statistics.to_units`. Rows without a condition or a unit are left out, and
        counted in `n_cells_left_out`.
    measures : sequence of str
        Numeric columns.
    reference : str or None
        Condition that every other one is compared against. None = all pairs; of two conditions the
        one that appears first in the table is the reference.

    Returns
    -------
    DataFrame
        One row per measure, session (``all`` first) and pair: `measure`, `claim`
        (``these_sessions``: the units are those of the sessions studied, whose own scatter is not
        in the interval), `session`, `condition`, `reference`, `n`, `n_reference`, `mean`,
        `mean_reference`, `difference`, `cohens_d`, `cohens_d_low`, `cohens_d_high`, `hedges_g`,
        `cliffs_delta`, and the cells left out. What cannot be told is NaN, in a row of its own.

    Raises
    ------
    SettingsError
        A column or a reference that the table lacks; the message names what it has.
    InputError
        A table of several kinds of objects, or a session named ``all``.

    Notes
    -----
    Session ``all`` pools the units of every session as they are: where sessions differ and
    conditions are not balanced over them, the difference between sessions enters the effect.
    """
    refuse_unknown_measures(cells, list(measures))
    refuse_several_objects(cells)
    rows = assigned(cells, condition=condition, session=session, unit=unit)
    pairs = _pairs(list(rows[Col.CONDITION].unique()), reference)
    return _effects(rows, measures, pairs, n_left_out=len(cells) - len(rows))


class Contrasts(Step):
    """The statistics of a study: every condition by itself, and against the others.

    Parameters
    ----------
    reference : str or None
        Condition that the others are compared against; None = all pairs.
    unit : str or None
        Column of the experimental unit; None = ``unit`` where it is filled, else the movie.
    measures : tuple of str or None
        Columns to compare. None = speed (or the mean step where the interval or the pixel size is
        not known) and the `lamella.core.table.KEY_MEASURES`, ratios of every channel, as far as the
        table has values.
    condition, session : str, str or None
        Columns of the condition and of the imaging session; session None = not told apart.
    min_steps : int
        In a movie of several cells, those with fewer valid steps are left out, and counted in
        `n_cells_short`: tracks of a few frames would have as much say in the movie's mean as those
        that last. A movie none of whose cells has enough keeps them. 0 = all cells count.
    """

    version: ClassVar[int] = 3
    reference: str | None = None
    unit: str | None = None
    measures: tuple[str, ...] | None = None
    condition: str = Col.CONDITION
    session: str | None = Col.SESSION
    min_steps: int = Field(5, ge=0)

    def counting(self, cells: pd.DataFrame) -> NDArray[np.bool_]:
        """Whether each row of a table of cells counts in its movie's mean; see `min_steps`."""
        return ~too_short(cells, min_steps=self.min_steps)

    def units(self, cells: pd.DataFrame) -> pd.DataFrame:
        """The value of every unit (the movie unless set otherwise): what is compared.

        Returns
        -------
        DataFrame
            One row per measure and unit: `object` where kinds are told apart, `measure`,
            `condition`, `session`, `unit`, `mean` (over its cells), `n_cells`.
        """
        rows = assigned(cells, condition=self.condition, session=self.session, unit=self.unit)
        tables = []
        for kind, cells_of_kind, rows_of_kind in _by_kind(cells, rows[self.counting(rows)]):
            for measure in self.measures or standard_measures(cells_of_kind):
                means = unit_means(rows_of_kind, measure).rename(columns={measure: Col.MEAN})
                one = means[[Col.CONDITION, Col.SESSION, Col.UNIT, Col.MEAN, Col.N_CELLS]]
                one.insert(0, Col.MEASURE, measure)
                if kind is not None:
                    one.insert(0, Col.OBJECT, kind)
                tables.append(one)
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()

    def __call__(self, cells: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The conditions table and the effects table of a table of cells.

        Where the table tells kinds of objects apart (column ``object``), each is compared by
        itself, and both tables begin with that column.
        """
        refuse_unknown_measures(cells, list(self.measures or ()))
        rows = assigned(cells, condition=self.condition, session=self.session, unit=self.unit)
        rows = rows.assign(**{Col.N_CELLS_SHORT: ~self.counting(rows)})
        # A kind that a condition lacks has its rows all the same, with n = 0.
        known = list(rows[Col.CONDITION].unique())
        pairs = _pairs(known, self.reference)
        conditions, effects = [], []
        for kind, cells_of_kind, rows_of_kind in _by_kind(cells, rows):
            n_left_out = len(cells_of_kind) - len(rows_of_kind)
            measures = self.measures or standard_measures(cells_of_kind)
            short = rows_of_kind[Col.N_CELLS_SHORT].to_numpy(bool)
            one = summarised(rows_of_kind, measures, known, n_left_out=n_left_out, short=short)
            other = _effects(rows_of_kind, measures, pairs, n_left_out=n_left_out, short=short)
            if kind is not None:
                one.insert(0, Col.OBJECT, kind)
                other.insert(0, Col.OBJECT, kind)
            conditions.append(one)
            effects.append(other)
        return pd.concat(conditions, ignore_index=True), pd.concat(effects, ignore_index=True)


def standard_measures(cells: pd.DataFrame) -> tuple[str, ...]:
    """The measures that a study compares unless told otherwise, as far as the table has values."""
    filled = [
        str(name) for name in cells.select_dtypes("number").columns if finite(cells[name]).any()
    ]
    speed = [name for name in _SPEEDS if name in filled][:1]
    others = [name for base in KEY_MEASURES for name in filled if name.partition("__")[0] == base]
    return (*map(str, speed), *others)


def _pairs(conditions: list[str], reference: str | None) -> list[tuple[str, str]]:
    """(condition, reference) of every comparison."""
    if reference is None:
        return [(later, earlier) for earlier, later in combinations(conditions, 2)]
    if reference not in conditions:
        raise SettingsError(
            "reference",
            f"{reference!r} is not a condition of the table",
            f"its conditions are {', '.join(conditions) or 'none'}",
        )
    return [(name, reference) for name in conditions if name != reference]


def _by_kind(
    cells: pd.DataFrame, rows: pd.DataFrame
) -> Iterator[tuple[str | None, pd.DataFrame, pd.DataFrame]]:
    """Each kind of object with its cells and its assigned rows; None where kinds are not told."""
    kinds = cells[Col.OBJECT].dropna().unique() if Col.OBJECT in cells.columns else ()
    for kind in kinds:
        yield str(kind), cells[cells[Col.OBJECT] == kind], rows[rows[Col.OBJECT] == kind]
    if not len(kinds):
        yield None, cells, rows


def _effects(
    rows: pd.DataFrame,
    measures: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    *,
    n_left_out: int,
    short: NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    short = np.zeros(len(rows), bool) if short is None else short
    n_short = {
        session: cells[Col.CONDITION].value_counts().to_dict()
        for session, cells in by_session(rows[short])
    }
    table = [
        {
            Col.MEASURE: measure,
            Col.CLAIM: THESE_SESSIONS,
            Col.SESSION: session,
            **_effect(units, measure, condition, against),
            Col.N_CELLS_SHORT: n_short.get(session, {}).get(condition, 0),
            Col.N_CELLS_SHORT_REFERENCE: n_short.get(session, {}).get(against, 0),
            Col.N_CELLS_LEFT_OUT: n_left_out,
        }
        for measure in measures
        for session, units in by_session(unit_means(rows[~short], measure))
        for condition, against in pairs
    ]
    return pd.DataFrame(table, columns=COLUMNS)


def _effect(units: pd.DataFrame, measure: str, condition: str, against: str) -> dict[str, object]:
    ours = units[units[Col.CONDITION] == condition]
    theirs = units[units[Col.CONDITION] == against]
    effect = cohens_d(ours[measure], theirs[measure])
    return {
        Col.CONDITION: condition,
        Col.REFERENCE: against,
        Col.N: effect.n,
        Col.N_REFERENCE: effect.n_reference,
        Col.MEAN: effect.mean,
        Col.MEAN_REFERENCE: effect.mean_reference,
        Col.DIFFERENCE: effect.difference,
        Col.COHENS_D: effect.cohens_d,
        Col.COHENS_D_LOW: effect.cohens_d_low,
        Col.COHENS_D_HIGH: effect.cohens_d_high,
        Col.HEDGES_G: effect.hedges_g,
        Col.CLIFFS_DELTA: effect.cliffs_delta,
        Col.N_CELLS_MISSING: int(ours[Col.N_CELLS_MISSING].sum()),
        Col.N_CELLS_MISSING_REFERENCE: int(theirs[Col.N_CELLS_MISSING].sum()),
    }
