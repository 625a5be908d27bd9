"""What every way of splitting clumps must do. A new member is tested the day it joins."""

import pickle
from typing import get_args

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from lamella.core.errors import InputError
from lamella.core.frames import ArrayFrames, Window, chunked
from lamella.segment import ByDistance, ByIntensity, ByNucleus, Declump
from worlds import colony

EXAMPLES = {
    "distance": ByDistance(),
    "intensity": ByIntensity(),
    "nucleus": ByNucleus(nuclei="nucleus"),
}
MEMBERS = {
    member.model_fields["method"].default: member for member in get_args(get_args(Declump)[0])
}
N_FRAMES = 7


@pytest.fixture(scope="module")
def world():
    return tuple(map(ArrayFrames, colony(N_FRAMES)))


def applied(step, arrays):
    frames = [ArrayFrames(a) for a in arrays]
    return step(*frames, state=step.prepare(*frames)).asarray()


def assert_within(found, expected, share):
    """Labels of one partition, but for a share of the pixels of objects."""
    for a, b in zip(found, expected, strict=True):
        inside = b > 0
        assert np.array_equal(a > 0, inside)
        pairs, counts = np.unique(np.stack([a[inside], b[inside]]), axis=1, return_counts=True)
        assert a.max() == b.max()
        matched = sum(counts[pairs[1] == k].max() for k in np.unique(pairs[1]))
        assert matched >= (1 - share) * inside.sum()


def test_every_member_of_the_union_has_an_example():
    assert set(MEMBERS) == set(EXAMPLES)


@pytest.mark.parametrize("method", MEMBERS)
class TestDeclump:
    def test_finds_the_cells(self, method, world):
        step = EXAMPLES[method]
        found = step(*world, state=step.prepare(*world))
        assert found.dtype == np.uint32
        assert [int(frame.max()) for frame in found] == [4] * N_FRAMES

    def test_numbers_in_reading_order(self, method, world):
        step = EXAMPLES[method]
        frame = step(*world, state=step.prepare(*world)).frame(3)
        names, first = np.unique(frame, return_index=True)
        assert names.tolist() == list(range(len(names)))
        assert (np.diff(first[1:]) > 0).all()

    def test_split_anywhere_gives_the_same(self, method, world):
        step = EXAMPLES[method]
        whole = step(*world, state=step.prepare(*world)).asarray()
        for edge in range(1, N_FRAMES):
            parts = list(zip(*(chunked(frames, [edge]) for frames in world), strict=True))
            state = step.merge([step.prepare(*part) for part in parts])
            for part in parts:
                low, high = part[0].span.start - step.around, part[0].span.stop + step.around
                found = step(*(Window(frames, low, high) for frames in world), state=state)
                for t in part[0].span:
                    np.testing.assert_array_equal(found.frame(t), whole[t])

    def test_any_order_of_frames_gives_the_same(self, method, world):
        step = EXAMPLES[method]
        whole = step(*world, state=step.prepare(*world)).asarray()
        again = step(*world, state=step.prepare(*world))
        for t in (5, 0, 3, 6, 3):
            np.testing.assert_array_equal(again.frame(t), whole[t])

    def test_no_pixel_is_won_or_lost_and_nothing_merged(self, method, world):
        step = EXAMPLES[method]
        labels = world[0].asarray()
        found = step(*world, state=step.prepare(*world)).asarray()
        np.testing.assert_array_equal(found > 0, labels > 0)
        for a, b in zip(found, labels, strict=True):
            for piece in range(1, a.max() + 1):
                assert len(np.unique(b[a == piece])) == 1

    def test_labels_that_touch_are_not_merged(self, method):
        labels, image, nuclei = colony(3)
        labels[:, :, :30] *= 7  # another object from here on: its border is kept
        found = applied(EXAMPLES[method], (labels, image, nuclei))
        across = (labels[:, :, 29] > 0) & (labels[:, :, 30] > 0)
        assert across.any()
        assert (found[:, :, 29] != found[:, :, 30])[across].all()

    @pytest.mark.parametrize("turn", ["upside down", "mirrored", "quarter"])
    def test_flips_and_rotations(self, method, turn):
        arrays = colony(3, radius_px=18, field=(130, 170))
        turned = {
            "upside down": lambda a: a[:, ::-1],
            "mirrored": lambda a: a[:, :, ::-1],
            "quarter": lambda a: np.rot90(a, axes=(1, 2)),
        }[turn]
        found = applied(EXAMPLES[method], [turned(a).copy() for a in arrays])
        assert_within(found, turned(applied(EXAMPLES[method], arrays)), 0.005)

    def test_grey_scale_does_not_matter(self, method):
        labels, image, nuclei = colony(3)
        plain = applied(EXAMPLES[method], (labels, image, nuclei))
        moved = applied(EXAMPLES[method], (labels, image * 10 + 500, nuclei))
        np.testing.assert_array_equal(plain, moved)

    @pytest.mark.parametrize("value", [0, 1])
    def test_empty_and_full_frames(self, method, value):
        labels = np.full((3, 40, 40), value, np.uint8)
        found = applied(EXAMPLES[method], (labels, labels, 0 * labels))
        np.testing.assert_array_equal(found, labels)

    def test_another_size_or_length_is_refused(self, method, world):
        labels, image, nuclei = world
        step = EXAMPLES[method]
        state = step.prepare(labels, image, nuclei)
        with pytest.raises(InputError, match=r"nuclei: 3 frames of 72 × 96 px do not fit labels"):
            step(labels, image, ArrayFrames(nuclei.asarray()[:3]), state=state)
        with pytest.raises(InputError, match=r"image: 7 frames of 70 × 96 px do not fit labels"):
            step(labels, ArrayFrames(image.asarray()[:, :70]), nuclei, state=state)

    def test_settings_are_frozen_known_and_picklable(self, method):
        step = EXAMPLES[method]
        with pytest.raises(ValidationError):
            step.method = "other"
        with pytest.raises(ValidationError, match="nekc"):
            TypeAdapter(Declump).validate_python({**step.model_dump(), "nekc": 3})
        assert pickle.loads(pickle.dumps(step)) == step
        assert TypeAdapter(Declump).validate_python(step.model_dump(mode="json")) == step
