"""Self-training as a loop: which round is kept, and when it ends."""

import numpy as np
import pandas as pd
import pytest

from lamella.train.rounds import Chosen, Judged, Rounds, Training

SOME = Chosen([object()], [])


class Work:
    """Rounds whose scores are known beforehand."""

    def __init__(self, *judged, chosen=SOME):
        self._judged, self._chosen, self.did = judged, chosen, []

    def segment(self, number):
        self.did.append(("segment", number))

    def choose(self, number):
        self.did.append(("choose", number))
        return self._chosen

    def tune(self, start, chosen, number):
        self.did.append(("tune", start, number))
        losses = pd.DataFrame({"epoch": [0], "train_loss": [1.0], "held_out_loss": [1.0]})
        return Training({}, losses, 5, 10, 12)

    def judge(self, number):
        judged = self._judged[number]
        return judged if isinstance(judged, Judged) else Judged(judged)


def test_the_best_round_is_kept_and_the_next_learns_from_its_masks():
    work = Work(0.5, 0.7, 0.8)
    trained = Rounds(rounds=2)(work)
    assert trained.best == 2
    assert work.did == [
        ("segment", 0), ("choose", 0), ("tune", 0, 1), ("segment", 1),
        ("choose", 1), ("tune", 0, 2), ("segment", 2),
    ]  # fmt: skip
    assert trained.told == "more rounds were not asked for"
    assert trained.table["kept"].tolist() == [False, False, True]
    assert trained.table["score"].tolist() == [0.5, 0.7, 0.8]


def test_a_training_can_start_from_the_last():
    work = Work(0.5, 0.7, 0.8)
    Rounds(rounds=2, start="last")(work)
    assert ("tune", 1, 2) in work.did


def test_it_ends_when_nothing_improves():
    trained = Rounds(rounds=5)(Work(0.5, 0.7, 0.7004))
    assert (trained.best, len(trained.rounds)) == (1, 3)
    assert "round 2 is no better on the held-out movies than round 1" in trained.told


@pytest.mark.parametrize("value", [0.4, np.nan])
def test_a_training_that_does_not_help_leaves_the_base(value):
    trained = Rounds(rounds=5)(Work(0.5, value))
    assert trained.best == 0
    assert trained.kept.tuned is None
    assert "no better" in trained.told


def test_steady_masks_of_something_else_are_no_gain():
    trained = Rounds()(Work(Judged(0.5, 1.0), Judged(1.0, 0.2)))
    assert trained.best == 0
    assert "no longer finds the cells that round 0 was sure of: IoU 0.20" in trained.told


def test_nothing_to_learn_from_is_told():
    trained = Rounds()(Work(0.5, chosen=Chosen([], [])))
    assert (trained.best, len(trained.rounds)) == (0, 1)
    assert trained.told == "round 1 found no frame worth learning from"
