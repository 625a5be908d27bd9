"""What a movie's tracks say that their user should act on."""

import warnings

import numpy as np
import pandas as pd
import pytest

from lamella.core.errors import LamellaWarning
from lamella.core.frames import ArrayFrames
from lamella.core.table import Col
from lamella.core.tracks import Tracks
from lamella.run.cautions import warn_of_doubt, warn_of_events
from lamella.track import Lap
from worlds import two_cells_crossing


def tracks_of(n_cells):
    links = pd.DataFrame({Col.CELL: range(1, n_cells + 1), Col.FRAME: 0, Col.LABEL: 1})
    return Tracks.from_links(links)


def events(*kinds):
    return pd.DataFrame({Col.KIND: list(kinds)})


class TestEvents:
    def test_many_tell_of_wrong_masks(self):
        many = events(*["size_break"] * 6, *["jump"] * 4, *["border"] * 30)
        with pytest.warns(LamellaWarning, match=r"a\.tif: 10 events .* 12 cells \(6 × size break"):
            warn_of_events(many, tracks_of(12), source="a.tif")

    @pytest.mark.parametrize(
        ("kinds", "n_cells"),
        [(["border", "gap"] * 20, 12), (["jump"] * 5, 12), (["jump"] * 4, 4), (["jump"] * 9, 1)],
        ids=["of no harm", "few for so many cells", "few", "one cell"],
    )
    def test_others_do_not(self, kinds, n_cells):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warn_of_events(events(*kinds), tracks_of(n_cells), source="a.tif")


class TestDoubt:
    def test_fast_cells_in_a_crowd_are_told(self):
        rng = np.random.default_rng(1)
        labels = np.zeros((6, 60, 60), np.uint16)
        for frame in labels:  # every frame another world
            places = rng.choice(3600, 40, replace=False)
            frame.ravel()[places] = np.arange(1, 41)
        frames = ArrayFrames(labels)
        with pytest.warns(LamellaWarning, match=r"b\.tif: only \d+% .* plain successor"):
            warn_of_doubt(Lap(), Lap().prepare(frames), source="b.tif")

    def test_plain_links_are_not_doubted(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            frames = ArrayFrames(two_cells_crossing(21))
            warn_of_doubt(Lap(), Lap().prepare(frames), source="c.tif")
