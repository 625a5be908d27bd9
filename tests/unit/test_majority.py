"""Labels of several people, fused by majority vote."""

import cv2
import numpy as np
import pytest
import tifffile

from lamella.core.errors import InputError, SettingsError
from lamella.core.table import Col
from lamella.evaluate.objects import PrecisionCounts
from lamella.io import read_table
from lamella.kernels.contingency import contingency
from lamella.kernels.overlap import intersection_over_union
from lamella.run.annotations import examples_from
from lamella.run.train_annotated import AnnotatedWork
from lamella.train.annotations import Annotations
from lamella.train.majority import agreement_of, fused
from worlds.annotated import SHAPE, cells, image_of


def person(truth, seed, *, missed):
    """The truth as somebody draws it: shifted, wider or narrower, one cell missed, one invented."""
    rng = np.random.default_rng(seed)
    drawn = np.zeros_like(truth)
    for number, label in enumerate(rng.permutation(np.arange(1, truth.max() + 1)), start=1):
        if label == missed:
            continue
        own = np.roll((truth == label).astype(np.uint8), rng.integers(-2, 3, 2), axis=(0, 1))
        width = int(rng.integers(0, 3))
        change = cv2.erode if rng.random() < 0.5 else cv2.dilate
        drawn[change(own, np.ones((3, 3), np.uint8), iterations=width) > 0] = number
    y, x = rng.integers(0, 8), rng.integers(0, truth.shape[1] - 8)
    drawn[y : y + 6, x : x + 6] = truth.max() + 1
    return drawn


@pytest.fixture
def truth():
    labels = np.zeros((120, 150), np.uint16)
    for i in range(3):
        for j in range(4):
            cv2.circle(labels, (20 + 36 * j, 34 + 32 * i), 12, 4 * i + j + 1, -1)
    return labels


def precision(truth, result):
    counts = PrecisionCounts()
    counts.add(contingency(truth, result))
    return counts.at(0.75)


@pytest.mark.parametrize("seed", [0, 10, 20])
def test_the_majority_is_nearer_to_the_truth_than_anybody(truth, seed):
    drawn = [person(truth, seed + k, missed=k + 1) for k in range(3)]
    found = fused(drawn).labels
    assert intersection_over_union(found, truth) > max(
        intersection_over_union(each, truth) for each in drawn
    )
    assert precision(truth, found) > max(precision(truth, each) for each in drawn)
    masks = fused(drawn, binary=True).labels
    assert intersection_over_union(masks, truth) > max(
        intersection_over_union(each, truth) for each in drawn
    )


def test_equal_labels_of_other_numbers_come_out_as_they_are(truth):
    found = fused([truth, truth * 7, np.where(truth, 100 - truth, 0)])
    pairs = contingency(truth, found.labels)
    assert len(pairs.shared) == truth.max()
    np.testing.assert_array_equal(pairs.iou, 1)
    assert found.found_by.tolist() == [3] * truth.max()
    assert found.disputed_px == 0


def test_masks_are_the_pixelwise_majority_and_ties_are_background():
    rng = np.random.default_rng(0)
    for n in (2, 3, 4, 5):
        drawn = [(rng.random((9, 11)) < 0.6).astype(np.uint8) * (k + 1) for k in range(n)]
        found = fused(drawn, binary=True).labels
        votes = sum(each > 0 for each in drawn)
        np.testing.assert_array_equal(found, votes > n / 2)


def test_an_object_of_half_of_the_people_is_left_out():
    one, none = cells(1), cells()
    assert not fused([one, one, none, none]).labels.any()
    np.testing.assert_array_equal(fused([one, one, one, none]).labels, one > 0)
    assert fused([one, one, none, none]).found_by.tolist() == [2]


def test_cells_that_most_people_part_are_parted_to_the_last_pixel():
    whole = np.zeros((6, 20), np.uint8)
    whole[1:5, 2:18] = 1
    parted = whole.copy()
    parted[1:5, 10:18] = 2
    with_gap = parted.copy()
    with_gap[:, 9:11] = 0
    found = fused([whole, parted, with_gap])
    # The gap is cell to two of three people, and one of them says of which.
    np.testing.assert_array_equal(found.labels > 0, whole > 0)
    assert len(np.unique(found.labels[whole > 0])) == 2
    assert len(np.unique(found.labels[parted == 1])) == 1
    assert len(np.unique(found.labels[parted == 2])) == 1


def test_what_most_call_cell_but_nobody_the_same_cell_is_counted():
    rows = np.zeros((3, 4, 12), np.uint8)
    rows[0, :, :12] = 1
    rows[1, :, :4], rows[1, :, 4:8], rows[1, :, 8:] = 1, 2, 3
    found = fused(rows[:2].repeat([1, 1], axis=0))
    assert found.found_by.tolist() == [1, 1, 1, 1]
    assert not found.labels.any()
    assert found.disputed_px == 48


def test_no_object_takes_two_outlines_of_one_person():
    one = np.zeros((1, 12), np.uint8)
    other, third = one.copy(), one.copy()
    one[0, :10] = 1
    other[0, :6], other[0, 6:10] = 1, 2
    third[0, :10] = 1
    assert fused([one, other, third]).found_by.tolist() == [3, 1]


def test_agreement_of_known_overlaps():
    a, b, c = np.array([[1, 1, 1, 0]]), np.array([[2, 2, 0, 0]]), np.array([[0, 0, 0, 5]])
    table = agreement_of(["anna", "ben", "cleo"], [a, b, c], fused([a, b, c]))
    ben = table.set_index(Col.ANNOTATOR).loc["ben"]
    assert ben["iou_with__anna"] == pytest.approx(2 / 3)
    assert ben["iou_with__cleo"] == 0
    assert np.isnan(ben["iou_with__ben"])
    assert ben[Col.IOU_FUSED] == 1
    assert ben[[Col.N_FUSED, Col.N_UNANIMOUS, Col.N_DRAWN_BY_FEW]].tolist() == [1, 0, 1]


@pytest.mark.parametrize("drawn", [[], [np.ones((2, 3), int), np.ones((1, 3), int)]])
@pytest.mark.parametrize("binary", [True, False])
def test_images_that_are_not_of_one_frame_are_refused(drawn, binary):
    with pytest.raises(ValueError, match="of one shape, and there is at least one"):
        fused(drawn, binary=binary)


PEOPLE = ("anna", "ben", "cleo")
MOVIE = {"metadata": {"axes": "TYX"}, "photometric": "minisblack"}


@pytest.fixture
def folders(tmp_path):
    """Frame 0 by all, frame 1 by two, frame 2 by one; images in a folder of their own."""
    shown = np.stack([image_of(cells(1, 2), seed=t) for t in range(3)])
    (tmp_path / "images").mkdir()
    tifffile.imwrite(tmp_path / "images/wt.tif", shown, **MOVIE)
    drew = {
        "anna": {0: cells(1, 2), 1: cells(1, 2), 2: cells(1, 2)},
        "ben": {0: cells(4, 9), 1: cells(3)},
        "cleo": {0: cells(1)},
    }
    for who, frames in drew.items():
        (tmp_path / who).mkdir()
        for t, labels in frames.items():
            tifffile.imwrite(tmp_path / who / f"wt_t{t:04d}_mask.tif", labels)
    return tmp_path


def test_examples_are_what_most_people_drew(folders):
    taught = examples_from([folders / who for who in PEOPLE], images=folders / "images")
    first, second = taught.examples
    assert (first.frame, first.source) == (0, "majority")
    np.testing.assert_array_equal(first.labels > 0, cells(1, 2) > 0)
    np.testing.assert_array_equal(first.image, tifffile.imread(folders / "images/wt.tif")[0])
    np.testing.assert_array_equal(second.labels > 0, cells(1) > 0)
    left = taught.frames[~taught.frames[Col.KEPT].astype(bool)]
    assert left[[Col.FRAME, Col.REASON]].to_numpy().tolist() == [[2, "annotated by 1 of 3 people"]]
    assert any("3 people are fused by majority in 2 frames" in note for note in taught.notes)
    table = taught.agreement.set_index([Col.FRAME, Col.ANNOTATOR])
    assert table.loc[(0, "cleo"), Col.IOU_FUSED] == 0.5
    assert table.loc[(0, "anna"), "iou_with__cleo"] == 0.5
    assert table.loc[(1, "anna"), Col.N_DRAWN_BY_FEW] == 1
    assert (2, "anna") not in table.index
    work = AnnotatedWork(taught, None, segmented=None, chosen=None, held_out=set())
    work.write_more(folders, 1)
    written = read_table(folders / "annotators.csv")
    assert written[Col.ANNOTATOR].tolist() == ["anna", "ben", "cleo", "anna", "ben"]
    films = taught.films["wt"]
    assert [len(film.frames) for film in films] == [3]


def test_masks_are_fused_before_their_objects_are_told_apart(folders):
    for who in PEOPLE:
        for file in (folders / who).iterdir():
            tifffile.imwrite(file, (tifffile.imread(file) > 0).astype(np.uint8))
    taught = examples_from(
        [folders / who for who in PEOPLE],
        images=folders / "images",
        choose=Annotations(binary=True),
    )
    assert taught.examples[0].labels.max() == 2
    assert taught.examples[1].labels.max() == 1


def test_one_person_is_taken_as_they_drew(folders):
    one = examples_from(folders / "anna", images=folders / "images")
    same = examples_from([folders / "anna"], images=folders / "images")
    assert one.agreement is None
    assert same.agreement is None
    for a, b in zip(one.examples, same.examples, strict=True):
        np.testing.assert_array_equal(a.labels, b.labels)


def test_what_cannot_be_fused_is_refused(folders):
    with pytest.raises(SettingsError, match="the same labels are given twice"):
        examples_from([folders / "anna", folders / "anna"], images=folders / "images")
    for who, rows in (("anna", SHAPE[0]), ("ben", SHAPE[0] - 4)):
        shown = image_of(cells(1))[:rows]
        tifffile.imwrite(folders / who / "wt.tif", np.stack([shown] * 3), **MOVIE)
        for file in (folders / who).glob("*_mask.tif"):
            tifffile.imwrite(file, cells(1)[:rows])
    with pytest.raises(InputError, match=r"40 × 52 px with anna, 36 × 52 px with ben"):
        examples_from([folders / "anna", folders / "ben"])
