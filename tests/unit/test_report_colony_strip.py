"""The strip of a movie of many cells."""

import numpy as np
import pytest

from lamella.report.colony_strip import colony_strip, colour_of
from worlds import disc


def field(*cells):
    """A frame of 120 × 200 px with discs: (number, row, column)."""
    labels = np.zeros((120, 200), np.uint16)
    for number, y, x in cells:
        labels[disc(14, (y, x), labels.shape)] = number
    return labels


def has(strip, colour):
    return (strip == np.array(colour)).all(axis=-1).any()


def test_a_cell_keeps_its_colour_from_frame_to_frame():
    masks = [field((1, 40, 40), (7, 80, 150)), field((7, 45, 60))]
    images = [np.full(mask.shape, 100.0) for mask in masks]
    strip = colony_strip(images, masks)
    half = strip.shape[1] // 2
    assert has(strip[:, :half], colour_of(1))
    assert has(strip[:, :half], colour_of(7))
    assert has(strip[:, half:], colour_of(7))
    assert not has(strip[:, half:], colour_of(1))


def test_neighbouring_numbers_have_colours_far_apart():
    colours = np.array([colour_of(n) for n in range(1, 200)], float)
    step = np.abs(np.diff(colours, axis=0)).max(axis=1)
    assert step.min() > 100
    assert colours.max(axis=1).min() == 255


def test_the_outline_lies_outside_and_touching_cells_share_one():
    mask = np.zeros((40, 40), np.uint16)
    mask[10:30, 5:20], mask[10:30, 20:35] = 1, 2
    strip = colony_strip([np.zeros((40, 40))], [mask], width_px=40)
    between = strip[15:25, 10:30]
    lines = (between == np.array(colour_of(1))).all(axis=-1).sum(axis=1)
    assert set(lines.tolist()) <= {1}


def test_it_shows_the_part_of_the_field_that_has_cells():
    alone = field((3, 60, 100))
    near = colony_strip([np.zeros(alone.shape)], [alone], width_px=300)
    both = field((3, 20, 20), (4, 100, 180))
    far = colony_strip([np.zeros(both.shape)], [both], width_px=300)
    line = [(strip == np.array(colour_of(3))).all(axis=-1).sum() for strip in (near, far)]
    assert line[0] > 3 * line[1] > 0


@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (300, 7)])
def test_any_field_fits(shape):
    empty = np.zeros(shape, np.uint8)
    strip = colony_strip([empty, empty], [empty, empty], captions=["frame 0", "frame 1"],
                         pixel_size_um=0.5)  # fmt: skip
    assert strip.ndim == 3
    assert max(strip.shape) < 1000


def test_frames_and_masks_must_agree():
    with pytest.raises(ValueError, match="as many masks as frames"):
        colony_strip([np.zeros((4, 4))], [])
