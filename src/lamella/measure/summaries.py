"""Where the rows of every cell lie in a table, and what their columns are on average."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.kernels.summaries import summaries_of_runs

_CELL_KEYS = [Col.OBJECT, Col.CELL]


class Summaries(NamedTuple):
    """One row per cell and one column per column summarised, of finite values alone.

    Every field is a DataFrame with index 0 … n_cells − 1 in the order of ``CellRows.cells``; a cell
    without a finite value has n = 0 and NaN in all else.
    """

    n: pd.DataFrame
    """Finite values."""
    mean: pd.DataFrame
    sd: pd.DataFrame
    """With n − 1; NaN below two values."""
    median: pd.DataFrame
    minimum: pd.DataFrame
    maximum: pd.DataFrame
    total: pd.DataFrame
    """Sum; NaN, not 0, without any value."""


class CellRows(NamedTuple):
    """Which rows of a table are which cell's."""

    cells: pd.DataFrame
    """Object and cell, a row per cell: the front of a table of cells."""
    order: NDArray[np.intp]
    """Rows of the table, those of a cell side by side, in the table's order within a cell."""
    start: NDArray[np.intp]
    """(n_cells + 1,): the rows of cell i are ``order[start[i]:start[i + 1]]``."""

    @classmethod
    def of(cls, table: pd.DataFrame, cells: pd.DataFrame | None = None) -> CellRows:
        """The rows of every cell.

        Parameters
        ----------
        table : DataFrame
            With columns object and cell, in any order of rows.
        cells : DataFrame, optional
            Object and cell of those that are wanted, in the wanted order, none twice: a cell that
            has no row in `table` then has a run of no rows. By default those of the table, sorted.
        """
        if cells is None:
            cells = table[_CELL_KEYS].drop_duplicates().sort_values(_CELL_KEYS, ignore_index=True)
        cells = cells[_CELL_KEYS].reset_index(drop=True)
        which = _cell_of_rows(table, cells)
        order = np.argsort(which, kind="stable")
        start = np.searchsorted(which, np.arange(len(cells) + 1), sorter=order)
        return cls(cells, order, start.astype(np.intp))

    def summaries(
        self,
        table: pd.DataFrame | Mapping[str, NDArray[Any]],
        columns: Sequence[str],
        *,
        where: NDArray[np.bool_] | None = None,
    ) -> Summaries:
        """Number of values, mean, SD, median, smallest, largest and sum of many columns, per cell.

        Parameters
        ----------
        table : DataFrame or mapping of str to array
            The table of which the rows were found, or columns of its length.
        columns : sequence of str
            Numbers or truth values.
        where : (n,) bool array, optional
            Rows that count; by default all of them. Values that are not finite never count.

        Examples
        --------
        >>> from lamella.measure.summaries import CellRows
        >>> frames = pd.DataFrame(
        ...     {"object": "cell", "cell": [1, 1, 2], "speed": [1.0, 3.0, np.nan]}
        ... )
        >>> found = CellRows.of(frames).summaries(frames, ["speed"])
        >>> found.mean["speed"].tolist(), found.n["speed"].tolist()
        ([2.0, nan], [2, 0])
        """
        values = np.empty((len(columns), len(self.order)))
        for row, name in zip(values, columns, strict=True):
            row[:] = np.asarray(table[name], np.float64)
        if where is not None:
            values[:, ~where] = np.nan
        found = summaries_of_runs(values, order=self.order, start=self.start)
        # The names stay as they are given, so that a Column keeps its unit and its meaning.
        return Summaries(*(pd.DataFrame(dict(zip(columns, f, strict=True))) for f in found))


def _cell_of_rows(table: pd.DataFrame, cells: pd.DataFrame) -> NDArray[np.intp]:
    """Number of the cell of every row; −1 where it is none of them."""
    names = pd.unique(pd.concat([table[Col.OBJECT], cells[Col.OBJECT]]))
    rows: NDArray[np.intp]
    if len(names) > 1:
        index, wanted = (pd.MultiIndex.from_frame(frame[_CELL_KEYS]) for frame in (cells, table))
        rows = index.get_indexer(wanted)
    else:  # as nearly always: numbers alone are far quicker to look up
        numbers = pd.Index(cells[Col.CELL].to_numpy(np.int64))
        rows = numbers.get_indexer(table[Col.CELL].to_numpy(np.int64))
    return rows
