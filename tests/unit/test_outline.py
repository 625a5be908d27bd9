"""The outline of one cell as a picture: the outermost pixels, whatever lies beside it."""

import numpy as np
from scipy.ndimage import binary_erosion, binary_fill_holes

from lamella.core.frames import ArrayFrames
from lamella.run.browse.outline import outline_frames


def _three():
    y, x = np.mgrid[:40, :60]
    cells = np.zeros((3, 40, 60), np.uint32)
    cells[0][np.hypot(y - 20, x - 20) < 9] = 4
    cells[0][(x >= 29) & (x < 40) & (abs(y - 20) < 8)] = 7  # touches it
    cells[1][np.hypot(y - 2, x - 50) < 9] = 4  # cut by the edge of the frame
    cells[1][30, 5] = 7
    return cells


def test_the_outermost_pixels_of_that_cell_alone():
    cells = _three()
    rings = outline_frames(ArrayFrames(cells), 4, width_px=2)
    for t in range(2):
        there = cells[t] == 4
        assert np.array_equal(rings.frame(t) > 0, there & ~binary_erosion(there, iterations=2))
        assert rings.frame(t)[there].any()
        assert not rings.frame(t)[~there].any()
    assert np.array_equal(binary_fill_holes(rings.frame(0)), cells[0] == 4)
    assert rings.frame(1)[0, 50] == 1  # along the edge of the frame
    assert not rings.frame(2).any()
    assert rings.dtype == np.uint8


def test_a_cell_of_one_pixel_is_filled():
    assert outline_frames(ArrayFrames(_three()), 7).frame(1).sum() == 1
