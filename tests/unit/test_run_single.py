"""Measuring one movie with labels from elsewhere."""

import numpy as np
import pandas as pd
import pytest

from lamella.core.errors import InputError, LamellaWarning
from lamella.core.frames import ArrayFrames
from lamella.core.movie import Scale, regular_times
from lamella.io import tiff
from lamella.run.single import measure_movie
from worlds import disc


@pytest.fixture
def written(tmp_path):
    """A movie of two discs whose numbers change places in every other frame."""
    big, small = disc(10, (20, 20)), disc(6, (46, 46))
    frames = [big + 2 * small, 2 * big + small] * 3
    labels = np.stack(frames).astype(np.uint16)
    scale = Scale(0.5, regular_times(6, 2.0))
    tiff.write_movie(tmp_path / "cell.tif", {"GFP": ArrayFrames(labels * 100)}, scale=scale)
    tiff.write_labels(tmp_path / "labels.tif", ArrayFrames(labels), scale=scale, name="cell")
    return tmp_path


def test_numbers_that_are_no_track_ids_are_told(written):
    with pytest.warns(LamellaWarning, match=r"may not be track ids.*--largest"):
        measure_movie(written / "cell.tif", written / "labels.tif", written / "m")


def test_the_largest_object_can_be_followed(written):
    measure_movie(written / "cell.tif", written / "labels.tif", written / "m", largest=True)
    cells = pd.read_csv(written / "m" / "cells.csv")
    assert cells[["movie", "cell", "n_valid_pairs"]].to_numpy().tolist() == [["cell", 1, 5]]
    assert cells["mean_speed_um_per_min"].iloc[0] == 0
    columns = pd.read_csv(written / "m" / "columns.csv", index_col="column")
    assert columns.loc["mean_speed_um_per_min", "unit"] == "µm/min"
    assert set(cells.columns) <= set(columns.index)


def test_labels_without_any_object_are_refused(written):
    empty = ArrayFrames(np.zeros((6, 64, 64), np.uint16))
    tiff.write_labels(written / "none.tif", empty, scale=Scale(), name="cell")
    with pytest.raises(InputError, match=r"none.tif: it holds no object"):
        measure_movie(written / "cell.tif", written / "none.tif", written / "m")
    assert not (written / "m").exists()
