"""The task of processing one movie, and where the files lie that it needs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lamella.core.take import Take
from lamella.run.masks import masks_of
from lamella.run.samples import Sample
from lamella.run.settings import Known, Settings
from lamella.run.study import Study, take_of
from lamella.segment import ExistingLabels, External


@dataclass(frozen=True)
class MovieTask:
    """All that a worker needs to process one movie; can be sent to another process.

    Parameters
    ----------
    source : Path
        The raw movie.
    study_folder : Path
        What relative paths in the settings start from.
    folder : Path
        ``OUT/movies/<movie>``, where the results go.
    """

    settings: Settings
    sample: Sample
    source: Path
    study_folder: Path
    folder: Path

    @property
    def name(self) -> str:
        return self.sample.movie

    @property
    def pixel_size_um(self) -> Known:
        """What is said of this movie, else of the study; None where its file must tell."""
        return _chosen(self.sample.pixel_size_um, self.settings.scale.pixel_size_um)

    @property
    def interval_min(self) -> Known:
        """The same of the time between frames."""
        return _chosen(self.sample.interval_min, self.settings.scale.interval_min)

    @property
    def take(self) -> Take:
        """Which position, slices and channel of the file are the movie."""
        return take_of(self.sample, self.settings)

    @property
    def out(self) -> Path:
        """The run's folder."""
        return self.folder.parents[1]


def task_for(study: Study, sample: Sample, out: Path) -> MovieTask:
    """The task of one row of samples.csv."""
    return MovieTask(
        study.settings, sample, study.path_of(sample), study.folder, out / "movies" / sample.movie
    )


def masks_path(task: MovieTask, segmenter: ExistingLabels) -> Path:
    """Where the existing masks of this movie lie.

    Raises
    ------
    InputError
        When the pattern names a field that does not exist.
    """
    return task.study_folder / masks_of(task.sample, segmenter.pattern)


def external_in(task: MovieTask, segmenter: External) -> External:
    """The external segmenter with its file, if it is one, found from the study's folder."""
    place, _, name = segmenter.function.rpartition(":")
    if not place.endswith(".py"):
        return segmenter
    return segmenter.model_copy(update={"function": f"{task.study_folder / place}:{name}"})


def _chosen(of_sample: Known, of_study: Known) -> Known:
    return of_study if of_sample is None else of_sample
