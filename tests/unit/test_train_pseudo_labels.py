"""Frames that may be learnt from: every planted fault is dropped, for its own reason."""

import numpy as np
import pandas as pd
import pytest

from lamella.core.frames import ArrayFrames
from lamella.train.pseudo_labels import PseudoLabels
from lamella.train.reasons import REASONS, explained

N, SIDE = 30, 96


def disc(y, x, radius, shape=(SIDE, SIDE)):
    rows, columns = np.indices(shape)
    return np.hypot(rows - y, columns - x) <= radius


def steady(n=N, step=1.0, radius=12.0):
    """A disc that walks to the right."""
    return np.stack([disc(48, 25 + step * t, radius) for t in range(n)]).astype(np.uint8)


def judged(labels, second=None, **settings):
    step = PseudoLabels(**{"stride": 1, **settings})
    other = None if second is None else ArrayFrames(second)
    return step.judged(ArrayFrames(labels), second=other)


def half(mask):
    out = mask.copy()
    out[: SIDE // 2 - 2] = 0
    return out


FAULTS = {
    "empty": lambda mask: np.zeros_like(mask),
    "too small": lambda mask: disc(48, 37, 5).astype(np.uint8),
    "several cells": lambda mask: np.where(disc(12, 12, 10), 2, mask).astype(np.uint8),
    "no overlap": lambda mask: np.roll(mask, 30, axis=0),
    "odd area": half,
}


def test_a_steady_cell_is_kept_whole():
    told = judged(steady())
    assert told["kept"].all()
    assert (told["reason"] == "").all()
    assert told["stability"].min() > 0.98
    np.testing.assert_allclose(told["confidence"], told["stability"])
    assert np.isnan(told["iou_previous"].iloc[0])
    assert np.isnan(told["iou_next"].iloc[-1])
    assert told["agreement"].isna().all()


@pytest.mark.parametrize("reason", FAULTS)
def test_a_fault_is_dropped_and_its_neighbours_are_not(reason):
    labels = steady()
    labels[12] = FAULTS[reason](labels[12])
    told = judged(labels)
    assert told.loc[~told["kept"], "frame"].tolist() == [12]
    assert told["reason"][12] == reason
    assert told["reasons"][12].split("; ")[0] == reason
    order = [REASONS.index(each) for each in told["reasons"][12].split("; ")]
    assert order == sorted(order)


def test_as_published_the_frame_after_a_leap_is_dropped_too():
    labels = steady()
    labels[12] = FAULTS["no overlap"](labels[12])
    told = judged(labels, overlap_with="previous")
    assert told.loc[~told["kept"], "frame"].tolist() == [12, 13]
    assert told["reason"][13] == "no overlap"


def test_overlap_is_that_of_the_masks():
    labels = steady(3, step=5)
    told = judged(labels)
    a, b = labels[0] > 0, labels[1] > 0
    assert told["iou_previous"][1] == pytest.approx((a & b).sum() / (a | b).sum())
    assert told["iou_next"][0] == told["iou_previous"][1]
    assert told["area_px"].tolist() == [mask.sum() for mask in labels]


def test_a_second_method_sees_what_lasts():
    labels, second = steady(40), steady(40, radius=11)
    labels[20:32, :48] = 0  # half of the cell, for 12 frames
    alone, told = judged(labels), judged(labels, second)
    assert alone["kept"][23:29].all()  # nothing changes from frame to frame
    assert not told["kept"][20:32].any()
    assert told["reason"][25] == "disagreement"
    assert told["kept"][:20].all()
    usual = (11 / 12) ** 2  # discs in one another
    assert told["agreement"][5] == pytest.approx(usual, abs=0.03)
    assert told["confidence"][5] == pytest.approx(
        np.sqrt(told["stability"][5] * told["agreement"][5])
    )


def test_a_second_method_that_fails_is_no_witness():
    step, labels = PseudoLabels(stride=1), steady()
    told = step.judged(ArrayFrames(labels), second=ArrayFrames(np.roll(labels, 40, axis=1)))
    assert not step.trusts_second(told)
    assert told["kept"].all()
    assert (told["agreement"] == 0).all()
    np.testing.assert_allclose(told["confidence"], told["stability"])


def test_a_neighbour_steps_in_where_the_due_frame_is_bad():
    labels = steady()
    labels[[10, 11]] = 0
    told = judged(labels, stride=10)
    assert told.loc[told["kept"], "frame"].tolist() == [0, 12, 22]
    assert (told.loc[~told["kept"], "reason"] == "spacing").sum() == N - 3 - 2


def test_the_border_is_a_setting():
    labels = np.stack([disc(48, 6 + t, 12) for t in range(20)]).astype(np.uint8)
    told = judged(labels, border="drop", min_stability=0, max_area_z=None)
    assert told["reason"][0] == "at the border"
    assert told.loc[told["kept"], "frame"].min() == 7  # the disc's left side has come in
    assert judged(labels, min_stability=0, max_area_z=None)["kept"].all()


def field(n=12):
    """Nine cells that hardly move."""
    labels = np.zeros((n, SIDE, SIDE), np.uint16)
    for t in range(n):
        for k in range(9):
            labels[t][disc(16 + 30 * (k // 3), 14 + 30 * (k % 3) + 0.3 * t, 9)] = k + 1
    return labels


def test_a_frame_of_many_cells_is_kept_while_most_of_them_are_steady():
    labels = field()
    labels[5][np.isin(labels[5], [1])] = 0  # one of nine is lost, and found again
    told = judged(labels, cells="many", overlap_with="previous")
    assert told["kept"].all()
    assert told["steady_share"][6] == pytest.approx(8 / 9)
    assert judged(labels, cells="many")["steady_share"][6] == 1
    labels[8] = np.where(labels[8] > 0, (labels[8] + 2) // 3, 0)  # three and three are one
    told = judged(labels, cells="many")
    assert told.loc[~told["kept"], "frame"].tolist() == [8]
    assert told["reason"][8] == "no overlap"


def test_labels_of_many_cells_are_learnt_whole():
    labels, images = field(3), np.random.default_rng(1).random((3, SIDE, SIDE))
    found = PseudoLabels(cells="many", stride=1)(
        ArrayFrames(labels), ArrayFrames(images), movie="m", session="s", condition="c"
    )
    np.testing.assert_array_equal(found.examples[1].labels, labels[1])


def test_examples_hold_the_largest_object_and_both_channels():
    labels = steady(5)
    labels[:, 2:5, 2:5] = 7  # debris
    images = np.random.default_rng(0).integers(0, 999, (2, 5, SIDE, SIDE)).astype(np.uint16)
    found = PseudoLabels(stride=2)(
        ArrayFrames(labels),
        ArrayFrames(images[0]),
        movie="01",
        session="02",
        condition="WT",
        nuclear=ArrayFrames(images[1]),
    )
    assert [each.frame for each in found.examples] == [0, 2, 4]
    one = found.examples[1]
    np.testing.assert_array_equal(one.image, images[:, 2])
    np.testing.assert_array_equal(one.labels, steady(5)[2])
    assert (one.movie, one.session, one.condition) == ("01", "02", "WT")
    assert one.source == "pseudo_labels"
    assert one.confidence == pytest.approx(found.frames["confidence"][2])
    assert set(found.frames["movie"]) == {"01"}


@pytest.mark.parametrize("n", [0, 1, 4])
def test_movies_without_anything_give_nothing(n):
    told = judged(np.zeros((n, 5, 5), np.uint8))
    assert told["reason"].tolist() == ["empty"] * n
    assert told["confidence"].isna().all()


def test_a_single_frame_is_not_judged_by_time():
    told = judged(steady(1))
    assert told["kept"].tolist() == [True]
    assert np.isnan(told["stability"][0])
    assert judged(steady(1), steady(1))["confidence"][0] == 1


def test_a_frame_between_empty_ones_has_nothing_that_speaks_for_it():
    labels = steady(9)
    labels[[3, 5]] = 0
    told = judged(labels)
    assert told["stability"][4] == 0
    assert told["reason"][4] == "unstable"
    assert told["kept"][[2, 6]].all()


def test_every_reason_is_explained_with_its_limit():
    told = explained(PseudoLabels(min_iou=0.6, overlap_with="previous", stride=7).model_dump())
    assert tuple(told) == REASONS
    assert "frame before below 0.6" in told["no overlap"]
    assert "7 frames" in told["spacing"]
    assert "80%" in explained(PseudoLabels(cells="many").model_dump())["no overlap"]


def test_columns_are_in_the_dictionary():
    from lamella.core.table import Col

    told = judged(steady(3))
    assert all(Col.find(name) is not None for name in told.columns)
    assert isinstance(told, pd.DataFrame)
