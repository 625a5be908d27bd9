"""What a format says that it keeps, comes back identical; what it does not keep, is told."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamella.core.movie import Scale, regular_times
from lamella.core.table import Col
from lamella.core.tracked import Tracked
from lamella.core.tracks import Tracks
from lamella.io.formats import FORMATS, losses, recognise
from lamella.io.geff import read_geff, write_geff
from lamella.io.track_table import read_track_table, track_table, write_track_table
from worlds import tracked_worlds

PLACES = [str(c) for c in (Col.CELL, Col.FRAME, Col.Y_PX, Col.X_PX)]
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


def assert_same(back, tracked, keeps):
    a = back.tracks.links.sort_values(PLACES[:2], ignore_index=True)
    b = tracked.tracks.links.sort_values(PLACES[:2], ignore_index=True)
    pd.testing.assert_frame_equal(a[PLACES], b[PLACES], check_exact=True, check_dtype=False)
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
        options = {"units": "px"} if "units" in form.options else {}
        assert_same(form.read(path, **options), tracked, form.keeps)
        assert [each for each in losses(tracked, form) if "shapes" not in each] == []

    check()


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
