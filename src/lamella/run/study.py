"""A study: its settings and its samples, one row per movie."""

from __future__ import annotations

import contextlib
import csv
import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from lamella.core.claims import ALL_SESSIONS
from lamella.core.errors import FaultsError, InputError, LamellaError, SettingsError
from lamella.core.table import Col
from lamella.core.take import PROJECTIONS, Take, z_from
from lamella.core.wells import well_name
from lamella.io.delimited import bounded_lines
from lamella.io.pattern import ANYTHING, MARK
from lamella.run.masks import masks_of
from lamella.run.positives import faults_of_positives
from lamella.run.settings import Known, Settings, read_settings
from lamella.segment import ExistingLabels
from lamella.statistics import Contrasts
from lamella.statistics.measures import COMPARED

SETTINGS_FILE = "study.toml"
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


@dataclass(frozen=True)
class Study:
    """A folder with study.toml and samples.csv."""

    folder: Path
    settings: Settings
    samples: tuple[Sample, ...]

    def path_of(self, sample: Sample) -> Path:
        """Where the raw movie lies."""
        return self.folder / sample.path


def open_study(path: Path) -> Study:
    """Read a study from its folder, or from its study.toml.

    Raises
    ------
    SettingsError, FaultsError
        When one of the files is absent or cannot be understood as a whole. Faults of single rows do
        not raise; they stand in `Sample.fault`.
    """
    file = path / SETTINGS_FILE if path.is_dir() else path
    settings = read_settings(file)
    samples = _with_masks_of_their_own(read_samples(file.parent / SAMPLES_FILE), settings)
    study = Study(file.parent, settings, tuple(samples))
    _refuse_statistics(study)
    return study


def take_of(sample: Sample, settings: Settings) -> Take:
    """What of its file a movie is: by its row, else by [scale] of the study."""
    take = sample.take
    return take if take.z is not None else replace(take, z=settings.scale.z)


def study_around(run: Path | None) -> Path | None:
    """The study in whose folder a run lies, given the run's folder or something in it."""
    for folder in () if run is None else run.resolve().parents:
        if (folder / SETTINGS_FILE).is_file():
            return folder
    return None


def _refuse_statistics(study: Study) -> None:
    """Before anything is started: what is misspelt here would show only at the very end."""
    statistics = study.settings.statistics
    known = list(dict.fromkeys(s.condition for s in study.samples if s.condition))
    where = f"{SETTINGS_FILE}: [statistics]"
    faults: list[LamellaError] = []
    if statistics.condition == Col.CONDITION and statistics.reference not in (None, *known):
        faults.append(
            SettingsError(
                f"{where} reference",
                f"no movie has the condition {statistics.reference!r}",
                f"the conditions are {', '.join(known)}",
            )
        )
    for name in statistics.leave_out if statistics.condition == Col.CONDITION else ():
        if name not in known or name == statistics.reference:
            is_ = "the reference" if name in known else "no condition"
            faults.append(
                SettingsError(
                    f"{where} leave_out",
                    f"{name!r} is {is_}",
                    f"the conditions are {', '.join(known)}",
                )
            )
    columns: list[str] = [Col.MOVIE, Col.CONDITION, Col.SESSION, Col.UNIT, Col.CELL]
    columns += dict.fromkeys(name for s in study.samples for name in s.extra)
    for name in ("unit", "condition", "session"):
        column = getattr(statistics, name)
        if column is not None and column not in columns:
            faults.append(
                SettingsError(
                    f"{where} {name}",
                    f"there is no column {column!r}",
                    f"samples.csv can fill {', '.join(dict.fromkeys(columns))}",
                )
            )
    faults += _faults_of_measures(statistics, where)
    faults += faults_of_positives(study.settings, _held(study.samples), where=SETTINGS_FILE)
    if faults:
        raise faults[0] if len(faults) == 1 else FaultsError(faults)


def _held(samples: Sequence[Sample]) -> dict[str, set[str]]:
    """What stands in every column of samples.csv that cells are told apart by."""
    held: dict[str, set[str]] = {Col.MOVIE: set(), Col.CONDITION: set(), Col.SESSION: set()}
    for s in samples:
        known = {Col.MOVIE: s.movie, Col.CONDITION: s.condition, Col.SESSION: s.session, **s.extra}
        for column, value in known.items():
            held.setdefault(str(column), set()).add(value)
    return held


def _faults_of_measures(statistics: Contrasts, where: str) -> Iterator[LamellaError]:
    """Names of no column, and what is set for a measure that will not be compared."""
    compared = statistics.measures
    for setting in ("measures", "margins", "kinds"):
        for measure in getattr(statistics, setting) or ():
            if Col.find(measure) is None:
                yield SettingsError(
                    f"{where} {setting}",
                    f"no measure is called {measure!r}",
                    "use columns of cells.csv, such as mean_speed_um_per_min",
                )
                continue
            usual = measure.partition("__")[0] in COMPARED
            if not (usual if compared is None else measure in compared):
                yield SettingsError(
                    f"{where} {setting}",
                    f"{measure!r} is not compared",
                    "name it under measures, with the others that are to be compared",
                )


def read_samples(path: Path) -> list[Sample]:
    """The rows of a samples.csv."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(bounded_lines(file, path), restval="")
            rows = list(reader)
            columns = list(reader.fieldnames or ())
    except FileNotFoundError:
        raise SettingsError(
            str(path), "there is no such file", "make one with: lamella init FOLDER --pattern …"
        ) from None
    except OSError as error:
        raise SettingsError(
            str(path), f"it cannot be read ({error.strerror})", "check its access rights"
        ) from None
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
    if twice := sorted({c for c in columns if columns.count(c) > 1}):
        raise SettingsError(
            str(path), f"the column {twice[0]!r} is there twice", "give every column its own name"
        )
    if unknown := [c for c in columns if c not in _COLUMNS]:
        told = f"unknown columns {', '.join(unknown)}"
        raise SettingsError(str(path), told, f"the columns are {', '.join(_COLUMNS)}")
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
    first_of: dict[tuple[str, Take], int] = {}
    checked = []
    for line, sample in enumerate(samples, start=2):
        where = f"{file} line {line} ({sample.movie})"
        fault: LamellaError | None = None
        first = first_with.setdefault(sample.movie.casefold(), line)
        scales = (sample.pixel_size_um, sample.interval_min)
        same_as = line
        if not sample.exclude:
            place = posixpath.normpath(sample.path), sample.take
            same_as = first_of.setdefault(place, line)
        if not sample.path:
            fault = InputError(where, "it has no path", "give the movie's file or folder")
        elif first != line:
            parts = (sample.path, sample.take)
            same = "the same movie twice" if movies[parts] > 1 else "a movie name used twice"
            fault = InputError(
                where, f"{same} (first on line {first})", "delete the row or rename the movie"
            )
        elif same_as != line:
            fault = InputError(
                where,
                f"it is the movie of line {same_as} under another name, and would count twice",
                "delete one of the rows, or choose another position, z or channel of the file",
            )
        elif not re.fullmatch(r"[\w.-]+", sample.movie) or sample.movie.startswith("."):
            fault = InputError(
                where,
                "the movie's name is not safe as a folder name",
                "use letters, digits, '_', '-' and '.'",
            )
        elif len(sample.movie.encode()) > _LONGEST_NAME:
            fault = InputError(
                where,
                f"the movie's name is longer than {_LONGEST_NAME} bytes",
                "give it a shorter one in the column movie",
            )
        elif formula := _formula_in(sample):
            fault = InputError(
                where,
                f"{formula!r} begins as a formula, which a spreadsheet would run",
                "rename it; the tables of a run are opened in spreadsheets",
            )
        elif sample.session == ALL_SESSIONS:
            fault = InputError(
                where,
                f"a session is named {ALL_SESSIONS!r}, which means every session",
                "rename it",
            )
        elif not sample.condition:
            fault = InputError(where, "it has no condition", "fill in the column condition")
        elif any(isinstance(s, float) and not 0 < s < float("inf") for s in scales):
            fault = InputError(
                where,
                "pixel_size_um and interval_min must be positive numbers",
                'correct them, or write "unknown"',
            )
        elif isinstance(sample.take.z, str) and sample.take.z not in PROJECTIONS:
            fault = InputError(
                where,
                f"z = {sample.take.z!r} names no slices",
                "write max, mean, or the number of one slice, the first being 0",
            )
        checked.append(replace(sample, fault=fault))
    return checked


def _with_masks_of_their_own(samples: Sequence[Sample], settings: Settings) -> list[Sample]:
    """Positions of one file have masks of their own, or would be measured by those of another."""
    first: dict[tuple[str, str, str], Sample] = {}
    checked = []
    for sample in samples:
        fault = sample.fault
        for name, each in settings.objects.items():
            if fault or not sample.shares or not isinstance(each.segment, ExistingLabels):
                continue
            try:
                masks = masks_of(sample, each.segment.pattern)
            except InputError:
                continue  # told where the masks are opened
            other = first.setdefault((name, sample.path, masks), sample)
            if other.take.position != sample.take.position:
                fault = InputError(
                    f"{SAMPLES_FILE} ({sample.movie})",
                    f"its masks of {name} are those of {other.movie}, another position of its file "
                    f"({masks})",
                    "write {movie} or {position} into the pattern of the masks",
                )
        checked.append(replace(sample, fault=fault))
    return checked
