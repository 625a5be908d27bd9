"""One row per cell with what was measured of it and of its nucleus, side by side."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from lamella.core.columns.compartment import CompartmentColumns
from lamella.core.columns.region import RegionColumns
from lamella.core.table import CELL_PREFIX, NUCLEUS_PREFIX, Col, Column
from lamella.measure import Compartment

_OF_BOTH = {Col.AREA_PX, Col.AREA_UM2} | {
    name for name in vars(RegionColumns).values() if isinstance(name, Column)
}
_OF_PAIR = {name for name in vars(CompartmentColumns).values() if isinstance(name, Column)}


def cells_and_nuclei(
    cells: pd.DataFrame, step: Compartment, *, about: Sequence[str] = ()
) -> pd.DataFrame:
    """Cells beside their nuclei, joined by movie and nucleus.

    Parameters
    ----------
    cells : DataFrame
        One row per set of objects and cell, of all movies.
    step : Compartment
        Which set holds the cells, and which the nuclei.
    about : sequence of str
        Further columns of the cells to keep as they are: condition, session, well …

    Returns
    -------
    DataFrame
        movie, cell, nucleus, the columns of `about`, areas and measures of regions as ``cell_…``
        and ``nucleus_…``, then those of the pair. A cell without a nucleus has missing values
        there; a nucleus that two cells have as theirs stands in both rows. Empty where no
        compartment was measured.
    """
    keys = [Col.MOVIE, Col.CELL, Col.NUCLEUS]
    if Col.NUCLEUS not in cells:
        return pd.DataFrame(columns=keys)
    own = cells[cells[Col.OBJECT] == step.cells]
    of_both = [name for name in cells.columns if name.partition("__")[0] in _OF_BOTH]
    nuclei = cells.loc[cells[Col.OBJECT] == step.nuclei, [Col.MOVIE, Col.CELL, *of_both]]
    nuclei = nuclei.rename(columns={Col.CELL: Col.NUCLEUS})
    nuclei[Col.NUCLEUS] = nuclei[Col.NUCLEUS].astype("float64")
    nuclei = nuclei.rename(columns={name: f"{NUCLEUS_PREFIX}{name}" for name in of_both})
    of_pair = [
        name
        for name in cells.columns
        if name.partition("__")[0] in _OF_PAIR and name not in keys and name not in nuclei
    ]
    known = [name for name in about if name in own]
    left = own[[*keys, *known, *of_both, *of_pair]]
    left = left.rename(columns={name: f"{CELL_PREFIX}{name}" for name in of_both})
    table = left.merge(nuclei, on=[Col.MOVIE, Col.NUCLEUS], how="left", validate="many_to_one")
    of_cell = [f"{CELL_PREFIX}{name}" for name in of_both]
    of_nucleus = [f"{NUCLEUS_PREFIX}{name}" for name in of_both]
    return table[[*keys, *known, *of_cell, *of_nucleus, *of_pair]]
