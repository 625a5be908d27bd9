"""Self-training: a network learns from its own best masks, round after round."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

import pandas as pd
from pydantic import Field

from lamella.core.step import Step


class Judged(NamedTuple):
    """How good the masks of the held-out movies are."""

    value: float
    """The larger the better; NaN where nothing could be judged."""
    agreement: float = float("nan")
    """IoU with what the first network found for certain; NaN where nothing is."""


class Chosen(NamedTuple):
    """What is worth learning from: images or movies, as the network takes them."""

    training: Sequence[Any]
    held_out: Sequence[Any]


class Training(NamedTuple):
    """What a training gave, whatever the network."""

    tensors: Mapping[str, Any]
    """The network after its best epoch."""
    losses: pd.DataFrame
    """A row per epoch, 0 = before: epoch, train_loss, held_out_loss and more."""
    best_epoch: int
    n_images: int
    n_cells: int


class Round(NamedTuple):
    """One round; number 0 is the network that all began with."""

    number: int
    judged: Judged
    n_images: int = 0
    n_cells: int = 0
    tuned: Training | None = None
    """None in round 0, and where there was nothing to learn from."""


class Trained(NamedTuple):
    """What self-training came to."""

    rounds: list[Round]
    best: int
    """Number of the round whose network is kept; 0 where training did not help."""
    told: str
    """Why it ended, in words."""

    @property
    def kept(self) -> Round:
        """The round whose network is kept."""
        return self.rounds[self.best]

    @property
    def table(self) -> pd.DataFrame:
        """A row per round: round, score, agreement, n_images, n_cells, best_epoch, kept."""
        return pd.DataFrame(
            [
                {
                    "round": each.number,
                    "score": each.judged.value,
                    "agreement": each.judged.agreement,
                    "n_images": each.n_images,
                    "n_cells": each.n_cells,
                    "best_epoch": each.tuned.best_epoch if each.tuned else 0,
                    "kept": each.number == self.best,
                }
                for each in self.rounds
            ]
        )


class Work(Protocol):
    """What the rounds are handed: they know of no movie and of no network.

    Masks go by the number of the round whose network made them, and so do networks; 0 is the one
    that all began with.
    """

    def segment(self, number: int) -> None:
        """Make the masks of all movies by a round's network."""

    def choose(self, number: int) -> Chosen:
        """What of a round's masks is worth learning from."""

    def tune(self, start: int, chosen: Chosen, number: int) -> Training:
        """Train the network of a round from that of another."""

    def judge(self, number: int) -> Judged:
        """How good a round's masks are on the held-out movies."""


class Rounds(Step):
    """Segment, choose, train, judge, and again while it helps.

    Parameters
    ----------
    rounds : int
        At most so many trainings.
    start : "base" or "last"
        What each training starts from. From the base, an error that a round has learnt is not
        learnt upon by the next.
    min_gain : float
        A round must raise the score by so much to be kept, and for there to be a next one.
    min_agreement : float
        A round must agree so well (IoU) with what the first network found for certain: scores
        without a truth would also praise a network that calls the whole field one steady cell.
    """

    rounds: int = Field(2, ge=1, le=20)
    start: Literal["base", "last"] = "base"
    min_gain: float = Field(0.001, ge=0, le=1)
    min_agreement: float = Field(0.7, ge=0, le=1)

    def __call__(
        self, work: Work, *, done: Callable[[Round], object] = lambda each: None
    ) -> Trained:
        """Go through the rounds.

        Parameters
        ----------
        work : Work
            How to segment, choose, train and judge.
        done : callable
            Called with every round that has ended.

        Returns
        -------
        Trained
            The best round is kept: the base, unless a round is better on the held-out movies and
            still finds the same cells.
        """
        work.segment(0)
        rounds = [Round(0, work.judge(0))]
        done(rounds[0])
        best, told = 0, "more rounds were not asked for"
        for number in range(1, self.rounds + 1):
            chosen = work.choose(number - 1)
            if not chosen.training:
                told = f"round {number} found no frame worth learning from"
                break
            start = number - 1 if self.start == "last" else 0
            tuned = work.tune(start, chosen, number)
            work.segment(number)
            rounds.append(Round(number, work.judge(number), tuned.n_images, tuned.n_cells, tuned))
            done(rounds[-1])
            judged, before = rounds[-1].judged, rounds[best].judged
            if judged.agreement < self.min_agreement:
                told = (
                    f"round {number} no longer finds the cells that round 0 was sure of: "
                    f"IoU {judged.agreement:.2f} on held-out movies"
                )
                break
            if judged.value != judged.value or judged.value - before.value < self.min_gain:
                told = f"round {number} is no better on the held-out movies than round {best}"
                break
            best = number
        return Trained(rounds, best, told)
