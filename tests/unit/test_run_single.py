"""Measuring one movie with labels from elsewhere."""

import numpy as np
import pandas as pd
import pytest

from lamella.core.errors import FaultsError, InputError, LamellaWarning, SettingsError
from lamella.core.frames import ArrayFrames
from lamella.core.movie import Scale, regular_times
from lamella.io import tiff
from lamella.measure import Sightings
from lamella.preprocess import PercentileOutside
from lamella.run.measure import measure_movie, measures_from
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


class TestWhatToMeasure:
    """Options of `lamella measure`, by the names of study.toml."""

    def test_a_setting_of_a_group(self):
        settings = measures_from(["lamellipodium.percentile=40", "background.method=percentile"])
        assert settings.lamellipodium.percentile == 40
        assert isinstance(settings.background, PercentileOutside)

    def test_groups_that_are_not_named_are_off(self):
        assert list(measures_from([], groups="migration").groups) == ["migration"]

    def test_a_group_that_is_not_known_is_named_with_those_that_are(self):
        with pytest.raises(SettingsError, match=r"'edges'.*migration, .*edge"):
            measures_from([], groups="migration,edges")

    def test_a_misspelt_setting_is_refused_by_name(self):
        with pytest.raises(FaultsError, match=r"percentil: unknown.*did you mean 'percentile'"):
            measures_from(["lamellipodium.percentil=40"])

    def test_a_study_is_the_start(self, tmp_path):
        (tmp_path / "study.toml").write_text(
            "[measure]\nmigration = false\n[measure.sightings]\nmin_iou = 0.1\n"
        )
        settings = measures_from(["sightings.min_area_fraction=0.2"], study=tmp_path)
        assert settings.sightings == Sightings(min_iou=0.1, min_area_fraction=0.2)
        assert "migration" not in settings.groups
        assert "migration" in measures_from([], groups="migration", study=tmp_path).groups
