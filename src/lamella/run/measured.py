"""What was measured of a movie, by group and all together, in the files of its folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from lamella.core.table import Col, stacked
from lamella.io.tables import read_table, write_table
from lamella.measure import Measured

_END = ".parquet"


def write_measured(folder: Path, stem: str, measured: Measured) -> tuple[str, ...]:
    """Write ``STEM.parquet``, and ``STEM.NAME.parquet`` for every finer table; gives their names.

    Parameters
    ----------
    folder : Path
        Of the movie.
    stem : str
        Such as ``measures/cell.edge``.
    """
    files = [f"{stem}{_END}"]
    write_table(folder / files[0], measured.frames)
    for name, table in measured.finer.items():
        files.append(f"{stem}.{name}{_END}")
        write_table(folder / files[-1], table)
    return tuple(files)


def read_measured(folder: Path, files: Sequence[str]) -> Measured:
    """What `write_measured` wrote, by the names that it gave."""
    stem = files[0].removesuffix(_END)
    finer = {
        file.removeprefix(f"{stem}.").removesuffix(_END): read_table(folder / file)
        for file in files[1:]
    }
    return Measured(read_table(folder / files[0]), finer)


def write_movie(
    folder: Path, movie: str, tables: Mapping[str, Sequence[pd.DataFrame]]
) -> tuple[str, ...]:
    """Write ``KIND.parquet`` of all sets of objects of a movie; its name is the first column.

    Tables of kinds that are not among them any more are removed.

    Returns
    -------
    tuple of str
        Names of the files.
    """
    for kind, parts in tables.items():
        table = stacked(parts) if any(map(len, parts)) else _without_rows(parts)
        table.insert(0, Col.MOVIE, pd.Series(movie, index=table.index, dtype="str"))
        write_table(folder / f"{kind}{_END}", table)
    for old in folder.glob(f"*{_END}"):
        if old.stem not in tables:
            old.unlink()
    return tuple(f"{kind}{_END}" for kind in tables)


def _without_rows(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The columns of a movie in which nothing was found, those whose type is known.

    Programs that read the tables of all movies as one then find the same columns in each.
    """
    table = next((part for part in parts if len(part.columns)), pd.DataFrame())
    return table.loc[:, [kind != np.dtype(object) for kind in table.dtypes]].reset_index(drop=True)
