"""Which cell of one analysis is which of another."""

import numpy as np
import pandas as pd
import pytest

from lamella.core.frames import ArrayFrames
from lamella.core.table import Col
from lamella.evaluate import same_cells
from lamella.kernels.mask_error import dilated


def colony(n_frames=4):
    """Cells 1 to 3, squares of 10 px that move to the right."""
    frames = np.zeros((n_frames, 60, 80), np.uint16)
    for t in range(n_frames):
        for cell, top in ((1, 5), (2, 22), (3, 40)):
            frames[t, top : top + 10, 10 + 3 * t : 20 + 3 * t] = cell
    return frames


def pairs(first, second):
    found = same_cells(ArrayFrames(first), ArrayFrames(second))
    return dict(zip(found[Col.CELL], found[Col.OTHER_CELL], strict=True)), found


def test_other_numbers_and_wider_outlines():
    first = colony()
    names = np.array([0, 30, 10, 20], np.uint16)
    second = np.stack([dilated(names[frame], by_px=2).labels for frame in first])
    found, table = pairs(first, second)
    assert found == {1: 30, 2: 10, 3: 20}
    np.testing.assert_allclose(table[Col.OVERLAP], 100 / (second[0] == 30).sum())


def test_a_cell_that_the_other_lacks_has_no_partner():
    first, second = colony(), colony()
    second[second == 2] = 0
    assert pairs(first, second)[0] == {1: 1, 3: 3}
    assert pairs(second, first)[0] == {1: 1, 3: 3}


def test_a_broken_track_is_the_cell_whose_part_is_longest():
    first, second = colony(5), colony(5)
    second[3:][second[3:] == 1] = 9
    assert pairs(first, second)[0] == {1: 1, 2: 2, 3: 3}
    second[2][second[2] == 1] = 9
    assert pairs(first, second)[0] == {1: 9, 2: 2, 3: 3}


def test_two_cells_taken_for_one_make_one_pair():
    first, second = colony(), colony()
    second[np.isin(second, (1, 2))] = 1
    found, _ = pairs(first, second)
    assert len(found) == 2
    assert found[3] == 3
    assert list(found.values()).count(1) == 1


def test_cells_that_only_touch_are_not_the_same():
    first, second = np.zeros((2, 1, 30, 30), np.uint16)
    first[0, 5:15, 5:15] = 1
    second[0, 10:20, 10:20] = 1  # a quarter of either
    assert pairs(first, second)[0] == {}


def test_the_order_of_the_analyses_does_not_matter():
    rng = np.random.default_rng(2)
    first = rng.integers(0, 6, size=(3, 20, 20)).astype(np.uint16)
    second = np.where(rng.random(first.shape) < 0.8, first * 2, 0).astype(np.uint16)
    there, back = pairs(first, second)[0], pairs(second, first)[0]
    assert there == {v: k for k, v in back.items()}
    assert there == {k: 2 * k for k in range(1, 6)}


def test_empty_movies_and_other_shapes():
    empty = np.zeros((2, 9, 9), np.uint16)
    table = pairs(empty, empty)[1]
    assert isinstance(table, pd.DataFrame)
    assert not len(table)
    assert pairs(empty, np.ones_like(empty))[0] == {}
    with pytest.raises(ValueError, match=r"labels of one movie are matched, got \(2, 9, 9\)"):
        same_cells(ArrayFrames(empty), ArrayFrames(empty[:1]))
