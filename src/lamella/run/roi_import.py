"""ROIs that were corrected in Fiji, back into a run: what `lamella import --rois` does."""

from __future__ import annotations

import hashlib
import json
import shutil
import warnings
from collections.abc import Container, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lamella.core.errors import InputError, LamellaError, LamellaWarning, SettingsError
from lamella.core.frames import Frames
from lamella.core.tracked import Tracked
from lamella.io import open_labels, open_movie, tiff
from lamella.io.atomic import whole_file
from lamella.io.imagej_roi import read_corrected_rois
from lamella.io.link_rows import settled_parents
from lamella.run.cache import Manifest
from lamella.run.corrections import (
    EDITS,
    corrected_cells,
    corrected_file,
    edits_of,
    is_corrected,
    original_file,
)
from lamella.run.execute import locked
from lamella.run.saved import is_run, movies_of, saved_tracked, sets_of

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
    reserved = {cell for edit in edits for cell in _all_of(edit)}
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
        reserved=reserved | set(now.tracks.first_last),
    )
    assert drawn.labels is not None  # noqa: S101  ROIs are shapes
    found = _difference(now.labels.frames, drawn.labels.frames)
    made = Corrected(movie, name, found.changed, found.added, found.removed)
    for note in drawn.notes:
        warnings.warn(f"{file}: {note}", LamellaWarning, stacklevel=4)
    if not made.anything:
        return made
    orphaned: list[str] = []  # of cells that were removed: told as such
    parents = settled_parents(now.tracks.parents, dict(drawn.tracks.first_last), orphaned)
    edit = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "object": name,
        "from": str(file.resolve()),
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "n_cells_before": len(now.tracks.first_last),
        "n_cells": len(drawn.tracks.first_last),
        "changed": list(made.changed),
        "added": list(made.added),
        "removed": list(made.removed),
        "names": names,
        "parents": {str(cell): list(named) for cell, named in parents.items()},
        "filled": _still_filled(now, found.shapes),
    }
    # First what it means, then the labels: an edit without labels changes nothing.
    _append(folder / EDITS, edit)
    return made._replace(back=_keep(folder, name, drawn.labels.frames))


def _all_of(edit: Mapping[str, Any]) -> list[int]:
    return [*edit["changed"], *edit["added"], *edit["removed"]]


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


class _Difference(NamedTuple):
    changed: tuple[int, ...]
    added: tuple[int, ...]
    removed: tuple[int, ...]
    shapes: frozenset[tuple[int, int]]
    """Cell and frame of every shape that is another one, new, or gone."""


def _difference(before: Frames, after: Frames) -> _Difference:
    """Which cells have other pixels; one frame of each in memory at a time."""
    ids: tuple[set[int], set[int]] = set(), set()
    shapes: set[tuple[int, int]] = set()
    for t in before.span:
        one, two = before.frame(t), after.frame(t)
        for found, image in zip(ids, (one, two), strict=True):
            found.update(np.unique(image).tolist())
        other = one != two
        touched = {*np.unique(one[other]).tolist(), *np.unique(two[other]).tolist()} - {0}
        shapes |= {(cell, t) for cell in touched}
    cells = {cell for cell, _ in shapes}
    return _Difference(
        tuple(sorted(cells & ids[0] & ids[1])),
        tuple(sorted(ids[1] - ids[0] - {0})),
        tuple(sorted(ids[0] - ids[1] - {0})),
        frozenset(shapes),
    )


def _still_filled(now: Tracked, shapes: Container[tuple[int, int]]) -> list[list[int]]:
    """Cell and frame of the shapes that were filled in, were not seen, and nobody touched."""
    rows = now.tracks.interpolated.to_numpy(np.int64).tolist()
    return [row for row in rows if tuple(row) not in shapes]


def _keep(folder: Path, name: str, drawn: Frames) -> bool:
    """Write the corrected labels, beside those as they were; whether they are these again."""
    original, corrected = original_file(folder, name), corrected_file(folder, name)
    if not is_corrected(folder, name):
        with whole_file(original) as part:
            shutil.copyfile(folder / f"labels/{name}.ome.tif", part)
    elif original.is_file():
        before = open_labels(original, name=name).frames
        if all(np.array_equal(before.frame(t), drawn.frame(t)) for t in before.span):
            corrected.unlink()
            return True
    scale = open_movie(folder / f"labels/{name}.ome.tif").scale
    tiff.write_labels(corrected, drawn, scale=scale, name=name)
    return False


def _append(file: Path, edit: Mapping[str, Any]) -> None:
    before = file.read_text(encoding="utf-8") if file.is_file() else ""
    with whole_file(file) as part:
        part.write_text(f"{before}{json.dumps(edit, ensure_ascii=False)}\n", encoding="utf-8")
