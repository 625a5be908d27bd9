"""Conditions against each other: the settings of a study's statistics, and their tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Annotated, Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, field_validator

from lamella.core.errors import SettingsError
from lamella.core.step import Step
from lamella.core.table import Col
from lamella.statistics.adjust import Adjust
from lamella.statistics.comparison import Asked, compared
from lamella.statistics.design import Design, Pair
from lamella.statistics.measures import (
    kinds_of,
    refuse_uncompared,
    standard_measures,
    with_yes_and_no_as_numbers,
)
from lamella.statistics.mixed import nested_movies
from lamella.statistics.models import Kind, Rule
from lamella.statistics.short import too_short
from lamella.statistics.summary import counted_cells, summarised
from lamella.statistics.units import assigned, finite, refuse_unknown_measures, unit_means

EFFECT_COLUMNS = [
    Col.MEASURE,
    Col.CLAIM,
    Col.SESSION,
    Col.CONDITION,
    Col.REFERENCE,
    Col.N,
    Col.N_REFERENCE,
    Col.N_SESSIONS,
    Col.MEAN,
    Col.MEAN_REFERENCE,
    Col.DIFFERENCE,
    Col.ESTIMATE,
    Col.ESTIMATE_LOW,
    Col.ESTIMATE_HIGH,
    Col.SE,
    Col.DF,
    Col.P,
    Col.P_ADJUSTED,
    Col.ADJUSTED_BY,
    Col.N_TESTS,
    Col.MODEL,
    Col.INTERVAL_BY,
    Col.COHENS_D,
    Col.COHENS_D_LOW,
    Col.COHENS_D_HIGH,
    Col.D_SD,
    Col.COHENS_D_WITHIN,
    Col.COHENS_D_WITHIN_LOW,
    Col.COHENS_D_WITHIN_HIGH,
    Col.HEDGES_G,
    Col.HEDGES_G_LOW,
    Col.HEDGES_G_HIGH,
    Col.CLIFFS_DELTA,
    Col.CLIFFS_DELTA_LOW,
    Col.CLIFFS_DELTA_HIGH,
    Col.P_INTERACTION,
    Col.N_SESSIONS_AGREEING,
    Col.MARGIN,
    Col.P_EQUIVALENCE,
    Col.EQUIVALENT,
    Col.VERDICT,
    Col.N_CELLS_MISSING,
    Col.N_CELLS_MISSING_REFERENCE,
    Col.N_CELLS_SHORT,
    Col.N_CELLS_SHORT_REFERENCE,
    Col.N_CELLS_LEFT_OUT,
]
MODEL_COLUMNS = [
    Col.MEASURE,
    Col.CLAIM,
    Col.MODEL,
    Col.CONDITION,
    Col.REFERENCE,
    Col.ESTIMATE,
    Col.SE,
    Col.DF,
    Col.ESTIMATE_LOW,
    Col.ESTIMATE_HIGH,
    Col.P,
    Col.VAR_SESSION,
    Col.VAR_INTERACTION,
    Col.VAR_MOVIE,
    Col.VAR_RESIDUAL,
    Col.TRUSTED,
    Col.USED,
    Col.VERDICT,
]
REPLICATION_COLUMNS = [
    Col.MEASURE,
    Col.SESSION,
    Col.CONDITION,
    Col.REFERENCE,
    Col.N,
    Col.N_REFERENCE,
    Col.DIFFERENCE,
    Col.COHENS_D,
    Col.SAME_DIRECTION,
    Col.ESTIMATE_WITHOUT,
    Col.ESTIMATE_WITHOUT_LOW,
    Col.ESTIMATE_WITHOUT_HIGH,
    Col.P_WITHOUT,
]
Counts = dict[tuple[str, str], tuple[int, int]]
"""Cells that are missing and those that are short, by session and condition."""
Margin = Annotated[float, Field(gt=0, allow_inf_nan=False)]
"""Largest difference that matters to nobody; within an infinite one everything would be alike."""
_FEWEST_DRAWS = 99
# True, False or missing.
_YES_OR_NO = (Col.EQUIVALENT, Col.SAME_DIRECTION)


class Tables(NamedTuple):
    """What the statistics of a study say; tables begin with `object` where kinds are told apart."""

    conditions: pd.DataFrame
    """One row per measure, session (``all`` first) and condition."""
    effects: pd.DataFrame
    """One row per measure, claim, session and pair: ``these_sessions`` over ``all`` sessions and in
    each, ``across_sessions`` over all."""
    models: pd.DataFrame
    """One row per measure, model and pair, also of models that are not used."""
    replication: pd.DataFrame
    """One row per measure, session and pair."""


class Contrasts(Step):
    """The statistics of a study: every condition by itself, and against the others.

    Parameters
    ----------
    reference : str or None
        Condition that the others are compared against; None = all pairs.
    unit : str or None
        Column of the experimental unit; None = ``unit`` where it is filled, else the movie.
    leave_out : tuple of str
        Conditions that are not compared, such as the controls of a threshold: their units scatter
        less than others, and every comparison more costs power.
    measures : tuple of str or None
        Columns to compare. None = speed (or the mean step where the interval or the pixel size is
        not known) and the `lamella.core.table.KEY_MEASURES`, ratios of every channel, as far as the
        table has values.
    condition, session : str, str or None
        Columns of the condition and of the imaging session; session None = not told apart.
    model : str
        ``auto``: session is a random effect from 5 sessions on and fixed below; ``fixed`` and
        ``mixed``: always so. All models stand in `Tables.models` whatever is chosen.
    adjust : str
        How p values of one measure and claim are adjusted for their number: ``holm``, ``bh`` or
        ``joint``, which knows how far contrasts err together (Dunnett's test where there is a
        reference) where least squares is quoted, and is ``holm`` elsewhere.
    margins : dict of str to float
        Of a measure, in its unit: the largest difference that matters to nobody. Equivalence is
        tested where a margin is given, and nowhere else.
    kinds : dict of str to str
        What a measure is: ``mean``, ``fraction`` (0 to 1) or ``count``. Columns of True and False
        are fractions by themselves.
    bootstrap_draws, seed : int
        Draws of sessions behind the intervals across 6 or more sessions, 99 at least; 0 = Student's
        t there too.
    min_steps : int
        In a movie of several cells, those with fewer valid steps are left out, and counted in
        `n_cells_short`: tracks of a few frames would have as much say in the movie's mean as those
        that last. A movie none of whose cells has enough keeps them. 0 = all cells count.
    """

    version: ClassVar[int] = 7
    reference: str | None = None
    leave_out: tuple[str, ...] = ()
    unit: str | None = None
    measures: tuple[str, ...] | None = None
    condition: str = Col.CONDITION
    session: str | None = Col.SESSION
    model: Rule = "auto"
    adjust: Adjust = "holm"
    margins: dict[str, Margin] = Field(default_factory=dict)
    kinds: dict[str, Kind] = Field(default_factory=dict)
    bootstrap_draws: int = Field(1999, ge=0)
    seed: int = Field(0, ge=0)
    min_steps: int = Field(5, ge=0)

    @field_validator("bootstrap_draws")
    @classmethod
    def _enough_to_have_an_sd(cls, draws: int) -> int:
        if 0 < draws < _FEWEST_DRAWS:
            raise ValueError(
                f"{draws} draws tell no interval: "
                f"give {_FEWEST_DRAWS} or more, or 0 for Student's t"
            )
        return draws

    def counting(self, cells: pd.DataFrame) -> NDArray[np.bool_]:
        """Whether each row of a table of cells counts in its movie's mean; see `min_steps`."""
        return ~too_short(cells, min_steps=self.min_steps)

    def units(self, cells: pd.DataFrame, *, also: Sequence[str] = ()) -> pd.DataFrame:
        """The value of every unit (the movie unless set otherwise): what is compared.

        Parameters
        ----------
        cells : DataFrame
            One row per cell.
        also : sequence of str
            Measures that are shown beside these and not compared, where a kind has values.

        Returns
        -------
        DataFrame
            One row per measure and unit: `object` where kinds are told apart, `measure`,
            `condition`, `session`, `unit`, `mean` (over its cells), `n_cells`.
        """
        cells, _ = with_yes_and_no_as_numbers(cells, self.measures)
        rows = self._compared(cells)
        tables = []
        for kind, cells_of_kind, rows_of_kind in _by_kind(cells, rows[self.counting(rows)]):
            compared = self.measures or standard_measures(cells_of_kind)
            beside = [name for name in also if finite(cells_of_kind[name]).any()]
            for measure in dict.fromkeys((*compared, *beside)):
                means = unit_means(rows_of_kind, measure).rename(columns={measure: Col.MEAN})
                one = means[[Col.CONDITION, Col.SESSION, Col.UNIT, Col.MEAN, Col.N_CELLS]]
                one.insert(0, Col.MEASURE, measure)
                if kind is not None:
                    one.insert(0, Col.OBJECT, kind)
                tables.append(one)
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()

    def __call__(self, cells: pd.DataFrame) -> Tables:
        """Compare the conditions of a table of cells.

        Where the table tells kinds of objects apart (column ``object``), each is compared by
        itself. Rows without a condition or a unit are left out, and counted, as are those of
        `leave_out`.

        Raises
        ------
        SettingsError
            A column or a reference that the table lacks, a measure that is not numeric, a margin or
            kind of a measure that is not compared or does not fit it.
        InputError
            A session named ``all``.
        """
        cells, yes_or_no = with_yes_and_no_as_numbers(cells, self.measures)
        refuse_unknown_measures(cells, list(self.measures or ()))
        rows = self._compared(cells)
        rows = rows.assign(**{Col.N_CELLS_SHORT: ~self.counting(rows)})
        # A kind that a condition lacks has its rows all the same, with n = 0.
        known = list(rows[Col.CONDITION].unique())
        pairs = _pairs(known, self.reference)
        parts: list[Tables] = []
        named: dict[str, None] = {}
        for kind, cells_of_kind, rows_of_kind in _by_kind(cells, rows):
            measures = self.measures or standard_measures(cells_of_kind)
            named.update(dict.fromkeys(measures))
            kinds = kinds_of(rows_of_kind, measures, self.kinds, yes_or_no)
            n_left_out = len(cells_of_kind) - len(rows_of_kind)
            tables = self._of_one_kind(rows_of_kind, kinds, known, pairs, n_left_out)
            if kind is not None:
                for table in tables:
                    table.insert(0, Col.OBJECT, kind)
            parts.append(tables)
        if len(cells):
            refuse_uncompared("margins", self.margins, list(named))
            refuse_uncompared("kinds", self.kinds, list(named))
        together = zip(*parts, strict=True)
        return Tables(*(pd.concat(list(tables), ignore_index=True) for tables in together))

    def _compared(self, cells: pd.DataFrame) -> pd.DataFrame:
        """Cells with a condition and a unit, of the conditions that are compared."""
        rows = assigned(cells, condition=self.condition, session=self.session, unit=self.unit)
        return rows[~rows[Col.CONDITION].isin(self.leave_out)]

    def _of_one_kind(
        self,
        rows: pd.DataFrame,
        kinds: dict[str, Kind],
        conditions: list[str],
        pairs: Sequence[Pair],
        n_left_out: int,
    ) -> Tables:
        short = rows[Col.N_CELLS_SHORT].to_numpy(bool)
        effects, models, replication = [], [], []
        for measure, kind in kinds.items():
            units = unit_means(rows[~short], measure)
            asked = Asked(
                measure,
                kind=kind,
                rule=self.model,
                adjust=self.adjust,
                margin=self.margins.get(measure),
                bootstrap_draws=self.bootstrap_draws,
                seed=self.seed,
            )
            nested = nested_movies(rows[~short], measure, conditions, pairs)
            found = compared(Design.of(units, measure, conditions), pairs, asked, [nested])
            counts = _by_place(counted_cells(units, rows[short]))
            effects += [{**row, **_counts(counts, row)} for row in found.effects]
            models += found.models
            replication += found.replication
        told = pd.DataFrame(effects, columns=EFFECT_COLUMNS)
        told[Col.N_CELLS_LEFT_OUT] = n_left_out
        return Tables(
            summarised(rows, list(kinds), conditions, n_left_out=n_left_out, short=short),
            _typed(told),
            _typed(pd.DataFrame(models, columns=MODEL_COLUMNS)),
            _typed(pd.DataFrame(replication, columns=REPLICATION_COLUMNS)),
        )


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


def _by_place(counted: pd.DataFrame) -> Counts:
    places = zip(counted.index, counted.to_numpy().tolist(), strict=True)
    return {place: (missing, short) for place, (missing, short) in places}


def _counts(counts: Counts, row: Mapping[str, Any]) -> dict[str, int]:
    """Cells that are missing or short behind one effect."""
    missing, short = counts.get((row[Col.SESSION], row[Col.CONDITION]), (0, 0))
    of_reference = counts.get((row[Col.SESSION], row[Col.REFERENCE]), (0, 0))
    return {
        Col.N_CELLS_MISSING: missing,
        Col.N_CELLS_MISSING_REFERENCE: of_reference[0],
        Col.N_CELLS_SHORT: short,
        Col.N_CELLS_SHORT_REFERENCE: of_reference[1],
    }


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Columns of True, False and missing as such."""
    found = [name for name in _YES_OR_NO if name in table.columns]
    return table.astype(dict.fromkeys(found, "boolean"))
