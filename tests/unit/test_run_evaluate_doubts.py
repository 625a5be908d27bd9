"""What a user may give to be scored by mistake, and what is said of it."""

import numpy as np
import pytest
from tifffile import imwrite

from lamella.core.errors import InputError
from lamella.core.frames import ArrayFrames
from lamella.core.labels import Labels
from lamella.io.ctc import write_ctc
from lamella.io.track_folder import write_track_folder
from lamella.io.track_ids import tracked_from_ids
from lamella.run.evaluate import evaluate
from worlds import dividing_cell, two_cells_crossing


@pytest.fixture
def truth(tmp_path):
    labels = two_cells_crossing(5)
    imwrite(tmp_path / "truth.tif", labels)
    return labels


def test_a_mask_is_told(tmp_path, truth):
    imwrite(tmp_path / "mask.tif", (truth > 0).astype(np.uint8) * 255)
    made = evaluate(tmp_path / "truth.tif", tmp_path / "mask.tif")
    assert any("mask.tif: all its objects have one number" in note for note in made.notes)
    assert not any("one number" in n for n in evaluate(*[tmp_path / "truth.tif"] * 2).notes)


def test_an_image_is_refused(tmp_path, truth):
    noise = np.random.default_rng(1).poisson(300, truth.shape).astype(np.uint16)
    imwrite(tmp_path / "raw.tif", noise)
    with pytest.raises(InputError, match=r"raw\.tif: it looks like an image"):
        evaluate(tmp_path / "raw.tif", tmp_path / "truth.tif")


def test_many_small_objects_are_no_image(tmp_path):
    labels = np.arange(1, 901, dtype=np.uint16).reshape(30, 30).repeat(3, 0).repeat(3, 1)[None]
    imwrite(tmp_path / "tiles.tif", labels)
    made = evaluate(tmp_path / "tiles.tif", tmp_path / "tiles.tif")
    assert made.scores.values["SEG"] == 1


def test_the_folder_above_names_the_folders_in_it(tmp_path, truth):
    tracked = tracked_from_ids(Labels("cell", ArrayFrames(truth)))
    write_ctc(tmp_path / "data" / "01_RES", tracked)
    with pytest.raises(InputError, match=r"holds folders of .*01_RES.*give one of them"):
        evaluate(tmp_path / "data", tmp_path / "data" / "01_RES")


def test_folders_of_ours_keep_their_lineage(tmp_path):
    labels, parents = dividing_cell()
    tracked = tracked_from_ids(
        Labels("cell", ArrayFrames(labels)), {child: (p,) for child, p in parents.items()}
    )
    write_ctc(tmp_path / "01_GT", tracked, truth=True)
    write_track_folder(tmp_path / "ours", tracked)
    made = evaluate(tmp_path / "01_GT", tmp_path / "ours")
    assert made.scores.values["TRA"] == 1
