"""Workbooks: what was in the tables is in the cells, and nothing else happens in Excel."""

import warnings

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamella.core.errors import InputError, OutputError, SettingsError
from lamella.io import excel, write_table
from lamella.io.excel import Sheet, sheet_name, write_workbook
from lamella.run.workbook import export_workbook

HOSTILE = ['=cmd|" /C calc"!A0', "=1+1", "#REF!", "+1", "@SUM(A1)", "-2", "a\x07b", "", "µm²"]


def cells_of(path, name):
    sheet = openpyxl.load_workbook(path)[name]
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_numbers_text_and_what_is_missing(tmp_path):
    table = pd.DataFrame(
        {"text": ["a", None, "c"], "area": [1.5, np.nan, np.inf],
         "n": pd.array([1, None, 3], "Int64"), "flag": [True, False, True],
         "small": np.array([1, 2, 3], np.uint8)}
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert write_workbook(tmp_path / "w.xlsx", [Sheet("wt", table)]) == ["wt"]
    assert cells_of(tmp_path / "w.xlsx", "wt") == [
        ["text", "area", "n", "flag", "small"],
        ["a", 1.5, 1, True, 1],
        [None, None, None, False, 2],
        ["c", "inf", 3, True, 3],
    ]


def test_text_never_becomes_a_formula_or_an_error(tmp_path):
    table = pd.DataFrame({"=name": HOSTILE})
    write_workbook(tmp_path / "w.xlsx", [Sheet("x", table)])
    sheet = openpyxl.load_workbook(tmp_path / "w.xlsx")["x"]
    values = [cell for (cell,) in sheet.iter_rows()]
    assert {cell.data_type for cell in values if cell.value is not None} == {"s"}
    told = [cell.value for cell in values]
    assert told[:6] == ["=name", *HOSTILE[:5]]
    assert told[7] == "a\ufffdb"


@settings(max_examples=200, deadline=None)
@given(wished=st.lists(st.text(max_size=45), max_size=8))
def test_names_of_sheets_are_what_excel_takes(wished):
    taken = []
    for name in wished:
        taken.append(sheet_name(name, taken))
    assert len({name.lower() for name in taken}) == len(taken)
    for name in taken:
        assert 0 < len(name) <= 31
        assert not set(name) & set("[]:*?/\\")
        assert name[0] != "'" != name[-1]
        assert name.lower() != "history"


def test_names_are_told_apart_after_they_are_cut(tmp_path):
    long = "siRNA against a gene of a very long name"
    tables = [Sheet(f"{long} {i}", pd.DataFrame({"i": [i]})) for i in range(11)]
    names = write_workbook(tmp_path / "w.xlsx", tables)
    assert names[0] == long[:31].rstrip()
    assert names[1].endswith(" (2)")
    assert names[10].endswith(" (11)")
    assert [cells_of(tmp_path / "w.xlsx", name)[1] for name in names] == [[i] for i in range(11)]


def test_more_rows_than_a_sheet_holds_go_on_in_the_next(tmp_path):
    table = pd.DataFrame({"i": range(10)})
    names = write_workbook(tmp_path / "w.xlsx", [Sheet("wt", table)], most_rows=5)
    assert names == ["wt", "wt (2)", "wt (3)"]
    found = [cells_of(tmp_path / "w.xlsx", name) for name in names]
    assert [rows[0] for rows in found] == [["i"]] * 3
    assert [value for rows in found for (value,) in rows[1:]] == list(range(10))
    wide = pd.DataFrame(np.zeros((1, excel.MOST_COLUMNS + 1)))
    with pytest.raises(OutputError, match="16385 columns"):
        write_workbook(tmp_path / "no.xlsx", [Sheet("wide", wide)])
    assert not (tmp_path / "no.xlsx").exists()
    assert write_workbook(tmp_path / "e.xlsx", [Sheet("none", table.iloc[:0])]) == ["none"]
    assert cells_of(tmp_path / "e.xlsx", "none") == [["i"]]


def planted_run(folder):
    """What a workbook is made of in the folder of a run."""
    (folder / "study.lock.toml").write_text(
        '[settings]\ntitle = "EdU"\n[versions]\nlamella = "0"\n'
    )
    cells = pd.DataFrame(
        {"movie": ["a", "a", "b"], "object": "cell", "cell": [1, 2, 1],
         "condition": ["control", "control", "=drug [10 µM]"], "area_um2": [1.0, np.nan, 3.0],
         "persistence": np.nan}
    )  # fmt: skip
    write_table(folder / "tables/cells.parquet", cells)
    write_table(folder / "tables/wells.csv", pd.DataFrame({"well": ["A1"], "n": [3]}))
    return folder


def test_a_sheet_per_condition_behind_one_that_explains(tmp_path, lamella):
    run = planted_run(tmp_path)
    code, out, err = lamella("export", run, "--to", "excel", "-o", tmp_path / "study.xlsx")
    assert code == 0, err
    assert "About, control, =drug _10 µM_, wells" in out
    book = openpyxl.load_workbook(tmp_path / "study.xlsx")
    assert book.sheetnames == ["About", "control", "=drug _10 µM_", "wells"]
    header, first, second = cells_of(tmp_path / "study.xlsx", "control")
    assert header == ["movie", "object", "cell", "condition", "area_um2"]
    assert first == ["a", "cell", 1, "control", 1]
    assert second[-1] is None
    assert cells_of(tmp_path / "study.xlsx", "=drug _10 µM_")[1][3] == "=drug [10 µM]"
    about = cells_of(tmp_path / "study.xlsx", "About")
    assert about[0][0] == "EdU"
    assert ["area_um2", "µm²"] in [row[:2] for row in about]
    assert ["control", "2"] in [row[:2] for row in about]


def test_tables_of_one_movie(tmp_path):
    write_table(tmp_path / "m/cells.csv", pd.DataFrame({"cell": [1]}))
    assert export_workbook(tmp_path / "m", tmp_path / "m.xlsx") == ["About", "cells"]


def test_what_is_refused(tmp_path):
    run = planted_run(tmp_path)
    (tmp_path / "there.xlsx").touch()
    for source, out, kind, words in (
        (run, "study.csv", SettingsError, "end"),
        (run, "there.xlsx", OutputError, "there already; use --force"),
        (tmp_path / "nothing", "x.xlsx", InputError, "no tables"),
    ):
        with pytest.raises(kind, match=words):
            export_workbook(source, tmp_path / out)
    assert (tmp_path / "there.xlsx").stat().st_size == 0
    assert not (tmp_path / "x.xlsx").exists()


@pytest.mark.parametrize("dtype", ["str", "string", "object", "float64"])
def test_columns_that_are_missing_in_every_row_are_empty(tmp_path, dtype):
    missing = pd.Series([None, None], dtype=dtype)
    write_workbook(tmp_path / "a.xlsx", [Sheet("a", pd.DataFrame({"n": [1, 2], "why": missing}))])
    found = pd.read_excel(tmp_path / "a.xlsx")
    assert found["n"].tolist() == [1, 2]
    assert found["why"].isna().all()
