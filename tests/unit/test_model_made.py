"""What a model's folder says is of the network that is in it."""

import json

import numpy as np
import pandas as pd
import pytest

from lamella.core.frames import ArrayFrames
from lamella.core.table import Col
from lamella.run.model_made import Kind, make_model
from lamella.run.model_page import doubts
from lamella.run.model_scores import ScoredMovie
from lamella.run.train_kept import CellposeTrainings
from lamella.segment import Cellpose
from lamella.train.cellpose import FineTune
from lamella.train.examples import Example
from lamella.train.rounds import Judged, Round, Trained, Training
from worlds.annotated import cells, image_of

LABELS = cells(1, 2)


class Work:
    """Round 1 learnt from one image, round 2 from two; the held-out movie is m0."""

    movies = (ScoredMovie("m0"),)
    one_object, in_time = False, True

    def examples(self, number):
        return [
            Example(image_of(LABELS), LABELS, "m1", "1", "wt", t, "test") for t in range(number)
        ]

    def labels(self, number, movie):
        return ArrayFrames(np.stack([LABELS, LABELS]))

    def images(self, movie):
        return ArrayFrames(np.stack([image_of(LABELS)] * 2))

    def frame_numbers(self, movie):
        return [0, 1]

    def write_more(self, folder, number):
        (folder / "round.txt").write_text(str(number))


@pytest.fixture
def made(tmp_path):
    """A function that makes a model of three rounds, of which one is kept."""
    import torch

    tensors = {"w": torch.zeros(1)}
    torch.save(tensors, tmp_path / "base.pth")
    losses = pd.DataFrame({"epoch": [0], "train_loss": [1.0], "held_out_loss": [1.0]})
    tuned = Training(tensors, losses, 0, 1, 2)

    def make(best, how="self", **settings):
        rounds = [Round(0, Judged(0.5))] + [Round(n, Judged(0.6), 1, 2, tuned) for n in (1, 2)]
        return make_model(
            tmp_path / "model", Work(), Trained(rounds, best, "no more"),
            CellposeTrainings(tmp_path, tmp_path / "base.pth", FineTune(), device="cpu"),
            settings={"FineTune": FineTune().model_dump()},
            kind=Kind(how, "base.pth", Cellpose(**settings)), held_out={"m0"}, device="cpu",
            force=True,
        )  # fmt: skip

    return make


@pytest.mark.parametrize(("best", "n_images"), [(0, 1), (1, 1), (2, 2)])
def test_the_data_are_those_that_the_kept_round_learnt_from(made, best, n_images):
    found = made(best)
    assert found.card["data"]["n_images"] == n_images
    assert (found.folder / "round.txt").read_text() == str(max(best, 1))


def test_the_lines_of_the_study_segment_as_the_scores_did(made):
    found = made(1, cellprob_threshold=-1.5, nuclear_channel="DAPI", follow={"every": 7})
    import tomllib

    table = tomllib.loads(found.use)["objects"]["cell"]["segment"]
    assert Cellpose(**table) == Cellpose(
        model=found.folder.resolve().as_posix(),
        cellprob_threshold=-1.5,
        nuclear_channel="DAPI",
        follow={"every": 7},
    )
    card = json.loads((found.folder / "card.json").read_text())
    assert card["settings"]["Cellpose"]["cellprob_threshold"] == -1.5


def test_the_page_claims_no_more_than_the_scores(made):
    page = (made(1, how="corrections").folder / "model.html").read_text(encoding="utf-8")
    assert "also decided which epoch and which round is kept" in page
    assert "those that a network failed in" in page
    assert "lamella compare-models STUDY --models as-is," in page
    kept = (made(0).folder / "model.html").read_text(encoding="utf-8")
    assert "which could not be improved on 1 image" in kept
    assert "Training did not help" in kept
    assert "Outline" in kept.partition("Training did not help")[2].partition("</p>")[0]


def _changes(session, change, low, high, score=Col.TEMPORAL_IOU):
    return {
        Col.SCORE: score, Col.SESSION: session, Col.SEGMENTER: "after", Col.CHANGE: change,
        Col.CHANGE_LOW: low, Col.CHANGE_HIGH: high,
    }  # fmt: skip


def test_a_change_that_may_be_none_or_is_worse_in_a_session_is_told():
    card = {"training_helped": True, "taught_with": "self"}
    clear = pd.DataFrame([_changes("all", 0.1, 0.05, 0.15), _changes("d1", 0.1, 0.02, 0.2)])
    assert doubts(card, clear) == []
    vague = pd.DataFrame(
        [
            _changes("all", 0.1, -0.05, 0.25),
            _changes("dim", -0.02, np.nan, np.nan),
            _changes("dim", -0.1, np.nan, np.nan, Col.EMPTY_RATE),  # fewer empty frames: better
        ]
    )
    holds, worse = doubts(card, vague)
    assert "holds 0 (overlap with the same cell one frame before (IoU))" in holds
    assert worse.startswith("It became worse in dim (overlap")
    (fell,) = doubts(card, pd.DataFrame([_changes("all", -0.1, -0.2, 0.1)]))
    assert fell.startswith("On average it became worse (overlap")
    assert doubts({**card, "training_helped": False}, vague) == []
