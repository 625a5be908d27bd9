"""Scores of segmenters on movies: what is planted shows, in the table and in its summary."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from lamella.core.errors import InputError
from lamella.core.frames import ArrayFrames, MappedFrames
from lamella.core.table import Col
from lamella.evaluate import AGAINST_TRUTH, score_movie
from lamella.evaluate.scores import Subject, score
from lamella.io.tables import read_table
from lamella.kernels.overlap import intersection_over_union
from lamella.run.model_scores import ScoredMovie, score_models
from lamella.statistics import summarise_scores
from worlds import disc, expanding_disc, two_cells_crossing

FIELD = (48, 48)


def movie(*frames):
    return ArrayFrames(np.stack(frames).astype(np.uint16))


def moving(n=6, step=2, radius=8):
    """A disc that moves by whole pixels along the rows."""
    return np.stack([disc(radius, (20, 12 + step * t), FIELD) for t in range(n)]).astype(np.uint16)


class TestWithoutTruth:
    def test_empty_frames_and_objects_are_counted(self):
        one, none = disc(6, (20, 20), FIELD), np.zeros(FIELD)
        two = one + 2 * disc(4, (38, 38), FIELD)
        found = score_movie(movie(one, none, two, one))
        assert (found[Col.N_FRAMES], found[Col.N_EMPTY_FRAMES], found[Col.EMPTY_RATE]) == (
            4,
            1,
            0.25,
        )
        counts = (Col.N_OBJECTS_FOUND, Col.OBJECTS_PER_FRAME, Col.OBJECTS_PER_FRAME_MIN)
        assert [found[name] for name in counts] == [4, 1, 0]
        assert found[Col.OBJECTS_PER_FRAME_MAX] == 2

    def test_temporal_iou_is_that_of_the_shift(self):
        labels = moving()
        shared = np.count_nonzero(labels[0] & labels[1])
        expected = shared / (2 * np.count_nonzero(labels[0]) - shared)
        found = score_movie(ArrayFrames(labels))
        assert found[Col.TEMPORAL_IOU] == pytest.approx(expected)
        assert found[Col.AREA_JITTER] == 0

    def test_numbers_of_objects_do_not_matter(self):
        labels = moving()
        renumbered = labels * np.array([1, 7, 3, 2, 9, 4], np.uint16)[:, None, None]
        assert score_movie(ArrayFrames(renumbered)) == pytest.approx(
            score_movie(ArrayFrames(labels)), nan_ok=True
        )

    def test_jitter_is_the_change_of_area(self):
        small, large = disc(6, (20, 20), FIELD), disc(9, (20, 20), FIELD)
        found = score_movie(movie(small, large, small, large))
        expected = 1 - np.count_nonzero(small) / np.count_nonzero(large)
        assert found[Col.AREA_JITTER] == pytest.approx(expected)
        assert found[Col.TEMPORAL_IOU] == pytest.approx(1 - expected)

    def test_of_one_cell_the_specks_beside_it_do_not_flicker(self):
        labels = moving(step=0)
        for k in range(3):  # specks in every second frame: 5 objects stay, 6 were not there before
            labels[::2, 40:43, 10 * k + 5 : 10 * k + 8] = k + 2
        assert score_movie(ArrayFrames(labels))[Col.TEMPORAL_IOU] == 0
        alone = score_movie(ArrayFrames(labels), one_object=True)
        assert alone[Col.TEMPORAL_IOU] == 1
        assert alone[Col.OBJECTS_PER_FRAME_MAX] == 4

    def test_steps_over_empty_frames_are_left_out(self):
        labels = moving(4)
        labels[1] = 0
        whole = score_movie(ArrayFrames(moving(2)))
        assert score_movie(ArrayFrames(labels))[Col.TEMPORAL_IOU] == whole[Col.TEMPORAL_IOU]

    def test_cells_that_pass_each_other_are_held_against_themselves(self):
        labels = two_cells_crossing()
        overlaps = [
            intersection_over_union(now == cell, before == cell)
            for before, now in pairwise(labels)
            for cell in (1, 2)
        ]
        found = score_movie(ArrayFrames(labels))
        assert found[Col.TEMPORAL_IOU] == pytest.approx(np.median(overlaps))

    @pytest.mark.parametrize("n", [0, 1, 3])
    def test_where_nothing_can_be_told_it_is_missing(self, n):
        found = score_movie(ArrayFrames(np.zeros((n, 5, 5), np.uint16)))
        assert np.isnan(found[Col.TEMPORAL_IOU])
        assert np.isnan(found[Col.AREA_JITTER])
        assert found[Col.N_EMPTY_FRAMES] == n
        if n:
            assert found[Col.EMPTY_RATE] == 1
        else:
            assert np.isnan(found[Col.EMPTY_RATE])
        assert all(np.isnan(found[name]) for name in AGAINST_TRUTH if not name.startswith("n_"))

    def test_a_segmenter_may_use_one_array_for_all_frames(self):
        labels, shared = moving(), np.zeros(FIELD, np.uint16)

        def frame(t):
            shared[:] = labels[t]
            return shared

        reused = MappedFrames(ArrayFrames(labels), frame)
        assert score_movie(reused) == pytest.approx(score_movie(ArrayFrames(labels)), nan_ok=True)


class TestAgainstTruth:
    def test_scores_are_those_of_evaluate(self):
        truth = two_cells_crossing()
        result = np.roll(truth, 1, axis=1)
        result[3] = 0
        ours = score_movie(ArrayFrames(result), truth=dict(enumerate(truth)))
        n = len(truth)
        theirs = score(
            Subject("truth", n, truth.__getitem__, range(n)),
            Subject("result", n, result.__getitem__, range(n)),
        ).values
        same = {"SEG": Col.SEG, "F1": Col.PIXEL_F1, "IoU": Col.IOU, "AP50": Col.AP50,
                "AP75": Col.AP75, "AP50_95": Col.AP50_95, "precision": Col.PIXEL_PRECISION,
                "recall": Col.PIXEL_RECALL, "n_objects_reference": Col.N_OBJECTS_TRUE,
                "n_objects_result": Col.N_OBJECTS_SCORED}  # fmt: skip
        for name, column in same.items():
            assert ours[column] == pytest.approx(theirs[name]), name

    def test_only_frames_with_a_truth_count(self):
        labels = moving()
        labels[4] = 0  # wrong, and nobody knows
        found = score_movie(ArrayFrames(labels), truth={1: moving()[1], 3: np.zeros(FIELD, int)})
        assert (found[Col.N_FRAMES_SCORED], found[Col.N_OBJECTS_TRUE]) == (2, 1)
        assert found[Col.SEG] == 1
        assert found[Col.AP50] == 0.5  # what is found in frame 3 is not there

    def test_a_truth_that_does_not_fit(self):
        labels = ArrayFrames(moving())
        with pytest.raises(InputError, match="the truth has a frame 6, the labels have 6"):
            score_movie(labels, truth={6: moving()[0]})
        with pytest.raises(InputError, match=r"m: frame 1 of the truth is \(9, 9\)"):
            score_movie(labels, truth={1: np.zeros((9, 9), int)}, source="m")


class TestModels:
    @pytest.fixture
    def told(self):
        """Four movies; one cuts the lower third of cells and misses every third frame."""
        truth = {f"{s}{k}": moving(6, step=k + 1) for s in "ab" for k in range(2)}

        def worse(name):
            labels = truth[name].copy()
            labels[:, 22:] = 0
            labels[::3] = 0
            return ArrayFrames(labels)

        movies = [
            ScoredMovie(name, session=name[0], condition="WT", truth=dict(enumerate(labels)))
            for name, labels in truth.items()
        ]

        def good(name):
            return ArrayFrames(truth[name])

        return score_models({"good": good, "worse": worse}, movies, one_object=True)

    def test_a_row_per_movie_and_segmenter(self, told):
        scores = told.scores
        assert len(scores) == 8
        good, worse = (scores[scores[Col.SEGMENTER] == name] for name in ("good", "worse"))
        assert (good[Col.IOU] == 1).all()
        assert (good[Col.SEG] == 1).all()
        assert (worse[Col.EMPTY_RATE] == 2 / 6).all()
        assert worse[Col.SEG].between(0.35, 0.5).all()  # two thirds of it in two frames of three

    def test_the_summary_tells_the_change_over_movies(self, told):
        rows = told.summary.set_index([Col.SCORE, Col.SESSION, Col.SEGMENTER])
        seg = rows.loc[(Col.SEG, "all", "worse")]
        assert (seg[Col.N_MOVIES], seg[Col.N_PAIRED], seg[Col.N_UP], seg[Col.N_DOWN]) == (
            4,
            4,
            0,
            4,
        )
        assert seg[Col.CHANGE] == pytest.approx(seg[Col.MEAN] - 1)
        assert seg[Col.CHANGE_HIGH] < 0
        assert rows.loc[(Col.N_EMPTY_FRAMES, "all", "worse"), Col.TOTAL] == 8
        assert rows.loc[(Col.N_EMPTY_FRAMES, "all", "good"), Col.TOTAL] == 0
        assert np.isnan(rows.loc[(Col.EMPTY_RATE, "all", "worse"), Col.TOTAL])
        of_session = rows.loc[(Col.EMPTY_RATE, "a", "worse")]
        assert of_session[Col.N_MOVIES] == 2
        assert np.isnan(of_session[Col.CHANGE_LOW])  # two movies tell no interval

    def test_tables_are_written_and_read_back(self, told, tmp_path):
        told.write(tmp_path)
        pd.testing.assert_frame_equal(
            read_table(tmp_path / "scores.csv"), told.scores, check_dtype=False
        )


def test_a_movie_that_only_one_segmenter_has_is_not_in_the_change():
    scores = pd.DataFrame(
        {
            Col.MOVIE: ["m1", "m1", "m2", "m2", "m3"],
            Col.SESSION: "1",
            Col.SEGMENTER: ["a", "b", "a", "b", "b"],
            Col.SEG: [0.5, 0.7, 0.6, 0.9, 0.1],
        }
    )
    b = summarise_scores(scores, [Col.SEG]).set_index(Col.SEGMENTER).loc["b"]
    assert (b[Col.N_MOVIES], b[Col.N_PAIRED], b[Col.N_UP]) == (3, 2, 2)
    assert b[Col.CHANGE] == pytest.approx(0.25)


def test_the_interval_is_that_of_a_paired_t_test():
    from scipy import stats

    chance = np.random.default_rng(5)
    first, second = chance.normal(0.5, 0.1, 9), chance.normal(0.6, 0.1, 9)
    scores = pd.DataFrame(
        {
            Col.MOVIE: [f"m{k}" for k in range(9)] * 2,
            Col.SESSION: "1",
            Col.SEGMENTER: ["a"] * 9 + ["b"] * 9,
            Col.IOU: np.concatenate([first, second]),
        }
    )
    b = summarise_scores(scores, [Col.IOU]).set_index(Col.SEGMENTER).loc["b"]
    low, high = stats.ttest_rel(second, first).confidence_interval()
    assert (b[Col.CHANGE_LOW], b[Col.CHANGE_HIGH]) == pytest.approx((low, high))


def test_an_expanding_cell_keeps_its_place():
    found = score_movie(ArrayFrames(expanding_disc()), one_object=True)
    assert found[Col.TEMPORAL_IOU] == pytest.approx(1 - found[Col.AREA_JITTER])
