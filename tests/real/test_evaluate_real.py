"""Scores of real labels whose values are known."""

import numpy as np
import pytest

from lamella.core.frames import ArrayFrames
from lamella.core.movie import Scale
from lamella.evaluate import count_objects
from lamella.io import open_labels, write_labels
from lamella.io.ctc import read_ctc
from lamella.run.evaluate import evaluate
from real_data import ROOT, needs_real_data

pytestmark = needs_real_data


def test_a_model_against_a_hand():
    made = evaluate(
        ROOT / "usiigaci/labelled/set1/instances_ids.png", ROOT / "usiigaci/T98G/id_masks_00.png"
    )
    values = made.scores.values
    assert values["IoU"] == pytest.approx(0.827, abs=5e-4)
    assert values["Dice"] == pytest.approx(0.906, abs=5e-4)
    assert values["SEG"] == pytest.approx(0.827, abs=5e-4)
    kinds = made.scores.matches["kind"].value_counts()
    assert sum(kinds) >= max(values["n_objects_reference"], values["n_objects_result"])


def test_objects_of_a_hand_and_of_a_model_are_counted_as_by_hand():
    """Every pair of objects laid over each other one by one."""
    files = "labelled/set1/instances_ids.png", "T98G/id_masks_00.png"
    a, b = (open_labels(ROOT / "usiigaci" / name).frames for name in files)
    one, two = a.frame(0), b.frame(0)
    masks_a = {int(i): one == i for i in np.unique(one[one > 0])}
    masks_b = {int(i): two == i for i in np.unique(two[two > 0])}
    inside = {i: [] for i in masks_a}
    alike = []
    for i, in_a in masks_a.items():
        for j in np.unique(two[in_a]):
            if j == 0:
                continue
            shared, in_b = (in_a & masks_b[j]).sum(), masks_b[j]
            if 2 * shared > in_b.sum():
                inside[i].append(int(j))
            if 2 * shared >= (in_a | in_b).sum():
                alike.append((i, int(j)))
    cut = {i: found for i, found in inside.items() if len(found) > 1}
    alike = [pair for pair in alike if pair[0] not in cut]
    (row,) = count_objects(a, b, name="x").to_dict("records")
    assert row["n_a"] == len(masks_a) == 66
    assert row["n_b"] == len(masks_b) == 71
    assert row["matched"] == len(alike) == 65
    assert row["split"] == len(cut) == 1
    assert row["split_into"] == sum(map(len, cut.values())) == 2
    assert row["new"] == 71 - 65 - 2 == 4
    assert row["lost"] == row["merged"] == row["merged_into"] == 0


def test_a_silver_truth_against_itself_with_known_errors(tmp_path):
    """Cells lost from a frame on, and two exchanged, cost what they must."""
    place = ROOT / "ctc_PhC-C2DL-PSC" / "02_ST"
    truth = read_ctc(place, persistent_ids=True)
    labels = truth.labels.frames.asarray()
    lives = truth.tracks.links.groupby("cell")["frame"].agg(["min", "max"])
    whole = lives.index[(lives["min"] == 0) & (lives["max"] == 24)].to_numpy()[:3]
    wrong = labels.copy()
    wrong[20:][labels[20:] == whole[0]] = 0
    for one, other in ((whole[1], whole[2]), (whole[2], whole[1])):
        wrong[10:][labels[10:] == one] = other
    write_labels(tmp_path / "wrong.tif", ArrayFrames(wrong), scale=Scale())
    values = evaluate(place, tmp_path / "wrong.tif", persistent_ids=True).scores.values
    n = np.unique(labels[0]).size  # some cells, so that the counts below mean something
    assert n > 10
    assert (values["AOGM_FN"], values["AOGM_EA"], values["AOGM_ED"]) == (5, 5 + 2, 2)
    assert (values["n_missed"], values["n_switches"], values["n_spurious"]) == (5, 2, 0)
    n_nodes = values["n_objects_reference"]
    assert values["SEG"] == pytest.approx(1 - 5 / n_nodes)
    assert values["DET"] == pytest.approx(1 - 5 / n_nodes)
