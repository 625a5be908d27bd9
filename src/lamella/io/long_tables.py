"""Tables of very many rows as Parquet, written and read a part at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from lamella.core.long_table import LongTable
from lamella.io.atomic import whole_file
from lamella.io.tables import parquet, parquet_writer


def write_long(path: Path, table: LongTable) -> None:
    """Write a table; every part is a row group. It is read as those of `write_table` are."""
    with whole_file(path) as part, part.open("wb") as stream, ExitStack() as open_files:
        writer: pq.ParquetWriter | None = None
        for rows in table.parts():
            arrow = pa.Table.from_pandas(rows.rename(columns=str), preserve_index=False)
            if writer is None:
                writer = open_files.enter_context(parquet_writer(stream, arrow.schema))
            writer.write_table(arrow, row_group_size=max(arrow.num_rows, 1))


def read_long(path: Path) -> LongTable:
    """A Parquet table whose row groups are its parts, read when they are asked for.

    Raises
    ------
    InputError
        By the parts: a file that is missing, or cannot be read as Parquet.
    """
    return LongTable(partial(_groups, path))


def _groups(path: Path) -> Iterator[pd.DataFrame]:
    with parquet(path) as file:
        if not file.num_row_groups:
            yield file.read(use_threads=False).to_pandas()
        for n in range(file.num_row_groups):
            yield file.read_row_group(n, use_threads=False).to_pandas()
