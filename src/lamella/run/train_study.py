"""Self-training on a study: what the rounds do with its movies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from lamella.core.errors import FaultsError, InputError, LamellaError
from lamella.core.frames import Frames
from lamella.core.table import Col
from lamella.evaluate import mean_iou
from lamella.io import open_labels
from lamella.nets.device import Device
from lamella.run.execute import run_study
from lamella.run.executors import Progress
from lamella.run.model_scores import ScoredMovie, score_models
from lamella.run.pseudo_labels import Gathered, pseudo_labels_of_run
from lamella.run.raw import open_raw
from lamella.run.samples import Sample
from lamella.run.settings import MeasureSettings, Settings
from lamella.run.study import Study
from lamella.run.task import task_for
from lamella.run.train_kept import Trainings
from lamella.segment import Cellpose
from lamella.statistics import Contrasts
from lamella.track import Largest
from lamella.train.examples import Example
from lamella.train.pseudo_labels import PseudoLabels
from lamella.train.rounds import Chosen, Judged, Training
from lamella.train.split import HoldOut

Advance = Callable[[str, int, int], object]
"""Called with what is being done, how much of it is done, and of how much."""


class StudyWork:
    """The movies of a study, segmented by every round's network as an ordinary run.

    Parameters
    ----------
    folder : Path
        Where the runs go: ``folder/round_0`` … A second start finds there what is done.
    object_name : str
        The set of objects that is trained.
    hold_out : HoldOut
        Chooses the movies that are not learnt from.
    """

    def __init__(
        self,
        study: Study,
        folder: Path,
        trainings: Trainings,
        *,
        object_name: str,
        segmenter: Cellpose,
        pseudo: PseudoLabels,
        hold_out: HoldOut,
        device: Device,
        workers: int = 1,
        advance: Advance = lambda doing, done, total: None,
    ) -> None:
        self._study, self._folder, self._trainings = study, folder, trainings
        self._name, self._segmenter, self._pseudo = object_name, segmenter, pseudo
        self._hold_out, self._device, self._workers = hold_out, device, workers
        self._advance = advance
        self._held_out = hold_out(movies_table(self.samples))
        self._gathered: dict[int, Gathered] = {}

    in_time = True

    @property
    def one_object(self) -> bool:
        """Whether every movie is of one cell."""
        return isinstance(self._study.settings.objects[self._name].track, Largest)

    @property
    def samples(self) -> list[Sample]:
        """The movies that are used."""
        return usable(self._study)

    @property
    def movies(self) -> list[ScoredMovie]:
        """The held-out movies."""
        return [
            ScoredMovie(s.movie, s.session, s.condition)
            for s in self.samples
            if s.movie in self._held_out
        ]

    def examples(self, number: int) -> list[Example]:
        """What a round's training learnt from, and the held-out frames beside it."""
        found = self.gathered(number - 1)
        return [*found.training, *found.testing]

    def write_more(self, folder: Path, number: int) -> None:
        """Which frames a round learnt from and why not from the others: page, tables."""
        title = f"{self._study.settings.title}, masks of round {number - 1}"
        self.gathered(number - 1).write(folder, title=title)

    def labels(self, number: int, movie: str) -> Frames:
        """Masks of a movie by a round's network."""
        file = self._run(number) / f"movies/{movie}/segmented/{self._name}.ome.tif"
        return open_labels(file, name=self._name).frames

    def images(self, movie: str) -> Frames:
        """The raw frames of a movie."""
        sample = next(sample for sample in self.samples if sample.movie == movie)
        opened = open_raw(task_for(self._study, sample, self._run(0))).movie
        return opened.channel(self._study.settings.objects[self._name].channel)

    def frame_numbers(self, movie: str) -> list[int]:
        """The numbers of its frames."""
        return list(self.images(movie).span)

    def segment(self, number: int) -> None:
        """Segment every movie with a round's network."""

        def told(at: Progress) -> None:
            self._advance(f"round {number}, {at.movie}: {at.stage}", at.done, at.total)

        outcome = run_study(
            self._segmenting(number), self._run(number), workers=self._workers, on_progress=told
        )
        if outcome.failed or outcome.faults:
            faults: list[LamellaError] = [
                InputError(r.movie, "; ".join(r.messages), "mend it, or exclude it in samples.csv")
                for r in outcome.failed
            ]
            raise FaultsError([*faults, *outcome.faults])

    def choose(self, number: int) -> Chosen:
        """The frames of a round that are worth learning from."""
        found = self.gathered(number)
        return Chosen(found.training, found.testing)

    def judge_by(self) -> list[Example]:
        """The held-out frames that the first network was sure of, by which every round is judged.

        Raises
        ------
        InputError
            There is none: rounds could only be judged by how steady their masks are, and masks that
            are steadily wrong would be praised.
        """
        sure = self.gathered(0).testing
        if not sure:
            raise InputError(
                f"held-out movies {', '.join(sorted(self._held_out))}",
                "the network is sure of no frame in them, so that no training can be judged",
                "draw outlines (--from), hold out others (--set held_out.seed=1), or begin with "
                "another network (--base)",
            )
        return sure

    def gathered(self, number: int) -> Gathered:
        """Every movie of a round, judged with a second opinion; once."""

        def told(movie: str, done: int, total: int) -> None:
            self._advance(f"round {number}, judging {movie}", done, total)

        if number not in self._gathered:
            self._gathered[number] = pseudo_labels_of_run(
                self._segmenting(number),
                self._run(number),
                name=self._name,
                step=self._pseudo,
                hold_out=self._hold_out,
                nuclear_channel=self._segmenter.nuclear_channel,
                tell=told,
            )
        return self._gathered[number]

    @property
    def held_out(self) -> set[str]:
        """Names of the movies that are not learnt from."""
        return self._held_out

    def tune(self, start: int, chosen: Chosen, number: int) -> Training:
        """Train a round's network."""
        return self._trainings.tune(
            start,
            number,
            chosen.training,
            # Every round is held against the same labels: those of the first network.
            self.judge_by(),
            advance=lambda done, total: self._advance(f"round {number}, training", done, total),
        )

    def judge(self, number: int) -> Judged:
        """How many frames of the held-out movies have steady cells, and whether the same ones."""
        segmenters = {"masks": lambda movie: self.labels(number, movie)}
        found = score_models(segmenters, self.movies, one_object=self.one_object).scores
        steady = found[Col.TEMPORAL_IOU].fillna(1.0)  # of stills nothing is known
        value = float(((1 - found[Col.EMPTY_RATE]) * steady).mean())
        return Judged(value, self._agreement(number))

    def _agreement(self, number: int) -> float:
        """IoU of the cells with those that round 0 was sure of, on the held-out movies."""
        known = self.judge_by()
        scores = [
            mean_iou(e.labels[None] != 0, self.labels(number, e.movie).frame(e.frame)[None] != 0)
            for e in known
        ]
        return float(np.mean(scores))

    def _run(self, number: int) -> Path:
        return self._folder / f"round_{number}"

    def _segmenting(self, number: int) -> Study:
        """The study with a round's network in place of its segmenter."""
        weights = str(self._trainings.weights(number).resolve())
        step = self._segmenter.model_copy(update={"model": weights, "device": self._device})
        settings = segmenting(self._study.settings, self._name, step)
        return replace(self._study, settings=settings)


def usable(study: Study) -> list[Sample]:
    """The movies of a study that are not excluded and have no fault."""
    return [s for s in study.samples if s.fault is None and not s.exclude]


def segmenting(settings: Settings, name: str, segmenter: Cellpose) -> Settings:
    """The settings of a study that finds one set of objects and measures nothing."""
    each = settings.objects[name].model_copy(
        update={"segment": segmenter, "normalise": None, "declump": False, "centre": False}
    )
    nothing = dict.fromkeys(MeasureSettings.group_names(), False)
    return settings.model_copy(
        update={
            "objects": {name: each},
            "measure": MeasureSettings(**nothing),
            "outlines": False,
            "questions": False,
            "positives": {},
            "statistics": Contrasts(),
        }
    )


def movies_table(samples: Sequence[Sample]) -> pd.DataFrame:
    """movie, session, condition of every movie, for the choice of those held out."""
    return pd.DataFrame(
        [(s.movie, s.session, s.condition) for s in samples],
        columns=[Col.MOVIE, Col.SESSION, Col.CONDITION],
    )
