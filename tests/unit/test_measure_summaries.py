"""Summaries per cell against pandas' and numpy's own."""

import warnings

import numpy as np
import pandas as pd
import pytest

from lamella.core.table import Col
from lamella.measure.summaries import CellRows


@pytest.fixture
def table():
    """Three objects sets of cells, rows in no order, values missing or infinite here and there."""
    rng = np.random.default_rng(5)
    n = 900
    values = rng.normal(1e6, 1, (n, 2))
    values[rng.random((n, 2)) < 0.3] = np.nan
    values[rng.random((n, 2)) < 0.02] = np.inf
    table = pd.DataFrame(values, columns=["a", "b"])
    table[Col.OBJECT] = rng.choice(["cell", "nucleus", "zone"], n)
    table[Col.CELL] = rng.integers(1, 60, n)
    table["flag"] = rng.random(n) < 0.5
    return table


def test_they_are_those_of_pandas(table):
    rows = CellRows.of(table)
    found = rows.summaries(table, ["a", "b", "flag"])
    finite = table.replace(np.inf, np.nan).astype({"flag": float})
    groups = finite.groupby([Col.OBJECT, Col.CELL])[["a", "b", "flag"]]
    names = {
        "mean": "mean",
        "sd": "std",
        "median": "median",
        "minimum": "min",
        "maximum": "max",
    }
    for field, name in names.items():
        expected = getattr(groups, name)().reset_index(drop=True)
        pd.testing.assert_frame_equal(getattr(found, field), expected, rtol=1e-9)
    pd.testing.assert_frame_equal(found.n, groups.count().reset_index(drop=True))
    total = groups.sum(min_count=1).reset_index(drop=True)
    pd.testing.assert_frame_equal(found.total, total, rtol=1e-12)
    keys = groups.count().index.to_frame(index=False)
    pd.testing.assert_frame_equal(rows.cells, keys, check_dtype=False)


def test_cells_that_are_asked_for_come_in_that_order(table):
    wanted = pd.DataFrame({Col.OBJECT: ["zone", "cell", "cell"], Col.CELL: [7, 1000, 3]})
    rows = CellRows.of(table, wanted)
    found = rows.summaries(table, ["a"])
    assert found.n["a"].tolist() == [
        np.isfinite(table["a"][(table[Col.OBJECT] == name) & (table[Col.CELL] == cell)]).sum()
        for name, cell in [("zone", 7), ("cell", 1000), ("cell", 3)]
    ]
    assert np.isnan(found.mean["a"][1])
    rows_of_zone_7 = rows.order[rows.start[0] : rows.start[1]]
    assert (table.iloc[rows_of_zone_7][[Col.OBJECT, Col.CELL]] == ["zone", 7]).all(axis=None)


def test_a_single_object_set_gives_the_same(table):
    one = table[table[Col.OBJECT] == "cell"].reset_index(drop=True)
    alone = CellRows.of(one).summaries(one, ["a"]).mean
    among = CellRows.of(table)
    of_all = among.summaries(table, ["a"]).mean
    pd.testing.assert_frame_equal(alone, of_all[: len(alone)])


def test_rows_that_do_not_count(table):
    where = table["flag"].to_numpy()
    found = CellRows.of(table).summaries(table, ["a"], where=where)
    kept = table.assign(a=table["a"].where(where))
    pd.testing.assert_frame_equal(found.mean, CellRows.of(table).summaries(kept, ["a"]).mean)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_values_are_defined_and_silent(n):
    table = pd.DataFrame({Col.OBJECT: ["cell"] * 3, Col.CELL: [4] * 3, "a": [np.nan] * 3})
    table.loc[: n - 1, "a"] = 5.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = CellRows.of(table).summaries(table, ["a"])
    assert found.n["a"].tolist() == [n]
    expected = [5.0] if n else [np.nan]
    for field in ("mean", "median", "minimum", "maximum"):
        np.testing.assert_array_equal(getattr(found, field)["a"], expected)
    np.testing.assert_array_equal(found.total["a"], [5.0 * n] if n else [np.nan])
    np.testing.assert_array_equal(found.sd["a"], [0.0] if n > 1 else [np.nan])


def test_nobody():
    table = pd.DataFrame({Col.OBJECT: pd.Series([], dtype=str), Col.CELL: [], "a": []})
    rows = CellRows.of(table)
    assert len(rows.summaries(table, ["a"]).mean) == len(rows.cells) == 0
    assert rows.start.tolist() == [0]
