import io

import numpy as np
import pytest
from PIL import Image

from lamella.report.filmstrip import (
    CAPTION_PX,
    CELL_COLOUR,
    GAP_PX,
    OTHER_COLOUR,
    filmstrip,
    to_png,
)


def square(top, left, side=20, shape=(80, 100), label=1):
    mask = np.zeros(shape, np.uint32)
    mask[top : top + side, left : left + side] = label
    return mask


def coloured(strip, colour):
    return (strip == colour).all(axis=2)


def test_the_outline_lies_just_outside_of_the_cell():
    mask = square(30, 40)
    image = mask.astype(np.uint16) * 1000
    strip = filmstrip([image], [mask], crop_px=40, height_px=40)
    assert strip.shape == (40, 40, 3)
    assert strip.dtype == np.uint8
    line = coloured(strip, CELL_COLOUR)
    # At one pixel of the image per pixel of the strip, the window starts at row 20, column 30.
    inside = np.zeros((40, 40), bool)
    inside[10:30, 10:30] = True
    assert line.sum() == 4 * 20
    assert not (line & inside).any()
    assert (strip[inside] == 255).all()


def test_other_cells_have_another_colour():
    mask = square(30, 20) + square(30, 60, label=2)
    strip = filmstrip([mask], [mask], cell=1, crop_px=80, height_px=160)
    assert coloured(strip, CELL_COLOUR).any()
    assert coloured(strip, OTHER_COLOUR).any()
    everything = filmstrip([mask], [mask], crop_px=80, height_px=160)
    assert not coloured(everything, OTHER_COLOUR).any()


def test_touching_cells_share_one_line():
    mask = square(30, 20) + square(30, 40, label=2)
    strip = filmstrip([np.zeros_like(mask)], [mask], crop_px=80, height_px=80)
    assert coloured(strip, CELL_COLOUR).sum() == 2 * (40 + 20) + 20


def test_tiles_follow_the_cell_at_one_scale():
    masks = [square(30, 10 + 30 * t) for t in range(3)]
    strip = filmstrip(masks, masks, crop_px=30, height_px=60)
    assert strip.shape == (60, 3 * 60 + 2 * GAP_PX, 3)
    assert (strip[30, [30, 93, 156]] == 255).all()


def test_a_frame_without_the_cell_says_so_and_keeps_the_window():
    masks = [square(30, 40), np.zeros((80, 100), np.uint32)]
    image = square(30, 40).astype(np.float32)
    strip = filmstrip([image, image], masks, height_px=100)
    second = strip[:, 100 + GAP_PX :]
    assert not coloured(second, CELL_COLOUR).any()
    assert (second[50, 50] == 255).all()
    assert (second[3:20, 4:60] > 200).any()


def test_contrast_is_joint():
    mask = square(30, 40)
    dim, bright = mask * 100.0, mask * 1000.0
    strip = filmstrip([dim, bright], [mask, mask], crop_px=40, height_px=40)
    assert strip[20, 20, 0] < 40
    assert strip[20, 40 + GAP_PX + 20, 0] == 255


@pytest.mark.parametrize("shape", [(9, 300), (300, 9), (5, 5), (1200, 900)])
def test_any_shape_fits(shape):
    image = np.full(shape, np.nan)
    strip = filmstrip([image], [np.zeros(shape, np.uint8)], height_px=60, captions=["t = 0"])
    assert strip.shape == (60 + CAPTION_PX, 60, 3)


def test_scale_bar_and_captions_are_drawn():
    mask = square(30, 40)
    flat = np.zeros(mask.shape)
    plain = filmstrip([flat], [mask], crop_px=40)
    barred = filmstrip([flat], [mask], crop_px=40, pixel_size_um=0.5)
    # 40 px at 0.5 µm are 20 µm: the bar is 5 µm, a quarter of the tile.
    white = (barred == 255).all(axis=2) & ~(plain == 255).all(axis=2)
    assert white[-8].sum() == 39
    captioned = filmstrip([flat], [mask], crop_px=40, captions=["frame 3"])
    assert len(captioned) == len(plain) + CAPTION_PX
    assert (captioned[:CAPTION_PX] == 255).any()


def test_frames_and_masks_must_agree():
    with pytest.raises(ValueError, match="as many masks"):
        filmstrip([np.zeros((4, 4))], [])
    with pytest.raises(ValueError, match="2-D frames"):
        filmstrip([np.zeros((4, 4))], [np.zeros((4, 5), int)])


def test_png_is_the_same_for_the_same_strip():
    mask = square(30, 40)
    strip = filmstrip([mask], [mask])
    assert to_png(strip) == to_png(strip)
    assert (np.asarray(Image.open(io.BytesIO(to_png(strip)))) == strip).all()
