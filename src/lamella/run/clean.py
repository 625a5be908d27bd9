"""What a run no longer needs, and how to get rid of it: what can be computed again, and leftovers.

Finished movies stay finished: their manifests note which files went. When settings change, the next
run makes those of them again that it has to read. Corrections by hand, labels, tracks, tables and
raw movies are never touched.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lamella.core.errors import InputError
from lamella.io.atomic import left_partial, output_error
from lamella.run.cache import MANIFEST, Manifest
from lamella.run.chunks import FOLDER as PARTS
from lamella.run.corrections import FOLDER as CORRECTIONS
from lamella.run.holding import locked
from lamella.run.samples import SAMPLES_FILE, read_samples
from lamella.run.saved import is_run, read_lock
from lamella.run.stages import LAST_STAGE, is_aside
from lamella.run.study import study_around

BEFORE_TRACKING = "labels before tracking"
BY_GROUP = "measures by group"
VIEWS = "centred views and pictures"
GONE = "movies that are not in samples.csv"
HALF_WRITTEN = "half-written files"
CHUNKS = "chunks of movies that are whole"

_KINDS = {"segment": BEFORE_TRACKING, "declump": BEFORE_TRACKING, "measure": BY_GROUP}
_VIEWS = {"centre": VIEWS, "picture": VIEWS}


@dataclass(frozen=True)
class Doomed:
    """A file or folder that goes."""

    what: str
    path: Path
    n_bytes: int
    movie: str = ""
    stage: str = ""
    """The finished stage that left it; empty of leftovers."""


def what_can_go(run: Path, *, views: bool = False, study: Path | None = None) -> list[Doomed]:
    """Everything that a run no longer needs; nothing is changed.

    Parameters
    ----------
    run : Path
        The run's folder.
    views : bool
        Centred views and pictures as well; the report has none then, when it is made again.
    study : Path, optional
        Folder of the study, where it is not around the run. Where there is none, movies that the
        last run did not know count as gone.

    Raises
    ------
    InputError
        A folder that is no run, and a study that is not the one it was made from.
    """
    if not is_run(run):
        raise InputError(
            str(run),
            "that is not the folder of a run",
            "give what lamella run wrote: STUDY/results, or its --out",
        )
    folders = sorted(each for each in (run / "movies").glob("*") if each.is_dir())
    known = _known(run, study)
    asides = read_lock(run)["settings"].get("outlines") is not False
    kinds = _KINDS | (_VIEWS if views else {})
    found: list[Doomed] = []
    for folder in folders:
        if folder.name not in known:
            found += _all_of(folder)
        else:
            found += _intermediates(folder, kinds, asides=asides)
    inside = {each.path for each in found}
    for path in left_partial(run):
        if not inside & {path, *path.parents}:
            found.append(Doomed(HALF_WRITTEN, path, _bytes_of(path)))
    return found


def clean(run: Path, *, views: bool = False, study: Path | None = None) -> list[Doomed]:
    """Remove what `what_can_go` finds, and tell what that was.

    Raises
    ------
    InputError
        A folder that is no run, and a study that is not the one it was made from.
    OutputError
        When other work holds the folder, or a file cannot be removed.
    """
    if not is_run(run):
        raise InputError(
            str(run),
            "that is not the folder of a run",
            "give what lamella run wrote: STUDY/results, or its --out",
        )
    with locked(run, work="run"):
        doomed = what_can_go(run, views=views, study=study)
        by_movie: dict[str, dict[str, list[str]]] = {}
        for each in doomed:
            if each.stage:
                name = each.path.relative_to(run / "movies" / each.movie).as_posix()
                by_movie.setdefault(each.movie, {}).setdefault(each.stage, []).append(name)
        for movie, stages in by_movie.items():
            # Noted first: a machine that stops amid leaves files that nobody misses or minds.
            Manifest(run / "movies" / movie).clean(stages)
        for each in doomed:
            _remove(each.path)
            with suppress(OSError):  # it holds something else
                each.path.parent.rmdir()
    return doomed


def _known(run: Path, study: Path | None) -> set[str]:
    around = study or study_around(run)
    locked_in = {str(row["movie"]) for row in read_lock(run).get("samples", [])}
    if around is None:
        return locked_in
    folder = around if around.is_dir() else around.parent
    named = {sample.movie for sample in read_samples(folder / SAMPLES_FILE)}
    if locked_in and not locked_in & named:  # results of one study in the folder of another
        raise InputError(
            str(folder / SAMPLES_FILE),
            f"it names none of the movies of {run}: that was made from another study",
            "give the folder of the study with --study",
        )
    return named


def _all_of(folder: Path) -> Iterator[Doomed]:
    """What a run left of a movie, but for corrections; nothing of a folder that is not a run's."""
    if not (folder / MANIFEST).is_file():
        if (folder / PARTS).is_dir():  # killed before its first stage was whole
            yield Doomed(GONE, folder / PARTS, _bytes_of(folder / PARTS), folder.name)
        return
    for path in sorted(folder.iterdir(), key=lambda path: path.name == MANIFEST):
        if path.name != CORRECTIONS:
            yield Doomed(GONE, path, _bytes_of(path), folder.name)


def _intermediates(folder: Path, kinds: dict[str, str], *, asides: bool) -> Iterator[Doomed]:
    """Files of a finished movie; those of an unfinished one save the next run work.

    Parameters
    ----------
    asides : bool
        Whether stages follow that no table waits for.
    """
    manifest = Manifest(folder)
    stages = dict(manifest)
    if LAST_STAGE not in stages or (asides and not any(map(is_aside, stages))):
        return
    if (folder / PARTS).is_dir():
        yield Doomed(CHUNKS, folder / PARTS, _bytes_of(folder / PARTS), folder.name)
    for stage, done in stages.items():
        what = kinds.get(stage.partition("/")[0])
        for file in done.files if what else ():
            path = folder / file
            if path.is_file():
                yield Doomed(what or "", path, _bytes_of(path), folder.name, stage)


def _bytes_of(path: Path) -> int:
    if not path.is_dir() or path.is_symlink():
        return path.lstat().st_size
    return sum(each.lstat().st_size for each in path.rglob("*") if not each.is_dir())


def _remove(path: Path) -> None:
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise output_error(path, error) from error


def by_kind(doomed: Sequence[Doomed]) -> dict[str, tuple[int, int]]:
    """How many files or folders go of each kind, and their bytes."""
    found: dict[str, tuple[int, int]] = {}
    for each in doomed:
        n, n_bytes = found.get(each.what, (0, 0))
        found[each.what] = n + 1, n_bytes + each.n_bytes
    return found
