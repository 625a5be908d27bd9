"""Thresholds and edges on cells whose outline is known."""

import numpy as np
import pytest
from scipy import ndimage

from lamella.core.errors import InputError, SettingsError
from lamella.core.frames import ArrayFrames
from lamella.segment import ExistingLabels, External, MultiOtsu
from lamella.segment.edge import refined_edge
from worlds import disc


def overlap(labels, mask):
    found = labels > 0
    return np.count_nonzero(found & mask) / np.count_nonzero(found | mask)


def pictured(mask, *, blur_px=1.2, noise=4.0, background=100.0, light=300.0, seed=0):
    rng = np.random.default_rng(seed)
    image = ndimage.gaussian_filter(np.where(mask, light, 0.0), blur_px) + background
    return (image + rng.normal(0, noise, mask.shape)).clip(0).astype(np.uint16)


CELL = disc(20, (40, 44), (80, 90))


@pytest.mark.parametrize("classes", [2, 3])
def test_a_bright_cell(classes):
    assert overlap(MultiOtsu(classes=classes).segment(pictured(CELL)), CELL) > 0.97


def test_a_dark_cell():
    image = 500 - pictured(CELL)
    assert overlap(MultiOtsu(foreground="dark").segment(image), CELL) > 0.97
    assert overlap(MultiOtsu().segment(image), CELL) < 0.1


def test_a_cell_of_fringes():
    y, x = np.indices(CELL.shape)
    rings = 100 * np.sign(np.sin(np.hypot(y - 40, x - 44)))
    rng = np.random.default_rng(0)
    image = 500 + rings * CELL + rng.normal(0, 3, CELL.shape)
    step = MultiOtsu(foreground="either", smoothing_px=0.5)
    assert overlap(step.segment(image.astype(np.float32)), CELL) > 0.9


def test_small_things_are_dropped_and_numbers_are_consecutive():
    image = pictured(CELL | disc(4, (8, 8), CELL.shape) | disc(9, (66, 12), CELL.shape))
    labels = MultiOtsu(smallest_px=100).segment(image)
    assert np.unique(labels).tolist() == [0, 1, 2]


def test_holes_are_filled_on_request():
    ring = CELL & ~disc(8, (40, 44), CELL.shape)
    assert overlap(MultiOtsu().segment(pictured(ring)), CELL) > 0.97
    assert overlap(MultiOtsu(fill_holes=False).segment(pictured(ring)), ring) > 0.9


def test_a_hole_that_opens_to_the_field_edge_is_no_hole():
    bay = CELL & ~(np.indices(CELL.shape)[1] > 50)
    assert overlap(MultiOtsu().segment(pictured(bay)), bay) > 0.95


class TestEdge:
    """A disc whose right half is twice as bright: one threshold shifts it, the edge does not."""

    bright_right = np.where(np.indices(CELL.shape)[1] > 44, 2.0, 1.0)

    @pytest.fixture
    def image(self):
        rng = np.random.default_rng(1)
        image = ndimage.gaussian_filter(np.where(CELL, 300 * self.bright_right, 0.0), 1.5) + 100
        return (image + rng.normal(0, 5, CELL.shape)).astype(np.uint16)

    @staticmethod
    def shift(labels):
        return np.argwhere(labels > 0).mean(axis=0)[1] - np.argwhere(CELL).mean(axis=0)[1]

    def test_refined(self, image):
        assert abs(self.shift(MultiOtsu(edge_px=0).segment(image))) > 0.4
        labels = MultiOtsu().segment(image)
        assert abs(self.shift(labels)) < 0.12
        assert overlap(labels, CELL) > 0.98

    def test_a_right_edge_stays(self):
        image = ndimage.gaussian_filter(np.where(CELL, 300.0, 0.0), 1.2).astype(np.float32)
        moved = refined_edge(CELL, image, within_px=3)
        assert np.count_nonzero(moved ^ CELL) < 0.03 * np.count_nonzero(CELL)

    @pytest.mark.parametrize("mask", [np.zeros((20, 20), bool), np.ones((20, 20), bool)])
    def test_nothing_and_everything(self, mask):
        moved = refined_edge(mask, mask.astype(np.float32), within_px=3)
        np.testing.assert_array_equal(moved, mask)


class TestExistingLabels:
    def test_binary_masks_become_objects(self):
        mask = (disc(5, (10, 10), (40, 40)) | disc(5, (30, 30), (40, 40))).astype(np.uint8) * 255
        labels = ExistingLabels(pattern="x", binary=True)(ArrayFrames(mask[None])).frame(0)
        assert labels.max() == 2

    def test_labels_are_taken_as_they_are(self):
        frames = ArrayFrames(np.array([[[0, 7], [9, 0]]], np.uint16))
        assert ExistingLabels(pattern="x")(frames) is frames

    def test_grey_values_are_no_labels(self):
        with pytest.raises(InputError, match="float32 are not labels"):
            ExistingLabels(pattern="x")(ArrayFrames(np.ones((1, 4, 4), np.float32)))


class TestExternal:
    @pytest.fixture
    def model(self, tmp_path):
        path = tmp_path / "model.py"
        path.write_text(
            "import numpy as np\n"
            "def above(frame, level=10):\n    return frame > level\n"
            "def wrong_shape(frame):\n    return frame[1:] > 0\n"
            "def negative(frame):\n    return -np.ones(frame.shape, int)\n"
            "def count(frames):\n    return np.full(frames.shape[1:], len(frames))\n"
        )
        return path

    frames = ArrayFrames(np.arange(32, dtype=np.uint8).reshape(2, 4, 4))

    def test_a_file_and_its_arguments(self, model):
        step = External(function=f"{model}:above", arguments={"level": 20})
        np.testing.assert_array_equal(
            step(self.frames).frame(1), (self.frames.frame(1) > 20).astype(np.uint32)
        )

    def test_context_is_handed_over_and_repeated_at_the_ends(self, model):
        step = External(function=f"{model}:count", before=2, after=1)
        assert step.reach == (2, 1)
        assert step(self.frames).frame(0).max() == 4

    @pytest.mark.parametrize(
        ("name", "fault"), [("wrong_shape", "shape"), ("negative", "negative")]
    )
    def test_what_it_returns_is_checked(self, model, name, fault):
        with pytest.raises(InputError, match=f"frame 0.*{fault}"):
            External(function=f"{model}:{name}")(self.frames).frame(0)

    @pytest.mark.parametrize(
        "function", ["no_such_module_here:f", "math:no_such_function", "x.py:f"]
    )
    def test_what_is_not_there_is_told(self, function):
        with pytest.raises(SettingsError, match="cannot be loaded"):
            External(function=function)(self.frames)
