"""Tracked objects as a run has left them in its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from lamella.core.errors import InputError
from lamella.core.table import Col
from lamella.core.tracked import Tracked
from lamella.core.tracks import Tracks
from lamella.io import open_labels, open_movie, read_table
from lamella.io.documents import read_toml
from lamella.run.cache import MANIFEST, Manifest
from lamella.run.settings import Settings
from lamella.run.stages import LOCK_FILE


def saved_tracks(folder: Path, manifest: Manifest, name: str) -> Tracks:
    """The tracks of one set of objects of a movie that has been tracked.

    `label` in the links is the number in the labels before tracking; where gaps were filled it is
    the cell.

    Parameters
    ----------
    folder : Path
        ``OUT/movies/<movie>``.

    Raises
    ------
    InputError
        A manifest or a table that is damaged.
    """
    found = manifest[f"track/{name}"].found
    try:
        lives = {int(c): (int(a), int(b)) for c, (a, b) in found["first_last"].items()}
        parents = {int(c): tuple(map(int, p)) for c, p in found["parents"].items()}
    except (LookupError, ValueError, TypeError, AttributeError) as error:
        raise InputError(
            str(folder / MANIFEST), f"its tracks are damaged ({error})", "run the study again"
        ) from error
    return Tracks(read_table(folder / f"tracks/{name}.parquet"), lives, parents)


def read_lock(run: Path) -> dict[str, Any]:
    """What decided the results of a run, as its lock file tells.

    Raises
    ------
    InputError
        A file that is missing, or that no run has written.
    """
    file = run / LOCK_FILE
    try:
        lock = read_toml(file)
        _ = lock["settings"]["title"], lock["versions"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise InputError(
            str(file), f"it does not tell what decided a run ({error})", "run the study again"
        ) from error
    return lock


def saved_samples(run: Path) -> pd.DataFrame:
    """The table of movies of a run; `included` says which of them its tables are of.

    Raises
    ------
    InputError
        A file that is missing or damaged.
    """
    file = run / "tables/samples.csv"
    samples = read_table(file)
    for name in (Col.MOVIE, Col.INCLUDED):
        if name not in samples:
            raise InputError(str(file), f"it lacks the column {name}", "run the study again")
    if len(samples) and samples[Col.INCLUDED].dtype != bool:
        raise InputError(
            str(file), f"its column {Col.INCLUDED} is not true or false", "run the study again"
        )
    return samples


def as_locked(settings: Settings) -> dict[str, Any]:
    """Settings as they stand in the lock file of a run."""
    told: dict[str, Any] = _without_none(settings.model_dump(mode="json"))
    return told


def is_run(path: Path) -> bool:
    """Whether a folder is that of a run."""
    return (path / LOCK_FILE).is_file()


def sets_of(run: Path) -> list[str]:
    """The sets of objects that have been tracked in any movie of a run, in order of their names."""
    return sorted({name for _, name in _tracked_in(run)})


def movies_of(run: Path, name: str) -> list[str]:
    """The movies of a run in which a set of objects has been tracked, in order of their names.

    Raises
    ------
    InputError
        None has; names the sets that there are.
    """
    every = _tracked_in(run)
    movies = [movie for movie, tracked in every if tracked == name]
    if not movies:
        sets = sorted({tracked for _, tracked in every})
        told = f"its objects are {', '.join(sets)}" if sets else "run it first"
        raise InputError(str(run), f"no movie has tracks of {name!r}", told)
    return movies


def _tracked_in(run: Path) -> list[tuple[str, str]]:
    """Movie and set of objects of all that has been tracked, in order."""
    folders = sorted((run / "movies").iterdir()) if (run / "movies").is_dir() else []
    return [
        (folder.name, stage.partition("/")[2])
        for folder in folders
        for stage, _ in Manifest(folder)
        if stage.startswith("track/")
    ]


def saved_tracked(run: Path, movie: str, name: str) -> Tracked:
    """Labels and tracks of one movie of a run, in the coordinates of the raw movie."""
    folder = run / "movies" / movie
    file = folder / f"labels/{name}.ome.tif"
    tracks, labels = saved_tracks(folder, Manifest(folder), name), open_labels(file, name=name)
    # After tracking the labels are painted with track ids.
    links = tracks.links.assign(**{str(Col.LABEL): tracks.links[Col.CELL]})
    return Tracked(
        Tracks(links, tracks.first_last, tracks.parents),
        labels.n_frames,
        labels,
        labels.frames.frame_shape,
        open_movie(file).scale,
        source=f"{run.name}/{movie}",
    )


def _without_none(value: Any) -> Any:
    """TOML has no null: a setting that is None is left out."""
    if isinstance(value, dict):
        return {k: _without_none(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_without_none(v) for v in value]
    return value
