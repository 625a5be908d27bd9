"""The folder of a run, opened to be looked at: nothing is computed, files are read when needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from packaging.version import InvalidVersion, Version

from lamella import __version__
from lamella.core.errors import InputError
from lamella.core.frames import Frames
from lamella.core.movie import Movie
from lamella.core.table import Col
from lamella.core.tracked import Tracked
from lamella.core.tracks import Tracks
from lamella.io import open_labels, read_table
from lamella.run.cache import Manifest
from lamella.run.corrections import corrected_cells, is_corrected
from lamella.run.flats import evened
from lamella.run.raw import open_raw
from lamella.run.samples import Sample
from lamella.run.saved import is_run, read_lock, saved_tracked
from lamella.run.study import Study, open_study, study_around
from lamella.run.task import MovieTask, task_for


@dataclass(frozen=True)
class OpenedMovie:
    """One movie of a run: its raw frames, its objects, its rows of the tables.

    Parameters
    ----------
    run : OpenedRun
    sample : Sample
    """

    run: OpenedRun
    sample: Sample

    @property
    def name(self) -> str:
        """As in the column ``movie``."""
        return self.sample.movie

    @property
    def task(self) -> MovieTask:
        """What a run would be given of this movie."""
        return task_for(self.run.study, self.sample, self.run.folder)

    @property
    def folder(self) -> Path:
        """``OUT/movies/<movie>``."""
        return self.task.folder

    @property
    def manifest(self) -> Manifest:
        """What the stages left, as it is now."""
        return Manifest(self.folder)

    @cached_property
    def movie(self) -> Movie:
        """The raw movie, its channels over each other where the study asks for it.

        Raises
        ------
        InputError
            When it is not where samples.csv says, or cannot be read.
        """
        return open_raw(self.task).movie

    @cached_property
    def evened(self) -> Movie:
        """The movie under even light, in which intensities are measured."""
        return evened(self.movie, self.task)

    @property
    def objects(self) -> list[str]:
        """Sets of objects that were tracked, or corrected since, those of the settings first.

        Corrected ones are there also while they wait to be measured.
        """
        done = {stage.partition("/")[2] for stage, _ in self.manifest if stage.startswith("track/")}
        done |= {
            name for name in self.run.study.settings.objects if is_corrected(self.folder, name)
        }
        known = [name for name in self.run.study.settings.objects if name in done]
        return known + sorted(done.difference(known))

    def tracked(self, name: str) -> Tracked:
        """Cells as the run left them, in the coordinates of the raw movie."""
        return saved_tracked(self.run.folder, self.name, name)

    def current(self, name: str) -> Tracked:
        """Cells with all corrections by hand, those after the last run included."""
        if is_corrected(self.folder, name):
            return corrected_cells(self.folder, name, scale=self.movie.scale)
        return self.tracked(name)

    def segmented(self, name: str) -> Frames:
        """Labels before clumps were split and objects were tracked."""
        file = f"segmented/{name}.ome.tif"
        self.manifest.refuse_cleaned(file)
        return open_labels(self.folder / file, name=name).frames

    def tracks(self, name: str) -> Tracks:
        """Who is where, of the cells as the run left them."""
        return self.tracked(name).tracks

    def table(self, name: str) -> pd.DataFrame:
        """A table of this movie, such as ``frames``, ``cells``, ``tips`` or ``edge``.

        Empty where the run wrote none.
        """
        file = self.folder / f"{name}.parquet"
        return read_table(file) if file.is_file() else pd.DataFrame()

    def rows(self, name: str, *, object_name: str, cell: int | None = None) -> pd.DataFrame:
        """Rows of a table of this movie, of one set of objects and, where given, one cell."""
        table = self.table(name)
        if table.empty:
            return table
        wanted = table[Col.OBJECT] == object_name
        if cell is not None:
            wanted &= table[Col.CELL] == cell
        return table[wanted].reset_index(drop=True)


_SOME = 10


def some_of(names: Sequence[object]) -> str:
    """The first names of a list, for a message that says how many there are besides."""
    more = len(names) - _SOME
    told = ", ".join(str(name) for name in names[:_SOME])
    return f"{told} and {more} more" if more > 0 else told or "none"


def refuse_no_cell(tracks: Tracks, cell: int, where: str) -> None:
    """Refuse the number of a cell that is not there.

    Raises
    ------
    InputError
        With the first numbers that are.
    """
    lives = tracks.first_last
    if cell not in lives:
        some = some_of(sorted(lives))
        raise InputError(where, f"there is no cell {cell}", f"its cells are {some}")


def refuse_no_frame(n_frames: int, frame: int, where: str) -> None:
    """Refuse the number of a frame that is not there.

    Raises
    ------
    InputError
    """
    if not 0 <= frame < n_frames:
        raise InputError(where, f"there is no frame {frame}", f"its frames are 0 to {n_frames - 1}")


class OpenedRun:
    """A run's folder.

    Parameters
    ----------
    folder : Path
        What ``lamella run`` wrote.
    study : Path, optional
        Folder of the study, where it is not around the run.

    Raises
    ------
    InputError
        A folder that is no run, a run of a newer version, or a study that is not found.
    """

    def __init__(self, folder: Path, *, study: Path | None = None) -> None:
        if not is_run(folder):
            raise InputError(
                str(folder),
                "that is not the folder of a run",
                "give what lamella run wrote: STUDY/results, or its --out",
            )
        self.folder = folder
        self.lock: dict[str, Any] = read_lock(folder)
        _refuse_newer(folder, str(self.lock["versions"].get("lamella", __version__)))
        found = study or study_around(folder)
        if found is None:
            raise InputError(
                str(folder), "the study of this run is not around it", "say where it lies: --study"
            )
        self.study: Study = open_study(found)

    @property
    def title(self) -> str:
        """As in study.toml."""
        return str(self.lock["settings"]["title"])

    @cached_property
    def samples(self) -> Sequence[Sample]:
        """Movies of which the run left something, in the order of samples.csv, each once."""
        movies = self.folder / "movies"
        there = {each.name for each in movies.iterdir()} if movies.is_dir() else set()
        first: dict[str, Sample] = {}
        for sample in self.study.samples:
            first.setdefault(sample.movie, sample)
        return [sample for name, sample in first.items() if name in there]

    def movie(self, name: str) -> OpenedMovie:
        """One movie of the run.

        Raises
        ------
        InputError
            The run has no such movie; tells those that it has.
        """
        for sample in self.samples:
            if sample.movie == name:
                return OpenedMovie(self, sample)
        known = some_of([sample.movie for sample in self.samples])
        raise InputError(str(self.folder), f"it has no movie {name!r}", f"it has {known}")

    def table(self, name: str) -> pd.DataFrame:
        """A table of ``OUT/tables``, such as ``cells``, ``quality`` or ``events``.

        Empty where the run wrote none.
        """
        for suffix in (".parquet", ".csv"):
            file = self.folder / "tables" / f"{name}{suffix}"
            if file.is_file():
                return read_table(file)
        return pd.DataFrame()


def _refuse_newer(folder: Path, version: str) -> None:
    """What a newer Lamella wrote may mean something else than is read here."""
    try:
        newer = Version(version) > Version(__version__)
    except InvalidVersion:
        newer = True
    if newer:
        raise InputError(
            str(folder),
            f"it was written by Lamella {version}, this is {__version__}; nothing was changed",
            f'open it with that version: pip install "lamella>={version}"',
        )
