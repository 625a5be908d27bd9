"""The sheets on which divisions are judged."""

import numpy as np
import pandas as pd
from division_pictures import DAUGHTERS, MOTHER, candidates_of, division_sheets
from PIL import Image

from lamella.core.frames import ArrayFrames
from lamella.core.labels import Labels
from lamella.core.table import Col
from lamella.io.track_ids import tracked_from_ids
from worlds import dividing_cell


def world():
    labels, parents = dividing_cell()
    tracked = tracked_from_ids(Labels.from_array(labels), {c: (p,) for c, p in parents.items()})
    raw = ArrayFrames((labels > 0) * 100.0 + np.arange(64)[None, None, :])
    return raw, tracked.labels.frames, tracked.tracks


def test_candidates_are_where_daughters_begin():
    found = candidates_of(world()[2])
    assert found[[Col.FRAME, Col.CELL]].to_numpy().tolist() == [[5, 1]]
    np.testing.assert_allclose(found[[Col.Y_PX, Col.X_PX]], [[31.5, 31.5]])


def test_a_sheet_shows_mother_and_daughters_in_their_frames(tmp_path):
    (path,) = division_sheets(*world(), folder=tmp_path, crop_px=41, enlarge=3)
    sheet = np.asarray(Image.open(path))
    side = 41 * 3 + 4
    assert sheet.shape == (2 * side + 16, 190 + 7 * side, 3)
    tiles = [sheet[16 + side :, 190 + k * side : 190 + (k + 1) * side] for k in range(7)]
    for t, tile in zip(range(2, 9), tiles, strict=True):
        seen = [(tile == colour).all(axis=2).any() for colour in (MOTHER, *DAUGHTERS)]
        assert seen == [t < 5, t >= 5, t >= 5]
    bare = sheet[16 : 16 + side, 190:]
    assert (bare == bare[..., :1]).all()


def test_events_of_others_at_the_edge_and_the_ends(tmp_path):
    events = pd.DataFrame({Col.FRAME: [0, 9, 5], Col.Y_PX: [0, 63, 30], Col.X_PX: [63, 0, 30.0]})
    paths = division_sheets(*world(), events, folder=tmp_path, per_sheet=2)
    assert [path.name for path in paths] == ["divisions_01.png", "divisions_02.png"]
    heights = [Image.open(path).height for path in paths]
    assert heights[0] == 2 * heights[1]


def test_no_candidate_no_sheet(tmp_path):
    raw, labels, tracks = world()
    lone = type(tracks)(tracks.links, tracks.first_last)
    assert division_sheets(raw, labels, lone, folder=tmp_path) == []
