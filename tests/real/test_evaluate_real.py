"""Scores of real labels whose values are known."""

import numpy as np
import pytest

from lamella.core.frames import ArrayFrames
from lamella.core.movie import Scale
from lamella.io import write_labels
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
