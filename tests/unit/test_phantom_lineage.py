"""True tracks of phantoms: who is who, who came from whom, and who left the field."""

import time

import numpy as np
import pytest

from lamella.core.table import Col
from lamella.phantom import CellPhantom, ColonyPhantom

OPEN = ColonyPhantom(
    n_cells=40,
    n_divisions=20,
    n_frames=60,
    field_px=(320, 320),
    area_um2=80,
    open_field=True,
    speed_um_per_min=1.5,
    seed=3,
)


@pytest.fixture(scope="module")
def phantom():
    return OPEN.make()


@pytest.fixture(scope="module")
def labels(phantom):
    return phantom.truth.frames.asarray()


def test_forty_cells_are_drawn_quickly():
    started = time.perf_counter()
    OPEN.make().truth.frames.asarray()
    assert time.perf_counter() - started < 20  # 2 s on an idle core


def test_the_world_has_all_that_is_hard(phantom, labels):
    tracks = phantom.true_tracks
    assert sum(len(cells) == 2 for cells in tracks.daughters.values()) >= 5
    right, left = labels[:, :, 1:], labels[:, :, :-1]
    touching = ((right != left) & (right > 0) & (left > 0)).any(axis=(1, 2))
    assert touching.mean() > 0.9
    edge = np.concatenate(
        [labels[:, [0, -1]].reshape(60, -1), labels[:, :, [0, -1]].reshape(60, -1)], 1
    )
    ends = [t for t in tracks.first_last.values() if t[1] < 59]
    begins = [t for t in tracks.first_last.values() if t[0] > 0]
    assert len(ends) > 8
    assert len(begins) > 8
    assert edge.any(axis=1).mean() > 0.9


def test_every_object_of_every_frame_is_linked_once(phantom, labels):
    links = phantom.true_tracks.links
    assert not links.duplicated([Col.CELL, Col.FRAME]).any()
    assert not links.duplicated([Col.LABEL, Col.FRAME]).any()
    for t in (0, 30, 59):
        here = links[links[Col.FRAME] == t].set_index(Col.LABEL)
        present, area = np.unique(labels[t][labels[t] > 0], return_counts=True)
        np.testing.assert_array_equal(np.sort(here.index), present)
        np.testing.assert_array_equal(here.loc[present, Col.AREA_PX], area)


def test_painted_tracks_are_the_truth_up_to_numbers(phantom, labels):
    painted = phantom.true_tracks.relabel(phantom.truth.frames)
    np.testing.assert_array_equal(painted.frame(40) > 0, labels[40] > 0)


def test_who_comes_back_is_another_cell(phantom):
    tracks = phantom.true_tracks
    stays = tracks.links.groupby(Col.LABEL)[Col.CELL].agg(["nunique", "min"])
    assert (stays["min"] == stays.index).all()
    assert (stays["nunique"] > 1).any()
    lives = tracks.links.groupby(Col.CELL)[Col.FRAME].agg(["min", "max", "count"])
    gaps = lives["max"] - lives["min"] + 1 - lives["count"]
    assert (gaps == 0).mean() > 0.95  # what is left are cells under others


def test_parents_show_right_before_their_daughters(phantom):
    tracks = phantom.true_tracks
    told = phantom.tracks.groupby("cell")["parent"].first()
    label = tracks.links.groupby(Col.CELL)[Col.LABEL].first()
    assert tracks.parents
    for cell, (mother,) in tracks.parents.items():
        assert told[cell] == label[mother]
        assert tracks.first_last[cell][0] == tracks.first_last[mother][1] + 1


def test_in_a_closed_field_nothing_is_lost():
    phantom = ColonyPhantom(n_cells=5, n_divisions=2, n_frames=50, seed=1).make()
    table, tracks = phantom.tracks, phantom.true_tracks
    assert len(tracks.links) == len(table)
    born = table[table["parent"] > 0].groupby("cell")["parent"].first()
    assert tracks.parents == {cell: (mother,) for cell, mother in born.items()}


def test_an_empty_frame_is_a_gap_and_no_departure():
    phantom = ColonyPhantom(
        n_cells=5, n_divisions=2, n_frames=50, empty_frames=tuple(range(0, 50, 7)), seed=1
    ).make()
    whole = ColonyPhantom(n_cells=5, n_divisions=2, n_frames=50, seed=1).make()
    assert phantom.true_tracks.parents == whole.true_tracks.parents
    assert not phantom.true_tracks.links[Col.FRAME].isin(range(0, 50, 7)).any()


def test_one_cell():
    tracks = CellPhantom(field_px=(160, 160), n_frames=4, seed=1).make().true_tracks
    assert tracks.first_last == {1: (0, 3)}
    assert tracks.parents == {}
