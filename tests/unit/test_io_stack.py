"""Tables of many movies as one: the same as pandas makes of them, in bounded memory."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lamella.core.errors import InputError
from lamella.core.table import in_order
from lamella.io import stack as io_stack
from lamella.io.stack import Stack
from lamella.io.tables import read_table, write_table

KEYS = ("movie", "cell")


def written(folder, tables):
    files = []
    for k, table in enumerate(tables):
        files.append(folder / f"{k}.parquet")
        write_table(files[-1], table)
    return files


def as_pandas_does(files, keys=KEYS):
    """All of them in memory: what the study's table was made from before it was streamed."""
    filled = [table for table in map(read_table, files) if len(table)]
    if not filled:
        return pd.DataFrame(columns=list(keys))
    whole = in_order(pd.concat(filled, ignore_index=True), keys)
    for name in whole.select_dtypes(object).columns:
        held = {type(value).__name__ for value in whole[name].dropna()}
        if held == {"int", "float"}:  # pandas leaves both, and Parquet knows one type a column
            whole[name] = whole[name].astype(float)
    return whole


def same(files, folder, **options):
    """CSV byte by byte, Parquet value by value and type by type."""
    folder.mkdir(exist_ok=True)
    whole = as_pandas_does(files)
    write_table(folder / "whole.csv", whole)
    write_table(folder / "whole.parquet", whole)
    stack = Stack(files, keys=KEYS)
    stack.write(folder, "streamed", **options)
    assert (folder / "streamed.csv").read_bytes() == (folder / "whole.csv").read_bytes()
    pd.testing.assert_frame_equal(
        pd.read_parquet(folder / "streamed.parquet"), pd.read_parquet(folder / "whole.parquet")
    )
    assert stack.names == list(whole.columns)
    assert stack.n_rows == len(whole)
    return stack


COLUMNS = {
    "whole": st.integers(-(2**40), 2**40),
    "real": st.floats(allow_nan=True, allow_infinity=False, width=64),
    "flag": st.booleans(),
    "flag_or_not": st.sampled_from([True, False, None]),
    "text": st.sampled_from(["a", "01", 'µ, "b"', None]),
    "nothing": st.none(),
    # Whole numbers in one movie, fractions or none in another.
    "either": st.one_of(st.integers(0, 9), st.none()),
}


@st.composite
def tables(draw):
    found = []
    for k in range(draw(st.integers(0, 4))):
        n = draw(st.integers(0, 3))
        names = draw(st.permutations(list(COLUMNS)))[: draw(st.integers(0, len(COLUMNS)))]
        rows = {name: [draw(COLUMNS[name]) for _ in range(n)] for name in names}
        found.append(pd.DataFrame({"cell": range(n), **rows, "movie": [f"m{k}"] * n}))
    return found


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tables())
@example([
    pd.DataFrame({"cell": [0], "either": [None], "movie": ["m0"]}),
    pd.DataFrame({"cell": [0, 1], "either": [0.0, None], "movie": ["m1"] * 2}),
    pd.DataFrame({"cell": [0], "either": [0], "movie": ["m2"]}),
])  # fmt: skip
def test_a_stack_is_what_pandas_makes_of_the_tables(tmp_path, found):
    same(written(tmp_path, found), tmp_path / "out")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([1, 2], [0.5, 1.5]),
        ([1, 2], [None, 1]),
        ([True, False], [None, None]),
        (["a", None], [None, None]),
        ([None, None], [0.5, None]),
        ([True, None], [True, False]),
        ([np.float32(0.1), np.float32(2)], [1, 2]),
        ([np.uint32(7), np.uint32(8)], [-1, 2]),
    ],
)
def test_columns_of_several_types(tmp_path, first, second):
    made = [
        pd.DataFrame({"movie": "a", "value": first}),
        pd.DataFrame({"movie": "b", "value": second}),
        pd.DataFrame({"movie": "c", "cell": [1, 2]}),
    ]
    for order in (made, made[::-1]):
        same(written(tmp_path, order), tmp_path / "out")


def test_row_groups_hold_whole_movies_and_no_more_than_wanted(tmp_path, monkeypatch):
    monkeypatch.setattr(io_stack, "VALUES_AT_ONCE", 30)  # ten rows of three columns
    lengths = [4, 0, 5, 7, 1, 12, 3]
    made = [
        pd.DataFrame({"movie": f"m{k}", "cell": range(n), "value": np.arange(n) / 7})
        for k, n in enumerate(lengths)
    ]
    stack = same(written(tmp_path, made), tmp_path / "out")
    told = pq.ParquetFile(tmp_path / "out/streamed.parquet").metadata
    groups = [told.row_group(k).num_rows for k in range(told.num_row_groups)]
    assert groups == [4 + 5 + 7, 1 + 12, 3]
    assert stack.places == [0, 2, 3, 4, 5, 6]


def test_further_columns_stand_beside_their_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(io_stack, "VALUES_AT_ONCE", 4)
    made = [pd.DataFrame({"movie": f"m{k}", "cell": range(3)}) for k in range(3)]
    stack = Stack(written(tmp_path, made), keys=KEYS)
    why = pd.DataFrame({"excluded": pd.Series([None, "torn", *[None] * 6, "x"], dtype="str")})
    stack.write(tmp_path, "frames", beside=why)
    for table in (
        pd.read_parquet(tmp_path / "frames.parquet"),
        read_table(tmp_path / "frames.csv"),
    ):
        assert table["excluded"].dropna().to_dict() == {1: "torn", 8: "x"}


def test_only_some_columns_are_read(tmp_path):
    made = [pd.DataFrame({"movie": "a", "cell": [1], "x": [0.5]}), pd.DataFrame({"movie": ["b"]})]
    stack = Stack(written(tmp_path, made), keys=KEYS)
    found = stack.read({"x", "movie", "never"})
    assert list(found.columns) == ["movie", "x"]
    assert found["movie"].tolist() == ["a", "b"]
    assert found["x"].isna().tolist() == [False, True]


def test_too_many_rows_for_a_spreadsheet(tmp_path, monkeypatch):
    files = written(tmp_path, [pd.DataFrame({"movie": "a", "cell": range(5)})])
    Stack(files, keys=KEYS).write(tmp_path, "frames")
    assert (tmp_path / "frames.csv").exists()
    monkeypatch.setattr(io_stack, "MOST_ROWS_IN_CSV", 4)
    Stack(files, keys=KEYS).write(tmp_path, "frames")
    assert not (tmp_path / "frames.csv").exists()


def test_a_damaged_table_is_named(tmp_path):
    (tmp_path / "frames.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(InputError, match=r"frames.parquet: it is not a Parquet table"):
        Stack([tmp_path / "frames.parquet"], keys=KEYS)
    assert not (tmp_path / "all.parquet").exists()
