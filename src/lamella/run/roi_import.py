"""ROIs that were corrected in Fiji, back into a run: what `lamella import --rois` does."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from lamella.core.errors import InputError, LamellaError, LamellaWarning, SettingsError
from lamella.core.tracked import Tracked
from lamella.io.imagej_roi import read_corrected_rois
from lamella.io.link_rows import settled_parents
from lamella.run.cache import Manifest
from lamella.run.corrections import corrected_cells, edits_of, is_corrected
from lamella.run.edit_log import (
    difference,
    edit_line,
    reserved_in,
    state_told,
    still_filled,
    write_corrected,
)
from lamella.run.holding import locked
from lamella.run.saved import is_run, movies_of, saved_tracked, sets_of
from lamella.run.who import person

_SUFFIXES = (".zip", ".roi")


class Corrected(NamedTuple):
    """What the ROIs of one movie and set of objects changed."""

    movie: str
    name: str
    changed: tuple[int, ...] = ()
    added: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()
    back: bool = False
    """Whether the labels are again as they were before any correction, which is therefore gone."""

    @property
    def anything(self) -> bool:
        return bool(self.changed or self.added or self.removed)


class Imported(NamedTuple):
    """What became of all ROI files, and which could not be taken."""

    movies: list[Corrected]
    faults: list[LamellaError]


def import_rois(rois: Path, run: Path, *, name: str | None = None) -> Imported:
    """Replace labels of a run by ROIs that were corrected in Fiji.

    The labels are kept; the next run measures the corrected ones. Where nothing was changed nothing
    is written.

    Parameters
    ----------
    rois : Path
        Folder as `export_rois` leaves it: ``<movie>.zip`` (of the set `name`) and
        ``<set>/<movie>.zip``; or one such file.
    run : Path
        Folder of a run.
    name : str, optional
        Set of objects; all that have a folder, and for files without one the run's only set, by
        default.

    Returns
    -------
    Imported
        A file that cannot be taken changes nothing of its movie; the others are taken.

    Warns
    -----
    LamellaWarning
        Files that are named as no movie of the run; ROIs that overlap, reach beyond the image, or
        have names that are not known.

    Raises
    ------
    InputError, SettingsError
        A folder that is no run; a set of objects that is not there; no file that fits.
    OutputError
        Another run works in the folder, or it cannot be written.
    """
    if not is_run(run):
        raise InputError(str(run), "it is no run's folder", "give what `lamella run` wrote")
    if not rois.exists():
        raise InputError(str(rois), "there is no such file or folder", "check the path")
    sets = sets_of(run)
    if name is not None and name not in sets:
        raise SettingsError(
            f"--object {name}", "the run has no such set of objects",
            f"it has {', '.join(sets)}" if sets else "run it first",
        )  # fmt: skip
    done: list[Corrected] = []
    faults: list[LamellaError] = []
    with locked(run):
        for (movie, of_set), file in _files(rois, run, sets, name).items():
            try:
                done.append(_corrected(run, movie, of_set, file, others=sets))
            except InputError as fault:
                faults.append(fault)
    return Imported(done, faults)


def _files(
    rois: Path, run: Path, sets: list[str], name: str | None
) -> Mapping[tuple[str, str], Path]:
    """The file of every movie and set of objects."""
    if name is None and len(sets) == 1:
        (name,) = sets
    places: dict[str, Path] = {each: rois / each for each in sets if name in (None, each)}
    found: dict[tuple[str, str], Path] = {}
    unknown: list[Path] = []
    known = {each: set(movies_of(run, each)) for each in places}
    loose = [rois] if rois.is_file() else _of_folder(rois)
    if loose and name is None:
        raise SettingsError(
            str(rois), f"the run has {' and '.join(sets)}, and these ROIs are not in a folder of "
            "either", "say --object",
        )  # fmt: skip
    for each, folder in places.items():
        files = [*(_of_folder(folder) if folder.is_dir() else []), *(loose if name else [])]
        for file in files:
            if file.stem not in known[each]:
                unknown.append(file)
            elif (file.stem, each) in found:
                raise SettingsError(
                    str(file), f"{found[file.stem, each]} is of the same movie", "keep one of them"
                )
            else:
                found[file.stem, each] = file
    if not found:
        movies = sorted(set.union(*known.values()))
        shown = ", ".join(movies[:3]) + (" …" if len(movies) > 3 else "")
        what = f"none of its {len(unknown)} ROI files" if unknown else "no .zip or .roi file"
        raise InputError(
            str(rois), f"{what} is named as a movie of the run", f"name them as {shown}"
        )
    if unknown:
        warnings.warn(
            f"{len(unknown)} files are named as no movie of the run and are left out, such as "
            f"{unknown[0].name}",
            LamellaWarning,
            stacklevel=3,
        )
    return found


def _of_folder(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in _SUFFIXES and p.is_file())


def _corrected(run: Path, movie: str, name: str, file: Path, *, others: list[str]) -> Corrected:
    """Take one file."""
    folder = run / "movies" / movie
    now = _current(folder, run, movie, name)
    assert now.labels is not None  # noqa: S101  a run's cells have shapes
    shape = now.labels.frames.frame_shape
    edits = edits_of(folder, name)
    pixels_alone = not any("edit" in each for each in edits)
    known: dict[str, int] = {}
    for edit in edits:
        known |= edit["names"]
    drawn, names = read_corrected_rois(
        file,
        name=name,
        n_frames=now.n_frames,
        frame_shape=shape,
        scale=now.scale,
        others=others,
        known=known,
        reserved=reserved_in(edits) | set(now.tracks.first_last),
    )
    assert drawn.labels is not None  # noqa: S101  ROIs are shapes
    found = difference(now.labels.frames, drawn.labels.frames)
    made = Corrected(movie, name, found.changed, found.added, found.removed)
    for note in drawn.notes:
        warnings.warn(f"{file}: {note}", LamellaWarning, stacklevel=4)
    if not made.anything:
        return made
    orphaned: list[str] = []  # of cells that were removed: told as such
    lives = dict(drawn.tracks.first_last)
    parents = settled_parents(now.tracks.parents, lives, orphaned)
    edit = edit_line(
        name,
        found,
        who=person(),
        why="",
        n_cells=(len(now.tracks.first_last), len(lives)),
        lineage=set(now.tracks.parents) - set(parents),
        names=names,
        **{"from": str(file.resolve()), "sha256": hashlib.sha256(file.read_bytes()).hexdigest()},
    ) | state_told(parents, still_filled(now, found.shapes))
    return made._replace(
        back=write_corrected(folder, name, drawn.labels.frames, [edit], may_go_back=pixels_alone)
    )


def _current(folder: Path, run: Path, movie: str, name: str) -> Tracked:
    """The cells of a movie as they count now: as they were corrected last, or as tracked."""
    tracked = saved_tracked(run, movie, name)
    if is_corrected(folder, name):
        return corrected_cells(folder, name, scale=tracked.scale)
    if "corrected" in Manifest(folder)[f"track/{name}"].provenance:
        raise InputError(
            str(folder), f"its corrections of {name} were removed since the last run",
            "run the study again, then export and import",
        )  # fmt: skip
    return tracked
