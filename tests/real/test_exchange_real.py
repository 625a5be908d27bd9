"""Tracks that other programs made go in, and published ones go through every format."""

import warnings

import numpy as np
import pandas as pd
import pytest

from lamella.core.errors import LamellaWarning
from lamella.io import open_labels
from lamella.io.formats import FORMATS
from lamella.run.exchange import Given, export_tracked, read_tracked
from lamella.run.join import join_to_labels
from real_data import ROOT, needs_real_data

pytestmark = needs_real_data

PLACES = ["cell", "frame", "y_px", "x_px"]


def test_celldetectives_trajectories_lie_on_its_labels():
    table = pd.read_csv(ROOT / "celldetective/ricm_trajectories.csv")
    given = Given(like=ROOT / "celldetective/ricm_stack.tif")
    points, notes = read_tracked(ROOT / "celldetective/ricm_trajectories.csv", given)
    assert "read as a table of celldetective" in notes[0]
    labels = open_labels(ROOT / "celldetective/ricm_labels")
    joined = join_to_labels(points, labels)
    assert (joined.n_under, joined.n_none) == (len(table), 0)
    found = joined.tracked.tracks.links
    assert found["label"].tolist() == table["class_id"].astype(int).tolist()
    # Its centroids, computed from the same pixels by another program, are ours.
    np.testing.assert_allclose(found["y_px"], table["POSITION_Y"], atol=1e-9)
    np.testing.assert_allclose(found["x_px"], table["POSITION_X"], atol=1e-9)


def test_usiigacis_table_is_known():
    tracked, notes = read_tracked(ROOT / "usiigaci/T98G/tracks.csv")
    table = pd.read_csv(ROOT / "usiigaci/T98G/tracks.csv")
    assert "read as a table of trackpy" in notes[0]
    assert len(tracked.tracks.links) == len(table)
    assert len(tracked.tracks.first_last) == table["particle"].nunique()


@pytest.mark.parametrize(
    "form", [each for each in FORMATS if each.read and each.write], ids=lambda form: form.name
)
def test_a_published_movie_goes_through_every_format(form, tmp_path):
    source = ROOT / "ctc_PhC-C2DL-PSC/02_ST/SEG"
    given = Given(options={"persistent_ids": True}, pixel_size_um=1.6, interval_min=10.0)
    truth, _ = read_tracked(source, given)
    out = tmp_path / f"o{form.suffix}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LamellaWarning)
        export_tracked(source, out, to=form.name, given=given)
    size = None if form.keeps.frame_size is True else truth.frame_shape
    back, _ = read_tracked(out, Given(frame_shape=size))
    assert back.frame_shape == truth.frame_shape
    assert back.n_frames == truth.n_frames == 25
    if form.keeps.gaps is True:
        order = PLACES[:2]
        a, b = (each.tracks.links.sort_values(order, ignore_index=True) for each in (back, truth))
        # Divided by the pixel size, or taken from the pixels again: the last digit is rounded.
        atol = 1e-10 if form.name in ("trackmate", "imagej") else 0.0
        pd.testing.assert_frame_equal(a[PLACES], b[PLACES], check_dtype=False, rtol=0, atol=atol)
    if form.keeps.scale is True:
        assert back.scale.pixel_size_um == 1.6
    if form.keeps.time:
        assert back.scale.interval_min == pytest.approx(10, abs=1e-12)
    if form.keeps.shapes is True:
        for t in (0, 12, 24):
            same = back.painted().frame(t) > 0
            np.testing.assert_array_equal(same, truth.painted().frame(t) > 0)
