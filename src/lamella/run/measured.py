"""What a group of measures made of a movie, in the files of the movie's folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

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
