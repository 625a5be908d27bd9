"""ImageJ's ROIs: what is written reads back; what ImageJ and people write reads as it was meant."""

import zipfile

import numpy as np
import pandas as pd
import pytest
import roifile
from hypothesis import HealthCheck, given, settings
from roifile import ROI_OPTIONS, ROI_SUBTYPE, ROI_TYPE, ImagejRoi

from lamella.core.errors import InputError, LamellaWarning
from lamella.core.labels import Labels
from lamella.core.table import Col
from lamella.core.tracked import Tracked
from lamella.core.tracks import Tracks
from lamella.io.imagej_roi import read_imagej_roi, write_imagej_roi
from lamella.io.track_ids import tracked_from_ids
from worlds.shapes import ellipse, ring
from worlds.tracked_cells import tracked_cells

one_folder = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@one_folder
@given(tracked_cells())
def test_all_shapes_and_the_lineage_come_back(tmp_path, world):
    path = tmp_path / "RoiSet.zip"
    write_imagej_roi(path, world)
    back = read_imagej_roi(
        path, n_frames=world.n_frames, frame_shape=world.frame_shape, scale=world.scale
    )
    assert np.array_equal(back.painted().asarray(), world.painted().asarray())
    pd.testing.assert_frame_equal(
        back.tracks.links, world.tracks.links, check_dtype=False, rtol=1e-12
    )
    assert dict(back.tracks.parents) == dict(world.tracks.parents)
    assert dict(back.tracks.first_last) == dict(world.tracks.first_last)
    assert back.notes == ()


def test_large_numbers_of_cells_and_frames_without_objects(tmp_path):
    labels = np.zeros((7, 5, 5), np.uint32)
    labels[2:4, 1, 1], labels[3:6, 3, 3] = 4_294_967_295, 70_000
    write_imagej_roi(tmp_path / "large.zip", tracked_from_ids(Labels.from_array(labels)))
    back = read_imagej_roi(tmp_path / "large.zip", frame_shape=(5, 5), n_frames=7)
    assert np.array_equal(back.painted().asarray(), labels)


def tracked(*frames, parents=None):
    return tracked_from_ids(Labels.from_array(np.stack(frames).astype(np.uint16)), parents)


def test_positions_with_a_channel_and_without(tmp_path):
    world = tracked(ring(0, 3), 7 * ring(2, 6))
    write_imagej_roi(tmp_path / "plain.zip", world)
    write_imagej_roi(tmp_path / "channel.zip", world, channel=2)
    plain, channel = (roifile.roiread(tmp_path / f"{n}.zip") for n in ("plain", "channel"))
    assert [(r.name, r.position, r.t_position) for r in plain] == [
        ("cell1_t0000", 1, 0),
        ("cell7_t0001", 2, 0),
    ]
    assert [(r.c_position, r.z_position, r.t_position) for r in channel] == [(2, 1, 1), (2, 1, 2)]
    assert [r.composite for r in plain] == [False, True]  # the ring has a hole
    back = read_imagej_roi(tmp_path / "channel.zip", frame_shape=(64, 64), channel=2)
    assert np.array_equal(back.painted().asarray(), world.painted().asarray())
    other = read_imagej_roi(tmp_path / "channel.zip", frame_shape=(64, 64), channel=1)
    assert other.notes[0] == "2 ROIs of other channels are left out"


def test_equal_objects_give_equal_files(tmp_path):
    for name in ("a.zip", "b.zip"):
        write_imagej_roi(tmp_path / name, tracked(ring(2, 6)))
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_a_single_roi_file(tmp_path):
    world = tracked(ellipse((9, 4), angle=0.4))
    write_imagej_roi(tmp_path / "one.roi", world)
    back = read_imagej_roi(tmp_path / "one.roi", frame_shape=(64, 64))
    assert np.array_equal(back.painted().asarray(), world.painted().asarray())
    with pytest.raises(InputError, match=r"one ROI for 2 objects; write a \.zip"):
        write_imagej_roi(tmp_path / "two.roi", tracked(ring(2, 6), ring(2, 6)))
    assert not (tmp_path / "two.roi").exists()


def test_what_cannot_be_written_is_told(tmp_path):
    links = pd.DataFrame(
        {Col.CELL: [1], Col.FRAME: [0], Col.LABEL: [9], Col.Y_PX: 1.0, Col.X_PX: 1}
    )
    with pytest.raises(InputError, match="places and no shapes"):
        write_imagej_roi(tmp_path / "p.zip", Tracked(Tracks.from_links(links), n_frames=1))
    there = Tracked(Tracks.from_links(links), 1, Labels.from_array(np.ones((1, 4, 4), np.uint8)))
    with pytest.warns(LamellaWarning, match="1 objects of cells are not in the labels"):
        write_imagej_roi(tmp_path / "p.zip", there)
    wide = np.zeros((1, 1, 70_000), np.uint8)
    wide[0, 0, 69_000:] = 1
    with pytest.raises(InputError, match="cell 1 of frame 0: it reaches to 70000"):
        write_imagej_roi(tmp_path / "wide.zip", tracked_from_ids(Labels.from_array(wide)))
    assert not (tmp_path / "wide.zip").exists()


def polygon(corners, name="", **more):
    roi = ImagejRoi.frompoints(np.asarray(corners, np.float32), name=name)
    for key, value in more.items():
        setattr(roi, key, value)
    return roi


def square(at, name="", **more):
    y, x = at
    return polygon([[x, y], [x + 4, y], [x + 4, y + 4], [x, y + 4]], name, **more)


def zipped(tmp_path, *rois, **other):
    path = tmp_path / "RoiSet.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for i, roi in enumerate(rois):
            archive.writestr(f"{i:03}.roi", roi if isinstance(roi, bytes) else roi.tobytes())
        for name, data in other.items():
            archive.writestr(name.replace("__", "."), data)
    return path


def rows(back):
    return back.tracks.links[[Col.CELL, Col.FRAME]].to_numpy().tolist()


def test_the_same_name_in_several_frames_is_one_cell(tmp_path):
    path = zipped(
        tmp_path,
        square((2, 2), "nice", position=1),
        square((2, 3), "nice", position=3),
        square((9, 9), "other", position=1),
        square((20, 9), "nice", position=1),
    )
    back = read_imagej_roi(path)
    assert rows(back) == [[1, 0], [1, 2], [2, 0], [3, 0]]
    assert "1 ROIs have a name again in one frame and become cells of their own" in back.notes


def test_a_roi_drawn_by_hand_leaves_our_cells_as_they_are(tmp_path):
    path = zipped(
        tmp_path,
        *(square((2, 2), f"cell12_t{t:04}", position=t + 1) for t in range(3)),
        square((9, 9), "0002-0011-0011", position=2),
        square((20, 9), "new", position=1),
        square((20, 9), "new", position=2),
    )
    back = read_imagej_roi(path)
    assert rows(back) == [[1, 1], [2, 0], [2, 1], [12, 0], [12, 1], [12, 2]]
    assert "3 ROIs have names of others: cells by their names" in back.notes


def test_parents_that_are_not_there_are_told_and_the_others_stay(tmp_path):
    def named(cell, t, parents=""):
        roi = square((9 * cell, 2), f"cell{cell}_t{t:04}", position=t + 1)
        roi.props = f"lamella.parents: {parents}\n" if parents else ""
        return roi

    path = zipped(tmp_path, named(1, 0), named(2, 1, "1,9"), named(3, 1, "3"), named(4, 0, "2"))
    back = read_imagej_roi(path)
    assert dict(back.tracks.parents) == {2: (1,)}
    assert "1 parents are no track of the file: left out" in back.notes
    assert "2 parents do not begin before their daughters: left out" in back.notes


def test_other_names_make_every_roi_a_cell(tmp_path):
    path = zipped(tmp_path, square((2, 2), "0001-0004-0004"), square((9, 9), "0003-0011-0011"))
    back = read_imagej_roi(path)
    assert rows(back) == [[1, 0], [2, 2]]  # ImageJ's names tell the slice
    assert "frames are read from ImageJ's names" in back.notes[0]
    assert "no name of others comes twice: each of these ROIs is a cell of its own" in back.notes


def test_places_in_a_stack_of_channels_and_along_z(tmp_path):
    path = zipped(tmp_path, square((2, 2), position=2), square((9, 9), position=5))
    assert [f for _, f in rows(read_imagej_roi(path, n_channels=2))] == [0, 2]
    path = zipped(
        tmp_path,
        square((2, 2), z_position=2, c_position=1, t_position=0),
        square((9, 9), z_position=1, c_position=1, t_position=0),
    )
    back = read_imagej_roi(path)
    assert sorted(f for _, f in rows(back)) == [0, 1]
    assert any("positions along Z are read as time" in note for note in back.notes)
    path = zipped(tmp_path, square((2, 2), t_position=4), square((9, 9)))
    assert any("1 ROIs have no place in time" in n for n in read_imagej_roi(path).notes)


def test_overlaps_go_to_the_later_one_and_are_counted(tmp_path):
    path = zipped(tmp_path, square((2, 2)), square((4, 4)), square((4, 4)), square((90, 90)))
    back = read_imagej_roi(path, frame_shape=(30, 30))
    frame = back.painted().frame(0)
    assert [(frame == k).sum() for k in (1, 2, 3)] == [12, 0, 16]
    assert "2 ROIs overlap a later one, which has the pixels of both" in back.notes
    assert "2 ROIs hold no pixel of the frame" in back.notes
    assert sorted(set(back.tracks.links[Col.CELL])) == [1, 3]


def test_lines_points_and_text_are_passed_over_by_kind(tmp_path):
    def of(kind, sub=ROI_SUBTYPE.UNDEFINED):
        return polygon([[1, 1], [5, 5]], roitype=kind, subtype=sub)

    text = ImagejRoi(roitype=ROI_TYPE.RECT, subtype=ROI_SUBTYPE.TEXT, right=9, bottom=9)
    line = ImagejRoi(roitype=ROI_TYPE.LINE, x2=4.0, y2=9.0)
    path = zipped(tmp_path, square((2, 2)), of(ROI_TYPE.POINT), of(ROI_TYPE.ANGLE), text, line)
    back = read_imagej_roi(path)
    assert rows(back) == [[1, 0]]
    assert (
        "4 ROIs are no areas and are passed over (1 × angle, 1 × line, 1 × point, 1 × text)"
        in back.notes
    )


def test_rectangles_ovals_and_subpixel_polygons(tmp_path):
    rect = ImagejRoi(roitype=ROI_TYPE.RECT, left=2, top=3, right=7, bottom=9)
    oval = ImagejRoi(roitype=ROI_TYPE.OVAL, left=20, top=3, right=31, bottom=10)
    fine = polygon([[40.2, 3.2], [44.6, 3.2], [44.6, 8.4], [40.2, 8.4]])
    assert fine.options & ROI_OPTIONS.SUB_PIXEL_RESOLUTION
    back = read_imagej_roi(zipped(tmp_path, rect, oval, fine), frame_shape=(20, 64))
    frame = back.painted().frame(0)
    assert np.argwhere(frame == 1).min(axis=0).tolist() == [3, 2]
    assert (frame == 1).sum() == 30
    assert np.array_equal(frame == 2, ellipse((5.5, 3.5), at=(6, 25), field=(20, 64)))
    assert np.argwhere(frame == 3).min(axis=0).tolist() == [3, 40]
    assert np.argwhere(frame == 3).max(axis=0).tolist() == [7, 44]


def test_curves_of_a_composite(tmp_path):
    bend = 4 / 3 * (2**0.5 - 1)  # four cubic curves make a circle of radius 10 at (20, 20)
    along, across = np.array([10, 0]), np.array([0, 10])
    path = [0, 30, 20]
    for _ in range(4):
        controls = [along + bend * across, across + bend * along, across]
        path += [3, *(20 + np.array(controls)).ravel()]
        along, across = across, -along
    roi = ImagejRoi(roitype=ROI_TYPE.RECT, multi_coordinates=np.array([*path, 4], np.float32))
    roi.shape_roi_size = len(roi.multi_coordinates)
    back = read_imagej_roi(zipped(tmp_path, roi), frame_shape=(40, 40))
    circle = ellipse((9.97, 9.97), at=(19.5, 19.5), field=(40, 40))
    assert np.array_equal(back.painted().frame(0) == 1, circle)


def test_the_frame_that_holds_all_is_a_guess_and_said_so(tmp_path):
    back = read_imagej_roi(zipped(tmp_path, square((2, 20))))
    assert back.frame_shape == (6, 24)
    assert "6 × 24 px hold all objects" in back.notes[0]
    far = square((2, 2))
    far.integer_coordinates, far.subpixel_coordinates = far.integer_coordinates, None
    far.options, far.left, far.top, far.right, far.bottom = (
        ROI_OPTIONS(0),
        60000,
        60000,
        60004,
        60004,
    )
    with pytest.raises(InputError, match=r"cannot be painted; give the movie's own frame_shape"):
        read_imagej_roi(zipped(tmp_path, far))
    with pytest.raises(InputError, match="ROIs in frame 3 of 2 frames"):
        read_imagej_roi(zipped(tmp_path, square((2, 2), position=4)), n_frames=2)
