"""Every example of docs/tables.md runs, and DuckDB and pandas read the same."""

import re
import shutil
import warnings
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from faults.studies import make_study, row, write_pixels
from lamella.core.errors import LamellaWarning
from lamella.run import execute
from lamella.run.execute import run_study
from lamella.run.study import open_study

PAGE = (Path(__file__).parents[2] / "docs/tables.md").read_text(encoding="utf-8")
SETTINGS = 'title = "Tables"\noutlines = false\n[statistics]\nmeasures = ["area_um2"]\n'


def examples(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A study whose last movie is blank."""
    folder = make_study(
        tmp_path_factory.mktemp("tables"), good=["good1"], rows=[row("z_blank")], settings=SETTINGS
    )
    write_pixels(folder / "raw/z_blank.tif", np.full((6, 64, 64), 100, np.uint16))
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore", LamellaWarning)
        patch.setattr(execute, "write_report", lambda out: out / "report.html")
        assert not run_study(open_study(folder), folder / "results").failed
    return folder


@pytest.fixture(autouse=True)
def there(study, monkeypatch):
    monkeypatch.chdir(study)


@pytest.mark.parametrize("query", examples("sql"))
def test_queries_of_the_page(query):
    found = duckdb.sql(query).df()
    assert len(found)
    assert found.notna().all(axis=None)


@pytest.mark.parametrize("code", examples("python"))
def test_code_of_the_page(code, capsys):
    exec(compile(code, "docs/tables.md", "exec"), {})
    assert capsys.readouterr().out


def test_there_are_examples():
    assert len(examples("sql")) == 4
    assert len(examples("python")) == 2


@pytest.mark.parametrize("kind", ["frames", "cells", "edge_events", "lags"])
def test_duckdb_and_pandas_read_the_same(kind):
    by_pandas = pd.read_parquet(f"results/tables/{kind}.parquet")
    by_duckdb = duckdb.sql(f"SELECT * FROM 'results/tables/{kind}.parquet'").df()
    assert len(by_pandas)
    assert list(by_duckdb) == list(by_pandas)
    for name in by_pandas:
        ours, theirs = by_pandas[name], by_duckdb[name]
        assert (ours.isna() == theirs.isna()).all(), name
        assert (ours.dropna().to_numpy() == theirs.dropna().to_numpy()).all(), name


def test_a_movie_in_which_nothing_was_found_does_not_hide_the_others(study, tmp_path):
    """Neither as the first of the files nor as the last."""
    for name in ("a_blank", "z_blank"):
        shutil.copytree(study / "results/movies/z_blank", tmp_path / name)
    shutil.copytree(study / "results/movies/good1", tmp_path / "good1")
    files = f"{tmp_path.as_posix()}/*/frames.parquet"
    found = duckdb.sql(f"SELECT * FROM '{files}'").df()
    known = pd.read_parquet(study / "results/movies/good1/frames.parquet")
    pd.testing.assert_frame_equal(
        found[list(known)].sort_values("frame", ignore_index=True), known, check_dtype=False
    )
