"""Cells grown from their nuclei, on drawn fields and on pairs of discs known by heart."""

import warnings

import numpy as np
import pytest
from guided_truth import stained_field

from lamella.core.errors import InputError, SettingsError
from lamella.core.frames import ArrayFrames
from lamella.evaluate import seg
from lamella.segment import Guided
from worlds import disc

FIELD = (90, 120)
NUCLEUS = disc(6, (40, 40), FIELD)


@pytest.fixture(autouse=True)
def _no_warning_leaks():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def two_cells(second=300.0, seed=0):
    """Two discs that touch at column 50, the second as bright as asked, with their nuclei."""
    cells = np.where(disc(18, (40, 34), FIELD), 1, 0)
    cells[disc(18, (40, 66), FIELD) & (np.arange(FIELD[1]) >= 50)] = 2
    cells[:, 50:][cells[:, 50:] == 1] = 0
    nuclei = disc(6, (40, 34), FIELD) + 2 * disc(6, (40, 66), FIELD)
    rng = np.random.default_rng(seed)
    light = 100 + 300.0 * (cells == 1) + second * (cells == 2) + rng.normal(0, 4, FIELD)
    return light.astype(np.float32), nuclei.astype(np.uint16), cells


def iou(found, truth):
    return np.count_nonzero(found & truth) / np.count_nonzero(found | truth)


@pytest.mark.parametrize(
    ("stain", "step", "least"),
    [
        ("cytoplasm", Guided(), 0.83),
        ("membrane", Guided(borders="bright"), 0.84),
        ("even", Guided(), 0.85),
    ],
)
def test_fields_of_touching_dim_and_uneven_cells(stain, step, least):
    for seed in (31, 32):
        field = stained_field(seed, stain=stain)
        found = step.segment(field.stain, field.nuclei)
        assert seg(field.cells[None], found[None].astype(np.int32)) > least


def test_a_dim_cell_beside_a_bright_one_is_found_whole():
    image, nuclei, cells = two_cells(second=30)
    found = Guided().segment(image, nuclei)
    assert iou(found == 1, cells == 1) > 0.9
    assert iou(found == 2, cells == 2) > 0.85


def test_a_border_is_where_the_light_changes_not_half_way_between_nuclei():
    image, _, cells = two_cells(second=120)
    nuclei = disc(5, (40, 26), FIELD) + 2 * disc(5, (40, 58), FIELD)  # half way: column 42
    by_light = Guided().segment(image, nuclei)
    by_distance = Guided(by_distance=1).segment(image, nuclei)
    assert iou(by_light == 1, cells == 1) > 0.93
    assert iou(by_distance == 1, cells == 1) < 0.85


def test_numbers_are_those_of_the_nuclei_and_nuclei_lie_inside():
    image, nuclei, _ = two_cells()
    names = np.array([0, 70_001, 12], np.uint32)[nuclei]
    found = Guided()(ArrayFrames(image[None]), ArrayFrames(names[None])).frame(0)
    assert found.dtype == np.uint32
    assert set(np.unique(found)) == {0, 12, 70_001}
    np.testing.assert_array_equal(found[names > 0], names[names > 0])


def test_reach_ends_cells():
    image, nuclei, _ = two_cells()
    near = Guided(reach_px=4, edge_px=0).segment(image, nuclei)
    for k in (1, 2):
        middle = (40, 34) if k == 1 else (40, 66)
        assert not (near == k)[~disc(11, middle, FIELD)].any()
        assert (near == k)[disc(9, middle, FIELD)].all()
    in_um = Guided(reach_um=2, edge_px=0).scaled(0.5)
    np.testing.assert_array_equal(in_um.segment(image, nuclei), near)
    with pytest.raises(SettingsError, match="reach_um = 2: no pixel size is known"):
        Guided(reach_um=2)(ArrayFrames(image[None]), ArrayFrames(nuclei[None]))
    with pytest.raises(ValueError, match="either reach_um or reach_px"):
        Guided(reach_um=2, reach_px=3)


def test_a_nucleus_without_cytoplasm():
    image, nuclei, cells = two_cells(second=0)
    kept = Guided().segment(image, nuclei)
    np.testing.assert_array_equal(kept == 2, nuclei == 2)
    dropped = Guided(keep_bare=False).segment(image, nuclei)
    assert np.unique(dropped).tolist() == [0, 1]
    assert iou(dropped == 1, cells == 1) > 0.93


def test_cells_at_the_border_go_on_request():
    image, nuclei, _ = two_cells()
    cut, seen = image[:, 20:], nuclei[:, 20:]
    assert np.unique(Guided().segment(cut, seen)).tolist() == [0, 1, 2]
    assert np.unique(Guided(keep_border=False).segment(cut, seen)).tolist() == [0, 2]


def test_holes_within_a_cell_are_filled_and_gaps_between_cells_are_not():
    image, nuclei, _ = two_cells()
    image[36:44, 20:24] = 100
    found = Guided().segment(image, nuclei)
    assert (found[36:44, 20:24] == 1).all()
    ring = disc(30, (44, 60), FIELD) & ~disc(12, (44, 60), FIELD)
    two = disc(4, (44, 40), FIELD) + 2 * disc(4, (44, 80), FIELD)
    rng = np.random.default_rng(1)
    light = 100 + 300.0 * ring + rng.normal(0, 4, FIELD)
    assert Guided().segment(light, two)[44, 60] == 0


def test_a_sheet_without_ground_is_shared_out():
    image, nuclei, _ = two_cells()
    found = Guided(confluent=True).segment(image, nuclei)
    assert (found > 0).all()
    assert set(np.unique(found)) == {1, 2}


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
@pytest.mark.parametrize("value", [0, 1, 255])
def test_a_frame_of_one_grey_value_shows_no_cytoplasm(value, dtype):
    image = np.full(FIELD, value, dtype)
    nuclei = NUCLEUS.astype(np.uint8)
    np.testing.assert_array_equal(Guided().segment(image, nuclei), nuclei)
    assert not Guided(keep_bare=False).segment(image, nuclei).any()
    assert (Guided(confluent=True).segment(image, nuclei) == 1).all()


def test_two_grey_values_are_enough():
    image = np.where(disc(20, (40, 40), FIELD), 7, 3).astype(np.uint8)
    found = Guided(smoothing_px=0).segment(image, NUCLEUS.astype(np.uint8))
    np.testing.assert_array_equal(found > 0, image == 7)


def test_noise_alone_is_no_cytoplasm():
    rng = np.random.default_rng(2)
    noise = rng.poisson(100, FIELD).astype(np.uint16)
    found = Guided().segment(noise, NUCLEUS.astype(np.uint8))
    assert np.count_nonzero(found) < 1.2 * np.count_nonzero(NUCLEUS)


def test_nothing_at_all_and_a_single_pixel():
    image, nuclei, cells = two_cells()
    assert not Guided().segment(image, np.zeros_like(nuclei)).any()
    one = np.zeros_like(nuclei)
    one[40, 30] = 9
    found = Guided().segment(image, one)
    assert set(np.unique(found)) == {0, 9}
    assert iou(found == 9, cells > 0) > 0.9  # nobody else claims the second cell
    full = np.ones_like(nuclei)
    np.testing.assert_array_equal(Guided().segment(image, full), full)
    pixel = np.ones((1, 1), np.uint8)
    assert Guided().segment(pixel, pixel) == 1


def test_a_nucleus_outside_of_everything_is_a_cell_of_its_own():
    image, nuclei, _ = two_cells()
    nuclei[disc(4, (80, 110), FIELD)] = 3
    found = Guided().segment(image, nuclei)
    np.testing.assert_array_equal(found == 3, nuclei == 3)


def test_needs_nuclei_of_the_same_field():
    image, nuclei, _ = two_cells()
    frames = ArrayFrames(image[None])
    with pytest.raises(InputError, match="it got no nuclei; give their labels"):
        Guided()(frames)
    with pytest.raises(InputError, match=r"nuclei: 1 frames of 90 × 100 px do not fit the image"):
        Guided()(frames, ArrayFrames(nuclei[None, :, :100]))
    with pytest.raises(ValueError, match="either nuclei or channel"):
        Guided(nuclei="nucleus", channel="DAPI")
