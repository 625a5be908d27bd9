"""Edits by hand on small drawn cells: what each makes, what it refuses, and that undo is exact."""

from typing import get_args

import numpy as np
import pytest

from lamella.core.errors import InputError
from lamella.core.frames import ArrayFrames
from lamella.core.labels import Labels
from lamella.io.track_ids import tracked_from_ids
from lamella.run.edit_log import from_ranges, in_ranges
from lamella.run.editing import (
    EDIT,
    Cut,
    Delete,
    Divide,
    Fill,
    Interpolate,
    Merge,
    Overlay,
    Paint,
    Relink,
    Split,
    Undivide,
)
from lamella.run.editing.edits import AnyEdit
from lamella.run.editing.paint import as_runs, from_runs
from lamella.run.editing.split import split_at

N, SIDE = 6, 60


def world():
    """1 and 2 move apart; 3 is in frames 0 to 2, 4 from 3 on; 5 has a hole; 6 is missing in 2."""
    labels = np.zeros((N, SIDE, SIDE), np.uint16)
    for t in range(N):
        labels[t, 5:15, 20 - 2 * t : 30 - 2 * t] = 1
        labels[t, 20:30, 20 + 2 * t : 30 + 2 * t] = 2
        labels[t, 35:45, 5:15] = 3 if t < 3 else 4
        labels[t, 35:45, 25:35], labels[t, 39:41, 29:31] = 5, 0
        if t != 2:
            labels[t, 48:58, 5 + t : 15 + t] = 6
    return labels


def overlay(labels=None, parents=None, gone=()):
    drawn = Labels.from_array(world() if labels is None else labels)
    return Overlay(tracked_from_ids(drawn, parents), gone=gone)


def stack(cells):
    return np.stack([cells.frame(t) for t in range(cells.n_frames)])


def disc(shape, y, x, r):
    yy, xx = np.mgrid[: shape[0], : shape[1]]
    return (yy - y) ** 2 + (xx - x) ** 2 <= r**2


def mask(y, x):
    out = np.zeros((SIDE, SIDE), bool)
    out[y, x] = True
    return out


EVERY = [
    Paint.of(mask(slice(0, 4), slice(0, 3)), frame=2, cell=1),
    Paint.of(mask(slice(6, 9), slice(0, 60)), frame=1, cell=0),
    Fill(frame=0, cell=5),
    Fill(frame=0, cell=1, at=(40, 30)),
    Split(frame=1, cell=2, seeds=((25, 23), (25, 30))),
    Split(frame=0, cell=2, seeds=((22, 25), (28, 25)), last=5),
    Merge(cell=3, into=5, first=0, last=None),
    Merge(cell=1, into=2, first=2, last=2),
    Delete(cell=6),
    Delete(cell=6, first=3, last=4),
    Interpolate(cell=6, first=1, last=3),
    Relink(cell=3, other=4, frame=3),
    Relink(cell=1, other=2, frame=2, swap=True),
    Cut(cell=1, frame=3),
    Divide(mother=3, daughters=(4, 5), frame=3),
    Undivide(mother=3),
]


def test_every_edit_is_tried_here():
    union = get_args(AnyEdit)[0]
    assert {type(edit) for edit in EVERY} == set(get_args(union))


@pytest.mark.parametrize("edit", EVERY, ids=lambda edit: edit.words)
def test_json_and_undo_are_exact(edit):
    cells = overlay(parents={4: (3,)})
    before, links = stack(cells), cells.tracked().tracks.links
    applied = cells.do(edit)
    after, parents = stack(cells), dict(cells.parents)
    assert not np.array_equal(after, before) or parents != {4: (3,)}
    again = overlay(parents={4: (3,)})
    told = EDIT.validate_json(applied.edit.model_dump_json())
    assert told == applied.edit
    again.do(told)
    assert np.array_equal(stack(again), after)
    assert again.parents == parents
    # What was touched is all that differs.
    differing = {
        (int(c), t)
        for t in range(N)
        for c in np.unique([before[t][before[t] != after[t]], after[t][before[t] != after[t]]])
        if c
    }
    assert applied.found.shapes == differing
    assert from_ranges(in_ranges(differing)) == differing
    whole = tracked_from_ids(Labels.from_array(after)).tracks
    now = cells.tracked().tracks
    columns = ["cell", "frame", "label", "y_px", "x_px"]
    assert np.array_equal(now.links[columns], whole.links[columns])
    assert now.first_last == whole.first_last
    assert cells.cells == set(whole.first_last)
    cells.undo(applied)
    assert np.array_equal(stack(cells), before)
    assert np.array_equal(cells.tracked().tracks.links[columns], links[columns])
    assert cells.parents == {4: (3,)}


REFUSED = [
    (Split(frame=1, cell=2, seeds=((25, 23), (5, 5))), "lies outside of cell 2; click inside"),
    (Split(frame=1, cell=2, seeds=((25, 23), (25.2, 23.1))), "same pixel"),
    (Split(frame=2, cell=6, seeds=((25, 23), (5, 5))), "not in frame 2; it is in frames 0 to 5"),
    (Split(frame=9, cell=2, seeds=((25, 23), (5, 5))), "the movie ends with frame 5"),
    (Merge(cell=2, into=2, first=0, last=None), "one and the same cell"),
    (Merge(cell=3, into=4, first=0, last=None), "together in no frame .* use Re-link"),
    (Merge(cell=3, into=99, first=0, last=None), "there is no cell 99"),
    (Delete(cell=3, first=4), "in frames 0 to 2 only"),
    (Interpolate(cell=6, first=3, last=4), "no frame between"),
    (Interpolate(cell=6, first=2, last=4), "not in frame 2"),
    (Relink(cell=1, other=2, frame=2), r"both are there in frames 2 to 5.* \(swap\)"),
    (Relink(cell=1, other=3, frame=4), "not there from frame 4 on; it is in frames 0 to 2"),
    (Relink(cell=1, other=1, frame=4), "one and the same"),
    (Cut(cell=1, frame=0), "cut between frames 1 and 5"),
    (Cut(cell=3, frame=4), "nothing lies on one side"),
    (Divide(mother=1, daughters=(4, 5), frame=3), "mother is still there in frame 5"),
    (Divide(mother=4, daughters=(1, 5), frame=3), "first seen in frame 3"),
    (Divide(mother=3, daughters=(4, 4), frame=3), "named twice"),
    (Undivide(mother=1), "no daughters"),
    (Fill(frame=0, cell=1), "it has no hole"),
    (Fill(frame=0, cell=1, at=(0, 0)), "open to the edge"),
    (Fill(frame=0, cell=1, at=(40, 26)), "cell 5 is there already"),
    (Paint(frame=0, cell=7, runs=((SIDE * SIDE - 1, 2),)), "outside of the frame"),
    (Paint(frame=0, cell=8, runs=((0, 2),)), "cell 8 was removed, and no number is given twice"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "words"), REFUSED, ids=lambda each: getattr(each, "words", ""))
def test_what_makes_no_sense_is_refused_and_changes_nothing(edit, words):
    cells = overlay(gone=(8,))
    before = stack(cells)
    with pytest.raises(InputError, match=words):
        cells.do(edit)
    assert np.array_equal(stack(cells), before)
    assert cells.changed_frames == []


class TestSplit:
    def test_the_cut_runs_along_the_neck(self):
        both = disc((SIDE, SIDE), 30, 20, 10) | disc((SIDE, SIDE), 30, 38, 10)
        labels = both[None].astype(np.uint16)
        cells = overlay(labels)
        cells.do(Split(frame=0, cell=1, seeds=((32, 15), (27, 36))))
        image = cells.frame(0)
        assert set(np.unique(image[:, :28][both[:, :28]])) == {1}
        assert set(np.unique(image[:, 30:][both[:, 30:]])) == {2}

    def test_without_a_neck_it_runs_halfway(self):
        inside = np.ones((20, 40), bool)
        markers = np.zeros(inside.shape, np.int32)
        markers[10, 5], markers[10, 21] = 1, 2
        pieces = split_at(inside, markers)
        assert (pieces == 1).sum() == pytest.approx(20 * 13.5, abs=25)
        assert set(np.unique(pieces)) == {1, 2}

    def test_who_was_there_before_keeps_the_number(self):
        labels = np.zeros((2, SIDE, SIDE), np.uint16)
        labels[0, 30:40, 40:50] = 3
        labels[1, 30:40, 20:50] = 3
        cells = overlay(labels)
        cells.do(Split(frame=1, cell=3, seeds=((35, 24), (35, 45))))
        assert cells.frame(1)[35, 45] == 3
        assert cells.frame(1)[35, 24] == 4

    def test_over_frames_each_part_keeps_its_number(self):
        labels = np.zeros((4, SIDE, SIDE), np.uint16)
        for t in range(4):
            labels[t] = disc((SIDE, SIDE), 20 + 4 * t, 20, 8) | disc(
                (SIDE, SIDE), 20 + 4 * t, 33, 8
            )
        cells = overlay(labels)
        applied = cells.do(Split(frame=0, cell=1, seeds=((20, 18), (20, 35)), last=3))
        assert applied.found.added == (2,)
        for t in range(4):
            left, right = cells.frame(t)[20 + 4 * t, [18, 35]]
            assert (left, right) == tuple(cells.frame(0)[20, [18, 35]])
            areas = np.bincount(cells.frame(t).ravel())[1:]
            assert areas.min() > 0.9 * areas.max()

    def test_three_parts(self):
        labels = np.zeros((1, SIDE, SIDE), np.uint16)
        labels[0, 20:30, 5:50] = 1
        cells = overlay(labels)
        applied = cells.do(Split(frame=0, cell=1, seeds=((25, 8), (25, 27), (25, 46))))
        assert applied.edit.new == (2, 3)
        assert len(cells.cells) == 3


class TestIdentities:
    def test_an_exchange_takes_the_daughters_along(self):
        cells = overlay(parents={4: (1,)})
        cells.do(Relink(cell=1, other=2, frame=2, swap=True))
        assert cells.parents == {4: (2,)}
        cells = overlay(parents={4: (1,)})
        cells.do(Relink(cell=1, other=2, frame=4, swap=True))
        assert cells.parents == {4: (1,)}  # born before

    def test_who_is_joined_is_not_born(self):
        cells = overlay(parents={4: (3,)})
        cells.do(Relink(cell=3, other=4, frame=3))
        assert cells.parents == {}
        assert cells.frames_of(3) == list(range(N))
        assert cells.cells == {1, 2, 3, 5, 6}

    def test_a_cut_track_takes_its_daughters_along(self):
        cells = overlay(parents={4: (1,)})
        applied = cells.do(Cut(cell=1, frame=1))
        assert cells.parents == {4: applied.edit.new}

    def test_a_mother_who_goes_on_as_her_daughter(self):
        cells = overlay()
        applied = cells.do(Divide(mother=1, daughters=(1, 4), frame=3))
        (new,) = applied.edit.new
        assert cells.parents == {new: (1,), 4: (1,)}
        assert cells.frames_of(1) == [0, 1, 2]
        cells.do(Undivide(mother=1, continues=new))
        assert cells.parents == {}
        assert cells.frames_of(1) == list(range(N))

    def test_words_tell_what_cells_are_called_now(self):
        cells = overlay()
        told = [
            cells.do(edit).edit.words
            for edit in (
                Divide(mother=1, daughters=(1, 4), frame=3),
                Cut(cell=2, frame=3),
                Split(frame=3, cell=5, seeds=((42, 27), (36, 33))),
                Relink(cell=3, other=4, frame=3),
            )
        ]
        assert told == [
            "cell 1 divides in frame 3 into 7 (until now 1) and 4",
            "cut the track of cell 2 at frame 3: from there on it is called 8",
            "split cell 5 in frame 3 into 5 and 9",
            "from frame 3 on cell 4 is called 3: the two are one",
        ]
        with pytest.raises(InputError, match=r"^split cell 5 in frame 3: the point"):
            cells.do(Split(frame=3, cell=5, seeds=((0, 0), (36, 33))))

    def test_numbers_are_not_given_again(self):
        cells = overlay(gone=(40,))
        first = cells.do(Cut(cell=1, frame=3))
        cells.undo(first)
        assert first.edit.new == (41,)
        assert cells.do(Cut(cell=1, frame=3)).edit.new == (42,)


class TestInterpolate:
    def test_the_shape_moves_along(self):
        cells = overlay()
        cells.do(Interpolate(cell=6, first=1, last=3))
        want = np.zeros((SIDE, SIDE), bool)
        want[48:58, 7:17] = True
        assert np.array_equal(cells.frame(2) == 6, want)
        assert cells.tracked().tracks.interpolated.to_numpy().tolist() == [[6, 2]]

    def test_what_a_person_draws_over_is_seen(self):
        cells = overlay()
        cells.do(Interpolate(cell=6, first=1, last=3))
        cells.do(Paint.of(mask(slice(47, 48), slice(8, 12)), frame=2, cell=6))
        assert cells.tracked().tracks.interpolated.empty
        cells = overlay()
        cells.do(Interpolate(cell=6, first=1, last=3, as_seen=True))
        assert cells.tracked().tracks.interpolated.empty

    def test_others_keep_their_pixels(self):
        labels = world()
        labels[2, 50:60, 10:13] = 9
        cells = overlay(labels)
        cells.do(Interpolate(cell=6, first=0, last=5))
        assert (cells.frame(2)[50:60, 10:13] == 9).all()


def test_runs_are_the_mask():
    rng = np.random.default_rng(0)
    for _ in range(20):
        drawn = rng.random((7, 9)) < 0.4
        back = np.zeros(drawn.size, bool)
        back[from_runs(as_runs(drawn))] = True
        assert np.array_equal(back.reshape(drawn.shape), drawn)


def test_a_long_movie_is_edited_without_looking_at_all_of_it():
    class Told(ArrayFrames):
        read = 0

        def frame(self, t):
            Told.read += 1
            return super().frame(t)

    labels = np.zeros((1000, 32, 32), np.uint16)
    labels[:, 5:9, 5:9], labels[:, 20:25, 20:29] = 1, 2
    tracked = tracked_from_ids(Labels.from_array(labels))
    cells = Overlay(tracked)
    cells.saved.__class__ = Told
    cells.do(Split(frame=500, cell=2, seeds=((22, 21), (22, 27))))
    assert len(cells.tracked().tracks.links) == 2001
    assert 0 < Told.read < 10
