"""`lamella stats` on tables that hold little, hold nonsense, or come from a spreadsheet.

An answer or one plain refusal; never a traceback, never a warning of a library.
"""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from faults.studies import Said, lamella
from lamella.core.errors import LamellaWarning
from lamella.run.stats import compare_table
from lamella.statistics import Contrasts

EFFECTS, MODELS, CONDITIONS = "effects.csv", "models.csv", "conditions.csv"
ACROSS, THESE = "across_sessions", "these_sessions"


def cells(
    conditions: tuple[str, ...] = ("WT", "KO"),
    sessions: tuple[str, ...] = ("a", "b", "c"),
    movies: int = 3,
    n: int = 4,
    effect: float = 2.0,
    seed: int = 3,
) -> pd.DataFrame:
    """Cells of every condition in every session; each condition is `effect` above the one before.

    Cells scatter by 1, sessions by 1.
    """
    rng = np.random.default_rng(seed)
    day = dict(zip(sessions, rng.standard_normal(len(sessions)), strict=True))
    rows = [
        (f"{condition}_{session}_{movie}", condition, session, effect * k + day[session])
        for k, condition in enumerate(conditions)
        for session in sessions
        for movie in range(movies)
        for _ in range(n)
    ]
    table = pd.DataFrame(rows, columns=["movie", "condition", "session", "speed"])
    return table.assign(speed=table["speed"] + rng.standard_normal(len(table)))


def stats(folder: Path, table: pd.DataFrame | str | bytes, *options: object) -> Said:
    """Run the command; a warning of a library is an error."""
    path = folder / "cells.csv"
    if isinstance(table, pd.DataFrame):
        table.to_csv(path, index=False)
    else:
        path.write_bytes(table.encode() if isinstance(table, str) else table)
    given = ["--value", "speed"]
    given += [] if "--condition" in options else ["--condition", "condition"]
    given += [] if "--session" in options or "--bare" in options else ["--session", "session"]
    options = tuple(option for option in options if option != "--bare")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("default", LamellaWarning)
        said = lamella("stats", path, *given, *options, "-o", folder / "out")
    assert "Traceback" not in said.err
    assert "unexpected" not in said.err
    assert said.code in (0, 2)
    return said


def told(folder: Path, name: str = EFFECTS) -> pd.DataFrame:
    return pd.read_csv(folder / "out" / name, dtype={"session": str, "condition": str})


def overall(folder: Path, claim: str = THESE) -> pd.DataFrame:
    effects = told(folder)
    return effects[(effects["claim"] == claim) & (effects["session"] == "all")]


def refused(said: Said, says: str) -> None:
    """One line that says what is wrong and what to do."""
    assert said.code == 2
    lines = said.err.strip().splitlines()
    assert len(lines) == 1
    assert re.search(says, lines[0])


def test_a_usual_table(tmp_path):
    assert stats(tmp_path, cells()).code == 0
    row = overall(tmp_path).iloc[0]
    assert row["estimate_low"] < 2 < row["estimate_high"]
    assert row["p"] < 0.01
    assert overall(tmp_path, ACROSS)["n_sessions"].tolist() == [3]


def test_pictures_of_the_user_stay(tmp_path):
    figures = tmp_path / "out" / "figures"
    figures.mkdir(parents=True)
    for name in ("mine.png", "mine.svg"):
        (figures / name).write_bytes(b"drawn by hand")
    refused(stats(tmp_path, cells()), "figures: it is there already; use --force")
    assert stats(tmp_path, cells(), "--force").code == 0
    assert {path.suffix for path in figures.glob("mine.*")} == {".png", ".svg"}
    drawn = figures / "replication_speed.svg"
    assert drawn.is_file()
    # What an earlier time drew, and this one cannot, goes.
    assert stats(tmp_path, cells(sessions=("a",)), "--force").code == 0
    assert not drawn.exists()
    assert (figures / "mine.png").is_file()


def test_the_folder_of_a_run_is_left_alone(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "study.lock.toml").write_text("")
    refused(stats(tmp_path, cells(), "--force"), "it is the folder of a run")


def test_one_cell_per_condition(tmp_path):
    table = cells(sessions=("a",), movies=1, n=1)
    assert stats(tmp_path, table).code == 0
    row = overall(tmp_path).iloc[0]
    assert row["estimate"] == pytest.approx(table["speed"].diff().iloc[-1])
    assert np.isnan([row["p"], row["estimate_low"], row["cohens_d"]]).all()
    assert row["verdict"]


def test_one_session_says_nothing_across_sessions(tmp_path):
    assert stats(tmp_path, cells(sessions=("a",))).code == 0
    assert overall(tmp_path)["p"].notna().all()
    across = overall(tmp_path, ACROSS).iloc[0]
    assert np.isnan([across["p"], across["estimate_low"]]).all()
    assert "session" in across["verdict"]


def test_no_sessions_at_all(tmp_path):
    assert stats(tmp_path, cells().drop(columns="session"), "--bare").code == 0
    assert overall(tmp_path)["p"].notna().all()
    assert overall(tmp_path, ACROSS)["p"].isna().all()


@pytest.mark.parametrize("effect", [0.0, 2.0])
def test_values_without_scatter(tmp_path, effect):
    table = cells()
    table["speed"] = 5 + effect * (table["condition"] == "KO")
    assert stats(tmp_path, table).code == 0
    for claim in (THESE, ACROSS):
        row = overall(tmp_path, claim).iloc[0]
        assert row["estimate"] == pytest.approx(effect, abs=1e-12)
        assert np.isnan(row["p"])
        assert np.isnan(row["cohens_d"])
        assert isinstance(row["verdict"], str)


def test_values_that_are_not_numbers(tmp_path):
    table = cells()
    table.loc[::5, "speed"] = np.nan
    table.loc[1::5, "speed"] = np.inf
    table.loc[2::5, "speed"] = -np.inf
    assert stats(tmp_path, table).code == 0
    row = overall(tmp_path).iloc[0]
    kept = table[np.isfinite(table["speed"])]
    assert (
        row["n_cells_missing"]
        == (table["condition"] == "KO").sum() - (kept["condition"] == "KO").sum()
    )
    assert np.isfinite([row["estimate"], row["p"]]).all()


def test_no_value_at_all(tmp_path):
    assert stats(tmp_path, cells().assign(speed=np.nan)).code in (0, 2)
    table = cells()
    table.loc[table["condition"] == "KO", "speed"] = np.nan
    assert stats(tmp_path, table, "--force").code == 0
    assert overall(tmp_path)["p"].isna().all()


def test_a_condition_that_one_session_lacks(tmp_path):
    table = cells()
    table = table[~((table["condition"] == "KO") & (table["session"] == "b"))]
    assert stats(tmp_path, table).code == 0
    assert overall(tmp_path)["p"].notna().all()
    assert overall(tmp_path, ACROSS)["n_sessions"].tolist() == [2]


def test_a_condition_of_a_session_of_its_own(tmp_path):
    table = cells(sessions=("a", "b"))
    kept = (table["condition"] == "WT") == (table["session"] == "a")
    assert stats(tmp_path, table[kept]).code == 0
    for claim in (THESE, ACROSS):
        row = overall(tmp_path, claim).iloc[0]
        assert np.isnan(row["p"])
        assert "session" in row["verdict"]


def test_cells_without_a_session(tmp_path):
    table = cells()
    table.loc[::3, "session"] = np.nan
    assert stats(tmp_path, table).code == 0
    table["session"] = np.nan
    assert stats(tmp_path, table, "--force").code == 0
    assert overall(tmp_path, ACROSS)["p"].isna().all()


def test_a_condition_that_is_the_session(tmp_path):
    assert stats(tmp_path, cells(), "--condition", "session").code == 0
    assert overall(tmp_path)["p"].isna().all()


def test_a_condition_in_a_column_called_session_and_the_reverse(tmp_path):
    table = cells().rename(columns={"condition": "session", "session": "condition"})
    assert stats(tmp_path, table, "--condition", "session", "--session", "condition").code == 0
    assert overall(tmp_path)["condition"].tolist() == ["KO"]


def test_only_the_columns_that_are_needed(tmp_path):
    assert stats(tmp_path, cells()[["condition", "speed"]], "--bare").code == 0
    assert overall(tmp_path)["n"].tolist() == [36]


def test_rows_without_a_movie_count_by_themselves_and_it_is_said(tmp_path):
    said = stats(tmp_path, cells().drop(columns="movie"))
    assert "72 rows counts as one" in said.err
    assert "--unit" in said.err
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Each row counts as one" in page


def test_of_rows_with_a_movie_or_unit_nothing_is_said(tmp_path):
    assert "counts as one" not in stats(tmp_path, cells()).err
    table = cells().rename(columns={"movie": "well"})
    assert "counts as one" not in stats(tmp_path, table, "--unit", "well", "--force").err


def test_one_condition(tmp_path):
    said = stats(tmp_path, cells(("WT",)))
    assert said.code == 0
    assert "nothing is compared" in said.err
    assert "'WT'" in said.err
    assert len(told(tmp_path)) == 0
    assert len(told(tmp_path, CONDITIONS)) > 0


def test_rows_without_a_condition(tmp_path):
    table = cells()
    table.loc[:3, "condition"] = np.nan
    assert stats(tmp_path, table).code == 0
    assert overall(tmp_path)["n_cells_left_out"].tolist() == [4]
    table["condition"] = np.nan
    refused(stats(tmp_path, table, "--force"), "no row has a condition")


def test_forty_conditions(tmp_path):
    names = tuple(f"siRNA {k:02d}" for k in range(40))
    table = cells(names, sessions=("a", "b"), movies=2, n=1, effect=0.1)
    assert stats(tmp_path, table, "--reference", "siRNA 00").code == 0
    assert len(overall(tmp_path)) == 39


def test_doses_are_names(tmp_path):
    table = cells(("0", "0.5", "10"))
    assert stats(tmp_path, table, "--reference", "0").code == 0
    assert overall(tmp_path)["condition"].tolist() == ["0.5", "10"]
    # Numbers of a column that is not known to hold names, one of them missing.
    table["dose"] = table["condition"].astype(float)
    table.loc[0, "dose"] = np.nan
    assert stats(tmp_path, table, "--reference", "0", "--condition", "dose", "--force").code == 0
    assert overall(tmp_path)["condition"].tolist() == ["0.5", "10"]


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "$x^2",
        "wild type",
        "野生型 – µm ☃",
        "n" * 300,
        'a "quoted", name',
        "=1+1",
        "two\nlines",
        "a/b\\c",
    ],
)
def test_any_name(tmp_path, name):
    assert stats(tmp_path, cells(("WT", name), sessions=("a", name))).code == 0
    assert overall(tmp_path)["condition"].tolist() == [name]
    for page in (tmp_path / "out").rglob("*.html"):
        assert "<script>alert" not in page.read_text(encoding="utf-8")
    for drawing in (tmp_path / "out").rglob("*.svg"):
        assert "<script>alert" not in drawing.read_text(encoding="utf-8")


REFUSED: dict[str, tuple[Callable[[], str | bytes], str]] = {
    "text among the numbers": (
        lambda: (
            cells().astype({"speed": object}).replace({"speed": {}}).to_csv(index=False)
            + "WT_a_0,WT,a,fast\n"
        ),
        r"'speed' is not numeric: it holds 'fast'",
    ),
    "a column twice": (
        lambda: cells().to_csv(index=False).replace("movie,", "speed,", 1),
        "the column 'speed' is there 2 times",
    ),
    "no row": (lambda: "movie,condition,session,speed\n", "it has no rows"),
    "no byte": (lambda: "", "empty"),
    "only blank lines": (lambda: "\n\n", "cells.csv"),
    "a workbook's first bytes": (lambda: b"PK\x03\x04\x00\x00", "cells.csv"),
    "a session called all": (
        lambda: cells(sessions=("a", "all")).to_csv(index=False),
        "a session is named 'all'",
    ),
    "a mark of missing values": (
        lambda: cells().assign(speed=1.7976931348623157e308).to_csv(index=False),
        "too large to compute with",
    ),
    "not the column": (
        lambda: cells().rename(columns={"speed": "velocity"}).to_csv(index=False),
        "'speed' is not in the table",
    ),
}


def _below_the_header(text: str, *rows: str) -> str:
    header, _, rest = text.partition("\n")
    return "\n".join([header, *rows, rest])


SPELLINGS: dict[str, Callable[[pd.DataFrame], str | bytes]] = {
    "semicolons and decimal commas": lambda c: c.to_csv(index=False, sep=";", decimal=","),
    "tabs": lambda c: c.to_csv(index=False, sep="\t"),
    "UTF-16": lambda c: c.to_csv(index=False).encode("utf-16"),
    "a byte order mark": lambda c: c.to_csv(index=False).encode("utf-8-sig"),
    "a title above": lambda c: "exported today\n\n" + c.to_csv(index=False),
    "names and units below the header": lambda c: _below_the_header(
        c.to_csv(index=False), "Movie,Condition,Session,Track mean speed", "M,C,S,Speed",
        ",,,(micron/min)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_tables_of_other_programs(tmp_path, spelling):
    table = cells()[["movie", "condition", "session", "speed"]]
    (tmp_path / "ours").mkdir()
    assert stats(tmp_path / "ours", table).code == 0
    assert stats(tmp_path, SPELLINGS[spelling](table)).code == 0
    pd.testing.assert_frame_equal(overall(tmp_path), overall(tmp_path / "ours"))


@pytest.mark.parametrize("fault", REFUSED)
def test_one_plain_refusal(tmp_path, fault):
    make, says = REFUSED[fault]
    refused(stats(tmp_path, make()), says)
    assert not (tmp_path / "out").exists()


def test_every_kind_of_object_by_itself(tmp_path):
    table = pd.concat([cells().assign(object="cell"), cells(seed=4).assign(object="nucleus")])
    assert stats(tmp_path, table).code == 0
    assert overall(tmp_path)["object"].tolist() == ["cell", "nucleus"]


def test_a_reference_that_is_not_there(tmp_path):
    refused(stats(tmp_path, cells(), "--reference", "wt"), "reference.*'wt'.*WT, KO")


def test_a_spreadsheet_marks_its_text_with_a_bom_and_windows_line_ends(tmp_path):
    plain = cells().to_csv(index=False)
    assert stats(tmp_path, plain).code == 0
    first = told(tmp_path)
    saved = b"\xef\xbb\xbf" + plain.replace("\n", "\r\n").encode()
    assert stats(tmp_path, saved, "--force").code == 0
    pd.testing.assert_frame_equal(told(tmp_path), first)


def test_a_million_cells(tmp_path, monkeypatch):
    """In half a minute of the processor, the figures aside."""
    n = 1_000_000
    rng = np.random.default_rng(1)
    condition, session, movie = (rng.integers(0, k, n) for k in (3, 4, 20))
    table = pd.DataFrame(
        {
            "movie": pd.Series(condition * 1000 + session * 100 + movie).astype(str),
            "condition": np.array(["WT", "KO", "KI"])[condition],
            "session": np.array(["a", "b", "c", "d"])[session],
            "speed": rng.standard_normal(n) + 0.2 * (condition == 1),
        }
    )
    table.to_parquet(tmp_path / "cells.parquet")
    monkeypatch.setattr("lamella.report.pictures.pictures", lambda report: [])
    started = time.process_time()
    tables = compare_table(
        tmp_path / "cells.parquet",
        tmp_path / "out",
        Contrasts(measures=("speed",), reference="WT"),
    )
    assert time.process_time() - started < 30
    effects = tables.effects
    found = effects[(effects["claim"] == THESE) & (effects["session"] == "all")]
    assert found.set_index("condition").loc["KO", "estimate"] == pytest.approx(0.2, abs=0.03)
