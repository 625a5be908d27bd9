"""TrackMate files: what is written reads back, and is what TrackMate's loader asks for."""

import xml.etree.ElementTree as ET
from contextlib import nullcontext, suppress
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lamella.core.errors import InputError, LamellaWarning
from lamella.core.labels import Labels
from lamella.core.movie import Scale, regular_times
from lamella.core.table import Col
from lamella.core.tracked import Tracked
from lamella.core.tracks import Tracks
from lamella.io.track_ids import tracked_from_ids
from lamella.io.trackmate import read_trackmate, write_trackmate
from lamella.kernels.tracing import trace_rings
from roundtrip.trackmate_loader import Reader
from worlds.shapes import disc, ring
from worlds.tracked_cells import tracked_cells

one_folder = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
PLACES = [Col.CELL, Col.FRAME, Col.Y_PX, Col.X_PX]


def same_rows(a, b):
    key = [Col.CELL, Col.FRAME]
    pd.testing.assert_frame_equal(
        a[PLACES].sort_values(key, ignore_index=True),
        b[PLACES].sort_values(key, ignore_index=True),
        check_dtype=False,
        rtol=1e-12,
        atol=1e-12,
    )


@one_folder
@given(tracked_cells(simple_shapes=True))
def test_all_comes_back(tmp_path, world):
    path = tmp_path / "world.xml"
    write_trackmate(path, world)
    back = read_trackmate(path, lone_spots=True)
    same_rows(back.tracks.links, world.tracks.links)
    assert dict(back.tracks.parents) == dict(world.tracks.parents)
    assert dict(back.tracks.first_last) == dict(world.tracks.first_last)
    assert back.n_frames == world.n_frames
    assert back.frame_shape == world.frame_shape
    if len(world.tracks.links):
        assert np.array_equal(back.painted().asarray(), world.painted().asarray())
    assert back.scale.pixel_size_um == world.scale.pixel_size_um
    assert (back.scale.time_min is None) == (world.scale.time_min is None)
    if world.scale.time_min is not None:
        np.testing.assert_allclose(back.scale.time_min, world.scale.time_min, rtol=1e-12)
    assert back.notes == ()


@one_folder
@given(tracked_cells())
def test_objects_with_holes_and_pieces_lose_nothing_but_these(tmp_path, world):
    path = tmp_path / "world.xml"
    with pytest.warns(LamellaWarning) if any_complex(world) else nullcontext():
        write_trackmate(path, world)
    back = read_trackmate(path, lone_spots=True)
    same_rows(back.tracks.links, world.tracks.links)


def any_complex(world):
    for t in range(world.n_frames):
        frame = world.labels.frame(t)
        for cell in np.unique(frame[frame > 0]):
            outer, holes = trace_rings(frame == cell)
            if len(outer) > 1 or holes:
                return True
    return False


@one_folder
@given(tracked_cells(simple_shapes=True))
def test_every_file_is_what_the_loader_asks_for(tmp_path, world):
    path = tmp_path / "world.xml"
    write_trackmate(path, world)
    reader = Reader(path)
    assert len(reader.frame_of) == len(world.tracks.links)


def movie(*frames):
    return Labels.from_array(np.stack(frames).astype(np.uint16))


def test_a_contour_is_in_micrometres_around_the_centre(tmp_path):
    world = tracked_from_ids(movie(disc(4, at=(10, 12))), scale=Scale(0.5, None))
    write_trackmate(tmp_path / "one.xml", world)
    spot = ET.parse(tmp_path / "one.xml").find(".//Spot")
    assert float(spot.attrib["POSITION_X"]) == 6.0
    assert float(spot.attrib["POSITION_Y"]) == 5.0
    corners = np.array(spot.text.split(), float).reshape(-1, 2)
    assert corners.max() == 2.25  # four and a half pixels
    assert float(spot.attrib["RADIUS"]) == pytest.approx(
        0.5 * np.sqrt(disc(4, at=(10, 12)).sum() / np.pi)
    )


def test_one_warning_counts_what_trackmate_cannot_hold(tmp_path):
    world = tracked_from_ids(movie(ring(2, 6), ring(2, 6)))
    with pytest.warns(LamellaWarning, match="2 objects with holes or several pieces"):
        write_trackmate(tmp_path / "rings.xml", world)
    back = read_trackmate(tmp_path / "rings.xml")
    assert np.array_equal(back.painted().frame(0) > 0, disc(6))


def test_a_parent_that_goes_on_is_left_out_and_counted(tmp_path):
    both = disc(3, at=(8, 8)) + 2 * disc(3, at=(30, 30)).astype(int)
    world = tracked_from_ids(movie(both, both), {2: (1,)})
    with pytest.warns(LamellaWarning, match="1 parents are left out"):
        write_trackmate(tmp_path / "late.xml", world)
    assert read_trackmate(tmp_path / "late.xml").tracks.parents == {}


def test_places_without_labels(tmp_path):
    links = pd.DataFrame(
        {
            Col.CELL: [7, 7],
            Col.FRAME: [0, 3],
            Col.LABEL: [1, 1],
            Col.Y_PX: [2.5, 3],
            Col.X_PX: [9, 8],
        }
    )
    world = Tracked(Tracks.from_links(links), n_frames=5)
    write_trackmate(tmp_path / "points.xml", world)
    Reader(tmp_path / "points.xml")
    back = read_trackmate(tmp_path / "points.xml")
    same_rows(back.tracks.links, links)
    assert back.labels is None
    assert back.n_frames == 5
    discs = read_trackmate(tmp_path / "points.xml", discs=True, frame_shape=(20, 20))
    assert np.array_equal(discs.painted().frame(3) == 7, disc(5, at=(3, 8), field=(20, 20)))


def test_large_numbers_of_cells_and_frames_without_objects(tmp_path):
    labels = np.zeros((7, 5, 5), np.uint32)
    labels[2:4, 1, 1], labels[3:6, 3, 3] = 4_294_967_295, 70_000
    world = tracked_from_ids(Labels.from_array(labels))
    write_trackmate(tmp_path / "large.xml", world)
    back = read_trackmate(tmp_path / "large.xml")
    assert np.array_equal(back.painted().asarray(), labels)


def test_uneven_times_are_kept_where_every_frame_has_a_spot(tmp_path):
    times = np.array([0, 1, 3.5])
    world = tracked_from_ids(movie(disc(3), disc(4), disc(5)), scale=Scale(None, times))
    write_trackmate(tmp_path / "times.xml", world)
    assert read_trackmate(tmp_path / "times.xml").scale.time_min.tolist() == times.tolist()


def test_a_place_that_is_not_known_is_refused_and_nothing_written(tmp_path):
    links = pd.DataFrame(
        {Col.CELL: [7], Col.FRAME: [0], Col.LABEL: [1], Col.Y_PX: [np.nan], Col.X_PX: [9]}
    )
    with pytest.raises(InputError, match="cell 7 has no place in frame 0"):
        write_trackmate(tmp_path / "no.xml", Tracked(Tracks.from_links(links), n_frames=1))
    assert list(tmp_path.iterdir()) == []


FOREIGN = """<?xml version="1.0" encoding="UTF-8"?>
<TrackMate version="6.0.1">
  <Model spatialunits="micron" timeunits="sec">
    <AllSpots nspots="7">
      <SpotsInFrame frame="0">
        <Spot ID="10" name="ID10" POSITION_X="2.0" POSITION_Y="3.0" RADIUS="1.0" FRAME="0"
          VISIBILITY="1" POSITION_T="0.0" ROI_N_POINTS="4">-1.0 -1.0 1.0 -1.0 1.0 1.0 -1.0 1.0
        </Spot>
        <Spot ID="99" name="ID99" POSITION_X="9.0" POSITION_Y="9.0" RADIUS="1.0" VISIBILITY="1"/>
        <Spot ID="98" name="ID98" POSITION_X="9.0" POSITION_Y="9.0" RADIUS="1.0" VISIBILITY="0"/>
      </SpotsInFrame>
      <SpotsInFrame frame="2">
        <Spot ID="11" name="ID11" POSITION_X="2.0" POSITION_Y="3.0" RADIUS="1.0" VISIBILITY="1"/>
        <Spot ID="12" name="ID12" POSITION_X="6.0" POSITION_Y="3.0" RADIUS="1.0" VISIBILITY="1"/>
      </SpotsInFrame>
      <SpotsInFrame frame="3">
        <Spot ID="13" name="ID13" POSITION_X="4.0" POSITION_Y="3.0" RADIUS="1.0" VISIBILITY="1"/>
        <Spot ID="14" name="ID14" POSITION_X="4.0" POSITION_Y="8.0" RADIUS="1.0" VISIBILITY="1"/>
      </SpotsInFrame>
    </AllSpots>
    <AllTracks>
      <Track name="Track_0" TRACK_ID="0">
        <Edge SPOT_SOURCE_ID="10" SPOT_TARGET_ID="11"/>
        <Edge SPOT_SOURCE_ID="10" SPOT_TARGET_ID="12"/>
        <Edge SPOT_SOURCE_ID="13" SPOT_TARGET_ID="11"/>
        <Edge SPOT_SOURCE_ID="12" SPOT_TARGET_ID="13"/>
      </Track>
      <Track name="Track_1" TRACK_ID="1">
        <Edge SPOT_SOURCE_ID="99" SPOT_TARGET_ID="14"/>
      </Track>
    </AllTracks>
    <FilteredTracks><TrackID TRACK_ID="0"/></FilteredTracks>
  </Model>
  <Settings>
    <ImageData filename="a.tif" folder="" width="40" height="30" nslices="1" nframes="6"
      pixelwidth="0.5" pixelheight="0.5" voxeldepth="1.0" timeinterval="30.0"/>
  </Settings>
</TrackMate>
"""


def foreign(tmp_path, *changes):
    text = FOREIGN
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "foreign.xml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_of_trackmate_itself_is_cut_at_divisions_and_merges(tmp_path):
    got = read_trackmate(foreign(tmp_path))
    rows = got.tracks.links
    assert rows[[Col.CELL, Col.FRAME]].to_numpy().tolist() == [[1, 0], [2, 2], [3, 2], [4, 3]]
    assert got.tracks.parents == {2: (1,), 3: (1,), 4: (2, 3)}
    assert rows[[Col.Y_PX, Col.X_PX]].to_numpy()[0].tolist() == [6, 4]
    assert got.n_frames == 6
    assert got.frame_shape == (30, 40)
    assert got.scale.pixel_size_um == 0.5
    assert got.scale.time_min.tolist() == regular_times(6, 0.5).tolist()
    square = np.argwhere(got.painted().frame(0) == 1)
    assert square.min(axis=0).tolist() == [4, 2]  # as TrackMate: the first edge is inside
    assert square.max(axis=0).tolist() == [7, 5]
    assert any("1 tracks that TrackMate's filters hide" in note for note in got.notes)
    assert any("3 of 4 spots have no contour" in note for note in got.notes)


def test_hidden_tracks_and_lone_spots_on_request(tmp_path):
    got = read_trackmate(foreign(tmp_path), all_tracks=True)
    assert len(got.tracks.first_last) == 5
    hidden = foreign(tmp_path, ('<Edge SPOT_SOURCE_ID="99" SPOT_TARGET_ID="14"/>', ""))
    assert any("2 spots belong to no track" in note for note in read_trackmate(hidden).notes)
    assert len(read_trackmate(hidden, lone_spots=True).tracks.first_last) == 6


def test_links_mended_in_trackmate_are_believed_over_names(tmp_path):
    labels = np.zeros((4, 8, 8), np.uint16)
    labels[:2, 2, 2], labels[2:, 2, 2] = 4, 9
    write_trackmate(tmp_path / "w.xml", tracked_from_ids(Labels.from_array(labels)))
    text = (tmp_path / "w.xml").read_text(encoding="utf-8")
    first, second = '<Track name="Track_0"', '<Track name="Track_1"'
    joined = text.replace(
        '<Edge SPOT_SOURCE_ID="0" SPOT_TARGET_ID="1" LINK_COST="-1.0" />',
        '<Edge SPOT_SOURCE_ID="0" SPOT_TARGET_ID="1"/>'
        '<Edge SPOT_SOURCE_ID="1" SPOT_TARGET_ID="2"/>',
    )
    assert first in joined
    assert second in joined
    (tmp_path / "w.xml").write_text(joined, encoding="utf-8")
    got = read_trackmate(tmp_path / "w.xml")
    assert dict(got.tracks.first_last) == {4: (0, 3)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('SPOT_TARGET_ID="11"', 'SPOT_TARGET_ID="77"'), "goes to spot 77, unknown"),
        (('ID="99" name', 'ID="98" name'), "spot 98 stands in it twice"),
        (('ID="99" name', "name"), "a Spot has no ID"),
        (('POSITION_X="6.0"', 'POSITION_X="6,0"'), "POSITION_X='6,0' of a Spot is no number"),
        (('POSITION_X="6.0"', 'POSITION_X="NaN"'), "is not finite"),
        (('frame="2"', 'frame="2.5"'), "frame='2.5' of a SpotsInFrame is no whole number"),
        (('frame="2"', 'frame="-1"'), "is of frame -1"),
        (('frame="3"', 'frame="999999999"'), "1000000000 frames"),
        (('ROI_N_POINTS="4"', 'ROI_N_POINTS="5"'), "has 8 numbers for 5 points"),
        (("1.0 -1.0 1.0\n", "1.0 -1.0 x\n"), "not all numbers"),
        (('TRACK_ID="1">', 'TRACK_ID="0">'), "track 0 stands in it twice"),
        (('<TrackID TRACK_ID="0"', '<TrackID TRACK_ID="5"'), "track 5 is said to pass"),
        (('SPOT_TARGET_ID="12"/>', 'SPOT_TARGET_ID="11"/>'), "edge from spot 10 to spot 11 stands"),
        (('SPOT_SOURCE_ID="12"', 'SPOT_SOURCE_ID="14"'), "joins spots 14 and 13 of one frame, 3"),
        (("</TrackMate>", ""), "not whole XML"),
        (("TrackMate", "Tracks"), "first element is 'Tracks'"),
        (('pixelwidth="0.5"', ""), "does not state the size of a pixel; give scale"),
        (('width="40"', 'width="4000000000"'), "cannot be painted"),
        (('width="40"', 'width="1e300"'), "cannot be painted"),
        (('pixelwidth="0.5"', 'pixelwidth="1e-320"'), "its spots lie beyond any image"),
    ],
)
def test_faults_are_told_with_their_place(tmp_path, change, message):
    with pytest.raises(InputError, match=message):
        read_trackmate(foreign(tmp_path, change))


def test_arguments_fill_in_what_the_file_lacks(tmp_path):
    path = foreign(tmp_path, ('pixelwidth="0.5" pixelheight="0.5"', ""), ('nframes="6"', ""))
    got = read_trackmate(path, scale=Scale(0.25, None), n_frames=9)
    assert got.tracks.links[Col.Y_PX].iloc[0] == 12
    assert got.n_frames == 9
    with pytest.raises(InputError, match="spots in frame 3 of 2 frames"):
        read_trackmate(path, scale=Scale(0.25, None), n_frames=2)


@given(st.integers(0, 2**32 - 1))
@one_folder
def test_a_damaged_file_gives_a_clear_error_or_reads(tmp_path, seed):
    rng = np.random.default_rng(seed)
    data = bytearray(FOREIGN.encode())
    for _ in range(rng.integers(1, 4)):
        data[rng.integers(0, len(data))] = rng.integers(32, 127)
    path = tmp_path / "damaged.xml"
    path.write_bytes(data[: rng.integers(len(data) // 2, len(data) + 1)])
    with suppress(InputError):  # any other error fails
        read_trackmate(path)


def test_objects_that_the_labels_lack_are_told(tmp_path):
    labels = np.zeros((2, 5, 5), np.uint8)
    labels[:, 1:3, 1:3] = 1
    whole = tracked_from_ids(Labels.from_array(labels))
    labels[1] = 0
    torn = replace(whole, labels=Labels.from_array(labels))
    with pytest.warns(LamellaWarning, match="1 objects of cells are not in the labels"):
        write_trackmate(tmp_path / "t.xml", torn)
    assert len(read_trackmate(tmp_path / "t.xml").tracks.links) == 2
