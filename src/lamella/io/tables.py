"""Tables as Parquet and CSV."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from lamella.core.errors import InputError, LamellaError
from lamella.core.table import Col
from lamella.io.atomic import whole_file
from lamella.io.declared import refuse_hollow_piece
from lamella.io.delimited import bounded_lines

# Names stay text even where they look like numbers: session "01" is not 1, nor is field "01".
TEXT_COLUMNS = [
    str(column)
    for column in (
        Col.MOVIE, Col.OBJECT, Col.CONDITION, Col.SESSION, Col.UNIT, Col.WELL, Col.FIELD,
        Col.REPLICATE, Col.POSITION, Col.ONLY_CHANNEL, Col.PATH, Col.EXCLUDE,
        Col.STAGE, Col.STATE, Col.MESSAGE, Col.MEASURE, Col.CLAIM, Col.REFERENCE, Col.NAME,
        Col.ANALYSIS, Col.OTHER_ANALYSIS, Col.OUTLINES, Col.SEGMENTER, Col.COMPARED_WITH,
        Col.SCORE, Col.EXCLUDED, Col.REASON, Col.WHO, Col.WHEN,
    )
]  # fmt: skip
# Since 3.1 pandas reads floats exactly unless told otherwise, and warns when told.
_EXACT: Any = (
    {}
    if tuple(map(int, pd.__version__.split(".")[:2])) >= (3, 1)
    else {"float_precision": "round_trip"}
)
MOST_ROWS_IN_CSV = 200_000
"""Longer tables are written as Parquet alone."""
_MOST_COLUMNS = 20_000
_CELL_BYTES = 8
_MISSING = ["", "NaN", "nan", "NA"]


def write_table(path: str | os.PathLike[str], table: pd.DataFrame) -> None:
    r"""Write a table, the index left out; ``.csv`` or ``.parquet`` decides the format.

    CSV is UTF-8 with ``\n``, floats as their shortest text that reads back equal, missing values
    empty. The same table gives the same bytes.
    """
    path = Path(path)
    plain = table.rename(columns=str)
    if _kind(path) == ".csv":
        with whole_file(path) as part:
            plain.to_csv(part, index=False, encoding="utf-8", lineterminator="\n")
    else:
        arrow = pa.Table.from_pandas(plain, preserve_index=False)
        # Opened here: after an error (a full disk) pyarrow would keep the file open.
        with whole_file(path) as part, part.open("wb") as file:
            pq.write_table(arrow, file, compression="zstd", write_page_checksum=True)


def write_readable(folder: Path, name: str, table: pd.DataFrame) -> str:
    """Write ``NAME.csv`` into the folder, or ``NAME.parquet`` where no spreadsheet would open it.

    Returns
    -------
    str
        The name of the file. One of the other kind, of an earlier time, is removed.
    """
    kinds = [".csv", ".parquet"]
    if len(table) > MOST_ROWS_IN_CSV:
        kinds.reverse()
    write_table(folder / f"{name}{kinds[0]}", table)
    (folder / f"{name}{kinds[1]}").unlink(missing_ok=True)
    return f"{name}{kinds[0]}"


def read_table(
    path: str | os.PathLike[str], *, columns: Collection[str] | None = None
) -> pd.DataFrame:
    """Read a table that :func:`write_table` or a spreadsheet wrote.

    Names (movie, condition, session, unit …) are read as text. Empty, NaN and NA are missing.

    Parameters
    ----------
    columns : collection of str, optional
        Those that are wanted, as far as they are there; in the order of the table. All by default.

    Raises
    ------
    InputError
        A file that is missing, empty, not UTF-8, not separated by commas, with two columns of one
        name, or with a row that is longer or shorter than the header.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(str(path), "there is no such file", "check the path")
    if path.stat().st_size == 0:
        raise InputError(str(path), "it is empty (0 bytes)", "give a table with a header line")
    if _kind(path) == ".parquet":
        with parquet(path) as file:
            wanted = None
            if columns is not None:
                wanted = [name for name in file.schema_arrow.names if name in columns]
            # In this thread: most tables are small, and there are many.
            frame: pd.DataFrame = file.read(columns=wanted, use_threads=False).to_pandas()
        refuse_header(path, list(map(str, frame.columns)))
        return frame
    _refuse_ragged(path)
    try:
        table: pd.DataFrame = pd.read_csv(
            path,
            encoding="utf-8-sig",
            **_EXACT,
            dtype=dict.fromkeys(TEXT_COLUMNS, "str"),
            keep_default_na=False,
            na_values=_MISSING,
        )
    except (ValueError, OverflowError) as error:  # such as a quote that is never closed
        raise InputError(str(path), f"it is not a CSV table ({error})", "save it again") from error
    return table if columns is None else table[[c for c in table.columns if c in columns]]


def parquet_writer(stream: BinaryIO, schema: pa.Schema) -> pq.ParquetWriter:
    """Writes tables into a stream, stored as those of `write_table` are."""
    return pq.ParquetWriter(stream, schema, compression="zstd", write_page_checksum=True)


@contextmanager
def parquet(path: Path) -> Iterator[pq.ParquetFile]:
    """A Parquet file, open while the block runs; its pages are held against their checksums.

    Raises
    ------
    InputError
        When it cannot be read, also of what the block reads from it, or declares far more than it
        holds.
    """
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            _refuse_hollow(path, file.metadata)
            yield file
    except (LamellaError, MemoryError):
        raise
    except Exception as error:  # a damaged file raises many kinds, of pyarrow, pandas and json
        told = " ".join(str(error).split())  # of several lines
        raise InputError(
            str(path), f"it is not a Parquet table ({told})", "write it again"
        ) from error


def _refuse_hollow(path: Path, told: pq.FileMetaData) -> None:
    """Few bytes may stand for any number of equal rows."""
    refuse_hollow_piece(
        str(path), "a table", told.num_rows * told.num_columns * _CELL_BYTES, path.stat().st_size
    )


def _kind(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".parquet"):
        raise InputError(
            str(path), f"tables do not end in {suffix or 'nothing'}", "use .csv or .parquet"
        )
    return suffix


def refuse_header(path: Path, names: Sequence[str]) -> None:
    """Raise the InputError of too many columns, or of two of one name.

    Of two nobody knows which is meant; pandas needs a moment for every column.
    """
    if len(names) > _MOST_COLUMNS:
        raise InputError(
            str(path),
            f"it has {len(names)} columns, more than {_MOST_COLUMNS}",
            "give a table with a row for each cell or frame",
        )
    twice = [name for name, n in Counter(names).items() if n > 1 and name]
    if twice:
        raise InputError(
            str(path),
            f"the column {twice[0]!r} is there {names.count(twice[0])} times",
            "give every column a name of its own",
        )


def _refuse_ragged(path: Path) -> None:
    """Pandas fills short rows silently and takes long ones for an index."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(bounded_lines(file, path))
            header = next(rows, [])
            if len(header) == 1 and ";" in header[0]:
                raise InputError(
                    str(path), "it is separated by semicolons", "save it separated by commas"
                )
            if not header:
                raise InputError(
                    str(path), "its first line is blank", "give a table with a header line"
                )
            refuse_header(path, header)
            for row in rows:
                if row and len(row) != len(header):
                    raise InputError(
                        str(path),
                        f"line {rows.line_num} has {len(row)} fields, the header {len(header)}",
                        "give every row one field a column",
                    )
    except UnicodeDecodeError as error:
        raise InputError(
            str(path), f"it is not UTF-8 text (byte {error.start})", "save it as CSV UTF-8"
        ) from error
    except csv.Error as error:
        raise InputError(str(path), f"it is not a CSV table ({error})", "save it again") from error
