"""Linking, gaps, touches, divisions and mergings in worlds whose answer is known by heart."""

from time import perf_counter

import numpy as np
import pandas as pd
import pytest
from tracking_truth import flock, score, shuffled

from lamella.core.errors import InputError, SettingsError
from lamella.core.frames import ArrayFrames, chunked
from lamella.core.labels import Labels
from lamella.core.movie import Scale
from lamella.core.registration import Registration
from lamella.core.table import Col
from lamella.io.track_ids import tracked_from_ids
from lamella.phantom import ColonyPhantom
from lamella.track import Lap, Overlap
from lamella.track.chains import Joined
from lamella.track.touching import merge
from worlds import (
    disc,
    dividing_cell,
    gap_movie,
    leave_together,
    swallowed_by_two,
    touch_and_part,
    two_cells_crossing,
)

BOTH = [Lap(), Overlap()]
by_method = pytest.mark.parametrize("step", BOTH, ids=lambda step: step.method)


def tracked(labels, step, image=None, scale=None):
    """Tracks of labels whose numbers were drawn anew in every frame, painted with their ids."""
    rng = np.random.default_rng(3)
    mixed = np.zeros_like(labels)
    for t, frame in enumerate(labels):
        names = np.unique(frame[frame > 0])
        for name, new in zip(names, rng.permutation(len(names)) + 1, strict=True):
            mixed[t][frame == name] = new
    frames = ArrayFrames(mixed)
    state = step.prepare(frames, image, scale=scale)
    tracks = step(frames, state=state)
    return tracks, tracks.relabel(frames).asarray()


def same_partition(painted, labels):
    """Whether two label movies name the same cells, whatever the numbers."""
    pairs = {*zip(painted.ravel().tolist(), labels.ravel().tolist(), strict=True)}
    return len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


@by_method
class TestBoth:
    def test_cells_keep_their_number(self, step):
        labels = two_cells_crossing(21)
        tracks, painted = tracked(labels, step)
        assert same_partition(painted, labels)
        assert tracks.first_last == {1: (0, 20), 2: (0, 20)}
        assert not tracks.parents

    def test_frames_without_any_object_are_frames_like_others(self, step):
        labels = gap_movie([0, 1, 4, 5, 9])
        tracks, painted = tracked(labels, step)
        assert tracks.first_last == {1: (2, 8)}
        np.testing.assert_array_equal(painted > 0, labels > 0)

    def test_a_longer_gap_makes_another_cell(self, step):
        tracks, _ = tracked(gap_movie([4, 5, 6]), step)
        assert tracks.first_last == {1: (0, 3), 2: (7, 9)}
        tracks, _ = tracked(gap_movie([4, 5, 6]), step.model_copy(update={"max_gap": 3}))
        assert tracks.first_last == {1: (0, 9)}

    @pytest.mark.parametrize("shape", [(3, 8, 8), (1, 8, 8)])
    def test_no_object_no_cell(self, step, shape):
        tracks, painted = tracked(np.zeros(shape, np.uint16), step)
        assert tracks.first_last == {}
        assert not painted.any()
        assert step.in_words(step.prepare(ArrayFrames(painted))) == "no objects"

    def test_one_frame(self, step):
        tracks, _ = tracked(two_cells_crossing(1), step)
        assert tracks.first_last == {1: (0, 0), 2: (0, 0)}

    def test_a_division_has_a_mother_and_two_daughters(self, step):
        labels, _ = dividing_cell(12, 5)
        tracks, painted = tracked(labels, step)
        assert same_partition(painted, labels)
        assert tracks.first_last == {1: (0, 4), 2: (5, 11), 3: (5, 11)}
        assert tracks.parents == {2: (1,), 3: (1,)}
        assert tracks.generations == {1: 0, 2: 1, 3: 1}
        assert tracks.daughters == {1: (2, 3)}

    def test_no_division_where_none_is_wanted(self, step):
        labels, _ = dividing_cell(12, 5)
        tracks, _ = tracked(labels, step.model_copy(update={"divisions": False}))
        assert not tracks.parents
        assert len(tracks.first_last) == 2

    def test_pieces_that_reunite_are_no_daughters(self, step):
        labels, _ = dividing_cell(14, 5)
        labels[8:] = labels[0]
        tracks, _ = tracked(labels, step)
        assert not tracks.parents
        assert tracks.first_last[1] == (0, 13)

    def test_identities_outlast_a_touch(self, step):
        labels = touch_and_part()
        tracks, painted = tracked(labels, step)
        assert not tracks.parents
        assert len(tracks.first_last) == 2
        apart = np.r_[0:6, 9:15]
        assert same_partition(painted[apart], labels[apart])
        assert len(np.unique(painted[7])) == 2  # the clump bears one of the two numbers

    def test_a_long_touch_needs_no_long_gap(self, step):
        merged = range(8, 20)
        labels = touch_and_part(29, merged)
        tracks, painted = tracked(labels, step)
        assert len(tracks.first_last) == 2
        apart = np.r_[0:8, 20:29]
        assert same_partition(painted[apart], labels[apart])

    def test_two_that_leave_a_touch_of_three_together_part_later(self, step):
        cells, objects = leave_together()
        tracks, painted = tracked(objects, step)
        assert not tracks.parents
        assert set(tracks.first_last.values()) == {(0, 16)}
        apart = np.r_[0:5, 14:17]
        assert same_partition(painted[apart], cells[apart])

    def test_a_cell_is_in_one_place_where_two_objects_swallowed_it(self, step):
        for merges in (False, True):
            tracks, _ = tracked(swallowed_by_two(), step.model_copy(update={"merges": merges}))
            assert not tracks.links.duplicated([Col.CELL, Col.FRAME]).any()
            assert not tracks.links.duplicated([Col.LABEL, Col.FRAME]).any()

    def test_a_merging_for_good_is_a_cell_of_two_parents(self, step):
        labels = touch_and_part(15, range(6, 15))[:8]
        tracks, _ = tracked(labels, step)
        assert not tracks.parents
        tracks, _ = tracked(labels, step.model_copy(update={"merges": True}))
        assert tracks.first_last == {1: (0, 5), 2: (0, 5), 3: (6, 7)}
        assert {k: set(v) for k, v in tracks.parents.items()} == {3: {1, 2}}
        assert tracks.generations[3] == 0

    def test_state_does_not_depend_on_where_the_movie_is_cut(self, step):
        phantom = ColonyPhantom(
            n_cells=5, n_frames=9, area_um2=60, field_px=(128, 128), seed=2
        ).make()
        frames = ArrayFrames(phantom.truth.frames.asarray())
        whole = step(frames, state=step.prepare(frames))
        for edges in ([1], [4], [2, 3, 8], list(range(1, 9))):
            parts = [step.prepare(part) for part in chunked(frames, edges)]
            cut = step(frames, state=step.merge(parts))
            pd.testing.assert_frame_equal(cut.links, whole.links)
            assert cut.parents == whole.parents

    def test_short_lives_can_be_dropped(self, step):
        labels = two_cells_crossing(21)
        labels[3:][labels[3:] == 2] = 0
        tracks, painted = tracked(labels, step.model_copy(update={"min_frames": 4}))
        assert tracks.first_last == {1: (0, 20)}
        assert (painted > 0).sum() == (labels == 1).sum()

    def test_numbers_of_other_programs_may_be_huge(self, step):
        labels = two_cells_crossing(21).astype(np.uint32) * 900_000_000
        frames = ArrayFrames(labels)
        tracks = step(frames, state=step.prepare(frames))
        assert tracks.first_last == {1: (0, 20), 2: (0, 20)}


@by_method
def test_a_stage_that_jumps_further_than_cells_go_loses_nobody_where_the_jump_is_known(step):
    shifts = np.where(np.arange(12) < 6, 0, 22)
    labels = np.zeros((12, 96, 96), np.uint16)
    for t, s in enumerate(shifts):
        labels[t][disc(6, (20 + s, 20 + s + t), (96, 96))] = 1
        labels[t][disc(6, (44 + s, 40 + s - t), (96, 96))] = 2
    frames = ArrayFrames(labels)
    stage = Registration.from_drift(np.column_stack([shifts, shifts]))
    tracks = step(frames, state=step.prepare(frames, registration=stage))
    assert tracks.first_last == {1: (0, 11), 2: (0, 11)}
    place = tracks.centroids(1, n_frames=12)  # of the raw frames
    np.testing.assert_allclose(place[7], np.argwhere(labels[7] == 1).mean(axis=0))
    cut = step.merge([step.prepare(p, registration=stage) for p in chunked(frames, [6])])
    pd.testing.assert_frame_equal(step(frames, state=cut).links, tracks.links)
    lost = step(frames, state=step.prepare(frames))
    assert len(lost.first_last) > 2


class TestLap:
    def test_fast_cells_go_straight_on(self):
        """Each step is longer than the distance to the next cell of the column ahead."""
        labels = np.zeros((8, 40, 200), np.uint16)
        for t in range(8):
            for k, start in enumerate((8, 22, 36), start=1):
                labels[t][disc(4, (20, start + 20 * t), (40, 200))] = k
        scale = Scale(1.0)
        _, painted = tracked(labels, Lap(persistence=1, max_step_um=25), scale=scale)
        assert same_partition(painted, labels)
        _, painted = tracked(labels, Lap(persistence=0, max_step_um=25), scale=scale)
        assert not same_partition(painted, labels)

    def test_looks_tell_cells_apart_where_distance_does_not(self):
        """A small and a large cell go round each other: halfway, either is as near to either."""
        labels = np.zeros((9, 64, 64), np.uint16)
        for t, angle in enumerate(np.linspace(0, 4 * np.pi, 9)):  # a quarter turn a frame
            y, x = 12 * np.sin(angle), 12 * np.cos(angle)
            labels[t][disc(4, (32 + y, 32 + x), (64, 64))] = 1
            labels[t][disc(8, (32 - y, 32 - x), (64, 64))] = 2
        step = Lap(max_step_um=25, persistence=0, divisions=False)
        _, painted = tracked(labels, step, scale=Scale(1.0))
        assert same_partition(painted, labels)

    def test_a_limit_in_um_needs_the_pixel_size(self):
        frames = ArrayFrames(two_cells_crossing())
        step = Lap(max_step_um=3)
        with pytest.raises(SettingsError, match=r"max_step_um = 3: .* pixel size.*pixel_size_um"):
            step(frames, state=step.prepare(frames))
        state = step.prepare(frames, scale=Scale(0.5))
        assert step.told(state)["max_step_px"] == 6

    def test_tells_what_it_took_from_the_movie(self):
        frames = ArrayFrames(two_cells_crossing(21, radius_px=6))
        step = Lap()
        words = step.in_words(step.prepare(frames, scale=Scale(0.5)))
        assert "cells 5.97 µm wide" in words
        told = step.told(step.prepare(frames))
        assert told["radius_px"] == pytest.approx(6, abs=0.1)
        assert told["persistence"] == pytest.approx(1, abs=0.01)

    def test_labels_and_image_of_different_movies_are_refused(self):
        frames = ArrayFrames(two_cells_crossing(5))
        with pytest.raises(InputError, match="use labels of the same movie"):
            Lap().prepare(frames, ArrayFrames(np.zeros((5, 8, 8))))


def test_the_same_links_as_laptrack_where_only_distance_counts():
    laptrack = pytest.importorskip("laptrack")
    rng = np.random.default_rng(5)
    n_cells, n_frames, field = 60, 12, (300, 300)
    places = rng.uniform(10, 290, (n_cells, 2))
    labels = np.zeros((n_frames, *field), np.uint16)
    for frame in labels:
        places = np.clip(places + rng.normal(0, 2, places.shape), 5, 294)
        for k, (y, x) in enumerate(places, start=1):
            frame[int(y), int(x)] = k
    frames = ArrayFrames(labels)
    step = Lap(area=0, light=0, overlap=0, persistence=0, max_gap=0, divisions=False,
               max_step_um=12)  # fmt: skip
    ours = step(frames, state=step.prepare(frames, scale=Scale(1.0)))
    oracle = laptrack.LapTrack(
        cutoff=12**2, gap_closing_cutoff=False, splitting_cutoff=False, merging_cutoff=False
    )
    spots = ours.links[[Col.FRAME, Col.LABEL, Col.Y_PX, Col.X_PX]]
    theirs = oracle.predict_dataframe(
        spots, [Col.Y_PX, Col.X_PX], frame_col=Col.FRAME, only_coordinate_cols=False
    )[0]
    n_ours, cost_ours = links_and_cost(ours.links, Col.CELL)
    n_theirs, cost_theirs = links_and_cost(theirs.reset_index(drop=True), "track_id")
    assert n_ours == n_theirs == n_cells * (n_frames - 1)
    assert cost_ours == cost_theirs  # on a grid several assignments may cost the same


def links_and_cost(table, track):
    """How many links there are, and the sum of their squared lengths."""
    steps = table.sort_values([track, Col.FRAME]).groupby(track)[[Col.Y_PX, Col.X_PX]].diff()
    return int(steps[Col.Y_PX].notna().sum()), float((steps**2).sum().sum())


def test_a_mother_merges_with_nobody():
    """Of two chains 0-2 and 1, the end of which lies in 2 and has divided into 3 and 4."""
    joined = Joined(np.array([2, -1, -1, -1, -1]), np.array([-1, -1, 0, -1, -1]), {3: 1, 4: 1})
    merge(joined, [(1, 2)])
    assert joined.merged == {}
    assert joined.after[0] == 2


def test_a_blank_frame_in_a_crowd_costs_little():
    y, x = np.mgrid[:720, :720]
    inside = (y % 12 < 7) & (x % 12 < 7)
    frame = np.where(inside, y // 12 * 60 + x // 12 + 1, 0).astype(np.uint16)
    seconds = {}
    for blank in ([], [3]):
        labels = np.stack([frame] * 6)
        labels[blank] = 0
        step, frames = Lap(), ArrayFrames(labels)
        state = step.prepare(frames)
        begin = perf_counter()
        assert set(step(frames, state=state).first_last.values()) == {(0, 5)}
        seconds[len(blank)] = perf_counter() - begin
    # Each of the 3600 may be a daughter of each: all against all took 50 times as long.
    assert seconds[1] < 8 * seconds[0]


@pytest.mark.parametrize(("step_px", "step"), [
    (15, Lap()),
    (28, Lap(persistence=1, max_step_um=42)),
], ids=["by default", "beyond the neighbours, told"])  # fmt: skip
def test_a_flock_of_fast_cells_keeps_its_identities(step_px, step):
    """Discs 23 px apart that go one way."""
    labels = flock(step_px, seed=2)
    known = tracked_from_ids(Labels("cell", ArrayFrames(labels)))
    truth, frames = shuffled(known.tracks, labels, seed=2)
    found = score(step(frames, state=step.prepare(frames, scale=Scale(1.0))), truth)
    assert found.link_accuracy > 0.9


def test_a_crowd_keeps_its_identities():
    phantom = ColonyPhantom(
        n_cells=30, n_divisions=8, n_frames=30, field_px=(256, 256), area_um2=60,
        open_field=True, interval_min=2, seed=4,
    ).make()  # fmt: skip
    truth, frames = shuffled(phantom.true_tracks, phantom.truth.frames.asarray(), seed=1)
    step = Lap()
    found = score(step(frames, state=step.prepare(frames)), truth)
    assert found.link_accuracy > 0.98
    assert found.division_f1 > 0.8
