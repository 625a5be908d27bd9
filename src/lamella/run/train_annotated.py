"""Training on labels that people drew: one round, judged against held-out labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from lamella.core.frames import ArrayFrames, Frames
from lamella.core.table import Col
from lamella.io.tables import write_table
from lamella.run.annotations import Taught
from lamella.run.model_scores import ScoredMovie, score_models
from lamella.run.train_kept import Trainings
from lamella.train.examples import Example
from lamella.train.rounds import Chosen, Judged, Training

FRAMES_FILE, ANNOTATORS_FILE = "frames.csv", "annotators.csv"

Advance = Callable[[str, int, int], object]
Segmented = Callable[[Path, Sequence[Example]], Frames]
"""Gives the labels of annotated frames of one movie by a network's weights."""


class AnnotatedWork:
    """Annotated frames; the stack of a held-out movie is its annotated frames alone.

    Parameters
    ----------
    taught : Taught
    segmented : function
    chosen : Chosen
        What the network learns from and what its losses are asked of.
    held_out : set of str
        Movies that are not learnt from.
    """

    one_object = False
    in_time = False
    """Annotated frames are not each other's neighbours."""

    def __init__(
        self,
        taught: Taught,
        trainings: Trainings,
        *,
        segmented: Segmented,
        chosen: Chosen,
        held_out: set[str],
        advance: Advance = lambda doing, done, total: None,
    ) -> None:
        self._examples = examples = taught.examples
        self._frames, self._agreement = taught.frames, taught.agreement
        self._trainings, self._segmented, self._chosen = trainings, segmented, chosen
        self._advance = advance
        self._aside = _by_movie([e for e in examples if e.movie in held_out])
        self._masks: dict[tuple[int, str], Frames] = {}

    @property
    def movies(self) -> list[ScoredMovie]:
        """The held-out movies with their labels."""
        return [
            ScoredMovie(
                movie, own[0].session, own[0].condition, dict(enumerate(e.labels for e in own))
            )
            for movie, own in self._aside.items()
        ]

    def examples(self, number: int) -> list[Example]:
        """All that was drawn, whatever the round."""
        return self._examples

    def write_more(self, folder: Path, number: int) -> None:
        """A row per annotated frame, with the reason against those not learnt from.

        Where several people drew, also how far they agree.
        """
        write_table(folder / FRAMES_FILE, self._frames)
        if self._agreement is not None:
            write_table(folder / ANNOTATORS_FILE, self._agreement)

    def images(self, movie: str) -> Frames:
        """The annotated frames of a held-out movie."""
        return channel_of(self._aside[movie], 0)

    def frame_numbers(self, movie: str) -> list[int]:
        """Their numbers in the movie."""
        return [e.frame for e in self._aside[movie]]

    def labels(self, number: int, movie: str) -> Frames:
        """Masks of a held-out movie by a round's network."""
        return self._masks[number, movie]

    def segment(self, number: int) -> None:
        """Segment the held-out frames with a round's network."""
        weights = self._trainings.weights(number)
        for done, (movie, own) in enumerate(self._aside.items(), start=1):
            self._masks[number, movie] = ArrayFrames(self._segmented(weights, own).asarray())
            self._advance(f"round {number}, held-out frames", done, len(self._aside))

    def choose(self, number: int) -> Chosen:
        """All that was drawn, whatever the network finds."""
        return self._chosen

    def tune(self, start: int, chosen: Chosen, number: int) -> Training:
        """Train a round's network."""
        return self._trainings.tune(
            start,
            number,
            chosen.training,
            chosen.held_out,
            advance=lambda done, total: self._advance("training", done, total),
        )

    def judge(self, number: int) -> Judged:
        """Mean over the held-out movies of SEG, the overlap of every drawn object with its own."""
        segmenters = {"masks": lambda movie: self.labels(number, movie)}
        found = score_models(segmenters, self.movies).scores
        return Judged(float(found[Col.SEG].mean()))


def _by_movie(examples: Sequence[Example]) -> dict[str, list[Example]]:
    """The examples of every movie, in the order of their frames."""
    movies: dict[str, list[Example]] = {}
    for each in sorted(examples, key=lambda each: (each.movie, each.frame)):
        movies.setdefault(each.movie, []).append(each)
    return movies


def chosen_images(examples: Sequence[Example], held_out: set[str]) -> Chosen:
    """Annotated frames as examples, those of held-out movies apart."""
    return Chosen(
        [e for e in examples if e.movie not in held_out],
        [
            e
            for own in _by_movie([e for e in examples if e.movie in held_out]).values()
            for e in own
        ],
    )


def channel_of(own: Sequence[Example], place: int) -> Frames:
    """One channel of the frames of a movie."""
    planes = [e.image if e.image.ndim == 2 else e.image[place] for e in own]
    return ArrayFrames(np.stack(planes))
