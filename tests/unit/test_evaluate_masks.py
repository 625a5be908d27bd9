import numpy as np
import pandas as pd
import pytest

from lamella.core.errors import InputError
from lamella.core.frames import ArrayFrames, MappedFrames, Window
from lamella.core.table import Col
from lamella.evaluate import compare, compare_masks, summarise


def square(top, left, side=10, shape=(40, 50), label=1):
    out = np.zeros(shape, np.uint16)
    out[top : top + side, left : left + side] = label
    return out


EMPTY = np.zeros((40, 50), np.uint16)


def test_a_square_moved_by_3_and_4():
    found = compare_masks(square(5, 5), square(8, 9))
    shared = 7 * 6
    assert found[Col.IOU] == pytest.approx(shared / (200 - shared))
    assert found[Col.DICE] == pytest.approx(shared / 100)
    assert found[Col.CENTROID_DISTANCE_PX] == pytest.approx(5)
    assert found[Col.AREA_A_PX] == found[Col.AREA_B_PX] == 100
    assert found[Col.AREA_DIFFERENCE_PX] == 0
    assert found[Col.AREA_RATIO] == 1
    # The two rims of 36 pixels cross in 2 pixels.
    assert found[Col.BOUNDARY_IOU] == pytest.approx(2 / 70)


def test_second_less_first_and_second_over_first():
    found = compare_masks(square(5, 5, 10), square(5, 5, 20))
    assert found[Col.AREA_DIFFERENCE_PX] == 300
    assert found[Col.AREA_RATIO] == 4
    assert found[Col.CENTROID_DISTANCE_PX] == pytest.approx(5 * np.sqrt(2))


def test_a_strip_farther_out_gives_the_95th_percentile_not_the_largest():
    a = np.zeros((3, 100), bool)
    a[1] = True
    b = a.copy()
    b[1, 97:] = False
    assert compare_masks(a, b)[Col.HD95_PX] == 0
    b[1, 90:] = False
    # Distances from A: 90 zeros, then 1 to 10; rank 94.05 of 0 to 99.
    assert compare_masks(a, b)[Col.HD95_PX] == pytest.approx(5.05)


def test_every_label_is_foreground():
    assert compare_masks(square(5, 5, label=7), square(5, 5, label=1))[Col.IOU] == 1


@pytest.mark.parametrize("first_empty", [True, False])
def test_one_empty_mask_shares_nothing_and_has_no_distance(first_empty):
    a, b = (EMPTY, square(5, 5)) if first_empty else (square(5, 5), EMPTY)
    found = compare_masks(a, b)
    assert found[Col.IOU] == found[Col.DICE] == found[Col.BOUNDARY_IOU] == 0
    assert found[Col.AREA_DIFFERENCE_PX] == (100 if first_empty else -100)
    for measure in (Col.CENTROID_DISTANCE_PX, Col.HD95_PX, Col.AREA_RATIO):
        assert np.isnan(found[measure])


def test_two_empty_masks_have_areas_and_nothing_else():
    found = compare_masks(EMPTY, EMPTY)
    assert found.pop(Col.AREA_A_PX) == found.pop(Col.AREA_B_PX) == 0
    assert all(np.isnan(value) for value in found.values())


def test_one_pixel_and_full_frame():
    pixel, full = square(20, 20, 1), np.ones((40, 50), np.uint16)
    found = compare_masks(pixel, full)
    assert found[Col.IOU] == pytest.approx(1 / 2000)
    assert found[Col.BOUNDARY_IOU] == 0
    assert found[Col.HD95_PX] > 19
    again = compare_masks(full, full)
    assert again[Col.IOU] == again[Col.BOUNDARY_IOU] == 1
    assert again[Col.HD95_PX] == 0
    moved = compare_masks(pixel, square(23, 24, 1))
    assert moved[Col.IOU] == moved[Col.BOUNDARY_IOU] == 0
    assert moved[Col.HD95_PX] == moved[Col.CENTROID_DISTANCE_PX] == 5


def test_masks_of_two_shapes_are_refused():
    with pytest.raises(InputError, match=r"A is \(40, 50\), B is \(3, 3\)"):
        compare_masks(EMPTY, EMPTY[:3, :3])
    with pytest.raises(InputError, match="give two masks"):
        compare_masks(EMPTY[None], EMPTY[None])


def a_movie():
    a = np.stack([square(5, 5), EMPTY, EMPTY, square(5, 5), square(5, 5)])
    b = np.stack([square(5, 5), EMPTY, square(5, 5), EMPTY, square(5, 10)])
    return ArrayFrames(a), ArrayFrames(b)


def test_a_row_a_frame_with_the_contract_columns():
    table = compare(*a_movie(), name="pos01")
    assert list(table.columns) == [
        "name",
        "frame",
        "iou",
        "dice",
        "centroid_distance_px",
        "area_a_px",
        "area_b_px",
        "area_difference_px",
        "area_ratio",
        "boundary_iou",
        "hd95_px",
    ]
    assert list(table[Col.FRAME]) == [0, 1, 2, 3, 4]
    assert set(table[Col.NAME]) == {"pos01"}
    np.testing.assert_allclose(table[Col.IOU], [1, np.nan, 0, 0, 1 / 3])


def test_frames_keep_their_numbers_in_a_part_of_a_movie():
    a, b = a_movie()
    part = compare(Window(a, 3, 5), Window(b, 3, 5), name="pos01")
    whole = compare(a, b, name="pos01")
    pd.testing.assert_frame_equal(part, whole[3:].reset_index(drop=True))


def test_frames_are_read_once_and_one_at_a_time():
    a, b = a_movie()
    read = []

    def noted(t):
        read.append(t)
        return a.frame(t)

    compare(MappedFrames(a, noted), b, name="pos01")
    assert read == [0, 1, 2, 3, 4]


def test_movies_of_two_shapes_are_refused_by_name():
    a, b = a_movie()
    with pytest.raises(
        InputError,
        match=r"^pos01: .*cellpose is \(5, 40, 50\), otsu is \(2, 40, 50\); compare masks",
    ):
        compare(a, ArrayFrames(b.asarray()[:2]), name="pos01", sources=("cellpose", "otsu"))


def test_summary_counts_empty_frames_and_leaves_them_out_of_what_they_lack():
    first = compare(*a_movie(), name="pos01")
    second = compare(*(frames for frames in reversed(a_movie())), name="pos02")
    table = summarise(pd.concat([first, second[:1]], ignore_index=True)).set_index(Col.NAME)
    assert list(table.index) == ["pos01", "pos02", "all"]
    row = table.loc["pos01"]
    assert row["n_frames"] == 5
    assert (row["n_both_empty"], row["n_only_a_empty"], row["n_only_b_empty"]) == (1, 1, 1)
    assert row["mean_iou"] == pytest.approx((1 + 0 + 0 + 1 / 3) / 4)
    assert row["median_iou"] == pytest.approx(1 / 6)
    assert row["mean_centroid_distance_px"] == pytest.approx(2.5)
    assert row["sd_centroid_distance_px"] == pytest.approx(5 / np.sqrt(2))
    assert table.loc["pos02", "mean_iou"] == 1
    assert np.isnan(table.loc["pos02", "sd_iou"])
    assert table.loc["all", "n_frames"] == 6


def test_summary_of_frames_that_are_all_empty_or_of_none():
    empty = ArrayFrames(np.stack([EMPTY, EMPTY]))
    row = summarise(compare(empty, empty, name="pos01")).iloc[0]
    assert row["n_both_empty"] == 2
    assert np.isnan(row["mean_iou"])
    nothing = compare(ArrayFrames(np.zeros((0, 4, 4))), ArrayFrames(np.zeros((0, 4, 4))), name="x")
    assert len(nothing) == 0
    assert len(summarise(nothing)) == 0
    assert "mean_hd95_px" in summarise(nothing).columns
