"""Tables of many movies as one: read a part at a time, so that no memory holds them all.

Columns are united in order of appearance and have the type that all their values fit into; what a
movie lacks is missing. Movies in which nothing was found (tables without rows) count for nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from lamella.core.table import in_order, stacked
from lamella.io.atomic import whole_file
from lamella.io.tables import MOST_ROWS_IN_CSV, parquet, parquet_writer, write_table

VALUES_AT_ONCE = 4_000_000
"""Rows × columns of a row group, and of what is held in memory; a movie is never divided."""


class Stack:
    """Parquet tables of one kind, one below the other.

    Parameters
    ----------
    files : sequence of Path
        As `write_table` writes them, in the order of their rows.
    keys : sequence of str
        Columns that stand in front; the only ones where no table has a row.

    Raises
    ------
    InputError
        A file that is missing or no Parquet table.
    """

    def __init__(self, files: Sequence[Path], *, keys: Sequence[str]) -> None:
        self.places: list[int] = []
        """Which of the files have rows."""
        self.lengths: list[int] = []
        """Rows of each of these."""
        self._files: list[Path] = []
        self._kinds: list[pa.Schema] = []
        heads: dict[bytes, pd.DataFrame] = {}
        schemas: dict[bytes, pa.Schema] = {}
        for place, path in enumerate(files):
            with parquet(path) as file:
                n = file.metadata.num_rows
                if not n:
                    continue
                self.places.append(place)
                self.lengths.append(n)
                self._files.append(path)
                schema: pa.Schema = file.schema_arrow
                gaps = _whole_numbers_with_gaps(file)
                kind = schema.serialize().to_pybytes() + repr(gaps).encode()
                if kind not in heads:
                    head = file.read(use_threads=False).slice(0, 1).to_pandas()
                    heads[kind] = head.astype(dict.fromkeys(gaps, np.float64))
                    schemas[kind] = schema
                self._kinds.append(schemas[kind])
        self._schema = _united(in_order(stacked(heads.values()), keys), [*schemas.values()])
        self._keys = list(map(str, keys))

    @property
    def n_rows(self) -> int:
        """Of all tables."""
        return sum(self.lengths)

    def names_by_file(self) -> Iterator[list[str]]:
        """The columns of every file that has rows."""
        return (schema.names for schema in self._kinds)

    @property
    def names(self) -> list[str]:
        """Of the columns."""
        return list(self._schema.names) if self._files else self._keys

    def read(self, columns: Collection[str] | None = None) -> pd.DataFrame:
        """All rows of some columns, those that there are; of all by default."""
        wanted = [name for name in self.names if columns is None or name in columns]
        if not self._files:
            return pd.DataFrame(columns=wanted)
        schema = self._only(wanted)
        return _in_pandas(pa.concat_tables(_fitted(path, schema) for path in self._files))

    def write(self, folder: Path, name: str, *, beside: pd.DataFrame | None = None) -> None:
        """Write ``NAME.parquet`` and, below `MOST_ROWS_IN_CSV`, ``NAME.csv``.

        A row group holds whole movies. A CSV of an earlier time that would be too long now goes.

        Parameters
        ----------
        beside : DataFrame, optional
            Further columns, a row for every row of the tables.
        """
        parquet, csv = folder / f"{name}.parquet", folder / f"{name}.csv"
        if not self._files:
            nothing = pd.DataFrame(columns=self.names)
            write_table(parquet, nothing)
            write_table(csv, nothing)
            return
        more = None if beside is None else pa.Table.from_pandas(beside, preserve_index=False)
        with ExitStack() as open_files:
            file = open_files.enter_context(whole_file(parquet))
            stream = open_files.enter_context(file.open("wb"))
            text = None
            if self.n_rows <= MOST_ROWS_IN_CSV:
                part = open_files.enter_context(whole_file(csv))
                text = open_files.enter_context(part.open("w", encoding="utf-8", newline=""))
            writer, begin = None, 0
            for group in self._groups():
                end = begin + group.num_rows
                if more is not None:
                    group = _side_by_side(group, more.slice(begin, group.num_rows))
                if writer is None:
                    writer = open_files.enter_context(parquet_writer(stream, group.schema))
                writer.write_table(group, row_group_size=group.num_rows)
                if text is not None:
                    rows = _in_pandas(group)
                    rows.to_csv(text, index=False, header=not begin, lineterminator="\n")
                begin = end
        if self.n_rows > MOST_ROWS_IN_CSV:
            csv.unlink(missing_ok=True)

    def _groups(self) -> Iterator[pa.Table]:
        """All rows in parts of whole movies."""
        most = max(VALUES_AT_ONCE // max(len(self._schema), 1), 1)
        held: list[pa.Table] = []
        n = 0
        for path in self._files:
            held.append(_fitted(path, self._schema))
            n += held[-1].num_rows
            if n >= most:
                yield pa.concat_tables(held).combine_chunks()
                held, n = [], 0
        if held:
            yield pa.concat_tables(held).combine_chunks()

    def _only(self, names: Sequence[str]) -> pa.Schema:
        return pa.schema(
            [self._schema.field(name) for name in names], metadata=self._schema.metadata
        )


def _whole_numbers_with_gaps(file: pq.ParquetFile) -> list[str]:
    """Columns of whole numbers of which some are missing: pandas reads them as floats."""
    told = file.metadata
    found = []
    for place, field in enumerate(file.schema_arrow):
        if not pa.types.is_integer(field.type):
            continue
        for group in range(told.num_row_groups):
            counted = told.row_group(group).column(place).statistics
            if counted is None or counted.null_count:
                found.append(field.name)
                break
    return found


def _united(heads: pd.DataFrame, schemas: Sequence[pa.Schema]) -> pa.Schema:
    """Types that hold the values of all tables, as pandas would choose them.

    Parameters
    ----------
    heads : DataFrame
        A row of every kind of table, one below the other.
    """
    united = pa.Table.from_pandas(heads, preserve_index=False).schema
    for place, field in enumerate(united):
        if heads[field.name].dtype == object:  # one row does not tell what there is in others
            kinds = {s.field(field.name).type for s in schemas if field.name in s.names}
            kinds.discard(pa.null())
            if kinds:
                several = [pa.schema([(field.name, kind)]) for kind in sorted(kinds, key=str)]
                kind = pa.unify_schemas(several, promote_options="permissive").field(0).type
                united = united.set(place, pa.field(field.name, kind))
    return united


def _fitted(path: Path, schema: pa.Schema) -> pa.Table:
    """The columns of the schema, of its types; nothing but missing values where there is none."""
    with parquet(path) as file:
        names = set(file.schema_arrow.names)
        there = [name for name in schema.names if name in names]
        # The numbers of rows: of a table without any wanted column, too.
        n, table = file.metadata.num_rows, file.read(columns=there, use_threads=False)
    columns = [_cast(table, field) if field.name in there else pa.nulls(n, field.type)
               for field in schema]  # fmt: skip
    return pa.Table.from_arrays(columns, schema=schema)


def _in_pandas(table: pa.Table) -> pd.DataFrame:
    """Whole numbers stay whole where movies lack them."""
    found: pd.DataFrame = table.to_pandas(integer_object_nulls=True)
    return found


def _cast(table: pa.Table, field: pa.Field) -> pa.ChunkedArray:
    column = table.column(field.name)
    return column if column.type == field.type else column.cast(field.type, safe=False)


def _side_by_side(table: pa.Table, more: pa.Table) -> pa.Table:
    for name in more.column_names:
        table = table.append_column(name, more.column(name))
    return table
