"""The cells of all movies of a study in one table, with what samples.csv says of each movie."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from lamella.core.table import Col
from lamella.io.stack import Stack
from lamella.run.task import MovieTask


def cells_of_study(tables: Sequence[tuple[MovieTask, Path]]) -> pd.DataFrame:
    """One row per cell, in the order of the tables.

    Parameters
    ----------
    tables : sequence of (MovieTask, Path)
        Cells of a movie, as Parquet.

    Returns
    -------
    DataFrame
        Empty where no movie has a cell.
    """
    stack = Stack([file for _, file in tables], keys=())
    if not stack.n_rows:
        return pd.DataFrame()
    table = stack.read()
    told = [_told(tables[place][0]) for place in stack.places]
    rows = np.repeat(np.arange(len(told)), stack.lengths)
    order: dict[str, None] = {}
    for names, known in zip(stack.names_by_file(), told, strict=True):
        order |= dict.fromkeys([*names, *known])
    for name in dict.fromkeys(name for known in told for name in known):
        values = np.array([known.get(name) for known in told], dtype=object)
        table[name] = pd.Series(values[rows], dtype="str")
    return table[list(order)]


def _told(task: MovieTask) -> dict[str, str]:
    sample = task.sample
    known = {Col.CONDITION: sample.condition, Col.SESSION: sample.session, **sample.extra}
    told = {Col.MOVIE: task.name, Col.UNIT: task.name, **known}
    return {str(name): value for name, value in told.items()}
