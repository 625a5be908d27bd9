"""Whether the tables and the report of a run are those of its movies as they are now.

They are made from the movies, the settings and what became of every stage. A run that changes none
of these leaves them as they are: of thousands of movies they take minutes to make.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from lamella.core.errors import InputError, OutputError
from lamella.io.documents import read_json, write_json
from lamella.run.cache import key_of
from lamella.run.look import Look
from lamella.run.movie import StageResult
from lamella.run.review.record import DECISIONS
from lamella.run.saved import as_locked
from lamella.run.stages import is_aside
from lamella.run.study import Study
from lamella.run.versions import versions

MADE_FROM = ".made_from.json"
"""Name of the record in a run's folder."""
_VERSION = 1
_PLACES = ("tables/*", "figures/*", "report.html")


def key_of_made(study: Study, looks: Sequence[Look], results: Sequence[StageResult]) -> str:
    """A hash of all that decides tables and report.

    Parameters
    ----------
    looks : sequence of Look
        At the movies that are ready, in the order of samples.csv.
    results : sequence of StageResult
        Of all stages. Whether one was run now or before makes no difference.
    """
    failed = {(r.movie, r.stage) for r in results if r.state in ("failed", "skipped")}
    return key_of(
        _VERSION,
        versions(),
        as_locked(study.settings),
        [vars(sample) for sample in study.samples],
        [[look.task.name, look.keys, _stamp(look.task.folder / DECISIONS)] for look in looks],
        [
            [r.movie, r.stage, (r.movie, r.stage) in failed, r.messages]
            for r in results
            if r.messages or (r.movie, r.stage) in failed or is_aside(r.stage)
        ],
    )


def told_when_made(out: Path, key: str) -> list[str] | None:
    """What was warned of when tables and report were made; None where they are to be made.

    They are where the record has another key, or a file of theirs is gone or has changed.
    """
    try:
        made = read_json(out / MADE_FROM)
        if made["key"] == key and made["files"] == _files(out):
            return [str(text) for text in made["warnings"]]
    except (InputError, LookupError, TypeError, OSError):
        pass
    return None


def note_made(out: Path, key: str, warnings: Sequence[str]) -> None:
    """Note what tables and report were made from, where all of them are there."""
    files = _files(out)
    if "report.html" in files:
        with suppress(OutputError):  # a full disk: they are made once more
            write_json(out / MADE_FROM, {"key": key, "files": files, "warnings": list(warnings)})


@contextmanager
def made_once_more(out: Path) -> Iterator[None]:
    """The report is made again from the same tables: if the record held, it still does.

    Whether the report and its figures were there does not matter.
    """
    try:
        made = read_json(out / MADE_FROM)
        there = _files(out)
        gone = {name for name in made["files"] if not name.startswith("tables/")} - there.keys()
        held = {n: stamp for n, stamp in made["files"].items() if n not in gone} == there
    except (InputError, LookupError, TypeError, OSError):
        held = False
    yield
    if held:
        note_made(out, made["key"], made["warnings"])


def _files(out: Path) -> dict[str, list[int] | None]:
    found = sorted(file for place in _PLACES for file in out.glob(place))
    return {file.relative_to(out).as_posix(): _stamp(file) for file in found}


def _stamp(file: Path) -> list[int] | None:
    try:
        stat = file.stat()
    except OSError:
        return None
    return [stat.st_size, stat.st_mtime_ns]
