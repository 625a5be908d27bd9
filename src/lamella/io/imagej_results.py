"""Results tables as ImageJ saves them: ``Results.csv``."""

from __future__ import annotations

import csv
import os

import numpy as np
import pandas as pd

from lamella.io.atomic import whole_file

MOST_DECIMALS = 9


def write_imagej_results(
    path: str | os.PathLike[str], table: pd.DataFrame, *, decimals: int = 3
) -> None:
    r"""Write a table as ImageJ's *Results › Save As…* does.

    A first column without a name counts the rows from 1. Numbers of a column that are all whole are
    written without decimals, all others with `decimals` (ImageJ's own default is 3, and its most
    9); missing ones are ``NaN``. Lines end in ``\n``, fields are separated by commas.

    Parameters
    ----------
    table : DataFrame
        Texts and numbers; the index is left out.
    """
    if not 0 <= decimals <= MOST_DECIMALS:
        raise ValueError(f"ImageJ knows 0 to {MOST_DECIMALS} decimal places, not {decimals}")
    columns = [_written(table[name], decimals) for name in table.columns]
    with whole_file(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow([" ", *map(str, table.columns)])
        rows.writerows(zip(map(str, range(1, len(table) + 1)), *columns, strict=True))


def _written(values: pd.Series, decimals: int) -> list[str]:
    if not pd.api.types.is_numeric_dtype(values):
        return [str(value) for value in values]
    numbers = values.to_numpy(np.float64)
    whole = numbers[np.isfinite(numbers)]
    digits = 0 if np.array_equal(whole, np.rint(whole)) else decimals
    return [f"{value:.{digits}f}" if np.isfinite(value) else "NaN" for value in numbers.tolist()]
