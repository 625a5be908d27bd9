"""The movies that labels belong to: of a study, of a folder, or beside the labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lamella.core.errors import InputError, LamellaError
from lamella.core.movie import Movie
from lamella.io import open_movie
from lamella.io.image_folder import SUFFIXES, natural_key
from lamella.preprocess import refuse_nan
from lamella.run.annotation_files import (
    Numbered,
    is_label_folder,
    looks_like_labels,
    numbered,
    stem_of,
)
from lamella.run.raw import open_raw
from lamella.run.samples import Sample, movie_name
from lamella.run.study import Study
from lamella.run.task import task_for


@dataclass(frozen=True)
class Place:
    """A movie that labels may belong to.

    Parameters
    ----------
    movie, session, condition : str
    path : Path
        Its file or folder of frames.
    opened : callable
        Opens it.
    exclude : str
        Reason to leave it out; empty = used.
    fault : LamellaError, optional
        What is wrong with its row of samples.csv.
    numbered : Numbered, optional
        What its name says of images beside it; not asked of the movies of a study.
    """

    movie: str
    session: str
    condition: str
    path: Path
    opened: Callable[[], Movie]
    exclude: str = ""
    fault: LamellaError | None = None
    numbered: Numbered | None = None


class Images:
    """Movies by their names."""

    def __init__(self, places: Iterable[tuple[Place, Iterable[str]]]) -> None:
        self._named: dict[str, list[Place]] = {}
        self.places: list[Place] = []
        for place, names in places:
            self.places.append(place)
            for name in dict.fromkeys(names):
                self._named.setdefault(name.casefold(), []).append(place)

    def knows(self, names: Sequence[str]) -> bool:
        """Whether a movie has one of these names."""
        return any(name.casefold() in self._named for name in names)

    def find(self, names: Sequence[str], *, source: str) -> Place | None:
        """The movie that has the first of these names that any has; None where none has.

        Raises
        ------
        InputError
            Several movies have that name.
        """
        for name in names:
            found = self._named.get(name.casefold(), [])
            if len(found) > 1:
                raise InputError(
                    source,
                    f"{len(found)} movies are called {name!r}, such as {found[0].path} and "
                    f"{found[1].path}",
                    f"call it as one of {', '.join(each.movie for each in found[:3])}",
                )
            if found:
                return found[0]
        return None


def images_of_study(study: Study) -> Images:
    """The movies of a study, by their names there and by those of their files."""

    def place(sample: Sample) -> Place:
        task = task_for(study, sample, study.folder)
        return Place(
            sample.movie,
            sample.session,
            sample.condition,
            task.source,
            lambda: open_raw(task).movie,
            sample.exclude,
            sample.fault,
        )

    return Images(
        (place(each), (each.movie, movie_name(each.path), movie_name(Path(each.path).name)))
        for each in study.samples
    )


def images_of_folder(folder: Path, *, depth: int | None = None, top: Path | None = None) -> Images:
    """Images that are no labels, by their names with and without the folders that they lie in.

    Folders of images are movies, too: their frames.

    Parameters
    ----------
    folder : Path
        Or one image.
    depth : int, optional
        How far down folders are looked into; 0 = not at all; all the way by default.
    top : Path, optional
        Folder above, from which movies are named; by default `folder` itself.

    Raises
    ------
    InputError
        No such folder.
    """
    if not folder.exists():
        raise InputError(str(folder), "there is no such file or folder", "check the path")
    own = folder if folder.is_dir() else folder.parent
    above = top if top is not None and own.is_relative_to(top) else own

    def place(path: Path) -> tuple[Place, tuple[str, ...]]:
        bare = path.name if path.is_dir() else stem_of(path)
        name = movie_name(path.relative_to(above).with_name(f"{bare}.tif").as_posix())
        shown = None if path.is_dir() else numbered(path, above)
        found = Place(name, "1", "", path, lambda: refuse_nan(open_movie(path)), numbered=shown)
        return found, (name, bare)

    return Images(place(path) for path in _images(folder, depth))


def _images(path: Path, depth: int | None) -> Iterator[Path]:
    if path.is_file():
        if path.suffix.lower() in SUFFIXES and not looks_like_labels(path):
            yield path
        return
    inside = [each for each in path.iterdir() if not each.name.startswith(".")]
    for each in sorted(inside, key=lambda each: natural_key(each.name)):
        if each.is_dir():
            if is_label_folder(each):
                continue
            if any(one.suffix.lower() in SUFFIXES for one in each.iterdir()):
                yield each
            if depth == 0:
                continue
        yield from _images(each, None if depth is None else depth - 1)
