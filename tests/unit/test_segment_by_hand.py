"""Points and strokes of a person become cells: held against phantoms whose truth is known."""

import numpy as np
import pytest
from scipy import ndimage as ndi

from lamella.core.errors import InputError
from lamella.phantom import CellPhantom
from lamella.segment.by_hand import labels_from_before, labels_from_scribbles, labels_from_seeds
from worlds.colonies import colony_phantom


def iou(a, b):
    return (a & b).sum() / (a | b).sum()


def deepest(mask):
    depth = ndi.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    return tuple(int(k) for k in np.unravel_index(depth.argmax(), depth.shape))


def strokes_in(truth):
    """A straight stroke along every cell, numbers from 2, and a line around them all, number 1."""
    strokes = np.zeros(truth.shape, int)
    for number, cell in enumerate(np.unique(truth[truth > 0]), start=2):
        mask = truth == cell
        depth = ndi.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
        core = np.argwhere(depth > 0.55 * depth.max())
        for share in np.linspace(0, 1, 60):
            y, x = np.round(core[0] + share * (core[-1] - core[0])).astype(int)
            if mask[y, x]:
                strokes[y, x] = number
    far = ndi.distance_transform_edt(truth == 0)
    strokes[(far > 10) & (far < 13)] = 1
    return strokes


def one_cell(seed, look, t=0):
    made = CellPhantom(n_frames=2, seed=seed, look=look).make()
    return made.movie.channel().frame(t), made.truth.frames.frame(t)


@pytest.fixture(scope="module", params=[1, 3])
def colony(request):
    made = colony_phantom(request.param)
    return made.movie.channel(), made.truth.frames


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("look", "least"), [("fluorescence", 0.95), ("phase", 0.75)])
def test_a_click_finds_a_cell(look, least, seed):
    image, truth = one_cell(seed, look)
    found = labels_from_seeds(image, [deepest(truth > 0)])
    assert set(np.unique(found)) == {0, 1}
    assert iou(found > 0, truth > 0) > least


def test_a_dark_cell_is_found_as_a_bright_one_is():
    image, truth = one_cell(2, "fluorescence")
    seed = [deepest(truth > 0)]
    found = labels_from_seeds(image.max() - image, seed)
    assert iou(found > 0, labels_from_seeds(image, seed) > 0) > 0.98


def test_touching_cells_are_told_apart_by_their_seeds(colony):
    movie, truths = colony
    truth = truths.frame(0)
    cells = np.unique(truth[truth > 0])
    seeds = [deepest(truth == cell) for cell in cells]
    found = labels_from_seeds(movie.frame(0), seeds, numbers=[int(c) for c in cells])
    assert found.dtype == np.uint32
    scores = [iou(found == cell, truth == cell) for cell in cells]
    assert min(scores) > 0.8
    for cell, (y, x) in zip(cells, seeds, strict=True):
        assert found[y, x] == cell


def test_no_cell_reaches_further_than_asked():
    image, truth = one_cell(1, "fluorescence")
    y, x = deepest(truth > 0)
    near = labels_from_seeds(image, [(y, x)], reach_px=10)
    rows, columns = np.nonzero(near)
    assert np.hypot(rows - y, columns - x).max() <= 3 + 10 + 1
    assert (near > 0).sum() < (labels_from_seeds(image, [(y, x)]) > 0).sum()


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("look", ["fluorescence", "phase"])
def test_a_stroke_finds_a_cell(look, seed):
    image, truth = one_cell(seed, look)
    found = labels_from_scribbles(image, strokes_in(truth))
    assert iou(found > 0, truth > 0) > 0.85


def test_strokes_tell_touching_cells_apart(colony):
    movie, truths = colony
    truth = truths.frame(0)
    strokes = strokes_in(truth)
    found = labels_from_scribbles(movie.frame(0), strokes)
    cells = np.unique(truth[truth > 0])
    scores = [iou(found == n, truth == cell) for n, cell in enumerate(cells, start=2)]
    assert min(scores) > 0.75
    drawn = strokes > 1
    assert (found[drawn] == strokes[drawn]).all()
    assert not found[strokes == 1].any()


def test_a_large_image_is_looked_at_more_coarsely():
    """Four times the size, on which the cell is as large: what is found is the same cell."""
    image, truth = one_cell(1, "fluorescence")
    large, strokes = np.kron(image, np.ones((4, 4))), np.kron(strokes_in(truth), np.ones((4, 4)))
    found = labels_from_scribbles(large, strokes.astype(int))
    assert iou(found > 0, np.kron(truth, np.ones((4, 4))) > 0) > 0.85


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("look", ["fluorescence", "phase"])
def test_cells_are_carried_to_the_next_frame(look, seed):
    _, before = one_cell(seed, look)
    image, truth = one_cell(seed, look, t=1)
    found = labels_from_before(image, 7 * before)
    assert set(np.unique(found)) == {0, 7 * before.max()}
    assert iou(found > 0, truth > 0) > max(0.8, iou(before > 0, truth > 0))


@pytest.mark.parametrize(
    ("seeds", "words"),
    [
        (np.zeros((0, 2)), "there is none; click once into every cell"),
        ([(5, 99)], "row 5, column 99 lies outside"),
        ([(5, 5), (5.2, 4.9)], "two lie on the same pixel"),
    ],
)
def test_seeds_that_make_no_sense(seeds, words):
    with pytest.raises(InputError, match=words):
        labels_from_seeds(np.zeros((20, 20)), seeds)
    with pytest.raises(InputError, match="2 are given for 1 seeds"):
        labels_from_seeds(np.zeros((20, 20)), [(3, 3)], numbers=[1, 2])


def test_strokes_that_make_no_sense():
    image, strokes = np.zeros((20, 20)), np.zeros((20, 20), int)
    with pytest.raises(InputError, match="no stroke in a cell; draw a stroke in every cell"):
        labels_from_scribbles(image, strokes)
    strokes[5, 5] = 2
    with pytest.raises(InputError, match="no stroke on the background"):
        labels_from_scribbles(image, strokes)
    with pytest.raises(InputError, match="draw on the image itself"):
        labels_from_scribbles(image, strokes[1:])
    with pytest.raises(InputError, match="it shows no cell"):
        labels_from_before(image, np.zeros((20, 20), int))


def test_an_even_image_gives_the_marks_themselves():
    """Nothing stands out: a seed keeps its disc, and no more is claimed."""
    found = labels_from_seeds(np.full((40, 40), 7), [(20, 20)])
    assert found[20, 20] == 1
    assert (found > 0).sum() < 40
