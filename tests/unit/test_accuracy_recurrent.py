"""What the page of accuracies says of the recurrent network is what its trials gave."""

import numpy as np
import pandas as pd
import pytest
from accuracy_recurrent import beaten, direction, spread
from recurrent_movies import Block
from recurrent_scores import Scored, reaching_in, scored, steadiness

from lamella.core.frames import ArrayFrames

WIDE = np.zeros((8, 8), np.int32)
WIDE[2:4, 2:6] = 1
"""One cell of 2 × 4 px."""
HALF = WIDE * (np.arange(8) < 4)


def block(labels):
    return Block("drawn", ArrayFrames(np.zeros((3, 8, 8), np.uint8)), labels)


def giving(*labels):
    return lambda frames: ArrayFrames(np.stack(labels))


def test_only_annotated_frames_are_judged():
    found = scored(giving(HALF, HALF * 0, WIDE), [block({0: WIDE, 2: WIDE})])
    assert found.f1 == pytest.approx((2 * 4 / (4 + 8) + 1) / 2)
    # Half is not more than half: the cell of the first frame counts as missed.
    assert found.seg == pytest.approx(0.5)
    assert np.isnan(found.steadiness)


def test_flicker_is_told_from_cells_that_move():
    true = {0: WIDE, 1: WIDE, 2: HALF}
    found = scored(giving(WIDE, HALF, WIDE), [block(true)])
    assert (found.steadiness, found.true_steadiness) == (0.5, 0.75)
    assert found.unsteady == 0.25
    perfect = scored(giving(*true.values()), [block(true)])
    assert perfect.unsteady == 0
    assert (perfect.f1, perfect.seg) == (1, 1)


def test_pairs_of_frames_are_neighbours():
    assert steadiness({0: (WIDE, WIDE), 2: (WIDE, HALF)}) == []
    empty = WIDE * 0
    assert steadiness({0: (WIDE, empty), 1: (HALF, empty)}) == [(1.0, 0.5)]


def test_objects_within_the_border_are_left_out_and_others_stay_whole():
    labels = np.zeros((12, 12), np.int32)
    labels[0:2, 0:5] = 7
    labels[1:6, 8:10] = 9
    kept = reaching_in(labels, border_px=3)
    np.testing.assert_array_equal(kept, labels * (labels == 9))
    np.testing.assert_array_equal(reaching_in(labels, border_px=0), labels)


def test_harm_is_told_as_plainly_as_help():
    away = pd.DataFrame({"f1": [0.1, 0.2, 0.1], "seg": [-0.1, -0.2, -0.1]})
    assert direction(away) == "F1 better with every seed, SEG worse with every seed"
    assert direction(away - 0.15) == "F1 neither better nor worse, SEG worse with every seed"


def test_who_is_beaten_must_be_so_with_every_seed():
    rows = pd.DataFrame({"f1": [0.8, 0.9], "seg": [0.5, 0.6], "taught_s": [60.0, 120.0]})
    nan = float("nan")
    others = {"A": Scored(0.7, 0.7, nan, nan, nan), "B": Scored(0.85, 0.4, nan, nan, nan)}
    assert beaten("Film", rows, others) == (
        "- Film: F1 above A with every seed; SEG above B with every seed, below A with every seed. "
        "1.5 min to teach."
    )


def test_spread_is_the_sample_sd():
    assert spread(pd.Series([0.1, 0.2, 0.3])) == "0.200 ± 0.100"
    assert spread(pd.Series([0.2]), signed=True) == "+0.200"
