"""`lamella track`, its folder, and `lamella measure` on it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import tifffile

from faults.studies import lamella
from lamella.core.errors import LamellaWarning
from lamella.core.frames import ArrayFrames
from lamella.core.movie import Scale
from lamella.io import tiff
from lamella.io.track_folder import read_track_folder
from lamella.run.settings import read_settings
from worlds.colonies import colony_phantom, shuffled, write_colony

# As users see them, and not as errors.
pytestmark = pytest.mark.filterwarnings("always::lamella.core.errors.LamellaWarning")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A colony in which one cell divides and another is lost for a frame; tracked."""
    folder = tmp_path_factory.mktemp("doors")
    phantom = colony_phantom(1)
    labels = phantom.truth.frames.asarray()
    whole = next(c for c in range(1, 5) if (labels == c).any((1, 2)).all())
    labels[6][labels[6] == whole] = 0
    write_colony(folder, "colony", phantom, shuffled(labels))
    arguments = (folder / "masks" / "colony.tif", "-o", folder / "tracked")
    said = lamella("track", *arguments, "--image", folder / "raw" / "colony.tif")
    assert said.code == 0, said.err
    return folder, said, labels


def test_what_is_said_and_written(written):
    folder, said, labels = written
    n = len(np.unique(labels)) - 1
    assert f"{n} cells in 12 frames, 1 division, 1 gap" in said.out
    assert "1 × gap" in said.out.partition("events to look at")[2]
    assert "drift" in said.out or "Too few cells" in said.out
    assert "lap: steps of" in said.err
    assert "cannot keep gaps" in said.err
    assert "tracks.csv beside them does" in said.err
    names = {path.name for path in (folder / "tracked").iterdir()}
    masks = {f"mask{t:03d}.tif" for t in range(12)}
    assert names == masks | {"res_track.txt", "tracks.csv", "events.csv"}


def test_the_table_names_every_object_of_the_masks(written):
    folder, _, labels = written
    table = pd.read_csv(folder / "tracked" / "tracks.csv")
    for t, rows in table.groupby("frame"):
        mask = tifffile.imread(folder / "tracked" / f"mask{t:03d}.tif")
        assert sorted(rows["label"]) == [n for n in np.unique(mask) if n]
        for row in rows.itertuples():
            where = np.unique(labels[t][mask == row.label])
            assert len(where) == 1  # one object, whole
            assert (mask == row.label).sum() == (labels[t] == where[0]).sum()
    assert table["cell"].nunique() == len(np.unique(labels)) - 1
    assert table["label"].nunique() == table["cell"].nunique() + 1  # the gap cuts one in two


def test_the_folder_reads_back_with_gaps_and_lineage(written):
    folder, _, labels = written
    tracked = read_track_folder(folder / "tracked")
    painted = tracked.painted().asarray()
    assert np.array_equal(painted > 0, labels > 0)
    pairs = np.unique(np.stack([painted[labels > 0], labels[labels > 0]]), axis=1)
    assert len(pairs.T) == len(np.unique(labels)) - 1  # one cell, one id
    assert sorted(map(len, tracked.tracks.daughters.values())) == [2]
    (tracks_only,) = [c for c, (a, b) in tracked.tracks.first_last.items()
                      if len(tracked.tracks.links.query("cell == @c")) == b - a]  # fmt: skip
    assert np.isnan(tracked.tracks.centroids(tracks_only, n_frames=12)[6]).all()


def test_measure_takes_the_folder_and_keeps_ids(written):
    folder, _, _ = written
    movie, out = folder / "raw" / "colony.tif", folder / "measured"
    assert lamella("measure", movie, folder / "tracked", "-o", out).code == 0
    cells = pd.read_csv(out / "cells.csv").set_index("cell")
    table = pd.read_csv(folder / "tracked" / "tracks.csv").groupby("cell").first()
    assert cells.index.tolist() == table.index.tolist()
    for name in ("parent", "generation", "first_frame", "last_frame"):
        assert cells[name].tolist() == table[name].tolist()
    assert cells["n_empty_frames"].sum() == 1
    said = lamella("measure", movie, folder / "tracked", "-o", folder / "m2", "--largest")
    assert said.code == 2
    assert "holds tracks already" in said.err


def test_filled_gaps_stay_marked_on_the_way_through_the_folder(written):
    folder, _, _ = written
    masks, out = folder / "masks" / "colony.tif", folder / "filled"
    said = lamella("track", masks, "-o", out, "--fill-gaps", 2)
    assert "1 shape filled in" in said.out
    assert "Challenge cannot keep" not in said.err
    movie = folder / "raw" / "colony.tif"
    assert lamella("measure", movie, out, "-o", folder / "m3").code == 0
    frames = pd.read_csv(folder / "m3" / "frames.csv")
    assert frames.loc[frames["interpolated"], ["frame", "valid"]].to_numpy().tolist() == [
        [6, False]
    ]


def test_a_scale_that_the_movie_lacks_is_taken_from_the_labels(written, tmp_path):
    folder, _, labels = written
    tiff.write_labels(tmp_path / "labels.tif", ArrayFrames(labels), scale=Scale(0.5), name="cell")
    raw = tifffile.imread(folder / "raw" / "colony.tif")
    tifffile.imwrite(tmp_path / "raw.tif", raw, metadata={"axes": "TYX"})
    given = (tmp_path / "labels.tif", "-o", tmp_path / "out", "--image", tmp_path / "raw.tif")
    said = lamella("track", *given, "--set", "max_step_um=8")
    assert said.code == 0, said.err
    assert "none beyond 8 µm" in said.err


def test_a_table_of_other_masks_is_refused(written, tmp_path):
    folder, _, _ = written
    for path in (folder / "tracked").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    table = pd.read_csv(tmp_path / "tracks.csv")
    table.iloc[1:].to_csv(tmp_path / "tracks.csv", index=False)
    movie, out = folder / "raw" / "colony.tif", tmp_path / "m"
    said = lamella("measure", movie, tmp_path, "-o", out)
    assert said.code == 2
    assert "tracks.csv: it does not fit the labels beside it: 1 objects" in said.err
    assert not out.exists()
    (tmp_path / "tracks.csv").unlink()
    # As the Challenge has it: the cell after a gap is the one child of the one before.
    assert lamella("measure", movie, tmp_path, "-o", out).code == 0
    cells = pd.read_csv(out / "cells.csv")
    assert sorted(cells.loc[cells["n_daughters"] > 0, "n_daughters"]) == [1, 2]


def test_wrong_use_starts_nothing(written):
    folder, _, _ = written
    masks, out = folder / "masks" / "colony.tif", folder / "new"
    for arguments, told in {
        ("-m", "lapp"): "there is no such method",
        ("--set", "max_gaps=2"): "did you mean 'max_gap'",
        ("--channel", "GFP"): "add --image",
        ("--image", folder / "masks"): "",
    }.items():
        said = lamella("track", masks, "-o", out, *arguments)
        assert (said.code, told in said.err) == (2, True), said.err
        assert not out.exists()
    said = lamella("track", masks, "-o", folder / "tracked")
    assert said.code == 2
    assert "use --force" in said.err
    assert lamella("track", masks, "-o", folder / "masks" / "colony.tif").code == 2


def test_labels_of_nothing_are_refused(written, tmp_path):
    tifffile.imwrite(tmp_path / "none.tif", np.zeros((4, 9, 9), np.uint16),
                     metadata={"axes": "TYX"},
                     photometric="minisblack")  # fmt: skip
    said = lamella("track", tmp_path / "none.tif", "-o", tmp_path / "out")
    assert said.code == 2
    assert "it holds no object in any frame" in said.err
    assert not (tmp_path / "out").exists()


def test_a_mask_is_no_labels(written, tmp_path):
    _, _, labels = written
    masks = np.where(labels > 0, 255, 0).astype(np.uint8)
    tifffile.imwrite(tmp_path / "mask.tif", masks, metadata={"axes": "TYX"})
    said = lamella("track", tmp_path / "mask.tif", "-o", tmp_path / "out")
    assert "looks like a mask, not like labels" in said.err
    assert "--set binary=true" in said.err


def test_largest_of_many_is_told_and_debris_is_not(written, tmp_path):
    folder, _, labels = written
    movie, masks = folder / "raw" / "colony.tif", folder / "masks" / "colony.tif"
    said = lamella("measure", movie, masks, "-o", tmp_path / "m", "--largest")
    assert "of which only the largest is followed" in said.err
    assert "lamella track" in said.err
    one = (labels == 1).astype(np.uint16)
    one[:, 3:9, 3:9] = 2
    one[5, 100:120, 100:120] = 3
    tifffile.imwrite(tmp_path / "one.tif", one, metadata={"axes": "TYX"}, photometric="minisblack")
    said = lamella("measure", movie, tmp_path / "one.tif", "-o", tmp_path / "m1", "--largest")
    assert "like size" not in said.err


@pytest.mark.parametrize("tracker", ["largest", "lap", "overlap"])
def test_init_writes_the_tracker(written, tmp_path, tracker):
    folder, _, _ = written
    said = lamella("init", folder / "raw", "-p", "{movie}.tif", "-o", tmp_path, "--track", tracker)
    assert said.code == 0, said.err
    each = read_settings(tmp_path / "study.toml").objects["cell"]
    assert each.track.method == tracker
    assert bool(each.declump) == (tracker != "largest")


def test_init_refuses_other_trackers(written, tmp_path):
    folder, _, _ = written
    said = lamella("init", folder / "raw", "-p", "{movie}.tif", "-o", tmp_path, "--track", "kalman")
    assert said.code == 2
    assert "use one of largest, lap, overlap" in said.err


def test_labels_without_ids_point_to_track(written, tmp_path):
    from lamella.run.measure import measure_movie

    folder, _, _ = written
    with pytest.warns(LamellaWarning, match="for many: lamella track"):
        measure_movie(folder / "raw" / "colony.tif", folder / "masks" / "colony.tif", tmp_path)
