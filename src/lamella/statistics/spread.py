"""How much units scatter, and where: within sessions, between them, and in what conditions do."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd

from lamella.core.table import Col
from lamella.statistics.design import Design, FloatArray
from lamella.statistics.units import finite


class Spread(NamedTuple):
    """Standard deviations in the unit of the measure; NaN = not known."""

    within: float
    """Between units of the same condition and session."""
    interaction: float = math.nan
    """Of what a condition does in one session more or less than in another."""
    session: float = math.nan
    """Between sessions, in what they do to all conditions alike."""
    cell: float = math.nan
    """Between cells of a unit."""
    n_cells: float = math.nan
    """Cells behind a unit: their harmonic mean."""

    @property
    def movie(self) -> float:
        """Between units of a condition and session that had endless cells each."""
        if not self.n_cells > 0:
            return math.nan
        return math.sqrt(max(self.within**2 - self.cell**2 / self.n_cells, 0.0))

    def with_cells(self, n_cells: float) -> Spread:
        """Of units with another number of cells."""
        within = math.sqrt(self.movie**2 + self.cell**2 / n_cells)
        return self._replace(within=within, n_cells=n_cells)


def spread_of(design: Design) -> Spread:
    """Variance components of value ~ condition + session + condition × session, by moments.

    Parameters
    ----------
    design : Design
        Units of one measure; need not be balanced.

    Returns
    -------
    Spread
        Without cells. `interaction` is NaN where no two sessions share two conditions, or where no
        condition has two units in a session: then it cannot be told from the scatter of units,
        and `within` holds both. `session` is NaN with one session. `within` is NaN where no unit is
        left to tell it from. A component that comes out negative is 0.

    Notes
    -----
    Sums of squares of nested models are set equal to what they are expected to be (Henderson's
    third method). In balanced designs these are the estimates of REML as long as none is negative.

    References
    ----------
    Henderson 1953, https://doi.org/10.2307/3001853; Searle, Casella and McCulloch 1992, 5.5,
    https://doi.org/10.1002/9780470316856
    """
    counts = design.counts.astype(np.float64)
    there = counts > 0
    n = counts[there]
    total = np.zeros_like(counts)
    np.add.at(total, (design.condition, design.session), design.value)
    mean = np.divide(total, counts, out=np.zeros_like(counts), where=there)
    centre = float(design.value.mean()) if len(design.value) else 0.0
    left = design.value - mean[design.condition, design.session]
    # What rounding leaves of equal values is no scatter.
    noise = 1e-20 * float((design.value**2).sum())
    square_units, df_units = float((left**2).sum()), len(design.value) - len(n)
    square_units = square_units if square_units > noise else 0.0

    root = np.sqrt(n)
    place_condition, place_session = np.nonzero(there)
    conditions = root[:, None] * np.eye(len(design.conditions))[place_condition]
    sessions = root[:, None] * np.eye(len(design.sessions))[place_session]
    seen = root * (mean[there] - centre)
    both = np.hstack([conditions, sessions])
    # I − P of the two models; P from the left singular vectors, so that no rank is assumed.
    of_conditions, of_both = _complement(conditions), _complement(both)
    square_both, df_both = float(seen @ of_both @ seen), len(n) - _rank(both)
    square_both = square_both if square_both > noise else 0.0
    trace_both = float((n * np.diag(of_both)).sum())

    if df_units > 0:
        within = square_units / df_units
        interaction = (
            max((square_both - df_both * within) / trace_both, 0.0) if df_both > 0 else math.nan
        )
    else:
        within = square_both / df_both if df_both > 0 else math.nan
        interaction = math.nan
    session = math.nan
    if df_sessions := _rank(both) - _rank(conditions):
        square = float(seen @ of_conditions @ seen) - square_both
        # An interaction that cannot be told apart is in `within` already.
        other = 0.0 if math.isnan(interaction) else interaction
        trace = float((n * np.diag(of_conditions)).sum()) - trace_both
        own = float(np.einsum("ij,ik,kj->", sessions, of_conditions, sessions))
        session = max((square - df_sessions * within - other * trace) / own, 0.0)
    return Spread(math.sqrt(within), math.sqrt(interaction), math.sqrt(session))


def with_cells_of(spread: Spread, rows: pd.DataFrame, measure: str) -> Spread:
    """Add how much cells of a unit scatter, where units have several.

    Parameters
    ----------
    rows : DataFrame
        Cells as `lamella.statistics.units.assigned` gives them.
    measure : str
        Column of the value; cells without one are left out.

    Returns
    -------
    Spread
        As it was where no unit has two cells.
    """
    known = rows[finite(rows[measure])]
    keys = [Col.CONDITION, Col.SESSION, Col.UNIT]
    by_unit = known.groupby(keys, sort=False, dropna=False)[measure]
    n = by_unit.size().to_numpy(np.float64)
    if not (n > 1).any():
        return spread
    squares = ((known[measure] - by_unit.transform("mean")) ** 2).sum()
    return spread._replace(
        cell=math.sqrt(float(squares) / float((n - 1).sum())), n_cells=float(1 / np.mean(1 / n))
    )


def _basis(columns: FloatArray) -> FloatArray:
    """Orthonormal columns that span the same."""
    left, sizes, _ = np.linalg.svd(columns, full_matrices=False)
    kept: FloatArray = left[:, sizes > 1e-9 * max(float(sizes.max(initial=0.0)), 1.0)]
    return kept


def _rank(columns: FloatArray) -> int:
    return _basis(columns).shape[1]


def _complement(columns: FloatArray) -> FloatArray:
    basis = _basis(columns)
    return np.eye(len(columns)) - basis @ basis.T
