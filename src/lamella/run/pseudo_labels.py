"""Which labels of a run a model may learn from: every movie judged, with a second opinion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from lamella.core.errors import InputError, LamellaError, SettingsError
from lamella.core.frames import Frames
from lamella.core.labels import Labels
from lamella.core.table import Col
from lamella.io.atomic import whole_file
from lamella.io.tables import write_table
from lamella.measure import refuse_mismatch
from lamella.report.pseudo_labels import PseudoLabelsInput, Strip, render_pseudo_labels
from lamella.run.at_hand import AtHand, Tell
from lamella.run.cache import Manifest
from lamella.run.pseudo_pictures import strips_of
from lamella.run.samples import Sample
from lamella.run.settings import ObjectSettings
from lamella.run.study import Study
from lamella.run.task import task_for
from lamella.segment import Motion, MultiOtsu, Segmenter
from lamella.track import Largest
from lamella.train.examples import Example
from lamella.train.pseudo_labels import PseudoLabels
from lamella.train.reasons import EMPTY, SPACING, explained
from lamella.train.split import HoldOut

PAGE_FILE, FRAMES_FILE, MOVIES_FILE = (
    "pseudo_labels.html", "pseudo_labels.csv", "pseudo_labels_movies.csv",
)  # fmt: skip

_MOVIE_COLUMNS = (
    Col.MOVIE, Col.SESSION, Col.CONDITION, Col.HELD_OUT, Col.N_FRAMES, Col.N_KEPT, Col.N_DROPPED,
    Col.MEDIAN_CONFIDENCE, Col.SECOND_METHOD, Col.MEDIAN_AGREEMENT, Col.AGREEMENT_USED, Col.EXCLUDE,
)  # fmt: skip


def witnesses(method: str) -> tuple[Segmenter, ...]:
    """Segmenters to ask for a second opinion, in this order: those that need no settings."""
    every: tuple[Segmenter, ...] = (MultiOtsu(), Motion())
    return tuple(step for step in every if step.method != method)


def step_for(each: ObjectSettings, **settings: Any) -> PseudoLabels:
    """The filters for a set of objects: of one cell where the largest object is followed."""
    cells = "one" if isinstance(each.track, Largest) else "many"
    return PseudoLabels(**{"cells": cells, **settings})


@dataclass
class Gathered:
    """The movies of a study, judged one after the other.

    Parameters
    ----------
    step : PseudoLabels
    second : sequence of Segmenter
        Asked in this order, until one agrees with most frames of the movie.
    held_out : set of str
        Movies that are not trained on.
    """

    step: PseudoLabels
    second: Sequence[Segmenter] = ()
    held_out: set[str] = field(default_factory=set)
    _tables: list[pd.DataFrame] = field(default_factory=list)
    _examples: list[Example] = field(default_factory=list)
    _movies: list[dict[str, Any]] = field(default_factory=list)
    _strips: list[Strip] = field(default_factory=list)

    def leave_out(self, sample: Sample, reason: str) -> None:
        """Note a movie that is not looked at."""
        self._movies.append({**self._names(sample), Col.EXCLUDE: reason, Col.N_KEPT: 0})

    def add(
        self, sample: Sample, labels: Frames, images: Frames, *, nuclear: Frames | None = None
    ) -> list[Example]:
        """Judge a movie; gives its examples.

        Parameters
        ----------
        labels : Frames
            (T, Y, X), every object of a frame with its number.
        images, nuclear : Frames
            Raw frames of the same shape.
        """
        name, other, frames = self._heard(labels, images)
        trusted = self.step.trusts_second(frames)
        found = self.step.gathered(
            frames,
            labels,
            images,
            movie=sample.movie,
            session=sample.session,
            condition=sample.condition,
            nuclear=nuclear,
        )
        frames = found.frames
        dropped = ~frames[Col.REASON].isin(["", SPACING])
        kept = frames[frames[Col.KEPT]]
        self._movies.append(
            {
                **self._names(sample),
                Col.N_FRAMES: len(frames),
                Col.N_KEPT: len(kept),
                Col.N_DROPPED: int(dropped.sum()),
                Col.MEDIAN_CONFIDENCE: kept[Col.CONFIDENCE].median(),
                Col.SECOND_METHOD: name,
                Col.MEDIAN_AGREEMENT: frames[Col.AGREEMENT].median(),
                Col.AGREEMENT_USED: trusted,
                Col.EXCLUDE: "",
            }
        )
        self._tables.append(frames)
        self._examples += found.examples
        whole = self.step.cells == "many"
        self._strips += strips_of(
            frames, labels, images, second=other if trusted else None, whole=whole
        )
        return found.examples

    def _heard(self, labels: Frames, images: Frames) -> tuple[str, Frames | None, pd.DataFrame]:
        """Name and labels of the witness, and the frames judged with it.

        The first that agrees with most frames, else the first that could be asked.
        """
        asked: list[tuple[str, Frames | None, pd.DataFrame]] = []
        for step in self.second:
            try:
                other = labels_by(step, images)
                frames = self.step.judged(labels, second=other)
            except LamellaError:  # a movie that a method cannot be used on has no such witness
                continue
            if self.step.trusts_second(frames):
                return step.method, other, frames
            asked.append((step.method, other, frames))
        return asked[0] if asked else ("", None, self.step.judged(labels))

    def _names(self, sample: Sample) -> dict[str, Any]:
        return {
            Col.MOVIE: sample.movie,
            Col.SESSION: sample.session,
            Col.CONDITION: sample.condition,
            Col.HELD_OUT: sample.movie in self.held_out,
        }

    @property
    def training(self) -> list[Example]:
        """Examples of the movies that are trained on."""
        return [each for each in self._examples if each.movie not in self.held_out]

    @property
    def testing(self) -> list[Example]:
        """Examples of the held-out movies."""
        return [each for each in self._examples if each.movie in self.held_out]

    @property
    def frames(self) -> pd.DataFrame:
        """A row per frame of every movie that was looked at."""
        return pd.concat(self._tables, ignore_index=True) if self._tables else pd.DataFrame()

    @property
    def movies(self) -> pd.DataFrame:
        """A row per movie, those that are left out with the reason in `exclude`."""
        return pd.DataFrame(self._movies, columns=list(_MOVIE_COLUMNS))

    def write(self, folder: Path, *, title: str) -> Path:
        """Write both tables and the page into a folder that is there; gives the page."""
        frames, movies, page = self.frames, self.movies, folder / PAGE_FILE
        settings = self.step.provenance()["settings"]
        write_table(folder / FRAMES_FILE, frames)
        write_table(folder / MOVIES_FILE, movies)
        shown = PseudoLabelsInput(
            title=title,
            frames=frames,
            movies=movies,
            reasons=explained(settings),
            spacing=SPACING,
            empty=EMPTY,
            strips=tuple(self._strips),
            settings=settings,
        )
        with whole_file(page) as part:
            part.write_text(render_pseudo_labels(shown), encoding="utf-8")
        return page


def labels_by(step: Segmenter, images: Frames) -> Frames:
    """What a segmenter finds in raw frames, with the normalisation that it has by default."""
    normalise = ObjectSettings(segment=step).normaliser
    seen = normalise(images, state=normalise.prepare(images))
    verb: Callable[..., Frames] = step  # a state fits the step that prepared it
    return verb(seen, state=step.prepare(seen))


def pseudo_labels_of_run(
    study: Study,
    run: Path,
    *,
    name: str = "cell",
    step: PseudoLabels | None = None,
    hold_out: HoldOut | None = None,
    second: Sequence[Segmenter] | None = None,
    nuclear_channel: str | None = None,
    tell: Tell = lambda movie, done, total: None,
) -> Gathered:
    """Judge what a finished run found, movie by movie.

    Movies that samples.csv excludes, and those that the run has not segmented, are left out and
    told so; labels that a person corrected take the place of those of the segmenter.

    Parameters
    ----------
    name : str
        Set of objects.
    step : PseudoLabels, optional
        By default `step_for` the set of objects.
    hold_out : HoldOut, optional
        None = no movie is held out.
    second : sequence of Segmenter, optional
        By default the `witnesses` of the segmenter.

    Raises
    ------
    InputError
        When the run has segmented no movie that is used.
    SettingsError
        No such set of objects; or too few movies to hold one out.
    """
    each = study.settings.objects.get(name)
    if each is None:
        known = ", ".join(study.settings.objects)
        raise SettingsError(f"objects {name!r}", "the study has none", f"its sets are {known}")
    told = {sample.movie: _why_not(sample, run, name) for sample in study.samples}
    used = [sample for sample in study.samples if not told[sample.movie]]
    if not used:
        raise InputError(str(run), f"no movie has been segmented for {name!r}", "run it first")
    table = pd.DataFrame(
        [(s.movie, s.session, s.condition) for s in used],
        columns=[Col.MOVIE, Col.SESSION, Col.CONDITION],
    )
    found = Gathered(
        step or step_for(each),
        witnesses(each.segment.method) if second is None else second,
        hold_out(table) if hold_out else set(),
    )
    for sample in study.samples:
        if told[sample.movie]:
            found.leave_out(sample, told[sample.movie])
            continue
        task = task_for(study, sample, run)
        at = _Found(task, Manifest(task.folder), tell)
        labels, images, nuclear = at.seen(name, nuclear_channel)
        found.add(sample, labels, images, nuclear=nuclear)
    return found


class _Found(AtHand):
    """What a run found in a movie, and what it found it in."""

    def seen(self, name: str, nuclear: str | None) -> tuple[Frames, Frames, Frames | None]:
        """Labels, raw frames of their channel, and of the nuclear one."""
        labels = self._counted(self._single(name), self.task.name)
        refuse_mismatch(self.movie, Labels(name, labels))
        images = self._shown.channel(self.task.settings.objects[name].channel)
        return labels, images, None if nuclear is None else self._shown.channel(nuclear)


def _why_not(sample: Sample, run: Path, name: str) -> str:
    """Why a movie is left out; empty where it is not."""
    if sample.exclude:
        return f"excluded: {sample.exclude}"
    if sample.fault is not None:
        return str(sample.fault)
    stages = {stage for stage, _ in Manifest(run / "movies" / sample.movie)}
    return "" if f"segment/{name}" in stages else "the run has not segmented it"
