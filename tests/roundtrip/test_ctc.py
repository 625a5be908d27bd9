"""Tracked labels written as the Cell Tracking Challenge wants them read back the same."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from lamella.core.errors import InputError, LamellaWarning, OutputError
from lamella.core.frames import ArrayFrames
from lamella.core.labels import Labels
from lamella.core.pieces import in_pieces
from lamella.core.table import Col
from lamella.core.tracked import Tracked
from lamella.core.tracks import Tracks
from lamella.io.ctc import is_ctc, read_ctc, read_ctc_segmentation, write_ctc
from lamella.io.track_folder import read_track_folder, write_track_folder
from lamella.io.track_ids import tracked_from_ids
from lamella.io.tracked_masks import write_tracked_masks
from worlds import dividing_cell, gap_movie

few = settings(max_examples=40, deadline=None)


@st.composite
def lives(draw):
    """Random boxes that live without gaps, each child beginning after its parent has ended."""
    n_frames = draw(st.integers(1, 6))
    n_cells = draw(st.integers(0, 5))
    ids = draw(st.lists(st.integers(1, 65535), min_size=n_cells, max_size=n_cells, unique=True))
    labels = np.zeros((n_frames, 8, 40), np.uint16)
    parents, ends = {}, {}
    for k, cell in enumerate(ids):
        first = draw(st.integers(0, n_frames - 1))
        last = draw(st.integers(first, n_frames - 1))
        labels[first : last + 1, draw(st.integers(0, 7)), 8 * k : 8 * k + 8] = cell
        mothers = [other for other, end in ends.items() if end < first]
        if mothers and draw(st.booleans()):
            parents[cell] = (draw(st.sampled_from(mothers)),)
        ends[cell] = last
    return labels, parents


def painted(tracked):
    return tracked.painted().asarray()


@few
@given(world=lives())
def test_what_the_format_keeps_reads_back_identical(tmp_path_factory, world):
    labels, parents = world
    folder = tmp_path_factory.mktemp("ctc") / "01_RES"
    written = write_ctc(folder, tracked_from_ids(Labels.from_array(labels), parents))
    back = read_ctc(folder)
    np.testing.assert_array_equal(painted(back), labels)
    assert dict(back.tracks.parents) == parents == dict(written.parents)
    assert dict(back.tracks.first_last) == dict(written.first_last)
    assert back.n_frames == len(labels)
    assert back.frame_shape == labels.shape[1:]
    pd.testing.assert_frame_equal(back.tracks.links, written.links, check_dtype=False)


@few
@given(
    masks=st.lists(st.lists(st.booleans(), min_size=7, max_size=7), min_size=1, max_size=4),
    per_frame=st.booleans(),
)
def test_gaps_are_cut_and_the_pieces_are_the_same_pixels(tmp_path_factory, masks, per_frame):
    seen = np.array(masks).T  # (T, cells)
    cells = np.where(seen, np.arange(1, seen.shape[1] + 1) * 10, 0).astype(np.uint16)
    labels = np.repeat(cells[:, None], 2, axis=1)
    tracked = tracked_from_ids(Labels.from_array(labels))
    folder = tmp_path_factory.mktemp("ctc") / "01_RES"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        written = write_ctc(folder, tracked)
    runs = np.diff(np.vstack([np.zeros(seen.shape[1], int), seen]).astype(int), axis=0) == 1
    n_gaps = int(np.maximum(runs.sum(axis=0) - 1, 0).sum())
    assert len(written.first_last) == int(runs.sum())
    told = [str(each.message) for each in caught]
    assert (len(told), n_gaps) == (0, 0) or told[0].endswith(f"is its own child: {n_gaps}")
    back = read_ctc(folder)
    # Followed back to the first piece, every number is the one that the user knows.
    first = {}
    for cell in sorted(back.tracks.first_last):
        parent = back.tracks.parents.get(cell)
        first[cell] = cell if parent is None else first[parent[0]]
    lookup = np.zeros(2**16, np.uint16)
    for cell, known in first.items():
        lookup[cell] = known
    np.testing.assert_array_equal(lookup[painted(back)], labels)
    pd.testing.assert_series_equal(written.links[Col.LABEL], tracked.tracks.links[Col.LABEL])


def test_daughters_come_from_the_last_piece_of_their_mother(tmp_path):
    labels, mothers = dividing_cell(8, division=5)
    parents = {daughter: (mother,) for daughter, mother in mothers.items()}
    labels[2] = 0
    with pytest.warns(LamellaWarning, match="gaps, after which a cell .* its own child: 1"):
        written = write_ctc(tmp_path / "r", tracked_from_ids(Labels.from_array(labels), parents))
    assert (tmp_path / "r" / "res_track.txt").read_text() == (
        "1 0 1 0\n2 5 7 4\n3 5 7 4\n4 3 4 1\n"
    )
    assert dict(read_ctc(tmp_path / "r").tracks.parents) == {2: (4,), 3: (4,), 4: (1,)}
    assert set(written.links[written.links[Col.FRAME] < 2][Col.CELL]) == {1}


def test_merged_cells_and_children_of_the_living_begin_without_a_parent(tmp_path):
    labels = np.zeros((4, 6, 8), np.uint16)
    labels[:2, :2], labels[:2, 2:4] = 1, 2
    labels[2:, :4], labels[:, 4] = 3, 4
    labels[1:, 5] = 5
    tracked = tracked_from_ids(Labels.from_array(labels), {3: (1, 2), 5: (4,)})
    with pytest.warns(LamellaWarning) as caught:
        write_ctc(tmp_path / "r", tracked)
    told = "\n".join(str(each.message) for each in caught)
    assert "came from several others, now from none: 1" in told
    assert "is unknown or lives on, now without one: 1" in told
    back = read_ctc(tmp_path / "r")
    assert not back.tracks.parents
    np.testing.assert_array_equal(painted(back), labels)


def test_numbers_above_16_bit_are_counted_anew_and_children_follow(tmp_path):
    labels = np.zeros((3, 2, 3), np.uint32)
    labels[0, 0], labels[1:, 0], labels[:, 1] = 70_000, 12, 4_000_000_000
    tracked = tracked_from_ids(Labels.from_array(labels), {12: (70_000,)})
    with pytest.warns(LamellaWarning, match="counted anew from 1"):
        written = write_ctc(tmp_path / "r", tracked)
    assert dict(written.parents) == {1: (2,)}
    table = tracked.tracks.links.assign(file=written.links[Col.CELL])
    assert dict(zip(table[Col.CELL], table["file"], strict=True)) == {
        12: 1, 70_000: 2, 4_000_000_000: 3
    }  # fmt: skip
    assert read_ctc(tmp_path / "r").labels.frames.dtype == np.uint16


def test_too_many_tracks_are_refused_and_nothing_is_left(tmp_path):
    labels = np.arange(1, 65_537, dtype=np.uint32).reshape(1, 256, 256)
    with pytest.raises(InputError, match="65536 tracks, and masks of the Challenge hold 65535"):
        write_ctc(tmp_path / "r", tracked_from_ids(Labels.from_array(labels)))
    assert not list(tmp_path.iterdir())


def test_objects_of_one_cell_are_one_object_and_those_of_none_are_background(tmp_path):
    labels = np.array([[[1, 2, 3, 4]]], np.uint16)
    links = pd.DataFrame({Col.CELL: [9, 9, 5], Col.FRAME: 0, Col.LABEL: [3, 1, 4]})
    links[[Col.Y_PX, Col.X_PX]] = 0.0
    tracked = Tracked(Tracks.from_links(links), 1, Labels("cell", ArrayFrames(labels)))
    write_ctc(tmp_path / "r", tracked)
    np.testing.assert_array_equal(painted(read_ctc(tmp_path / "r")), [[[9, 0, 9, 5]]])


def test_a_link_to_an_object_that_is_not_there_is_refused_whole(tmp_path):
    labels = np.ones((2, 3, 3), np.uint16)
    links = pd.DataFrame({Col.CELL: 1, Col.FRAME: [0, 1], Col.LABEL: [1, 7], "y_px": 0, "x_px": 0})
    tracked = Tracked(Tracks.from_links(links), 2, Labels("cell", ArrayFrames(labels)))
    with pytest.raises(InputError, match="frame 1 has no object 7"):
        write_ctc(tmp_path / "r", tracked)
    assert not list(tmp_path.iterdir())


def test_places_without_shapes_are_refused(tmp_path):
    tracked = tracked_from_ids(Labels.from_array(np.ones((1, 2, 2), np.uint8)))
    with pytest.raises(InputError, match="masks need shapes"):
        write_ctc(tmp_path / "r", Tracked(tracked.tracks, 1))


def test_files_are_named_and_stored_as_the_challenge_wants(tmp_path):
    labels = np.zeros((1001, 2, 2), np.uint8)
    labels[:, 0] = 1
    write_ctc(tmp_path / "01_RES", tracked_from_ids(Labels.from_array(labels)))
    names = sorted(each.name for each in (tmp_path / "01_RES").iterdir())
    assert (names[0], names[1000], names[1001]) == ("mask0000.tif", "mask1000.tif", "res_track.txt")
    with tifffile.TiffFile(tmp_path / "01_RES" / "mask0000.tif") as tif:
        page = tif.pages[0]
        assert (page.dtype, page.compression.name) == (np.uint16, "ADOBE_DEFLATE")
        assert "DateTime" not in page.tags
    write_ctc(
        tmp_path / "01_GT/TRA", tracked_from_ids(Labels.from_array(labels[:1000])), truth=True
    )
    names = {each.name for each in (tmp_path / "01_GT/TRA").iterdir()}
    assert {"man_track000.tif", "man_track999.tif", "man_track.txt"} < names
    assert read_ctc(tmp_path / "01_GT").n_frames == 1000


def test_a_second_result_replaces_the_first_and_leaves_other_files(tmp_path):
    first = tracked_from_ids(Labels.from_array(gap_movie([], 5)))
    write_ctc(tmp_path, first)
    (tmp_path / "tracks.csv").write_text("mine")
    (tmp_path / "mask_of_me.png").write_text("mine")
    write_ctc(tmp_path, tracked_from_ids(Labels.from_array(gap_movie([], 3))))
    assert read_ctc(tmp_path).n_frames == 3
    kept = {each.name for each in tmp_path.iterdir()}
    assert kept == {
        "mask000.tif", "mask001.tif", "mask002.tif", "res_track.txt", "tracks.csv",
        "mask_of_me.png",
    }  # fmt: skip


def test_pieces_of_the_largest_number_stay_within_32_bits():
    labels = np.zeros((3, 4, 4), np.uint32)
    labels[[0, 2], 1, 1], labels[:, 3, 3] = 2**32 - 1, 1
    tracks = in_pieces(tracked_from_ids(Labels.from_array(labels)).tracks).tracks
    assert sorted(tracks.first_last) == [1, 2, 2**32 - 1]
    assert dict(tracks.parents) == {2: (2**32 - 1,)}


def test_our_table_never_stands_beside_masks_of_another_tracking(tmp_path):
    first, second = np.zeros((2, 2, 6, 6), np.uint16)
    first[:, 1:3, 1:3], second[:, 3:5, 1:5] = 7, 8
    one, two = (tracked_from_ids(Labels.from_array(each)) for each in (first, second))
    write_tracked_masks(tmp_path, one)
    assert read_track_folder(tmp_path).tracks.links["cell"].unique().tolist() == [7]
    write_ctc(tmp_path, two)
    assert not (tmp_path / "tracks.csv").exists()
    write_tracked_masks(tmp_path, one)
    write_track_folder(tmp_path, replace(two, labels=None))
    back = read_track_folder(tmp_path)
    assert back.labels is None
    assert back.tracks.links["cell"].unique().tolist() == [8]


def test_files_of_others_stay_and_are_not_taken_for_ours(tmp_path):
    labels = np.ones((1, 4, 4), np.uint16)
    tracked = tracked_from_ids(Labels.from_array(labels))
    write_ctc(tmp_path, tracked)
    (tmp_path / "tracks.csv").write_text("id,t,y,x\n")
    write_ctc(tmp_path, tracked)
    assert (tmp_path / "tracks.csv").read_text() == "id,t,y,x\n"
    with pytest.raises(OutputError, match="it holds masks of others"):
        write_track_folder(tmp_path, replace(tracked, labels=None))
    write_track_folder(tmp_path, tracked)
    assert (tmp_path / "mask000.tif").is_file()


def test_segmentation_of_some_frames(tmp_path):
    place = tmp_path / "01_GT" / "SEG"
    place.mkdir(parents=True)
    for t in (2, 7):
        tifffile.imwrite(place / f"man_seg{t:03d}.tif", np.full((4, 5), t, np.uint16))
    assert is_ctc(tmp_path / "01_GT")
    masks = read_ctc_segmentation(tmp_path / "01_GT")
    assert list(masks) == [2, 7]
    assert masks[7].max() == 7
    with pytest.raises(InputError, match="txt is not: who is who"):
        read_ctc(tmp_path / "01_GT")
    with pytest.raises(InputError, match="up to frame 7, without frame 0, 1, 3, 4, 5 and 1 more"):
        read_ctc(tmp_path / "01_GT", persistent_ids=True)


def test_numbers_that_persist_may_stand_for_tracks(tmp_path):
    place = tmp_path / "01_ST" / "SEG"
    place.mkdir(parents=True)
    for t in range(3):
        tifffile.imwrite(place / f"man_seg{t:03d}.tif", np.full((4, 5), 3, np.uint8))
    tracked = read_ctc(tmp_path / "01_ST", persistent_ids=True)
    assert dict(tracked.tracks.first_last) == {3: (0, 2)}
    assert "parents are not known" in tracked.notes[0]
