"""Self-training on a study: what the rounds do with its movies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from lamella.run.model_scores import ScoredMovie, score_models
from lamella.run.raw import open_raw
from lamella.run.settings import MeasureSettings, Settings
from lamella.run.study import Sample, Study
from lamella.run.task import MovieTask, task_for
from lamella.run.train_kept import Trainings
from lamella.run.workers import Progress
from lamella.segment import Cellpose
from lamella.statistics import Contrasts
from lamella.track import Largest
from lamella.train.cellpose import Tuned
from lamella.train.examples import Example
from lamella.train.pseudo_labels import PseudoLabelled, PseudoLabels
from lamella.train.rounds import Chosen, Judged

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
    held_out : set of str
        Movies that are not learnt from.
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
        held_out: set[str],
        device: Device,
        workers: int = 1,
        advance: Advance = lambda doing, done, total: None,
    ) -> None:
        self._study, self._folder, self._trainings = study, folder, trainings
        self._name, self._segmenter, self._pseudo = object_name, segmenter, pseudo
        self._held_out, self._device, self._workers = held_out, device, workers
        self._advance = advance
        self._chosen: dict[int, Chosen] = {}
        self.tables: dict[int, pd.DataFrame] = {}
        """What was kept of every round's masks, and why not: a row per frame."""

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

    @property
    def examples(self) -> list[Example]:
        """What the last training learnt from, and the held-out frames beside it."""
        last = self._chosen[max(self._chosen)]
        return [*last.training, *last.held_out]

    def labels(self, number: int, movie: str) -> Frames:
        """Masks of a movie by a round's network."""
        file = self._folder / f"round_{number}/movies/{movie}/segmented/{self._name}.ome.tif"
        return open_labels(file, name=self._name).frames

    def images(self, movie: str) -> Frames:
        """What the network sees of a movie."""
        return self._channels(self._sample(movie))[0]

    def frame_numbers(self, movie: str) -> list[int]:
        """The numbers of its frames."""
        return list(self.images(movie).span)

    def segment(self, number: int) -> None:
        """Segment every movie with a round's network."""
        out = self._folder / f"round_{number}"
        weights = str(self._trainings.weights(number).resolve())
        step = self._segmenter.model_copy(update={"model": weights, "device": self._device})

        def told(at: Progress) -> None:
            self._advance(f"round {number}, {at.movie}: {at.stage}", at.done, at.total)

        study = Study(
            self._study.folder,
            segmenting(self._study.settings, self._name, step),
            tuple(self.samples),
        )
        outcome = run_study(study, out, workers=self._workers, on_progress=told)
        if outcome.failed or outcome.faults:
            faults: list[LamellaError] = [
                InputError(r.movie, "; ".join(r.messages), "mend it, or exclude it in samples.csv")
                for r in outcome.failed
            ]
            raise FaultsError([*faults, *outcome.faults])

    def choose(self, number: int) -> Chosen:
        """The frames of a round that are worth learning from."""
        if number not in self._chosen:
            every = [self._judged(sample, number) for sample in self.samples]
            tables = [each.frames for each in every]
            self.tables[number] = pd.concat(tables, ignore_index=True)
            examples = [example for each in every for example in each.examples]
            self._chosen[number] = Chosen(
                [e for e in examples if e.movie not in self._held_out],
                [e for e in examples if e.movie in self._held_out],
            )
        return self._chosen[number]

    def tune(self, start: int, chosen: Chosen, number: int) -> Tuned:
        """Train a round's network."""
        return self._trainings.tune(
            start,
            number,
            chosen.training,
            # Every round is held against the same labels: those of the first network.
            self.choose(0).held_out,
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
        known = self.choose(0).held_out
        if not known:
            return float("nan")
        scores = [
            mean_iou(e.labels[None] != 0, self.labels(number, e.movie).frame(e.frame)[None] != 0)
            for e in known
        ]
        return float(np.mean(scores))

    def _judged(self, sample: Sample, number: int) -> PseudoLabelled:
        image, nuclear = self._channels(sample)
        return self._pseudo(
            self.labels(number, sample.movie),
            image,
            movie=sample.movie,
            session=sample.session,
            condition=sample.condition,
            nuclear=nuclear,
        )

    def _channels(self, sample: Sample) -> tuple[Frames, Frames | None]:
        movie = open_raw(self._task(sample)).movie
        nuclear = self._segmenter.nuclear_channel
        image = movie.channel(self._study.settings.objects[self._name].channel)
        return image, None if nuclear is None else movie.channel(nuclear)

    def _sample(self, movie: str) -> Sample:
        return next(sample for sample in self.samples if sample.movie == movie)

    def _task(self, sample: Sample) -> MovieTask:
        return task_for(self._study, sample, self._folder / "round_0")


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
