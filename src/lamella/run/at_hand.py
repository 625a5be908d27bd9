"""What the stages of a movie find ready: its frames, their light, and what earlier stages left."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection
from functools import cached_property

import pandas as pd

from lamella.core.errors import LamellaWarning
from lamella.core.frames import Frames
from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.core.registration import Registration
from lamella.core.table import Col
from lamella.core.tracks import Tracks
from lamella.io import open_labels
from lamella.measure import Measured, refuse_mismatch
from lamella.run.cache import Manifest
from lamella.run.corrections import FOLDER as CORRECTIONS
from lamella.run.corrections import is_corrected
from lamella.run.counted import counted
from lamella.run.flats import evened
from lamella.run.measured import read_measured
from lamella.run.raw import Raw, open_raw
from lamella.run.review.apply import frames_left_out, unseen
from lamella.run.saved import saved_tracks
from lamella.run.stages import DRIFT_STAGE, SIGHTINGS, measure_stage
from lamella.run.task import MovieTask
from lamella.segment import UsesNuclei

Tell = Callable[[str, int, int], None]
"""``tell(stage, frames done, frames in all)``."""


class AtHand:
    """One movie, opened when it is first asked for, and the files in its folder.

    Parameters
    ----------
    manifest : Manifest
        What the stages before have left.
    tell : callable
        Hears how far the reading of frames has come.
    """

    def __init__(self, task: MovieTask, manifest: Manifest, tell: Tell) -> None:
        self.task, self.manifest, self.tell = task, manifest, tell

    @cached_property
    def _raw(self) -> Raw:
        return open_raw(self.task)

    def _tell_notes(self) -> None:
        """What was odd about the file, told once: with the first stage."""
        for note in self.movie.notes:
            warnings.warn(f"{self.movie.source}: {note}", LamellaWarning, stacklevel=3)

    @property
    def movie(self) -> Movie:
        return self._raw.movie

    @cached_property
    def evened(self) -> Movie:
        """The movie under even light, where that is wanted: intensities are measured in it."""
        return evened(self.movie, self.task)

    @property
    def _shown(self) -> Movie:
        """The movie that objects are found in."""
        step = self.task.settings.illumination
        return self.evened if step and step.segmenting else self.movie

    def _labels(self, folder: str, name: str) -> Labels:
        self.manifest.refuse_cleaned(f"{folder}/{name}.ome.tif")
        return open_labels(self.task.folder / folder / f"{name}.ome.tif", name=name)

    def _counted(self, frames: Frames, stage: str) -> Frames:
        """The same frames, telling how far the reading has come."""
        return counted(frames, lambda done: self.tell(stage, done, len(frames)))

    @property
    def _registration(self) -> Registration | None:
        if not self.task.settings.drift:
            return None
        return Registration.from_json(self.manifest[DRIFT_STAGE].found)

    def _nuclei(self, step: object) -> Frames | None:
        """Labels of the nuclei that lead a step; None where none do."""
        if not isinstance(step, UsesNuclei):
            return None
        if step.nuclei is not None:
            return self._single(step.nuclei)
        return step.found_in(self._shown.channel(step.channel))

    def _single(self, name: str) -> Frames:
        """Labels as they are tracked: clumps are split, where that is wanted, or by hand."""
        if is_corrected(self.task.folder, name):
            corrected = self._labels(CORRECTIONS, name)
            refuse_mismatch(self.movie, corrected)
            return corrected.frames
        split = self.task.settings.objects[name].declump
        return self._labels("declumped" if split else "segmented", name).frames

    def _tracks(self, name: str) -> Tracks:
        return saved_tracks(self.task.folder, self.manifest, name)

    def _left_out(self, name: str) -> pd.DataFrame:
        """Cell and frame of what a person left out: it is not measured, as if it were not seen."""
        decisions = frames_left_out(self.task.folder, name)
        links = self._tracks(name).links
        return unseen(decisions, links.assign(**{Col.OBJECT: name}))

    def _found_anywhere(self, name: str) -> Labels:
        """All objects of a set, tracked or not; what a person corrected holds no other."""
        corrected = is_corrected(self.task.folder, name)
        return self._labels("labels" if corrected else "segmented", name)

    def _found(self, name: str) -> tuple[pd.DataFrame, dict[str, Measured]]:
        """Sightings of a set of objects, and what every group made of them."""

        def read(group: str, long: Collection[str] = ()) -> Measured:
            files = self.manifest[measure_stage(name, group)].files
            return read_measured(self.task.folder, files, long=long)

        groups = self.task.settings.groups_of(name).items()
        return read(SIGHTINGS).frames, {n: read(n, group.kept_apart) for n, group in groups}
