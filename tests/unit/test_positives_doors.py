"""`lamella positives`: a table of one's own, from file to shares of wells."""

import pandas as pd
import pytest

from faults.studies import lamella
from worlds.plates import plate

BY_CONTROLS = ("-m", "controls", "--set", "condition=no_edu", "--set", "percentile=95")


@pytest.fixture
def table(tmp_path, monkeypatch):
    """Two plates whose wells and fields have the same names, as plates have; own column names."""
    parts = [plate(wells=2, fields=2, session=s, seed=n)[0] for n, s in enumerate(("p1", "p2"))]
    cells = pd.concat(parts, ignore_index=True)
    cells["movie"] = cells["well"] + "_" + cells["field"]
    own = cells.rename(columns={"condition": "drug", "session": "Platte"})
    own.to_csv(tmp_path / "own.csv", index=False)
    monkeypatch.chdir(tmp_path)
    return cells


@pytest.mark.parametrize("plates", [("--session", "Platte"), ("--by", "Platte")])
def test_fields_of_one_name_on_two_plates_are_two(table, tmp_path, plates):
    said = lamella(
        "positives", "own.csv", "-o", "out", "--measure", "EdU", *BY_CONTROLS, "--name", "edu",
        "--condition", "drug", *plates,
    )  # fmt: skip
    assert said.code == 0, said.err
    out = tmp_path / "out"
    thresholds, fields, wells = (
        pd.read_csv(out / f"{name}.csv") for name in ("thresholds", "fields", "wells")
    )
    assert thresholds["plate"].tolist() == ["p1", "p2"]
    assert (len(fields), len(wells)) == (24, 12)
    assert fields["movie"].is_unique
    assert (fields["n_objects__edu"] == 60).all()
    cells = pd.read_csv(out / "cells.csv")
    assert list(cells.columns[:3]) == ["movie", "drug", "Platte"]
    assert cells["movie"].tolist() == table["movie"].tolist()
    own = cells.groupby(["drug", "Platte", "well"])["positive__edu"].mean()
    counted = wells.set_index(["condition", "session", "well"])["positive_fraction__edu"]
    for key, share in own.items():
        assert counted[key] == pytest.approx(share)


def test_nothing_is_written_over_and_columns_that_lack_are_named(table):
    asked = ("positives", "own.csv", "-o", "out", "--measure", "EdU", *BY_CONTROLS)
    named = ("--condition", "drug", "--session", "Platte")
    assert lamella(*asked, *named).code == 0
    again = lamella(*asked, *named)
    assert again.code == 2
    assert "--force" in again.err
    said = lamella(*asked, "--condition", "dose", "--force")
    assert said.code == 2
    assert "there is no column 'dose'" in said.err
