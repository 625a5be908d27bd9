"""How much units scatter, and where: within sessions, between them, and in what conditions do."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from lamella.core.table import Col
from lamella.statistics.additive import Additive, reach, residual_squares
from lamella.statistics.blocks import Blocks
from lamella.statistics.design import Design
from lamella.statistics.units import finite

_TAIL = 0.1


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
    interaction_high: float = math.nan
    """Upper end of the one-sided 90 % interval of `interaction`."""

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
    The upper end of the interaction is from F, exact in balanced ones.

    References
    ----------
    Henderson 1953, https://doi.org/10.2307/3001853; Searle, Casella and McCulloch 1992, 5.5,
    https://doi.org/10.1002/9780470316856
    """
    blocks = Blocks.of(design)
    both = Additive.of(blocks)
    n, of_condition = blocks.n, blocks.n.sum(axis=1, keepdims=True)
    there = n > 0
    known = np.where(of_condition > 0, of_condition, 1)
    middle = (n * blocks.mean).sum(axis=1, keepdims=True) / known

    n_blocks = int(there.sum())
    df_units, square_units = len(design.value) - n_blocks, float(blocks.squares.sum())
    df_both, square_both = n_blocks - both.rank, residual_squares(blocks, both) - square_units
    df_sessions = both.rank - int((of_condition > 0).sum())
    square_sessions = float((n * (blocks.mean - middle) ** 2).sum()) - square_both
    # How often the variance of an interaction is in what each model leaves; that of sessions is in
    # the second as often, and not in the first.
    in_both = float((n * (1 - n * reach(blocks, both)[1]))[there].sum())
    in_conditions = float((n * (1 - n / known))[there].sum())

    if df_units > 0:
        within = square_units / df_units
        interaction = max((square_both - df_both * within) / in_both, 0) if df_both else math.nan
    else:
        within = square_both / df_both if df_both else math.nan
        interaction = math.nan
    session = math.nan
    if df_sessions:
        # An interaction that cannot be told apart is in `within` already.
        other = 0.0 if math.isnan(interaction) else interaction * (in_conditions - in_both)
        session = max((square_sessions - df_sessions * within - other) / in_conditions, 0)
    high = math.nan
    if not math.isnan(interaction):
        least = df_both * float(special.fdtri(df_both, df_units, _TAIL))
        high = max(square_both / least - within, 0) * df_both / in_both
    return Spread(
        math.sqrt(within),
        math.sqrt(interaction),
        math.sqrt(session),
        interaction_high=math.sqrt(high),
    )


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
