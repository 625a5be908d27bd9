"""What went wrong in small worlds is told as what it is."""

import numpy as np
import pytest

from independent_seg import seg as independent_seg
from lamella.core.errors import InputError
from lamella.core.labels import Labels
from lamella.core.table import Col
from lamella.core.tracked import Tracked
from lamella.core.tracks import Tracks
from lamella.evaluate import PrecisionCounts, Subject, matches_of_frame, matching, score, seg
from lamella.io.track_ids import tracked_from_ids
from lamella.kernels.contingency import contingency
from worlds import dividing_cell, gap_movie, two_cells_crossing


def row(*runs):
    """A frame of one row: (label, length) after the other."""
    return np.concatenate([np.full(length, label) for label, length in runs])[None].astype(
        np.uint16
    )


def subject(labels, parents=None, *, tracked=True, name="labels"):
    held = Labels.from_array(labels)
    made = tracked_from_ids(held, parents) if tracked else None
    return Subject(name, len(labels), held.frame, range(len(labels)), made)


def kinds(reference, result):
    table = matches_of_frame(reference, result, frame=0)
    names = [Col.REFERENCE_LABEL, Col.RESULT_LABEL, Col.KIND]
    return [tuple(each) for each in table[names].to_numpy().tolist()]


def test_contingency_of_a_known_pair():
    pairs = contingency(row((7, 4), (0, 2), (9, 3)), row((0, 1), (5, 4), (9, 4)))
    assert pairs.label_a.tolist() == [7, 9]
    assert pairs.label_b.tolist() == [5, 9]
    assert (pairs.area_a.tolist(), pairs.area_b.tolist()) == ([4, 3], [4, 4])
    assert list(zip(pairs.a, pairs.b, pairs.shared, strict=True)) == [(0, 0, 3), (1, 1, 3)]
    assert pairs.iou.tolist() == [3 / 5, 3 / 4]


def test_contingency_of_images_without_background_or_objects():
    full = contingency(row((1, 2), (2, 2)), row((3, 4)))
    assert (full.label_a.tolist(), full.label_b.tolist()) == ([1, 2], [3])
    assert full.shared.tolist() == [2, 2]
    none = contingency(row((0, 4)), row((3, 4)))
    assert (none.label_a.tolist(), none.label_b.tolist(), none.shared.tolist()) == ([], [3], [])
    assert contingency(np.zeros((0, 5), int), np.zeros((0, 5), int)).shared.tolist() == []
    with pytest.raises(ValueError, match="one shape"):
        contingency(row((0, 4)), row((0, 5)))


@pytest.mark.parametrize(
    ("reference", "result", "expected"),
    [
        (row((1, 6), (0, 4)), row((3, 5), (0, 5)), [(1, 3, "matched")]),
        (row((1, 6), (0, 4)), row((0, 10)), [(1, 0, "missed")]),
        (row((0, 10)), row((3, 5), (0, 5)), [(0, 3, "spurious")]),
        (row((1, 5), (2, 5)), row((3, 10)), [(1, 3, "merged"), (2, 3, "merged")]),
        (row((1, 10)), row((3, 5), (4, 5)), [(1, 3, "split"), (1, 4, "split")]),
        # Far too large, though alone: neither is found, and both are told.
        (row((1, 3), (0, 7)), row((3, 10)), [(0, 3, "spurious"), (1, 0, "missed")]),
        # A result that nibbles at the neighbour merges nothing.
        (row((1, 5), (2, 5)), row((3, 7), (4, 3)), [(1, 3, "matched"), (2, 4, "matched")]),
    ],
)
def test_kinds_of_errors(reference, result, expected):
    assert kinds(reference, result) == expected


def test_rows_of_matches_say_where_and_how_much():
    table = matches_of_frame(row((0, 2), (1, 4), (0, 4)), row((0, 5), (8, 4), (0, 1)), frame=3)
    missed, spurious = table[table[Col.KIND] == "missed"], table[table[Col.KIND] == "spurious"]
    assert missed[[Col.FRAME, Col.IOU, Col.X_PX]].to_numpy().tolist() == [[3, 1 / 7, 3.5]]
    assert spurious[[Col.FRAME, Col.IOU, Col.X_PX]].to_numpy().tolist() == [[3, 1 / 7, 6.5]]
    assert missed[Col.REFERENCE_AREA_PX].item() == 4
    assert np.isnan(missed[Col.RESULT_AREA_PX].item())


def test_of_two_halves_one_is_a_match():
    halves = contingency(row((1, 4)), row((2, 2), (3, 2)))
    assert matching(halves, least_iou=0.5).sum() == 1
    # A chain of halves is matched as far as it goes, not greedily from its middle.
    chain = contingency(row((1, 4), (2, 2)), row((5, 2), (6, 2), (7, 2)))
    assert matching(chain, least_iou=0.5).sum() == 2


def test_average_precision_by_hand():
    counts = PrecisionCounts()
    # IoU 1, 0.6 and a miss, with one spurious object.
    counts.add(contingency(row((1, 4), (2, 6), (3, 4)), row((1, 4), (5, 10))))
    counts.add(contingency(row((0, 4)), row((0, 2), (9, 2))))
    assert counts.at(0.5) == pytest.approx(2 / (3 + 3 - 2))
    assert counts.at(0.75) == pytest.approx(1 / (3 + 3 - 1))
    assert counts.mean() == pytest.approx((3 * 0.5 + 7 * 0.2) / 10)


def test_a_perfect_result():
    labels, mothers = dividing_cell()
    parents = {daughter: (mother,) for daughter, mother in mothers.items()}
    made = score(subject(labels, parents), subject(labels, parents))
    ones = ("SEG", "DET", "TRA", "F1", "precision", "recall", "IoU", "Dice", "AP50", "AP50_95")
    assert all(made.values[name] == 1 for name in ones)
    zeros = ("AOGM", "AOGM_NS", "AOGM_FN", "AOGM_EC", "n_missed", "n_merged", "n_switches")
    assert all(made.values[name] == 0 for name in zeros)
    assert made.values["n_matched"] == len(labels) + 5
    assert not made.reasons


def test_a_division_without_its_parents_costs_two_edges():
    labels, mothers = dividing_cell()
    parents = {daughter: (mother,) for daughter, mother in mothers.items()}
    made = score(subject(labels, parents), subject(labels))
    assert made.values["AOGM_EA"] == 2
    n_nodes, n_edges = 5 + 2 * 5, 4 + 2 * 4 + 2
    assert made.values["AOGM_0"] == 10 * n_nodes + 1.5 * n_edges
    assert made.values["TRA"] == pytest.approx(1 - 3 / made.values["AOGM_0"])


def test_exchanged_identities_are_two_switches():
    labels = two_cells_crossing()
    wrong = labels.copy()
    wrong[6:] = np.array([0, 2, 1])[labels[6:]]
    made = score(subject(labels), subject(wrong))
    assert made.values["n_switches"] == 2
    table = made.switches
    assert table[[Col.CELL, Col.PREVIOUS_FRAME, Col.FRAME]].to_numpy().tolist() == [
        [1, 5, 6], [2, 5, 6]
    ]  # fmt: skip
    assert table[[Col.RESULT_BEFORE, Col.RESULT_AFTER]].to_numpy().tolist() == [[1, 2], [2, 1]]
    assert made.values["AOGM_ED"] == made.values["AOGM_EA"] == 2
    assert made.values["DET"] == made.values["SEG"] == 1


def test_gaps_are_no_switches_and_cost_what_the_files_would():
    whole, gap = gap_movie([]), gap_movie([4])
    made = score(subject(gap), subject(gap))
    assert made.values["TRA"] == 1
    assert made.values["n_switches"] == 0
    made = score(subject(whole), subject(gap))
    # One node and its two edges; the edge across the gap has no counterpart.
    steps = {name: made.values[f"AOGM_{name}"] for name in ("FN", "FP", "EA", "ED", "EC")}
    assert steps == {"FN": 1, "FP": 0, "EA": 2, "ED": 1, "EC": 0}


def test_objects_of_no_cell_are_no_nodes():
    labels = two_cells_crossing()
    found = labels.copy()
    found[:, :3, :3] = 9  # dirt that the tracker left alone
    held = Labels.from_array(found)
    made = tracked_from_ids(held)
    links = made.tracks.links[made.tracks.links[Col.CELL] != 9]
    tracked = Tracked(Tracks.from_links(links), len(found), held)
    result = Subject("result", len(found), held.frame, range(len(found)), tracked)
    values = score(subject(labels), result).values
    assert (values["AOGM_FP"], values["DET"], values["TRA"]) == (0, 1, 1)
    assert values["n_spurious"] == len(found)
    # Numbered otherwise in every frame, which the tracks undo.
    shuffled = np.stack([np.array([0, 5 + t, 7 + 2 * t])[each] for t, each in enumerate(labels)])
    rows = tracked_from_ids(Labels.from_array(labels)).tracks.links
    before = rows[Col.LABEL].to_numpy()
    rows = rows.assign(label=np.where(before == 1, 5 + rows["frame"], 7 + 2 * rows["frame"]))
    held = Labels.from_array(shuffled)
    tracked = Tracked(Tracks.from_links(rows), len(found), held)
    result = Subject("result", len(found), held.frame, range(len(found)), tracked)
    values = score(subject(labels), result).values
    assert (values["TRA"], values["n_switches"]) == (1, 0)


def test_what_cannot_be_computed_is_nan_and_says_why():
    labels = gap_movie([])
    made = score(subject(labels), subject(labels, tracked=False))
    assert made.values["DET"] == made.values["SEG"] == 1
    assert np.isnan(made.values["TRA"])
    assert made.reasons["TRA"] == "result: the tracks are not known"
    assert made.switches is None
    nothing = np.zeros_like(labels)
    made = score(subject(nothing), subject(labels))
    assert np.isnan(made.values["SEG"])
    assert "no object" in made.reasons["SEG"]
    assert "no object" in made.reasons["DET"]
    assert made.values["precision"] == 0
    made = score(subject(nothing), subject(nothing))
    assert np.isnan(made.values["AP50"])
    assert "nothing to compare" in made.reasons["IoU"]


def test_an_empty_result_scores_nothing():
    labels = gap_movie([])
    made = score(subject(labels), subject(np.zeros_like(labels)))
    zeros = ("SEG", "DET", "TRA", "recall", "IoU", "AP50")
    assert all(made.values[name] == 0 for name in zeros)
    assert (made.values["AOGM_FN"], made.values["AOGM_FP"]) == (10, 0)
    assert np.isnan(made.values["precision"])


def test_shapes_of_some_frames_give_scores_of_these_frames():
    labels = gap_movie([])
    some = Subject("SEG", None, lambda t: labels[t], [2, 7])
    made = score(some, subject(labels))
    assert made.values["SEG"] == 1
    assert made.values["n_frames_with_shapes"] == 2
    assert "some frames only" in made.reasons["DET"]
    with pytest.raises(InputError, match="it has 5 frames, the reference 8"):
        score(some, subject(labels[:5]))
    with pytest.raises(InputError, match="no labels of frame 0"):
        score(subject(labels), Subject("SEG", 10, lambda t: labels[t], [2, 7]))


def test_movies_of_other_frames_or_sizes_are_refused():
    labels = gap_movie([])
    with pytest.raises(InputError, match="it has 9 frames, the reference 10"):
        score(subject(labels), subject(labels[1:]))
    with pytest.raises(InputError, match=r"frame 0 is \(60, 64\), in the reference \(64, 64\)"):
        score(subject(labels), subject(labels[:, 4:]))


def test_without_py_ctcmetrics_the_rest_is_computed(monkeypatch):
    import sys

    for name in [name for name in sys.modules if name.split(".")[0] == "ctc_metrics"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "ctc_metrics", None)
    labels = gap_movie([])
    made = score(subject(labels), subject(labels))
    assert made.values["SEG"] == made.values["AP50"] == 1
    assert made.values["n_switches"] == 0
    assert np.isnan(made.values["TRA"])
    assert 'pip install "lamella[scores]"' in made.reasons["TRA"]


class TestSegByHand:
    REFERENCE = row((1, 4), (0, 1), (2, 2), (0, 1), (3, 2))
    FOUND = row((7, 3), (0, 2), (8, 1), (0, 2), (9, 2))

    @pytest.mark.parametrize("of", [seg, independent_seg])
    def test_mean_over_objects_of_all_frames(self, of):
        # 3 of 4 pixels; exactly half, which is no match; all.
        assert of([self.REFERENCE], [self.FOUND]) == pytest.approx((3 / 4 + 0 + 1) / 3)
        merged = np.where(self.FOUND == 9, 7, self.FOUND)
        assert of([self.REFERENCE], [merged]) == pytest.approx((3 / 6 + 0 + 2 / 5) / 3)
        empty, one = np.zeros_like(self.REFERENCE), np.where(self.REFERENCE == 3, 3, 0)
        found = [self.FOUND, empty, one]
        assert of([self.REFERENCE, empty, one], found) == pytest.approx((1.75 + 1) / 4)
        assert np.isnan(of([empty], [one]))
