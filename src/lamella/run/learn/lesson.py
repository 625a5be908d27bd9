"""What there is to learn from: the frames of a run that were corrected by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from lamella.core.errors import InputError, LamellaError, NotInstalledError
from lamella.nets.cellpose import installed
from lamella.nets.convlstm_unet.installation import refuse_without
from lamella.report.words import count
from lamella.run.annotation_labels import corrected
from lamella.run.browse import OpenedRun
from lamella.run.corrections import is_corrected
from lamella.segment import Cellpose, Recurrent, Segmenter

NetworkName = Literal["recurrent", "cellpose"]
Effort = Literal["quick", "thorough"]

EFFORTS: Mapping[NetworkName, Mapping[Effort, tuple[str, ...]]] = {
    "recurrent": {
        "quick": (),
        "thorough": ("epochs=24", "patches_per_epoch=96"),
    },
    "cellpose": {
        "quick": ("epochs=20",),
        "thorough": ("epochs=100",),
    },
}
"""How long is learnt: settings of the training, as `lamella train` takes them with --set."""

LEAST_FRAMES = 2
"""One to learn from, and one to see what was learnt."""
ENOUGH_FRAMES = 5
"""From so many corrected frames on the recurrent network has learnt cells that it did not know."""


class CorrectedMovie(NamedTuple):
    """A movie in which frames were corrected."""

    movie: str
    condition: str
    session: str
    frames: tuple[int, ...]
    """Numbers of the corrected frames that show a cell."""
    n_cells: int
    """Objects in all of these."""
    n_empty: int = 0
    """Corrected frames without any cell, of which nothing is learnt."""


class Lacking(NamedTuple):
    """Why there is not enough to learn from."""

    what: str
    remedy: str


@dataclass(frozen=True)
class Lesson:
    """The corrected frames of a set of objects, and the network that could learn from them.

    Parameters
    ----------
    run : OpenedRun
    object_name : str
    movies : tuple of CorrectedMovie
        Those with corrections; movies that the study leaves out are no part of it.
    network : {"recurrent", "cellpose"}
        What learns.
    """

    run: OpenedRun
    object_name: str
    movies: tuple[CorrectedMovie, ...]
    network: NetworkName

    @property
    def present(self) -> Segmenter:
        """What finds these objects now."""
        return self.run.study.settings.objects[self.object_name].segment

    @property
    def can_learn(self) -> bool:
        """Whether that is a network which learns on, and nothing else takes its place."""
        return self.present.method == self.network

    @property
    def present_model(self) -> Path | None:
        """Where the model of what finds these objects now lies; None where it names no file."""
        model = getattr(self.present, "model", None)
        beside = self.run.study.folder / model if isinstance(model, str) else None
        return beside if beside is not None and beside.exists() else None

    @property
    def base(self) -> str | None:
        """The model that the training begins with; None for the one that the network comes with."""
        if not isinstance(self.present, (Cellpose, Recurrent)) or not self.can_learn:
            return None
        beside = self.present_model
        return self.present.model if beside is None else str(beside)

    @property
    def n_frames(self) -> int:
        """Corrected frames that can be learnt from, of all movies."""
        return sum(len(each.frames) for each in self.movies)

    @property
    def n_cells(self) -> int:
        """Objects in all of them."""
        return sum(each.n_cells for each in self.movies)

    @property
    def words(self) -> str:
        """What there is, in a sentence or two."""
        if not self.movies:
            return f"No frame of {self.object_name!r} has been corrected yet."
        found = (
            f"{count(self.n_frames, 'corrected frame')} with {count(self.n_cells, 'cell')} "
            f"in {count(len(self.movies), 'movie')}."
        )
        n_empty = sum(each.n_empty for each in self.movies)
        if n_empty:
            found += f" {count(n_empty, 'corrected frame')} without a cell: not learnt from."
        return f"{found} {self._who_learns}"

    @property
    def _who_learns(self) -> str:
        method, name = self.present.method, _NAMES[self.network]
        if self.can_learn:
            return f"{name} finds these objects now, and learns on."
        return f"They are found by {method!r} now, which cannot learn: {name} learns in its place."

    @property
    def held_out(self) -> str:
        """What will be held out, in words: never learnt from, to see what was learnt."""
        if len(self.movies) > 1:
            return (
                "Whole movies, about one in five and some of every session, are held out to see "
                "what was learnt."
            )
        return (
            "The first or last frames of this one movie are held out, which tells how well the "
            "network learns this movie and nothing of others. Correct a second one."
        )

    @property
    def hint(self) -> str:
        """What would make the lesson better; empty where it is good."""
        if self.n_frames < ENOUGH_FRAMES:
            return (
                f"{count(self.n_frames, 'frame')} can teach little: {ENOUGH_FRAMES} or more, in "
                "several movies and far apart in time, teach more."
            )
        return ""

    @property
    def lacking(self) -> Lacking | None:
        """What is missing to learn anything; None where there are frames enough."""
        if not self.movies:
            return Lacking(
                f"nothing of {self.object_name!r} was corrected in it",
                "correct some frames first: every cell in a frame, a few frames a movie",
            )
        if self.n_frames < LEAST_FRAMES:
            told = "only one" if self.n_frames else "no"
            return Lacking(
                f"{told} corrected frame shows a cell, and two are the least: one to learn from, "
                "one to see what was learnt",
                "correct a frame of another movie, or one far from the first",
            )
        return None

    @property
    def faults(self) -> list[LamellaError]:
        """Why nothing can be learnt now; empty where a training can begin."""
        found: list[LamellaError] = []
        if self.lacking is not None:
            found.append(InputError(str(self.run.folder), *self.lacking))
        found += self.missing
        return found

    @property
    def missing(self) -> list[LamellaError]:
        """Packages that the network needs and that are not installed."""
        found: list[LamellaError] = []
        try:
            if self.network == "recurrent":
                refuse_without("torch", "safetensors")
            else:
                installed()
        except NotInstalledError as fault:
            found.append(fault)
        return found

    def segment_values(self, model: str) -> dict[str, Any]:
        """The table ``[objects.<name>.segment]`` of a study that uses a model in its place.

        Own settings of the same method stay.

        Parameters
        ----------
        model : str
            As in study.toml, relative to the study.
        """
        own = self.present.model_dump(mode="json", exclude_unset=True) if self.can_learn else {}
        return {**own, "method": self.network, "model": model}


_NAMES = {"recurrent": "Lamella's recurrent network", "cellpose": "Cellpose"}


def lesson_of(run: OpenedRun, object_name: str, *, network: NetworkName | None = None) -> Lesson:
    """Look through a run for what there is to learn from.

    Every frame of corrected movies is held against the one before the corrections: on large movies
    this takes as long as reading both.

    Parameters
    ----------
    network : {"recurrent", "cellpose"}, optional
        What learns; by default what finds the objects now, and where that cannot learn, as
        thresholds and motion cannot, the recurrent network that comes with Lamella.

    Raises
    ------
    InputError
        The study has no such set of objects, or a file of corrections cannot be read.
    """
    objects = run.study.settings.objects
    if object_name not in objects:
        raise InputError(
            str(run.study.folder),
            f"it has no objects {object_name!r}",
            f"it has {', '.join(objects)}",
        )
    movies = []
    for sample in run.samples:
        folder = run.folder / "movies" / sample.movie
        if sample.exclude or sample.fault is not None or not is_corrected(folder, object_name):
            continue
        drawn = corrected(folder, object_name, every_frame=False)
        cells = {t: _n_objects(drawn.labels.frame(t)) for t in drawn.annotated}
        shown = tuple(t for t, n in cells.items() if n)
        if not cells:
            continue
        movies.append(
            CorrectedMovie(
                sample.movie,
                sample.condition,
                sample.session,
                shown,
                sum(cells.values()),
                len(cells) - len(shown),
            )
        )
    return Lesson(run, object_name, tuple(movies), network or network_for(run, object_name))


def network_for(run: OpenedRun, object_name: str) -> NetworkName:
    """What learns where nobody chooses: what finds the objects, or the recurrent network."""
    found_by = run.study.settings.objects[object_name].segment.method
    return "cellpose" if found_by == "cellpose" else "recurrent"


def _n_objects(labels: Any) -> int:
    return int(np.count_nonzero(np.unique(labels)))
