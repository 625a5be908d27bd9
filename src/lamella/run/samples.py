"""samples.csv: one row per movie, and what may be wrong with it."""

from __future__ import annotations

import contextlib
import csv
import difflib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from lamella.core.claims import ALL_SESSIONS
from lamella.core.errors import InputError, LamellaError, SettingsError
from lamella.core.table import Col
from lamella.core.take import PROJECTIONS, Take, z_from
from lamella.core.wells import well_name
from lamella.io.delimited import bounded_lines
from lamella.io.pattern import ANYTHING, MARK
from lamella.io.tables import refuse_header
from lamella.run.settings import Known, not_read

SAMPLES_FILE = "samples.csv"
_LONGEST_NAME = 200
_FORMULA = re.compile(r"\s*([=@]|[+-].*(\||!|\w\())")
_OPTIONAL = (
    "unit",
    "replicate",
    "well",
    "field",
    "position",
    "z",
    "channel",
    "exclude",
    "pixel_size_um",
    "interval_min",
)
_COLUMNS = (Col.MOVIE, Col.PATH, Col.CONDITION, Col.SESSION, *_OPTIONAL)


@dataclass(frozen=True)
class Sample:
    """One row of samples.csv.

    Parameters
    ----------
    movie : str
        Name, unique and safe as a folder name.
    path : str
        File, folder of frames or ``{channel}`` pattern, relative to the study.
    take : Take
        Which position, slices and channel of the file are the movie.
    extra : dict of str to str
        Other columns (well, replicate …), carried to the tables; a well is A01 however it is
        written.
    fault : LamellaError or None
        What is wrong with this row; the movie is then reported as failed and the others are done.
    shares : bool
        Whether other rows that are used are other positions of the same file.
    """

    movie: str
    path: str
    condition: str
    session: str
    exclude: str
    pixel_size_um: Known
    interval_min: Known
    take: Take
    extra: dict[str, str]
    fault: LamellaError | None = None
    shares: bool = False


def read_samples(path: Path) -> list[Sample]:
    """The rows of a samples.csv."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(bounded_lines(file, path), restval="")
            rows = list(reader)
            columns = list(reader.fieldnames or ())
    except OSError as error:
        raise not_read(path, error) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise SettingsError(
            str(path), f"it is not a CSV file ({error})", "save it as CSV (UTF-8)"
        ) from None
    if not rows:
        raise SettingsError(str(path), "it lists no movie", "add one row per movie")
    if len(columns) == 1 and ";" in columns[0]:
        raise SettingsError(
            str(path), "it is separated by semicolons", "save it separated by commas"
        )
    if any(None in row for row in rows):
        raise SettingsError(
            str(path), "a row has too many fields", f"the columns are {', '.join(columns)}"
        )
    if Col.PATH not in columns:
        raise SettingsError(
            str(path), f"it has no column path, only {', '.join(columns)}", "add the column path"
        )
    refuse_header(path, columns)
    if unknown := [c for c in columns if c not in _COLUMNS]:
        told = f"unknown columns {', '.join(unknown)}"
        near = difflib.get_close_matches(unknown[0].lower(), _COLUMNS, n=1)
        begin = f"did you mean {near[0]!r}? The" if near else "the"
        raise SettingsError(str(path), told, f"{begin} columns are {', '.join(_COLUMNS)}")
    of_path = Counter(str(row[Col.PATH]).strip() for row in rows)
    samples = [_sample(row, several=of_path[str(row[Col.PATH]).strip()] > 1) for row in rows]
    used = {(s.path, s.take.position) for s in samples if not s.exclude}
    places = Counter(path for path, _ in used)
    samples = [replace(s, shares=True) if places[s.path] > 1 else s for s in samples]
    return _with_faults(samples, path.name)


def _formula_in(sample: Sample) -> str | None:
    """The first text that a spreadsheet would not take for one; ``+drug`` and ``-serum`` are."""
    texts = (sample.movie, sample.path, sample.condition, sample.session, sample.exclude)
    return next(filter(_FORMULA.match, (*texts, *sample.extra.values())), None)


def movie_name(path: str, position: str = "") -> str:
    """A name from a path, and the position in it: ``ki1/12.tif`` → ``ki1__12``.

    >>> movie_name("ki1/plate.czi", "A1")
    'ki1__plate__A1'
    """
    bare = PurePosixPath(path.replace(MARK, "").replace(ANYTHING, ""))
    stem = re.sub(r"(\.ome)?\.[A-Za-z0-9]{2,5}$", "", bare.name) or bare.name
    parts = [p for p in (*bare.parts[:-1], stem, position) if p not in ("", "..", ".", "/")]
    safe = [re.sub(r"[^\w.-]+", "_", part).strip("._-") for part in parts]
    return "__".join(part for part in safe if part) or "movie"


def _sample(row: dict[str, str], *, several: bool) -> Sample:
    """One row; `several` where other rows name the same file, with other positions of it."""
    value = {name: (text or "").strip() for name, text in row.items()}
    take = _take(value)
    position = (take.position or "") if several else ""
    return Sample(
        movie=value.get(Col.MOVIE) or movie_name(value[Col.PATH], position),
        path=value[Col.PATH],
        condition=value.get(Col.CONDITION, ""),
        session=value.get(Col.SESSION, "") or "1",
        exclude=value.get(Col.EXCLUDE, ""),
        pixel_size_um=_scale(value.get("pixel_size_um", "")),
        interval_min=_scale(value.get("interval_min", "")),
        take=take,
        extra={
            name: well_name(value[name]) if name == Col.WELL else value[name]
            for name in ("unit", "replicate", "well", "field", "position")
            if value.get(name)
        },
    )


def _take(value: dict[str, str]) -> Take:
    """A choice of slices that means nothing stays as it is written, and is told with its row."""
    z: Any = value.get("z") or None
    with contextlib.suppress(SettingsError):
        z = z if z is None else z_from(z)
    return Take(_number_or_name(value.get("position")), z, value.get("channel") or None)


def _number_or_name(position: str | None) -> str | None:
    """Spreadsheets and pandas make 1.0 of a number 1 in a column with blanks."""
    number = re.fullmatch(r"0*([0-9]{1,6})\.0", position or "")
    return number[1] if number else position or None


def _scale(text: str) -> Known:
    if text == "unknown":
        return "unknown"
    try:
        return float(text) if text else None
    except ValueError:
        return float("nan")  # reported with the row, where its number is known


def _with_faults(samples: list[Sample], file: str) -> list[Sample]:
    movies = Counter((sample.path, sample.take) for sample in samples)
    first_with: dict[str, int] = {}
    checked = []
    for line, sample in enumerate(samples, start=2):
        where = f"{file} line {line} ({sample.movie})"
        fault: LamellaError | None = None
        first = first_with.setdefault(sample.movie.casefold(), line)
        if not sample.path:
            fault = InputError(where, "it has no path", "give the movie's file or folder")
        elif first != line:
            parts = (sample.path, sample.take)
            same = "the same movie twice" if movies[parts] > 1 else "a movie name used twice"
            fault = InputError(
                where, f"{same} (first on line {first})", "delete the row or rename the movie"
            )
        elif said := [*_said_of(sample)]:
            whats, remedies = zip(*said, strict=True)
            fault = InputError(where, ", and ".join(whats), "; ".join(remedies))
        checked.append(replace(sample, fault=fault))
    return checked


def _said_of(sample: Sample) -> Iterator[tuple[str, str]]:
    """All that is wrong with the values of a row by itself, each with its remedy."""
    if not re.fullmatch(r"[\w.-]+", sample.movie) or sample.movie.startswith("."):
        yield (
            "the movie's name is not safe as a folder name",
            "use letters, digits, '_', '-' and '.'",
        )
    if len(sample.movie.encode()) > _LONGEST_NAME:
        yield (
            f"the movie's name is longer than {_LONGEST_NAME} bytes",
            "give it a shorter one in the column movie",
        )
    if formula := _formula_in(sample):
        yield (
            f"{formula!r} begins as a formula, which a spreadsheet would run",
            "rename it; the tables of a run are opened in spreadsheets",
        )
    if sample.session == ALL_SESSIONS:
        yield f"a session is named {ALL_SESSIONS!r}, which means every session", "rename it"
    if not sample.condition:
        yield "it has no condition", "fill in the column condition"
    scales = (sample.pixel_size_um, sample.interval_min)
    if any(isinstance(s, float) and not 0 < s < float("inf") for s in scales):
        yield (
            "pixel_size_um and interval_min must be positive numbers",
            'correct them, or write "unknown"',
        )
    if isinstance(sample.take.z, str) and sample.take.z not in PROJECTIONS:
        yield (
            f"z = {sample.take.z!r} names no slices",
            "write max, mean, or the number of one slice, the first being 0",
        )
