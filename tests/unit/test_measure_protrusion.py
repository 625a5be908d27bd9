"""Protrusions over time: who is who among the tips, how long they live, how fast they grow."""

import warnings

import numpy as np
import pandas as pd
import pytest

from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.core.table import Col
from lamella.measure import Protrusion, measure
from worlds import disc, star

UM, MINUTES = 0.5, 2.0
FIELD = (140, 150)


def measured(labels, step=None, *, pixel_size_um=UM, interval_min=MINUTES):
    labels = np.asarray(labels, np.uint16)
    movie = Movie.from_array(
        np.zeros_like(labels), pixel_size_um=pixel_size_um, interval_min=interval_min
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*one frame.*")
        return measure(movie, Labels.from_array(labels), [step or Protrusion()])


def arms(lengths, *, step=(0.0, 0.0), angles=(0.3, 2.4, 4.5), at=(70, 75), field=FIELD):
    """A cell whose arms have these lengths, (T, n), as it moves; a length of 0 is no arm."""
    frames = []
    for t, each in enumerate(np.asarray(lengths, float)):
        some = each > 0
        place = (at[0] + step[0] * t, at[1] + step[1] * t)
        mask, _ = star(
            np.asarray(angles)[: len(each)][some], each[some], radius_px=14, at=place, field=field
        )
        frames.append(mask)
    return np.array(frames, np.uint16)


STEADY = np.array([[40.0, 45.0, 38.0]] * 8)


def test_a_still_cell_keeps_its_tips():
    found = measured(arms(STEADY))
    assert found.frames[Col.N_TIPS].tolist() == [3] * 8
    assert found.frames[Col.N_BRANCH_POINTS].tolist() == [1] * 8
    tips = found.finer["tips"]
    assert len(tips) == 24
    assert set(tips[Col.TIP]) == {1, 2, 3}
    assert tips.groupby(Col.TIP)[Col.TIP_Y_PX].nunique().tolist() == [1, 1, 1]
    assert tips[Col.TIP_SPEED].dropna().eq(0).all()
    lives = found.finer["tip_lives"]
    assert not lives[[Col.TIP_BIRTH_SEEN, Col.TIP_DEATH_SEEN]].to_numpy().any()
    assert lives[Col.TIP_LIFE].tolist() == [14, 14, 14]
    cell = found.cells.iloc[0]
    assert cell[Col.N_TIP_LIVES_CENSORED] == cell[Col.N_TIP_LIVES] == 3
    assert np.isnan(cell[Col.MEAN_TIP_LIFE])
    assert cell[Col.TIP_BIRTHS] == 0


def test_lengths_in_um_and_what_is_made_of_them():
    row = measured(arms(STEADY[:1])).frames.iloc[0]
    assert row[Col.LONGEST_TIP_UM] == pytest.approx(45 * UM, abs=1.5 * UM)
    assert row[Col.MEAN_TIP_UM] == pytest.approx(41 * UM, abs=1.5 * UM)
    assert row[Col.BODY_RADIUS_UM] == pytest.approx(14 * UM, abs=1.2 * UM)
    beyond = 3 * 41 - 3 * row[Col.BODY_RADIUS_PX]
    assert row[Col.DENDRITICITY] == pytest.approx(beyond / row[Col.BODY_RADIUS_PX], rel=0.05)
    assert row[Col.SKELETON_PX] == pytest.approx(3 * 41, rel=0.12)
    assert 0 < row[Col.OUTSIDE_BODY] < 0.6


def test_neither_the_cells_movement_nor_its_speed_is_the_tips():
    found = measured(arms(STEADY, step=(3.0, -4.0)))
    tips = found.finer["tips"]
    assert set(tips[Col.TIP]) == {1, 2, 3}
    assert tips[Col.TIP_SPEED].abs().max() < 0.5


def test_an_arm_that_grows_and_retracts():
    """3 px a frame out and 4 px a frame back, beside two that stay."""
    grows = [0, 0, 26, 29, 32, 35, 38, 41, 37, 33, 29, 25, 0, 0]
    lengths = np.column_stack([np.full(14, 45.0), grows, np.full(14, 38.0)])
    found = measured(arms(lengths), Protrusion(max_step_um=4))
    lives = found.finer["tip_lives"]
    assert len(lives) == 3
    born = lives[lives[Col.TIP_BIRTH_SEEN]].iloc[0]
    assert (born[Col.TIP_BORN], born[Col.TIP_LAST]) == (2, 11)
    assert born[Col.TIP_DEATH_SEEN]
    assert born[Col.TIP_N_SEEN] == 10
    assert born[Col.TIP_LIFE] == 10 * MINUTES
    assert born[Col.TIP_MAX_LENGTH] == pytest.approx(41 * UM, abs=0.75)
    assert born[Col.TIP_GROWTH] == pytest.approx(3 * UM / MINUTES, rel=0.1)
    assert born[Col.TIP_RETRACTION] == pytest.approx(4 * UM / MINUTES, rel=0.1)
    cell = found.cells.iloc[0]
    assert cell[Col.MEAN_TIP_LIFE] == 20
    assert cell[Col.N_TIP_LIVES_CENSORED] == 2
    assert cell[Col.TIP_BIRTHS] == pytest.approx(1 / (12 * MINUTES))  # one frame may be missed
    assert cell[Col.N_TIPS] == pytest.approx((2 * 14 + 10) / 14)


def test_a_missed_frame_is_bridged_as_often_as_is_said():
    lengths = np.array([[40.0, 45.0]] * 7)
    lengths[3, 1] = 0
    for missed, n in ((1, 2), (0, 3)):
        lives = measured(arms(lengths), Protrusion(missed_frames=missed)).finer["tip_lives"]
        assert len(lives) == n
    lengths[4, 1] = 0
    assert len(measured(arms(lengths)).finer["tip_lives"]) == 3


def test_a_tip_that_may_only_have_been_missed_was_not_born():
    """Unseen in the first frame alone and in the last alone: with a missed frame allowed, it lived
    on as far as anybody knows; with none, it was born and it died."""
    lengths = np.array([[40.0, 45.0]] * 8)
    lengths[[0, -1], 1] = 0
    for missed, seen in ((1, False), (0, True)):
        found = measured(arms(lengths), Protrusion(missed_frames=missed))
        lives = found.finer["tip_lives"].set_index(Col.TIP_BORN)
        assert lives.loc[1, Col.TIP_BIRTH_SEEN] == lives.loc[1, Col.TIP_DEATH_SEEN] == seen
        cell = found.cells.iloc[0]
        assert cell[Col.N_TIP_LIVES_CENSORED] == 2 - seen
        assert cell[Col.TIP_BIRTHS] == pytest.approx(seen / (7 * MINUTES))


@pytest.mark.parametrize("fault", ["gap", "size break"])
def test_nothing_is_bridged_over_a_step_that_is_not_valid(fault):
    labels = arms(STEADY)
    labels[4] = 0 if fault == "gap" else disc(40, (70, 75), FIELD)
    found = measured(labels)
    lives = found.finer["tip_lives"]
    begins = lives[Col.TIP_BORN].tolist()
    assert begins == [0, 0, 0, 5, 5, 5]
    assert not lives[[Col.TIP_BIRTH_SEEN, Col.TIP_DEATH_SEEN]].to_numpy().any()
    assert found.cells[Col.TIP_BIRTHS].iloc[0] == 0


def test_a_frame_that_is_not_valid_has_tips_of_nobody():
    labels = arms(STEADY)
    labels[4] = 0
    labels[4][star([0.0], 20, radius_px=5, width_px=2, at=(70, 75), field=FIELD)[0]] = 1
    tips = measured(labels).finer["tips"]
    assert tips.loc[tips[Col.FRAME] == 4, Col.TIP].tolist() == [0]
    assert tips.loc[tips[Col.FRAME] == 4, Col.TIP_SPEED].isna().all()


def test_an_arm_that_the_border_cuts_is_no_tip():
    """The cell walks to the right, until one arm leaves the field."""
    labels = arms(np.full((8, 1), 45.0), step=(0, 6), angles=(0.0,), at=(70, 70))
    found = measured(labels)
    cut = found.frames[Col.N_TIPS_CUT].to_numpy() == 1
    assert cut.tolist() == [False] * 6 + [True] * 2
    assert found.frames[Col.N_TIPS].tolist() == [1] * 6 + [0] * 2
    assert found.frames[Col.LONGEST_TIP_UM].isna().tolist() == cut.tolist()
    tips = found.finer["tips"]
    assert tips[Col.TIP_CUT].tolist() == cut.tolist()
    assert tips[Col.TIP_SPEED].isna().tolist() == [True] + [False] * 5 + [True] * 2
    life = found.finer["tip_lives"].iloc[0]
    assert not life[Col.TIP_DEATH_SEEN]
    assert life[Col.TIP_MAX_LENGTH] == pytest.approx(45 * UM, abs=0.75)


def test_tips_that_change_places_too_far_are_others():
    labels = np.concatenate([arms([[40.0]] * 3, angles=(0.0,)), arms([[40.0]] * 3, angles=(2.0,))])
    lives = measured(labels).finer["tip_lives"]
    assert len(lives) == 2
    assert lives[Col.TIP_DEATH_SEEN].tolist() == [True, False]
    assert len(measured(labels, Protrusion(max_step_um=80)).finer["tip_lives"]) == 1


def test_the_published_rule():
    """Nothing nearer to the centre than 20 µm, however far it stands out of the body."""
    labels = arms([[38.0, 45.0, 60.0]])
    assert measured(labels).frames[Col.N_TIPS].tolist() == [3]
    published = Protrusion(min_beyond_um=0, min_length_um=20)
    assert measured(labels, published).frames[Col.N_TIPS].tolist() == [2]


def test_fragments_are_left_out_or_joined():
    mask, _ = star([0.3], 40, radius_px=14, at=(70, 50), field=FIELD)
    mask |= disc(6, (30, 110), FIELD)
    apart, joined = (
        measured(mask[None], step).frames.iloc[0] for step in (None, Protrusion(join_um=1.5))
    )
    assert apart[Col.N_FRAGMENTS] == joined[Col.N_FRAGMENTS] == 2
    assert apart[Col.N_TIPS] == 1
    assert joined[Col.N_TIPS] == 2
    assert joined[Col.LONGEST_TIP_PX] == pytest.approx(np.hypot(40, 60) + 6, abs=2)


def test_without_a_scale_lengths_are_in_pixels():
    found = measured(arms(STEADY), pixel_size_um=None, interval_min=None)
    assert found.frames[Col.N_TIPS].tolist() == [3] * 8
    assert found.frames[Col.LONGEST_TIP_PX].notna().all()
    assert found.frames[Col.LONGEST_TIP_UM].isna().all()
    assert set(found.finer["tips"][Col.TIP]) == {1, 2, 3}
    assert found.cells[[Col.TIP_BIRTHS, Col.TIP_GROWTH]].isna().all(axis=None)


def test_cells_do_not_get_each_others_tips():
    one = arms(STEADY, at=(70, 75))
    wide = np.zeros((8, 140, 300), np.uint16)
    wide[:, :, :150] = 3 * one
    wide[:, :, 150:] = 7 * one
    found = measured(wide)
    tips = found.finer["tips"]
    assert (
        tips.groupby(Col.CELL)[Col.TIP].agg(["nunique", "max"]).to_numpy().tolist() == [[3, 3]] * 2
    )
    a, b = (tips[tips[Col.CELL] == cell].reset_index(drop=True) for cell in (3, 7))
    same = [c for c in tips if c not in (Col.CELL, Col.TIP_X_PX)]
    pd.testing.assert_frame_equal(a[same], b[same])


def test_skeletons_of_a_frame():
    labels = arms(STEADY[:1])[0]
    step = Protrusion()
    drawn = step.skeletons(labels, pixel_size_um=UM)
    assert drawn.shape == labels.shape
    assert not drawn[labels == 0].any()
    assert 80 < drawn.sum() < 140
    assert not step.skeletons(np.zeros_like(labels), pixel_size_um=None).any()
