"""Many real cells from labels to measures, through the commands."""

import numpy as np
import pandas as pd
import pytest

from faults.studies import lamella
from lamella.io import open_labels
from real_data import ROOT, needs_real_data

pytestmark = [
    *needs_real_data,
    pytest.mark.filterwarnings("always::lamella.core.errors.LamellaWarning"),
]


def test_every_stem_cell_of_the_truth_is_followed_and_measured(tmp_path):
    """Phase contrast, pancreatic stem cells, silver truth of the Cell Tracking Challenge."""
    data, scale = ROOT / "ctc_PhC-C2DL-PSC", ("--pixel-size-um", 1.6, "--interval-min", 10)
    truth = open_labels(data / "02_ST" / "SEG").frames.asarray()
    said = lamella("track", data / "02_ST" / "SEG", "-o", tmp_path / "tracked", *scale)
    assert said.code == 0, said.err
    assert "No sign that the field drifts" in said.out
    said = lamella("measure", data / "02", tmp_path / "tracked", "-o", tmp_path / "m", *scale)
    assert said.code == 0, said.err
    frames = pd.read_csv(tmp_path / "m" / "frames.csv")
    cells = pd.read_csv(tmp_path / "m" / "cells.csv")
    for t, rows in frames.groupby("frame"):
        true = np.bincount(truth[t].ravel())[1:]
        assert sorted(rows["area_px"].dropna()) == sorted(true[true > 0])
    # Cells keep the numbers that they were tracked by, and those of the truth in all but a few.
    table = pd.read_csv(tmp_path / "tracked" / "tracks.csv")
    place = table[["y_px", "x_px"]].round().astype(int).to_numpy()
    ids = truth[table["frame"], place[:, 0], place[:, 1]]
    inside = ids > 0  # a bent cell's centroid may lie beside it
    assert inside.mean() > 0.95
    pairs = pd.DataFrame({"cell": table["cell"][inside], "true": ids[inside]}).drop_duplicates()
    once = ~pairs["cell"].duplicated(keep=False) & ~pairs["true"].duplicated(keep=False)
    assert once.mean() > 0.8
    speed = cells.loc[cells["n_valid_pairs"] > 20, "mean_speed_um_per_min"]
    assert 0.02 < speed.median() < 0.3
