"""Following one cell by crops: the same cell as in whole frames, whatever it does."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.ndimage import label

from lamella.core.errors import LamellaWarning
from lamella.core.frames import ArrayFrames, Window
from lamella.segment.cellpose.follow import Follow, Followed
from worlds.shapes import disc

FIELD = (180, 230)
RADIUS = 10


def movie(*frames):
    """A movie of discs: every frame is a list of (y, x) or (y, x, radius)."""
    stack = np.zeros((len(frames), *FIELD), np.uint16)
    for shown, discs in zip(stack, frames, strict=True):
        for y, x, *radius in discs:
            shown[disc(*(radius or [RADIUS]), (y, x), FIELD)] = 1000
    return ArrayFrames(stack)


def crawling(n, start=(60, 60), step=(1.3, 2.1)):
    return [[(start[0] + t * step[0], start[1] + t * step[1])] for t in range(n)]


class Ideal:
    """A segmenter that makes no mistakes: connected regions of what it is shown."""

    def __init__(self, frames, blind_in_crops=()):
        self.frames, self.blind = frames, set(blind_in_crops)
        self.asked, self.calls = [], 0

    def __call__(self, parts):
        self.asked += parts
        self.calls += 1
        shown = []
        for t, box in parts:
            image = self.frames.frame(t)[... if box is None else box.here]
            image = image * (box is None or t not in self.blind)
            shown.append(label(image)[0].astype(np.uint16))
        return shown

    @property
    def whole(self):
        return [t for t, box in self.asked if box is None]


def follow(frames, at_once=1, blind_in_crops=(), **settings):
    ideal = Ideal(frames, blind_in_crops)
    followed = Followed(frames, ideal, Follow(**settings), at_once=at_once)
    return followed.asarray(), ideal


def same_as_whole(labels, frames):
    """Whether every frame shows what whole frames do."""
    for t in frames.span:
        np.testing.assert_array_equal(labels[t] > 0, frames.frame(t) > 0, err_msg=f"frame {t}")


def test_a_crawling_cell_is_found_in_crops_and_checked_every_ten_frames():
    frames = movie(*crawling(25))
    labels, ideal = follow(frames)
    same_as_whole(labels, frames)
    assert labels.dtype == np.uint32
    assert ideal.whole == [0, 10, 20]
    assert [t for t, _ in ideal.asked] == list(range(25)), "no frame is segmented twice"
    crops = [box for _, box in ideal.asked if box is not None]
    assert {side % 16 for box in crops for side in box.shape} == {0}
    assert max(np.prod(box.shape) for box in crops) < 0.1 * np.prod(FIELD)


def test_crops_keep_their_margin():
    frames = movie(*crawling(8))
    _, ideal = follow(frames, margin=0.7)
    for t, box in ideal.asked:
        if box is None:
            continue
        rows, columns = np.nonzero(frames.frame(t - 1))
        spare = (
            rows.min() - box.top, columns.min() - box.left,
            box.bottom - 1 - rows.max(), box.right - 1 - columns.max(),
        )  # fmt: skip
        diameter = 2 * np.sqrt(len(rows) / np.pi)
        assert min(spare) >= 0.7 * diameter - 1


@pytest.mark.parametrize("edge", [1, 4, 10, 13, 24])
def test_a_movie_split_anywhere_gives_the_same(edge):
    places = crawling(25)
    places[7], places[16] = [], [(150, 60)]
    frames = movie(*places)
    whole, _ = follow(frames, every=5)
    reach = Follow(every=5).reach
    assert reach == (4, 0)
    for start, stop in ((0, edge), (edge, 25)):
        part = Window(frames, start - reach.before, stop + reach.after)
        followed = Followed(part, Ideal(part), Follow(every=5))
        for t in range(start, stop):
            np.testing.assert_array_equal(followed.frame(t), whole[t])


def test_frames_in_any_order_and_several_at_once_give_the_same():
    places = crawling(33)
    places[5], places[21] = [], [(20, 200)]
    frames = movie(*places)
    whole, one = follow(frames)
    for at_once in (2, 3, 9):
        labels, ideal = follow(frames, at_once=at_once)
        np.testing.assert_array_equal(labels, whole)
        assert sorted(ideal.asked, key=str) == sorted(one.asked, key=str)
        assert ideal.calls < one.calls
    followed = Followed(frames, Ideal(frames), Follow(), at_once=2)
    for t in (31, 3, 4, 0, 32, 15):
        np.testing.assert_array_equal(followed.frame(t), whole[t])


def test_a_cell_that_leaves_and_comes_back_elsewhere():
    places = crawling(30)
    for t in range(4, 13):
        places[t] = []
    for t in range(13, 30):
        places[t] = [(150, 30 + t)]
    frames = movie(*places)
    labels, ideal = follow(frames)
    same_as_whole(labels, frames)
    assert ideal.whole == [0, *range(4, 14), 20], "empty frames are looked at whole"


def test_a_jump_of_half_the_field():
    places = [[(60, 50)]] * 4 + [[(60, 165)]] * 4
    frames = movie(*places)
    labels, ideal = follow(frames)
    same_as_whole(labels, frames)
    assert ideal.whole == [0, 4]


def test_a_jump_onto_the_place_of_a_speck():
    """The crop shows one object, well inside; it is not the cell."""
    places = [[(60, 50), (60, 62, 2)]] * 4 + [[(60, 165), (60, 52, 4)]] * 4
    frames = movie(*places)
    labels, ideal = follow(frames)
    assert 4 in ideal.whole
    assert (labels[4:] > 0).sum(axis=(1, 2)).min() > np.pi * (RADIUS - 1) ** 2


def test_a_cell_at_the_border_of_the_frame_is_no_reason_to_look_twice():
    places = [[(60 + t, 3)] for t in range(9)] + [[(176, 226 - t)] for t in range(9)]
    frames = movie(*places)
    labels, ideal = follow(frames, every=9)
    same_as_whole(labels, frames)
    assert ideal.whole == [0, 9]


def test_a_cell_cut_by_its_crop_is_looked_at_whole():
    """It stretches to beyond the crop: all that is seen of it lies inside."""
    places = [[(90, 100)]] * 3 + [[(90, x) for x in range(90, 150, 4)]] * 3
    frames = movie(*places)
    labels, ideal = follow(frames)
    same_as_whole(labels, frames)
    assert 3 in ideal.whole


def test_a_cell_that_the_segmenter_misses_in_crops_is_looked_at_whole():
    frames = movie(*crawling(9))
    labels, ideal = follow(frames, blind_in_crops=[3, 4, 7])
    same_as_whole(labels, frames)
    assert ideal.whole == [0, 3, 4, 7]


def test_two_cells_are_seen_whole_in_every_frame():
    places = [[(60, 60 + t), (130, 160 - t, 8)] for t in range(24)]
    frames = movie(*places)
    with pytest.warns(LamellaWarning, match=r"3 full checks show several .* follow = false"):
        labels, ideal = follow(frames)
    same_as_whole(labels, frames)
    assert ideal.whole == list(range(24))
    assert [len(np.unique(frame)) - 1 for frame in labels] == [2] * 24


def test_a_dividing_cell_is_seen_whole_from_its_division_on():
    places = [[(90, 100)]] * 4 + [[(90, 100 - d, 7), (90, 100 + d, 7)] for d in range(10, 16)]
    frames = movie(*places)
    labels, ideal = follow(frames)
    same_as_whole(labels, frames)
    assert ideal.whole == [0, *range(4, 10)]


def test_a_cell_that_comes_near_is_seen():
    """It reaches into the crop with a few pixels: less than what is debris by its size."""
    places = [[(90, 100), (90, 160 - 2 * t)] for t in range(20)]
    places[0] = [(90, 100)]
    frames = movie(*places)
    labels, _ = follow(frames, every=20, margin=0.5)
    seen = [len(np.unique(frame)) - 1 for frame in labels]
    first = seen.index(2)
    distance = 60 - 2 * first
    assert distance > 2 * RADIUS + 4, "before the two touch"
    np.testing.assert_array_equal(labels[first] > 0, frames.frame(first) > 0)


def test_debris_is_left_out_of_crops_and_whole_frames_alike():
    places = [[*place, (150, 30, 3), (80, 88 + 2 * t, 2)] for t, place in enumerate(crawling(12))]
    labels, ideal = follow(movie(*places))
    same_as_whole(labels, movie(*crawling(12)))
    assert ideal.whole == [0, 10]


def test_an_empty_movie_is_empty_and_a_cell_as_large_as_its_field_is_whole():
    frames = movie(*[[]] * 5)
    labels, ideal = follow(frames)
    assert not labels.any()
    assert ideal.whole == list(range(5))
    frames = movie(*[[(90, 115, 85)]] * 5)
    labels, ideal = follow(frames)
    same_as_whole(labels, frames)
    assert ideal.whole == list(range(5)), "a crop would save nothing"


def test_every_frame_whole_when_asked_for():
    frames = movie(*crawling(5))
    labels, ideal = follow(frames, every=1)
    same_as_whole(labels, frames)
    assert ideal.whole == list(range(5))


@pytest.mark.parametrize("settings", [{"every": 0}, {"margin": 0}, {"margin": np.inf}, {"evry": 3}])
def test_impossible_settings_are_refused(settings):
    with pytest.raises(ValidationError):
        Follow(**settings)
