"""The small strips of a movie's cells."""

from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from lamella.core.frames import ArrayFrames
from lamella.core.table import Col
from lamella.core.tracks import Tracks
from lamella.report.cell_strips import (
    MOST_BYTES,
    MOST_CELLS,
    SHOWN_PX,
    TILE_PX,
    TILES,
    CellSet,
    cell_strips,
)
from lamella.report.filmstrip import GROUND
from worlds import disc

FIELD = (96, 128)


def cell_set(labels, images=None, *, name="cell", **columns):
    """A set whose tracks are the numbers in its labels."""
    rows = [
        (cell, t, cell, 0.0, 0.0)
        for t, frame in enumerate(labels)
        for cell in np.unique(frame)
        if cell
    ]
    links = pd.DataFrame(rows, columns=[Col.CELL, Col.FRAME, Col.LABEL, Col.Y_PX, Col.X_PX])
    images = labels * np.uint16(500) + np.uint16(100) if images is None else images
    tracks = Tracks.from_links(links.assign(**columns))
    return CellSet(name, ArrayFrames(images), ArrayFrames(labels), tracks)


def walking(*starts, n_frames=12, radius=8.0, field=FIELD):
    """Discs that move 3 px to the right a frame."""
    labels = np.zeros((n_frames, *field), np.uint16)
    for t in range(n_frames):
        for number, (y, x) in enumerate(starts, start=1):
            labels[t][disc(radius, (y, x + 3 * t), field)] = number
    return labels


def opened(strips):
    return np.asarray(Image.open(BytesIO(strips.webp)).convert("RGB")).astype(int)


def tile(picture, row, place):
    y, x = row * TILE_PX, place * TILE_PX
    return picture[y : y + SHOWN_PX, x : x + SHOWN_PX]


def empty(area):
    return np.abs(area - np.array(GROUND)).max() < 24


def yellow(area):
    return (area[..., :2].mean(axis=-1) - area[..., 2]) > 50


def test_every_cell_has_a_row_of_six_tiles_with_the_cell_in_the_middle():
    strips = cell_strips([cell_set(walking((40, 20), (70, 30)))])
    picture = opened(strips)
    assert strips.cells == (("cell", 1), ("cell", 2))
    assert picture.shape == (2 * TILE_PX, TILES * TILE_PX, 3)
    assert (strips.row_px, strips.width_px) == (TILE_PX, TILES * TILE_PX)
    for row in range(2):
        for place in range(TILES):
            y, x = np.nonzero(yellow(tile(picture, row, place)))
            assert np.allclose([y.mean(), x.mean()], (SHOWN_PX - 1) / 2, atol=2.5)
            # The widest the cell gets fills the tile but for the margin.
            assert np.ptp(y) == pytest.approx(SHOWN_PX / 1.35, abs=4)


def test_one_scale_for_all_tiles_of_a_cell():
    labels = np.zeros((2, *FIELD), np.uint16)
    labels[0][disc(5, (48, 64), FIELD)] = 1
    labels[1][disc(20, (48, 64), FIELD)] = 1
    picture = opened(cell_strips([cell_set(labels)]))
    small, large = (np.ptp(np.nonzero(yellow(tile(picture, 0, k)))[0]) for k in range(2))
    assert large / small == pytest.approx(4, rel=0.25)


def test_each_cell_has_a_contrast_of_its_own():
    labels = walking((20, 20), (70, 30))
    images = np.where(labels == 1, 30, np.where(labels == 2, 60_000, 10)).astype(np.uint16)
    picture = opened(cell_strips([cell_set(labels, images)]))
    middle = SHOWN_PX // 2
    assert tile(picture, 0, 0)[middle, middle].min() > 200
    assert tile(picture, 1, 0)[middle, middle].min() > 200


def test_neighbours_are_fainter_than_the_cell():
    labels = np.zeros((1, *FIELD), np.uint16)
    labels[0][disc(16, (48, 40), FIELD)] = 1
    labels[0, 20:76, 60:90] = 2
    first = tile(opened(cell_strips([cell_set(labels, np.zeros_like(labels))])), 0, 0)
    blue = (first[..., 2] - first[..., 0]) > 20
    assert blue.any()
    assert first[blue].max() < 160
    assert first[yellow(first)].max() > 200


def test_frames_are_spread_over_the_frames_in_which_the_cell_was_seen():
    labels = walking((48, 20), n_frames=30)
    labels[10:20] = 0
    images = np.zeros(labels.shape, np.uint8)
    read = []

    class Noting(ArrayFrames):
        def frame(self, t):
            read.append(t)
            return super().frame(t)

    strips = cell_strips([cell_set(labels, images)._replace(images=Noting(images))])
    assert read == [0, 4, 8, 21, 25, 29]
    assert all(yellow(tile(opened(strips), 0, place)).any() for place in range(TILES))


def test_images_are_read_once_for_all_cells_of_a_frame():
    labels = walking((20, 20), (48, 20), (75, 20), n_frames=6)
    read = []

    class Noting(ArrayFrames):
        def frame(self, t):
            read.append(t)
            return super().frame(t)

    cell_strips([cell_set(labels)._replace(images=Noting(labels))])
    assert read == list(range(6))


def test_shapes_that_were_filled_in_are_not_shown():
    labels = walking((48, 20), n_frames=3)
    told = {Col.INTERPOLATED: [False, True, False]}
    picture = opened(cell_strips([cell_set(labels, **told)]))
    assert not empty(tile(picture, 0, 1))
    assert empty(tile(picture, 0, 2))


def test_a_cell_of_one_frame_has_one_tile():
    labels = walking((48, 20), n_frames=5)
    labels[[0, 1, 3, 4]] = 0
    picture = opened(cell_strips([cell_set(labels)]))
    assert yellow(tile(picture, 0, 0)).any()
    assert all(empty(tile(picture, 0, place)) for place in range(1, TILES))


def test_a_cell_of_one_pixel_is_outlined():
    labels = np.zeros((1, *FIELD), np.uint16)
    labels[0, 5, 7] = 3
    strips = cell_strips([cell_set(labels)])
    assert strips.cells == (("cell", 3),)
    assert yellow(opened(strips)[:TILE_PX, :TILE_PX]).sum() > 8


@pytest.mark.parametrize("at", [(0, 0), (95, 127), (0, 64), (48, 127)])
def test_a_cell_at_the_border_stays_in_its_tile(at):
    labels = np.zeros((2, *FIELD), np.uint16)
    labels[:, disc(10, at, FIELD)] = 1
    picture = opened(cell_strips([cell_set(labels)]))
    assert yellow(tile(picture, 0, 0)).sum() > 20


@pytest.mark.parametrize("field", [(1, 1), (3, 200), (200, 3)])
def test_any_field_fits(field):
    labels = np.ones((2, *field), np.uint16)
    assert cell_strips([cell_set(labels)]).cells == (("cell", 1),)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_any_type_of_image(dtype):
    labels = walking((48, 20), n_frames=2)
    images = (labels * 200).astype(dtype)
    if dtype == np.float32:
        images[:, :4] = np.nan
    middle = tile(opened(cell_strips([cell_set(labels, images)])), 0, 0)[SHOWN_PX // 2]
    assert middle[SHOWN_PX // 2].min() > 200


def test_rows_of_several_sets_each_from_its_own_images():
    cells = walking((48, 20), n_frames=2, radius=16)
    nuclei = walking((48, 20), n_frames=2, radius=5)
    sets = [
        cell_set(cells, np.zeros_like(cells)),
        cell_set(nuclei, nuclei * np.uint16(900), name="nucleus"),
    ]
    strips = cell_strips(sets)
    assert strips.cells == (("cell", 1), ("nucleus", 1))
    middle = SHOWN_PX // 2
    assert tile(opened(strips), 0, 0)[middle, middle].max() < 40
    assert tile(opened(strips), 1, 0)[middle, middle].min() > 200


def test_a_cell_that_is_not_in_the_labels_gets_a_tile_without_an_outline():
    cells = cell_set(walking((48, 20), n_frames=2))
    gone = ArrayFrames(np.zeros((2, *FIELD), np.uint16))
    picture = opened(cell_strips([cells._replace(labels=gone)]))
    assert not yellow(picture).any()


def test_of_many_cells_those_seen_longest_are_shown():
    n = MOST_CELLS + 30
    labels = np.zeros((2, 8, n * 4), np.uint16)
    for cell in range(1, n + 1):
        labels[0 if cell <= 40 else slice(0, 2), 2:5, 4 * cell - 3 : 4 * cell - 1] = cell
    strips = cell_strips([cell_set(labels)])
    # 190 cells were seen twice; of the others the first.
    assert [cell for _, cell in strips.cells] == [*range(1, 11), *range(41, n + 1)]
    assert Image.open(BytesIO(strips.webp)).size == (TILES * TILE_PX, MOST_CELLS * TILE_PX)


def test_the_picture_is_bounded_however_noisy_the_frames():
    places = [(y, x) for y in range(12, 300, 20) for x in range(12, 260, 20)]
    labels = walking(*places, field=(300, 300))
    images = np.random.default_rng(0).integers(0, 60_000, labels.shape).astype(np.uint16)
    strips = cell_strips([cell_set(labels, images)])
    assert len(strips.webp) <= MOST_BYTES
    assert len(strips.webp) > 0.8 * MOST_BYTES
    labels = walking(*places[:30], field=(300, 300))
    few = cell_strips([cell_set(labels, images)], most_bytes=3000)
    assert len(few.webp) <= 3000
    assert 1 <= len(few.cells) < 5
    assert opened(few).shape[0] == len(few.cells) * TILE_PX


def test_the_same_cells_give_the_same_bytes():
    cells = cell_set(walking((40, 20), (70, 30)))
    assert cell_strips([cells]).webp == cell_strips([cells]).webp


def test_no_cells_no_strips():
    labels = np.zeros((3, *FIELD), np.uint16)
    assert cell_strips([cell_set(labels)]) is None


def test_progress_goes_from_the_first_read_to_the_last():
    told = []
    cell_strips(
        [cell_set(walking((48, 20), n_frames=4))], told=lambda done, of: told.append((done, of))
    )
    assert told == [(k, 8) for k in range(1, 9)]
