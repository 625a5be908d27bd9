"""What was measured of a movie, by group and all together, in the files of its folder."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from lamella.core.long_table import LongTable
from lamella.core.table import Col, stacked
from lamella.io.long_tables import read_long, write_long
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
    for name, long in measured.long.items():
        files.append(f"{stem}.{name}{_END}")
        write_long(folder / files[-1], long)
    for name, table in measured.finer.items():
        files.append(f"{stem}.{name}{_END}")
        write_table(folder / files[-1], table)
    return tuple(files)


def read_measured(folder: Path, files: Sequence[str], *, long: Collection[str] = ()) -> Measured:
    """What `write_measured` wrote, by the names that it gave.

    Parameters
    ----------
    long : collection of str
        Finer tables that are read a part at a time, when they are asked for.
    """
    stem = files[0].removesuffix(_END)
    names = {file.removeprefix(f"{stem}.").removesuffix(_END): file for file in files[1:]}
    return Measured(
        read_table(folder / files[0]),
        {name: read_table(folder / file) for name, file in names.items() if name not in long},
        long={name: read_long(folder / file) for name, file in names.items() if name in long},
    )


def write_movie(
    folder: Path,
    movie: str,
    tables: Mapping[str, Sequence[pd.DataFrame]],
    long: Mapping[str, Sequence[LongTable]],
) -> tuple[str, ...]:
    """Write ``KIND.parquet`` of all sets of objects of a movie; its name is the first column.

    Tables of kinds that are not among them any more are removed.

    Parameters
    ----------
    tables, long
        The tables of all sets by kind, those of very many rows apart.

    Returns
    -------
    tuple of str
        Names of the files.
    """
    for kind, parts in tables.items():
        table = stacked(parts) if any(map(len, parts)) else _without_rows(parts)
        write_table(folder / f"{kind}{_END}", _of_movie(table, movie))
    for kind, sets in long.items():
        write_long(folder / f"{kind}{_END}", LongTable(partial(_one_below_the_other, sets, movie)))
    kinds = {**tables, **long}
    for old in folder.glob(f"*{_END}"):
        if old.stem not in kinds:
            old.unlink()
    return tuple(f"{kind}{_END}" for kind in kinds)


def _of_movie(table: pd.DataFrame, movie: str) -> pd.DataFrame:
    table.insert(0, Col.MOVIE, pd.Series(movie, index=table.index, dtype="str"))
    return table


def _one_below_the_other(sets: Sequence[LongTable], movie: str) -> Iterator[pd.DataFrame]:
    """The rows of all sets that have any, with the columns of all of them, as `stacked` has it."""
    heads = [next(each.parts()).head(1) for each in sets]
    if not any(map(len, heads)):
        yield _of_movie(_without_rows(heads), movie)
        return
    like = stacked(heads).head(0)
    for head, each in zip(heads, sets, strict=True):
        alike = [*head.columns] == [*like.columns] and (head.dtypes == like.dtypes).all()
        for part in each.parts() if len(head) else ():
            whole = part if alike else part.reindex(columns=like.columns).astype(like.dtypes)
            yield _of_movie(whole, movie)


def _without_rows(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The columns of a movie in which nothing was found, those whose type is known.

    Programs that read the tables of all movies as one then find the same columns in each.
    """
    table = next((part for part in parts if len(part.columns)), pd.DataFrame())
    return table.loc[:, [kind != np.dtype(object) for kind in table.dtypes]].reset_index(drop=True)
