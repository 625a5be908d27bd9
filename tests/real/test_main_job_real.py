"""The main job on real movies, from a folder to a report."""

import numpy as np
import pandas as pd
import pytest

from lamella.core.table import Col
from lamella.evaluate import compare
from lamella.io import open_labels
from lamella.run.check import check_study
from lamella.run.execute import run_study
from lamella.run.init import find_movies, write_study
from lamella.run.study import open_study
from real_data import ROOT, needs_real_data

pytestmark = needs_real_data


def study_of(folder, pattern, into, *, settings="", **scale):
    write_study(
        ROOT / folder, find_movies(ROOT / folder, pattern), into, method="multiotsu", **scale
    )
    path = into / "study.toml"
    path.write_text(path.read_text().replace('foreground = "bright"', settings or "classes = 3"))
    return open_study(into)


def tables(out):
    return (
        pd.read_parquet(out / "tables" / "frames.parquet"),
        pd.read_parquet(out / "tables" / "cells.parquet"),
    )


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    study = study_of(
        "b16f1_edge",
        "{channel}_t00-15.tif",
        tmp_path_factory.mktemp("b16"),
        settings="smoothing_px = 2",
        pixel_size_um=0.153,
        interval_min="unknown",
    )
    return run_study(study, study.folder / "results")


class TestB16F1:
    """One cell, two channels in two files, no interval known: speed per frame."""

    def test_the_cell_is_found_in_every_frame(self, outcome):
        frames, cells = tables(outcome.out)
        assert not outcome.failed
        assert len(frames) == cells[Col.N_VALID_FRAMES].iloc[0] == 16
        # 512² field, outline checked by eye: 100 000 to 115 000 px.
        assert frames[Col.AREA_PX].between(95_000, 120_000).all()

    def test_steps_are_per_frame_and_speed_is_missing(self, outcome):
        _, cells = tables(outcome.out)
        assert np.isnan(cells[Col.MEAN_SPEED].iloc[0])
        assert 0.05 < cells[Col.MEAN_STEP_UM].iloc[0] < 0.3

    def test_both_channels_are_measured(self, outcome):
        _, cells = tables(outcome.out)
        for channel in ("ch1_VASP", "ch2_LPD"):
            assert cells[f"lam_cyto_ratio__{channel}"].iloc[0] > 1.2
            noise = cells[f"lam_cyto_ratio_noise__{channel}"].iloc[0]
            assert 1 < noise < cells[f"lam_cyto_ratio__{channel}"].iloc[0]

    def test_the_report_says_that_speed_is_per_frame(self, outcome):
        page = outcome.report.read_text()
        assert "ch2_LPD" in page
        assert "per frame" in page


def test_ricm_a_floating_point_movie_of_fringes(tmp_path):
    study = study_of(
        "celldetective",
        "ricm_{cell}.tif",
        tmp_path,
        settings='foreground = "either"\nsmoothing_px = 2.5',
        pixel_size_um=0.2,
        interval_min=1.0,
    )
    outcome = run_study(study, tmp_path / "results")
    frames, cells = tables(outcome.out)
    assert cells[Col.N_VALID_FRAMES].iloc[0] == len(frames) == 6
    assert 0.2 < cells[Col.MEAN_SPEED].iloc[0] < 1.0
    ours = open_labels(outcome.out / "movies" / "ricm_stack" / "labels" / "cell.ome.tif")
    theirs = open_labels(ROOT / "celldetective" / "ricm_labels")
    agreement = compare(ours.frames, theirs.frames, name="ricm")
    assert agreement[Col.IOU].min() > 0.88  # theirs are a model's output


def test_frames_in_a_folder_and_fields_of_labelled_cells_open(tmp_path):
    study = study_of(
        "ptk1_phase", "i{cell}", tmp_path / "a", pixel_size_um="unknown", interval_min="unknown"
    )
    (movie,) = check_study(study)
    assert movie.movie.channel().shape == (50, 672, 648)
    study = study_of("usiigaci/labelled", "{cell}/raw.tif", tmp_path / "b", pixel_size_um=0.87)
    checked = check_study(study)
    assert [c.fault for c in checked] == [""] * 3
    assert {c.movie.frame_shape for c in checked} == {(1022, 1024)}
