"""Real fields of two plates, from their file names to measures, through the commands."""

import pandas as pd
import pytest

from faults.studies import lamella
from lamella.run import execute
from real_data import ROOT, needs_real_data

pytestmark = needs_real_data


@pytest.fixture(autouse=True)
def no_report(monkeypatch):
    monkeypatch.setattr(execute, "write_report", lambda out: out / "report.html")


def test_a_channel_that_leaves_the_nucleus(tmp_path):
    """Two wells, FOXO-GFP: in the cytoplasm of the control, in the nuclei of the treated well."""
    (tmp_path / "map.csv").write_text(",1,12\nA,control,treated\n")
    said = lamella(
        "init", ROOT / "cp_sbs_foxo", "-p", "Channel{channel}-{n:d}-{row}-{column}.tif", "--stills",
        "--plate-map", tmp_path / "map.csv", "--nuclei", "ch2", "--cells", "ch1",
        "--pixel-size-um", "unknown", "-o", tmp_path,
    )  # fmt: skip
    assert said.code == 0, said.err
    checked = lamella("check", tmp_path)
    assert checked.code == 0, checked.err
    assert "seems to lie" not in checked.err
    said = lamella("run", tmp_path)
    assert said.code == 0, said.err
    cells = pd.read_csv(tmp_path / "results" / "tables" / "cells.csv")
    assert sorted(cells["well"].unique()) == ["A01", "A12"]
    ratio = "nucleus_cytoplasm_ratio__ch1"
    of = cells[cells["object"] == "cell"].groupby("condition")[ratio]
    assert of.count().min() > 100
    low, high = (of.quantile(q) for q in (0.25, 0.75))
    one, other = sorted(of.groups, key=of.median().get)
    assert high[one] < low[other]


def test_three_channels_under_names_of_ones_own(tmp_path):
    folder = ROOT / "cp_human_dna_ph3_actin"
    said = lamella(
        "init", folder, "-p", "AS_09125_050116030001_{well}f{field:d}{channel}.tif",
        "--stills", "--pixel-size-um", "unknown", "-o", tmp_path,
    )  # fmt: skip
    assert said.code == 0, said.err
    file = tmp_path / "study.toml"
    text = file.read_text()
    for mark, name in (("d0", "DNA"), ("d1", "PH3"), ("d2", "actin")):
        text = text.replace(f'{mark} = "{mark}"', f'{name} = "{mark}"')
        text = text.replace(f'channel = "{mark}"', f'channel = "{name}"')
    file.write_text(text)
    checked = lamella("check", tmp_path)
    assert checked.code == 0, checked.err
    assert "DNA, PH3, actin" in checked.out
    assert "seems to lie" not in checked.err
    samples = pd.read_csv(tmp_path / "samples.csv", dtype=str)
    assert samples[["well", "field"]].to_numpy().tolist() == [["D03", "00"]]
    said = lamella("run", tmp_path)
    assert said.code == 0, said.err
    cells = pd.read_csv(tmp_path / "results" / "tables" / "cells.csv")
    nuclei = cells[cells["object"] == "nucleus"]
    assert 150 < len(nuclei) < 400
    # A few nuclei are in mitosis; a tenth of the brightest one is far above the others.
    assert (
        3 <= (nuclei["intensity_mean__PH3"] > 0.4 * nuclei["intensity_mean__PH3"].max()).sum() < 30
    )
