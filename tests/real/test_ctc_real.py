"""A silver truth of the Cell Tracking Challenge, as it is distributed."""

import numpy as np
import pytest

from lamella.core.errors import InputError
from lamella.io import open_labels
from lamella.io.ctc import is_ctc, read_ctc, read_ctc_segmentation, write_ctc
from real_data import ROOT, needs_real_data

pytestmark = needs_real_data
PLACE = ROOT / "ctc_PhC-C2DL-PSC" / "02_ST"


def test_silver_truth_has_every_frame_and_no_tracks():
    assert is_ctc(PLACE)
    masks = read_ctc_segmentation(PLACE)
    assert list(masks) == list(range(25))
    assert masks.frame_shape == (576, 720)
    assert masks.dtype == np.uint16
    plain = open_labels(PLACE / "SEG").frames
    for t in (0, 24):
        np.testing.assert_array_equal(masks[t], plain.frame(t))
    with pytest.raises(InputError, match="who is who is not told"):
        read_ctc(PLACE)


def test_its_persistent_numbers_are_tracks_that_survive_being_written(tmp_path):
    truth = read_ctc(PLACE, persistent_ids=True)
    assert truth.n_frames == 25
    assert not truth.tracks.parents
    lives = truth.tracks.links.groupby("cell")["frame"].agg(["min", "max", "size"])
    assert (lives["size"] == lives["max"] - lives["min"] + 1).all()
    write_ctc(tmp_path / "02_RES", truth)
    back = read_ctc(tmp_path / "02_RES")
    assert dict(back.tracks.first_last) == dict(truth.tracks.first_last)
    for t in (0, 12, 24):
        np.testing.assert_array_equal(back.labels.frame(t), truth.labels.frame(t))
