"""What a format says that it keeps, comes back identical; what it does not keep, is told."""

import re
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamella.core.errors import InputError
from lamella.core.labels import Labels
from lamella.core.movie import Scale, regular_times
from lamella.core.table import Col
from lamella.core.tracked import Tracked
from lamella.core.tracks import Tracks
from lamella.io.formats import FORMATS, format_called, losses, recognise
from lamella.io.geff import read_geff, write_geff
from lamella.io.track_ids import tracked_from_ids
from lamella.io.track_table import read_track_table, track_table, write_track_table
from worlds import tracked_worlds

PLACES = [str(c) for c in (Col.CELL, Col.FRAME, Col.Y_PX, Col.X_PX)]
# Formats whose units or corners differ from ours round in the last digit.
EXACT = {"geff", "lamella", "ctc", "labels", "tracks", "napari"}
BOTH_WAYS = [each for each in FORMATS if each.read and each.write]


def sorted_parents(tracks):
    return {cell: tuple(sorted(found)) for cell, found in tracks.parents.items()}


def world_for(form):
    """A world that has nothing but what the format keeps."""
    keeps = form.keeps
    return tracked_worlds(
        holes=keeps.shapes is False or (keeps.holes is True and keeps.pieces is True),
        gaps=keeps.gaps is True,
        divisions=keeps.divisions is True,
        merges=keeps.merges is True,
        scale=keeps.scale is True,
        time=keeps.time is True,
        empty_frames=keeps.empty_frames is True,
        largest_id=keeps.largest_id,
    )


def assert_same(back, tracked, keeps, *, atol=0.0):
    a = back.tracks.links.sort_values(PLACES[:2], ignore_index=True)
    b = tracked.tracks.links.sort_values(PLACES[:2], ignore_index=True)
    pd.testing.assert_frame_equal(a[PLACES], b[PLACES], check_dtype=False, rtol=0, atol=atol)
    assert dict(back.tracks.first_last) == dict(tracked.tracks.first_last)
    assert sorted_parents(back.tracks) == sorted_parents(tracked.tracks)
    assert back.n_frames == tracked.n_frames
    assert back.scale.pixel_size_um == tracked.scale.pixel_size_um
    if keeps.time is True:
        assert (back.scale.time_min is None) == (tracked.scale.time_min is None)
        if tracked.scale.time_min is not None:
            np.testing.assert_array_equal(back.scale.time_min, tracked.scale.time_min)
    if keeps.shapes is True:
        np.testing.assert_array_equal(back.painted().asarray(), tracked.painted().asarray())


@pytest.mark.parametrize("form", BOTH_WAYS, ids=lambda form: form.name)
def test_what_is_kept_comes_back_identical(form, tmp_path_factory):
    @settings(max_examples=15, deadline=None)
    @given(tracked=world_for(form))
    def check(tracked):
        path = tmp_path_factory.mktemp(form.name) / f"tracks{form.suffix}"
        form.write(path, tracked)
        assert recognise(path) is form
        # A cell of one frame is a spot without a track to programs whose tracks are edges.
        wanted = {"units": "px", "lone_spots": True}
        options = {key: value for key, value in wanted.items() if key in form.options}
        shape = None if form.keeps.shapes is False else tracked.frame_shape
        back = form.read(path, frame_shape=shape, **options)
        assert_same(back, tracked, form.keeps, atol=0.0 if form.name in EXACT else 1e-9)
        # Objects without a place of their own, and every frame has a size.
        lost = [each for each in losses(tracked, form) if "shapes of" not in each]
        assert [each for each in lost if each != "the frame size"] == []

    check()


def differences(back, tracked):
    """What is not as it was, each as a pattern that a warning of it has."""
    found = set()
    cells = set(back.tracks.first_last) == set(tracked.tracks.first_last)
    if not cells:
        found.add("number")
    elif sorted_parents(back.tracks) != sorted_parents(tracked.tracks):
        found.add("from|parent")
    if cells and dict(back.tracks.first_last) != dict(tracked.tracks.first_last):
        found.add("lives")
    if back.n_frames != tracked.n_frames:
        found.add("frames after the last object")
    if back.frame_shape != tracked.frame_shape:
        found.add("frame size")
    if back.scale.pixel_size_um != tracked.scale.pixel_size_um:
        found.add("pixel size")
    times = back.scale.time_min, tracked.scale.time_min
    n = min(back.n_frames, tracked.n_frames)
    if times[1] is not None and (
        times[0] is None or not np.allclose(times[0][:n], times[1][:n], rtol=1e-5)
    ):
        found.add("times")
    if len(back.tracks.interpolated) != len(tracked.tracks.interpolated):
        found.add("filled in")
    if back.labels is None:
        found.add("shapes")
    elif back.frame_shape == tracked.frame_shape and back.n_frames == tracked.n_frames:
        pixels = (each.labels.frames.asarray() > 0 for each in (back, tracked))
        if not np.array_equal(*pixels):
            found.add("holes")
    return found


@pytest.mark.parametrize("form", BOTH_WAYS, ids=lambda form: form.name)
def test_what_is_not_kept_is_told(form, tmp_path_factory):
    @settings(max_examples=25, deadline=None)
    @given(
        tracked=tracked_worlds(),
        longer=st.integers(0, 3),
        filled=st.lists(st.booleans(), min_size=20, max_size=20),
    )
    def check(tracked, longer, filled):
        tracks = tracked.tracks
        links = tracks.links.assign(interpolated=filled[: len(tracks.links)])
        lives = {
            cell: (a, min(b + longer, tracked.n_frames - 1))
            for cell, (a, b) in tracks.first_last.items()
        }
        tracked = replace(tracked, tracks=Tracks(links, lives, tracks.parents))
        path = tmp_path_factory.mktemp(form.name) / f"tracks{form.suffix}"
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            form.write(path, tracked)
        told = " ".join([*losses(tracked, form), *(str(each.message) for each in caught)])
        back = form.read(path, **({"units": "px"} if "units" in form.options else {}))
        assert [each for each in differences(back, tracked) if not re.search(each, told)] == []

    check()


@settings(max_examples=300, deadline=None)
@given(size=st.floats(0.01, 10), y=st.floats(0.1, 1000), x=st.floats(0.1, 1000))
def test_the_pixel_size_is_exact_whatever_its_digits(size, y, x, tmp_path_factory):
    path = tmp_path_factory.mktemp("size") / "tracks.csv"
    path.write_text(f"cell,frame,label,y_px,x_px,y_um,x_um\n1,0,1,{y},{x},{y * size},{x * size}\n")
    back = read_track_table(path).scale.pixel_size_um
    assert (y * back, x * back) == (y * size, x * size)


def test_the_table_states_its_pixel_size_where_places_do_not_tell_it(tmp_path):
    """At one place, two sizes a rounding apart make the same places."""
    size, other = 0.1, float(np.nextafter(0.1, 1))
    links = pd.DataFrame(
        {Col.CELL: [1], Col.FRAME: [0], Col.LABEL: [1], Col.Y_PX: [3.0], Col.X_PX: [0.0]}
    )
    tracks = Tracks.from_links(links)
    assert 3.0 * size == 3.0 * other
    path = tmp_path / "tracks.csv"
    for each in (size, other, None):
        write_track_table(path, Tracked(tracks, 1, scale=Scale(each)))
        assert read_track_table(path).scale.pixel_size_um == each
        assert str(Col.PIXEL_SIZE_UM) not in read_track_table(path).tracks.links


@pytest.mark.parametrize("stated", [["0.5", "0.25"], ["0", "0"], ["-1", "-1"], ["wide", "0.5"]])
def test_pixel_sizes_that_cannot_be_are_refused(stated, tmp_path):
    rows = [f"1,{t},1,1,1,{size}" for t, size in enumerate(stated)]
    path = tmp_path / "tracks.csv"
    path.write_text("\n".join(["cell,frame,label,y_px,x_px,pixel_size_um", *rows]) + "\n")
    with pytest.raises(InputError, match=r"pixel_size_um"):
        read_track_table(path)


def test_places_alone_lose_more_in_our_folder(tmp_path):
    labels = np.zeros((5, 4, 6), np.uint16)
    labels[1:3, 1, 1] = 1
    tracked = tracked_from_ids(Labels.from_array(labels))
    ours = format_called("lamella")
    assert losses(tracked, ours) == []
    places = replace(tracked, labels=None)
    assert losses(places, ours) == ["the frame size", "the 2 frames after the last object"]
    ours.write(tmp_path / "t", places)
    assert ours.read(tmp_path / "t").n_frames == 3


@settings(max_examples=50, deadline=None)
@given(
    tracked=tracked_worlds(),
    longer=st.integers(0, 3),
    filled=st.lists(st.booleans(), min_size=20, max_size=20),
)
def test_our_table_keeps_lives_labels_and_further_columns(
    tmp_path_factory, tracked, longer, filled
):
    links = tracked.tracks.links.copy()
    links[Col.INTERPOLATED] = filled[: len(links)]
    links[Col.AREA_PX] = np.linspace(0.1, 1 / 3, len(links))
    lives = {cell: (0, last + longer) for cell, (_, last) in tracked.tracks.first_last.items()}
    # A parent that lives as long as its daughter is none: such a table says so.
    tracks = Tracks(links, lives, {})
    n = max(last for _, last in lives.values()) + 1
    path = tmp_path_factory.mktemp("table") / "tracks.csv"
    write_track_table(path, Tracked(tracks, n, scale=Scale(0.318, regular_times(n, 2.5))))
    back = read_track_table(path)
    pd.testing.assert_frame_equal(
        back.tracks.links[list(links.columns)], links, check_exact=True, check_dtype=False
    )
    assert dict(back.tracks.first_last) == lives
    assert back.scale.pixel_size_um == 0.318
    assert back.n_frames == n
    if links[Col.FRAME].max() > 0 or n == 1:
        np.testing.assert_array_equal(back.scale.time_min, regular_times(n, 2.5))
    else:  # frame 0 alone tells no interval
        assert back.scale.time_min is None
        assert "do not tell the times" in back.notes[0]


@settings(max_examples=10, deadline=None)
@given(tracked=tracked_worlds())
def test_geff_is_valid_and_its_tracklets_and_lineages_are_those_of_the_graph(
    tmp_path_factory, tracked
):
    from geff.core_io import read_to_memory
    from geff.validate.data import ValidationConfig

    path = tmp_path_factory.mktemp("geff") / "g.geff"
    links = tracked.tracks.links.assign(**{str(Col.AREA_PX): 2.5})
    lives = tracked.tracks.first_last
    write_geff(path, Tracked(Tracks(links, lives, tracked.tracks.parents), tracked.n_frames))
    check = ValidationConfig(graph=True, tracklet=True, lineage=True)
    memory = read_to_memory(str(path), data_validation=check)
    assert len(memory["node_ids"]) == len(links)
    n_within = len(links) - len(lives)
    assert len(memory["edge_ids"]) == n_within + sum(map(len, tracked.tracks.parents.values()))
    back = read_geff(path)
    assert (back.tracks.links[Col.AREA_PX] == 2.5).all()
    pd.testing.assert_series_equal(
        back.tracks.links.sort_values(PLACES[:2], ignore_index=True)[Col.LABEL],
        links.sort_values(PLACES[:2], ignore_index=True)[Col.LABEL],
        check_dtype=False,
    )


def test_the_table_names_every_parent_of_a_merged_cell(tmp_path):
    links = pd.DataFrame(
        {Col.CELL: [1, 2, 3], Col.FRAME: [0, 0, 1], Col.LABEL: [1, 2, 1],
         Col.Y_PX: [1.0, 5.0, 3.0], Col.X_PX: [1.0, 1.0, 1.0]}
    )  # fmt: skip
    tracks = Tracks.from_links(links, {3: (2, 1)})
    table = track_table(tracks)
    assert table[Col.PARENT].tolist() == ["0", "0", "2 1"]
    assert table[Col.GENERATION].tolist() == [0, 0, 0]
    assert table[[str(Col.TIME_MIN), str(Col.Y_UM)]].isna().all().all()
    write_track_table(tmp_path / "tracks.csv", Tracked(tracks, 2))
    assert dict(read_track_table(tmp_path / "tracks.csv").tracks.parents) == {3: (2, 1)}
