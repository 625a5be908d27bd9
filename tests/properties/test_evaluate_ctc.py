"""Scores of random worlds equal those of other implementations."""

import contextlib
import io
import shutil
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from independent_seg import seg as independent_seg
from lamella.core.errors import LamellaWarning
from lamella.core.labels import Labels
from lamella.evaluate import Found, PrecisionCounts, Subject, matches_of_frame, score, seg
from lamella.evaluate.objects import THRESHOLDS
from lamella.io.ctc import write_ctc
from lamella.io.track_ids import tracked_from_ids
from lamella.kernels.contingency import contingency

few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def worlds(draw):
    """A truth of boxes on a lattice with divisions, and what a tracker might make of it."""
    n_frames = draw(st.integers(2, 5))
    n_cells = draw(st.integers(1, 5))
    truth = np.zeros((n_frames, 14, 14 * n_cells), np.uint16)
    result = np.zeros_like(truth)
    parents, wrong_parents = {}, {}
    next_id = n_cells + 1
    for cell in range(1, n_cells + 1):
        first = draw(st.integers(0, n_frames - 1))
        left = 14 * (cell - 1)
        division = draw(st.one_of(st.none(), st.integers(first + 1, n_frames)))
        daughters = (next_id, next_id + 1)
        next_id += 2
        for t in range(first, n_frames):
            box = truth[t, 3:11, left + 3 : left + 11]
            if division is not None and t >= division:
                box[:, :4], box[:, 4:] = daughters
            else:
                box[:] = cell
        if division is not None and division < n_frames:
            parents |= dict.fromkeys(daughters, (cell,))
            if draw(st.booleans()):
                wrong_parents |= dict.fromkeys(daughters, (cell,))
    for t in range(n_frames):
        for cell in range(n_cells):
            left = 14 * cell
            tile = truth[t, :, left : left + 14]
            how = draw(st.sampled_from(["same", "shift", "miss", "merge", "split", "spurious"]))
            new = np.roll(tile, draw(st.integers(-3, 3)), axis=0) if how == "shift" else tile.copy()
            if how == "miss":
                new[:] = 0
            elif how == "merge" and tile.any():
                new[new > 0] = new.max()
            elif how == "split":
                new[:7][new[:7] > 0] += 100
            elif how == "spurious":
                new[0, :2] = 200 + cell
            result[t, :, left : left + 14] = new
    if draw(st.booleans()):  # exchanged identities from some frame on
        a, b = draw(st.tuples(*[st.integers(1, n_cells)] * 2))
        later = result[draw(st.integers(1, n_frames - 1)) :]
        one, two = later == a, later == b
        later[one], later[two] = b, a
    return truth, parents, result, wrong_parents


def score_of(truth, parents, result, wrong_parents):
    sides = []
    for labels, mothers in ((truth, parents), (result, wrong_parents)):
        held = Labels.from_array(labels)
        tracked = tracked_from_ids(held, mothers)
        sides.append(Subject("labels", len(labels), held.frame, range(len(labels)), tracked))
    return score(*sides), [side.tracked for side in sides]


def folders_of(place, tracked):
    """The two as files of the Challenge, the masks of the truth for segmentation too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LamellaWarning)
        write_ctc(place / "01_GT" / "TRA", tracked[0], truth=True)
        write_ctc(place / "01_RES", tracked[1])
    (place / "01_GT" / "SEG").mkdir()
    for file in (place / "01_GT" / "TRA").glob("*.tif"):
        to = file.name.replace("man_track", "man_seg")
        shutil.copy(file, place / "01_GT" / "SEG" / to)


@few
@given(world=worlds())
def test_scores_equal_those_of_py_ctcmetrics_on_the_files(tmp_path_factory, world):
    from ctc_metrics.scripts.evaluate import evaluate_sequence

    truth, _, result, _ = world
    assume(result.any())  # its own evaluation takes no empty result
    made, tracked = score_of(*world)
    place = tmp_path_factory.mktemp("ctc")
    folders_of(place, tracked)
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = evaluate_sequence(
            str(place / "01_RES"), str(place / "01_GT"), ["Valid", "SEG", "DET", "TRA"], threads=1
        )
    assert theirs["Valid"] == 1
    for name in ("SEG", "DET", "TRA", "AOGM", "AOGM_0"):
        assert made.values[name] == pytest.approx(theirs[name], abs=1e-6), name
    for name in ("NS", "FN", "FP", "ED", "EA", "EC"):
        assert made.values[f"AOGM_{name}"] == theirs[f"AOGM_{name}"], name
    assert made.values["SEG"] == pytest.approx(independent_seg(truth, result), abs=1e-6)


@settings(few, max_examples=15)
@given(world=worlds())
def test_det_and_tra_equal_those_of_traccuracy(tmp_path_factory, world):
    from traccuracy import run_metrics
    from traccuracy.loaders import load_ctc_data
    from traccuracy.matchers import CTCMatcher
    from traccuracy.metrics import CTCMetrics

    # It numbers the frames of the truth from the first that is not empty.
    assume(world[0][0].any() and world[2].any())
    made, tracked = score_of(*world)
    place = tmp_path_factory.mktemp("ctc")
    folders_of(place, tracked)
    with contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        graphs = [
            load_ctc_data(str(place / folder), str(place / folder / text), name=folder)
            for folder, text in (("01_GT/TRA", "man_track.txt"), ("01_RES", "res_track.txt"))
        ]
        found, _ = run_metrics(graphs[0], graphs[1], CTCMatcher(), [CTCMetrics()])
    theirs = found[0]["results"]
    assert made.values["DET"] == pytest.approx(theirs["DET"], abs=1e-6)
    assert made.values["TRA"] == pytest.approx(theirs["TRA"], abs=1e-6)


label_pairs = st.integers(0, 2**32 - 1).map(
    lambda seed: np.random.default_rng(seed).integers(0, 5, (2, 3, 6, 7))
)


@few
@given(label_pairs)
def test_seg_and_contingency_equal_one_mask_at_a_time(pair):
    assert seg(*pair) == pytest.approx(independent_seg(*pair), abs=1e-12, nan_ok=True)
    one, two = pair[:, 0]
    pairs = contingency(one, two)
    brute = {
        (i, j): int(np.sum((one == i) & (two == j)))
        for i in range(1, 5)
        for j in range(1, 5)
        if np.any((one == i) & (two == j))
    }
    found = zip(pairs.label_a[pairs.a], pairs.label_b[pairs.b], pairs.shared, strict=True)
    assert {(int(i), int(j)): int(n) for i, j, n in found} == brute
    assert pairs.area_a.tolist() == [int(np.sum(one == i)) for i in pairs.label_a]
    assert pairs.area_b.tolist() == [int(np.sum(two == j)) for j in pairs.label_b]


@few
@given(label_pairs)
def test_average_precision_equals_an_assignment_of_all_objects(pair):
    from scipy.optimize import linear_sum_assignment

    counts = PrecisionCounts()
    hits = np.zeros(len(THRESHOLDS))
    n = 0
    for one, two in zip(*pair, strict=True):
        counts.add(contingency(one, two))
        a, b = [[image == k for k in np.unique(image[image > 0])] for image in (one, two)]
        n += len(a) + len(b)
        iou = np.array([[np.sum(x & y) / np.sum(x | y) for y in b] for x in a]).reshape(
            len(a), len(b)
        )
        for k, least in enumerate(THRESHOLDS):
            rows, columns = linear_sum_assignment(iou < least)
            hits[k] += np.sum(iou[rows, columns] >= least)
    expected = hits / (n - hits)
    for k, least in enumerate(THRESHOLDS):
        assert counts.at(least) == pytest.approx(expected[k])
    assert counts.mean() == pytest.approx(expected.mean())


@few
@given(label_pairs)
def test_every_object_has_a_row_and_lone_ones_have_one(pair):
    one, two = pair[:, 0]
    table = matches_of_frame(one, two, frame=0)
    assert set(table["reference_label"]) - {0} == set(np.unique(one)) - {0}
    assert set(table["result_label"]) - {0} == set(np.unique(two)) - {0}
    matched = table[table["kind"] == "matched"]
    assert not matched["reference_label"].duplicated().any()
    assert not matched["result_label"].duplicated().any()
    assert (matched["iou"] >= 0.5).all()
    for kind, column in (("missed", "reference_label"), ("spurious", "result_label")):
        lone = table[table["kind"] == kind]
        assert not lone[column].duplicated().any()
        others = table[table["kind"] != kind]
        assert not set(lone[column]) & set(others[column])
    for row in table[table["reference_label"] > 0].itertuples():
        y, x = np.nonzero(one == row.reference_label)
        assert (row.y_px, row.x_px) == pytest.approx((y.mean(), x.mean()))
        assert row.reference_area_px == len(y)


def test_found_of_many_objects_is_quick():
    import time

    tiles = np.kron(np.arange(1, 10_001).reshape(100, 100), np.ones((10, 10), int))
    started = time.perf_counter()
    found = Found()
    found.add(contingency(tiles, np.roll(tiles, 2, axis=1)))
    assert time.perf_counter() - started < 5  # one mask a pair would take hours
    assert found.seg == pytest.approx(independent_seg([tiles[:50]], [np.roll(tiles, 2, 1)[:50]]))
