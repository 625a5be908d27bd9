"""Trials in movies of many cells: clumps, tracking, corrections by hand."""

import json

import numpy as np
import pytest

from lamella.core.table import Col
from lamella.io import open_labels, tiff
from lamella.measure import painted
from lamella.run.browse import OpenedRun
from lamella.run.corrections import EDITS, corrected_file
from lamella.run.settings_draft import SettingsDraft
from lamella.run.trial_frame import FrameTrials
from lamella.run.trial_movie import try_on_movie

SEGMENT, DECLUMP = ("objects", "cell", "segment"), ("objects", "cell", "declump")
TRACK = ("objects", "cell", "track")


@pytest.fixture
def opened(colony):
    return OpenedRun(colony / "results").movie("ko1")


def test_clumps_split_by_masks_that_stay_use_the_whole_movie(opened, colony):
    draft = SettingsDraft(colony)
    draft.set_method(DECLUMP, "distance")
    trial = FrameTrials(opened, "cell").try_on(draft.settings, 5)
    assert not any("frames around" in note for note in trial.notes)
    whole = try_on_movie(opened, "cell", draft.settings)
    split = open_labels(
        next(__import__("pathlib").Path(whole._folder.name).rglob("declumped/cell.ome.tif"))
    )
    assert np.array_equal(trial.labels, split.frames.frame(5))


def test_another_segmentation_with_splitting_tells_what_it_rests_on(opened, colony):
    draft = SettingsDraft(colony)
    draft.set_method(SEGMENT, "multiotsu")
    draft.set_method(DECLUMP, "distance")
    trial = FrameTrials(opened, "cell").try_on(draft.settings, 5)
    assert any("frames around" in note for note in trial.notes)
    assert {c.what: c.after for c in trial.changes}["Cells in this frame"] > 1


def test_tracking_is_tried_on_the_movie(opened, colony):
    draft = SettingsDraft(colony)
    draft.set_method(TRACK, "overlap")
    trial = FrameTrials(opened, "cell").try_on(draft.settings, 5)
    assert any("whole movie" in note for note in trial.notes)
    whole = try_on_movie(opened, "cell", draft.settings)
    assert whole.mean_iou == 1  # other numbers, the same pixels
    assert {c.what for c in whole.changes} >= {"Cells", "Mean speed (µm/min)"}


def test_corrections_are_left_out_where_other_cells_are_found(opened, colony):
    frames = painted(opened.tracked("cell")).frames.asarray().copy()
    frames[5:8] = 0
    file = corrected_file(opened.folder, "cell")
    file.parent.mkdir()
    from lamella.core.frames import ArrayFrames

    tiff.write_labels(file, ArrayFrames(frames), scale=opened.movie.scale, name="cell")
    edit = {"object": "cell", "parents": {}}
    (opened.folder / EDITS).write_text(json.dumps(edit) + "\n")
    draft = SettingsDraft(colony)
    draft.set_method(TRACK, "overlap")
    trial = try_on_movie(opened, "cell", draft.settings)
    assert any("corrected by hand" in note for note in trial.notes)
    table = trial.frames.set_index(Col.FRAME)
    assert (table.loc[5:7, "n_cells_before"] == 0).all()
    assert (table.loc[5:7, "n_cells_after"] > 0).all()
    kept = SettingsDraft(colony)
    kept.set_value(("measure", "sightings"), "window", 4, default=3)
    same = try_on_movie(opened, "cell", kept.settings)
    assert (same.frames["n_cells_after"] == same.frames["n_cells_before"]).all()
    assert corrected_file(opened.folder, "cell").is_file()
