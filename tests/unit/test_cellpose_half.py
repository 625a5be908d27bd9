"""When half precision may be used: only where it gives the same masks."""

import numpy as np
import pytest

from lamella.core.frames import ArrayFrames, Window
from lamella.segment.cellpose.half import agreement, in_words, least_iou, trusted
from worlds.shapes import disc

BLANK = np.zeros((64, 64), np.uint16)


def labels(*discs):
    """Label image of discs ``(radius, (y, x))``, numbered in their order."""
    image = BLANK.copy()
    for number, (radius, at) in enumerate(discs, 1):
        image[disc(radius, at)] = number
    return image


def test_the_worst_object_decides_whatever_its_number():
    a = labels((10, (15, 15)), (8, (45, 45)))
    b = labels((7, (45, 45)), (10, (15, 15)))
    assert least_iou(a, a) == 1
    assert least_iou(a, b) == np.count_nonzero(b == 1) / np.count_nonzero(a == 2)
    assert least_iou(b, a) == least_iou(a, b)


def test_an_object_that_only_one_finds_is_no_match():
    one, two = labels((10, (15, 15))), labels((10, (15, 15)), (5, (45, 45)))
    assert least_iou(one, two) == 0
    assert least_iou(two, one) == 0
    assert least_iou(one, BLANK) == 0
    assert np.isnan(least_iou(BLANK, BLANK)), "nothing was there to agree on"


def test_the_first_frames_are_tried_wherever_the_movie_is_cut():
    shown = np.stack([BLANK, *[labels((9 + t, (30, 30))) for t in range(5)]])
    frames = ArrayFrames(shown)
    tried = []

    def half(t):
        tried.append(t)
        return frames.frame(t)

    whole = agreement(frames, frames.frame, half)
    assert tried == [0, 2]
    parts = [Window(frames, 0, 2), Window(frames, 2, 6)]
    joined = {}
    for part in parts:
        joined |= agreement(part, part.frame, part.frame)
    np.testing.assert_equal(joined, whole)
    assert agreement(Window(frames, 3, 6), frames.frame, half) == {}


@pytest.mark.parametrize(
    ("found", "use", "words"),
    [
        ({0: 1.0, 1: 0.995}, True, "half precision (objects agree to IoU 0.995)"),
        ({0: 1.0, 1: np.nan}, True, "half precision (objects agree to IoU 1.000)"),
        ({0: 1.0, 1: 0.98}, False, "full precision (objects would agree only to IoU 0.980)"),
        ({0: np.nan}, False, "full precision (no objects to try half precision on)"),
        ({}, False, "full precision (no objects to try half precision on)"),
    ],
)
def test_half_precision_is_used_where_every_object_agrees(found, use, words):
    assert trusted(found) is use
    assert in_words(found) == words
